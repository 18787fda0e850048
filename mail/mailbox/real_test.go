package mailbox_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"relance/local/devstack"
	"relance/mail/mailbox"
	"relance/mail/message"
	"relance/mail/outbox"
)

// post is a real mail server with an account that receives and one that sends.
type post struct {
	*devstack.Stack
	roots  *x509.CertPool
	sender *outbox.Sender
}

var shared struct {
	sync.Once
	post
	data string
	err  error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if shared.Stack != nil {
		_ = shared.Stop()
		_ = os.RemoveAll(shared.data)
	}
	os.Exit(code)
}

// server starts the mail server, once for all tests; each test has accounts of its own.
func server(t *testing.T) post {
	t.Helper()
	if testing.Short() {
		t.Skip("needs a real mail server")
	}
	shared.Do(func() {
		data, err := os.MkdirTemp("", "mailbox-test-")
		if err != nil {
			shared.err = err
			return
		}
		shared.data = data
		accounts := []string{"writer"}
		for i := range 13 {
			accounts = append(accounts, fmt.Sprintf("box%d", i))
		}
		shared.Stack, shared.err = devstack.Start(context.Background(), devstack.Options{Servers: devstack.Mox, Data: data, Accounts: accounts})
		if shared.err != nil {
			return
		}
		text, err := os.ReadFile(shared.CAFile)
		shared.roots = x509.NewCertPool()
		shared.roots.AppendCertsFromPEM(text)
		if err == nil {
			shared.sender, err = outbox.New(outbox.Config{Address: shared.SubmissionAddress, Username: "writer@localhost", Password: shared.Passwords["writer"], RootCAs: shared.roots})
		}
		shared.err = err
	})
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.post
}

