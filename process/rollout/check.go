package rollout

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	historypb "go.temporal.io/api/history/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"
	tlog "go.temporal.io/sdk/log"
	sdkworker "go.temporal.io/sdk/worker"
	"golang.org/x/sync/errgroup"

	"relance/contract"
	"relance/process/histories"
	"relance/worker"
	"relance/workflows"
)

// Sample is which open cases are looked at.
type Sample struct {
	Each int // of each kind and stage, chosen at random; 0: all
}

// Report is what replaying showed.
type Report struct {
	Build    string    `json:"build"`    // of the program that replayed
	Open     int       `json:"open"`     // workflows
	Replayed int       `json:"replayed"` // of them
	Seconds  float64   `json:"seconds"`
	Failures []Failure `json:"failures"` // ordered by case
}

// Failure is an open case with which this program's workflow code cannot go on.
type Failure struct {
	Case   string `json:"case"` // workflow id
	Run    string `json:"run"`
	Kind   string `json:"kind"` // workflow type
	Stage  string `json:"stage,omitempty"`
	Reason string `json:"reason"`
}

// Verdict refuses where there is a case that this program cannot go on with.
func (r Report) Verdict() error {
	if len(r.Failures) == 0 {
		return nil
	}
	f := r.Failures[0]
	return refuse("cette version ne peut pas reprendre %d dossier(s) ouvert(s) sur les %d examinés, dont %s : %s", len(r.Failures), r.Replayed, f.Case, f.Reason)
}

// Check replays the histories of open workflows with this program's workflow code, as a worker does before it goes on with a case. Nothing is changed.
func (r *Rollout) Check(ctx context.Context, sample Sample) (Report, error) {
	began := time.Now()
	report := Report{Build: r.Build, Failures: []Failure{}}
	open, err := r.list(ctx, running)
	if err != nil {
		return report, err
	}
	report.Open = len(open)
	open = sample.of(open)
	var mu sync.Mutex
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(2 * runtime.GOMAXPROCS(0)) // one waits for Temporal while another replays
	for _, e := range open {
		work.Go(func() error {
			failure, err := r.replay(ctx, e)
			mu.Lock()
			defer mu.Unlock()
			if failure != nil {
				report.Failures = append(report.Failures, *failure)
			}
			report.Replayed++
			return err
		})
	}
	err = work.Wait()
	slices.SortFunc(report.Failures, func(a, b Failure) int { return cmp.Compare(a.Case, b.Case) })
	report.Seconds = time.Since(began).Seconds()
	return report, err
}

func (r *Rollout) list(ctx context.Context, query string) (list []*workflowpb.WorkflowExecutionInfo, err error) {
	for page := []byte(nil); ; {
		answer, err := r.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Query: query, NextPageToken: page, PageSize: 1000})
		if err != nil {
			return nil, err
		}
		list = append(list, answer.GetExecutions()...)
		if page = answer.GetNextPageToken(); len(page) == 0 {
			return list, nil
		}
	}
}

// of chooses so many of each kind and stage.
func (s Sample) of(open []*workflowpb.WorkflowExecutionInfo) []*workflowpb.WorkflowExecutionInfo {
	if s.Each == 0 {
		return open
	}
	open = slices.Clone(open)
	rand.Shuffle(len(open), func(i, j int) { open[i], open[j] = open[j], open[i] })
	taken := map[string]int{}
	return slices.DeleteFunc(open, func(e *workflowpb.WorkflowExecutionInfo) bool {
		kind := e.GetType().GetName() + " " + stage(e)
		taken[kind]++
		return taken[kind] > s.Each
	})
}

// stage is the search attribute; empty where a workflow has none.
func stage(e *workflowpb.WorkflowExecutionInfo) (text string) {
	var p *commonpb.Payload = e.GetSearchAttributes().GetIndexedFields()[contract.StageAttribute.GetName()]
	if p != nil {
		_ = converter.GetDefaultDataConverter().FromPayload(p, &text)
	}
	return text
}

// longest is how much is said of a failure.
const longest = 300

// replay tells why this program cannot go on with a workflow; nil where it can. The error is of Temporal or of the store of keys.
func (r *Rollout) replay(ctx context.Context, e *workflowpb.WorkflowExecutionInfo) (*Failure, error) {
	h, err := histories.Recorder{Temporal: r.Temporal, Codec: r.Codec}.Fetch(ctx, e.GetExecution().GetWorkflowId(), e.GetExecution().GetRunId())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", e.GetExecution().GetWorkflowId(), err)
	}
	replayer, err := sdkworker.NewWorkflowReplayerWithOptions(sdkworker.WorkflowReplayerOptions{})
	if err != nil {
		return nil, err
	}
	r.Register(replayer)
	err = replayer.ReplayWorkflowHistory(tlog.NewStructuredLogger(slog.New(slog.DiscardHandler)), h)
	if err == nil {
		err = r.knowsAll(h)
	}
	if err == nil {
		return nil, nil
	}
	reason := strings.ToValidUTF8(err.Error()[:min(len(err.Error()), longest)], "")
	return &Failure{Case: e.GetExecution().GetWorkflowId(), Run: e.GetExecution().GetRunId(), Kind: e.GetType().GetName(), Stage: stage(e), Reason: reason}, nil
}

// knowsAll looks for a side effect that is under way and that this program does not have: its workers would try it in vain until one does.
func (r *Rollout) knowsAll(h *historypb.History) error {
	open := map[int64]string{}
	for _, e := range h.GetEvents() {
		if a := e.GetActivityTaskScheduledEventAttributes(); a != nil {
			open[e.GetEventId()] = a.GetActivityType().GetName()
		}
		for _, ends := range []interface{ GetScheduledEventId() int64 }{e.GetActivityTaskCompletedEventAttributes(), e.GetActivityTaskFailedEventAttributes(),
			e.GetActivityTaskTimedOutEventAttributes(), e.GetActivityTaskCanceledEventAttributes()} {
			delete(open, ends.GetScheduledEventId())
		}
	}
	for _, name := range open {
		if !r.Knows(name) {
			return fmt.Errorf("a side effect is under way that this version does not know: %s", name)
		}
	}
	return nil
}

// Procedure registers the procedure of this program.
func Procedure(p *workflows.Procedure) func(worker.WorkflowRegistry) {
	return func(r worker.WorkflowRegistry) { worker.RegisterWorkflows(r, p) }
}
