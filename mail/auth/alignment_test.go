package auth_test

import (
	"errors"
	"testing"

	"relance/mail/auth"
	"relance/mail/dkimtest"
)

// away is a DNS server that does not answer.
type away struct{ error }

func (away) Temporary() bool { return true }

// TestStrictAlignment: a domain may want signatures of its very name (RFC 7489 §6.3). The DNS is asked only where that makes a difference.
func TestStrictAlignment(t *testing.T) {
	good := func(domain string) []auth.Signature { return []auth.Signature{{Domain: domain, Result: auth.Pass}} }
	for name, c := range map[string]struct {
		own     []auth.Signature
		dmarc   string
		records map[string]string
		err     error
		strict  bool
		asked   int
	}{
		"its very name":           {own: good("boulangerie.example"), records: map[string]string{"_dmarc.boulangerie.example": "v=DMARC1; adkim=s"}},
		"in capitals":             {own: good("Boulangerie.EXAMPLE")},
		"another organisation":    {own: good("evil.example")},
		"a signature that fails":  {own: []auth.Signature{{Domain: "mail.boulangerie.example", Result: auth.Fail}}},
		"strict":                  {own: good("mail.boulangerie.example"), records: map[string]string{"_dmarc.boulangerie.example": "v=DMARC1; p=none; adkim=s"}, strict: true, asked: 1},
		"relaxed":                 {own: good("mail.boulangerie.example"), records: map[string]string{"_dmarc.boulangerie.example": "v=DMARC1; p=reject; adkim=r; aspf=s"}, asked: 1},
		"relaxed by default":      {own: good("mail.boulangerie.example"), records: map[string]string{"_dmarc.boulangerie.example": "v=DMARC1; p=reject"}, asked: 1},
		"no record":               {own: good("mail.boulangerie.example"), err: errors.New("no such host"), asked: 1},
		"some other record":       {own: good("mail.boulangerie.example"), records: map[string]string{"_dmarc.boulangerie.example": "adkim=s"}, asked: 1},
		"the DNS is away":         {own: good("mail.boulangerie.example"), err: away{errors.New("timeout")}, strict: true, asked: 1},
		"our server knows better": {own: good("mail.boulangerie.example"), dmarc: auth.Pass, records: map[string]string{"_dmarc.boulangerie.example": "v=DMARC1; adkim=s"}},
	} {
		asked := 0
		strict := auth.Strict("Jeanne@Boulangerie.example", c.own, auth.Results{DMARC: c.dmarc}, func(name string) ([]string, error) {
			asked++
			if record := c.records[name]; record != "" {
				return []string{record}, nil
			}
			return nil, c.err
		})
		if strict != c.strict || asked != c.asked {
			t.Errorf("%s: strict %v after %d questions, want %v after %d", name, strict, asked, c.strict, c.asked)
		}
	}
	raw := letter{signer: &dkimtest.Signer{Domain: "mail.boulangerie.example", At: arrived}}.raw()
	m := parsed(t, raw)
	own, err := auth.Verify(raw, m, dkimtest.Lookup, arrived)
	if err != nil {
		t.Fatal(err)
	}
	for _, strict := range []bool{false, true} {
		a := auth.Judge(auth.Evidence{Message: m, Signatures: own, Arrived: arrived, Strict: strict})
		if (a.Verdict == auth.Proven) == strict {
			t.Errorf("a signature of another name of the organisation, strict %v: %+v", strict, a)
		}
	}
}
