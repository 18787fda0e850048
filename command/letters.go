package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"relance/activities"
	"relance/domain/casefile"
	"relance/office/desk"
	"relance/process/engine"
)

// runCasePreview writes the letter of a decision not yet taken, or another letter, as it would go today.
func runCasePreview(ctx context.Context, c *call) error {
	data, asJSON := c.dataFlag(), c.flags.Bool("json", false, "for programs")
	d := c.decision()
	w := activities.Wish{}
	c.flags.StringVar(&w.Letter, "letter", "", "instead of a decision's: another letter, by its name")
	out := c.flags.String("out", "", "file for the PDF (default: REFERENCE-LETTER.pdf)")
	who, err := c.parse(1)
	if err != nil {
		return err
	}
	if w.Letter == "" {
		w.Kind, w.Act, err = d.act()
	} else if w.Act.Text = *d.text; *d.approve || *d.reject {
		err = errors.New("-letter is for letters that are no decision")
	}
	if err != nil {
		return err
	}
	reference := strings.ToUpper(who[0])
	return withDesk(ctx, *data, func(d *desk.Desk, e *engine.Engine) error {
		if w.State, err = d.State(ctx, reference); err != nil {
			return err
		}
		w.At = d.Clock.Legal(time.Now())
		p, err := e.Activities().Preview(ctx, w)
		if err != nil {
			return err
		}
		if *asJSON {
			return c.json(p)
		}
		return c.preview(p, reference, *out)
	})
}

// preview writes the PDF and says how the decision is tied to it.
func (c *call) preview(p activities.Preview, reference, file string) error {
	if file == "" {
		file = reference + "-" + p.Letter + ".pdf"
	}
	if p.PDF != nil {
		if err := os.WriteFile(file, p.PDF, 0o600); err != nil {
			return err
		}
		fmt.Fprintf(c.stdout, "%s\nempreinte %s\n", file, p.SHA256)
	}
	if p.Replaced != "" {
		fmt.Fprintf(c.stdout, "caractères remplacés par □ : %s\n", p.Replaced)
	}
	for _, lack := range p.Lacks {
		fmt.Fprintf(c.stdout, "ne peut pas partir : %s\n", lack)
	}
	if len(p.Lacks) > 0 {
		return errSilent
	}
	fmt.Fprintf(c.stdout, "Pour envoyer cette lettre et aucune autre, décidez aujourd'hui avec -seen %s\n", p.SHA256[:12])
	return nil
}

// runCaseResume lets go what was stopped before it was sent, in one case or in all.
func runCaseResume(ctx context.Context, c *call) error {
	a := c.action(casefile.SendStopped)
	all := c.flags.Bool("all", false, "every case in which correspondence is stopped")
	who, err := c.parseRange(0, 1)
	if err != nil {
		return err
	}
	if (len(who) == 1) == *all {
		return errors.New("name one case, or say -all")
	}
	if !*all {
		return c.act(ctx, a, who[0], casefile.Act{})
	}
	var stopped []string
	err = withDesk(ctx, *a.data, func(d *desk.Desk, _ *engine.Engine) error {
		lines, err := d.List(ctx, desk.Filter{Waiting: true})
		for _, l := range lines {
			if s, err := d.State(ctx, l.Reference); err == nil && s.Stopped != nil && (s.Stopped.Holds || s.Stage == casefile.Waitlisted) {
				stopped = append(stopped, l.Reference)
			}
		}
		return err
	})
	return c.forEach(stopped, err, func(reference string) error { return c.act(ctx, a, reference, casefile.Act{}) })
}

// forEach does something to several cases; what fails is told and does not keep the others from it.
func (c *call) forEach(references []string, err error, do func(reference string) error) error {
	for _, reference := range references {
		if failed := do(reference); failed != nil {
			fmt.Fprintf(c.stderr, "%s : %v\n", reference, failed)
			err = errSilent
		}
	}
	return err
}
