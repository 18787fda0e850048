package activities

import (
	"context"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"relance/ledger"
)

// Budget asks the plan for a move of one case.
type Budget struct {
	TaskQueue string      `json:"task_queue"`
	Move      ledger.Move `json:"move"`
}

// MoveBudget carries out a move on the plan's book, through its workflow, which it starts where there is none yet: that
// gathers the moves of many cases into few records. The case's reference is the key: asking again changes nothing.
func (a *Activities) MoveBudget(ctx context.Context, b Budget) (ledger.Answer, error) {
	var answer ledger.Answer
	start := a.Temporal.NewWithStartWorkflowOperation(client.StartWorkflowOptions{
		ID: PlanID(a.Plan.ID), TaskQueue: b.TaskQueue, WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		StaticSummary: a.Plan.Name,
	}, PlanWorkflow, Head{Plan: a.Plan.ID})
	handle, err := a.Temporal.UpdateWithStartWorkflow(ctx, client.UpdateWithStartWorkflowOptions{
		StartWorkflowOperation: start,
		UpdateOptions:          client.UpdateWorkflowOptions{UpdateName: PlanMove, Args: []any{b.Move}, WaitForStage: client.WorkflowUpdateStageCompleted},
	})
	if err == nil {
		err = handle.Get(ctx, &answer)
	}
	return answer, err
}
