package outbox_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-smtp"

	"relance/mail/outbox"
)

// server is an SMTP server in this process: real protocol, answers that a test decides on.
type server struct {
	mu       sync.Mutex
	mails    [][]byte
	sessions int
	conn     net.Conn
	mailErr  error
	rcptErr  error
	after    func() // is called when the last byte of a mail has come, and before the answer
	from     []string
	to       []string
	utf8     bool // of the last mail
	address  string
	smtp     *smtp.Server
}

func (s *server) NewSession(c *smtp.Conn) (smtp.Session, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conn = c.Conn()
	s.sessions++
	return s, nil
}
func (s *server) Mail(from string, o *smtp.MailOptions) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.from, s.utf8 = append(s.from, from), o.UTF8
	return s.mailErr
}
func (s *server) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.to = append(s.to, to)
	return s.rcptErr
}
func (s *server) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mails = append(s.mails, raw)
	if s.after != nil {
		s.after()
	}
	return err
}
func (s *server) Reset()        {}
func (s *server) Logout() error { return nil }

func listen(t *testing.T, set ...func(*server)) *server {
	t.Helper()
	s := &server{}
	s.smtp = smtp.NewServer(s)
	s.smtp.Domain = "localhost"
	for _, f := range set {
		f(s)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.address = l.Addr().String()
	go func() { _ = s.smtp.Serve(l) }()
	t.Cleanup(func() { _ = s.smtp.Close() })
	return s
}

func sender(t *testing.T, s *server) *outbox.Sender {
	t.Helper()
	out, err := outbox.New(outbox.Config{Address: s.address, TLS: outbox.Plain, HelloName: "localhost"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = out.Close() })
	return out
}

func send(out *outbox.Sender) error {
	_, err := out.Send(context.Background(), "a@x.example", []string{"b@x.example"}, []byte("Subject: x\r\n\r\n.dot\r\n"))
	return err
}

func TestAConnectionIsKeptAndReplacedWhenItHasDied(t *testing.T) {
	s := listen(t)
	out := sender(t, s)
	for range 5 {
		if err := send(out); err != nil {
			t.Fatal(err)
		}
	}
	if s.sessions != 1 || len(s.mails) != 5 || string(s.mails[0]) != "Subject: x\r\n\r\n.dot\r\n" {
		t.Errorf("%d connections for %d mails: %q", s.sessions, len(s.mails), s.mails)
	}
	if err := s.conn.Close(); err != nil {
		t.Fatal(err)
	}
	if err := send(out); err != nil {
		t.Errorf("after the server dropped the connection: %v", err)
	}
	var wait sync.WaitGroup
	for range 20 {
		wait.Go(func() {
			if err := send(out); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if len(s.mails) != 26 {
		t.Errorf("%d mails", len(s.mails))
	}
}

func TestWhatMayBeTriedAgain(t *testing.T) {
	for _, c := range []struct {
		name      string
		err       error
		temporary bool
	}{
		{"full", &smtp.SMTPError{Code: 452, EnhancedCode: smtp.EnhancedCode{4, 2, 2}, Message: "mailbox full"}, true},
		{"unknown", &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user"}, false},
	} {
		s := listen(t)
		s.rcptErr = c.err
		out := sender(t, s)
		err := send(out)
		var refusal *outbox.SMTPError
		if !errors.As(err, &refusal) || outbox.Temporary(err) != c.temporary || !strings.Contains(err.Error(), c.err.(*smtp.SMTPError).Message) {
			t.Errorf("%s: %v", c.name, err)
		}
		s.rcptErr = nil
		if err := send(out); err != nil || s.sessions != 1 {
			t.Errorf("%s: the next mail: %v, over %d connections", c.name, err, s.sessions)
		}
	}
	out, err := outbox.New(outbox.Config{Address: "127.0.0.1:1", TLS: outbox.Plain})
	if err != nil {
		t.Fatal(err)
	}
	if err := send(out); err == nil || !outbox.Temporary(err) {
		t.Errorf("a server that is down: %v", err)
	}
}

func TestNoPasswordGoesInTheClear(t *testing.T) {
	for _, mode := range []outbox.TLSMode{outbox.Plain, "ssl", "STARTTLS"} {
		if _, err := outbox.New(outbox.Config{Address: "mail.example.org:587", TLS: mode}); err == nil {
			t.Errorf("%s: a password would have gone over the network in the clear", mode)
		}
	}
	s := listen(t) // offers no STARTTLS
	out, err := outbox.New(outbox.Config{Address: s.address, TLS: outbox.STARTTLS})
	if err != nil {
		t.Fatal(err)
	}
	if err := send(out); err == nil || len(s.mails) != 0 {
		t.Errorf("a server without STARTTLS got a mail: %v", err)
	}
}
