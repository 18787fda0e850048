// Package worker is the process that hosts the workflows and their activities. Any number of workers may run.
package worker

import (
	"context"
	"log/slog"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"relance/activities"
	"relance/telemetry"
	"relance/workflows"
)

// TaskQueue is where cases wait for a worker.
const TaskQueue = "relance"

// remembered is how many cases a worker keeps in memory between two things that happen to them, some 250 kB each. Others are read from their history
// again when something does. Temporal's own limit of 10,000 lets a worker grow to gigabytes while a fund is open.
const remembered = 500

// Registry is what workflows and activities are registered with: a worker, a replayer or a test's environment.
type Registry interface {
	RegisterWorkflowWithOptions(w any, options workflow.RegisterOptions)
	RegisterActivityWithOptions(a any, options activity.RegisterOptions)
}

// Register makes the procedure and its side effects known under their names.
func Register(r Registry, p *workflows.Procedure, a *activities.Activities) {
	RegisterWorkflows(r, p)
	r.RegisterActivityWithOptions(a, activity.RegisterOptions{})
}

// RegisterWorkflows makes the procedure known, without its side effects: for replaying histories.
func RegisterWorkflows(r interface {
	RegisterWorkflowWithOptions(w any, options workflow.RegisterOptions)
}, p *workflows.Procedure) {
	r.RegisterWorkflowWithOptions(p.Application, workflow.RegisterOptions{Name: workflows.ApplicationWorkflow})
	r.RegisterWorkflowWithOptions(p.Call, workflow.RegisterOptions{Name: activities.CallWorkflow})
	r.RegisterWorkflowWithOptions(p.Plan, workflow.RegisterOptions{Name: activities.PlanWorkflow})
}

// Run works until ctx ends, then finishes what is in hand.
func Run(ctx context.Context, c client.Client, p *workflows.Procedure, a *activities.Activities, metrics *telemetry.Metrics, log *slog.Logger) error {
	worker.SetStickyWorkflowCacheSize(remembered)
	w := worker.New(c, TaskQueue, worker.Options{
		WorkerStopTimeout: 20 * time.Second,
		Interceptors:      []interceptor.WorkerInterceptor{&observer{metrics: metrics}},
		// Letters and large mails are held in memory.
		MaxConcurrentActivityExecutionSize:      32,
		MaxConcurrentLocalActivityExecutionSize: 32,
	})
	Register(w, p, a)
	if err := w.Start(); err != nil {
		return err
	}
	log.Info("worker ready", "task_queue", TaskQueue)
	<-ctx.Done()
	w.Stop()
	return nil
}
