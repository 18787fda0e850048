package rollout

import (
	"context"
	"errors"
	"slices"
	"time"

	deploymentpb "go.temporal.io/api/deployment/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	sdkworker "go.temporal.io/sdk/worker"

	"relance/contract"
)

// The states of a version.
const (
	Current = "current" // gets what happens to cases
	Ramping = "ramping" // gets what happens to a share of them
	Waiting = "waiting" // gets nothing
)

// Version is one version of the workers.
type Version struct {
	Build   string  `json:"build"` // empty: workers without a version
	State   string  `json:"state"`
	Percent float32 `json:"percent,omitempty"` // of the cases, that ramp
	Workers int     `json:"workers"`           // processes that ask for work
	Cases   int64   `json:"cases"`             // open workflows of which it did the last step
	Kept    int64   `json:"kept"`              // open workflows that stay with it whichever is current (Keep)
	Backlog int64   `json:"backlog"`           // tasks that wait for its workers
}

// Status is how the versions stand.
type Status struct {
	Versions []Version `json:"versions"` // the current one first, then the one that ramps, then the newest
	token    []byte    // that a change refers to
	changed  time.Time // when it was last said who gets what
}

// Find gives a version.
func (s Status) Find(build string) (Version, bool) {
	i := slices.IndexFunc(s.Versions, func(v Version) bool { return v.Build == build })
	if i < 0 {
		return Version{}, false
	}
	return s.Versions[i], true
}

// of gives the version in a state.
func (s Status) of(state string) (Version, bool) {
	i := slices.IndexFunc(s.Versions, func(v Version) bool { return v.State == state })
	if i < 0 {
		return Version{}, false
	}
	return s.Versions[i], true
}

// alive is how long ago a worker that runs has asked for work at most: a poll lasts a minute.
const alive = 75 * time.Second

// Status asks Temporal how the versions stand.
func (r *Rollout) Status(ctx context.Context) (Status, error) {
	var s Status
	queue, err := r.queue(ctx)
	if err != nil {
		return s, err
	}
	routing := client.WorkerDeploymentRoutingConfig{}
	described, err := r.handle().Describe(ctx, client.WorkerDeploymentDescribeOptions{})
	var none *serviceerror.NotFound
	switch {
	case errors.As(err, &none): // no worker with a version has ever run
	case err != nil:
		return s, err
	default:
		routing, s.token = described.Info.RoutingConfig, described.ConflictToken
	}
	s.changed = latest(routing.CurrentVersionChangedTime, routing.RampingVersionChangedTime, routing.RampingVersionPercentageChangedTime)
	unversioned := Version{State: Waiting}
	if routing.CurrentVersion == nil {
		unversioned.State = Current
	}
	versions := []Version{unversioned}
	for _, known := range slices.Backward(described.Info.VersionSummaries) {
		v := Version{Build: known.Version.BuildID, State: Waiting}
		if is(routing.CurrentVersion, v.Build) {
			v.State = Current
		} else if is(routing.RampingVersion, v.Build) && routing.RampingVersionPercentage > 0 {
			v.State, v.Percent = Ramping, routing.RampingVersionPercentage
		}
		versions = append(versions, v)
	}
	for _, v := range versions {
		v.Workers = queue.workers[v.Build]
		if v.Cases, err = r.count(ctx, running+" AND "+lastStep(v.Build)); err != nil {
			return s, err
		}
		if v.Build != "" {
			if v.Kept, err = r.count(ctx, pinned+" AND "+lastStep(v.Build)); err != nil {
				return s, err
			}
			if v.Backlog, err = r.backlog(ctx, v.Build); err != nil {
				return s, err
			}
		} else if v.Workers == 0 && v.Cases == 0 && len(versions) > 1 {
			continue // nothing to tell of
		}
		s.Versions = append(s.Versions, v)
	}
	rank := map[string]int{Current: 0, Ramping: 1, Waiting: 2}
	slices.SortStableFunc(s.Versions, func(a, b Version) int { return rank[a.State] - rank[b.State] })
	return s, nil
}

func is(v *sdkworker.WorkerDeploymentVersion, build string) bool {
	return v != nil && v.BuildID == build
}

func latest(times ...time.Time) (last time.Time) {
	for _, t := range times {
		if t.After(last) {
			last = t
		}
	}
	return last
}

func (r *Rollout) handle() client.WorkerDeploymentHandle {
	return r.Temporal.WorkerDeploymentClient().GetHandle(contract.Deployment)
}

// running are the open workflows.
const running = "TaskQueue = '" + contract.TaskQueue + "' AND ExecutionStatus = 'Running'"

// lastStep are workflows of which a version did the last step.
func lastStep(build string) string {
	if build == "" {
		return "TemporalWorkerDeploymentVersion IS NULL"
	}
	return "TemporalWorkerDeploymentVersion = '" + contract.Deployment + ":" + build + "'"
}

func (r *Rollout) count(ctx context.Context, query string) (int64, error) {
	answer, err := r.Temporal.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Query: query})
	return answer.GetCount(), err
}

// backlog counts the tasks that wait for the workers of a version.
func (r *Rollout) backlog(ctx context.Context, build string) (n int64, err error) {
	answer, err := r.Temporal.WorkflowService().DescribeWorkerDeploymentVersion(ctx, &workflowservice.DescribeWorkerDeploymentVersionRequest{Namespace: r.Namespace,
		DeploymentVersion: &deploymentpb.WorkerDeploymentVersion{DeploymentName: contract.Deployment, BuildId: build}, ReportTaskQueueStats: true})
	var none *serviceerror.NotFound
	if errors.As(err, &none) { // its first worker is just beginning
		return 0, nil
	}
	for _, q := range answer.GetVersionTaskQueues() {
		n += q.GetStats().GetApproximateBacklogCount()
	}
	return n, err
}

// queue is who asks for work, and who gets it.
type queue struct {
	workers map[string]int // by build: processes; without a version: empty
	routing                // of steps of cases
	effects routing        // of side effects, which may be told later
}

// routing is who gets the work of a queue.
type routing struct {
	current, ramping string // builds
	percent          float32
}

func (r *Rollout) queue(ctx context.Context) (queue, error) {
	q := queue{workers: map[string]int{}}
	seen := map[string]bool{}
	for _, kind := range []enumspb.TaskQueueType{enumspb.TASK_QUEUE_TYPE_ACTIVITY, enumspb.TASK_QUEUE_TYPE_WORKFLOW} {
		answer, err := r.Temporal.DescribeTaskQueue(ctx, contract.TaskQueue, kind)
		if err != nil {
			return q, err
		}
		for _, p := range answer.GetPollers() {
			build := buildOf(p)
			if key := build + " " + p.GetIdentity(); !seen[key] && time.Since(p.GetLastAccessTime().AsTime()) < alive {
				seen[key] = true
				q.workers[build]++
			}
		}
		told := answer.GetVersioningInfo()
		gets := routing{told.GetCurrentDeploymentVersion().GetBuildId(), told.GetRampingDeploymentVersion().GetBuildId(), told.GetRampingVersionPercentage()}
		if q.routing = gets; kind == enumspb.TASK_QUEUE_TYPE_ACTIVITY {
			q.effects = gets
		}
	}
	return q, nil
}

// buildOf is the version of who asks for work; empty where it has none.
func buildOf(p *taskqueuepb.PollerInfo) string {
	o := p.GetDeploymentOptions()
	if o.GetWorkerVersioningMode() != enumspb.WORKER_VERSIONING_MODE_VERSIONED || o.GetDeploymentName() != contract.Deployment {
		return ""
	}
	return o.GetBuildId()
}
