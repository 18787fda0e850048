package scheme

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"relance/domain/french"
)

// OptionsOf lists the answers to a choice: its own, or the entries of its list.
func (v *Version) OptionsOf(f Field) []Option {
	options := f.Options
	for _, e := range v.Entries[f.List] {
		options = append(options, Option{ID: e.Code, Label: cmp.Or(e.Name, e.Code)})
	}
	return options
}

// option finds which answer to a choice is meant: by its id, its label or another way to write it; else by the one answer that the words
// mention or that is ticked; else by the only one that they are the beginning of. Two answers are none.
func (v *Version) option(f Field, written string) (string, error) {
	text := strings.Trim(Fold(written), " .;«»\"")
	var names []name
	for _, o := range v.OptionsOf(f) {
		for _, n := range append([]string{o.ID, o.Label}, o.Aliases...) {
			if Fold(n) == text {
				return o.ID, nil
			}
			names = append(names, newName(o.ID, n))
		}
	}
	if id, is := ticked(written, names); is {
		return id, nil
	}
	switch found := mentions(french.Tokens(written), names); {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return "", ErrBoth
	}
	var near []string
	for _, n := range names {
		if len(text) >= 3 && strings.HasPrefix(n.text, text) {
			near = add(near, n.id)
		}
	}
	if len(near) == 1 {
		return near[0], nil
	}
	return "", ErrChoice
}

// name is something that a text may mention.
type name struct {
	id, text string
	words    []string
}

func newName(id, text string) name {
	n := name{id: id, text: Fold(text)}
	for _, t := range french.Tokens(text) {
		if t.Kind != french.Mark {
			n.words = append(n.words, t.Text)
		}
	}
	return n
}

// mentions lists the ids whose names a text mentions as whole words. A longer name hides a shorter one inside it, and what is negated is not
// mentioned: « sans vitrine ».
func mentions(tokens []french.Token, names []name) []string {
	var words []string
	for _, t := range tokens {
		if t.Kind != french.Mark {
			words = append(words, t.Text)
		}
	}
	slices.SortStableFunc(names, func(a, b name) int { return len(b.words) - len(a.words) })
	taken := make([]bool, len(words))
	var found []string
	for _, n := range names {
		for i := 0; len(n.words) > 0 && i+len(n.words) <= len(words); i++ {
			if taken[i] || !sameWords(words[i:i+len(n.words)], n.words) {
				continue
			}
			for j := range n.words {
				taken[i+j] = true
			}
			if !negated(words[:i]) {
				found = add(found, n.id)
			}
		}
	}
	return found
}

// negated tells whether the words before something deny it.
func negated(before []string) bool {
	for i := len(before) - 1; i >= max(len(before)-3, 0); i-- {
		switch before[i] {
		case "pas", "sans", "ni", "aucun", "aucune", "hors", "non", "jamais":
			return true
		case "oui", "mais", "avec":
			return false
		}
	}
	return false
}

// sameWords tells whether words are the same, a plural s or x, a feminine e or one typing error in a long word apart.
func sameWords(a, b []string) bool {
	for i := range b {
		if !sameWord(a[i], b[i]) {
			return false
		}
	}
	return true
}

func sameWord(a, b string) bool {
	if a == b {
		return true
	}
	const long = 4
	if len(a) < long || len(b) < long {
		return false
	}
	x, y := strings.TrimRight(a, "sxe"), strings.TrimRight(b, "sxe")
	return x == y || len(b) >= 7 && french.Distance(a, b) <= 1
}

var (
	boxOn  = regexp.MustCompile(`[☑☒✓✔✅✗✘■⊠◉●⬛]|\[\s*[xXvV]\s*\]|\(\s*[xX]\s*\)`)
	boxOff = regexp.MustCompile(`[☐□◻○◯⬜]|\[\s*_?\s*\]|\(\s*\)`)
)

// ticked finds the answer whose box is ticked, in a text with boxes before or behind each answer.
func ticked(written string, names []name) (string, bool) {
	on, off := boxOn.FindAllStringIndex(written, -1), boxOff.FindAllStringIndex(written, -1)
	if len(on) != 1 {
		return "", false
	}
	boxes := append(slices.Clone(off), on...)
	slices.SortFunc(boxes, func(a, b []int) int { return a[0] - b[0] })
	before := strings.TrimSpace(written[:boxes[0][0]]) == ""
	i := slices.IndexFunc(boxes, func(b []int) bool { return b[0] == on[0][0] })
	from, to := 0, len(written)
	if before { // ☒ oui ☐ non
		if from = boxes[i][1]; i+1 < len(boxes) {
			to = boxes[i+1][0]
		}
	} else { // oui ☒ non ☐
		if to = boxes[i][0]; i > 0 {
			from = boxes[i-1][1]
		}
	}
	part := written[from:to]
	if found := mentions(french.Tokens(part), names); len(found) == 1 {
		return found[0], true
	}
	return "", false
}

