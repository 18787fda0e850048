package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"relance/domain/casefile"
	"relance/domain/loan"
	"relance/domain/money"
	"relance/office/desk"
	"relance/process/engine"
)

// advanceRow is an advance in a list. Sums are cents.
type advanceRow struct {
	Reference string    `json:"reference"`
	Lent      int64     `json:"lent"`
	Repaid    int64     `json:"repaid"`
	Owed      int64     `json:"owed"`
	Late      int64     `json:"late"`
	Credit    int64     `json:"credit"`
	Next      time.Time `json:"next,omitzero"` // the last day on which the next instalment is paid in time
	State     string    `json:"state"`
}

func runAdvanceList(ctx context.Context, c *call) error {
	k := c.cashier()
	late := c.flags.Bool("late", false, "only those on which something is late")
	all := c.flags.Bool("all", false, "also those that are repaid or given up")
	if _, err := c.parse(0); err != nil {
		return err
	}
	return k.open(ctx, func(d *desk.Cashier, _ *engine.Engine) error {
		filter := desk.Filter{Stage: string(casefile.InRepayment)}
		if *all {
			filter.Stage = ""
		}
		lines, err := d.List(ctx, filter)
		if err != nil {
			return err
		}
		rows := []advanceRow{}
		for _, line := range lines {
			s, err := d.State(ctx, line.Reference)
			if err != nil {
				return err
			}
			if s.Advance == nil {
				continue
			}
			if row := advanceOf(s, d.Clock.Legal(time.Now())); !*late || row.Late > 0 {
				rows = append(rows, row)
			}
		}
		if *k.json {
			return c.json(rows)
		}
		w := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
		fmt.Fprintln(w, "PRÊTÉ\tREMBOURSÉ\tRESTE DÛ\tEN RETARD\tPROCHAINE\t  DOSSIER")
		var sum advanceRow
		for _, r := range rows {
			sum.Lent, sum.Repaid, sum.Owed, sum.Late = sum.Lent+r.Lent, sum.Repaid+r.Repaid, sum.Owed+r.Owed, sum.Late+r.Late
			next := ""
			if !r.Next.IsZero() {
				next = r.Next.In(casefile.Paris).Format("02/01/2006")
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t  %s, %s\n", money.Cents(r.Lent), money.Cents(r.Repaid), money.Cents(r.Owed), amount(r.Late), next, r.Reference, r.State)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t\t  %d avances\n", money.Cents(sum.Lent), money.Cents(sum.Repaid), money.Cents(sum.Owed), amount(sum.Late), len(rows))
		return w.Flush()
	})
}

func advanceOf(s casefile.State, now time.Time) advanceRow {
	a := s.Advance
	late, _ := a.Book.Late(now)
	r := advanceRow{Reference: s.Reference, Lent: a.Book.Terms.Cents, Repaid: a.Book.Repaid(), Owed: a.Book.Owed(), Late: late, Credit: a.Book.Credit()}
	if next := a.Book.Next(now); next != nil {
		r.Next = next.Payable()
	}
	switch {
	case !a.Discharged.IsZero():
		r.State = "soldée"
	case a.Book.Lost > 0:
		r.State = "abandonnée"
	case a.Insolvency != nil && a.Insolvency.Ended.IsZero():
		r.State = "procédure collective"
	case !a.Formal.IsZero():
		r.State = "mise en demeure"
	case late > 0:
		r.State = "en retard"
	default:
		r.State = "à jour"
	}
	return r
}

func runAdvanceShow(ctx context.Context, c *call) error {
	k := c.cashier()
	who, err := c.parse(1)
	if err != nil {
		return err
	}
	return k.open(ctx, func(d *desk.Cashier, _ *engine.Engine) error {
		s, err := d.State(ctx, strings.ToUpper(who[0]))
		if err != nil {
			return err
		}
		if s.Advance == nil {
			return &desk.Refusal{Reason: "aucune avance n'est versée sur ce dossier"}
		}
		if *k.json {
			return c.json(s.Advance)
		}
		return c.advance(s, d.Clock.Legal(time.Now()))
	})
}

// advance prints an advance for a person: where it stands, its schedule, what came, and what each funder is owed.
func (c *call) advance(s casefile.State, now time.Time) error {
	a, row := s.Advance, advanceOf(s, now)
	w := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', 0)
	date := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.In(casefile.Paris).Format("02/01/2006")
	}
	fmt.Fprintf(w, "Dossier\t%s, %s\n", s.Reference, row.State)
	fmt.Fprintf(w, "Avance\t%s, versée le %s\n", money.Cents(row.Lent), date(a.Book.Paid))
	fmt.Fprintf(w, "Remboursé\t%s\nReste dû\t%s\nEn retard\t%s\nTrop-perçu\t%s\nAbandonné\t%s\n", money.Cents(row.Repaid), money.Cents(row.Owed), amount(row.Late), amount(row.Credit), amount(a.Book.Lost))
	if a.Proposal != nil {
		fmt.Fprintf(w, "Proposé\t%d échéances à partir du %s, le %s par %s\n", a.Proposal.Plan.Count, date(a.Proposal.Plan.First), date(a.Proposal.At), a.Proposal.By)
	}
	for _, agreed := range a.Agreed {
		fmt.Fprintf(w, "Accord\tdu %s : %s\n", date(agreed.Signed), agreed.Evidence.Key)
	}
	if i := a.Insolvency; i != nil {
		fmt.Fprintf(w, "Procédure collective\tpubliée le %s, créance déclarée le %s, terminée le %s\n", date(i.Published), cmp.Or(date(i.Claimed), "…"), cmp.Or(date(i.Ended), "…"))
	}
	repaid, owed := a.Book.Shares()
	for f, funder := range a.Book.Terms.Funders {
		fmt.Fprintf(w, "Part\t%s : %s remboursés, %s dus\n", funder.ID, money.Cents(repaid[f]), money.Cents(owed[f]))
	}
	fmt.Fprintln(w, "\nÉCHÉANCE\tÀ PAYER LE\tMONTANT\tPAYÉ\tRESTE\tSOLDÉE LE\t")
	for _, i := range a.Book.Instalments {
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\t\n", i.N, date(i.Payable()), money.Cents(i.Cents), amount(i.Paid), amount(i.Left()), date(i.On))
	}
	fmt.Fprintln(w, "\nREMBOURSEMENT\tREÇU LE\tMONTANT\tÉCHÉANCES\t\t\t")
	for _, r := range a.Book.Receipts {
		var to []string
		for _, p := range r.Parts {
			to = append(to, fmt.Sprint(p.N))
		}
		if r.Reversed {
			to = []string{"repris par la banque"}
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t\t\t\n", r.Key[:min(16, len(r.Key))], date(r.On), money.Cents(r.Cents), strings.Join(to, ", "))
	}
	return w.Flush()
}

func runAdvanceRepay(ctx context.Context, c *call) error {
	a := c.action(casefile.RecordRepayment)
	when := c.flags.String("on", "", "the day on which it came; today where nothing is said")
	key := c.flags.String("key", "", "reference of the payment: told twice, it counts once")
	entry := c.flags.String("entry", "", "a movement of a statement that waits (relance advance unmatched), instead of an amount")
	reverse := c.flags.String("reverse", "", "the bank took this repayment back: its reference")
	refund := c.flags.Bool("refund", false, "the amount is what was overpaid, and was paid back to the debtor")
	what, err := c.parseRange(1, 2)
	if err != nil {
		return err
	}
	on, err := aDay(*when)
	if err != nil {
		return err
	}
	if *entry != "" {
		return c.assignEntry(ctx, a, *entry, what[0])
	}
	act := casefile.Act{Bank: &casefile.Bank{Key: cmp.Or(*reverse, *key), On: on}}
	switch {
	case *reverse != "" && len(what) == 1:
		a.kind = casefile.ReverseRepayment
	case len(what) != 2:
		return errors.New("say how much came, a movement with -entry, or a repayment with -reverse")
	default:
		cents, err := money.Parse(what[1])
		if err != nil {
			return err
		}
		if act.Amount = int64(cents); *refund {
			a.kind = casefile.RecordRefund
		}
	}
	return c.act(ctx, a, what[0], act)
}

func (c *call) assignEntry(ctx context.Context, a action, entry, reference string) error {
	return cashier{by: a.by, data: a.data, json: a.json}.open(ctx, func(d *desk.Cashier, _ *engine.Engine) error {
		reference = strings.ToUpper(reference)
		if reference == "-" {
			reference = ""
		}
		o, err := d.Assign(ctx, entry, reference)
		if err != nil {
			return err
		}
		if *a.json {
			return c.json(o)
		}
		return c.outcomes([]desk.Outcome{o})
	})
}

func runAdvanceUnmatched(ctx context.Context, c *call) error {
	k := c.cashier()
	if _, err := c.parse(0); err != nil {
		return err
	}
	return k.open(ctx, func(d *desk.Cashier, _ *engine.Engine) error {
		list, err := d.Waiting(ctx)
		if err != nil {
			return err
		}
		if *k.json {
			return c.json(append([]desk.Outcome{}, list...))
		}
		if err := c.outcomes(list); err != nil {
			return err
		}
		for _, o := range list {
			fmt.Fprintf(c.stdout, "  %s : %s\n", o.Movement.Key[:12], strings.TrimSpace(o.Movement.Name+" "+o.Movement.Text))
		}
		return nil
	})
}

func runAdvanceReschedule(ctx context.Context, c *call) error {
	a := c.action(casefile.ProposeSchedule)
	count := c.flags.Int("count", 0, "number of instalments for what is owed")
	every := c.flags.String("every", "month", "month or quarter")
	first := c.flags.String("first", "", "the day of the first, e.g. 2022-03-31")
	text := c.flags.String("text", "", "what the debtor is told besides")
	who, err := c.parse(1)
	if err != nil {
		return err
	}
	from, err := aDay(*first)
	if err != nil {
		return err
	}
	months := map[string]int{"month": 1, "quarter": 3}[*every]
	if from.IsZero() || *count <= 0 || months == 0 {
		return errors.New("say -count, -first and, where it is not a month, -every quarter")
	}
	return c.act(ctx, a, who[0], casefile.Act{Text: *text, Bank: &casefile.Bank{Plan: &loan.Plan{Count: *count, Every: months, First: from}}})
}

func runAdvanceInsolvency(ctx context.Context, c *call) error {
	a := c.action(casefile.DeclareInsolvency)
	published := c.flags.String("published", "", "the day on which the opening was published in the BODACC, e.g. 2022-03-31: reminders stop")
	claimed := c.flags.String("claimed", "", "the day on which the claim was declared")
	ended := c.flags.String("ended", "", "the day on which the proceeding ended: the advance is repaid on")
	lost := c.flags.String("write-off", "", "give up what is owed, and why")
	who, err := c.parse(1)
	if err != nil {
		return err
	}
	given := 0
	act := casefile.Act{Bank: &casefile.Bank{}}
	for _, option := range []struct {
		kind casefile.ActKind
		day  string
	}{{casefile.DeclareInsolvency, *published}, {casefile.DeclareClaim, *claimed}, {casefile.EndInsolvency, *ended}} {
		if option.day == "" {
			continue
		}
		given++
		a.kind = option.kind
		if act.Bank.On, err = aDay(option.day); err != nil {
			return err
		}
	}
	if *lost != "" {
		given++
		a.kind, act.Text = casefile.WriteOff, *lost
	}
	if given != 1 {
		return errors.New("say one of -published, -claimed, -ended and -write-off")
	}
	return c.act(ctx, a, who[0], act)
}
