package workflows

import (
	"go.temporal.io/sdk/workflow"

	"relance/domain/casefile"
)

// awaitEndOfAppeal waits until the decision can no longer be contested, and closes the case. What comes by mail
// meanwhile may be an appeal, and goes to an officer.
func (c *application) awaitEndOfAppeal(ctx workflow.Context) error {
	e, err := c.next(ctx)
	switch {
	case err != nil || c.state.Stage.Final():
		return err
	case e.mail != nil && c.takeReports(ctx, e) && e.reading.Contests != casefile.ContestsClearly:
		return c.answer(ctx, casefile.Piece{Mail: casefile.ReportReceivedMail})
	case e.mail != nil:
		return c.onDecisionMail(ctx, e)
	case e.deadline.Kind == casefile.ReasonsDeadline:
		return c.reasonsOverdue(ctx)
	case e.deadline.Kind == casefile.AppealDeadline && !c.state.AwaitsReports() && !c.lends() && c.state.Recovering() == nil:
		return c.close(ctx, e.deadline)
	}
	return c.meanwhile(ctx, e)
}

// close ends a decided case.
func (c *application) close(ctx workflow.Context, appeal casefile.Deadline) error {
	c.over(appeal)
	if err := c.become(ctx, casefile.Closed); err != nil {
		return err
	}
	return c.sendAbout(ctx, appeal, casefile.Piece{Mail: casefile.ClosingMail, Letter: casefile.ClosingLetter})
}

// lapse closes a case without a decision, because what was asked for did not come in the period allotted (classement
// sans suite).
func (c *application) lapse(ctx workflow.Context, passed casefile.Deadline) error {
	if c.state.Appealing() != nil {
		c.note(ctx, casefile.Engine, casefile.EventAppealCharter, "")
		return c.backToAppeal(ctx)
	}
	if err := c.become(ctx, casefile.Expired); err != nil {
		return err
	}
	c.state.Clear(casefile.SilenceDeadline, casefile.ReminderDeadline)
	return c.sendAbout(ctx, passed, casefile.Piece{Mail: casefile.LapseMail, Letter: casefile.LapseLetter})
}

// withdraw takes note of a withdrawal (désistement); money that was held goes back to the envelope.
func (c *application) withdraw(ctx workflow.Context, who string) error {
	if err := c.unprepare(ctx); err != nil {
		return err
	}
	held := c.state.Stage == casefile.Granted || len(c.state.Claims) > 0
	if c.state.Appealing() != nil {
		c.state.EndAppeal(casefile.AppealDropped, c.now(ctx))
	}
	if err := c.become(ctx, casefile.Withdrawn); err != nil {
		return err
	}
	c.note(ctx, who, casefile.EventWithdraw, "")
	c.state.Deadlines = nil
	c.state.Settle(casefile.ConcernDecision, casefile.ConcernQuestion)
	if held {
		if err := c.release(ctx); err != nil {
			return err
		}
	}
	return c.send(ctx, casefile.Piece{Mail: casefile.WithdrawnMail})
}
