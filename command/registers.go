package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"relance/domain/calendar"
	"relance/domain/casefile"
	"relance/domain/money"
	"relance/domain/scheme"
	"relance/letters/correspondence"
	"relance/letters/pdf"
	"relance/letters/texts"
	"relance/office/desk"
	"relance/office/report"
	"relance/process/engine"
)

// period is the flags of a stretch of days.
type period struct{ from, to *string }

func (c *call) period() period {
	return period{c.flags.String("from", "", "first day, 2020-09-01; none: since ever"), c.flags.String("to", "", "last day, included; none: until now")}
}

func (p period) read() (report.Period, error) {
	var r report.Period
	var err error
	if *p.from != "" {
		if r.From, err = time.ParseInLocation(time.DateOnly, *p.from, casefile.Paris); err != nil {
			return r, fmt.Errorf("-from: write a day as 2020-09-01, not %q", *p.from)
		}
	}
	if *p.to != "" {
		if r.To, err = time.ParseInLocation(time.DateOnly, *p.to, casefile.Paris); err != nil {
			return r, fmt.Errorf("-to: write a day as 2020-09-30, not %q", *p.to)
		}
		r.To = casefile.EndOfDay(r.To)
	}
	return r, nil
}

// withReader opens the case folders for reading.
func withReader(ctx context.Context, data string, do func(*report.Reader, *engine.Engine) error) error {
	return withDesk(ctx, data, func(_ *desk.Desk, e *engine.Engine) error {
		return do(&report.Reader{Archive: e.Archive, Catalogue: e.Catalogue}, e)
	})
}

// output writes to a file, whole or not at all, or to the standard output where none is named.
func (c *call) output(file string, write func(io.Writer) error) error {
	if file == "" {
		return write(c.raw)
	}
	temporary := file + ".partial"
	f, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	err = errors.Join(write(f), f.Close())
	if err == nil {
		err = os.Rename(temporary, file)
	}
	if err != nil {
		_ = os.Remove(temporary)
	}
	return err
}

func runRegisterDecisions(ctx context.Context, c *call) error {
	p, data := c.period(), c.dataFlag()
	of := c.flags.String("scheme", "", "only this scheme")
	file := c.flags.String("o", "", "file to write; none: the standard output")
	asPDF := c.flags.String("pdf", "", "write the register as a PDF file as well")
	if _, err := c.parse(0); err != nil {
		return err
	}
	days, err := p.read()
	if err != nil {
		return err
	}
	return withReader(ctx, *data, func(r *report.Reader, e *engine.Engine) error {
		list, err := r.Decisions(ctx, days, *of)
		if err != nil {
			return err
		}
		labels := &texts.French().Labels
		if *asPDF != "" {
			content, err := pdf.RenderReport(report.DecisionPages(list, days, correspondence.Letterhead(e.Authority), time.Now()))
			if err == nil {
				err = os.WriteFile(*asPDF, content, 0o600)
			}
			if err != nil {
				return err
			}
		}
		return c.output(*file, func(w io.Writer) error { return report.WriteDecisions(w, list, labels.Stage) })
	})
}

func runRegisterOpenData(ctx context.Context, c *call) error {
	p, data := c.period(), c.dataFlag()
	all := c.flags.Bool("all", false, "also aid of at most 23 000 € a year; sole traders then without name and number")
	file := c.flags.String("o", "", "file to write; none: the standard output")
	if _, err := c.parse(0); err != nil {
		return err
	}
	days, err := p.read()
	if err != nil {
		return err
	}
	return withReader(ctx, *data, func(r *report.Reader, e *engine.Engine) error {
		return c.output(*file, func(w io.Writer) error {
			written, left, err := r.OpenData(ctx, w, report.OpenData{Authority: e.Authority, Period: days, All: *all})
			if err == nil {
				fmt.Fprintf(c.stderr, "%d aide(s) publiée(s), %d laissée(s) de côté (particuliers, ou aides sous le seuil)\n", written, left)
			}
			return err
		})
	})
}

