package workflows_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"relance/domain/casefile"
	"relance/local/expect"
	"relance/office/desk"
)

// correct lets an officer correct a value.
func (w *world) correct(after time.Duration, field, written string, a casefile.Act) *answer {
	return w.enter(after, casefile.Correction{Field: field, Written: written, Source: "bail du 2 mars", Reason: "le bail dit autre chose"}, a)
}

func (w *world) enter(after time.Duration, c casefile.Correction, a casefile.Act) *answer {
	got := &answer{}
	if a.By == "" {
		a.By = "agent-01"
	}
	if c.By == "" {
		c.By = a.By
	}
	w.env.RegisterDelayedCallback(func() {
		var err error
		if a.Entered, err = (&desk.Desk{}).Enter(context.Background(), w, reference, c); err != nil {
			w.t.Error(err)
		}
		if a.Field == "" {
			a.Field = c.Field
		}
		w.ask(casefile.CorrectValue, a, got)
	}, after)
	return got
}

// TestAnOfficerEntersWhatIsMissing: the value counts, with who entered it and whence; the applicant is told, and the case goes on.
func TestAnOfficerEntersWhatIsMissing(t *testing.T) {
	w := newWorld(t)
	m := whole()
	m.text = strings.Replace(m.text, "Loyer mensuel : 480,50 €\n", "", 1)
	w.on(0, m)
	before := w.at(day)
	entered := w.correct(2*day, "loyer_mensuel", "480,50 €", casefile.Act{Text: "Merci de votre appel."})
	after := w.at(3 * day)
	same := w.correct(4*day, "loyer_mensuel", "480,50", casefile.Act{})
	s := w.run()
	done(t, "entered", entered)
	done(t, "the same again", same)
	expect.Equal(t, "before", before.Stage, casefile.Incomplete)
	expect.Equal(t, "after", after.Stage, casefile.AwaitingCharter)
	v := w.factsOf(*after).Fields["loyer_mensuel"]
	expect.Equal(t, "value", v.Value, "48050")
	expect.Equal(t, "who and whence", v.By+", "+v.Source+", "+v.Reason, "agent-01, bail du 2 mars, le bail dit autre chose")
	told := 0
	for _, m := range w.sent {
		if m.name == casefile.CorrectedMail {
			told++
			for _, word := range []string{"480,50", "bail du 2 mars", "le bail dit autre chose", "Merci de votre appel."} {
				if !strings.Contains(text(m), word) {
					t.Errorf("the applicant is not told %q:\n%s", word, text(m))
				}
			}
		}
	}
	expect.Equal(t, "told once", told, 1)
	if !slices.ContainsFunc(w.journal(s), func(e casefile.Entry) bool { return e.What == "act.correct-value" && e.On == "loyer_mensuel" }) {
		t.Error("the journal does not name the value")
	}
}

// TestACorrectionUnderReviewVoidsApprovals: what was approved was another file, and the amount follows.
func TestACorrectionUnderReviewVoidsApprovals(t *testing.T) {
	w := fourEyes(t)
	w.act(2*day, casefile.Approve, casefile.Act{})
	done1 := w.correct(3*day, "loyer_mensuel", "300 €", casefile.Act{By: "agent-02"})
	after := w.at(4 * day)
	w.act(5*day, casefile.Approve, casefile.Act{By: "agent-02"})
	w.act(6*day, casefile.Approve, casefile.Act{})
	s := w.run()
	done(t, "corrected", done1)
	expect.Equal(t, "approvals", len(after.Approvals), 0)
	expect.Equal(t, "granted", s.Decision.Amount, int64(90000))
}

