package round_test

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"relance/domain/competition"
	"relance/domain/round"
	"relance/domain/scheme"
	"relance/local/run"
	"relance/mail/mailbox"
	"relance/mail/message"
	"relance/mail/outbox"
	"relance/office/desk"
	"relance/process/config"
	"relance/process/engine"
	"relance/process/histories"
	"relance/store/vault"
)

// stage is one run of the call with everything around it.
type stage struct {
	t      *testing.T
	data   string // folder of the local engine
	l      *run.Local
	desk   *desk.Desk
	scheme *scheme.Scheme

	mu   sync.Mutex
	said map[competition.Pair]map[string]int64 // what the members have given, by their own books
	bar  []competition.Pair
}

// record keeps, with RELANCE_RECORD, the histories of the session, its candidates and the plan for the replay tests (docs/versioning.md).
func (s *stage) record(prefix string) {
	r := histories.Recorder{Temporal: s.l.Engine.Temporal, Codec: vault.NewCodec(s.l.Engine.Keys), Folder: os.Getenv("RELANCE_RECORD")}
	if r.Folder == "" {
		return
	}
	names, err := r.KeepAll(s.t.Context(), prefix)
	if err != nil {
		s.t.Error(err)
	}
	s.t.Logf("kept %v", names)
}

func open(t *testing.T) *stage { return openWith(t, run.Options{Day: 1500 * time.Millisecond}) }

func openWith(t *testing.T, o run.Options) *stage {
	accounts := []string{account}
	for m := range members {
		accounts = append(accounts, fmt.Sprintf("jury%02d", m+1))
	}
	data := t.TempDir()
	o.Data, o.Applicants, o.Log = data, accounts, logger(t)
	l, err := run.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	s := &stage{t: t, data: data, l: l, said: map[competition.Pair]map[string]int64{},
		desk: &desk.Desk{Temporal: l.Engine.Temporal, Archive: l.Engine.Archive, Clock: l.Engine.Config.Clock()}}
	if s.scheme, err = l.Engine.Catalogue.Find(schemeID); err != nil {
		t.Fatal(err)
	}
	return s
}

// logger keeps what the engine warns of, for a person who looks for a fault (RELANCE_TEST_OUT).
func logger(t *testing.T) *slog.Logger {
	folder := os.Getenv("RELANCE_TEST_OUT")
	if folder == "" {
		return quiet
	}
	f, err := os.Create(filepath.Join(folder, "engine.log"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return slog.New(slog.NewTextHandler(f, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// window opens the session now and closes it after so long; it gives the real closing.
func (s *stage) window(open time.Duration) time.Time {
	clock := s.l.Engine.Config.Clock()
	closes := time.Now().Add(open)
	legal := func(at time.Time) scheme.Minute { return scheme.Minute{Time: clock.Legal(at)} }
	s.scheme.Call.Sessions = []scheme.Session{{ID: "1", Opens: legal(time.Now().Add(-time.Minute)), Closes: legal(closes), Envelope: scheme.Amount(envelope)}}
	s.scheme.Call.LateHours = 24 * 30 // half a minute of this clock is twenty days
	for i := range s.scheme.Call.Panel {
		s.scheme.Call.Panel[i].Email = fmt.Sprintf("jury%02d@localhost", i+1)
	}
	return closes
}

func (s *stage) sender(name string) *outbox.Sender {
	sender, err := engine.Outbox(s.l.Smtp(name), name+"@localhost")
	if err != nil {
		s.t.Fatal(err)
	}
	return sender
}

// mailbox is one of those who take part.
func (s *stage) mailbox(name string) *mailbox.Box {
	c := config.Defaults()
	c.IMAP.Server = s.l.Imap(name)
	box, err := engine.Mailbox(c, quiet)
	if err != nil {
		s.t.Fatal(err)
	}
	return box
}

// box reads a mailbox; the engine's own tests know why it is tried again.
func (s *stage) box(name string) []*message.Message {
	box := s.mailbox(name)
	var mails []mailbox.Mail
	for range 3 {
		var err error
		if mails, err = box.List(s.t.Context(), "INBOX"); err == nil {
			break
		}
	}
	var list []*message.Message
	for _, m := range mails {
		if parsed, err := message.Read(m.Reader()); err == nil {
			list = append(list, parsed)
		}
	}
	return list
}

func (s *stage) post(sender *outbox.Sender, m outbox.Mail) {
	sent.Lock()
	sent.n++
	m.MessageID = fmt.Sprintf("%d.%d@contest.localhost", time.Now().UnixNano(), sent.n)
	sent.Unlock()
	raw, err := outbox.Compose(m)
	if err == nil {
		_, err = sender.Send(s.t.Context(), m.From.Address, []string{m.To.Address}, raw)
	}
	if err != nil {
		s.t.Error(err)
	}
}

// until waits for the session.
func (s *stage) until(what string, most time.Duration, is func(round.State) bool) round.State {
	s.t.Helper()
	begin := time.Now()
	for {
		c, err := s.desk.Call(s.t.Context(), callID)
		if err == nil && is(c) {
			s.t.Logf("%s after %v", what, time.Since(begin).Round(100*time.Millisecond))
			return c
		}
		if time.Since(begin) > most {
			s.t.Fatalf("%s: not within %v (%v): stage %s, %d candidates, %d sheets missing, concerns %v", what, most, err, c.Stage, len(c.Candidates), len(c.Missing("")), c.Concerns)
		}
		time.Sleep(200 * time.Millisecond)
	}
}
