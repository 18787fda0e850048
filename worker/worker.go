// Package worker is the process that hosts the workflows and their activities. Any number of workers may run.
package worker

import (
	"context"
	"log/slog"
	"reflect"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"relance/activities"
	"relance/contract"
	"relance/observe/health"
	"relance/observe/telemetry"
	"relance/workflows"
)

// remembered is how many cases a worker keeps in memory between two things that happen to them, some 250 kB each. Others are read from their history
// again when something does. Temporal's own limit of 10,000 lets a worker grow to gigabytes while a fund is open.
const remembered = 500

// WorkflowRegistry is what workflows are registered with: a replayer, or any Registry.
type WorkflowRegistry interface {
	RegisterWorkflowWithOptions(w any, options workflow.RegisterOptions)
}

// Registry is what workflows and activities are registered with: a worker or a test's environment.
type Registry interface {
	WorkflowRegistry
	RegisterActivityWithOptions(a any, options activity.RegisterOptions)
}

// Register makes the procedure and its side effects known under their names.
func Register(r Registry, p *workflows.Procedure, a *activities.Activities) {
	RegisterWorkflows(r, p)
	r.RegisterActivityWithOptions(a, activity.RegisterOptions{})
}

// Knows tells whether Register makes a side effect of this name known.
func Knows(effect string) bool {
	_, is := reflect.TypeFor[*activities.Activities]().MethodByName(effect)
	return is
}

// RegisterWorkflows makes the procedure known, without its side effects: for replaying histories.
func RegisterWorkflows(r WorkflowRegistry, p *workflows.Procedure) {
	r.RegisterWorkflowWithOptions(p.Application, workflow.RegisterOptions{Name: contract.ApplicationWorkflow})
	r.RegisterWorkflowWithOptions(p.Call, workflow.RegisterOptions{Name: contract.CallWorkflow})
	r.RegisterWorkflowWithOptions(p.Inquiry, workflow.RegisterOptions{Name: contract.InquiryWorkflow})
	r.RegisterWorkflowWithOptions(p.Verification, workflow.RegisterOptions{Name: contract.VerificationWorkflow})
	r.RegisterWorkflowWithOptions(p.Plan, workflow.RegisterOptions{Name: contract.PlanWorkflow})
}

// versioned makes a worker known by its version: it gets cases when that is current. A case belongs to no version: cases last for years, and go on with
// the version that is current when something happens to them.
func versioned(build string) worker.DeploymentOptions {
	if build == "" {
		return worker.DeploymentOptions{}
	}
	return worker.DeploymentOptions{UseVersioning: true, DefaultVersioningBehavior: workflow.VersioningBehaviorAutoUpgrade,
		Version: worker.WorkerDeploymentVersion{DeploymentName: contract.Deployment, BuildID: build}}
}

// Options are what a worker works with.
type Options struct {
	Client     client.Client
	Procedure  *workflows.Procedure
	Build      string // the version of these workers; empty: they have none
	Activities *activities.Activities
	Metrics    *telemetry.Metrics // nil: nothing is counted
	Health     *health.Recorder   // nil: nobody is told
	Now        func() time.Time
	Log        *slog.Logger
}

// Run works until ctx ends, then finishes what is in hand. It waits for Temporal where that is away.
func Run(ctx context.Context, o Options) error {
	worker.SetStickyWorkflowCacheSize(remembered)
	broken := make(chan error, 1)
	w, err := start(ctx, o, func(err error) {
		select {
		case broken <- err:
		default: // one reason is enough
		}
	})
	if err != nil {
		return err
	}
	o.Log.Info("worker ready", "task_queue", contract.TaskQueue, "build", o.Build)
	select {
	case <-ctx.Done():
	case err = <-broken: // it asks for nothing any more: the namespace is gone, or Temporal does not know this version
	}
	w.Stop()
	return err
}

// start starts a worker, and tries again as long as Temporal is away.
func start(ctx context.Context, o Options, fatal func(error)) (worker.Worker, error) {
	const firstWait, lastWait = time.Second, 15 * time.Second
	for wait := firstWait; ; wait = min(2*wait, lastWait) {
		w := worker.New(o.Client, contract.TaskQueue, worker.Options{
			DeploymentOptions: versioned(o.Build),
			WorkerStopTimeout: 20 * time.Second,
			Interceptors:      []interceptor.WorkerInterceptor{&observer{metrics: o.Metrics, health: o.Health, now: o.Now}},
			// Letters and large mails are held in memory.
			MaxConcurrentActivityExecutionSize: 32, MaxConcurrentLocalActivityExecutionSize: 32,
			OnFatalError: fatal,
		})
		Register(w, o.Procedure, o.Activities)
		err := w.Start()
		if f, away := health.Outage(err); err == nil || !away || !f.Reason.Passing() {
			return w, err
		}
		o.Log.Debug("worker not started yet", "again", wait, "error", err)
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(wait):
		}
	}
}
