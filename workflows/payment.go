package workflows

import (
	"fmt"

	"go.temporal.io/sdk/workflow"

	"relance/domain/casefile"
	"relance/domain/ledger"
)

var paymentHandlers = handlers{
	casefile.OrderPayment:  does((*application).orderPayment),
	casefile.GiveUpPayment: does((*application).orderPayment),
	casefile.SendPayment:   does((*application).sendPayment),
	casefile.RecordPayment: does((*application).recordPayment),
	casefile.ReturnPayment: does((*application).returnPayment),
}

// planPayments lays down how a granted aid is paid: at once, or in instalments that add up to it, some against a report.
func (c *application) planPayments(ctx workflow.Context) {
	c.state.Instalments = ledger.Instalments(c.state.Terms, c.state.Decision.Amount, c.state.Decision.At, c.word("payment"))
	for i := range c.state.Instalments {
		c.state.Instalments[i].Claim = c.claim()
	}
	c.setReportDeadline()
}

// setReportDeadline puts the end of the first period in force in which a report may come, where one is waited for.
func (c *application) setReportDeadline() {
	c.state.Clear(casefile.ReportDeadline)
	for _, p := range c.state.Instalments {
		first := c.state.Deadline(casefile.ReportDeadline)
		if p.Status != casefile.PaymentAwaits || p.Overdue || !first.At.IsZero() && !p.Until.Before(first.At) {
			continue
		}
		for _, d := range c.state.Terms.Instalments {
			if d.ID == p.ID {
				c.state.Set(casefile.Report(p.At, d.Months))
			}
		}
	}
}

// takeReports notes the reports that a mail brings, and tells whether there are any.
func (c *application) takeReports(ctx workflow.Context, e event) bool {
	brought := false
	for _, d := range e.reading.Documents {
		for i := range c.state.Instalments {
			p := &c.state.Instalments[i]
			if d.Problem != "" || p.Against != d.Kind || !p.Open() {
				continue
			}
			p.Status, p.At, p.Report = casefile.PaymentReported, c.came(ctx), casefile.Ref{Key: d.Key, SHA256: d.SHA256}
			c.note(ctx, casefile.Applicant, casefile.EventReport, p.ID)
			c.state.Raise(casefile.ConcernReport)
			brought = true
			break // one report, one instalment
		}
	}
	c.setReportDeadline()
	return brought
}

// reportOverdue tells the applicant and an officer that a report has not come in time. The instalment is not lost: an officer
// decides.
func (c *application) reportOverdue(ctx workflow.Context, passed casefile.Deadline) error {
	var late casefile.Code
	for i := range c.state.Instalments {
		if p := &c.state.Instalments[i]; p.Status == casefile.PaymentAwaits && !p.Overdue && !p.Until.After(passed.At) {
			p.Overdue = true
			late = p.ID
		}
	}
	c.note(ctx, casefile.Engine, casefile.EventReportOverdue, late)
	c.state.Raise(casefile.ConcernReport)
	c.setReportDeadline()
	if p := c.state.Instalment(late); p != nil && p.Milestone != "" { // the applicant owes nothing: an officer has to confirm it
		return c.send(ctx)
	}
	return c.sendAbout(ctx, passed, casefile.Piece{Mail: casefile.ReportOverdueMail, Payment: late})
}

// orderPayment confirms an instalment, or gives it up.
func (c *application) orderPayment(ctx workflow.Context, e event) error {
	p := c.state.Instalment(e.act.Payment)
	piece := casefile.Piece{Mail: casefile.PaymentOrderedMail, Payment: p.ID, Message: e.act.Text}
	if p.Order != "" && p.Status != casefile.PaymentDue && p.Status != casefile.PaymentOrdered { // the one before came back, or was stopped
		p.Try++
		p.Returned = ""
	}
	p.Status = casefile.PaymentOrdered
	if e.act.kind == casefile.GiveUpPayment {
		if _, err := c.budget(ctx, ledger.Move{Op: ledger.Release, Key: p.Claim, Payment: p.ID, Cents: p.Cents}, "Libérer les crédits d'un versement"); err != nil {
			return err
		}
		p.Status, piece.Mail = casefile.PaymentGivenUp, "payment-given-up"
	}
	p.At = c.now(ctx)
	c.noteAct(ctx, e, p.ID)
	c.state.Settle(casefile.ConcernReport, casefile.ConcernReturned)
	c.setReportDeadline()
	if err := c.send(ctx, piece); err != nil {
		return err
	}
	return c.thenCloseIfOver(ctx)
}

