// Package round is a session of a call for projects (appel à projets): its state, the stages it goes through, what an officer can do
// with it, and what it decides. It is pure. It knows cases by their references and the members of the panel by their identifiers;
// names and addresses stand in the case folders and in the scheme. The ranking itself is package competition's.
package round

import (
	"slices"
	"time"

	"relance/domain/casefile"
	"relance/domain/competition"
)

// Stage is where a session stands.
type Stage string

// The stages, in the order of the procedure.
const (
	Collecting Stage = "collecting" // ouverte: applications come in
	Admission  Stage = "admission"  // recevabilité: closed, and incomplete applications may still be completed
	Scoring    Stage = "scoring"    // the panel reads and scores
	Session    Stage = "session"    // the scores are in, or their time is over: the committee decides
	Decided    Stage = "decided"    // awarded; the reserve list stands
	Closed     Stage = "closed"     // over
)

// Stages lists the stages in the order of the procedure.
var Stages = []Stage{Collecting, Admission, Scoring, Session, Decided, Closed}

// The deadlines of a session.
const (
	CloseDeadline     casefile.DeadlineKind = "call_close"     // the window closes
	GraceDeadline     casefile.DeadlineKind = "call_grace"     // a day after: what was in time and is delivered late has come
	AdmissionDeadline casefile.DeadlineKind = "call_admission" // incomplete applications can no longer be completed
	ScoreDeadline     casefile.DeadlineKind = "call_scores"    // the time of scoring ends
)

// Terms are the session as the scheme had it when the session began.
type Terms struct {
	Opens         time.Time         `json:"opens"`
	Closes        time.Time         `json:"closes"`
	Envelope      int64             `json:"envelope"` // cents
	LeastPart     int               `json:"least_part,omitempty"`
	Lines         []casefile.Share  `json:"lines,omitempty"` // of the plan, that pay
	Rules         competition.Rules `json:"rules"`
	Scale         competition.Scale `json:"scale"`
	Readers       int               `json:"readers"`
	Members       []string          `json:"members"`
	AdmissionDays int               `json:"admission_days"`
	ScoringDays   int               `json:"scoring_days"`
	Reminders     []int             `json:"reminders,omitempty"`
	ReserveMonths int               `json:"reserve_months"`
	Approvals     int               `json:"approvals"` // officers who have to close it
	Digest        string            `json:"digest"`    // SHA-256 of the call as the scheme had it
}

// Candidate is an application of the session.
type Candidate struct {
	casefile.Notice
	Admitted bool   `json:"admitted,omitempty"` // it is read by the panel
	Taken    string `json:"taken,omitempty"`    // the officer who let it be read though it was completed late
	Asked    int64  `json:"asked"`              // cents, as they stood when the session was decided
	Award    int64  `json:"award,omitempty"`    // cents
	Place    int    `json:"place,omitempty"`    // on the reserve list, from 1
}

// Sheet is the scores that a member has given a candidate, with where they come from.
type Sheet struct {
	competition.Sheet
	At   time.Time    `json:"at"`            // legal
	Mail casefile.Ref `json:"mail,omitzero"` // that gave them; none where an officer entered them
	By   string       `json:"by,omitempty"`  // that officer
}

// Conflict is a conflict of interest: the member does not read the candidate.
type Conflict struct {
	competition.Pair
	At  time.Time `json:"at"`
	How string    `json:"how"` // known (by the scheme), member:ID or officer:ID
}

// Known is how a conflict is noted that the scheme's file knows.
const Known = "known"

// Concern is something an officer has to look at.
type Concern string

// The concerns.
const (
	ConcernShortage    Concern = "shortage"    // a candidate has not enough readers
	ConcernSession     Concern = "session"     // the session is ready to be decided
	ConcernMissing     Concern = "missing"     // scores have not come in time
	ConcernStranger    Concern = "stranger"    // a mail by somebody who is not of the panel, or whom nothing proves
	ConcernUndelivered Concern = "undelivered" // a member was not reached
	ConcernLate        Concern = "late"        // a candidate came too late for the panel
)

