package scheme

import (
	"fmt"
	"slices"
	"strings"
)

func (c *checker) fields() {
	v := c.v
	c.ids("fields", len(v.Fields), func(i int) string { return v.Fields[i].ID }, nameShape)
	labels := map[string]string{}
	for i, f := range v.Fields {
		at := fmt.Sprintf("fields[%d]", i)
		c.field(at, f)
		if _, taken := contextTypes[f.ID]; taken || f.ID == "given" || f.ID == "lists" {
			c.say(at+".id", "%q is a name that rules already have; choose another", f.ID)
		}
		for _, label := range append([]string{f.Label}, f.Aliases...) {
			if other, taken := labels[Fold(label)]; taken && other != f.ID {
				c.say(at+".label", "%q is also how %s is called: a line in a mail could mean either", label, other)
			}
			labels[Fold(label)] = f.ID
		}
		if v.Applicant == Person && (f.Type == SIRET || f.Type == SIREN) {
			c.say(at+".type", "a natural person has no %s", strings.ToUpper(string(f.Type)))
		}
	}
}

func (c *checker) field(at string, f Field) {
	oneOf(c, at+".type", f.Type, Types...)
	oneOf(c, at+".role", f.Role, "", Business, Representative, Postal)
	if f.Label == "" {
		c.say(at+".label", "a field has a label: it is what the applicant reads and writes")
	}
	if f.List != "" && c.v.Lists[f.List] == "" {
		c.say(at+".list", "lists has no %q%s", f.List, nearest(f.List, keys(c.v.Lists)))
	}
	if (f.Type == Choice) != (len(f.Options) > 0 || f.Type == Choice && f.List != "") {
		c.say(at+".options", "a choice has options, or a list; other types have none")
	}
	if (f.Type == Group) != (len(f.Fields) > 0) {
		c.say(at+".fields", "a group has fields of its own; other types have none")
	}
	if f.Type != Money && (f.Per != "" || f.Losses) {
		c.say(at+".per", "per and losses are for amounts")
	}
	oneOf(c, at+".per", f.Per, "", "month", "year")
	if f.Min < 0 || f.Max < 0 || f.Type == Group && f.Most() < f.Min {
		c.say(at+".max", "entries go from min to max; max is %d", f.Most())
	}
	for i, below := range f.Fields {
		if below.Type == Group || below.Required != "" {
			c.say(fmt.Sprintf("%s.fields[%d]", at, i), "a group has neither groups nor conditional fields in it")
		}
		c.field(fmt.Sprintf("%s.fields[%d]", at, i), below)
	}
	if slices.ContainsFunc(f.Options, func(o Option) bool { return !idShape.MatchString(o.ID) || o.Label == "" }) {
		c.say(at+".options", "each option has an id (small letters, digits, hyphens) and a label")
	}
}
