package casefile

import (
	"strings"
	"time"
)

// Candidacy is the part that a case takes in a session of a call for projects (appel à projets).
type Candidacy struct {
	Call     string    `json:"call"`               // identifier of the session: call-SCHEME-NUMBER
	Closes   time.Time `json:"closes"`             // legal: the first instant at which it is too late
	Filed    time.Time `json:"filed"`              // legal: when the authority's mail server had it
	Late     bool      `json:"late,omitempty"`     // that was too late
	Dated    bool      `json:"dated,omitempty"`    // it is late by little, and dated before the closing by its sender
	Admitted string    `json:"admitted,omitempty"` // the officer who lets it compete though it was late
	Told     Notice    `json:"told,omitzero"`      // what the call was last told
	Outcome  *Outcome  `json:"outcome,omitempty"`  // what the session decided
	Letter   Ref       `json:"letter,omitzero"`    // that told of the reserve list
	Notified time.Time `json:"notified,omitzero"`  // legal: when
}

// Candidate is where a case stands, as its call sees it.
type Candidate string

// How a call sees its cases.
const (
	CandidateOpen         Candidate = "open"         // something is still missing
	CandidateAdmissible   Candidate = "admissible"   // recevable: complete, in time, and the rules are met
	CandidateInadmissible Candidate = "inadmissible" // late, or a rule is not met: an officer decides
	CandidateReserve      Candidate = "reserve"      // on the reserve list
	CandidateWaiting      Candidate = "waiting"      // awarded, and the plan has no money for it yet
	CandidateAwarded      Candidate = "awarded"
	CandidateRejected     Candidate = "rejected"
	CandidateGone         Candidate = "gone" // withdrawn, or never completed
)

// Notice is what a case tells its call. It names nobody.
type Notice struct {
	Reference string    `json:"reference"`
	Filed     time.Time `json:"filed,omitzero"`     // legal
	Completed time.Time `json:"completed,omitzero"` // legal
	Status    Candidate `json:"status,omitempty"`
	Cents     int64     `json:"cents,omitempty"` // asked for; granted once it is
}

// Notice is what the call has to know of the case as it stands.
func (s *State) Notice() Notice {
	n := Notice{Reference: s.Reference, Filed: s.Candidacy.Filed, Completed: s.Completed, Status: CandidateOpen, Cents: s.Verdict.Amount}
	switch {
	case s.Stage == Withdrawn, s.Stage == Expired:
		n.Status, n.Cents = CandidateGone, 0
	case s.Decision != nil && s.Decision.Grant:
		n.Status, n.Cents = CandidateAwarded, s.Decision.Amount
	case s.Stage == Waitlisted:
		n.Status = CandidateWaiting
	case s.Stage == OnReserve && s.Competes():
		n.Status = CandidateReserve
	case s.Stage.Decided():
		n.Status, n.Cents = CandidateRejected, 0
	case s.Stage == UnderReview && s.Competes():
		n.Status = CandidateAdmissible
	case s.Stage == UnderReview, s.Stage == OnReserve:
		n.Status = CandidateInadmissible
	}
	return n
}

// Same compares notices by what they say.
func (n Notice) Same(o Notice) bool {
	return n.Reference == o.Reference && n.Status == o.Status && n.Cents == o.Cents && n.Filed.Equal(o.Filed) && n.Completed.Equal(o.Completed)
}

// Competes tells whether the case is decided by its call: an officer then has nothing to decide on it alone.
func (s *State) Competes() bool { return s.Candidacy != nil && s.IsComplete() && s.Verdict.Eligible }

// InTime tells whether the application counts as in time.
func (c *Candidacy) InTime() bool { return !c.Late || c.Admitted != "" }

// Outcome is what a session decided on one candidate. It names nobody.
type Outcome struct {
	Call    string      `json:"call"`
	Kind    OutcomeKind `json:"kind"`
	By      string      `json:"by"` // the officer who closed the session
	At      time.Time   `json:"at"` // legal: the day of the decision, the same for all
	Cents   int64       `json:"cents,omitempty"`
	Part    bool        `json:"part,omitempty"`  // less than was asked
	Rank    int         `json:"rank,omitempty"`  // 0: not ranked
	Of      int         `json:"of"`              // how many were ranked
	Place   int         `json:"place,omitempty"` // on the reserve list, from 1
	Score   string      `json:"score"`           // weighted mean, in points
	Marks   []Mark      `json:"marks"`
	Grounds []Code      `json:"grounds,omitempty"`
	Until   time.Time   `json:"until,omitzero"` // legal: until when the reserve list stands
}

// Mark is a candidate's mean on one criterion, in points.
type Mark struct {
	Label string `json:"label"`
	Mean  string `json:"mean"`
}

// OutcomeKind is what became of a candidate.
type OutcomeKind string

// What can become of a candidate.
const (
	OutcomeAward   OutcomeKind = "award"
	OutcomeReserve OutcomeKind = "reserve"
	OutcomeReject  OutcomeKind = "reject"
	OutcomeLeftOut OutcomeKind = "left-out" // the panel reads without it: an officer decides on it alone
)

// mayAdmitLate tells whether an officer can let a late application compete.
func (s *State) mayAdmitLate(a Act) error {
	switch {
	case s.Candidacy == nil || !s.Candidacy.Late:
		return refuse("ce dossier n'est pas arrivé après la clôture d'un appel à projets")
	case s.Candidacy.Admitted != "":
		return refuse("la candidature a déjà été admise par %s", s.Candidacy.Admitted)
	case s.Stage.Decided() || s.Stage.Final():
		return refuse("la décision est prise")
	case strings.TrimSpace(a.Text) == "":
		return refuse("indiquez pourquoi la candidature est admise (-text)")
	}
	return nil
}

// The acts. Their names are those of the updates that Temporal knows.
const (
	AdmitLate ActKind = "admit-late" // an application that came after the closing of its call competes all the same
)

// callActs are what officers do on a case that competes in a call.
var callActs = actRows{
	{Kind: AdmitLate, Code: "act.admit-late", Command: "call admit REFERENCE",
		May:  (*State).mayAdmitLate,
		Help: `Admettre une candidature arrivée après la clôture de l'appel. {"by": "agent-01", "text": "raison"}`},
}
