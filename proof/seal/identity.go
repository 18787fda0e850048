package seal

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"time"

	"software.sslmate.com/src/go-pkcs12"
)

// identity is a certificate with its key and the certificates above it.
type identity struct {
	cert  *x509.Certificate
	chain []*x509.Certificate // from the issuer upwards
	key   crypto.PrivateKey
}

func openIdentity(file []byte, password string) (identity, error) {
	key, cert, others, err := pkcs12.DecodeChain(file, password)
	switch {
	case errors.Is(err, pkcs12.ErrIncorrectPassword):
		return identity{}, ErrPassword
	case err != nil:
		return identity{}, fmt.Errorf("%w: %w", ErrPKCS12, err)
	}
	id := identity{cert: cert, key: key}
	switch k := key.(type) {
	case *rsa.PrivateKey:
		if k.N.BitLen() < 2048 {
			return id, ErrKey
		}
	case *ecdsa.PrivateKey:
	default:
		return id, ErrKey
	}
	if cert.KeyUsage != 0 && cert.KeyUsage&(x509.KeyUsageDigitalSignature|x509.KeyUsageContentCommitment) == 0 {
		return id, ErrUse
	}
	id.chain, err = climb(cert, others)
	return id, err
}

// climb finds the way from a certificate upwards. The root may be missing, since who checks a seal has it; an issuer below it may not.
func climb(cert *x509.Certificate, others []*x509.Certificate) ([]*x509.Certificate, error) {
	var chain []*x509.Certificate
	for below := cert; !bytes.Equal(below.RawIssuer, below.RawSubject) && len(chain) < 8; {
		var issuer *x509.Certificate
		for _, c := range others {
			if bytes.Equal(c.RawSubject, below.RawIssuer) && below.CheckSignatureFrom(c) == nil {
				issuer = c
			}
		}
		if issuer == nil {
			if len(chain) == 0 {
				return nil, fmt.Errorf("%w: %q was issued by %q, which is not in the file", ErrChain, below.Subject.CommonName, below.Issuer.CommonName)
			}
			break
		}
		chain, below = append(chain, issuer), issuer
	}
	return chain, nil
}

// valid tells whether the certificate can be used at a time.
func (id identity) valid(at time.Time) error {
	switch {
	case at.After(id.cert.NotAfter):
		return fmt.Errorf("%w: %q on %s", ErrExpired, id.cert.Subject.CommonName, id.cert.NotAfter.Format(time.DateOnly))
	case at.Before(id.cert.NotBefore):
		return fmt.Errorf("%w: %q, before %s", ErrNotYet, id.cert.Subject.CommonName, id.cert.NotBefore.Format(time.DateOnly))
	}
	return nil
}

// SelfSigned makes a certificate, with its key, that nobody vouches for: for demonstrations, and until the authority has a real one. It is a
// PKCS#12 file.
func SelfSigned(name, organization, password string, from time.Time) ([]byte, error) {
	const years = 10
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name, Organization: []string{organization}, Country: []string{"FR"}},
		NotBefore: from.Add(-time.Hour), NotAfter: from.AddDate(years, 0, 0), BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return pkcs12.Modern.Encode(key, cert, nil, password)
}
