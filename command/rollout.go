package command

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"relance/process/rollout"
)

// withRollout connects to Temporal for one command on the versions of the workers.
func (c *call) withRollout(ctx context.Context, data string, do func(*rollout.Rollout) error) error {
	e, err := connect(ctx, data)
	if err != nil {
		return err
	}
	defer e.Close()
	r, err := e.Rollout()
	if err != nil {
		return err
	}
	return do(r)
}

// runRolloutStatus shows the versions of the workers.
func runRolloutStatus(ctx context.Context, c *call) error {
	data := c.dataFlag()
	asJSON := c.flags.Bool("json", false, "for programs")
	if _, err := c.parse(0); err != nil {
		return err
	}
	return c.withRollout(ctx, *data, func(r *rollout.Rollout) error {
		s, err := r.Status(ctx)
		if err != nil {
			return err
		}
		if *asJSON {
			return c.json(s)
		}
		w := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "VERSION\tÉTAT\tWORKERS\tDOSSIERS\tTÂCHES EN ATTENTE\t")
		for _, v := range s.Versions {
			fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%d\t\n", versionName(v.Build), state(v), v.Workers, v.Cases, v.Backlog)
		}
		if err := w.Flush(); err != nil {
			return err
		}
		err = r.Standing(ctx)
		if errors.Is(err, rollout.ErrStandstill) {
			fmt.Fprintf(c.stdout, "\nPersonne ne travaille aux dossiers.\n")
		}
		return err
	})
}

// versionName names a version.
func versionName(build string) string {
	if build == "" {
		return "(sans version)"
	}
	return build
}

// state says what a version gets.
func state(v rollout.Version) string {
	switch v.State {
	case rollout.Current:
		return "en service"
	case rollout.Ramping:
		return fmt.Sprintf("à l'essai, %v %% des dossiers", v.Percent)
	}
	if v.Kept > 0 {
		return fmt.Sprintf("garde %d dossiers", v.Kept)
	}
	return "ne reçoit rien"
}

// runRolloutCheck replays the open cases with this program's workflow code.
func runRolloutCheck(ctx context.Context, c *call) error {
	data := c.dataFlag()
	sample := c.sampleFlag()
	asJSON := c.flags.Bool("json", false, "for programs")
	if _, err := c.parse(0); err != nil {
		return err
	}
	return c.withRollout(ctx, *data, func(r *rollout.Rollout) error {
		report, err := r.Check(ctx, rollout.Sample{Each: *sample})
		if err != nil {
			return err
		}
		if *asJSON {
			err = c.json(report)
		} else {
			c.replayed(report)
		}
		if err == nil && len(report.Failures) > 0 {
			return errSilent
		}
		return err
	})
}

func (c *call) sampleFlag() *int {
	return c.flags.Int("sample", 0, "replay so many of each kind and stage, chosen at random (0: all)")
}

// replayed tells a person what replaying showed.
func (c *call) replayed(r rollout.Report) {
	fmt.Fprintf(c.stdout, "%d dossiers et procédures ouverts, %d rejoués avec la version %s en %.1f s\n", r.Open, r.Replayed, versionName(r.Build), r.Seconds)
	if len(r.Failures) == 0 {
		fmt.Fprintln(c.stdout, "Tous peuvent continuer avec elle.")
		return
	}
	fmt.Fprintf(c.stdout, "%d ne peuvent pas continuer avec elle :\n", len(r.Failures))
	const most = 20
	for i, f := range r.Failures {
		if i == most {
			fmt.Fprintf(c.stdout, "… et %d autres\n", len(r.Failures)-most)
			return
		}
		fmt.Fprintf(c.stdout, "- %s (%s)\n    %s\n", f.Case, strings.TrimSpace(f.Kind+" "+f.Stage), f.Reason)
	}
}

// checked replays the open cases before this program's version is given any, and gives those that it cannot go on with where they may be kept with theirs. Another
// version's code is in another program.
func (c *call) checked(ctx context.Context, r *rollout.Rollout, build string, sample int, keep bool) ([]rollout.Failure, error) {
	if build != r.Build {
		return nil, fmt.Errorf("ce programme est la version %s et ne peut pas rejouer les dossiers avec le code de la version %s : "+
			"lancez la commande là où celle-ci tourne, ou avec -unchecked si vous savez ce que vous faites", versionName(r.Build), versionName(build))
	}
	if err := r.Ready(ctx, build); err != nil {
		return nil, err
	}
	report, err := r.Check(ctx, rollout.Sample{Each: sample})
	if err != nil {
		return nil, err
	}
	c.replayed(report)
	if len(report.Failures) > 0 && !keep {
		fmt.Fprintln(c.stdout, "Rien n'a été changé.")
		return nil, errSilent
	}
	return report.Failures, nil
}

