package round_test

import (
	"slices"
	"testing"
	"time"

	"relance/domain/casefile"
	"relance/domain/round"
	"relance/domain/scheme"
	"relance/local/run"
	"relance/mail/message"
	"relance/mail/outbox"
)

// TestAnOfficerCarriesASession to its last stage: an application that came too late is admitted, the panel begins before the time for missing documents is over, one that was
// completed meanwhile is read all the same, a member may not read a candidate, scores come on paper, and a month after the decision the reserve list ends.
func TestAnOfficerCarriesASession(t *testing.T) {
	if testing.Short() {
		t.Skip("starts the real servers")
	}
	s := openWith(t, run.Options{QuickMail: true, Day: time.Second})
	s.scheme.Call.Panel = s.scheme.Call.Panel[:3]
	s.scheme.Call.Readers, s.scheme.Call.Least, s.scheme.Call.Reserve = 2, 1, 1
	const window = 6 * time.Second // the time for a missing document is fifteen
	closes := s.window(window)
	s.scheme.Call.Sessions[0].Envelope = scheme.Amount(asked(0) + asked(1)/4) // for the first of the ranking, and less than half of the next
	s.l.Run(t.Context())
	sender := s.sender(account)
	defer sender.Close()
	const inTime, incomplete, late = 3, 2, 3 // how many are in time, and which of them lacks a document; which one is late
	for i := range inTime {
		s.applyWith(sender, i, time.Now(), i == incomplete)
	}
	s.until("three applications", window, func(c round.State) bool { return len(c.Candidates) == inTime })
	time.Sleep(time.Until(closes) + time.Second)
	s.apply(sender, late, time.Now())
	c := s.until("the late one", 30*time.Second, func(c round.State) bool { return len(c.Candidates) == inTime+1 })
	reference := func(status casefile.Candidate) string {
		i := slices.IndexFunc(c.Candidates, func(c round.Candidate) bool { return c.Status == status })
		if i < 0 {
			t.Fatalf("no candidate is %s: %+v", status, c.Candidates)
		}
		return c.Candidates[i].Reference
	}
	open, tooLate := reference(casefile.CandidateOpen), reference(casefile.CandidateInadmissible)
	if _, err := s.desk.Act(t.Context(), tooLate, casefile.AdmitLate, casefile.Act{By: "agent-01", Text: "Panne de notre serveur."}); err != nil {
		t.Fatal(err)
	}
	s.until("it is admitted", 10*time.Second, func(c round.State) bool { return c.Candidate(tooLate).Status == casefile.CandidateAdmissible })
	var err error
	s.does(round.ConflictAct, round.Act{Member: "jury-01", Candidate: tooLate})
	s.does(round.BeginAct, round.Act{})
	s.complete(sender, incomplete)
	s.until("the last document has come", 30*time.Second, func(c round.State) bool { return c.Candidate(open).Status == casefile.CandidateAdmissible })
	s.does(round.TakeAct, round.Act{Candidate: open, Text: "Le document attendait chez nous."})
	c = s.until("all are shared out", 10*time.Second, func(c round.State) bool { return len(c.Pairs) == 2*(inTime+1) })
	for _, p := range c.Pairs {
		if p.Member == "jury-01" && p.Candidate == tooLate {
			t.Errorf("%v is read in spite of a conflict", p)
		}
		scores := map[string]int64{}
		for _, k := range s.scheme.Call.Criteria {
			scores[k.ID] = 1000 + 50*(hashed(p.Candidate, k.ID)%10)
		}
		s.does(round.ScoreAct, round.Act{Member: p.Member, Candidate: p.Candidate, Scores: scores})
	}
	done := s.does(round.CloseAct, round.Act{Present: []string{"jury-01", "jury-02"}})
	if done.Awarded == 0 || done.Reserve == 0 || done.Awarded+done.Reserve != inTime+1 {
		t.Errorf("%+v", done)
	}
	s.until("the reserve list ends", 60*time.Second, func(c round.State) bool { return c.Stage == round.Closed })
	for _, candidate := range c.Candidates {
		var state casefile.State
		for end := time.Now().Add(30 * time.Second); time.Now().Before(end) && (state.Reference == "" || state.Stage == casefile.OnReserve); time.Sleep(100 * time.Millisecond) {
			if state, err = s.desk.State(t.Context(), candidate.Reference); err != nil {
				t.Fatal(err)
			}
		}
		if state.Stage != casefile.Granted && state.Stage != casefile.Rejected && state.Stage != casefile.Closed {
			t.Errorf("%s is %s", candidate.Reference, state.Stage)
		}
	}
	s.record("officer")
}

// does lets an officer act on the session.
func (s *stage) does(kind round.ActKind, a round.Act) round.Done {
	s.t.Helper()
	a.By = "agent-01"
	done, err := s.desk.ActOnCall(s.t.Context(), callID, kind, a)
	if err != nil {
		s.t.Fatalf("%s: %v", kind, err)
	}
	return done
}

// complete sends the document that an application lacked.
func (s *stage) complete(sender *outbox.Sender, i int) {
	s.t.Helper()
	files, err := papers()
	if err != nil {
		s.t.Fatal(err)
	}
	for _, m := range s.box(account) {
		if m.To[0].Address == address(i) {
			s.post(sender, outbox.Mail{From: message.Address{Name: "Camille Durand", Address: address(i)}, To: m.ReplyTo, Subject: "Re: " + m.Subject, Text: "Voici le RIB.",
				Date: time.Now(), InReplyTo: m.MessageID, Attachments: files[len(files)-1:]})
			return
		}
	}
	s.t.Fatalf("%s has got no mail", address(i))
}
