package storm

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"relance/domain/casefile"
	"relance/local/devstack"
	"relance/office/audit"
	"relance/office/backup"
	"relance/office/desk"
	"relance/process/engine"
)

var restores = flag.Int("restores", 1, "how many times everything since a backup is lost, each time from another instant on")

// TestWhatABackupLacksComesBackFromTheMailbox backs up at a random instant while applications come in, lets all of them come to their end, and then
// loses Temporal's database and the bucket. What was backed up is restored, what came and went since is read from the mailbox again, and officers
// repeat the decisions of which the cases tell them that the letter has gone out. In the end everything is as it was, and nobody got a mail twice.
func TestWhatABackupLacksComesBackFromTheMailbox(t *testing.T) {
	for n := range *restores {
		random := rand.New(rand.NewPCG(*seed, uint64(n)))
		at := random.Float64()
		t.Run(fmt.Sprintf("seed %d, number %d", *seed, n), func(t *testing.T) {
			ctx := limited(t, 4*time.Minute)
			s := build(ctx, t, newApplicants(t), 1)
			public, secret, err := backup.NewKey()
			s.must(err)
			keys, err := backup.ReadKeys(strings.NewReader(secret))
			s.must(err)
			var file bytes.Buffer
			s.run(ctx, 50*time.Millisecond, func() {
				s.wait(ctx, "the instant of the backup", func() bool { return s.far() >= at })
				began := time.Now()
				_, made, err := backup.Write(ctx, s.local.Engine.Archive, &file, backup.Options{For: []string{public}, Bucket: s.local.Engine.Config.S3.Bucket, Now: time.Now})
				s.must(err)
				s.Logf("backed up when %.0f %% of the mails had come: %d versions in %v", 100*s.far(), made.Versions, time.Since(began))
			})
			before := s.decisions(ctx)
			s.mu.Lock()
			s.once = true
			s.mu.Unlock()
			s.lose(ctx)
			began := time.Now()
			s.restore(ctx, &file, keys)
			s.mend(ctx)
			s.Logf("restored, and read from the mailbox what was missing, after %v", time.Since(began))
			s.judgeMails()
			s.seen(ctx, before)
			s.decideAgain(ctx)
			s.wait(ctx, "the last stages", func() bool { return s.ended(ctx) })
			s.judge(ctx)
		})
	}
}

// decisions are those in force, by case.
func (s *storm) decisions(ctx context.Context) map[string]bool {
	granted := map[string]bool{}
	for i := range *cases {
		for reference := range s.refs[i] {
			if !isCase(kindOf(i)) {
				continue
			}
			state, err := s.desk.State(ctx, reference)
			s.must(err)
			if state.Decision != nil {
				granted[reference] = state.Decision.Grant
			}
		}
	}
	return granted
}

// lose stops everything but the mail server and removes what Temporal and the object store have.
func (s *storm) lose(ctx context.Context) {
	for _, m := range s.members[:2] { // worker and starter
		s.must(m.kill())
	}
	for server, files := range map[devstack.Server]string{devstack.Temporal: "temporal.db*", devstack.MinIO: "minio"} {
		s.must(s.local.Stack.Kill(server))
		found, err := filepath.Glob(filepath.Join(s.data, files))
		s.must(err)
		if len(found) == 0 {
			s.Fatalf("%s has no %s", server, files)
		}
		for _, file := range found {
			s.must(os.RemoveAll(file))
		}
		s.must(s.local.Stack.Restart(ctx, server))
	}
}

// restore puts the backup into an empty bucket, mends what can be mended before the engine runs, and starts it.
func (s *storm) restore(ctx context.Context, file *bytes.Buffer, keys backup.Keys) {
	store, err := engine.Archive(ctx, s.local.Engine.Config)
	s.must(err)
	target, err := backup.OpenBucket(ctx, store, false)
	s.must(err)
	head, _, err := backup.Read(ctx, file, keys, backup.Sink{Version: target.Version})
	s.must(err)
	s.must(target.Flush(ctx))
	s.must(target.Done(ctx, head, time.Now()))
	s.local.Engine.Close() // a process of before would know data keys that are there no longer
	s.local.Engine, err = engine.Open(ctx, s.local.Engine.Config, quiet)
	s.must(err)
	s.desk = &desk.Desk{Temporal: s.local.Engine.Temporal, Archive: s.local.Engine.Archive}
	_, err = audit.Run(ctx, s.local.Engine, audit.Options{Repair: true, Grace: time.Second})
	s.must(err)
	for _, m := range s.members[:2] {
		s.must(m.start())
	}
}

// mend lets the audit repair until it finds nothing.
func (s *storm) mend(ctx context.Context) {
	s.wait(ctx, "an audit that has nothing left to mend", func() bool {
		report, err := audit.Run(ctx, s.local.Engine, audit.Options{Repair: true, Grace: 2 * time.Second})
		s.must(err)
		for _, f := range report.Findings {
			s.Logf("%s %s %s %s: %s", f.Code, f.Case, f.Object, f.Detail, f.Mended)
		}
		return len(report.Findings) == 0
	})
}

// seen looks at every decision that was in force: it is still, or the case waits for an officer and takes no other decision.
func (s *storm) seen(ctx context.Context, before map[string]bool) {
	lost := 0
	for reference, granted := range before {
		state, err := s.desk.State(ctx, reference)
		s.must(err)
		if state.Decision != nil && state.Decision.Grant == granted {
			continue
		}
		lost++
		if !slices.Contains(state.Concerns, casefile.ConcernFound) {
			s.Errorf("%s is %s, was decided (granted: %v), and no officer is told: %v", reference, state.Stage, granted, state.Concerns)
			continue
		}
		if state.Stage != casefile.UnderReview {
			continue
		}
		kind, act := casefile.Approve, casefile.Act{By: "agent-02"}
		if granted {
			kind, act.Grounds = casefile.Reject, []casefile.Code{"effectif"}
		}
		if _, err := s.desk.Decide(ctx, reference, kind, act); err == nil || !strings.Contains(err.Error(), "déjà parti") {
			s.Errorf("%s was decided (granted: %v), and the opposite is taken: %v", reference, granted, err)
		}
	}
	s.Logf("%d of %d decisions were lost, and are to be repeated", lost, len(before))
}

// decideAgain lets the officer repeat what the cases tell that it has gone out.
func (s *storm) decideAgain(ctx context.Context) {
	for i := range *cases {
		for reference := range s.refs[i] {
			if !isCase(kindOf(i)) {
				continue
			}
			state, err := s.desk.State(ctx, reference)
			s.must(err)
			for _, f := range state.Found {
				act := casefile.Act{By: "agent-01", ID: "again-" + f.Name}
				switch {
				case state.Stage != casefile.UnderReview:
				case f.Name == "grant":
					_, err = s.desk.Decide(ctx, reference, casefile.Approve, act)
				case f.Name == "reject":
					act.Grounds = []casefile.Code{"effectif"}
					_, err = s.desk.Act(ctx, reference, casefile.Reject, act)
				}
				if err != nil {
					s.Errorf("%s (%s): %s once more: %v", reference, kindOf(i).name, f.Name, err)
				}
			}
			if state, err = s.desk.State(ctx, reference); err == nil && slices.Contains(state.Concerns, casefile.ConcernFound) {
				_, err = s.desk.Act(ctx, reference, casefile.SettleConcern, casefile.Act{By: "agent-01", ID: "again-settle"})
			}
			s.must(err)
		}
	}
}
