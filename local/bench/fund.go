package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"relance/domain/ledger"
)

const (
	fundLine  = "fonds-rebond"
	fundCents = 20_000_000_00
	fullGrant = 1_500_00 // three months of a rent of 500 € or more
)

// FundResult is what became of a whole fund.
type FundResult struct {
	Result
	Granted       int            `json:"granted"`
	Waiting       int            `json:"waiting"`
	Book          ledger.Figures `json:"book"` // of the fund's line, in cents
	LeftCents     int64          `json:"left_cents"`
	FirstThousand float64        `json:"first_thousand_per_second"` // grants
	LastThousand  float64        `json:"last_thousand_per_second"`
	Memory        []Memory       `json:"memory"`
}

// Fund lets a whole Fonds Rebond be asked for: as many full grants of EUR 1,500 as its 20 millions pay, and so many applications beyond, of which none
// can be paid. Worker and starter are processes of their own. Where applications are under way at once their number is bounded, as a stream is.
func Fund(ctx context.Context, o Options, beyond int) (FundResult, error) {
	o.Cases = min(o.Cases, fundCents/fullGrant) + beyond
	o.Apart, o.Rent = true, "600 €"
	if o.Window == 0 {
		o.Window = 60
	}
	var f FundResult
	var err error
	f.Result, err = carry(ctx, o, f.reckon)
	return f, err
}

// reckon looks at the book and at the times of the grants.
func (f *FundResult) reckon(ctx context.Context, r *measurement) error {
	plan := r.local.Engine.Catalogue.Plan
	if plan == nil {
		return errors.New("there is no plan")
	}
	head, err := r.desk.Plan(ctx, plan.ID)
	if err != nil {
		return err
	}
	f.Book = head.Lines[fundLine]
	f.LeftCents = f.Book.Left()
	r.mu.Lock()
	defer r.mu.Unlock()
	f.Granted, f.Waiting = r.granted, len(r.ended)-r.granted
	f.Memory = r.apart.samples
	times := make([]time.Time, 0, len(r.ended))
	for _, at := range r.ended {
		times = append(times, at)
	}
	slices.SortFunc(times, time.Time.Compare)
	if n := min(1000, len(times)/2); n > 1 {
		rate := func(of []time.Time) float64 { return float64(len(of)-1) / of[len(of)-1].Sub(of[0]).Seconds() }
		f.FirstThousand, f.LastThousand = rate(times[:n]), rate(times[len(times)-n:])
	}
	return nil
}

// String tells a person.
func (f FundResult) String() string {
	text := fmt.Sprintf("%d granted and %d waiting in %.1f minutes: %.2f cases/s\nleft on the fund: EUR %.2f\nfirst thousand %.2f cases/s, last thousand %.2f\n",
		f.Granted, f.Waiting, f.Seconds/60, f.CasesPerSecond, float64(f.LeftCents)/100, f.FirstThousand, f.LastThousand)
	for i := 0; i < len(f.Memory); i += max(1, len(f.Memory)/10) {
		text += fmt.Sprintf("after %4.0f s: worker %4.0f MB, starter %4.0f MB\n", f.Memory[i].Seconds, f.Memory[i].WorkerMB, f.Memory[i].StarterMB)
	}
	return text
}
