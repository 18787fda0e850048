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

// TestAnotherCaseOfTheSameApplicantIsNoNeighbour: who applies twice sends the same files.
func TestAnotherCaseOfTheSameApplicantIsNoNeighbour(t *testing.T) {
	w := newWorld(t)
	w.on(0, whole())
	w.on(day, signature)
	w.env.RegisterDelayedCallback(func() {
		w.note("RBD-AAAAA-BBBBB", index.Sign{Kind: index.Sender, Value: w.factsOf(w.query()).Applicant.Email})
	}, 35*time.Hour)
	done := w.act(2*day, casefile.Approve, casefile.Act{})
	w.run()
	if s := w.query(); done.err != nil || len(s.Shared) > 0 || slices.Contains(s.Concerns, casefile.ConcernShared) {
		t.Errorf("%v; in common %v, concerns %v", done.err, s.Shared, s.Concerns)
	}
}
