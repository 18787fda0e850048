package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"relance/contract"
	"relance/domain/casefile"
	"relance/domain/ledger"
)

var callHandlers = handlers{casefile.AdmitLate: does((*application).admitLate)}

// tellCall tells the call that the case competes in how it stands, where that has changed.
func (c *application) tellCall(ctx workflow.Context) error {
	if c.state.Candidacy == nil || c.state.Received.IsZero() {
		return nil
	}
	notice := c.state.Notice()
	if notice.Same(c.state.Candidacy.Told) {
		return nil
	}
	in := contract.CallNotice{TaskQueue: workflow.GetInfo(ctx).TaskQueueName, State: c.state, Notice: notice}
	if err := c.effect(ctx, "Informer l'appel à projets", do.TellCall, in, nil); err != nil {
		return err
	}
	c.state.Candidacy.Told = notice
	return nil
}

// raiseDecision puts the case before an officer, unless a call decides on it.
func (c *application) raiseDecision() {
	if !c.state.Competes() {
		c.state.Raise(casefile.ConcernDecision)
	}
}

// onOutcome carries out what the committee of the call has decided. A case that is no longer under review keeps what it is: the
// call hears of that from it.
func (c *application) onOutcome(ctx workflow.Context, o casefile.Outcome) error {
	if o.Kind == casefile.OutcomeLeftOut {
		c.note(ctx, casefile.Engine, casefile.EventCallLeftOut, o.Call)
		return c.send(ctx)
	}
	if c.state.Candidacy == nil || c.state.Stage != casefile.UnderReview && c.state.Stage != casefile.OnReserve {
		c.note(ctx, casefile.Engine, casefile.EventOutcomeRefused, o.Call)
		return c.send(ctx)
	}
	c.state.Candidacy.Outcome = &o
	c.note(ctx, casefile.OfficerName(o.By), casefile.EventOutcome, string(o.Kind))
	c.state.Clear(casefile.ReserveDeadline)
	c.state.Settle(casefile.ConcernDecision, casefile.ConcernQuestion)
	switch o.Kind {
	case casefile.OutcomeAward:
		return c.award(ctx, o)
	case casefile.OutcomeReserve:
		return c.toReserve(ctx, o)
	}
	act := casefile.Act{By: o.By, Grounds: o.Grounds}
	return c.untilGone(ctx, func() (*casefile.Stop, error) {
		before := c.state.Clone()
		c.state.Decide(false, act, o.At)
		stop, err := c.decidedAt(ctx, o.At, casefile.Reject, act, casefile.Rejected, casefile.Piece{Mail: casefile.RejectMail, Letter: casefile.RejectLetter})
		if stop != nil {
			c.state = before
		}
		return stop, err
	})
}

// award grants what the committee has awarded. The plan's book holds the money first, under the case's own key: where it has none
// left the case waits for it, like any other that was approved.
func (c *application) award(ctx workflow.Context, o casefile.Outcome) error {
	if _, err := c.judge(ctx, contract.Examination{At: c.now(ctx), Granting: true}); err != nil { // another case of the same firm may have been granted since
		return err
	}
	if !c.state.Competes() {
		c.note(ctx, casefile.Engine, casefile.EventOutcomeRefused, o.Call)
		c.state.Candidacy.Outcome = nil
		c.state.Raise(casefile.ConcernDecision)
		return c.send(ctx)
	}
	c.state.Approvals = []casefile.Approval{{By: o.By, Amount: o.Cents, At: o.At}}
	answer, err := c.hold(ctx, o.Cents)
	switch {
	case err != nil:
		return err
	case answer.Status == ledger.Waiting:
		return c.waitlist(ctx, answer.Ahead)
	case answer.Status != ledger.Held:
		_ = c.notReserved(ctx, answer) // nobody waits for the refusal
		return c.send(ctx)
	}
	return c.untilGone(ctx, func() (*casefile.Stop, error) { return c.grantAt(ctx, o.At, casefile.Act{By: o.By, Amount: o.Cents}) })
}

// toReserve puts the case on the reserve list (liste complémentaire). The applicant is told by a decision that can be contested;
// silence then means nothing more.
func (c *application) toReserve(ctx workflow.Context, o casefile.Outcome) error {
	if err := c.become(ctx, casefile.OnReserve); err != nil {
		return err
	}
	c.state.Clear(casefile.SilenceDeadline)
	return c.sendDated(ctx, o.At, casefile.Deadline{}, casefile.Piece{Mail: casefile.ReserveMail, Letter: casefile.ReserveLetter})
}

// awaitReserve waits for the list to move up, or to end; both come from the call.
func (c *application) awaitReserve(ctx workflow.Context) error {
	e, err := c.next(ctx)
	switch {
	case err != nil || c.state.Stage != casefile.OnReserve:
		return err
	case e.mail != nil:
		c.state.Raise(casefile.ConcernQuestion)
		return c.answer(ctx, casefile.Piece{Mail: casefile.NotedMail})
	}
	return nil
}

// admitLate lets an application compete though it came after the closing.
func (c *application) admitLate(ctx workflow.Context, e event) error {
	c.state.Candidacy.Admitted = e.act.By
	c.noteAct(ctx, e, c.state.Candidacy.Call)
	c.state.Settle(casefile.ConcernLate)
	if err := c.examine(ctx); err != nil {
		return err
	}
	if c.state.Competes() {
		c.state.Settle(casefile.ConcernDecision)
	}
	return c.send(ctx)
}

// grantAt is grant on a day that was decided elsewhere: that of the committee.
func (c *application) grantAt(ctx workflow.Context, at time.Time, approved casefile.Act) (*casefile.Stop, error) {
	c.dated = at
	defer func() { c.dated = time.Time{} }()
	return c.grant(ctx, approved, at)
}

// decidedAt is decided on such a day.
func (c *application) decidedAt(ctx workflow.Context, at time.Time, kind casefile.ActKind, by casefile.Act, stage casefile.Stage, piece casefile.Piece) (*casefile.Stop, error) {
	c.dated = at
	defer func() { c.dated = time.Time{} }()
	return c.decided(ctx, kind, by, stage, piece)
}

// sendDated is sendAbout with letters of such a day.
func (c *application) sendDated(ctx workflow.Context, at time.Time, passed casefile.Deadline, pieces ...casefile.Piece) error {
	c.dated = at
	defer func() { c.dated = time.Time{} }()
	return c.sendAbout(ctx, passed, pieces...)
}

// today is the legal time of a decision: now, or the day of the committee that took it.
func (c *application) today(ctx workflow.Context) time.Time {
	if c.dated.IsZero() {
		return c.now(ctx)
	}
	return c.dated
}
