package workflows

import (
	"cmp"
	"time"

	"go.temporal.io/sdk/workflow"

	"relance/domain/casefile"
	"relance/domain/loan"
	"relance/intake/reading"
)

// turnsARun is how many things happen to an advance in one run of its workflow: it lives for years, and each run's history stays
// small enough to be read.
const turnsARun = 30

var repaymentHandlers = handlers{
	casefile.RecordRepayment:   does((*application).repay),
	casefile.ReverseRepayment:  does((*application).repay),
	casefile.RecordRefund:      does((*application).repay),
	casefile.ProposeSchedule:   does((*application).repay),
	casefile.DeclareInsolvency: does((*application).repay),
	casefile.DeclareClaim:      does((*application).repay),
	casefile.EndInsolvency:     does((*application).repay),
	casefile.WriteOff:          does((*application).repay),
}

// lent tells whether an advance has just been paid out.
func (c *application) lent() bool {
	paid := false
	for _, p := range c.state.Instalments {
		if p.Status != casefile.PaymentPaid && p.Status != casefile.PaymentGivenUp {
			return false
		}
		paid = paid || p.Status == casefile.PaymentPaid
	}
	return paid && c.state.Charter.Loan != nil && c.state.Advance == nil
}

// lends tells whether the case waits for an advance to be paid out.
func (c *application) lends() bool {
	if c.state.Terms.Repayment == nil || c.state.Advance != nil {
		return false
	}
	for _, p := range c.state.Instalments {
		if p.Status != casefile.PaymentGivenUp {
			return true
		}
	}
	return false
}

// beginRepayment opens the advance's book on the day it was paid out, and sends the schedule that follows from it.
func (c *application) beginRepayment(ctx workflow.Context, paid time.Time) error {
	book, err := loan.Open(*c.state.Charter.Loan, paid)
	if err != nil {
		return err // the terms were checked before the agreement was sent
	}
	c.state.Advance = &casefile.Advance{Book: book}
	if err := c.become(ctx, casefile.InRepayment); err != nil {
		return err
	}
	c.state.ReckonRepayments(c.now(ctx))
	return c.send(ctx, casefile.Piece{Mail: casefile.ScheduleMail, Letter: casefile.ScheduleLetter})
}

// takeBack undoes the beginning of the repayment: the bank gave the advance back, and nothing was repaid.
func (c *application) takeBack(ctx workflow.Context) error {
	if c.state.Stage != casefile.InRepayment || len(c.state.Advance.Book.Receipts) > 0 {
		return nil
	}
	c.state.Advance = nil
	c.state.Clear(casefile.NoticeDeadline, casefile.ArrearsDeadline, casefile.ClaimDeadline)
	return c.become(ctx, casefile.Granted)
}

// awaitRepayment follows an advance up: each instalment is announced, what is late is asked for, and what comes is written down, until
// all is repaid or the rest is given up.
func (c *application) awaitRepayment(ctx workflow.Context) error {
	c.turns++
	e, err := c.next(ctx)
	switch {
	case err != nil || c.state.Stage != casefile.InRepayment:
		return err
	case e.mail != nil && e.reading.Intent == string(reading.Agree) && c.state.Advance.Proposal != nil:
		return c.reschedule(ctx, e)
	case e.mail != nil:
		c.state.Raise(casefile.ConcernQuestion)
		if c.state.Advance.Proposal != nil {
			c.state.Raise(casefile.ConcernReschedule)
		}
		return c.answer(ctx, casefile.Piece{Mail: casefile.NotedMail})
	case e.deadline.Kind == casefile.NoticeDeadline:
		return c.announce(ctx)
	case e.deadline.Kind == casefile.ArrearsDeadline:
		return c.chase(ctx)
	case e.deadline.Kind == casefile.ClaimDeadline:
		c.state.Advance.Insolvency.Late = true
		c.note(ctx, casefile.Engine, casefile.EventClaimLate, "")
		c.state.Raise(casefile.ConcernClaim)
		return c.send(ctx)
	case e.deadline.Kind == casefile.AppealDeadline:
		c.over(e.deadline)
		return c.endRepayment(ctx)
	case e.deadline.Kind == casefile.ProofDeadline:
		return c.unproven(ctx)
	}
	return nil
}

