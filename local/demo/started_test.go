package demo_test

import (
	"testing"

	"relance/local/run"
	"relance/office/desk"
)

// started starts the real servers for a test, in a folder of their own, and stops them when it ends. A short run of the tests leaves it out.
func started(t *testing.T, o run.Options) *run.Local {
	t.Helper()
	if testing.Short() {
		t.Skip("starts the real servers")
	}
	o.Data, o.Log = t.TempDir(), quiet
	l, err := run.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

// officers are the people of the authority at a running engine.
func officers(t *testing.T, l *run.Local) endings {
	return endings{t, l, &desk.Desk{Temporal: l.Engine.Temporal, Archive: l.Engine.Archive, Clock: l.Engine.Config.Clock()}}
}
