// Package inquiry is what the authority asks a mailbox: whether it wrote what came in its name and nothing proves. It tells what waits for the answer,
// when the mailbox is asked and reminded, when an officer takes over, and what an answer settles. It is pure.
//
// One inquiry serves one address, so that whoever is pretended to write gets one question a day, whatever is sent in that name.
package inquiry

import (
	"slices"
	"time"

	"relance/domain/casefile"
)

// The periods of an inquiry, in legal time.
const (
	Between = casefile.LegalDay      // from one question to the next, at least
	Remind  = 2 * casefile.LegalDay  // after the first question
	Leave   = 5 * casefile.LegalDay  // after its arrival a mail without an answer is left to an officer
	Serves  = 30 * casefile.LegalDay // a question can be answered for so long
	Quiet   = 30 * casefile.LegalDay // after a NON, or too many questions without an answer, nothing more is asked for so long
)

// The limits of an inquiry. What goes beyond them is left to an officer at once.
const (
	MostMails     = 20 // that wait at the same time for nobody but the mailbox
	MostLeft      = 60 // that officers have, and an answer still counts for
	MostQuestions = 5  // in a row without an answer
)

// Opening is what an inquiry begins with: the input of its workflow.
type Opening struct {
	ID    string         `json:"id"` // a keyed hash of the address
	Clock casefile.Clock `json:"clock"`
	State *State         `json:"state,omitempty"` // after continue-as-new
}

// Folders is the prefix of what the archive has of inquiries.
const Folders = "inquiries/"

// Folder is where the questions of an inquiry and the replies to them lie in the archive.
func Folder(id string) string { return Folders + id + "/" }

// Waiting is a mail that waits for the answer of the mailbox it seems to come from.
type Waiting struct {
	Mail   casefile.Mail `json:"mail"`             // where it lies: in the folder of its case, else in the officers' queue
	Case   string        `json:"case,omitempty"`   // the case that holds it; empty: it asks for a new one
	Own    bool          `json:"own,omitempty"`    // it seems to come from the applicant of that case
	Scheme string        `json:"scheme,omitempty"` // that it applies to
	At     time.Time     `json:"at"`               // legal: when the authority's server received it
	Asked  int           `json:"asked,omitempty"`  // how many questions have named it
	First  time.Time     `json:"first,omitzero"`   // legal: the first of them
	Left   bool          `json:"left,omitempty"`   // an officer has it; an answer still counts
	Choice bool          `json:"choice,omitempty"` // it was sent to two schemes, and waits once for each: its sender says which is meant
	Also   string        `json:"also,omitempty"`   // as it is handed to its inquiry: the second of them
}

// Each is a mail as it waits: once, or once for each of the schemes that its sender chooses from.
func (w Waiting) Each() []Waiting {
	if !w.Choice || w.Also == "" {
		return []Waiting{w}
	}
	first, second := w, w
	first.Also, second.Also, second.Scheme = "", "", w.Also
	return []Waiting{first, second}
}

// Name is by what a question names it: its SHA-256, with the scheme where that is the question.
func (w Waiting) Name() string {
	if w.Choice {
		return w.Mail.SHA256 + "/" + w.Scheme
	}
	return w.Mail.SHA256
}

// Question is one mail to the mailbox. It names the mails it asks about (Waiting.Name), in the order of its list.
type Question struct {
	N        int       `json:"n"`
	At       time.Time `json:"at"`      // legal
	Expires  time.Time `json:"expires"` // legal
	Mails    []string  `json:"mails"`
	Reminds  bool      `json:"reminds,omitempty"`  // all of them were asked about before
	Answered bool      `json:"answered,omitempty"` // it serves once
}

// Reply is a mail that came to the one-time address of a question.
type Reply struct {
	Mail     casefile.Mail `json:"mail"`
	Question int           `json:"question"`
}

// Word is what a mailbox answers.
type Word string

// The words. Anything else that a person writes is for an officer to read.
const (
	Yes     Word = "yes"
	No      Word = "no"
	Unclear Word = ""
)

