package casefile

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// ActKind is an officer's action on a case.
type ActKind string

// The actions an officer has.
const (
	Approve         ActKind = "approve"           // grant the aid
	Reject          ActKind = "reject"            // reject the application, with reasons
	RequestAct      ActKind = "request-documents" // ask for documents or facts
	Message         ActKind = "write-message"     // write to the applicant
	Assign          ActKind = "assign"            // put an officer in charge
	WithdrawAct     ActKind = "withdraw"          // record a withdrawal received otherwise than by mail
	SettleConcern   ActKind = "settle"            // what was raised has been dealt with
	Reexamine       ActKind = "reexamine"         // apply the rules again: a newer version, other cases, the register
	OrderPayment    ActKind = "order-payment"     // confirm an instalment (liquidation)
	RecordPayment   ActKind = "record-payment"    // the public accountant has paid it
	GiveUpPayment   ActKind = "give-up-payment"   // it will not be paid
	AdmitMail       ActKind = "admit-mail"        // the applicant wrote a mail that was held: the officer has made sure
	DismissMail     ActKind = "dismiss-mail"      // a mail that was held counts for nothing
	AcceptBank      ActKind = "accept-bank"       // the bank details that came are the applicant's: the officer has made sure
	RefuseBank      ActKind = "refuse-bank"       // those known before stay
	AcceptSignature ActKind = "accept-signature"  // a doubtful signature of the charter counts: the officer has made sure
	SignDecision    ActKind = "sign-decision"     // the signatory signs a prepared decision
	ReturnDecision  ActKind = "return-decision"   // the signatory does not: the officers decide anew
	RefuseSignature ActKind = "refuse-signature"  // it does not, and the applicant is asked again
	SendStopped     ActKind = "send-stopped"      // what a letter lacked is mended: try again
	AdmitLate       ActKind = "admit-late"        // an application that came after the closing of its call competes all the same

	SendPayment       ActKind = "send-payment"       // it goes to the bank or the treasury in a file of orders
	ReturnPayment     ActKind = "return-payment"     // the bank could not pay it, and gave the money back
	RecordRepayment   ActKind = "record-repayment"   // of an advance: money came
	ReverseRepayment  ActKind = "reverse-repayment"  // the bank took it back
	RecordRefund      ActKind = "record-refund"      // what was overpaid was paid back
	ProposeSchedule   ActKind = "propose-schedule"   // a new schedule for what is owed, which the debtor has to agree to
	DeclareInsolvency ActKind = "declare-insolvency" // a collective proceeding was opened
	DeclareClaim      ActKind = "declare-claim"      // the claim was declared in it
	EndInsolvency     ActKind = "end-insolvency"     // it ended, and the advance is repaid on
	WriteOff          ActKind = "write-off"          // the rest will not be repaid (admission en non-valeur)

	NotifyAct            ActKind = "notify"              // a letter was notified by another way, or goes to another address
	ReceiveAppealAct     ActKind = "receive-appeal"      // what came is an administrative appeal
	GrantAppeal          ActKind = "grant-appeal"        // a new decision that grants
	RejectAppeal         ActKind = "reject-appeal"       // the decision stands, with reasons
	GiveReasons          ActKind = "give-reasons"        // of an implicit rejection
	ProposeWithdrawalAct ActKind = "propose-withdrawal"  // of the grant: its holder is heard first
	RecordObservations   ActKind = "record-observations" // that came otherwise than by mail
	WithdrawGrant        ActKind = "withdraw-grant"      // after the hearing
	DropWithdrawal       ActKind = "drop-withdrawal"     // the grant stays
)

// ActKinds lists the actions.
var ActKinds = []ActKind{Approve, Reject, RequestAct, Message, Assign, WithdrawAct, SettleConcern, Reexamine, OrderPayment, RecordPayment, GiveUpPayment,
	AdmitMail, DismissMail, AcceptBank, RefuseBank, AcceptSignature, RefuseSignature, AdmitLate,
	SendPayment, ReturnPayment, RecordRepayment, ReverseRepayment, RecordRefund, ProposeSchedule, DeclareInsolvency, DeclareClaim, EndInsolvency, WriteOff,
	NotifyAct, ReceiveAppealAct, GrantAppeal, RejectAppeal, GiveReasons, ProposeWithdrawalAct, RecordObservations, WithdrawGrant, DropWithdrawal, SignDecision, ReturnDecision, SendStopped}

