// Package round_test runs a whole call for projects on the real servers, by mail alone.
package round_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"relance/command"
	"relance/domain/casefile"
	"relance/domain/round"
	"relance/domain/scheme"
	"relance/letters/pdf"
	"relance/letters/prose"
	"relance/mail/message"
	"relance/mail/outbox"
)

const (
	candidates = 50
	members    = 6
	envelope   = 300_000_00
	schemeID   = "entreprendre-autrement"
	callID     = "call-entreprendre-autrement-1"
	line       = "proximite/entreprendre-autrement"
	account    = "candidats" // one mailbox: the candidates write from candidats+c07@…
)

var quiet = slog.New(slog.DiscardHandler)

// TestACallOfFiftyCandidates: fifty candidates, six members and EUR 300,000. The candidates apply by mail, the members score by mail, with a
// mistake, a conflict of interest and a reminder among them; the committee closes the session; everybody is told on the same day; an awarded
// candidate withdraws by mail and the reserve list moves up. The ranking and the awards are those of a computation
// that shares no code with the engine, and the awards agree with the plan's book.
func TestACallOfFiftyCandidates(t *testing.T) {
	if testing.Short() {
		t.Skip("starts the three real servers")
	}
	s := open(t)
	closes := s.window(45 * time.Second)
	s.l.Run(t.Context())
	sender := s.sender(account)
	defer sender.Close()
	for i := range candidates {
		s.apply(sender, i, time.Now())
	}
	t.Logf("%d applications sent %v before the closing", candidates, time.Until(closes).Round(time.Second))
	ctx, cancel := context.WithCancel(t.Context())
	var panel sync.WaitGroup
	defer panel.Wait()
	defer cancel()
	for m := range members {
		panel.Go(func() { s.member(ctx, m) })
	}
	time.Sleep(time.Until(closes) + 1500*time.Millisecond)
	s.apply(sender, candidates, closes.Add(-time.Minute)) // too late, and dated before
	s.until("the panel reads", 60*time.Second, func(c round.State) bool { return c.Stage != round.Collecting && c.Stage != round.Admission })
	s.refusedWhileScoresAreMissing()
	c := s.until("all scores are in", 100*time.Second, func(c round.State) bool { return c.Stage == round.Session })
	s.checkReading(c)
	want := s.rank(c)
	s.checkRanking(c.Rank(), want)
	s.rejectLate(c)
	closing := round.Act{ID: "close-1", By: "agent-01", Present: []string{"jury-01", "jury-02"}, Text: "Le comité a suivi le classement."}
	done, err := s.desk.ActOnCall(t.Context(), callID, round.CloseAct, closing)
	if err != nil {
		t.Fatal(err)
	}
	again, err := s.desk.ActOnCall(t.Context(), callID, round.CloseAct, closing)
	if err != nil || !again.Again && again.Cents != done.Cents {
		t.Errorf("closed twice: %+v, %v", again, err)
	}
	s.checkAwards(done, want)
	s.withdraw(sender, want)
	s.keep()
	s.commands(c)
	s.record("contest")
}

