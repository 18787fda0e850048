package rollout

import (
	"context"
	"slices"

	"go.temporal.io/sdk/client"
	sdkworker "go.temporal.io/sdk/worker"

	"relance/contract"
)

// pinned are the open workflows that were kept with a version.
const pinned = running + " AND TemporalWorkflowVersioningBehavior = 'Pinned'"

// Keep leaves open cases with the version that did their last step, whichever is current from now on: those that another one cannot go on with. Workers
// of that version must run until the cases are freed or have ended; Drain waits for it.
func (r *Rollout) Keep(ctx context.Context, cases []Failure) error {
	ready := map[string]bool{}
	for _, f := range cases {
		d, err := r.Temporal.DescribeWorkflowExecution(ctx, f.Case, f.Run)
		if err != nil {
			return err
		}
		build := d.GetWorkflowExecutionInfo().GetVersioningInfo().GetDeploymentVersion().GetBuildId()
		if build == "" {
			return refuse("le dossier %s vient d'un worker sans version : il ne peut être gardé avec aucune", f.Case)
		}
		if !ready[build] {
			if err := r.Ready(ctx, build); err != nil {
				return err
			}
			ready[build] = true
		}
		if err := r.override(ctx, f.Case, f.Run, &client.PinnedVersioningOverride{Version: sdkworker.WorkerDeploymentVersion{DeploymentName: contract.Deployment, BuildID: build}}); err != nil {
			return err
		}
	}
	return nil
}

// Free lets cases that were kept go on with the current version again, but for some, and tells how many.
func (r *Rollout) Free(ctx context.Context, but []Failure) (n int, err error) {
	kept, err := r.list(ctx, pinned)
	if err != nil {
		return 0, err
	}
	for _, e := range kept {
		id, run := e.GetExecution().GetWorkflowId(), e.GetExecution().GetRunId()
		if slices.ContainsFunc(but, func(f Failure) bool { return f.Case == id && f.Run == run }) {
			continue
		}
		if err := r.override(ctx, id, run, nil); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// override says where the next step of a workflow goes; nil: to the current version.
func (r *Rollout) override(ctx context.Context, id, run string, to client.VersioningOverride) error {
	_, err := r.Temporal.UpdateWorkflowExecutionOptions(ctx, client.UpdateWorkflowExecutionOptionsRequest{WorkflowId: id, RunId: run,
		WorkflowExecutionOptionsChanges: client.WorkflowExecutionOptionsChanges{VersioningOverride: &client.VersioningOverrideChange{Value: to}}})
	return err
}
