package competition_test

import (
	"fmt"
	"math/big"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"relance/domain/competition"
	"relance/local/chance"
)

var begin = time.Date(2020, 9, 1, 8, 0, 0, 0, time.UTC)

// task draws candidates, members and conflicts.
func task(t *rapid.T, most int) competition.Reading {
	r := competition.Reading{Call: "call-x-1", Readers: rapid.IntRange(0, 4).Draw(t, "readers"), Barred: map[competition.Pair]bool{}}
	for i := range rapid.IntRange(0, most).Draw(t, "candidates") {
		r.Candidates = append(r.Candidates, fmt.Sprint("C", i))
	}
	for i := range rapid.IntRange(0, 6).Draw(t, "members") {
		r.Members = append(r.Members, fmt.Sprint("m", i))
	}
	for _, c := range r.Candidates {
		for _, m := range r.Members {
			if rapid.IntRange(0, 4).Draw(t, "barred") == 0 {
				r.Barred[competition.Pair{Candidate: c, Member: m}] = true
			}
		}
	}
	return r
}

func loads(r competition.Reading, pairs []competition.Pair) map[string]int {
	n := map[string]int{}
	for _, m := range r.Members {
		n[m] = 0
	}
	for _, p := range pairs {
		n[p.Member]++
	}
	return n
}

func squares(n map[string]int) (sum int) {
	for _, k := range n {
		sum += k * k
	}
	return sum
}

func TestAnAssignmentRespectsEveryConflictAndNamesEveryShortage(t *testing.T) {
	chance.Check(t, func(t *rapid.T) {
		r := task(t, 30)
		pairs, short := r.Assign()
		of := map[string]int{}
		seen := map[competition.Pair]bool{}
		for _, p := range pairs {
			if r.Barred[p] || seen[p] || !slices.Contains(r.Candidates, p.Candidate) || !slices.Contains(r.Members, p.Member) {
				t.Fatalf("%v is barred, given twice or unknown", p)
			}
			seen[p] = true
			of[p.Candidate]++
		}
		for _, c := range r.Candidates {
			free := 0
			for _, m := range r.Members {
				if !r.Barred[competition.Pair{Candidate: c, Member: m}] {
					free++
				}
			}
			lacks := 0
			for _, s := range short {
				if s.Candidate == c {
					lacks = s.Lacks
					if len(s.Barred) != len(r.Members)-free {
						t.Fatalf("%s: barred %v", c, s.Barred)
					}
				}
			}
			if of[c] != min(r.Readers, free) || lacks != max(r.Readers-free, 0) {
				t.Fatalf("%s has %d readers and lacks %d, with %d free members of %d wanted", c, of[c], lacks, free, r.Readers)
			}
		}
		shuffled := r
		shuffled.Candidates, shuffled.Members = slices.Clone(r.Candidates), slices.Clone(r.Members)
		slices.Reverse(shuffled.Candidates)
		slices.Reverse(shuffled.Members)
		if again, _ := shuffled.Assign(); !reflect.DeepEqual(again, pairs) {
			t.Fatal("the order in which things are given makes a difference")
		}
	})
}

func TestWithoutConflictsLoadsDifferByAtMostOne(t *testing.T) {
	chance.Check(t, func(t *rapid.T) {
		r := task(t, 60)
		r.Barred = nil
		pairs, _ := r.Assign()
		least, most := 1<<30, 0
		for _, n := range loads(r, pairs) {
			least, most = min(least, n), max(most, n)
		}
		if len(r.Members) > 0 && most-least > 1 {
			t.Fatalf("loads from %d to %d", least, most)
		}
	})
}

// TestNoAssignmentIsMoreEven compares with every assignment there is.
func TestNoAssignmentIsMoreEven(t *testing.T) {
	chance.Check(t, func(t *rapid.T) {
		r := task(t, 4)
		r.Readers = min(r.Readers, 2)
		if len(r.Members) > 5 {
			r.Members = r.Members[:5]
		}
		pairs, _ := r.Assign()
		if got, want := squares(loads(r, pairs)), leastSquares(r, 0, loads(r, nil)); got != want {
			t.Fatalf("the squares add up to %d, and could to %d", got, want)
		}
	})
}

// leastSquares tries all sets of readers for each candidate.
func leastSquares(r competition.Reading, i int, load map[string]int) int {
	if i == len(r.Candidates) {
		return squares(load)
	}
	var free []string
	for _, m := range r.Members {
		if !r.Barred[competition.Pair{Candidate: r.Candidates[i], Member: m}] {
			free = append(free, m)
		}
	}
	best := 1 << 30
	for set := range 1 << len(free) {
		n := 0
		for k, m := range free {
			if set>>k&1 == 1 {
				n++
				load[m]++
			}
		}
		if n == min(r.Readers, len(free)) {
			best = min(best, leastSquares(r, i+1, load))
		}
		for k, m := range free {
			if set>>k&1 == 1 {
				load[m]--
			}
		}
	}
	return best
}

