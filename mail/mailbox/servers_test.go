package mailbox_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"relance/local/devstack"
	"relance/mail/mailbox"
)

// place is a mailbox on some server, which the test may also look into by itself.
type place struct {
	mailbox.Config
	dovecot *devstack.Dovecot // nil: mox
}

// onMox gives an account of the shared mox.
func onMox(t *testing.T, account string) place {
	t.Helper()
	p := server(t)
	return place{Config: mailbox.Config{Address: p.IMAPAddress, Username: account + "@localhost", Password: p.Passwords[account], RootCAs: p.roots}}
}

// onDovecot gives the account of a Dovecot of its own.
func onDovecot(t *testing.T, o devstack.DovecotOptions) place {
	t.Helper()
	if testing.Short() {
		t.Skip("needs a real mail server")
	}
	o.Data = t.TempDir()
	d, err := devstack.StartDovecot(t.Context(), o)
	if errors.Is(err, devstack.ErrNoDovecot) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(d.Log())
		}
		d.Stop()
	})
	if err := d.SetPasswords(map[string]string{"aides": "secret"}); err != nil {
		t.Fatal(err)
	}
	return place{Config: mailbox.Config{Address: d.Address, Username: "aides", Password: "secret", TLS: mailbox.Plain}, dovecot: d}
}

// everywhere runs a test on mox, on Dovecot, and on a Dovecot that names folders as Courier and cPanel do.
func everywhere(t *testing.T, account string, test func(*testing.T, place)) {
	t.Run("mox", func(t *testing.T) { test(t, onMox(t, account)) })
	t.Run("dovecot", func(t *testing.T) { test(t, onDovecot(t, devstack.DovecotOptions{})) })
	t.Run("dovecot with prefix", func(t *testing.T) {
		test(t, onDovecot(t, devstack.DovecotOptions{Prefix: "INBOX.", Separator: "."}))
	})
}

// box is the mailbox under test.
func (p place) box(t *testing.T, change ...func(*mailbox.Config)) *mailbox.Box {
	t.Helper()
	c := p.Config
	c.Tick, c.Logger = 500*time.Millisecond, slog.New(slog.DiscardHandler)
	for _, f := range change {
		f(&c)
	}
	b, err := mailbox.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// client is another mail program on the same mailbox.
func (p place) client(t *testing.T) *imapclient.Client {
	t.Helper()
	var c *imapclient.Client
	var err error
	for try := 0; ; try++ { // mox takes a few connections a second
		if p.TLS == mailbox.Plain {
			c, err = imapclient.DialInsecure(p.Address, nil)
		} else {
			c, err = imapclient.DialTLS(p.Address, &imapclient.Options{TLSConfig: &tls.Config{ServerName: "localhost", RootCAs: p.RootCAs}})
		}
		if err == nil {
			err = c.Login(p.Username, p.Password).Wait()
		}
		if err == nil {
			break
		}
		if try == 10 {
			t.Fatal(err)
		}
		time.Sleep(pause)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// raw is a small message.
func raw(subject string) []byte {
	return []byte("From: zoe@x.example\r\nTo: aides@localhost\r\nSubject: " + subject + "\r\nMessage-ID: <" + subject + "@x.example>\r\n\r\nBonjour\r\n")
}

// put puts a message into a folder, as a delivery does.
func put(t *testing.T, c *imapclient.Client, folder string, raw []byte) imap.UID {
	t.Helper()
	command := c.Append(folder, int64(len(raw)), nil)
	_, err := io.Copy(command, bytes.NewReader(raw))
	must(t, errors.Join(err, command.Close()))
	data, err := command.Wait()
	must(t, err)
	return data.UID
}

// remove deletes messages of a folder, as somebody else does.
func remove(t *testing.T, c *imapclient.Client, folder string, uids ...imap.UID) {
	t.Helper()
	_, err := c.Select(folder, nil).Wait()
	must(t, err)
	must(t, c.Store(imap.UIDSetNum(uids...), &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{imap.FlagDeleted}}, nil).Close())
	must(t, c.UIDExpunge(imap.UIDSetNum(uids...)).Close())
}

// proxy stands between the mailbox and its server, and does what networks do.
type proxy struct {
	*devstack.Line
	cutAfter atomic.Int64 // bytes from the server after which the next connection breaks; zero: never
	received atomic.Int64 // bytes from the server

	mu   sync.Mutex
	said strings.Builder // by the mailbox
}

func (p place) proxy(t *testing.T) (place, *proxy) {
	t.Helper()
	l, err := devstack.NewLine(p.Address)
	must(t, err)
	t.Cleanup(func() { _ = l.Close() })
	x := &proxy{Line: l}
	l.ToServer = func(_ *devstack.Passage, b []byte) ([]byte, bool) {
		x.mu.Lock()
		defer x.mu.Unlock()
		x.said.Write(b)
		return b, true
	}
	l.FromServer = func(c *devstack.Passage, b []byte) ([]byte, bool) {
		x.received.Add(int64(len(b)))
		limit := x.cutAfter.Load()
		return b, limit == 0 || c.FromServer <= limit || !x.cutAfter.CompareAndSwap(limit, 0)
	}
	_, port, _ := net.SplitHostPort(l.Address)
	p.Address = net.JoinHostPort("localhost", port) // the name in mox's certificate
	return p, x
}

// hang lets bytes arrive no longer, without a word to anybody, or again.
func (x *proxy) hang(t *testing.T, hangs bool) {
	t.Helper()
	fault := devstack.Whole
	if hangs {
		fault = devstack.Hangs
	}
	must(t, x.Break(fault))
}

// commands is what the mailbox said so far.
func (x *proxy) commands() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.said.String()
}

func logTo(j *devstack.Record) func(*mailbox.Config) {
	return func(c *mailbox.Config) { c.Logger = slog.New(slog.NewTextHandler(j, nil)) }
}

// taker handles messages by their subjects: all go to one folder.
func (s *seen) taker(to mailbox.Destination) mailbox.Handler {
	return func(_ context.Context, m mailbox.Mail) (mailbox.Destination, error) {
		s.add(subject(m))
		return to, nil
	}
}

func numbered(from, to int) (list []string) {
	for i := from; i < to; i++ {
		list = append(list, fmt.Sprintf("m%04d", i))
	}
	return list
}
