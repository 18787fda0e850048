package index

import (
	"fmt"
	"reflect"
	"testing"
	"time"
)

func firm(n int) []Sign { return []Sign{{SIREN, fmt.Sprintf("%09d", n)}} }

func phone(n int) []Sign { return []Sign{{SignPhone, fmt.Sprintf("+333200000%02d", n)}} }

// TestWhatCasesOfOthersHaveInCommon: the signs of a case are found in cases of other firms, by whichever process they were noted, and never in one's own.
func TestWhatCasesOfOthersHaveInCommon(t *testing.T) {
	s := &store{keys: map[string]bool{}}
	one, two := &Index{Archive: s, salt: []byte("x")}, &Index{Archive: s, salt: []byte("x")}
	now := time.Date(2020, 9, 15, 12, 0, 0, 0, time.UTC)
	note := func(x *Index, reference string, owner, of []Sign) string {
		t.Helper()
		mark, err := x.NoteSigns(t.Context(), reference, owner, of, "", now)
		if err != nil || mark == "" {
			t.Fatalf("%s: %q, %v", reference, mark, err)
		}
		return mark
	}
	common := func(x *Index, reference string, owner, of []Sign, want ...Shared) {
		t.Helper()
		got, err := x.InCommon(t.Context(), reference, owner, of, now)
		if err != nil || !reflect.DeepEqual(got, want) && len(got)+len(want) > 0 {
			t.Errorf("%s has in common %v (%v), want %v", reference, got, err, want)
		}
	}
	both := append(phone(1), Sign{SignDocument, "ab"})
	common(one, "A", firm(1), both)
	mark := note(one, "A", firm(1), both)
	note(one, "A2", firm(1), phone(1)) // another aid for the same firm
	common(one, "A", firm(1), both)
	note(two, "B", firm(2), phone(1))
	common(two, "B", firm(2), phone(1), Shared{SignPhone, []string{"A", "A2"}})
	common(one, "A", firm(1), both) // of another process, a moment ago
	now = now.Add(time.Minute)
	common(one, "A", firm(1), both, Shared{SignPhone, []string{"B"}})
	common(one, "C", firm(3), both, Shared{SignDocument, []string{"A"}}, Shared{SignPhone, []string{"A", "A2", "B"}})
	common(one, "C", firm(3), []Sign{{SignAddress, "+33320000001"}}) // the same words as another kind of sign

	before := len(s.keys)
	if again, err := one.NoteSigns(t.Context(), "A", firm(1), both, mark, now); again != mark || err != nil || len(s.keys) != before {
		t.Errorf("noted again: %q, %v, %d objects more", again, err, len(s.keys)-before)
	}
	if none, err := one.NoteSigns(t.Context(), "A", nil, nil, mark, now); none != mark || err != nil || len(s.keys) != before {
		t.Errorf("nothing to note: %q, %v", none, err)
	}
}

// TestACrowdIsNoSign: what many have in common tells nothing of any of them.
func TestACrowdIsNoSign(t *testing.T) {
	x := &Index{Archive: &store{keys: map[string]bool{}}, salt: []byte("x")}
	now := time.Now()
	for n := range Crowd + 1 {
		got, err := x.InCommon(t.Context(), "X", firm(999), phone(1), now)
		if err != nil || n > 0 && (len(got) != 1 || len(got[0].Cases) != n) {
			t.Fatalf("%d cases: %v, %v", n, got, err)
		}
		if _, err := x.NoteSigns(t.Context(), fmt.Sprintf("R%02d", n), firm(n), phone(1), "", now); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := x.InCommon(t.Context(), "X", firm(999), phone(1), now); err != nil || len(got) > 0 {
		t.Errorf("a crowd: %v, %v", got, err)
	}
}

// TestKeysOfSignsFitTheStore: a file system takes 255 bytes a segment, S3 1,024 a key.
func TestKeysOfSignsFitTheStore(t *testing.T) {
	s := &store{keys: map[string]bool{}}
	x := &Index{Archive: s, salt: []byte("x")}
	var many []Sign
	for n := range 500 {
		many = append(many, Sign{SignDocument, fmt.Sprint(n)})
	}
	if _, err := x.NoteSigns(t.Context(), "RBD-7K3M9-QXD3A", firm(1), many, "", time.Now()); err != nil {
		t.Fatal(err)
	}
	for key := range s.keys {
		segment := 0
		for _, c := range key {
			if segment++; c == '/' {
				segment = 0
			}
			if segment > 255 || len(key) > 1024 {
				t.Fatalf("%d bytes: %s", len(key), key)
			}
		}
	}
	if got, err := (&Index{Archive: s, salt: []byte("x")}).InCommon(t.Context(), "X", firm(2), many[30:31], time.Now()); err != nil || len(got) != 1 {
		t.Errorf("a sign of a long key: %v, %v", got, err)
	}
}
