// Package desk is an officer's desk on the command line: every action on a case, through the same validated updates that
// the Temporal UI offers, and the case as it stands.
package desk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"

	"relance/activities"
	"relance/contract"
	"relance/domain/casefile"
	"relance/domain/chain"
	"relance/store/archive"
)

// ErrNoCase is returned for a reference that no case has.
var ErrNoCase = errors.New("dossier inconnu")

// Archive is the object store, as far as a desk needs it.
type Archive interface {
	Get(ctx context.Context, key string) ([]byte, error)
}

// Desk acts on cases.
type Desk struct {
	Temporal client.Client
	Archive  Archive
	Clock    casefile.Clock
	Alone    bool // the authority has one officer, who acts for two (separation: off)
}

// Line is one case in a list.
type Line struct {
	Reference       string `json:"reference"`
	Scheme          string `json:"scheme"`
	Stage           string `json:"stage"`
	Amount          int64  `json:"amount"` // cents
	WaitsForOfficer bool   `json:"waits_for_officer"`
	Deadline        string `json:"deadline,omitempty"` // RFC 3339, legal time
	Started         string `json:"started"`            // the same
}

// Filter narrows a list down.
type Filter struct {
	Stage, Scheme string
	Waiting       bool // only cases that wait for an officer
	Limit         int
}

