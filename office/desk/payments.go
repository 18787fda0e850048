package desk

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"relance/domain/casefile"
	"relance/store/treasury"
)

// Ask asks the case of a payment order, for an officer who makes a file of them, whether it is to be paid now: it is not where another
// order has taken its place, where nothing is to be paid any more, where the bank details have changed since, or are doubted.
func (d *Desk) Ask(by string) treasury.Ask {
	return func(ctx context.Context, o treasury.Order, run int) (treasury.Verdict, error) {
		s, err := d.State(ctx, o.Case)
		if errors.Is(err, ErrNoCase) {
			return treasury.Verdict{Why: err.Error()}, nil
		}
		if err != nil {
			return treasury.Verdict{}, err
		}
		if v := standing(s, o); v.Why != "" {
			return v, nil
		}
		f, err := d.Facts(ctx, s)
		if err != nil {
			return treasury.Verdict{}, err
		}
		if !holds(f, o.To.IBAN) {
			return treasury.Verdict{Why: "les coordonnées bancaires ont changé depuis l'ordre ; confirmez le versement de nouveau (relance case pay)"}, nil
		}
		_, err = d.Act(ctx, o.Case, casefile.SendPayment, casefile.Act{ID: uuid.NewString(), By: by, Payment: o.Payment, Bank: &casefile.Bank{Order: o.ID, Run: run}})
		var refusal *Refusal
		if errors.As(err, &refusal) {
			return treasury.Verdict{Why: refusal.Reason}, nil
		}
		return treasury.Verdict{}, err
	}
}

// standing tells what the case says of an order by itself.
func standing(s casefile.State, o treasury.Order) treasury.Verdict {
	for i, p := range s.Instalments {
		if p.ID != o.Payment {
			continue
		}
		switch {
		case s.OrderID(i) != o.ID:
			return treasury.Verdict{Why: "remplacé par l'ordre " + s.OrderID(i), Never: true}
		case p.Status == casefile.PaymentPaid:
			return treasury.Verdict{Why: "déjà payé", Never: true}
		case p.Status == casefile.PaymentGivenUp:
			return treasury.Verdict{Why: "versement abandonné", Never: true}
		case s.Stage == casefile.Withdrawn:
			return treasury.Verdict{Why: "le demandeur s'est désisté", Never: true}
		case p.Order != o.ID:
			return treasury.Verdict{Why: "le dossier n'a pas encore pris acte de l'ordre"}
		}
		return treasury.Verdict{}
	}
	return treasury.Verdict{Why: fmt.Sprintf("le dossier n'a pas de versement « %s »", o.Payment), Never: true}
}

// holds tells whether the facts name an account.
func holds(f casefile.Facts, iban string) bool {
	for _, v := range f.Fields {
		if iban != "" && v.Value == iban {
			return true
		}
	}
	return false
}

// Confirm records that an order was paid, on a day. It is false where that was known, or where another order has taken its place.
func (d *Desk) Confirm(ctx context.Context, o treasury.Order, act casefile.Act) (bool, error) {
	return d.settle(ctx, o, casefile.RecordPayment, casefile.PaymentPaid, act)
}

// Return records that the bank gave an order back. It is false where that was known, or where another order has taken its place.
func (d *Desk) Return(ctx context.Context, o treasury.Order, act casefile.Act) (bool, error) {
	return d.settle(ctx, o, casefile.ReturnPayment, casefile.PaymentReturned, act)
}

func (d *Desk) settle(ctx context.Context, o treasury.Order, kind casefile.ActKind, known casefile.Payment, act casefile.Act) (bool, error) {
	s, err := d.State(ctx, o.Case)
	if err != nil {
		return false, err
	}
	if p := s.Instalment(o.Payment); p == nil || p.Order != o.ID || p.Status == known {
		return false, nil
	}
	act.ID, act.Payment = uuid.NewString(), o.Payment
	if act.Bank == nil {
		act.Bank = &casefile.Bank{}
	}
	act.Bank.Order = o.ID
	_, err = d.Act(ctx, o.Case, kind, act)
	return err == nil, err
}
