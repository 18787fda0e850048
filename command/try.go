package command

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"relance/domain/casefile"
	"relance/domain/money"
	"relance/letters/rehearsal"
	"relance/mail/auth"
	"relance/mail/message"
)

// runSchemeTry plays the mails of one applicant.
func runSchemeTry(_ context.Context, c *call) error {
	asJSON := c.flags.Bool("json", false, "print what was understood as JSON")
	unproven := c.flags.Bool("unproven", false, "nothing proves who sent the mails")
	version := c.flags.String("version", "", "the version to apply (default: the one in force on the day of the first mail)")
	names, err := c.parseRange(2, 1000)
	if err != nil {
		return err
	}
	mails := make([][]byte, len(names)-1)
	for i, name := range names[1:] {
		if mails[i], err = os.ReadFile(name); err != nil {
			return err
		}
	}
	first, err := message.ParseHeader(mails[0])
	if err != nil {
		return fmt.Errorf("%s: %w", names[1], err)
	}
	on := first.Date
	if on.IsZero() {
		on = time.Now()
	}
	s, v, err := c.open(names[0], *version, casefile.Date(on))
	if err != nil {
		return err
	}
	w, err := c.writer()
	if err != nil {
		return err
	}
	played := &rehearsal.Case{Writer: w, Scheme: s, Version: v, Reach: auth.Act}
	if *unproven {
		played.Reach = auth.Ask
	}
	var last *rehearsal.Answer
	for i, name := range names[1:] {
		answer, err := played.Take(name, mails[i])
		if err != nil {
			return err
		}
		if last = answer; answer == nil && !*asJSON {
			fmt.Fprintf(c.stdout, "%s: nothing answers it\n\n", name)
		}
	}
	if account := played.Account(last); !*asJSON {
		return c.tell(account)
	} else {
		return c.json(account)
	}
}

// tell prints an account for people.
func (c *call) tell(a rehearsal.Account) error {
	w := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "FIELD\tVALUE\tSURE\tFROM\tSAYS")
	ids := make([]string, 0, len(a.Fields))
	for id := range a.Fields {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		f := a.Fields[id]
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", id, f.Value, f.Sure, filepath.Base(f.From), oneLine(f.Says))
	}
	fmt.Fprintln(w, "\nDOCUMENT\tKINDS\tPROBLEM")
	for _, d := range a.Documents {
		fmt.Fprintf(w, "%s\t%s\t%s\n", d.Name, strings.Join(d.Kinds, " "), d.Problem)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, x := range a.Contradictions {
		fmt.Fprintf(c.stdout, "\ncontradiction: %s is %q, and %q in %s\n", x.Field, x.Declared, x.Read, x.Document)
	}
	if missing := append(slices.Clone(a.Missing.Fields), a.Missing.Documents...); len(missing) > 0 {
		fmt.Fprintf(c.stdout, "\nmissing: %s\n", strings.Join(missing, ", "))
	}
	switch {
	case a.Verdict.Eligible:
		fmt.Fprintf(c.stdout, "\neligible: %s\n", money.Cents(a.Verdict.Amount).Format())
	case len(a.Verdict.Failed) > 0:
		fmt.Fprintf(c.stdout, "\nnot eligible: %s\n", strings.Join(a.Verdict.Failed, ", "))
	}
	if a.Answer.Mail != "" {
		fmt.Fprintf(c.stdout, "\n--- answer: %s ---\n%s\n", a.Answer.Mail, a.Answer.Text)
	}
	return nil
}

// oneLine brings a text onto one line that fits a table.
func oneLine(text string) string {
	const widest = 60
	runes := []rune(strings.Join(strings.Fields(text), " "))
	if len(runes) > widest {
		return string(runes[:widest-1]) + "…"
	}
	return string(runes)
}
