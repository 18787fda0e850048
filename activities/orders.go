package activities

import (
	"cmp"
	"context"
	"slices"
	"time"

	"relance/domain/casefile"
	"relance/domain/money"
	"relance/domain/scheme"
	"relance/domain/sepa"
	"relance/store/treasury"
)

// placeOrders records a payment order for each instalment of which nothing stands in the way. Its identifier says which instalment it
// is and how often it had to be ordered, so that recording it again changes nothing.
func (a *Activities) placeOrders(ctx context.Context, c casefile.Correspondence) ([]casefile.Placed, error) {
	unplaced := c.State.Unplaced()
	if len(unplaced) == 0 || a.Plan == nil {
		return nil, nil
	}
	sch, v, err := a.version(ctx, c.State)
	if err != nil {
		return nil, err
	}
	facts, err := a.facts(ctx, c.State.Basis(c.State.Journal))
	if err != nil {
		return nil, err
	}
	bars, silent, err := a.registersBar(ctx, c.State, facts, v)
	switch {
	case err != nil:
		return nil, err
	case len(bars) > 0:
		return []casefile.Placed{{Payment: c.State.Instalments[unplaced[0]].ID, Bars: bars}}, nil
	}
	book := treasury.Book{Archive: a.Archive, Plan: a.Plan.ID}
	var placed []casefile.Placed
	for _, i := range unplaced {
		p := c.State.Instalments[i]
		o := treasury.Order{ID: c.State.OrderID(i), Case: c.State.Reference, Scheme: c.State.Scheme, Payment: p.ID, Name: p.Name, Cents: p.Cents,
			To: Payee(facts, v), Text: sch.Name + " " + c.State.Reference + " " + p.Name, At: c.At, Lines: portions(c.State.Verdict.Lines, p.Cents)}
		if d := c.State.Decision; d != nil {
			o.Decided = d.At
		}
		if err := book.Place(ctx, o); err != nil {
			return nil, err
		}
		placed = append(placed, casefile.Placed{Payment: p.ID, Order: o.ID, Silent: silent})
	}
	return placed, nil
}

// registersBar asks the registers once more before an aid is paid, unless they were asked within the day. It gives what they say against it and no
// officer has lifted.
func (a *Activities) registersBar(ctx context.Context, s casefile.State, facts casefile.Facts, v *scheme.Version) (bars []casefile.Bar, silent bool, err error) {
	const fresh = 24 * time.Hour
	if g := facts.Register; g != nil && !g.Silent && a.Now().Sub(g.Asked) < fresh {
		return nil, false, nil
	}
	var r casefile.Reading
	if err := a.askRegisters(ctx, v, &facts, &r, true); err != nil {
		return nil, false, err
	}
	if r.Says != nil && !s.Lifted(r.Says.Bars) {
		bars = r.Says.Bars
	}
	return bars, slices.Contains(r.Concerns, casefile.ConcernSilent), nil
}

// Payee is the account that an aid is paid to, as the facts have it now.
func Payee(f casefile.Facts, v *scheme.Version) sepa.Account {
	business, _ := v.ByRole(scheme.Business)
	iban, _ := v.ByType(scheme.IBAN)
	name := cmp.Or(f.Fields[business.ID].Value, f.Applicant.Name, f.Applicant.Email)
	return sepa.Account{Name: name, IBAN: f.Fields[iban.ID].Value}
}

// portions shares an order among the lines of the plan that pay.
func portions(lines []casefile.Share, cents int64) []treasury.Portion {
	weights := make([]int64, len(lines))
	for i, l := range lines {
		weights[i] = int64(l.Part)
	}
	var list []treasury.Portion
	for i, part := range money.Split(money.Cents(cents), weights) {
		list = append(list, treasury.Portion{Line: lines[i].ID, Cents: int64(part)})
	}
	return list
}
