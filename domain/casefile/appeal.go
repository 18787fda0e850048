package casefile

import (
	"slices"
	"strings"
	"time"
)

// AdministrativeAppeal is an administrative appeal (recours gracieux) against the decision (CRPA L411-2).
type AdministrativeAppeal struct {
	Mail       Ref          `json:"mail,omitzero"` // that brought it; empty where it came otherwise
	Way        Code         `json:"way,omitempty"` // otherwise: WayPaper, WayRegistered or WayHand
	Received   time.Time    `json:"received"`      // legal
	Against    Stage        `json:"against"`       // the stage that it contests, and that the case goes back to if it fails
	Interrupts bool         `json:"interrupts"`    // it came in time and is the first: the time for going to court begins anew after it (L411-2)
	By         string       `json:"by,omitempty"`  // the officer who took it for one; empty: its words were clear and its sender proven
	Receipt    Notification `json:"receipt"`       // the acknowledgement (L112-3)
	Outcome    Code         `json:"outcome,omitempty"`
	Ended      time.Time    `json:"ended,omitzero"`
}

// What becomes of an appeal.
const (
	AppealGranted  Code = "granted"  // a new decision replaces the one that was contested
	AppealRejected Code = "rejected" // with reasons
	AppealDropped  Code = "dropped"  // the applicant withdrew the application
	AppealImplicit Code = "implicit" // by two months of silence (CRPA L231-4, 2°)
)

// How surely the words of a mail contest a decision.
const (
	ContestsClearly Code = "clearly"
	ContestsMaybe   Code = "maybe"
	AsksReasons     Code = "reasons" // asks why: of an implicit rejection, its reasons are then owed
)

// Reasons are the reasons of an implicit rejection, which are owed to whoever asks for them in time (CRPA L232-4).
type Reasons struct {
	Asked   time.Time    `json:"asked,omitzero"`
	Mail    Ref          `json:"mail,omitzero"` // that asked
	Given   time.Time    `json:"given,omitzero"`
	Grounds []Code       `json:"grounds,omitempty"`
	Text    string       `json:"text,omitempty"`
	By      string       `json:"by,omitempty"`
	Letter  Notification `json:"letter,omitzero"`
}

// Appealing is the appeal under way; nil where there is none.
func (s *State) Appealing() *AdministrativeAppeal {
	if n := len(s.Appeals); n > 0 && s.Appeals[n-1].Outcome == "" {
		return &s.Appeals[n-1]
	}
	return nil
}

// Standing is the stage of the decision in force, whatever has happened since.
func (s *State) Standing() Stage {
	switch d := s.Decision; {
	case d == nil:
		return ImplicitlyRejected
	case d.Grant:
		return Granted
	case d.Revokes:
		return Revoked
	}
	return Rejected
}

func (s *State) lastAppeal() AdministrativeAppeal {
	if n := len(s.Appeals); n > 0 {
		return s.Appeals[n-1]
	}
	return AdministrativeAppeal{}
}

// Contestable tells until when the decision in force can be contested; zero while no time runs: it has not been notified.
func (s *State) Contestable() time.Time {
	if due := s.Deadline(AppealDeadline); !due.At.IsZero() {
		return due.At
	}
	return s.Over
}

// InTime tells whether an appeal that was received at an instant is in time.
func (s *State) InTime(received time.Time) bool {
	until := s.Contestable()
	return until.IsZero() || received.Before(until)
}

// repeats tells whether the decision in force has been contested in vain already: a second appeal does not interrupt the time for
// going to court again, nor does what merely confirms the decision open a new one.
func (s *State) repeats() bool {
	last := s.lastAppeal()
	failed := last.Outcome == AppealRejected || last.Outcome == AppealImplicit
	return failed && (s.Decision == nil || s.Decision.Kind != DecisionWithdrawal || !s.Decision.At.After(last.Ended))
}

// Interrupts tells whether an appeal that was received at an instant stops the time for going to court: it is in time, and the first.
func (s *State) Interrupts(received time.Time) bool { return s.InTime(received) && !s.repeats() }

// ReceiveAppeal records an appeal: the time for going to court stops running (CRPA L411-2), and silence for two months will be its
// rejection. The officer in charge leaves the case if he took part in the decision.
func (s *State) ReceiveAppeal(a AdministrativeAppeal) {
	a.Against = s.Stage
	a.Interrupts = s.Interrupts(a.Received)
	if s.Stage == Closed && a.Interrupts {
		a.Against, s.Over = s.Standing(), time.Time{}
	}
	if a.Interrupts {
		s.Clear(AppealDeadline, ProofDeadline, ReasonsDeadline)
		if s.Decision != nil {
			s.Decision.Final = time.Time{}
		}
	}
	s.Appeals = append(s.Appeals, a)
	s.Approvals = nil
	if s.TookPart(s.Officer) {
		s.Officer = ""
	}
	s.Set(Answer(a.Received))
	s.Raise(ConcernAppeal)
}

// EndAppeal records what became of the appeal. The stage has to follow.
func (s *State) EndAppeal(outcome Code, at time.Time) {
	a := s.Appealing()
	a.Outcome, a.Ended = outcome, at
	s.Clear(AnswerDeadline, CharterDeadline, ReminderDeadline)
	s.Settle(ConcernAppeal, ConcernDecision, ConcernQuestion, ConcernEnvelope)
	s.Written, s.Approvals = nil, nil
}

// Unanswered puts the time for going to court in force after two months of silence on the appeal: it runs from the day on which
// the implicit rejection is born (CJA R421-2).
func (s *State) Unanswered(silence Deadline) {
	if s.lastAppeal().Interrupts {
		s.Set(Appeal(LastDay(silence.At), RuleUnanswered, s.Terms.AppealMonths))
	}
}

