package reading

import (
	"fmt"
	"maps"
	"slices"

	"relance/domain/casefile"
	"relance/domain/scheme"
	"relance/intake/papers"
	"relance/intake/supporting"
	"relance/mail/message"
)

// readsText tells whether documents of a version are recognised or checked by their text.
func readsText(v *scheme.Version) bool {
	return slices.ContainsFunc(v.Documents, func(d scheme.Document) bool { return d.Says != nil || len(d.Checks) > 0 })
}

// parts tells which documents a file is. Its text says it most surely; its name where the text says nothing, or the kind that it names is known by no
// words. A file of which neither says anything is what the case waits for, where that is one thing.
func (r *Result) parts(a message.Attachment, in Input) []supporting.Part {
	named := Recognise(a.Name, in.Version)
	if named == CharterCopy {
		return []supporting.Part{{Kind: named}}
	}
	read := supporting.Parts(r.look(a, in).Pages, in.Version)
	byName, listed := in.Version.Document(named)
	switch {
	case len(read) == 0, listed && byName.Says == nil, named == Other && in.State.Stage == casefile.AwaitingCharter:
		return []supporting.Part{r.whole(r.kind(a, in), a, in)}
	case named == Other && r.isForm(a, in):
		return []supporting.Part{{Kind: FormCopy}}
	case len(read) == 1:
		return []supporting.Part{r.whole(read[0].Kind, a, in)}
	}
	return read
}

// whole is a file that is one kind of document from its first page to its last.
func (r *Result) whole(kind string, a message.Attachment, in Input) supporting.Part {
	part := supporting.Part{Kind: kind}
	for i, page := range r.look(a, in).Pages {
		part.Pages = append(part.Pages, i+1)
		if d, listed := in.Version.Document(kind); listed && d.Tells(scheme.PageFold(page)) {
			part.Count += supporting.Headings(page, kind, in.Version)
		}
	}
	return part
}

// noted makes the documents of a file out of one that is the whole file, and notes in the facts what was read from each.
func (r *Result) noted(whole casefile.Document, a message.Attachment, in Input) (list []casefile.Document) {
	parts := r.parts(a, in)
	for _, p := range parts {
		d := whole
		d.Kind = p.Kind
		if p.Count > 1 {
			d.Count = p.Count
		}
		if len(parts) > 1 {
			d.Pages = pagesOf(p)
		}
		list = append(list, d)
		if kind, listed := in.Version.Document(p.Kind); listed && len(kind.Checks) > 0 && len(p.Pages) > 0 {
			papers := maps.Clone(r.Facts.Papers)
			if papers == nil {
				papers = map[string]casefile.Extract{}
			}
			papers[supporting.Key(d.SHA256, d.Kind)] = supporting.Read(r.look(a, in).Pages, p.Pages, checksOf(kind, p), d.Received)
			r.Facts.Papers = papers
		}
	}
	return list
}

// checksOf are the checks that the text of a part is read for. Where its name alone says what it is, numbers that check themselves count: any text has
// names, days and sums.
func checksOf(kind scheme.Document, p supporting.Part) scheme.Checks {
	if kind.Says == nil || p.Count > 0 {
		return kind.Checks
	}
	return scheme.Checks{scheme.DocumentIBAN: kind.Checks[scheme.DocumentIBAN], scheme.DocumentSIREN: kind.Checks[scheme.DocumentSIREN],
		scheme.DocumentSIRET: kind.Checks[scheme.DocumentSIRET]}
}

// pagesOf names the pages of a part: 2, or 2-4.
func pagesOf(p supporting.Part) string {
	first, last := p.Pages[0], p.Pages[len(p.Pages)-1]
	if first == last {
		return fmt.Sprint(first)
	}
	return fmt.Sprintf("%d-%d", first, last)
}

// disagree raises a concern where the documents contradict the facts and did not before.
func (r *Result) disagree(in Input) {
	if !readsText(in.Version) {
		return
	}
	before := supporting.Contradictions(in.Version, in.State.Documents, in.Facts)
	after := supporting.Contradictions(in.Version, append(slices.Clone(in.State.Documents), r.Reading.Documents...), r.Facts)
	if slices.ContainsFunc(after, func(c casefile.Contradiction) bool { return !slices.ContainsFunc(before, c.Is) }) {
		r.Reading.Concerns = append(r.Reading.Concerns, casefile.ConcernContradict)
	}
}

// isForm tells whether a file gives values of fields, as a filled form does.
func (r *Result) isForm(a message.Attachment, in Input) bool {
	const few = 2
	return len(r.pairs(a, in)) > few
}

// isWritten tells whether a file is a text document, whose lines are read like those of a mail.
func isWritten(mediaType string) bool {
	return mediaType != "application/pdf" && papers.HasText(mediaType)
}