func TestWhatWasGivenStaysUnlessItIsBarred(t *testing.T) {
	chance.Check(t, func(t *rapid.T) {
		r := task(t, 20)
		before, _ := r.Assign()
		if len(before) == 0 {
			return
		}
		declared := before[rapid.IntRange(0, len(before)-1).Draw(t, "conflict")]
		r.Fixed = before
		r.Barred[declared] = true
		after, _ := r.Assign()
		for _, p := range before {
			if p != declared && !slices.Contains(after, p) {
				t.Fatalf("%v was taken away", p)
			}
		}
		if slices.Contains(after, declared) || len(after) > len(before) || len(after) < len(before)-1 {
			t.Fatalf("%d pairs became %d", len(before), len(after))
		}
	})
}

// contest draws candidates, criteria and sheets, some of them incomplete.
func contest(t *rapid.T) (competition.Rules, []competition.Candidate, []competition.Sheet) {
	rules := competition.Rules{Call: "call-x-1", Threshold: rapid.Int64Range(0, 1000).Draw(t, "threshold"), Least: rapid.IntRange(0, 2).Draw(t, "least")}
	for i := range rapid.IntRange(1, 3).Draw(t, "criteria") {
		rules.Criteria = append(rules.Criteria, competition.Criterion{ID: fmt.Sprint("k", i), Weight: rapid.Int64Range(1, 5).Draw(t, "weight"), Minimum: rapid.Int64Range(0, 3).Draw(t, "minimum") * 100})
	}
	var sheets []competition.Sheet
	var list []competition.Candidate
	for i := range rapid.IntRange(0, 12).Draw(t, "candidates") {
		c := competition.Candidate{Reference: fmt.Sprint("C", i), Completed: begin.Add(time.Duration(rapid.IntRange(0, 2).Draw(t, "completed")) * time.Hour)}
		list = append(list, c)
		for m := range rapid.IntRange(0, 3).Draw(t, "sheets") {
			sheet := competition.Sheet{Pair: competition.Pair{Candidate: c.Reference, Member: fmt.Sprint("m", m)}, Scores: map[string]int64{}}
			for _, k := range rules.Criteria {
				if rapid.IntRange(0, 9).Draw(t, "given") > 0 {
					sheet.Scores[k.ID] = rapid.Int64Range(0, 4).Draw(t, "score") * 500
				}
			}
			sheets = append(sheets, sheet)
		}
	}
	return rules, list, sheets
}

func TestTheRankingIsTheOneOfExactArithmetic(t *testing.T) {
	chance.Check(t, func(t *rapid.T) {
		rules, list, sheets := contest(t)
		places := rules.Rank(list, sheets)
		shuffled := slices.Clone(list)
		slices.Reverse(shuffled)
		if again := rules.Rank(shuffled, sheets); !reflect.DeepEqual(again, places) {
			t.Fatal("the order in which candidates are given makes a difference")
		}
		if len(places) != len(list) {
			t.Fatalf("%d places for %d candidates", len(places), len(list))
		}
		for i, p := range places {
			mean, complete := exactMean(rules, p.Reference, sheets)
			if complete != p.Sheets || new(big.Rat).SetFrac64(p.Mean.Num, p.Mean.Den).Cmp(mean) != 0 {
				t.Fatalf("%s: mean %v of %d, want %v of %d", p.Reference, p.Mean, p.Sheets, mean, complete)
			}
			out := complete < max(rules.Least, 1) || mean.Cmp(new(big.Rat).SetInt64(rules.Threshold)) < 0
			for k, criterion := range rules.Criteria {
				out = out || p.Means[k].Compare(competition.Fraction{Num: criterion.Minimum, Den: 1}) < 0
			}
			if out != (p.Out != "") || out != (p.Rank == 0) || !out && p.Rank != i+1 {
				t.Fatalf("%+v at %d", p, i)
			}
			if p.Rank > 1 {
				above := places[i-1]
				order := mean.Cmp(new(big.Rat).SetFrac64(above.Mean.Num, above.Mean.Den))
				if order > 0 || (order == 0) != (p.Tie != nil) || p.Tie != nil && !breaks(rules, above, p) {
					t.Fatalf("%+v comes after %+v", p, above)
				}
			}
		}
	})
}

