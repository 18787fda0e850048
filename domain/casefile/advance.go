package casefile

import (
	"slices"
	"strings"
	"time"

	"relance/domain/loan"
)

// Repayment is how an advance is followed up, as the scheme has it: part of the Terms.
type Repayment struct {
	Notice    int   `json:"notice"`     // days before an instalment on which it is announced
	Reminders []int `json:"reminders"`  // days after an instalment that was not paid, on which the debtor is reminded (relance amiable)
	Formal    int   `json:"formal"`     // days after it, on which formal notice is given (mise en demeure)
	PayWithin int   `json:"pay_within"` // days that a formal notice gives
}

// Advance is a repayable advance (avance remboursable) from the day it was paid out.
type Advance struct {
	Book       *loan.Book  `json:"book"`
	Noticed    int         `json:"noticed,omitempty"`  // number of the last instalment that was announced
	Chased     int         `json:"chased,omitempty"`   // steps taken because something is late: reminders, then the formal notice
	Formal     time.Time   `json:"formal,omitzero"`    // when formal notice was given, for what is late now
	PayBy      time.Time   `json:"pay_by,omitzero"`    // until when it asks to be paid
	Proposal   *Proposal   `json:"proposal,omitempty"` // a new schedule that the debtor has not answered yet
	Agreed     []Agreement `json:"agreed,omitempty"`   // new schedules that were agreed
	Insolvency *Insolvency `json:"insolvency,omitempty"`
	Discharged time.Time   `json:"discharged,omitzero"` // the discharge (quitus) was given
}

// Proposal is a new schedule that an officer has proposed.
type Proposal struct {
	Plan   loan.Plan `json:"plan"`
	By     string    `json:"by"`
	At     time.Time `json:"at"`
	Letter Ref       `json:"letter,omitzero"` // that was sent
}

// Agreement is a new schedule with what proves that the debtor agreed to it.
type Agreement struct {
	Proposal
	Signed   time.Time `json:"signed"`
	Evidence Ref       `json:"evidence"` // the debtor's mail
}

// Insolvency is a collective proceeding against the debtor (procédure collective). Debts that were born before it cannot be
// claimed from the debtor any more (Code de commerce L622-7, L622-21): reminders stop, and the claim is declared to the
// mandataire judiciaire.
type Insolvency struct {
	Published time.Time `json:"published"` // in the BODACC
	By        string    `json:"by"`
	Claimed   time.Time `json:"claimed,omitzero"` // the claim was declared (L622-24)
	Late      bool      `json:"late,omitempty"`   // the period for declaring it has passed
	Ended     time.Time `json:"ended,omitzero"`   // the proceeding ended: a plan goes on, or the rest was given up
}

// Steps of the follow-up.
const (
	NoticeDeadline  DeadlineKind = "notice"  // the next instalment is announced
	ArrearsDeadline DeadlineKind = "arrears" // an instalment was not paid: the next step is taken
	ClaimDeadline   DeadlineKind = "claim"   // the claim has to be declared in a collective proceeding (Code de commerce R622-24)

	RuleDue       Rule = "due"       // an instalment is due
	RuleBefore    Rule = "before"    // so many days before
	RuleUnpaid    Rule = "unpaid"    // so many days after, unpaid
	RulePublished Rule = "published" // the opening of the proceeding was published
	RuleClaim     Rule = "claim"     // two months for declaring a claim
)

// The concerns of an advance.
const (
	ConcernReturned   Concern = "returned"   // a payment came back, or was stopped: it has to be confirmed anew
	ConcernArrears    Concern = "arrears"    // formal notice was given, and nothing came: an officer decides what follows
	ConcernRefund     Concern = "refund"     // more came than was owed: it has to be paid back
	ConcernClaim      Concern = "claim"      // the claim has to be declared in a collective proceeding
	ConcernReschedule Concern = "reschedule" // the debtor answered a proposed schedule in words that an officer has to read
)

// Repaying tells whether an advance is under way: paid out, and neither repaid nor given up.
func (s *State) Repaying() bool {
	return s.Stage == InRepayment && s.Advance != nil && s.Advance.Book != nil
}

// stopped tells whether nothing is asked of the debtor any more.
func (a *Advance) stopped() bool {
	return a.Insolvency != nil && a.Insolvency.Ended.IsZero() || !a.Discharged.IsZero() || a.Book.Owed() == 0
}

// ReckonRepayments puts the next steps of the follow-up in force: the notice before the next instalment, and what follows an
// instalment that is not paid.
func (s *State) ReckonRepayments(now time.Time) {
	s.Clear(NoticeDeadline, ArrearsDeadline)
	a, terms := s.Advance, s.Terms.Repayment
	if a == nil || a.Book == nil || terms == nil || a.stopped() {
		return
	}
	if late, _ := a.Book.Late(now); late == 0 {
		a.Chased, a.Formal, a.PayBy = 0, time.Time{}, time.Time{}
		s.Settle(ConcernArrears)
	}
	for _, i := range a.Book.Instalments {
		if i.Left() > 0 && i.N > a.Noticed && now.Before(EndOfDay(i.Payable())) {
			s.Set(announced(i, terms.Notice))
			break
		}
	}
	for _, i := range a.Book.Instalments {
		if i.Left() > 0 {
			s.setArrears(i, terms)
			break
		}
	}
}

