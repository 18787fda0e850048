package reading

import (
	"regexp"
	"slices"
	"strings"

	"relance/domain/casefile"
	"relance/intake/fields"
)

var (
	agreed    = regexp.MustCompile(`^(?:oui|ok|okay|d'accord|exact|c'est (?:bien )?(?:exact|correct|juste|bon|ca|cela|tout a fait ca)|tout est (?:bien )?(?:exact|correct|juste|bon|ok)|je (?:vous )?confirme|nous (?:vous )?confirmons|confirme|valide|je valide|bon pour accord|parfait|tout a fait)\b`)
	exception = regexp.MustCompile(`\b(?:sauf|mais|excepte|hormis|a part|cependant|par contre|en revanche|toutefois)\b`)
	salute    = regexp.MustCompile(`^(?:bonjour|bonsoir|madame|monsieur|madame monsieur|bonjour madame|bonjour monsieur|merci|re bonjour|chere? \S+(?: \S+)?|mes reponses.*|voir.*ci dessous.*|ci dessous.*|reponses? .*)$`)
)

// confirms tells whether the applicant agrees to what was understood, in lines from which no field was read: « OUI », at the head of the mail
// or on a line of its own; with an exception where they correct something as well.
func confirms(free []fields.Line, corrects bool) bool {
	first := true
	for _, line := range free {
		words := plain(line.Text)
		if words == "" || salute.MatchString(words) {
			continue
		}
		const short = 14 // words
		says := agreed.MatchString(words) && !strings.Contains(line.Text, "?") && !negated.MatchString(words) && len(strings.Fields(words)) <= short
		alone := len(strings.Fields(words)) <= 4
		switch {
		case says && exception.MatchString(words):
			return corrects
		case says && (first || alone):
			return true
		}
		first = false
	}
	return false
}

// settle takes the applicant's word for what was doubtful. Whoever corrects a line of the list that they were sent, and asks nothing, has agreed to
// the others: the list says so.
func (r *Result) settle(known map[string]casefile.Value, text said) {
	doubtful := func(key string) bool { return known[key].Sure == casefile.Doubtful }
	corrects := slices.ContainsFunc(text.Found, func(f fields.Found) bool { return doubtful(f.Field) && f.Value != "" && f.Problem == "" })
	if Intent(r.Reading.Intent) == Confirm || confirms(text.Free, corrects || len(text.Found) > 0) || corrects && !Asks(text.Free) {
		r.confirm(known)
	}
}