// exactMean is the weighted mean by the standard library's fractions.
func exactMean(rules competition.Rules, reference string, sheets []competition.Sheet) (*big.Rat, int) {
	sum, weights, n := new(big.Rat), new(big.Rat), 0
	for _, sheet := range sheets {
		if sheet.Candidate != reference || len(sheet.Scores) < len(rules.Criteria) {
			continue
		}
		n++
		for _, k := range rules.Criteria {
			sum.Add(sum, new(big.Rat).SetInt64(k.Weight*sheet.Scores[k.ID]))
		}
	}
	for _, k := range rules.Criteria {
		weights.Add(weights, new(big.Rat).SetInt64(k.Weight))
	}
	if n > 0 {
		sum.Quo(sum, weights.Mul(weights, new(big.Rat).SetInt64(int64(n))))
	}
	return sum, n
}

// breaks tells whether the rule that a tie names does put one candidate above the other, and none before it does.
func breaks(rules competition.Rules, above, below competition.Place) bool {
	tie := below.Tie
	if tie.With != above.Reference {
		return false
	}
	for i, k := range rules.Criteria {
		order := above.Means[i].Compare(below.Means[i])
		if tie.By == competition.ByCriterion && tie.Criterion == k.ID {
			return order > 0
		}
		if order != 0 {
			return false
		}
	}
	if tie.By == competition.ByCompletion {
		return above.Completed.Before(below.Completed)
	}
	return tie.By == competition.ByLot && above.Completed.Equal(below.Completed) && above.Lot < below.Lot
}

func TestAwardsNeverExceedTheEnvelopeNorOvertake(t *testing.T) {
	chance.Check(t, func(t *rapid.T) {
		var ranked []competition.Candidate
		for i := range rapid.IntRange(0, 12).Draw(t, "candidates") {
			ranked = append(ranked, competition.Candidate{Reference: fmt.Sprint("C", i), Asked: rapid.Int64Range(1, 100).Draw(t, "asked")})
		}
		whole := rapid.Int64Range(0, 600).Draw(t, "envelope")
		least := rapid.Int64Range(1, 10000).Draw(t, "least")
		e := competition.Envelope{Left: whole, Part: rapid.Bool().Draw(t, "part"), Least: least}
		awards, reserve := e.Award(ranked)
		if len(awards)+len(reserve) != len(ranked) {
			t.Fatalf("%d awards and %d in reserve of %d", len(awards), len(reserve), len(ranked))
		}
		var sum int64
		for i, a := range awards {
			c := ranked[i]
			sum += a.Cents
			if a.Reference != c.Reference || a.Part != (a.Cents < c.Asked) || a.Cents > c.Asked || a.Part && (!e.Part || i != len(awards)-1 || a.Cents*10000 < least*c.Asked) {
				t.Fatalf("%+v for %+v", a, c)
			}
		}
		if sum+e.Left != whole || e.Left < 0 {
			t.Fatalf("%d awarded and %d left of %d", sum, e.Left, whole)
		}
		if len(reserve) > 0 && reserve[0].Asked <= e.Left {
			t.Fatalf("the first in reserve would fit: %+v in %d", reserve[0], e.Left)
		}
		if len(reserve) > 0 && e.Part && !(len(awards) > 0 && awards[len(awards)-1].Part) && e.Left > 0 && e.Left*10000 >= least*reserve[0].Asked {
			t.Fatalf("the first in reserve could have a part")
		}
		if len(awards) > 0 { // one withdraws: the list moves up, in its order
			back := rapid.IntRange(0, len(awards)-1).Draw(t, "withdraws")
			e.Left += awards[back].Cents
			more, rest := e.Award(reserve)
			for i, a := range more {
				sum += a.Cents
				if a.Reference != reserve[i].Reference {
					t.Fatalf("%s moved up before %s", a.Reference, reserve[i].Reference)
				}
			}
			if sum-awards[back].Cents+e.Left != whole || len(more)+len(rest) != len(reserve) {
				t.Fatal("cents were lost or invented")
			}
		}
	})
}

func TestPointsAndMeansAreWrittenAsPeopleDo(t *testing.T) {
	for score, want := range map[int64]string{0: "0", 1450: "14,5", 1425: "14,25", 2000: "20", 5: "0,05", -150: "-1,5"} {
		if got := competition.Points(score); got != want {
			t.Errorf("%d is %q, want %q", score, got, want)
		}
	}
	for f, want := range map[competition.Fraction]string{{Num: 4375, Den: 3}: "14,583", {Num: 2000, Den: 1}: "20,000", {Num: 1, Den: 20}: "0,001", {}: "–"} {
		if got := f.String(); got != want {
			t.Errorf("%v is %q, want %q", f, got, want)
		}
	}
	for _, c := range []struct {
		score int64
		want  bool
	}{{0, true}, {50, true}, {25, false}, {2000, true}, {2050, false}, {-50, false}} {
		if got := (competition.Scale{To: 2000, Step: 50}).Takes(c.score); got != c.want {
			t.Errorf("the scale takes %d: %t", c.score, got)
		}
	}
}
