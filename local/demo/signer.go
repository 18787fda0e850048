package demo

import (
	"bytes"
	"encoding/pem"
	"os"
	"path/filepath"
	"time"

	"relance/proof/seal"
)

// signers makes a certificate for each sample that signs with one, and writes the file of certificates that the engine believes.
func signers(folder string, samples []Sample) (file string, by map[string]*seal.Sealer, err error) {
	by = map[string]*seal.Sealer{}
	var believed bytes.Buffer
	for _, s := range samples {
		if !s.signsDigitally() {
			continue
		}
		made, err := seal.SelfSigned(s.Name, s.Business, s.Account, time.Now())
		if err != nil {
			return "", nil, err
		}
		if by[s.Account], err = seal.Open(seal.Config{PKCS12: made, Password: s.Account}); err != nil {
			return "", nil, err
		}
		if err := pem.Encode(&believed, &pem.Block{Type: "CERTIFICATE", Bytes: by[s.Account].Certificate().Raw}); err != nil {
			return "", nil, err
		}
	}
	if believed.Len() == 0 {
		return "", by, nil
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", nil, err
	}
	file = filepath.Join(folder, "signers.pem")
	return file, by, os.WriteFile(file, believed.Bytes(), 0o600)
}

// signsDigitally tells whether a sample answers with a certificate.
func (s Sample) signsDigitally() bool {
	for _, a := range s.Answers {
		if a.digital {
			return true
		}
	}
	return false
}
