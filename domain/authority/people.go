package authority

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"relance/domain/casefile"
)

// Separation says whether two people have to be two people where the law and care want them to be (docs/payments.md).
type Separation string

// The separations. Strict is the rule; off is possible only where there is nobody else.
const (
	Strict Separation = "strict"
	Off    Separation = "off"
)

// person is somebody who may act for the authority, under an identifier.
type person struct {
	id, name    string
	first, last time.Time // days; zero: no bound
}

// people lists who has a role.
func (a *Authority) people(role casefile.Role) (list []person) {
	if role == casefile.RoleSignatory {
		for _, s := range a.Signatories {
			if s.ID != "" {
				list = append(list, person{s.ID, s.Name, s.first, s.last})
			}
		}
		return list
	}
	for _, o := range a.Officers {
		list = append(list, person{id: o.ID, name: o.Name, last: o.last})
	}
	return list
}

// MayAct refuses whoever is not on the list of a role on a day: unknown, written differently, not yet or no longer there. An identifier is
// compared letter by letter, since two that look alike would pass for two people.
func (a *Authority) MayAct(role casefile.Role, id string, at time.Time) error {
	what := "agent"
	if role == casefile.RoleSignatory {
		what = "signataire"
	}
	var known []string
	var why error
	for _, p := range a.people(role) {
		bound := p.outside(at)
		switch {
		case p.id == id && bound == "":
			return nil
		case p.id == id:
			why = casefile.Refuse("%s %s %s", what, p.id, bound)
		case alike(p.id, id):
			why = casefile.Refuse("%s inconnu %s ; cet identifiant s'écrit exactement « %s »", what, shown(id), p.id)
		case bound == "":
			known = append(known, p.id)
		}
	}
	if why != nil {
		return why
	}
	return casefile.Refuse("%s inconnu %s : il ne figure pas dans le fichier de la collectivité ; connus : %s", what, shown(id), strings.Join(known, ", "))
}

// outside tells why somebody does not act on a day; empty where they do.
func (p person) outside(at time.Time) string {
	day := casefile.Date(at)
	switch {
	case !p.last.IsZero() && day.After(p.last):
		return "n'agit plus pour la collectivité depuis le " + p.last.AddDate(0, 0, 1).Format("02/01/2006")
	case !p.first.IsZero() && day.Before(p.first):
		return "n'agit pour la collectivité qu'à partir du " + p.first.Format("02/01/2006")
	}
	return ""
}

// MaySign refuses a signatory whose delegation does not cover a letter.
func (a *Authority) MaySign(id, letter string, cents int64, at time.Time) error {
	who, err := a.SignatoryFor(letter, cents, at)
	switch {
	case err != nil:
		return casefile.Refuse("%v", err)
	case who.ID != id:
		return casefile.Refuse("cette décision est à signer par « %s », selon les délégations", who.ID)
	}
	return nil
}

// Alone tells whether the authority says (separation: off), and it is so on that day, that it has one officer: nobody else can do what two
// people should.
func (a *Authority) Alone(at time.Time) bool {
	active := 0
	for _, p := range a.people(casefile.RoleOfficer) {
		if p.outside(at) == "" {
			active++
		}
	}
	return a.Separation == Off && active == 1
}

// alike tells whether two identifiers look the same to a person.
func alike(a, b string) bool { return plain(a) == plain(b) }

// plain is an identifier without what cannot be seen: spaces, marks of direction, joiners; and without its case.
func plain(id string) string {
	return strings.ToLower(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || !unicode.IsPrint(r) || unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) {
			return -1
		}
		return r
	}, id))
}

// shown is what somebody gave as an identifier, fit to be read: nothing in it is invisible, and it is short.
func shown(id string) string {
	if len(id) > 40 {
		id = id[:40]
	}
	return strconv.QuoteToASCII(id)
}

// checkPeople tells what is wrong with the identifiers: each is one person, and each person has one.
func (a *Authority) checkPeople() (lacks []string) {
	type entry struct{ where, id, name string }
	var all []entry
	for i := range a.Officers {
		o := &a.Officers[i]
		where := fmt.Sprintf("officers[%d]", i)
		all = append(all, entry{where, o.ID, o.Name})
		if o.Until != "" {
			var err error
			if o.last, err = time.ParseInLocation(time.DateOnly, o.Until, casefile.Paris); err != nil {
				lacks = append(lacks, fmt.Sprintf("%s.until: a day as 2020-07-06, not %q", where, o.Until))
			}
		}
	}
	for i, s := range a.Signatories {
		if s.ID != "" {
			all = append(all, entry{fmt.Sprintf("signatories[%d]", i), s.ID, s.Name})
		}
	}
	for i, e := range all {
		if e.id != "" && strings.Trim(e.id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") != "" {
			lacks = append(lacks, fmt.Sprintf("%s.id: letters without accents, digits, . _ and - only, not %q", e.where, e.id))
		}
		for _, other := range all[:i] {
			same := strings.EqualFold(strings.Join(strings.Fields(e.name), " "), strings.Join(strings.Fields(other.name), " "))
			switch {
			case alike(e.id, other.id) && (!same || e.id != other.id || strings.HasPrefix(e.where, "officers")): // a signatory may have two delegations
				lacks = append(lacks, fmt.Sprintf("%s.id: %q is that of %s as well", e.where, e.id, other.where))
			case same && e.id != other.id:
				lacks = append(lacks, fmt.Sprintf("%s: %s is %s as well; one person has one identifier", e.where, e.name, other.where))
			}
		}
	}
	return append(lacks, a.checkSeparation()...)
}

func (a *Authority) checkSeparation() []string {
	staying := 0
	for _, o := range a.Officers {
		if o.Until == "" {
			staying++
		}
	}
	switch {
	case a.Separation == "":
		a.Separation = Strict
	case a.Separation != Strict && a.Separation != Off:
		return []string{fmt.Sprintf("separation: %s or %s, not %q", Strict, Off, a.Separation)}
	case a.Separation == Off && staying > 1:
		return []string{fmt.Sprintf("separation: %s is for an authority with one officer; this one has %d", Off, staying)}
	}
	return nil
}
