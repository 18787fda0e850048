// Package loan is a repayable advance (avance remboursable): an interest-free loan that several funders pay in shares, its
// schedule (échéancier), and the book of its life: what came, what is late, what was agreed anew, what was lost. It is pure,
// and every sum is in cents: no order of payments loses one or makes one up, for the loan as for each funder.
package loan

import (
	"fmt"
	"time"

	"relance/domain/calendar"
	"relance/domain/money"
)

// Terms are what an advance is repaid by.
type Terms struct {
	Cents    int64    `json:"cents"`
	Months   int      `json:"months"`             // from the payment to the last instalment, the deferral included
	Deferral int      `json:"deferral,omitempty"` // months at the beginning during which nothing is repaid (différé)
	Every    int      `json:"every"`              // months from one instalment to the next: 1 or 3
	Funders  []Funder `json:"funders"`
}

// Funder pays a share of the advance, and gets that share of each repayment.
type Funder struct {
	ID   string `json:"id"`   // the line of the plan that pays
	Part int64  `json:"part"` // weight: hundredths of a percent
}

// MostDeferral is the longest time, in months, during which nothing need be repaid.
const MostDeferral = 12

// Count is the number of instalments.
func (t Terms) Count() int {
	if t.Every <= 0 {
		return 0
	}
	return (t.Months - t.Deferral) / t.Every
}

// Check tells why no schedule can be made of the terms.
func (t Terms) Check() error {
	switch {
	case t.Every != 1 && t.Every != 3:
		return fmt.Errorf("instalments come every month or every third month, not every %d", t.Every)
	case t.Deferral < 0 || t.Deferral > MostDeferral:
		return fmt.Errorf("a deferral of %d months: it goes from 0 to %d", t.Deferral, MostDeferral)
	case t.Months <= t.Deferral || (t.Months-t.Deferral)%t.Every != 0:
		return fmt.Errorf("%d months of which %d without instalments cannot be cut into parts of %d", t.Months, t.Deferral, t.Every)
	case t.Cents < int64(t.Count()):
		return fmt.Errorf("%d cents are too few for %d instalments", t.Cents, t.Count())
	case len(t.Funders) == 0:
		return fmt.Errorf("nobody funds the advance")
	}
	return nil
}

// Instalment is one repayment as it is due (échéance).
type Instalment struct {
	N      int       `json:"n"` // its number, from 1; a new schedule goes on counting
	Due    time.Time `json:"due"`
	Cents  int64     `json:"cents"`
	Shares []int64   `json:"shares"`              // of the funders, in their order
	Paid   int64     `json:"paid,omitempty"`      // of Cents
	Repaid []int64   `json:"repaid,omitempty"`    // of Shares; none where nothing is paid
	On     time.Time `json:"settled_on,omitzero"` // the day on which it was paid whole
	Closed bool      `json:"closed,omitempty"`    // a new schedule has taken over what was not paid of it
}

// Left is what is still owed of an instalment.
func (i Instalment) Left() int64 { return i.Cents - i.Paid }

// Payable is the last day on which an instalment is paid in time: its own, or the next working day.
func (i Instalment) Payable() time.Time { return calendar.NextWorkday(i.Due) }

// left is what is still owed to each funder.
func (i Instalment) left() []int64 {
	left := append([]int64{}, i.Shares...)
	for f, paid := range i.Repaid {
		left[f] -= paid
	}
	return left
}

// Schedule is the instalments of an advance paid out on a day: equal ones, the cents that cannot be shared evenly on the last.
// The first comes after the deferral and one period; each falls on the day of the month on which the advance was paid,
// or on the last day of a month that is too short, and months that follow take the day of the month up again.
func Schedule(t Terms, paid time.Time) []Instalment {
	count := t.Count()
	days := make([]time.Time, count)
	for k := range days {
		days[k] = calendar.AddMonths(paid, t.Deferral+(k+1)*t.Every)
	}
	weights := make([]int64, len(t.Funders))
	for f, funder := range t.Funders {
		weights[f] = funder.Part
	}
	return lay(t.Cents, days, cents(money.Split(money.Cents(t.Cents), weights)), 1)
}

// lay lays a sum that is owed to funders out over days, and counts on from a number. Each instalment is shared among the funders by
// what is still owed to them, so that each row adds up to its instalment and each column to what the funder is owed.
func lay(total int64, days []time.Time, owed []int64, number int) []Instalment {
	list := make([]Instalment, len(days))
	each := total / int64(len(days))
	owed = append([]int64{}, owed...)
	for k, day := range days {
		sum := each
		if k == len(days)-1 {
			sum = total - each*int64(len(days)-1)
		}
		list[k] = Instalment{N: number + k, Due: day, Cents: sum, Shares: cents(money.Split(money.Cents(sum), owed))}
		for f, share := range list[k].Shares {
			owed[f] -= share
		}
	}
	return list
}

func cents(list []money.Cents) []int64 {
	plain := make([]int64, len(list))
	for i, c := range list {
		plain[i] = int64(c)
	}
	return plain
}
