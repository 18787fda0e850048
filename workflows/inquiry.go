package workflows

import (
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"relance/contract"
	"relance/domain/casefile"
	"relance/domain/inquiry"
	"relance/intake/routing"
	"relance/letters/texts"
)

// asker is an inquiry while its workflow runs.
type asker struct {
	*Procedure
	state   inquiry.State
	pending []inquiryEvent

	mails, replies, settled workflow.ReceiveChannel
}

// inquiryEvent is the next thing that happens to an inquiry.
type inquiryEvent struct {
	mail    *inquiry.Waiting
	reply   *inquiry.Reply
	settled string // the SHA-256 of a mail that an officer has dealt with
}

// Inquiry asks one mailbox whether it wrote what came in its name. Everything that nothing proves comes to the inquiry of its address, so that this
// address gets one question a day, whatever is sent in its name; an answer takes each mail where it belongs, and what has none after five days is an
// officer's. It ends when there is nothing left to answer.
func (p *Procedure) Inquiry(ctx workflow.Context, in inquiry.Opening) error {
	a := &asker{Procedure: p, state: inquiry.State{ID: in.ID, Clock: in.Clock}}
	if in.State != nil {
		a.state = *in.State
	}
	if err := a.listen(ctx); err != nil {
		return err
	}
	if in.State == nil { // what it begins with
		if err := workflow.Await(ctx, a.comes); err != nil {
			return err
		}
	}
	for {
		a.show(ctx)
		if workflow.GetInfo(ctx).GetContinueAsNewSuggested() && !a.comes() {
			in.State = &a.state
			return workflow.NewContinueAsNewError(ctx, contract.InquiryWorkflow, in)
		}
		e, came, err := a.wait(ctx)
		switch {
		case err != nil:
			return err
		case came:
			a.on(ctx, e)
		case a.step(ctx):
			return nil
		}
	}
}

func (a *asker) listen(ctx workflow.Context) error {
	if err := workflow.SetQueryHandlerWithOptions(ctx, contract.InquiryQuery, func() (inquiry.State, error) { return a.state, nil },
		workflow.QueryHandlerOptions{Description: "Ce qui attend la réponse de cette adresse"}); err != nil {
		return err
	}
	a.mails, a.replies, a.settled = workflow.GetSignalChannel(ctx, contract.InquiryMail), workflow.GetSignalChannel(ctx, contract.InquiryReply), workflow.GetSignalChannel(ctx, contract.InquirySettled)
	return nil
}

// comes tells whether something has come.
func (a *asker) comes() bool {
	return len(a.pending) > 0 || a.mails.Len()+a.replies.Len()+a.settled.Len() > 0
}

// take takes in what has come.
func (a *asker) take() {
	for {
		var w inquiry.Waiting
		if !a.mails.ReceiveAsync(&w) {
			break
		}
		a.pending = append(a.pending, inquiryEvent{mail: &w})
	}
	for {
		var r inquiry.Reply
		if !a.replies.ReceiveAsync(&r) {
			break
		}
		a.pending = append(a.pending, inquiryEvent{reply: &r})
	}
	for {
		var sum string
		if !a.settled.ReceiveAsync(&sum) {
			break
		}
		a.pending = append(a.pending, inquiryEvent{settled: sum})
	}
}

func (a *asker) now(ctx workflow.Context) time.Time {
	return a.state.Clock.Legal(workflow.Now(ctx)).UTC()
}

// wait gives the oldest thing that has come; nothing where the next step is due first.
func (a *asker) wait(ctx workflow.Context) (e inquiryEvent, came bool, err error) {
	_, due := a.state.Next()
	for !a.comes() && a.now(ctx).Before(due) {
		left := a.state.Clock.Real(due).Sub(workflow.Now(ctx))
		if _, err := workflow.AwaitWithTimeout(ctx, max(left, time.Millisecond), a.comes); err != nil {
			return e, false, err
		}
	}
	a.take()
	if len(a.pending) == 0 {
		return e, false, nil
	}
	e, a.pending = a.pending[0], a.pending[1:]
	return e, true, nil
}

func (a *asker) on(ctx workflow.Context, e inquiryEvent) {
	switch {
	case e.mail != nil:
		a.onMail(ctx, *e.mail)
	case e.reply != nil:
		a.onReply(ctx, *e.reply)
	default:
		a.state.Settle(e.settled)
	}
}

