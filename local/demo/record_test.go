package demo_test

import (
	"os"
	"testing"

	"relance/local/run"
	"relance/process/histories"
	"relance/store/vault"
)

// recorder keeps histories of a running engine.
func recorder(l *run.Local) histories.Recorder {
	return histories.Recorder{Temporal: l.Engine.Temporal, Codec: vault.NewCodec(l.Engine.Keys), Folder: os.Getenv("RELANCE_RECORD")}
}

// keepHistories keeps, with RELANCE_RECORD, the histories of a test for the replay tests (docs/versioning.md).
func keepHistories(t *testing.T, l *run.Local, prefix string) {
	t.Helper()
	r := recorder(l)
	if r.Folder == "" {
		return
	}
	names, err := r.KeepAll(t.Context(), prefix)
	if err != nil {
		t.Error(err)
	}
	t.Logf("kept %v", names)
}
