package rollout_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"

	"relance/activities"
	"relance/command"
	"relance/contract"
	"relance/domain/casefile"
	"relance/intake/reading"
	"relance/local/bench"
	"relance/local/run"
	"relance/mail/message"
	"relance/mail/outbox"
	"relance/office/audit"
	"relance/office/desk"
	"relance/process/engine"
)

// role is the variable that makes this test's program the engine's own.
const role = "ROLLOUT_ROLE"

func TestMain(m *testing.M) {
	if os.Getenv(role) == "" {
		os.Exit(m.Run())
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	go func() { // until the test has ended
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(1)
	}()
	os.Exit(command.Run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

var quiet = slog.New(slog.DiscardHandler)

// stage is a running engine whose workers are processes of their own, each with its version.
type stage struct {
	*testing.T
	l      *run.Local
	desk   *desk.Desk
	data   string
	papers []outbox.Attachment
	sent   int
	firms  map[string]int // by case
}

// TestARollout takes open cases from workers without a version to a first, on to a second by a share and then all, back, and on again, while applicants write and
// officers decide on both sides of each change. The version that has drained is stopped, and nothing waits for it; no mail is sent twice and the audit is clean.
func TestARollout(t *testing.T) {
	if testing.Short() {
		t.Skip("starts the real servers")
	}
	s := open(t)
	none, _ := s.worker("")
	first := s.apply()
	s.await(first, casefile.AwaitingCharter)
	s.does(0, "", "rollout", "status") // before there are versions
	s.refused("1.0", "rollout", "current")
	one, health := s.worker("1.0")
	s.eventually("the first version waits beside workers that have none", func() bool { return strings.Contains(s.does(0, "1.0", "rollout", "status"), "ne reçoit rien") })
	if s.versionOf(first) != "" {
		t.Error("a case went to a version before it was current")
	}
	s.does(0, "1.0", "rollout", "current")
	s.healthy(health)
	none()
	s.sign(first)
	s.await(first, casefile.UnderReview)
	s.onVersion(first, "1.0") // though it began without one

	cases := []string{first}
	for range 6 {
		cases = append(cases, s.apply())
	}
	for _, c := range cases[1:] {
		s.await(c, casefile.AwaitingCharter)
	}
	s.approve(first)
	s.ends(first)

	s.refused("1.1", "rollout", "current") // no worker of it runs
	two, _ := s.worker("1.1")
	s.eventually("the second version is known", func() bool { return strings.Contains(s.does(0, "1.1", "rollout", "status"), "1.1") })
	s.refused("1.0", "rollout", "current", "1.1") // it cannot know what that version's code does
	s.refused("1.0", "rollout", "drain", "1.0")
	s.does(0, "1.1", "rollout", "ramp", "50")
	s.does(0, "1.1", "rollout", "ramp", "0")
	s.does(0, "1.1", "rollout", "ramp", "50")
	for _, c := range cases[1:5] {
		s.sign(c)
	}
	for _, c := range cases[1:5] {
		s.await(c, casefile.UnderReview)
	}
	for range 4 { // under way while the version changes
		cases = append(cases, s.apply())
	}
	s.does(0, "1.1", "rollout", "current")
	for _, c := range cases[1:5] {
		s.approve(c)
		s.onVersion(c, "1.1")
	}
	drained := s.does(0, "1.1", "rollout", "drain", "1.0")
	if !strings.Contains(drained, "peuvent être arrêtés") || !strings.Contains(drained, "continueront avec la version en service") {
		t.Error(drained)
	}
	one()
	s.sign(cases[5])
	s.await(cases[5], casefile.UnderReview)
	s.onVersion(cases[5], "1.1")
	if answer, err := s.l.Engine.Temporal.QueryWorkflow(t.Context(), first, "", contract.StateQuery); err != nil || !answer.HasValue() {
		t.Errorf("a case that ended with the version that is gone: %v", err)
	}
	if got := s.versionOf(first); got != "1.0" {
		t.Errorf("it went on with %q", got)
	}
	for _, c := range cases[7:] {
		s.await(c, casefile.AwaitingCharter)
		s.sign(c)
		s.await(c, casefile.UnderReview)
	}

	// Back, because something is wrong with the second: the first is started again, and takes its cases over.
	back, _ := s.worker("1.0")
	s.eventually("the first version runs again", func() bool { return s.program("1.0", "rollout", "current").Run() == nil })
	s.approve(cases[5])
	s.onVersion(cases[5], "1.0")
	two()
	s.sign(cases[6])
	s.await(cases[6], casefile.UnderReview)
	s.onVersion(cases[6], "1.0")

	// And to workers without a version, as before there was one.
	last, _ := s.worker("")
	s.eventually("a worker without a version runs", func() bool { return s.program("", "rollout", "current", "-unversioned").Run() == nil })
	back()
	for _, c := range cases[6:] {
		s.approve(c)
		s.onVersion(c, "")
	}
	s.judge(cases[1:])
	last()
}

var many = flag.Int("open", 0, "how many open cases TestManyOpenCases replays; 0 leaves it out")

// TestManyOpenCases measures how long the check takes while an administrator waits: go test ./process/rollout -run Many -open 1000 -v
func TestManyOpenCases(t *testing.T) {
	if *many == 0 {
		t.Skip("a measurement: -open says of how many cases")
	}
	s := open(t)
	stop, _ := s.worker("")
	for range *many {
		s.apply()
	}
	s.within(20*time.Minute, "all wait for their charter", func() bool {
		n, err := s.l.Engine.Temporal.CountWorkflow(t.Context(), &workflowservice.CountWorkflowExecutionsRequest{Query: "RelanceStage = 'awaiting_charter'"})
		return err == nil && n.GetCount() == int64(*many)
	})
	stop()
	s.does(0, "1.0", "rollout", "check")
	s.does(0, "1.0", "rollout", "check", "-sample", "50")
}

// open starts the servers and a starter.
func open(t *testing.T) *stage {
	data := t.TempDir()
	l, err := run.Start(t.Context(), run.Options{Data: data, QuickMail: true, Log: quiet, Applicants: []string{"boutique"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- l.Engine.Starter(ctx) }()
	t.Cleanup(func() { stop(); <-ended })
	papers, err := bench.Papers()
	if err != nil {
		t.Fatal(err)
	}
	return &stage{T: t, data: data, l: l, desk: &desk.Desk{Temporal: l.Engine.Temporal, Archive: l.Engine.Archive, Clock: l.Engine.Config.Clock()}, papers: papers, firms: map[string]int{}}
}

// program is this test in the role of the engine's program, as a version.
func (s *stage) program(build string, args ...string) *exec.Cmd {
	s.Helper()
	program, err := os.Executable()
	if err != nil {
		s.Fatal(err)
	}
	cmd := exec.Command(program, args...)
	environment, err := run.Environ(s.data)
	if err != nil {
		s.Fatal(err)
	}
	cmd.Env = append(environment, role+"=relance", "RELANCE_BUILD_ID="+build)
	if _, err := cmd.StdinPipe(); err != nil { // it closes when this process ends
		s.Fatal(err)
	}
	return cmd
}

// worker starts a worker of a version, and gives what stops it as an administrator does, and its health page.
func (s *stage) worker(build string) (stop func(), health string) {
	s.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.Fatal(err)
	}
	address := listener.Addr().String()
	_ = listener.Close()
	cmd := s.program(build, "worker")
	cmd.Env = append(cmd.Env, "RELANCE_HEALTH_ADDRESS="+address)
	log, err := os.OpenFile(filepath.Join(s.TempDir(), "log"), os.O_CREATE|os.O_APPEND|os.O_RDWR, 0o600)
	if err != nil {
		s.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		s.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		_ = cmd.Process.Signal(syscall.SIGTERM)
		select {
		case err := <-ended:
			if err != nil {
				s.Errorf("worker %s: %v", build, err)
			}
		case <-time.After(30 * time.Second):
			s.Errorf("worker %s does not stop", build)
			_ = cmd.Process.Kill()
		}
	}
	s.Cleanup(func() {
		stop()
		if s.Failed() {
			text, _ := os.ReadFile(log.Name())
			s.Logf("worker %q:\n%s", build, text[max(0, len(text)-2000):])
		}
	})
	return stop, "http://" + address + "/readyz"
}

// does carries out a command of a version, wants its exit status, and gives what it printed.
func (s *stage) does(want int, build string, args ...string) string {
	s.Helper()
	out, err := s.program(build, args...).CombinedOutput()
	status := 0
	if err != nil {
		status = 1
	}
	s.Logf("%s$ relance %s\n%s", build, strings.Join(args, " "), out)
	if status != want {
		s.Fatalf("relance %v: %v\n%s", args, err, out)
	}
	return string(out)
}

func (s *stage) refused(build string, args ...string) { s.Helper(); s.does(1, build, args...) }

func (s *stage) healthy(page string) {
	s.Helper()
	s.eventually("health of "+page, func() bool {
		out, err := s.program("", "health", page).CombinedOutput()
		return err == nil && strings.HasPrefix(string(out), "worker: ok")
	})
}

func (s *stage) eventually(what string, there func() bool) {
	s.Helper()
	s.within(time.Minute, what, there)
}

func (s *stage) within(patience time.Duration, what string, there func() bool) {
	s.Helper()
	for end := time.Now().Add(patience); !there(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			s.Fatalf("waited in vain: %s", what)
		}
	}
}

// apply lets a firm apply, and gives its case's reference.
func (s *stage) apply() string {
	s.Helper()
	n := s.sent
	s.sent++
	raw := s.post(outbox.Mail{From: firm(n), To: message.Address{Address: s.l.Engine.Addresses().Scheme("rebond")}, Subject: "Demande",
		Text: bench.Application(n, fmt.Sprintf("%d €", 300+n)), MessageID: fmt.Sprintf("%d@boutique.localhost", n), Attachments: bench.Own(s.papers, n)})
	reference := casefile.NewReference("RBD", message.Identity(raw))
	s.firms[reference] = n
	return reference
}

func firm(n int) message.Address {
	return message.Address{Name: "Boutique", Address: fmt.Sprintf("boutique+%d@localhost", n)}
}

// post sends a mail, and gives it as it was sent.
func (s *stage) post(m outbox.Mail) []byte {
	s.Helper()
	m.Date = time.Now()
	raw, err := outbox.Compose(m)
	if err != nil {
		s.Fatal(err)
	}
	sender, err := engine.Outbox(s.l.Smtp("boutique"), "boutique@localhost")
	if err != nil {
		s.Fatal(err)
	}
	defer sender.Close()
	if _, err := sender.Send(s.Context(), "boutique@localhost", []string{m.To.Address}, raw); err != nil {
		s.Fatal(err)
	}
	return raw
}

// sign answers the charter of a case with the phrase that signs it.
func (s *stage) sign(reference string) {
	s.Helper()
	objects, err := s.l.Engine.Archive.List(s.Context(), casefile.Folder(reference)+"mail/out/")
	if err != nil {
		s.Fatal(err)
	}
	for _, o := range objects {
		if !strings.HasSuffix(o.Key, "charter.eml") {
			continue
		}
		raw, err := s.l.Engine.Archive.Get(s.Context(), o.Key)
		if err != nil {
			s.Fatal(err)
		}
		m, err := message.Read(bytes.NewReader(raw))
		if err != nil {
			s.Fatal(err)
		}
		s.post(outbox.Mail{From: firm(s.firms[reference]), To: m.ReplyTo, Subject: "Re: " + m.Subject, Text: reading.PhraseIn(m.Text),
			MessageID: "re." + m.MessageID, InReplyTo: m.MessageID, References: []string{m.MessageID}})
		return
	}
	s.Fatalf("%s: no charter among %v", reference, objects)
}

func (s *stage) state(reference string) casefile.State {
	s.Helper()
	state, err := s.desk.State(s.Context(), reference)
	if err != nil {
		s.Fatal(err)
	}
	return state
}

// await waits for a stage. It asks the archive, where the state lies, and not a worker.
func (s *stage) await(reference string, want casefile.Stage) {
	s.Helper()
	s.eventually(reference+" is "+string(want), func() bool {
		kept, err := activities.Load(s.Context(), s.l.Engine.Archive, reference)
		return err == nil && kept.Stage == want
	})
}

func (s *stage) approve(reference string) {
	s.Helper()
	done, err := s.desk.Decide(s.Context(), reference, casefile.Approve, casefile.Act{By: "agent-01"})
	if err != nil || done.Stage != casefile.Granted {
		s.Fatalf("%s: %+v, %v", reference, done, err)
	}
}

// versionOf is the version that did the last step of a case.
func (s *stage) versionOf(reference string) string {
	s.Helper()
	var d *workflowservice.DescribeWorkflowExecutionResponse
	s.eventually(reference+" is at no step", func() (rests bool) { // the archive knows what a step did before Temporal knows who did it
		var err error
		if d, err = s.l.Engine.Temporal.DescribeWorkflowExecution(s.Context(), reference, ""); err != nil {
			s.Fatal(err)
		}
		return d.GetPendingWorkflowTask() == nil
	})
	v := d.GetWorkflowExecutionInfo().GetVersioningInfo()
	if v.GetBehavior() == enumspb.VERSIONING_BEHAVIOR_PINNED {
		s.Errorf("%s is pinned", reference)
	}
	return v.GetDeploymentVersion().GetBuildId()
}

// onVersion wants the last step of a case to have been a version's.
func (s *stage) onVersion(reference, want string) {
	s.Helper()
	if got := s.versionOf(reference); got != want {
		s.Errorf("%s went on with version %q, not %q", reference, got, want)
	}
}

// ends lets an applicant withdraw, which ends the case.
func (s *stage) ends(reference string) {
	s.Helper()
	if _, err := s.desk.Act(s.Context(), reference, casefile.WithdrawAct, casefile.Act{By: "agent-01"}); err != nil {
		s.Fatal(err)
	}
	if err := s.l.Engine.Temporal.GetWorkflow(s.Context(), reference, "").Get(s.Context(), nil); err != nil {
		s.Fatal(err)
	}
}

// judge looks at what became of the cases: each is granted once and was written to once about each thing, the money is exact, and the audit finds nothing.
func (s *stage) judge(cases []string) {
	s.Helper()
	s.eventually("a clean audit", func() bool {
		report, err := audit.Run(s.Context(), s.l.Engine, audit.Options{Deep: true, Grace: time.Second})
		for _, f := range report.Findings {
			s.Logf("%s %s %s %s", f.Code, f.Case, f.Object, f.Detail)
		}
		return err == nil && len(report.Findings) == 0
	})
	var sum int64
	for _, c := range cases {
		sum += s.state(c).Decision.Amount
		objects, err := s.l.Engine.Archive.List(s.Context(), casefile.Folder(c)+"mail/out/")
		if err != nil {
			s.Fatal(err)
		}
		var mails []string
		for _, o := range objects {
			if name, is := strings.CutSuffix(filepath.Base(o.Key), ".eml"); is {
				mails = append(mails, name)
			}
		}
		if len(mails) != 4 {
			s.Errorf("%s was written %v", c, mails)
		}
	}
	head, err := s.desk.Plan(s.Context(), "plan-relance")
	if f := head.Lines["fonds-rebond"]; err != nil || f.Committed != sum || f.Reserved != 0 {
		s.Errorf("%+v, %v", f, err)
	}
}
