package workflows

import (
	"go.temporal.io/sdk/workflow"

	"relance/casefile"
)

// awaitEndOfAppeal waits until the decision can no longer be contested, and closes the case. What comes by mail
// meanwhile may be an appeal, and goes to an officer.
func (c *application) awaitEndOfAppeal(ctx workflow.Context) error {
	e, err := c.next(ctx)
	switch {
	case err != nil || c.state.Stage.Final():
		return err
	case e.act != nil && pays(e.act.kind):
		return c.pay(ctx, e)
	case e.act != nil:
		c.refuse(e, "la décision est prise (%s)", c.Labels.Stage(c.state.Stage))
	case e.mail != nil && c.takeReports(ctx, e):
		return c.answer(ctx, casefile.Piece{Mail: "report-received"})
	case e.mail != nil:
		c.state.Raise(casefile.ConcernAppeal)
		return c.answer(ctx, casefile.Piece{Mail: "noted"})
	case e.deadline.Kind == casefile.ReportDeadline:
		return c.reportOverdue(ctx, e.deadline)
	case e.deadline.Kind == casefile.AppealDeadline:
		if c.state.AwaitsReports() || c.lends() {
			c.state.Decision.Final = e.deadline.At
			return c.send(ctx)
		}
		return c.close(ctx, e.deadline)
	}
	return nil
}

// close ends a decided case.
func (c *application) close(ctx workflow.Context, appeal casefile.Deadline) error {
	if err := c.become(ctx, casefile.Closed); err != nil {
		return err
	}
	return c.sendAbout(ctx, appeal, casefile.Piece{Mail: "closing", Letter: "closing"})
}

// lapse closes a case without a decision, because what was asked for did not come in the period allotted (classement
// sans suite).
func (c *application) lapse(ctx workflow.Context, passed casefile.Deadline) error {
	if err := c.become(ctx, casefile.Expired); err != nil {
		return err
	}
	c.state.Clear(casefile.SilenceDeadline, casefile.ReminderDeadline)
	return c.sendAbout(ctx, passed, casefile.Piece{Mail: "lapse", Letter: "lapse"})
}

// withdraw takes note of a withdrawal (désistement); money that was held goes back to the envelope.
func (c *application) withdraw(ctx workflow.Context, who string) error {
	held := c.state.Stage == casefile.Granted || c.state.Stage == casefile.Waitlisted
	if err := c.become(ctx, casefile.Withdrawn); err != nil {
		return err
	}
	c.note(ctx, who, "withdraw", "")
	c.state.Clear(casefile.SilenceDeadline, casefile.DocumentDeadline, casefile.CharterDeadline, casefile.ReminderDeadline, casefile.AppealDeadline,
		casefile.OpinionDeadline, casefile.ReportDeadline)
	c.state.Settle(casefile.ConcernDecision, casefile.ConcernQuestion)
	if held {
		if err := c.release(ctx); err != nil {
			return err
		}
	}
	return c.send(ctx, casefile.Piece{Mail: "withdrawn"})
}
