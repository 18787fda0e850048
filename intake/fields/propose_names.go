package fields

import (
	"regexp"
	"strings"
	"unicode"

	"relance/domain/scheme"
)

var (
	tradeWords = `entreprise|société|commerce|boutique|salon(?: de (?:coiffure|thé|beauté))?|restaurant|association|magasin|épicerie|boulangerie|librairie|brasserie|garage|café|bar|hôtel|gîte|pharmacie|boucherie|pâtisserie|fleuriste|cordonnerie|pizzeria|friterie|institut|atelier|camping|traiteur|cabinet|fromagerie|bijouterie|optique|pressing`
	called     = regexp.MustCompile(`(?i)\b(?:` + tradeWords + `)\s+(?:s'appelle|s’appelle|se nomme|dénommée?|nommée?|appelée?|à l'enseigne)\s+(?:l'|la |le )?[«"“]?\s*(.{2,60}?)\s*[»"”]?\s*(?:[,.;\n(]|\s(?:et|au|à|située?|siret|au n°)\b|$)`)
	quotedName = regexp.MustCompile(`(?i)\b(?:` + tradeWords + `|enseigne|nom)\s+(?:de\s+)?[«"“]\s*([^»"”\n]{2,60}?)\s*[»"”]`)
	legalForm  = regexp.MustCompile(`\b((?:SARL|SAS|SASU|EURL|SNC|SCIC|SCOP|SCEA|EIRL|EARL)\s+(?:[\pL0-9&'’.-]+\s?){1,5})`)
	tradeName  = regexp.MustCompile(`(?i)\b(?:l'|l’|la |le |mon |ma |notre |du |de la |de l')((?:` + tradeWords + `)\s+[\pL'’&-]+(?:\s+[\pL'’&-]+){0,3})`)
	nameStop   = strings.Fields("j'habite j'ai vitrine sans au aux à a de du rue et je j' mon ma qui que est c' dans pour depuis située situé sur avec en , nous n' siret j'ai")
	iAm        = regexp.MustCompile(`(?i)\b(?:je suis|je m'appelle|je m’appelle|je soussignée?,?|moi c'est|nom\s*:)\s+((?:(?:mme|m\.|mr|madame|monsieur)\s+)?\pL[\pL'’-]+\s+\pL[\pL'’-]+(?:\s+\pL[\pL'’-]+)?)`)
	notPeople  = regexp.MustCompile(`(?i)\b(?:sarl|sas|eurl|cabinet|mairie|association|boulangerie|restaurant|salon|garage|hôtel|contact|info|service|compta\w*|direction|accueil|société|boutique|atelier|brasserie|épicerie|traiteur|librairie|gîte|fleurs|ets|etablissements)\b`)
)

// names proposes who applies: the firm as a sentence calls it, and the person who writes.
func (w *understander) names() {
	business, has := w.version.ByRole(scheme.Business)
	person := w.version.Applicant == scheme.Person
	if has && !person && w.lacks(business) {
		w.name(business, w.firm())
	}
	if has && person && w.lacks(business) {
		w.name(business, w.writer())
	}
	if representative, has := w.version.ByRole(scheme.Representative); has && w.lacks(representative) {
		w.name(representative, w.writer())
	}
}

func (w *understander) lacks(f scheme.Field) bool {
	for _, o := range w.fields {
		if o.ID == f.ID {
			for _, found := range w.found {
				if found.Field == f.ID {
					return false
				}
			}
			return true
		}
	}
	return false
}

func (w *understander) name(f scheme.Field, written string) {
	if written = strings.Trim(strings.TrimSpace(written), " ,.;:-–"); written != "" {
		w.found = append(w.found, Found{Field: f.ID, Written: written, Value: written, Problem: scheme.ErrDoubt.Error(), Proposed: true})
	}
}

// firm is what a sentence, or the head of a signature, calls the firm.
func (w *understander) firm() string {
	for _, pattern := range []*regexp.Regexp{called, quotedName, legalForm} {
		if m := pattern.FindStringSubmatch(w.text); m != nil {
			return cutName(m[1])
		}
	}
	for _, m := range tradeName.FindAllStringSubmatch(w.text, -1) {
		if name := cutName(m[1]); len(strings.Fields(name)) > 1 && w.labels.plain(name).grade == unknown {
			return name
		}
	}
	for _, line := range w.Signature {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		if isName(line) && !strings.EqualFold(line, w.From) && !strings.ContainsAny(line, "0123456789@:") {
			return line
		}
		break
	}
	return ""
}

// cutName cuts a name before the words with which a sentence goes on.
func cutName(name string) string {
	words := strings.Fields(name)
	for i, word := range words {
		if i > 0 && contains(nameStop, scheme.Fold(strings.Trim(word, ",.;"))) {
			return strings.Join(words[:i], " ")
		}
		if strings.HasSuffix(word, ",") || strings.HasSuffix(word, ".") {
			return strings.Join(words[:i+1], " ")
		}
	}
	return strings.Join(words, " ")
}

func contains(list []string, word string) bool {
	for _, w := range list {
		if scheme.Fold(w) == word {
			return true
		}
	}
	return false
}

// writer is the person who writes: as they say, as they sign, or as their mail names them.
func (w *understander) writer() string {
	from := strings.TrimSpace(w.From)
	isPerson := len(strings.Fields(from)) >= 2 && !notPeople.MatchString(from) && !strings.Contains(from, "@")
	if m := iAm.FindStringSubmatch(w.text); m != nil {
		if name := cutName(m[1]); isPerson && sharesWord(name, from) || !isPerson && isName(name) {
			return name
		}
	}
	if isPerson {
		return from
	}
	for i := len(w.Free) - 1; i >= max(0, len(w.Free)-6); i-- {
		if line := strings.TrimSpace(w.Free[i].Text); isName(line) && !notPeople.MatchString(line) {
			return line
		}
	}
	return ""
}

func sharesWord(a, b string) bool {
	for _, word := range strings.Fields(scheme.Fold(a)) {
		if len(word) > 2 && contains(strings.Fields(b), word) {
			return true
		}
	}
	return false
}

// isName tells whether a line is a name: two to five words that begin with capitals, small words between them apart.
func isName(line string) bool {
	words := strings.Fields(line)
	if len(words) < 2 || len(words) > 5 {
		return false
	}
	for _, word := range words {
		r := []rune(word)[0]
		if !unicode.IsUpper(r) && len(word) > 3 {
			return false
		}
	}
	return unicode.IsUpper([]rune(words[0])[0])
}
