package reading

import (
	"regexp"
	"strings"

	"relance/domain/casefile"
	"relance/domain/scheme"
)

var (
	contested = `(?:la|cette|votre|sa|leur) decision(?: implicite)?|(?:le|ce|votre) (?:rejet|refus)(?: implicite)?|(?:le|ce) montant`
	// contests are whole statements by which a person contests a decision, now and for oneself.
	contests = regexp.MustCompile(`\b(?:je|nous|j'|n')\s?(?:vous )?(?:forme|formons|depose|deposons|presente|presentons|exerce|exercons|introduis|introduisons|adresse|adressons|fais|faisons|engage|engageons)\b(?: \S+){0,6}? (?:un|mon|notre|ce) (?:nouveau |nouvel |second |premier )?recours\b` +
		`|\b(?:je|nous) (?:fais|faisons) appel (?:de|contre|a) (?:` + contested + `)` +
		`|\b(?:je|nous) conteste(?:ns|z)?\b(?: \S+){0,3}? (?:` + contested + `)` + `|\bnous contestons\b(?: \S+){0,3}? (?:` + contested + `)` +
		`|\b(?:ceci|ce courriel|ce message|la presente|cette lettre|ce courrier) (?:est|constitue|vaut|vaut comme) (?:un |mon |notre )?recours\b` +
		`|\b(?:je|nous) (?:vous )?(?:demande|demandons|prie|prions|sollicite|sollicitons)\b(?: \S+){0,5}? (?:l'|d'|de |le |la )?(?:reconsiderer|reexaminer|revoir|annuler|retirer|revenir sur|reexamen de|annulation de|retrait de) (?:` + contested + `)`)
	appealTitle = regexp.MustCompile(`^(?:(?:re|rep|tr|fwd?) )*(?:[a-z]{2,8} [0-9a-z]{5} [0-9a-z]{5} )?recours (?:gracieux|administratif)\b`)
	supposed    = regexp.MustCompile(`\b(?:si|sinon|envisag\w+|pourrai\w*|pourrions|compte|comptons|vais|allons|voudrai\w*|souhaiterai\w*|comment|peut etre|eventuel\w*)\b`)
	displeased  = regexp.MustCompile(`\b(?:recours|contest\w+|reclamation|reconsider\w+|reexam\w+|injust\w+|desaccord|pas d'accord|revoir (?:ma|votre|la|cette|mon)|revenir sur|erreur)\b`)
	wantsWhy    = regexp.MustCompile(`\b(?:connaitre|communiqu\w+|donner|savoir|demand\w+|precis\w+|indiqu\w+|expliqu\w+|obtenir|quel\w* sont)\b(?: \S+){0,6}? (?:motif|motifs|raison|raisons)\b|\bpourquoi\b(?: \S+){0,8}? (?:rejet\w*|refus\w*|decision)\b`)
)

// Contest tells whether a mail contests a decision, from its subject and what is new in it: surely, where a whole statement does so,
// neither negated nor a question nor a supposition; perhaps, where a word of it could mean that. A person decides in every case of doubt.
// Reasons that are asked for are told apart; a mail that both contests and asks why contests.
func Contest(subject, reply string) casefile.Code {
	if appealTitle.MatchString(plain(subject)) && strings.TrimSpace(reply) != "" {
		return casefile.ContestsClearly
	}
	found := casefile.Code("")
	for _, sentence := range sentences(reply) {
		s := plain(sentence)
		sure := !negated.MatchString(s) && !supposed.MatchString(s) && !strings.Contains(sentence, "?")
		switch {
		case contests.MatchString(s) && sure:
			return casefile.ContestsClearly
		case wantsWhy.MatchString(s) && !negated.MatchString(s) && found == "":
			found = casefile.AsksReasons
		case displeased.MatchString(s):
			found = casefile.ContestsMaybe
		}
	}
	if found == "" && displeased.MatchString(scheme.Fold(subject)) {
		found = casefile.ContestsMaybe
	}
	return found
}
