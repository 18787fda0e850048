package workflows

import (
	"go.temporal.io/sdk/workflow"

	"relance/contract"
	"relance/domain/casefile"
	"relance/domain/ledger"
)

var appealHandlers = handlers{
	casefile.ReceiveAppealAct: does((*application).takeForAppeal),
	casefile.GrantAppeal:      does((*application).approveAppeal),
	casefile.RejectAppeal:     does((*application).rejectAppeal),
	casefile.GiveReasons:      does((*application).giveReasons),
}

// onDecisionMail deals with what the applicant writes after a decision. It is an appeal by itself only where its words are clear and its
// sender is proven; where it may be one, an officer decides.
func (c *application) onDecisionMail(ctx workflow.Context, e event) error {
	came := c.state.Clock.Legal(e.mail.Received).UTC()
	c.state.Raise(casefile.ConcernAppeal)
	clear := e.reading.Contests == casefile.ContestsClearly && e.reading.Proven
	switch {
	case clear && c.state.Interrupts(came):
		return c.receiveAppeal(ctx, casefile.AdministrativeAppeal{Mail: e.mail.Ref, Received: came})
	case clear:
		c.note(ctx, casefile.Engine, casefile.EventAppealLate, e.mail.Key)
		return c.answer(ctx, casefile.Piece{Mail: casefile.AppealLateMail})
	case e.reading.Contests == casefile.AsksReasons && c.state.Stage == casefile.ImplicitlyRejected && c.state.Reasons.Asked.IsZero() && c.state.InTime(came):
		c.note(ctx, casefile.Applicant, casefile.EventReasonsAsked, e.mail.Key)
		c.state.Settle(casefile.ConcernAppeal)
		c.state.AskReasons(*e.mail, came)
		return c.answer(ctx, casefile.Piece{Mail: casefile.ReasonsAskedMail})
	case e.reading.Contests != "":
		c.note(ctx, casefile.Engine, casefile.EventAppealMaybe, e.mail.Key)
	}
	return c.answer(ctx, casefile.Piece{Mail: casefile.NotedMail})
}

// takeForAppeal receives an appeal that an officer has found in a mail, or that came otherwise.
func (c *application) takeForAppeal(ctx workflow.Context, e event) error {
	a := casefile.AdministrativeAppeal{Way: e.act.Way, Received: e.act.Date, By: e.act.By}
	if e.act.Way == "" {
		mail, _ := c.state.WrittenMail(e.act.Mail) // May has found it
		a.Mail, a.Received = mail.Ref, c.state.Clock.Legal(mail.Received).UTC()
	}
	c.noteAct(ctx, e, a.Mail.Key)
	return c.receiveAppeal(ctx, a)
}

// receiveAppeal reopens the decision: the applicant gets an acknowledgement with the date on which silence is a rejection (CRPA L112-3,
// L231-4), and another officer looks at the case.
func (c *application) receiveAppeal(ctx workflow.Context, a casefile.AdministrativeAppeal) error {
	c.state.ReceiveAppeal(a)
	c.note(ctx, casefile.Applicant, casefile.EventAppealReceived, a.Mail.Key)
	if err := c.become(ctx, casefile.UnderAppeal); err != nil {
		return err
	}
	c.state.Settle(casefile.ConcernAfterEnd)
	return c.send(ctx, casefile.Piece{Mail: casefile.AppealReceivedMail, Letter: casefile.AppealReceivedLetter})
}

// awaitAppealDecision waits for the decision on the appeal by another officer; where none comes within two months, silence rejects it.
func (c *application) awaitAppealDecision(ctx workflow.Context) error {
	e, err := c.next(ctx)
	switch {
	case err != nil || c.state.Stage != casefile.UnderAppeal:
		return err
	case e.mail != nil && c.takeReports(ctx, e):
		return c.answer(ctx, casefile.Piece{Mail: casefile.ReportReceivedMail})
	case e.mail != nil:
		c.state.Raise(casefile.ConcernAppeal)
		return c.answer(ctx, casefile.Piece{Mail: casefile.NotedMail})
	}
	return c.meanwhile(ctx, e)
}

