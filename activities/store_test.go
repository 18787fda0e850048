package activities

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"testing"
	"time"

	"relance/domain/casefile"
	"relance/domain/chain"
	"relance/local/chance"
	"relance/store/archive"
)

const stored = "RBD-7K3M9-QXD3A"

// noted is a state with so many further entries.
func noted(s casefile.State, n int, at time.Time) casefile.State {
	for range n {
		s.Note(casefile.Entry{At: at, Who: casefile.Engine, What: "reminder"})
	}
	return s
}

// kept stores a state as the activity does, and gives it as the workflow then has it.
func kept(t *testing.T, a *Activities, s casefile.State) casefile.State {
	t.Helper()
	activity := s // the activity works on a copy
	ref, err := a.store(context.Background(), &activity)
	if err != nil {
		t.Fatal(err)
	}
	s.Keep(ref)
	if s.Chain != activity.Chain {
		t.Fatalf("the workflow's chain %v is not the activity's %v", s.Chain, activity.Chain)
	}
	return s
}

func check(t *testing.T, a *Activities, want chain.Tip) {
	t.Helper()
	lines, err := Journal(context.Background(), a.Archive, stored)
	if err != nil || chain.TipOf(lines) != want {
		t.Fatalf("the journal ends at %v, want %v (%v)", chain.TipOf(lines), want, err)
	}
	if _, faults := chain.Check(stored, chain.Join(lines), nil, nil); faults != nil {
		t.Fatalf("%v", faults)
	}
}

func TestStoringAgainChangesNothing(t *testing.T) {
	disk := &store{objects: map[string][]byte{}, random: chance.New(t, 1)}
	a := &Activities{Archive: disk}
	at := time.Date(2020, 9, 15, 8, 0, 0, 0, time.UTC)
	s := noted(casefile.State{Reference: stored}, 3, at)
	first := kept(t, a, s)
	check(t, a, first.Chain)
	before := bytes.Clone(disk.objects[s.Folder()+"journal.jsonl"])
	if again := kept(t, a, s); again.Chain != first.Chain || !bytes.Equal(before, disk.objects[s.Folder()+"journal.jsonl"]) {
		t.Error("the same step again wrote another journal")
	}
	second := kept(t, a, noted(first, 2, at))
	check(t, a, second.Chain)
	// The worker was killed before Temporal knew of the second step: it is done anew, later and with more to say.
	anew := kept(t, a, noted(first, 4, at.Add(time.Minute)))
	check(t, a, anew.Chain)
	loaded, err := Load(context.Background(), disk, stored)
	if err != nil || loaded.Chain != anew.Chain || loaded.Stored != anew.Chain || len(loaded.Unstored()) != 0 {
		t.Errorf("a case that is woken: %+v %v", loaded, err)
	}
	check(t, a, kept(t, a, noted(*loaded, 1, at)).Chain)
}

func TestAJournalThatIsNotOursIsNotContinued(t *testing.T) {
	at := time.Date(2020, 9, 15, 8, 0, 0, 0, time.UTC)
	for name, spoil := range map[string]func(text []byte) []byte{
		"cut":     func(text []byte) []byte { return text[:len(text)/2] },
		"altered": func(text []byte) []byte { return bytes.Replace(text, []byte("state"), []byte("stale"), 1) },
		"gone":    func([]byte) []byte { return nil },
	} {
		disk := &store{objects: map[string][]byte{}, random: chance.New(t, 1)}
		a := &Activities{Archive: disk}
		s := kept(t, a, noted(casefile.State{Reference: stored}, 3, at))
		key := s.Folder() + "journal.jsonl"
		if disk.objects[key] = spoil(disk.objects[key]); disk.objects[key] == nil {
			delete(disk.objects, key)
		}
		next := noted(s, 1, at)
		if _, err := a.store(context.Background(), &next); !errors.Is(err, ErrJournal) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := Load(context.Background(), disk, stored); name != "altered" && !errors.Is(err, ErrJournal) {
			t.Errorf("%s: woken: %v", name, err)
		}
	}
	if _, err := Load(context.Background(), &store{objects: map[string][]byte{}, random: chance.New(t, 1)}, stored); !errors.Is(err, archive.ErrNotFound) {
		t.Errorf("no case: %v", err)
	}
}

// versioned is an archive that also has what a key held before.
type versioned struct {
	*store
	before [][]byte
}

func (v versioned) Earlier(context.Context, string) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for _, text := range v.before {
			if !yield(text, nil) {
				return
			}
		}
	}
}

// A worker that was frozen overwrites the journal with an older one, or somebody removes it: the case goes on from the version that is its own.
func TestAJournalThatWasOverwrittenIsContinuedFromItsVersion(t *testing.T) {
	disk := versioned{store: &store{objects: map[string][]byte{}, random: chance.New(t, 1)}}
	a := &Activities{Archive: disk}
	at := time.Date(2020, 9, 15, 8, 0, 0, 0, time.UTC)
	first := kept(t, a, noted(casefile.State{Reference: stored}, 3, at))
	key := first.Folder() + "journal.jsonl"
	old := bytes.Clone(disk.objects[key])
	second := kept(t, a, noted(first, 2, at))
	a.Archive = versioned{disk.store, [][]byte{old, disk.objects[key], old}}
	disk.objects[key] = old
	third := kept(t, a, noted(second, 1, at))
	check(t, a, third.Chain)
	a.Archive = versioned{disk.store, [][]byte{bytes.Clone(disk.objects[key])}}
	delete(disk.objects, key)
	if loaded, err := Load(context.Background(), a.Archive, stored); err != nil || loaded.Chain != third.Chain {
		t.Errorf("woken: %v", err)
	}
	check(t, a, kept(t, a, noted(third, 1, at)).Chain)
}
