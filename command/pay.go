package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"text/tabwriter"
	"time"

	"relance/domain/calendar"
	"relance/domain/casefile"
	"relance/domain/money"
	"relance/domain/sepa"
	"relance/office/desk"
	"relance/process/engine"
	"relance/store/treasury"
)

// cashier is what every command on payments and repayments has: who acts, and where.
type cashier struct {
	by, data *string
	json     *bool
}

func (c *call) cashier() cashier {
	a := c.action("")
	return cashier{by: a.by, data: a.data, json: a.json}
}

// open opens the cash desk for one command.
func (k cashier) open(ctx context.Context, do func(*desk.Cashier, *engine.Engine) error) error {
	return withDesk(ctx, *k.data, func(d *desk.Desk, e *engine.Engine) error {
		if e.Catalogue.Plan == nil {
			return errors.New("there is no plan.yaml beside the schemes")
		}
		if !e.Authority.Knows(*k.by) {
			return &desk.Refusal{Reason: fmt.Sprintf("action refusée : l'agent « %s » ne figure pas dans le fichier de la collectivité ; agents connus : %s", *k.by, officers(e))}
		}
		cashier := &desk.Cashier{Desk: d, Orders: treasury.Book{Archive: e.Archive, Plan: e.Catalogue.Plan.ID}, By: *k.by}
		if own := e.Authority.Account; own != nil {
			cashier.Account = own.IBAN
		}
		return do(cashier, e)
	})
}

func runPayList(ctx context.Context, c *call) error {
	k := c.cashier()
	all := c.flags.Bool("all", false, "also those that are in a file already, or will never be paid")
	if _, err := c.parse(0); err != nil {
		return err
	}
	return k.open(ctx, func(d *desk.Cashier, _ *engine.Engine) error {
		list, err := d.Orders.List(ctx)
		if err != nil {
			return err
		}
		shown := []treasury.Listed{}
		for _, o := range list {
			if *all || o.Run == 0 && o.Why == "" {
				shown = append(shown, o)
			}
		}
		if *k.json {
			return c.json(shown)
		}
		w := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "ORDRE\tDISPOSITIF\tVERSEMENT\tMONTANT\tBÉNÉFICIAIRE\tDU\tLOT\t")
		var total int64
		for _, o := range shown {
			where := o.Why
			if o.Run > 0 {
				where = strconv.Itoa(o.Run)
			}
			total += o.Cents
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t\n", o.ID, o.Scheme, o.Name, amount(o.Cents), o.To.Name, calendar.French(o.At), where)
		}
		fmt.Fprintf(w, "%d ordres\t\t\t%s\t\t\t\t\n", len(shown), money.Cents(total).Format())
		return w.Flush()
	})
}

func runPayRun(ctx context.Context, c *call) error {
	k := c.cashier()
	execution := c.flags.String("execution", "", "the day on which the account is debited, e.g. 2021-03-31; the next working day where nothing is said")
	most := c.flags.Int("most", 0, "at most so many orders in the file (0: all)")
	out := c.flags.String("out", "", "write the files into this folder as well")
	if _, err := c.parse(0); err != nil {
		return err
	}
	on, err := aDay(*execution)
	if err != nil {
		return err
	}
	return k.open(ctx, func(d *desk.Cashier, e *engine.Engine) error {
		account := e.Authority.Account
		if account == nil {
			return &desk.Refusal{Reason: "le fichier de la collectivité n'indique pas le compte d'où les aides sont payées (account)"}
		}
		now := d.Clock.Legal(time.Now())
		if on.IsZero() {
			on = casefile.NextWorkday(casefile.AddDays(now, 1))
		}
		m, refused, err := d.Orders.Run(ctx, treasury.Request{By: *k.by, From: sepa.Account{Name: account.Name, IBAN: account.IBAN, BIC: account.BIC},
			Created: now, Execution: on, Most: *most}, d.Ask(*k.by))
		if err != nil {
			return err
		}
		if *k.json {
			return c.json(struct {
				treasury.Manifest
				Refused []treasury.Refused `json:"refused"`
			}{m, refused})
		}
		for _, r := range refused {
			fmt.Fprintf(c.stderr, "%s : écarté, %s\n", r.ID, r.Why)
		}
		if m.Run == 0 {
			fmt.Fprintln(c.stdout, "Aucun ordre à transmettre.")
			return nil
		}
		if err := c.orderFiles(ctx, d.Orders, m.Run, *out); err != nil {
			return err
		}
		return c.manifest(m)
	})
}

// manifest prints what a file carries.
func (c *call) manifest(m treasury.Manifest) error {
	_, err := fmt.Fprintf(c.stdout, "Lot %d (%s) : %d ordres, %s, exécution le %s.\n", m.Run, m.ID, m.Count, money.Cents(m.Total).Format(), m.Execution.In(casefile.Paris).Format("02/01/2006"))
	return err
}

// orderFiles writes the files of a run into a folder.
func (c *call) orderFiles(ctx context.Context, b treasury.Book, run int, folder string) error {
	if folder == "" {
		return nil
	}
	transfers, table, err := b.Files(ctx, run)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	for name, content := range map[string][]byte{"xml": transfers, "csv": table} {
		file := filepath.Join(folder, fmt.Sprintf("lot-%06d.%s", run, name))
		if err := os.WriteFile(file, content, 0o600); err != nil { // account numbers and names
			return err
		}
	}
	fmt.Fprintf(c.stderr, "%s\n", filepath.Join(folder, fmt.Sprintf("lot-%06d.xml", run)))
	return nil
}