// query is the filter in Temporal's list language. Its values are checked: they come from a command line.
func (f Filter) query() (string, error) {
	terms := []string{"WorkflowType = '" + contract.ApplicationWorkflow + "'"}
	for name, value := range map[string]string{"RelanceStage": f.Stage, "RelanceScheme": f.Scheme} {
		if value == "" {
			continue
		}
		if strings.ContainsAny(value, `'"\`) {
			return "", fmt.Errorf("%q n'est pas un filtre", value)
		}
		terms = append(terms, name+" = '"+value+"'")
	}
	if f.Waiting {
		terms = append(terms, "RelanceWaitsForOfficer = true")
	}
	return strings.Join(terms, " AND "), nil
}

// List lists cases, the newest first. A case that ended and was written to again is listed once, by its last run.
func (d *Desk) List(ctx context.Context, f Filter) ([]Line, error) {
	query, err := f.query()
	if err != nil {
		return nil, err
	}
	var lines []Line
	seen := map[string]bool{}
	var page []byte
	for {
		answer, err := d.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Query: query, NextPageToken: page, PageSize: 500})
		if err != nil {
			return nil, err
		}
		for _, info := range answer.GetExecutions() {
			id := info.GetExecution().GetWorkflowId()
			if seen[id] || info.GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW {
				continue
			}
			seen[id] = true
			lines = append(lines, d.line(info))
			if f.Limit > 0 && len(lines) >= f.Limit {
				return lines, nil
			}
		}
		if page = answer.GetNextPageToken(); len(page) == 0 {
			return lines, nil
		}
	}
}

// line is what Temporal's list tells of a case.
func (d *Desk) line(info *workflowpb.WorkflowExecutionInfo) Line {
	fields := info.GetSearchAttributes().GetIndexedFields()
	l := Line{Reference: info.GetExecution().GetWorkflowId(), Started: d.Clock.Legal(info.GetStartTime().AsTime()).Format(time.RFC3339)}
	decode(fields["RelanceStage"], &l.Stage)
	decode(fields["RelanceScheme"], &l.Scheme)
	decode(fields["RelanceAmountCents"], &l.Amount)
	decode(fields["RelanceWaitsForOfficer"], &l.WaitsForOfficer)
	var deadline time.Time
	if decode(fields["RelanceDeadline"], &deadline); !deadline.IsZero() {
		l.Deadline = d.legal(deadline).Format(time.RFC3339)
	}
	return l
}

// legal is a deadline that Temporal lists by the clock on the wall, to the second. In a demonstration a second is hours, and periods end where a day begins:
// that instant is meant, where there is one within the second.
func (d *Desk) legal(listed time.Time) time.Time {
	from, to := d.Clock.Legal(listed.UTC()), d.Clock.Legal(listed.UTC().Add(time.Second))
	if day := casefile.LastDay(to); day.After(from) {
		return day.UTC()
	}
	return from
}

// decode reads a search attribute; one that is not set leaves its zero value.
func decode(p *commonpb.Payload, into any) {
	if p != nil {
		_ = converter.GetDefaultDataConverter().FromPayload(p, into)
	}
}

// State is a case as it stands: from its workflow or, where Temporal no longer keeps that, from its folder.
func (d *Desk) State(ctx context.Context, reference string) (casefile.State, error) {
	var s casefile.State
	answer, err := d.Temporal.QueryWorkflow(ctx, reference, "", contract.StateQuery)
	if err == nil {
		return s, answer.Get(&s)
	}
	kept, stored := activities.Load(ctx, d.Archive, reference)
	var missing *serviceerror.NotFound
	switch {
	case stored == nil:
		return *kept, nil
	case errors.As(err, &missing) && errors.Is(stored, archive.ErrNotFound):
		return s, fmt.Errorf("%w : %s", ErrNoCase, reference)
	}
	return s, err
}

// Journal is the whole journal of a case: what lies in its folder, and what is not stored yet.
func (d *Desk) Journal(ctx context.Context, s casefile.State) ([]casefile.Entry, error) {
	lines, err := activities.Journal(ctx, d.Archive, s.Reference)
	if err != nil {
		return nil, err
	}
	var entries []casefile.Entry
	for _, line := range lines[:min(len(lines), s.Stored.Length)] {
		e, err := chain.Parse(line)
		if err != nil {
			return nil, fmt.Errorf("journal: %w", err)
		}
		if e.What != chain.Stored {
			entries = append(entries, e)
		}
	}
	return append(entries, s.Unstored()...), nil
}

// Facts are the people and figures of a case.
func (d *Desk) Facts(ctx context.Context, s casefile.State) (casefile.Facts, error) {
	var f casefile.Facts
	if s.Facts.Key == "" {
		return f, nil
	}
	text, err := d.Archive.Get(ctx, s.Facts.Key)
	if err != nil {
		return f, err
	}
	return f, json.Unmarshal(text, &f)
}

// Keeper is the object store, as far as a desk writes to it.
type Keeper interface {
	PutOnce(ctx context.Context, key string, content []byte, contentType string) (created bool, err error)
}

// Contact keeps an address of the applicant that an officer has verified in the case folder, where the case will take it, and gives where:
// an address is personal data and stays out of Temporal.
func (d *Desk) Contact(ctx context.Context, archive Keeper, reference string, contact casefile.Contact, a casefile.Act) (casefile.Ref, error) {
	s, err := d.State(ctx, reference)
	if err != nil {
		return casefile.Ref{}, err
	}
	a.By, a.Contact, a.At = contact.By, casefile.Ref{Key: "to come"}, d.Clock.Legal(time.Now())
	if err := s.May(casefile.NotifyAct, a); err != nil {
		return casefile.Ref{}, &Refusal{Reason: err.Error()}
	}
	text, err := json.Marshal(contact)
	if err != nil {
		return casefile.Ref{}, err
	}
	return keepIn(ctx, archive, reference, "contact", text)
}

// Correct keeps a value that an officer corrects in the case folder, where the case would take it now, and gives where.
func (d *Desk) Correct(ctx context.Context, archive Keeper, reference string, c casefile.Correction, a casefile.Act) (casefile.Ref, error) {
	s, err := d.State(ctx, reference)
	if err != nil {
		return casefile.Ref{}, err
	}
	a.By, a.At, a.Entered = c.By, c.At, casefile.Ref{Key: casefile.Folder(reference) + "facts/correction-to come"}
	if err := s.May(casefile.CorrectValue, a); err != nil {
		return casefile.Ref{}, &Refusal{Reason: err.Error()}
	}
	return d.Enter(ctx, archive, reference, c)
}

// Enter keeps a value that an officer corrects in the case folder, where the case will take it, and gives where: it is personal
// data and stays out of Temporal.
func (d *Desk) Enter(ctx context.Context, archive Keeper, reference string, c casefile.Correction) (casefile.Ref, error) {
	text, err := json.Marshal(c)
	if err != nil {
		return casefile.Ref{}, err
	}
	return keepIn(ctx, archive, reference, "correction", text)
}

// keepIn puts what an officer enters into a case folder, under the hash of its content.
func keepIn(ctx context.Context, archive Keeper, reference, what string, text []byte) (casefile.Ref, error) {
	sum := sha256.Sum256(text)
	ref := casefile.Ref{SHA256: hex.EncodeToString(sum[:])}
	ref.Key = casefile.Folder(reference) + "facts/" + what + "-" + ref.SHA256 + ".json"
	_, err := archive.PutOnce(ctx, ref.Key, text, "application/json")
	return ref, err
}

// Act carries out an action on a case and waits until it has been done. A case that has ended is woken for it. A refusal
// is a *Refusal.
func (d *Desk) Act(ctx context.Context, reference string, kind casefile.ActKind, a casefile.Act) (casefile.Done, error) {
	a.Alone = d.Alone
	options := client.UpdateWorkflowOptions{WorkflowID: reference, UpdateID: updateID(a.ID, a.Sum(kind)+a.Known), UpdateName: string(kind), Args: []any{a},
		WaitForStage: client.WorkflowUpdateStageCompleted}
	handle, err := d.Temporal.UpdateWorkflow(ctx, options)
	var missing *serviceerror.NotFound
	if errors.As(err, &missing) {
		if _, err := d.State(ctx, reference); err != nil {
			return casefile.Done{}, err
		}
		start := d.Temporal.NewWithStartWorkflowOperation(client.StartWorkflowOptions{ID: reference, TaskQueue: contract.TaskQueue,
			WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING}, contract.ApplicationWorkflow,
			casefile.Opening{Reference: reference, Clock: d.Clock, Resume: true})
		options.WorkflowID = ""
		handle, err = d.Temporal.UpdateWithStartWorkflow(ctx, client.UpdateWithStartWorkflowOptions{StartWorkflowOperation: start, UpdateOptions: options})
	}
	var done casefile.Done
	if err == nil {
		err = handle.Get(ctx, &done)
	}
	var refusal *temporal.ApplicationError
	if errors.As(err, &refusal) {
		return done, &Refusal{Reason: refusal.Message(), Another: refusal.Type() == contract.RefusedAnother}
	}
	return done, err
}

// Look reads a case for whoever is about to decide on it, and gives the act with the mark of what was read: it is refused
// where that has changed when it arrives.
func (d *Desk) Look(ctx context.Context, reference string, a casefile.Act) (casefile.State, casefile.Act, error) {
	s, err := d.State(ctx, reference)
	if err == nil {
		a.Known = s.Mark()
	}
	return s, a, err
}

// Decide carries out a decision on a case as it is now, for programs that look at nothing before.
func (d *Desk) Decide(ctx context.Context, reference string, kind casefile.ActKind, a casefile.Act) (casefile.Done, error) {
	_, a, err := d.Look(ctx, reference, a)
	if err != nil {
		return casefile.Done{}, err
	}
	return d.Act(ctx, reference, kind, a)
}

// updateID is the update's own key in Temporal, which answers a second update of one key with what became of the first. It holds what is
// asked for, so that another act under the same key reaches the case, which refuses it.
func updateID(key, sum string) string {
	if key == "" {
		return ""
	}
	return key + "." + sum
}

// Refusal is an action that was not carried out, and why, in words for an officer.
type Refusal struct {
	Reason  string
	Another bool // whoever asked has done the other half of it: another officer may
}

func (r *Refusal) Error() string { return r.Reason }

// Plan tells where the book of a budget plan stands. It is empty while no case has spent anything.
func (d *Desk) Plan(ctx context.Context, id string) (contract.Head, error) {
	head := contract.Head{Plan: id}
	answer, err := d.Temporal.QueryWorkflow(ctx, contract.PlanID(id), "", contract.PlanQuery)
	var missing *serviceerror.NotFound
	if errors.As(err, &missing) {
		return head, nil
	}
	if err != nil {
		return head, err
	}
	return head, answer.Get(&head)
}