// commands types what an officer types, and looks at what comes back.
func (s *stage) commands(c round.State) {
	last := c.Ranking
	month := s.l.Engine.Config.Clock().Legal(time.Now()).In(casefile.Paris).Format("2006-01")
	pdf := filepath.Join(s.t.TempDir(), "month.pdf")
	for _, one := range []struct {
		line string
		want []string
	}{
		{"call list", []string{callID, schemeID}},
		{"call show " + callID, []string{"retenue", "liste complémentaire", "jury-06"}},
		{"call rank " + callID, []string{"UTILITÉ SOCIALE ×4", "vient après", "note inférieure au seuil"}},
		{"call score " + callID + " ENT-00000-00000 -member jury-01 -by agent-01 utilite=12", []string{"action refusée"}},
		{"register decisions -scheme " + schemeID, []string{"numero;date", "Coopérative numéro 50;", ";attribution;"}},
		{"register open-data -all", []string{"nomAttribuant,idAttribuant", "Coopérative numéro ", ",aide en numéraire,unique,"}},
		{"register de-minimis", []string{"siren;beneficiaire"}},
		{"report month " + schemeID + " -month " + month + " -pdf " + pdf, []string{"mois;demandes_recues", month}},
	} {
		var out bytes.Buffer
		command.Run(s.t.Context(), append(strings.Fields(one.line), "-data", s.data), &out, &out)
		for _, want := range one.want {
			if !strings.Contains(out.String(), want) {
				s.t.Errorf("relance %s: no %q in\n%s", one.line, want, out.String())
			}
		}
		if folder := os.Getenv("RELANCE_TEST_OUT"); folder != "" {
			name := "typed-" + strings.Join(strings.Fields(one.line)[:2], "-") + ".txt"
			if err := os.WriteFile(filepath.Join(folder, name), out.Bytes(), 0o600); err != nil {
				s.t.Error(err)
			}
		}
	}
	if page, err := os.ReadFile(pdf); err != nil || !bytes.HasPrefix(page, []byte("%PDF")) {
		s.t.Errorf("the report on paper: %v", err)
	}
	if len(last) != 0 {
		s.t.Errorf("the ranking was frozen before the session was decided")
	}
}

// papers are the documents that every candidate sends.
var papers = sync.OnceValues(func() (list []outbox.Attachment, err error) {
	for _, name := range []string{"presentation", "budget", "statuts", "rib"} {
		pdf, err := pdf.Render(pdf.Letter{Letterhead: pdf.Letterhead{Name: "Exemple"}, Title: name, Subject: name, Date: time.Now(), Reference: "X", Body: prose.Parse(name)})
		if err != nil {
			return nil, err
		}
		list = append(list, outbox.Attachment{Name: name + ".pdf", Type: "application/pdf", Content: pdf})
	}
	return list, nil
})

var sent = struct {
	sync.Mutex
	n int
}{}

func (s *stage) refusedWhileScoresAreMissing() {
	_, err := s.desk.ActOnCall(s.t.Context(), callID, round.CloseAct, round.Act{ID: "too-early", By: "agent-01"})
	if err == nil || !strings.Contains(err.Error(), "fiches de notation") {
		s.t.Errorf("closed while scores are missing: %v", err)
	}
}

// checkReading looks at who read whom, and at whether every score came through.
func (s *stage) checkReading(c round.State) {
	s.mu.Lock()
	defer s.mu.Unlock()
	load, of := map[string]int{}, map[string]int{}
	for _, p := range c.Pairs {
		load[p.Member]++
		of[p.Candidate]++
		if slices.Contains(s.bar, p) {
			s.t.Errorf("%v is read in spite of a conflict", p)
		}
		for id, score := range s.said[p] {
			if c.Scores(p)[id] != score {
				s.t.Errorf("%v: %s is %d, given %d", p, id, c.Scores(p)[id], score)
			}
		}
		if len(s.said[p]) != len(s.scheme.Call.Criteria) {
			s.t.Errorf("%v was not scored by its member", p)
		}
	}
	if len(of) != candidates || len(s.bar) != 1 {
		s.t.Fatalf("%d candidates are read, with %d conflicts", len(of), len(s.bar))
	}
	for reference, n := range of {
		if n != s.scheme.Call.Readers {
			s.t.Errorf("%s has %d readers", reference, n)
		}
	}
	least, most := 1000, 0
	for _, n := range load {
		least, most = min(least, n), max(most, n)
	}
	if most-least > 2 { // one for the shares, one for the conflict
		s.t.Errorf("the members read from %d to %d", least, most)
	}
}

