package workflows

import (
	"go.temporal.io/sdk/workflow"

	"relance/domain/casefile"
	"relance/intake/reading"
)

var charterHandlers = handlers{
	casefile.AcceptSignature: does((*application).judgeSignature),
	casefile.RefuseSignature: does((*application).judgeSignature),
}

// sendCharter sends the commitment charter for signature and allots a period for it. The charter is a document the
// decision depends on, so the time of silence is suspended as for any other (CRPA L114-5).
func (c *application) sendCharter(ctx workflow.Context, pieces ...casefile.Piece) error {
	if err := c.become(ctx, casefile.AwaitingCharter); err != nil {
		return err
	}
	c.allotCharter(ctx)
	return c.send(ctx, pieces...)
}

// allotCharter allots the period for signing. Nothing suspends the two months of an appeal.
func (c *application) allotCharter(ctx workflow.Context) {
	at := c.now(ctx)
	deadline := casefile.Allotted(casefile.CharterDeadline, at, casefile.RuleCharterSent, c.state.Terms.CharterDays)
	c.state.Set(deadline)
	if c.state.Appealing() == nil {
		c.state.Suspend(at, deadline.At)
		c.state.ReckonSilence()
	}
	c.state.Reminded = 0
	c.setReminder()
}

// awaitCharter waits for the signature: a reply with the agreed phrase, a signed copy, or a digital signature.
func (c *application) awaitCharter(ctx workflow.Context) error {
	e, err := c.next(ctx)
	switch {
	case err != nil || c.state.Stage != casefile.AwaitingCharter:
		return err
	case e.mail != nil:
		return c.onCharterMail(ctx, e)
	case e.deadline.Kind == casefile.CharterDeadline && c.state.Charter.Doubt != nil:
		return nil // somebody signed in time, and waits for the officer
	case e.deadline.Kind == casefile.ReminderDeadline:
		return c.remind(ctx, casefile.Piece{Mail: casefile.ReminderCharterMail, Attach: c.state.Charter.Ref})
	case e.deadline.Kind == casefile.CharterDeadline, e.deadline.Kind == casefile.SilenceDeadline:
		return c.lapse(ctx, e.deadline)
	}
	return nil
}

func (c *application) onCharterMail(ctx workflow.Context, e event) error {
	r := e.reading
	if back := returned(r, e.mail.Ref); back != nil && r.Intent != string(reading.Decline) {
		return c.onReturn(ctx, *back, e.mail.Ref)
	}
	switch {
	case r.Intent == string(reading.Decline):
		c.note(ctx, casefile.Applicant, casefile.EventCharterDeclined, e.mail.Key, e.mail.Ref)
		c.state.Raise(casefile.ConcernQuestion)
		return c.answer(ctx, casefile.Piece{Mail: casefile.CharterDeclinedMail})
	case c.state.IsComplete() && c.state.Verdict.Eligible && c.state.AgreementChanged(): // other figures: another contract
		return c.send(ctx, c.agreement())
	case !c.state.IsComplete() || !c.state.Verdict.Eligible: // a correction that changes what the rules say
		c.state.Raise(casefile.ConcernQuestion)
		return c.review(ctx, casefile.Piece{Mail: casefile.NotedMail})
	}
	c.state.Raise(casefile.ConcernQuestion)
	return c.answer(ctx, casefile.Piece{Mail: casefile.NotedMail})
}

// returned is what a mail brought back for the charter; nil where it brought nothing.
func returned(r casefile.Reading, mail casefile.Ref) *casefile.Return {
	switch {
	case r.Return != nil:
		return r.Return
	case r.Intent == string(reading.Sign): // as histories from before Return have it
		return &casefile.Return{Way: casefile.SignedByPhrase, Outcome: casefile.ReturnSigned, Evidence: mail}
	case r.Charter.Key != "":
		return &casefile.Return{Way: casefile.SignedByCopy, Outcome: casefile.ReturnSigned, Evidence: r.Charter}
	case r.Unsigned:
		return &casefile.Return{Way: casefile.SignedByCopy, Outcome: casefile.ReturnUnsigned}
	}
	return nil
}

// onReturn acts on what came back: a signature takes the case on; a doubt waits for an officer; everything else is told the applicant, who may sign
// again, with the charter attached once more.
func (c *application) onReturn(ctx workflow.Context, back casefile.Return, mail casefile.Ref) error {
	if back.Outcome == casefile.ReturnSigned {
		return c.signed(ctx, casefile.Applicant, back)
	}
	objects := []casefile.Ref{mail}
	if back.Check.Key != "" {
		objects = append(objects, back.Check)
	}
	c.note(ctx, casefile.Applicant, casefile.EventReturn(back.Outcome), mail.Key, objects...)
	if back.Doubtful() {
		c.state.Question(back, mail, c.now(ctx))
	}
	piece := casefile.Piece{Mail: casefile.ReturnMail(back.Outcome)}
	if row, _ := casefile.MailOf(piece.Mail); row.Attach {
		piece.Attach = c.state.Charter.Ref
	}
	return c.answer(ctx, piece)
}

// signed records the signature with what proves it, and takes the case to review.
func (c *application) signed(ctx workflow.Context, who string, back casefile.Return) error {
	ch := &c.state.Charter
	ch.Signed, ch.How, ch.Evidence, ch.Check = c.came(ctx), back.Way, back.Evidence, back.Check
	objects := []casefile.Ref{ch.Ref, back.Evidence}
	if back.Check.Key != "" {
		objects = append(objects, back.Check)
	}
	c.state.Unquestion()
	c.note(ctx, who, casefile.EventCharterSigned, back.Evidence.Key, objects...)
	return c.review(ctx, casefile.Piece{Mail: casefile.CharterSignedMail})
}

// judgeSignature accepts a doubtful signature or refuses it, as the officer who has looked at both documents says. Who is refused may sign again.
func (c *application) judgeSignature(ctx workflow.Context, e event) error {
	doubt, who := *c.state.Charter.Doubt, casefile.OfficerName(e.act.By)
	c.noteAct(ctx, e, doubt.Evidence.Key)
	c.letGo(ctx, doubt.Mail.SHA256) // the mail of somebody else was held
	c.state.Unquestion()
	if e.act.kind == casefile.AcceptSignature {
		c.state.Charter.Accepted = e.act.By
		return c.signed(ctx, who, doubt.Return)
	}
	if c.state.Deadline(casefile.CharterDeadline).At.IsZero() { // it passed while the signature waited for the officer
		c.allotCharter(ctx)
	}
	return c.send(ctx, casefile.Piece{Mail: casefile.CharterRefusedMail, Attach: c.state.Charter.Ref, Message: e.act.Text})
}

// note writes an entry into the journal.
func (c *application) note(ctx workflow.Context, who, what, on string, objects ...casefile.Ref) {
	c.state.Note(casefile.Entry{At: c.now(ctx), Who: who, What: what, On: on, Objects: objects})
}
