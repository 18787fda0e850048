package casefile

import (
	"fmt"
	"slices"
	"strings"
)

// OrderID is the identifier of a payment order of the case: with the case's reference it tells which instalment, and how often it
// had to be ordered anew. It is what a bank calls an end-to-end reference, of at most 35 characters.
func (s *State) OrderID(i int) string {
	return fmt.Sprintf("%s.%d.%d", s.Reference, i+1, s.Instalments[i].Try)
}

// Unplaced lists the instalments, by their position, of which nothing stands in the way of payment and no order was placed.
func (s *State) Unplaced() []int {
	var list []int
	if s.Stage != Granted && s.Stage != InRepayment && s.Stage != Closed || s.mayPayYet() != nil {
		return nil
	}
	for i, p := range s.Instalments {
		if (p.Status == PaymentDue || p.Status == PaymentOrdered) && p.Order != s.OrderID(i) {
			list = append(list, i)
		}
	}
	return list
}

// mayPay tells whether an act can be carried out on an instalment of the case.
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
	case (kind == OrderPayment || kind == SendPayment) && (slices.Contains(s.Concerns, ConcernGivenUp) || s.Recovering() != nil):
		return refuse("le bénéficiaire renonce à l'aide, ou doit en rendre une partie : rien d'autre ne se verse (relance case recover)")
	case (kind == OrderPayment || kind == SendPayment) && slices.Contains(s.Concerns, ConcernBank):
		return refuse("d'autres coordonnées bancaires sont arrivées : vérifiez-les d'abord (relance case bank)")
	case (kind == OrderPayment || kind == SendPayment) && s.mayPayYet() != nil:
		return s.mayPayYet()
	case i == nil:
		return refuse("versement inconnu « %s » ; possibles : %s", a.Payment, strings.Join(names, ", "))
	}
	return i.may(kind, a, Name(s.Terms.Documents, i.Against))
}

// may tells whether an act can be carried out on an instalment as it stands.
func (i *Instalment) may(kind ActKind, a Act, document string) error {
	switch {
	case kind == ReturnPayment:
		if i.Status != PaymentSent && i.Status != PaymentPaid {
			return refuse("le versement « %s » n'a pas été transmis ; il ne peut pas revenir", i.ID)
		}
		if a.Bank != nil && a.Bank.Order != "" && a.Bank.Order != i.Order {
			return refuse("l'ordre %s a été remplacé par %s", a.Bank.Order, i.Order)
		}
		return nil
	case i.Status == PaymentPaid || i.Status == PaymentGivenUp:
		return refuse("le versement « %s » est déjà soldé (%s)", i.ID, i.Status)
	case kind == OrderPayment && i.Status == PaymentAwaits && i.Milestone == "":
		return refuse("le versement « %s » attend un document : %s", i.ID, document)
	case kind == OrderPayment && i.Status == PaymentSent:
		return refuse("le versement « %s » est déjà transmis (lot %d)", i.ID, i.Run)
	case kind == GiveUpPayment && i.Status == PaymentSent:
		return refuse("le versement « %s » est transmis (lot %d) ; attendez que la banque l'exécute ou le rende", i.ID, i.Run)
	case kind == SendPayment:
		return i.maySend(a)
	case kind == RecordPayment && i.Status != PaymentOrdered && i.Status != PaymentDue && i.Status != PaymentSent:
		return refuse("le versement « %s » doit d'abord être confirmé (order-payment)", i.ID)
	}
	return nil
}

// maySend tells whether an order can go to the bank. An order that was sent may be sent in a later file: who makes the files sees to it
// that none is in two (package treasury).
func (i *Instalment) maySend(a Act) error {
	switch {
	case a.Bank == nil || a.Bank.Run <= 0:
		return refuse("indiquez le numéro du lot")
	case a.Bank.Order != i.Order:
		return refuse("l'ordre %s n'est pas celui en vigueur (%s)", a.Bank.Order, i.Order)
	case i.Status != PaymentDue && i.Status != PaymentOrdered && i.Status != PaymentSent:
		return refuse("le versement « %s » n'est pas à payer (%s)", i.ID, i.Status)
	}
	return nil
}

// AgreementChanged tells whether the agreement of an advance that was signed is not what the application now asks for.
func (s *State) AgreementChanged() bool {
	is, was := s.Verdict.Loan, s.Charter.Loan
	return is != nil && (was == nil || is.Cents != was.Cents || is.Months != was.Months || is.Deferral != was.Deferral || is.Every != was.Every)
}

// The acts. Their names are those of the updates that Temporal knows.
const (
	OrderPayment  ActKind = "order-payment"   // confirm an instalment (liquidation)
	SendPayment   ActKind = "send-payment"    // it goes to the bank or the treasury in a file of orders
	RecordPayment ActKind = "record-payment"  // the public accountant has paid it
	ReturnPayment ActKind = "return-payment"  // the bank could not pay it, and gave the money back
	GiveUpPayment ActKind = "give-up-payment" // it will not be paid
)

// paymentActs are what officers do on an instalment of the aid.
var paymentActs = actRows{
	{Kind: OrderPayment, Code: "act.order-payment", Command: "case pay REFERENCE INSTALMENT -order",
		May:  func(s *State, a Act) error { return s.mayPay(OrderPayment, a) },
		Help: `Confirmer un versement. {"by": "agent-01", "payment": "solde"}`},
	{Kind: SendPayment, Code: "act.send-payment", Command: "pay run",
		May:  func(s *State, a Act) error { return s.mayPay(SendPayment, a) },
		Help: `Noter le lot dans lequel un ordre de paiement est transmis. Utilisez « relance pay run ».`},
	{Kind: RecordPayment, Code: "act.record-payment", Command: "case pay REFERENCE INSTALMENT -paid",
		May:  func(s *State, a Act) error { return s.mayPay(RecordPayment, a) },
		Help: `Enregistrer un versement fait par le comptable public. {"by": "agent-01", "payment": "solde"}`},
	{Kind: ReturnPayment, Code: "act.return-payment", Command: "pay return ORDER",
		May:  func(s *State, a Act) error { return s.mayPay(ReturnPayment, a) },
		Help: `Enregistrer un versement rendu par la banque. {"by": "agent-01", "payment": "versement", "bank": {"reason": "AC04"}}`},
	{Kind: GiveUpPayment, Code: "act.give-up-payment", Command: "case pay REFERENCE INSTALMENT -give-up",
		May:  func(s *State, a Act) error { return s.mayPay(GiveUpPayment, a) },
		Help: `Renoncer à un versement ; ses crédits sont libérés. {"by": "agent-01", "payment": "solde", "text": "raison"}`},
}
