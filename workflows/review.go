package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"relance/contract"
	"relance/domain/casefile"
	"relance/domain/ledger"
)

var reviewHandlers = handlers{
	casefile.Approve:       does((*application).approve),
	casefile.Reject:        does((*application).rejectFrom),
	casefile.RequestAct:    does((*application).request),
	casefile.Message:       does((*application).writeMessage),
	casefile.Assign:        does((*application).assign),
	casefile.WithdrawAct:   does((*application).recordWithdrawal),
	casefile.SettleConcern: does((*application).settle),
	casefile.Reexamine:     does((*application).reexamine),
	casefile.SendStopped:   does((*application).serveAgain),
}

// review puts the case before an officer, and asks the third parties whose opinion the scheme wants.
func (c *application) review(ctx workflow.Context, piece casefile.Piece) error {
	if c.state.Appealing() != nil {
		return c.backToAppeal(ctx, piece)
	}
	if err := c.become(ctx, casefile.UnderReview); err != nil {
		return err
	}
	c.resume(ctx)
	c.raiseDecision()
	return c.send(ctx, append([]casefile.Piece{piece}, c.askOpinions(ctx)...)...)
}

// awaitDecision waits for the officer's decision; where none comes in time, silence is a rejection.
func (c *application) awaitDecision(ctx workflow.Context) error {
	e, err := c.next(ctx)
	switch {
	case err != nil || c.state.Stage != casefile.UnderReview:
		return err
	case e.mail != nil && c.state.AgreementChanged() && c.dueCharter(): // the contract of an advance has to be signed anew
		c.state.Charter.Signed = time.Time{}
		c.state.Approvals = nil
		c.state.Settle(casefile.ConcernDecision)
		return c.sendCharter(ctx, c.agreement())
	case e.mail != nil:
		c.state.Raise(casefile.ConcernQuestion)
		return c.answer(ctx, casefile.Piece{Mail: casefile.NotedMail})
	case e.deadline.Kind == casefile.SilenceDeadline:
		return c.rejectBySilence(ctx, e.deadline)
	}
	return nil
}

// approve takes an officer's approval; with the last one that is needed the aid is granted. The rules are applied once more
// first: another case of the same firm may have been granted since.
func (c *application) approve(ctx workflow.Context, e event) error {
	cents := e.act.Amount
	if cents == 0 {
		cents = c.state.Verdict.Amount
	}
	if more := c.state.Approve(e.act.By, cents, e.act.Text, c.now(ctx)); more > 0 {
		c.noteFirst(ctx, e)
		e.act.done.Amount, e.act.done.More = cents, more
		c.concludeEarly(ctx)
		return c.send(ctx)
	}
	approved, at, alone := e.act.Act, c.now(ctx), c.state.SharedWith()
	approved.Amount = cents
	lacks, err := c.judge(ctx, contract.Examination{At: at, Granting: true, Act: approved})
	if err != nil {
		return err
	}
	c.state.Approvals = c.state.Approvals[:len(c.state.Approvals)-1]
	if err := c.state.May(casefile.Approve, approved); err != nil {
		return c.refuseAndStore(ctx, e, err)
	}
	if err := c.state.SharedSince(alone); err != nil {
		c.state.Approvals = nil // whoever approved had not seen it
		return c.refuseAndStore(ctx, e, err)
	}
	if len(lacks) > 0 {
		return c.undecided(ctx, e, c.state, casefile.Stop{Mail: casefile.GrantMail, Letter: casefile.GrantLetter, Lacks: lacks, At: at})
	}
	c.state.Approve(e.act.By, cents, e.act.Text, at)
	return c.reserve(ctx, e, approved, at)
}

// reserve holds the money before anything is promised, so that no letter says what the plan does not hold. Where there is
// not enough left the case waits, in the order in which cases became complete, and the applicant is told so.
func (c *application) reserve(ctx workflow.Context, e event, approved casefile.Act, at time.Time) error {
	answer, err := c.hold(ctx, approved.Amount)
	switch {
	case err != nil:
		return err
	case answer.Status == ledger.Waiting:
		return c.waitlist(ctx, answer.Ahead)
	case answer.Status != ledger.Held:
		c.state.Approvals = nil
		return c.refuseAndStore(ctx, e, c.notReserved(ctx, answer))
	}
	// it was looked at before: only a text that has changed this very moment stops it
	return c.untilGone(ctx, func() (*casefile.Stop, error) { return c.grant(ctx, approved, at) })
}

// grant has the decision signed, at once or by the signatory. What a committee has awarded is decided already.
func (c *application) grant(ctx workflow.Context, approved casefile.Act, at time.Time) (*casefile.Stop, error) {
	if c.state.Terms.Batch && c.state.Candidacy == nil {
		return nil, c.submit(ctx, true, approved)
	}
	return c.granted(ctx, approved, at)
}

