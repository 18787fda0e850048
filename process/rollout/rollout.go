// Package rollout changes the version of the workers under cases that are open (docs/rollout.md). Workers of two versions run beside each other; Temporal
// gives each case's next step to the one that is current, and to one that ramps a share of the cases. A version takes cases only where its code can
// go on with every one that is open, which replaying their histories shows.
package rollout

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"golang.org/x/sync/errgroup"

	"relance/worker"
)

// Rollout speaks with Temporal about the versions of the workers.
type Rollout struct {
	Temporal  client.Client
	Namespace string
	Codec     converter.PayloadCodec // decrypts histories; nil: they are readable
	Build     string                 // the version of this program; empty: it has none

	// Register makes the workflows known that this program would go on with (worker.RegisterWorkflows), and Knows tells whether it has a side effect
	// of this name (worker.Knows).
	Register func(worker.WorkflowRegistry)
	Knows    func(effect string) bool
}

// Refusal is why a version is not made current, in words for an administrator.
type Refusal string

// Error is of error.
func (r Refusal) Error() string { return string(r) }

func refuse(format string, args ...any) error { return Refusal(fmt.Sprintf(format, args...)) }

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

// together is how many cases Temporal is asked about at the same time.
const together = 8

// settled is how long Temporal may take to tell every queue who gets what.
const settled = 30 * time.Second

// Promote makes a version current: every case's next step is its own from then on, and no other version ramps. An empty one stands for the workers without a
// version. It is refused where no worker of it runs.
func (r *Rollout) Promote(ctx context.Context, build string) error {
	s, err := r.ready(ctx, build)
	if err != nil {
		return err
	}
	return r.promote(ctx, s, build)
}

// promote makes a version current, unless something was changed since the versions stood so.
func (r *Rollout) promote(ctx context.Context, s Status, build string) error {
	if v, _ := s.Find(build); v.State == Current { // of that the queues may not have been told yet
		if err := r.Ramp(ctx, build, 0); err != nil {
			return err
		}
		return r.until(ctx, func(g routing) bool { return g.current == build })
	}
	err := onceKnown(ctx, func() error {
		_, err := r.handle().SetCurrentVersion(ctx, client.WorkerDeploymentSetCurrentVersionOptions{BuildID: build, ConflictToken: s.token})
		return err
	})
	if err != nil {
		return err
	}
	if other, ramps := s.of(Ramping); ramps && other.Build != build {
		if err := r.Ramp(ctx, build, 0); err != nil {
			return err
		}
	}
	return r.until(ctx, func(g routing) bool { return g.current == build })
}

// Ramp gives a share of the cases, in percent, to a version; which ones follows from their references, so that a case stays where it is while the share grows.
// Zero gives all to the current one again.
func (r *Rollout) Ramp(ctx context.Context, build string, percent float32) error {
	if percent == 0 {
		s, err := r.Status(ctx)
		if err != nil {
			return err
		}
		if _, ramps := s.of(Ramping); ramps {
			_, err = r.handle().SetRampingVersion(ctx, client.WorkerDeploymentSetRampingVersionOptions{ConflictToken: s.token})
			if err != nil {
				return err
			}
		}
		return r.until(ctx, func(g routing) bool { return g.percent == 0 })
	}
	s, err := r.ready(ctx, build)
	if err != nil {
		return err
	}
	if v, _ := s.Find(build); v.State == Current {
		return refuse("la version %s est déjà en service, pour tous les dossiers", build)
	}
	err = onceKnown(ctx, func() error {
		_, err := r.handle().SetRampingVersion(ctx, client.WorkerDeploymentSetRampingVersionOptions{BuildID: build, Percentage: percent, ConflictToken: s.token})
		return err
	})
	if err != nil {
		return err
	}
	return r.until(ctx, func(g routing) bool { return g.ramping == build && g.percent == percent })
}

// onceKnown does something with a version that Temporal may hear of only now, since its first worker is just beginning.
func onceKnown(ctx context.Context, do func() error) error {
	var unknown *serviceerror.NotFound
	for end := time.Now().Add(settled); ; {
		err := do()
		if !errors.As(err, &unknown) || time.Now().After(end) || sleep(ctx, 200*time.Millisecond) != nil {
			return err
		}
	}
}

// until waits for what was said to be known to both queues, that of steps and that of side effects, and sees to it that
// every case's next step goes there.
func (r *Rollout) until(ctx context.Context, known func(routing) bool) error {
	waiting, cancel := context.WithTimeout(ctx, settled)
	defer cancel()
	for {
		q, err := r.queue(waiting)
		if err != nil {
			return err
		}
		if known(q.routing) && known(q.effects) {
			return r.unstick(ctx)
		}
		if err := sleep(waiting, 200*time.Millisecond); err != nil {
			return fmt.Errorf("temporal has not told its queues yet: %w", err)
		}
	}
}

// unstick sends the next step of each open case to the queue that all workers ask. Until then it is kept for the worker
// that did the last one, in a queue of that worker's own, which Temporal tells of a new routing later and, where it is
// back to workers without a version, never. A case whose step is under way goes to the other version after that step.
func (r *Rollout) unstick(ctx context.Context) error {
	open, err := r.list(ctx, running)
	if err != nil {
		return err
	}
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(together)
	for _, e := range open {
		work.Go(func() error {
			_, err := r.Temporal.WorkflowService().ResetStickyTaskQueue(ctx, &workflowservice.ResetStickyTaskQueueRequest{
				Namespace: r.Namespace, Execution: e.GetExecution()})
			var ended *serviceerror.NotFound
			if errors.As(err, &ended) {
				return nil
			}
			return err
		})
	}
	return work.Wait()
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
