package health

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.temporal.io/api/serviceerror"
)

// clock is a time that a test moves.
type clock struct{ at time.Time }

func (c *clock) now() time.Time        { return c.at }
func (c *clock) pass(d time.Duration)  { c.at = c.at.Add(d) }
func newClock() *clock                 { return &clock{time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)} }
func refused(of Dependency) error      { return Fail(of, fmt.Errorf("dial: %w", syscall.ECONNREFUSED)) }
func lines(out *bytes.Buffer) []string { return strings.Split(strings.TrimSpace(out.String()), "\n") }

func recorder(out io.Writer, c *clock, needs ...Need) *Recorder {
	return New("worker", slog.New(slog.NewTextHandler(out, nil)), c.now, needs...)
}

// An outage is told when it is known to be one, once an hour while it lasts, and when it is over, with its length.
func TestAnOutageInTheLog(t *testing.T) {
	var out bytes.Buffer
	c := newClock()
	r := recorder(&out, c, Need{Of: SMTP, Address: "smtp.example.org:465"})
	r.Succeeded(SMTP)
	r.Failed(refused(SMTP))
	r.Succeeded(SMTP)
	if out.Len() > 0 {
		t.Errorf("one failure is told as an outage: %s", out.String())
	}
	const tries = 3 * 60
	for range tries {
		r.Failed(refused(SMTP))
		c.pass(time.Minute)
	}
	r.Succeeded(SMTP)
	got := lines(&out)
	if len(got) != 4 || !strings.Contains(got[0], "msg=outage dependency=smtp reason=refused") || !strings.Contains(got[0], "smtp.example.org:465") ||
		!strings.Contains(got[0], "RELANCE_SMTP_ADDRESS") || !strings.Contains(got[1], `msg="outage lasts"`) || !strings.Contains(got[2], `msg="outage lasts"`) ||
		!strings.Contains(got[3], `msg="outage over" dependency=smtp lasted=3h0m0s failures=180`) {
		t.Errorf("%d lines: %s", len(got), out.String())
	}
}

// A server that comes and goes does not fill the log.
func TestComingAndGoing(t *testing.T) {
	var out bytes.Buffer
	c := newClock()
	r := recorder(&out, c)
	for range 300 { // in 10 minutes
		r.Failed(refused(IMAP))
		r.Failed(refused(IMAP))
		c.pass(2 * time.Second)
		r.Succeeded(IMAP)
	}
	if n := len(lines(&out)); n < 2 || n > 6 {
		t.Errorf("%d lines", n)
	}
}

// A full store answers, and a mail server that puts mails off takes the login: that ends no such outage. It ends with work that succeeds, or where
// nobody has failed for a while.
func TestWhatAnAnswerEnds(t *testing.T) {
	for reason, ends := range map[Reason]bool{Refused: true, Unresolved: true, Unreachable: true, Timeout: true, Cut: true, Busy: true, Login: true, Certificate: true, Missing: true,
		Skewed: true, Other: true, Full: false, Refusing: false, Failing: false, Denied: false} {
		c := newClock()
		r := recorder(io.Discard, c)
		fail := func() { r.Failed(&Failure{Of: Archive, Reason: reason, Err: errors.New("x")}) }
		up := func() bool { return r.Report().Dependencies[0].Standing != Away }
		fail()
		fail()
		if up() {
			t.Errorf("%s: no outage", reason)
		}
		c.pass(time.Minute)
		if r.Answered(Archive); up() != ends {
			t.Errorf("%s: after an answer up is %v", reason, up())
		}
		fail()
		fail()
		c.pass(time.Hour)
		if r.Answered(Archive); !up() {
			t.Errorf("%s: it never ends", reason)
		}
	}
}

func TestPages(t *testing.T) {
	c := newClock()
	r := recorder(io.Discard, c, Need{Of: Archive, Vital: true}, Need{Of: SMTP, Address: "smtp.example.org:465"})
	mux := http.NewServeMux()
	r.Pages(mux)
	look := func(live, ready int, status Status) Report {
		t.Helper()
		var report Report
		for path, want := range map[string]int{"/healthz": live, "/readyz": ready} {
			w := httptest.NewRecorder()
			mux.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
			if err := json.Unmarshal(w.Body.Bytes(), &report); err != nil || w.Code != want || report.Status != status {
				t.Errorf("%s: %d %s, want %d %s: %v", path, w.Code, report.Status, want, status, err)
			}
		}
		return report
	}
	look(200, 503, Starting)
	r.Ready()
	look(200, 200, Well)
	secret := &Failure{Of: SMTP, Reason: Login, Code: "535 5.7.8", Err: errors.New("<jeanne@boulangerie.example> geheim")}
	r.Failed(secret)
	look(200, 200, Well)
	c.pass(time.Minute)
	r.Failed(secret)
	c.pass(time.Minute)
	report := look(200, 200, Degraded)
	d := report.Dependencies[1]
	if d.Standing != Away || !d.Since.Equal(c.at.Add(-2*time.Minute)) || d.Reason != Login || d.Failures != 2 || !strings.Contains(d.Says, "smtp.example.org:465 refuses the login (535 5.7.8): correct RELANCE_SMTP_USERNAME") {
		t.Errorf("%+v", d)
	}
	if text := fmt.Sprintf("%+v %s", report, report); strings.Contains(text, "jeanne") || strings.Contains(text, "geheim") {
		t.Error(text)
	}
	if text := report.String(); !strings.HasPrefix(text, "worker: degraded\nsmtp, since 2026-03-02T09:00:00Z: The mail server") {
		t.Error(text)
	}
	r.Failed(refused(Archive))
	r.Failed(refused(Archive))
	look(200, 503, Waiting)
	r.Succeeded(Archive)
	r.Succeeded(SMTP)
	look(200, 200, Well)
}

