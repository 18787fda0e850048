package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"relance/mail/message"
	"relance/mail/outbox"
)

// answering is a server that says one line to whoever connects, and nothing more.
func answering(t *testing.T, line string) *outbox.Sender {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			defer conn.Close()
			_, _ = io.WriteString(conn, line)
		}
	}()
	out, err := outbox.New(outbox.Config{Address: l.Addr().String(), TLS: outbox.Plain, Timeout: 500 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestAConnectionThatFailsSaysNothingOfTheMail(t *testing.T) {
	for name, line := range map[string]string{"refused": "554 5.7.1 no service here\r\n", "silent": "", "garbage": "hello\r\n", "busy": "421 4.3.2 come back\r\n"} {
		began := time.Now()
		err := send(answering(t, line))
		if err == nil || !outbox.Temporary(err) || errors.As(err, new(*outbox.SMTPError)) {
			t.Errorf("%s: %v", name, err)
		}
		if spent := time.Since(began); spent > 10*time.Second {
			t.Errorf("%s: %v, with a limit of half a second", name, spent)
		}
	}
}

func TestAddressesOutsideASCII(t *testing.T) {
	with, without := listen(t, func(s *server) { s.smtp.EnableSMTPUTF8 = true }), listen(t)
	for _, c := range []struct {
		from, to, wire string
		utf8           bool
	}{
		{"a@x.example", "b@x.example", "b@x.example", false},
		{"a@x.example", "b@exämple.org", "b@xn--exmple-cua.org", false},
		{"a@x.example", "zoé@exämple.org", "zoé@xn--exmple-cua.org", true},
		{"aidés@x.example", "b@x.example", "b@x.example", true},
	} {
		raw, err := outbox.Compose(outbox.Mail{From: message.Address{Name: "Métropole", Address: c.from}, To: message.Address{Name: "Zoé", Address: c.to}, Subject: "é", Text: "é"})
		if err != nil {
			t.Fatal(err)
		}
		if head, _, _ := strings.Cut(string(raw), "\r\n\r\n"); strings.ContainsFunc(head, func(r rune) bool { return r > 127 }) != c.utf8 || !strings.Contains(head, "=?utf-8?q?M=C3=A9tropole?=") {
			t.Errorf("%s to %s:\n%s", c.from, c.to, head)
		}
		if _, err := sender(t, with).Send(t.Context(), c.from, []string{c.to}, raw); err != nil || with.to[len(with.to)-1] != c.wire || with.utf8 != c.utf8 {
			t.Errorf("%s to %s: to %q, SMTPUTF8 %v: %v", c.from, c.to, with.to, with.utf8, err)
		}
		out := sender(t, without)
		_, err = out.Send(t.Context(), c.from, []string{c.to}, raw)
		if errors.Is(err, outbox.ErrNeedsUTF8) != c.utf8 || (err == nil) == c.utf8 || outbox.Temporary(err) {
			t.Errorf("%s to %s, without SMTPUTF8: %v", c.from, c.to, err)
		}
		if err := send(out); err != nil {
			t.Errorf("the next mail: %v", err)
		}
	}
	raw := []byte("Cc: <zoé@x.example>\r\nSubject: x\r\n\r\nx") // the header alone needs it too (RFC 6531 §3.4)
	if _, err := sender(t, without).Send(t.Context(), "a@x.example", []string{"b@x.example"}, raw); !errors.Is(err, outbox.ErrNeedsUTF8) {
		t.Error(err)
	}
	for _, wrong := range []string{"", "b", "b@", "a@b, c@d", "b@x.example>\r\nRCPT TO:<victim@x.example", "b@ä..org", "z\u202eoé@x.example", strings.Repeat("b", 260) + "@x.example"} {
		if _, err := sender(t, with).Send(t.Context(), "a@x.example", []string{wrong}, raw); !errors.Is(err, outbox.ErrAddress) || outbox.Temporary(err) {
			t.Errorf("%q: %v", wrong, err)
		}
	}
}

func TestSizeIsKnownBeforeAMailIsSent(t *testing.T) {
	small := listen(t, func(s *server) { s.smtp.MaxMessageBytes = 1000 })
	out := sender(t, small)
	for range 2 {
		if size, err := out.MaxSize(t.Context()); err != nil || size != 1000 {
			t.Error(size, err)
		}
	}
	_, err := out.Send(t.Context(), "a@x.example", []string{"b@x.example"}, []byte("Subject: x\r\n\r\n"+strings.Repeat("x\r\n", 400)))
	var refusal *outbox.SMTPError
	if !errors.Is(err, outbox.ErrTooLarge) || outbox.Temporary(err) || !errors.As(err, &refusal) || refusal.Code != 552 || len(small.from) != 0 {
		t.Errorf("%v, MAIL %v", err, small.from)
	}
	if err := send(out); err != nil || small.sessions != 1 {
		t.Errorf("%v, over %d connections", err, small.sessions)
	}
	if size, err := sender(t, listen(t)).MaxSize(t.Context()); err != nil || size != 0 {
		t.Error(size, err)
	}
	down, err := outbox.New(outbox.Config{Address: "127.0.0.1:1", TLS: outbox.Plain})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := down.MaxSize(t.Context()); err == nil || !outbox.Temporary(err) {
		t.Error(err)
	}
}

func TestAMailThatMayHaveBeenTakenIsSentAgain(t *testing.T) {
	s := listen(t)
	out := sender(t, s)
	s.after = func() { _ = s.conn.Close() }
	if err := send(out); err == nil || !outbox.Temporary(err) {
		t.Error(err)
	}
	s.mu.Lock()
	s.after = nil
	s.mu.Unlock()
	if err := send(out); err != nil || len(s.mails) != 2 || string(s.mails[0]) != string(s.mails[1]) {
		t.Errorf("%v %q", err, s.mails)
	}
	ctx, cancel := context.WithCancel(t.Context()) // the caller leaves while the server thinks
	s.mu.Lock()
	s.after = cancel
	s.mu.Unlock()
	_, err := out.Send(ctx, "a@x.example", []string{"b@x.example"}, []byte("Subject: x\r\n\r\nx\r\n"))
	if err != nil && (!outbox.Temporary(err) || !errors.Is(err, context.Canceled)) {
		t.Error(err)
	}
}

func TestAServerThatSaysGoodbyeIsLeft(t *testing.T) {
	s := listen(t)
	s.rcptErr = &smtp.SMTPError{Code: 421, EnhancedCode: smtp.EnhancedCode{4, 3, 2}, Message: "shutting down"}
	out := sender(t, s)
	if err := send(out); err == nil || !outbox.Temporary(err) {
		t.Error(err)
	}
	s.mu.Lock()
	s.rcptErr = nil
	s.mu.Unlock()
	if err := send(out); err != nil || s.sessions != 2 {
		t.Errorf("%v, over %d connections", err, s.sessions)
	}
}

// guarded is a server that wants a login.
type guarded struct {
	*server
	mechanism string
	check     func(response string) bool
	report    string // what XOAUTH2 says before it refuses
}

func (g guarded) NewSession(c *smtp.Conn) (smtp.Session, error) {
	_, err := g.server.NewSession(c)
	return g, err
}
func (g guarded) AuthMechanisms() []string { return []string{g.mechanism} }
func (g guarded) Auth(mechanism string) (sasl.Server, error) {
	if mechanism != g.mechanism {
		return nil, smtp.ErrAuthUnknownMechanism
	}
	return &exchange{guarded: g}, nil
}

// exchange is one login: XOAUTH2 in one step, LOGIN in two.
type exchange struct {
	guarded
	said    []string
	refused bool
}

func (e *exchange) Next(response []byte) (challenge []byte, done bool, err error) {
	wanted := &smtp.SMTPError{Code: 535, EnhancedCode: smtp.EnhancedCode{5, 7, 3}, Message: "Authentication unsuccessful"}
	if e.refused {
		return nil, false, wanted
	}
	if response != nil {
		e.said = append(e.said, string(response))
	}
	if e.mechanism == sasl.Login && len(e.said) < 2 {
		return []byte(map[int]string{0: "Username:", 1: "Password:"}[len(e.said)]), false, nil
	}
	if e.check(strings.Join(e.said, "|")) {
		return nil, true, nil
	}
	if e.mechanism != "XOAUTH2" {
		return nil, false, wanted
	}
	e.refused = true
	return []byte(e.report), false, nil
}

func TestLogins(t *testing.T) {
	const password, access = "pass w0rd", "ya29.token"
	expired := errors.New("invalid_grant")
	for _, c := range []struct {
		name, mechanism, want string
		token                 func(context.Context) (string, error)
		good                  bool
		says                  string
	}{
		{"token", "XOAUTH2", "user=aides\x01auth=Bearer " + access + "\x01\x01", func(context.Context) (string, error) { return access, nil }, true, ""},
		{"token refused", "XOAUTH2", "another", func(context.Context) (string, error) { return access, nil }, false, `refused the login of aides by access token (status "401"): smtp 535`},
		{"no token", "XOAUTH2", "", func(context.Context) (string, error) { return "", expired }, false, "invalid_grant"},
		{"Exchange", sasl.Login, "aides|" + password, nil, true, ""},
		{"password refused", sasl.Login, "aides|other", nil, false, "refused the login of aides: smtp 535"},
		{"no way", "GSSAPI", "", nil, false, "refused the login"},
	} {
		s := listen(t, func(s *server) {
			s.smtp.Backend = guarded{s, c.mechanism, func(response string) bool { return response == c.want }, `{"status":"401","schemes":"bearer"}`}
			s.smtp.AllowInsecureAuth = true
		})
		out, err := outbox.New(outbox.Config{Address: s.address, TLS: outbox.Plain, Username: "aides", Password: password, Token: c.token})
		if err != nil {
			t.Fatal(err)
		}
		err = send(out)
		if c.good {
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
			continue
		}
		if err == nil || !outbox.Temporary(err) || !strings.Contains(err.Error(), c.says) || errors.Is(err, outbox.ErrLogin) == (c.token != nil && c.says == expired.Error()) {
			t.Errorf("%s: %v", c.name, err)
		}
		if text := fmt.Sprintf("%v %+v", err, err); strings.Contains(text, password) || strings.Contains(text, access) {
			t.Errorf("%s: a secret in %s", c.name, text)
		}
	}
}
