package bench

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	tlog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"relance/contract"
	"relance/domain/casefile"
	"relance/local/run"
)

const (
	// twinQueue is where twins wait for their worker; no case does.
	twinQueue    = "bench-twin"
	twinName     = "Twin"
	twinPlanName = "TwinPlan"
	nothing      = "Nothing"
)

// twinWork is how many activities a granted case has at each of its steps: when it comes, the mail is read, and one activity writes, stores and sends;
// when the charter is back, the same; for the decision, the rules are applied, the money is reserved, one activity writes, stores and sends, and the
// money is committed.
var twinWork = [...]int{2, 2, 4}

// twin is what a granted case is to Temporal and no more: started by a signal, it gets a second signal and an update, keeps a deadline and says at
// which stage it is at each step, does as many activities, and moves the plan's money twice by update. All do nothing. The twin has ordinary activities; a
// case makes some of its own local ones, which Temporal does not see. What a case takes beyond its twin is the engine's own cost: mails, letters,
// documents, evidence, the plan's book, encryption.
type twin struct {
	c     client.Client
	plan  string // id of the plan's twin
	steps chan twinStep
}

// twinStep is a step that is done: whoever acts from outside does the next thing.
type twinStep struct {
	id   string
	step int
}

func (t *twin) run(ctx workflow.Context) error {
	mails := workflow.GetSignalChannel(ctx, contract.MailSignal)
	decide, decided := workflow.NewChannel(ctx), workflow.NewChannel(ctx)
	if err := workflow.SetUpdateHandler(ctx, string(casefile.Approve), func(ctx workflow.Context) error {
		decide.Send(ctx, true)
		decided.Receive(ctx, nil)
		return nil
	}); err != nil {
		return err
	}
	mails.Receive(ctx, nil)
	for step, n := range twinWork {
		for i := range n {
			if err := t.work(ctx, step, i); err != nil {
				return err
			}
		}
		if step == len(twinWork)-1 {
			decided.Send(ctx, true)
		}
		if err := workflow.UpsertTypedSearchAttributes(ctx, contract.StageAttribute.ValueSet(fmt.Sprint(step))); err != nil {
			return err
		}
		timer, cancel := workflow.WithCancel(ctx)
		came := workflow.NewSelector(ctx)
		came.AddFuture(workflow.NewTimer(timer, 24*time.Hour), func(workflow.Future) {})
		came.AddReceive(mails, func(c workflow.ReceiveChannel, _ bool) { c.Receive(ctx, nil) })
		came.AddReceive(decide, func(c workflow.ReceiveChannel, _ bool) { c.Receive(ctx, nil) })
		came.Select(ctx)
		cancel()
	}
	return nil
}

func (t *twin) work(ctx workflow.Context, step, i int) error {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute})
	return workflow.ExecuteActivity(ctx, nothing, step, i).Get(ctx, nil)
}

// nothing is the activity that does nothing: but where a case moves money, it sends the plan's twin the same update, and at the end of a step it
// tells outside.
func (t *twin) nothing(ctx context.Context, step, i int) error {
	if step == len(twinWork)-1 && i%2 == 1 {
		if err := update(ctx, t.c, t.plan, contract.PlanMove); err != nil {
			return err
		}
	}
	if i == twinWork[step]-1 {
		t.steps <- twinStep{activity.GetInfo(ctx).WorkflowExecution.ID, step}
	}
	return nil
}

// twinPlan takes the updates that cases send the plan's workflow, and has no book.
func twinPlan(ctx workflow.Context) error {
	if err := workflow.SetUpdateHandler(ctx, contract.PlanMove, func(workflow.Context) error { return nil }); err != nil {
		return err
	}
	if err := workflow.Await(ctx, func() bool {
		return workflow.GetInfo(ctx).GetContinueAsNewSuggested() && workflow.AllHandlersFinished(ctx)
	}); err != nil {
		return err
	}
	return workflow.NewContinueAsNewError(ctx, twinPlanName)
}

// twins are those that run beside the cases of a run: as many before them and as many after, since a machine is not as fast at all times.
type twins struct {
	l     *run.Local
	ran   int
	took  time.Duration
	spent Processor // in all
}