// Act is one action of an officer, as it is sent to the case.
type Act struct {
	ID        string `json:"id,omitempty"`        // the update id: the same action sent twice is one
	By        string `json:"by"`                  // the officer's identifier
	Amount    int64  `json:"amount,omitempty"`    // approve: cents; zero means what the formula gives
	Grounds   []Code `json:"grounds,omitempty"`   // reject: ids of the scheme's grounds and rules
	Documents []Code `json:"documents,omitempty"` // request: ids of the scheme's documents
	Text      string `json:"text,omitempty"`      // what the applicant is told besides, in the officer's own words
	Officer   string `json:"officer,omitempty"`   // assign: the identifier of who takes over
	Payment   Code   `json:"payment,omitempty"`   // of the payment acts: the instalment
	Seen      string `json:"seen,omitempty"`      // approve, reject: the SHA-256 of the letter as it was previewed, or its beginning; any other is refused
	Mail      string `json:"mail,omitempty"`      // admit, dismiss, receive-appeal, notify: the SHA-256 of the mail, or its beginning
	Bank      *Bank  `json:"bank,omitempty"`      // of payments and repayments

	Way     Code      `json:"way,omitempty"`    // how something came or went otherwise than by mail
	Date    time.Time `json:"date,omitzero"`    // when it did
	Proof   string    `json:"proof,omitempty"`  // what proves a notification: the number of a registered letter
	Letter  Code      `json:"letter,omitempty"` // notify: which letter; empty: the one that has not been notified
	Contact Ref       `json:"contact,omitzero"` // notify: an address of the applicant that the officer has verified, in the case folder
	Ground  Code      `json:"ground,omitempty"` // propose-withdrawal
	At      time.Time `json:"-"`                // legal: now, as the case knows it
}

// Done is what an officer is answered.
type Done struct {
	Reference string `json:"reference"`
	Stage     Stage  `json:"stage"`
	Amount    int64  `json:"amount,omitempty"`   // cents
	Again     bool   `json:"again,omitempty"`    // it had been carried out before
	Stopped   string `json:"stopped,omitempty"`  // why a letter that follows from it does not go yet
	More      int    `json:"more,omitempty"`     // approvals of other officers that are still needed
	Ahead     int    `json:"ahead,omitempty"`    // waitlisted: how many cases wait for money before this one
	Version   string `json:"version,omitempty"`  // reexamine: the version of the scheme the case is under
	Eligible  bool   `json:"eligible,omitempty"` // reexamine: what the rules say
}

// ErrRefused wraps every refusal of an action; its text says why, in words for an officer.
var ErrRefused = errors.New("action refusée")

func refuse(format string, args ...any) error {
	return fmt.Errorf("%w : "+format, append([]any{ErrRefused}, args...)...)
}

// Refuse makes a refusal of what an officer wanted.
func Refuse(format string, args ...any) error { return refuse(format, args...) }

