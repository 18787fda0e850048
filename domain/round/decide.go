package round

import (
	"slices"
	"time"

	"relance/domain/casefile"
	"relance/domain/competition"
)

// The grounds of the rejections of a session, as package scheme words them.
var grounds = map[string]casefile.Code{competition.BelowThreshold: "note-eliminatoire", competition.BelowMinimum: "critere-eliminatoire",
	competition.Unread: "non-classe", "": "rang"}

// Verdict is what is to be told to one candidate.
type Verdict struct {
	Reference string           `json:"reference"`
	Outcome   casefile.Outcome `json:"outcome"`
}

// Decide freezes the ranking and gives the awards down it: within the session's envelope, and within what the plan still holds (funds, in
// cents; below zero: no plan). It gives what each candidate is told.
func (s *State) Decide(by string, funds int64, at time.Time) []Verdict {
	s.Ranking = s.Rank()
	s.DecidedAt, s.DecidedBy = at, by
	e := s.envelope(s.Terms.Envelope)
	if funds >= 0 && s.Terms.Envelope > 0 {
		e.Left = min(e.Left, funds)
	}
	var ranked []competition.Candidate
	for _, p := range s.Ranking {
		if p.Rank > 0 {
			ranked = append(ranked, p.Candidate)
		}
		s.Candidate(p.Reference).Asked = p.Asked
	}
	awards, reserve := e.Award(ranked)
	s.Left = e.Left
	if s.Terms.ReserveMonths > 0 && len(reserve) > 0 {
		s.Deadlines.Set(Reserve(at, s.Terms.ReserveMonths))
	}
	var list []Verdict
	for _, p := range s.Ranking {
		list = append(list, Verdict{p.Reference, s.outcome(p, awards, reserve, at)})
	}
	return list
}

// envelope is what can be awarded of a sum.
func (s *State) envelope(cents int64) *competition.Envelope {
	return &competition.Envelope{Left: cents, Part: s.Terms.LeastPart > 0, Least: int64(s.Terms.LeastPart)}
}

// Reserve is until when a reserve list stands.
func Reserve(decided time.Time, months int) casefile.Deadline {
	day := casefile.AddMonths(decided, months)
	return casefile.Deadline{Kind: casefile.ReserveDeadline, At: casefile.EndOfDay(day), Why: []casefile.Step{
		{Date: casefile.Date(decided), Rule: casefile.RuleCallDecided}, {Date: day, Rule: casefile.RuleReport, N: months}}}
}

// outcome is what a candidate is told, and notes it.
func (s *State) outcome(p competition.Place, awards []competition.Award, reserve []competition.Candidate, at time.Time) casefile.Outcome {
	o := s.told(p, at)
	c := s.Candidate(p.Reference)
	if i := slices.IndexFunc(awards, func(a competition.Award) bool { return a.Reference == p.Reference }); i >= 0 {
		o.Kind, o.Cents, o.Part = casefile.OutcomeAward, awards[i].Cents, awards[i].Part
		c.Award, c.Place = o.Cents, 0
		return o
	}
	if i := slices.IndexFunc(reserve, func(r competition.Candidate) bool { return r.Reference == p.Reference }); i >= 0 && s.Terms.ReserveMonths > 0 {
		o.Kind, o.Place = casefile.OutcomeReserve, i+1
		for _, d := range s.Deadlines {
			if d.Kind == casefile.ReserveDeadline {
				o.Until = d.At
			}
		}
		c.Place = o.Place
		return o
	}
	o.Kind, o.Grounds = casefile.OutcomeReject, []casefile.Code{grounds[p.Out]}
	return o
}

// told is what every candidate is told: its rank and its means.
func (s *State) told(p competition.Place, at time.Time) casefile.Outcome {
	o := casefile.Outcome{Call: s.ID, By: s.DecidedBy, At: at, Rank: p.Rank, Score: p.Mean.String()}
	for _, q := range s.Ranking {
		if q.Rank > 0 {
			o.Of++
		}
	}
	for i, k := range s.Terms.Rules.Criteria {
		o.Marks = append(o.Marks, casefile.Mark{Label: k.Label, Mean: p.Means[i].String()})
	}
	return o
}

// MoveUp gives money that has come back to those on the reserve list, in its order, and tells what each is told.
func (s *State) MoveUp(at time.Time) []Verdict {
	waiting := s.Waiting()
	e := s.envelope(s.Left)
	awards, _ := e.Award(waiting)
	s.Left = e.Left
	var list []Verdict
	for _, p := range s.Ranking {
		if slices.ContainsFunc(awards, func(a competition.Award) bool { return a.Reference == p.Reference }) {
			list = append(list, Verdict{p.Reference, s.outcome(p, awards, nil, at)})
			s.Note(at, casefile.Engine, EventUp, p.Reference, "")
		}
	}
	return list
}

// Waiting is the reserve list, in its order.
func (s *State) Waiting() (list []competition.Candidate) {
	for _, p := range s.Ranking {
		c := s.Candidate(p.Reference)
		if c.Place > 0 && c.Status != casefile.CandidateGone && c.Status != casefile.CandidateRejected {
			list = append(list, p.Candidate)
		}
	}
	return list
}

// GiveBack takes back the award of a candidate who no longer wants it. It tells whether there was one.
func (s *State) GiveBack(reference string) bool {
	c := s.Candidate(reference)
	if c == nil || c.Award == 0 {
		return false
	}
	s.Left += c.Award
	c.Award = 0
	return true
}

// EndReserve ends the reserve list: who is still on it is rejected.
func (s *State) EndReserve(at time.Time) []Verdict {
	var list []Verdict
	for _, w := range s.Waiting() {
		for _, p := range s.Ranking {
			if p.Reference == w.Reference {
				s.Candidate(p.Reference).Place = 0
				list = append(list, Verdict{p.Reference, s.outcome(p, nil, nil, at)})
			}
		}
	}
	s.Deadlines.Clear(casefile.ReserveDeadline)
	return list
}

// Awarded is the sum of the awards, in cents.
func (s *State) Awarded() (sum int64) {
	for _, c := range s.Candidates {
		sum += c.Award
	}
	return sum
}
