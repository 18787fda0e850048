package command

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"

	"go.temporal.io/api/serviceerror"

	"relance/desk"
	"relance/engine"
	"relance/money"
)

func runPlan(ctx context.Context, c *call) error {
	data := c.dataFlag()
	asJSON := c.flags.Bool("json", false, "for programs")
	if _, err := c.parse(0); err != nil {
		return err
	}
	return withDesk(ctx, *data, func(d *desk.Desk, e *engine.Engine) error {
		rows := []desk.Balance{}
		for _, s := range e.Catalogue.All() {
			if s.Envelope == nil {
				continue
			}
			b, err := d.Envelope(ctx, s.Envelope.ID)
			var missing *serviceerror.NotFound
			if errors.As(err, &missing) { // nothing has been spent of it yet
				b = desk.Balance{Envelope: s.Envelope.ID, Total: int64(s.Envelope.Amount), Left: int64(s.Envelope.Amount)}
			} else if err != nil {
				return err
			}
			rows = append(rows, b)
		}
		if *asJSON {
			return c.json(rows)
		}
		w := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
		fmt.Fprintln(w, "ENVELOPPE\tTOTAL\tRÉSERVÉ\tENGAGÉ\tRESTE\t")
		for _, b := range rows {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t\n", b.Envelope, money.Cents(b.Total), money.Cents(b.Reserved), money.Cents(b.Committed), money.Cents(b.Left))
		}
		return w.Flush()
	})
}
