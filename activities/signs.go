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
	var err error
	if r.Kin.Signs, err = a.index().NoteSigns(ctx, s.Reference, owner, signs, s.Kin.Signs, a.Now()); err != nil {
		return err
	}
	common, err := a.index().InCommon(ctx, s.Reference, owner, signs, a.Now())
	for _, c := range common {
		r.Shared = append(r.Shared, casefile.Shared{Kind: casefile.Code(c.Kind), Cases: c.Cases})
	}
	return err
}

// signsOf lists by what a case is known as that of its applicant, and what should be theirs alone: of a firm its SIREN, since
// one mailbox may write for many firms; of a person the mailbox. A value that is in doubt is none.
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
	add(index.SignDomain, address.Firm(facts.Applicant.Email))
	if firm := identifiers(facts, v); firm.siren != "" {
		owner = []index.Sign{{Kind: index.SIREN, Value: firm.siren}}
	} else if facts.Applicant.Email != "" {
		owner = []index.Sign{{Kind: index.Sender, Value: address.Canonical(facts.Applicant.Email)}}
	}
	for _, d := range s.Documents {
		if d.SHA256 != "" && d.Problem == "" {
			add(index.SignDocument, d.SHA256)
		}
	}
	return owner, signs
}
