package activities

import (
	"context"
	"errors"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	enumspb "go.temporal.io/api/enums/v1"

	"relance/casefile"
)

// Names by which an envelope's workflow is reached.
const (
	EnvelopeWorkflow = "Envelope"
	EnvelopeMove     = "move"  // update: one operation of one case
	EnvelopeQuery    = "state" // query: casefile.Envelope
	EnvelopePrefix   = "envelope-"
)

// Budget asks an envelope for an operation.
type Budget struct {
	Envelope  string              `json:"envelope"`
	Total     int64               `json:"total"` // cents the envelope opens with, if this is the first it hears
	TaskQueue string              `json:"task_queue"`
	Move      casefile.BudgetMove `json:"move"`
}

// MoveBudget carries out an operation on an envelope's workflow, which it starts where there is none yet. The case's
// reference is the key: asking again changes nothing. Too little left is a failure of type FailBudget.
func (a *Activities) MoveBudget(ctx context.Context, b Budget) error {
	start := a.Temporal.NewWithStartWorkflowOperation(client.StartWorkflowOptions{
		ID: EnvelopePrefix + b.Envelope, TaskQueue: b.TaskQueue,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		StaticSummary:            "Enveloppe " + b.Envelope,
	}, EnvelopeWorkflow, casefile.Envelope{ID: b.Envelope, Total: b.Total})
	handle, err := a.Temporal.UpdateWithStartWorkflow(ctx, client.UpdateWithStartWorkflowOptions{
		StartWorkflowOperation: start,
		UpdateOptions: client.UpdateWorkflowOptions{
			UpdateID:   string(b.Move.Op) + "-" + b.Move.Reference,
			UpdateName: EnvelopeMove, Args: []any{b.Move},
			WaitForStage: client.WorkflowUpdateStageCompleted,
		},
	})
	if err == nil {
		err = handle.Get(ctx, nil)
	}
	var refusal *temporal.ApplicationError
	if errors.As(err, &refusal) && refusal.Type() == FailBudget {
		return temporal.NewNonRetryableApplicationError(refusal.Message(), FailBudget, nil)
	}
	return err
}
