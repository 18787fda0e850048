package engine

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"os"
	"strings"
	"time"

	"relance/activities"
	"relance/process/config"
	"relance/proof/seal"
)

// Sealer is the authority's seal; nil where none is configured.
func Sealer(c *config.Config) (*seal.Sealer, error) {
	if c.Seal.PKCS12 == "" {
		if len(c.TSA.URL) > 0 {
			return nil, fmt.Errorf("RELANCE_TSA_URL: there is nothing to timestamp without a seal (RELANCE_SEAL_P12)")
		}
		return nil, nil
	}
	var file []byte
	var err error
	if text, inline := strings.CutPrefix(c.Seal.PKCS12, "base64:"); inline {
		file, err = base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
	} else {
		file, err = os.ReadFile(c.Seal.PKCS12)
	}
	if err != nil {
		return nil, fmt.Errorf("RELANCE_SEAL_P12: %w", err)
	}
	stamps, err := trusted(c.TSA.Roots)
	if err != nil {
		return nil, fmt.Errorf("RELANCE_TSA_ROOTS: %w", err)
	}
	s, err := seal.Open(seal.Config{PKCS12: file, Password: c.Seal.Password, TSA: c.TSA.URL, TSARoots: pool(stamps), Now: time.Now})
	if err != nil {
		return nil, fmt.Errorf("RELANCE_SEAL_P12: %w", err)
	}
	return s, nil
}

// trusted are the certificates of a PEM file; none where no file is given.
func trusted(file string) (list []*x509.Certificate, err error) {
	if file == "" {
		return nil, nil
	}
	rest, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		if c, err := x509.ParseCertificate(block.Bytes); err == nil {
			list = append(list, c)
		}
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("%s: no certificate in it", file)
	}
	return list, nil
}

// pool trusts these certificates and no others; nil where there are none.
func pool(list []*x509.Certificate) *x509.CertPool {
	if len(list) == 0 {
		return nil
	}
	p := x509.NewCertPool()
	for _, c := range list {
		p.AddCert(c)
	}
	return p
}

// proofs gives the activities the authority's seal, and tells them whose signatures are believed.
func (e *Engine) proofs(a *activities.Activities) error {
	sealer, err := Sealer(e.Config)
	if err != nil {
		return err
	}
	if sealer != nil {
		a.Sealer = &watchedSealer{sealer, e.Health}
	}
	if a.Signers, err = trusted(e.Config.Signers); err != nil {
		return fmt.Errorf("RELANCE_SIGNATURE_ROOTS: %w", err)
	}
	if a.Stampers, err = trusted(e.Config.TSA.Roots); err != nil {
		return fmt.Errorf("RELANCE_TSA_ROOTS: %w", err)
	}
	return nil
}