// announce tells the debtor of the next instalment (avis d'échéance).
func (c *application) announce(ctx workflow.Context) error {
	a := c.state.Advance
	next := (*loan.Instalment)(nil)
	for k := range a.Book.Instalments {
		if i := &a.Book.Instalments[k]; i.Left() > 0 && i.N > a.Noticed {
			next = i
			break
		}
	}
	if next == nil {
		c.state.ReckonRepayments(c.now(ctx))
		return nil
	}
	a.Noticed = next.N
	c.state.ReckonRepayments(c.now(ctx))
	return c.send(ctx, casefile.Piece{Mail: casefile.InstalmentMail, Letter: casefile.InstalmentLetter})
}

// chase takes the next step where something is late: reminders, then formal notice (mise en demeure).
func (c *application) chase(ctx workflow.Context) error {
	a, at := c.state.Advance, c.now(ctx)
	if late, _ := a.Book.Late(at); late == 0 {
		c.state.ReckonRepayments(at)
		return nil
	}
	a.Chased++
	piece := casefile.Piece{Mail: casefile.ArrearsMail}
	if a.Chased > len(c.state.Terms.Repayment.Reminders) {
		piece = casefile.Piece{Mail: casefile.FormalNoticeMail, Letter: casefile.FormalNoticeLetter}
		a.Formal, a.PayBy = at, casefile.NextWorkday(casefile.AddDays(at, c.state.Terms.Repayment.PayWithin))
		c.state.Raise(casefile.ConcernArrears)
	}
	c.note(ctx, casefile.Engine, casefile.EventReminder, piece.Mail)
	c.state.ReckonRepayments(at)
	return c.send(ctx, piece)
}

// repay carries out an officer's action on an advance.
func (c *application) repay(ctx workflow.Context, e event) error {
	a, at := c.state.Advance, c.now(ctx)
	if e.act.Bank == nil {
		e.act.Bank = &casefile.Bank{}
	}
	on := ""
	var pieces []casefile.Piece
	switch e.act.kind {
	case casefile.RecordRepayment:
		key := cmp.Or(e.act.Bank.Key, e.act.ID)
		fresh, err := a.Book.Receive(key, e.act.Amount, e.act.On(at))
		if err != nil || !fresh {
			c.answerAgain(e, err)
			return nil
		}
		on = key
		pieces = []casefile.Piece{{Mail: casefile.RepaymentReceivedMail, Receipt: key}}
	case casefile.ReverseRepayment:
		if err := a.Book.Reverse(e.act.Bank.Key); err != nil {
			e.act.refuse(casefile.Refuse("ce remboursement ne peut pas être annulé : il a déjà été rendu en partie"))
			return nil
		}
		on = e.act.Bank.Key
		pieces = []casefile.Piece{{Mail: casefile.RepaymentReversedMail, Receipt: e.act.Bank.Key}}
	case casefile.RecordRefund:
		if err := a.Book.Refund(e.act.Amount); err != nil {
			e.act.refuse(casefile.Refuse("ce trop-perçu n'est pas à rendre"))
			return nil
		}
	case casefile.ProposeSchedule:
		a.Proposal = &casefile.Proposal{Plan: *e.act.Bank.Plan, By: e.act.By, At: at}
		pieces = []casefile.Piece{{Mail: casefile.RescheduleMail, Letter: casefile.ScheduleLetter, Message: e.act.Text}}
	case casefile.DeclareInsolvency:
		a.Insolvency, a.Proposal = &casefile.Insolvency{Published: e.act.On(at), By: e.act.By}, nil
		c.state.Set(casefile.Claim(a.Insolvency.Published))
		c.state.Raise(casefile.ConcernClaim)
		pieces = []casefile.Piece{{Mail: casefile.InsolvencyMail}}
	case casefile.DeclareClaim:
		a.Insolvency.Claimed = e.act.On(at)
		c.state.Clear(casefile.ClaimDeadline)
		c.state.Settle(casefile.ConcernClaim)
	case casefile.EndInsolvency:
		a.Insolvency.Ended = e.act.On(at)
		c.state.Clear(casefile.ClaimDeadline)
		c.state.Settle(casefile.ConcernClaim)
	case casefile.WriteOff:
		a.Book.WriteOff()
		pieces = []casefile.Piece{{Mail: casefile.WrittenOffMail, Message: e.act.Text}}
	}
	c.noteAct(ctx, e, on)
	if c.state.Settle(casefile.ConcernRefund); a.Book.Credit() > 0 {
		c.state.Raise(casefile.ConcernRefund)
	}
	return c.settleRepayment(ctx, pieces)
}

