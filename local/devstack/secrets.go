package devstack

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// secrets are the passwords of the local servers, made once and kept.
type secrets struct {
	AccessKey string            `json:"access_key"`
	SecretKey string            `json:"secret_key"`
	Accounts  map[string]string `json:"accounts"`
}

// loadSecrets reads the secrets and adds what is missing.
func loadSecrets(file string, accounts []string) (secrets, error) {
	var s secrets
	text, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(text, &s)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return s, fmt.Errorf("%s: %w", file, err)
	}
	if s.AccessKey == "" {
		s.AccessKey, s.SecretKey = "relance", rand.Text()
	}
	if s.Accounts == nil {
		s.Accounts = map[string]string{}
	}
	for _, name := range accounts {
		if s.Accounts[name] == "" {
			s.Accounts[name] = strings.ToLower(rand.Text()[:12])
		}
	}
	if text, err = json.MarshalIndent(s, "", "  "); err != nil {
		return s, err
	}
	return s, os.WriteFile(file, text, 0o600)
}
