package casefile_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"relance/domain/casefile"
)

func found(seq int, name, on string) casefile.Found {
	return casefile.Found{Seq: seq, Name: name, At: day(on), Mail: casefile.Ref{Key: name}, Proof: casefile.Ref{Key: name + ".accepted.json"}}
}

// numbers gives mails their numbers, and accounts for them.
func numbers(s *casefile.State, cause time.Time, pieces ...casefile.Piece) (list []int) {
	s.Number(pieces, cause)
	var sent casefile.Sent
	for _, p := range pieces {
		list = append(list, p.Seq)
		sent.Pieces = append(sent.Pieces, casefile.SentPiece{Seq: p.Seq, Name: p.Mail})
	}
	s.Account(sent, day("2020-12-01"))
	return list
}

// TestFoundMailsAreNotSentAgain goes through a case that knows two mails and whose folder has four more.
func TestFoundMailsAreNotSentAgain(t *testing.T) {
	s := &casefile.State{Reference: "RBD-2222222-22222", MailsOut: 2}
	mails := []casefile.Found{found(2, "charter", "2020-10-01"), found(3, "noted", "2020-10-03"), found(4, "message", "2020-10-04"), found(6, "noted", "2020-10-06"), found(5, "grant", "2020-10-05")}
	if !s.Find(mails, day("2020-11-01")) || s.MailsOut != 6 || len(s.Found) != 4 || !slices.Contains(s.Concerns, casefile.ConcernFound) {
		t.Fatalf("%d mails, %d found, %v", s.MailsOut, len(s.Found), s.Concerns)
	}
	if s.Find(mails, day("2020-11-01")) || len(s.Journal) != 4 {
		t.Errorf("the same mails were found twice: %d entries", len(s.Journal))
	}
	for _, step := range []struct {
		what   string
		cause  time.Time
		pieces []casefile.Piece
		want   []int
		left   int
	}{
		{"a reply that came before it was noted", day("2020-10-02"), []casefile.Piece{{Mail: "noted"}}, []int{3}, 3},
		{"a reply that came after the noted one went out", day("2020-10-07"), []casefile.Piece{{Mail: "noted"}}, []int{7}, 3},
		{"what an officer writes today", time.Time{}, []casefile.Piece{{Mail: "message"}}, []int{8}, 3},
		{"the decision that went out, and a mail beside it", time.Time{}, []casefile.Piece{{Mail: "grant", Letter: casefile.GrantLetter}, {Mail: "noted"}}, []int{5, 9}, 2},
		{"two of one name, of which one was found", day("2020-10-05"), []casefile.Piece{{Mail: "noted"}, {Mail: "noted"}}, []int{6, 10}, 1},
	} {
		if got := numbers(s, step.cause, step.pieces...); !slices.Equal(got, step.want) || len(s.Found) != step.left {
			t.Errorf("%s: numbers %v, want %v; %d left of %d", step.what, got, step.want, len(s.Found), step.left)
		}
	}
	if s.MailsOut != 10 || !slices.Contains(s.Concerns, casefile.ConcernFound) {
		t.Errorf("%d mails, %v", s.MailsOut, s.Concerns)
	}
	s.Found[0].Name = "noted" // were the officer's message one that the engine writes by itself
	if got := numbers(s, day("2020-10-01"), casefile.Piece{Mail: "noted"}); got[0] != 4 || s.Found != nil || len(s.Concerns) > 0 {
		t.Errorf("number %v, %d left, %v", got, len(s.Found), s.Concerns)
	}
}

// TestADecisionThatWentOutIsNotContradictedUnseen: after a restoring the opposite can be decided once an officer has said that he knows.
func TestADecisionThatWentOutIsNotContradictedUnseen(t *testing.T) {
	for _, went := range []string{casefile.GrantLetter, casefile.RejectLetter} {
		for _, kind := range []casefile.ActKind{casefile.Approve, casefile.Reject} {
			s := &casefile.State{Reference: "RBD-2222222-22222", Stage: casefile.UnderReview, Verdict: casefile.Verdict{Eligible: true, Amount: 100},
				Terms: casefile.Terms{Funded: true, Grounds: []casefile.Named{{ID: "effectif", Name: "effectif"}}}}
			act := casefile.Act{By: "agent-01", Grounds: []string{"effectif"}}
			s.Find([]casefile.Found{found(1, went, "2020-10-05")}, day("2020-11-01"))
			err := s.May(kind, act)
			same := (went == casefile.GrantLetter) == (kind == casefile.Approve)
			if same != (err == nil) || err != nil && !strings.Contains(err.Error(), "05/10/2020") {
				t.Errorf("%s after %s: %v", kind, went, err)
			}
			s.Settle(casefile.ConcernFound)
			if err := s.May(kind, act); err != nil {
				t.Errorf("%s after %s, seen: %v", kind, went, err)
			}
		}
	}
}
