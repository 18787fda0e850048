package workflows_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"go.temporal.io/sdk/testsuite"

	"relance/contract"
	"relance/domain/casefile"
	"relance/domain/competition"
	"relance/domain/ledger"
	"relance/domain/round"
	"relance/domain/scheme"
	"relance/mail/message"
	"relance/mail/outbox"
)

const sessionID = "call-entreprendre-autrement-1"

// contest is a session of a call with everything around it.
type contest struct {
	*world
	scheme   *scheme.Scheme
	outcomes map[string][]casefile.Outcome
	told     []string // "day kind reference", in order
}

// newContest opens a session of ten days with an envelope of 30,000 euros.
func newContest(t *testing.T, change func(c *scheme.Call)) *contest {
	t.Helper()
	catalogue := load(t, "", nil)
	sch, err := catalogue.Find("entreprendre-autrement")
	if err != nil {
		t.Fatal(err)
	}
	sch.Call.Sessions = []scheme.Session{{ID: "1", Opens: scheme.Minute{Time: received.Add(-day)}, Closes: scheme.Minute{Time: received.Add(10 * day)}, Envelope: 30_000_00}}
	if change != nil {
		change(sch.Call)
	}
	c := &contest{world: newWorldOf(t, sch.ID, catalogue), scheme: sch, outcomes: map[string][]casefile.Outcome{}}
	c.env.OnSignalExternalWorkflow(mock.Anything, mock.Anything, mock.Anything, contract.OutcomeSignal, mock.Anything).Return(
		func(_, id, _, _ string, arg any) error {
			o := arg.(casefile.Outcome)
			c.outcomes[id] = append(c.outcomes[id], o)
			c.told = append(c.told, c.env.Now().In(casefile.Paris).Format(time.DateOnly)+" "+string(o.Kind)+" "+id)
			return nil
		}).Maybe()
	return c
}

func candidate(i int) string { return fmt.Sprintf("ENT-%05d-00000", i) }

// candidate lets a case tell the session how it stands, so long after the window opened; its folder is made.
func (c *contest) candidate(after time.Duration, i int, status casefile.Candidate, cents int64) {
	c.t.Helper()
	facts, _ := json.Marshal(casefile.Facts{Reference: candidate(i), Fields: map[string]casefile.Value{"structure": {Value: fmt.Sprint("Structure ", i)}, "iban": {Value: "FR7620041518190937865797574"}}})
	c.objects[casefile.Folder(candidate(i))+"facts/f.json"] = facts
	s := casefile.State{Reference: candidate(i), Scheme: c.scheme.ID, Stage: casefile.UnderReview, Received: received, Terms: c.scheme.Terms(c.scheme.Versions[0]),
		Verdict: casefile.Verdict{Eligible: true, Amount: cents}, Facts: casefile.Ref{Key: casefile.Folder(candidate(i)) + "facts/f.json"}}
	text, err := json.Marshal(s)
	if err != nil {
		c.t.Fatal(err)
	}
	c.objects[casefile.Folder(candidate(i))+"case.json"] = text
	n := casefile.Notice{Reference: candidate(i), Filed: received.Add(time.Duration(i) * time.Hour), Completed: received.Add(time.Duration(i) * time.Hour), Status: status, Cents: cents}
	c.env.RegisterDelayedCallback(func() { c.env.SignalWorkflow(contract.CallHeard, round.Heard{Notice: n}) }, after)
}

// mailFrom lets a mail reach the session. Its text may depend on what its author has been sent: {1} is the first reference of
// that dossier.
func (c *contest) mailFrom(after time.Duration, from, dmarc, text string, header map[string]string) {
	c.env.RegisterDelayedCallback(func() {
		for i, reference := range c.reads(from) {
			text = strings.ReplaceAll(text, fmt.Sprintf("{%d}", i+1), reference)
		}
		c.mails++
		raw, err := outbox.Compose(outbox.Mail{From: message.Address{Address: from}, To: message.Address{Address: "aides+x@metropole.example"}, Subject: "Notes", Text: text,
			Date: c.env.Now(), MessageID: fmt.Sprintf("%d@jury.example", c.mails), Headers: header})
		if err != nil {
			c.t.Error(err)
		}
		raw = append([]byte(found(raw, dmarc)), raw...)
		sum := fmt.Sprintf("%x", sha256.Sum256(raw))
		key := round.Folder(sessionID) + "mail/in/" + sum + ".eml"
		c.objects[key] = raw
		c.env.SignalWorkflow(contract.CallMail, casefile.Mail{Ref: casefile.Ref{Key: key, SHA256: sum}, Identity: message.Identity(raw), Received: c.env.Now()})
	}, after)
}

