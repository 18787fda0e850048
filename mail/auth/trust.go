// Package auth tells how far the sender of a mail can be believed: what the authority's own mail server found out (SPF, DKIM and
// DMARC, told in Authentication-Results, RFC 8601), and what the signatures say when they are verified again on the
// raw bytes (RFC 6376). It is pure: keys are looked up by a function it is given.
package auth

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/emersion/go-msgauth/dkim"

	"relance/mail/message"
)

// Lookup gives the TXT records of a name, as net.Resolver.LookupTXT does.
type Lookup func(name string) ([]string, error)

// maxSignatures is how many signatures of one mail are verified: each costs a question to the DNS.
const maxSignatures = 5

// Verify verifies the DKIM signatures of a raw message (RFC 6376) as of the time at which it came, and tells what each covers. The error is that of
// a header which cannot be read.
func Verify(raw []byte, m *message.Message, lookup Lookup, arrived time.Time) ([]Signature, error) {
	piecewise := struct{ io.Reader }{bytes.NewReader(raw)} // what can write itself at once would have the library copy it whole, and that several times
	found, err := dkim.VerifyWithOptions(piecewise, &dkim.VerifyOptions{LookupTXT: lookup, MaxVerifications: maxSignatures})
	if err != nil && !errors.Is(err, dkim.ErrTooManySignatures) {
		return nil, err
	}
	there := covering(m)
	list := make([]Signature, len(found))
	for i, v := range found {
		s := &list[i]
		if i < len(there) && strings.EqualFold(there[i].Domain, v.Domain) {
			*s = there[i]
		} else {
			s.Open = []string{"from"} // the library reads it otherwise: nobody knows what it covers
		}
		s.Domain, s.Result = v.Domain, Pass
		switch {
		case v.Err == nil:
		case dkim.IsTempFail(v.Err):
			s.Result, s.Detail = temporary, v.Err.Error()
		case strings.Contains(v.Err.Error(), "body length tag"): // anybody may write below what it signs (RFC 6376 §8.2)
			s.Result, s.Detail = Policy, v.Err.Error()
		case arrived.Before(s.Expires) && time.Now().After(s.Expires): // it has run out since
			s.verifyThen(raw, i, lookup, arrived)
		default:
			s.Result, s.Detail = Fail, v.Err.Error()
		}
	}
	return list, nil
}

// verifyThen verifies one signature as it would have been verified when the mail came: a mail may wait here for longer than its signature is good
// (RFC 6376 §3.5, x=).
func (s *Signature) verifyThen(raw []byte, i int, lookup Lookup, arrived time.Time) {
	name := s.selector + "._domainkey." + s.Domain
	txt, err := lookup(name)
	if err != nil {
		s.Result, s.Detail = temporary, err.Error()
		return
	}
	s.Result, s.Detail = Fail, "it had run out"
	if then := Again(raw, []Key{{Name: name, TXT: txt}}, arrived); i < len(then) {
		s.Result, s.Detail = then[i].Result, then[i].Detail
	}
}
