package correspondence

import (
	"time"

	"relance/domain/casefile"
	"relance/domain/loan"
)

// paidIn is how many days after its contract an advance is supposed to be paid out, for the schedule annexed to it; the one that counts
// begins on the day of the payment.
const paidIn = 30

// loanOf is what a letter says of the advance of a case; nil where it lends nothing.
func loanOf(r Request) *Loan {
	s := r.State
	a := s.Advance
	if a == nil || a.Book == nil {
		return promised(r)
	}
	b := a.Book
	l := &Loan{Amount: b.Terms.Cents, Deferral: b.Terms.Deferral, Paid: b.Repaid(), Left: b.Owed(), PayBy: a.PayBy, Start: b.Paid, Firm: true,
		Credit: b.Credit(), Lost: b.Lost}
	open := b.Instalments
	if a.Proposal != nil && r.Piece.Mail == casefile.RescheduleMail {
		if preview, err := b.Preview(a.Proposal.Plan); err == nil {
			open, l.Proposed = preview, true
		}
	}
	l.rows(open, b.Owed())
	late, _ := b.Late(r.At)
	l.Arrears = late
	for _, i := range b.Instalments {
		row := LoanRow{N: i.N, Due: i.Payable(), Cents: i.Left()}
		if i.Left() > 0 && !r.At.Before(casefile.EndOfDay(i.Payable())) {
			l.Overdue = append(l.Overdue, row)
		}
	}
	for _, row := range l.Rows {
		if row.N == a.Noticed {
			l.Due = row
		}
	}
	for _, receipt := range b.Receipts {
		if receipt.Key == r.Piece.Receipt {
			l.Receipt, l.Settled = receipt.Cents, receipt.On
		}
		if r.Piece.Receipt == "" && !receipt.Reversed && receipt.On.After(l.Settled) {
			l.Settled = receipt.On
		}
	}
	return l
}

// promised is an advance that has not been paid out: as its contract has it, on a supposed day of payment.
func promised(r Request) *Loan {
	t := r.State.Verdict.Loan
	if t == nil || r.State.Stage.Decided() && r.State.Charter.Loan != nil {
		t = r.State.Charter.Loan
	}
	if t == nil {
		return nil
	}
	start := casefile.Date(casefile.AddDays(r.At, paidIn))
	l := &Loan{Amount: t.Cents, Deferral: t.Deferral, Left: t.Cents, Start: start}
	l.rows(loan.Schedule(*t, start), t.Cents)
	return l
}

// rows lays out the instalments on which something is still owed; each on a day on which banks work.
func (l *Loan) rows(list []loan.Instalment, left int64) {
	for _, i := range list {
		if i.Left() == 0 {
			continue
		}
		left -= i.Left()
		l.Rows = append(l.Rows, LoanRow{N: i.N, Due: i.Payable(), Cents: i.Left(), Left: left})
	}
	if n := len(l.Rows); n > 0 {
		l.First, l.Last = l.Rows[0].Due, l.Rows[n-1].Due
	} else {
		l.First, l.Last = time.Time{}, time.Time{}
	}
}
