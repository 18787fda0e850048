package fields

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"relance/domain/french"
	"relance/domain/scheme"
)

// grade is how surely a written label means a field.
type grade int

// The grades.
const (
	unknown grade = iota
	weak          // the label says more than a name of the field, in words that could make it another: « Adresse de la boutique »
	near          // a name of the field with typing errors or abbreviations
	same          // the words of a name, but for articles, numbers and the like
	exact         // a name of the field
)

// label is what a written label means.
type label struct {
	field  scheme.Field
	group  string // the group it belongs to; empty for a field of its own
	main   bool   // by the field's own label, not another name
	number int    // that it carries: « Loyer (2) »
	entry  int    // of a group: the entry that it belongs to by its place
	grade  grade
	extra  string // words of it that say more of the value: « Loyer annuel »
}

// known tells whether the label means a field.
func (l label) known() bool { return l.grade > unknown }

// is tells whether two labels mean the same.
func (l label) is(o label) bool { return l.field.ID == o.field.ID && l.group == o.group }

// name is one way to call a field.
type name struct {
	label
	words []string
}

// lexicon has the names of all fields of a version.
type lexicon struct {
	exact map[string]label
	same  map[string]label
	names []name
}

// labels find the fields that the labels of one text mean.
type labels struct {
	*lexicon
	tries int // labels that were compared letter by letter
}

// maxTries bounds how many labels of one text are compared letter by letter.
const maxTries = 2000

func newLabels(v *scheme.Version) *labels {
	return &labels{lexicon: scheme.Derived(v, "fields.lexicon", lexiconOf)}
}

func lexiconOf(v *scheme.Version) *lexicon {
	ls := &lexicon{exact: map[string]label{}, same: map[string]label{}}
	learn := func(f scheme.Field, group string) {
		for i, n := range append(append([]string{f.ID, f.Label}, f.Aliases...), vocabulary(v, f, group)...) {
			ls.learn(label{field: f, group: group, main: i < 2}, n)
		}
	}
	for _, f := range v.Fields {
		if f.Type != scheme.Group {
			learn(f, "")
		}
	}
	for _, f := range v.Fields {
		for _, below := range f.Fields {
			learn(below, f.ID)
		}
	}
	return ls
}

// learn notes a name. A field of its own comes before one of a group; a name that articles alone tell from another field's counts as it is written.
func (ls *lexicon) learn(l label, text string) {
	folded := FoldLabel(text)
	if _, taken := ls.exact[folded]; taken {
		return
	}
	ls.exact[folded] = l
	words := significant(text)
	if len(words) == 0 {
		return
	}
	key := strings.Join(words, " ")
	if other, taken := ls.same[key]; !taken {
		ls.same[key] = l
	} else if !other.is(l) {
		ls.same[key] = label{}
	}
	ls.names = append(ls.names, name{l, words})
}

var (
	labelNoise = regexp.MustCompile(`\(.*?\)|[*_"«»?]|^\d+[.)]\s*`)
	joints     = strings.NewReplacer("_", " ", "-", " ", ".", "")
	entryMark  = regexp.MustCompile(`^(.+?)\s*\(\s*(\d{1,2})\s*\)\s*$`)
	numbered   = regexp.MustCompile(`^(.+?)\s*(?:n°|no|numero)?\s*\(?(\d{1,2})\)?$`)
)

// FoldLabel brings a label to the form labels are compared in: folded, without remarks in brackets, hyphens and
// underscores as spaces.
func FoldLabel(label string) string {
	label = scheme.Fold(labelNoise.ReplaceAllString(label, ""))
	return strings.Join(strings.Fields(joints.Replace(label)), " ")
}

// find tells which field a written label means.
func (ls *labels) find(written string) label {
	const longest = 120
	if len(written) > longest {
		return label{}
	}
	if m := entryMark.FindStringSubmatch(strings.TrimSpace(written)); m != nil { // « CA 2020 (2) »
		if l := ls.plain(m[1]); l.group != "" {
			l.number, _ = strconv.Atoi(m[2])
			return l
		}
	}
	if l := ls.plain(written); l.grade > near {
		return l
	}
	if m := numbered.FindStringSubmatch(scheme.Fold(strings.TrimSpace(written))); m != nil {
		if l := ls.plain(m[1]); l.group != "" && l.grade > near {
			l.number, _ = strconv.Atoi(m[2])
			return l
		}
	}
	if l := ls.plain(written); l.known() {
		return l
	}
	return ls.loose(written)
}

// plain finds a label that is written as a name of a field, or with the same words.
func (ls *lexicon) plain(written string) label {
	if l, known := ls.exact[FoldLabel(written)]; known {
		l.grade = exact
		return l
	}
	words, extra := qualified(labelNoise.ReplaceAllString(written, " "))
	if l := ls.same[strings.Join(words, " ")]; len(words) > 0 && l.field.ID != "" {
		if l.grade, l.extra = same, extra; l.field.Role == scheme.Postal && possessive.MatchString(scheme.Fold(written)) {
			l.grade = weak // « mon adresse » may be where I live
		}
		return l
	}
	return label{}
}

