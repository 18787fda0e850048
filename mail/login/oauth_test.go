package login_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"relance/mail/login"
)

// provider is a token server whose answers a test decides on.
type provider struct {
	*httptest.Server
	mu     sync.Mutex
	asked  []url.Values
	answer func(asked url.Values, n int) (status int, body string)
}

func serve(t *testing.T, answer func(url.Values, int) (int, string)) *provider {
	p := &provider{answer: answer}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil || r.Method != http.MethodPost {
			t.Errorf("%s: %v", r.Method, err)
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.asked = append(p.asked, r.PostForm)
		status, body := p.answer(r.PostForm, len(p.asked))
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}))
	t.Cleanup(p.Close)
	return p
}

// numbered grants tokens that say which request they answer.
func numbered(seconds int) func(url.Values, int) (int, string) {
	return func(_ url.Values, n int) (int, string) {
		return 200, fmt.Sprintf(`{"access_token":"access%d","token_type":"Bearer","expires_in":%d}`, n, seconds)
	}
}

func source(t *testing.T, c login.Config) *login.Source {
	t.Helper()
	s, err := login.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func token(t *testing.T, s *login.Source) string {
	t.Helper()
	access, err := s.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return access
}

func TestGrants(t *testing.T) {
	p := serve(t, numbered(3600))
	c := login.Config{TokenURL: p.URL, ClientID: "relance", ClientSecret: "s3cret&", Scopes: []string{"https://outlook.office365.com/.default"}}
	if got := token(t, source(t, c)); got != "access1" {
		t.Error(got)
	}
	c.RefreshToken, c.Scopes = "r/0", []string{"a", "b"}
	token(t, source(t, c))
	for i, want := range []url.Values{
		{"grant_type": {"client_credentials"}, "scope": {"https://outlook.office365.com/.default"}, "client_id": {"relance"}, "client_secret": {"s3cret&"}},
		{"grant_type": {"refresh_token"}, "refresh_token": {"r/0"}, "scope": {"a b"}, "client_id": {"relance"}, "client_secret": {"s3cret&"}},
	} {
		if p.asked[i].Encode() != want.Encode() {
			t.Errorf("asked %s, want %s", p.asked[i].Encode(), want.Encode())
		}
	}
}

func TestATokenIsReusedUntilShortlyBeforeItsEnd(t *testing.T) {
	p := serve(t, numbered(3600))
	s := source(t, login.Config{TokenURL: p.URL, ClientID: "c", ClientSecret: "s"})
	var wait sync.WaitGroup
	for range 50 {
		wait.Go(func() {
			if got, err := s.Token(context.Background()); err != nil || got != "access1" {
				t.Error(got, err)
			}
		})
	}
	wait.Wait()
	if len(p.asked) != 1 {
		t.Errorf("%d requests", len(p.asked))
	}
	p = serve(t, numbered(2)) // replaced after half its life, whatever the leeway
	s = source(t, login.Config{TokenURL: p.URL, ClientID: "c", ClientSecret: "s"})
	token(t, s)
	for end := time.Now().Add(30 * time.Second); token(t, s) == "access1"; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("never replaced")
		}
	}
}

func TestAnOutageIsBridgedByATokenThatStillServes(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for a token to end")
	}
	p := serve(t, func(asked url.Values, n int) (int, string) {
		if n > 1 {
			return 503, "try later"
		}
		return numbered(6)(asked, n)
	})
	s := source(t, login.Config{TokenURL: p.URL, ClientID: "c", ClientSecret: "s"})
	token(t, s)
	time.Sleep(3100 * time.Millisecond) // half its life
	if got := token(t, s); got != "access1" || len(p.asked) != 2 {
		t.Errorf("%s after %d requests", got, len(p.asked))
	}
	time.Sleep(3 * time.Second)
	if _, err := s.Token(t.Context()); err == nil || !login.Temporary(err) {
		t.Errorf("a token that has ended: %v", err)
	}
}

