// Package outage takes away what the engine stands on, one after another, while applications come in, and looks whether anything is lost or done
// twice, whether anything spins, whether the reason shows, and whether work resumes by itself (docs/operations.md).
package outage

import (
	"cmp"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/proto"

	"relance/domain/casefile"
	"relance/local/devstack"
	"relance/local/postoffice"
	"relance/mail/message"
	"relance/observe/health"
	"relance/office/audit"
	"relance/process/engine"
	"relance/process/histories"
	"relance/store/vault"
)

// TestOutages lets two worlds, of one worker and one starter each, live through outages.
func TestOutages(t *testing.T) {
	if testing.Short() {
		t.Skip("starts the real servers")
	}
	one, other := build(t), build(t)
	t.Setenv("TMPDIR", cmp.Or(other.spoolDisk, os.TempDir()))
	type steps []struct {
		name string
		run  func(*testing.T)
	}
	var both sync.WaitGroup
	live := func(w *world, what string, steps steps) {
		both.Go(func() {
			t.Run(what, func(t *testing.T) {
				for _, step := range steps {
					if !t.Run(step.name, step.run) {
						return
					}
				}
				w.judge(t)
			})
		})
	}
	one.begin(t)
	live(one, "those it speaks with", steps{{"Temporal's disk is full", one.temporalFull}, {"mails are put off", one.sending}, {"the mail server refuses the login", one.sendingLogin},
		{"the mailbox refuses the login", one.mailbox}, {"the mailbox is away while mails are sent", one.copies}})
	must(t, other.store.Break(devstack.Refuses))
	must(t, other.temporal.Break(devstack.Cuts))
	other.begin(t)
	live(other, "where it keeps things", steps{{"nothing is there at the start", other.start}, {"Temporal breaks connections", other.temporalAway}, {"the object store breaks connections", other.storeAway},
		{"the object store is full", other.storeFull}, {"the disk is full", other.diskFull}, {"the worker's clock jumps", other.clock},
		{"the mail server's clock jumps", other.mailClock}})
	both.Wait()
}

// begin starts the processes.
func (w *world) begin(t *testing.T) {
	w.worker = w.run(t, engine.Worker, (*engine.Engine).Worker)
	w.starter = w.run(t, engine.Starter, (*engine.Engine).Starter)
}

func (w *world) start(t *testing.T) {
	w.apply(t, 2, 0)
	both := []*engine.Engine{w.worker, w.starter}
	for _, e := range both {
		told(t, e, health.Starting, health.Archive, health.Refused)
	}
	must(t, w.store.Break(devstack.Whole))
	for _, e := range both {
		told(t, e, health.Starting, health.Temporal, health.Unreachable, health.Timeout)
	}
	few(t, "connections to Temporal", 40, w.temporal.Opened)
	must(t, w.temporal.Break(devstack.Whole))
	w.answered(t)
	for _, e := range both {
		well(t, e)
	}
}

// Six cases have mails to send: one of them tries for all.
func (w *world) sending(t *testing.T) {
	w.office.Trouble(authority, postoffice.Trouble{Code: 451, Enhanced: [3]int{4, 3, 0}, Text: "no room for <" + applicant + "+0@localhost>"})
	w.apply(t, 6, 0)
	if d := told(t, w.worker, health.Degraded, health.SMTP, health.Refusing); d.Code != "451 4.3.0" || strings.Contains(d.Says, applicant) {
		t.Errorf("%+v", d)
	}
	few(t, "mails refused", 6, func() int { return w.office.Refused(authority) })
	w.readable(t, "smtp_4xx", "puts off the mails that it is given (451 4.3.0)")
	w.office.Trouble(authority, postoffice.Trouble{})
	w.answered(t)
	well(t, w.worker)
	if begins, ends := w.lines("outage", health.SMTP), w.lines(`"outage over"`, health.SMTP); begins != 1 || ends != 1 {
		t.Errorf("the log says %d times that it began, and %d times that it ended", begins, ends)
	}
}

func (w *world) sendingLogin(t *testing.T) {
	w.login(t, w.worker, w.smtp, health.Degraded, health.SMTP)
}

func (w *world) mailbox(t *testing.T) {
	w.login(t, w.starter, w.imap, health.Waiting, health.IMAP)
}

// login lets a mail server refuse the authority's login, at first to those who come anew.
func (w *world) login(t *testing.T, e *engine.Engine, line *devstack.Line, status health.Status, of health.Dependency) {
	w.office.Trouble(authority, postoffice.Trouble{Login: true})
	must(t, line.Break(devstack.Cuts)) // the connections that are logged in
	must(t, line.Break(devstack.Whole))
	w.apply(t, 2, 0)
	told(t, e, status, of, health.Login)
	few(t, "logins refused", 4, func() int { return w.office.Refused(authority) })
	w.office.Trouble(authority, postoffice.Trouble{})
	w.answered(t)
	well(t, e)
}

