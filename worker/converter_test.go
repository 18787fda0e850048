package worker_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	tlog "go.temporal.io/sdk/log"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"relance/local/devstack"
	"relance/store/archive"
	"relance/store/vault"
	"relance/worker"
)

var errAway = errors.New("connection refused")

// shelf is an object store in memory that is away so many times that it is asked.
type shelf struct {
	vault.Archive // what keys do not need here
	objects       map[string][]byte
	away          atomic.Int32
}

func (s *shelf) Get(_ context.Context, key string) ([]byte, error) {
	if s.away.Add(-1) >= 0 {
		return nil, errAway
	}
	content, known := s.objects[key]
	if !known {
		return nil, archive.ErrNotFound
	}
	return content, nil
}

func (s *shelf) Create(_ context.Context, key string, content []byte, _ string) (bool, error) {
	s.objects[key] = content
	return true, nil
}

// TestACaseOutlivesTheAbsenceOfItsKey lets workers that have no data key in memory meet workflows with a signal while the archive is away, as after a
// restart during an outage that ends at one moment or another. Nothing is dropped and nothing fails: it goes on when the archive is back.
func TestACaseOutlivesTheAbsenceOfItsKey(t *testing.T) {
	dial := encrypted(t)
	for _, away := range []int32{1, 2, 5} {
		store := &shelf{objects: map[string][]byte{}}
		outlive(t, store, away, func() client.Client { return dial(store) })
	}
}

// encrypted starts Temporal, and gives what connects to it with a memory of its own for data keys.
func encrypted(t *testing.T) (dial func(*shelf) client.Client) {
	t.Helper()
	if testing.Short() {
		t.Skip("starts Temporal")
	}
	stack, err := devstack.Start(t.Context(), devstack.Options{Servers: devstack.Temporal, Data: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = stack.Stop() })
	ring, err := vault.ParseRing(vault.NewMaster())
	if err != nil {
		t.Fatal(err)
	}
	return func(store *shelf) client.Client {
		data := vault.DataConverter(vault.NewKeys(store, ring))
		c, err := client.DialContext(t.Context(), client.Options{HostPort: stack.TemporalAddress, Logger: tlog.NewStructuredLogger(slog.New(slog.DiscardHandler)),
			DataConverter: worker.Patient(data), FailureConverter: vault.FailureConverter(data)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		return c
	}
}

func outlive(t *testing.T, store *shelf, away int32, dial func() client.Client) {
	t.Helper()
	queue := fmt.Sprintf("away-%d", away)
	warm := dial()
	run, err := warm.SignalWithStartWorkflow(t.Context(), queue, "mail", "the mail", client.StartWorkflowOptions{TaskQueue: queue, WorkflowTaskTimeout: time.Second}, "case", "the input")
	if err != nil {
		t.Fatal(err)
	}
	store.away.Store(away)
	cold := dial()
	w := sdkworker.New(cold, queue, sdkworker.Options{})
	w.RegisterWorkflowWithOptions(func(ctx workflow.Context, input string) (string, error) {
		var mail, echo string
		workflow.GetSignalChannel(ctx, "mail").Receive(ctx, &mail)
		ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute})
		err := workflow.ExecuteActivity(ctx, "echo", mail).Get(ctx, &echo)
		return input + ", " + echo, err
	}, workflow.RegisterOptions{Name: "case"})
	w.RegisterActivityWithOptions(func(_ context.Context, text string) (string, error) { return text, nil }, activity.RegisterOptions{Name: "echo"})
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	defer w.Stop()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	var got string
	if err := run.Get(ctx, &got); err != nil || got != "the input, the mail" {
		t.Errorf("away %d times: %q, %v", away, got, err)
	}
}

// TestAFailureWithoutAKey lets a worker that has no data key in memory meet a side effect while the archive is away: it cannot read what it is to do, nor
// encrypt why not. Temporal learns of it at once, its pages show what is away, and the side effect is done when the archive is back.
func TestAFailureWithoutAKey(t *testing.T) {
	dial := encrypted(t)
	near, far := &shelf{objects: map[string][]byte{}}, &shelf{}
	far.objects = near.objects
	warm, cold := dial(near), dial(far)
	steps, effects := sdkworker.New(warm, "steps", sdkworker.Options{}), sdkworker.New(cold, "effects", sdkworker.Options{})
	steps.RegisterWorkflowWithOptions(func(ctx workflow.Context, input string) (string, error) {
		ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{TaskQueue: "effects", StartToCloseTimeout: time.Minute})
		var echo string
		err := workflow.ExecuteActivity(ctx, "echo", input).Get(ctx, &echo)
		return echo, err
	}, workflow.RegisterOptions{Name: "case"})
	far.away.Store(6) // the input and the failure, of each of three attempts
	effects.RegisterActivityWithOptions(func(_ context.Context, text string) (string, error) { return text, nil }, activity.RegisterOptions{Name: "echo"})
	for _, w := range []sdkworker.Worker{steps, effects} {
		if err := w.Start(); err != nil {
			t.Fatal(err)
		}
		defer w.Stop()
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	run, err := warm.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: "RBD-A", TaskQueue: "steps"}, "case", "the input")
	if err != nil {
		t.Fatal(err)
	}
	shown := ""
	for end := time.Now().Add(20 * time.Second); shown == "" && time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		d, err := warm.DescribeWorkflowExecution(ctx, "RBD-A", "")
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range d.GetPendingActivities() {
			shown = p.GetLastFailure().GetMessage()
		}
	}
	if !strings.Contains(shown, "the data key") {
		t.Errorf("shown meanwhile: %q", shown)
	}
	var got string
	if err := run.Get(ctx, &got); err != nil || got != "the input" {
		t.Errorf("%q, %v", got, err)
	}
}
