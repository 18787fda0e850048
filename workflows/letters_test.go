package workflows_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"relance/activities"
	"relance/domain/casefile"
	"relance/letters/texts"
	"relance/process/config"
)

// signing gives the world's authority one signatory with bounds, as its file would say them.
func (w *world) signing(bounds string) {
	w.t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "domain", "authority", "example.yaml"))
	if err != nil {
		w.t.Fatal(err)
	}
	before, rest, _ := strings.Cut(string(text), "signatories:\n")
	_, after, _ := strings.Cut(rest, "officers:\n")
	file := filepath.Join(w.t.TempDir(), "authority.yaml")
	content := before + "signatories:\n  - {name: Hélène Vandamme, capacity: Directrice" + bounds + "}\nofficers:\n" + after
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		w.t.Fatal(err)
	}
	writer := *w.acts.Writer
	if writer.Authority, err = config.LoadAuthority(file); err != nil {
		w.t.Fatal(err)
	}
	w.acts.Writer = &writer
}

// later does something so long after the case began.
func (w *world) later(after time.Duration, do func()) { w.env.RegisterDelayedCallback(do, after) }

// look gives the case as it is so long after it began.
func (w *world) look(after time.Duration) *casefile.State {
	s := &casefile.State{}
	w.later(after, func() { *s = w.query() })
	return s
}

// ready brings a case before an officer: complete at once, and signed the next day.
func (w *world) ready() {
	w.on(0, whole())
	w.on(day, signature)
}

// TestADecisionWhoseLetterLacksSomethingIsNotTaken: the officer is told why, no money is held, and once it is mended the same decision
// can be taken.
func TestADecisionWhoseLetterLacksSomethingIsNotTaken(t *testing.T) {
	for _, kind := range []casefile.ActKind{casefile.Approve, casefile.Reject} {
		w := newWorld(t)
		w.signing(", signs: [charter, closing]")
		w.ready()
		decision := casefile.Act{}
		if kind == casefile.Reject {
			decision.Grounds = []string{"effectif"}
		}
		first := w.act(3*day, kind, decision)
		stopped := w.look(3*day + time.Hour)
		resumed := w.act(3*day+2*time.Hour, casefile.SendStopped, casefile.Act{})
		w.later(4*day, func() { w.signing("") })
		second := w.act(5*day, kind, decision)
		s := w.run()
		if first.err == nil || !strings.Contains(first.err.Error(), "la décision n'est pas prise") || !strings.Contains(first.err.Error(), "sa délégation ne couvre pas cette lettre") {
			t.Errorf("%s: %+v", kind, first)
		}
		if stopped.Stage != casefile.UnderReview || stopped.Decision != nil || stopped.Stopped == nil || stopped.Stopped.Holds || len(stopped.Approvals) > 0 ||
			!contains(stopped.Concerns, casefile.ConcernLetter) || !contains(stopped.Concerns, casefile.ConcernDecision) || stopped.Deadline(casefile.SilenceDeadline).At.IsZero() {
			t.Errorf("%s: %s %+v", kind, stopped.Stage, stopped.Stopped)
		}
		if resumed.err == nil || !strings.Contains(resumed.err.Error(), "aucun courrier n'attend") {
			t.Errorf("%s: a decision that was not taken is sent: %+v", kind, resumed)
		}
		if second.err != nil || s.Stage != casefile.Closed || s.Stopped != nil || contains(s.Concerns, casefile.ConcernLetter) || s.Decision.At.Before(received.Add(5*day)) {
			t.Errorf("%s: %+v %+v", kind, second, s.Stage)
		}
		if kind == casefile.Approve && (w.rebond().Committed != s.Decision.Amount || w.rebond().Reserved != 0) {
			t.Errorf("the envelope: %+v", w.rebond())
		}
	}
}

// TestALetterThatTheEngineSendsWaitsToBeMended: the case holds, says why and refuses what would go past it; an officer lets it go.
func TestALetterThatTheEngineSendsWaitsToBeMended(t *testing.T) {
	w := newWorld(t)
	w.signing(", signs: [grant]")
	w.on(0, mail{text: "Entreprise : Boulangerie Martin"})
	stopped := w.look(50 * day)
	other := w.act(50*day+time.Hour, casefile.Message, casefile.Act{Text: "Bonjour"})
	early := w.act(50*day+2*time.Hour, casefile.SendStopped, casefile.Act{})
	w.later(51*day, func() { w.signing("") })
	late := w.act(51*day+time.Hour, casefile.SendStopped, casefile.Act{})
	s := w.run()
	if !stopped.Stopped.Holds || stopped.Stopped.Letter != "lapse" || !contains(stopped.Concerns, casefile.ConcernLetter) {
		t.Errorf("%s %+v", stopped.Stage, stopped.Stopped)
	}
	if other.err == nil || !strings.Contains(other.err.Error(), "un courrier doit partir d'abord") {
		t.Errorf("%+v", other)
	}
	if early.err == nil || !strings.Contains(early.err.Error(), "aucun signataire") {
		t.Errorf("%+v", early)
	}
	if late.err != nil || s.Stage != casefile.Expired || s.Stopped != nil || contains(s.Concerns, casefile.ConcernLetter) {
		t.Errorf("%+v %+v", late, s.Stage)
	}
	w.expect("2020-09-15 acknowledgement", "2020-09-30 reminder-documents", "2020-10-12 reminder-documents", "2020-11-05 lapse")
}