// rejectLate looks at the candidate who came too late, and rejects it.
func (s *stage) rejectLate(c round.State) {
	i := slices.IndexFunc(c.Candidates, func(c round.Candidate) bool { return c.Status == casefile.CandidateInadmissible })
	if i < 0 || len(c.Candidates) != candidates+1 || c.Candidates[i].Admitted {
		s.t.Fatalf("%d candidates, and the late one is not told apart", len(c.Candidates))
	}
	reference := c.Candidates[i].Reference
	state, err := s.desk.State(s.t.Context(), reference)
	if err != nil || !state.Candidacy.Late || !state.Candidacy.Dated || !slices.Contains(state.Concerns, casefile.ConcernLate) || !slices.Contains(state.Verdict.Failed, scheme.TooLate) {
		s.t.Errorf("the late candidate: %+v, %v, %v", state.Candidacy, state.Concerns, err)
	}
	if _, err := s.desk.Act(s.t.Context(), reference, casefile.Reject, casefile.Act{By: "agent-01", Grounds: []string{scheme.TooLate}}); err != nil {
		s.t.Error(err)
	}
}

// states waits until every candidate of the session has been told, and gives the cases.
func (s *stage) states(want []ranked) map[string]casefile.State {
	s.t.Helper()
	begin := time.Now()
	for {
		states := map[string]casefile.State{}
		open := 0
		for _, w := range want {
			state, err := s.desk.State(s.t.Context(), w.reference)
			if err != nil {
				s.t.Fatal(err)
			}
			states[w.reference] = state
			if told := state.Decision != nil && !state.Decision.Notified.IsZero() || state.Candidacy != nil && !state.Candidacy.Notified.IsZero(); !told {
				open++
			}
		}
		if open == 0 {
			s.t.Logf("%d candidates told after %v", len(want), time.Since(begin).Round(100*time.Millisecond))
			return states
		}
		if time.Since(begin) > 90*time.Second {
			s.t.Fatalf("%d candidates were not told", open)
		}
		time.Sleep(time.Second)
	}
}

// checkAwards compares the decisions with the test's own awards, the letters with each other, and the sum with the plan.
func (s *stage) checkAwards(done round.Done, want []ranked) {
	states := s.states(want)
	var sum int64
	var day time.Time
	awarded, reserve := 0, 0
	for _, w := range want {
		state := states[w.reference]
		o := state.Candidacy.Outcome
		if day.IsZero() {
			day = o.At
		}
		kind := casefile.OutcomeReserve
		switch {
		case w.award > 0:
			kind = casefile.OutcomeAward
			awarded++
			sum += w.award
		case w.out:
			kind = casefile.OutcomeReject
		default:
			reserve++
		}
		if o.Kind != kind || o.Cents != w.award || !o.At.Equal(day) || state.Decision != nil && (!state.Decision.At.Equal(day) || state.Decision.Amount != w.award) {
			s.t.Errorf("%s: %+v, decision %+v; want %s with %d cents on %v", w.reference, o, state.Decision, kind, w.award, day)
		}
	}
	if sum > envelope || done.Cents != sum || done.Awarded != awarded || done.Reserve != reserve || reserve == 0 {
		s.t.Errorf("%d awards of %d cents and %d in reserve, want %d of %d and %d", done.Awarded, done.Cents, done.Reserve, awarded, sum, reserve)
	}
	s.checkPlan(sum)
	names := map[string]int{}
	for end := time.Now().Add(60 * time.Second); names["grant"]+names["reserve"]+names["reject"] < candidates+1 && time.Now().Before(end); time.Sleep(time.Second) {
		clear(names)
		for _, m := range s.box(account) {
			names[mailName(m)]++
		}
	}
	if names["grant"] != awarded || names["reserve"] != reserve || names["grant"]+names["reserve"]+names["reject"] != candidates+1 || names["acknowledgement"] != candidates+1 {
		s.t.Errorf("the candidates received %v; %d awarded, %d in reserve", names, awarded, reserve)
	}
	s.t.Logf("%d awards of %d euros, %d in reserve; mails %v", awarded, sum/100, reserve, names)
}

// checkPlan compares with what `relance plan` shows, once the book has been written.
func (s *stage) checkPlan(sum int64) {
	s.t.Helper()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(200 * time.Millisecond) {
		head, err := s.desk.Plan(s.t.Context(), "plan-relance")
		if f := head.Lines[line]; err == nil && f.Committed == sum && f.Reserved == 0 {
			return
		} else if time.Now().After(end) {
			s.t.Errorf("the plan has committed %d and reserved %d cents, want %d (%v)", f.Committed, f.Reserved, sum, err)
			return
		}
	}
}