func (s *State) setArrears(oldest loan.Instalment, terms *Repayment) {
	steps := append(slices.Clone(terms.Reminders), terms.Formal)
	if s.Advance.Chased < len(steps) {
		s.Set(unpaid(oldest, steps[s.Advance.Chased]))
	}
}

// announced is when an instalment is announced: on the morning of a working day.
func announced(i loan.Instalment, days int) Deadline {
	day := NextWorkday(AddDays(i.Payable(), -days))
	return Deadline{Kind: NoticeDeadline, At: day.Add(9 * time.Hour), Why: append(dueSteps(i), Step{Date: day, Rule: RuleBefore, N: days})}
}

// unpaid is when the next step follows an instalment that is not paid.
func unpaid(i loan.Instalment, days int) Deadline {
	day := AddDays(i.Payable(), days)
	why := append(dueSteps(i), Step{Date: day, Rule: RuleUnpaid, N: days})
	if open := NextWorkday(day); !open.Equal(day) {
		day = open
		why = append(why, Step{Date: day, Rule: RuleWorkday})
	}
	return Deadline{Kind: ArrearsDeadline, At: day.Add(9 * time.Hour), Why: why}
}

func dueSteps(i loan.Instalment) []Step {
	steps := []Step{{Date: Date(i.Due), Rule: RuleDue, N: i.N}}
	if payable := i.Payable(); !payable.Equal(Date(i.Due)) {
		steps = append(steps, Step{Date: payable, Rule: RuleWorkday})
	}
	return steps
}

// Claim is until when a claim is declared in a collective proceeding: within two months after the opening was published in the BODACC
// (Code de commerce R622-24, L622-26); an end on a day without work is carried to the next working day (Code de procédure
// civile art. 642).
func Claim(published time.Time) Deadline {
	day := AddMonths(published, 2)
	why := []Step{{Date: Date(published), Rule: RulePublished}, {Date: day, Rule: RuleClaim, N: 2}}
	if open := NextWorkday(day); !open.Equal(day) {
		day = open
		why = append(why, Step{Date: day, Rule: RuleWorkday})
	}
	return Deadline{Kind: ClaimDeadline, At: EndOfDay(day), Why: why}
}

// Bank is what an act on payments and repayments says beside its sum.
type Bank struct {
	Key    string     `json:"key,omitempty"`    // of a receipt: the same for one movement told twice
	On     time.Time  `json:"on,omitzero"`      // the day; none: today
	Run    int        `json:"run,omitempty"`    // send-payment: the number of the file
	Order  string     `json:"order,omitempty"`  // send-, return-payment: the order meant; empty: the one in force
	Reason string     `json:"reason,omitempty"` // return-payment: why, as the bank says
	Plan   *loan.Plan `json:"plan,omitempty"`   // propose-schedule
}

// on is the day that an act is about.
func (a Act) on(now time.Time) time.Time {
	if a.Bank == nil || a.Bank.On.IsZero() {
		return now
	}
	return a.Bank.On
}

// On is the day that an act is about: the one it names, else today.
func (a Act) On(now time.Time) time.Time { return a.on(now) }

func (s *State) mayRepay(kind ActKind, a Act) error {
	if s.Advance == nil || s.Advance.Book == nil {
		return refuse("aucune avance n'est versée sur ce dossier")
	}
	if s.Stage != InRepayment && s.Stage != Closed {
		return refuse("le remboursement attend ; le dossier est à l'étape « %s »", s.Stage)
	}
	b, bank := s.Advance.Book, a.Bank
	if bank == nil {
		bank = &Bank{}
	}
	switch kind {
	case RecordRepayment:
		if a.Amount <= 0 {
			return refuse("indiquez la somme reçue")
		}
	case ReverseRepayment:
		if !slices.ContainsFunc(b.Receipts, func(r loan.Receipt) bool { return r.Key == bank.Key }) {
			return refuse("aucun remboursement « %s » ; connus : %s", bank.Key, receiptKeys(b))
		}
	case RecordRefund:
		if a.Amount <= 0 || a.Amount > b.Credit() {
			return refuse("le trop-perçu à rendre est de %d centimes", b.Credit())
		}
	case ProposeSchedule:
		switch {
		case !s.Repaying():
			return refuse("l'avance n'est pas en cours de remboursement")
		case s.Advance.Insolvency != nil && s.Advance.Insolvency.Ended.IsZero():
			return refuse("une procédure collective est ouverte : l'échéancier ne se négocie plus avec le débiteur (C. com., L. 622-7)")
		case bank.Plan == nil:
			return refuse("indiquez le nouvel échéancier")
		}
		if err := b.Check(*bank.Plan); err != nil {
			return refuse("cet échéancier ne peut pas être établi : %v", err)
		}
	case DeclareInsolvency:
		if !s.Repaying() {
			return refuse("l'avance n'est pas en cours de remboursement")
		}
		if s.Advance.Insolvency != nil && s.Advance.Insolvency.Ended.IsZero() {
			return refuse("une procédure collective est déjà enregistrée")
		}
	case DeclareClaim, EndInsolvency, WriteOff:
		if kind != WriteOff && (s.Advance.Insolvency == nil || !s.Advance.Insolvency.Ended.IsZero()) {
			return refuse("aucune procédure collective n'est ouverte sur ce dossier")
		}
		if kind == WriteOff && (b.Owed() == 0 || !s.Repaying()) {
			return refuse("il ne reste rien à abandonner")
		}
		if kind == WriteOff && strings.TrimSpace(a.Text) == "" {
			return refuse("indiquez pourquoi le reste est abandonné (-text) : la décision d'admission en non-valeur, ou la clôture pour insuffisance d'actif")
		}
	}
	return nil
}

