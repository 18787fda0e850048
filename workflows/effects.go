package workflows

import (
	"errors"
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"relance/activities"
	"relance/contract"
	"relance/domain/casefile"
	"relance/domain/ledger"
	"relance/domain/money"
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

// singly runs an activity inside the workflow task, a single time: who waits for a mail server's answer must not be cut short and send again, and where the
// server is away there is no hurry.
func singly(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
		StartToCloseTimeout: atWork, Summary: summary, RetryPolicy: &temporal.RetryPolicy{MaximumAttempts: 1},
	})
}

// atWork is how long a side effect may take.
const atWork = 5 * time.Minute

// patiently runs an activity until it succeeds, through outages of any length; why it waits shows in the Temporal UI. A worker says every few
// seconds that it is still at work (package worker), so that what a killed one has left is taken up by another soon. After an outage it goes on within
// a minute.
func patiently(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: atWork, HeartbeatTimeout: 20 * time.Second, Summary: summary,
		RetryPolicy: &temporal.RetryPolicy{InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: time.Minute},
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

// effect is the case's own: what follows from it in the same workflow task stands nowhere yet.
func (c *application) effect(ctx workflow.Context, summary string, activity, in, out any) error {
	err := effect(ctx, summary, activity, in, out)
	c.unsettle(ctx)
	return err
}

// mailsWithinTask is a change: before it, every mail went by an activity of Temporal's own.
const mailsWithinTask = "mails-within-task"

// settled tells whether all that has led here will lead here again, should the worker die now: it stands in the history, or the archive keeps it as it does
// the reading of a mail. What an officer has just asked for is not: Temporal takes an update in with the end of the workflow task. Nor is what the
// rules, the plan's book or a committee have said in this task.
func (c *application) settled(ctx workflow.Context) bool {
	return workflow.GetInfo(ctx).GetCurrentHistoryLength() > c.unsettled
}

// unsettle notes that what follows in this workflow task rests on something that stands nowhere yet.
func (c *application) unsettle(ctx workflow.Context) {
	c.unsettled = workflow.GetInfo(ctx).GetCurrentHistoryLength()
}

// correspond writes, stores and sends mails, and stores the case. Where all that led here is settled it does so inside the workflow task, which spares
// Temporal half of its work; where not, Temporal has to write down first that it is to be done.
func (c *application) correspond(ctx workflow.Context, summary string, in casefile.Correspondence) (sent casefile.Sent, err error) {
	if c.settled(ctx) && workflow.GetVersion(ctx, mailsWithinTask, workflow.DefaultVersion, 1) != workflow.DefaultVersion {
		err := workflow.ExecuteLocalActivity(singly(ctx, summary), do.Correspond, in).Get(ctx, &sent)
		if err == nil || permanent(err) {
			return sent, err
		}
	}
	return sent, workflow.ExecuteActivity(patiently(ctx, summary), do.Correspond, in).Get(ctx, &sent)
}

// permanent tells whether no retry can mend a failure.
func permanent(err error) bool {
	var failure *temporal.ApplicationError
	return errors.As(err, &failure) && failure.NonRetryable()
}

// read reads a mail into the case. A mail that cannot be read at all is in the archive, and goes to an officer.
func (c *application) read(ctx workflow.Context, m casefile.Mail) casefile.Reading {
	var r casefile.Reading
	if err := effect(ctx, "Lire un message", do.ReceiveMail, contract.Receipt{State: c.state.Brief(), Mail: m, At: c.now(ctx)}, &r); err != nil {
		workflow.GetLogger(ctx).Error("a mail could not be read", "case", c.state.Reference, "mail", m.Key, "error", err)
		return casefile.Reading{Identity: m.Identity, From: casefile.Unreadable, Missing: c.state.Missing, Verdict: c.state.Verdict, Kin: c.state.Kin}
	}
	return r
}

// load gives the state of a case that had ended.
func (c *application) load(ctx workflow.Context, reference string) (*casefile.State, error) {
	var s *casefile.State
	err := c.effect(ctx, "Relire le dossier", do.LoadCase, reference, &s)
	return s, err
}

// send writes and sends mails, and stores the case as it then stands.
func (c *application) send(ctx workflow.Context, pieces ...casefile.Piece) error {
	return c.sendAbout(ctx, casefile.Deadline{}, pieces...)
}

// sendAbout sends mails about a deadline that has passed. Where a letter lacks something nothing goes, and the case waits until
// that is mended.
func (c *application) sendAbout(ctx workflow.Context, passed casefile.Deadline, pieces ...casefile.Piece) error {
	return c.untilGone(ctx, func() (*casefile.Stop, error) { return c.attempt(ctx, passed, pieces...) })
}

// attempt sends mails. It gives back what does not go, where a letter lacks something; the case is as it was then.
func (c *application) attempt(ctx workflow.Context, passed casefile.Deadline, pieces ...casefile.Piece) (*casefile.Stop, error) {
	at := c.today(ctx)
	summary := "Enregistrer le dossier"
	c.state.Number(pieces, c.cause)
	for i := range pieces {
		if i == 0 {
			summary = ""
		} else {
			summary += ", "
		}
		summary += c.Labels.Mails[pieces[i].Mail]
	}
	state := c.state
	state.Journal = state.Unstored()
	sent, err := c.correspond(ctx, summary, casefile.Correspondence{State: state, At: at, Pieces: pieces, About: passed})
	if err != nil {
		return nil, err
	}
	if sent.Stopped != nil {
		sent.Stopped.At = at
		return sent.Stopped, nil
	}
	c.state.Account(sent, at)
	c.state.Keep(sent.Case)
	c.fileCopies(ctx)
	return nil, nil
}

// fileCopies sees to it that copies of mails which could not be kept when these were sent are kept once the mailbox is back. Nothing else waits for it but the
// end of the workflow.
func (c *application) fileCopies(ctx workflow.Context) {
	if c.filing || len(c.state.Unfiled) == 0 {
		return
	}
	c.filing = true
	workflow.GoNamed(ctx, "copies", func(ctx workflow.Context) {
		for len(c.state.Unfiled) > 0 {
			mails := slices.Clone(c.state.Unfiled)
			err := workflow.ExecuteActivity(patiently(ctx, "Copies des messages envoyés"), do.FileCopies, mails).Get(ctx, nil)
			if err == nil || permanent(err) {
				c.state.Unfiled = c.state.Unfiled[len(mails):]
			}
			if err != nil {
				workflow.GetLogger(ctx).Error("copies of sent mails could not be kept", "case", c.state.Reference, "error", err)
				if workflow.Sleep(ctx, time.Hour) != nil {
					break // the workflow is being ended
				}
			}
		}
		c.filing = false
	})
}

// answer sends a mail that nobody asked for, unless the case has sent enough for today.
func (c *application) answer(ctx workflow.Context, piece casefile.Piece) error {
	if c.state.SentOn(c.now(ctx)) >= answersADay {
		c.state.Note(casefile.Entry{At: c.now(ctx), Who: casefile.Engine, What: casefile.EventMailMuted, On: piece.Mail})
		c.state.Raise(casefile.ConcernQuestion)
		if c.idle {
			return c.storeLater(ctx)
		}
		return c.send(ctx)
	}
	return c.send(ctx, piece)
}

// budget makes a move on the plan's book. A case that spends no money has nothing to move: it is answered at once.
func (c *application) budget(ctx workflow.Context, m ledger.Move, summary string) (ledger.Answer, error) {
	if !c.state.Terms.Funded {
		return ledger.Answer{Status: ledger.Held}, nil
	}
	var answer ledger.Answer
	if m.Key == "" {
		m.Key = c.state.Reference
	}
	err := c.effect(ctx, summary, do.MoveBudget, contract.Budget{TaskQueue: workflow.GetInfo(ctx).TaskQueueName, Move: m}, &answer)
	return answer, err
}

// portions shares an amount among the lines of the plan that pay.
func (c *application) portions(cents int64) []ledger.Portion {
	weights := make([]int64, len(c.state.Verdict.Lines))
	for i, l := range c.state.Verdict.Lines {
		weights[i] = int64(l.Part)
	}
	var list []ledger.Portion
	for i, part := range money.Split(money.Cents(cents), weights) {
		if part > 0 {
			list = append(list, ledger.Portion{Line: c.state.Verdict.Lines[i].ID, Cents: int64(part)})
		}
	}
	return list
}

// examine applies the rules again, with what is known by now.
func (c *application) examine(ctx workflow.Context) error {
	_, err := c.judge(ctx, contract.Examination{At: c.now(ctx)})
	return err
}

// judge applies the rules, and tells of a grant why its letter may not go.
func (c *application) judge(ctx workflow.Context, x contract.Examination) (lacks []string, err error) {
	x.State = c.state.Brief()
	var r casefile.Reading
	if err := c.effect(ctx, "Appliquer les règles", do.Examine, x, &r); err != nil {
		return nil, err
	}
	c.state.Examined(r, c.now(ctx))
	return r.Lacks, nil
}
