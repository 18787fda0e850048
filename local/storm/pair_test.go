package storm

import (
	"context"
	"flag"
	"math/rand/v2"
	"testing"
	"time"

	"relance/domain/calendar"
)

var rounds = flag.Int("rounds", 1, "how many times one worker and one starter of two each are killed")

// TestTwoOfEachAreAsOne lets the same applications be dealt with by one worker and one starter that nobody disturbs, and by two of each of which
// one each is killed in the middle: it makes no difference to what becomes of them.
func TestTwoOfEachAreAsOne(t *testing.T) {
	ctx := limited(t, 4*time.Minute)
	a := newApplicants(t)
	var one, two outcome
	began := time.Now()
	t.Run("one of each", func(t *testing.T) {
		s := build(ctx, t, a, 1)
		s.run(ctx, 0, func() {})
		one = s.outcome(ctx)
		t.Logf("%d mails were handed over once more", s.again)
	})
	if t.Failed() {
		return
	}
	t.Logf("one of each: %v", time.Since(began))
	began = time.Now()
	t.Run("two of each, of which one each is killed", func(t *testing.T) {
		s := build(ctx, t, a, 2)
		s.run(ctx, 0, func() { s.killPairs(ctx) })
		two = s.outcome(ctx)
		t.Logf("%d mails were handed over once more", s.again)
	})
	t.Logf("two of each: %v; %d lines of outcome", time.Since(began), len(two))
	if day := time.Now().In(calendar.Paris).Format(time.DateOnly); day != a.date.In(calendar.Paris).Format(time.DateOnly) {
		t.Skip("midnight has passed in Paris: the letters of the two runs bear other dates")
	}
	for _, line := range differences(one, two) {
		t.Error(line)
	}
}

// killPairs kills a worker and a starter at about the same time, and does so again while applications are on their way. They come back, and may not
// after the last time.
func (s *storm) killPairs(ctx context.Context) {
	random := rand.New(rand.NewPCG(*seed, *seed))
	for n := range *rounds {
		at := float64(n+1) / float64(*rounds+1)
		s.wait(ctx, "the middle", func() bool { return s.far() >= at })
		time.Sleep(time.Duration(random.IntN(300)) * time.Millisecond)
		pair := []*member{s.members[random.IntN(2)], s.members[2+random.IntN(2)]}
		if random.IntN(2) == 0 {
			pair[0], pair[1] = pair[1], pair[0]
		}
		far := s.far()
		for _, m := range pair {
			s.must(m.kill())
			time.Sleep(time.Duration(random.IntN(50)) * time.Millisecond)
		}
		down, back := time.Duration(random.IntN(2000))*time.Millisecond, n+1 < *rounds || random.IntN(2) == 0
		s.Logf("seed %d: %s and %s killed when %.0f %% of the mails had come; they come back: %v", *seed, pair[0].name, pair[1].name, 100*far, back)
		if !back {
			continue
		}
		time.Sleep(down)
		for _, m := range pair {
			s.must(m.start())
		}
	}
}
