// Package reading turns what an applicant wrote and attached into what the case knows: fields from labelled lines, documents
// recognised by name and type, and what the person wants (sign, withdraw, ask). It is pure. It never refuses a message:
// what is wrong with a value or a document is said beside it, as a code that a template turns into a sentence.
package reading

import (
	"regexp"
	"strings"

	"relance/scheme"
)

// Found is a field read from a text.
type Found struct {
	Field   string // the scheme's id
	Written string // as the person wrote it
	Value   string // in its normal form; empty where Problem is set
	Problem string // code: not_amount, siret_invalid, …
}

var (
	bullet    = regexp.MustCompile(`^[\s>*•·–—-]+`)
	separator = regexp.MustCompile(`\s*(?::|=|\t|\|)\s*`)
)

// Fields reads labelled lines: « Loyer mensuel : 480,50 € », with or without accents, with a colon, an equals sign, a tab or
// a table's bar, the value on the same line or on the next. Where a label comes twice the last value that can be read
// wins: people correct themselves downwards.
func Fields(text string, v *scheme.Version) []Found {
	labels := labels(v)
	var found []Found
	at := map[string]int{}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		label, written, ok := split(line)
		if !ok {
			continue
		}
		field, known := labels[foldLabel(label)]
		if !known {
			continue
		}
		if written == "" {
			written = nextValue(lines[i+1:], labels)
		}
		if written == "" {
			continue
		}
		f := Found{Field: field.ID, Written: written}
		value, err := field.Type.Normalise(written)
		if err != nil {
			f.Problem = err.Error()
		} else {
			f.Value = value
		}
		if j, again := at[field.ID]; !again {
			at[field.ID] = len(found)
			found = append(found, f)
		} else if f.Problem == "" || found[j].Problem != "" {
			found[j] = f
		}
	}
	return found
}

// labels is every way a field's label may be written, folded.
func labels(v *scheme.Version) map[string]scheme.Field {
	m := map[string]scheme.Field{}
	for _, f := range v.Fields {
		for _, label := range append([]string{f.ID, f.Label}, f.Aliases...) {
			m[foldLabel(label)] = f
		}
	}
	return m
}

var labelNoise = regexp.MustCompile(`\(.*?\)|[*_"«»?]|^\d+[.)]\s*`)

// foldLabel brings a label to the form labels are compared in: folded, without remarks in brackets, hyphens and
// underscores as spaces.
func foldLabel(label string) string {
	label = scheme.Fold(labelNoise.ReplaceAllString(label, ""))
	return strings.Join(strings.Fields(strings.NewReplacer("_", " ", "-", " ", ".", "").Replace(label)), " ")
}

// split cuts a line into its label and its value.
func split(line string) (label, written string, ok bool) {
	line = strings.Trim(bullet.ReplaceAllString(strings.TrimSpace(line), ""), "| \t")
	cut := separator.FindStringIndex(line)
	if cut == nil || cut[0] == 0 {
		return "", "", false
	}
	return line[:cut[0]], strings.Trim(line[cut[1]:], " \t|*"), true
}

// nextValue takes the value of a label that stands alone on its line from the next line that is not empty, unless that
// is a label itself.
func nextValue(rest []string, labels map[string]scheme.Field) string {
	for _, line := range rest {
		if strings.TrimSpace(line) == "" {
			continue
		}
		if label, _, ok := split(line); ok {
			if _, known := labels[foldLabel(label)]; known {
				return ""
			}
		}
		return strings.TrimSpace(line)
	}
	return ""
}
