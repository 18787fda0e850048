package activities

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"relance/contract"
	"relance/domain/ledger"
	"relance/local/chance"
	"relance/store/archive"
)

// store is an archive in memory whose writes fail at random, before or after they are done, as a killed worker's do.
type store struct {
	mu      sync.Mutex
	objects map[string][]byte
	random  *rand.Rand
	faults  bool
}

var errCrash = errors.New("the worker was killed")

func (s *store) PutOnce(_ context.Context, key string, content []byte, _ string) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	chance := s.random.IntN(10)
	if s.faults && chance == 0 {
		return false, errCrash
	}
	_, there := s.objects[key]
	if !there {
		s.objects[key] = bytes.Clone(content)
	}
	if s.faults && chance == 1 {
		return false, errCrash
	}
	return !there, nil
}

func (s *store) PutSnapshot(ctx context.Context, key string, content []byte, contentType string) error {
	return s.PutVersion(ctx, key, content, contentType)
}

func (s *store) PutVersion(_ context.Context, key string, content []byte, _ string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.objects[key] = bytes.Clone(content)
	return nil
}

func (s *store) Get(_ context.Context, key string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if content, there := s.objects[key]; there {
		return content, nil
	}
	return nil, archive.ErrNotFound
}

func (s *store) Names(_ context.Context, prefix string) (names []string, _ error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key := range s.objects {
		if strings.HasPrefix(key, prefix) {
			names = append(names, key)
		}
	}
	slices.Sort(names)
	return names, nil
}

func testPlan() *ledger.Plan {
	return &ledger.Plan{ID: "p", Name: "Plan", Amount: 1_000_00, Lines: []*ledger.Line{{ID: "a", Amount: 600_00}, {ID: "b", Amount: 600_00}}}
}

// TestTheBookUnderKilledWorkers posts the moves of many cases through workers that are killed at random, forget what they knew,
// and are asked again. Whatever happens, no line is overspent, each case counts once, and every worker reads the same book.
func TestTheBookUnderKilledWorkers(t *testing.T) {
	for seed := range uint64(20) {
		s := &store{objects: map[string][]byte{}, random: chance.New(t, seed), faults: true}
		fresh := func() *Activities { return &Activities{Archive: s, Plan: testPlan(), Now: time.Now} }
		workers := []*Activities{fresh(), fresh(), fresh()}
		head := contract.Head{Plan: "p"}
		for round := range 120 {
			var moves []ledger.Move
			for range 1 + s.random.IntN(6) {
				key := fmt.Sprint("C", s.random.IntN(60))
				line := []string{"a", "b"}[s.random.IntN(2)]
				moves = append(moves, []ledger.Move{
					{Op: ledger.Reserve, Key: key, Portions: []ledger.Portion{{Line: line, Cents: 1 + s.random.Int64N(100_00)}}, Complete: time.Unix(int64(round), 0).UTC()},
					{Op: ledger.Commit, Key: key}, {Op: ledger.Release, Key: key}, {Op: ledger.Pay, Key: key, Payment: "1", Cents: 1},
					{Op: ledger.TopUp, Key: "T" + key, By: "agent-01", Reason: "vote", Portions: []ledger.Portion{{Line: line, Cents: 10}, {Cents: 10}}}}[s.random.IntN(5)])
			}
			for { // Temporal tries again until it succeeds, on whichever worker
				i := s.random.IntN(len(workers))
				posted, err := workers[i].Post(t.Context(), contract.Posting{Head: head, Moves: moves})
				if err == nil {
					head = posted.Head
					break
				}
				if s.random.IntN(2) == 0 {
					workers[i] = fresh()
				}
			}
			for path, f := range head.Lines {
				if f.Left() < 0 || f.Reserved < 0 {
					t.Fatalf("seed %d: line %q: %+v", seed, path, f)
				}
			}
		}
		s.faults = false
		want, err := fresh().Book(t.Context(), contract.Head{Plan: "p"}) // from the first record
		if err != nil {
			t.Fatal(err)
		}
		for i, w := range append(workers, fresh()) {
			got, err := w.Book(t.Context(), head)
			if err != nil || !reflect.DeepEqual(got.Lines, want.Lines) || !slices.Equal(got.Waiting(), want.Waiting()) {
				t.Fatalf("seed %d, worker %d reads another book: %v", seed, i, err)
			}
		}
	}
}

// counted is a store that counts what is read.
type counted struct {
	*store
	gets int
}

func (c *counted) Get(ctx context.Context, key string) ([]byte, error) {
	c.gets++
	return c.store.Get(ctx, key)
}

// TestAWorkflowBeginsOnABookThatThereIs: in another Temporal the plan's workflow knows nothing, and goes on from the newest snapshot.
func TestAWorkflowBeginsOnABookThatThereIs(t *testing.T) {
	s := &counted{store: &store{objects: map[string][]byte{}, random: chance.New(t, 1)}}
	fresh := func() *Activities { return &Activities{Archive: s, Plan: testPlan(), Now: time.Now} }
	reserve := func(key string) ledger.Move {
		return ledger.Move{Op: ledger.Reserve, Key: key, Portions: []ledger.Portion{{Line: "a", Cents: 1_00}}, Complete: time.Unix(1, 0).UTC()}
	}
	post := func(a *Activities, head contract.Head, m ledger.Move) contract.Posted {
		t.Helper()
		p, err := a.Post(t.Context(), contract.Posting{Head: head, Moves: []ledger.Move{m}})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	const records = 1000
	head, worker := contract.Head{Plan: "p"}, fresh()
	for n := range records {
		head = post(worker, head, reserve(fmt.Sprint("C", n))).Head
	}
	if head.Seq != records || head.Snapshot == 0 || head.Lines["a"].Waiting != records-600 {
		t.Fatalf("%+v", head)
	}
	s.gets = 0
	p := post(fresh(), contract.Head{Plan: "p"}, ledger.Move{Op: ledger.Release, Key: "C0"}) // C600 has waited longest
	if p.Head.Seq != records+1 || p.Head.Lines["a"] != (ledger.Figures{Total: 600_00, Reserved: 600_00, Waiting: records - 601}) || !p.Served {
		t.Errorf("%+v, served %v", p.Head, p.Served)
	}
	if p.Head.Snapshot != head.Snapshot || p.Head.Notified != head.Snapshot || s.gets > snapshotEach+2 {
		t.Errorf("snapshot %d, told up to %d, %d objects read", p.Head.Snapshot, p.Head.Notified, s.gets)
	}
}
