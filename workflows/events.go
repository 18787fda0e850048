package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"relance/contract"
	"relance/domain/casefile"
	"relance/intake/reading"
	"relance/letters/texts"
)

// event is the next thing that happens to a case: a mail, an officer's action or a deadline.
type event struct {
	mail     *casefile.Mail
	reading  casefile.Reading // what the mail brought
	act      *act
	funds    bool              // money the case has waited for is held
	outcome  *casefile.Outcome // what the committee of the call has decided
	found    []casefile.Found  // mails that went out before the case was restored
	deadline casefile.Deadline // reached, and no longer in force
}

// act is an officer's act under way.
type act struct {
	casefile.Act
	*request[casefile.ActKind, casefile.Done]
}

// listen takes in mails and acts, and answers questions about the state, from the first moment on.
func (c *application) listen(ctx workflow.Context) error {
	if err := workflow.SetQueryHandlerWithOptions(ctx, contract.StateQuery, func() (casefile.State, error) { return c.state, nil },
		workflow.QueryHandlerOptions{Description: "L'état complet du dossier"}); err != nil {
		return err
	}
	for _, row := range casefile.ActTable {
		if err := updates(ctx, &c.queue, c.offer(row)); err != nil {
			return err
		}
	}
	signals(ctx, &c.queue, contract.FundsSignal, func(any) event { return event{funds: true} })
	signals(ctx, &c.queue, contract.OutcomeSignal, func(o casefile.Outcome) event { return event{outcome: &o} })
	signals(ctx, &c.queue, contract.MailSignal, func(m casefile.Mail) event { return event{mail: &m} })
	signals(ctx, &c.queue, contract.FoundSignal, func(mails []casefile.Found) event { return event{found: mails} })
	return nil
}

// offer lets officers do an act of the table.
func (c *application) offer(row casefile.ActRow) offer[casefile.ActKind, casefile.Act, casefile.Done, event] {
	return offer[casefile.ActKind, casefile.Act, casefile.Done, event]{kind: row.Kind, help: row.Help,
		who: func(ctx workflow.Context, a casefile.Act) error { return c.mayAct(ctx, row, a) },
		judge: func(ctx workflow.Context, a casefile.Act) error {
			a.At = c.now(ctx)
			if err := c.state.May(row.Kind, a); err != nil || c.state.Acts.Has(a.ID) {
				return err
			}
			if err := c.state.Since(a); err != nil {
				return err
			}
			return c.state.Apart(row.Kind, a)
		},
		event: func(ctx workflow.Context, a casefile.Act, r *request[casefile.ActKind, casefile.Done]) event {
			if a.ID == "" {
				a.ID = workflow.GetCurrentUpdateInfo(ctx).ID
			}
			c.unsettle(ctx)
			sum := a.Sum(row.Kind)
			r.finish = func() { c.finish(a.ID, sum, &r.done) }
			return event{act: &act{a, r}}
		}}
}

// finish remembers an act that was done, and completes what is answered.
func (c *application) finish(id, sum string, d *casefile.Done) {
	if !d.Again {
		c.state.Acts.Add(id, sum)
	}
	d.Reference, d.Stage = c.state.Reference, c.state.Stage
	if d.Amount == 0 {
		d.Amount = c.state.Amount()
	}
	if d.More == 0 && d.Stopped == "" && !d.Again {
		d.Ahead, d.Version, d.Eligible = c.state.Ahead, c.state.Terms.SchemeVersion, c.state.Verdict.Eligible
	}
}