// gaveUp waits until a candidate's withdrawal has been taken in.
func (s *stage) gaveUp(reference string) {
	s.t.Helper()
	const patience = 60 * time.Second
	for end := time.Now().Add(patience); ; time.Sleep(200 * time.Millisecond) {
		state, err := s.desk.State(s.t.Context(), reference)
		switch {
		case err == nil && state.Stage == casefile.Withdrawn:
			return
		case time.Now().After(end):
			s.t.Fatalf("%s is not withdrawn: stage %s, held %v, %v", reference, state.Stage, state.Held, err)
		}
	}
}

// withdraw lets the first awarded candidate withdraw by mail: the money goes to the reserve list, in its order.
func (s *stage) withdraw(sender *outbox.Sender, want []ranked) {
	first := want[0]
	from := -1
	var answer *message.Message
	for _, m := range s.box(account) {
		if mailName(m) == "grant" && strings.Contains(m.Subject, first.reference) {
			answer = m
			_, _ = fmt.Sscanf(m.To[0].Address, account+"+c%d@localhost", &from)
		}
	}
	if answer == nil || from < 0 {
		s.t.Fatal("the first of the ranking has no decision in its mailbox")
	}
	s.post(sender, outbox.Mail{From: message.Address{Name: "Camille Durand", Address: address(from)}, To: answer.ReplyTo, Subject: "Re: " + answer.Subject, Date: time.Now(),
		Text: "Bonjour,\n\nNous renonçons à l'aide.\n\nCordialement", InReplyTo: answer.MessageID, References: append(answer.References, answer.MessageID)})
	left := int64(envelope) + first.award
	var sum int64
	var up []ranked
	for _, w := range want {
		left -= w.award
		sum += w.award
	}
	sum -= first.award
	for _, w := range want {
		if w.award > 0 || w.out {
			continue
		}
		award := w.asked
		if award > left {
			if award = left; left*2 < w.asked {
				break
			}
		}
		w.award = award
		left -= award
		sum += award
		up = append(up, w)
		if award < w.asked {
			break
		}
	}
	if len(up) == 0 {
		s.t.Fatal("nobody moves up: the test shows nothing")
	}
	s.gaveUp(first.reference)
	s.until("the reserve list has moved up", 60*time.Second, func(c round.State) bool {
		return c.Candidate(up[len(up)-1].reference).Status == casefile.CandidateAwarded
	})
	for _, w := range up {
		if state, err := s.desk.State(s.t.Context(), w.reference); err != nil || state.Decision == nil || state.Decision.Amount != w.award {
			s.t.Errorf("%s moved up with %+v (%v), want %d cents", w.reference, state.Decision, err, w.award)
		}
	}
	if sum > envelope {
		s.t.Errorf("%d cents awarded of %d", sum, int64(envelope))
	}
	s.checkPlan(sum)
	s.t.Logf("%d moved up", len(up))
}

// keep looks at the folder of the session, and writes what a person may want to see (RELANCE_TEST_OUT).
func (s *stage) keep() {
	minutes, err := s.l.Engine.Archive.Get(s.t.Context(), round.Folder(callID)+"minutes.pdf")
	if err != nil || len(minutes) < 1000 {
		s.t.Errorf("minutes of %d bytes, %v", len(minutes), err)
	}
	folder := os.Getenv("RELANCE_TEST_OUT")
	if folder == "" {
		return
	}
	write := func(name string, content []byte) {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
			s.t.Error(err)
		}
	}
	write("minutes.pdf", minutes)
	for _, name := range []string{"jury01", "jury02", account} {
		seen := map[string]bool{}
		for _, m := range s.box(name) {
			if kind := mailName(m); !seen[kind] {
				seen[kind] = true
				write(name+"-"+kind+".txt", []byte(m.Subject+"\n\n"+m.Text))
				for _, a := range m.Attachments[:min(1, len(m.Attachments))] {
					write(name+"-"+kind+".pdf", a.Content())
				}
			}
		}
	}
}
