package workflows

import (
	"go.temporal.io/sdk/workflow"

	"relance/casefile"
	"relance/reading"
)

// sendCharter sends the commitment charter for signature and allots a period for it. The charter is a document the
// decision depends on, so the time of silence is suspended as for any other (CRPA L114-5).
func (c *application) sendCharter(ctx workflow.Context, pieces ...casefile.Piece) error {
	if err := c.become(ctx, casefile.AwaitingCharter); err != nil {
		return err
	}
	at := c.now(ctx)
	deadline := casefile.Allotted(casefile.CharterDeadline, at, casefile.RuleCharterSent, c.state.Terms.CharterDays)
	c.state.Set(deadline)
	c.state.Suspend(at, deadline.At)
	c.state.ReckonSilence()
	c.state.Reminded = 0
	c.setReminder()
	return c.send(ctx, pieces...)
}

// awaitCharter waits for the signature: a reply with the agreed phrase, or a signed copy.
func (c *application) awaitCharter(ctx workflow.Context) error {
	e, err := c.next(ctx)
	switch {
	case err != nil || c.state.Stage != casefile.AwaitingCharter:
		return err
	case e.mail != nil:
		return c.onCharterMail(ctx, e)
	case e.act != nil:
		c.refuse(e, "le dossier attend la signature de la charte")
	case e.deadline.Kind == casefile.ReminderDeadline:
		return c.remind(ctx, casefile.Piece{Mail: "reminder-charter", Attach: c.state.Charter.Ref})
	case e.deadline.Kind == casefile.CharterDeadline, e.deadline.Kind == casefile.SilenceDeadline:
		return c.lapse(ctx, e.deadline)
	}
	return nil
}

func (c *application) onCharterMail(ctx workflow.Context, e event) error {
	r := e.reading
	switch {
	case r.Intent == string(reading.Decline):
		c.note(ctx, casefile.Applicant, "charter.declined", e.mail.Key, e.mail.Ref)
		c.state.Raise(casefile.ConcernQuestion)
		return c.answer(ctx, casefile.Piece{Mail: "charter-declined"})
	case r.Intent == string(reading.Sign):
		return c.signed(ctx, casefile.SignedByPhrase, e.mail.Ref)
	case r.Charter.Key != "":
		return c.signed(ctx, casefile.SignedByCopy, r.Charter)
	case r.Unsigned:
		c.note(ctx, casefile.Applicant, "charter.unsigned", e.mail.Key, e.mail.Ref)
		return c.answer(ctx, casefile.Piece{Mail: "charter-unsigned", Attach: c.state.Charter.Ref})
	case c.state.IsComplete() && c.state.Verdict.Eligible && c.state.AgreementChanged(): // other figures: another contract
		return c.send(ctx, c.agreement())
	case !c.state.IsComplete() || !c.state.Verdict.Eligible: // a correction that changes what the rules say
		c.state.Raise(casefile.ConcernQuestion)
		return c.review(ctx, casefile.Piece{Mail: "noted"})
	}
	c.state.Raise(casefile.ConcernQuestion)
	return c.answer(ctx, casefile.Piece{Mail: "noted"})
}

// signed records the signature with what proves it, and takes the case to review.
func (c *application) signed(ctx workflow.Context, how string, evidence casefile.Ref) error {
	at := c.now(ctx)
	c.state.Charter.Signed, c.state.Charter.How, c.state.Charter.Evidence = at, how, evidence
	c.note(ctx, casefile.Applicant, "charter.signed", evidence.Key, c.state.Charter.Ref, evidence)
	return c.review(ctx, casefile.Piece{Mail: "charter-signed"})
}

// note writes an entry into the journal.
func (c *application) note(ctx workflow.Context, who, what, on string, objects ...casefile.Ref) {
	c.state.Note(casefile.Entry{At: c.now(ctx), Who: who, What: what, On: on, Objects: objects})
}
