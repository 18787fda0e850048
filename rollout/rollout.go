// Package rollout changes the version of the workers under cases that are open (docs/rollout.md). Workers of two versions run beside each other; Temporal
// gives each case's next step to the one that is current, and to one that ramps a share of the cases. A version takes cases only where its code can
// go on with every one that is open, which replaying their histories shows.
package rollout

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	deploymentpb "go.temporal.io/api/deployment/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	sdkworker "go.temporal.io/sdk/worker"

	"relance/worker"
)

// Rollout speaks with Temporal about the versions of the workers.
type Rollout struct {
	Temporal  client.Client
	Namespace string
	Codec     converter.PayloadCodec // decrypts histories; nil: they are readable
	Build     string                 // the version of this program; empty: it has none

	// Register makes the workflows known that this program would go on with (worker.RegisterWorkflows).
	Register func(worker.WorkflowRegistry)
}

// Refusal is why a version is not made current, in words for an administrator.
type Refusal string

// Error is of error.
func (r Refusal) Error() string { return string(r) }

func refuse(format string, args ...any) error { return Refusal(fmt.Sprintf(format, args...)) }

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
	return r.Temporal.WorkerDeploymentClient().GetHandle(worker.Deployment)
}

// running are the open workflows.
const running = "TaskQueue = '" + worker.TaskQueue + "' AND ExecutionStatus = 'Running'"

// lastStep are workflows of which a version did the last step.
func lastStep(build string) string {
	if build == "" {
		return "TemporalWorkerDeploymentVersion IS NULL"
	}
	return "TemporalWorkerDeploymentVersion = '" + worker.Deployment + ":" + build + "'"
}

func (r *Rollout) count(ctx context.Context, query string) (int64, error) {
	answer, err := r.Temporal.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Query: query})
	return answer.GetCount(), err
}

// backlog counts the tasks that wait for the workers of a version.
func (r *Rollout) backlog(ctx context.Context, build string) (n int64, err error) {
	answer, err := r.Temporal.WorkflowService().DescribeWorkerDeploymentVersion(ctx, &workflowservice.DescribeWorkerDeploymentVersionRequest{Namespace: r.Namespace,
		DeploymentVersion: &deploymentpb.WorkerDeploymentVersion{DeploymentName: worker.Deployment, BuildId: build}, ReportTaskQueueStats: true})
	for _, q := range answer.GetVersionTaskQueues() {
		n += q.GetStats().GetApproximateBacklogCount()
	}
	return n, err
}

// queue is who asks for work, and who gets it.
type queue struct {
	workers          map[string]int // by build: processes; without a version: empty
	current, ramping string         // builds
	percent          float32
}

func (r *Rollout) queue(ctx context.Context) (queue, error) {
	q := queue{workers: map[string]int{}}
	seen := map[string]bool{}
	for _, kind := range []enumspb.TaskQueueType{enumspb.TASK_QUEUE_TYPE_ACTIVITY, enumspb.TASK_QUEUE_TYPE_WORKFLOW} {
		answer, err := r.Temporal.DescribeTaskQueue(ctx, worker.TaskQueue, kind)
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
		routing := answer.GetVersioningInfo()
		q.current, q.ramping, q.percent = routing.GetCurrentDeploymentVersion().GetBuildId(), routing.GetRampingDeploymentVersion().GetBuildId(), routing.GetRampingVersionPercentage()
	}
	return q, nil
}

// buildOf is the version of who asks for work; empty where it has none.
func buildOf(p *taskqueuepb.PollerInfo) string {
	o := p.GetDeploymentOptions()
	if o.GetWorkerVersioningMode() != enumspb.WORKER_VERSIONING_MODE_VERSIONED || o.GetDeploymentName() != worker.Deployment {
		return ""
	}
	return o.GetBuildId()
}

// ErrStandstill is returned where cases wait because nobody may work on them.
var ErrStandstill = errors.New("cases wait")

// Standing tells whether somebody works on cases: a step waits for the version that is current, however many workers of others there are.
func (r *Rollout) Standing(ctx context.Context) error {
	q, err := r.queue(ctx)
	switch {
	case err != nil:
		return err
	case q.workers[q.current] == 0 && q.current == "":
		return fmt.Errorf("%w: no version of the workers is current; `relance rollout current` makes one (docs/rollout.md)", ErrStandstill)
	case q.workers[q.current] == 0:
		return fmt.Errorf("%w: version %s is current and none of its workers has asked for work in %v; start one, or let another version be current with `relance rollout current` (docs/rollout.md)",
			ErrStandstill, q.current, alive)
	case q.percent > 0 && q.workers[q.ramping] == 0:
		return fmt.Errorf("%w: %v %% of them go to version %s, and none of its workers has asked for work in %v; start one, or end the trial with `relance rollout ramp 0`", ErrStandstill, q.percent, q.ramping, alive)
	}
	return nil
}

// Ready refuses a version that may not be given cases, since no worker of it runs.
func (r *Rollout) Ready(ctx context.Context, build string) error {
	_, err := r.ready(ctx, build)
	return err
}

