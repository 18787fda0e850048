package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"relance/contract"
	"relance/domain/casefile"
)

var correctionHandlers = handlers{
	casefile.CorrectValue:   does((*application).correctValue),
	casefile.FileDocument:   does((*application).judgeDocument),
	casefile.RejectDocument: does((*application).judgeDocument),
}

// correctValue takes a value that an officer has entered, and tells the applicant where that changes something. A decision
// that is taken rests on it only where the act says so; an account always counts for what is paid from now on.
func (c *application) correctValue(ctx workflow.Context, e event) error {
	var got casefile.Corrected
	entry := contract.Correction{State: c.state.Brief(), Entered: e.act.Entered, Field: e.act.Field, By: e.act.By,
		Decided: e.act.Decided, At: c.now(ctx)}
	if err := c.effect(ctx, "Corriger une valeur", do.CorrectValue, entry, &got); err != nil {
		return err
	}
	if got.Refused != "" {
		if got.Kept {
			c.note(ctx, casefile.OfficerName(e.act.By), casefile.EventNotCorrected, e.act.Field, e.act.Entered)
		}
		return c.refuseAndStore(ctx, e, casefile.Refuse("%s", got.Refused))
	}
	c.noteAct(ctx, e, e.act.Field, e.act.Entered)
	c.state.Examined(got.Reading, c.now(ctx))
	c.state.Settle(casefile.ConcernFacts)
	if e.act.Decided || got.Account {
		c.state.Corrected()
	}
	if got.Account {
		c.state.AccountBy, c.state.NewAccount = e.act.By, ""
		c.state.Settle(casefile.ConcernBank)
		c.stopPayments(ctx)
	}
	if !got.Changes {
		return c.send(ctx)
	}
	return c.goOnCorrected(ctx, casefile.Piece{Mail: casefile.CorrectedMail, Field: e.act.Field, Message: e.act.Text})
}

// judgeDocument files a document under the kind that an officer says, or rejects it, and applies the rules again.
func (c *application) judgeDocument(ctx workflow.Context, e event) error {
	judge, mail := c.state.FileUnder, casefile.DocumentFiledMail
	if e.act.kind == casefile.RejectDocument {
		judge, mail = c.state.RejectFile, casefile.DocumentRejectedMail
	}
	d := judge(e.act.Act)
	c.noteAct(ctx, e, d.Kind, objects(casefile.Ref{Key: d.Key, SHA256: d.SHA256})...)
	missing := len(c.state.Missing)
	if err := c.examine(ctx); err != nil {
		return err
	}
	if e.act.kind == casefile.FileDocument && len(c.state.Missing) == missing { // it changes nothing for the applicant
		return c.send(ctx)
	}
	return c.goOnCorrected(ctx, casefile.Piece{Mail: mail, Field: d.SHA256, Message: e.act.Text})
}

// goOnCorrected tells the applicant what an officer has corrected, and takes the case where it belongs now: on where
// nothing is missing any more, back where something is, to another contract where the signed one no longer fits.
func (c *application) goOnCorrected(ctx workflow.Context, told casefile.Piece) error {
	s := &c.state
	switch {
	case s.Stage == casefile.Incomplete && s.IsComplete():
		if err := c.send(ctx, told); err != nil {
			return err
		}
		c.resume(ctx)
		return c.proceed(ctx, casefile.CompleteMail)
	case s.Stage == casefile.UnderReview && !s.IsComplete():
		s.Approvals = nil
		s.Settle(casefile.ConcernDecision)
		return c.askForMissing(ctx, told)
	case s.Stage == casefile.UnderReview && s.AgreementChanged() && c.dueCharter():
		s.Charter.Signed, s.Approvals = time.Time{}, nil
		s.Settle(casefile.ConcernDecision)
		return c.sendCharter(ctx, told, c.agreement())
	case s.Stage == casefile.UnderReview:
		s.Approvals = nil // whoever approved had seen something else
	case s.Stage == casefile.AwaitingCharter && s.Appealing() == nil && (!s.IsComplete() || !s.Verdict.Eligible):
		return c.review(ctx, told)
	case s.Stage == casefile.AwaitingCharter && s.AgreementChanged():
		return c.send(ctx, told, c.agreement())
	}
	return c.send(ctx, told)
}