func runPayShow(ctx context.Context, c *call) error {
	k := c.cashier()
	out := c.flags.String("out", "", "write the files into this folder again: the same bytes")
	what, err := c.parseRange(0, 1)
	if err != nil {
		return err
	}
	return k.open(ctx, func(d *desk.Cashier, _ *engine.Engine) error {
		manifests, err := d.Orders.Manifests(ctx)
		if err != nil {
			return err
		}
		if len(what) == 1 {
			run, err := strconv.Atoi(what[0])
			if err != nil {
				return fmt.Errorf("%q is not the number of a file", what[0])
			}
			m, err := d.Orders.Manifest(ctx, run)
			if err != nil {
				return err
			}
			manifests = []treasury.Manifest{m}
			if err := c.orderFiles(ctx, d.Orders, run, *out); err != nil {
				return err
			}
		}
		if *k.json {
			return c.json(manifests)
		}
		for _, m := range manifests {
			if err := c.manifest(m); err != nil {
				return err
			}
			if len(what) == 0 {
				continue
			}
			w := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', 0)
			for _, o := range m.Orders {
				fmt.Fprintf(w, "  %s\t%s\t\n", o.ID, amount(o.Cents))
			}
			if err := w.Flush(); err != nil {
				return err
			}
		}
		return nil
	})
}

func runPayConfirm(ctx context.Context, c *call) error {
	k := c.cashier()
	run := c.flags.Int("run", 0, "every order of this file")
	when := c.flags.String("on", "", "the day on which it was paid; today where nothing is said")
	what, err := c.parseRange(0, 1)
	if err != nil {
		return err
	}
	if (len(what) == 1) == (*run > 0) {
		return errors.New("name one order, or a file with -run")
	}
	on, err := aDay(*when)
	if err != nil {
		return err
	}
	return k.open(ctx, func(d *desk.Cashier, _ *engine.Engine) error {
		if *run > 0 {
			m, err := d.Orders.Manifest(ctx, *run)
			if err != nil {
				return err
			}
			fresh, err := d.ConfirmRun(ctx, m, on)
			fmt.Fprintf(c.stdout, "Lot %d : %d versements enregistrés comme payés, %d l'étaient déjà.\n", *run, fresh, m.Count-fresh)
			return err
		}
		o, err := d.Orders.Find(ctx, what[0])
		if err != nil {
			return err
		}
		fresh, err := d.Confirm(ctx, o, casefile.Act{By: *k.by, Bank: &casefile.Bank{On: on}})
		return c.settled(o, "payé", fresh, err)
	})
}

func runPayReturn(ctx context.Context, c *call) error {
	k := c.cashier()
	reason := c.flags.String("reason", "", "why, as the bank says, e.g. AC04")
	what, err := c.parse(1)
	if err != nil {
		return err
	}
	return k.open(ctx, func(d *desk.Cashier, _ *engine.Engine) error {
		o, err := d.Orders.Find(ctx, what[0])
		if err != nil {
			return err
		}
		fresh, err := d.Return(ctx, o, casefile.Act{By: *k.by, Bank: &casefile.Bank{Reason: *reason}})
		return c.settled(o, "rendu par la banque ; à confirmer de nouveau", fresh, err)
	})
}

// settled says what became of an order.
func (c *call) settled(o treasury.Order, what string, fresh bool, err error) error {
	switch {
	case err != nil:
		return err
	case !fresh:
		what = "rien de nouveau : c'était déjà enregistré, ou un autre ordre l'a remplacé"
	}
	_, err = fmt.Fprintf(c.stdout, "%s (%s) : %s\n", o.ID, amount(o.Cents), what)
	return err
}

// runStatement takes in bank statements and status reports.
func runStatement(ctx context.Context, c *call) error {
	k := c.cashier()
	const most = 1 << 12
	files, err := c.parseRange(1, most)
	if err != nil {
		return err
	}
	return k.open(ctx, func(d *desk.Cashier, _ *engine.Engine) error {
		all := []desk.Outcome{}
		for _, file := range files {
			text, err := readFile(file)
			if err != nil {
				return err
			}
			outcomes, err := statement(ctx, d, text)
			all = append(all, outcomes...)
			if err != nil {
				return fmt.Errorf("%s: %w", file, err)
			}
		}
		if *k.json {
			return c.json(all)
		}
		return c.outcomes(all)
	})
}

// statement takes in one file, of either kind.
func statement(ctx context.Context, d *desk.Cashier, text []byte) ([]desk.Outcome, error) {
	if report, err := sepa.StatusReport(text); err == nil {
		return d.Report(ctx, report)
	}
	list, err := sepa.Statement(text)
	if err != nil {
		return nil, err
	}
	return d.Statement(ctx, list)
}

// outcomes prints what became of movements.
func (c *call) outcomes(list []desk.Outcome) error {
	w := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "MOUVEMENT\tDATE\tSENS\tMONTANT\tDOSSIER\tSUITE\t")
	for _, o := range list {
		m := o.Movement
		side := map[bool]string{true: "reçu", false: "payé"}[m.In]
		on := ""
		if !m.On.IsZero() {
			on = calendar.French(m.On)
		}
		name := m.Key
		if name == "" {
			name = m.EndToEnd
		}
		what := o.What
		if o.Why != "" {
			what += " : " + o.Why
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t\n", name[:min(12, len(name))], on, side, amount(m.Cents), o.Case, what)
	}
	return w.Flush()
}
