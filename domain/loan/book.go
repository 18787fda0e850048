package loan

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"relance/domain/calendar"
	"relance/domain/money"
)

// Book is the life of an advance from the day it was paid out.
type Book struct {
	Terms       Terms        `json:"terms"`
	Paid        time.Time    `json:"paid"` // the day it was paid out
	Instalments []Instalment `json:"instalments"`
	Receipts    []Receipt    `json:"receipts,omitempty"`
	Lost        int64        `json:"lost,omitempty"` // given up: it will not be repaid
}

// Receipt is money that came, and what became of it: Cents is what its parts, Credit and Refunded add up to, or nothing where it was
// taken back.
type Receipt struct {
	Key      string    `json:"key"` // the same for one payment told twice
	On       time.Time `json:"on"`
	Cents    int64     `json:"cents"`
	Parts    []Part    `json:"parts,omitempty"`
	Credit   int64     `json:"credit,omitempty"`   // more than was owed: to be paid back
	Refunded int64     `json:"refunded,omitempty"` // paid back
	Reversed bool      `json:"reversed,omitempty"` // the bank took it back
}

// Part is what of a receipt went to one instalment, and through it to each funder.
type Part struct {
	N      int     `json:"n"`
	Cents  int64   `json:"cents"`
	Shares []int64 `json:"shares"`
}

// The ways in which a movement is refused.
var (
	ErrSum      = errors.New("a sum of money is above zero")
	ErrUnknown  = errors.New("no such receipt")
	ErrRefunded = errors.New("it was paid back already")
	ErrCredit   = errors.New("less is held in credit")
	ErrNothing  = errors.New("nothing is owed")
)

// Open begins the book of an advance that was paid out.
func Open(t Terms, paid time.Time) (*Book, error) {
	if err := t.Check(); err != nil {
		return nil, err
	}
	paid = calendar.Date(paid)
	return &Book{Terms: t, Paid: paid, Instalments: Schedule(t, paid)}, nil
}

// Owed is what has still to be repaid, due or not.
func (b *Book) Owed() int64 { return b.sum(func(i Instalment) int64 { return i.Left() }) }

// Repaid is what has been repaid.
func (b *Book) Repaid() int64 { return b.sum(func(i Instalment) int64 { return i.Paid }) }

func (b *Book) sum(of func(Instalment) int64) (total int64) {
	for _, i := range b.Instalments {
		total += of(i)
	}
	return total
}

// Credit is what came beyond what was owed, and has to be paid back.
func (b *Book) Credit() (total int64) {
	for _, r := range b.Receipts {
		total += r.Credit
	}
	return total
}

// Shares tells what each funder has been repaid, and what it is still owed.
func (b *Book) Shares() (repaid, owed []int64) {
	repaid, owed = make([]int64, len(b.Terms.Funders)), make([]int64, len(b.Terms.Funders))
	for _, i := range b.Instalments {
		for f, left := range i.left() {
			owed[f] += left
			repaid[f] += i.Shares[f] - left
		}
	}
	return repaid, owed
}

// Late is what should have been repaid by an instant and was not (arriérés), with the oldest such instalment; nil where nothing is late.
func (b *Book) Late(at time.Time) (cents int64, oldest *Instalment) {
	for k := range b.Instalments {
		i := &b.Instalments[k]
		if i.Left() == 0 || at.Before(calendar.EndOfDay(i.Payable())) {
			continue
		}
		if cents += i.Left(); oldest == nil {
			oldest = i
		}
	}
	return cents, oldest
}

// Next is the first instalment that is owed and can still be paid in time; nil where there is none.
func (b *Book) Next(at time.Time) *Instalment {
	for k := range b.Instalments {
		if i := &b.Instalments[k]; i.Left() > 0 && at.Before(calendar.EndOfDay(i.Payable())) {
			return i
		}
	}
	return nil
}

// Receive takes money in: it pays the oldest instalment first, then the next, and what is more than all that is owed is held in
// credit. It is false, and nothing changes, where the payment is known.
func (b *Book) Receive(key string, sum int64, on time.Time) (bool, error) {
	if sum <= 0 {
		return false, ErrSum
	}
	if b.receipt(key) != nil {
		return false, nil
	}
	b.Receipts = append(b.Receipts, Receipt{Key: key, On: calendar.Date(on), Cents: sum, Credit: sum})
	b.useCredit()
	return true, nil
}

func (b *Book) receipt(key string) *Receipt {
	for k := range b.Receipts {
		if b.Receipts[k].Key == key {
			return &b.Receipts[k]
		}
	}
	return nil
}

