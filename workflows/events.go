package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"relance/contract"
	"relance/domain/casefile"
	"relance/intake/reading"
	"relance/letters/texts"
	"relance/observe/telemetry"
)

// event is the next thing that happens to a case: a mail, an officer's action or a deadline.
type event struct {
	mail     *casefile.Mail
	reading  casefile.Reading // what the mail brought
	act      *act
	funds    bool              // money the case has waited for is held
	outcome  *casefile.Outcome // what the committee of the call has decided
	deadline casefile.Deadline // reached, and no longer in force
}

// act is an officer's action under way.
type act struct {
	casefile.Act
	kind   casefile.ActKind
	answer *once // of what the officer is told
}

// pays tells whether an officer acts on a payment.
func (e event) pays() bool { return e.act != nil && pays(e.act.kind) }

// listen takes in mails and actions, and answers questions about the state, from the first moment on.
func (c *application) listen(ctx workflow.Context) error {
	if err := workflow.SetQueryHandlerWithOptions(ctx, contract.StateQuery, func() (casefile.State, error) { return c.state, nil },
		workflow.QueryHandlerOptions{Description: "L'état complet du dossier"}); err != nil {
		return err
	}
	for _, kind := range casefile.ActKinds {
		if err := c.offer(ctx, kind); err != nil {
			return err
		}
	}
	funds, outcomes, mails := workflow.GetSignalChannel(ctx, contract.FundsSignal), workflow.GetSignalChannel(ctx, contract.OutcomeSignal), workflow.GetSignalChannel(ctx, contract.MailSignal)
	c.comes = func() bool { return len(c.pending) > 0 || funds.Len()+outcomes.Len()+mails.Len() > 0 }
	workflow.GoNamed(ctx, "funds", func(ctx workflow.Context) {
		for funds.Receive(ctx, nil) {
			c.pending = append(c.pending, event{funds: true})
		}
	})
	workflow.GoNamed(ctx, "outcomes", func(ctx workflow.Context) {
		for {
			var o casefile.Outcome
			if more := outcomes.Receive(ctx, &o); !more {
				return
			}
			c.pending = append(c.pending, event{outcome: &o})
		}
	})
	workflow.GoNamed(ctx, "mails", func(ctx workflow.Context) {
		for {
			var m casefile.Mail
			if more := mails.Receive(ctx, &m); !more {
				return
			}
			c.pending = append(c.pending, event{mail: &m})
		}
	})
	return nil
}

// offer lets officers carry out an action. A refused one leaves no trace in the history; an accepted one is answered
// once it has been carried out.
func (c *application) offer(ctx workflow.Context, kind casefile.ActKind) error {
	return workflow.SetUpdateHandlerWithOptions(ctx, string(kind),
		func(ctx workflow.Context, a casefile.Act) (casefile.Done, error) {
			if a.ID == "" {
				a.ID = workflow.GetCurrentUpdateInfo(ctx).ID
			}
			c.unsettle(ctx)
			answer, settle := workflow.NewFuture(ctx)
			c.pending = append(c.pending, event{act: &act{Act: a, kind: kind, answer: &once{Settable: settle}}})
			var done casefile.Done
			err := answer.Get(ctx, &done)
			return done, err
		},
		workflow.UpdateHandlerOptions{
			Description: descriptions[kind],
			Validator: func(ctx workflow.Context, a casefile.Act) error {
				if !c.ready || c.busy || c.comes() { // it is looked at when its turn comes: what came before may change everything
					return nil
				}
				a.At = c.now(ctx)
				return refusal(c.state.May(kind, a))
			},
		})
}