func runRegisterMinimis(ctx context.Context, c *call) error {
	data := c.dataFlag()
	at := c.flags.String("at", "", "the last of the three years' days, 2020-09-30; none: today")
	asJSON := c.flags.Bool("json", false, "for programs")
	file := c.flags.String("o", "", "file to write as CSV; none: the standard output")
	which, err := c.parseRange(0, 1)
	if err != nil {
		return err
	}
	return withReader(ctx, *data, func(r *report.Reader, e *engine.Engine) error {
		day := e.Config.Clock().Legal(time.Now())
		if *at != "" {
			if day, err = time.ParseInLocation(time.DateOnly, *at, casefile.Paris); err != nil {
				return fmt.Errorf("-at: write a day as 2020-09-30, not %q", *at)
			}
		}
		if len(which) == 0 {
			list, err := r.AllMinimis(ctx, day)
			switch {
			case err != nil:
				return err
			case *asJSON:
				return c.json(list)
			}
			return c.output(*file, func(w io.Writer) error { return report.WriteMinimis(w, list) })
		}
		siren := strings.Join(strings.Fields(which[0]), "")
		if !scheme.ValidSIREN(siren) {
			return fmt.Errorf("%q is not a SIREN: nine digits, the last of which is a check", which[0])
		}
		s, err := r.Minimis(ctx, e.Index, siren, day)
		switch {
		case err != nil:
			return err
		case *asJSON:
			return c.json(s)
		case *file != "":
			return c.output(*file, func(w io.Writer) error { return report.WriteMinimis(w, []report.Statement{s}) })
		}
		return showMinimis(c, s)
	})
}

func showMinimis(c *call, s report.Statement) error {
	fmt.Fprintf(c.stdout, "Aides de minimis attribuées à l'entreprise %s, du %s au %s (règlement (UE) 2023/2831, article 3)\n\n", s.SIREN, calendar.InWords(s.From), calendar.InWords(s.To))
	w := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', 0)
	for _, a := range s.Aids {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", a.At.In(casefile.Paris).Format("02/01/2006"), a.Reference, a.Scheme, money.Cents(a.Cents))
	}
	fmt.Fprintf(w, "\t\tTotal\t%s\n\t\tReste sous le plafond de %s\t%s\n", s.Total, money.Cents(report.Ceiling), s.Left)
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(c.stdout, "\nSeules les aides de cette collectivité sont connues ici ; le plafond vaut pour l'entreprise unique, toutes collectivités réunies.")
	return nil
}

func runReportMonth(ctx context.Context, c *call) error {
	data := c.dataFlag()
	month := c.flags.String("month", "", "the month, 2020-09; none: the last one that is over")
	file := c.flags.String("o", "", "CSV file to write; none: the standard output")
	asPDF := c.flags.String("pdf", "", "write the report with its charts as a PDF file as well")
	which, err := c.parse(1)
	if err != nil {
		return err
	}
	return withReader(ctx, *data, func(r *report.Reader, e *engine.Engine) error {
		now := e.Config.Clock().Legal(time.Now())
		in := casefile.Date(now).AddDate(0, 0, -now.In(casefile.Paris).Day())
		if *month != "" {
			if in, err = time.ParseInLocation("2006-01", *month, casefile.Paris); err != nil {
				return fmt.Errorf("-month: write a month as 2020-09, not %q", *month)
			}
		}
		m, err := r.Month(ctx, which[0], in)
		if err != nil {
			return err
		}
		if *asPDF != "" {
			content, err := pdf.RenderReport(m.Pages(correspondence.Letterhead(e.Authority), envelopeOf(e, which[0]), now, texts.French().Labels.Stage))
			if err == nil {
				err = os.WriteFile(*asPDF, content, 0o600)
			}
			if err != nil {
				return err
			}
		}
		return c.output(*file, func(w io.Writer) error { return report.WriteMonthly(w, m) })
	})
}

// envelopeOf is what the plan has for a scheme: the sum of the lines that pay for its newest version.
func envelopeOf(e *engine.Engine, id string) (cents int64) {
	s, err := e.Catalogue.Find(id)
	if err != nil || e.Catalogue.Plan == nil {
		return 0
	}
	for _, f := range s.Versions[len(s.Versions)-1].Funding {
		if l, ok := e.Catalogue.Plan.Find(f.Line); ok {
			cents += l.Amount
		}
	}
	return cents
}