// answerAgain answers an act on a payment that the book knows already.
func (c *application) answerAgain(e event, err error) {
	if err != nil {
		e.act.refuse(casefile.Refuse("ce remboursement ne peut pas être enregistré : %v", err))
		return
	}
	e.act.done.Again = true
}

// settleRepayment reckons what follows from the book as it stands now; with the last cent the debtor is discharged (quitus).
func (c *application) settleRepayment(ctx workflow.Context, pieces []casefile.Piece) error {
	a, at := c.state.Advance, c.now(ctx)
	switch {
	case a.Book.Owed() > 0 && !a.Discharged.IsZero(): // the bank took back what had discharged the debtor
		a.Discharged = time.Time{}
		c.state.Raise(casefile.ConcernArrears)
	case a.Book.Owed() == 0 && a.Discharged.IsZero() && a.Book.Lost == 0:
		a.Discharged, a.Proposal = at, nil
		c.note(ctx, casefile.Engine, casefile.EventDischarged, "")
		pieces = []casefile.Piece{{Mail: casefile.DischargeMail, Letter: casefile.DischargeLetter}}
	}
	c.state.ReckonRepayments(at)
	if c.state.Stage != casefile.InRepayment {
		return c.send(ctx, pieces...)
	}
	return c.endRepayment(ctx, pieces...)
}

// endRepayment closes the case where nothing is owed any more and the decision can no longer be contested; else it goes on.
func (c *application) endRepayment(ctx workflow.Context, pieces ...casefile.Piece) error {
	if c.state.Advance.Book.Owed() == 0 && c.state.Deadline(casefile.AppealDeadline).At.IsZero() {
		if err := c.become(ctx, casefile.Closed); err != nil {
			return err
		}
		c.state.Clear(casefile.NoticeDeadline, casefile.ArrearsDeadline, casefile.ClaimDeadline)
	}
	return c.send(ctx, pieces...)
}

// reschedule takes the debtor's agreement to a new schedule: his mail is what signs it.
func (c *application) reschedule(ctx workflow.Context, e event) error {
	a, at := c.state.Advance, c.now(ctx)
	agreed := casefile.Agreement{Proposal: *a.Proposal, Signed: at, Evidence: e.mail.Ref}
	if err := a.Book.Reschedule(a.Proposal.Plan); err != nil { // so much has been repaid since that it no longer fits
		a.Proposal = nil
		c.state.Raise(casefile.ConcernReschedule)
		return c.answer(ctx, casefile.Piece{Mail: casefile.NotedMail})
	}
	a.Proposal, a.Agreed = nil, append(a.Agreed, agreed)
	c.note(ctx, casefile.Applicant, casefile.EventRescheduled, e.mail.Key, e.mail.Ref)
	c.state.Settle(casefile.ConcernReschedule, casefile.ConcernArrears)
	c.state.ReckonRepayments(at)
	return c.send(ctx, casefile.Piece{Mail: casefile.RescheduledMail, Letter: casefile.ScheduleLetter})
}
