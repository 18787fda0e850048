package workflows

import (
	"go.temporal.io/sdk/workflow"

	"relance/casefile"
)

// review puts the case before an officer.
func (c *application) review(ctx workflow.Context, piece casefile.Piece) error {
	if err := c.become(ctx, casefile.UnderReview); err != nil {
		return err
	}
	c.resume(ctx)
	c.state.Raise(casefile.ConcernDecision)
	return c.send(ctx, piece)
}

// awaitDecision waits for the officer's decision; where none comes in time, silence is a rejection.
func (c *application) awaitDecision(ctx workflow.Context) error {
	e, err := c.next(ctx)
	switch {
	case err != nil || c.state.Stage != casefile.UnderReview:
		return err
	case e.act != nil && e.act.kind == casefile.Approve:
		return c.approve(ctx, e)
	case e.act != nil && e.act.kind == casefile.Reject:
		return c.reject(ctx, e)
	case e.act != nil:
		return c.request(ctx, e)
	case e.mail != nil:
		c.state.Raise(casefile.ConcernQuestion)
		return c.answer(ctx, casefile.Piece{Mail: "noted"})
	case e.deadline.Kind == casefile.SilenceDeadline:
		return c.rejectBySilence(ctx, e.deadline)
	}
	return nil
}

// approve grants the aid: the money is reserved first, so that no letter promises what the envelope does not hold; then the
// decision is written, signed and notified; then the money is committed.
func (c *application) approve(ctx workflow.Context, e event) error {
	at := c.now(ctx)
	c.state.Decide(true, e.act.Act, at)
	if err := c.budget(ctx, casefile.Reserve, "Réserver les crédits"); err != nil {
		c.state.Decision = nil
		c.note(ctx, casefile.Engine, "budget.refused", c.state.Terms.Envelope)
		c.state.Raise(casefile.ConcernEnvelope)
		e.act.answer.SetError(refusal(err))
		return nil
	}
	c.note(ctx, casefile.Engine, "budget.reserved", c.state.Terms.Envelope)
	if err := c.decided(ctx, e, casefile.Granted, casefile.Piece{Mail: "grant", Letter: casefile.GrantLetter, Message: e.act.Text}); err != nil {
		return err
	}
	if err := c.budget(ctx, casefile.Commit, "Engager les crédits"); err != nil {
		return err
	}
	c.note(ctx, casefile.Engine, "budget.committed", c.state.Terms.Envelope)
	return nil
}

// reject rejects the application, with its reasons (CRPA L211-2, L211-5).
func (c *application) reject(ctx workflow.Context, e event) error {
	c.state.Decide(false, e.act.Act, c.now(ctx))
	return c.decided(ctx, e, casefile.Rejected, casefile.Piece{Mail: "reject", Letter: casefile.RejectLetter, Message: e.act.Text})
}

// decided notifies a decision. The time of appeal runs from the notification (CJA R421-5).
func (c *application) decided(ctx workflow.Context, e event, stage casefile.Stage, piece casefile.Piece) error {
	c.note(ctx, casefile.OfficerName(e.act.By), "act."+actCodes[e.act.kind], "")
	if err := c.become(ctx, stage); err != nil {
		return err
	}
	c.state.Clear(casefile.SilenceDeadline)
	c.state.Settle(casefile.ConcernDecision, casefile.ConcernQuestion, casefile.ConcernEnvelope)
	if err := c.send(ctx, piece); err != nil {
		return err
	}
	c.done(e)
	return nil
}

// request asks the applicant for documents. One that has come before has to come again: the officer has seen it.
func (c *application) request(ctx workflow.Context, e event) error {
	if e.act.kind != casefile.RequestAct {
		c.refuse(e, "le dossier est incomplet : la décision attend les éléments manquants")
		return nil
	}
	at := c.now(ctx)
	for _, id := range e.act.Documents {
		c.state.Requests = append(c.state.Requests, casefile.Request{ID: id, At: at})
		c.state.Lack(casefile.Want{What: casefile.WantDocument, ID: id})
	}
	c.note(ctx, casefile.OfficerName(e.act.By), "act.request", "")
	c.state.Settle(casefile.ConcernDecision, casefile.ConcernQuestion)
	piece := casefile.Piece{Mail: "request", Message: e.act.Text}
	var err error
	if c.state.Stage == casefile.Incomplete {
		err = c.send(ctx, piece)
	} else {
		err = c.askForMissing(ctx, piece)
	}
	if err == nil {
		c.done(e)
	}
	return err
}

// rejectBySilence takes note that two months have passed without a decision (CRPA L231-4, 3°) and tells the applicant,
// who may appeal within two months (CJA R421-2).
func (c *application) rejectBySilence(ctx workflow.Context, silence casefile.Deadline) error {
	if err := c.become(ctx, casefile.ImplicitlyRejected); err != nil {
		return err
	}
	c.state.Settle(casefile.ConcernDecision)
	c.state.Set(casefile.Appeal(casefile.LastDay(silence.At), casefile.RuleImplicit, c.state.Terms.AppealMonths))
	return c.sendAbout(ctx, silence, casefile.Piece{Mail: "implicit"})
}
