package workflows

import (
	"go.temporal.io/sdk/workflow"

	"relance/domain/casefile"
)

// writeMessage sends the applicant an officer's own words.
func (c *application) writeMessage(ctx workflow.Context, e event) error {
	c.noteAct(ctx, e, "")
	c.state.Settle(casefile.ConcernQuestion, casefile.ConcernStranger, casefile.ConcernAfterEnd, casefile.ConcernAppeal)
	c.state.Recall(c.now(ctx))
	return c.send(ctx, casefile.Piece{Mail: casefile.MessageMail, Message: e.act.Text})
}

// assign puts an officer in charge.
func (c *application) assign(ctx workflow.Context, e event) error {
	c.state.Officer = e.act.Officer
	c.noteAct(ctx, e, e.act.Officer)
	return nil
}

// recordWithdrawal takes note of a withdrawal that came otherwise than by mail.
func (c *application) recordWithdrawal(ctx workflow.Context, e event) error {
	c.noteAct(ctx, e, "")
	return c.withdraw(ctx, casefile.OfficerName(e.act.By))
}

// settle takes off an officer's desk what has been dealt with. What still has to be decided is raised again.
func (c *application) settle(ctx workflow.Context, e event) error {
	c.noteAct(ctx, e, "")
	if c.state.Stopped != nil && c.state.Stage != casefile.Waitlisted {
		c.state.Mended() // the decision is to be taken anew
	}
	c.state.SettleAll()
	if c.state.Stage == casefile.UnderReview {
		c.raiseDecision()
	}
	c.state.Recall(c.now(ctx))
	return nil
}

// reexamine applies the rules again. Where those that hold now ask for more, the applicant is asked for it.
func (c *application) reexamine(ctx workflow.Context, e event) error {
	c.noteAct(ctx, e, "")
	if err := c.examine(ctx); err != nil {
		return err
	}
	if c.state.Stage == casefile.UnderReview && !c.state.IsComplete() {
		return c.askForMissing(ctx, casefile.Piece{Mail: casefile.RequestMail})
	}
	return c.send(ctx)
}

// serveAgain tries once more to grant a case whose money is held and whose letter lacked something. Other letters that wait are sent by mend.
func (c *application) serveAgain(ctx workflow.Context, e event) error {
	c.noteAct(ctx, e, "")
	return c.serve(ctx, e)
}