// TestWhatIsMendedGoesByItself: an administrator puts the file right, and within a day the letter goes.
func TestWhatIsMendedGoesByItself(t *testing.T) {
	w := newWorld(t)
	w.signing(", signs: [grant]")
	w.on(0, mail{text: "Entreprise : Boulangerie Martin"})
	w.later(33*day, func() { w.signing("") })
	if s := w.run(); s.Stage != casefile.Expired || s.Stopped != nil {
		t.Errorf("%s %+v", s.Stage, s.Stopped)
	}
	if last := w.sent[len(w.sent)-1]; last.name != "lapse" || last.day > "2020-10-20" {
		t.Errorf("%s on %s", last.name, last.day)
	}
}

// TestATextThatCannotBeFilledInStopsTheMail: and the officer whose action led to it is answered at once.
func TestATextThatCannotBeFilledInStopsTheMail(t *testing.T) {
	w := newWorld(t)
	own, err := texts.Load(fstest.MapFS{"mail/withdrawn.txt": &fstest.MapFile{Data: []byte("{{define \"body\"}}\n{{.Loan.Amount}}{{end}}")}})
	if err != nil {
		t.Fatal(err)
	}
	writer := *w.acts.Writer
	writer.Texts = own
	w.acts.Writer = &writer
	w.ready()
	withdraw := w.act(2*day, casefile.WithdrawAct, casefile.Act{})
	w.later(3*day, func() {
		mended := *w.acts.Writer
		mended.Texts = texts.French()
		w.acts.Writer = &mended
	})
	resumed := w.act(3*day+time.Hour, casefile.SendStopped, casefile.Act{})
	s := w.run()
	if withdraw.err != nil || !strings.Contains(withdraw.done.Stopped, "mail/withdrawn.txt:2") {
		t.Errorf("%+v", withdraw)
	}
	if resumed.err != nil || s.Stage != casefile.Withdrawn || s.Stopped != nil || w.sent[len(w.sent)-1].name != "withdrawn" {
		t.Errorf("%+v %+v", resumed, s.Stage)
	}
}

// TestTheLetterThatWasSeenIsTheLetterThatGoes: byte for byte; any other is refused.
func TestTheLetterThatWasSeenIsTheLetterThatGoes(t *testing.T) {
	for name, c := range map[string]struct {
		after  time.Duration // from looking to deciding
		change func(*casefile.Act)
		sent   bool
	}{
		"as seen":        {5 * time.Hour, func(*casefile.Act) {}, true},
		"the day after":  {day, func(*casefile.Act) {}, false},
		"another amount": {time.Hour, func(a *casefile.Act) { a.Amount -= 100 }, false},
		"another text":   {time.Hour, func(a *casefile.Act) { a.Text = "Félicitations !" }, true}, // it stands in the mail, not in the letter
		"another letter": {time.Hour, func(a *casefile.Act) { a.Seen = strings.Repeat("0", 64) }, false},
	} {
		w := newWorld(t)
		w.ready()
		var seen activities.Preview
		w.later(3*day, func() {
			s := w.query()
			var err error
			if seen, err = w.acts.Preview(context.Background(), activities.Wish{State: s, Kind: casefile.Approve, Act: casefile.Act{By: "agent-01", Amount: 100000}, At: s.Clock.Legal(w.env.Now())}); err != nil || len(seen.Lacks) > 0 {
				t.Fatalf("%s: %v %v", name, err, seen.Lacks)
			}
			a := casefile.Act{Amount: 100000, Seen: seen.SHA256[:12]}
			c.change(&a)
			got := w.act(c.after, casefile.Approve, a)
			w.later(c.after+time.Hour, func() {
				if (got.err == nil) != c.sent || !c.sent && !strings.Contains(got.err.Error(), "n'est plus celle que vous avez vue") {
					t.Errorf("%s: %+v", name, got)
				}
			})
		})
		s := w.run()
		if !c.sent {
			if s.Stage == casefile.Granted || s.Decision != nil || w.rebond().Committed+w.rebond().Reserved != 0 {
				t.Errorf("%s: %s, %+v, %+v", name, s.Stage, s.Decision, w.rebond())
			}
			continue
		}
		if s.Decision == nil || !bytes.HasPrefix(w.objects[s.Decision.Letter.Key], seen.PDF) {
			t.Errorf("%s: another letter was sent: %+v", name, s.Decision)
		}
	}
}

// TestACaseThatIsServedKeepsItsMoneyWhileItsLetterIsMended: and its rank.
func TestACaseThatIsServedKeepsItsMoneyWhileItsLetterIsMended(t *testing.T) {
	w := newWorld(t)
	w.spend(0)
	w.ready()
	w.act(3*day, casefile.Approve, casefile.Act{})
	w.later(4*day, func() { w.signing(", signs: [charter]") })
	w.move(5*day, more("t1", 500000))
	stopped := w.look(6 * day)
	early := w.act(6*day+time.Hour, casefile.SendStopped, casefile.Act{})
	w.later(7*day, func() { w.signing("") })
	late := w.act(7*day+time.Hour, casefile.SendStopped, casefile.Act{})
	s := w.run()
	if stopped.Stage != casefile.Waitlisted || stopped.Decision != nil || stopped.Stopped == nil || !contains(stopped.Concerns, casefile.ConcernLetter) {
		t.Errorf("%s %+v", stopped.Stage, stopped.Stopped)
	}
	if early.err == nil || late.err != nil || s.Stage != casefile.Closed || s.Decision == nil || !s.Decision.Grant || s.Stopped != nil {
		t.Errorf("%+v %+v %+v", early, late, s.Stage)
	}
}

// TestTheCharterThatWasSignedIsTheOneThatIsCited: with its version, which the case remembers.
func TestTheCharterThatWasSignedIsTheOneThatIsCited(t *testing.T) {
	w := newWorld(t)
	w.ready()
	w.act(3*day, casefile.Approve, casefile.Act{})
	if s := w.run(); s.Charter.Version != "2020-06" {
		t.Errorf("%+v", s.Charter)
	}
}
