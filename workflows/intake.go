package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"relance/domain/casefile"
)

// register opens the case with its first mail: the applicant gets an acknowledgement of receipt (CRPA L112-3, R112-5),
// with what is missing or, where nothing is, the next step.
func (c *application) register(ctx workflow.Context) error {
	e, err := c.next(ctx)
	if err != nil || e.mail == nil || e.reading.From != casefile.FromApplicant || c.state.Stage != casefile.Received {
		return err
	}
	c.state.Note(casefile.Entry{At: c.now(ctx), Who: casefile.Applicant, What: casefile.EventOpened, On: c.state.Terms.SchemeVersion})
	c.state.ReckonSilence()
	if c.state.IsComplete() {
		return c.proceed(ctx, casefile.AcknowledgementMail)
	}
	return c.askForMissing(ctx, casefile.Piece{Mail: casefile.AcknowledgementMail})
}

// askForMissing lists what is missing and allots a period; the time of silence is suspended meanwhile (CRPA L114-5).
func (c *application) askForMissing(ctx workflow.Context, piece casefile.Piece) error {
	if err := c.become(ctx, casefile.Incomplete); err != nil {
		return err
	}
	c.allotForDocuments(ctx)
	return c.send(ctx, piece)
}

func (c *application) allotForDocuments(ctx workflow.Context) {
	at := c.now(ctx)
	deadline := casefile.Allotted(casefile.DocumentDeadline, at, casefile.RuleRequested, c.state.Terms.DocumentDays)
	c.state.Set(deadline)
	c.state.Suspend(at, deadline.At)
	c.state.ReckonSilence()
	c.state.Reminded = 0
	c.setReminder()
}

// setReminder puts the next reminder in force, where one is left before the deadline it reminds of.
func (c *application) setReminder() {
	days, since := c.state.Terms.DocumentReminders, c.state.Deadline(casefile.DocumentDeadline)
	if since.At.IsZero() {
		days, since = c.state.Terms.CharterReminders, c.state.Deadline(casefile.CharterDeadline)
	}
	c.state.Clear(casefile.ReminderDeadline)
	if since.At.IsZero() || c.state.Reminded >= len(days) {
		return
	}
	if r := casefile.Reminder(since.Why[0].Date, since.Why[0].Rule, days[c.state.Reminded]); r.At.Before(since.At) {
		c.state.Set(r)
	}
}

// remind sends a reminder and sets the next.
func (c *application) remind(ctx workflow.Context, piece casefile.Piece) error {
	c.state.Reminded++
	c.setReminder()
	c.state.Note(casefile.Entry{At: c.now(ctx), Who: casefile.Engine, What: casefile.EventReminder, On: piece.Mail})
	return c.send(ctx, piece)
}

// awaitMissing waits for what is missing, in as many mails as the applicant likes.
func (c *application) awaitMissing(ctx workflow.Context) error {
	e, err := c.next(ctx)
	switch {
	case err != nil || c.state.Stage != casefile.Incomplete:
		return err
	case e.mail != nil && c.state.IsComplete():
		c.resume(ctx)
		return c.proceed(ctx, casefile.CompleteMail)
	case e.mail != nil:
		if e.reading.Asks {
			c.state.Raise(casefile.ConcernQuestion)
		}
		return c.answer(ctx, casefile.Piece{Mail: c.state.AnswerTo(e.reading)})
	case e.deadline.Kind == casefile.ReminderDeadline:
		return c.remind(ctx, casefile.Piece{Mail: casefile.ReminderDocumentsMail})
	case e.deadline.Kind == casefile.DocumentDeadline, e.deadline.Kind == casefile.SilenceDeadline:
		return c.lapse(ctx, e.deadline)
	}
	return nil
}

// came is when the mail that is dealt with counts from: now, unless it took somebody to make sure who wrote it.
func (c *application) came(ctx workflow.Context) time.Time {
	if !c.arrived.IsZero() {
		return c.arrived
	}
	return c.now(ctx)
}

// resume ends the suspension: what was asked for has come, and the time of silence runs again (CRPA L114-5).
func (c *application) resume(ctx workflow.Context) {
	c.state.Resume(c.came(ctx))
	c.state.Clear(casefile.DocumentDeadline, casefile.CharterDeadline, casefile.ReminderDeadline)
	c.state.ReckonSilence()
}

// proceed takes a complete case on: to the charter where one has to be signed, else to review. An application that does
// not meet the conditions goes to review as well: an officer decides, never a rule by itself. The mail tells the applicant
// where the case stands; the charter, where it is due, goes with a mail of its own.
func (c *application) proceed(ctx workflow.Context, mail string) error {
	if err := c.become(ctx, casefile.Complete); err != nil {
		return err
	}
	if c.dueCharter() {
		pieces := []casefile.Piece{c.agreement()}
		if mail == casefile.AcknowledgementMail {
			pieces = append([]casefile.Piece{{Mail: mail}}, pieces...)
		}
		return c.sendCharter(ctx, pieces...)
	}
	return c.review(ctx, casefile.Piece{Mail: mail})
}

// goOn goes on with a case that was complete when a run ended.
func (c *application) goOn(ctx workflow.Context) error {
	if c.dueCharter() {
		return c.sendCharter(ctx, c.agreement())
	}
	return c.review(ctx, casefile.Piece{Mail: casefile.CompleteMail})
}

// agreement is the mail with what has to be signed: the charter or, of an advance, its contract.
func (c *application) agreement() casefile.Piece {
	if c.state.Verdict.Loan != nil {
		return casefile.Piece{Mail: casefile.CharterMail, Letter: casefile.AdvanceLetter}
	}
	return casefile.Piece{Mail: casefile.CharterMail, Letter: casefile.CharterLetter}
}

// dueCharter tells whether the charter is the next step.
func (c *application) dueCharter() bool {
	return c.state.Terms.Charter && c.state.Verdict.Eligible && (c.state.Charter.Signed.IsZero() || c.state.AgreementChanged())
}
