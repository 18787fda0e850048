// Package storm kills the engine and everything it stands on, at random instants and again and again, while applications come in, and looks
// afterwards whether anything was lost or done twice (docs/reliability.md).
package storm

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"

	"relance/audit"
	"relance/bench"
	"relance/casefile"
	"relance/command"
	"relance/config"
	"relance/desk"
	"relance/devstack"
	"relance/engine"
	"relance/local"
	"relance/mailbox"
	"relance/message"
	"relance/money"
	"relance/outbox"
	"relance/postoffice"
	"relance/reading"
	"relance/starter"
)

var (
	cases = flag.Int("cases", 20, "how many applications")
	kills = flag.Int("kills", 8, "how many kills; applications come in while they last")
	seed  = flag.Uint64("seed", 1, "of the kills: who, and after how long")
)

var quiet = slog.New(slog.DiscardHandler)

// role is the variable that makes this test's program another one: the engine's own, or the mail server.
const role = "STORM_ROLE"

func TestMain(m *testing.M) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	if os.Getenv(role) != "" {
		go func() { // until the test has ended
			_, _ = io.Copy(io.Discard, os.Stdin)
			os.Exit(1)
		}()
	}
	switch os.Getenv(role) {
	case "relance":
		os.Exit(command.Run(ctx, os.Args[1:], os.Stdout, os.Stderr))
	case "postoffice":
		if _, err := postoffice.OpenWith(postoffice.Config{Accounts: []string{local.Account, account}, Journal: os.Args[1], IMAP: os.Args[2], SMTP: os.Args[3]}); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		<-ctx.Done()
		os.Exit(0)
	}
	stop()
	os.Exit(m.Run())
}

// TestNothingIsLostAndNothingTwice lets applications of every kind come in while two workers, two starters, Temporal, the object store and the mail
// server are killed. Afterwards each application is one case with one decision, each mail has been written once, the money is exact, and the audit
// finds nothing: as if nobody had been killed.
func TestNothingIsLostAndNothingTwice(t *testing.T) {
	if testing.Short() {
		t.Skip("starts the real servers")
	}
	limit := 4 * time.Minute
	if deadline, ok := t.Deadline(); ok {
		limit = time.Until(deadline) - 20*time.Second
	}
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	s := build(ctx, t)
	var running sync.WaitGroup
	running.Go(func() { s.applyAll(ctx) })
	killed := s.kill()
	s.wait(ctx, "decisions", func() bool { return s.decided() == *cases-s.of(question) })
	t.Logf("seed %d: %d applications, killed %v", *seed, *cases, killed)
	s.judge(ctx)
	cancel()
	running.Wait()
}

// The kinds of mail that come in, in turn.
const (
	granted    = iota
	incomplete // documents are missing, and come when they are asked for
	rejected
	twice    // the same mail is delivered twice
	question // that belongs to no case
	kinds
)

// wanted are the mails that an application of each kind is answered with.
var wanted = [kinds][]string{
	granted:    {"acknowledgement", "charter", "charter-signed", "grant"},
	incomplete: {"acknowledgement", "charter", "charter-signed", "grant"},
	rejected:   {"acknowledgement", "charter", "charter-signed", "reject"},
	twice:      {"acknowledgement", "charter", "charter-signed", "grant"},
}

// rent is what each firm pays a month, in cents: three of them are granted. No two are the same, so that one grant cannot pass for another.
func rent(i int) int64 { return 30000 + int64(i) }

const account = "banc"

type storm struct {
	*testing.T
	local   *local.Local
	desk    *desk.Desk
	members []*member // the processes that are killed, with the servers
	sender  *outbox.Sender
	papers  []outbox.Attachment

	mu      sync.Mutex
	written map[string][]byte                  // by Message-ID: what applicants have written
	got     map[int]map[string]map[string]bool // by number of the application, name of the mail, Message-ID
	refs    map[int]map[string]bool            // by number: the references that its mails name
	told    map[int]error                      // by number: what the officer was told last, where it was no answer
}

// of counts the applications of a kind.
func (s *storm) of(kind int) (n int) {
	for i := range *cases {
		if i%kinds == kind {
			n++
		}
	}
	return n
}

// member is a process that can be killed and started again.
type member struct {
	name  string
	start func() error
	kill  func() error
}