// A mail is sent while the folder for copies cannot be reached: its copy is kept afterwards, which the audit sees.
func (w *world) copies(t *testing.T) {
	w.office.Trouble(authority, postoffice.Trouble{Code: 451, Enhanced: [3]int{4, 3, 0}, Text: "later"})
	w.apply(t, 1, 0)
	told(t, w.worker, health.Degraded, health.SMTP, health.Refusing) // it has been read
	must(t, w.imap.Break(devstack.Cuts))
	w.office.Trouble(authority, postoffice.Trouble{})
	w.answered(t)
	w.readable(t, "imap", "The mailbox's server")
	must(t, w.imap.Break(devstack.Whole))
	well(t, w.starter)
	eventually(t, "a copy of each mail", func() bool {
		kept := w.kept(t)
		return !slices.ContainsFunc(w.mails(t, applicant), func(m *message.Message) bool { return !kept[m.MessageID] })
	})
}

func (w *world) storeAway(t *testing.T) {
	must(t, w.store.Break(devstack.Cuts))
	w.apply(t, 6, 0)
	told(t, w.starter, health.Waiting, health.Archive, health.Cut)
	w.wait(t, "connections to the object store", 40, w.store.Opened)
	must(t, w.store.Break(devstack.Whole))
	w.answered(t)
	well(t, w.worker)
	well(t, w.starter)
}

// wait counts how often something is tried while no message can be taken, and how often messages are fetched: one at a time, to see.
func (w *world) wait(t *testing.T, what string, most int, count func() int) {
	t.Helper()
	lying := w.mails(t, authority)
	if len(lying) != 6 {
		t.Errorf("%d mails wait in the inbox", len(lying))
	}
	before := w.fetched.Load()
	few(t, what, most, count)
	size := 0
	for _, a := range w.papers {
		size += len(a.Content) * 4 / 3
	}
	bytes := w.fetched.Load() - before
	t.Logf("%d bytes fetched meanwhile; one application has some %d", bytes, size)
	if bytes > int64(4*size) {
		t.Errorf("%d bytes fetched while none can be taken: more than four of the six messages", bytes)
	}
}

func (w *world) storeFull(t *testing.T) {
	if w.noDisk != nil {
		t.Skipf("no small disk to fill: %v", w.noDisk)
	}
	free := fill(t, w.storeDisk)
	w.apply(t, 1, 0)
	if d := told(t, w.starter, health.Waiting, health.Archive, health.Full); d.Code == "" {
		t.Errorf("%+v", d)
	}
	few(t, "requests of the object store", 60, func() int { return int(w.asked.Load()) })
	told(t, w.starter, health.Waiting, health.Archive, health.Full) // though it answers those who ask how it does
	free()
	w.answered(t)
	well(t, w.worker)
	well(t, w.starter)
}

func (w *world) temporalAway(t *testing.T) {
	must(t, w.temporal.Break(devstack.Cuts))
	w.apply(t, 6, 0)
	told(t, w.starter, health.Waiting, health.Temporal, health.Unreachable)
	told(t, w.worker, health.Waiting, health.Temporal, health.Unreachable)
	w.wait(t, "connections to Temporal", 40, w.temporal.Opened)
	must(t, w.temporal.Break(devstack.Whole))
	w.answered(t)
	well(t, w.worker)
	well(t, w.starter)
}

func (w *world) temporalFull(t *testing.T) {
	if w.noDisk != nil {
		t.Skipf("no small disk to fill: %v", w.noDisk)
	}
	w.apply(t, 1, 0)
	w.answered(t)
	free := fill(t, w.temporalDisk)
	const most = 30
	for i := 0; i < most && w.starter.Health.Report().Status == health.Well; i++ { // until its log has to grow
		w.apply(t, 1, 0)
		time.Sleep(500 * time.Millisecond)
	}
	told(t, w.starter, health.Waiting, health.Temporal, health.Unreachable, health.Failing)
	time.Sleep(watched)
	if lying := w.mails(t, authority); len(lying) == 0 {
		t.Error("no mail waits in the inbox")
	}
	free()
	w.answered(t)
	well(t, w.worker)
	well(t, w.starter)
}

// A large mail waits for room, and a small one that comes after it does not.
func (w *world) diskFull(t *testing.T) {
	if w.noDisk != nil {
		t.Skipf("no small disk to fill: %v", w.noDisk)
	}
	free := fill(t, w.spoolDisk)
	large := w.written
	w.apply(t, 1, megabyte)
	w.apply(t, 1, 0)
	told(t, w.starter, health.Degraded, health.Disk, health.Full)
	w.answered(t, large)
	if len(w.answers(t)[large]) > 0 {
		t.Error("the large mail was read without a place to put it")
	}
	free()
	w.answered(t)
	well(t, w.starter)
}