var possessive = regexp.MustCompile(`\b(?:mon|ma|notre|nos)\b`)

// ends tells whether what stands behind a label is the rest of a longer name of the same field: « Représentant | légal » in a table that was cut.
func (ls *lexicon) ends(l label, written string) bool {
	rest := FoldLabel(written)
	for name, of := range ls.exact {
		if of.is(l) && rest != "" && strings.HasSuffix(name, " "+rest) {
			return true
		}
	}
	return false
}

// loose finds a label with typing errors, abbreviations or more words than the name of a field.
func (ls *labels) loose(written string) label {
	if ls.tries++; ls.tries > maxTries {
		return label{}
	}
	words, extra := qualified(labelNoise.ReplaceAllString(written, " "))
	if len(words) == 0 || len(words) > 8 {
		return label{}
	}
	dotted := strings.HasSuffix(strings.TrimSpace(written), ".")
	best, errors, tie := label{}, 0, false
	for _, n := range ls.names {
		g, e := compare(words, n.words, dotted)
		if g == unknown || g < best.grade || g == best.grade && e > errors {
			continue
		}
		tie = g == best.grade && e == errors && !best.is(n.label)
		if g > best.grade || e < errors || best.grade == unknown {
			best, errors, tie = n.label, e, false
			best.grade = g
		}
	}
	if tie {
		return label{}
	}
	best.extra = extra
	return best
}

// compare tells how surely words mean a name, and how many errors they have.
func compare(words, name []string, dotted bool) (grade, int) {
	if len(words) < len(name) {
		return unknown, 0
	}
	used := make([]bool, len(words))
	errors := 0
	for _, wanted := range name {
		found, cost := -1, 0
		for i, w := range words {
			if used[i] {
				continue
			}
			if e, is := resembles(w, wanted, dotted && i == len(words)-1); is && (found < 0 || e < cost) {
				found, cost = i, e
			}
		}
		if found < 0 {
			return unknown, 0
		}
		used[found], errors = true, errors+cost
	}
	if len(words) == len(name) {
		return near, errors
	}
	for i, w := range words {
		if !used[i] && slices.Contains(foreign, w) {
			return unknown, 0
		}
	}
	if errors > 0 || len(name) == 1 && len(words) > 4 {
		return unknown, 0
	}
	return weak, len(words) - len(name)
}

// resembles tells whether a written word is a word of a name, with how many errors: as it is, with a typing error or two in a long word, or
// shortened.
func resembles(written, wanted string, dotted bool) (errors int, is bool) {
	if written == wanted {
		return 0, true
	}
	shortest := 4
	if dotted {
		shortest = 3
	}
	if len(written) >= shortest && len(written) < len(wanted) && strings.HasPrefix(wanted, written) {
		return 1, true
	}
	if slices.Contains(otherWords, written) || len(wanted) < 4 || len(written) < 4 {
		return 0, false
	}
	allowed := 1
	if len(wanted) >= 8 {
		allowed = 2
	}
	d := french.Distance(written, wanted)
	return d, d <= allowed
}

// silent are words of a label that tell nothing.
var silent = strings.Fields("le la les l' l de du des d' d en au aux a un une et ou par pour sur mes nos vos votre notre mon ma son sa leur n no num numero n° nr ref est c' ce cet cette ci dessous suivant suivante svp merci voici")

// qualifiers are words of a label that say more of the value and leave the field what it is.
var qualifiers = strings.Fields("hc ht ttc cc tva euro euros eur hors taxe taxes charge charges comprises mensuel mensuelle annuel annuelle mois an annee exercice dernier derniere clos close actuel actuelle total totale moyen moyenne environ entreprise societe commerce association structure boutique etablissement")

// significant are the words of a label that tell the field.
func significant(label string) []string {
	var words []string
	for _, t := range french.Tokens(labelNoise.ReplaceAllString(label, " ")) {
		if t.Kind == french.Mark || slices.Contains(silent, t.Text) {
			continue
		}
		words = append(words, plainWord(t.Text))
	}
	return words
}

// plainWord undoes the short forms of words in labels.
func plainWord(word string) string {
	switch word {
	case "nb", "nbre", "nombres", "nbr":
		return "nombre"
	case "tel", "telephonique", "gsm":
		return "telephone"
	case "adr":
		return "adresse"
	case "mail", "email", "mel":
		return "courriel"
	}
	return word
}

// qualified are the significant words of a written label, with what qualifies them apart where something else is left: « loyer » and « annuel ».
func qualified(written string) (words []string, extra string) {
	all := significant(written)
	var apart []string
	for _, w := range all {
		if slices.Contains(qualifiers, w) || isYear(w) {
			apart = append(apart, w)
		} else {
			words = append(words, w)
		}
	}
	if len(words) == 0 {
		return all, ""
	}
	return words, strings.Join(slices.DeleteFunc(apart, isYear), " ")
}

func isYear(word string) bool {
	n, err := strconv.Atoi(word)
	return err == nil && len(word) == 4 && n >= 1900 && n < 2100
}