// descriptions tell what an update does where it is sent from the Temporal UI.
var descriptions = map[casefile.ActKind]string{
	casefile.Approve:           `Attribuer l'aide. {"by": "agent-01"} ; "amount" en centimes pour accorder moins que le barème`,
	casefile.Reject:            `Rejeter la demande, avec ses motifs. {"by": "agent-01", "grounds": ["effectif"], "text": "précisions"}`,
	casefile.RequestAct:        `Demander des pièces. {"by": "agent-01", "documents": ["bail"], "text": "précisions"}`,
	casefile.Message:           `Écrire au demandeur. {"by": "agent-01", "text": "votre message"}`,
	casefile.Assign:            `Confier le dossier à un agent. {"by": "agent-01", "officer": "agent-02"}`,
	casefile.WithdrawAct:       `Enregistrer un désistement reçu autrement que par courriel. {"by": "agent-01"}`,
	casefile.Reexamine:         `Appliquer de nouveau les règles du dispositif. {"by": "agent-01"}`,
	casefile.OrderPayment:      `Confirmer un versement. {"by": "agent-01", "payment": "solde"}`,
	casefile.RecordPayment:     `Enregistrer un versement fait par le comptable public. {"by": "agent-01", "payment": "solde"}`,
	casefile.GiveUpPayment:     `Renoncer à un versement ; ses crédits sont libérés. {"by": "agent-01", "payment": "solde", "text": "raison"}`,
	casefile.AdmitMail:         `Admettre un message retenu, après s'être assuré que le demandeur l'a écrit. {"by": "agent-01", "mail": "début de l'empreinte"}`,
	casefile.SendPayment:       `Noter le lot dans lequel un ordre de paiement est transmis. Utilisez « relance pay run ».`,
	casefile.ReturnPayment:     `Enregistrer un versement rendu par la banque. {"by": "agent-01", "payment": "versement", "bank": {"reason": "AC04"}}`,
	casefile.RecordRepayment:   `Enregistrer un remboursement d'avance, en centimes. {"by": "agent-01", "amount": 33333, "bank": {"key": "VIR-12", "on": "2021-03-01T00:00:00Z"}}`,
	casefile.ReverseRepayment:  `Annuler un remboursement que la banque a repris. {"by": "agent-01", "bank": {"key": "VIR-12"}}`,
	casefile.RecordRefund:      `Enregistrer le trop-perçu rendu au débiteur. {"by": "agent-01", "amount": 100}`,
	casefile.ProposeSchedule:   `Proposer un nouvel échéancier au débiteur. {"by": "agent-01", "bank": {"plan": {"count": 24, "every": 1, "first": "2022-03-31T00:00:00Z"}}}`,
	casefile.DeclareInsolvency: `Enregistrer une procédure collective, à la date de sa publication au BODACC. {"by": "agent-01", "bank": {"on": "2022-03-31T00:00:00Z"}}`,
	casefile.DeclareClaim:      `Enregistrer la déclaration de créance. {"by": "agent-01"}`,
	casefile.EndInsolvency:     `Enregistrer la fin de la procédure collective ; l'avance se rembourse de nouveau. {"by": "agent-01"}`,
	casefile.WriteOff:          `Abandonner ce qui reste dû (admission en non-valeur). {"by": "agent-01", "text": "décision"}`,
	casefile.DismissMail:       `Écarter un message retenu. {"by": "agent-01", "mail": "début de l'empreinte"}`,
	casefile.AcceptBank:        `Accepter les nouvelles coordonnées bancaires, après vérification auprès du demandeur. {"by": "agent-01"}`,
	casefile.RefuseBank:        `Garder les coordonnées bancaires connues. {"by": "agent-01"}`,
	casefile.AcceptSignature:   `Accepter une signature douteuse de la charte, après avoir comparé les deux documents. {"by": "agent-01"}`,
	casefile.SignDecision:      `Signer une décision préparée : elle est scellée et notifiée. {"by": "signataire-01"}`,
	casefile.ReturnDecision:    `Renvoyer une décision préparée aux agents. {"by": "signataire-01"}`,
	casefile.RefuseSignature:   `Refuser une signature douteuse de la charte ; le demandeur est invité à signer de nouveau. {"by": "agent-01", "text": "raison"}`,
	casefile.SettleConcern:     `Lever les signalements après les avoir traités. {"by": "agent-01"}`,
	casefile.AdmitLate:         `Admettre une candidature arrivée après la clôture de l'appel. {"by": "agent-01", "text": "raison"}`,
	casefile.SendStopped:       `Faire partir un courrier qui attendait d'être corrigé. {"by": "agent-01"}`,

	casefile.NotifyAct:            `Notifier un courrier par une autre voie. {"by": "agent-01", "way": "registered", "date": "2020-10-02T00:00:00+02:00", "proof": "1A 123 456 7890 1"} ; "way": "address" avec "mail", un message retenu : le renvoyer à l'adresse d'où il vient`,
	casefile.ReceiveAppealAct:     `Enregistrer un recours gracieux. {"by": "agent-02", "mail": "début de l'empreinte"}, ou "way": "paper" et "date"`,
	casefile.GrantAppeal:          `Faire droit au recours : une nouvelle décision attribue l'aide. {"by": "agent-02", "text": "précisions"} ; "amount" en centimes`,
	casefile.RejectAppeal:         `Rejeter le recours, avec ses raisons. {"by": "agent-02", "text": "réponse aux arguments"}`,
	casefile.GiveReasons:          `Communiquer les motifs d'un rejet implicite. {"by": "agent-01", "grounds": ["effectif"], "text": "précisions"}`,
	casefile.ProposeWithdrawalAct: `Envisager le retrait de l'aide : le bénéficiaire est d'abord entendu. {"by": "agent-01", "ground": "conditions", "text": "les faits reprochés"} ; "ground": conditions, illegal ou fraud ; "amount" en centimes : ce qui serait maintenu`,
	casefile.RecordObservations:   `Consigner des observations venues autrement que par courriel. {"by": "agent-01", "way": "oral", "date": "2020-10-02T00:00:00+02:00"}`,
	casefile.WithdrawGrant:        `Retirer l'aide, après la procédure contradictoire. {"by": "agent-01", "text": "précisions"}`,
	casefile.DropWithdrawal:       `Renoncer au retrait ; l'aide est maintenue. {"by": "agent-01", "text": "précisions"}`,
}

