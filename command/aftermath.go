package command

import (
	"context"
	"fmt"
	"net/mail"
	"strings"
	"text/tabwriter"
	"time"

	"relance/domain/casefile"
	"relance/domain/money"
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

// verbs are what a command with a verb after the reference can do.
type verbs map[string]casefile.ActKind

func (c *call) verb(known verbs) (reference string, kind casefile.ActKind, err error) {
	args, err := c.parse(2)
	if err != nil {
		return "", "", err
	}
	kind, ok := known[args[1]]
	if !ok {
		c.flags.Usage()
		return "", "", errUsage
	}
	return args[0], kind, nil
}

// runCaseAppeal receives and decides administrative appeals.
func runCaseAppeal(ctx context.Context, c *call) error {
	a := c.action("")
	held := c.flags.String("mail", "", "receive: the mail that is the appeal, by the beginning of its SHA-256 (default: the only one since the decision)")
	way := c.flags.String("way", "", "receive: it came otherwise: paper, registered or hand; needs -date")
	date := c.flags.String("date", "", "receive: the day it came, 2020-10-02")
	sum := c.flags.String("amount", "", "grant: an amount, e.g. 1200,00 (default: what the formula gives)")
	text := c.flags.String("text", "", "what the applicant is told; reject: the answer to the arguments")
	var grounds list
	c.flags.Var(&grounds, "ground", "reject, against an implicit rejection: why; may be repeated")
	reference, kind, err := c.verb(verbs{"receive": casefile.ReceiveAppealAct, "grant": casefile.GrantAppeal, "reject": casefile.RejectAppeal})
	if err != nil {
		return err
	}
	a.kind = kind
	what := casefile.Act{Mail: *held, Way: *way, Text: *text, Grounds: grounds}
	if what.Date, err = aDay(*date); err != nil {
		return err
	}
	if what.Amount, err = cents(*sum); err != nil {
		return err
	}
	return c.act(ctx, a, reference, what)
}

func cents(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	sum, err := money.Parse(text)
	return int64(sum), err
}

// runCaseReasons gives the reasons of an implicit rejection.
func runCaseReasons(ctx context.Context, c *call) error {
	a := c.action(casefile.GiveReasons)
	var grounds list
	c.flags.Var(&grounds, "ground", "why: an id of the scheme's rules or grounds; may be repeated")
	text := c.flags.String("text", "", "what the applicant is told besides")
	who, err := c.parse(1)
	if err != nil {
		return err
	}
	return c.act(ctx, a, who[0], casefile.Act{Grounds: grounds, Text: *text})
}

// runCaseRevoke withdraws a grant, after its holder was heard.
func runCaseRevoke(ctx context.Context, c *call) error {
	a := c.action("")
	ground := c.flags.String("ground", "", "propose: conditions (not kept), illegal (within four months) or fraud")
	keep := c.flags.String("keep", "", "propose: the amount that stays granted, e.g. 500,00 (default: nothing)")
	way := c.flags.String("way", "", "heard: how the observations came: oral, paper, registered or hand")
	date := c.flags.String("date", "", "heard: the day, 2020-10-02")
	text := c.flags.String("text", "", "propose: the facts held against the holder; else what he is told besides")
	reference, kind, err := c.verb(verbs{"propose": casefile.ProposeWithdrawalAct, "heard": casefile.RecordObservations, "decide": casefile.WithdrawGrant, "drop": casefile.DropWithdrawal})
	if err != nil {
		return err
	}
	a.kind = kind
	what := casefile.Act{Ground: *ground, Way: *way, Text: *text}
	if what.Date, err = aDay(*date); err != nil {
		return err
	}
	if what.Amount, err = cents(*keep); err != nil {
		return err
	}
	return c.act(ctx, a, reference, what)
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