// Said is what a reply says, and of which mails of the list; of all where it names none.
type Said struct {
	Word  Word  `json:"word,omitempty"`
	Which []int `json:"which,omitempty"`
	More  bool  `json:"more,omitempty"` // it says or brings something besides, which an officer has to read
}

// State is everything an inquiry knows. It holds no address and no words.
type State struct {
	ID        string         `json:"id"`
	Clock     casefile.Clock `json:"clock"`
	Waiting   []Waiting      `json:"waiting,omitempty"`   // the oldest first
	Questions []Question     `json:"questions,omitempty"` // that can still be answered
	Sent      int            `json:"sent,omitempty"`      // questions so far
	Last      time.Time      `json:"last,omitzero"`       // legal: when the last one went
	Unheard   int            `json:"unheard,omitempty"`   // questions in a row without an answer
	Until     time.Time      `json:"until,omitzero"`      // legal: nothing is asked before
	Denied    time.Time      `json:"denied,omitzero"`     // legal: when the mailbox answered NON
	Heard     []string       `json:"heard,omitempty"`     // identities of the replies that were read
}

// Step is what an inquiry does next.
type Step string

// The steps.
const (
	Ask  Step = "ask"  // the mailbox
	Give Step = "give" // what has waited too long to an officer
	End  Step = "end"
)

// leaves is when a mail is left to an officer: after five days, and at once where its mailbox has answered NON since it came, to this or another.
func (s *State) leaves(w Waiting) time.Time {
	when := w.At.Add(Leave)
	if s.Denied.After(w.At) && s.Denied.Before(when) {
		return s.Denied
	}
	return when
}

// index finds a waiting mail by its name; -1 where there is none.
func (s *State) index(name string) int {
	return slices.IndexFunc(s.Waiting, func(w Waiting) bool { return w.Name() == name })
}

// Find finds a waiting mail by its name.
func (s *State) Find(name string) (Waiting, bool) {
	i := s.index(name)
	if i < 0 {
		return Waiting{}, false
	}
	return s.Waiting[i], true
}

// Add lets a mail wait. Known tells that it waits already, and left that it is an officer's at once: nothing is asked at this time, or too much waits.
func (s *State) Add(w Waiting, at time.Time) (known, left bool) {
	if s.index(w.Name()) >= 0 {
		return true, false
	}
	officers := 0
	for _, w := range s.Waiting {
		if w.Left {
			officers++
		}
	}
	if at.Before(s.Until) || len(s.Waiting)-officers >= MostMails {
		return false, true
	}
	if officers >= MostLeft {
		s.Waiting = slices.Delete(s.Waiting, s.oldestLeft(), s.oldestLeft()+1)
	}
	s.Waiting = append(s.Waiting, w)
	slices.SortStableFunc(s.Waiting, func(a, b Waiting) int { return a.At.Compare(b.At) })
	return false, false
}

func (s *State) oldestLeft() int {
	return slices.IndexFunc(s.Waiting, func(w Waiting) bool { return w.Left })
}

// HasHeard tells whether a reply was read before, and remembers it.
func (s *State) HasHeard(identity string) bool {
	if slices.Contains(s.Heard, identity) {
		return true
	}
	const enough = 100
	if s.Heard = append(s.Heard, identity); len(s.Heard) > enough {
		s.Heard = s.Heard[1:]
	}
	return false
}

// Settle takes a mail out by its name, or by its SHA-256 whatever it waits for: it was answered for, or an officer has dealt with it.
func (s *State) Settle(name string) {
	s.Waiting = slices.DeleteFunc(s.Waiting, func(w Waiting) bool { return w.Name() == name || w.Mail.SHA256 == name })
}