// State is everything the procedure knows of a session.
type State struct {
	ID          string                 `json:"id"` // call-SCHEME-NUMBER
	Scheme      string                 `json:"scheme"`
	Session     string                 `json:"session"`
	Clock       casefile.Clock         `json:"clock"`
	Stage       Stage                  `json:"stage"`
	Terms       Terms                  `json:"terms"`
	Candidates  []Candidate            `json:"candidates"`
	Pairs       []competition.Pair     `json:"pairs,omitempty"` // who reads whom
	Sent        []competition.Pair     `json:"sent,omitempty"`  // of which the member was told
	Conflicts   []Conflict             `json:"conflicts,omitempty"`
	Shortages   []competition.Shortage `json:"shortages,omitempty"`
	Sheets      []Sheet                `json:"sheets,omitempty"`
	ScoringFrom time.Time              `json:"scoring_from,omitzero"` // legal
	Approvals   []casefile.Approval    `json:"approvals,omitempty"`
	DecidedAt   time.Time              `json:"decided_at,omitzero"` // legal
	DecidedBy   string                 `json:"decided_by,omitempty"`
	Ranking     []competition.Place    `json:"ranking,omitempty"` // as it was decided
	Left        int64                  `json:"left"`              // cents of the envelope, once decided
	Minutes     casefile.Ref           `json:"minutes,omitzero"`
	Deadlines   casefile.Deadlines     `json:"deadlines,omitempty"`
	Reminded    int                    `json:"reminded,omitempty"`
	Concerns    []Concern              `json:"concerns,omitempty"`
	Seen        []string               `json:"seen,omitempty"` // identities of messages
	Acts        casefile.Carried       `json:"acts,omitempty"` // ids of officers' actions
	MailsIn     int                    `json:"mails_in"`
	MailsOut    int                    `json:"mails_out"`
	Journal     []casefile.Entry       `json:"journal"`
}

// Folder is where everything about a session lies in the archive.
func Folder(id string) string { return "calls/" + id + "/" }

// Note writes an entry at the end of the journal.
func (s *State) Note(at time.Time, who, what, on, note string) {
	s.Journal = append(s.Journal, casefile.Entry{At: at, Who: who, What: what, On: on, Note: note})
}

// Become moves the session to its next stage.
func (s *State) Become(stage Stage, at time.Time) {
	s.Stage = stage
	s.Note(at, casefile.Engine, EventStage, string(stage), "")
}

// Raise puts a concern before an officer, once.
func (s *State) Raise(c Concern) {
	if !slices.Contains(s.Concerns, c) {
		s.Concerns = append(s.Concerns, c)
	}
}

// Settle takes concerns off an officer's desk.
func (s *State) Settle(settled ...Concern) {
	s.Concerns = slices.DeleteFunc(s.Concerns, func(c Concern) bool { return slices.Contains(settled, c) })
}

// Candidate finds a candidate.
func (s *State) Candidate(reference string) *Candidate {
	for i := range s.Candidates {
		if s.Candidates[i].Reference == reference {
			return &s.Candidates[i]
		}
	}
	return nil
}

// Hear takes in what a case tells; barred are the members who must not read it. It tells whether the case was unknown.
func (s *State) Hear(n casefile.Notice, barred []string, at time.Time) (fresh bool) {
	c := s.Candidate(n.Reference)
	if c == nil {
		s.Candidates = append(s.Candidates, Candidate{})
		c, fresh = &s.Candidates[len(s.Candidates)-1], true
	}
	if c.Status != n.Status {
		s.Note(at, casefile.Engine, EventCandidate, n.Reference, string(n.Status))
	}
	c.Notice = n
	for _, m := range barred {
		s.Bar(competition.Pair{Candidate: n.Reference, Member: m}, Known, at)
	}
	if n.Status == casefile.CandidateGone || n.Status == casefile.CandidateRejected { // nobody has to read it any more
		s.Pairs = slices.DeleteFunc(s.Pairs, func(p competition.Pair) bool {
			return p.Candidate == n.Reference && s.sheet(p) == nil && s.Stage == Scoring
		})
	}
	return fresh
}

// Bar notes a conflict of interest, once; the scores that the member may have given do not count.
func (s *State) Bar(p competition.Pair, how string, at time.Time) bool {
	if slices.ContainsFunc(s.Conflicts, func(c Conflict) bool { return c.Pair == p }) {
		return false
	}
	s.Conflicts = append(s.Conflicts, Conflict{Pair: p, At: at, How: how})
	s.Sheets = slices.DeleteFunc(s.Sheets, func(sheet Sheet) bool { return sheet.Pair == p })
	who := how
	if how == Known {
		who = casefile.Engine
	}
	s.Note(at, who, EventConflict, p.Candidate, p.Member)
	return true
}

