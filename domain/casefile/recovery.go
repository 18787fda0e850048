package casefile

import (
	"slices"
	"strings"
	"time"
)

// Recovery is money of an aid that was paid and has to come back (créance). The authority asks for it by a titre de recettes, which its finance
// software issues: the case keeps the number, watches the date, and counts what comes. The aid counts as granted until all of it is back.
type Recovery struct {
	Number   string      `json:"number"` // of the titre de recettes
	Cents    int64       `json:"cents"`
	GivenUp  bool        `json:"given_up,omitempty"` // the holder gives the aid up; otherwise the grant was withdrawn
	By       string      `json:"by"`
	Opened   time.Time   `json:"opened"`             // legal
	Due      time.Time   `json:"due"`                // legal: the last day on which it can be paid
	Reminded time.Time   `json:"reminded,omitzero"`  // legal
	Received []Recovered `json:"received,omitempty"` // what has come back
	// WrittenOff is the reference of the decision by which the rest was given up (admission en non-valeur, remise gracieuse).
	WrittenOff string    `json:"written_off,omitempty"`
	Ended      time.Time `json:"ended,omitzero"` // legal: all of it is back, or the rest was written off
}

// Recovered is a sum that has come back.
type Recovered struct {
	Key   string    `json:"key"` // the bank's or the accountant's reference: the same sum counts once
	Cents int64     `json:"cents"`
	On    time.Time `json:"on"`
	By    string    `json:"by"`
}

// Left is what has not come back, in cents.
func (r *Recovery) Left() int64 {
	left := r.Cents
	for _, sum := range r.Received {
		left -= sum.Cents
	}
	return left
}

// Recovering is the recovery under way; nil where there is none.
func (s *State) Recovering() *Recovery {
	if n := len(s.Recoveries); n > 0 && s.Recoveries[n-1].Ended.IsZero() {
		return &s.Recoveries[n-1]
	}
	return nil
}

// Gone is what has left for the bank, paid or on its way, in cents.
func (s *State) Gone() int64 {
	sum := s.Paid()
	for _, i := range s.Instalments {
		if i.Status == PaymentSent {
			sum += i.Cents
		}
	}
	return sum
}

// Kept is what the holder has of the aid: paid, and neither given back nor asked back in vain.
func (s *State) Kept() int64 {
	kept := s.Paid()
	for _, r := range s.Recoveries {
		kept -= r.Cents - r.Left()
		if r.WrittenOff != "" {
			kept -= r.Left()
		}
	}
	return kept
}

// GivenBack tells whether an aid that its holder gives up is wholly back: nothing of it stays granted.
func (s *State) GivenBack() bool {
	n := len(s.Recoveries)
	return n > 0 && s.Recoveries[n-1].GivenUp && s.Recoveries[n-1].Left() == 0 && s.Kept() == 0 && s.Stage == Granted
}

// OpenRecovery records that money has to come back.
func (s *State) OpenRecovery(a Act, at time.Time) {
	s.Recoveries = append(s.Recoveries, Recovery{Number: strings.TrimSpace(a.Proof), Cents: a.Amount, GivenUp: s.Owed() == 0, By: a.By, Opened: at, Due: a.Date})
	s.Set(Deadline{Kind: RecoveryDeadline, At: EndOfDay(a.Date), Why: []Step{{Date: Date(a.Date), Rule: RuleTitle}}})
	s.Settle(ConcernGivenUp)
}

// Recover counts a sum that has come back, and tells whether that was the last.
func (s *State) Recover(a Act, at time.Time) (ended bool) {
	r := s.Recovering()
	r.Received = append(r.Received, Recovered{Key: strings.TrimSpace(a.Proof), Cents: a.Amount, On: a.Date, By: a.By})
	if r.Left() == 0 {
		s.endRecovery(r, at)
	}
	return r.Left() == 0
}

// WriteOffRecovery gives up what has not come back, by a decision that the act names.
func (s *State) WriteOffRecovery(a Act, at time.Time) {
	r := s.Recovering()
	r.WrittenOff = strings.TrimSpace(a.Proof)
	s.endRecovery(r, at)
}

func (s *State) endRecovery(r *Recovery, at time.Time) {
	r.Ended = at
	s.Clear(RecoveryDeadline)
	s.Settle(ConcernRecovery, ConcernGivenUp)
}

// The end of the period in which a titre de recettes is to be paid.
const (
	RecoveryDeadline DeadlineKind = "recovery"
	RuleTitle        Rule         = "title" // the date on the titre de recettes
)

