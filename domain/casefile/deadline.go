package casefile

import (
	"slices"
	"time"
)

// DeadlineKind says what happens when an instant is reached.
type DeadlineKind string

// The kinds of deadline.
const (
	SilenceDeadline  DeadlineKind = "silence"  // silence becomes a rejection (CRPA L231-4, 3°)
	DocumentDeadline DeadlineKind = "document" // the period allotted for missing documents ends (CRPA L114-5)
	CharterDeadline  DeadlineKind = "charter"  // the period allotted for signing ends
	ReminderDeadline DeadlineKind = "reminder" // the applicant is reminded
	OpinionDeadline  DeadlineKind = "opinion"  // the review goes on without the opinions that have not come
	ReportDeadline   DeadlineKind = "report"   // the report that an instalment is paid against is due
	AppealDeadline   DeadlineKind = "appeal"   // the time of appeal ends, and the case with it (CJA R421-1, R421-5)
	ProofDeadline    DeadlineKind = "proof"    // no proof of reception has come: an officer notifies by another way
	AnswerDeadline   DeadlineKind = "answer"   // silence on an appeal becomes its rejection (CRPA L231-4, 2°)
	ReasonsDeadline  DeadlineKind = "reasons"  // the reasons of an implicit rejection are due (CRPA L232-4)
	HearingDeadline  DeadlineKind = "hearing"  // the holder of an aid has had time to answer (CRPA L122-1)
	LimitDeadline    DeadlineKind = "limit"    // an illegal grant can no longer be withdrawn (CRPA L242-1)
	ReserveDeadline  DeadlineKind = "reserve"  // of a call for projects: its reserve list ends
)

// Deadline is an instant at which something happens to the case, together with why it is that instant.
type Deadline struct {
	Kind DeadlineKind `json:"kind"`
	At   time.Time    `json:"at"` // legal: the first instant at which it is too late
	Why  []Step       `json:"why"`
}

// Step is one step of a date's reckoning: the event or rule, and the date it leads to.
type Step struct {
	Date time.Time `json:"date"`           // where this step leads
	Rule Rule      `json:"rule"`           // which event or rule it is
	N    int       `json:"n,omitempty"`    // how many days or months
	From time.Time `json:"from,omitzero"`  // of a suspension: since when
	Open bool      `json:"open,omitempty"` // of a suspension: it still runs, and is reckoned to the end of its period
}

// Rule is the event or rule that a step of a reckoning applies.
type Rule string

// The rules.
const (
	RuleReceived    Rule = "received"      // the application was received
	RuleRequested   Rule = "requested"     // missing documents were asked for
	RuleCharterSent Rule = "charter_sent"  // the charter was sent for signature
	RuleNotified    Rule = "notified"      // the decision was notified
	RuleImplicit    Rule = "implicit"      // the implicit rejection was born
	RuleAccepted    Rule = "accepted"      // the applicant's server took the mail; the scheme asks for proof of reception
	RuleRead        Rule = "read"          // a receipt says that the decision was opened
	RuleReply       Rule = "reply"         // the applicant answered the decision
	RuleRegistered  Rule = "registered"    // it was notified by registered letter
	RulePaper       Rule = "paper"         // by letter
	RuleHand        Rule = "hand"          // by hand
	RuleAppealed    Rule = "appealed"      // the appeal was received
	RuleUnanswered  Rule = "unanswered"    // the appeal was implicitly rejected
	RuleAskReasons  Rule = "ask_reasons"   // the reasons of an implicit rejection were asked for
	RuleReasonMonth Rule = "reason_month"  // a month in which they are owed
	RuleReasons     Rule = "reasons_given" // they were given
	RuleYear        Rule = "year"          // a year while they are owed and not given
	RuleHeard       Rule = "heard"         // the withdrawal was announced
	RuleDecided     Rule = "decided"       // the decision to be withdrawn was taken
	RuleFourMonths  Rule = "four_months"   // four months in which an illegal one can be withdrawn
	RuleOpinion     Rule = "opinion_asked" // an opinion was asked for
	RuleGranted     Rule = "granted"       // the aid was granted
	RuleReport      Rule = "report_months" // so many months in which the report may come
	RuleMonths      Rule = "months"        // so many months, from the day to the day of the same number
	RuleDays        Rule = "days"          // so many days
	RuleClearMonths Rule = "clear_months"  // so many months, neither first nor last day counted
	RuleWorkday     Rule = "workday"       // carried to the next working day
	RuleSuspended   Rule = "suspended"     // suspended for the period allotted (CRPA L114-5)
	RuleReminder    Rule = "reminder"      // a reminder so many days after
	RuleHeld        Rule = "held"          // a mail waited to be proven, and so many days were left when it came
	RuleCallClosed  Rule = "call_closed"   // the call closed, and its applications can be compared
	RuleCallDecided Rule = "call_decided"  // the session was decided
)