// TestACorrectionAfterTheDecision: registers keep following the decision's own facts, unless the correction says that the decision rests on it.
func TestACorrectionAfterTheDecision(t *testing.T) {
	for _, decided := range []bool{false, true} {
		w := grantedWorld(t)
		before := w.at(3 * day)
		got := w.correct(4*day, "siret", "552 100 554 00005", casefile.Act{Decided: decided})
		after := w.at(5 * day)
		w.run()
		done(t, "corrected", got)
		expect.Equal(t, "the decision rests on it", after.Basis(nil) != before.Basis(nil), decided)
		expect.Equal(t, "the index follows", after.Kin.SIREN != before.Kin.SIREN, decided)
		expect.Equal(t, "amount", after.Decision.Amount, before.Decision.Amount)
		f := w.factsOf(*after)
		expect.Equal(t, "kept beside", f.Offered["siret"].Value != "", !decided)
		expect.Equal(t, "in force", f.Fields["siret"].Value == "55210055400005", decided)
		i := slices.IndexFunc(w.sent, func(m letterOut) bool { return m.name == casefile.CorrectedMail })
		if i < 0 || strings.Contains(text(w.sent[i]), "n'en est pas changée") == decided {
			t.Errorf("decided %v: the applicant is told %d", decided, i)
		}
	}
}

// TestAnAccountThatAnOfficerEnters is paid by another officer, and stops what was ordered.
func TestAnAccountThatAnOfficerEnters(t *testing.T) {
	w := grantedWorld(t)
	got := w.correct(4*day, "iban", "FR76 1027 8004 7439 5755 1313 796", casefile.Act{})
	after := w.at(5 * day)
	alone := w.act(6*day, casefile.OrderPayment, casefile.Act{Payment: "versement"})
	ordered := w.act(7*day, casefile.OrderPayment, casefile.Act{By: "agent-02", Payment: "versement"})
	w.run()
	done(t, "entered", got)
	expect.Equal(t, "payment", after.Instalments[0].Status, casefile.PaymentStopped)
	expect.Equal(t, "the decision pays it", after.Basis(nil), after.Facts)
	another(t, "who entered the account orders", alone)
	done(t, "another orders", ordered)
}

// TestWhatIsNotEntered: a refusal changes nothing, and the case goes on.
func TestWhatIsNotEntered(t *testing.T) {
	good := casefile.Correction{Field: "loyer_mensuel", Written: "480 €", Source: "bail", Reason: "erreur"}
	for name, c := range map[string]struct {
		change func(c *casefile.Correction, a *casefile.Act)
		why    string
	}{
		"no source":         {func(c *casefile.Correction, _ *casefile.Act) { c.Source = " " }, "-source"},
		"no reason":         {func(c *casefile.Correction, _ *casefile.Act) { c.Reason = "" }, "-reason"},
		"unreadable":        {func(c *casefile.Correction, _ *casefile.Act) { c.Written = "beaucoup" }, "ne se lit pas"},
		"nothing":           {func(c *casefile.Correction, _ *casefile.Act) { c.Written = " " }, "ne se lit pas"},
		"unknown field":     {func(c *casefile.Correction, _ *casefile.Act) { c.Field = "salaire" }, "inconnue"},
		"another's":         {func(c *casefile.Correction, _ *casefile.Act) { c.By = "agent-02" }, "pas celle de cet agent"},
		"another field's":   {func(_ *casefile.Correction, a *casefile.Act) { a.Field = "siret" }, "pas celle de cet agent"},
		"a key that is bad": {func(c *casefile.Correction, _ *casefile.Act) { c.Field, c.Written = "siret", "552 100 554 00006" }, "ne se lit pas"},
	} {
		t.Run(name, func(t *testing.T) {
			w := underReview(t)
			before := w.at(2 * day)
			entry, act := good, casefile.Act{}
			c.change(&entry, &act)
			got := w.enter(3*day, entry, act)
			after := w.at(4 * day)
			w.act(5*day, casefile.Approve, casefile.Act{})
			s := w.run()
			if got.err == nil || !strings.Contains(got.err.Error(), c.why) {
				t.Errorf("answered %v; want « %s »", got.err, c.why)
			}
			expect.Equal(t, "facts", after.Facts, before.Facts)
			expect.Equal(t, "granted", s.Decision != nil, true)
		})
	}
	t.Run("an object that is not there", func(t *testing.T) {
		w := underReview(t)
		lost := w.act(3*day, casefile.CorrectValue, casefile.Act{Field: "loyer_mensuel", Entered: casefile.Ref{Key: casefile.Folder(reference) + "facts/correction-x.json"}})
		elsewhere := w.act(3*day, casefile.CorrectValue, casefile.Act{Field: "loyer_mensuel", Entered: casefile.Ref{Key: "cases/other/facts/correction-x.json"}})
		early := w.act(3*day, casefile.CorrectValue, casefile.Act{Field: "loyer_mensuel", Decided: true,
			Entered: casefile.Ref{Key: casefile.Folder(reference) + "facts/correction-x.json"}})
		w.act(5*day, casefile.Approve, casefile.Act{})
		s := w.run()
		if early.err == nil || !strings.Contains(early.err.Error(), "aucune décision") {
			t.Errorf("before there is a decision to rest on it: %v", early.err)
		}
		if lost.err == nil || elsewhere.err == nil || s.Decision == nil {
			t.Errorf("lost: %v; elsewhere: %v; decided %v", lost.err, elsewhere.err, s.Decision != nil)
		}
	})
}

