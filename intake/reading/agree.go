package reading

import (
	"regexp"
	"strings"
)

// AgreementPhrase is the sentence that signs the contract of an advance by mail. Like that of a charter it names the case and the fingerprint of the
// contract.
func AgreementPhrase(reference, fingerprint string) string {
	return strings.Replace(Phrase(reference, fingerprint), "la charte d'engagement", "le contrat d'avance", 1)
}

// SchedulePhrase is the sentence that agrees to a new schedule by mail.
func SchedulePhrase(reference string) string {
	return "J'accepte le nouvel échéancier du dossier " + reference
}

var (
	agreement    = regexp.MustCompile(`^(?:oui |bonjour |madame |monsieur |bien )*(?:(?:je|nous) (?:vous )?(?:donne\w*|confirme\w*) (?:mon|notre|l') ?accord\b.*|(?:je suis|nous sommes) d'accord\b.*|(?:j'|nous )accept\w+ (?:le|ce|votre|la|cette)(?: nouvel| nouveau)? (?:echeancier|calendrier|proposition|amenagement|reechelonnement)\b.*|(?:mon|notre) accord est donne\b.*|accord|d'accord|bon pour accord)$`)
	disagreement = regexp.MustCompile(`\b(?:je|nous) (?:refus\w+|n'accept\w+|ne (?:suis|sommes|peux|pouvons|donne|donnons) pas)\b|\bpas d'accord\b|\bmais\b|\bsauf\b|\ba condition\b|\bsous reserve\b|\bplutot\b`)
)

// Agrees tells whether a reply agrees to the new schedule that was proposed: with the phrase of this very case, or with a plain
// sentence that agrees. Words that make a condition, or refuse, are for an officer to read.
func Agrees(reply, reference string) bool {
	words := plain(reply)
	if disagreement.MatchString(words) {
		return false
	}
	if strings.Contains(words, plain(SchedulePhrase(reference))) {
		return true
	}
	for _, sentence := range sentences(strings.ReplaceAll(reply, "\n", ". ")) {
		if s := plain(sentence); agreement.MatchString(s) && !negated.MatchString(s) && !strings.Contains(sentence, "?") {
			return true
		}
	}
	return false
}
