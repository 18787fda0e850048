package worker

import (
	"context"
	"errors"
	"strings"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/interceptor"

	"relance/outbox"
	"relance/telemetry"
)

// observer counts what becomes of side effects, and says to the log which case each is about. It adds nothing to any history.
type observer struct {
	interceptor.WorkerInterceptorBase
	metrics *telemetry.Metrics
}

// InterceptActivity is of interceptor.WorkerInterceptor.
func (o *observer) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	a := &observed{metrics: o.metrics}
	a.Next = next
	return a
}

type observed struct {
	interceptor.ActivityInboundInterceptorBase
	metrics *telemetry.Metrics
}

// ExecuteActivity is of interceptor.ActivityInboundInterceptor.
func (o *observed) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	info := activity.GetInfo(ctx)
	if !info.IsLocalActivity {
		defer beat(ctx, beatEvery)()
	}
	result, err := o.Next.ExecuteActivity(telemetry.WithCase(ctx, info.WorkflowExecution.ID), in)
	cause := Cause(err)
	o.metrics.Attempted(info.ActivityType.Name, info.WorkflowExecution.RunID+info.ActivityID, info.Attempt, info.ScheduledTime, cause)
	if server, _, _ := strings.Cut(cause, "_"); cause == "smtp_connection" || cause == "s3" {
		o.metrics.Lost(server)
	}
	return result, err
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
	var refusal *outbox.SMTPError
	var service serviceerror.ServiceError
	switch {
	case err == nil:
		return ""
	case errors.Is(err, outbox.ErrLogin):
		return "smtp_login"
	case errors.As(err, &refusal):
		return "smtp_4xx" // a 5xx is an outcome, and no failure
	case errors.As(err, &service):
		return "temporal"
	}
	text := err.Error()
	for _, c := range []struct{ says, cause string }{{"archive: ", "s3"}, {"smtp server ", "smtp_connection"}, {"imap server ", "imap"}, {"virus scanner", "scanner"}, {"timestamp", "timestamp"}} {
		if strings.Contains(text, c.says) {
			return c.cause
		}
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	case errors.Is(err, context.Canceled):
		return "stopped"
	}
	return "other"
}
