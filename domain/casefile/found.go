package casefile

import (
	"slices"
	"time"
)

// Found is a mail of the authority that went out although the case does not know it: the case was restored from a backup older than the mail.
// The copy in the folder of sent mails is the proof, and has been put into the case folder again.
type Found struct {
	Seq    int       `json:"seq"`
	Name   string    `json:"name"` // of the mail
	At     time.Time `json:"at"`   // when it was sent
	Mail   Ref       `json:"mail"`
	Proof  Ref       `json:"proof"`
	Letter Ref       `json:"letter,omitzero"` // which it carried
}

// Find takes in mails that went out unknown to the case. Their numbers are taken, a step that comes to the same mail takes it for its own, and
// an officer looks at what is left. What the case knows is not found: it tells whether anything was.
func (s *State) Find(mails []Found, at time.Time) bool {
	known, found := s.MailsOut, false
	for _, f := range mails {
		if f.Seq <= known {
			continue
		}
		found = true
		s.MailsOut = max(s.MailsOut, f.Seq)
		s.Found = append(s.Found, f)
		objects := []Ref{f.Mail, f.Proof}
		if f.Letter.Key != "" {
			objects = append(objects, f.Letter)
		}
		s.Note(Entry{At: at, Who: Engine, What: EventMailFound, On: f.Name, Note: f.Mail.Key, Objects: objects})
	}
	if found {
		s.Raise(ConcernFound)
	}
	return found
}

// Number gives mails that are about to be sent their numbers: that of the same mail where it was found, else the next one. A found mail is the
// same where what leads to it now, a mail or a deadline, was there before it was sent; a decision is the same whoever takes it once more. What an
// officer writes today is another mail, whatever its name.
func (s *State) Number(pieces []Piece, cause time.Time) {
	next, taken := s.MailsOut, map[int]bool{}
	for i := range pieces {
		f := s.foundAs(pieces[i].Mail, taken)
		decides := pieces[i].Letter == GrantLetter || pieces[i].Letter == RejectLetter
		if f == nil || !decides && (cause.IsZero() || f.At.Before(cause)) {
			next++
			pieces[i].Seq = next
			continue
		}
		pieces[i].Seq, taken[f.Seq] = f.Seq, true
	}
}

func (s *State) foundAs(name string, but map[int]bool) *Found {
	for i, f := range s.Found {
		if f.Name == name && !but[f.Seq] {
			return &s.Found[i]
		}
	}
	return nil
}

// numbered notes that a mail of this number is now the case's own. The list is made anew: whoever holds a copy of the state holds the old one.
func (s *State) numbered(seq int) {
	left := slices.DeleteFunc(slices.Clone(s.Found), func(f Found) bool { return f.Seq == seq })
	if len(left) == len(s.Found) {
		s.MailsOut++
		return
	}
	if s.Found = left; len(left) == 0 {
		s.Found = nil
		s.Settle(ConcernFound)
	}
}

// mayContradict refuses a decision where a letter that says the opposite has gone out already.
func (s *State) mayContradict(decision string) error {
	opposite := map[string]string{GrantLetter: RejectLetter, RejectLetter: GrantLetter}[decision]
	f := s.foundAs(opposite, nil)
	if f == nil || !slices.Contains(s.Concerns, ConcernFound) {
		return nil
	}
	what := map[string]string{GrantLetter: "une attribution est déjà partie", RejectLetter: "un rejet est déjà parti"}[opposite]
	return refuse("%s le %s, et le dossier, restauré depuis, ne le savait pas (%s) : reprenez cette décision, ou levez d'abord le signalement (relance case settle)",
		what, Date(f.At).Format("02/01/2006"), f.Mail.Key)
}
