// Package storm kills the engine and everything it stands on, at random instants and again and again, while applications come in, and looks
// afterwards whether anything was lost or done twice (docs/reliability.md).
package storm

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"

	"relance/local/bench"
	"relance/local/devstack"
	"relance/local/postoffice"
	"relance/local/run"
	"relance/mail/message"
	"relance/mail/outbox"
	"relance/office/audit"
	"relance/office/desk"
	"relance/process/config"
	"relance/process/engine"
	"relance/starter"
)

var (
	cases = flag.Int("cases", 22, "how many applications")
	kills = flag.Int("kills", 8, "how many kills; applications come in while they last")
	seed  = flag.Uint64("seed", 1, "of the kills: who, and after how long")
)

var quiet = slog.New(slog.DiscardHandler)

// TestNothingIsLostAndNothingTwice lets applications of every kind come in while two workers, two starters, Temporal, the object store and the mail
// server are killed. Afterwards each application is one case with one decision, each mail has been written once, the money is exact, and the audit
// finds nothing: as if nobody had been killed.
func TestNothingIsLostAndNothingTwice(t *testing.T) {
	ctx := limited(t, 4*time.Minute)
	s := build(ctx, t, newApplicants(t), 2)
	s.run(ctx, time.Duration(*kills)*2*time.Second/time.Duration(*cases), func() {
		t.Logf("seed %d: %d applications, killed %v", *seed, *cases, s.kill())
	})
}

// limited ends with the test, and some time before it would be cut off without a word.
func limited(t *testing.T, limit time.Duration) context.Context {
	if testing.Short() {
		t.Skip("starts the real servers")
	}
	if deadline, ok := t.Deadline(); ok {
		limit = time.Until(deadline) - 20*time.Second
	}
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	t.Cleanup(cancel)
	return ctx
}

const account = "banc"

// applicants are what all runs of a test have in common: the same applications to the byte, and so the same references.
type applicants struct {
	papers []outbox.Attachment
	date   time.Time         // of all mails
	sent   map[string][]byte // the applications, by Message-ID
}

func newApplicants(t *testing.T) applicants {
	papers, err := bench.Papers()
	if err != nil {
		t.Fatal(err)
	}
	return applicants{papers, time.Now(), map[string][]byte{}}
}

type storm struct {
	*testing.T
	applicants
	data    string
	local   *run.Local
	desk    *desk.Desk
	members []*member // the processes that are killed, with the servers
	sender  *outbox.Sender
	again   int // how many mails were handed to their cases once more

	mu       sync.Mutex
	once     bool                               // a mail that comes again is not answered again: people see that they have it
	written  map[string][]byte                  // by Message-ID: what applicants have answered
	got      map[int]map[string]map[string]bool // by number of the application, name of the mail, Message-ID
	refs     map[int]map[string]bool            // by number: the references that its mails name
	charters map[int]*message.Message           // by number: those that are signed later
	told     map[int]error                      // by number: what the officer was told last, where it was no answer
	acted    map[int]int                        // by number: how many actions of the officer were carried out
}

