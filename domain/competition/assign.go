package competition

import (
	"cmp"
	"slices"
)

// Reading is what is to be shared out: every candidate is read by so many members, none of whom has a conflict of interest with it.
type Reading struct {
	Call       string // its identifier, for the draw
	Candidates []string
	Members    []string
	Readers    int           // of each candidate
	Barred     map[Pair]bool // conflicts of interest
	Fixed      []Pair        // given before: they stay, unless they are barred
}

// Shortage is a candidate that not enough members can read.
type Shortage struct {
	Candidate string   `json:"candidate"`
	Lacks     int      `json:"lacks"`  // readers
	Barred    []string `json:"barred"` // the members with a conflict
}

// Assign shares the candidates out. As many as Readers members read each, where so many have no conflict; the others are shortages,
// and are read by all who can. The loads are as even as the conflicts allow: no other assignment has a smaller sum of the squares of
// the loads, so that without conflicts no two differ by more than one. What was given before is not moved. The same task
// always gives the same assignment, sorted.
func (r Reading) Assign() ([]Pair, []Shortage) {
	s := newSharing(r)
	s.keep()
	var short []Shortage
	for _, c := range s.candidates {
		if lacks := s.fill(c); lacks > 0 {
			short = append(short, Shortage{Candidate: c, Lacks: lacks, Barred: s.barred(c)})
		}
	}
	for s.even() {
	}
	return s.pairs(), short
}

// sharing is an assignment under way.
type sharing struct {
	Reading
	candidates []string          // in the order of their lots, so that no name comes first
	members    []string          // sorted
	readers    map[string]member // by candidate
	load       map[string]int
	fixed      map[Pair]bool
	holds      map[string][]string // by member: the candidates that can be moved from it
}

// member is a set of members.
type member map[string]bool

func newSharing(r Reading) *sharing {
	s := &sharing{Reading: r, readers: map[string]member{}, load: map[string]int{}, fixed: map[Pair]bool{}, holds: map[string][]string{},
		members: sorted(r.Members), candidates: sorted(r.Candidates)}
	slices.SortStableFunc(s.candidates, func(a, b string) int { return cmp.Compare(Lot(r.Call, a), Lot(r.Call, b)) })
	for _, c := range s.candidates {
		s.readers[c] = member{}
	}
	return s
}

// sorted is a list in order, each once.
func sorted(list []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(list)))
}

// keep takes over what was given before.
func (s *sharing) keep() {
	for _, p := range s.Fixed {
		if s.readers[p.Candidate] != nil && slices.Contains(s.members, p.Member) && !s.Barred[p] && !s.readers[p.Candidate][p.Member] {
			s.fixed[p] = true
			s.readers[p.Candidate][p.Member] = true
			s.load[p.Member]++
		}
	}
}

// can tells whether a member may be given a candidate.
func (s *sharing) can(c, m string) bool { return !s.readers[c][m] && !s.Barred[Pair{c, m}] }

// fill gives a candidate the readers it lacks, each time the member with the least to read; it tells how many are still lacking.
func (s *sharing) fill(c string) int {
	for len(s.readers[c]) < s.Readers {
		best := ""
		for _, m := range s.members {
			if s.can(c, m) && (best == "" || cmp.Or(cmp.Compare(s.load[m], s.load[best]), cmp.Compare(Lot(c, m), Lot(c, best))) < 0) {
				best = m
			}
		}
		if best == "" {
			return s.Readers - len(s.readers[c])
		}
		s.give(c, best)
	}
	return 0
}

func (s *sharing) give(c, m string) {
	s.readers[c][m] = true
	s.load[m]++
	s.holds[m] = append(s.holds[m], c)
}

func (s *sharing) take(c, m string) {
	delete(s.readers[c], m)
	s.load[m]--
	i := slices.Index(s.holds[m], c)
	s.holds[m] = slices.Delete(s.holds[m], i, i+1)
}

func (s *sharing) barred(c string) []string {
	list := []string{}
	for _, m := range s.members {
		if s.Barred[Pair{c, m}] {
			list = append(list, m)
		}
	}
	return list
}

// step is how a member is reached: from another one, who hands on a candidate.
type step struct{ from, candidate string }

// even hands candidates on, from a member to another who has at least two less to read, along members in between whose load stays. It tells
// whether there was anything to hand on. Where there is not, the sum of the squares is the least: a smaller one
// would be reached along such a path.
func (s *sharing) even() bool {
	heavy := slices.Clone(s.members)
	slices.SortStableFunc(heavy, func(a, b string) int { return s.load[b] - s.load[a] })
	for _, start := range heavy {
		came := map[string]step{start: {}}
		queue := []string{start}
		for len(queue) > 0 {
			at := queue[0]
			queue = queue[1:]
			for _, c := range s.holds[at] {
				for _, m := range s.members {
					if _, been := came[m]; been || !s.can(c, m) {
						continue
					}
					came[m] = step{at, c}
					if s.load[m] <= s.load[start]-2 {
						s.hand(came, start, m)
						return true
					}
					queue = append(queue, m)
				}
			}
		}
	}
	return false
}

// hand moves a candidate at each step of a path.
func (s *sharing) hand(came map[string]step, start, end string) {
	for m := end; m != start; m = came[m].from {
		s.take(came[m].candidate, came[m].from)
		s.give(came[m].candidate, m)
	}
}

// pairs lists the assignment, sorted.
func (s *sharing) pairs() []Pair {
	var list []Pair
	for _, c := range sorted(s.Candidates) {
		for _, m := range s.members {
			if s.readers[c][m] {
				list = append(list, Pair{c, m})
			}
		}
	}
	return list
}
