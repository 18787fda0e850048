package workflows

import (
	"go.temporal.io/sdk/workflow"

	"relance/activities"
	"relance/casefile"
)

// cameBack records that a mail of ours came back, or is held up on its way. A decision that bounced has not been notified, so that the
// time of appeal does not run, and an officer finds another way.
func (c *application) cameBack(ctx workflow.Context, e event) error {
	what := casefile.SignDelayed
	if !e.reading.Delayed {
		what = casefile.SignBounced
		c.state.Raise(casefile.ConcernUndelivered)
	}
	return c.takeSign(ctx, e, casefile.Sign{What: what, Note: e.reading.Status})
}

// takeSign takes in what a mail says of a letter of ours; the case is stored where that counts.
func (c *application) takeSign(ctx workflow.Context, e event, sign casefile.Sign) error {
	sign.At, sign.On = c.state.Clock.Legal(e.mail.Received).UTC(), e.mail.Key
	if !c.state.TakeSign(e.reading.About, sign, e.reading.Proven) {
		return nil
	}
	return c.send(ctx)
}

// answered takes a reply for the proof that what it answers has arrived.
func (c *application) answered(e event) {
	c.state.TakeSign(e.reading.About, casefile.Sign{What: casefile.SignReply, At: c.state.Clock.Legal(e.mail.Received).UTC(), On: e.mail.Key}, e.reading.Proven)
}

// unproven tells an officer that no proof of reception has come, where the scheme asks for one.
func (c *application) unproven(ctx workflow.Context) error {
	c.note(ctx, casefile.Engine, "notice.unproven", "")
	c.state.Raise(casefile.ConcernUndelivered)
	return c.send(ctx)
}

// notify records that a letter was notified by another way, or sends it once more to another address of the applicant.
func (c *application) notify(ctx workflow.Context, e event) error {
	c.note(ctx, casefile.OfficerName(e.act.By), "act.notify", e.act.Way)
	if e.act.Way != casefile.WayAddress {
		c.state.Notify(e.act.Act)
		err := c.send(ctx)
		c.done(e)
		return err
	}
	change := activities.AddressChange{State: c.state, Contact: e.act.Contact, By: e.act.By, At: c.now(ctx)}
	if mail, found := c.state.HeldMail(e.act.Mail); change.Contact.Key == "" && found {
		change.Mail = mail.Ref
	}
	var facts casefile.Ref
	if err := effect(ctx, "Adresse du demandeur", do.ChangeAddress, change, &facts); err != nil {
		return err
	}
	c.state.Facts = facts
	c.state.Settle(casefile.ConcernUndelivered)
	err := c.send(ctx, c.state.Resend(e.act.Act))
	c.done(e)
	return err
}