// next waits for the next thing that matters to the stage the case is at. What can happen at any time is dealt with
// here: mails by machines and strangers, a withdrawal, an officer's message, a change of officer.
func (c *application) next(ctx workflow.Context) (event, error) {
	e, err := c.wait(ctx)
	c.cause = e.deadline.At
	switch {
	case err != nil:
		return event{}, err
	case e.found != nil:
		return event{}, c.onFound(ctx, e.found)
	case e.mail != nil:
		c.onlyByAct(ctx, e.mail)
		return c.onMail(ctx, e)
	case e.act != nil:
		return c.onAct(ctx, e)
	case e.outcome != nil:
		return event{}, c.onOutcome(ctx, *e.outcome)
	case e.deadline.Kind == casefile.OpinionDeadline:
		c.state.Clear(e.deadline.Kind)
		return event{}, c.goOnWithoutOpinions(ctx)
	case e.deadline.Kind == casefile.AnswerDeadline:
		c.state.Clear(e.deadline.Kind)
		return event{}, c.unanswered(ctx, e.deadline)
	case e.deadline.Kind != "":
		c.state.Clear(e.deadline.Kind)
	}
	return e, nil
}

// wait gives the oldest thing that has come, or the first deadline that is reached. A mail that reached the authority
// before a deadline counts as in time however late it is read.
func (c *application) wait(ctx workflow.Context) (event, error) {
	c.reading, c.arrived, c.idle = time.Time{}, time.Time{}, false
	c.show(ctx)
	due, has := c.due(ctx)
	if has && !c.now(ctx).Before(due.At) && !c.cameBefore(due.At) {
		return event{deadline: due}, nil
	}
	var a *alarm
	if has {
		a = &alarm{c.state.Clock.Real(due.At).Sub(workflow.Now(ctx)), c.Labels.Deadline(due.Kind) + ", " + texts.Moment(due.At)}
	}
	came, err := c.await(ctx, a, func() bool { return len(c.pending) > 0 })
	switch {
	case err != nil:
		return event{}, err
	case !came:
		return event{deadline: due}, nil
	}
	e := c.take()
	if e.act != nil {
		c.acting = e.act
	}
	return e, nil
}

// cameBefore tells whether something that has come is older than a deadline.
func (c *application) cameBefore(deadline time.Time) bool {
	if len(c.pending) == 0 {
		return false
	}
	m := c.pending[0].mail
	return m != nil && c.state.Clock.Legal(m.Received).Before(deadline)
}

// onMail reads a mail into the case. The event it gives back is empty where nothing is left for the stage to do.
func (c *application) onMail(ctx workflow.Context, e event) (event, error) {
	at := c.now(ctx)
	c.cause = c.state.Clock.Legal(e.mail.Received)
	if e.mail.Asked != nil {
		if counts, err := c.onAnswer(ctx, e); err != nil || !counts {
			return event{}, err
		}
	}
	if c.state.HasSeen(e.mail.Identity) && !e.mail.Believed() {
		c.state.Note(casefile.Entry{At: at, Who: casefile.Applicant, What: casefile.EventMailAgain, On: e.mail.Key, Objects: []casefile.Ref{e.mail.Ref}})
		return event{}, nil
	}
	if c.state.Received.IsZero() || c.state.Facts.Key == "" {
		c.state.Received = e.mail.Came(c.state.Clock)
	}
	e.reading = c.read(ctx, *e.mail)
	if !e.reading.At.IsZero() {
		at = e.reading.At
		c.reading, c.readIn = at, workflow.GetInfo(ctx).GetCurrentHistoryLength()
	}
	if e.mail.Believed() && c.holds(ctx) {
		c.arrived = e.mail.Came(c.state.Clock)
	}
	ended := c.state.Stage.Final()
	account := c.state.Kin.IBAN
	c.state.TakeIn(*e.mail, e.reading, at)
	if e.mail.Vouched != "" && c.state.Kin.IBAN != account {
		c.state.AccountBy = e.mail.Vouched
	}
	if e.reading.From != casefile.FromApplicant {
		return event{}, c.onOther(ctx, e, at)
	}
	c.idle = !e.reading.Useful && e.reading.Return == nil && e.reading.Intent == "" && e.reading.Contests == "" && !e.reading.Bank && !e.reading.Offers
	c.sign(e, casefile.SignReply) // whoever answers has received
	if e.reading.Proven {
		c.state.Said = e.mail.SHA256
	}
	if c.state.Stage.Decided() {
		c.state.Remember(*e.mail)
	}
	if e.reading.Unproven {
		c.keepBack(ctx, *e.mail, casefile.HeldUnproven, at)
		if err := c.askMailbox(ctx, e); err != nil || !e.reading.Useful {
			return event{}, err
		}
	}
	if e.reading.Bank {
		if err := c.answer(ctx, casefile.Piece{Mail: casefile.BankPendingMail}); err != nil {
			return event{}, err
		}
	}
	if e.reading.Intent == string(reading.Withdraw) && c.state.Stage.CanBecome(casefile.Withdrawn) && !ended {
		return event{}, c.giveUp(ctx, e)
	}
	if e.reading.Query && !e.reading.Bank && !e.reading.Offers && !e.reading.Unproven && !ended &&
		workflow.GetVersion(ctx, stateQuestions, workflow.DefaultVersion, 1) != workflow.DefaultVersion {
		return event{}, c.tellState(ctx, e)
	}
	return e, nil
}