// run lets so many more twins run.
func (t *twins) run(ctx context.Context, n int) error {
	meter := newMeter(t.l.Stack, nil)
	took, err := runTwins(ctx, t.l.Stack.TemporalAddress, fmt.Sprintf("twin-%d", t.ran), n)
	spent := meter.each(1)
	t.ran, t.took = t.ran+n, t.took+took
	t.spent = Processor{Relance: t.spent.Relance + spent.Relance, MinIO: t.spent.MinIO + spent.MinIO, Temporal: t.spent.Temporal + spent.Temporal}
	return err
}

// compare puts the cases of a result beside the twins.
func (t *twins) compare(r *Result) {
	n := float64(t.ran)
	r.TwinProcessor = Processor{Relance: t.spent.Relance / n, MinIO: t.spent.MinIO / n, Temporal: t.spent.Temporal / n}
	r.TwinPerSecond = n / t.took.Seconds()
	r.Ratio = r.CasesPerSecond / r.TwinPerSecond
}

// runTwins lets so many twins run on a Temporal that does nothing else, all started at once as the cases are, and gives how long it takes until the
// last has ended its last step. All their ids begin alike.
func runTwins(ctx context.Context, address, name string, cases int) (took time.Duration, err error) {
	c, err := client.DialContext(ctx, client.Options{HostPort: address, ConnectionOptions: client.ConnectionOptions{GrpcCompression: &client.GrpcCompressionNone{}}, Logger: tlog.NewStructuredLogger(slog.New(slog.DiscardHandler))})
	if err != nil {
		return 0, err
	}
	defer c.Close()
	t := &twin{c: c, plan: name + "-plan", steps: make(chan twinStep, len(twinWork)*cases)}
	w := worker.New(c, twinQueue, worker.Options{MaxConcurrentActivityExecutionSize: 32})
	w.RegisterWorkflowWithOptions(t.run, workflow.RegisterOptions{Name: twinName})
	w.RegisterWorkflowWithOptions(twinPlan, workflow.RegisterOptions{Name: twinPlanName})
	w.RegisterActivityWithOptions(t.nothing, activity.RegisterOptions{Name: nothing})
	if err := w.Start(); err != nil {
		return 0, err
	}
	defer w.Stop()
	if _, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: t.plan, TaskQueue: twinQueue}, twinPlanName); err != nil {
		return 0, err
	}
	failed := make(chan error, 1)
	began := time.Now()
	go func() {
		for i := range cases {
			if err := startTwin(ctx, c, fmt.Sprintf("%s-%d", name, i)); err != nil {
				failed <- err
				return
			}
		}
	}()
	for done := 0; done < cases; {
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case err := <-failed:
			return 0, err
		case s := <-t.steps:
			if s.step == len(twinWork)-1 {
				done++
				continue
			}
			go func() {
				if err := actOnTwin(ctx, c, s); err != nil && ctx.Err() == nil {
					select {
					case failed <- err:
					default:
					}
				}
			}()
		}
	}
	return time.Since(began), nil
}

func startTwin(ctx context.Context, c client.Client, id string) error {
	_, err := c.SignalWithStartWorkflow(ctx, id, contract.MailSignal, nil, client.StartWorkflowOptions{ID: id, TaskQueue: twinQueue,
		TypedSearchAttributes: temporal.NewSearchAttributes(contract.StageAttribute.ValueSet(string(casefile.Received)))}, twinName)
	return err
}

// actOnTwin does what the applicant does after the first step of a twin, and what the officer does after the second.
func actOnTwin(ctx context.Context, c client.Client, s twinStep) error {
	if s.step == 0 {
		return c.SignalWorkflow(ctx, s.id, "", contract.MailSignal, nil)
	}
	return update(ctx, c, s.id, string(casefile.Approve))
}

// update sends an update without arguments and waits for its answer.
func update(ctx context.Context, c client.Client, id, name string) error {
	handle, err := c.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{WorkflowID: id, UpdateName: name, WaitForStage: client.WorkflowUpdateStageCompleted})
	if err != nil {
		return err
	}
	return handle.Get(ctx, nil)
}