// reads lists the references of the dossiers that a member was sent.
func (c *contest) reads(member string) (list []string) {
	for _, m := range c.sent {
		if m.name == "dossier" && m.to == member {
			for _, reference := range casefile.FindReferences(m.Text) {
				if !slices.Contains(list, reference) {
					list = append(list, reference)
				}
			}
		}
	}
	return list
}

// scoresAll lets every member score everything, each candidate alike by its number: the first is the best.
func (c *contest) scoresAll(after time.Duration, but string) {
	for i, m := range c.scheme.Call.Panel {
		if m.ID == but {
			continue
		}
		c.env.RegisterDelayedCallback(func() {
			var text []string
			for _, reference := range c.reads(m.Email) {
				var n int
				_, _ = fmt.Sscanf(reference, "ENT-%05d", &n)
				text = append(text, reference)
				for _, k := range c.scheme.Call.Criteria {
					text = append(text, fmt.Sprintf("%s : %d", k.Label, 20-n))
				}
			}
			c.mailFrom(time.Second, m.Email, "pass", strings.Join(text, "\n"), nil)
		}, after+time.Duration(i)*time.Minute)
	}
}

func (c *contest) officer(after time.Duration, kind round.ActKind, a round.Act) *struct {
	done round.Done
	err  error
} {
	got := &struct {
		done round.Done
		err  error
	}{}
	if a.By == "" {
		a.By = "agent-01"
	}
	c.env.RegisterDelayedCallback(func() {
		c.env.UpdateWorkflow(string(kind), a.ID, &testsuite.TestUpdateCallback{OnAccept: func() {}, OnReject: func(err error) { got.err = err },
			OnComplete: func(result any, err error) {
				if got.err = err; err == nil {
					got.done, _ = result.(round.Done)
				}
			}}, a)
	}, after)
	return got
}

func (c *contest) runCall() round.State {
	c.t.Helper()
	c.env.ExecuteWorkflow(contract.CallWorkflow, round.Opening{ID: sessionID, Scheme: c.scheme.ID, Session: "1"})
	if !c.env.IsWorkflowCompleted() || c.env.GetWorkflowError() != nil {
		c.t.Fatal("the session did not end: ", c.env.GetWorkflowError())
	}
	value, err := c.env.QueryWorkflow(contract.CallQuery)
	var s round.State
	if err == nil {
		err = value.Get(&s)
	}
	if err != nil {
		c.t.Fatal(err)
	}
	return s
}

// mailsOf counts the mails to the panel by name.
func (c *contest) mailsOf() map[string]int {
	n := map[string]int{}
	for _, m := range c.sent {
		n[m.name]++
	}
	return n
}

