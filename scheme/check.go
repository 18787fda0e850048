package scheme

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
)

var (
	prefixShape = regexp.MustCompile(`^[A-Z]{2,8}$`)
	idShape     = regexp.MustCompile(`^[a-z][a-z0-9_-]*$`)
)

// check tells what is wrong with one scheme taken by itself.
func (s *Scheme) check() error {
	var problems []error
	say := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	if !idShape.MatchString(s.ID) {
		say("id: %q: small letters, digits and hyphens, beginning with a letter", s.ID)
	}
	if s.Name == "" || s.Title == "" {
		say("name and title: a scheme has both")
	}
	if !prefixShape.MatchString(s.Prefix) {
		say("prefix: %q: two to eight capital letters", s.Prefix)
	}
	if !idShape.MatchString(s.Tag) {
		say("tag: %q: small letters, digits and hyphens, beginning with a letter", s.Tag)
	}
	if s.Envelope != nil && (s.Envelope.Amount <= 0 || !idShape.MatchString(s.Envelope.ID)) {
		say("envelope: it has an id and an amount above zero")
	}
	for _, v := range s.Versions {
		for _, problem := range v.check() {
			say("version %s: %w", v.Version, problem)
		}
	}
	return errors.Join(problems...)
}

func (v *Version) check() []error {
	var problems []error
	say := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	seen := map[string]string{}
	once := func(what, id string) {
		if !idShape.MatchString(id) {
			say("%s %q: its id has small letters, digits, hyphens and underscores", what, id)
		}
		if other, taken := seen[id]; taken {
			say("%s %s: the id is taken by a %s", what, id, other)
		}
		seen[id] = what
	}
	for _, f := range v.Fields {
		once("field", f.ID)
		if !slices.Contains([]Role{"", Business, Representative, Postal}, f.Role) {
			say("field %s: role %q: it is business, representative or address", f.ID, f.Role)
		}
	}
	clear(seen) // a document or a rule may be called as the field it is about
	for _, d := range v.Documents {
		once("document", d.ID)
	}
	clear(seen)
	for _, r := range v.Rules {
		once("rule", r.ID)
		if r.Told == "" || r.Basis == "" {
			say("rule %s: told and basis: a refusal gives its reason and its legal basis (CRPA L211-5)", r.ID)
		}
	}
	for _, g := range v.Grounds {
		once("ground", g.ID)
		if g.Told == "" || g.Basis == "" {
			say("ground %s: told and basis: a refusal gives its reason and its legal basis (CRPA L211-5)", g.ID)
		}
	}
	p := v.Periods
	if p.Documents <= 0 || p.SilenceMonths <= 0 || p.AppealMonths <= 0 || v.Charter != nil && p.Charter <= 0 {
		say("periods: documents, charter, silence_months and appeal_months are above zero")
	}
	for _, late := range [][]int{append([]int{p.Documents}, p.DocumentReminders...), append([]int{p.Charter}, p.CharterReminders...)} {
		for i, day := range late[1:] {
			if day >= late[0] || day <= 0 || i > 0 && day <= late[i] {
				say("periods: reminders rise and come before the end of their period, not on day %d of %d", day, late[0])
			}
		}
	}
	return problems
}

// check tells what is wrong between schemes.
func (c *Catalogue) check() []error {
	var problems []error
	seen := map[string]string{}
	for _, s := range c.schemes {
		for what, id := range map[string]string{"id": s.ID, "prefix": s.Prefix, "tag": s.Tag} {
			key := what + " " + id
			if other, taken := seen[key]; taken {
				problems = append(problems, fmt.Errorf("%s %q belongs to %s and to %s", what, id, other, s.ID))
			}
			seen[key] = s.ID
		}
	}
	return problems
}
