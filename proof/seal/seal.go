// Package seal puts an authority's seal on its letters: a digital signature inside the PDF that outside tools accept (ISO 32000-2 §12.8,
// PAdES baseline B-B of ETSI EN 319 142-1), with a timestamp (B-T, RFC 3161) where a timestamp authority is configured.
//
// The seal is added behind the bytes of the letter, which stay as they are. Two seals of one letter differ, so whoever needs the same bytes
// again stores them.
package seal

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"time"

	"relance/proof/signature"
)

// Sealer seals for one authority. It may be used by many goroutines at once.
type Sealer struct {
	identity
	stampers []string // addresses of timestamp authorities, asked in turn
	roots    *x509.CertPool
	client   *http.Client
	now      func() time.Time
}

// Config is what a sealer is made of.
type Config struct {
	PKCS12   []byte
	Password string
	TSA      []string       // http or https addresses of timestamp authorities; the next is asked where one does not answer. Empty: no timestamp
	TSARoots *x509.CertPool // trusted for timestamps; nil: what a timestamp authority says of itself is believed when sealing
	Now      func() time.Time
}

// Seal is what is said with a seal.
type Seal struct {
	Reason   string
	Location string
	// Final says that nothing may be added to the letter (DocMDP, P 1). Without it the letter can still be signed by its reader, and what they add
	// shows as added.
	Final bool
}

// The errors of making a sealer and of sealing.
var (
	ErrPassword  = errors.New("wrong password")
	ErrPKCS12    = errors.New("not a PKCS#12 file with a certificate and its key")
	ErrExpired   = errors.New("the certificate has expired")
	ErrNotYet    = errors.New("the certificate is not valid yet")
	ErrChain     = errors.New("the certificate's issuer is missing")
	ErrUse       = errors.New("the certificate is not for signing documents")
	ErrKey       = errors.New("neither an RSA key of at least 2048 bits nor an ECDSA key")
	ErrTimestamp = errors.New("no timestamp")
	ErrPDF       = errors.New("the PDF cannot be sealed")
)

// Open reads the authority's certificate, its chain and its key. The error says what is wrong with them: ErrPassword, ErrPKCS12, ErrExpired, ErrNotYet,
// ErrChain, ErrUse, ErrKey.
func Open(c Config) (*Sealer, error) {
	s := &Sealer{stampers: c.TSA, roots: c.TSARoots, now: c.Now, client: &http.Client{Timeout: 20 * time.Second}}
	if s.now == nil {
		s.now = time.Now
	}
	var err error
	if s.identity, err = openIdentity(c.PKCS12, c.Password); err != nil {
		return nil, err
	}
	return s, s.valid(s.now())
}

// Certificate is what the seal is made with.
func (s *Sealer) Certificate() *x509.Certificate { return s.cert }

// Seal seals a PDF. The sealed file begins with the bytes of the letter. The error wraps ErrTimestamp where no timestamp authority answers: that
// may pass, and sealing again is harmless.
func (s *Sealer) Seal(ctx context.Context, pdf []byte, what Seal) ([]byte, error) {
	at := s.now().UTC().Truncate(time.Second)
	if err := s.valid(at); err != nil {
		return nil, err
	}
	room := 2048
	for _, c := range append(s.chain, s.cert) {
		room += len(c.Raw)
	}
	if len(s.stampers) > 0 {
		room += 8 << 10
	}
	for range 3 {
		draft, err := prepare(pdf, what, s.cert.Subject.CommonName, at, room)
		if err != nil {
			return nil, err
		}
		message, err := s.sign(ctx, draft.signed())
		if err != nil {
			return nil, err
		}
		if len(message) > room {
			room = len(message) + 512
			continue
		}
		sealed := draft.with(message)
		return sealed, check(sealed)
	}
	return nil, fmt.Errorf("%w: the signature outgrows its room", ErrPDF)
}

// check reads the seal back: what is sent has been seen to hold.
func check(sealed []byte) error {
	report := signature.Read(sealed, signature.Options{})
	n := len(report.Signatures)
	if n == 0 || report.Added != 0 || !report.Signatures[n-1].Intact() || report.Signatures[n-1].Has(signature.BadStamp) {
		return fmt.Errorf("%w: the seal does not verify: %+v", ErrPDF, report.Signatures)
	}
	return nil
}