// granted writes the decision, signed and notified; then the money is committed (engagement). A decision whose letter may not go is
// not taken: the case is as it was.
func (c *application) granted(ctx workflow.Context, approved casefile.Act, at time.Time) (*casefile.Stop, error) {
	before := c.state.Clone()
	c.noteBudget(ctx, casefile.EventBudgetReserved)
	c.state.Decide(true, approved, at)
	c.planPayments(ctx)
	stop, err := c.decided(ctx, casefile.Approve, approved, casefile.Granted, casefile.Piece{Mail: casefile.GrantMail, Letter: casefile.GrantLetter, Message: approved.Text, Seen: approved.Seen})
	if err != nil {
		return nil, err
	}
	if stop != nil {
		c.state = before
		return stop, nil
	}
	if _, err := c.budget(ctx, ledger.Move{Op: ledger.Commit, Key: c.claim()}, "Engager les crédits"); err != nil {
		return nil, err
	}
	c.noteBudget(ctx, casefile.EventBudgetCommitted)
	return nil, nil
}

// noteBudget notes a move of money with the lines that pay.
func (c *application) noteBudget(ctx workflow.Context, what string) {
	if !c.state.Terms.Funded {
		return
	}
	c.note(ctx, casefile.Engine, what, c.list(len(c.state.Verdict.Lines), func(i int) string { return c.state.Verdict.Lines[i].ID }))
}

// waitlist lets an approved case wait for money.
func (c *application) waitlist(ctx workflow.Context, ahead int) error {
	if err := c.become(ctx, casefile.Waitlisted); err != nil {
		return err
	}
	c.state.Ahead = ahead
	c.state.Settle(casefile.ConcernDecision, casefile.ConcernQuestion, casefile.ConcernAppeal)
	return c.send(ctx, casefile.Piece{Mail: casefile.WaitlistedMail})
}

// hold reserves money under a key of its own: what was released is not held again under the old one.
func (c *application) hold(ctx workflow.Context, cents int64) (ledger.Answer, error) {
	if c.state.Terms.Funded {
		c.state.Claims = append(c.state.Claims, c.state.NextClaim())
	}
	return c.budget(ctx, ledger.Move{Op: ledger.Reserve, Key: c.claim(), Portions: c.portions(cents), Complete: c.state.Completed}, "Réserver les crédits")
}

// claim is the key under which the plan's book last held money for the case.
func (c *application) claim() string {
	if n := len(c.state.Claims); n > 0 {
		return c.state.Claims[n-1]
	}
	return c.state.Reference
}

// notReserved notes why the book holds no money for the case, and tells an officer.
func (c *application) notReserved(ctx workflow.Context, answer ledger.Answer) error {
	c.note(ctx, casefile.Engine, casefile.EventBudgetRefused, answer.Refused)
	c.state.Raise(casefile.ConcernEnvelope)
	return casefile.Refuse("les crédits n'ont pas pu être réservés : %s", answer.Refused)
}

// awaitFunds waits until a top-up, or another case that gives its money back, lets this one be granted.
func (c *application) awaitFunds(ctx workflow.Context) error {
	e, err := c.next(ctx)
	switch {
	case err != nil || c.state.Stage != casefile.Waitlisted:
		return err
	case e.funds && c.state.Appealing() != nil:
		last := c.state.Approvals[len(c.state.Approvals)-1]
		c.state.Ahead = 0
		return c.grantOnAppeal(ctx, casefile.Act{By: last.By, Amount: last.Amount, Text: last.Text}, c.needed(last.Amount))
	case e.funds:
		return c.serve(ctx, e)
	case e.mail != nil:
		c.state.Raise(casefile.ConcernQuestion)
		return c.answer(ctx, casefile.Piece{Mail: casefile.NotedMail})
	case e.deadline.Kind == casefile.SilenceDeadline:
		if err := c.release(ctx); err != nil {
			return err
		}
		return c.rejectBySilence(ctx, e.deadline)
	}
	return nil
}

// serve grants a case that has waited, now that its money is held. Where the letter may not go the case keeps the money, and waits
// for that to be mended.
func (c *application) serve(ctx workflow.Context, e event) error {
	last := c.state.Approvals[len(c.state.Approvals)-1]
	c.state.Ahead = 0
	stop, err := c.grant(ctx, casefile.Act{By: last.By, Amount: last.Amount, Text: last.Text}, c.now(ctx))
	switch {
	case err != nil:
		return err
	case stop != nil && e.act != nil:
		return c.undecided(ctx, e, c.state, *stop)
	case stop != nil:
		c.state.StopFor(*stop)
		return c.send(ctx)
	}
	return nil
}

