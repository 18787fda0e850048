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
	Expired            Stage = "expired"             // classée sans suite: what was asked for never came
	Withdrawn          Stage = "withdrawn"           // désistement
	InRepayment        Stage = "repaying"            // avance versée, en cours de remboursement
	Closed             Stage = "closed"              // close: decided, and the time of appeal is over
)

// Stages lists all stages in the order of the procedure.
var Stages = []Stage{Received, Incomplete, Complete, AwaitingCharter, UnderReview, Waitlisted, OnReserve, Granted, Rejected, ImplicitlyRejected,
	InRepayment, Expired, Withdrawn, Closed}

// arrows are the transitions the procedure knows. Everything else is a mistake of the engine.
var arrows = map[Stage][]Stage{
	Received:           {Incomplete, Complete, Withdrawn},
	Incomplete:         {Complete, Expired, Withdrawn},
	Complete:           {AwaitingCharter, UnderReview}, // it stays there for no time at all
	AwaitingCharter:    {UnderReview, Expired, Withdrawn},
	UnderReview:        {Incomplete, AwaitingCharter, Waitlisted, OnReserve, Granted, Rejected, ImplicitlyRejected, Withdrawn},
	Waitlisted:         {Granted, Rejected, ImplicitlyRejected, Withdrawn},
	OnReserve:          {Waitlisted, Granted, Rejected, Withdrawn},
	Granted:            {InRepayment, Closed, Withdrawn},
	InRepayment:        {Granted, Closed}, // granted again: the bank gave the advance back
	Rejected:           {Closed},
	ImplicitlyRejected: {Closed},
}

// CanBecome tells whether the procedure allows the transition.
func (s Stage) CanBecome(next Stage) bool { return slices.Contains(arrows[s], next) }

// Final tells whether nothing further happens by itself: mail that comes now is kept and answered, and changes nothing.
func (s Stage) Final() bool { return len(arrows[s]) == 0 }

// Decided tells whether an express or implicit decision was taken.
func (s Stage) Decided() bool {
	return s == Granted || s == InRepayment || s == Rejected || s == ImplicitlyRejected || s == Closed
}