// sendPayment notes the file in which an order goes to the bank. Who makes the file asks as often as he likes; only what changes is
// written down.
func (c *application) sendPayment(ctx workflow.Context, e event) error {
	p := c.state.Instalment(e.act.Payment)
	if p.Status != casefile.PaymentSent || p.Run != e.act.Bank.Run {
		p.Status, p.Run, p.SentBy, p.At = casefile.PaymentSent, e.act.Bank.Run, e.act.By, c.now(ctx)
		c.noteAct(ctx, e, p.ID)
		if err := c.send(ctx); err != nil {
			return err
		}
	}
	e.act.done.Amount = p.Cents
	return nil
}

// returnPayment notes that the bank gave an instalment back. An officer has to look at the bank details, and confirm it anew.
func (c *application) returnPayment(ctx workflow.Context, e event) error {
	p := c.state.Instalment(e.act.Payment)
	if p.Status == casefile.PaymentPaid {
		if _, err := c.budget(ctx, ledger.Move{Op: ledger.Return, Key: p.Claim, Payment: p.ID}, "Enregistrer un versement rendu"); err != nil {
			return err
		}
	}
	p.Status, p.At, p.Returned = casefile.PaymentReturned, c.now(ctx), "-"
	if e.act.Bank != nil && e.act.Bank.Reason != "" {
		p.Returned = e.act.Bank.Reason
	}
	c.noteAct(ctx, e, p.ID)
	c.state.Raise(casefile.ConcernReturned)
	if err := c.takeBack(ctx); err != nil {
		return err
	}
	return c.send(ctx, casefile.Piece{Mail: casefile.PaymentReturnedMail, Payment: p.ID})
}

// stopPayments stops what was to be paid to bank details that have changed: an officer confirms it anew.
func (c *application) stopPayments(ctx workflow.Context) {
	for i := range c.state.Instalments {
		p := &c.state.Instalments[i]
		if p.Order != "" && (p.Status == casefile.PaymentDue || p.Status == casefile.PaymentOrdered) {
			p.Status, p.At = casefile.PaymentStopped, c.now(ctx)
			c.note(ctx, casefile.Engine, casefile.EventPaymentStopped, p.ID)
			c.state.Raise(casefile.ConcernReturned)
		}
	}
}

// recordPayment notes that the public accountant has paid an instalment. An advance that is paid out is repaid from that day on.
func (c *application) recordPayment(ctx workflow.Context, e event) error {
	p := c.state.Instalment(e.act.Payment)
	if _, err := c.budget(ctx, ledger.Move{Op: ledger.Pay, Key: p.Claim, Payment: p.ID, Cents: p.Cents}, "Enregistrer un versement"); err != nil {
		return err
	}
	p.Status, p.At = casefile.PaymentPaid, e.act.On(c.now(ctx))
	c.noteAct(ctx, e, p.ID)
	if c.lent() {
		return c.beginRepayment(ctx, p.At)
	}
	return c.send(ctx)
}

// thenCloseIfOver closes the case after an act, where nothing is awaited any more.
func (c *application) thenCloseIfOver(ctx workflow.Context) error {
	if !c.isOver() {
		return nil
	}
	c.concludeEarly(ctx)
	return c.closeIfOver(ctx)
}

// closeIfOver closes a case whose decision can no longer be contested and that awaits nothing more.
func (c *application) closeIfOver(ctx workflow.Context) error {
	if !c.isOver() {
		return nil
	}
	return c.close(ctx, casefile.Deadline{Kind: casefile.AppealDeadline, At: c.state.Over})
}

// isOver tells whether the decision can no longer be contested, and nothing is awaited.
func (c *application) isOver() bool {
	switch stage := c.state.Stage; {
	case c.state.Over.IsZero(), c.state.AwaitsReports(), c.lends(), c.state.Recovering() != nil, !stage.CanBecome(casefile.Closed):
		return false
	default:
		return stage != casefile.InRepayment && stage != casefile.UnderAppeal && stage != casefile.Hearing
	}
}

// supplement adds what a better decision grants beside what is paid or promised already.
func (c *application) supplement(ctx workflow.Context, cents int64) {
	c.state.Instalments = append(c.state.Instalments, casefile.Instalment{ID: fmt.Sprint("complement-", len(c.state.Claims)), Name: c.word("supplement"),
		Cents: cents, Claim: c.claim(), Status: casefile.PaymentDue, At: c.now(ctx)})
}
