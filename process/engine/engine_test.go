package engine

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"relance/process/config"
)

func TestWhereAccessTokensComeFrom(t *testing.T) {
	provider := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"access_token":"%s/%s/%s","expires_in":3600}`, r.FormValue("grant_type"), r.FormValue("client_id"), r.FormValue("scope"))
	}))
	defer provider.Close()
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("from a file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, s := range map[string]config.Server{
		"": {Password: "p"}, "from a file": {TokenFile: file},
		"client_credentials/c/a b": {OAuth: config.OAuth{TokenURL: provider.URL, ClientID: "c", ClientSecret: "s", Scopes: []string{"a", "b"}}},
		"refresh_token/c/":         {OAuth: config.OAuth{TokenURL: provider.URL, ClientID: "c", RefreshToken: "r"}},
	} {
		token, _, err := accessToken(s)
		if err != nil || (token == nil) != (want == "") {
			t.Errorf("%q: %v", want, err)
			continue
		}
		if token == nil {
			continue
		}
		if got, err := token(t.Context()); got != want || err != nil {
			t.Errorf("%q, want %q: %v", got, want, err)
		}
	}
	c := config.Defaults()
	c.SMTP.Address, c.IMAP.Address = "mail.example.org:465", "mail.example.org:993"
	c.SMTP.OAuth.TokenURL, c.IMAP.OAuth.TokenURL = "http://login.example.org/token", "http://login.example.org/token"
	if _, err := Outbox(c.SMTP, "aides@example.org"); err == nil {
		t.Error("a secret would go over the network in the clear")
	}
	if _, err := Mailbox(c, nil); err == nil {
		t.Error("a secret would go over the network in the clear")
	}
}

func TestTheScannerIsOptional(t *testing.T) {
	for address, want := range map[string]struct{ scanner, fails bool }{"": {false, false}, "tcp clamd:3310": {true, false}, "clamd:3310": {false, true}} {
		if s, err := Scanner(&config.Config{Clamd: address}); (s != nil) != want.scanner || (err != nil) != want.fails {
			t.Errorf("%q: %v %v", address, s, err)
		}
	}
}
