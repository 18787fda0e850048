package workflows

import (
	"go.temporal.io/sdk/workflow"

	"relance/contract"
	"relance/domain/casefile"
)

var mailHandlers = handlers{
	casefile.AdmitMail:   (*application).releaseMail,
	casefile.DismissMail: (*application).releaseMail,
	casefile.AcceptBank:  does((*application).settleBank),
	casefile.RefuseBank:  does((*application).settleBank),
}

// releaseMail admits a mail that was held, as one that the applicant wrote, or dismisses it. An admitted mail is read
// again, and counts from now on.
func (c *application) releaseMail(ctx workflow.Context, e event) (event, error) {
	mail, _ := c.state.Release(e.act.Mail) // May has found it
	c.noteAct(ctx, e, mail.Key, mail.Ref)
	c.concludeEarly(ctx)
	if e.act.kind == casefile.DismissMail {
		return event{}, c.send(ctx)
	}
	mail.Vouched = e.act.By
	return c.onMail(ctx, event{mail: &mail})
}

// settleBank takes other bank details, or keeps those known, as the officer who made sure says; the applicant is told.
func (c *application) settleBank(ctx workflow.Context, e event) error {
	c.noteAct(ctx, e, "")
	accept := e.act.kind == casefile.AcceptBank
	var r casefile.Reading
	err := c.effect(ctx, "Coordonnées bancaires", do.SettleBank, contract.BankChange{State: c.state.Brief(), Accept: accept, At: c.now(ctx)}, &r)
	if err != nil {
		return err
	}
	c.state.Settle(casefile.ConcernBank)
	c.state.Examined(r, c.now(ctx))
	c.state.NewAccount = ""
	if accept {
		c.state.AccountBy = e.act.By
		c.state.Corrected()
		c.stopPayments(ctx)
	}
	if accept {
		return c.send(ctx, casefile.Piece{Mail: casefile.BankChangedMail})
	}
	return c.send(ctx, casefile.Piece{Mail: casefile.BankKeptMail})
}
