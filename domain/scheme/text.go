package scheme

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// The variables every text of a scheme may use, beside the fields: {montant}.
var textVariables = []string{"reference", "dispositif", "beneficiaire", "siret", "montant", "montant_lettres", "date_demande", "date_decision", "autorite"}

var placeholder = regexp.MustCompile(`\{([^{}]*)\}`)

// texts checks the variables of every text that a case's letters and mails take from the scheme.
func (c *checker) texts() {
	v := c.v
	c.text("amount.told", v.Amount.Told)
	c.text("grant.subject", v.Grant.Subject)
	c.text("grant.payment", v.Grant.Payment)
	c.text("grant.de_minimis", v.Grant.DeMinimis)
	for i, text := range v.Grant.Conditions {
		c.text(fmt.Sprintf("grant.conditions[%d]", i), text)
	}
	for i, r := range v.Rules {
		c.text(fmt.Sprintf("rules[%d].told", i), r.Told)
	}
	for i, g := range v.Grounds {
		c.text(fmt.Sprintf("grounds[%d].told", i), g.Told)
	}
	for i, o := range v.Review.Opinions {
		c.text(fmt.Sprintf("review.opinions[%d].question", i), o.Question)
	}
	if v.Charter != nil {
		c.text("charter.text", v.Charter.Body)
	}
}

func (c *checker) text(at, text string) {
	names := slices.Clone(textVariables)
	for _, f := range c.v.Fields {
		if f.Type != Group {
			names = append(names, f.ID)
		}
	}
	for _, m := range placeholder.FindAllStringSubmatch(text, -1) {
		if name := strings.TrimSpace(m[1]); !slices.Contains(names, name) {
			c.say(at, "there is no variable {%s}%s", name, nearest(name, names))
		}
	}
}

// Fill puts values in the place of a text's variables. A value that is not known leaves an empty place marked with dots.
func Fill(text string, value func(name string) string) string {
	return placeholder.ReplaceAllStringFunc(text, func(m string) string {
		if filled := value(strings.TrimSpace(m[1 : len(m)-1])); filled != "" {
			return filled
		}
		return "……"
	})
}