// useCredit pays what is owed with what is in credit, the oldest of both first.
func (b *Book) useCredit() {
	for k := range b.Receipts {
		r := &b.Receipts[k]
		for n := range b.Instalments {
			i := &b.Instalments[n]
			sum := min(r.Credit, i.Left())
			if sum <= 0 {
				continue
			}
			part := Part{N: i.N, Cents: sum, Shares: cents(money.Split(money.Cents(sum), i.left()))}
			i.pay(part, 1)
			if i.Left() == 0 {
				i.On = r.On
			}
			r.Credit -= sum
			r.Parts = append(r.Parts, part)
		}
	}
}

// pay adds a part to what is paid of an instalment, or takes it away.
func (i *Instalment) pay(p Part, sign int64) {
	if i.Repaid == nil {
		i.Repaid = make([]int64, len(i.Shares))
	}
	i.Repaid = slices.Clone(i.Repaid)
	i.Paid += sign * p.Cents
	for f, share := range p.Shares {
		i.Repaid[f] += sign * share
	}
}

// Reverse takes a receipt back, because the bank did (a direct debit refused, a transfer recalled): what it had paid is owed
// again. A receipt of which some was paid back stays.
func (b *Book) Reverse(key string) error {
	r := b.receipt(key)
	switch {
	case r == nil:
		return fmt.Errorf("%w: %s", ErrUnknown, key)
	case r.Refunded > 0:
		return ErrRefunded
	case r.Reversed:
		return nil
	}
	for _, p := range r.Parts {
		for k := range b.Instalments {
			if b.Instalments[k].N == p.N {
				b.Instalments[k].pay(p, -1)
				b.Instalments[k].On = time.Time{}
			}
		}
	}
	r.Parts, r.Credit, r.Reversed = nil, 0, true
	b.useCredit()
	return nil
}

// Refund notes that some of the credit was paid back.
func (b *Book) Refund(sum int64) error {
	if sum <= 0 {
		return ErrSum
	}
	if sum > b.Credit() {
		return ErrCredit
	}
	for k := range b.Receipts {
		part := min(sum, b.Receipts[k].Credit)
		b.Receipts[k].Credit -= part
		b.Receipts[k].Refunded += part
		sum -= part
	}
	return nil
}

// Plan is a new schedule for what is still owed (rééchelonnement).
type Plan struct {
	Count int       `json:"count"` // of instalments
	Every int       `json:"every"` // months between them: 1 or 3
	First time.Time `json:"first"` // the day of the first
}

// Days are the days of a plan's instalments.
func (p Plan) Days() []time.Time {
	days := make([]time.Time, p.Count)
	for k := range days {
		days[k] = calendar.AddMonths(p.First, k*p.Every)
	}
	return days
}

// Check tells why a plan cannot be made for what is owed.
func (b *Book) Check(p Plan) error {
	const most = 120
	owed := b.Owed()
	switch {
	case owed == 0:
		return ErrNothing
	case p.Count < 1 || p.Count > most || int64(p.Count) > owed:
		return fmt.Errorf("%d instalments: from 1 to %d, and each of a cent at least", p.Count, most)
	case p.Every != 1 && p.Every != 3:
		return fmt.Errorf("instalments come every month or every third month, not every %d", p.Every)
	case p.First.IsZero():
		return errors.New("the first instalment has a day")
	}
	return nil
}

// Preview is the instalments that a plan would make of what is owed.
func (b *Book) Preview(p Plan) ([]Instalment, error) {
	if err := b.Check(p); err != nil {
		return nil, err
	}
	_, owed := b.Shares()
	number := 1
	for _, i := range b.Instalments {
		number = max(number, i.N+1)
	}
	return lay(b.Owed(), p.Days(), owed, number), nil
}

// Reschedule lays what is still owed out anew. What was paid of the instalments before stays with them.
func (b *Book) Reschedule(p Plan) error {
	fresh, err := b.Preview(p)
	if err != nil {
		return err
	}
	b.close()
	b.Instalments = append(b.Instalments, fresh...)
	return nil
}

// close cuts every instalment down to what was paid of it.
func (b *Book) close() {
	for k := range b.Instalments {
		i := &b.Instalments[k]
		if i.Left() == 0 {
			continue
		}
		i.Cents, i.Closed = i.Paid, true
		if i.Shares = slices.Clone(i.Repaid); i.Shares == nil {
			i.Shares = make([]int64, len(b.Terms.Funders))
		}
	}
	b.Instalments = slices.DeleteFunc(b.Instalments, func(i Instalment) bool { return i.Closed && i.Cents == 0 })
}

// WriteOff gives up what is still owed (admission en non-valeur), and tells how much it was.
func (b *Book) WriteOff() int64 {
	lost := b.Owed()
	b.Lost += lost
	b.close()
	return lost
}