func receiptKeys(b *loan.Book) string {
	var keys []string
	for _, r := range b.Receipts {
		keys = append(keys, r.Key)
	}
	return strings.Join(keys, ", ")
}

// The acts. Their names are those of the updates that Temporal knows.
const (
	RecordRepayment   ActKind = "record-repayment"   // money came
	ReverseRepayment  ActKind = "reverse-repayment"  // the bank took it back
	RecordRefund      ActKind = "record-refund"      // what was overpaid was paid back
	ProposeSchedule   ActKind = "propose-schedule"   // a new schedule for what is owed, which the debtor has to agree to
	DeclareInsolvency ActKind = "declare-insolvency" // a collective proceeding was opened
	DeclareClaim      ActKind = "declare-claim"      // the claim was declared in it
	EndInsolvency     ActKind = "end-insolvency"     // it ended, and the advance is repaid on
	WriteOff          ActKind = "write-off"          // the rest will not be repaid (admission en non-valeur)
)

// repaymentActs are what officers do on the repayment of an advance.
var repaymentActs = actRows{
	{Kind: RecordRepayment, Code: "act.record-repayment", Command: "advance repay REFERENCE AMOUNT",
		May:  func(s *State, a Act) error { return s.mayRepay(RecordRepayment, a) },
		Help: `Enregistrer un remboursement d'avance, en centimes. {"by": "agent-01", "amount": 33333, "bank": {"key": "VIR-12", "on": "2021-03-01T00:00:00Z"}}`},
	{Kind: ReverseRepayment, Code: "act.reverse-repayment", Command: "advance repay REFERENCE -reverse KEY",
		May:  func(s *State, a Act) error { return s.mayRepay(ReverseRepayment, a) },
		Help: `Annuler un remboursement que la banque a repris. {"by": "agent-01", "bank": {"key": "VIR-12"}}`},
	{Kind: RecordRefund, Code: "act.record-refund", Command: "advance repay REFERENCE AMOUNT -refund",
		May:  func(s *State, a Act) error { return s.mayRepay(RecordRefund, a) },
		Help: `Enregistrer le trop-perçu rendu au débiteur. {"by": "agent-01", "amount": 100}`},
	{Kind: ProposeSchedule, Code: "act.propose-schedule", Command: "advance reschedule REFERENCE",
		May:  func(s *State, a Act) error { return s.mayRepay(ProposeSchedule, a) },
		Help: `Proposer un nouvel échéancier au débiteur. {"by": "agent-01", "bank": {"plan": {"count": 24, "every": 1, "first": "2022-03-31T00:00:00Z"}}}`},
	{Kind: DeclareInsolvency, Code: "act.declare-insolvency", Command: "advance insolvency REFERENCE -published DAY",
		May:  func(s *State, a Act) error { return s.mayRepay(DeclareInsolvency, a) },
		Help: `Enregistrer une procédure collective, à la date de sa publication au BODACC. {"by": "agent-01", "bank": {"on": "2022-03-31T00:00:00Z"}}`},
	{Kind: DeclareClaim, Code: "act.declare-claim", Command: "advance insolvency REFERENCE -claimed DAY",
		May:  func(s *State, a Act) error { return s.mayRepay(DeclareClaim, a) },
		Help: `Enregistrer la déclaration de créance. {"by": "agent-01"}`},
	{Kind: EndInsolvency, Code: "act.end-insolvency", Command: "advance insolvency REFERENCE -ended DAY",
		May:  func(s *State, a Act) error { return s.mayRepay(EndInsolvency, a) },
		Help: `Enregistrer la fin de la procédure collective ; l'avance se rembourse de nouveau. {"by": "agent-01"}`},
	{Kind: WriteOff, Code: "act.write-off", Command: "advance insolvency REFERENCE -write-off WHY",
		May:  func(s *State, a Act) error { return s.mayRepay(WriteOff, a) },
		Help: `Abandonner ce qui reste dû (admission en non-valeur). {"by": "agent-01", "text": "décision"}`},
}
