// Package auth tells how far the sender of a mail can be believed: what the authority's own mail server found out (SPF, DKIM and
// DMARC, told in Authentication-Results, RFC 8601), and what the signatures say when they are verified again on the
// raw bytes (RFC 6376). It is pure: keys are looked up by a function it is given.
package auth

import (
	"errors"
	"io"
	"strings"

	"github.com/emersion/go-msgauth/dkim"

	"relance/mail/message"
)

// Verdict tells how far the sender can be believed.
type Verdict string

// The verdicts.
const (
	Authenticated Verdict = "authenticated" // the domain of the From field vouches for the mail
	Unknown       Verdict = "unknown"       // nothing proves the sender, and nothing speaks against it
	Forged        Verdict = "forged"        // the domain of the From field disowns the mail, or it was altered on the way
)

// Signature is what a DKIM signature says when it is verified on the raw bytes.
type Signature struct {
	Domain string `json:"domain"`
	Result string `json:"result"`           // pass, fail, temperror where the key could not be had, or policy where it signs only a part
	Detail string `json:"detail,omitempty"` // why not
}

// Lookup gives the TXT records of a name, as net.Resolver.LookupTXT does.
type Lookup func(name string) ([]string, error)

// maxSignatures is how many signatures of one mail are verified: each costs a question to the DNS.
const maxSignatures = 5

// Verify verifies the DKIM signatures of a raw message (RFC 6376). The error is the stream's.
func Verify(raw io.Reader, lookup Lookup) ([]Signature, error) {
	piecewise := struct{ io.Reader }{raw} // what can write itself at once would have the library copy it whole, and that several times
	found, err := dkim.VerifyWithOptions(piecewise, &dkim.VerifyOptions{LookupTXT: lookup, MaxVerifications: maxSignatures})
	if err != nil && !errors.Is(err, dkim.ErrTooManySignatures) {
		return nil, err
	}
	var list []Signature
	for _, v := range found {
		s := Signature{Domain: v.Domain, Result: Pass}
		if v.Err != nil {
			s.Result, s.Detail = Fail, v.Err.Error()
			switch {
			case dkim.IsTempFail(v.Err):
				s.Result = "temperror"
			case strings.Contains(v.Err.Error(), "body length tag"): // anybody may write below what it signs (RFC 6376 §8.2)
				s.Result = Policy
			}
		}
		list = append(list, s)
	}
	return list, nil
}

// Judge applies DMARC's rule (RFC 7489 §3.1) to the address in the From field: it is authenticated where SPF or DKIM passed for
// a domain of the same organisation. Our own verification of the signatures comes before the server's word on them: a signature that no longer
// fits the bytes proves nothing. Authors are all the addresses that From fields name. Of several, nobody knows which one the server or a
// signature speaks of, so that none is proven (RFC 7489 §6.6.1).
func Judge(authors []message.Address, server Results, own []Signature) Verdict {
	if len(authors) != 1 {
		if server.DMARC == Fail {
			return Forged
		}
		return Unknown
	}
	from := authors[0].Address
	author := domain(from)
	if author == "" || !strings.Contains(from, "@") {
		return Unknown
	}
	verified, broken, partial := false, false, false
	for _, s := range own {
		if sameOrganisation(s.Domain, author) {
			verified = verified || s.Result == Pass
			broken = broken || s.Result == Fail
			partial = partial || s.Result == Policy
		}
	}
	spf := server.SPF == Pass && sameOrganisation(server.spfDomain, author)
	signed := false
	for _, d := range server.dkimDomains {
		signed = signed || sameOrganisation(d, author)
	}
	dmarc := server.DMARC == Pass && (server.dmarcDomain == "" || sameOrganisation(server.dmarcDomain, author))
	switch {
	case verified:
		return Authenticated
	case server.DMARC == Fail:
		return Forged
	case broken && signed && !spf:
		return Forged // the signature was good when the server had the mail
	case spf || (signed || dmarc) && !broken && !partial:
		return Authenticated
	}
	return Unknown
}
