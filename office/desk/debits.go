package desk

import (
	"context"
	"slices"

	"relance/domain/sepa"
	"relance/store/treasury"
)

// ordered judges an entry that names an order. The bank's own corrections are told apart from transfers that came back: only these are told to the
// applicant.
func (c *Cashier) ordered(ctx context.Context, o treasury.Order, m sepa.Movement) (Outcome, error) {
	doubt := func(why string) (Outcome, error) { return Outcome{What: Unmatched, Why: why}, nil }
	switch {
	case !c.onOurs(m):
		return doubt("le relevé est celui d'un autre compte : " + m.Account)
	case m.Currency != "":
		return doubt("le montant est en " + m.Currency)
	case m.Cents != o.Cents:
		return doubt("le montant n'est pas celui de l'ordre " + o.ID)
	case m.Reversal:
		return c.undone(ctx, o.ID, m)
	case m.In && m.Returned == "":
		return doubt("un crédit porte la référence de l'ordre " + o.ID + " sans être un rejet de la banque")
	case m.In:
		if err := c.undo(ctx, o.ID, m); err != nil {
			return Outcome{}, err
		}
		return c.orderly(o, Came)(c.Return(ctx, o, c.act(m, m.Returned)))
	case m.IBAN != "" && compact(m.IBAN) != compact(o.To.IBAN):
		return doubt("la banque a payé un autre compte que celui de l'ordre : " + m.IBAN)
	}
	if twice, err := c.twice(ctx, o.ID, m); err != nil || twice.What != "" {
		return twice, err
	}
	return c.orderly(o, Executed)(c.Confirm(ctx, o, c.act(m, "")))
}

// twice notes a debit, and is for an officer where another one stands already.
func (c *Cashier) twice(ctx context.Context, id string, m sepa.Movement) (Outcome, error) {
	told, err := c.Orders.Debits(ctx, id)
	if err != nil {
		return Outcome{}, err
	}
	d := treasury.Debit{Key: m.Key, Servicer: m.Servicer, Second: len(treasury.Standing(told)) > 0}
	if i := slices.IndexFunc(told, func(d treasury.Debit) bool { return d.Key == m.Key }); i >= 0 {
		d = told[i]
	} else if err := c.Orders.Debited(ctx, id, d); err != nil {
		return Outcome{}, err
	}
	switch {
	case d.Undone:
		return Outcome{What: Known}, nil
	case d.Second:
		return Outcome{What: Unmatched, Why: "la banque a débité deux fois " + id + " ; demandez-lui de rendre le second débit"}, nil
	}
	return Outcome{}, nil
}

// undone takes an entry by which the bank undoes one of its debits. Where the order was debited once it is not paid any more, for which an officer asks
// the bank; nobody else is told.
func (c *Cashier) undone(ctx context.Context, id string, m sepa.Movement) (Outcome, error) {
	told, err := c.Orders.Debits(ctx, id)
	if err != nil {
		return Outcome{}, err
	}
	standing := len(treasury.Standing(told))
	if err := c.undo(ctx, id, m); err != nil {
		return Outcome{}, err
	}
	if standing > 1 {
		return Outcome{What: Unmatched, Why: "la banque annule l'un des débits de " + id + " ; le versement reste payé une fois"}, nil
	}
	return Outcome{What: Unmatched, Why: "la banque annule son débit de " + id + " ; demandez-lui si le versement a été fait, avant de l'ordonner de nouveau"}, nil
}

// undo notes that a debit does not stand any more: the one whose reference of the bank the entry bears, else the last. An entry that was told before
// undoes nothing more.
func (c *Cashier) undo(ctx context.Context, id string, m sepa.Movement) error {
	told, err := c.Orders.Debits(ctx, id)
	if err != nil {
		return err
	}
	standing := treasury.Standing(told)
	if slices.ContainsFunc(told, func(d treasury.Debit) bool { return d.UndoneBy == m.Key }) || len(standing) == 0 {
		return nil
	}
	which := standing[len(standing)-1]
	if i := slices.IndexFunc(standing, func(d treasury.Debit) bool { return d.Servicer != "" && d.Servicer == m.Servicer }); i >= 0 {
		which = standing[i]
	}
	return c.Orders.Undo(ctx, id, which, m.Key)
}
