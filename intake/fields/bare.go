package fields

import (
	"slices"
	"strings"

	"relance/domain/french"
	"relance/domain/scheme"
)

// bare reads a line without a sign behind its label: the label alone above its value, « SIRET 628 194 821 00011 », « 3 salariés », or several of
// them with commas between. It gives how many lines it took.
func (r *reader) bare(lines []Line, i int) int {
	text := strip(lines[i].Text)
	const longest = 300
	if text == "" || len(text) > longest {
		return 0
	}
	if p, ok := r.bareLine(lines[i].Text); ok && (p.field.Type != scheme.Text || r.lists) {
		var n int
		p.written, n = r.goesOn(p, lines[i+1:])
		r.add(p.label, p.written)
		return 1 + n
	}
	if l := r.labels.find(strings.TrimRight(text, ". ")); l.grade >= same || l.grade == near && len(strings.Fields(text)) <= 4 {
		if written, n := r.goesOn(part{label: l}, lines[i+1:]); n > 0 && r.wholly(l.field, written) {
			r.add(l, written)
			return 1 + n
		}
	}
	if strings.ContainsAny(text, ",;") { // the line stays free: more than these may stand in it
		for _, segment := range strings.FieldsFunc(text, func(c rune) bool { return c == ';' || c == ',' }) {
			if p, ok := r.bareLine(segment); ok && p.field.Type != scheme.Text && p.grade >= same {
				r.add(p.label, p.written)
			}
		}
	}
	return 0
}

// bareLine cuts a line that is nothing but a label and its value, in either order.
func (r *reader) bareLine(line string) (part, bool) {
	text := strip(line)
	words := strings.Fields(text)
	if len(words) < 2 || len(words) > 40 {
		return part{}, false
	}
	const longest = 6
	for n := min(longest, len(words)-1); n > 0; n-- {
		head, rest := strings.Join(words[:n], " "), strings.Join(words[n:], " ")
		l := r.labels.plain(head)
		if l.grade < same && (n > 1 || strings.HasSuffix(head, ".")) {
			l = r.labels.loose(head)
		}
		if l.grade >= near && !isSilent(words[n-1]) && r.wholly(l.field, rest) {
			return part{l, rest}, true
		}
	}
	return r.valueFirst(text)
}

// isSilent tells whether a word of a label tells nothing: a label does not end with one.
func isSilent(word string) bool { return slices.Contains(silent, scheme.Fold(word)) }

// valueFirst reads « 4 emplois créés », « aucun salarié », « pas de concurrence ».
func (r *reader) valueFirst(text string) (part, bool) {
	tokens := french.Tokens(text)
	const longest = 6
	if len(tokens) < 2 || len(tokens) > longest {
		return part{}, false
	}
	first := french.Span{Start: 0, End: tokens[0].End}
	if counts := french.Counts(text); len(counts) == 1 && counts[0].Start == 0 {
		first = counts[0].Span
	} else if !slices.Contains([]string{"aucun", "aucune", "pas", "sans", "zero"}, tokens[0].Text) {
		return part{}, false
	}
	l := r.labels.plain(text[first.End:])
	counted := l.field.Type == scheme.Integer || l.field.Type == scheme.YesNo && tokens[0].Kind == french.Word && len(french.Counts(text)) == 0
	if l.grade < same || !counted {
		return part{}, false
	}
	_, err := r.version.Normalise(l.field, text)
	return part{l, text}, err == nil
}

// fillers are words that may stand between a label and its value.
var fillers = strings.Fields("de d' du des est c' : = - le la l' un une les a en depuis environ soit au il elle s' ce ( ) . , ; € par")

// wholly tells whether a text is a value of the field, and nothing else.
func (r *reader) wholly(f scheme.Field, text string) bool {
	value, err := r.version.Normalise(f, text)
	words := len(strings.Fields(text))
	const short, sentence = 8, 40
	switch f.Type {
	case scheme.Text:
		return words <= sentence && plausible(f, text) && !strings.HasSuffix(text, "?")
	case scheme.SIRET, scheme.SIREN, scheme.IBAN, scheme.Phone, scheme.Email:
		return err == nil && words <= 20
	case scheme.Money:
		sums := french.Sums(text)
		return value != "" && len(sums) > 0 && onlyFillers(text, sums[0].Span, sums[len(sums)-1].Span)
	case scheme.Day:
		days := french.Days(text)
		return value != "" && onlyFillers(text, days[0].Span)
	}
	return err == nil && words <= short
}

// onlyFillers tells whether nothing but fillers and what is in brackets stands outside some places.
func onlyFillers(text string, places ...french.Span) bool {
	depth := 0
	for _, t := range french.Tokens(text) {
		switch {
		case t.Text == "(":
			depth++
		case t.Text == ")":
			depth--
		case depth > 0 || slices.Contains(fillers, t.Text):
		case !slices.ContainsFunc(places, func(p french.Span) bool { return p.Overlaps(french.Span{Start: t.Start, End: t.End}) }):
			return false
		}
	}
	return true
}
