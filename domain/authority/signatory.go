package authority

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"relance/domain/casefile"
	"relance/domain/money"
)

// Signatory signs letters in the authority's name (CRPA L212-1), within the bounds of a delegation of signature
// (délégation de signature). Who signs by their own office has no delegation and no bounds.
type Signatory struct {
	ID         string   `yaml:"id"`   // stands in journals and commands, where decisions are signed in batches
	Name       string   `yaml:"name"` // first name and surname
	Capacity   string   `yaml:"capacity"`
	Delegation string   `yaml:"delegation"` // above the signature: « Pour le Président et par délégation »
	Act        string   `yaml:"act"`        // the act of delegation with its date, as decisions cite it
	Signs      []string `yaml:"signs"`      // names of the letters; none: all
	UpTo       string   `yaml:"up_to"`      // the largest amount, 23 000 €; none: any
	From       string   `yaml:"from"`       // first day, 2020-07-06; none: since ever
	Until      string   `yaml:"until"`      // last day; none: until revoked

	most        int64 // cents
	first, last time.Time
}

// check reads amount and dates, and tells what a lawful signature needs and is not there.
func (s *Signatory) check(where string) []string {
	var lacks []string
	lack := func(field, what string) { lacks = append(lacks, where+"."+field+what) }
	if s.Name == "" || len(strings.Fields(s.Name)) < 2 {
		lack("name", ": first name and surname")
	}
	if s.Capacity == "" {
		lack("capacity", "")
	}
	if s.Delegation != "" && s.Act == "" {
		lack("act", ": the act of delegation with its date")
	}
	if s.UpTo != "" {
		cents, err := money.Parse(s.UpTo)
		if err != nil || cents <= 0 {
			lack("up_to", fmt.Sprintf(": an amount as 23 000 €, not %q", s.UpTo))
		}
		s.most = int64(cents)
	}
	for _, day := range []struct {
		field, text string
		into        *time.Time
	}{{"from", s.From, &s.first}, {"until", s.Until, &s.last}} {
		if day.text == "" {
			continue
		}
		var err error
		if *day.into, err = time.ParseInLocation(time.DateOnly, day.text, casefile.Paris); err != nil {
			lack(day.field, fmt.Sprintf(": a day as 2020-07-06, not %q", day.text))
		}
	}
	return lacks
}

// outside tells in French why a letter is not within the delegation; empty where it is.
func (s *Signatory) outside(letter string, cents int64, on time.Time) string {
	day := casefile.Date(on)
	switch {
	case !s.first.IsZero() && day.Before(s.first):
		return "sa délégation commence le " + s.first.Format("02/01/2006")
	case !s.last.IsZero() && day.After(s.last):
		return "sa délégation a pris fin le " + s.last.Format("02/01/2006")
	case len(s.Signs) > 0 && !slices.Contains(s.Signs, letter):
		return "sa délégation ne couvre pas cette lettre"
	case s.most > 0 && cents > s.most:
		return "sa délégation s'arrête à " + money.Cents(s.most).Format()
	}
	return ""
}

// SignatoryFor finds who signs a letter about an amount (cents, 0 where it is about none) on a day. Where nobody may, it
// tells why not, for each signatory, in French.
func (a *Authority) SignatoryFor(letter string, cents int64, on time.Time) (Signatory, error) {
	var why []string
	for i := range a.Signatories {
		s := &a.Signatories[i]
		reason := s.outside(letter, cents, on)
		if reason == "" {
			return *s, nil
		}
		why = append(why, s.Name+" : "+reason)
	}
	return Signatory{}, fmt.Errorf("aucun signataire du fichier de la collectivité ne peut signer cette lettre (%s)", strings.Join(why, " ; "))
}
