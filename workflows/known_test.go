package workflows_test

import (
	"strings"
	"testing"
	"time"

	"relance/domain/casefile"
	"relance/local/expect"
)

// underReview is a complete case with a signed charter, on its second day.
func underReview(t *testing.T) *world {
	w := newWorld(t)
	w.on(0, whole())
	w.on(day, signature)
	return w
}

// TestAnApprovalNamesWhatWasSeen: something comes between an officer's reading and his approval (F16). Whatever the
// decision rests on stops it and is named; what strangers and unproven mails do stops nothing.
func TestAnApprovalNamesWhatWasSeen(t *testing.T) {
	for name, c := range map[string]struct {
		then  func(w *world)
		since string // empty: it is granted
	}{
		"nothing":                    {func(w *world) {}, ""},
		"a proven fact":              {func(w *world) { w.on(3*day, mail{text: "Loyer mensuel : 300 €"}) }, "le barème donne 900,00 € au lieu de 1 441,50 €"},
		"a proven fact of no weight": {func(w *world) { w.on(3*day, mail{text: "Téléphone : 03 20 11 22 33"}) }, "informations"},
		"a proven word":              {func(w *world) { w.on(3*day, mail{text: "Pouvez-vous attendre ? Nous avons une question."}) }, "le demandeur a écrit"},
		"a proven document":          {func(w *world) { w.on(3*day, mail{text: "Voici.", files: []string{"bail.pdf"}}) }, "pièces"},
		"another account":            {func(w *world) { w.on(3*day, mail{text: newIBAN}) }, "coordonnées bancaires"},
		"a stranger's mail":          {func(w *world) { w.on(3*day, mail{from: "pirate@x.example", text: "Loyer mensuel : 300 €"}) }, ""},
		"a stranger's document": {func(w *world) {
			w.on(3*day, mail{from: "pirate@x.example", text: "Voici.", files: []string{"bail.pdf"}})
		}, ""},
		"an unproven mail": {func(w *world) { w.on(3*day, mail{dmarc: "none", text: "Je retire ma demande."}) }, ""},
		"a forged mail":    {func(w *world) { w.on(3*day, mail{dmarc: "fail", text: "Loyer mensuel : 300 €"}) }, ""},
		"an automatic reply": {func(w *world) {
			w.on(3*day, mail{header: map[string]string{"Auto-Submitted": "auto-replied"}, text: "Absent."})
		}, ""},
		"another officer's message": {func(w *world) { w.act(3*day, casefile.Message, casefile.Act{By: "agent-02", Text: "Bonjour."}) }, ""},
		"another officer in charge": {func(w *world) { w.act(3*day, casefile.Assign, casefile.Act{By: "agent-02", Officer: "agent-02"}) }, ""},
		"another officer's request": {func(w *world) {
			w.act(3*day, casefile.RequestAct, casefile.Act{By: "agent-02", Documents: []string{"bail"}})
		}, "étape"},
	} {
		t.Run(name, func(t *testing.T) {
			w := underReview(t)
			seen := w.at(2 * day)
			c.then(w)
			got := &answer{}
			w.env.RegisterDelayedCallback(func() {
				w.ask(casefile.Approve, casefile.Act{ID: "1", By: "agent-01", Known: seen.Mark()}, got)
			}, 4*day)
			w.run()
			switch {
			case c.since == "":
				done(t, "approved", got)
				expect.Equal(t, "granted", got.done.Amount, int64(144150))
			case got.err == nil || !strings.Contains(plainSpaces(got.err.Error()), c.since):
				t.Errorf("approved: %v; want « %s »", got.err, c.since)
			}
		})
	}
}

// plainSpaces writes narrow and hard spaces as plain ones.
func plainSpaces(text string) string {
	return strings.NewReplacer("\u202f", " ", "\u00a0", " ").Replace(text)
}

// TestWhatWasSeenIsJudgedInTurn: an approval that waits behind a mail is judged when the mail has been read, not at the door alone.
func TestWhatWasSeenIsJudgedInTurn(t *testing.T) {
	w := underReview(t)
	got := &answer{}
	w.env.RegisterDelayedCallback(func() {
		s := w.query()
		w.env.SignalWorkflow("mail", w.put(w.signed(mail{text: "Loyer mensuel : 300 €"}), w.env.Now()))
		w.ask(casefile.Approve, casefile.Act{ID: "1", By: "agent-01", Known: s.Mark()}, got)
	}, 2*day)
	w.run()
	if got.err == nil || !strings.Contains(got.err.Error(), "depuis votre lecture") {
		t.Errorf("granted on what was not seen: %v", got.err)
	}
}

// TestAnApprovalThatIsRepeatedIsDone: the same key with a mark that is read anew is the same act.
func TestAnApprovalThatIsRepeatedIsDone(t *testing.T) {
	w := underReview(t)
	first := w.act(2*day, casefile.Approve, casefile.Act{ID: "k"})
	again := &answer{}
	w.env.RegisterDelayedCallback(func() {
		s := w.query()
		w.env.UpdateWorkflow(string(casefile.Approve), "other", w.callback(again), casefile.Act{ID: "k", By: "agent-01", Known: s.Mark()})
	}, 3*day)
	odd := w.act(2*day-time.Hour, casefile.Approve, casefile.Act{Known: "abc"})
	w.run()
	done(t, "the first", first)
	done(t, "again", again)
	expect.Equal(t, "told that it was done", again.done.Again, true)
	if odd.err == nil {
		t.Error("what is no mark is taken for one")
	}
}
