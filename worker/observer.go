package worker

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"

	"relance/observe/health"
	"relance/observe/telemetry"
)

// observer counts what becomes of side effects, and says to the log which case each is about. It adds nothing to any history.
type observer struct {
	interceptor.WorkerInterceptorBase
	metrics *telemetry.Metrics
	health  *health.Recorder
	now     func() time.Time
	off     atomic.Int64 // of this machine's clock from Temporal's, in nanoseconds, when a side effect inside a step was last begun
}

// InterceptActivity is of interceptor.WorkerInterceptor.
func (o *observer) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	a := &observed{observer: o}
	a.Next = next
	return a
}

type observed struct {
	interceptor.ActivityInboundInterceptorBase
	*observer
}

// ExecuteActivity is of interceptor.ActivityInboundInterceptor.
func (o *observed) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	info := activity.GetInfo(ctx)
	if !info.IsLocalActivity {
		defer beat(ctx, beatEvery)()
	}
	err := o.clock(info)
	var result any
	if err == nil {
		result, err = o.Next.ExecuteActivity(telemetry.WithCase(ctx, info.WorkflowExecution.ID), in)
	}
	cause := Cause(err)
	o.metrics.Attempted(info.ActivityType.Name, info.WorkflowExecution.RunID+info.ActivityID, info.Attempt, info.ScheduledTime, cause)
	if server, _, _ := strings.Cut(cause, "_"); cause == "smtp_connection" || cause == "s3" {
		o.metrics.Lost(server)
	}
	return result, explain(err, cause)
}

// explain gives an outage a sentence that a person understands, and a type that says the same in one word: both show in Temporal's pages under the
// case's pending activities, and neither is encrypted (vault.FailureConverter).
func explain(err error, cause string) error {
	known := new(health.Failure)
	if !errors.As(err, &known) || errors.As(err, new(*temporal.ApplicationError)) {
		return err
	}
	return temporal.NewApplicationErrorWithOptions(known.Sentence(""), cause, temporal.ApplicationErrorOptions{Cause: err})
}

// beatEvery is how often a side effect says that it is at work; several times within the heartbeat timeout of package workflows.
const beatEvery = 5 * time.Second

// beat tells Temporal again and again that a side effect is still at work, until its end: where that stops for longer than the
// side effect's heartbeat timeout, its worker is taken for dead and another begins anew.
func beat(ctx context.Context, every time.Duration) (end func()) {
	ctx, end = context.WithCancel(ctx)
	go func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				activity.RecordHeartbeat(ctx)
			}
		}
	}()
	return end
}

// Cause says in one word why a side effect failed: which of the servers, or what else. It is empty where nothing did.
func Cause(err error) string {
	known := new(health.Failure)
	var service serviceerror.ServiceError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &known):
		return causeOf(known)
	case errors.As(err, &service):
		return "temporal"
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	case errors.Is(err, context.Canceled):
		return "stopped"
	}
	return "other"
}

func causeOf(f *health.Failure) string {
	switch f.Of {
	case health.Archive:
		return "s3"
	case health.SMTP:
		switch f.Reason {
		case health.Login:
			return "smtp_login"
		case health.PutOff, health.Refusing: // a 5xx is an outcome, and no failure
			return "smtp_4xx"
		}
		return "smtp_connection"
	}
	return string(f.Of)
}
