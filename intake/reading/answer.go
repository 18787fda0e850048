package reading

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"relance/domain/inquiry"
	"relance/mail/message"
)

var (
	// yesOrNo is a line that answers our question: OUI or NON, with the numbers of the mails that are meant and what people add without meaning more.
	yesOrNo = regexp.MustCompile(`^(oui|non)((?: (?:et|n|no|nos|num|numero|numeros|le|les|message|messages|demande|demandes|pour|aux?|courriels?|mails?|\d{1,2}))*)( .*)?$`)
	// assents and denials are what people add to OUI and NON.
	assents  = regexp.MustCompile(`^(?:merci(?: beaucoup| d'avance)?|tous|toutes|tous les (?:deux|trois|messages)|bien sur|tout a fait|absolument|effectivement|exactement|(?:je (?:vous )?(?:le )?confirme|nous (?:vous )?(?:le )?confirmons)(?: (?:bien )?(?:l'envoi|etre l'auteur|avoir envoye|que c'est bien moi).*)?|c'est (?:bien )?(?:moi|nous|le notre|ma demande|notre demande|mon message|notre message|exact|correct)(?: qui .*)?|ce(?:s)? (?:message|demande|messages|demandes) (?:vient|viennent|est|sont) (?:bien )?de (?:moi|nous)|(?:j'ai|nous avons) (?:bien )?envoye (?:ce|ces|cette|ma|mes|notre|nos) (?:message|messages|demande|demandes))$`)
	denials  = regexp.MustCompile(`^(?:merci|ce n'est pas (?:moi|nous|de moi|de nous)|ce (?:message )?(?:ne vient|n'est) pas de (?:moi|nous)|(?:je n'ai|nous n'avons) (?:rien|jamais rien|pas) (?:envoye|demande|ecrit|fait)(?: .*)?|aucun(?:e)?|jamais)$`)
	greeting = regexp.MustCompile(`^(?:bonjour|bonsoir|madame|monsieur|mesdames|messieurs|et|a tous|le service)(?: (?:bonjour|bonsoir|madame|monsieur|mesdames|messieurs|et|a tous|le service))*$`)
	// further is a line with something more to read than a signature.
	further = regexp.MustCompile(`\b(?:je|j'\S+|nous|vous|voici|voila|ci joint\w*|veuillez|joint\w*|merci de|document|documents|demande|iban)\b`)
	doubts  = regexp.MustCompile(`\b(?:oui|non|mais|sauf|cependant|toutefois|par contre|attention|erreur)\b|\bn(?:e|'\S+) (?:\S+ ){0,3}(?:pas|plus|jamais|rien)\b`)
)

// AnswerTo reads what a person answers to the question whether they wrote some mails. It is yes or no where the new text says so and nothing else but
// greetings and a signature; what can be understood in two ways, asks, or tells a story is for an officer.
func AnswerTo(m *message.Message) inquiry.Said {
	if m.Kind != message.KindPerson {
		return inquiry.Said{}
	}
	text := m.Reply
	const longest = 2000 // bytes of an answer with a signature
	if len(text) > longest || strings.Contains(text, "?") {
		return inquiry.Said{}
	}
	var lines []string
	for _, line := range strings.Split(text, "\n") {
		if words := plain(line); words != "" {
			lines = append(lines, words)
		}
	}
	for len(lines) > 0 && greeting.MatchString(lines[0]) {
		lines = lines[1:]
	}
	if len(lines) == 0 {
		return inquiry.Said{}
	}
	said, clear := answerLine(lines[0])
	if !clear || slices.ContainsFunc(lines[1:], func(line string) bool { return doubtful(line, said.Word) }) {
		return inquiry.Said{}
	}
	said.More = more(m, lines[1:], said.Word)
	return said
}

// answerLine reads the line that answers.
func answerLine(line string) (said inquiry.Said, clear bool) {
	for greeting.MatchString(firstWord(line)) && firstWord(line) != line {
		line = strings.TrimSpace(line[len(firstWord(line)):])
	}
	found := yesOrNo.FindStringSubmatch(line)
	if found == nil {
		return said, false
	}
	said.Word = map[string]inquiry.Word{"oui": inquiry.Yes, "non": inquiry.No}[found[1]]
	for _, word := range strings.Fields(found[2]) {
		if n, err := strconv.Atoi(word); err == nil && !slices.Contains(said.Which, n) {
			said.Which = append(said.Which, n)
		}
	}
	rest := strings.TrimSpace(found[3])
	return said, rest == "" || adds(rest, said.Word)
}

// more tells whether somebody has to read an answer for what it says besides: it carries files, or says something that is no courtesy.
func more(m *message.Message, below []string, said inquiry.Word) bool {
	for _, a := range m.Attachments {
		if !a.Inline {
			return true
		}
	}
	return slices.ContainsFunc(below, func(line string) bool {
		return further.MatchString(line) && !courtesy.MatchString(line) && !adds(line, said)
	})
}

func firstWord(line string) string {
	word, _, _ := strings.Cut(line, " ")
	return word
}

// adds tells whether words beside OUI or NON mean the same.
func adds(words string, to inquiry.Word) bool {
	if to == inquiry.No {
		return denials.MatchString(words)
	}
	return assents.MatchString(words)
}

// doubtful tells whether a line below the answer may take it back. A signature does not.
func doubtful(line string, said inquiry.Word) bool {
	return doubts.MatchString(line) && !adds(line, said)
}
