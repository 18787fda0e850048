package expect_test

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"relance/local/expect"
)

// witness is a test that keeps what is said of it.
type witness struct {
	testing.TB
	said []string
}

func (w *witness) Helper()                       {}
func (w *witness) Errorf(form string, is ...any) { w.said = append(w.said, fmt.Sprintf(form, is...)) }

type tb = testing.TB

type state struct {
	Stage  string
	Amount int
	At     time.Time
	seen   []string
}

func TestAFailureSaysOnlyWhatDiffers(t *testing.T) {
	winter := time.FixedZone("", 3600)
	noon := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	a := state{"granted", 150_000, noon, []string{"one", "two"}}
	b := a
	ones := slices.Repeat([]int{1}, 100)
	b.Amount, b.seen = 0, []string{"one", "three"}
	for _, c := range []struct {
		name    string
		judge   func(t tb) bool
		says    []string // each is in the message
		silent  []string // none of them is
		passing bool
	}{
		{"equal numbers", func(t tb) bool { return expect.Equal(t, "amount", 1, 1) }, nil, nil, true},
		{"other numbers", func(t tb) bool { return expect.Equal(t, "amount", 1, 2) },
			[]string{"amount: got 1, want 2"}, nil, false},
		{"other words", func(t tb) bool { return expect.Equal(t, "stage", "granted", "") },
			[]string{`stage: got "granted", want ""`}, nil, false},
		{"an instant in two zones", func(t tb) bool { return expect.Equal(t, "at", noon, noon.In(winter)) },
			nil, nil, true},
		{"other instants", func(t tb) bool { return expect.Equal(t, "at", noon, noon.Add(1)) },
			[]string{"at: got 2026-11-25 12:00:00", "want 2026-11-25 12:00:00.000000001"}, nil, false},
		{"equal structs", func(t tb) bool { return expect.Equal(t, "case", a, a) }, nil, nil, true},
		{"structs with other numbers and hidden lists", func(t tb) bool { return expect.Equal(t, "case", a, b) },
			[]string{"case.Amount: got 150000, want 0",
				`case.seen[1]: got "two", want "three"`}, []string{"granted", "2026", "one"}, false},
		{"lists of other lengths", func(t tb) bool { return expect.Equal(t, "seen", a.seen, nil) },
			[]string{"seen: got [one two], want nil"}, nil, false},
		{"one more", func(t tb) bool { return expect.Equal(t, "seen", a.seen, a.seen[:1]) },
			[]string{`seen[1]: got "two", want nothing`}, nil, false},
		{"one less", func(t tb) bool { return expect.Equal(t, "seen", a.seen[1:], a.seen) },
			[]string{`seen[0]: got nothing, want "one"`}, nil, false},
		{"a map", func(t tb) bool {
			return expect.Equal(t, "sums", map[string]int{"a": 1, "b": 2}, map[string]int{"a": 1, "b": 3})
		}, []string{`sums["b"]: got 2, want 3`}, []string{`"a"`}, false},
		{"behind a pointer", func(t tb) bool { return expect.Equal(t, "case", &a, &b) },
			[]string{"case.Amount: got 150000"}, nil, false},
		{"no pointer", func(t tb) bool { return expect.Equal(t, "case", nil, &b) },
			[]string{"case: got nil, want &{"}, nil, false},
		{"behind an interface", func(t tb) bool { return expect.Equal[any](t, "case", a, b) },
			[]string{"case.Amount: got 150000"}, nil, false},
		{"very many parts", func(t tb) bool { return expect.Equal(t, "n", make([]int, 100), ones) },
			[]string{"n[19]", "more parts differ"}, []string{"n[30]"}, false},
		{"nil and empty", func(t tb) bool { return expect.Equal(t, "list", nil, []string{}) },
			[]string{"list: got nil, want []"}, nil, false},
		{"not what it must not be", func(t tb) bool { return expect.Not(t, "id", "b", "a") }, nil, nil, true},
		{"what it must not be", func(t tb) bool { return expect.Not(t, "id", "a", "a") },
			[]string{`id: got "a"`}, nil, false},
		{"holds", func(t tb) bool { return expect.True(t, "sound", true) && expect.False(t, "lost", false) },
			nil, nil, true},
		{"does not hold", func(t tb) bool { return expect.True(t, "sound", false) }, []string{"sound"}, nil, false},
		{"holds and must not", func(t tb) bool { return expect.False(t, "lost", true) },
			[]string{"lost"}, nil, false},
		{"no error", func(t tb) bool { return expect.NoError(t, "reading", nil) }, nil, nil, true},
		{"an error", func(t tb) bool { return expect.NoError(t, "reading", io.EOF) },
			[]string{"reading: EOF"}, nil, false},
		{"the error", func(t tb) bool { return expect.Error(t, "reading", fmt.Errorf("end: %w", io.EOF), io.EOF) },
			nil, nil, true},
		{"any error", func(t tb) bool { return expect.Error(t, "reading", io.EOF, nil) }, nil, nil, true},
		{"another error", func(t tb) bool { return expect.Error(t, "reading", errors.New("no"), io.EOF) },
			[]string{`"no"`, `"EOF"`}, nil, false},
		{"no error where one is wanted", func(t tb) bool { return expect.Error(t, "reading", nil, nil) },
			[]string{"reading: no error"}, nil, false},
		{"a part", func(t tb) bool { return expect.Contains(t, "letter", "le montant", "mont") }, nil, nil, true},
		{"no such part", func(t tb) bool { return expect.Contains(t, "letter", "le montant", "date") },
			[]string{`"date"`, "le montant"}, nil, false},
	} {
		w := &witness{}
		if passed := c.judge(w); passed != c.passing || passed != (len(w.said) == 0) {
			t.Errorf("%s: passed %v, said %q", c.name, passed, w.said)
		}
		said := strings.Join(w.said, "\n")
		for _, part := range c.says {
			if !strings.Contains(said, part) {
				t.Errorf("%s: %q is not in %s", c.name, part, said)
			}
		}
		for _, part := range c.silent {
			if strings.Contains(said, part) {
				t.Errorf("%s: %q is in %s", c.name, part, said)
			}
		}
	}
}
