package command

import (
	"context"
	"fmt"
	"net/mail"
	"strings"
	"text/tabwriter"
	"time"

	"relance/domain/casefile"
	"relance/letters/texts"
	"relance/office/desk"
	"relance/process/engine"
)

// aDay reads a day of a command line, 2020-10-02, as the legal day in Paris; an empty one is zero.
func aDay(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.ParseInLocation(time.DateOnly, text, casefile.Paris)
	if err != nil {
		return t, fmt.Errorf("%q is not a day as 2020-10-02", text)
	}
	return t, nil
}

// runCaseNotify records that a letter was notified by another way, or sends it to another address.
func runCaseNotify(ctx context.Context, c *call) error {
	a := c.action(casefile.NotifyAct)
	way := c.flags.String("way", "", "registered, paper, hand, or address: send it again to -to, or to the sender of -mail")
	date := c.flags.String("date", "", "the day it reached the applicant, 2020-10-02")
	proof := c.flags.String("proof", "", "what proves it: the number of the registered letter")
	to := c.flags.String("to", "", "another address of the applicant, which you have verified")
	held := c.flags.String("mail", "", "the held mail whose sender is the applicant, by the beginning of its SHA-256")
	letter := c.flags.String("letter", "", "decision, hearing, appeal or reasons (default: the one that has not been notified)")
	who, err := c.parse(1)
	if err != nil {
		return err
	}
	what := casefile.Act{Way: *way, Proof: *proof, Mail: *held, Letter: *letter}
	if what.Date, err = aDay(*date); err != nil {
		return err
	}
	if *to == "" {
		return c.act(ctx, a, who[0], what)
	}
	if _, err := mail.ParseAddress(*to); err != nil {
		return fmt.Errorf("%q is not an address", *to)
	}
	what.Way = casefile.WayAddress
	err = withDesk(ctx, *a.data, func(d *desk.Desk, e *engine.Engine) error {
		what.Contact, err = d.Contact(ctx, e.Archive, strings.ToUpper(who[0]), casefile.Contact{Email: *to, By: *a.by}, what)
		return err
	})
	if err != nil {
		return err
	}
	return c.act(ctx, a, who[0], what)
}

// aftermath prints how a decision was notified, the decisions it has replaced, appeals, and a withdrawal.
func (c *call) aftermath(s casefile.State, labels *texts.Labels) {
	w := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', 0)
	defer w.Flush()
	for _, line := range labels.Aftermath(s) {
		fmt.Fprintf(w, "%s\t%s\t%s\n", line.Label, line.When, line.Text)
	}
	for _, m := range s.Written {
		fmt.Fprintf(w, "Écrit depuis\t%s\t%s\n", texts.Moment(s.Clock.Legal(m.Received)), m.SHA256[:min(12, len(m.SHA256))]+" : "+m.Key)
	}
}
