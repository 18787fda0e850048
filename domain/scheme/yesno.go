package scheme

import (
	"slices"
	"strings"

	"relance/domain/french"
)

var (
	yesWords = []string{"oui", "o", "yes", "vrai", "x", "exact", "affirmatif", "absolument"}
	noWords  = []string{"non", "n", "no", "faux", "negatif", "jamais"}
	yesNames = []name{newName("true", "oui"), newName("false", "non"), newName("true", "yes"), newName("false", "no")}

	attests    = []string{"atteste", "attestons", "certifie", "certifions", "declare", "declarons", "jure", "confirme", "honneur", "approuve", "ok", "accord", "accepte", "acceptons", "engage", "engageons"}
	owners     = []string{"proprietaire", "proprietaires", "proprio"}
	tenants    = []string{"locataire", "locataires", "loue", "louons", "location", "bail", "loyer", "bailleur"}
	otherOwner = []string{"sci", "sarl", "sas", "indivision", "m", "mr", "mme", "monsieur", "madame", "appartient", "appartiennent", "famille", "mairie", "ville"}
)

// yesNo reads the answer to a question: a ticked box, yes or no, else what the words say of what the field is about: « je suis locataire » for
// the owner of a shop, « je l'atteste » for a declaration.
func (f Field) yesNo(written string) (string, error) {
	if value, is := ticked(written, yesNames); is {
		return value, nil
	}
	tokens := french.Tokens(written)
	var words []string
	for _, t := range tokens {
		if t.Kind == french.Word {
			words = append(words, t.Text)
		}
	}
	yes, no := has(words[:min(1, len(words))], yesWords), has(words[:min(1, len(words))], noWords)
	if has(words, []string{"oui"}) && has(words, []string{"non"}) {
		return "", ErrYesNo // « OUI / NON » was left as it stood
	}
	if boxOn.MatchString(written) && !yes && !no && len(words) == 0 {
		return "true", nil // « [x] »
	}
	said, known := f.says(words)
	switch {
	case (yes || no) && known && said != yes && !f.attests():
		return answer(yes), ErrDoubt // « oui, mais je suis locataire »
	case yes, no:
		return answer(yes), nil
	case known:
		return answer(said), nil
	case f.about(owners) && (has(words, otherOwner) || named(written)):
		return "false", ErrDoubt // somebody else's name, who may be the applicant's own company
	case len(french.Days(written)) == 1:
		return "true", ErrDoubt // since when, or on which day
	}
	return "", ErrYesNo
}

func answer(yes bool) string {
	if yes {
		return "true"
	}
	return "false"
}

// has tells whether one of some words is there.
func has(words, wanted []string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return slices.Contains(wanted, w) })
}

// about tells whether the names of the field have one of some words.
func (f Field) about(wanted []string) bool {
	for _, n := range append([]string{f.Label}, f.Aliases...) {
		if has(newName("", n).words, wanted) {
			return true
		}
	}
	return false
}

// attests tells whether the field is a declaration on one's honour.
func (f Field) attests() bool { return f.about([]string{"honneur", "atteste", "certifie"}) }

// says tells what words say of what the field is about; known is false where they say nothing of it.
func (f Field) says(words []string) (yes, known bool) {
	if f.attests() {
		return !denies(words), has(words, attests)
	}
	if f.about(owners) {
		owner, tenant := has(words, owners), has(words, tenants)
		switch {
		case owner == tenant:
			return false, false
		case tenant:
			return false, true
		}
		return !denies(words), true
	}
	for _, n := range append([]string{f.Label}, f.Aliases...) {
		for _, w := range newName("", n).words {
			if len(w) > 4 && slices.ContainsFunc(words, func(said string) bool { return sameWord(said, w) }) {
				return !denies(words), true
			}
		}
	}
	if len(words) > 0 && slices.Contains(nothing, words[0]) {
		return false, true
	}
	return false, false
}

// denies tells whether words deny something.
func denies(words []string) bool {
	return has(words, []string{"pas", "aucun", "aucune", "sans", "jamais", "ni", "plus", "non", "refuse"})
}

// named tells whether a text is a name: two or three words with capitals.
func named(text string) bool {
	words := strings.Fields(text)
	capitals := 0
	for _, w := range words {
		if r := []rune(w)[0]; strings.ToUpper(string(r)) == string(r) && strings.ToLower(string(r)) != string(r) {
			capitals++
		}
	}
	return len(words) >= 2 && len(words) <= 5 && capitals >= 2
}

// Says tells what a part of a sentence says of what a yes or no is about, where it speaks of that by a word.
func (f Field) Says(word, part string) (value string, known bool) {
	words := newName("", part).words
	if f.attests() || !slices.Contains(words, word) {
		return "", false
	}
	if f.about(owners) && !has([]string{word}, owners) && !has([]string{word}, []string{"locataire", "locataires", "louons"}) {
		return "", false
	}
	if _, is := f.says([]string{word}); !is {
		return "", false
	}
	yes, _ := f.says(words)
	return answer(yes), true
}