// build starts the servers, the mail server and two of each of the engine's processes.
func build(ctx context.Context, t *testing.T) *storm {
	s := &storm{T: t, got: map[int]map[string]map[string]bool{}, refs: map[int]map[string]bool{}, told: map[int]error{}, written: map[string][]byte{}}
	imap, smtp := free(t), free(t)
	data := t.TempDir()
	office := s.process("mail", "postoffice", filepath.Join(data, "mail.journal"), imap, smtp)
	s.must(office.start())
	for name, value := range map[string]string{"MAIL_ADDRESS": local.Account + "@localhost", "MAIL_AUTHSERV": "localhost", "MAIL_DKIM": "off",
		"IMAP_ADDRESS": imap, "IMAP_TLS": "plain", "IMAP_USERNAME": local.Account + "@localhost", "IMAP_PASSWORD": postoffice.Password, "IMAP_TICK": "2s",
		"SMTP_ADDRESS": smtp, "SMTP_TLS": "plain", "SMTP_USERNAME": local.Account + "@localhost", "SMTP_PASSWORD": postoffice.Password} {
		t.Setenv("RELANCE_"+name, value)
	}
	var err error
	s.local, err = local.Start(ctx, local.Options{Data: data, OwnMail: true, Log: quiet})
	s.must(err)
	t.Cleanup(func() { _ = s.local.Close() })
	s.must(local.Adopt(data)) // for the processes, which inherit it
	s.desk = &desk.Desk{Temporal: s.local.Engine.Temporal, Archive: s.local.Engine.Archive}
	for _, name := range []string{"worker", "starter"} {
		for i := range 2 {
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
	s.papers, err = bench.Papers()
	s.must(err)
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

func free(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func (s *storm) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// process is this program in another role.
func (s *storm) process(name, as string, args ...string) *member {
	log := filepath.Join(s.TempDir(), "log")
	var cmd *exec.Cmd
	m := &member{name: name}
	m.start = func() error {
		program, err := os.Executable()
		if err != nil {
			return err
		}
		out, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		defer out.Close()
		cmd = exec.Command(program, args...)
		cmd.Env, cmd.Stdout, cmd.Stderr = append(os.Environ(), role+"="+as), out, out
		if _, err := cmd.StdinPipe(); err != nil { // it closes when this process ends, however that comes about
			return err
		}
		return cmd.Start()
	}
	m.kill = func() error {
		err := cmd.Process.Kill()
		_ = cmd.Wait()
		return err
	}
	s.Cleanup(func() {
		_ = m.kill()
		if s.Failed() {
			text, _ := os.ReadFile(log)
			s.Logf("%s:\n%s", name, text[max(0, len(text)-3000):])
		}
	})
	return m
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

// applyAll sends the applications over the time that the kills take.
func (s *storm) applyAll(ctx context.Context) {
	every := time.Duration(*kills) * 2 * time.Second / time.Duration(*cases)
	for i := range *cases {
		m := outbox.Mail{From: address(i), To: message.Address{Address: s.local.Engine.Addresses().Scheme("rebond")}, Subject: "Demande",
			Text: bench.Application(i, money.Cents(rent(i)).Format()), MessageID: fmt.Sprintf("%d.%d@banc.localhost", *seed, i), Attachments: s.papers}
		switch i % kinds {
		case incomplete:
			m.Attachments = m.Attachments[:2]
		case question:
			m.To.Address, m.Subject, m.Text, m.Attachments = local.Account+"@localhost", "Question", "Bonjour, quels sont vos horaires ?", nil
		}
		copies := 1
		if i%kinds == twice {
			copies = 2
		}
		s.post(ctx, m, copies)
		time.Sleep(every)
	}
}

func address(i int) message.Address {
	return message.Address{Name: "Banc", Address: fmt.Sprintf("%s+%d@localhost", account, i)}
}

// post hands a mail over, so many times, and again until somebody has taken it, as a person's mail program does: where an answer is lost, that is
// one delivery more. A mail is written once: one that is posted again is the same.
func (s *storm) post(ctx context.Context, m outbox.Mail, copies int) {
	s.mu.Lock()
	raw, written := s.written[m.MessageID]
	if !written {
		m.Date = time.Now()
		var err error
		if raw, err = outbox.Compose(m); err != nil {
			s.Error(err)
		}
		s.written[m.MessageID] = raw
	}
	s.mu.Unlock()
	for copies > 0 && ctx.Err() == nil {
		if _, err := s.sender.Send(ctx, account+"@localhost", []string{m.To.Address}, raw); err != nil {
			time.Sleep(500 * time.Millisecond)
			continue
		}
		copies--
	}
}

// read plays the applicant, and the officer where a charter is signed.
func (s *storm) read(ctx context.Context, raw mailbox.Mail) (mailbox.Destination, error) {
	m, err := message.Read(raw.Reader())
	if err != nil {
		return "", err
	}
	var i int
	if _, err := fmt.Sscanf(m.To[0].Address, account+"+%d@", &i); err != nil {
		return "Lus", nil
	}
	local, _, _ := strings.Cut(m.MessageID, "@")
	name, reference := local[strings.LastIndexByte(local, '.')+1:], casefile.FindReference(m.Subject)
	s.mu.Lock()
	if s.got[i] == nil {
		s.got[i], s.refs[i] = map[string]map[string]bool{}, map[string]bool{}
	}
	if s.got[i][name] == nil {
		s.got[i][name] = map[string]bool{}
	}
	s.got[i][name][m.MessageID] = true
	s.refs[i][reference] = true
	s.mu.Unlock()
	back := outbox.Mail{From: address(i), To: m.ReplyTo, Subject: "Re: " + m.Subject, MessageID: "re." + m.MessageID, InReplyTo: m.MessageID, References: append(m.References, m.MessageID)}
	switch {
	case name == "acknowledgement" && i%kinds == incomplete:
		back.Text, back.Attachments = "Bonjour,\n\nVoici les pièces qui manquaient.", s.papers[2:]
		s.post(ctx, back, 1)
	case name == "charter":
		back.Text = reading.PhraseIn(m.Text)
		s.post(ctx, back, 1)
	case name == "charter-signed":
		go s.decide(ctx, reference, i)
	}
	return "Lus", nil
}

// decide takes the decision, and tries again until it is answered, under one key.
func (s *storm) decide(ctx context.Context, reference string, i int) {
	for ; ctx.Err() == nil; time.Sleep(time.Second) {
		try, cancel := context.WithTimeout(ctx, 20*time.Second)
		var err error
		if i%kinds == rejected {
			_, err = s.desk.Act(try, reference, casefile.Reject, casefile.Act{By: "agent-01", ID: "storm", Grounds: []string{"effectif"}})
		} else {
			_, err = s.desk.Act(try, reference, casefile.Approve, casefile.Act{By: "agent-01", ID: "storm"})
		}
		cancel()
		if err == nil {
			return
		}
		s.mu.Lock()
		s.told[i] = err
		s.mu.Unlock()
	}
}

func (s *storm) decided() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, mails := range s.got {
		if len(mails["grant"])+len(mails["reject"]) > 0 {
			n++
		}
	}
	return n
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
				if i%kinds != question && len(s.got[i]["grant"])+len(s.got[i]["reject"]) == 0 {
					s.Logf("application %d (kind %d) of %v has got %v; the officer was told: %v", i, i%kinds, slices.Collect(maps.Keys(s.refs[i])), slices.Sorted(maps.Keys(s.got[i])), s.told[i])
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
	s.wait(ctx, "a clean audit", func() bool {
		try, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		report, err := audit.Run(try, s.local.Engine, audit.Options{Deep: true, Grace: 3 * time.Second})
		for _, f := range report.Findings {
			s.Logf("%s %s %s %s", f.Code, f.Case, f.Object, f.Detail)
		}
		return err == nil && len(report.Findings) == 0
	})
	s.judgeQueue(ctx)
	s.judgeMails()
	s.judgeMoney(ctx)
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
		if i%kinds == question {
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
		if i%kinds == question {
			continue
		}
		if len(s.refs[i]) != 1 {
			s.Errorf("application %d has the cases %v", i, s.refs[i])
		}
		if got := slices.Sorted(maps.Keys(s.got[i])); !slices.Equal(got, wanted[i%kinds]) {
			s.Errorf("application %d was answered with %v, not %v", i, got, wanted[i%kinds])
		}
		for name, ids := range s.got[i] {
			if len(ids) != 1 {
				s.Errorf("application %d got %d different mails %s: %v", i, len(ids), name, ids)
			}
		}
	}
}

// judgeMoney: there are as many cases as applications, and the fund's book has committed what their grants are, to the cent.
func (s *storm) judgeMoney(ctx context.Context) {
	lines, err := s.desk.List(ctx, desk.Filter{})
	s.must(err)
	if want := *cases - s.of(question); len(lines) != want {
		s.Errorf("%d cases, not %d", len(lines), want)
	}
	amounts := map[string]int64{}
	for _, l := range lines {
		amounts[l.Reference] = l.Amount
	}
	var sum int64
	for i := range *cases {
		if i%kinds == question || i%kinds == rejected {
			continue
		}
		cents := 3 * rent(i)
		sum += cents
		for reference := range s.refs[i] {
			if amounts[reference] != cents {
				s.Errorf("application %d, %s, was granted %d, not %d", i, reference, amounts[reference], cents)
			}
		}
	}
	head, err := s.desk.Plan(ctx, s.local.Engine.Catalogue.Plan.ID)
	s.must(err)
	if got := head.Lines["fonds-rebond"]; got.Committed != sum || got.Reserved != 0 {
		s.Errorf("the fund's book says %+v: not %d committed", got, sum)
	}
}
