package worker

import (
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/workflow"

	"relance/observe/health"
)

// clock compares this machine's clock with Temporal's: the time at which it gave out the attempt or, of a side effect inside a workflow's step, the time of
// the step. What bears a date by a wrong clock, a mail or the seal of a letter, cannot be taken back: it waits until the clock is right, or another worker
// does it.
func (o *observer) clock(info activity.Info) error {
	if o.now == nil || info.StartedTime.IsZero() {
		return nil
	}
	off := time.Duration(o.off.Load())
	if !info.IsLocalActivity {
		off = o.behind(info.StartedTime)
	}
	err := health.Differ("Temporal", off)
	o.health.Told(health.Clock, err)
	return err
}

// behind is how far a time is behind this machine's, by the wall clock.
func (o *observer) behind(at time.Time) time.Duration { return o.now().Round(0).Sub(at) }

// InterceptWorkflow is of interceptor.WorkerInterceptor. It looks at the clock where a step begins a side effect, and changes nothing of what the step does.
func (o *observer) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	s := &steps{observer: o}
	s.Next = next
	return s
}

type steps struct {
	interceptor.WorkflowInboundInterceptorBase
	observer *observer
}

// Init is of interceptor.WorkflowInboundInterceptor.
func (s *steps) Init(out interceptor.WorkflowOutboundInterceptor) error {
	t := &timed{observer: s.observer}
	t.Next = out
	return s.Next.Init(t)
}

type timed struct {
	interceptor.WorkflowOutboundInterceptorBase
	observer *observer
}

// ExecuteLocalActivity is of interceptor.WorkflowOutboundInterceptor.
func (t *timed) ExecuteLocalActivity(ctx workflow.Context, name string, args ...any) workflow.Future {
	if t.observer.now != nil && !workflow.IsReplaying(ctx) {
		t.observer.off.Store(int64(t.observer.behind(workflow.Now(ctx))))
	}
	return t.Next.ExecuteLocalActivity(ctx, name, args...)
}
