package casefile

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// Stop is correspondence that does not go, because its letter lacks what the law or the case asks of it.
type Stop struct {
	Mail   string    `json:"mail"`             // name of the mail's text
	Letter string    `json:"letter,omitempty"` // name of the letter's text
	Lacks  []string  `json:"lacks"`            // what is missing, a sentence each
	At     time.Time `json:"at,omitzero"`      // legal
	Holds  bool      `json:"holds,omitempty"`  // nothing else happens to the case before it has gone; else it was a decision, which is not taken
}

// StopFor puts correspondence that does not go before an officer.
func (s *State) StopFor(stop Stop) {
	if s.Stopped == nil || !slices.Equal(s.Stopped.Lacks, stop.Lacks) {
		s.Note(Entry{At: stop.At, Who: Engine, What: EventLetterStopped, On: cmp.Or(stop.Letter, stop.Mail)})
	}
	s.Stopped = &stop
	s.Raise(ConcernLetter)
}

// Mended is when it has gone, or is no longer to go.
func (s *State) Mended() {
	s.Stopped = nil
	s.Settle(ConcernLetter)
}

// Why tells in one sentence what is missing.
func (s *Stop) Why() string { return strings.Join(s.Lacks, " ; ") }

// mayGoOn tells whether correspondence lets an action be carried out.
func (s *State) mayGoOn(kind ActKind) error {
	switch {
	case kind == SendStopped && (s.Stopped == nil || !s.Stopped.Holds && s.Stage != Waitlisted):
		return refuse("aucun courrier n'attend d'être corrigé")
	case kind != SendStopped && s.Stopped != nil && s.Stopped.Holds:
		return refuse("un courrier doit partir d'abord, et il y manque quelque chose : %s ; quand c'est corrigé, faites-le partir (relance case resume)", s.Stopped.Why())
	}
	return nil
}

// Clone is a copy that shares nothing with the case.
func (s *State) Clone() State {
	//workflowcheck:ignore a struct is written and read field by field, in their order
	text, err := json.Marshal(s)
	if err != nil {
		panic(err) // it is plain data
	}
	var c State
	//workflowcheck:ignore
	if err := json.Unmarshal(text, &c); err != nil {
		panic(err)
	}
	return c
}