// Next is what the inquiry does next, and when (legal). It does not end while a mail waits that no officer has.
func (s *State) Next() (Step, time.Time) {
	step, at := End, s.ends()
	for _, w := range s.Waiting {
		if when := s.leaves(w); !w.Left && (step == End || when.Before(at)) {
			step, at = Give, when
		}
	}
	if when, asks := s.asks(); asks && (step == End || !when.After(at)) {
		step, at = Ask, when
	}
	return step, at
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// asks tells when the next question goes: at once for what was never asked about, later as a reminder, and never sooner than a day after the last.
func (s *State) asks() (at time.Time, asks bool) {
	for _, w := range s.Waiting {
		when := w.At
		switch {
		case w.Left || w.Asked > 1:
			continue
		case w.Asked == 1:
			when = w.First.Add(Remind)
		}
		if !asks || when.Before(at) {
			at, asks = when, true
		}
	}
	if !s.Last.IsZero() {
		at = later(at, s.Last.Add(Between))
	}
	at = later(at, s.Until)
	return at, asks
}

// ends is when there is nothing left to wait for: the last question can no longer be answered or has been, and another one would not come too soon.
func (s *State) ends() time.Time {
	end := s.Until
	if !s.Last.IsZero() {
		end = later(end, s.Last.Add(Between))
	}
	for _, q := range s.Questions {
		if slices.ContainsFunc(q.Mails, func(sum string) bool { return s.index(sum) >= 0 }) {
			end = later(end, q.Expires)
		}
	}
	return end
}

// Question is the next question: about all that waits for an answer, and was asked about once at most.
func (s *State) Question(at time.Time) Question {
	q := Question{N: s.Sent + 1, At: at, Expires: at.Add(Serves), Reminds: true}
	for _, w := range s.Waiting {
		if w.Left || w.Asked > 1 {
			continue
		}
		q.Mails = append(q.Mails, w.Name())
		q.Reminds = q.Reminds && w.Asked > 0
	}
	return q
}

// Put notes that a question has gone.
func (s *State) Put(q Question) {
	s.Sent, s.Last = max(s.Sent, q.N), q.At
	s.Unheard++
	for _, sum := range q.Mails {
		if i := s.index(sum); i >= 0 {
			if s.Waiting[i].Asked++; s.Waiting[i].Asked == 1 {
				s.Waiting[i].First = q.At
			}
		}
	}
	s.Questions = append(slices.DeleteFunc(s.Questions, func(o Question) bool { return !q.At.Before(o.Expires) }), q)
	if s.Unheard >= MostQuestions {
		s.Until = later(s.Until, q.At.Add(Quiet))
	}
}

// Overdue lists what has waited too long, and marks it as an officer's. While nothing is asked, that is everything.
func (s *State) Overdue(at time.Time) []Waiting {
	var list []Waiting
	for i := range s.Waiting {
		if w := &s.Waiting[i]; !w.Left && !at.Before(s.leaves(*w)) {
			w.Left = true
			list = append(list, *w)
		}
	}
	return list
}

// Forget drops what can no longer be answered for: officers have it.
func (s *State) Forget(at time.Time) {
	s.Waiting = slices.DeleteFunc(s.Waiting, func(w Waiting) bool {
		open := slices.ContainsFunc(s.Questions, func(q Question) bool { return at.Before(q.Expires) && slices.Contains(q.Mails, w.Name()) })
		return w.Left && !open
	})
}

// Answer settles what a reply answers for; the question serves once. It settles nothing where the question is not one that can still be answered, or
// the words leave open what they mean.
func (s *State) Answer(n int, said Said, at time.Time) (settled []Waiting) {
	i := slices.IndexFunc(s.Questions, func(q Question) bool { return q.N == n && !q.Answered && at.Before(q.Expires) })
	if i < 0 || said.Word == Unclear {
		return nil
	}
	for _, sum := range s.Questions[i].names(said.Which) {
		if w, found := s.Find(sum); found {
			settled = append(settled, w)
			s.Settle(sum)
		}
	}
	for _, w := range settled {
		if w.Choice { // the schemes that were not named are not meant
			s.Settle(w.Mail.SHA256)
		}
	}
	if len(settled) == 0 {
		return nil
	}
	s.Questions[i].Answered, s.Unheard = true, 0
	if said.Word == No {
		s.Denied, s.Until = at, later(s.Until, at.Add(Quiet))
	}
	return settled
}

// names gives the mails that numbers of the list stand for; no number stands for all, and a wrong one for none at all.
func (q *Question) names(which []int) []string {
	if len(which) == 0 {
		return q.Mails
	}
	var sums []string
	for _, n := range which {
		if n < 1 || n > len(q.Mails) {
			return nil
		}
		sums = append(sums, q.Mails[n-1])
	}
	return sums
}