// meanwhile deals with what goes on whatever is looked at after a decision: reports, and the time for going to court where it was not
// interrupted.
func (c *application) meanwhile(ctx workflow.Context, e event) error {
	switch {
	case e.deadline.Kind == casefile.ReportDeadline:
		return c.reportOverdue(ctx, e.deadline)
	case e.deadline.Kind == casefile.ProofDeadline:
		return c.unproven(ctx)
	case e.deadline.Kind == casefile.RecoveryDeadline:
		return c.recoveryOverdue(ctx, e.deadline)
	case e.deadline.Kind == casefile.AppealDeadline:
		c.over(e.deadline)
		return c.send(ctx)
	}
	return nil
}

// over notes that the decision can no longer be contested.
func (c *application) over(passed casefile.Deadline) {
	c.state.Over = passed.At
	if c.state.Decision != nil {
		c.state.Decision.Final = passed.At
	}
}

// approveAppeal takes an officer's approval; with the last one that is needed, and the charter signed, a new decision grants.
func (c *application) approveAppeal(ctx workflow.Context, e event) error {
	cents := c.state.SumOnAppeal(e.act.Act)
	if more := c.state.Approve(e.act.By, cents, e.act.Text, c.now(ctx)); more > 0 {
		c.noteFirst(ctx, e)
		e.act.done.Amount, e.act.done.More = cents, more
		c.concludeEarly(ctx)
		return c.send(ctx)
	}
	if c.state.Terms.Charter && c.state.Charter.Signed.IsZero() {
		return c.sendCharterOnAppeal(ctx)
	}
	granted, why, err := c.grantAppeal(ctx)
	if err != nil || granted {
		return err
	}
	return c.refuseAndStore(ctx, e, why)
}

// grantAppeal applies the rules once more, as for any grant, holds the money that is still needed, and decides. Where that cannot be,
// it says why, and the approvals are void.
func (c *application) grantAppeal(ctx workflow.Context) (granted bool, why, err error) {
	last := c.state.Approvals[len(c.state.Approvals)-1]
	approved := casefile.Act{By: last.By, Amount: last.Amount, Text: last.Text, At: c.now(ctx)}
	if _, err := c.judge(ctx, contract.Examination{At: c.now(ctx), Granting: true}); err != nil {
		return false, nil, err
	}
	kept := c.state.Approvals
	c.state.Approvals = kept[:len(kept)-1]
	if why := c.state.May(casefile.GrantAppeal, approved); why != nil {
		c.state.Approvals = nil
		return false, why, nil
	}
	c.state.Approvals = kept
	need := c.needed(approved.Amount)
	if need > 0 {
		answer, err := c.hold(ctx, need)
		switch {
		case err != nil:
			return false, nil, err
		case answer.Status == ledger.Waiting:
			return true, nil, c.waitlist(ctx, answer.Ahead)
		case answer.Status != ledger.Held:
			c.state.Approvals = nil
			return false, c.notReserved(ctx, answer), nil
		}
	}
	return true, nil, c.grantOnAppeal(ctx, approved, need)
}

// needed is what has to be reserved beside what is paid or promised already.
func (c *application) needed(cents int64) int64 {
	if !c.state.Terms.Funded {
		return 0
	}
	return max(cents-c.state.Promised(), 0)
}

// grantOnAppeal writes the new decision, which replaces the one that was contested, and commits the money.
func (c *application) grantOnAppeal(ctx workflow.Context, approved casefile.Act, need int64) error {
	if need > 0 {
		c.noteBudget(ctx, casefile.EventBudgetReserved)
	}
	at := c.now(ctx)
	officers := c.state.Approvers(approved.By)
	c.state.DecideAppeal(true, approved, officers, at)
	c.state.EndAppeal(casefile.AppealGranted, at)
	c.note(ctx, casefile.OfficerName(approved.By), casefile.ActTable.Journal(casefile.GrantAppeal), "")
	if c.state.Promised() == 0 {
		c.planPayments(ctx)
	} else if need > 0 {
		c.supplement(ctx, need)
	}
	if err := c.become(ctx, casefile.Granted); err != nil {
		return err
	}
	if err := c.send(ctx, casefile.Piece{Mail: casefile.AppealGrantedMail, Letter: casefile.GrantLetter, Message: approved.Text}); err != nil || need == 0 {
		return err
	}
	if _, err := c.budget(ctx, ledger.Move{Op: ledger.Commit, Key: c.claim()}, "Engager les crédits"); err != nil {
		return err
	}
	c.noteBudget(ctx, casefile.EventBudgetCommitted)
	return nil
}

