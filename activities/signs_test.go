package activities

import (
	"slices"
	"testing"

	"relance/domain/casefile"
	"relance/domain/scheme"
	"relance/store/index"
)

// TestACaseIsItsFirmsOrItsPersons: one mailbox may write for many firms, so a firm is known by its number alone; a person by the mailbox.
func TestACaseIsItsFirmsOrItsPersons(t *testing.T) {
	firm := &scheme.Version{Fields: []scheme.Field{{ID: "siret", Type: scheme.SIRET}, {ID: "siren", Type: scheme.SIREN}, {ID: "tel", Type: scheme.Phone}}}
	person := &scheme.Version{Fields: []scheme.Field{{ID: "tel", Type: scheme.Phone}, {ID: "compte", Type: scheme.IBAN}}}
	facts := func(fields map[string]casefile.Value) casefile.Facts {
		f := casefile.Facts{Fields: fields}
		f.Applicant.Email = "Zoe@Boutique-Fil.fr"
		return f
	}
	for _, c := range []struct {
		name    string
		version *scheme.Version
		fields  map[string]casefile.Value
		owner   index.Sign
		signs   []index.Sign
	}{
		{"a shop", firm, map[string]casefile.Value{"siret": {Value: "73282932000074"}, "tel": {Value: "+33320000001"}},
			index.Sign{Kind: index.SIREN, Value: "732829320"}, []index.Sign{{Kind: index.SignPhone, Value: "+33320000001"}, {Kind: index.SignDomain, Value: "boutique-fil.fr"}}},
		{"a firm with its SIREN alone", firm, map[string]casefile.Value{"siren": {Value: "732829320"}},
			index.Sign{Kind: index.SIREN, Value: "732829320"}, []index.Sign{{Kind: index.SignDomain, Value: "boutique-fil.fr"}}},
		{"a SIRET in doubt", firm, map[string]casefile.Value{"siret": {Value: "73282932000074", Problem: "format"}},
			index.Sign{Kind: index.Sender, Value: "zoe@boutique-fil.fr"}, []index.Sign{{Kind: index.SignDomain, Value: "boutique-fil.fr"}}},
		{"a person", person, map[string]casefile.Value{"tel": {Value: "+33320000001"}, "compte": {Value: "FR7630006000011234567890189", Problem: "checksum"}},
			index.Sign{Kind: index.Sender, Value: "zoe@boutique-fil.fr"}, []index.Sign{{Kind: index.SignPhone, Value: "+33320000001"}, {Kind: index.SignDomain, Value: "boutique-fil.fr"}}},
	} {
		owner, signs := signsOf(casefile.State{}, facts(c.fields), c.version)
		if !slices.Equal(owner, []index.Sign{c.owner}) {
			t.Errorf("%s: it is the case of %v, not of %v", c.name, owner, c.owner)
		}
		if !slices.Equal(signs, c.signs) {
			t.Errorf("%s: its signs are %v, not %v", c.name, signs, c.signs)
		}
	}
}

// TestADocumentInDoubtIsNoSign: a file that is not what it should be is in many hands.
func TestADocumentInDoubtIsNoSign(t *testing.T) {
	s := casefile.State{Documents: []casefile.Document{{SHA256: "aa"}, {SHA256: "bb", Problem: "empty"}, {}}}
	_, signs := signsOf(s, casefile.Facts{}, &scheme.Version{})
	if want := []index.Sign{{Kind: index.SignDocument, Value: "aa"}}; !slices.Equal(signs, want) {
		t.Errorf("the signs are %v, not %v", signs, want)
	}
}
