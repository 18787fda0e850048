package workflows

import (
	"strings"

	"go.temporal.io/sdk/workflow"

	"relance/contract"
	"relance/domain/casefile"
)

var signingHandlers = handlers{
	casefile.SignDecision:   does((*application).signPrepared),
	casefile.ReturnDecision: does((*application).sendBack),
}

// submit puts a prepared decision before the signatory, where the authority signs in batches. Money that is held stays so.
func (c *application) submit(ctx workflow.Context, grant bool, a casefile.Act) error {
	c.note(ctx, casefile.OfficerName(a.By), casefile.EventDecisionSubmitted, map[bool]string{true: casefile.GrantLetter, false: casefile.RejectLetter}[grant])
	c.state.Submit(grant, a, c.now(ctx))
	return c.send(ctx)
}

// signPrepared makes a prepared decision one: it is dated, sealed and notified now. The officer who prepared it stays its officer; the journal names who signed.
func (c *application) signPrepared(ctx workflow.Context, e event) error {
	if c.state.Unsigned.Grant { // another case of the same firm may have been granted since it was prepared
		if _, err := c.judge(ctx, contract.Examination{At: c.now(ctx), Granting: true}); err != nil {
			return err
		}
		if v := c.state.Verdict; !c.state.IsComplete() || !v.Eligible || c.state.Unsigned.Act.Amount > v.Amount {
			return c.refuseAndStore(ctx, e, casefile.Refuse("le dossier ne remplit plus les conditions (%s) ; renvoyez la décision aux agents (relance sign return)",
				strings.Join(v.Failed, ", ")))
		}
	}
	before := c.state.Clone()
	u := c.state.Take()
	u.Act.Seen = e.act.Seen // what the officer had seen bore another date
	c.noteAct(ctx, e, "")
	var stop *casefile.Stop
	var err error
	if u.Grant {
		stop, err = c.granted(ctx, u.Act, c.now(ctx))
	} else {
		stop, err = c.rejected(ctx, u.Act)
	}
	if err != nil {
		return err
	}
	if stop != nil {
		return c.undecided(ctx, e, before, *stop)
	}
	return nil
}

// sendBack returns a prepared decision to the officers: its money is free again, and they decide anew.
func (c *application) sendBack(ctx workflow.Context, e event) error {
	if err := c.unprepare(ctx); err != nil {
		return err
	}
	c.noteAct(ctx, e, "")
	if c.state.Stage == casefile.Waitlisted {
		if err := c.become(ctx, casefile.UnderReview); err != nil {
			return err
		}
	}
	c.state.Approvals = nil
	c.state.Raise(casefile.ConcernDecision)
	return c.send(ctx)
}

// unprepare drops a prepared decision, and lets its money go.
func (c *application) unprepare(ctx workflow.Context) error {
	if u := c.state.Take(); u != nil && u.Grant {
		return c.release(ctx)
	}
	return nil
}
