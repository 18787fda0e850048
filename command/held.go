package command

import (
	"context"

	"relance/domain/casefile"
)

// runCaseAdmit lets a held mail count.
func runCaseAdmit(ctx context.Context, c *call) error { return c.release(ctx, casefile.AdmitMail) }

// runCaseDismiss drops a held mail.
func runCaseDismiss(ctx context.Context, c *call) error { return c.release(ctx, casefile.DismissMail) }

func (c *call) release(ctx context.Context, kind casefile.ActKind) error {
	a := c.action(kind)
	args, err := c.parse(2)
	if err != nil {
		return err
	}
	return c.act(ctx, a, args[0], casefile.Act{Mail: args[1]})
}

// runCaseBank settles a change of bank details.
func runCaseBank(ctx context.Context, c *call) error {
	a := c.action(casefile.RefuseBank)
	args, err := c.parse(2)
	if err != nil {
		return err
	}
	switch args[1] {
	case "accept":
		a.kind = casefile.AcceptBank
	case "refuse":
	default:
		c.flags.Usage()
		return errUsage
	}
	return c.act(ctx, a, args[0], casefile.Act{})
}