func TestARotatedRefreshTokenIsKept(t *testing.T) {
	valid := "r0"
	p := serve(t, func(asked url.Values, n int) (int, string) {
		if asked.Get("refresh_token") != valid {
			return 400, `{"error":"invalid_grant"}`
		}
		valid = fmt.Sprint("r", n)
		return 200, fmt.Sprintf(`{"access_token":"a%d","expires_in":1,"refresh_token":"%s"}`, n, valid)
	})
	file := filepath.Join(t.TempDir(), "refresh")
	c := login.Config{TokenURL: p.URL, ClientID: "c", RefreshToken: "r0", RefreshTokenFile: file}
	first := source(t, c)
	token(t, first)
	token(t, source(t, c)) // after a restart, and with it the first one's token is void
	time.Sleep(1100 * time.Millisecond)
	token(t, first)
	text, err := os.ReadFile(file)
	if err != nil || strings.TrimSpace(string(text)) != valid || len(p.asked) != 3 {
		t.Errorf("%q %v, want %q after %d requests", text, err, valid, len(p.asked))
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	if left, _ := os.ReadDir(filepath.Dir(file)); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
	valid = "fresh" // a new consent: the file's token is refused, the configured one taken
	c.RefreshToken = "fresh"
	token(t, source(t, c))
	if text, _ := os.ReadFile(file); strings.TrimSpace(string(text)) != valid {
		t.Errorf("%q is kept, want %q", text, valid)
	}
	var logged bytes.Buffer // a file that cannot be written costs no token
	c.RefreshToken, c.RefreshTokenFile, c.Log = valid, filepath.Join(file, "no-folder"), slog.New(slog.NewTextHandler(&logged, nil))
	token(t, source(t, c))
	if !strings.Contains(logged.String(), "cannot be kept") {
		t.Errorf("logged %q", logged.String())
	}
}

func TestWhatMayBeAskedAgain(t *testing.T) {
	const secret, refresh = "the&secret", "the-refresh-token"
	for _, c := range []struct {
		name      string
		status    int
		body      string
		temporary bool
		want      string
	}{
		{"consent withdrawn", 400, `{"error":"invalid_grant","error_description":"Token has been expired or revoked: the-refresh-token"}`, false, "invalid_grant"},
		{"wrong secret", 401, `{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret the&secret the%26secret"}`, false, "AADSTS7000215"},
		{"refused with 200", 200, `{"error":"unauthorized_client"}`, false, "unauthorized_client"},
		{"not found", 404, "<html>", false, "404"},
		{"redirected", 302, "", false, "302"},
		{"down", 503, "<html>the&secret", true, "503"},
		{"busy", 429, `{}`, true, "429"},
		{"says so", 400, `{"error":"temporarily_unavailable"}`, true, "temporarily_unavailable"},
		{"garbage", 200, `the&secret`, true, ""},
		{"no token", 200, `{"expires_in":3600}`, true, "access_token"},
	} {
		p := serve(t, func(url.Values, int) (int, string) { return c.status, c.body })
		_, err := source(t, login.Config{TokenURL: p.URL, ClientID: "c", ClientSecret: secret, RefreshToken: refresh}).Token(t.Context())
		if err == nil || login.Temporary(err) != c.temporary || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, temporary %v", c.name, err, login.Temporary(err))
			continue
		}
		if text := fmt.Sprintf("%v %+v %#v", err, err, err); strings.Contains(text, secret) || strings.Contains(text, url.QueryEscape(secret)) || strings.Contains(text, refresh) {
			t.Errorf("%s: a secret in %s", c.name, text)
		}
	}
	p := serve(t, numbered(1))
	p.Close()
	if _, err := source(t, login.Config{TokenURL: p.URL, ClientID: "c", ClientSecret: secret}).Token(t.Context()); err == nil || !login.Temporary(err) || strings.Contains(err.Error(), secret) {
		t.Errorf("a server that is down: %v", err)
	}
	if login.Temporary(nil) {
		t.Error("no error is temporary")
	}
}

func TestWhoeverWaitsCanLeave(t *testing.T) {
	hold := make(chan struct{})
	p := serve(t, func(asked url.Values, n int) (int, string) { <-hold; return numbered(3600)(asked, n) })
	s := source(t, login.Config{TokenURL: p.URL, ClientID: "c", ClientSecret: "s"})
	done := make(chan error)
	go func() { _, err := s.Token(context.Background()); done <- err }()
	for range 2 {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		if _, err := s.Token(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		cancel()
	}
	close(hold)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestConfigurationIsCheckedAndHidden(t *testing.T) {
	for name, c := range map[string]login.Config{
		"no address": {ClientID: "c", ClientSecret: "s"}, "in the clear": {TokenURL: "http://login.example.org/token", ClientID: "c", ClientSecret: "s"},
		"password in it": {TokenURL: "https://a:b@login.example.org/token", ClientID: "c", ClientSecret: "s"},
		"no client":      {TokenURL: "https://login.example.org/token", ClientSecret: "s"}, "no secret": {TokenURL: "https://login.example.org/token", ClientID: "c"},
	} {
		if _, err := login.New(c); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	s := source(t, login.Config{TokenURL: "https://login.example.org/token", ClientID: "c", ClientSecret: "hidden", RefreshToken: "hidden"})
	if text := fmt.Sprintf("%v %+v %#v %s", s, s, s, s); strings.Contains(text, "hidden") {
		t.Error(text)
	}
}

func TestARefusedTokenIsReplacedAtOnce(t *testing.T) {
	p := serve(t, numbered(3600))
	s := source(t, login.Config{TokenURL: p.URL, ClientID: "relance", ClientSecret: "s"})
	first := token(t, s)
	s.Refused("another")
	if again := token(t, s); again != first {
		t.Errorf("%s: a token was given up that nobody refused", again)
	}
	s.Refused(first)
	if second := token(t, s); second == first || len(p.asked) != 2 {
		t.Errorf("%s after a refusal, with %d requests", second, len(p.asked))
	}
	s.Refused(first) // late news of the old one
	if token(t, s) == first || len(p.asked) != 2 {
		t.Errorf("%d requests", len(p.asked))
	}
}