// Replace puts a new decision in the place of the one in force, which is kept.
func (s *State) Replace(d Decision) {
	if s.Decision != nil {
		s.Earlier = append(s.Earlier, *s.Decision)
	}
	if d.Facts.Key == "" {
		d.Facts = s.Facts
	}
	s.Decision = &d
}

// DecideAppeal records the express decision on an appeal: a grant, or that the decision stands.
func (s *State) DecideAppeal(grant bool, a Act, officers []string, at time.Time) {
	appeal := s.Appealing()
	d := Decision{Kind: DecisionAppeal, By: a.By, Officers: officers, At: at, Reason: a.Text, Confirms: !grant && !appeal.Interrupts}
	switch {
	case grant:
		d.Grant, d.Amount = true, s.SumOnAppeal(a)
		s.Over = time.Time{}
		if s.Withdrawal != nil {
			s.Withdrawal.Recover = max(s.Paid()-d.Amount, 0)
		}
	case s.Decision != nil:
		d.Grant, d.Amount, d.Grounds, d.Revokes = s.Decision.Grant, s.Decision.Amount, s.Decision.Grounds, s.Decision.Revokes
		if d.Confirms {
			d.Final = s.Decision.Final
		}
	}
	if !grant && len(a.Grounds) > 0 {
		d.Grounds = a.Grounds
	}
	s.Replace(d)
	s.Officer = a.By // letters and mails name who decided, from now on
}

// SumOnAppeal is the amount that a grant on appeal is about: what was asked for by the officer, else what the formula gives or,
// after a withdrawal, what had been granted.
func (s *State) SumOnAppeal(a Act) int64 {
	if a.Amount != 0 {
		return a.Amount
	}
	return s.mostOnAppeal()
}

func (s *State) mostOnAppeal() int64 {
	most := s.Verdict.Amount
	for _, d := range s.Earlier {
		if d.Grant && s.Standing() == Revoked {
			most = max(most, d.Amount)
		}
	}
	return most
}

// TookPart tells whether an officer took part in a decision on the case. An appeal is for another one.
func (s *State) TookPart(officer string) bool {
	if officer == "" {
		return false
	}
	took := func(d Decision) bool { return d.By == officer || slices.Contains(d.Officers, officer) }
	return s.Decision != nil && took(*s.Decision) || slices.ContainsFunc(s.Earlier, took)
}

// Remember keeps what the applicant wrote after a decision, for an officer to take for an appeal.
func (s *State) Remember(m Mail) {
	const enough = 20
	if s.Written = append(s.Written, m); len(s.Written) > enough {
		s.Written = s.Written[len(s.Written)-enough:]
	}
}

// WrittenMail finds a mail that the applicant wrote after the decision, by its SHA-256 or the beginning of it; without one, the
// only one there is.
func (s *State) WrittenMail(sum string) (Mail, bool) {
	var found []Mail
	for _, m := range s.Written {
		if strings.HasPrefix(m.SHA256, strings.ToLower(sum)) {
			found = append(found, m)
		}
	}
	if len(found) != 1 {
		return Mail{}, false
	}
	return found[0], true
}

// AskReasons records that the reasons of an implicit rejection were asked for: they are owed within a month, and the time for going
// to court does not end before (CRPA L232-4).
func (s *State) AskReasons(m Mail, asked time.Time) {
	s.Reasons = Reasons{Asked: asked, Mail: m.Ref}
	s.Set(ReasonsDue(asked))
	s.Set(WithoutReasons(asked))
	s.Raise(ConcernReasons)
}

// The acts. Their names are those of the updates that Temporal knows.
const (
	ReceiveAppealAct ActKind = "receive-appeal" // what came is an administrative appeal
	GrantAppeal      ActKind = "grant-appeal"   // a new decision that grants
	RejectAppeal     ActKind = "reject-appeal"  // the decision stands, with reasons
	GiveReasons      ActKind = "give-reasons"   // of an implicit rejection
)

// appealActs are what officers do on an appeal, and on an implicit rejection.
var appealActs = actRows{
	{Kind: ReceiveAppealAct, Code: "act.receive-appeal", Command: "case appeal REFERENCE receive",
		About: "an administrative appeal: take a mail for one, or decide it", Takes: []string{"mail", "way", "date"},
		May:  (*State).mayReceiveAppeal,
		Help: `Enregistrer un recours gracieux. {"by": "agent-02", "mail": "début de l'empreinte"}, ou "way": "paper" et "date"`},
	{Kind: GrantAppeal, Code: "act.grant-appeal", Command: "case appeal REFERENCE grant",
		About: "an administrative appeal: take a mail for one, or decide it", Takes: []string{"amount", "text"},
		May:  (*State).mayGrantAppeal,
		Help: `Faire droit au recours : une nouvelle décision attribue l'aide. {"by": "agent-02", "text": "précisions"} ; "amount" en centimes`},
	{Kind: RejectAppeal, Code: "act.reject-appeal", Command: "case appeal REFERENCE reject",
		About: "an administrative appeal: take a mail for one, or decide it", Takes: []string{"text", "grounds"},
		May:  (*State).mayRejectAppeal,
		Help: `Rejeter le recours, avec ses raisons. {"by": "agent-02", "text": "réponse aux arguments"}`},
	{Kind: GiveReasons, Code: "act.give-reasons", Command: "case reasons REFERENCE",
		About: "give the reasons of an implicit rejection to whoever asked", Takes: []string{"grounds", "text"},
		May:  (*State).mayGiveReasons,
		Help: `Communiquer les motifs d'un rejet implicite. {"by": "agent-01", "grounds": ["effectif"], "text": "précisions"}`},
}
