package round_test

import (
	"crypto/sha256"
	"encoding/hex"
	"math/big"
	"slices"
	"strings"
	"time"

	"relance/domain/competition"
	"relance/domain/round"
)

// ranked is a candidate in the test's own ranking.
type ranked struct {
	reference string
	mean      *big.Rat
	means     []*big.Rat
	completed time.Time
	lot       string
	asked     int64
	out       bool
	award     int64
}

// rank reckons the ranking and the awards anew, from what the members wrote, with fractions of the standard library.
func (s *stage) rank(c round.State) []ranked {
	s.mu.Lock()
	defer s.mu.Unlock()
	sheets := map[string][]map[string]int64{}
	for p, sheet := range s.said {
		if slices.Contains(c.Pairs, p) {
			sheets[p.Candidate] = append(sheets[p.Candidate], sheet)
		}
	}
	var list []ranked
	for reference, given := range sheets {
		state, err := s.desk.State(s.t.Context(), reference)
		if err != nil {
			s.t.Fatal(err)
		}
		sum := sha256.Sum256([]byte(callID + " " + reference))
		r := ranked{reference: reference, completed: state.Completed.Truncate(time.Second), lot: hex.EncodeToString(sum[:]), asked: state.Verdict.Amount, mean: new(big.Rat)}
		weights := int64(0)
		for _, k := range s.scheme.Call.Criteria {
			mean := new(big.Rat)
			for _, sheet := range given {
				mean.Add(mean, big.NewRat(sheet[k.ID], int64(len(given))))
			}
			r.means = append(r.means, mean)
			r.mean.Add(r.mean, new(big.Rat).Mul(mean, big.NewRat(int64(k.Weight), 1)))
			weights += int64(k.Weight)
			r.out = r.out || mean.Cmp(big.NewRat(int64(k.Minimum), 1)) < 0
		}
		r.mean.Quo(r.mean, big.NewRat(weights, 1))
		r.out = r.out || r.mean.Cmp(big.NewRat(int64(s.scheme.Call.Threshold), 1)) < 0
		list = append(list, r)
	}
	slices.SortFunc(list, func(a, b ranked) int {
		if a.out != b.out {
			return map[bool]int{true: 1, false: -1}[a.out]
		}
		if order := b.mean.Cmp(a.mean); order != 0 {
			return order
		}
		for i := range a.means {
			if order := b.means[i].Cmp(a.means[i]); order != 0 {
				return order
			}
		}
		if order := a.completed.Compare(b.completed); order != 0 {
			return order
		}
		return strings.Compare(a.lot, b.lot)
	})
	left := int64(envelope)
	for i := range list {
		switch r := &list[i]; {
		case r.out:
		case r.asked <= left:
			r.award = r.asked
			left -= r.asked
		default:
			if left*2 >= r.asked { // at least half of it
				r.award = left
			}
			return list
		}
	}
	return list
}

func (s *stage) checkRanking(got []competition.Place, want []ranked) {
	if len(got) != len(want) {
		s.t.Fatalf("%d ranked, want %d", len(got), len(want))
	}
	ties, out := 0, 0
	for i, p := range got {
		w := want[i]
		if p.Reference != w.reference || new(big.Rat).SetFrac64(p.Mean.Num, p.Mean.Den).Cmp(w.mean) != 0 || (p.Rank == 0) != w.out {
			s.t.Errorf("place %d: %s with %v (%s), want %s with %v", i+1, p.Reference, p.Mean, p.Out, w.reference, w.mean.FloatString(3))
		}
		if p.Tie != nil {
			ties++
		}
		if w.out {
			out++
		}
	}
	s.t.Logf("%d ranked, %d eliminated, %d ties broken", len(got)-out, out, ties)
	if ties == 0 || out == 0 {
		s.t.Error("the scores make no tie or eliminate nobody: the test shows nothing of either")
	}
}