// stateQuestions is a change: before it, an officer answered who asks where the case stands.
const stateQuestions = "state-questions"

// tellState answers who asks where the case stands. The officer finds question and answer in the case, and is not called.
func (c *application) tellState(ctx workflow.Context, e event) error {
	if c.state.SentOn(c.now(ctx)) < answersADay {
		c.note(ctx, casefile.Applicant, casefile.EventMailQuery, e.mail.Key)
	}
	return c.answer(ctx, casefile.Piece{Mail: casefile.StateMail})
}

// onFound takes in mails that went out before the case was restored, and stores it.
func (c *application) onFound(ctx workflow.Context, mails []casefile.Found) error {
	if !c.state.Find(mails, c.now(ctx)) {
		return nil
	}
	return c.send(ctx)
}

// onOther deals with a mail that is not the applicant's, or that nothing proves to be.
func (c *application) onOther(ctx workflow.Context, e event, at time.Time) error {
	switch e.reading.From {
	case casefile.FromMachine:
		if e.reading.Receipt != "" {
			return c.takeSign(ctx, e, e.reading.Receipt)
		}
	case casefile.FromBounce:
		return c.cameBack(ctx, e)
	case casefile.FromExpert:
		return c.takeOpinion(ctx, e)
	case casefile.FromStranger:
		return c.onStranger(ctx, e, at)
	case casefile.FromUnproven:
		c.keepBack(ctx, *e.mail, casefile.HeldUnproven, at)
		return c.askMailbox(ctx, e)
	case casefile.FromForged: // whoever wrote it is not the one who would be answered
		c.keepBack(ctx, *e.mail, casefile.HeldForged, at)
		return c.storeLater(ctx)
	case casefile.FromReplayed:
		c.keepBack(ctx, *e.mail, casefile.HeldReplayed, at)
		return c.storeLater(ctx)
	case casefile.Unreadable:
		c.state.Raise(casefile.ConcernQuestion)
		return c.storeLater(ctx)
	}
	return nil // nothing automatic is ever answered, and what comes again changes nothing
}

// onStranger keeps a mail from another address than the applicant's. Its sender is told so, unless somebody else may be.
func (c *application) onStranger(ctx workflow.Context, e event, at time.Time) error {
	c.state.Raise(casefile.ConcernStranger)
	c.keepBack(ctx, *e.mail, casefile.HeldStranger, at)
	if e.reading.Unproven {
		return c.askMailbox(ctx, e)
	}
	if back := e.reading.Return; back != nil {
		c.note(ctx, casefile.Outside, casefile.EventReturn(back.Outcome), e.mail.Key, e.mail.Ref)
		c.state.Question(*back, e.mail.Ref, at)
	}
	c.idle = true
	return c.answer(ctx, casefile.Piece{Mail: casefile.StrangerMail, To: e.mail.Ref})
}