// rejectAppeal lets the decision stand, with reasons (CRPA L211-2); from the notification the time for going to court runs anew where the
// appeal had interrupted it.
func (c *application) rejectAppeal(ctx workflow.Context, e event) error {
	at, back := c.now(ctx), c.state.Appealing().Against
	if back == casefile.ImplicitlyRejected {
		back = casefile.Rejected // now it is an express decision
	}
	c.state.DecideAppeal(false, e.act.Act, []string{e.act.By}, at)
	c.state.EndAppeal(casefile.AppealRejected, at)
	c.noteAct(ctx, e, "")
	if err := c.become(ctx, back); err != nil {
		return err
	}
	if err := c.send(ctx, casefile.Piece{Mail: casefile.AppealDecidedMail, Letter: casefile.AppealDecidedLetter, Message: e.act.Text}); err != nil {
		return err
	}
	return c.thenCloseIfOver(ctx)
}

// unanswered takes note that two months have passed without an answer to the appeal: it is rejected (CRPA L231-4, 2°), and from that day
// the applicant may go to court (CJA R421-2). No letter is owed, but the engine tells.
func (c *application) unanswered(ctx workflow.Context, silence casefile.Deadline) error {
	if c.state.Stage == casefile.Waitlisted {
		if err := c.releaseClaim(ctx, c.claim()); err != nil {
			return err
		}
	}
	if c.state.Stage != casefile.UnderAppeal {
		if err := c.become(ctx, casefile.UnderAppeal); err != nil {
			return err
		}
	}
	back := c.state.Appealing().Against
	c.state.EndAppeal(casefile.AppealImplicit, c.now(ctx))
	c.note(ctx, casefile.Engine, casefile.EventAppealImplicit, "")
	if err := c.become(ctx, back); err != nil {
		return err
	}
	c.state.Unanswered(silence)
	if err := c.sendAbout(ctx, silence, casefile.Piece{Mail: casefile.AppealImplicitMail}); err != nil {
		return err
	}
	return c.closeIfOver(ctx)
}

// sendCharterOnAppeal sends the charter that was never signed, before the new decision.
func (c *application) sendCharterOnAppeal(ctx workflow.Context) error {
	if err := c.become(ctx, casefile.AwaitingCharter); err != nil {
		return err
	}
	c.state.Settle(casefile.ConcernAppeal, casefile.ConcernQuestion)
	c.allotCharter(ctx)
	return c.send(ctx, casefile.Piece{Mail: casefile.AppealCharterMail, Letter: c.agreement().Letter})
}

// backToAppeal goes on with an appeal whose charter was sent: signed, the grant that was approved goes out; else an officer decides.
func (c *application) backToAppeal(ctx workflow.Context, pieces ...casefile.Piece) error {
	if err := c.become(ctx, casefile.UnderAppeal); err != nil {
		return err
	}
	c.state.Clear(casefile.CharterDeadline, casefile.ReminderDeadline)
	c.state.Raise(casefile.ConcernAppeal)
	signed := !c.state.Charter.Signed.IsZero() && len(c.state.Approvals) > 0
	if !signed {
		c.state.Approvals = nil
	}
	if err := c.send(ctx, pieces...); err != nil || !signed {
		return err
	}
	granted, _, err := c.grantAppeal(ctx)
	if err == nil && !granted {
		return c.send(ctx)
	}
	return err
}

// giveReasons tells whoever asked in time why an implicit rejection was one (CRPA L232-4). The time for going to court runs from there.
func (c *application) giveReasons(ctx workflow.Context, e event) error {
	at := c.now(ctx)
	if c.state.Reasons.Asked.IsZero() {
		c.state.Reasons.Asked = at
	}
	c.state.Reasons.Given, c.state.Reasons.By, c.state.Reasons.Grounds, c.state.Reasons.Text = at, e.act.By, e.act.Grounds, e.act.Text
	c.noteAct(ctx, e, "")
	c.state.Clear(casefile.ReasonsDeadline)
	c.state.Settle(casefile.ConcernReasons, casefile.ConcernAppeal, casefile.ConcernQuestion)
	return c.send(ctx, casefile.Piece{Mail: casefile.ReasonsMail, Letter: casefile.ReasonsLetter, Message: e.act.Text})
}

// reasonsOverdue notes that the reasons have not been given within the month: they are still owed.
func (c *application) reasonsOverdue(ctx workflow.Context) error {
	c.note(ctx, casefile.Engine, casefile.EventReasonsOverdue, "")
	c.state.Raise(casefile.ConcernReasons)
	return c.send(ctx)
}
