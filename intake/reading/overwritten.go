package reading

import (
	"regexp"
	"slices"
	"strings"

	"relance/domain/scheme"
)

// formula are the words with which one signs; beside them come names, dates and places.
var formula = strings.Fields(`lu et approuve approuvee bon bonne pour accord fait a le la l' de du des en au nom prenom prenoms qualite
	signature signe signee signataire par date lieu gerant gerante president presidente directeur directrice
	general generale associe associee dirigeant dirigeante representant representante legal legale tresorier
	tresoriere secretaire m mr mme mlle monsieur madame janvier fevrier mars avril mai juin juillet aout septembre
	octobre novembre decembre electroniquement numeriquement electronique digitally signed by page sur`)

var figures = regexp.MustCompile(`^[0-9]{1,4}(?:er)?$`)

// names are the words that name who signs and for which firm, as they were declared. Words that say more than a name
// are none: a field cannot be filled with « je refuse » to have it written on the charter afterwards.
func (in Input) names() (list []string) {
	written := []string{in.Facts.Applicant.Name, in.declared()}
	for _, role := range []scheme.Role{scheme.Representative, scheme.Business} {
		if field, ok := in.Version.ByRole(role); ok {
			written = append(written, in.Facts.Fields[field.ID].Written)
		}
	}
	for _, name := range written {
		const most = 8 // words
		if words := strings.Fields(plain(name)); len(words) <= most && !reserves(name) {
			list = append(list, words...)
		}
	}
	return list
}

// written are the lines that stand on a copy besides the text that was sent, as two readers find them.
func (c *Check) written() []string {
	lines := slices.Clone(c.Text.Added)
	if c.Look != nil {
		lines = append(lines, c.Look.Words...)
	}
	return lines
}

// harmless tells whether what was written on a copy is what one writes to sign: the formula, dates, and the names of
// who signs. Anything else is for an officer: « sauf l'article 3 » is three words.
func (c *Check) harmless(in Input) bool {
	if c.Text == nil {
		return false
	}
	known := append(slices.Clone(formula), in.names()...)
	for _, line := range c.written() {
		for _, word := range strings.Fields(plain(line)) {
			if !slices.Contains(known, word) && !figures.MatchString(word) {
				return false
			}
		}
	}
	return true
}

// approval is what one writes over one's name to sign.
var approval = regexp.MustCompile(`\b(?:lus? et approuvee?s?|bon(?:ne)? pour accord|signee?)\b`)

// signs tells whether the words that anybody sees on a copy sign it: the formula, or the name of who may sign.
func (c *Check) signs(in Input) bool {
	said := plain(strings.Join(c.Look.Words, " "))
	const short = 3 // letters of a word that names nobody
	who := strings.Fields(plain(in.declared()))
	return approval.MatchString(said) || slices.ContainsFunc(strings.Fields(said), func(word string) bool {
		return len(word) >= short && slices.Contains(who, word)
	})
}