// May tells whether an action can be carried out on the case as it stands. The error says why not and what could be done.
func (s *State) May(kind ActKind, a Act) error {
	if strings.TrimSpace(a.By) == "" {
		return refuse("indiquez l'agent qui agit (-by)")
	}
	if s.HasDone(a.ID) {
		return nil // it is answered again, and not done again
	}
	if err := s.mayGoOn(kind); err != nil {
		return err
	}
	switch kind {
	case SendStopped:
	case Approve:
		return s.mayApprove(a)
	case Reject:
		return s.mayReject(a)
	case RequestAct:
		return s.mayRequest(a)
	case Message:
		if strings.TrimSpace(a.Text) == "" {
			return refuse("le message est vide")
		}
	case Assign:
		if strings.TrimSpace(a.Officer) == "" {
			return refuse("indiquez à quel agent confier le dossier (-to)")
		}
	case WithdrawAct:
		if !s.Stage.CanBecome(Withdrawn) {
			return refuse("un dossier à l'étape « %s » ne peut plus être retiré", s.Stage)
		}
	case SettleConcern:
	case Reexamine:
		if s.Stage.Decided() || s.Stage.Final() {
			return refuse("la décision est prise ; les règles ne s'appliquent plus")
		}
	case OrderPayment, RecordPayment, GiveUpPayment, SendPayment, ReturnPayment:
		return s.mayPay(kind, a)
	case RecordRepayment, ReverseRepayment, RecordRefund, ProposeSchedule, DeclareInsolvency, DeclareClaim, EndInsolvency, WriteOff:
		return s.mayRepay(kind, a)
	case AdmitMail, DismissMail:
		return s.mayRelease(a)
	case AcceptBank, RefuseBank:
		return s.mayBank()
	case AcceptSignature, RefuseSignature:
		return s.mayJudge()
	case SignDecision, ReturnDecision:
		return s.maySign(kind)
	case AdmitLate:
		return s.mayAdmitLate(a)
	case NotifyAct:
		return s.mayNotify(a)
	case ReceiveAppealAct:
		return s.mayReceiveAppeal(a)
	case GrantAppeal:
		return s.mayGrantAppeal(a)
	case RejectAppeal:
		return s.mayRejectAppeal(a)
	case GiveReasons:
		return s.mayGiveReasons(a)
	case ProposeWithdrawalAct:
		return s.mayPropose(a)
	case RecordObservations, WithdrawGrant, DropWithdrawal:
		return s.mayHear(kind, a)
	default:
		return refuse("action inconnue « %s »", kind)
	}
	return nil
}

func (s *State) mayApprove(a Act) error {
	switch {
	case s.Decision != nil:
		return refuse("une décision a déjà été prise le %s", Date(s.Decision.At).Format("02/01/2006"))
	case s.Unsigned != nil:
		return refuse("une décision attend déjà la signature ; le signataire peut la renvoyer (relance sign return)")
	case s.Candidacy != nil:
		return refuse("ce dossier concourt à l'appel %s : il est classé avec les autres (relance call)", s.Candidacy.Call)
	case s.Stage != UnderReview:
		return refuse("seul un dossier en instruction peut être accepté ; celui-ci est à l'étape « %s »", s.Stage)
	case !s.IsComplete():
		return refuse("il manque des éléments au dossier : %s", s.lacking())
	case slices.Contains(s.Concerns, ConcernBank):
		return refuse("d'autres coordonnées bancaires sont arrivées : vérifiez-les d'abord (relance case bank)")
	case !s.Verdict.Eligible:
		return refuse("le dossier ne remplit pas les conditions suivantes : %s", strings.Join(s.Verdict.Failed, ", "))
	case a.Amount < 0 || a.Amount > s.Verdict.Amount:
		return refuse("le montant accordé va de 0,01 € à ce que donne le barème, soit %d centimes", s.Verdict.Amount)
	case s.Verdict.Amount <= 0 && s.Terms.Funded:
		return refuse("le barème ne donne aucun montant")
	case s.awaited() != "":
		return refuse("un avis est attendu : %s", s.awaited())
	case slices.ContainsFunc(s.Approvals, func(p Approval) bool { return p.By == a.By && p.Amount == s.sum(a) }):
		return refuse("vous avez déjà accepté ce dossier ; un autre agent doit l'accepter aussi")
	case s.Terms.Charter && s.Charter.Signed.IsZero():
		return refuse("la charte d'engagement n'est pas signée")
	case s.AgreementChanged():
		return refuse("le montant, la durée ou le différé ont changé depuis la signature du contrat d'avance ; il doit être signé de nouveau")
	case s.Verdict.Loan != nil && s.sum(a) != s.Verdict.Loan.Cents:
		return refuse("le contrat signé porte sur %d centimes ; pour prêter moins, demandez au demandeur d'écrire un autre montant : il signera un nouveau contrat", s.Verdict.Loan.Cents)
	}
	return nil
}

// lacking names what the case lacks.
func (s *State) lacking() string {
	var names []string
	for _, w := range s.Missing {
		names = append(names, Name(s.Terms.Documents, w.ID))
	}
	return strings.Join(names, ", ")
}

// awaited names the opinions that are still waited for.
func (s *State) awaited() string {
	var names []string
	for _, o := range s.Opinions {
		if o.Open() {
			names = append(names, cmp.Or(o.Of, o.ID))
		}
	}
	return strings.Join(names, ", ")
}

