package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/google/uuid"
	"go.temporal.io/sdk/temporal"

	"relance/contract"
	"relance/domain/ledger"
	"relance/domain/money"
	"relance/office/desk"
	"relance/process/engine"
)

// planRow is a line of the plan, in cents.
type planRow struct {
	Line    string `json:"line"` // path; empty for the plan itself
	Name    string `json:"name"`
	Total   int64  `json:"total"`
	Granted int64  `json:"granted"` // committed by decisions, paid or not
	Held    int64  `json:"reserved"`
	Paid    int64  `json:"paid"`
	Left    int64  `json:"left"`
	Waiting int    `json:"waiting"` // cases that wait for money on this line
}

func runPlan(ctx context.Context, c *call) error {
	data := c.dataFlag()
	asJSON := c.flags.Bool("json", false, "for programs")
	topUps := c.flags.Bool("top-ups", false, "instead, each top-up: its key, who made it, and why")
	if _, err := c.parse(0); err != nil {
		return err
	}
	return withDesk(ctx, *data, func(d *desk.Desk, e *engine.Engine) error {
		plan := e.Catalogue.Plan
		if plan == nil {
			return errors.New("there is no plan.yaml beside the schemes")
		}
		head, err := d.Plan(ctx, plan.ID)
		if err != nil {
			return err
		}
		if *topUps {
			book, err := e.Activities().Book(ctx, head)
			if err != nil {
				return err
			}
			return c.topUps(book, *asJSON)
		}
		rows := planRows(plan, head)
		if *asJSON {
			return c.json(rows)
		}
		w := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
		fmt.Fprintln(w, "TOTAL\tATTRIBUÉ\tRÉSERVÉ\tPAYÉ\tRESTE\tEN ATTENTE\t")
		for _, r := range rows {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%d\t  %s%s\n", money.Cents(r.Total), money.Cents(r.Granted), money.Cents(r.Held), money.Cents(r.Paid),
				money.Cents(r.Left), r.Waiting, strings.Repeat("  ", depth(r.Line)), r.Name)
		}
		return w.Flush()
	})
}

// topUps prints who added money to which lines, and why. Those of before have no author.
func (c *call) topUps(book *ledger.Book, asJSON bool) error {
	if asJSON {
		return c.json(book.Topped)
	}
	w := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "CLÉ\tAGENT\tLIGNE\tMONTANT\tMOTIF\t")
	for _, key := range slices.Sorted(maps.Keys(book.TopUps)) {
		entered, known := book.Topped[key]
		switch {
		case !known && strings.HasPrefix(key, "audit/"): // of nothing
		case !known:
			fmt.Fprintf(w, "%s\t\t\t\tenregistré sans agent ni motif\t\n", key)
		default:
			first := entered.Portions[0] // those that follow are the lines above it
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t\n", key, entered.By, first.Line, money.Cents(first.Cents).Format(), strings.Join(strings.Fields(entered.Reason), " "))
		}
	}
	return w.Flush()
}

func depth(path string) int {
	if path == "" {
		return 0
	}
	return strings.Count(path, "/") + 1
}

// planRows are the plan's lines with their figures; a line that no case has touched has those of its file.
func planRows(plan *ledger.Plan, head contract.Head) []planRow {
	var rows []planRow
	plan.Walk(func(path string, l *ledger.Line) {
		f, known := head.Lines[path]
		if !known {
			f.Total = l.Amount
		}
		rows = append(rows, planRow{Line: path, Name: l.Name, Total: f.Total, Granted: f.Committed, Held: f.Reserved, Paid: f.Paid, Left: f.Left(), Waiting: f.Waiting})
	})
	return rows
}

func runPlanTopUp(ctx context.Context, c *call) error {
	data := c.dataFlag()
	id := c.flags.String("id", "", "key of this top-up, such as the number of the council's vote: the same key twice is one top-up")
	alone := c.flags.Bool("alone", false, "only this line: the lines above it stay as they are (money moved within the plan)")
	by := c.flags.String("by", cmp.Or(os.Getenv("RELANCE_OFFICER"), login()), "identifier of the officer who acts (RELANCE_OFFICER)")
	reason := c.flags.String("reason", "", "why, such as the council's vote; kept in the plan's book")
	away := c.flags.Bool("away", false, "take the amount away instead of adding it")
	what, err := c.parse(2)
	if err != nil {
		return err
	}
	cents, err := money.Parse(what[1])
	if err != nil {
		return err
	}
	if *away {
		cents = -cents
	}
	return withDesk(ctx, *data, func(_ *desk.Desk, e *engine.Engine) error {
		if e.Catalogue.Plan == nil {
			return errors.New("there is no plan.yaml beside the schemes")
		}
		if *id == "" {
			*id = uuid.NewString()
		}
		move := ledger.Move{Op: ledger.TopUp, Key: *id, By: *by, Reason: *reason}
		for path := strings.Trim(what[0], "/"); ; path = path[:max(strings.LastIndexByte(path, '/'), 0)] {
			move.Portions = append(move.Portions, ledger.Portion{Line: path, Cents: int64(cents)})
			if path == "" || *alone {
				break
			}
		}
		answer, err := e.Activities().MoveBudget(ctx, contract.Budget{TaskQueue: contract.TaskQueue, Move: move})
		var refusal *temporal.ApplicationError
		if errors.As(err, &refusal) {
			return &desk.Refusal{Reason: refusal.Message()}
		}
		if err != nil {
			return err
		}
		if answer.Refused != "" {
			return &desk.Refusal{Reason: answer.Refused}
		}
		fmt.Fprintf(c.stdout, "%s : %s (%s)\n", what[0], cents, *id)
		return nil
	})
}
