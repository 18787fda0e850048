package outage

import (
	"flag"
	"testing"

	"relance/local/devstack"
	"relance/observe/health"
	"relance/process/engine"
)

var hangs = flag.Bool("hangs", false, "also servers that hang, which takes two minutes")

// TestHangs lets Temporal and the object store take connections and say nothing, as behind a firewall that swallows. That takes long to know: gRPC asks
// an idle connection after 30 s and waits 15 s for the answer, and a request of the store has 30 s.
func TestHangs(t *testing.T) {
	if testing.Short() || !*hangs {
		t.Skip("takes two minutes: go test ./local/outage -args -hangs")
	}
	w := build(t)
	w.begin(t)
	w.apply(t, 1, 0)
	w.answered(t)
	for name, c := range map[string]struct {
		line *devstack.Line
		of   health.Dependency
	}{"Temporal": {w.temporal, health.Temporal}, "the object store": {w.store, health.Archive}} {
		t.Run(name, func(t *testing.T) {
			must(t, c.line.Break(devstack.Hangs))
			w.apply(t, 3, 0)
			for _, e := range []*engine.Engine{w.starter, w.worker} {
				d := told(t, e, health.Waiting, c.of, health.Timeout, health.Unreachable, health.Cut)
				t.Logf("%s: failing %v after it last answered", d.Reason, d.Since.Sub(d.LastSuccess))
			}
			few(t, "connections", 20, c.line.Opened)
			must(t, c.line.Break(devstack.Whole))
			w.answered(t)
			well(t, w.worker)
			well(t, w.starter)
		})
	}
	w.judge(t)
}
