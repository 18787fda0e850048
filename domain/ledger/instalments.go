package ledger

import (
	"time"

	"relance/domain/casefile"
	"relance/domain/money"
)

// Instalments lay down how a granted aid is paid: at once, or in instalments that add up to it, some against a report. Whole is what
// the one payment is called where the scheme knows no instalments.
func Instalments(terms casefile.Terms, cents int64, at time.Time, whole string) []casefile.Instalment {
	due := terms.Instalments
	if len(due) == 0 && terms.Funded {
		due = []casefile.Due{{ID: "versement", Name: whole, Part: 10000}}
	}
	weights := make([]int64, len(due))
	for i, d := range due {
		weights[i] = int64(d.Part)
	}
	var list []casefile.Instalment
	for i, part := range money.Split(money.Cents(cents), weights) {
		d := due[i]
		p := casefile.Instalment{ID: d.ID, Name: d.Name, Cents: int64(part), Against: d.Against, Milestone: d.Milestone, Status: casefile.PaymentDue, At: at}
		if d.Against != "" || d.Milestone != "" {
			p.Status, p.Until = casefile.PaymentAwaits, casefile.Report(at, d.Months).At
		}
		list = append(list, p)
	}
	return list
}
