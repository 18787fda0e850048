package storm

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"relance/domain/casefile"
	"relance/local/devstack"
	"relance/office/audit"
)

// TestCasesMoveToAnotherTemporal is how an authority goes from one Temporal to a larger one, whose database can take over no row of the first
// (docs/growth.md): when nothing is on its way any more the engine is stopped and started again on a Temporal that knows nothing, and the audit wakes
// each case that has not ended from its folder, and the plan from its book. What becomes of all of them is as before, and they go on.
func TestCasesMoveToAnotherTemporal(t *testing.T) {
	ctx := limited(t, 4*time.Minute)
	s := build(ctx, t, newApplicants(t), 1)
	s.run(ctx, 0, func() {})
	before := s.outcome(ctx)
	for _, m := range s.members[:2] { // worker and starter
		s.must(m.kill())
	}
	s.must(s.local.Stack.Kill(devstack.Temporal))
	files, err := filepath.Glob(filepath.Join(s.data, "temporal.db*"))
	s.must(err)
	for _, file := range files {
		s.must(os.Remove(file))
	}
	s.must(s.local.Stack.Restart(ctx, devstack.Temporal))
	for _, m := range s.members[:2] {
		s.must(m.start())
	}
	began := time.Now()
	report, err := audit.Run(ctx, s.local.Engine, audit.Options{Repair: true, Grace: time.Second})
	s.must(err)
	woken := of(func(k kind) bool { return isCase(k) && !k.stage.Final() })
	if n := len(report.Of(audit.CaseNoWorkflow)); n != woken || len(report.Of(audit.BookBehind)) != 1 || len(report.Findings) != n+1 {
		t.Errorf("%d cases were to be woken, and the plan: %+v", woken, report.Findings)
	}
	s.audit(ctx)
	s.judgeMails()
	t.Logf("%d cases and the plan woken, and the audit clean, after %v", woken, time.Since(began))
	for _, line := range differences(before, s.outcome(ctx)) {
		switch {
		case strings.HasPrefix(line, "- Temporal: ") && strings.Contains(line, " withdrawn,"): // ended cases are in their folders alone
		case strings.HasPrefix(line, "- ") && strings.Contains(line, "engine budget.committed "): // noted last, and stored with what comes next
		case strings.Contains(line, ": state: acts "): // the last action was carried out and stored before it was answered
		default:
			t.Error(line)
		}
	}
	first := slices.Collect(maps.Keys(s.refs[0]))[0]
	_, err = s.desk.Act(ctx, first, casefile.Message, casefile.Act{By: "agent-01", ID: "moved", Text: "Votre dossier suit son cours."})
	s.must(err)
	s.wait(ctx, "a mail of a case that has moved", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return len(s.got[0]["message"]) == 1
	})
}
