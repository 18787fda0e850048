package workflows_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"relance/domain/casefile"
	"relance/store/index"
)

// note puts another case into the index that has a file of this one.
func (w *world) note(reference string, owner index.Sign) {
	x := &index.Index{Archive: w}
	file := index.Sign{Kind: index.SignDocument, Value: w.query().Documents[0].SHA256}
	if _, err := x.NoteSigns(w.t.Context(), reference, []index.Sign{owner}, []index.Sign{file}, "", w.env.Now()); err != nil {
		w.t.Error(err)
	}
}

// TestAFileOfAnothersCaseIsLookedAtBeforeAGrant: an officer who approves is told what has come in between, and then decides.
func TestAFileOfAnothersCaseIsLookedAtBeforeAGrant(t *testing.T) {
	const other = "RBD-AAAAA-BBBBB"
	w := newWorld(t)
	w.on(0, whole())
	w.on(day, signature)
	w.env.RegisterDelayedCallback(func() { w.note(other, index.Sign{Kind: index.SIREN, Value: "552100554"}) }, 36*time.Hour)
	first := w.act(2*day, casefile.Approve, casefile.Act{})
	seen := w.at(50 * time.Hour)
	second := w.act(3*day, casefile.Approve, casefile.Act{})
	w.run()
	if first.err == nil || !strings.Contains(first.err.Error(), "point commun") {
		t.Errorf("the approval by somebody who has not seen it: %v", first.err)
	}
	if !slices.Contains(seen.Concerns, casefile.ConcernShared) || len(seen.Shared) != 1 || seen.Shared[0].Kind != index.SignDocument ||
		!slices.Equal(seen.Shared[0].Cases, []string{other}) || seen.Stage != casefile.UnderReview {
		t.Errorf("stage %s, concerns %v, in common %v", seen.Stage, seen.Concerns, seen.Shared)
	}
	if second.err != nil || second.done.Stage != casefile.Granted {
		t.Errorf("the approval that has seen it: %s, %v", second.done.Stage, second.err)
	}
}

// TestAnotherCaseOfTheSameApplicantIsNoNeighbour: a firm that applies twice sends the same files. One mailbox that writes for two firms is no firm.
func TestAnotherCaseOfTheSameApplicantIsNoNeighbour(t *testing.T) {
	for name, c := range map[string]struct {
		owner func(casefile.Facts) index.Sign
		told  bool
	}{
		"the same firm": {func(f casefile.Facts) index.Sign {
			return index.Sign{Kind: index.SIREN, Value: f.Fields["siret"].Value[:9]}
		}, false},
		"the same mailbox, for another firm": {func(casefile.Facts) index.Sign { return index.Sign{Kind: index.SIREN, Value: "552100554"} }, true},
	} {
		w := newWorld(t)
		w.on(0, whole())
		w.on(day, signature)
		w.env.RegisterDelayedCallback(func() { w.note("RBD-AAAAA-BBBBB", c.owner(w.factsOf(w.query()))) }, 35*time.Hour)
		done := w.act(2*day, casefile.Approve, casefile.Act{})
		w.run()
		if s := w.query(); (done.err != nil) != c.told || (len(s.Shared) > 0) != c.told || slices.Contains(s.Concerns, casefile.ConcernShared) != c.told {
			t.Errorf("%s: %v; in common %v, concerns %v", name, done.err, s.Shared, s.Concerns)
		}
	}
}

// TestTwoOfficersReadWhatHasComeInBetween: the first approval had not seen it either.
func TestTwoOfficersReadWhatHasComeInBetween(t *testing.T) {
	w := fourEyes(t)
	first := w.act(2*day, casefile.Approve, casefile.Act{})
	w.env.RegisterDelayedCallback(func() { w.note("RBD-AAAAA-BBBBB", index.Sign{Kind: index.SIREN, Value: "552100554"}) }, 2*day+time.Hour)
	refused := w.act(3*day, casefile.Approve, casefile.Act{By: "agent-02"})
	again := w.act(4*day, casefile.Approve, casefile.Act{By: "agent-02"})
	last := w.act(5*day, casefile.Approve, casefile.Act{})
	w.run()
	if first.done.More != 1 || refused.err == nil || again.err != nil || again.done.More != 1 || last.done.Stage != casefile.Granted {
		t.Errorf("first %d more; refused %v; again %d more, %v; last %s, %v", first.done.More, refused.err, again.done.More, again.err, last.done.Stage, last.err)
	}
}
