package activities

import (
	"context"
	"strings"

	"relance/domain/casefile"
	"relance/domain/french"
	"relance/domain/scheme"
	"relance/mail/address"
	"relance/store/index"
)

// compare notes in the index what of a case should stand in no case of somebody else, and finds what does. It is a matter for an officer,
// and decides nothing: neighbours share an address, and brothers a name.
func (a *Activities) compare(ctx context.Context, s casefile.State, facts casefile.Facts, v *scheme.Version, r *casefile.Reading) error {
	owner, signs := signsOf(s, facts, v)
	if len(owner) == 0 || len(signs) == 0 {
		return nil
	}
	now := a.Now()
	mark, err := a.index().NoteSigns(ctx, s.Reference, owner, signs, s.Kin.Signs, now)
	if err != nil {
		return err
	}
	r.Kin.Signs = mark
	common, err := a.index().InCommon(ctx, s.Reference, owner, signs, now)
	for _, c := range common {
		r.Shared = append(r.Shared, casefile.Shared{Kind: casefile.Code(c.Kind), Cases: c.Cases})
	}
	return err
}

// signsOf lists by what a case is known as that of its applicant, and what should be theirs alone. A value that is in doubt is none.
func signsOf(s casefile.State, facts casefile.Facts, v *scheme.Version) (owner, signs []index.Sign) {
	add := func(kind, value string) {
		if value != "" {
			signs = append(signs, index.Sign{Kind: kind, Value: value})
		}
	}
	commune := ""
	if f, has := v.ByType(scheme.INSEE); has {
		commune = facts.Fields[f.ID].Value
	}
	for _, f := range v.Fields {
		value := facts.Fields[f.ID]
		switch {
		case value.Value == "" || value.Problem != "":
		case f.Type == scheme.Phone:
			add(index.SignPhone, value.Value)
		case f.Type == scheme.IBAN:
			add(index.SignAccount, value.Value)
		case f.Type == scheme.Email:
			add(index.SignDomain, address.Firm(value.Value))
		case f.Role == scheme.Representative:
			add(index.SignPerson, french.NameKey(value.Value))
		case f.Role == scheme.Postal:
			if place := french.PlaceKey(value.Value); place != "" {
				add(index.SignAddress, strings.TrimSpace(place+" "+commune))
			}
		}
	}
	if facts.Applicant.Email != "" {
		owner = append(owner, index.Sign{Kind: index.Sender, Value: address.Canonical(facts.Applicant.Email)})
		add(index.SignDomain, address.Firm(facts.Applicant.Email))
	}
	if firm := identifiers(facts, v); firm.siren != "" {
		owner = append(owner, index.Sign{Kind: index.SIREN, Value: firm.siren})
	}
	for _, d := range s.Documents {
		if d.SHA256 != "" && d.Problem == "" {
			add(index.SignDocument, d.SHA256)
		}
	}
	return owner, signs
}
