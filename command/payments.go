package command

import (
	"context"
	"errors"

	"relance/domain/casefile"
	"relance/office/desk"
	"relance/process/engine"
)

func runCasePay(ctx context.Context, c *call) error {
	a := c.action("")
	order := c.flags.Bool("order", false, "confirm the instalment (liquidation)")
	paid := c.flags.Bool("paid", false, "the public accountant has paid it")
	giveUp := c.flags.Bool("give-up", false, "it will not be paid; its money is released")
	text := c.flags.String("text", "", "what the applicant is told besides")
	who, err := c.parse(2)
	if err != nil {
		return err
	}
	switch {
	case *order && !*paid && !*giveUp:
		a.kind = casefile.OrderPayment
	case *paid && !*order && !*giveUp:
		a.kind = casefile.RecordPayment
	case *giveUp && !*order && !*paid:
		a.kind = casefile.GiveUpPayment
	default:
		return errors.New("say one of -order, -paid and -give-up")
	}
	return c.act(ctx, a, who[0], casefile.Act{Payment: who[1], Text: *text})
}

func runCaseReexamine(ctx context.Context, c *call) error {
	a := c.action(casefile.Reexamine)
	scheme := c.flags.String("scheme", "", "all running cases of this scheme")
	who, err := c.parseRange(0, 1)
	if err != nil {
		return err
	}
	if (len(who) == 1) == (*scheme != "") {
		return errors.New("name one case, or a scheme with -scheme")
	}
	if len(who) == 1 {
		return c.act(ctx, a, who[0], casefile.Act{})
	}
	var running []string
	err = withDesk(ctx, *a.data, func(d *desk.Desk, _ *engine.Engine) error {
		lines, err := d.List(ctx, desk.Filter{Scheme: *scheme})
		for _, l := range lines {
			if stage := casefile.Stage(l.Stage); !stage.Decided() && !stage.Final() {
				running = append(running, l.Reference)
			}
		}
		return err
	})
	return c.forEach(running, err, func(reference string) error { return c.act(ctx, a, reference, casefile.Act{}) })
}
