package audit

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"relance/contract"
	"relance/mail/mailbox"
	"relance/starter"
)

// reach is by how much the mailbox is read again from before the instant of a backup: mail servers have clocks of their own.
const reach = 10 * time.Minute

// bringBack brings back what the mailbox has and a bucket that was put back from a backup has not: first the mails that went out, so that none goes
// twice, then those that came, oldest first, each case being told of the former as soon as it is there.
func (a *audit) bringBack(ctx context.Context) error {
	waiting := map[string]bool{} // cases that are still to be told
	for i := range a.Findings {
		f := &a.Findings[i]
		if f.Code == CaseUnreadable {
			waiting[f.Case] = true // its mails may be back already, and the case not yet
		}
		if f.Code != SentUnknown {
			continue
		}
		if err := a.adopt(ctx, *f); err != nil {
			if ctx.Err() != nil {
				return err
			}
			f.Detail = strings.TrimSpace(f.Detail + " ; réparation impossible : " + err.Error())
			continue
		}
		f.Mended, waiting[f.Case] = "remis dans le dossier, qui en est averti", true
	}
	if err := a.tellAll(ctx, waiting); err != nil {
		return err
	}
	return a.retake(ctx, waiting)
}

// tellAll tells the cases that can be told, and leaves those that are not there yet.
func (a *audit) tellAll(ctx context.Context, waiting map[string]bool) error {
	for reference := range waiting {
		told, err := a.tell(ctx, reference)
		if err != nil {
			return err
		}
		if told {
			delete(waiting, reference)
		}
	}
	return nil
}

// retake takes mails that came since the backup once more, as the starter took them.
func (a *audit) retake(ctx context.Context, waiting map[string]bool) error {
	if a.restored == nil {
		return nil
	}
	var lost []*Finding
	for i := range a.Findings {
		f := &a.Findings[i]
		if f.Code == MailUnarchived && f.received.After(a.restored.Until.Add(-reach)) {
			lost = append(lost, f)
		}
	}
	if len(lost) == 0 {
		return nil
	}
	works, err := a.works(ctx)
	if err != nil {
		return err
	}
	if !works {
		for _, f := range lost {
			f.Detail = "à reprendre quand le moteur tourne"
		}
		return nil
	}
	slices.SortStableFunc(lost, func(x, y *Finding) int { return x.received.Compare(y.received) })
	room, reached := a.Mailroom(), &reached{}
	reached.Workflows, room.Temporal = room.Temporal, reached
	for _, f := range lost {
		folder := f.Object[:strings.LastIndexByte(f.Object, '/')]
		err := a.box.Pick(ctx, folder, f.uid, func(m mailbox.Mail) error {
			_, err := room.Handle(ctx, m)
			return err
		})
		switch {
		case errors.Is(err, mailbox.ErrGone):
			continue
		case ctx.Err() != nil:
			return err
		case err != nil:
			f.Detail = strings.TrimSpace(f.Detail + " ; réparation impossible : " + err.Error())
			continue
		}
		f.Mended = "message repris, à sa date d'arrivée"
		if err := a.untilQuiet(ctx, reached.last); err != nil { // what comes next may follow from what this one led to
			return err
		}
		if err := a.tellAll(ctx, waiting); err != nil {
			return err
		}
	}
	return nil
}

// reached is Temporal, and remembers which workflow a message was taken to last.
type reached struct {
	starter.Workflows
	last string
}

func (r *reached) SignalWorkflow(ctx context.Context, id, run, signal string, arg any) error {
	r.last = id
	return r.Workflows.SignalWorkflow(ctx, id, run, signal, arg)
}

func (r *reached) SignalWithStartWorkflow(ctx context.Context, id, signal string, arg any, o client.StartWorkflowOptions, workflow any, args ...any) (client.WorkflowRun, error) {
	r.last = id
	return r.Workflows.SignalWithStartWorkflow(ctx, id, signal, arg, o, workflow, args...)
}

// works tells whether a worker asks for work.
func (a *audit) works(ctx context.Context) (bool, error) {
	d, err := a.Temporal.DescribeTaskQueue(ctx, contract.TaskQueue, enumspb.TASK_QUEUE_TYPE_WORKFLOW)
	return err == nil && len(d.GetPollers()) > 0, err
}

// untilQuiet waits until a workflow has dealt with what it was told, for a while: one whose step waits for a server is left alone.
func (a *audit) untilQuiet(ctx context.Context, id string) error {
	const longest, pause = 30 * time.Second, 50 * time.Millisecond
	for end := time.Now().Add(longest); id != "" && time.Now().Before(end); {
		w, err := a.describe(ctx, id)
		if err != nil || w == nil || w.Status != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING || w.Attempt == 0 && len(w.Retrying) == 0 {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
	return nil
}
