package audit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"relance/activities"
	"relance/contract"
	"relance/domain/casefile"
	"relance/domain/ledger"
	"relance/store/archive"
)

// repair mends what is safe to mend: what the engine does by itself in other circumstances, under the same keys, so that doing it again changes
// nothing. What it has done stands with the finding.
func (a *audit) repair(ctx context.Context) error {
	order, err := a.inOrder(ctx)
	if err != nil {
		return err
	}
	for _, f := range order {
		done, err := a.mend(ctx, *f)
		if err != nil {
			if ctx.Err() != nil {
				return err
			}
			f.Detail = strings.TrimSpace(f.Detail + " ; réparation impossible : " + err.Error())
			continue
		}
		f.Mended = done
	}
	if err := a.bringBack(ctx); err != nil {
		return err
	}
	return a.readInbox(ctx)
}

// inOrder are the findings as they are mended: mails that their cases do not know in the order in which they came, since the second is read by what
// the first has said.
func (a *audit) inOrder(ctx context.Context) (order []*Finding, err error) {
	for i := range a.Findings {
		f := &a.Findings[i]
		if f.Code == MailUnknown {
			o, err := a.Archive.Stat(ctx, f.Object)
			if err != nil && !errors.Is(err, archive.ErrNotFound) {
				return nil, err
			}
			f.received = o.Modified
		}
		order = append(order, f)
	}
	last := func(f *Finding) int {
		if f.Code == MailUnknown {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(order, func(x, y *Finding) int {
		return cmp.Or(cmp.Compare(last(x), last(y)), x.received.Compare(y.received)*last(x))
	})
	return order, nil
}

// mend mends one finding and tells what was done; nothing where a person has to act.
func (a *audit) mend(ctx context.Context, f Finding) (string, error) {
	switch f.Code {
	case CaseAhead:
		if err := a.Temporal.TerminateWorkflow(ctx, f.Case, "", "le dossier, restauré, en sait davantage"); err != nil {
			return "", err
		}
		return "procédure reprise à partir du dossier", a.wake(ctx, f.Case)
	case CaseNoWorkflow, WorkflowFailed:
		return "procédure réveillée à partir du dossier", a.wake(ctx, f.Case)
	case MailUnknown:
		name := f.Object[strings.LastIndexByte(f.Object, '/')+1:]
		return "message remis au dossier", a.Mailroom().Retake(ctx, f.Case, strings.TrimSuffix(name, ".eml"))
	case SentMissing:
		return "copie rangée", a.copy(ctx, f)
	case BookNoCase, BookUnjustified:
		return a.release(ctx, f)
	case BookBehind:
		move := ledger.Move{Op: ledger.TopUp, Key: fmt.Sprintf("audit/%d", a.book.last)} // of nothing: writing it makes the plan read the book
		_, err := a.Activities().MoveBudget(ctx, contract.Budget{TaskQueue: contract.TaskQueue, Move: move})
		return "le plan a relu le livre", err
	}
	return "", nil
}

// wake starts the workflow of a case from its folder, as a late mail does.
func (a *audit) wake(ctx context.Context, reference string) error {
	if !casefile.IsReference(reference) {
		return errors.New("une session d'appel à projets se réveille par un message ou par une action (relance call)")
	}
	_, err := a.Temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: reference, TaskQueue: contract.TaskQueue,
		WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING}, contract.ApplicationWorkflow,
		casefile.Opening{Reference: reference, Clock: a.Config.Clock(), Resume: true})
	return err
}

// copy files a mail that was sent where people look for it.
func (a *audit) copy(ctx context.Context, f Finding) error {
	raw, err := a.Archive.Get(ctx, f.Object)
	if err != nil {
		return err
	}
	var acc struct {
		At time.Time `json:"at"`
	}
	if err := a.note(ctx, f.Object+".accepted.json", &acc); err != nil {
		return err
	}
	return a.sent.File(ctx, a.messageID(f.Case, strings.TrimPrefix(f.Object, casefile.Folder(f.Case))), raw, acc.At, true)
}

// release gives money back that is reserved for a case that is not there, or that has ended. What is committed stays: a decision stands behind it.
func (a *audit) release(ctx context.Context, f Finding) (string, error) {
	c := a.claim(f.Object)
	if c == nil || c.Status != ledger.Held && c.Status != ledger.Waiting {
		return "", nil
	}
	if f.Code == BookUnjustified {
		s, err := activities.Load(ctx, a.Archive, f.Case)
		if errors.Is(err, archive.ErrNotFound) || err == nil && !s.Stage.Final() {
			return "", nil
		}
		if err != nil {
			return "", err
		}
	} else if w, err := a.describe(ctx, f.Case); err != nil || w != nil && w.Status == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
		return "", err
	}
	answer, err := a.Activities().MoveBudget(ctx, contract.Budget{TaskQueue: contract.TaskQueue, Move: ledger.Move{Op: ledger.Release, Key: f.Object}})
	if err == nil && answer.Refused != "" {
		err = errors.New(answer.Refused)
	}
	return "crédits libérés", err
}

// readInbox takes what lies in the inbox to its place, as the starter does.
func (a *audit) readInbox(ctx context.Context) error {
	if len(a.Of(MailInboxTaken))+len(a.Of(MailWaiting)) == 0 {
		return nil
	}
	if _, err := a.box.Once(ctx, a.Mailroom().Handle); err != nil {
		return err
	}
	for i, f := range a.Findings {
		if f.Code != MailInboxTaken && f.Code != MailWaiting {
			continue
		}
		left, err := a.present(ctx, []Finding{f})
		if err != nil {
			return err
		}
		if len(left) == 0 {
			a.Findings[i].Mended = "message relevé et classé"
		}
	}
	return nil
}
