package rollout

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// Adopt makes this program's version current where none is and no worker without a version runs: on a new installation, and where the first version
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
	s, err := r.ready(ctx, r.Build)
	var notYet Refusal
	if errors.As(err, &notYet) { // Temporal has not heard of the version yet
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if other, _ := s.of(Current); other.Build != "" { // somebody was faster
		return true, nil
	}
	report, err := r.Check(ctx, Sample{})
	if err == nil {
		err = report.Verdict()
	}
	if err != nil {
		return false, err
	}
	err = r.promote(ctx, s, r.Build)
	return err == nil, err
}
