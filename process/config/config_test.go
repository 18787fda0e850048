package config

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestAccessTokensAreConfigured(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte("s3cret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	given := []string{"RELANCE_SMTP_OAUTH_TOKEN_URL=https://login.example.org/token", "RELANCE_SMTP_OAUTH_CLIENT_ID=relance",
		"RELANCE_SMTP_OAUTH_CLIENT_SECRET_FILE=" + file, "RELANCE_SMTP_OAUTH_REFRESH_TOKEN_FILE=" + file, "RELANCE_SMTP_OAUTH_SCOPES=a b", "RELANCE_CLAMD=tcp clamd:3310"}
	c, err := parse(given)
	if err != nil {
		t.Fatal(err)
	}
	want := OAuth{TokenURL: "https://login.example.org/token", ClientID: "relance", ClientSecret: "s3cret", RefreshToken: "s3cret", Scopes: []string{"a", "b"}}
	if !reflect.DeepEqual(c.SMTP.OAuth, want) || c.IMAP.OAuth.TokenURL != "" || c.Clamd != "tcp clamd:3310" {
		t.Errorf("%+v, %q", c.SMTP.OAuth, c.Clamd)
	}
	var again []string
	for name, value := range c.Environ() {
		again = append(again, name+"="+value)
	}
	if d, err := parse(again); err != nil || !reflect.DeepEqual(c.SMTP, d.SMTP) || d.Clamd != c.Clamd {
		t.Errorf("for a process beside this one: %+v %v", d, err)
	}
	for _, c := range []struct{ wrong, want string }{
		{"RELANCE_SMTP_TOKEN_FILE=/run/token", "RELANCE_SMTP_TOKEN_FILE"}, {"RELANCE_IMAP_OAUTH_CLIENT_ID=x", "RELANCE_IMAP_OAUTH_TOKEN_URL"}, {"RELANCE_IMAP_TLS=ssl", "RELANCE_IMAP_TLS"},
	} {
		if _, err := parse(append(slices.Clone(given), c.wrong)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.wrong, err)
		}
	}
}

func TestFilesAreFoundBesideTheAuthority(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "authority.yaml")
	example, err := os.ReadFile("../../domain/authority/example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, append([]byte("texts: textes\nlogo: logo.png\n"), example...), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadAuthority(file); err == nil || !strings.Contains(err.Error(), "logo") {
		t.Errorf("a logo that is not there gives %v", err)
	}
	if err := os.WriteFile(filepath.Join(folder, "logo.png"), []byte("png"), 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := LoadAuthority(file)
	if err != nil || a.Texts != filepath.Join(folder, "textes") || string(a.LogoPNG) != "png" {
		t.Errorf("%v %q %q", err, a.Texts, a.LogoPNG)
	}
}
