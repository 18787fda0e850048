package workflows_test

import (
	"log/slog"
	"path/filepath"
	"testing"

	"go.temporal.io/sdk/log"
	sdkworker "go.temporal.io/sdk/worker"

	"relance/templates"
	"relance/worker"
	"relance/workflows"
)

// TestRecordedHistories replays real cases of every kind on the procedure as it is now. Where it fails, running cases would
// break with the next deployment: see docs/versioning.md. The histories were recorded by the demonstration's test.
func TestRecordedHistories(t *testing.T) {
	files, err := filepath.Glob("testdata/histories/*.json")
	if err != nil || len(files) < 7 {
		t.Fatalf("%d recorded histories, want one of each kind (%v)", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			replayer := sdkworker.NewWorkflowReplayer()
			worker.RegisterWorkflows(replayer, &workflows.Procedure{Labels: &templates.French().Labels})
			if err := replayer.ReplayWorkflowHistoryFromJSONFile(log.NewStructuredLogger(slog.New(slog.DiscardHandler)), file); err != nil {
				t.Error(err)
			}
		})
	}
}
