package reading

import (
	"regexp"
	"strings"

	"relance/domain/scheme"
	"relance/intake/fields"
)

// Intent is what a person wants with a mail, beyond sending facts and documents.
type Intent string

// The intents the engine acts on by itself. Everything else a person writes is read by an officer.
const (
	NoIntent Intent = ""
	Sign     Intent = "sign"     // the agreed phrase of the charter
	Decline  Intent = "decline"  // refuses to sign the charter
	Withdraw Intent = "withdraw" // désistement
	Confirm  Intent = "confirm"  // what was read is right
	Agree    Intent = "agree"    // to the new schedule of an advance
)

var (
	withdrawal = regexp.MustCompile(`\b(?:je|nous) (?:retir\w+ (?:ma|notre|cette|la) (?:demande|candidature|dossier)|(?:me|nous) desist\w+|renonc\w+ a (?:ma|notre|cette|la|l'|l) ?(?:demande|aide|subvention)|abandonn\w+ (?:ma|notre|cette|la) demande|(?:souhait\w+|veux|voul\w+|voudr\w+|desir\w+|demand\w+ a) (?:me desister|nous desister|(?:retirer|annuler|abandonner) (?:ma|notre|cette|la) (?:demande|candidature)|renoncer a (?:ma|notre|cette|la|l'|l) ?(?:demande|aide|subvention)))\b|\b(?:merci|veuillez|pouvez vous|pourriez vous)(?: de| bien)* annuler (?:ma|notre|cette|la) demande\b`)
	refusal    = regexp.MustCompile(`\b(?:je|nous) (?:refus\w+|ne (?:souhait\w+|veux|voulons|peux|pouvons) pas) (?:de )?signer\b|\b(?:je|nous) ne signe\w* pas\b`)
	negated    = regexp.MustCompile(`\bne (?:\S+ ){0,3}(?:pas|plus|point|jamais)\b|\bn'\S+ (?:\S+ ){0,2}(?:pas|plus|jamais)\b`)
	courtesy   = regexp.MustCompile(`^(?:bonjour|bonsoir|madame|monsieur|madame monsieur|bonjour madame|bonjour monsieur|merci|merci d'avance|bien cordialement|cordialement|bien a vous|salutations|sinceres salutations|ci joint\w*.*|veuillez trouver.*|vous trouverez.*|voici .*|en piece jointe.*|je vous (?:prie|adresse|envoie|transmets|joins|fais parvenir).*|nous vous (?:prions|adressons|envoyons|transmettons).*|je vous remercie.*|dans l'attente.*)$`)
	assent     = regexp.MustCompile(`^(?:oui |bonjour |madame |monsieur )*(?:(?:je|nous) (?:vous )?confirm\w+\b.*|(?:oui )?c'est (?:bien )?(?:exact|correct|juste|ca|cela)\b.*|tout est (?:exact|correct|juste)\b.*)$`)
	question   = regexp.MustCompile(`\?|\b(?:pouvez vous|pourriez vous|savoir (?:si|quand|ou)|est ce que|quand|pourquoi|combien)\b`)
)

// IntentOf tells what a person wants, from what is new in the mail (message.Message.Reply). Withdrawal and signature have
// consequences, so both ask for plain words: a withdrawal is a whole sentence that is not negated, a signature is the
// agreed phrase; which charter it signs is looked at with the case. What is unclear is left to an officer.
func IntentOf(reply string) Intent {
	if refusal.MatchString(plain(reply)) {
		return Decline
	}
	if _, signs := phrase(reply); signs {
		return Sign
	}
	for _, sentence := range sentences(reply) {
		s := plain(sentence)
		if withdrawal.MatchString(s) && !negated.MatchString(s) && !strings.Contains(sentence, "?") {
			return Withdraw
		}
	}
	for _, sentence := range sentences(strings.ReplaceAll(reply, "\n", ". ")) {
		if s := plain(sentence); assent.MatchString(s) && !negated.MatchString(s) && !strings.Contains(sentence, "?") {
			return Confirm
		}
	}
	return NoIntent
}

// Asks tells whether lines of a mail from which nothing was read have something for a person to read: a question.
func Asks(free []fields.Line) bool {
	for _, line := range free {
		folded := scheme.Fold(line.Text)
		if question.MatchString(folded) && len(strings.Fields(folded)) >= 3 {
			return true
		}
	}
	return false
}

// Courteous tells whether a text holds nothing but greetings, courtesies and announcements of what is attached.
func Courteous(reply string) bool {
	for _, line := range strings.Split(reply, "\n") {
		if line = plain(line); line != "" && !courtesy.MatchString(line) && len(strings.Fields(line)) > 3 {
			return false
		}
	}
	return true
}

var sentenceEnd = regexp.MustCompile(`[.!?;]+\s+|[.!?;]+$|\n\s*\n`)

// sentences cuts a text into sentences, each with its own end mark; a line break inside a sentence is a space.
func sentences(text string) []string {
	var list []string
	start := 0
	for _, end := range sentenceEnd.FindAllStringIndex(text, -1) {
		list = append(list, text[start:end[1]])
		start = end[1]
	}
	return append(list, text[start:])
}

var notWord = regexp.MustCompile(`[^\p{L}\p{N}']+`)

// plain folds a text to its words with one space between.
func plain(text string) string {
	return strings.TrimSpace(notWord.ReplaceAllString(scheme.Fold(text), " "))
}
