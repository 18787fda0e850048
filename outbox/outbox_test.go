package outbox_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"relance/message"
	"relance/outbox"
)

func sample() outbox.Mail {
	return outbox.Mail{From: message.Address{Name: "Métropole – Aides", Address: "aides@metropole.example"}, To: message.Address{Name: "Zoé", Address: "zoe@x.example"},
		Subject: "Votre demande – acceptée", Text: "Bonjour,\n\nvoilà.\n", HTML: "<p>Bonjour</p>", MessageID: "a.1.x@metropole.example", InReplyTo: "1@x", References: []string{"0@x", "1@x"},
		Date: time.Date(2020, 9, 15, 10, 0, 0, 0, time.UTC), AutoSubmitted: "auto-replied",
		Attachments: []outbox.Attachment{{Name: "décision signée.pdf", Type: "application/pdf", Content: []byte("%PDF-1.4\n%%EOF")}}}
}

func TestComposeWritesWhatParseReads(t *testing.T) {
	raw, err := outbox.Compose(sample())
	if err != nil {
		t.Fatal(err)
	}
	m, err := message.Parse(raw)
	if err != nil || len(m.Warnings) > 0 {
		t.Fatal(err, m.Warnings)
	}
	if m.From.Name != "Métropole – Aides" || m.Subject != "Votre demande – acceptée" || m.MessageID != "a.1.x@metropole.example" || strings.Join(m.References, " ") != "0@x 1@x" ||
		m.Text != "Bonjour,\n\nvoilà." || m.AutoSubmitted != "auto-replied" || len(m.Attachments) != 1 || m.Attachments[0].Name != "décision signée.pdf" {
		t.Errorf("%+v", m)
	}
	for _, line := range strings.Split(string(raw), "\r\n") {
		if len(line) > 998 || strings.ContainsAny(line, "\r\n") {
			t.Errorf("a line that no server has to take: %q", line)
		}
	}
	if n := bytes.Count(raw, []byte("\r\nMessage-ID:")) + bytes.Count(raw, []byte("\r\nMessage-Id:")); n != 1 {
		t.Errorf("%d Message-IDs", n)
	}
}

const evil = "x\r\nBcc: victim@x.example\r\n\r\nbody\nX-Evil: 1\x00\u2028"

func TestNoFieldCanAddAHeader(t *testing.T) {
	for name, change := range map[string]func(*outbox.Mail){
		"from name": func(m *outbox.Mail) { m.From.Name = evil }, "to name": func(m *outbox.Mail) { m.To.Name = evil }, "reply": func(m *outbox.Mail) { m.ReplyTo = message.Address{Name: evil, Address: "r@x.example"} },
		"subject": func(m *outbox.Mail) { m.Subject = evil }, "id": func(m *outbox.Mail) { m.MessageID = evil }, "answers": func(m *outbox.Mail) { m.InReplyTo = evil },
		"references": func(m *outbox.Mail) { m.References = []string{evil, evil} }, "automatic": func(m *outbox.Mail) { m.AutoSubmitted = evil },
		"header": func(m *outbox.Mail) { m.Headers = map[string]string{"X-Test": evil} }, "file": func(m *outbox.Mail) { m.Attachments[0].Name = evil }, "type": func(m *outbox.Mail) { m.Attachments[0].Type = evil },
	} {
		m := sample()
		change(&m)
		raw, err := outbox.Compose(m)
		if err != nil {
			continue // refused is as good
		}
		parsed, err := mail.ReadMessage(bytes.NewReader(raw))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if parsed.Header.Get("Bcc") != "" || parsed.Header.Get("X-Evil") != "" {
			t.Errorf("%s added a header:\n%s", name, raw[:min(800, len(raw))])
		}
	}
	for name, change := range map[string]func(*outbox.Mail){"from": func(m *outbox.Mail) { m.From.Address = evil }, "to": func(m *outbox.Mail) { m.To.Address = evil }, "nobody": func(m *outbox.Mail) { m.To.Address = "" }} {
		m := sample()
		change(&m)
		if _, err := outbox.Compose(m); err == nil {
			t.Errorf("%s: a mail to or from no address was written", name)
		}
	}
}

func FuzzCompose(f *testing.F) {
	f.Add(evil, "zoe@x.example", "Zoé")
	f.Fuzz(func(t *testing.T, subject, address, name string) {
		m := sample()
		m.Subject, m.To = subject, message.Address{Name: name, Address: address}
		raw, err := outbox.Compose(m)
		if err != nil {
			return
		}
		parsed, err := mail.ReadMessage(bytes.NewReader(raw))
		if err != nil {
			t.Fatalf("%q %q %q: %v", subject, address, name, err)
		}
		for header := range parsed.Header {
			switch header {
			case "Auto-Submitted", "Date", "Mime-Version", "Message-Id", "Subject", "In-Reply-To", "References", "From", "To", "Content-Type", "User-Agent", "X-Mailer":
			default:
				t.Errorf("%q %q %q added %s", subject, address, name, header)
			}
		}
	})
}

// server is an SMTP server in this process: real protocol, answers that a test decides on.
type server struct {
	mu       sync.Mutex
	mails    [][]byte
	sessions int
	conn     net.Conn
	mailErr  error
	rcptErr  error
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
func (s *server) Mail(string, *smtp.MailOptions) error { return s.mailErr }
func (s *server) Rcpt(string, *smtp.RcptOptions) error { return s.rcptErr }
func (s *server) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mails = append(s.mails, raw)
	return err
}
func (s *server) Reset()        {}
func (s *server) Logout() error { return nil }

func listen(t *testing.T) *server {
	t.Helper()
	s := &server{}
	s.smtp = smtp.NewServer(s)
	s.smtp.Domain = "localhost"
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
	if _, err := outbox.New(outbox.Config{Address: "mail.example.org:587", TLS: outbox.Plain}); err == nil {
		t.Error("a password would have gone over the network in the clear")
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
