// Package signature reads the digital signatures of a PDF: which bytes each covers, whether these are the bytes that were signed,
// who signed, when, and whether the certificate leads to one that is trusted (ISO 32000-2 §12.8, ETSI EN 319 142-1, RFC 5652).
// It asks nobody: whether a certificate was revoked since is not looked up, and a report says so.
package signature

import (
	"crypto/x509"
	"slices"
	"time"
)

// Problem is why a signature does not prove what it should, as a code.
type Problem string

// The problems. Those of the first group mean that the bytes are not the bytes that were signed, or that nothing can be told of it.
const (
	Unreadable  Problem = "unreadable"  // the signature or its byte range cannot be understood
	Altered     Problem = "altered"     // the bytes it covers have changed
	Forged      Problem = "forged"      // the key of its certificate did not make it
	Unsupported Problem = "unsupported" // an algorithm that is unknown, or no longer safe

	Untrusted   Problem = "untrusted"    // its certificate leads to none of the trusted ones
	Expired     Problem = "expired"      // the certificate was no longer valid when it was made
	NotYetValid Problem = "not_yet"      // or not yet
	WrongUse    Problem = "wrong_use"    // the certificate is not for signing
	BadStamp    Problem = "bad_stamp"    // the timestamp is not of this signature, or not whole
	StrangeTSA  Problem = "strange_tsa"  // the timestamp's authority is not trusted
	OtherCert   Problem = "other_cert"   // the certificate is not the one the signer named (RFC 5035)
	AddedAfter  Problem = "added_after"  // something was added behind what the last signature covers
	ForbiddenBy Problem = "forbidden_by" // something was added though an earlier signature forbids it (DocMDP, P 1)
)

// broken are the problems of integrity.
var broken = []Problem{Unreadable, Altered, Forged, Unsupported, OtherCert}

// Person is who a certificate names.
type Person struct {
	Name         string `json:"name"` // common name
	GivenName    string `json:"given_name,omitempty"`
	Surname      string `json:"surname,omitempty"`
	Organization string `json:"organization,omitempty"`
	Issuer       string `json:"issuer"`
	Serial       string `json:"serial"` // hexadecimal
	SHA256       string `json:"sha256"` // of the certificate, hexadecimal
	SelfSigned   bool   `json:"self_signed,omitempty"`
}

// Signature is one signature of a PDF.
type Signature struct {
	Kind      string    `json:"kind"`               // SubFilter, such as ETSI.CAdES.detached
	Signer    Person    `json:"signer"`             // as its certificate names them
	Name      string    `json:"name,omitempty"`     // as the file says, which proves nothing
	Reason    string    `json:"reason,omitempty"`   // as the file says
	Location  string    `json:"location,omitempty"` // as the file says
	Claimed   time.Time `json:"claimed,omitzero"`   // when it was made, by the signer's own clock
	Stamped   time.Time `json:"stamped,omitzero"`   // before which it was made, by a timestamp authority (RFC 3161)
	Stamper   string    `json:"stamper,omitempty"`
	Trusted   bool      `json:"trusted"`             // the certificate leads to a trusted one
	Certifies int       `json:"certifies,omitempty"` // DocMDP: 1 allows no change, 2 forms and signatures, 3 notes too; 0: no certification
	Covers    int64     `json:"covers"`              // the bytes from the first on that it covers, its own place excepted
	Whole     bool      `json:"whole"`               // it covers the file to its end
	Problems  []Problem `json:"problems,omitempty"`
}

// Intact tells whether the bytes it covers are the bytes that were signed with the key of its certificate.
func (s Signature) Intact() bool {
	return !slices.ContainsFunc(s.Problems, func(p Problem) bool { return slices.Contains(broken, p) })
}

// At is when it was made, by the best witness there is.
func (s Signature) At() time.Time {
	if !s.Stamped.IsZero() {
		return s.Stamped
	}
	return s.Claimed
}

// Report is what the signatures of a PDF say, in the order in which they were made.
type Report struct {
	Signatures []Signature `json:"signatures,omitempty"`
	Size       int64       `json:"size"`            // of the file
	Added      int64       `json:"added,omitempty"` // bytes behind what the last signature covers
}

// Options are what signatures are held against.
type Options struct {
	Roots  *x509.CertPool // trusted certificates; nil: none
	Stamps *x509.CertPool // trusted certificates of timestamp authorities; nil: Roots
	Now    time.Time      // for signatures that say no time
}

// Read reads the signatures of a PDF. A file without any gives an empty report; nothing makes it fail.
func Read(pdf []byte, o Options) Report {
	r := Report{Size: int64(len(pdf))}
	for _, d := range find(pdf) {
		r.Signatures = append(r.Signatures, d.verify(pdf, o))
	}
	slices.SortStableFunc(r.Signatures, func(a, b Signature) int { return int(a.Covers - b.Covers) })
	if n := len(r.Signatures); n > 0 {
		last := &r.Signatures[n-1]
		if r.Added = r.Size - last.Covers; r.Added > 0 && last.Intact() {
			last.Problems = append(last.Problems, AddedAfter)
		}
		for i := range r.Signatures {
			if s := &r.Signatures[i]; s.Certifies == 1 && s.Covers < r.Size && !slices.Contains(s.Problems, AddedAfter) {
				s.Problems = append(s.Problems, ForbiddenBy)
			}
		}
	}
	return r
}