// release gives back what the case holds of the plan and has not been paid, or its place among those who wait.
func (c *application) release(ctx workflow.Context) error {
	claims := c.state.Claims
	if len(claims) == 0 {
		claims = []string{c.state.Reference}
	}
	for _, claim := range claims {
		if err := c.releaseClaim(ctx, claim); err != nil {
			return err
		}
	}
	return nil
}

func (c *application) releaseClaim(ctx workflow.Context, claim string) error {
	if _, err := c.budget(ctx, ledger.Move{Op: ledger.Release, Key: claim}, "Libérer les crédits"); err != nil {
		return err
	}
	c.noteBudget(ctx, casefile.EventBudgetReleased)
	return nil
}

// rejectFrom rejects an application at the stage it is at. One that waits for money gives its place back: before, where the signatory signs
// later; else once the letter has gone.
func (c *application) rejectFrom(ctx workflow.Context, e event) error {
	if c.state.Stage != casefile.Waitlisted {
		return c.reject(ctx, e)
	}
	if c.state.Terms.Batch {
		if err := c.release(ctx); err != nil {
			return err
		}
		return c.reject(ctx, e)
	}
	if err := c.reject(ctx, e); err != nil || c.state.Stage != casefile.Rejected {
		return err
	}
	return c.release(ctx)
}

// reject rejects the application, with its reasons (CRPA L211-2, L211-5), at once or when the signatory has signed.
func (c *application) reject(ctx workflow.Context, e event) error {
	var stop *casefile.Stop
	var err error
	before := c.state.Clone()
	if c.state.Terms.Batch {
		err = c.submit(ctx, false, e.act.Act)
	} else {
		stop, err = c.rejected(ctx, e.act.Act)
	}
	if err != nil {
		return err
	}
	if stop != nil {
		return c.undecided(ctx, e, before, *stop)
	}
	return nil
}

// rejected writes the rejection, signed and notified. Where its letter may not go it is not taken.
func (c *application) rejected(ctx workflow.Context, by casefile.Act) (*casefile.Stop, error) {
	c.state.Decide(false, by, c.now(ctx))
	return c.decided(ctx, casefile.Reject, by, casefile.Rejected, casefile.Piece{Mail: casefile.RejectMail, Letter: casefile.RejectLetter, Message: by.Text, Seen: by.Seen})
}

// decided notifies a decision. The time of appeal runs from the notification (CJA R421-5). It gives back why the letter may not go;
// the caller takes the decision back then.
func (c *application) decided(ctx workflow.Context, kind casefile.ActKind, by casefile.Act, stage casefile.Stage, piece casefile.Piece) (*casefile.Stop, error) {
	c.note(ctx, casefile.OfficerName(by.By), casefile.ActTable.Journal(kind), "")
	if err := c.become(ctx, stage); err != nil {
		return nil, err
	}
	c.state.Clear(casefile.SilenceDeadline)
	c.state.Settle(casefile.ConcernDecision, casefile.ConcernQuestion, casefile.ConcernEnvelope)
	c.state.Mended()
	return c.attempt(ctx, casefile.Deadline{}, piece)
}

// request asks the applicant for documents. One that has come before has to come again: the officer has seen it.
func (c *application) request(ctx workflow.Context, e event) error {
	at := c.now(ctx)
	for _, id := range e.act.Documents {
		c.state.Requests = append(c.state.Requests, casefile.Request{ID: id, At: at})
		c.state.Lack(casefile.Want{What: casefile.WantDocument, ID: id})
	}
	c.noteAct(ctx, e, "")
	c.state.Settle(casefile.ConcernDecision, casefile.ConcernQuestion)
	piece := casefile.Piece{Mail: casefile.RequestMail, Message: e.act.Text}
	if c.state.Stage == casefile.Incomplete {
		return c.send(ctx, piece)
	}
	return c.askForMissing(ctx, piece)
}

// rejectBySilence takes note that two months have passed without a decision (CRPA L231-4, 3°) and tells the applicant,
// who may appeal within two months (CJA R421-2).
func (c *application) rejectBySilence(ctx workflow.Context, silence casefile.Deadline) error {
	if err := c.unprepare(ctx); err != nil { // what nobody signed in time was no decision
		return err
	}
	if err := c.become(ctx, casefile.ImplicitlyRejected); err != nil {
		return err
	}
	c.state.Settle(casefile.ConcernDecision)
	c.state.Clear(casefile.OpinionDeadline)
	c.state.Set(casefile.Appeal(casefile.LastDay(silence.At), casefile.RuleImplicit, c.state.Terms.AppealMonths))
	return c.sendAbout(ctx, silence, casefile.Piece{Mail: casefile.ImplicitMail})
}
