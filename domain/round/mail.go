package round

import (
	"time"

	"relance/domain/casefile"
	"relance/domain/competition"
)

// Opening is what a session begins with: the input of its workflow.
type Opening struct {
	ID      string         `json:"id"`
	Scheme  string         `json:"scheme"`
	Session string         `json:"session"`
	Clock   casefile.Clock `json:"clock"`
	State   *State         `json:"state,omitempty"` // after continue-as-new
}

// Heard is what a case tells its call, with the members who must not read it.
type Heard struct {
	Notice casefile.Notice `json:"notice"`
	Barred []string        `json:"barred,omitempty"`
}

// Who wrote a mail to a session.
const (
	FromMember   = "member"
	FromUnproven = "unproven" // a member's address, and nothing proves it
	FromStranger = "stranger"
	FromMachine  = "automatic"
	FromBounce   = "bounce"
	Unreadable   = "unreadable"
)

// Reading is what a mail brought, as an activity read it: codes and figures only.
type Reading struct {
	From      string   `json:"from"`
	Member    string   `json:"member,omitempty"`
	Scores    []Given  `json:"scores,omitempty"`
	Conflicts []string `json:"conflicts,omitempty"` // references
	Problems  int      `json:"problems,omitempty"`  // lines that could not be understood
}

// Given is one score of a mail.
type Given struct {
	Candidate string `json:"candidate"`
	Criterion string `json:"criterion"`
	Score     int64  `json:"score"`         // hundredths of a point
	Old       bool   `json:"old,omitempty"` // it stood in the mail that was answered: it counts where there is none yet
}

// Piece is one mail to a member of the panel.
type Piece struct {
	Seq        int          `json:"seq"`
	Mail       string       `json:"mail"` // name of its text
	Member     string       `json:"member"`
	Candidates []string     `json:"candidates,omitempty"` // that it is about
	About      casefile.Ref `json:"about,omitzero"`       // the mail it answers
}

// Correspondence asks for mails to the panel, and for the session to be stored.
type Correspondence struct {
	State   State     `json:"state"`
	At      time.Time `json:"at"` // legal
	Pieces  []Piece   `json:"pieces,omitempty"`
	Minutes *Minutes  `json:"minutes,omitempty"` // to be written first; the pieces carry them
}

// Minutes is what the minutes of the committee say beside the state.
type Minutes struct {
	Present []string `json:"present,omitempty"`
	Text    string   `json:"text,omitempty"`
}

// Sent is what became of correspondence.
type Sent struct {
	Pieces  []SentPiece  `json:"pieces,omitempty"`
	Minutes casefile.Ref `json:"minutes,omitzero"`
}

// SentPiece is one mail that was accepted for delivery, or refused for good.
type SentPiece struct {
	Piece
	Key     string `json:"key"`
	Refused string `json:"refused,omitempty"`
}

// Account records what was sent.
func (s *State) Account(sent Sent, at time.Time) {
	if sent.Minutes.Key != "" {
		s.Minutes = sent.Minutes
		s.Note(at, casefile.Engine, casefile.EventLetter, MinutesMail, sent.Minutes.Key)
	}
	for _, p := range sent.Pieces {
		s.MailsOut++
		if p.Refused != "" {
			s.Note(at, casefile.Engine, casefile.EventMailRefused, p.Mail, p.Refused)
			s.Raise(ConcernUndelivered)
			continue
		}
		s.Note(at, casefile.Engine, casefile.EventMailSent, p.Mail, p.Key)
		if p.Mail == DossierMail {
			for _, c := range p.Candidates {
				s.Sent = append(s.Sent, competition.Pair{Candidate: c, Member: p.Member})
			}
		}
	}
}