// runRolloutCurrent lets a version have all cases.
func runRolloutCurrent(ctx context.Context, c *call) error {
	data := c.dataFlag()
	sample := c.sampleFlag()
	unchecked := c.flags.Bool("unchecked", false, "do not replay the open cases first")
	unversioned := c.flags.Bool("unversioned", false, "let workers without a version have all cases again")
	keep := c.flags.Bool("keep", false, "leave the cases that it cannot go on with to the version that has them")
	named, err := c.parseRange(0, 1)
	if err != nil {
		return err
	}
	if *keep && (*unchecked || *sample > 0) {
		return errors.New("-keep rejoue tous les dossiers ouverts : sans -unchecked ni -sample")
	}
	return c.withRollout(ctx, *data, func(r *rollout.Rollout) error {
		build := r.Build
		switch {
		case *unversioned && len(named) > 0:
			return errors.New("-unversioned, ou une version : l'un ou l'autre")
		case *unversioned:
			build = ""
		case len(named) > 0:
			build = named[0]
		case build == "":
			return errors.New("RELANCE_BUILD_ID n'est pas défini : nommez la version, ou lancez la commande là où elle tourne")
		}
		if *unchecked {
			return c.promote(ctx, r, build, 0)
		}
		kept, err := c.checked(ctx, r, build, *sample, *keep)
		if err != nil {
			return err
		}
		if err := r.Keep(ctx, kept); err != nil {
			return err
		}
		if err := c.promote(ctx, r, build, len(kept)); err != nil || *sample > 0 {
			return err
		}
		freed, err := r.Free(ctx, kept)
		if freed > 0 {
			fmt.Fprintf(c.stdout, "%d dossier(s) gardé(s) jusqu'ici avec une autre version continuent avec elle.\n", freed)
		}
		return err
	})
}

func (c *call) promote(ctx context.Context, r *rollout.Rollout, build string, kept int) error {
	if err := r.Promote(ctx, build); err != nil {
		return err
	}
	if kept == 0 {
		_, err := fmt.Fprintf(c.stdout, "La version %s est en service pour tous les dossiers.\n", versionName(build))
		return err
	}
	_, err := fmt.Fprintf(c.stdout, "La version %s est en service pour tous les autres dossiers. Ceux-là restent avec la version qui les a : laissez ses workers en marche "+
		"jusqu'à ce qu'une version puisse les reprendre (relance rollout drain l'attend).\n", versionName(build))
	return err
}

// runRolloutRamp lets a version have a share of the cases.
func runRolloutRamp(ctx context.Context, c *call) error {
	data := c.dataFlag()
	sample := c.sampleFlag()
	unchecked := c.flags.Bool("unchecked", false, "do not replay the open cases first")
	named, err := c.parseRange(1, 2)
	if err != nil {
		return err
	}
	percent, err := strconv.ParseFloat(strings.TrimSuffix(named[0], "%"), 32)
	if err != nil || percent < 0 || percent > 100 {
		return fmt.Errorf("%q n'est pas un pourcentage de 0 à 100", named[0])
	}
	return c.withRollout(ctx, *data, func(r *rollout.Rollout) error {
		build := r.Build
		if len(named) > 1 {
			build = named[1]
		}
		if percent == 0 {
			if err := r.Ramp(ctx, build, 0); err != nil {
				return err
			}
			_, err := fmt.Fprintln(c.stdout, "Aucune version n'est à l'essai : tous les dossiers vont à celle qui est en service.")
			return err
		}
		if build == "" {
			return errors.New("RELANCE_BUILD_ID n'est pas défini : nommez la version, ou lancez la commande là où elle tourne")
		}
		if !*unchecked {
			if _, err := c.checked(ctx, r, build, *sample, false); err != nil {
				return err
			}
		}
		if err := r.Ramp(ctx, build, float32(percent)); err != nil {
			return err
		}
		_, err := fmt.Fprintf(c.stdout, "La version %s reçoit %v %% des dossiers.\n", build, percent)
		return err
	})
}

// runRolloutDrain waits until a version has nothing left to do.
func runRolloutDrain(ctx context.Context, c *call) error {
	data := c.dataFlag()
	const patience = 10 * time.Minute
	wait := c.flags.Duration("wait", patience, "give up after this time")
	named, err := c.parse(1)
	if err != nil {
		return err
	}
	return c.withRollout(ctx, *data, func(r *rollout.Rollout) error {
		ctx, cancel := context.WithTimeout(ctx, *wait)
		defer cancel()
		const every = 2 * time.Second
		before := rollout.Left{Tasks: -1}
		left, err := r.Drain(ctx, named[0], every, func(l rollout.Left) {
			if l != before {
				fmt.Fprintf(c.stderr, "version %s : %d tâche(s) en attente, %d en cours, %d dossier(s) gardés avec elle\n", named[0], l.Tasks, l.Begun, l.Kept)
				before = l
			}
		})
		switch {
		case errors.Is(err, context.DeadlineExceeded):
			return fmt.Errorf("la version %s n'a pas fini après %v : %d tâche(s) en attente, %d en cours, %d dossier(s) gardés avec elle", named[0], *wait, left.Tasks, left.Begun, left.Kept)
		case err != nil:
			return err
		}
		fmt.Fprintf(c.stdout, "La version %s n'a plus rien à faire : ses workers peuvent être arrêtés.\n", named[0])
		if left.Resting > 0 {
			fmt.Fprintf(c.stdout, "%d dossier(s) dont elle a fait la dernière étape continueront avec la version en service.\n", left.Resting)
		}
		return nil
	})
}