// A worker whose clock is an hour fast, then a day slow, sends nothing. When it is right all goes, with the right date.
func (w *world) clock(t *testing.T) {
	began := time.Now()
	w.off.Store(int64(time.Hour))
	waits := w.written
	w.apply(t, 1, 0)
	told(t, w.worker, health.Degraded, health.Clock, health.Skewed)
	w.readable(t, "clock", "A worker does nothing that bears a date")
	w.off.Store(int64(-24 * time.Hour))
	time.Sleep(watched)
	told(t, w.worker, health.Degraded, health.Clock, health.Skewed)
	if got := w.answers(t)[waits]; len(got) > 0 {
		t.Errorf("%v was sent by a wrong clock", got)
	}
	w.off.Store(0)
	w.answered(t)
	well(t, w.worker)
	for _, a := range w.answers(t)[waits] {
		if a.date.Before(began.Add(-time.Second)) || a.date.After(time.Now()) {
			t.Errorf("%s is dated %v", a.name, a.date)
		}
	}
}

// A mail server whose clock is a month fast dates an application in the future: no period begins then.
func (w *world) mailClock(t *testing.T) {
	_, raw := w.application(t, 0)
	w.written++
	raw = append([]byte("Authentication-Results: localhost; spf=pass smtp.mailfrom=localhost; dkim=pass header.d=localhost; dmarc=pass\r\n"), raw...)
	box, err := engine.Mailbox(w.config, quiet)
	must(t, err)
	inbox := box.Sent("INBOX")
	defer inbox.Close()
	must(t, inbox.File(t.Context(), "x", raw, time.Now().AddDate(0, 1, 0), false))
	w.answered(t)
	reference := w.answers(t)[w.written-1][0].reference
	text, err := w.starter.Archive.Get(t.Context(), casefile.Folder(reference)+"case.json")
	must(t, err)
	var s casefile.State
	must(t, json.Unmarshal(text, &s))
	if s.Received.IsZero() || s.Received.After(time.Now()) {
		t.Errorf("the application came on %v", s.Received)
	}
}

// readable looks at cases as Temporal's pages do without the codec: what their side effects wait for is a sentence and a word, and names nobody.
func (w *world) readable(t *testing.T, kind, sentence string) {
	t.Helper()
	plain, err := client.DialContext(t.Context(), client.Options{HostPort: w.stack.TemporalAddress})
	must(t, err)
	defer plain.Close()
	eventually(t, "a pending side effect that says "+sentence, func() bool {
		list, err := plain.ListWorkflow(t.Context(), &workflowservice.ListWorkflowExecutionsRequest{Query: "ExecutionStatus = 'Running'"})
		must(t, err)
		for _, x := range list.GetExecutions() {
			d, err := plain.DescribeWorkflowExecution(t.Context(), x.GetExecution().GetWorkflowId(), "")
			must(t, err)
			for _, p := range d.GetPendingActivities() {
				f := p.GetLastFailure()
				raw, err := proto.Marshal(f)
				must(t, err)
				if strings.Contains(string(raw), applicant+"+") {
					t.Fatalf("it names an applicant: %v", f)
				}
				if strings.Contains(f.GetMessage(), sentence) && f.GetApplicationFailureInfo().GetType() == kind {
					return true
				}
			}
		}
		return false
	})
}

// judge looks whether anything was lost or done twice.
func (w *world) judge(t *testing.T) {
	if r := (histories.Recorder{Temporal: w.worker.Temporal, Codec: vault.NewCodec(w.worker.Keys), Folder: os.Getenv("RELANCE_RECORD")}); r.Folder != "" {
		names, err := r.KeepAll(t.Context(), "outage")
		must(t, err)
		t.Logf("kept %v", names)
	}
	got := w.answers(t)
	for i := range w.written {
		if len(got[i]) != len(kinds) || got[i][0].name == got[i][1].name {
			t.Errorf("application %d was answered with %v", i, got[i])
		}
	}
	if lying := w.mails(t, authority); len(lying) > 0 {
		t.Errorf("%d mails are left in the inbox", len(lying))
	}
	report, err := audit.Run(t.Context(), w.starter, audit.Options{Deep: true, Grace: 2 * time.Second})
	must(t, err)
	for _, f := range report.Findings {
		t.Errorf("%+v", f)
	}
	if report.Cases != w.written {
		t.Errorf("%d cases for %d applications", report.Cases, w.written)
	}
	if text := w.log.String(); strings.Contains(text, applicant+"+") || strings.Contains(text, "panic") {
		t.Errorf("the log names applicants, or tells of a panic:\n%s", text)
	}
}