func TestASessionFromItsFirstCandidateToTheEndOfItsReserveList(t *testing.T) {
	c := newContest(t, nil)
	for i := range 5 {
		c.candidate(time.Duration(i)*time.Hour, i+1, casefile.CandidateAdmissible, 8_000_00+int64(i)*1_000_00) // 8, 9, 10, 11, 12 thousand
	}
	c.candidate(6*time.Hour, 6, casefile.CandidateOpen, 5_000_00)         // never complete
	c.candidate(7*time.Hour, 7, casefile.CandidateInadmissible, 5_000_00) // late, or a rule not met
	early := c.officer(5*day, round.CloseAct, round.Act{})
	c.scoresAll(25*day, "jury-06")
	panel := c.scheme.Call.Panel
	c.mailFrom(24*day, panel[5].Email, "none", "{1}\nUtilité : 20", nil)                                                  // nothing proves who wrote
	c.mailFrom(24*day+time.Hour, "quelqu.un@ailleurs.example", "pass", "{1}\nUtilité : 20", nil)                          // not of the panel
	c.mailFrom(24*day+2*time.Hour, panel[0].Email, "pass", "Absent", map[string]string{"Auto-Submitted": "auto-replied"}) // a machine
	c.mailFrom(24*day+3*time.Hour, panel[0].Email, "pass", "{1}\nUtilité : 21\nUtilite 12\nModèle : bien", nil)           // mistakes
	missing := c.officer(30*day, round.CloseAct, round.Act{})
	closing := c.officer(45*day, round.CloseAct, round.Act{ID: "close", Missing: true, Present: []string{"jury-01"}, Text: "Sans observation."})
	twice := c.officer(46*day, round.CloseAct, round.Act{ID: "close", Missing: true})
	c.candidate(60*day, 1, casefile.CandidateGone, 0) // the first withdraws
	s := c.runCall()
	if early.err == nil || missing.err == nil || closing.err != nil || !twice.done.Again && twice.done != closing.done {
		t.Errorf("early %v, missing %v, closing %v, twice %+v", early.err, missing.err, closing.err, twice)
	}
	// 8 + 9 + 10 thousand are awarded; 3 thousand are less than half of 11 thousand: the fourth and the fifth are on the reserve list.
	if closing.done.Awarded != 3 || closing.done.Cents != 27_000_00 || closing.done.Reserve != 2 {
		t.Errorf("closed: %+v", closing.done)
	}
	want := []string{"2020-10-06 left-out " + candidate(6),
		"2020-10-30 award " + candidate(1), "2020-10-30 award " + candidate(2), "2020-10-30 award " + candidate(3), "2020-10-30 reserve " + candidate(4), "2020-10-30 reserve " + candidate(5),
		"2020-11-14 award " + candidate(4), "2021-05-01 reject " + candidate(5)}
	slices.SortStableFunc(c.told, func(a, b string) int { return strings.Compare(a[:16], b[:16]) }) // signals of one moment come in any order
	slices.Sort(c.told[1:4])
	slices.Sort(c.told[4:6])
	if !slices.Equal(c.told, want) {
		t.Errorf("told\n  %s\nwant\n  %s", strings.Join(c.told, "\n  "), strings.Join(want, "\n  "))
	}
	if up := c.outcomes[candidate(4)][1]; up.Cents != 11_000_00 || up.Part || s.Stage != round.Closed || s.Left != 0 {
		t.Errorf("moved up with %+v, left %d, %s", up, s.Left, s.Stage)
	}
	n := c.mailsOf()
	if n["dossier"] != 6 || n["received"] != 6 || n["unproven"] != 1 || n["reminder"] < 2 || n["minutes"] != 6 {
		t.Errorf("mails %v", n)
	}
	for _, m := range c.sent {
		if m.name == "received" && m.to == panel[0].Email && strings.Contains(m.Subject, "à corriger") != strings.Contains(m.Text, "« Utilité : 21 »") {
			t.Errorf("the answer to the mistakes:\n%s\n%s", m.Subject, m.Text)
		}
		if strings.Contains(m.Text, "FR76") {
			t.Error("a bank account went to the panel")
		}
	}
	if c.objects[round.Folder(sessionID)+"minutes.pdf"] == nil || c.objects[round.Folder(sessionID)+"call.json"] == nil {
		t.Error("the folder of the session is not whole")
	}
}

func TestAConflictIsReadBySomebodyElse(t *testing.T) {
	c := newContest(t, nil)
	for i := range 4 {
		c.candidate(0, i+1, casefile.CandidateAdmissible, 5_000_00)
	}
	first := c.scheme.Call.Panel[0]
	var declared string
	c.env.RegisterDelayedCallback(func() { declared = c.reads(first.Email)[0] }, 12*day)
	c.mailFrom(12*day+time.Hour, first.Email, "pass", "conflit {1}", nil)
	c.scoresAll(13*day, "")
	c.officer(14*day, round.CloseAct, round.Act{})
	s := c.runCall()
	pair := competition.Pair{Candidate: declared, Member: first.ID}
	readers := 0
	for _, p := range s.Pairs {
		if p == pair {
			t.Error("the member still reads the candidate")
		}
		if p.Candidate == declared {
			readers++
		}
	}
	if declared == "" || readers != 3 || len(s.Conflicts) != 1 || s.Awarded() != 20_000_00 {
		t.Errorf("%q has %d readers, conflicts %v, awarded %d", declared, readers, s.Conflicts, s.Awarded())
	}
	if n := c.mailsOf(); n["dossier"] != 7 { // six, and the one who takes over
		t.Errorf("mails %v", n)
	}
}