// refusal makes a refusal readable across Temporal: its text is all there is.
func refusal(err error) error {
	if err == nil {
		return nil
	}
	return temporal.NewNonRetryableApplicationError(err.Error(), "refused", nil)
}

// refuse answers an action that had been admitted but can no longer be carried out.
func (c *application) refuse(e event, format string, args ...any) {
	e.act.answer.SetError(refusal(fmt.Errorf("%w : "+format, append([]any{casefile.ErrRefused}, args...)...)))
}

// done answers an action that has been carried out.
func (c *application) done(e event) {
	c.state.Done(e.act.ID)
	e.act.answer.SetValue(casefile.Done{Reference: c.state.Reference, Stage: c.state.Stage, Amount: c.state.Amount(),
		Ahead: c.state.Ahead, Version: c.state.Terms.SchemeVersion, Eligible: c.state.Verdict.Eligible})
}

// next waits for the next thing that matters to the stage the case is at. What can happen at any time is dealt with
// here: mails by machines and strangers, a withdrawal, an officer's message, a change of officer.
func (c *application) next(ctx workflow.Context) (event, error) {
	e, err := c.wait(ctx)
	switch {
	case err != nil:
		return event{}, err
	case e.mail != nil:
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
	c.reading = time.Time{}
	c.show(ctx)
	c.busy = false
	defer func() { c.busy = true }()
	due, has := c.state.Next()
	if has && !c.now(ctx).Before(due.At) && !c.cameBefore(due.At) {
		return event{deadline: due}, nil
	}
	came := func() bool { return len(c.pending) > 0 }
	if !has {
		if err := workflow.Await(ctx, came); err != nil {
			return event{}, err
		}
		return c.pop(), nil
	}
	left := c.state.Clock.Real(due.At).Sub(workflow.Now(ctx))
	timer, cancel := workflow.WithCancel(ctx)
	defer cancel() // else the timer would fire one day for nothing
	ok, err := workflow.AwaitWithOptions(timer, workflow.AwaitOptions{Timeout: max(left, time.Millisecond), TimerOptions: workflow.TimerOptions{
		Summary: c.Labels.Deadline(due.Kind) + ", " + texts.Moment(due.At)}}, came)
	if err != nil {
		return event{}, err
	}
	if !ok {
		return event{deadline: due}, nil
	}
	return c.pop(), nil
}

// cameBefore tells whether something that has come is older than a deadline.
func (c *application) cameBefore(deadline time.Time) bool {
	if len(c.pending) == 0 {
		return false
	}
	m := c.pending[0].mail
	return m != nil && c.state.Clock.Legal(m.Received).Before(deadline)
}

func (c *application) pop() event {
	e := c.pending[0]
	c.pending = c.pending[1:]
	c.acting = e.act
	return e
}

// onMail reads a mail into the case. The event it gives back is empty where nothing is left for the stage to do.
func (c *application) onMail(ctx workflow.Context, e event) (event, error) {
	at := c.now(ctx)
	if c.state.HasSeen(e.mail.Identity) && e.mail.Vouched == "" {
		c.state.Note(casefile.Entry{At: at, Who: casefile.Applicant, What: "mail.again", On: e.mail.Key, Objects: []casefile.Ref{e.mail.Ref}})
		return event{}, nil
	}
	if c.state.Received.IsZero() {
		c.state.Received = c.state.Clock.Legal(e.mail.Received).UTC()
	}
	e.reading = c.read(ctx, *e.mail)
	if !e.reading.At.IsZero() {
		at = e.reading.At
		c.reading, c.readIn = at, workflow.GetInfo(ctx).GetCurrentHistoryLength()
	}
	ended := c.state.Stage.Final()
	c.state.TakeIn(*e.mail, e.reading, at)
	switch e.reading.From {
	case casefile.FromMachine:
		if e.reading.Receipt != "" {
			return event{}, c.takeSign(ctx, e, e.reading.Receipt)
		}
		return event{}, nil // nothing automatic is ever answered
	case casefile.FromBounce:
		return event{}, c.cameBack(ctx, e)
	case casefile.Unreadable:
		c.state.Raise(casefile.ConcernQuestion)
		return event{}, c.send(ctx)
	case casefile.FromExpert:
		return event{}, c.takeOpinion(ctx, e)
	case casefile.FromStranger:
		c.state.Raise(casefile.ConcernStranger)
		c.keepBack(ctx, *e.mail, casefile.HeldStranger, at)
		if back := e.reading.Return; back != nil {
			c.note(ctx, casefile.Outside, "charter."+back.Outcome, e.mail.Key, e.mail.Ref)
			c.state.Question(*back, e.mail.Ref, at)
		}
		return event{}, c.answer(ctx, casefile.Piece{Mail: "stranger", To: e.mail.Ref})
	case casefile.FromForged:
		c.keepBack(ctx, *e.mail, casefile.HeldForged, at)
		return event{}, c.send(ctx) // whoever wrote it is not the one who would be answered
	}
	c.sign(e, casefile.SignReply) // whoever answers has received
	if c.state.Stage.Decided() {
		c.state.Remember(*e.mail)
	}
	if e.reading.Unproven {
		c.keepBack(ctx, *e.mail, casefile.HeldUnproven, at)
		if err := c.answer(ctx, casefile.Piece{Mail: "unproven"}); err != nil || !e.reading.Useful {
			return event{}, err
		}
	}
	if e.reading.Bank {
		if err := c.answer(ctx, casefile.Piece{Mail: "bank-pending"}); err != nil {
			return event{}, err
		}
	}
	if e.reading.Intent == string(reading.Withdraw) && c.state.Stage.CanBecome(casefile.Withdrawn) && !ended {
		return event{}, c.withdraw(ctx, casefile.Applicant)
	}
	return e, nil
}

// keepBack keeps a mail back until an officer admits it.
func (c *application) keepBack(ctx workflow.Context, m casefile.Mail, why casefile.Code, at time.Time) {
	c.state.Hold(m, why, at)
	workflow.GetMetricsHandler(ctx).WithTags(map[string]string{"reason": string(why)}).Counter(telemetry.MailsHeld).Inc(1)
}

// onAct carries out the actions that are possible at any stage; the others are the stage's.
func (c *application) onAct(ctx workflow.Context, e event) (event, error) {
	e.act.At = c.now(ctx)
	if err := c.state.May(e.act.kind, e.act.Act); err != nil { // the case has moved on since the action was admitted
		e.act.answer.SetError(refusal(err))
		return event{}, nil
	}
	if c.state.HasDone(e.act.ID) {
		e.act.answer.SetValue(casefile.Done{Reference: c.state.Reference, Stage: c.state.Stage, Amount: c.state.Amount(), Again: true})
		return event{}, nil
	}
	at, a := c.now(ctx), e.act
	note := func(on string) {
		c.state.Note(casefile.Entry{At: at, Who: casefile.OfficerName(a.By), What: "act." + actCodes[a.kind], On: on})
	}
	switch a.kind {
	case casefile.Message:
		note("")
		c.state.Settle(casefile.ConcernQuestion, casefile.ConcernStranger, casefile.ConcernAfterEnd, casefile.ConcernAppeal)
		c.state.Recall(at)
		err := c.send(ctx, casefile.Piece{Mail: "message", Message: a.Text})
		c.done(e)
		return event{}, err
	case casefile.Assign:
		c.state.Officer = a.Officer
		note(a.Officer)
		c.done(e)
		return event{}, nil
	case casefile.SettleConcern:
		note("")
		if c.state.Stopped != nil && c.state.Stage != casefile.Waitlisted {
			c.state.Mended() // the decision is to be taken anew
		}
		c.state.SettleAll()
		if c.state.Stage == casefile.UnderReview {
			c.raiseDecision()
		}
		c.state.Recall(at)
		c.done(e)
		return event{}, nil
	case casefile.Reexamine:
		note("")
		if err := c.examine(ctx); err != nil {
			return event{}, err
		}
		var err error
		if c.state.Stage == casefile.UnderReview && !c.state.IsComplete() { // the rules that hold now ask for more
			err = c.askForMissing(ctx, casefile.Piece{Mail: "request"})
		} else {
			err = c.send(ctx)
		}
		c.done(e)
		return event{}, err
	case casefile.AdmitMail, casefile.DismissMail:
		return c.releaseMail(ctx, e)
	case casefile.SignDecision:
		return event{}, c.signPrepared(ctx, e)
	case casefile.ReturnDecision:
		return event{}, c.sendBack(ctx, e)
	case casefile.AcceptBank, casefile.RefuseBank:
		note("")
		return event{}, c.settleBank(ctx, e)
	case casefile.AdmitLate:
		return event{}, c.admitLate(ctx, e)
	case casefile.NotifyAct:
		return event{}, c.notify(ctx, e)
	case casefile.WithdrawAct:
		note("")
		err := c.withdraw(ctx, casefile.OfficerName(a.By))
		c.done(e)
		return event{}, err
	}
	return e, nil
}

// actCodes are the actions as the journal calls them.
var actCodes = map[casefile.ActKind]string{
	casefile.Approve: "approve", casefile.Reject: "reject", casefile.RequestAct: "request", casefile.Message: "message",
	casefile.Assign: "assign", casefile.WithdrawAct: "withdraw", casefile.SettleConcern: "settle",
	casefile.Reexamine: "reexamine", casefile.OrderPayment: "order-payment", casefile.RecordPayment: "record-payment",
	casefile.GiveUpPayment: "give-up-payment", casefile.AdmitMail: "admit-mail", casefile.DismissMail: "dismiss-mail",
	casefile.AcceptBank: "accept-bank", casefile.RefuseBank: "refuse-bank",
	casefile.SendPayment: "send-payment", casefile.ReturnPayment: "return-payment", casefile.RecordRepayment: "record-repayment",
	casefile.ReverseRepayment: "reverse-repayment", casefile.RecordRefund: "record-refund", casefile.ProposeSchedule: "propose-schedule",
	casefile.DeclareInsolvency: "declare-insolvency", casefile.DeclareClaim: "declare-claim", casefile.EndInsolvency: "end-insolvency", casefile.WriteOff: "write-off",
	casefile.AcceptSignature: "accept-signature", casefile.RefuseSignature: "refuse-signature",
	casefile.SignDecision: "sign", casefile.ReturnDecision: "send-back",
	casefile.AdmitLate: "admit-late",
	casefile.NotifyAct: "notify", casefile.ReceiveAppealAct: "receive-appeal", casefile.GrantAppeal: "grant-appeal",
	casefile.RejectAppeal: "reject-appeal", casefile.GiveReasons: "give-reasons", casefile.ProposeWithdrawalAct: "propose-withdrawal",
	casefile.RecordObservations: "record-observations", casefile.WithdrawGrant: "withdraw-grant", casefile.DropWithdrawal: "drop-withdrawal",
	casefile.SendStopped: "send-stopped",
}
