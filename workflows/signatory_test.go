package workflows_test

import (
	"slices"
	"strings"
	"testing"

	"relance/domain/authority"
	"relance/domain/casefile"
)

// inBatches is a case of an authority whose signatory signs in batches.
func inBatches(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.acts.Writer.Authority.Signature = authority.InBatches
	w.on(0, whole())
	w.on(day, signature)
	return w
}

func TestASignatorySignsPreparedDecisions(t *testing.T) {
	t.Run("a grant", func(t *testing.T) {
		w := inBatches(t)
		early := w.act(day+day/2, casefile.SignDecision, casefile.Act{By: "signataire-01"})
		w.act(2*day, casefile.Approve, casefile.Act{})
		var waiting casefile.State
		w.env.RegisterDelayedCallback(func() { waiting = w.query() }, 3*day)
		again := w.act(4*day, casefile.Reject, casefile.Act{Grounds: []string{"locataire"}})
		w.act(6*day, casefile.SignDecision, casefile.Act{By: "signataire-01"})
		s := w.run()
		w.expect("2020-09-15 acknowledgement", "2020-09-15 charter", "2020-09-16 charter-signed", "2020-09-21 grant", "2020-11-24 closing")
		if early.err == nil || again.err == nil || !strings.Contains(again.err.Error(), "attend déjà la signature") {
			t.Errorf("signing nothing: %v; rejecting what is prepared: %v", early.err, again.err)
		}
		if u := waiting.Unsigned; u == nil || !u.Grant || waiting.Decision != nil || waiting.Stage != casefile.UnderReview || !slices.Contains(waiting.Concerns, casefile.ConcernSignature) || slices.Contains(waiting.Concerns, casefile.ConcernDecision) {
			t.Errorf("while it waits: %+v %v %v", u, waiting.Stage, waiting.Concerns)
		}
		if s.Decision == nil || casefile.Date(s.Decision.At).Format("2006-01-02") != "2020-09-21" || s.Decision.By != "agent-01" || s.Unsigned != nil || w.rebond().Committed != 144150 {
			t.Errorf("signed: %+v", s.Decision)
		}
		if i := slices.IndexFunc(s.Journal, func(e casefile.Entry) bool {
			return e.What == "act.sign" && e.Who == casefile.OfficerName("signataire-01")
		}); i < 0 {
			t.Error("the journal does not say who signed")
		}
	})
	t.Run("a rejection", func(t *testing.T) {
		w := inBatches(t)
		w.act(2*day, casefile.Reject, casefile.Act{Grounds: []string{"locataire"}})
		w.act(3*day, casefile.SignDecision, casefile.Act{By: "signataire-01"})
		if s := w.run(); s.Stage != casefile.Closed || s.Decision.Grant || len(s.Decision.Grounds) != 1 {
			t.Errorf("%s %+v", s.Stage, s.Decision)
		}
	})
	t.Run("sent back", func(t *testing.T) {
		w := inBatches(t)
		w.act(2*day, casefile.Approve, casefile.Act{})
		w.act(3*day, casefile.ReturnDecision, casefile.Act{By: "signataire-01"})
		var back casefile.State
		var reserved bool
		w.env.RegisterDelayedCallback(func() { back = w.query(); reserved = w.book.Claims[reference] != nil && w.rebond().Reserved > 0 }, 4*day)
		w.act(5*day, casefile.Reject, casefile.Act{Grounds: []string{"locataire"}})
		w.act(6*day, casefile.SignDecision, casefile.Act{By: "signataire-01"})
		s := w.run()
		if back.Unsigned != nil || reserved || len(back.Approvals) != 0 || !slices.Contains(back.Concerns, casefile.ConcernDecision) || s.Decision.Grant {
			t.Errorf("sent back: %+v, money held: %v; then %+v", back.Unsigned, reserved, s.Decision)
		}
	})
	t.Run("withdrawn meanwhile", func(t *testing.T) {
		w := inBatches(t)
		w.act(2*day, casefile.Approve, casefile.Act{})
		w.on(3*day, mail{text: "Je retire ma demande."})
		if s := w.run(); s.Stage != casefile.Withdrawn || s.Unsigned != nil || w.rebond().Reserved != 0 {
			t.Errorf("%s %+v, %d cents held", s.Stage, s.Unsigned, w.rebond().Reserved)
		}
	})
	t.Run("nobody signs in time", func(t *testing.T) {
		w := inBatches(t)
		w.act(2*day, casefile.Approve, casefile.Act{})
		s := w.run()
		if s.Stage != casefile.Closed || s.Decision != nil || s.Unsigned != nil || w.rebond().Reserved != 0 {
			t.Errorf("%s %+v %+v, %d cents held", s.Stage, s.Decision, s.Unsigned, w.rebond().Reserved)
		}
	})
	t.Run("money comes, and the signatory does not sign", func(t *testing.T) {
		w := inBatches(t)
		w.spend(144149)
		w.act(2*day, casefile.Approve, casefile.Act{})
		w.move(4*day, more("dm-1", 1))
		w.act(5*day, casefile.ReturnDecision, casefile.Act{By: "signataire-01"})
		w.act(6*day, casefile.Reject, casefile.Act{Grounds: []string{"locataire"}})
		w.act(7*day, casefile.SignDecision, casefile.Act{By: "signataire-01"})
		if s := w.run(); s.Stage != casefile.Closed || s.Decision == nil || s.Decision.Grant || w.rebond().Left() != 144150 {
			t.Errorf("%s %+v, %d cents left", s.Stage, s.Decision, w.rebond().Left())
		}
	})
}
