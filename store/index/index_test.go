package index

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// store is an archive that counts how often it was listed.
type store struct {
	keys   map[string]bool
	listed int
	broken error
}

func (s *store) PutVersion(_ context.Context, key string, _ []byte, _ string) error {
	if s.broken == nil {
		s.keys[key] = true
	}
	return s.broken
}

func (s *store) Names(_ context.Context, prefix string) (names []string, _ error) {
	s.listed++
	for key := range s.keys {
		if strings.HasPrefix(key, prefix) {
			names = append(names, key)
		}
	}
	return names, s.broken
}

func (s *store) PutOnce(context.Context, string, []byte, string) (bool, error) {
	panic("not asked for")
}
func (s *store) Get(context.Context, string) ([]byte, error) { panic("not asked for") }

// TestADayIsCountedWithoutBeingListedForEachCase: a crowd of applications costs some listings, not one each, and the count is exact where one
// process notes them all.
func TestADayIsCountedWithoutBeingListedForEachCase(t *testing.T) {
	s := &store{keys: map[string]bool{"opened/2026-11-25/A": true, "opened/2026-11-24/B": true}}
	x, other := &Index{Archive: s}, &Index{Archive: s}
	count := func(x *Index, day string, want int) {
		t.Helper()
		if got, err := x.Tallied(t.Context(), day); err != nil || got != want {
			t.Errorf("%s: %d, %v, not %d", day, got, err, want)
		}
	}
	const day = "2026-11-25"
	count(x, day, 1)
	for n := range 1000 {
		reference := fmt.Sprint("C", n)
		for range 2 { // once, however often it is noted
			if err := x.Tally(t.Context(), day, reference); err != nil {
				t.Fatal(err)
			}
		}
		count(x, day, n+2)
	}
	if s.listed > 2 { // a slow machine may need another
		t.Errorf("listed %d times", s.listed)
	}
	count(other, day, 1001)
	if err := other.Tally(t.Context(), day, "D"); err != nil {
		t.Fatal(err)
	}
	count(other, day, 1002)
	x.tally(day).until = time.Time{} // its count is old
	count(x, day, 1002)
	count(x, "2026-11-24", 1) // another day
	s.broken = errors.New("down")
	if err := x.Tally(t.Context(), "2026-11-24", "E"); err == nil {
		t.Error("a note that was not written counts")
	}
	count(x, "2026-11-24", 1)
	x.tally(day).until = time.Time{}
	if _, err := x.Tallied(t.Context(), day); err == nil {
		t.Error("a list that failed is a count")
	}
}