func (p post) box(t *testing.T, account string, tick time.Duration) *mailbox.Box {
	t.Helper()
	b, err := mailbox.New(mailbox.Config{Address: p.IMAPAddress, Username: account + "@localhost", Password: p.Passwords[account], RootCAs: p.roots, Tick: tick,
		Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// send submits a mail with a subject to an account.
func (p post) send(t *testing.T, to, subject string, size int) {
	t.Helper()
	m := outbox.Mail{From: message.Address{Address: "writer@localhost"}, To: message.Address{Address: to + "@localhost"}, Subject: subject, Text: "Bonjour",
		MessageID: fmt.Sprintf("%d.%s@writer.localhost", time.Now().UnixNano(), strings.ReplaceAll(subject, " ", "")), Date: time.Now()}
	if size > 0 {
		m.Attachments = []outbox.Attachment{{Name: "scan.pdf", Type: "application/pdf", Content: bytes.Repeat([]byte("0123456789abcdef"), size/16)}}
	}
	raw, err := outbox.Compose(m)
	if err == nil {
		_, err = p.sender.Send(t.Context(), "writer@localhost", []string{to + "@localhost"}, raw)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// watch runs a watcher until the test ends.
func watch(t *testing.T, b *mailbox.Box, handle mailbox.Handler) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = b.Watch(ctx, handle)
	}()
	t.Cleanup(func() { cancel(); <-done })
}

func subject(m mailbox.Mail) string {
	raw, err := m.Bytes()
	if err != nil {
		return err.Error()
	}
	parsed, err := message.ParseHeader(raw)
	if err != nil {
		return ""
	}
	return parsed.Subject
}

// pause is how long the tests wait between two looks: mox refuses more than a few connections a second.
const pause = 200 * time.Millisecond

// eventually waits until ask says yes.
func eventually(t *testing.T, what string, limit time.Duration, ask func() bool) {
	t.Helper()
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(pause) {
		if ask() {
			return
		}
	}
	t.Fatalf("not within %v: %s", limit, what)
}

// seen collects subjects.
type seen struct {
	sync.Mutex
	list []string
}

func (s *seen) add(subject string) {
	s.Lock()
	defer s.Unlock()
	s.list = append(s.list, subject)
}

func (s *seen) all() []string {
	s.Lock()
	defer s.Unlock()
	return slices.Sorted(slices.Values(s.list))
}

func folder(t *testing.T, b *mailbox.Box, name string) []string {
	t.Helper()
	list, err := b.List(t.Context(), name)
	if err != nil { // mox 0.0.15 drops a session in which a mail arrives between SELECT and SEARCH; the next look succeeds
		t.Log(err)
		return nil
	}
	var subjects []string
	for _, m := range list {
		subjects = append(subjects, subject(m))
	}
	return slices.Sorted(slices.Values(subjects))
}

func TestANewMailIsNoticedAtOnceAndMoved(t *testing.T) {
	p := server(t)
	b := p.box(t, "box0", time.Hour) // the tick never comes: IDLE alone has to notice
	var got seen
	watch(t, b, func(_ context.Context, m mailbox.Mail) (mailbox.Destination, error) {
		got.add(subject(m))
		return "Traités", nil
	})
	time.Sleep(500 * time.Millisecond) // idle by now
	for i := range 3 {
		began := time.Now()
		p.send(t, "box0", fmt.Sprintf("n%d", i), 0)
		for len(got.all()) <= i && time.Since(began) < 5*time.Second {
			time.Sleep(5 * time.Millisecond)
		}
		t.Logf("handled %v after it was submitted", time.Since(began))
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("noticed after %v", took)
		}
	}
	eventually(t, "moved", 5*time.Second, func() bool { return len(folder(t, b, "Traités")) == 3 && len(folder(t, b, "INBOX")) == 0 })
}

func TestMailThatComesWhileAnotherIsHandledIsNotMissed(t *testing.T) {
	p := server(t)
	b := p.box(t, "box5", time.Hour)
	var got seen
	watch(t, b, func(_ context.Context, m mailbox.Mail) (mailbox.Destination, error) {
		time.Sleep(150 * time.Millisecond)
		got.add(subject(m))
		return "Done", nil
	})
	for i := range 13 {
		p.send(t, "box5", fmt.Sprintf("m%02d", i), 0)
		time.Sleep(time.Duration(i*17%90) * time.Millisecond)
	}
	eventually(t, "all handled", 10*time.Second, func() bool { return len(got.all()) >= 12 })
}

func TestWhatCannotBeHandledStaysAndHoldsUpNothing(t *testing.T) {
	p := server(t)
	b := p.box(t, "box1", time.Second)
	var got seen
	refused := 0
	for _, s := range []string{"one", "bad", "two"} {
		p.send(t, "box1", s, 0)
	}
	watch(t, b, func(_ context.Context, m mailbox.Mail) (mailbox.Destination, error) {
		got.add(subject(m))
		if subject(m) == "bad" && refused < 2 {
			refused++
			return "", errors.New("not now")
		}
		return "Done", nil
	})
	eventually(t, "the others are handled", 5*time.Second, func() bool {
		return slices.Contains(got.all(), "one") && slices.Contains(got.all(), "two")
	})
	eventually(t, "the third try succeeds", 10*time.Second, func() bool { return len(folder(t, b, "Done")) == 3 })
	if n := len(got.all()); n != 5 {
		t.Errorf("%d calls, want one each and two more for the bad one: %v", n, got.all())
	}
}

// What another process is taking is waited for, and nothing overtakes it.
func TestNothingOvertakesWhatAnotherIsTaking(t *testing.T) {
	p := server(t)
	b := p.box(t, "box12", time.Hour)
	for _, s := range []string{"1", "2", "3"} {
		p.send(t, "box12", s, 0)
		eventually(t, "it lies in the inbox", 10*time.Second, func() bool { return slices.Contains(folder(t, b, "INBOX"), s) })
	}
	var got seen
	var left atomic.Bool
	waited := 0
	watch(t, b, func(_ context.Context, m mailbox.Mail) (mailbox.Destination, error) {
		if subject(m) == "2" && !left.Load() {
			waited++
			return "", fmt.Errorf("2: %w", mailbox.ErrTaken)
		}
		got.add(subject(m))
		return "Done", nil
	})
	eventually(t, "the first is moved", 5*time.Second, func() bool { return len(folder(t, b, "Done")) == 1 })
	time.Sleep(time.Second)
	if !slices.Equal(got.all(), []string{"1"}) {
		t.Errorf("handled %v while 2 was being taken", got.all())
	}
	left.Store(true)
	eventually(t, "all are moved", 5*time.Second, func() bool { return len(folder(t, b, "Done")) == 3 })
	if !slices.Equal(got.all(), []string{"1", "2", "3"}) || waited < 2 {
		t.Errorf("handled %v, asked %d times", got.all(), waited)
	}
}

func TestTwoWatchersLoseNothing(t *testing.T) {
	p := server(t)
	var got seen
	for range 2 {
		watch(t, p.box(t, "box2", time.Second), func(_ context.Context, m mailbox.Mail) (mailbox.Destination, error) {
			got.add(subject(m))
			return "Done", nil
		})
	}
	var want []string
	for i := range 30 {
		want = append(want, fmt.Sprintf("m%02d", i))
		p.send(t, "box2", want[i], 0)
	}
	b := p.box(t, "box2", time.Second)
	eventually(t, "all moved", 20*time.Second, func() bool { return len(folder(t, b, "Done")) >= 30 })
	eventually(t, "inbox empty", 10*time.Second, func() bool { return len(folder(t, b, "INBOX")) == 0 && len(folder(t, b, "Done")) >= 30 })
	if got := slices.Compact(got.all()); !slices.Equal(got, want) {
		t.Errorf("handled %v", got)
	}
	if done := folder(t, b, "Done"); !slices.Equal(slices.Compact(slices.Clone(done)), want) {
		t.Errorf("moved %v", done)
	}
}

func TestALargeMail(t *testing.T) {
	p := server(t)
	b := p.box(t, "box3", time.Second)
	p.send(t, "box3", "large", 30<<20)
	var size atomic.Int64
	watch(t, b, func(_ context.Context, m mailbox.Mail) (mailbox.Destination, error) {
		size.Store(m.Size)
		return "Done", nil
	})
	eventually(t, "handled", 20*time.Second, func() bool { return size.Load() > 0 })
	if size.Load() < 40<<20 {
		t.Errorf("%d bytes", size.Load())
	}
}

func TestARefusedLoginSaysSo(t *testing.T) {
	p := server(t)
	b, err := mailbox.New(mailbox.Config{Address: p.IMAPAddress, Username: "box4@localhost", Password: "wrong", RootCAs: p.roots})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Once(t.Context(), nil); !errors.Is(err, mailbox.ErrLogin) || strings.Contains(err.Error(), "wrong") {
		t.Errorf("%v", err)
	}
}

func TestPlainTextIsForThisMachineOnly(t *testing.T) {
	if _, err := mailbox.New(mailbox.Config{Address: "mail.example.org:143", TLS: mailbox.Plain}); err == nil {
		t.Error("a password would have gone over the network in the clear")
	}
	if _, err := mailbox.New(mailbox.Config{Address: "mail.example.org"}); err == nil {
		t.Error("an address without a port was taken")
	}
}

func TestAServerThatGoesAwayIsWaitedFor(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a real mail server")
	}
	s, err := devstack.Start(t.Context(), devstack.Options{Servers: devstack.Mox, Data: t.TempDir(), Accounts: []string{"writer", "box"}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Stop() }()
	p := post{Stack: s, roots: server(t).roots}
	text, err := os.ReadFile(s.CAFile)
	if err != nil {
		t.Fatal(err)
	}
	p.roots = x509.NewCertPool()
	p.roots.AppendCertsFromPEM(text)
	if p.sender, err = outbox.New(outbox.Config{Address: s.SubmissionAddress, Username: "writer@localhost", Password: s.Passwords["writer"], RootCAs: p.roots}); err != nil {
		t.Fatal(err)
	}
	b := p.box(t, "box", time.Second)
	var got seen
	watch(t, b, func(_ context.Context, m mailbox.Mail) (mailbox.Destination, error) {
		got.add(subject(m))
		return "Done", nil
	})
	p.send(t, "box", "before", 0)
	eventually(t, "before", 5*time.Second, func() bool { return slices.Contains(got.all(), "before") })
	if err := s.Kill(devstack.Mox); err != nil {
		t.Fatal(err)
	}
	if _, err := p.sender.Send(t.Context(), "writer@localhost", []string{"box@localhost"}, []byte("x")); err == nil || !outbox.Temporary(err) {
		t.Errorf("sending to a server that is down: %v", err)
	}
	if err := s.Restart(t.Context(), devstack.Mox); err != nil {
		t.Fatal(err)
	}
	p.send(t, "box", "after", 0)
	eventually(t, "after", 15*time.Second, func() bool { return slices.Contains(got.all(), "after") })
}
