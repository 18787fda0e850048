package fields

import (
	"regexp"
	"slices"
	"strings"

	"relance/domain/french"
	"relance/domain/scheme"
)

// Prose is what a person wrote in sentences.
type Prose struct {
	Free      []Line   // lines from which no field was read
	Signature []string // below the mark of a signature
	From      string   // the sender's name, as the mail has it
	Known     []Found  // what was read under labels
	Wanted    func(f scheme.Field) bool
}

// Understand reads what is known without any label: numbers that prove themselves, the applicant's word of honour, the commune of an address. What
// else sentences seem to say is proposed.
func Understand(p Prose, v *scheme.Version) []Found {
	var lines []string
	for _, l := range p.Free {
		lines = append(lines, strings.TrimSpace(l.Text))
	}
	text := strings.Join(lines, "\n")
	const longest = 20_000
	if len(text) > longest {
		text = text[:strings.LastIndexByte(text[:longest], '\n')+1]
	}
	w := &understander{Prose: p, version: v, text: text, tokens: french.Tokens(text), labels: newLabels(v)}
	for _, f := range v.Fields {
		if f.Type != scheme.Group && p.Wanted(f) {
			w.fields = append(w.fields, f)
		}
	}
	if len(w.fields) == 0 {
		return nil
	}
	w.numbers()
	w.honour()
	w.commune()
	w.amounts()
	w.counts()
	w.days()
	w.choices()
	w.questions()
	w.names()
	return w.found
}

// understander reads one text.
type understander struct {
	Prose
	version *scheme.Version
	labels  *labels
	text    string
	tokens  []french.Token
	fields  []scheme.Field // that are wanted
	found   []Found
	taken   []french.Span // places of the text that a field was read from
}

// wants lists the wanted fields of a kind that nothing was found for.
func (w *understander) wants(is func(scheme.Field) bool) []scheme.Field {
	var list []scheme.Field
	for _, f := range w.fields {
		if is(f) && !slices.ContainsFunc(w.found, func(o Found) bool { return o.Field == f.ID }) {
			list = append(list, f)
		}
	}
	return list
}

func ofType(types ...scheme.Type) func(scheme.Field) bool {
	return func(f scheme.Field) bool { return f.Role == "" && slices.Contains(types, f.Type) }
}

// propose notes what a field seems to be.
func (w *understander) propose(f scheme.Field, written string, at ...french.Span) bool {
	written = strings.Trim(strings.TrimSpace(written), " ,;:")
	value, err := w.version.Normalise(f, written)
	if value == "" || err != nil && err != scheme.ErrDoubt {
		return false
	}
	w.found = append(w.found, Found{Field: f.ID, Written: written, Value: value, Problem: scheme.ErrDoubt.Error(), Proposed: true})
	w.taken = append(w.taken, at...)
	return true
}

// take notes what a field surely is.
func (w *understander) take(f scheme.Field, written, value string) {
	w.found = append(w.found, Found{Field: f.ID, Written: written, Value: value, grade: same})
}

// free tells whether nothing was read from a place.
func (w *understander) free(s french.Span) bool { return !slices.ContainsFunc(w.taken, s.Overlaps) }

// numberWords stand before a number that is of the type.
var numberWords = map[scheme.Type]*regexp.Regexp{
	scheme.SIRET: regexp.MustCompile(`\b(?:siret|siren)\b[^0-9]{0,60}$`),
	scheme.IBAN:  regexp.MustCompile(`\b(?:iban|compte|virement|coordonnees bancaires|rib)\b(?:[^0-9]|\d{1,2}\b){0,120}$`),
	scheme.Phone: regexp.MustCompile(`\b(?:joindre|tel|telephone|portable|mobile|appel\w*|contacter|numero)\b[^0-9+]{0,40}$`),
	scheme.Email: regexp.MustCompile(`\b(?:mail|courriel|e-mail|adresse)\b[^@]{0,60}$`),
}

var another = regexp.MustCompile(`\b(?:ancien\w*|plus|autre|precedent\w*|faux|erron\w*|comptable|expert|proprietaire|bailleur)\b`)

