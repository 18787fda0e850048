package signature

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	_ "crypto/sha256" // the hashes of signatures
	_ "crypto/sha512"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"slices"
	"time"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/pkcs7"
)

var (
	oidSigningTime   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 5}
	oidSigningCertV2 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 47}
	oidTimestamp     = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 14}
	oidTSTInfo       = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 1, 4}
)

// The forms of signature (SubFilter).
const (
	Detached = "ETSI.CAdES.detached"
	PKCS7    = "adbe.pkcs7.detached"
	DocStamp = "ETSI.RFC3161" // a timestamp of the whole document
	minRSA   = 2048           // bits (ETSI TS 119 312)
)

// verify checks one signature.
func (d dictionary) verify(pdf []byte, o Options) (s Signature) {
	s = Signature{Kind: d.kind(), Name: d.entry("Name"), Reason: d.entry("Reason"), Location: d.entry("Location"), Claimed: date(d.entry("M")), Certifies: d.level()}
	defer func() {
		if recover() != nil { // a library that reads other people's files must not take the case down with it
			s.Problems = append(s.Problems, Unreadable)
		}
	}()
	if d.contents == nil {
		s.Problems = []Problem{Unreadable}
		return s
	}
	s.Covers = d.ranges[2] + d.ranges[3]
	s.Whole = s.Covers == int64(len(pdf))
	switch s.Kind {
	case Detached, PKCS7:
		s.check(d.contents, d.signed(pdf), o)
	case DocStamp:
		s.stamp(d.contents, d.signed(pdf), o)
		if !s.Stamped.IsZero() {
			s.Claimed = time.Time{}
		}
	default:
		s.Problems = []Problem{Unsupported}
	}
	return s
}

// check checks a CMS signature over bytes that are not in it (RFC 5652 §5.4, ETSI EN 319 122-1).
func (s *Signature) check(der, content []byte, o Options) {
	message, signer, cert, ok := s.open(der)
	if !ok {
		return
	}
	s.Signer = person(cert)
	s.integrity(pkcs7.CheckSignature(cert, signer, content))
	if weak(cert, signer) {
		s.Problems = append(s.Problems, Unsupported)
	}
	var claimed time.Time
	for _, a := range signer.AuthenticatedAttributes {
		switch {
		case a.Type.Equal(oidSigningTime):
			_, _ = asn1.Unmarshal(a.Value.Bytes, &claimed) // else the file's own date stands
		case a.Type.Equal(oidSigningCertV2) && !names(a.Value.Bytes, cert):
			s.Problems = append(s.Problems, OtherCert)
		}
	}
	if !claimed.IsZero() {
		s.Claimed = claimed.UTC()
	}
	for _, a := range signer.UnauthenticatedAttributes {
		if a.Type.Equal(oidTimestamp) {
			s.stamp(a.Value.Bytes, signer.EncryptedDigest, o)
		}
	}
	at := s.At()
	if at.IsZero() {
		at = o.Now
	}
	s.trust(message, cert, at, o)
}

// open takes a CMS object apart: one signer, and the certificate it names.
func (s *Signature) open(der []byte) (*pkcs7.PKCS7, pkcs7.SignerInfo, *x509.Certificate, bool) {
	fail := func(p Problem) (*pkcs7.PKCS7, pkcs7.SignerInfo, *x509.Certificate, bool) {
		s.Problems = append(s.Problems, p)
		return nil, pkcs7.SignerInfo{}, nil, false
	}
	message, err := pkcs7.Parse(der)
	switch {
	case errors.Is(err, pkcs7.ErrUnsupportedAlgorithm), errors.Is(err, pkcs7.ErrUnsupportedContentType):
		return fail(Unsupported)
	case err != nil || len(message.Signers) != 1:
		return fail(Unreadable)
	}
	signer := message.Signers[0]
	cert, err := pkcs7.GetCertFromCertsByIssuerAndSerial(message.Certificates, signer.IssuerAndSerialNumber)
	if err != nil || cert == nil {
		return fail(Unreadable)
	}
	return message, signer, cert, true
}

// integrity turns a failed check into what it means.
func (s *Signature) integrity(err error) {
	var altered *pkcs7.MessageDigestMismatchError
	switch {
	case err == nil:
	case errors.As(err, &altered):
		s.Problems = append(s.Problems, Altered)
	case errors.Is(err, pkcs7.ErrSignatureMismatch):
		s.Problems = append(s.Problems, Forged)
	case errors.Is(err, pkcs7.ErrUnsupportedAlgorithm), errors.Is(err, x509.ErrUnsupportedAlgorithm), errors.As(err, new(x509.InsecureAlgorithmError)):
		s.Problems = append(s.Problems, Unsupported)
	default:
		s.Problems = append(s.Problems, Unreadable)
	}
}

