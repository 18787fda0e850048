package workflows

import (
	"fmt"

	"go.temporal.io/sdk/workflow"

	"relance/domain/casefile"
	"relance/domain/ledger"
)

var withdrawalHandlers = handlers{
	casefile.ProposeWithdrawalAct: does((*application).propose),
	casefile.RecordObservations:   does((*application).recordObservations),
	casefile.WithdrawGrant:        does((*application).withdrawGrant),
	casefile.DropWithdrawal:       does((*application).dropWithdrawal),
}

// propose opens the withdrawal of a grant: its holder is told what is held against him, and has time to answer (CRPA L121-1, L122-1). It
// may be long after the case was closed, where the conditions of the grant were not kept (L242-2).
func (c *application) propose(ctx workflow.Context, e event) error {
	at := c.now(ctx)
	c.state.ProposeWithdrawal(e.act.Act, at)
	c.noteAct(ctx, e, e.act.Ground)
	if err := c.become(ctx, casefile.Hearing); err != nil {
		return err
	}
	c.state.Settle(casefile.ConcernQuestion, casefile.ConcernReport, casefile.ConcernAfterEnd)
	return c.send(ctx, casefile.Piece{Mail: casefile.HearingMail, Letter: casefile.HearingLetter})
}

// awaitHearing waits for what the holder answers and for the end of his time, and then for an officer.
func (c *application) awaitHearing(ctx workflow.Context) error {
	e, err := c.next(ctx)
	switch {
	case err != nil || c.state.Stage != casefile.Hearing:
		return err
	case e.mail != nil:
		c.takeReports(ctx, e)
		c.note(ctx, casefile.Applicant, casefile.EventObservations, e.mail.Key)
		c.state.Observe(casefile.Observation{At: c.state.Clock.Legal(e.mail.Received).UTC(), On: e.mail.Key})
		return c.answer(ctx, casefile.Piece{Mail: casefile.ObservationsMail})
	case e.deadline.Kind == casefile.HearingDeadline:
		c.note(ctx, casefile.Engine, casefile.EventHearingOver, "")
		c.state.Raise(casefile.ConcernHearing)
		return c.send(ctx)
	case e.deadline.Kind == casefile.LimitDeadline:
		c.note(ctx, casefile.Engine, casefile.EventWithdrawalLimit, "")
		c.state.Raise(casefile.ConcernHearing)
		return c.send(ctx)
	}
	return c.meanwhile(ctx, e)
}

// recordObservations takes down what the holder of the aid answered otherwise than by mail.
func (c *application) recordObservations(ctx workflow.Context, e event) error {
	c.noteAct(ctx, e, e.act.Way)
	c.state.Observe(casefile.Observation{At: e.act.Date, Way: e.act.Way, By: e.act.By})
	return c.send(ctx)
}

// withdrawGrant takes an officer's agreement; with the last one that is needed the grant is withdrawn, with reasons and the ways of appeal
// (CRPA L211-2). What was not paid goes back to the plan, what was paid is to be paid back.
func (c *application) withdrawGrant(ctx workflow.Context, e event) error {
	at := c.now(ctx)
	if more := c.state.AgreeToWithdraw(e.act.By, at); more > 0 {
		c.noteFirst(ctx, e)
		e.act.done.More = more
		c.concludeEarly(ctx)
		return c.send(ctx)
	}
	c.state.DecideWithdrawal(e.act.By, c.state.Withdrawal.Officers(), e.act.Text, at)
	moves := c.cut(ctx)
	c.state.EndWithdrawal(casefile.WithdrawalDecided, at)
	c.noteAct(ctx, e, "")
	if c.state.Owed() > 0 {
		c.note(ctx, casefile.Engine, casefile.EventClaim, "")
	}
	if err := c.become(ctx, c.state.Standing()); err != nil {
		return err
	}
	if err := c.send(ctx, casefile.Piece{Mail: casefile.WithdrawalMail, Letter: casefile.WithdrawalLetter, Message: e.act.Text}); err != nil {
		return err
	}
	for _, m := range moves {
		if _, err := c.budget(ctx, m, "Libérer les crédits"); err != nil {
			return err
		}
	}
	if len(moves) > 0 {
		c.noteBudget(ctx, casefile.EventBudgetReleased)
	}
	return nil
}

// cut takes what is withdrawn out of the payments that have not been made, the last first, and gives the moves that release its money.
func (c *application) cut(ctx workflow.Context) []ledger.Move {
	var moves []ledger.Move
	excess := c.state.Promised() - max(c.state.Withdrawal.Keep, c.state.Gone())
	for i := len(c.state.Instalments) - 1; i >= 0 && excess > 0; i-- {
		p := &c.state.Instalments[i]
		if p.Status == casefile.PaymentPaid || p.Status == casefile.PaymentSent || p.Status == casefile.PaymentGivenUp {
			continue
		}
		part := min(excess, p.Cents)
		excess -= part
		moves = append(moves, ledger.Move{Op: ledger.Release, Key: p.Claim, Payment: fmt.Sprintf("retrait-%d-%s", len(c.state.Earlier), p.ID), Cents: part})
		if p.Cents -= part; p.Cents == 0 {
			p.Cents, p.Status, p.At = part, casefile.PaymentGivenUp, c.now(ctx)
		}
	}
	c.setReportDeadline()
	return moves
}

// dropWithdrawal lets the grant stay.
func (c *application) dropWithdrawal(ctx workflow.Context, e event) error {
	c.state.EndWithdrawal(casefile.WithdrawalDropped, c.now(ctx))
	c.noteAct(ctx, e, "")
	if err := c.become(ctx, c.state.Withdrawal.From); err != nil {
		return err
	}
	if err := c.send(ctx, casefile.Piece{Mail: casefile.WithdrawalDroppedMail, Message: e.act.Text}); err != nil {
		return err
	}
	return c.thenCloseIfOver(ctx)
}
