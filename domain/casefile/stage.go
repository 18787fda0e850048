package casefile

import "slices"

// Stage is where a case stands in the procedure.
type Stage string

// The stages, in the order of the procedure.
const (
	Received           Stage = "received"            // reçue: accepted from the mailbox, not yet read
	Incomplete         Stage = "incomplete"          // incomplète: documents or facts were asked for (CRPA L114-5)
	Complete           Stage = "complete"            // complète: everything asked for is there
	AwaitingCharter    Stage = "awaiting_charter"    // charte à signer
	UnderReview        Stage = "under_review"        // en instruction
	Waitlisted         Stage = "waitlisted"          // acceptée, en attente de crédits
	OnReserve          Stage = "on_reserve"          // sur liste complémentaire d'un appel à projets
	Granted            Stage = "granted"             // attribuée
	Rejected           Stage = "rejected"            // rejetée
	ImplicitlyRejected Stage = "implicitly_rejected" // rejet implicite: two months of silence (CRPA L231-4, 3°)
	UnderAppeal        Stage = "under_appeal"        // recours gracieux en instruction (CRPA L411-2)
	Hearing            Stage = "hearing"             // retrait envisagé: the holder of the aid is heard first (CRPA L122-1)
	Revoked            Stage = "revoked"             // aide retirée
	Expired            Stage = "expired"             // classée sans suite: what was asked for never came
	Withdrawn          Stage = "withdrawn"           // désistement
	InRepayment        Stage = "repaying"            // avance versée, en cours de remboursement
	Closed             Stage = "closed"              // close: decided, and the time of appeal is over
)

// Stages lists all stages in the order of the procedure.
var Stages = []Stage{Received, Incomplete, Complete, AwaitingCharter, UnderReview, Waitlisted, OnReserve, Granted, Rejected, ImplicitlyRejected,
	InRepayment, UnderAppeal, Hearing, Revoked, Expired, Withdrawn, Closed}

// arrows are the transitions the procedure knows. Everything else is a mistake of the engine.
var arrows = map[Stage][]Stage{
	Received:           {Incomplete, Complete, Withdrawn},
	Incomplete:         {Complete, Expired, Withdrawn},
	Complete:           {AwaitingCharter, UnderReview}, // it stays there for no time at all
	AwaitingCharter:    {UnderReview, UnderAppeal, Expired, Withdrawn},
	UnderReview:        {Incomplete, AwaitingCharter, Waitlisted, OnReserve, Granted, Rejected, ImplicitlyRejected, Withdrawn},
	Waitlisted:         {UnderReview, Granted, Rejected, ImplicitlyRejected, UnderAppeal, Withdrawn}, // back to review where the signatory does not sign
	OnReserve:          {Waitlisted, Granted, Rejected, Withdrawn},
	Granted:            {InRepayment, UnderAppeal, Hearing, Closed, Withdrawn},
	InRepayment:        {Granted, Closed}, // granted again: the bank gave the advance back
	Rejected:           {UnderAppeal, Closed},
	ImplicitlyRejected: {UnderAppeal, Closed},
	UnderAppeal:        {AwaitingCharter, Waitlisted, Granted, Rejected, ImplicitlyRejected, Revoked, Closed, Withdrawn},
	Hearing:            {Granted, Revoked, Closed},
	Revoked:            {UnderAppeal, Closed},
	// by an officer alone: a late appeal (CRPA L243-1), a withdrawal at any time (L242-2), money that has to come back
	Closed: {UnderAppeal, Hearing, Granted, Revoked},
}

// CanBecome tells whether the procedure allows the transition.
func (s Stage) CanBecome(next Stage) bool { return slices.Contains(arrows[s], next) }

// Final tells whether nothing further happens by itself: mail that comes now is kept and answered, and changes nothing.
func (s Stage) Final() bool { return s == Expired || s == Withdrawn || s == Closed }

// Decided tells whether an express or implicit decision was taken. It is so while an appeal is looked at as well: the decision
// stands until another replaces it.
func (s Stage) Decided() bool {
	switch s {
	case Granted, InRepayment, Rejected, ImplicitlyRejected, UnderAppeal, Hearing, Revoked, Closed:
		return true
	}
	return false
}
