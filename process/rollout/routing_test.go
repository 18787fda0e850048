package rollout

import (
	"context"
	"fmt"
	"testing"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/workflow"

	"relance/contract"
	"relance/local/expect"
	"relance/worker"
)

// steps is a case that does a step for each update, and rests between two, remembered by the worker that did the last one.
func steps(r worker.WorkflowRegistry) {
	r.RegisterWorkflowWithOptions(func(ctx workflow.Context) error {
		err := workflow.SetUpdateHandler(ctx, "step", func(workflow.Context) error { return nil })
		workflow.GetSignalChannel(ctx, "end").Receive(ctx, nil)
		return err
	}, workflow.RegisterOptions{Name: contract.ApplicationWorkflow})
}

// TestTheNextStepIsTheCurrentVersions: once a command has said that a version is current, no case does one more step with
// the other, however short ago the other did its last one.
func TestTheNextStepIsTheCurrentVersions(t *testing.T) {
	if testing.Short() {
		t.Skip("starts Temporal")
	}
	c := temporal(t)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	versions := map[string]*Rollout{}
	for _, build := range []string{"1.0", "2.0", ""} {
		versions[build] = &Rollout{
			Temporal:  c,
			Namespace: client.DefaultNamespace,
			Build:     build,
			Register:  steps,
			Knows:     worker.Knows,
		}
		defer work(t, c, versions[build])()
	}
	ready := func(build string) {
		for versions[build].Ready(ctx, build) != nil && ctx.Err() == nil {
			time.Sleep(50 * time.Millisecond)
		}
		expect.NoError(t, build+" becomes current", versions[build].Promote(ctx, build))
	}
	ready("1.0")
	var cases []string
	for n := range 12 {
		cases = append(cases, fmt.Sprint("RBD-", n))
		options := client.StartWorkflowOptions{ID: cases[n], TaskQueue: contract.TaskQueue}
		_, err := c.ExecuteWorkflow(ctx, options, contract.ApplicationWorkflow)
		expect.NoError(t, "starting", err)
	}
	all := func(round int, build string) {
		for _, id := range cases {
			h, err := c.UpdateWorkflow(
				ctx,
				client.UpdateWorkflowOptions{
					WorkflowID:   id,
					UpdateName:   "step",
					WaitForStage: client.WorkflowUpdateStageCompleted,
				},
			)
			if err == nil {
				err = h.Get(ctx, nil)
			}
			expect.NoError(t, "a step of "+id, err)
			d, err := c.DescribeWorkflowExecution(ctx, id, "")
			expect.NoError(t, "describing "+id, err)
			at := d.GetWorkflowExecutionInfo().GetVersioningInfo().GetDeploymentVersion().GetBuildId()
			expect.Equal(t, fmt.Sprintf("version of %s in round %d", id, round), at, build)
		}
	}
	all(0, "1.0")
	for round := range 9 {
		build := []string{"2.0", "", "1.0"}[round%3]
		ready(build)
		all(round+1, build)
	}
}
