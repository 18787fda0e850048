package activities

import (
	"context"
	"errors"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"relance/contract"
	"relance/domain/ledger"
)

// MoveBudget carries out a move on the plan's book, through its workflow, which it starts where there is none yet: that
// gathers the moves of many cases into few records. The case's reference is the key: asking again changes nothing.
func (a *Activities) MoveBudget(ctx context.Context, b contract.Budget) (ledger.Answer, error) {
	var answer ledger.Answer
	update := client.UpdateWorkflowOptions{WorkflowID: contract.PlanID(a.Plan.ID), UpdateName: contract.PlanMove, Args: []any{b.Move}, WaitForStage: client.WorkflowUpdateStageCompleted}
	handle, err := a.Temporal.UpdateWorkflow(ctx, update) // which costs Temporal half of what an update with a start does
	if errors.As(err, new(*serviceerror.NotFound)) {
		handle, err = a.Temporal.UpdateWithStartWorkflow(ctx, client.UpdateWithStartWorkflowOptions{
			StartWorkflowOperation: a.Temporal.NewWithStartWorkflowOperation(client.StartWorkflowOptions{
				ID: update.WorkflowID, TaskQueue: b.TaskQueue, WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
				StaticSummary: a.Plan.Name,
			}, contract.PlanWorkflow, contract.Head{Plan: a.Plan.ID}),
			UpdateOptions: update,
		})
	}
	if err == nil {
		err = handle.Get(ctx, &answer)
	}
	return answer, err
}