// build starts the servers, the mail server and so many of each of the engine's processes.
func build(ctx context.Context, t *testing.T, a applicants, each int) *storm {
	s := &storm{T: t, applicants: a, data: t.TempDir(), got: map[int]map[string]map[string]bool{}, refs: map[int]map[string]bool{},
		told: map[int]error{}, acted: map[int]int{}, written: map[string][]byte{}, charters: map[int]*message.Message{}}
	imap, smtp := free(t), free(t)
	office := s.process("mail", "postoffice", filepath.Join(s.data, "mail.journal"), imap, smtp)
	s.must(office.start())
	for name, value := range map[string]string{"MAIL_ADDRESS": run.Account + "@localhost", "MAIL_AUTHSERV": "localhost", "MAIL_DKIM": "off",
		"IMAP_ADDRESS": imap, "IMAP_TLS": "plain", "IMAP_USERNAME": run.Account + "@localhost", "IMAP_PASSWORD": postoffice.Password, "IMAP_TICK": "2s",
		"SMTP_ADDRESS": smtp, "SMTP_TLS": "plain", "SMTP_USERNAME": run.Account + "@localhost", "SMTP_PASSWORD": postoffice.Password} {
		t.Setenv("RELANCE_"+name, value)
	}
	var err error
	s.local, err = run.Start(ctx, run.Options{Data: s.data, OwnMail: true, Log: quiet})
	s.must(err)
	t.Cleanup(func() { _ = s.local.Close() })
	s.desk = &desk.Desk{Temporal: s.local.Engine.Temporal, Archive: s.local.Engine.Archive}
	for _, name := range []string{"worker", "starter"} {
		for i := range each {
			m := s.process(fmt.Sprintf("%s %d", name, i+1), "relance", name)
			s.must(m.start())
			s.members = append(s.members, m)
		}
	}
	s.members = append(s.members, office)
	for _, server := range []devstack.Server{devstack.Temporal, devstack.MinIO} {
		s.members = append(s.members, &member{name: server.String(), start: func() error { return s.local.Stack.Restart(ctx, server) },
			kill: func() error { return s.local.Stack.Kill(server) }})
	}
	s.sender, err = engine.Outbox(config.Server{Address: smtp, Username: account + "@localhost", Password: postoffice.Password, TLS: "plain"}, account+"@localhost")
	s.must(err)
	c := config.Defaults()
	c.IMAP.Server = config.Server{Address: imap, Username: account + "@localhost", Password: postoffice.Password, TLS: "plain"}
	c.IMAP.Tick = time.Second
	box, err := engine.Mailbox(c, quiet)
	s.must(err)
	go func() { _ = box.Watch(ctx, s.read) }()
	return s
}

// run lets the applications come in while somebody disturbs, waits until each has got its last answer, and judges what became of them.
func (s *storm) run(ctx context.Context, every time.Duration, disturb func()) {
	applying, stop := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() { s.applyAll(applying, every) })
	defer running.Wait()
	defer stop()
	disturb()
	s.wait(ctx, "the last answers", func() bool {
		for i := range *cases {
			if !s.answered(i) {
				return false
			}
		}
		return true
	})
	s.wait(ctx, "the last stages", func() bool { return s.ended(ctx) }) // a mail may be there before the worker that was killed could say so
	s.judge(ctx)
}