func (s *State) mayPay(kind ActKind, a Act) error {
	var names []string
	for _, i := range s.Instalments {
		names = append(names, i.ID)
	}
	i := s.Instalment(a.Payment)
	switch {
	case s.Stage == Hearing && (kind == OrderPayment || kind == SendPayment):
		return refuse("un retrait de l'aide est envisagé ; le versement attend son issue")
	case s.Stage != Granted && s.Stage != InRepayment && s.Stage != Hearing && (s.Stage != UnderAppeal || s.Standing() != Granted) && (s.Stage != Closed || kind == GiveUpPayment):
		return refuse("seule une aide attribuée se paie ; le dossier est à l'étape « %s »", s.Stage)
	case (kind == OrderPayment || kind == SendPayment) && slices.Contains(s.Concerns, ConcernBank):
		return refuse("d'autres coordonnées bancaires sont arrivées : vérifiez-les d'abord (relance case bank)")
	case i == nil:
		return refuse("versement inconnu « %s » ; possibles : %s", a.Payment, strings.Join(names, ", "))
	}
	return i.may(kind, a, Name(s.Terms.Documents, i.Against))
}

func (s *State) mayReject(a Act) error {
	switch {
	case s.Decision != nil:
		return refuse("une décision a déjà été prise le %s", Date(s.Decision.At).Format("02/01/2006"))
	case s.Unsigned != nil:
		return refuse("une décision attend déjà la signature ; le signataire peut la renvoyer (relance sign return)")
	case s.Appealing() != nil:
		return refuse("le recours est accepté et attend des crédits ou la charte")
	case s.Stage != UnderReview && s.Stage != Waitlisted && s.Stage != OnReserve:
		return refuse("seul un dossier en instruction peut être rejeté ; celui-ci est à l'étape « %s »", s.Stage)
	case len(a.Grounds) == 0:
		return refuse("une décision de rejet est motivée (CRPA L. 211-2) ; motifs possibles : %s", ids(s.Terms.Grounds))
	}
	return known("motif", a.Grounds, s.Terms.Grounds)
}

func (s *State) mayRequest(a Act) error {
	switch {
	case s.Unsigned != nil:
		return refuse("une décision attend la signature ; le signataire peut la renvoyer (relance sign return)")
	case s.Stage != UnderReview && s.Stage != Incomplete:
		return refuse("des pièces se demandent pendant l'instruction ; le dossier est à l'étape « %s »", s.Stage)
	case len(a.Documents) == 0:
		return refuse("indiquez les pièces à demander ; pièces possibles : %s", ids(s.Terms.Documents))
	}
	return known("pièce", a.Documents, s.Terms.Documents)
}

func known(what string, wanted []Code, list []Named) error {
	for _, id := range wanted {
		if !slices.ContainsFunc(list, func(n Named) bool { return n.ID == id }) {
			return refuse("%s inconnu(e) « %s » ; possibles : %s", what, id, ids(list))
		}
	}
	return nil
}

func ids(list []Named) string {
	names := make([]string, len(list))
	for i, n := range list {
		names[i] = n.ID
	}
	return strings.Join(names, ", ")
}

// sum is the amount an approval is about.
func (s *State) sum(a Act) int64 {
	if a.Amount == 0 {
		return s.Verdict.Amount
	}
	return a.Amount
}

// Decide records an express decision. The stage allows it once.
func (s *State) Decide(grant bool, a Act, at time.Time) {
	d := Decision{Grant: grant, By: a.By, At: at, Reason: a.Text, Seen: a.Seen, Officers: s.Approvers(a.By)}
	if grant {
		d.Amount = s.sum(a)
	} else {
		d.Grounds = a.Grounds
	}
	s.Replace(d)
}

// Approvers are all who took part in a decision: who approved, and who decided.
func (s *State) Approvers(by string) []string { return signers(s.Approvals, by) }

func signers(list []Approval, by string) []string {
	officers := []string{by}
	for _, a := range list {
		if !slices.Contains(officers, a.By) {
			officers = append(officers, a.By)
		}
	}
	return officers
}
