package signature

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/pkcs7"
)

// tstInfo is what a timestamp authority signs (RFC 3161 §2.4.2).
type tstInfo struct {
	Version    int
	Policy     asn1.ObjectIdentifier
	Imprint    Imprint
	Serial     *big.Int
	Time       time.Time     `asn1:"generalized"`
	Accuracy   asn1.RawValue `asn1:"optional"`
	Ordering   bool          `asn1:"optional,default:false"`
	Nonce      *big.Int      `asn1:"optional"`
	TSA        asn1.RawValue `asn1:"optional,tag:0"`
	Extensions asn1.RawValue `asn1:"optional,tag:1"`
}

// Imprint is the hash a timestamp is for.
type Imprint struct {
	Algorithm pkix.AlgorithmIdentifier
	Hash      []byte
}

// Stamp is what a timestamp says.
type Stamp struct {
	Time  time.Time
	Nonce *big.Int
	TSA   Person
}

// The errors of a timestamp.
var (
	ErrStamp      = errors.New("not a timestamp of this content")
	ErrStrangeTSA = errors.New("the timestamp authority is not trusted")
)

// ReadStamp checks a timestamp token over some content (RFC 3161 §2.4.2, RFC 5816). The error wraps ErrStamp where it is not whole or not of this
// content; ErrStrangeTSA, where roots are given, comes with what the token says.
func ReadStamp(token, content []byte, roots *x509.CertPool) (Stamp, error) {
	var s Signature
	message, signer, cert, ok := s.open(token)
	if !ok || !message.ContentType.Equal(oidTSTInfo) {
		return Stamp{}, ErrStamp
	}
	var info tstInfo
	if _, err := asn1.Unmarshal(message.Content, &info); err != nil {
		return Stamp{}, fmt.Errorf("%w: %w", ErrStamp, err)
	}
	if err := pkcs7.CheckSignatureWithContentType(cert, signer, message.Content, oidTSTInfo); err != nil {
		return Stamp{}, fmt.Errorf("%w: %w", ErrStamp, err)
	}
	if err := pkcs7.VerifyMessageDigestTSToken(info.Imprint.Algorithm.Algorithm, info.Imprint.Hash, content); err != nil {
		return Stamp{}, fmt.Errorf("%w: %w", ErrStamp, err)
	}
	stamp := Stamp{Time: info.Time.UTC(), Nonce: info.Nonce, TSA: person(cert)}
	if roots != nil {
		if err := chain(message.Certificates, cert, roots, stamp.Time, x509.ExtKeyUsageTimeStamping); err != nil {
			return stamp, fmt.Errorf("%w: %w", ErrStrangeTSA, err)
		}
	}
	return stamp, nil
}

// stamp takes in a timestamp over some content.
func (s *Signature) stamp(token, content []byte, o Options) {
	roots := o.Stamps
	if roots == nil {
		roots = o.Roots
	}
	if roots == nil {
		roots = x509.NewCertPool()
	}
	stamp, err := ReadStamp(token, content, roots)
	switch {
	case errors.Is(err, ErrStamp):
		s.Problems = append(s.Problems, BadStamp)
	case err != nil: // its time is told, and proves nothing
		s.Stamper = stamp.TSA.Name
		s.Problems = append(s.Problems, StrangeTSA)
	default:
		s.Stamped, s.Stamper = stamp.Time, stamp.TSA.Name
		if s.Kind == DocStamp {
			s.Signer, s.Trusted = stamp.TSA, true
		}
	}
}