// TestWhatComesLateFromInsideTheWindow: a candidate whose mail was in time and was delivered when the panel was reading is read as well; one
// that was completed too late only where an officer says so.
func TestWhatComesLateFromInsideTheWindow(t *testing.T) {
	c := newContest(t, func(call *scheme.Call) { call.Readers = 2 })
	c.candidate(0, 1, casefile.CandidateAdmissible, 5_000_00)
	c.candidate(0, 2, casefile.CandidateOpen, 5_000_00)
	c.candidate(22*day, 3, casefile.CandidateAdmissible, 5_000_00) // delivered late
	c.candidate(23*day, 2, casefile.CandidateAdmissible, 5_000_00) // completed late
	without := c.officer(24*day, round.TakeAct, round.Act{Candidate: candidate(2)})
	take := c.officer(25*day, round.TakeAct, round.Act{Candidate: candidate(2), Text: "pièce égarée par le service"})
	score := c.officer(26*day, round.ScoreAct, round.Act{Member: "jury-01", Candidate: "ENT-99999-00000", Scores: map[string]int64{"utilite": 100}})
	c.scoresAll(27*day, "")
	c.officer(28*day, round.CloseAct, round.Act{})
	s := c.runCall()
	if without.err == nil || take.err != nil || score.err == nil || s.Awarded() != 15_000_00 {
		t.Errorf("without a reason %v, take %v, score %v, awarded %d", without.err, take.err, score.err, s.Awarded())
	}
}

func TestACallWithoutCandidatesForThePanelIsClosedEmpty(t *testing.T) {
	c := newContest(t, nil)
	c.candidate(0, 1, casefile.CandidateInadmissible, 5_000_00)
	closing := c.officer(20*day, round.CloseAct, round.Act{})
	if s := c.runCall(); closing.err != nil || s.Stage != round.Closed || len(c.told) != 0 {
		t.Errorf("%v, %s, told %v", closing.err, s.Stage, c.told)
	}
}

const association = `Structure : Les Voisins
SIRET : 628 194 821 00011
Représentant légal : Jeanne Martin
Adresse du siège : 9 rue de Wazemmes, 59000 Lille
Commune : Templemars
Projet : Une épicerie mobile
Résumé : une épicerie qui passe dans les villages
Statut : association
Coût du projet : 40 000 €
Aide demandée : 12 000 €
Autres aides publiques : 0
IBAN : FR76 2004 1518 1909 3786 5797 574
Déclaration sur l'honneur : oui`

// competitor is a case that competes, with what it tells its call.
func competitor(t *testing.T, closes time.Time) (*world, *[]casefile.Notice) {
	t.Helper()
	catalogue := load(t, "", nil)
	sch, err := catalogue.Find("entreprendre-autrement")
	if err != nil {
		t.Fatal(err)
	}
	sch.Call.Sessions = []scheme.Session{{ID: "1", Opens: scheme.Minute{Time: received.Add(-30 * day)}, Closes: scheme.Minute{Time: closes}, Envelope: 30_000_00}}
	w := newWorldOf(t, sch.ID, catalogue)
	var told []casefile.Notice
	w.env.OnActivity(w.acts.TellCall, mock.Anything, mock.Anything).Return(func(_ context.Context, n contract.CallNotice) error {
		told = append(told, n.Notice)
		return nil
	}).Maybe()
	w.on(0, mail{text: association, files: []string{"presentation.pdf", "budget.pdf", "statuts.pdf", "rib.pdf"}})
	return w, &told
}

