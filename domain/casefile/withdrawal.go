package casefile

import "time"

// Withdrawal is the withdrawal of a grant, whole or in part (retrait): proposed by an officer, then the holder of the aid is heard
// (CRPA L121-1, L122-1), then it is decided with reasons (L211-2) or dropped.
type Withdrawal struct {
	Ground       Code          `json:"ground"`
	Reason       string        `json:"reason"`         // what is held against the holder, told to him
	Keep         int64         `json:"keep,omitempty"` // cents that stay granted
	By           string        `json:"by"`
	At           time.Time     `json:"at"`
	From         Stage         `json:"from"`           // Granted or Closed: where the case goes back to if it is dropped
	Letter       Notification  `json:"letter"`         // that announces it and gives the period
	Until        time.Time     `json:"until,omitzero"` // legal: end of the period to answer
	Observations []Observation `json:"observations,omitempty"`
	Approvals    []Approval    `json:"approvals,omitempty"` // of officers who agree to withdraw
	Outcome      Code          `json:"outcome,omitempty"`
	Ended        time.Time     `json:"ended,omitzero"`
	Recover      int64         `json:"recover,omitempty"` // cents that were paid and are to be paid back
}

// Observation is what the holder of the aid answered.
type Observation struct {
	At  time.Time `json:"at"`
	On  string    `json:"on,omitempty"`  // key of the mail
	Way Code      `json:"way,omitempty"` // otherwise: WayOral, WayPaper, …
	By  string    `json:"by,omitempty"`  // the officer who took it down
}

// WayOral is how observations may be given too (CRPA L122-1).
const WayOral Code = "oral"

// The grounds of a withdrawal.
const (
	GroundConditions Code = "conditions" // the conditions of the grant were not kept: at any time (CRPA L242-2, 2°)
	GroundIllegal    Code = "illegal"    // the grant was illegal: within four months (L242-1)
	GroundFraud      Code = "fraud"      // it was got by fraud: at any time (L241-2)
)

// WithdrawalGrounds lists them.
var WithdrawalGrounds = []Code{GroundConditions, GroundIllegal, GroundFraud}

// What becomes of a proposed withdrawal.
const (
	WithdrawalDecided Code = "decided"
	WithdrawalDropped Code = "dropped"
)

// defaultHearingDays is the period to answer where the scheme sets none; the law asks for a sufficient one.
const defaultHearingDays = 15

// Hearing is the period to answer, in days.
func (t Terms) Hearing() int {
	if t.HearingDays > 0 {
		return t.HearingDays
	}
	return defaultHearingDays
}

// Proposed is the withdrawal under way; nil where there is none.
func (s *State) Proposed() *Withdrawal {
	if s.Withdrawal != nil && s.Withdrawal.Outcome == "" {
		return s.Withdrawal
	}
	return nil
}

// ProposeWithdrawal records that a withdrawal is meant; the letter to the holder has to follow.
func (s *State) ProposeWithdrawal(a Act, at time.Time) {
	s.Withdrawal = &Withdrawal{Ground: a.Ground, Reason: a.Text, Keep: a.Amount, By: a.By, At: at, From: s.Stage}
	if a.Ground == GroundIllegal {
		s.Set(WithdrawalLimit(s.grantedAt()))
	}
}

// grantedAt is when the aid in force was first granted: the four months run from there, whatever has confirmed it since.
func (s *State) grantedAt() time.Time {
	at := s.Decision.At
	for i := len(s.Earlier) - 1; i >= 0 && s.Earlier[i].Grant; i-- {
		at = s.Earlier[i].At
	}
	return at
}

// reckonHearing sets the period to answer, from the day on which the letter reached the holder.
func (s *State) reckonHearing() {
	w := s.Withdrawal
	s.Clear(HearingDeadline)
	if w.Until = (time.Time{}); w.Letter.Reached() {
		due := Allotted(HearingDeadline, w.Letter.Notified, RuleHeard, s.Terms.Hearing())
		w.Until = due.At
		s.Set(due)
	}
}

// Observe records what the holder answered.
func (s *State) Observe(o Observation) {
	s.Withdrawal.Observations = append(s.Withdrawal.Observations, o)
	s.Raise(ConcernHearing)
}

// AgreeToWithdraw notes an officer's agreement, and tells how many more are needed: as many as a grant of that amount takes.
func (s *State) AgreeToWithdraw(by string, at time.Time) (more int) {
	w := s.Withdrawal
	w.Approvals = append(w.Approvals, Approval{By: by, Amount: w.Keep, At: at})
	return s.Terms.ApprovalsNeeded(s.Decision.Amount) - len(w.Approvals)
}

