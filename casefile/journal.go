package casefile

import "time"

// Who acts in a journal entry. An officer is "officer:" and an identifier, never a name.
const (
	Engine    = "engine"
	Applicant = "applicant"
	Outside   = "outside" // somebody who is not known to be the applicant, or a machine
)

// OfficerName is how an officer's identifier stands in the journal.
func OfficerName(id string) string { return "officer:" + id }

// Entry is one line of the case's journal: when, who, what, on which message or document.
type Entry struct {
	At   time.Time `json:"at"`             // legal
	Who  string    `json:"who"`            //
	What string    `json:"what"`           // a code: "stage", "mail.read", "mail.sent", "document", "act.approve", …
	On   string    `json:"on,omitempty"`   // what it is about: a key, a stage, a kind of mail
	Note string    `json:"note,omitempty"` // further codes, space separated
}

// Note writes an entry at the end of the journal.
func (s *State) Note(e Entry) { s.Journal = append(s.Journal, e) }

// Last is the newest entry of the journal.
func (s *State) Last() Entry {
	if len(s.Journal) == 0 {
		return Entry{}
	}
	return s.Journal[len(s.Journal)-1]
}
