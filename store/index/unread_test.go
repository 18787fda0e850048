package index

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"relance/store/archive"
)

// strikesOnly is an archive that counts how it is asked.
type strikesOnly struct {
	keys         map[string]bool
	lists, looks int
	broken       error
}

func (s *strikesOnly) PutOnce(_ context.Context, key string, _ []byte, _ string) (bool, error) {
	if s.broken != nil || s.keys[key] {
		return false, s.broken
	}
	s.keys[key] = true
	return true, nil
}

func (s *strikesOnly) PutVersion(context.Context, string, []byte, string) error {
	panic("no strike is written again")
}

func (s *strikesOnly) Get(_ context.Context, key string) ([]byte, error) {
	if s.looks++; s.broken == nil && !s.keys[key] {
		return nil, archive.ErrNotFound
	}
	return nil, s.broken
}

func (s *strikesOnly) Names(_ context.Context, prefix string) (names []string, _ error) {
	s.lists++
	for key := range s.keys {
		if strings.HasPrefix(key, prefix) {
			names = append(names, key)
		}
	}
	return names, s.broken
}

func checkStruck(t *testing.T, x *Index, file string, want int) {
	t.Helper()
	if got, err := x.Struck(t.Context(), file); err != nil || got != want {
		t.Errorf("%s has %d strikes, %v, not %d", file, got, err, want)
	}
}

// TestHonestFilesAreNotAskedForOneByOne: nearly all files are honest, and each would cost a request.
func TestHonestFilesAreNotAskedForOneByOne(t *testing.T) {
	s := &strikesOnly{keys: map[string]bool{}}
	x, other := &Index{Archive: s, salt: []byte("salt")}, &Index{Archive: s, salt: []byte("salt")}
	for n := range 500 {
		checkStruck(t, x, fmt.Sprint("honest-", n), 0)
	}
	for range 3 {
		if err := x.Strike(t.Context(), "bomb"); err != nil {
			t.Fatal(err)
		}
	}
	checkStruck(t, x, "bomb", 2)     // at once where it struck
	checkStruck(t, other, "bomb", 2) // and elsewhere with the next list
	if err := other.Strike(t.Context(), "clumsy"); err != nil {
		t.Fatal(err)
	}
	other.struck.until = time.Time{}
	checkStruck(t, other, "clumsy", 0) // one strike alone
	if s.lists > 3 || s.looks > 0 {
		t.Errorf("asked the archive for %d lists and %d files", s.lists, s.looks)
	}
}

// TestTooManyStrikesAreAskedForByName: whoever sends thousands of bombs makes no list that grows without end.
func TestTooManyStrikesAreAskedForByName(t *testing.T) {
	s := &strikesOnly{keys: map[string]bool{}}
	x := &Index{Archive: s, salt: []byte("salt")}
	for n := range listable {
		for range strikes {
			if err := x.Strike(t.Context(), fmt.Sprint("bomb-", n)); err != nil {
				t.Fatal(err)
			}
		}
	}
	fresh := &Index{Archive: s, salt: []byte("salt")}
	checkStruck(t, fresh, "bomb-7", 2)
	checkStruck(t, fresh, "honest", 0)
	if err := fresh.Strike(t.Context(), "new"); err != nil {
		t.Fatal(err)
	}
	checkStruck(t, fresh, "new", 0)
	if err := fresh.Strike(t.Context(), "new"); err != nil {
		t.Fatal(err)
	}
	checkStruck(t, fresh, "new", 2)
	if s.lists != 1 {
		t.Errorf("listed %d times", s.lists)
	}
}

// TestAnArchiveThatIsAwayTellsNothingOfAFile: the file is not taken for an honest one.
func TestAnArchiveThatIsAwayTellsNothingOfAFile(t *testing.T) {
	s := &strikesOnly{keys: map[string]bool{}, broken: errors.New("away")}
	x := &Index{Archive: s, salt: []byte("salt")}
	if _, err := x.Struck(t.Context(), "bomb"); !errors.Is(err, s.broken) {
		t.Errorf("said %v", err)
	}
	s.broken = nil
	checkStruck(t, x, "bomb", 0)
}
