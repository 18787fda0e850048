package outbox_test

import (
	"crypto/x509"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"relance/local/devstack"
	"relance/mail/mailbox"
	"relance/mail/message"
	"relance/mail/outbox"
)

// received waits for the mail with a Message-ID.
func received(t *testing.T, box *mailbox.Box, id string) *message.Message {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		mails, err := box.List(t.Context(), "INBOX")
		if err != nil {
			t.Log(err) // mox 0.0.15 ends a connection that searches while a mail comes in
		}
		for _, m := range mails {
			raw, err := m.Bytes()
			if err != nil {
				t.Fatal(err)
			}
			if read, err := message.Parse(raw); err == nil && read.MessageID == id {
				return read
			}
		}
	}
	t.Fatalf("%s did not arrive", id)
	return nil
}

// A real mail server: TLS and STARTTLS, its certificate, its login, its limit, and addresses that only SMTPUTF8 can carry.
func TestARealServer(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a real mail server")
	}
	data := t.TempDir()
	stack, err := devstack.Start(t.Context(), devstack.Options{Servers: devstack.Mox, Data: data, Accounts: []string{"aides", "zoe"}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stack.Stop() }()
	conf, err := os.ReadFile(filepath.Join(data, "mox", "mox.conf"))
	if err != nil {
		t.Fatal(err)
	}
	port := regexp.MustCompile(`(?s)\sSubmission:\s.*?\sPort: (\d+)`).FindStringSubmatch(string(conf))
	if port == nil {
		t.Fatal("mox has no submission with STARTTLS")
	}
	text, err := os.ReadFile(stack.CAFile)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	box, err := mailbox.New(mailbox.Config{Address: stack.IMAPAddress, Username: "zoe@localhost", Password: stack.Passwords["zoe"], RootCAs: roots, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []outbox.Config{{Address: stack.SubmissionAddress, TLS: outbox.TLS}, {Address: net.JoinHostPort("localhost", port[1]), TLS: outbox.STARTTLS, HelloName: "relance.example"}} {
		t.Run(string(c.TLS), func(t *testing.T) {
			if err := attempt(t, c); err == nil || !outbox.Temporary(err) {
				t.Errorf("a certificate nobody vouches for: %v", err)
			}
			c.RootCAs, c.Username, c.Password = roots, "aides@localhost", "wrong"
			if err := attempt(t, c); !errors.Is(err, outbox.ErrLogin) || !outbox.Temporary(err) {
				t.Errorf("a wrong password: %v", err)
			}
			c.Password = stack.Passwords["aides"]
			deliver(t, c, box, "zoe@localhost")
			deliver(t, c, box, "zoe+été@localhost")
		})
	}
}

func attempt(t *testing.T, c outbox.Config) error {
	t.Helper()
	out, err := outbox.New(c)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	return send(out)
}

// deliver sends one mail and reads it in the recipient's mailbox.
func deliver(t *testing.T, c outbox.Config, box *mailbox.Box, to string) {
	t.Helper()
	out, err := outbox.New(c)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if size, err := out.MaxSize(t.Context()); err != nil || size < 1<<20 {
		t.Errorf("%d, %v", size, err)
	}
	m := sample()
	m.From.Address, m.To.Address, m.Date = "aides@localhost", to, time.Now()
	m.MessageID = strings.NewReplacer("é", "e", "+", "").Replace(string(c.TLS) + "." + to)
	m.Attachments[0].Name = `décision "signée" 😀.pdf`
	raw, err := outbox.Compose(m)
	if err == nil {
		_, err = out.Send(t.Context(), m.From.Address, []string{to}, raw)
	}
	if err != nil {
		t.Errorf("to %s: %v", to, err)
		return
	}
	got := received(t, box, m.MessageID)
	if len(got.To) != 1 || got.To[0].Address != to || got.To[0].Name != "Zoé" || got.Subject != m.Subject || len(got.Attachments) != 1 || got.Attachments[0].Name != m.Attachments[0].Name {
		t.Errorf("%+v", got)
	}
}
