// Package supporting reads the text of the documents that support an application (pièces justificatives): which kind each page is, what stands in it
// that the applicant declared too, and where the two contradict each other. Words come in, values and doubts come out; it decides nothing, and it
// opens no file (package papers does). It is pure.
package supporting

import (
	"slices"
	"strings"

	"relance/domain/scheme"
)

// Part is a kind of document in a file.
type Part struct {
	Kind  string
	Pages []int // from 1
	Count int   // how many there are: three receipts on one page are three
}

// manyKinds is how many kinds a page names that is none of them, but a list of documents.
const manyKinds = 2

// Parts tells which kinds of document the pages of a file are. A page that says nothing belongs to the one before it; one that says several kinds
// says none.
func Parts(pages []string, v *scheme.Version) []Part {
	var parts []Part
	current := -1
	for i, page := range pages {
		kind := kindOf(scheme.PageFold(page), v)
		if kind != "" {
			if current = slices.IndexFunc(parts, func(p Part) bool { return p.Kind == kind }); current < 0 {
				current = len(parts)
				parts = append(parts, Part{Kind: kind})
			}
			parts[current].Count += Headings(page, kind, v)
		}
		if current >= 0 {
			parts[current].Pages = append(parts[current].Pages, i+1)
		}
	}
	return parts
}

// Headings counts the documents of a kind on a page that is of the kind: the lines that begin with its words, and one at least.
func Headings(page, kind string, v *scheme.Version) int {
	d, _ := v.Document(kind)
	n := 0
	for line := range strings.Lines(page) {
		if d.Heads(scheme.PageFold(line)) {
			n++
		}
	}
	return max(n, 1)
}

func kindOf(page string, v *scheme.Version) string {
	kind, named := "", 0
	for _, d := range v.Documents {
		if d.Tells(page) {
			kind = d.ID
			named++
		}
	}
	if named >= manyKinds {
		return ""
	}
	return kind
}