// onMail lets a mail wait for its mailbox, unless it is proven after all, disowned, or more than is asked about.
func (a *asker) onMail(ctx workflow.Context, w inquiry.Waiting) {
	if _, known := a.state.Find(w.Name()); known {
		return
	}
	if w.Case == "" && !w.Choice {
		var found contract.Weighed
		a.effect(ctx, "Vérifier l'expéditeur", do.WeighMail, w.Mail, &found)
		switch {
		case found.Gone:
			return
		case found.Proven:
			a.believe(ctx, contract.Believing{ID: a.state.ID, Mail: w})
			return
		case found.Forged:
			a.leave(ctx, w, routing.Forged)
			return
		}
	}
	for _, one := range w.Each() {
		if _, left := a.state.Add(one, a.now(ctx)); left {
			reason := routing.TooMany
			if a.now(ctx).Before(a.state.Until) {
				reason = routing.Unasked
			}
			a.leave(ctx, one, reason)
		}
	}
}

// onReply takes what came to the address of a question. What is no answer to a question that can still be answered, or says more than that, is for an
// officer to read.
func (a *asker) onReply(ctx workflow.Context, r inquiry.Reply) {
	if a.state.HasHeard(r.Mail.Identity) {
		return
	}
	var said inquiry.Said
	a.effect(ctx, "Lire une réponse", do.ReadReply, contract.Reply{ID: a.state.ID, Reply: r}, &said)
	settled := a.state.Answer(r.Question, said, a.now(ctx))
	answer := casefile.MailboxAnswer{Said: casefile.AnswerYes, At: r.Mail.Received, Reply: r.Mail.Ref}
	if said.Word == inquiry.No {
		answer.Said = casefile.AnswerNo
	}
	for _, w := range settled {
		a.believe(ctx, contract.Believing{ID: a.state.ID, Mail: w, Answer: answer, Question: r.Question})
	}
	if len(settled) > 0 && !said.More {
		return
	}
	a.effect(ctx, "Confier une réponse à un agent", do.LeaveMail, contract.Leaving{Mail: r.Mail, Reason: string(routing.Reply), Copy: true}, nil)
}

// effect runs an activity. What cannot be done for good leaves the mail where it lies, in the officers' queue or with its case; the inquiry goes on.
func (a *asker) effect(ctx workflow.Context, summary string, activity, in, out any) (did bool) {
	err := effect(ctx, summary, activity, in, out)
	if err != nil {
		workflow.GetLogger(ctx).Error("a step of an inquiry is left out", "inquiry", a.state.ID, "step", summary, "error", err)
	}
	return err == nil
}

func (a *asker) believe(ctx workflow.Context, b contract.Believing) {
	var reference string
	a.effect(ctx, "Remettre le message à son dossier", do.BelieveMail, b, &reference)
}

// leave leaves a mail to officers. One that a case holds is theirs already.
func (a *asker) leave(ctx workflow.Context, w inquiry.Waiting, why routing.Reason) {
	if w.Case == "" {
		a.effect(ctx, "Confier un message aux agents", do.LeaveMail, contract.Leaving{Mail: w.Mail, Reason: string(why)}, nil)
	}
}

// step does what is due.
func (a *asker) step(ctx workflow.Context) (ended bool) {
	step, _ := a.state.Next()
	switch step {
	case inquiry.Ask:
		a.ask(ctx)
	case inquiry.Give:
		for _, w := range a.state.Overdue(a.now(ctx)) {
			a.leave(ctx, w, routing.Unanswered)
		}
		a.state.Forget(a.now(ctx))
	}
	return step == inquiry.End
}

// ask sends a question. Where the mailbox does not exist its mails are an officer's.
func (a *asker) ask(ctx workflow.Context) {
	q := contract.Asking{ID: a.state.ID, Question: a.state.Question(a.now(ctx))}
	for _, sum := range q.Question.Mails {
		w, _ := a.state.Find(sum)
		q.Mails = append(q.Mails, w)
	}
	var asked contract.Asked
	if !a.effect(ctx, "Demander à l'expéditeur s'il a écrit", do.AskMailbox, q, &asked) || asked.Later {
		a.state.Last = a.now(ctx) // tomorrow again
		return
	}
	a.state.Put(asked.Question)
	if asked.Refused == "" {
		return
	}
	for _, sum := range asked.Question.Mails {
		if w, found := a.state.Find(sum); found {
			a.state.Settle(sum)
			a.leave(ctx, w, routing.NoMailbox)
		}
	}
}

// show tells administrators what the inquiry waits for.
func (a *asker) show(ctx workflow.Context) {
	var b strings.Builder
	for _, w := range a.state.Waiting {
		what := w.Case
		if what == "" {
			what = w.Scheme
		}
		state := a.Labels.Asides[string(routing.Unproven)]
		if w.Left {
			state = a.Labels.Asides[string(routing.Unanswered)]
		}
		b.WriteString(fmt.Sprintf("- %s, %s, `%.12s` : %s\n", texts.Moment(w.At), what, w.Mail.SHA256, state))
	}
	if step, due := a.state.Next(); step != inquiry.End {
		b.WriteString("\n" + texts.Moment(due) + "\n")
	}
	workflow.SetCurrentDetails(ctx, b.String())
}
