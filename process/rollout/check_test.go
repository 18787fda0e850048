package rollout

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	deploymentpb "go.temporal.io/api/deployment/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	tlog "go.temporal.io/sdk/log"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/protobuf/types/known/timestamppb"

	"relance/contract"
	"relance/local/devstack"
	"relance/worker"
)

var quiet = slog.New(slog.DiscardHandler)

// waits is the code of a version, which waits so many times, then for a signal, and then so many times again.
func waits(times, again int) func(worker.WorkflowRegistry) {
	return func(r worker.WorkflowRegistry) {
		r.RegisterWorkflowWithOptions(func(ctx workflow.Context) error {
			for range times {
				_ = workflow.Sleep(ctx, time.Second)
			}
			workflow.GetSignalChannel(ctx, "go on").Receive(ctx, nil)
			for range again {
				_ = workflow.Sleep(ctx, time.Second)
			}
			return nil
		}, workflow.RegisterOptions{Name: contract.ApplicationWorkflow})
	}
}

// TestAVersionThatCannotGoOn: the first version becomes current by itself; one whose code has recorded something else than the open cases have is refused, and one that runs nowhere.
func TestAVersionThatCannotGoOn(t *testing.T) {
	if testing.Short() {
		t.Skip("starts Temporal")
	}
	c := temporal(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	version := func(build string, code func(worker.WorkflowRegistry)) *Rollout {
		return &Rollout{Temporal: c, Namespace: client.DefaultNamespace, Build: build, Register: code, Knows: worker.Knows}
	}
	first := version("1.0", waits(1, 0))
	if err := first.Standing(ctx); !errors.Is(err, ErrStandstill) {
		t.Errorf("nobody works: %v", err)
	}
	defer work(t, c, first)()
	first.Adopt(ctx, quiet)
	if s, err := first.Status(ctx); err != nil || len(s.Versions) != 1 || s.Versions[0].Build != "1.0" || s.Versions[0].State != Current || s.Versions[0].Workers != 1 {
		t.Fatalf("%+v, %v", s, err)
	}
	if err := first.Standing(ctx); err != nil {
		t.Error(err)
	}
	const open = 3
	for i := range open {
		if _, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: fmt.Sprintf("RBD-%d", i), TaskQueue: contract.TaskQueue}, contract.ApplicationWorkflow); err != nil {
			t.Fatal(err)
		}
	}
	for i := range open { // until the timers have gone off
		const events = 9
		for length := int64(0); length < events; time.Sleep(50 * time.Millisecond) {
			d, err := c.DescribeWorkflowExecution(ctx, fmt.Sprintf("RBD-%d", i), "")
			if err != nil {
				t.Fatal(err)
			}
			length = d.GetWorkflowExecutionInfo().GetHistoryLength()
		}
	}
	if report, err := first.Check(ctx, Sample{}); err != nil || report.Verdict() != nil || report.Open != open || report.Replayed != open {
		t.Errorf("%+v, %v", report, err)
	}
	if report, err := version("2.0", waits(1, 1)).Check(ctx, Sample{}); err != nil || report.Verdict() != nil {
		t.Errorf("code that differs beyond where the cases are: %+v, %v", report, err)
	}
	report, err := version("2.0", waits(0, 0)).Check(ctx, Sample{})
	var refusal Refusal
	if err != nil || !errors.As(report.Verdict(), &refusal) || len(report.Failures) != open || report.Failures[0].Case != "RBD-0" || !strings.Contains(report.Failures[0].Reason, "nondeterministic") {
		t.Errorf("code that never waited: %+v, %v", report, err)
	}
	if report, err := version("2.0", waits(0, 0)).Check(ctx, Sample{Each: 1}); err != nil || len(report.Failures) != 1 || report.Open != open {
		t.Errorf("%+v, %v", report, err)
	}
	for _, build := range []string{"2.0", ""} {
		if err := first.Promote(ctx, build); !errors.As(err, &refusal) {
			t.Errorf("%q, of which no worker runs: %v", build, err)
		}
	}
	if err := first.Ramp(ctx, "1.0", 10); !errors.As(err, &refusal) {
		t.Errorf("a share for the version that has all: %v", err)
	}
	second := version("2.0", waits(0, 0))
	defer work(t, c, second)()
	keeps(ctx, t, c, second)
}