// Officers are those who agreed to withdraw.
func (w *Withdrawal) Officers() []string {
	return signers(w.Approvals, w.Approvals[len(w.Approvals)-1].By)
}

// EndWithdrawal records what became of the proposal. The stage has to follow.
func (s *State) EndWithdrawal(outcome Code, at time.Time) {
	s.Withdrawal.Outcome, s.Withdrawal.Ended = outcome, at
	s.Clear(HearingDeadline, LimitDeadline)
	s.Settle(ConcernHearing, ConcernQuestion, ConcernAppeal)
}

// DecideWithdrawal records the decision to withdraw: what was paid beyond what stays granted is to be paid back.
func (s *State) DecideWithdrawal(by string, officers []string, text string, at time.Time) {
	w := s.Withdrawal
	w.Recover = max(s.Gone()-w.Keep, 0)
	s.Over = time.Time{}
	s.Replace(Decision{Kind: DecisionWithdrawal, Grant: w.Keep > 0, Revokes: w.Keep == 0, Amount: w.Keep, Grounds: []Code{w.Ground}, Reason: text, By: by, Officers: officers, At: at})
}

// Paid is what the public accountant has paid so far, in cents.
func (s *State) Paid() int64 {
	var paid int64
	for _, i := range s.Instalments {
		if i.Status == PaymentPaid {
			paid += i.Cents
		}
	}
	return paid
}

// Promised is what is paid or still to be paid, in cents.
func (s *State) Promised() int64 {
	var sum int64
	for _, i := range s.Instalments {
		if i.Status != PaymentGivenUp {
			sum += i.Cents
		}
	}
	return sum
}

// Owed is what the holder has to pay back after a withdrawal, in cents.
func (s *State) Owed() int64 {
	if s.Withdrawal == nil || s.Withdrawal.Outcome != WithdrawalDecided {
		return 0
	}
	return s.Withdrawal.Recover
}

// The acts. Their names are those of the updates that Temporal knows.
const (
	ProposeWithdrawalAct ActKind = "propose-withdrawal"  // of the grant: its holder is heard first
	RecordObservations   ActKind = "record-observations" // that came otherwise than by mail
	WithdrawGrant        ActKind = "withdraw-grant"      // after the hearing
	DropWithdrawal       ActKind = "drop-withdrawal"     // the grant stays
)

// withdrawalActs are what officers do to withdraw a grant.
var withdrawalActs = actRows{
	{Kind: ProposeWithdrawalAct, Code: "act.propose-withdrawal", Command: "case revoke REFERENCE propose",
		About: "withdraw a grant, after its holder was heard", Takes: []string{"ground", "keep=amount", "text"},
		May:  (*State).mayPropose,
		Help: `Envisager le retrait de l'aide : le bénéficiaire est d'abord entendu. {"by": "agent-01", "ground": "conditions", "text": "les faits reprochés"} ; "ground": conditions, illegal ou fraud ; "amount" en centimes : ce qui serait maintenu`},
	{Kind: RecordObservations, Code: "act.record-observations", Command: "case revoke REFERENCE heard",
		About: "withdraw a grant, after its holder was heard", Takes: []string{"way", "date"},
		May:  func(s *State, a Act) error { return s.mayHear(RecordObservations, a) },
		Help: `Consigner des observations venues autrement que par courriel. {"by": "agent-01", "way": "oral", "date": "2020-10-02T00:00:00+02:00"}`},
	{Kind: WithdrawGrant, Code: "act.withdraw-grant", Command: "case revoke REFERENCE decide",
		About: "withdraw a grant, after its holder was heard", Takes: []string{"text"},
		May:  func(s *State, a Act) error { return s.mayHear(WithdrawGrant, a) },
		Help: `Retirer l'aide, après la procédure contradictoire. {"by": "agent-01", "text": "précisions"}`},
	{Kind: DropWithdrawal, Code: "act.drop-withdrawal", Command: "case revoke REFERENCE drop",
		About: "withdraw a grant, after its holder was heard", Takes: []string{"text"},
		May:  func(s *State, a Act) error { return s.mayHear(DropWithdrawal, a) },
		Help: `Renoncer au retrait ; l'aide est maintenue. {"by": "agent-01", "text": "précisions"}`},
}