func (w *world) outcome(after time.Duration, o casefile.Outcome) {
	w.env.RegisterDelayedCallback(func() {
		o.Call, o.By, o.At, o.Of = sessionID, "agent-01", w.env.Now(), 5
		w.env.SignalWorkflow(contract.OutcomeSignal, o)
	}, after)
}

func statuses(told []casefile.Notice) string {
	var words []string
	for _, n := range told {
		words = append(words, string(n.Status))
	}
	return strings.Join(words, " ")
}

// TestWhatTheCommitteeDecidesIsCarriedOut goes along every way a candidate can go.
func TestWhatTheCommitteeDecidesIsCarriedOut(t *testing.T) {
	award := casefile.Outcome{Kind: casefile.OutcomeAward, Cents: 12_000_00, Rank: 1, Score: "15,000"}
	part := casefile.Outcome{Kind: casefile.OutcomeAward, Cents: 7_000_00, Part: true, Rank: 3, Score: "14,000"}
	reserve := casefile.Outcome{Kind: casefile.OutcomeReserve, Rank: 4, Place: 1, Score: "13,000", Until: received.Add(200 * day)}
	reject := casefile.Outcome{Kind: casefile.OutcomeReject, Grounds: []string{scheme.GroundThreshold}, Score: "7,000"}
	lapse := casefile.Outcome{Kind: casefile.OutcomeReject, Grounds: []string{scheme.GroundFunds}, Rank: 4, Score: "13,000"}
	for _, c := range []struct {
		name     string
		outcomes []casefile.Outcome
		then     func(w *world)
		mails    []string
		statuses string
		stage    casefile.Stage
		spent    int64
	}{
		{"awarded", []casefile.Outcome{award}, nil, []string{"acknowledgement", "grant", "closing"}, "admissible awarded", casefile.Closed, 12_000_00},
		{"awarded in part", []casefile.Outcome{part}, nil, []string{"acknowledgement", "grant", "closing"}, "admissible awarded", casefile.Closed, 7_000_00},
		{"below the threshold", []casefile.Outcome{reject}, nil, []string{"acknowledgement", "reject", "closing"}, "admissible rejected", casefile.Closed, 0},
		{"moved up", []casefile.Outcome{reserve, award}, nil, []string{"acknowledgement", "reserve", "grant", "closing"}, "admissible reserve awarded", casefile.Closed, 12_000_00},
		{"the reserve list ends", []casefile.Outcome{reserve, lapse}, nil, []string{"acknowledgement", "reserve", "reject", "closing"}, "admissible reserve rejected", casefile.Closed, 0},
		{"withdraws from the reserve list", []casefile.Outcome{reserve}, func(w *world) { w.on(50*day, mail{text: "Je retire ma demande."}) },
			[]string{"acknowledgement", "reserve", "withdrawn"}, "admissible reserve gone", casefile.Withdrawn, 0},
		{"an officer rejects from the reserve list", []casefile.Outcome{reserve}, func(w *world) {
			w.act(50*day, casefile.Approve, casefile.Act{}) // refused
			w.act(51*day, casefile.Reject, casefile.Act{Grounds: []string{"incomplet"}})
		}, []string{"acknowledgement", "reserve", "reject", "closing"}, "admissible reserve rejected", casefile.Closed, 0},
		{"a question from the reserve list", []casefile.Outcome{reserve, lapse}, func(w *world) { w.on(35*day, mail{text: "Quand saurons-nous ?"}) },
			[]string{"acknowledgement", "reserve", "noted", "reject", "closing"}, "admissible reserve rejected", casefile.Closed, 0},
		{"moved up, and the plan has no money", []casefile.Outcome{reserve, award}, func(w *world) {
			w.book.Do(ledger.Move{Op: ledger.Reserve, Key: "X", Portions: []ledger.Portion{{Line: "proximite/entreprendre-autrement", Cents: 495_000_00}}})
			w.move(80*day, ledger.Move{Op: ledger.Release, Key: "X"})
		}, []string{"acknowledgement", "reserve", "waitlisted"}, "admissible reserve waiting", casefile.Withdrawn, 0},
		{"withdraws after the award", []casefile.Outcome{award}, func(w *world) { w.on(40*day, mail{text: "Nous renonçons à l'aide."}) },
			[]string{"acknowledgement", "grant", "withdrawn"}, "admissible awarded gone", casefile.Withdrawn, 0},
	} {
		w, told := competitor(t, received.Add(10*day))
		alone := w.act(5*day, casefile.Approve, casefile.Act{})
		for i, o := range c.outcomes {
			w.outcome(time.Duration(30+i*30)*day, o)
		}
		if c.then != nil {
			c.then(w)
		}
		if c.stage == casefile.Withdrawn && strings.HasSuffix(c.statuses, "waiting") {
			w.act(70*day, casefile.WithdrawAct, casefile.Act{})
			c.mails, c.statuses = append(c.mails, "withdrawn"), c.statuses+" gone"
		}
		s := w.run()
		var mails []string
		for _, m := range w.sent {
			mails = append(mails, m.name)
			if strings.Contains(m.Text+m.Subject, "<no value>") {
				t.Errorf("%s: %s", c.name, m.Text)
			}
		}
		if alone.err == nil {
			t.Errorf("%s: it was approved alone", c.name)
		}
		if !slices.Equal(mails, c.mails) || statuses(*told) != c.statuses || s.Stage != c.stage || w.book.Lines["proximite/entreprendre-autrement"].Committed != c.spent {
			t.Errorf("%s: %s with mails %v, told %q, spent %d; want %s, %v, %q, %d", c.name, s.Stage, mails, statuses(*told),
				w.book.Lines["proximite/entreprendre-autrement"].Committed, c.stage, c.mails, c.statuses, c.spent)
		}
	}
}

