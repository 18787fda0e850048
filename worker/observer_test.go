package worker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"

	"relance/observe/health"
)

// TestBeat: a side effect that takes long says again and again that it is at work, and no more once it has ended.
func TestBeat(t *testing.T) {
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	var beats atomic.Int32
	env.SetOnActivityHeartbeatListener(func(*activity.Info, converter.EncodedValues) { beats.Add(1) })
	const every = 10 * time.Millisecond
	long := func(ctx context.Context) error {
		defer beat(ctx, every)()
		time.Sleep(20 * every)
		return nil
	}
	env.RegisterActivity(long)
	if _, err := env.ExecuteActivity(long); err != nil {
		t.Fatal(err)
	}
	during := beats.Load()
	if during == 0 {
		t.Error("nothing was said while the side effect was at work")
	}
	time.Sleep(10 * every)
	if after := beats.Load(); after > during+1 { // one may have been on its way
		t.Errorf("%d beats after the end", after-during)
	}
}

// TestCause: why a side effect failed is known by the type of its error, however deep that lies.
func TestCause(t *testing.T) {
	of := func(of health.Dependency, reason health.Reason) error {
		return fmt.Errorf("acknowledgement: %w", &health.Failure{Of: of, Reason: reason, Err: errors.New("x")})
	}
	for want, errs := range map[string][]error{"": {nil}, "s3": {of(health.Archive, health.Full)}, "smtp_login": {of(health.SMTP, health.Login)},
		"smtp_4xx": {of(health.SMTP, health.PutOff), of(health.SMTP, health.Refusing)}, "smtp_connection": {of(health.SMTP, health.Busy), of(health.SMTP, health.Timeout)},
		"scanner": {of(health.Scanner, health.Failing)}, "timestamp": {of(health.Timestamp, health.Refused)}, "clock": {of(health.Clock, health.Skewed)},
		"temporal": {serviceerror.NewUnavailable("x")}, "timeout": {context.DeadlineExceeded}, "stopped": {context.Canceled},
		"other": {errors.New("archive: it only says so"), temporal.NewApplicationError("x", "unknown")}} {
		for _, err := range errs {
			if got := Cause(err); got != want {
				t.Errorf("%v: %q, want %q", err, got, want)
			}
		}
	}
}

// TestExplain: an outage reaches Temporal's pages as a sentence, with its cause as the type; other errors stay what they are.
func TestExplain(t *testing.T) {
	refused := fmt.Errorf("acknowledgement: %w", &health.Failure{Of: health.SMTP, Reason: health.Login, Code: "535", Err: errors.New("535 no")})
	var told *temporal.ApplicationError
	if err := explain(refused, Cause(refused)); !errors.As(err, &told) || told.Type() != "smtp_login" || told.NonRetryable() || !strings.HasPrefix(told.Message(), "The mail server that sends refuses the login (535)") || !errors.Is(err, refused) {
		t.Errorf("%#v", told)
	}
	unknown := temporal.NewNonRetryableApplicationError("x", "broken", refused)
	for _, err := range []error{nil, io.EOF, unknown} {
		if got := explain(err, "x"); got != err {
			t.Errorf("%v became %v", err, got)
		}
	}
}

// TestClock: a worker whose clock is minutes off does nothing, and says why; when the clock is right again, it does.
func TestClock(t *testing.T) {
	var suite testsuite.WorkflowTestSuite
	off := time.Duration(0)
	watch := health.New("worker", slog.New(slog.DiscardHandler), nil, health.Need{Of: health.Clock})
	o := &observer{health: watch, now: func() time.Time { return time.Now().Add(off) }}
	done := 0
	act := func(context.Context) error { done++; return nil }
	try := func() error {
		env := suite.NewTestActivityEnvironment()
		env.SetWorkerOptions(worker.Options{Interceptors: []interceptor.WorkerInterceptor{o}})
		env.RegisterActivity(act)
		_, err := env.ExecuteActivity(act)
		return err
	}
	for i, c := range []struct {
		off  time.Duration
		does bool
	}{{0, true}, {time.Minute, true}, {time.Hour, false}, {-24 * time.Hour, false}, {0, true}} {
		off = c.off
		before := done
		err := try()
		if (err == nil) != c.does || done-before != map[bool]int{true: 1}[c.does] {
			t.Errorf("%v off: %v, done %d times", c.off, err, done-before)
		}
		if up := watch.Report().Dependencies[0].Standing == health.Up; up != (i != 3) { // two failures are an outage
			t.Errorf("%v off: up %v", c.off, up)
		}
	}
}