// temporal starts a server, and connects to it.
func temporal(t *testing.T) client.Client {
	t.Helper()
	stack, err := devstack.Start(t.Context(), devstack.Options{Servers: devstack.Temporal, Data: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = stack.Stop() })
	c, err := client.DialContext(t.Context(), client.Options{HostPort: stack.TemporalAddress, Logger: tlog.NewStructuredLogger(quiet)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// work lets a worker of a version work until it is stopped.
func work(t *testing.T, c client.Client, r *Rollout) (stop func()) {
	t.Helper()
	var o sdkworker.Options
	if r.Build != "" {
		o.DeploymentOptions = sdkworker.DeploymentOptions{UseVersioning: true, DefaultVersioningBehavior: workflow.VersioningBehaviorAutoUpgrade,
			Version: sdkworker.WorkerDeploymentVersion{DeploymentName: contract.Deployment, BuildID: r.Build}}
	}
	w := sdkworker.New(c, contract.TaskQueue, o)
	r.Register(w)
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	return w.Stop
}

// keeps makes a version current that cannot go on with the cases of the first one: they stay with that until they are freed, and new ones go to the second.
func keeps(ctx context.Context, t *testing.T, c client.Client, second *Rollout) {
	t.Helper()
	report, err := second.Check(ctx, Sample{})
	if err != nil || len(report.Failures) != 3 {
		t.Fatalf("%+v, %v", report, err)
	}
	for end := time.Now().Add(20 * time.Second); second.Ready(ctx, "2.0") != nil && time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
	}
	if err := errors.Join(second.Keep(ctx, report.Failures), second.Promote(ctx, "2.0")); err != nil {
		t.Fatal(err)
	}
	if _, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: "RBD-9", TaskQueue: contract.TaskQueue}, contract.ApplicationWorkflow); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]string{"RBD-0": "1.0", "RBD-9": "2.0"} {
		if err := c.SignalWorkflow(ctx, id, "", "go on", nil); err != nil {
			t.Fatal(err)
		}
		if err := c.GetWorkflow(ctx, id, "").Get(ctx, nil); err != nil {
			t.Fatal(err)
		}
		d, err := c.DescribeWorkflowExecution(ctx, id, "")
		if got := d.GetWorkflowExecutionInfo().GetVersioningInfo().GetDeploymentVersion().GetBuildId(); err != nil || got != want {
			t.Errorf("%s went on with version %q, not %q (%v)", id, got, want, err)
		}
	}
	if s, err := second.Status(ctx); err != nil || len(s.Versions) != 2 || s.Versions[0].Build != "2.0" || s.Versions[1].Kept != 2 || s.Versions[1].Cases != 2 {
		t.Errorf("%+v, %v", s, err)
	}
	const look, patience = 100 * time.Millisecond, 2 * time.Second
	short, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var left Left
	if _, err := second.Drain(short, "1.0", look, func(l Left) { left = l }); err == nil || left.Kept != 2 || left.Nothing() {
		t.Errorf("the version that still has two cases has drained: %+v, %v", left, err)
	}
	if n, err := second.Free(ctx, report.Failures[1:2]); err != nil || n != 1 {
		t.Errorf("%d freed, %v", n, err)
	}
	for id, kept := range map[string]bool{"RBD-1": true, "RBD-2": false} {
		d, err := c.DescribeWorkflowExecution(ctx, id, "")
		if got := d.GetWorkflowExecutionInfo().GetVersioningInfo().GetVersioningOverride() != nil; err != nil || got != kept {
			t.Errorf("%s is kept: %v, %v", id, got, err)
		}
	}
}

