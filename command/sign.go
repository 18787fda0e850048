package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/google/uuid"

	"relance/domain/authority"
	"relance/domain/casefile"
	"relance/letters/texts"
	"relance/office/desk"
	"relance/process/engine"
)

// prepared is a decision that waits for the signatory.
type prepared struct {
	Reference string    `json:"reference"`
	Scheme    string    `json:"scheme"`
	Grant     bool      `json:"grant"`
	Amount    int64     `json:"amount,omitempty"` // cents
	Officer   string    `json:"officer"`
	Prepared  time.Time `json:"prepared"` // legal
	Signatory string    `json:"signatory"`
	Known     string    `json:"known"` // the mark of the case as it was listed
}

// letter is the name of the decision's letter.
func (p prepared) letter() string {
	if p.Grant {
		return casefile.GrantLetter
	}
	return casefile.RejectLetter
}

// batch lists the decisions that wait for a signatory, with who may sign each.
func batch(ctx context.Context, d *desk.Desk, e *engine.Engine) ([]prepared, error) {
	lines, err := d.List(ctx, desk.Filter{Waiting: true})
	if err != nil {
		return nil, err
	}
	var list []prepared
	for _, line := range lines {
		s, err := d.State(ctx, line.Reference)
		if err != nil {
			return nil, err
		}
		if u := s.Unsigned; u != nil {
			p := prepared{Reference: s.Reference, Scheme: s.Scheme, Grant: u.Grant, Amount: u.Act.Amount, Officer: u.Act.By, Prepared: u.At, Known: s.Mark()}
			if who, err := e.Authority.SignatoryFor(p.letter(), p.Amount, d.Clock.Legal(time.Now())); err == nil {
				p.Signatory = who.ID
			}
			list = append(list, p)
		}
	}
	slices.SortFunc(list, func(a, b prepared) int { return a.Prepared.Compare(b.Prepared) })
	return list, nil
}

func runSignList(ctx context.Context, c *call) error {
	data := c.dataFlag()
	asJSON := c.flags.Bool("json", false, "for programs")
	if _, err := c.parse(0); err != nil {
		return err
	}
	return withDesk(ctx, *data, func(d *desk.Desk, e *engine.Engine) error {
		list, err := batch(ctx, d, e)
		if err != nil || *asJSON {
			return errors.Join(err, c.json(list))
		}
		w := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "RÉFÉRENCE\tDISPOSITIF\tDÉCISION\tMONTANT\tPRÉPARÉE PAR\tLE\tÀ SIGNER PAR")
		for _, p := range list {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", p.Reference, p.Scheme, texts.French().Labels.Letters[p.letter()], amount(p.Amount), p.Officer, texts.Moment(p.Prepared), p.Signatory)
		}
		return w.Flush()
	})
}

// runSignApprove signs prepared decisions: those that are named, or with -all every one that the signatory may sign.
func runSignApprove(ctx context.Context, c *call) error {
	data := c.dataFlag()
	by := c.flags.String("by", os.Getenv("RELANCE_OFFICER"), "identifier of the signatory (RELANCE_OFFICER)")
	all := c.flags.Bool("all", false, "every decision that this signatory may sign")
	named, err := c.parseRange(0, len(c.args))
	if err != nil {
		return err
	}
	if *all == (len(named) > 0) {
		return errors.New("name the cases to sign, or say -all")
	}
	return withDesk(ctx, *data, func(d *desk.Desk, e *engine.Engine) error {
		list, err := batch(ctx, d, e)
		if err != nil {
			return err
		}
		var failed []error
		for _, p := range list {
			switch {
			case !*all && !slices.ContainsFunc(named, func(n string) bool { return strings.EqualFold(n, p.Reference) }):
				continue
			case p.Signatory != *by && *all:
				continue
			case p.Signatory != *by:
				failed = append(failed, &desk.Refusal{Reason: fmt.Sprintf("%s : action refusée : cette décision est à signer par « %s », selon les délégations", p.Reference, p.Signatory)})
				continue
			}
			if _, err := d.Act(ctx, p.Reference, casefile.SignDecision, casefile.Act{By: *by, ID: uuid.NewString(), Known: p.Known}); err != nil {
				failed = append(failed, fmt.Errorf("%s : %w", p.Reference, err))
				continue
			}
			fmt.Fprintf(c.stdout, "%s : signée\n", p.Reference)
		}
		for _, n := range named {
			if !slices.ContainsFunc(list, func(p prepared) bool { return strings.EqualFold(n, p.Reference) }) {
				failed = append(failed, &desk.Refusal{Reason: n + " : aucune décision n'attend de signature sur ce dossier"})
			}
		}
		return errors.Join(failed...)
	})
}

// runSignReturn sends a prepared decision back to the officers.
func runSignReturn(ctx context.Context, c *call) error {
	data := c.dataFlag()
	by := c.flags.String("by", os.Getenv("RELANCE_OFFICER"), "identifier of the signatory (RELANCE_OFFICER)")
	who, err := c.parse(1)
	if err != nil {
		return err
	}
	return withDesk(ctx, *data, func(d *desk.Desk, e *engine.Engine) error {
		if !slices.ContainsFunc(e.Authority.Signatories, func(s authority.Signatory) bool { return s.ID != "" && s.ID == *by }) {
			return &desk.Refusal{Reason: fmt.Sprintf("action refusée : « %s » n'est pas un signataire de la collectivité", *by)}
		}
		done, err := d.Act(ctx, strings.ToUpper(who[0]), casefile.ReturnDecision, casefile.Act{By: *by, ID: uuid.NewString()})
		if err != nil {
			return err
		}
		fmt.Fprintf(c.stdout, "%s : renvoyée, %s\n", done.Reference, texts.French().Labels.Stage(done.Stage))
		return nil
	})
}
