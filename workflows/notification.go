package workflows

import (
	"go.temporal.io/sdk/workflow"

	"relance/contract"
	"relance/domain/casefile"
)

var notificationHandlers = handlers{casefile.NotifyAct: does((*application).notify)}

// cameBack records that a mail of ours came back, or is held up on its way. A decision that bounced has not been notified, so that the
// time of appeal does not run, and an officer finds another way.
func (c *application) cameBack(ctx workflow.Context, e event) error {
	if e.reading.Delayed {
		return c.takeSign(ctx, e, casefile.SignDelayed)
	}
	c.state.Raise(casefile.ConcernUndelivered)
	c.sign(e, casefile.SignBounced)
	return c.send(ctx) // so that the folder says it too
}

// takeSign takes in what a mail says of a letter of ours; the case is stored where that counts.
func (c *application) takeSign(ctx workflow.Context, e event, what casefile.Code) error {
	if !c.sign(e, what) {
		return nil
	}
	return c.send(ctx)
}

// sign tells the state what a mail says of one of ours, and whether that counts.
func (c *application) sign(e event, what casefile.Code) bool {
	return c.state.TakeSign(e.reading.About, casefile.Sign{What: what, At: c.state.Clock.Legal(e.mail.Received).UTC(), On: e.mail.Key, Note: e.reading.Status}, e.reading.Proven)
}

func objects(ref casefile.Ref) []casefile.Ref {
	if ref.Key == "" {
		return nil
	}
	return []casefile.Ref{ref}
}

// unproven tells an officer that no proof of reception has come, where the scheme asks for one.
func (c *application) unproven(ctx workflow.Context) error {
	c.note(ctx, casefile.Engine, casefile.EventNoticeUnproven, "")
	c.state.Raise(casefile.ConcernUndelivered)
	return c.send(ctx)
}

// notify records that a letter was notified by another way, or sends it once more to another address of the applicant.
func (c *application) notify(ctx workflow.Context, e event) error {
	c.noteAct(ctx, e, e.act.Way, objects(e.act.Contact)...)
	if e.act.Way != casefile.WayAddress {
		c.state.Notify(e.act.Act)
		return c.send(ctx)
	}
	change := contract.AddressChange{State: c.state, Contact: e.act.Contact, By: e.act.By, At: c.now(ctx)}
	if mail, found := c.state.HeldMail(e.act.Mail); change.Contact.Key == "" && found {
		change.Mail = mail.Ref
	}
	var facts casefile.Ref
	if err := c.effect(ctx, "Adresse du demandeur", do.ChangeAddress, change, &facts); err != nil {
		return err
	}
	if facts != c.state.Facts {
		c.state.Facts = facts
		c.note(ctx, casefile.Engine, casefile.EventFacts, facts.Key, facts)
	}
	c.state.Settle(casefile.ConcernUndelivered)
	return c.send(ctx, c.state.Resend(e.act.Act))
}