// asked is a Temporal whose queue stands so.
type asked struct {
	client.Client
	answer *workflowservice.DescribeTaskQueueResponse
}

func (a asked) DescribeTaskQueue(context.Context, string, enumspb.TaskQueueType) (*workflowservice.DescribeTaskQueueResponse, error) {
	return a.answer, nil
}

func version(build string) *deploymentpb.WorkerDeploymentVersion {
	if build == "" {
		return nil
	}
	return &deploymentpb.WorkerDeploymentVersion{DeploymentName: contract.Deployment, BuildId: build}
}

// poller asked for work so long ago.
func poller(build string, ago time.Duration) *taskqueuepb.PollerInfo {
	p := &taskqueuepb.PollerInfo{Identity: "1@" + build, LastAccessTime: timestamppb.New(time.Now().Add(-ago))}
	if build != "" {
		p.DeploymentOptions = &deploymentpb.WorkerDeploymentOptions{DeploymentName: contract.Deployment, BuildId: build, WorkerVersioningMode: enumspb.WORKER_VERSIONING_MODE_VERSIONED}
	}
	return p
}

func TestStanding(t *testing.T) {
	for _, c := range []struct {
		name, current, ramping string
		percent                float32
		pollers                []*taskqueuepb.PollerInfo
		want                   string // part of the complaint; empty: there is none
	}{
		{"workers without a version", "", "", 0, []*taskqueuepb.PollerInfo{poller("", 0)}, ""},
		{"nobody", "", "", 0, nil, "no version of the workers is current"},
		{"a version that gets nothing", "", "", 0, []*taskqueuepb.PollerInfo{poller("1.0", 0)}, "no version of the workers is current"},
		{"current", "1.0", "", 0, []*taskqueuepb.PollerInfo{poller("1.0", time.Minute)}, ""},
		{"current, with another that waits", "1.0", "", 0, []*taskqueuepb.PollerInfo{poller("1.0", 0), poller("1.1", 0)}, ""},
		{"current is gone", "1.0", "", 0, []*taskqueuepb.PollerInfo{poller("1.0", 2*alive), poller("1.1", 0), poller("", 0)}, "version 1.0 is current and none of its workers"},
		{"ramping is gone", "1.0", "1.1", 10, []*taskqueuepb.PollerInfo{poller("1.0", 0)}, "10 % of them go to version 1.1"},
		{"ramping has no share", "1.0", "1.1", 0, []*taskqueuepb.PollerInfo{poller("1.0", 0)}, ""},
		{"both", "1.0", "1.1", 10, []*taskqueuepb.PollerInfo{poller("1.0", 0), poller("1.1", 0)}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := Rollout{Temporal: asked{answer: &workflowservice.DescribeTaskQueueResponse{Pollers: c.pollers, VersioningInfo: &taskqueuepb.TaskQueueVersioningInfo{
				CurrentDeploymentVersion: version(c.current), RampingDeploymentVersion: version(c.ramping), RampingVersionPercentage: c.percent}}}}
			err := r.Standing(t.Context())
			if c.want == "" && err != nil || c.want != "" && (!errors.Is(err, ErrStandstill) || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

// described is a Temporal with one workflow.
type described struct {
	client.Client
	answer *workflowservice.DescribeWorkflowExecutionResponse
}

func (d described) DescribeWorkflowExecution(context.Context, string, string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	return d.answer, nil
}

// TestBegun: what counts is who is at work, and not who was.
func TestBegun(t *testing.T) {
	step := func(state enumspb.PendingWorkflowTaskState, last, next string) *workflowservice.DescribeWorkflowExecutionResponse {
		info := &workflowpb.WorkflowExecutionVersioningInfo{DeploymentVersion: version(last)}
		if next != "" {
			info.VersionTransition = &workflowpb.DeploymentVersionTransition{DeploymentVersion: version(next)}
		}
		return &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: &workflowpb.WorkflowExecutionInfo{VersioningInfo: info},
			PendingWorkflowTask: &workflowpb.PendingWorkflowTaskInfo{State: state}}
	}
	effect := func(state enumspb.PendingActivityState, build string) *workflowservice.DescribeWorkflowExecutionResponse {
		return &workflowservice.DescribeWorkflowExecutionResponse{PendingActivities: []*workflowpb.PendingActivityInfo{{State: state, LastDeploymentVersion: version(build)}}}
	}
	const started, scheduled = enumspb.PENDING_WORKFLOW_TASK_STATE_STARTED, enumspb.PENDING_WORKFLOW_TASK_STATE_SCHEDULED
	for _, c := range []struct {
		name   string
		answer *workflowservice.DescribeWorkflowExecutionResponse
		want   int
	}{
		{"rests", &workflowservice.DescribeWorkflowExecutionResponse{}, 0},
		{"a step", step(started, "1.0", ""), 1},
		{"a first step", step(started, "", "1.0"), 1},
		{"a step that waits", step(scheduled, "1.0", ""), 0},
		{"a step of the next version", step(started, "1.0", "1.1"), 0},
		{"a step of another version", step(started, "1.1", ""), 0},
		{"a side effect", effect(enumspb.PENDING_ACTIVITY_STATE_STARTED, "1.0"), 1},
		{"a side effect of another version", effect(enumspb.PENDING_ACTIVITY_STATE_STARTED, "1.1"), 0},
		{"a side effect that will be tried again", effect(enumspb.PENDING_ACTIVITY_STATE_SCHEDULED, "1.0"), 0},
	} {
		r := Rollout{Temporal: described{answer: c.answer}}
		if n, err := r.begunOf(t.Context(), &workflowpb.WorkflowExecutionInfo{}, "1.0"); err != nil || n != c.want {
			t.Errorf("%s: %d, want %d (%v)", c.name, n, c.want, err)
		}
	}
}

func TestSample(t *testing.T) {
	var open []*workflowpb.WorkflowExecutionInfo
	for range 10 {
		open = append(open, &workflowpb.WorkflowExecutionInfo{})
	}
	if n := len(Sample{}.of(open)); n != 10 {
		t.Errorf("%d of all", n)
	}
	if n := len(Sample{Each: 3}.of(open)); n != 3 || open[9] == nil {
		t.Errorf("%d of one kind", n)
	}
}

// TestASideEffectThatIsUnderWay: one that this program does not have would be tried in vain.
func TestASideEffectThatIsUnderWay(t *testing.T) {
	scheduled := func(id int64, name string) *historypb.HistoryEvent {
		return &historypb.HistoryEvent{EventId: id, Attributes: &historypb.HistoryEvent_ActivityTaskScheduledEventAttributes{
			ActivityTaskScheduledEventAttributes: &historypb.ActivityTaskScheduledEventAttributes{ActivityType: &commonpb.ActivityType{Name: name}}}}
	}
	completed := func(id int64) *historypb.HistoryEvent {
		return &historypb.HistoryEvent{Attributes: &historypb.HistoryEvent_ActivityTaskCompletedEventAttributes{
			ActivityTaskCompletedEventAttributes: &historypb.ActivityTaskCompletedEventAttributes{ScheduledEventId: id}}}
	}
	for _, c := range []struct {
		name  string
		known bool
		list  []*historypb.HistoryEvent
	}{
		{"one of ours", true, []*historypb.HistoryEvent{scheduled(5, "Correspond")}},
		{"one that is gone", false, []*historypb.HistoryEvent{scheduled(5, "Correspond"), scheduled(6, "SendByPigeon")}},
		{"one that was, and is over", true, []*historypb.HistoryEvent{scheduled(5, "SendByPigeon"), completed(5)}},
	} {
		r := Rollout{Knows: worker.Knows}
		if err := r.knowsAll(&historypb.History{Events: c.list}); (err == nil) != c.known {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