// The concerns of money that has to come back.
const (
	ConcernGivenUp  Concern = "given_up" // the holder gives up an aid that was paid: an officer opens the recovery
	ConcernRecovery Concern = "recovery" // it is due and has not come
)

// The acts. Their names are those of the updates that Temporal knows.
const (
	OpenRecovery     ActKind = "open-recovery"      // of an aid that was paid: a titre de recettes was issued
	RecordRecovered  ActKind = "record-recovered"   // a sum has come back
	WriteOffRecovery ActKind = "write-off-recovery" // the rest was given up by a decision
)

// recoveryActs are what officers do with money that has to come back.
var recoveryActs = actRows{
	{Kind: OpenRecovery, Code: "act.open-recovery", Command: "case recover REFERENCE open",
		About: "follow a titre de recettes for an aid that was paid", Takes: []string{"amount", "number=proof", "due=date", "text"},
		May: (*State).mayOpenRecovery,
		Help: `Suivre le titre de recettes émis pour une aide versée à rendre. {"by": "agent-01", "proof": "2021-T-118", "amount": 120000, ` +
			`"date": "2021-03-31T00:00:00+02:00"}`},
	{Kind: RecordRecovered, Code: "act.record-recovered", Command: "case recover REFERENCE paid",
		About: "follow a titre de recettes for an aid that was paid", Takes: []string{"amount", "number=proof", "due=date"},
		May:  func(s *State, a Act) error { return s.mayRecover(RecordRecovered, a) },
		Help: `Enregistrer une somme rendue. {"by": "agent-01", "proof": "référence du virement", "amount": 120000, "date": "2021-03-31T00:00:00+02:00"}`},
	{Kind: WriteOffRecovery, Code: "act.write-off-recovery", Command: "case recover REFERENCE write-off",
		About: "follow a titre de recettes for an aid that was paid", Takes: []string{"number=proof", "text"},
		May:  func(s *State, a Act) error { return s.mayRecover(WriteOffRecovery, a) },
		Help: `Abandonner ce qui reste dû, avec la référence de la décision. {"by": "agent-01", "proof": "délibération 2022-45"}`},
}

func (s *State) mayOpenRecovery(a Act) error {
	most := s.Kept()
	if owed := s.Owed(); owed > 0 {
		most = min(most, owed)
	}
	switch {
	case s.Advance != nil:
		return refuse("une avance se rembourse selon son échéancier (relance advance)")
	case s.Gone() == 0:
		return refuse("rien n'a été versé au titre de ce dossier")
	case s.Paid() == 0:
		return refuse("le versement est en cours ; attendez que la banque l'exécute ou le rende")
	case s.Stage != Granted && s.Stage != Revoked && s.Stage != Closed:
		return refuse("un titre de recettes se suit sur une aide attribuée ou retirée ; le dossier est à l'étape « %s »", s.Stage)
	case s.Recovering() != nil:
		return refuse("le titre %s est déjà suivi", s.Recovering().Number)
	case strings.TrimSpace(a.Proof) == "":
		return refuse("indiquez le numéro du titre de recettes (-number)")
	case a.Date.IsZero() || Date(a.Date).Before(Date(a.At)):
		return refuse("indiquez la date limite de paiement, à venir (-due)")
	case a.Amount <= 0 || a.Amount > most:
		return refuse("le montant à rendre va de 0,01 € à %d centimes, ce que le bénéficiaire a reçu (-amount)", most)
	}
	return nil
}

func (s *State) mayRecover(kind ActKind, a Act) error {
	r := s.Recovering()
	switch {
	case r == nil:
		return refuse("aucun titre de recettes n'est suivi sur ce dossier (relance case recover %s open)", s.Reference)
	case strings.TrimSpace(a.Proof) == "" && kind == WriteOffRecovery:
		return refuse("indiquez la référence de la décision qui abandonne la créance (-number)")
	case kind == WriteOffRecovery:
		return nil
	case strings.TrimSpace(a.Proof) == "":
		return refuse("indiquez la référence de la somme reçue (-number)")
	case a.Amount <= 0 || a.Amount > r.Left():
		return refuse("il reste %d centimes à rendre (-amount)", r.Left())
	case a.Date.IsZero() || Date(a.Date).After(Date(a.At)):
		return refuse("indiquez le jour où la somme est arrivée (-due)")
	case slices.ContainsFunc(r.Received, func(x Recovered) bool { return x.Key == strings.TrimSpace(a.Proof) }):
		return refuse("la somme %s est déjà enregistrée", a.Proof)
	}
	return nil
}