// numbers reads SIRET, IBAN, telephone and address from anywhere: surely where the words before say what it is and nothing else is of the kind;
// otherwise, and from a signature, which may be another's, to be confirmed.
func (w *understander) numbers() {
	signature := strings.Join(w.Signature, "\n")
	for _, f := range w.wants(ofType(scheme.SIRET, scheme.SIREN, scheme.IBAN, scheme.Phone, scheme.Email)) {
		value, err := w.version.Normalise(f, w.untaken())
		if err == nil {
			before := scheme.Fold(w.text[:w.firstOf(f, value)])
			before = before[max(0, len(before)-160):]
			if words := numberWords[f.Type]; words != nil && words.MatchString(before) && !another.MatchString(before[max(0, len(before)-60):]) {
				w.take(f, w.wordsOf(f, value), value)
				continue
			}
			if !f.Optional {
				w.propose(f, w.wordsOf(f, value))
			}
			continue
		}
		if value, err := w.version.Normalise(f, signature); err == nil && !f.Optional {
			w.propose(f, value)
		}
	}
}

// untaken is the text with spaces where something was read.
func (w *understander) untaken() string {
	text := []byte(w.text)
	for _, s := range w.taken {
		for i := s.Start; i < s.End; i++ {
			text[i] = ' '
		}
	}
	return string(text)
}

// firstOf is where a number that is written with spaces begins in the text.
func (w *understander) firstOf(f scheme.Field, value string) int {
	for _, t := range w.tokens {
		const head = 2
		if strings.HasPrefix(strings.ToUpper(value), strings.ToUpper(t.Text)) && len(t.Text) >= head || strings.HasPrefix(value, "+33") && strings.HasPrefix("0"+value[3:], t.Text) && len(t.Text) >= head {
			if end := min(len(w.text), t.Start+2*len(value)+20); w.reads(f, w.text[t.Start:end]) == value {
				return t.Start
			}
		}
	}
	return 0
}

func (w *understander) reads(f scheme.Field, text string) string {
	value, err := w.version.Normalise(f, text)
	if err != nil {
		return ""
	}
	return value
}

// wordsOf is a number as it was written.
func (w *understander) wordsOf(f scheme.Field, value string) string {
	start := w.firstOf(f, value)
	for _, t := range w.tokens {
		if t.Start >= start && w.reads(f, w.text[start:t.End]) == value {
			w.taken = append(w.taken, french.Span{Start: start, End: t.End})
			return w.text[start:t.End]
		}
	}
	return value
}

var (
	onOath = regexp.MustCompile(`\b(?:j'|je (?:soussignee? .{0,60}?)?|nous )(?:vous )?(?:atteste|attestons|certifie|certifions|declare|declarons|jure|jurons)\b.{0,60}?\bsur l'honneur\b|\bsur l'honneur\b.{0,40}\b(?:j'|je |nous )(?:atteste|attestons|certifie|certifions|declare|declarons)\b`)
	isTrue = regexp.MustCompile(`\b(?:exact\w*|vrai\w*|veri\w*|sincer\w*|conforme\w*|complet\w*|veracite|ci dessus|ci-dessus|tout ce que|ces renseignements|ces informations|les informations)\b`)
)

// honour takes the sentence in which the applicant attests on their honour that what they say is true: it is the declaration itself.
func (w *understander) honour() {
	for _, f := range w.wants(ofType(scheme.YesNo)) {
		if !strings.Contains(scheme.Fold(f.Label+" "+strings.Join(f.Aliases, " ")), "honneur") {
			continue
		}
		for _, s := range sentences(w.text) {
			folded := strings.Join(strings.Fields(scheme.Fold(s)), " ")
			if !onOath.MatchString(folded) || strings.Contains(folded, " ne ") || strings.HasSuffix(strings.TrimSpace(s), "?") {
				continue
			}
			at := onOath.FindStringIndex(folded)
			part := folded[at[0]:min(len(folded), at[1]+80)]
			if isTrue.MatchString(part) {
				w.take(f, clip(part, 160), "true")
			} else {
				w.found = append(w.found, Found{Field: f.ID, Written: clip(part, 160), Value: "true", Problem: scheme.ErrDoubt.Error(), Proposed: true})
			}
			break
		}
	}
}

var sentenceEnd = regexp.MustCompile(`[.!?;]+(?:\s+|$)|\n\s*\n`)

// sentences cuts a text at its full stops and empty lines.
func sentences(text string) []string {
	var list []string
	start := 0
	for _, at := range sentenceEnd.FindAllStringIndex(text, -1) {
		list = append(list, text[start:at[1]])
		start = at[1]
	}
	return append(list, text[start:])
}

// clip shortens a text to whole words.
func clip(text string, length int) string {
	text = strings.Join(strings.Fields(text), " ")
	if len(text) <= length {
		return text
	}
	if i := strings.LastIndexByte(text[:length], ' '); i > 0 {
		return text[:i] + " …"
	}
	return text[:length]
}