// Settled tells whether nothing is awaited of any candidate before the panel can read.
func (s *State) Settled() bool {
	return !slices.ContainsFunc(s.Candidates, func(c Candidate) bool { return c.Status == casefile.CandidateOpen })
}

// Admit takes the candidates that are admissible into the competition; the others are left out, and given.
func (s *State) Admit() (leftOut []string) {
	for i := range s.Candidates {
		c := &s.Candidates[i]
		c.Admitted = c.Status == casefile.CandidateAdmissible
		if c.Status == casefile.CandidateOpen {
			leftOut = append(leftOut, c.Reference)
		}
	}
	return leftOut
}

// Assign shares the candidates out among the members. What was given before stays.
func (s *State) Assign() {
	r := competition.Reading{Call: s.ID, Members: s.Terms.Members, Readers: s.Terms.Readers, Fixed: s.Pairs, Barred: map[competition.Pair]bool{}}
	for _, c := range s.Candidates {
		if c.Admitted && c.Status == casefile.CandidateAdmissible {
			r.Candidates = append(r.Candidates, c.Reference)
		}
	}
	for _, c := range s.Conflicts {
		r.Barred[c.Pair] = true
	}
	s.Pairs, s.Shortages = r.Assign()
	s.Settle(ConcernShortage)
	if len(s.Shortages) > 0 {
		s.Raise(ConcernShortage)
	}
}

// Unsent lists what a member was given to read and has not been told of.
func (s *State) Unsent(m string) (list []string) {
	for _, p := range s.Pairs {
		if p.Member == m && !slices.Contains(s.Sent, p) {
			list = append(list, p.Candidate)
		}
	}
	return list
}

// Of lists what a member has to read.
func (s *State) Of(m string) (list []string) {
	for _, p := range s.Pairs {
		if p.Member == m {
			list = append(list, p.Candidate)
		}
	}
	return list
}

// BarredFor lists the candidates that a member must not read.
func (s *State) BarredFor(m string) (list []string) {
	for _, c := range s.Conflicts {
		if c.Member == m {
			list = append(list, c.Candidate)
		}
	}
	return list
}

func (s *State) sheet(p competition.Pair) *Sheet {
	for i := range s.Sheets {
		if s.Sheets[i].Pair == p {
			return &s.Sheets[i]
		}
	}
	return nil
}

// Scores gives the scores of a pair so far.
func (s *State) Scores(p competition.Pair) map[string]int64 {
	if sheet := s.sheet(p); sheet != nil {
		return sheet.Scores
	}
	return nil
}

// Score takes a score; a later one of the same criterion takes its place.
func (s *State) Score(p competition.Pair, criterion string, score int64, from Sheet) {
	sheet := s.sheet(p)
	if sheet == nil {
		s.Sheets = append(s.Sheets, Sheet{Sheet: competition.Sheet{Pair: p, Scores: map[string]int64{}}})
		sheet = &s.Sheets[len(s.Sheets)-1]
	}
	sheet.Scores[criterion] = score
	sheet.At, sheet.Mail, sheet.By = from.At, from.Mail, from.By
}

// Missing lists the pairs whose sheets are not complete; of one member, or of all where none is given.
func (s *State) Missing(member string) (list []competition.Pair) {
	for _, p := range s.Pairs {
		if member != "" && p.Member != member {
			continue
		}
		if c := s.Candidate(p.Candidate); c == nil || c.Status != casefile.CandidateAdmissible {
			continue
		}
		if sheet := s.sheet(p); sheet == nil || !s.Terms.Rules.Complete(sheet.Sheet) {
			list = append(list, p)
		}
	}
	return list
}

// Rank ranks the candidates by the scores as they are.
func (s *State) Rank() []competition.Place {
	if s.Ranking != nil {
		return s.Ranking
	}
	var list []competition.Candidate
	for _, c := range s.Candidates {
		if c.Admitted && c.Status == casefile.CandidateAdmissible {
			list = append(list, competition.Candidate{Reference: c.Reference, Completed: c.Completed, Asked: c.Cents})
		}
	}
	var sheets []competition.Sheet
	for _, p := range s.Pairs {
		if sheet := s.sheet(p); sheet != nil {
			sheets = append(sheets, sheet.Sheet)
		}
	}
	return s.Terms.Rules.Rank(list, sheets)
}