// Suspension is a stretch during which the time of silence does not run: from a request to what was asked for, or to
// the end of the period allotted for it, whichever comes first (CRPA L114-5).
type Suspension struct {
	From  time.Time `json:"from"`
	Until time.Time `json:"until"`          // end of the period allotted
	Ended time.Time `json:"ended,omitzero"` // when what was asked for came; zero while it has not
}

// end is when the suspension ends or, while it runs, is due to end at the latest.
func (p Suspension) end() time.Time {
	if !p.Ended.IsZero() && p.Ended.Before(p.Until) {
		return p.Ended
	}
	return p.Until
}

// Suspend stops the time of silence from the day of a request to the end of the period allotted.
func (s *State) Suspend(from, until time.Time) {
	s.Suspensions = append(s.Suspensions, Suspension{From: from, Until: until})
}

// Resume lets the time of silence run again, because what was asked for has come.
func (s *State) Resume(at time.Time) {
	if n := len(s.Suspensions); n > 0 && s.Suspensions[n-1].Ended.IsZero() {
		s.Suspensions[n-1].Ended = at
	}
}

// Silence is when silence becomes a rejection: so many months after the application was received (CRPA L231-4, 3° and
// R112-5), later by every calendar day on which the time was suspended (L114-5).
func Silence(received time.Time, months int, suspensions []Suspension) Deadline {
	return silence(received, RuleReceived, months, suspensions)
}

func silence(start time.Time, event Rule, months int, suspensions []Suspension) Deadline {
	day := AddMonths(start, months)
	why := []Step{{Date: Date(start), Rule: event}, {Date: day, Rule: RuleMonths, N: months}}
	counted := start // suspensions are not counted twice where two requests overlap
	for _, p := range suspensions {
		from := p.From
		if from.Before(counted) {
			from = counted
		}
		if days := DaysBetween(from, p.end()); days > 0 {
			day = AddDays(day, days)
			why = append(why, Step{Date: day, Rule: RuleSuspended, N: days, From: Date(from), Open: p.Ended.IsZero()})
			counted = p.end()
		}
	}
	return Deadline{Kind: SilenceDeadline, At: EndOfDay(day), Why: why}
}

// Allotted is the end of a period counted in days from an event; it includes the whole of its last day.
func Allotted(kind DeadlineKind, from time.Time, event Rule, days int) Deadline {
	day := AddDays(Date(from), days)
	return Deadline{Kind: kind, At: EndOfDay(day), Why: []Step{
		{Date: Date(from), Rule: event}, {Date: day, Rule: RuleDays, N: days}}}
}

// Report is until when a report may come: so many months after the decision, the whole of the last day included.
func Report(granted time.Time, months int) Deadline {
	return counted(ReportDeadline, granted, RuleGranted, RuleReport, months)
}

// Reminder is when the applicant is reminded, so many days after an event; a reminder is sent on a working day.
func Reminder(from time.Time, event Rule, days int) Deadline {
	day := AddDays(Date(from), days)
	why := []Step{{Date: Date(from), Rule: event}, {Date: day, Rule: RuleReminder, N: days}}
	if open := NextWorkday(day); !open.Equal(day) {
		day = open
		why = append(why, Step{Date: day, Rule: RuleWorkday})
	}
	return Deadline{Kind: ReminderDeadline, At: day.Add(9 * time.Hour), Why: why}
}