func TestReasons(t *testing.T) {
	_, unresolved := net.DefaultResolver.LookupHost(context.Background(), "no-such-name.invalid")
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	conn, err := net.Dial("tcp", silent.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetReadDeadline(time.Now().Add(time.Millisecond))
	_, late := conn.Read(make([]byte, 1))
	_, nobody := net.Dial("tcp", "127.0.0.1:1")
	_, noSocket := net.Dial("unix", t.TempDir()+"/none")
	for _, c := range []struct {
		err  error
		want Reason
	}{{nil, ""}, {context.Canceled, ""}, {fmt.Errorf("x: %w", context.DeadlineExceeded), Timeout}, {late, Timeout}, {nobody, Refused}, {noSocket, Refused},
		{io.EOF, Cut}, {syscall.ECONNRESET, Cut}, {syscall.ENOSPC, Full}, {unresolved, Unresolved}, {x509.UnknownAuthorityError{}, Certificate}, {errors.New("?"), Other},
		{serviceerror.NewUnavailable("x"), Unreachable}, {serviceerror.NewNotFound("no such case"), ""}, {serviceerror.NewNamespaceNotFound("n"), Missing},
		{serviceerror.NewPermissionDenied("x", ""), Denied}} {
		if got := ReasonOf(c.err); got != c.want {
			t.Errorf("%v: %q, want %q", c.err, got, c.want)
		}
	}
}

// Every reason of every dependency is a sentence of its own, with something to do.
func TestSentences(t *testing.T) {
	for of := range vocabulary {
		for _, reason := range []Reason{Refused, Unresolved, Unreachable, Timeout, Cut, Busy, Failing, Full, Refusing, PutOff, Login, Denied, Missing, Certificate, Skewed, Other} {
			text := (&Failure{Of: of, Reason: reason, Err: errors.New("geheim")}).Sentence("")
			if strings.Contains(text, "%!") || strings.Contains(text, "  ") || strings.Contains(text, "geheim") || !strings.HasSuffix(text, ".") || text[:1] != strings.ToUpper(text[:1]) {
				t.Errorf("%s %s: %s", of, reason, text)
			}
		}
	}
}

// One mail that is put off is no outage, and neither is a process that ends.
func TestWhatIsNoOutage(t *testing.T) {
	r := recorder(io.Discard, newClock(), Need{Of: SMTP})
	for _, err := range []error{nil, errors.New("x"), &Failure{Of: SMTP, Reason: PutOff, Err: errors.New("451")}, Fail(SMTP, context.Canceled),
		fmt.Errorf("%w: %w", context.Canceled, refused(SMTP)), serviceerror.NewNotFound("")} {
		for range 3 {
			r.Failed(err)
		}
		if report := r.Report(); report.Dependencies[0].Standing != Unknown || len(report.Dependencies) != 1 {
			t.Errorf("%v: %+v", err, report)
		}
	}
	var none *Recorder
	none.Failed(refused(SMTP))
	none.Succeeded(SMTP)
	none.Ready()
}

// What is worked with is never asked; what failed once is asked again soon; what is away is asked at its pace.
func TestWatch(t *testing.T) {
	c := newClock()
	r := recorder(io.Discard, c)
	p := Probe{Of: SMTP, Idle: 5 * time.Minute, Away: time.Minute}
	var asked time.Time
	if !r.due(p, asked) {
		t.Error("nobody has heard of it yet, and it is not asked")
	}
	r.Succeeded(SMTP)
	c.pass(4 * time.Minute)
	if r.due(p, asked) {
		t.Error("it is asked though it was worked with")
	}
	r.Failed(refused(SMTP))
	c.pass(again)
	if !r.due(p, asked) {
		t.Error("it failed, and is not asked soon")
	}
	r.Failed(refused(SMTP))
	if c.pass(again); r.due(p, asked) {
		t.Error("it is away, and is asked all the time")
	}
	if c.pass(time.Minute); !r.due(p, asked) {
		t.Error("it is away, and is not asked")
	}
	if r.due(p, c.at) {
		t.Error("it was just asked")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	var times atomic.Int32
	r.Watch(ctx, Probe{Of: Scanner, Idle: time.Hour, Ask: func(context.Context) error { times.Add(1); return nil }})
	if times.Load() != 1 {
		t.Errorf("asked %d times", times.Load())
	}
}

// The log tells of an outage once: lines about each attempt are for those who look for faults.
func TestQuiet(t *testing.T) {
	var out bytes.Buffer
	log := Quiet(slog.New(slog.NewTextHandler(&out, nil))).With("process", "worker")
	log.Error("activity error", "error", fmt.Errorf("x: %w", refused(SMTP)))
	if out.Len() > 0 {
		t.Error(out.String())
	}
	log.Error("activity error", "error", errors.New("broken"))
	log.WithGroup("g").Info("fine")
	if len(lines(&out)) != 2 {
		t.Error(out.String())
	}
	debug := Quiet(slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug})))
	if debug.Error("activity error", "error", refused(SMTP)); !strings.Contains(out.String(), "level=DEBUG") {
		t.Error(out.String())
	}
}
