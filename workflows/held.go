package workflows

import (
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"relance/contract"
	"relance/domain/casefile"
	"relance/intake/routing"
	"relance/observe/telemetry"
)

var mailHandlers = handlers{
	casefile.AdmitMail:   (*application).releaseMail,
	casefile.DismissMail: (*application).releaseMail,
	casefile.AcceptBank:  does((*application).settleBank),
	casefile.RefuseBank:  does((*application).settleBank),
}

// heldMails is a change: before it, deadlines were reached while mails were held, the whole case was stored for each of them, a mail that asked for more
// proof was answered by the case, and one that an officer admitted counted from the day of the admission.
const heldMails = "held-mails"

// holds tells whether the case knows of that change. It is asked only where that makes a difference.
func (c *application) holds(ctx workflow.Context) bool {
	return workflow.GetVersion(ctx, heldMails, workflow.DefaultVersion, 1) != workflow.DefaultVersion
}

// due is the first deadline to come. While a mail is held, which may be what was awaited, nothing lapses.
func (c *application) due(ctx workflow.Context) (casefile.Deadline, bool) {
	if len(c.state.Held) > 0 && c.holds(ctx) {
		return c.state.Due()
	}
	return c.state.Next()
}

// keepBack keeps a mail back until it is proven, or an officer admits it. Beyond what a case holds, the mail waits in the officers' queue.
func (c *application) keepBack(ctx workflow.Context, m casefile.Mail, why casefile.Code, at time.Time) {
	workflow.GetMetricsHandler(ctx).WithTags(map[string]string{"reason": string(why)}).Counter(telemetry.MailsHeld).Inc(1)
	if c.state.Hold(m, why, at) {
		return
	}
	if err := c.effect(ctx, "Confier un message aux agents", do.LeaveMail, contract.Leaving{Mail: m, Reason: string(routing.TooMany), Copy: true}, nil); err != nil {
		workflow.GetLogger(ctx).Error("a mail beyond those that are held is in the folder alone", "case", c.state.Reference, "mail", m.Key, "error", err)
	}
}

// askMailbox lets the mailbox of a held mail be asked whether it wrote the mail. Its inquiry tells the case what it answers.
func (c *application) askMailbox(ctx workflow.Context, e event) error {
	if !c.holds(ctx) {
		return c.answer(ctx, casefile.Piece{Mail: casefile.UnprovenMail})
	}
	if mail, held := c.state.HeldMail(e.mail.SHA256); held {
		c.inquire(ctx, contract.Doubt{Mail: mail, Own: e.reading.From != casefile.FromStranger})
	}
	return c.storeLater(ctx)
}

// inquire tells the inquiry of a mail's address to ask about it, or that an officer has dealt with it. Where that cannot be done the mail stays held, for an
// officer to admit.
func (c *application) inquire(ctx workflow.Context, d contract.Doubt) {
	d.Case, d.At = c.state.Reference, d.Mail.Came(c.state.Clock)
	if err := c.effect(ctx, "Demander à l'expéditeur s'il a écrit", do.AskAbout, d, nil); err != nil {
		workflow.GetLogger(ctx).Error("a mailbox could not be asked", "case", c.state.Reference, "mail", d.Mail.Key, "error", err)
	}
}

// unstored is how many entries of the journal wait until the case is stored for something that changes it.
const unstored = 40

// storeLater stores the case once so many mails have come that changed nothing: whoever sends them must not have the whole journal written for each.
func (c *application) storeLater(ctx workflow.Context) error {
	if c.holds(ctx) && len(c.state.Unstored()) < unstored {
		return nil
	}
	return c.send(ctx)
}

// letGo takes a held mail off the list. Deadlines that have passed meanwhile go on with the time that was left.
func (c *application) letGo(ctx workflow.Context, sum string) (casefile.Held, bool) {
	held, found := c.state.Release(sum)
	if found && c.holds(ctx) {
		c.state.CarryOn(c.now(ctx))
	}
	return held, found
}

// onAnswer takes in what the mailbox of a mail has answered. Counts tells that the mail is proven by it, and is to be read now.
func (c *application) onAnswer(ctx workflow.Context, e event) (counts bool, err error) {
	answer := e.mail.Asked
	_, held := c.state.HeldMail(e.mail.SHA256)
	objects := slices.DeleteFunc([]casefile.Ref{e.mail.Ref, answer.Question, answer.Reply}, func(r casefile.Ref) bool { return r.Key == "" })
	switch {
	case !held && c.state.HasSeen(e.mail.Identity): // an officer was faster
		c.note(ctx, casefile.Outside, casefile.EventMailAgain, e.mail.Key, objects...)
		return false, nil
	case answer.Said == casefile.AnswerNo:
		c.note(ctx, casefile.Outside, casefile.EventMailDenied, e.mail.Key, objects...)
		c.keepBack(ctx, *e.mail, casefile.HeldDenied, c.now(ctx))
		return false, c.send(ctx)
	}
	c.letGo(ctx, e.mail.SHA256)
	if answer.Said == casefile.AnswerElsewhere {
		c.note(ctx, casefile.Outside, casefile.EventMailElsewhere, e.mail.Key, objects...)
		return false, c.send(ctx)
	}
	c.note(ctx, casefile.Applicant, casefile.EventMailConfirmed, e.mail.Key, objects...)
	return true, nil
}

// releaseMail admits a mail that was held, as one that the applicant wrote, or dismisses it. An admitted mail is read again, and counts from the day on
// which it came.
func (c *application) releaseMail(ctx workflow.Context, e event) (event, error) {
	held, _ := c.letGo(ctx, e.act.Mail) // May has found it
	mail := held.Mail
	c.noteAct(ctx, e, mail.Key, mail.Ref)
	if (held.Why == casefile.HeldUnproven || held.Why == casefile.HeldStranger) && c.holds(ctx) {
		c.inquire(ctx, contract.Doubt{Mail: mail, Settled: true})
	}
	c.concludeEarly(ctx)
	if e.act.kind == casefile.DismissMail {
		if c.state.Stage == casefile.Received && c.state.Facts.Key == "" && len(c.state.Held) == 0 && c.holds(ctx) { // nobody has applied
			if err := c.become(ctx, casefile.Withdrawn); err != nil {
				return event{}, err
			}
		}
		return event{}, c.send(ctx)
	}
	mail.Vouched, mail.Asked = e.act.By, nil
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
