// Package login gets the access tokens that mail servers take instead of a password (RFC 6749), and keeps them fresh: with a refresh token
// (§6: Gmail, or a person's consent at Microsoft 365) or with the application's own secret (§4.4: Microsoft 365).
package login

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// Config is an application that is registered with a provider.
type Config struct {
	TokenURL               string // https, or http on this machine
	ClientID, ClientSecret string
	RefreshToken           string // this and RefreshTokenFile empty: the client credentials grant
	RefreshTokenFile       string // keeps a rotated refresh token, and is read before RefreshToken; empty: it is kept in memory alone
	Scopes                 []string
	Leeway                 time.Duration // how long before its end a token is replaced, half its life at most; zero: 5 minutes
	Log                    *slog.Logger  // nil: the default one
}

const (
	defaultLeeway  = 5 * time.Minute
	unstatedLife   = 10 * time.Minute // of a token whose server does not say how long it is valid (RFC 6749 §5.1 only recommends it)
	requestTimeout = 30 * time.Second
)

// Source gives access tokens. It is safe for concurrent use.
type Source struct {
	config  Config
	client  *http.Client
	turn    chan struct{} // holds one element while somebody looks at or changes what follows
	rotated string        // the refresh token that the server gave last
	access  string
	replace time.Time // from when access is to be replaced
	end     time.Time // when access ends
}

// New checks the configuration. Nothing is asked yet.
func New(c Config) (*Source, error) {
	at, err := url.Parse(c.TokenURL)
	switch {
	case err != nil || at.Host == "" || at.User != nil:
		return nil, errors.New("oauth: the token url is not a web address such as https://login.example.org/token")
	case at.Scheme != "https" && (at.Scheme != "http" || !loopback(at.Hostname())):
		return nil, fmt.Errorf("oauth: %s without TLS: secrets would be readable on the way", at.Host)
	case c.ClientID == "":
		return nil, errors.New("oauth: no client id")
	case c.ClientSecret == "" && c.RefreshToken == "" && c.RefreshTokenFile == "":
		return nil, errors.New("oauth: neither a client secret nor a refresh token")
	}
	if c.Leeway <= 0 {
		c.Leeway = defaultLeeway
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	// A redirection would carry the secrets to another server.
	client := &http.Client{Timeout: requestTimeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return &Source{config: c, client: client, turn: make(chan struct{}, 1)}, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// String names the source without its secrets.
func (s *Source) String() string { return "oauth client " + s.config.ClientID }

// GoString is String, for %#v.
func (s *Source) GoString() string { return s.String() }

// Token gives an access token that is valid for a while yet. Whoever asks while one is being fetched waits for that one. Temporary tells
// of an error whether asking again may help.
func (s *Source) Token(ctx context.Context) (string, error) {
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	if time.Now().Before(s.replace) {
		return s.access, nil
	}
	t, err := s.fetch(ctx)
	if err != nil {
		if Temporary(err) && time.Now().Before(s.end) {
			return s.access, nil // the old one still serves
		}
		return "", err
	}
	life := time.Until(t.Expiry)
	if t.Expiry.IsZero() {
		life = unstatedLife
	}
	s.access, s.end = t.AccessToken, time.Now().Add(life)
	s.replace = s.end.Add(-min(s.config.Leeway, life/2))
	return s.access, nil
}

// Refused is told of a token that a mail server did not take: one that was withdrawn, or ends sooner than was said. The next Token is a
// new one.
func (s *Source) Refused(token string) {
	s.turn <- struct{}{}
	defer func() { <-s.turn }()
	if token == s.access {
		s.access, s.replace, s.end = "", time.Time{}, time.Time{}
	}
}

// fetch asks the server for a token, with each refresh token there is until one is taken: the file may hold one that was withdrawn
// while the administrator has configured another.
func (s *Source) fetch(ctx context.Context) (*oauth2.Token, error) {
	if s.config.RefreshToken == "" && s.config.RefreshTokenFile == "" {
		return s.request(ctx, "")
	}
	known := s.refreshTokens()
	if len(known) == 0 {
		return nil, fmt.Errorf("no refresh token in %s", filepath.Base(s.config.RefreshTokenFile))
	}
	var t *oauth2.Token
	var err error
	for _, refresh := range known {
		t, err = s.request(ctx, refresh)
		var refusal *Error
		if errors.As(err, &refusal) && refusal.Code == "invalid_grant" {
			continue
		}
		if err == nil {
			s.keep(refresh, t.RefreshToken)
		}
		return t, err
	}
	return nil, err
}

// refreshTokens lists the refresh tokens that may be valid, the newest first. The file is read each time: another process may share it.
func (s *Source) refreshTokens() []string {
	var list []string
	add := func(token string) {
		if token = strings.TrimSpace(token); token != "" && !slices.Contains(list, token) {
			list = append(list, token)
		}
	}
	if s.config.RefreshTokenFile != "" {
		text, err := os.ReadFile(s.config.RefreshTokenFile)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			s.config.Log.Warn("the file of the refresh token cannot be read", "error", err)
		}
		add(string(text))
	}
	add(s.rotated)
	add(s.config.RefreshToken)
	return list
}

// request is one access token request: RFC 6749 §6 with a refresh token, §4.4 without. The secret goes in the body (§2.3.1), as Google and
// Microsoft document it.
func (s *Source) request(ctx context.Context, refresh string) (*oauth2.Token, error) {
	c := clientcredentials.Config{ClientID: s.config.ClientID, ClientSecret: s.config.ClientSecret, TokenURL: s.config.TokenURL,
		Scopes: s.config.Scopes, AuthStyle: oauth2.AuthStyleInParams}
	if refresh != "" {
		c.EndpointParams = url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refresh}}
	}
	t, err := c.Token(context.WithValue(ctx, oauth2.HTTPClient, s.client))
	if err != nil {
		return nil, s.refusal(err, refresh)
	}
	return t, nil
}

// keep remembers a refresh token that replaces another. The old one may be void from now on (RFC 6749 §6), so a file that cannot be
// written is told, but does not spoil the access token.
func (s *Source) keep(used, given string) {
	if given == "" || given == used {
		return
	}
	s.rotated = given
	if s.config.RefreshTokenFile == "" {
		return
	}
	if err := writeFile(s.config.RefreshTokenFile, given); err != nil {
		s.config.Log.Error("the new refresh token cannot be kept: the next start may need a new consent", "error", err)
	}
}

// writeFile replaces a file as a whole; only its owner can read it.
func writeFile(name, text string) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".token-") // its mode is 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // nothing is there any more when all went well
	_, err = f.WriteString(text + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}
