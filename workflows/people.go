package workflows

import (
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"relance/domain/casefile"
)

// People tells who may act for the authority, as its file says today. Only the validators of updates ask, which are not replayed: a handler
// knows of people what stands in the act.
type People interface {
	// MayAct refuses whoever is not on the list of a role.
	MayAct(role casefile.Role, id string, at time.Time) error
	// MaySign refuses a signatory whose delegation does not cover a letter about an amount of cents.
	MaySign(id, letter string, cents int64, at time.Time) error
	// Alone tells whether the authority says that it has one officer, and it is so.
	Alone(at time.Time) bool
}

// known refuses whoever is not on the authority's list, by whatever door the act comes.
func (p *Procedure) known(role casefile.Role, id string, at time.Time) error {
	switch {
	case strings.TrimSpace(id) == "":
		return casefile.Refuse("indiquez l'agent qui agit (-by)")
	case p.People == nil:
		return casefile.Refuse("ce processus ne connaît pas les agents de la collectivité")
	case role == "":
		role = casefile.RoleOfficer
	}
	return p.People.MayAct(role, id, at)
}

// mayAct tells whether whoever asks for an act may do it, and whoever it names exists.
func (c *application) mayAct(ctx workflow.Context, row casefile.ActRow, a casefile.Act) error {
	at := c.now(ctx)
	if err := c.known(row.Role, a.By, at); err != nil {
		return err
	}
	if a.Officer != "" {
		if err := c.known(casefile.RoleOfficer, a.Officer, at); err != nil {
			return err
		}
	}
	if a.Alone && !c.People.Alone(at) {
		return casefile.Refuse("la collectivité a plusieurs agents, ou n'a pas choisi « separation: off » : deux personnes sont nécessaires")
	}
	if err := c.state.Blind(row.Kind, a); err != nil {
		return err
	}
	u := c.state.Unsigned
	if row.Kind != casefile.SignDecision || u == nil {
		return nil
	}
	letter := casefile.RejectLetter
	if u.Grant {
		letter = casefile.GrantLetter
	}
	return c.People.MaySign(a.By, letter, u.Act.Amount, at)
}

// vouchedByAct is a change: before it, a signal could say that an officer vouches for a mail to a case that exists. A signal is judged by
// nobody; the act admit-mail is.
const vouchedByAct = "vouched-by-act"

// onlyByAct takes an officer's word for a mail from a signal only where the mail opens the case: nobody is known yet whom its author could
// pretend to be.
func (c *application) onlyByAct(ctx workflow.Context, m *casefile.Mail) {
	if m.Vouched != "" && !c.state.Received.IsZero() && workflow.GetVersion(ctx, vouchedByAct, workflow.DefaultVersion, 1) != workflow.DefaultVersion {
		m.Vouched = ""
	}
}

// twoPeople is a change: before it, one officer could do what two people do.
const twoPeople = "two-people"

// apart refuses an act that another person has to do. An officer who is alone does it, and the journal says so.
func (c *application) apart(ctx workflow.Context, e event) error {
	if err := c.state.Apart(e.act.kind, e.act.Act); err != nil && workflow.GetVersion(ctx, twoPeople, workflow.DefaultVersion, 1) != workflow.DefaultVersion {
		return err
	}
	paired := e.act.Act
	paired.Alone = false
	if e.act.Alone && c.state.Apart(e.act.kind, paired) != nil {
		c.note(ctx, casefile.OfficerName(e.act.By), casefile.EventAlone, string(e.act.kind))
	}
	return nil
}