func (r *Rollout) ready(ctx context.Context, build string) (Status, error) {
	s, err := r.Status(ctx)
	if err != nil {
		return s, err
	}
	v, known := s.Find(build)
	switch {
	case v.Workers == 0 && build == "":
		return s, refuse("aucun worker sans version ne demande de travail : démarrez-en un d'abord, sans RELANCE_BUILD_ID")
	case !known:
		return s, refuse("la version %s est inconnue : démarrez d'abord un worker avec RELANCE_BUILD_ID=%s (versions connues : %s)", build, build, s.names())
	case v.Workers == 0:
		return s, refuse("aucun worker de la version %s ne demande de travail : les dossiers attendraient. Démarrez-en un d'abord", build)
	}
	return s, nil
}

func (s Status) names() string {
	var names []string
	for _, v := range s.Versions {
		if v.Build != "" {
			names = append(names, v.Build)
		}
	}
	if len(names) == 0 {
		return "aucune"
	}
	return strings.Join(names, ", ")
}

// settled is how long Temporal may take to tell every queue who gets what.
const settled = 30 * time.Second

// Promote makes a version current: every case's next step is its own from then on, and no other version ramps. An empty one stands for the workers without a
// version. It is refused where no worker of it runs.
func (r *Rollout) Promote(ctx context.Context, build string) error {
	s, err := r.ready(ctx, build)
	if err != nil {
		return err
	}
	if v, _ := s.Find(build); v.State == Current {
		return r.Ramp(ctx, build, 0)
	}
	if _, err := r.handle().SetCurrentVersion(ctx, client.WorkerDeploymentSetCurrentVersionOptions{BuildID: build, ConflictToken: s.token}); err != nil {
		return err
	}
	if other, ramps := s.of(Ramping); ramps && other.Build != build {
		if err := r.Ramp(ctx, build, 0); err != nil {
			return err
		}
	}
	return r.until(ctx, func(q queue) bool { return q.current == build })
}

// Ramp gives a share of the cases, in percent, to a version; which ones follows from their references, so that a case stays where it is while the share grows.
// Zero gives all to the current one again.
func (r *Rollout) Ramp(ctx context.Context, build string, percent float32) error {
	if percent == 0 {
		s, err := r.Status(ctx)
		if _, ramps := s.of(Ramping); err != nil || !ramps {
			return err
		}
		if _, err := r.handle().SetRampingVersion(ctx, client.WorkerDeploymentSetRampingVersionOptions{ConflictToken: s.token}); err != nil {
			return err
		}
		return r.until(ctx, func(q queue) bool { return q.percent == 0 })
	}
	s, err := r.ready(ctx, build)
	if err != nil {
		return err
	}
	if v, _ := s.Find(build); v.State == Current {
		return refuse("la version %s est déjà en service, pour tous les dossiers", build)
	}
	if _, err := r.handle().SetRampingVersion(ctx, client.WorkerDeploymentSetRampingVersionOptions{BuildID: build, Percentage: percent, ConflictToken: s.token}); err != nil {
		return err
	}
	return r.until(ctx, func(q queue) bool { return q.ramping == build && q.percent == percent })
}

// until waits for what was said to be known to the queues.
func (r *Rollout) until(ctx context.Context, known func(queue) bool) error {
	ctx, cancel := context.WithTimeout(ctx, settled)
	defer cancel()
	for {
		q, err := r.queue(ctx)
		if err != nil || known(q) {
			return err
		}
		if err := sleep(ctx, 200*time.Millisecond); err != nil {
			return fmt.Errorf("temporal has not told its queues yet: %w", err)
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// Adopt makes this program's version current where none has ever been and no worker without a version runs: on a new installation, and where the first version
// replaces workers that had none. It waits for that until ctx ends; a version that cannot go on with the open cases is not made current.
func (r *Rollout) Adopt(ctx context.Context, log *slog.Logger) {
	const every, most = time.Second, 30 * time.Second
	for pause := every; ; {
		done, err := r.adopt(ctx)
		if done || ctx.Err() != nil {
			return
		}
		if err != nil {
			log.Warn("no version of the workers is current yet", "build", r.Build, "error", err)
			pause = min(2*pause, most)
		}
		if sleep(ctx, pause) != nil {
			return
		}
	}
}

func (r *Rollout) adopt(ctx context.Context) (done bool, err error) {
	q, err := r.queue(ctx)
	switch {
	case err != nil:
		return false, err
	case q.current != "":
		return true, nil
	case q.workers[""] > 0 || q.workers[r.Build] == 0:
		return false, nil
	}
	if notYet(r.Ready(ctx, r.Build)) {
		return false, nil
	}
	report, err := r.Check(ctx, Sample{})
	if err == nil {
		err = report.Verdict()
	}
	if err != nil {
		return false, err
	}
	if err = r.Promote(ctx, r.Build); notYet(err) {
		return false, nil
	}
	return err == nil, err
}

// notYet tells whether Temporal has not heard of a version yet whose workers are just beginning.
func notYet(err error) bool {
	var refusal Refusal
	var unknown *serviceerror.NotFound
	return errors.As(err, &refusal) || errors.As(err, &unknown)
}
