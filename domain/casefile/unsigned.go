package casefile

import (
	"slices"
	"time"
)

// Unsigned is a decision that officers have prepared and that waits for the signatory's hand: it is no decision yet, and nobody is told of it.
type Unsigned struct {
	Grant bool      `json:"grant"`
	Act   Act       `json:"act"` // of the officer who prepared it
	At    time.Time `json:"at"`  // legal
}

// Submit puts a prepared decision before the signatory.
func (s *State) Submit(grant bool, a Act, at time.Time) {
	s.Unsigned = &Unsigned{grant, a, at}
	s.Settle(ConcernDecision, ConcernQuestion, ConcernEnvelope)
	s.Raise(ConcernSignature)
}

// Take takes the prepared decision from the signatory's desk; nil where there is none.
func (s *State) Take() *Unsigned {
	u := s.Unsigned
	s.Unsigned = nil
	s.Settle(ConcernSignature)
	return u
}

// maySign tells whether a prepared decision can be signed or sent back.
func (s *State) maySign(kind ActKind) error {
	switch {
	case s.Unsigned == nil:
		return refuse("aucune décision n'attend de signature sur ce dossier")
	case kind == SignDecision && s.Unsigned.Grant && slices.Contains(s.Concerns, ConcernBank):
		return refuse("d'autres coordonnées bancaires sont arrivées : elles se vérifient d'abord (relance case bank)")
	}
	return nil
}

// The acts. Their names are those of the updates that Temporal knows.
const (
	SignDecision   ActKind = "sign-decision"   // the signatory signs a prepared decision
	ReturnDecision ActKind = "return-decision" // the signatory does not: the officers decide anew
)

// signingActs are what signatories do with a prepared decision.
var signingActs = actRows{
	{Kind: SignDecision, Code: "act.sign", Role: RoleSignatory, Command: "sign approve REFERENCE",
		May:  func(s *State, _ Act) error { return s.maySign(SignDecision) },
		Help: `Signer une décision préparée : elle est scellée et notifiée. {"by": "signataire-01"}`},
	{Kind: ReturnDecision, Code: "act.send-back", Role: RoleSignatory, Command: "sign return REFERENCE",
		May:  func(s *State, _ Act) error { return s.maySign(ReturnDecision) },
		Help: `Renvoyer une décision préparée aux agents. {"by": "signataire-01"}`},
}
