package rollout

import (
	"context"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"golang.org/x/sync/errgroup"

	"relance/contract"
)

// Left is what a version still has to do.
type Left struct {
	Tasks   int64 // that wait for its workers
	Begun   int   // side effects and steps that its workers are at
	Kept    int64 // cases that were kept with it (Keep)
	Resting int64 // open cases of which it did the last step: they need it no more, and go on with the current version
}

// Nothing tells whether the workers of the version may be stopped.
func (l Left) Nothing() bool { return l.Tasks == 0 && l.Begun == 0 && l.Kept == 0 }

// step is how long Temporal waits for a step of a workflow: what a version began before it got nothing more has come back by then.
const step = 10 * time.Second

// Drain waits until a version has nothing left to do, and tells of it every time it looks. A version that still gets cases is refused.
func (r *Rollout) Drain(ctx context.Context, build string, every time.Duration, tell func(Left)) (Left, error) {
	for {
		s, err := r.Status(ctx)
		if err != nil {
			return Left{}, err
		}
		v, known := s.Find(build)
		switch {
		case !known:
			return Left{}, refuse("la version %s est inconnue (versions connues : %s)", build, s.names())
		case v.State != Waiting:
			return Left{}, refuse("la version %s reçoit encore des dossiers : mettez-en d'abord une autre en service (relance rollout current)", build)
		}
		left := Left{Tasks: v.Backlog, Kept: v.Kept, Resting: v.Cases - v.Kept}
		if left.Begun, err = r.begun(ctx, build); err != nil {
			return left, err
		}
		if left.Nothing() && time.Since(s.changed) > step {
			return left, nil
		}
		tell(left)
		if err := sleep(ctx, every); err != nil {
			return left, err
		}
	}
}

// begun counts what the workers of a version are at.
func (r *Rollout) begun(ctx context.Context, build string) (total int, err error) {
	open, err := r.list(ctx, running)
	if err != nil {
		return 0, err
	}
	counts := make(chan int, len(open))
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(together)
	for _, e := range open {
		work.Go(func() error {
			n, err := r.begunOf(ctx, e, build)
			counts <- n
			return err
		})
	}
	err = work.Wait()
	close(counts)
	for n := range counts {
		total += n
	}
	return total, err
}

func (r *Rollout) begunOf(ctx context.Context, e *workflowpb.WorkflowExecutionInfo, build string) (n int, err error) {
	d, err := r.Temporal.DescribeWorkflowExecution(ctx, e.GetExecution().GetWorkflowId(), e.GetExecution().GetRunId())
	if err != nil {
		return 0, err
	}
	for _, a := range d.GetPendingActivities() {
		if v := a.GetLastDeploymentVersion(); a.GetState() == enumspb.PENDING_ACTIVITY_STATE_STARTED && v.GetDeploymentName() == contract.Deployment && v.GetBuildId() == build {
			n++
		}
	}
	versions := d.GetWorkflowExecutionInfo().GetVersioningInfo()
	at := versions.GetDeploymentVersion()
	if next := versions.GetVersionTransition(); next != nil { // its first step, or the first with another version
		at = next.GetDeploymentVersion()
	}
	if d.GetPendingWorkflowTask().GetState() == enumspb.PENDING_WORKFLOW_TASK_STATE_STARTED && at.GetBuildId() == build {
		n++
	}
	return n, nil
}