// TestTheClosingMinute: what counts is when our server had the mail. A minute before is in time; the very minute is too late, an officer
// alone can admit it, and with a reason.
func TestTheClosingMinute(t *testing.T) {
	w, told := competitor(t, received.Add(time.Minute))
	w.outcome(30*day, casefile.Outcome{Kind: casefile.OutcomeReject, Grounds: []string{scheme.GroundFunds}})
	if s := w.run(); s.Candidacy.Late || statuses(*told) != "admissible rejected" {
		t.Errorf("a minute before: %+v, told %q", s.Candidacy, statuses(*told))
	}
	w, told = competitor(t, received)
	plain := w.act(day, casefile.AdmitLate, casefile.Act{})
	admit := w.act(2*day, casefile.AdmitLate, casefile.Act{Text: "panne de notre serveur"})
	again := w.act(3*day, casefile.AdmitLate, casefile.Act{Text: "panne de notre serveur"})
	w.outcome(30*day, casefile.Outcome{Kind: casefile.OutcomeReject, Grounds: []string{scheme.GroundFunds}})
	if s := w.run(); !s.Candidacy.Late || s.Candidacy.Admitted != "agent-01" || plain.err == nil || admit.err != nil || again.err == nil || statuses(*told) != "inadmissible admissible rejected" {
		t.Errorf("at the very minute: %+v, %v %v %v, told %q", s.Candidacy, plain.err, admit.err, again.err, statuses(*told))
	}
	w, told = competitor(t, received)
	w.act(day, casefile.Reject, casefile.Act{Grounds: []string{scheme.TooLate}})
	s := w.run()
	if statuses(*told) != "inadmissible rejected" || !slices.Equal(s.Decision.Grounds, []string{scheme.TooLate}) {
		t.Errorf("rejected as late: %+v, told %q", s.Decision, statuses(*told))
	}
	if late := s.Deadline(casefile.SilenceDeadline); !late.At.IsZero() {
		t.Errorf("silence after the decision: %v", late)
	}
}

// TestSilenceOfACallRunsFromItsClosing: all applications of a session can be compared only once it has closed.
func TestSilenceOfACallRunsFromItsClosing(t *testing.T) {
	w, told := competitor(t, received.Add(40*day))
	s := w.run()
	if statuses(*told) != "admissible rejected" || s.Stage != casefile.Closed || s.Decision != nil {
		t.Errorf("%s, told %q", s.Stage, statuses(*told))
	}
	w.expect("2020-09-15 acknowledgement", "2020-12-26 implicit", "2021-02-27 closing")
}
