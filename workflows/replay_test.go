package workflows_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"
	sdkworker "go.temporal.io/sdk/worker"

	"relance/letters/texts"
	"relance/observe/telemetry"
	"relance/worker"
	"relance/workflows"
)

// nothing takes spans and does nothing with them.
type nothing struct{}

func (nothing) OnStart(context.Context, sdktrace.ReadWriteSpan) {}
func (nothing) OnEnd(sdktrace.ReadOnlySpan)                     {}
func (nothing) Shutdown(context.Context) error                  { return nil }
func (nothing) ForceFlush(context.Context) error                { return nil }

// TestRecordedHistories replays real cases of every kind on the procedure as it is now. Where it fails, running cases would
// break with the next deployment: see docs/versioning.md. The histories were recorded by the tests on the real servers.
func TestRecordedHistories(t *testing.T) {
	files, err := filepath.Glob("testdata/histories/*.json")
	if err != nil || len(files) < 7 {
		t.Fatalf("%d recorded histories, want one of each kind (%v)", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			for _, followed := range []bool{false, true} { // recorded without traces, replayed with them
				var options sdkworker.WorkflowReplayerOptions
				if followed {
					follow, err := telemetry.NewTracing(nothing{}).Interceptor()
					if err != nil {
						t.Fatal(err)
					}
					options.Interceptors = []interceptor.WorkerInterceptor{follow}
				}
				replayer, err := sdkworker.NewWorkflowReplayerWithOptions(options)
				if err != nil {
					t.Fatal(err)
				}
				worker.RegisterWorkflows(replayer, &workflows.Procedure{Labels: &texts.French().Labels})
				if err := replayer.ReplayWorkflowHistoryFromJSONFile(log.NewStructuredLogger(slog.New(slog.DiscardHandler)), file); err != nil {
					t.Errorf("followed %v: %v", followed, err)
				}
			}
		})
	}
}