// Appeal is when the time of appeal ends: two clear months from notification (CJA R421-1, R421-5), or from the birth of
// an implicit rejection (R421-2).
func Appeal(from time.Time, event Rule, months int) Deadline {
	plain := AddDays(AddMonths(from, months), 1)
	why := []Step{{Date: Date(from), Rule: event}, {Date: plain, Rule: RuleClearMonths, N: months}}
	end := ClearMonths(from, months)
	if last := LastDay(end); !last.Equal(plain) {
		why = append(why, Step{Date: last, Rule: RuleWorkday})
	}
	return Deadline{Kind: AppealDeadline, At: end, Why: why}
}

// Answer is when silence on an appeal becomes its rejection: two months after it was received (CRPA L231-1, L231-4, 2°). Nothing
// suspends it.
func Answer(received time.Time) Deadline {
	return counted(AnswerDeadline, received, RuleAppealed, RuleMonths, AnswerMonths)
}

// AnswerMonths is how long the authority has for an appeal; the law sets it, not the scheme.
const AnswerMonths = 2

// counted is the end of so many months, the whole of the last day included.
func counted(kind DeadlineKind, from time.Time, event, rule Rule, months int) Deadline {
	day := AddMonths(from, months)
	return Deadline{Kind: kind, At: EndOfDay(day), Why: []Step{{Date: Date(from), Rule: event}, {Date: day, Rule: rule, N: months}}}
}

// ReasonsDue is until when the reasons of an implicit rejection are owed: within the month after they were asked for (CRPA
// L232-4).
func ReasonsDue(asked time.Time) Deadline {
	return counted(ReasonsDeadline, asked, RuleAskReasons, RuleReasonMonth, 1)
}

// WithoutReasons is when an implicit rejection can no longer be contested while its reasons are owed and not given: a year after
// they were asked for (Conseil d'État, opinion of 2 October 2025, no. 504677).
func WithoutReasons(asked time.Time) Deadline {
	return counted(AppealDeadline, asked, RuleAskReasons, RuleYear, 12)
}

// WithdrawalLimit is until when an illegal grant can be withdrawn: four months after it was decided (CRPA L242-1).
func WithdrawalLimit(decided time.Time) Deadline {
	return counted(LimitDeadline, decided, RuleDecided, RuleFourMonths, 4)
}

// Deadlines are the deadlines in force, the first to come first, one of a kind.
type Deadlines []Deadline

// Set puts a deadline in force in the place of any other of its kind.
func (l *Deadlines) Set(d Deadline) {
	l.Clear(d.Kind)
	*l = append(*l, d)
	slices.SortStableFunc(*l, func(a, b Deadline) int { return a.At.Compare(b.At) })
}

// Clear takes deadlines out of force.
func (l *Deadlines) Clear(kinds ...DeadlineKind) {
	*l = slices.DeleteFunc(*l, func(d Deadline) bool { return slices.Contains(kinds, d.Kind) })
}

// Next is the first deadline to come, and whether there is one.
func (l Deadlines) Next() (Deadline, bool) {
	if len(l) == 0 {
		return Deadline{}, false
	}
	return l[0], true
}

// Set puts a deadline in force in the place of any other of its kind.
func (s *State) Set(d Deadline) { s.Deadlines.Set(d) }

// Clear takes deadlines out of force.
func (s *State) Clear(kinds ...DeadlineKind) { s.Deadlines.Clear(kinds...) }

// Deadline finds the deadline of a kind; its At is zero where there is none in force.
func (s *State) Deadline(kind DeadlineKind) Deadline {
	for _, d := range s.Deadlines {
		if d.Kind == kind {
			return d
		}
	}
	return Deadline{}
}

// Next is the first deadline to come, and whether there is one.
func (s *State) Next() (Deadline, bool) { return s.Deadlines.Next() }

// ReckonSilence sets the date at which silence becomes a rejection from the events known so far. An application that competes
// can be judged only once all are there: its time runs from the closing of the call, at which all count as filed.
func (s *State) ReckonSilence() {
	if c := s.Candidacy; c != nil && c.Closes.After(s.Received) {
		s.Set(silence(c.Closes, RuleCallClosed, s.Terms.SilenceMonths, s.Suspensions))
		return
	}
	s.Set(Silence(s.Received, s.Terms.SilenceMonths, s.Suspensions))
}
