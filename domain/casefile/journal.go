package casefile

import (
	"time"

	"relance/domain/chain"
)

// Who acts in a journal entry. An officer is "officer:" and an identifier, never a name.
const (
	Engine    = "engine"
	Applicant = "applicant"
	Outside   = "outside" // somebody who is not known to be the applicant, or a machine
)

// OfficerName is how an officer's identifier stands in the journal.
func OfficerName(id string) string { return "officer:" + id }

// Entry is one line of the case's journal: when, who, what, on which message or document, with the hashes that make the journal a chain.
type Entry = chain.Entry

// shownEntries is how many entries the state carries besides those that are not stored yet: the whole journal lies in the case folder, and
// does not travel with every activity of a case that lives for years.
const shownEntries = 40

// Note writes an entry at the end of the journal.
func (s *State) Note(e Entry) {
	s.Journal = append(s.Journal, s.Chain.Add(s.Reference, e))
	s.trim()
}

func (s *State) trim() {
	if drop := len(s.Journal) - max(shownEntries, s.Chain.Length-s.Stored.Length); drop > 0 {
		s.Journal = append([]Entry(nil), s.Journal[drop:]...)
	}
}

// Unstored are the entries that the case folder does not have yet.
func (s *State) Unstored() []Entry {
	for i, e := range s.Journal {
		if e.Seq > s.Stored.Length {
			return s.Journal[i:]
		}
	}
	return nil
}

// Keep notes that the case was stored as it stands: the journal ends with the hash of case.json.
func (s *State) Keep(snapshot Ref) {
	s.Note(Entry{What: chain.Stored, Objects: []Ref{snapshot}})
	s.Stored = s.Chain
	s.trim()
}

// Last is the newest thing that happened.
func (s *State) Last() Entry {
	for i := len(s.Journal) - 1; i >= 0; i-- {
		if s.Journal[i].What != chain.Stored {
			return s.Journal[i]
		}
	}
	return Entry{}
}

// Brief is the state without its journal, for those who decide nothing by it.
func (s *State) Brief() State {
	brief := *s
	brief.Journal = nil
	return brief
}

// Tally counts the mails of a legal day.
type Tally struct {
	Day time.Time `json:"day,omitzero"`
	N   int       `json:"n,omitempty"`
}

// count counts a mail that was sent.
func (s *State) count(at time.Time) {
	if day := Date(at); !day.Equal(s.Today.Day) {
		s.Today = Tally{Day: day}
	}
	s.Today.N++
}

// SentOn counts the mails sent by the engine on a legal day, for the limit that stops a loop between two machines.
func (s *State) SentOn(day time.Time) int {
	if !Date(day).Equal(s.Today.Day) {
		return 0
	}
	return s.Today.N
}
