package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"relance/contract"
	"relance/domain/round"
	"relance/store/archive"
)

// ErrNoCall is returned for an identifier that no session of a call has.
var ErrNoCall = errors.New("session inconnue, ou sans candidature")

// Calls lists the sessions of calls that have candidates, the newest first.
func (d *Desk) Calls(ctx context.Context) ([]Line, error) {
	var lines []Line
	seen := map[string]bool{}
	var page []byte
	for {
		answer, err := d.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
			Query: "WorkflowType = '" + contract.CallWorkflow + "'", NextPageToken: page, PageSize: 500})
		if err != nil {
			return nil, err
		}
		for _, info := range answer.GetExecutions() {
			id := info.GetExecution().GetWorkflowId()
			if !seen[id] && info.GetStatus() != enumspb.WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW {
				seen[id] = true
				lines = append(lines, d.line(info))
			}
		}
		if page = answer.GetNextPageToken(); len(page) == 0 {
			return lines, nil
		}
	}
}

// Call is a session as it stands: from its workflow or, where Temporal no longer keeps that, from its folder.
func (d *Desk) Call(ctx context.Context, id string) (round.State, error) {
	var s round.State
	answer, err := d.Temporal.QueryWorkflow(ctx, id, "", contract.CallQuery)
	if err == nil {
		return s, answer.Get(&s)
	}
	text, stored := d.Archive.Get(ctx, round.Folder(id)+"call.json")
	var missing *serviceerror.NotFound
	switch {
	case stored == nil:
		return s, json.Unmarshal(text, &s)
	case errors.As(err, &missing) && (errors.Is(stored, archive.ErrNotFound) || errors.Is(stored, archive.ErrBadKey)):
		return s, fmt.Errorf("%w : %s", ErrNoCall, id)
	}
	return s, err
}

// ActOnCall carries out an action on a session and waits until it has been done. A refusal is a *Refusal.
func (d *Desk) ActOnCall(ctx context.Context, id string, kind round.ActKind, a round.Act) (round.Done, error) {
	var done round.Done
	handle, err := d.Temporal.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{WorkflowID: id, UpdateID: updateID(a.ID, a.Sum(kind)), UpdateName: string(kind), Args: []any{a},
		WaitForStage: client.WorkflowUpdateStageCompleted})
	if err == nil {
		err = handle.Get(ctx, &done)
	}
	var missing *serviceerror.NotFound
	var refusal *temporal.ApplicationError
	switch {
	case errors.As(err, &missing):
		s, err := d.Call(ctx, id)
		if err != nil {
			return done, err
		}
		if why := s.May(kind, a); why != nil {
			return done, &Refusal{Reason: why.Error()}
		}
		return round.Done{ID: s.ID, Stage: s.Stage, Again: true}, nil // it was carried out before the session ended
	case errors.As(err, &refusal):
		return done, &Refusal{Reason: refusal.Message()}
	}
	return done, err
}