// ended tells whether Temporal lists each case at the stage that it ends in.
func (s *storm) ended(ctx context.Context) bool {
	lines, err := s.desk.List(ctx, desk.Filter{})
	stages := map[string]string{}
	for _, l := range lines {
		stages[l.Reference] = l.Stage
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range *cases {
		for reference := range s.refs[i] {
			if isCase(kindOf(i)) && stages[reference] != string(kindOf(i).stage) {
				return false
			}
		}
	}
	return err == nil
}

func (s *storm) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// kill kills one after another, every fourth time two at once, and starts them again after a while.
func (s *storm) kill() map[string]int {
	random := rand.New(rand.NewPCG(*seed, *seed))
	killed := map[string]int{}
	for n := 0; n < *kills; {
		pause, down := time.Duration(500+random.IntN(2500))*time.Millisecond, time.Duration(random.IntN(2000))*time.Millisecond
		victims := random.Perm(len(s.members))[:1+random.IntN(4)/3]
		slices.Sort(victims)
		slices.Reverse(victims) // servers first: the engine's processes do not start without them
		time.Sleep(pause)
		for _, i := range victims {
			if err := s.members[i].kill(); err != nil {
				s.Errorf("%s: %v", s.members[i].name, err)
			}
			killed[s.members[i].name]++
			n++
		}
		time.Sleep(down)
		for _, i := range victims {
			if err := s.members[i].start(); err != nil {
				s.Errorf("%s does not start again: %v", s.members[i].name, err)
				return killed
			}
		}
	}
	return killed
}

// wait waits for something that has to come.
func (s *storm) wait(ctx context.Context, what string, there func() bool) {
	s.Helper()
	for !there() {
		select {
		case <-ctx.Done():
			s.mu.Lock()
			defer s.mu.Unlock()
			for i := range *cases {
				if len(s.got[i]) < len(kindOf(i).wanted) || s.told[i] != nil || what == "the last stages" {
					s.Log(s.applicant(i))
					for reference := range s.refs[i] {
						s.explain(reference)
					}
				}
			}
			s.Fatalf("waited in vain for %s (seed %d)", what, *seed)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// explain tells how a case stands that does not go on.
func (s *storm) explain(reference string) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	state, err := s.desk.State(ctx, reference)
	s.Logf("%s: %s, %v", reference, state.Stage, err)
	about, err := s.local.Engine.Temporal.DescribeWorkflowExecution(ctx, reference, "")
	s.Logf("pending: %v, %v, %v", about.GetPendingActivities(), about.GetPendingWorkflowTask(), err)
	for history := s.local.Engine.Temporal.GetWorkflowHistory(ctx, reference, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT); history.HasNext(); {
		e, err := history.Next()
		if err != nil {
			return
		}
		s.Logf("%d %s %s", e.GetEventId(), e.GetEventTime().AsTime().Format("15:04:05.0"), e.GetEventType())
	}
}

// judge looks at what became of everything.
func (s *storm) judge(ctx context.Context) {
	s.audit(ctx)
	s.judgeQueue(ctx)
	s.judgeMails()
	s.judgeMoney(ctx)
}

// audit waits until an audit that reads every byte finds nothing.
func (s *storm) audit(ctx context.Context) {
	s.wait(ctx, "a clean audit", func() bool {
		try, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		report, err := audit.Run(try, s.local.Engine, audit.Options{Deep: true, Grace: 3 * time.Second})
		for _, f := range report.Findings {
			s.Logf("%s %s %s %s", f.Code, f.Case, f.Object, f.Detail)
		}
		return err == nil && len(report.Findings) == 0
	})
}

// judgeQueue: each question lies in the queue once, and nothing else does.
func (s *storm) judgeQueue(ctx context.Context) {
	asides, err := s.local.Engine.Mailroom().Asides(ctx, starter.Unassigned, true)
	s.must(err)
	var got, want []string
	for _, a := range asides {
		got = append(got, a.From)
	}
	for i := range *cases {
		if !isCase(kindOf(i)) {
			want = append(want, address(i).Address)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if got = slices.Compact(got); !slices.Equal(got, want) { // one whose delivery was cut off lies there twice: as two deliveries
		s.Errorf("in the queue lie mails of %v, not of %v", got, want)
	}
}

// judgeMails: each applicant has one case, and has got what he gets where nobody is killed.
func (s *storm) judgeMails() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range *cases {
		k := kindOf(i)
		if !isCase(k) {
			continue
		}
		if len(s.refs[i]) != 1 {
			s.Errorf("application %d has the cases %v", i, s.refs[i])
		}
		if got := slices.Sorted(maps.Keys(s.got[i])); !slices.Equal(got, slices.Sorted(slices.Values(k.wanted))) {
			s.Errorf("application %d (%s) was answered with %v, not %v", i, k.name, got, k.wanted)
		}
		for name, ids := range s.got[i] {
			if len(ids) != 1 {
				s.Errorf("application %d got %d different mails %s: %v", i, len(ids), name, ids)
			}
		}
	}
}

// judgeMoney: there are as many cases as applications, each at the stage and with the sum that it has where nobody is killed, and the fund's book
// has committed what their grants are, to the cent.
func (s *storm) judgeMoney(ctx context.Context) {
	lines, err := s.desk.List(ctx, desk.Filter{})
	s.must(err)
	if want := of(isCase); len(lines) != want {
		s.Errorf("%d cases, not %d", len(lines), want)
	}
	found := map[string]desk.Line{}
	for _, l := range lines {
		found[l.Reference] = l
	}
	var sum int64
	for i := range *cases {
		k, cents := kindOf(i), int64(0)
		if k.grants {
			cents = 3 * rent(i)
			sum += cents
		}
		for reference := range s.refs[i] {
			if l := found[reference]; l.Stage != string(k.stage) || l.Amount != cents {
				s.Errorf("application %d (%s), %s, is %s with %d cents, not %s with %d", i, k.name, reference, l.Stage, l.Amount, k.stage, cents)
			}
		}
	}
	head, err := s.desk.Plan(ctx, s.local.Engine.Catalogue.Plan.ID)
	s.must(err)
	if got := head.Lines["fonds-rebond"]; got.Committed != sum || got.Reserved != 0 {
		s.Errorf("the fund's book says %+v: not %d committed", got, sum)
	}
}