// weak tells whether a key or a hash no longer proves anything (ETSI TS 119 312).
func weak(cert *x509.Certificate, signer pkcs7.SignerInfo) bool {
	if signer.DigestAlgorithm.Algorithm.Equal(pkcs7.OIDDigestAlgorithmSHA1) {
		return true
	}
	switch key := cert.PublicKey.(type) {
	case *rsa.PublicKey:
		return key.N.BitLen() < minRSA
	case *ecdsa.PublicKey:
		return key.Params().BitSize < 224
	}
	return false
}

// signingCertificate is the attribute by which a signer names their certificate (RFC 5035 §3).
type signingCertificate struct {
	Certs []asn1.RawValue
}

// names tells whether the attribute names the certificate: by its hash, SHA-256 where it says no other.
func names(attribute []byte, cert *x509.Certificate) bool {
	var named signingCertificate
	if _, err := asn1.Unmarshal(attribute, &named); err != nil || len(named.Certs) == 0 {
		return false
	}
	rest, hash := named.Certs[0].Bytes, crypto.SHA256
	var first asn1.RawValue
	rest, err := asn1.Unmarshal(rest, &first)
	if err == nil && first.Tag == asn1.TagSequence {
		var oid asn1.ObjectIdentifier
		if _, err = asn1.Unmarshal(first.Bytes, &oid); err != nil {
			return false
		}
		if hash, err = pkcs7.HashForOID(oid); err != nil {
			return false
		}
		_, err = asn1.Unmarshal(rest, &first)
	}
	if err != nil || first.Tag != asn1.TagOctetString {
		return false
	}
	sum := hash.New()
	sum.Write(cert.Raw)
	return bytes.Equal(sum.Sum(nil), first.Bytes)
}

// trust follows the certificate to a trusted one, as it stood when the signature was made.
func (s *Signature) trust(message *pkcs7.PKCS7, cert *x509.Certificate, at time.Time, o Options) {
	switch {
	case at.After(cert.NotAfter):
		s.Problems = append(s.Problems, Expired)
	case at.Before(cert.NotBefore):
		s.Problems = append(s.Problems, NotYetValid)
	}
	// Non-repudiation or digital signature, where the certificate says what it is for (RFC 5280 §4.2.1.3).
	if cert.KeyUsage != 0 && cert.KeyUsage&(x509.KeyUsageContentCommitment|x509.KeyUsageDigitalSignature) == 0 {
		s.Problems = append(s.Problems, WrongUse)
	}
	if err := chain(message.Certificates, cert, o.Roots, at, x509.ExtKeyUsageAny); err != nil {
		s.Problems = append(s.Problems, Untrusted)
		return
	}
	s.Trusted = true
}

// chain looks for a way from a certificate to a root, through the certificates that came with it. A certificate that is itself among
// the roots is trusted for itself.
func chain(sent []*x509.Certificate, cert *x509.Certificate, roots *x509.CertPool, at time.Time, use x509.ExtKeyUsage) error {
	if roots == nil {
		roots = x509.NewCertPool()
	}
	between := x509.NewCertPool()
	for _, c := range sent {
		between.AddCert(c)
	}
	// An expired certificate has its own problem: here it is asked where it leads.
	if at.After(cert.NotAfter) {
		at = cert.NotAfter
	}
	if at.Before(cert.NotBefore) {
		at = cert.NotBefore
	}
	_, err := cert.Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, CurrentTime: at, KeyUsages: []x509.ExtKeyUsage{use}})
	return err
}

// person is who a certificate names.
func person(c *x509.Certificate) Person {
	p := Person{Name: c.Subject.CommonName, Issuer: c.Issuer.CommonName, Serial: hex.EncodeToString(c.SerialNumber.Bytes()),
		SHA256: fingerprint(c), SelfSigned: bytes.Equal(c.RawIssuer, c.RawSubject)}
	if len(c.Subject.Organization) > 0 {
		p.Organization = c.Subject.Organization[0]
	}
	for _, name := range c.Subject.Names {
		text, _ := name.Value.(string)
		switch {
		case name.Type.Equal(asn1.ObjectIdentifier{2, 5, 4, 42}):
			p.GivenName = text
		case name.Type.Equal(asn1.ObjectIdentifier{2, 5, 4, 4}):
			p.Surname = text
		}
	}
	return p
}

func fingerprint(c *x509.Certificate) string {
	sum := crypto.SHA256.New()
	sum.Write(c.Raw)
	return hex.EncodeToString(sum.Sum(nil))
}

// Has tells whether a report has a problem.
func (s Signature) Has(p Problem) bool { return slices.Contains(s.Problems, p) }