// TestAnOfficerFilesADocument: what was taken for another thing is what the officer says, and the case goes on; what does not do is asked for again.
func TestAnOfficerFilesADocument(t *testing.T) {
	w := newWorld(t)
	m := whole()
	i := slices.Index(m.files, "bail.pdf")
	if i < 0 {
		t.Fatalf("%v has no lease", m.files)
	}
	m.files = slices.Clone(m.files)
	m.files[i] = "numérisation 3.pdf"
	w.on(0, m)
	w.on(5*day, signature)
	incomplete := w.at(day)
	filed, wrong, rejected, mute := &answer{}, &answer{}, &answer{}, &answer{}
	scan := func() string {
		s := w.query()
		j := slices.IndexFunc(s.Documents, func(d casefile.Document) bool { return w.factsOf(s).Names[d.SHA256] == m.files[i] })
		return s.Documents[max(j, 0)].SHA256
	}
	w.env.RegisterDelayedCallback(func() {
		w.ask(casefile.FileDocument, casefile.Act{ID: "1", By: "agent-01", File: scan(), As: "facture"}, wrong)
		w.ask(casefile.FileDocument, casefile.Act{ID: "2", By: "agent-01", File: scan()[:12], As: "bail"}, filed)
	}, 2*day)
	complete := w.at(3 * day)
	w.env.RegisterDelayedCallback(func() {
		w.ask(casefile.RejectDocument, casefile.Act{ID: "3", By: "agent-01", File: scan()}, mute)
		w.ask(casefile.RejectDocument, casefile.Act{ID: "4", By: "agent-01", File: scan(), Text: "Le bail n'est pas signé."}, rejected)
	}, 7*day)
	after := w.at(8 * day)
	w.run()
	done(t, "filed", filed)
	done(t, "rejected", rejected)
	if wrong.err == nil || mute.err == nil {
		t.Errorf("filed under what the scheme does not know: %v; rejected without a reason: %v", wrong.err, mute.err)
	}
	expect.Equal(t, "before it is filed", incomplete.Stage, casefile.Incomplete)
	expect.Equal(t, "when it is filed", complete.Stage, casefile.AwaitingCharter)
	expect.Equal(t, "when it is rejected", after.Stage, casefile.Incomplete)
	at := slices.IndexFunc(w.sent, func(m letterOut) bool { return m.name == casefile.DocumentRejectedMail })
	if at < 0 || !strings.Contains(text(w.sent[at]), "Le bail n'est pas signé.") || !strings.Contains(strings.ToLower(text(w.sent[at])), "au plus tard") {
		t.Errorf("the applicant is told %d", at)
	}
}
