package workflows

import (
	"errors"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"relance/activities"
	"relance/casefile"
)

// do names the activities; it is never called itself.
var do *activities.Activities

// answersADay is how many mails a case sends in one legal day by itself, so that two machines that answer each other
// come to rest. An officer's own actions are not limited.
const answersADay = 12

// quickly runs an activity inside the workflow task: one event in the history. It is tried for a short while only.
func quickly(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
		ScheduleToCloseTimeout: 30 * time.Second, Summary: summary,
		RetryPolicy: &temporal.RetryPolicy{InitialInterval: 200 * time.Millisecond, BackoffCoefficient: 2, MaximumAttempts: 4},
	})
}

// patiently runs an activity until it succeeds, through outages of any length; why it waits shows in the Temporal UI.
func patiently(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 5 * time.Minute, Summary: summary,
		RetryPolicy: &temporal.RetryPolicy{InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: 5 * time.Minute},
	})
}

// effect runs an activity quickly, and where that does not succeed, patiently.
func effect(ctx workflow.Context, summary string, activity, in, out any) error {
	err := workflow.ExecuteLocalActivity(quickly(ctx, summary), activity, in).Get(ctx, out)
	if err == nil || permanent(err) {
		return err
	}
	return workflow.ExecuteActivity(patiently(ctx, summary), activity, in).Get(ctx, out)
}

// permanent tells whether no retry can mend a failure.
func permanent(err error) bool {
	var failure *temporal.ApplicationError
	return errors.As(err, &failure) && failure.NonRetryable()
}

// read reads a mail into the case. A mail that cannot be read at all is in the archive, and goes to an officer.
func (c *application) read(ctx workflow.Context, m casefile.Mail) casefile.Reading {
	var r casefile.Reading
	if err := effect(ctx, "Lire un message", do.ReceiveMail, activities.Receipt{State: c.state, Mail: m}, &r); err != nil {
		workflow.GetLogger(ctx).Error("a mail could not be read", "case", c.state.Reference, "mail", m.Key, "error", err)
		return casefile.Reading{Identity: m.Identity, From: casefile.Unreadable, Missing: c.state.Missing, Verdict: c.state.Verdict}
	}
	return r
}

// load gives the state of a case that had ended.
func (c *application) load(ctx workflow.Context, reference string) (*casefile.State, error) {
	var s *casefile.State
	err := effect(ctx, "Relire le dossier", do.LoadCase, reference, &s)
	return s, err
}

// send writes and sends mails, and stores the case as it then stands.
func (c *application) send(ctx workflow.Context, pieces ...casefile.Piece) error {
	return c.sendAbout(ctx, casefile.Deadline{}, pieces...)
}

// sendAbout sends mails about a deadline that has passed.
func (c *application) sendAbout(ctx workflow.Context, passed casefile.Deadline, pieces ...casefile.Piece) error {
	at := c.now(ctx)
	summary := "Enregistrer le dossier"
	for i := range pieces {
		pieces[i].Seq = c.state.MailsOut + i + 1
		if i == 0 {
			summary = ""
		} else {
			summary += ", "
		}
		summary += c.Labels.Mails[pieces[i].Mail]
	}
	var sent casefile.Sent
	err := workflow.ExecuteActivity(patiently(ctx, summary), do.Correspond,
		casefile.Correspondence{State: c.state, At: at, Pieces: pieces, About: passed}).Get(ctx, &sent)
	if err != nil {
		return err
	}
	c.state.Account(sent, at)
	c.stored = len(c.state.Journal)
	return nil
}

// answer sends a mail that nobody asked for, unless the case has sent enough for today.
func (c *application) answer(ctx workflow.Context, piece casefile.Piece) error {
	if c.state.SentOn(c.now(ctx)) >= answersADay {
		c.state.Note(casefile.Entry{At: c.now(ctx), Who: casefile.Engine, What: "mail.muted", On: piece.Mail})
		c.state.Raise(casefile.ConcernQuestion)
		return c.send(ctx)
	}
	return c.send(ctx, piece)
}

// budget moves money of the envelope. A case without an envelope has nothing to move.
func (c *application) budget(ctx workflow.Context, op casefile.BudgetOp, summary string) error {
	if c.state.Terms.Envelope == "" {
		return nil
	}
	return effect(ctx, summary, do.MoveBudget, activities.Budget{
		Envelope: c.state.Terms.Envelope, Total: c.state.Terms.EnvelopeCents, TaskQueue: workflow.GetInfo(ctx).TaskQueueName,
		Move: casefile.BudgetMove{Op: op, Reference: c.state.Reference, Cents: c.state.Amount()},
	}, nil)
}
