package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"relance/local/devstack"
	"relance/mail/mailbox"
	"relance/mail/outbox"
	"relance/process/config"
)

// provider grants access tokens, and tells mail servers whose a token is, as long as it is valid.
type provider struct {
	*httptest.Server
	mu      sync.Mutex
	granted int
	asked   []string // refresh tokens
}

func newProvider(t *testing.T) *provider {
	p := &provider{}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		switch {
		case r.URL.Path == "/token":
			p.granted++
			p.asked = append(p.asked, r.FormValue("refresh_token"))
			fmt.Fprintf(w, `{"access_token":"access%d","token_type":"Bearer","expires_in":3600}`, p.granted)
		case r.URL.Query().Get("access_token") == p.valid():
			fmt.Fprint(w, `{"email":"aides","expires_in":3600}`)
		default:
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, `{"error":"invalid_token"}`)
		}
	}))
	t.Cleanup(p.Close)
	return p
}

// valid is the only token that serves: the one granted last, and never the first, which the provider has withdrawn.
func (p *provider) valid() string {
	if p.granted < 2 {
		return "none"
	}
	return fmt.Sprintf("access%d", p.granted)
}

func (p *provider) server(address string) config.Server {
	return config.Server{Address: address, Username: "aides", TLS: "plain", OAuth: config.OAuth{TokenURL: p.URL + "/token", ClientID: "relance", RefreshToken: "refresh"}}
}

// post is a mail server that takes tokens alone.
type post struct {
	*provider
	mu    sync.Mutex
	mails []string
}

func (p *post) NewSession(*smtp.Conn) (smtp.Session, error) { return p, nil }
func (p *post) AuthMechanisms() []string                    { return []string{"XOAUTH2"} }
func (p *post) Auth(string) (sasl.Server, error)            { return &exchange{post: p}, nil }
func (p *post) Mail(string, *smtp.MailOptions) error        { return nil }
func (p *post) Rcpt(string, *smtp.RcptOptions) error        { return nil }
func (p *post) Reset()                                      {}
func (p *post) Logout() error                               { return nil }
func (p *post) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mails = append(p.mails, string(raw))
	return err
}

// exchange is one login.
type exchange struct {
	post    *post
	refused bool
}

func (e *exchange) Next(response []byte) (challenge []byte, done bool, err error) {
	if e.refused {
		return nil, true, smtp.ErrAuthFailed
	}
	e.post.provider.mu.Lock()
	valid := e.post.valid()
	e.post.provider.mu.Unlock()
	if string(response) == "user=aides\x01auth=Bearer "+valid+"\x01\x01" {
		return nil, true, nil
	}
	e.refused = true
	report, err := json.Marshal(map[string]string{"status": "401"})
	return report, false, err
}

// A token that ended before its time is replaced by itself, for sending and for receiving.
func TestATokenThatEndedIsReplaced(t *testing.T) {
	t.Run("smtp", func(t *testing.T) {
		p := &post{provider: newProvider(t)}
		s := smtp.NewServer(p)
		s.Domain, s.AllowInsecureAuth = "localhost", true
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		go func() { _ = s.Serve(l) }()
		defer s.Close()
		out, err := Outbox(p.server(l.Addr().String()), "aides@localhost")
		if err != nil {
			t.Fatal(err)
		}
		defer out.Close()
		send := func() error {
			_, err := out.Send(t.Context(), "aides@localhost", []string{"zoe@x.example"}, []byte("Subject: x\r\n\r\nx\r\n"))
			return err
		}
		if err := send(); !errors.Is(err, outbox.ErrLogin) || !outbox.Temporary(err) {
			t.Errorf("with a token that was withdrawn: %v", err)
		}
		if err := send(); err != nil || len(p.mails) != 1 {
			t.Errorf("the next time: %v", err)
		}
		if !slices.Equal(p.asked, []string{"refresh", "refresh"}) {
			t.Errorf("the provider was asked with %q", p.asked)
		}
	})
	t.Run("imap", func(t *testing.T) {
		if testing.Short() {
			t.Skip("needs a real mail server")
		}
		p := newProvider(t)
		d, err := devstack.StartDovecot(t.Context(), devstack.DovecotOptions{Data: t.TempDir(), TokenInfo: p.URL + "/info?access_token="})
		if errors.Is(err, devstack.ErrNoDovecot) {
			t.Skip(err)
		}
		if err != nil {
			t.Fatal(err)
		}
		defer d.Stop()
		c := config.Defaults()
		c.IMAP.Server = p.server(d.Address)
		var log strings.Builder
		box, err := Mailbox(c, slog.New(slog.NewTextHandler(&log, nil)))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := box.Once(t.Context(), nil); !errors.Is(err, mailbox.ErrLogin) {
			t.Fatalf("with a token that was withdrawn: %v\n%s", err, d.Log())
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		p.mu.Lock()
		p.granted = 0 // and the next one is withdrawn too: the watcher has to come over it by itself
		p.mu.Unlock()
		put := make(chan error, 1)
		go func() {
			put <- box.Watch(ctx, func(context.Context, mailbox.Mail) (mailbox.Destination, error) { return "Done", nil })
		}()
		for ctx.Err() == nil && !strings.Contains(d.Log(), "Login: user=<aides>, method=XOAUTH2") {
			time.Sleep(50 * time.Millisecond)
		}
		if ctx.Err() != nil {
			t.Errorf("no login: %s", d.Log())
		}
		cancel()
		<-put
		if !strings.Contains(log.String(), mailbox.ErrLogin.Error()) || len(p.asked) != 3 {
			t.Errorf("the provider was asked with %q; the log:\n%s", p.asked, log.String())
		}
	})
}
