package starter

import (
	"context"
	"errors"
	"testing"
	"time"

	"relance/store/archive"
)

// clocked is an archive that says when an object was written.
type clocked struct {
	Archive
	modified time.Time
	err      error
}

func (c clocked) Stat(context.Context, string) (archive.Object, error) {
	return archive.Object{Modified: c.modified}, c.err
}

func TestWhoseAMessageIs(t *testing.T) {
	ago := func(d time.Duration) Archive { return clocked{modified: time.Now().Add(-d)} }
	own := &Starter{Archive: ago(time.Second)}
	own.stored.add("k")
	for what, c := range map[string]struct {
		s             *Starter
		created, want bool
	}{
		"stored now":                          {&Starter{Archive: ago(0)}, true, false},
		"stored by this process before":       {own, false, false},
		"by another, a moment ago":            {&Starter{Archive: ago(time.Second)}, false, true},
		"by another whose store is ahead":     {&Starter{Archive: ago(-time.Second)}, false, true},
		"by another that died since":          {&Starter{Archive: ago(rivalry + time.Second)}, false, false},
		"by another, in a store hours ahead":  {&Starter{Archive: ago(-time.Hour)}, false, false},
		"in an archive that knows no instant": {&Starter{Archive: struct{ Archive }{}}, false, false},
	} {
		if got, err := c.s.isRivals(t.Context(), "k", c.created); err != nil || got != c.want {
			t.Errorf("%s: %v, %v", what, got, err)
		}
	}
	away := errors.New("away")
	if _, err := (&Starter{Archive: clocked{err: away}}).isRivals(t.Context(), "k", false); !errors.Is(err, away) {
		t.Errorf("a store that does not answer: %v", err)
	}
}

func TestWhatWasStoredIsForgotten(t *testing.T) {
	var s stored
	s.add("old")
	s.at["old"] = time.Now().Add(-2 * rivalry)
	s.add("new")
	if s.has("old") || !s.has("new") {
		t.Errorf("%v", s.at)
	}
}