var (
	inseeShape = regexp.MustCompile(`\b(\d{5}|2[AB]\d{3})\b`)
	articles   = map[string]bool{"la": true, "le": true, "les": true, "l'": true, "lez": true, "d'": true, "de": true, "du": true, "en": true, "d": true, "l": true}
	shortened  = map[string]string{"st": "saint", "ste": "sainte", "sts": "saints"}
)

// commune finds a commune by its name, or the name of a part of it, in the field's list, or by its INSEE code. A postal code is not one, so that
// with a list a code that is not in it has to be confirmed.
func (v *Version) commune(f Field, written string) (string, error) {
	code := inseeShape.FindString(strings.ToUpper(written))
	said := placeWords(strings.Replace(written, code, "", 1))
	entries := v.Entries[f.List]
	var names []name
	for _, e := range entries {
		for _, n := range append([]string{e.Name}, e.Aliases...) {
			names = append(names, name{id: e.Code, words: placeWords(n)})
		}
		if e.Code == code && len(said) == 0 {
			return e.Code, nil
		}
	}
	switch found := places(said, names); {
	case len(found) == 1:
		return found[0], nil // « 59000 Lille » is a postal code and a name
	case len(found) > 1:
		return "", ErrSeveral
	case len(entries) > 0 && len(said) > 0 && code == "":
		return near(said, names)
	case code == "":
		return "", ErrCommune
	case len(entries) > 0:
		return code, ErrDoubt
	}
	return code, nil
}

// places lists the communes whose names stand in a text, else the only one whose name begins with it: Saint-André.
func places(said []string, names []name) []string {
	slices.SortStableFunc(names, func(a, b name) int { return len(b.words) - len(a.words) })
	taken := make([]bool, len(said))
	var found []string
	for _, n := range names {
		for i := 0; len(n.words) > 0 && i+len(n.words) <= len(said); i++ {
			if !taken[i] && slices.Equal(said[i:i+len(n.words)], n.words) {
				for j := range n.words {
					taken[i+j] = true
				}
				found = add(found, n.id)
			}
		}
	}
	if len(found) > 0 || len(strings.Join(said, "")) < 6 {
		return found
	}
	for _, n := range names {
		if len(n.words) > len(said) && slices.Equal(n.words[:len(said)], said) {
			found = add(found, n.id)
		}
	}
	if len(found) > 1 {
		return nil
	}
	return found
}

// TownAt finds the commune of a field's list whose name a text begins with, and how many bytes of it the name takes; the code is empty where there is
// none.
func (v *Version) TownAt(f Field, text string) (code string, length int) {
	for _, e := range v.Entries[f.List] {
		for _, n := range append([]string{e.Name}, e.Aliases...) {
			if end := beginsWith(text, placeWords(n)); end > length {
				code, length = e.Code, end
			}
		}
	}
	return code, length
}

// beginsWith gives where the words of a place end at the beginning of a text; 0 where it begins otherwise.
func beginsWith(text string, words []string) int {
	i := 0
	for _, t := range french.Tokens(text[:min(len(text), 80)]) {
		switch {
		case t.Kind == french.Mark && t.Text != "-" && t.Text != "'" && t.Text != "’" || t.Kind == french.Figure:
			return 0
		case t.Kind == french.Mark || articles[t.Text]:
		case cmp.Or(shortened[t.Text], t.Text) != words[i]:
			return 0
		default:
			if i++; i == len(words) {
				return t.End
			}
		}
	}
	return 0
}

// near finds the only commune whose name differs by a typing error, to be confirmed.
func near(said []string, names []name) (string, error) {
	text := strings.Join(said, " ")
	var found []string
	for _, n := range names {
		if other := strings.Join(n.words, " "); len(other) >= 5 && french.Distance(text, other) <= max(1, len(other)/8) {
			found = add(found, n.id)
		}
	}
	if len(found) != 1 {
		return "", ErrCommune
	}
	return found[0], ErrDoubt
}

// placeWords are the words of a place's name as they are compared: without articles and with Saint written out.
func placeWords(text string) []string {
	var words []string
	for _, t := range french.Tokens(text) {
		if t.Kind != french.Word || articles[t.Text] {
			continue
		}
		words = append(words, cmp.Or(shortened[t.Text], t.Text))
	}
	return words
}
