package casefile

import (
	"slices"
	"time"
)

// MailboxAnswer is what the mailbox that a mail seems to come from has answered, when it was asked whether it wrote the mail. The question and the reply lie in
// the folder of the case.
type MailboxAnswer struct {
	Said     Code      `json:"said"`
	At       time.Time `json:"at"` // real: when the reply was received
	Question Ref       `json:"question,omitzero"`
	Reply    Ref       `json:"reply,omitzero"`
}

// What becomes of a mail that was asked about.
const (
	AnswerYes       Code = "yes"
	AnswerNo        Code = "no"
	AnswerElsewhere Code = "elsewhere" // it is proven, and belongs to another case
)

// Believed tells whether somebody has made sure who wrote a mail, after it came: its mailbox has answered that it did, or an officer knows.
func (m Mail) Believed() bool { return m.Vouched != "" || m.Asked != nil && m.Asked.Said == AnswerYes }

// Came is when the authority received a mail (legal). It counts from then, however long it takes to make sure who wrote it.
func (m Mail) Came(clock Clock) time.Time { return clock.Legal(m.Received).UTC() }

// lapsing are the deadlines after which an applicant has lost something because nothing came. A mail that waits to be proven may be what was awaited.
var lapsing = []DeadlineKind{DocumentDeadline, CharterDeadline, OpinionDeadline, ReportDeadline, AppealDeadline, HearingDeadline}

// lapses tells whether something is lost when a deadline is reached. Silence is one where the case waits for the applicant: it then ends without a
// decision.
func (s *State) lapses(kind DeadlineKind) bool {
	return slices.Contains(lapsing, kind) || kind == SilenceDeadline && (s.Stage == Incomplete || s.Stage == AwaitingCharter)
}

// Due is the first deadline to come that is in force. While a mail is held nothing lapses.
func (s *State) Due() (Deadline, bool) {
	for _, d := range s.Deadlines {
		if len(s.Held) == 0 || !s.lapses(d.Kind) {
			return d, true
		}
	}
	return Deadline{}, false
}

// CarryOn puts the deadlines off that have passed while mails were held: each has the time left that it had when the first of them came.
func (s *State) CarryOn(at time.Time) {
	since := s.HeldSince
	if len(s.Held) > 0 || since.IsZero() {
		return
	}
	s.HeldSince = time.Time{}
	for _, d := range slices.Clone(s.Deadlines) {
		left := d.At.Sub(since)
		if !s.lapses(d.Kind) || d.At.After(at) || left <= 0 {
			continue
		}
		days := int(left/LegalDay) + 1
		day := AddDays(Date(at), days)
		d.At, d.Why = EndOfDay(day), append(slices.Clone(d.Why), Step{Date: day, Rule: RuleHeld, N: days, From: Date(since)})
		s.Set(d)
	}
}
