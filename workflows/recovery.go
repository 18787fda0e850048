package workflows

import (
	"go.temporal.io/sdk/workflow"

	"relance/domain/casefile"
)

// paidStaysGranted is the change by which a grant whose money has left is no longer withdrawn by a mail.
const paidStaysGranted = "paid-stays-granted"

var recoveryHandlers = handlers{
	casefile.OpenRecovery:     does((*application).openRecovery),
	casefile.RecordRecovered:  does((*application).recordRecovered),
	casefile.WriteOffRecovery: does((*application).writeOffRecovery),
}

// giveUp answers an applicant who gives the aid up. Before its money has left that is a withdrawal; afterwards the aid stays granted
// until all of it is back: the applicant is told what giving it up means, and an officer opens the recovery.
func (c *application) giveUp(ctx workflow.Context, e event) error {
	if c.state.Gone() == 0 || workflow.GetVersion(ctx, paidStaysGranted, workflow.DefaultVersion, 1) == workflow.DefaultVersion {
		return c.withdraw(ctx, casefile.Applicant)
	}
	c.note(ctx, casefile.Applicant, casefile.EventGivenUp, e.mail.Key)
	c.state.Raise(casefile.ConcernGivenUp)
	return c.answer(ctx, casefile.Piece{Mail: casefile.GivingUpMail})
}

// openRecovery follows a titre de recettes; a case that was closed is open again while it does.
func (c *application) openRecovery(ctx workflow.Context, e event) error {
	c.state.OpenRecovery(e.act.Act, c.now(ctx))
	c.noteAct(ctx, e, e.act.Proof)
	if c.state.Stage == casefile.Closed {
		if err := c.become(ctx, c.state.Standing()); err != nil {
			return err
		}
	}
	return c.send(ctx, casefile.Piece{Mail: casefile.RecoveryOpenedMail, Message: e.act.Text})
}

// recordRecovered counts a sum that has come back. With the last one an aid that its holder gives up is withdrawn.
func (c *application) recordRecovered(ctx workflow.Context, e event) error {
	ended := c.state.Recover(e.act.Act, c.now(ctx))
	c.noteAct(ctx, e, e.act.Proof)
	var pieces []casefile.Piece
	if ended {
		pieces = []casefile.Piece{{Mail: casefile.RecoveryEndedMail}}
	}
	if err := c.send(ctx, pieces...); err != nil {
		return err
	}
	if c.state.GivenBack() {
		c.concludeEarly(ctx)
		return c.withdraw(ctx, casefile.OfficerName(e.act.By))
	}
	return c.thenCloseIfOver(ctx)
}

// writeOffRecovery gives up what has not come back, by a decision.
func (c *application) writeOffRecovery(ctx workflow.Context, e event) error {
	c.state.WriteOffRecovery(e.act.Act, c.now(ctx))
	c.noteAct(ctx, e, e.act.Proof)
	if err := c.send(ctx, casefile.Piece{Mail: casefile.RecoveryEndedMail, Message: e.act.Text}); err != nil {
		return err
	}
	return c.thenCloseIfOver(ctx)
}

// recoveryOverdue reminds the debtor once, and puts it before an officer: the public accountant goes on from there.
func (c *application) recoveryOverdue(ctx workflow.Context, passed casefile.Deadline) error {
	r := c.state.Recovering()
	if r == nil {
		return nil
	}
	r.Reminded = c.now(ctx)
	c.note(ctx, casefile.Engine, casefile.EventRecoveryOverdue, r.Number)
	c.state.Raise(casefile.ConcernRecovery)
	return c.sendAbout(ctx, passed, casefile.Piece{Mail: casefile.RecoveryReminderMail})
}
