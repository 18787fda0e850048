package competition

import (
	"cmp"
	"slices"
	"time"
)

// Rules are how candidates are ranked.
type Rules struct {
	Call      string      `json:"call"` // its identifier, for the draw
	Criteria  []Criterion `json:"criteria"`
	Threshold int64       `json:"threshold,omitempty"` // hundredths of a point: a weighted mean below it eliminates
	Least     int         `json:"least,omitempty"`     // complete sheets without which a candidate is not ranked; 1 unless said
}

// Why a candidate is not ranked.
const (
	Unread         = "unread"    // not enough complete sheets
	BelowThreshold = "threshold" // its weighted mean is below the threshold
	BelowMinimum   = "minimum"   // its mean on a criterion is below that one's minimum
)

// The rules that break ties, in their order.
const (
	ByCriterion  = "criterion"  // the higher mean on a criterion, the first of the list first
	ByCompletion = "completion" // the earlier completion
	ByLot        = "lot"        // the smaller lot
)

// Place is a candidate's place, and how it came to it.
type Place struct {
	Candidate
	Rank      int        `json:"rank,omitempty"` // from 1; 0: not ranked
	Out       string     `json:"out,omitempty"`  // why it is not
	Criterion string     `json:"criterion,omitempty"`
	Sheets    int        `json:"sheets"`        // complete ones
	Mean      Fraction   `json:"mean"`          // weighted
	Means     []Fraction `json:"means"`         // by criterion, in the order of the rules
	Tie       *Tie       `json:"tie,omitempty"` // with the candidate right above, of the same weighted mean
	Lot       string     `json:"lot"`
}

// Tie tells by which rule the candidate right above comes first.
type Tie struct {
	With      string `json:"with"` // reference
	By        string `json:"by"`
	Criterion string `json:"criterion,omitempty"` // ByCriterion: which one
}

// Rank orders the candidates: those who are ranked first, then those who are not, alike. A sheet counts where it has a score
// for every criterion, and all sheets count alike, one a pair: the mean on a criterion is that of the sheets, and the weighted mean is
// Σ weight × mean / Σ weight, exactly.
func (r Rules) Rank(candidates []Candidate, sheets []Sheet) []Place {
	byCandidate := map[string][]Sheet{}
	for _, sheet := range sheets {
		byCandidate[sheet.Candidate] = append(byCandidate[sheet.Candidate], sheet)
	}
	places := make([]Place, len(candidates))
	for i, c := range candidates {
		places[i] = r.place(c, byCandidate[c.Reference])
	}
	slices.SortFunc(places, func(a, b Place) int {
		order, _ := r.compare(a, b)
		return cmp.Or(boolean(a.Out != "", b.Out != ""), order)
	})
	for i := range places {
		if places[i].Out == "" {
			places[i].Rank = i + 1
		}
		if i > 0 && places[i].Rank > 0 && places[i].Mean.Compare(places[i-1].Mean) == 0 {
			_, tie := r.compare(places[i-1], places[i])
			tie.With = places[i-1].Reference
			places[i].Tie = &tie
		}
	}
	return places
}

// boolean orders false before true.
func boolean(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// place reckons a candidate's means.
func (r Rules) place(c Candidate, sheets []Sheet) Place {
	p := Place{Candidate: c, Lot: Lot(r.Call, c.Reference), Means: make([]Fraction, len(r.Criteria))}
	var weights, weighted int64
	sums := make([]int64, len(r.Criteria))
	for _, sheet := range sheets {
		if !r.Complete(sheet) {
			continue
		}
		p.Sheets++
		for i, criterion := range r.Criteria {
			sums[i] += sheet.Scores[criterion.ID]
		}
	}
	for i, criterion := range r.Criteria {
		weights += criterion.Weight
		weighted += criterion.Weight * sums[i]
		p.Means[i] = Fraction{sums[i], int64(max(p.Sheets, 1))}
	}
	p.Mean = Fraction{weighted, max(weights, 1) * int64(max(p.Sheets, 1))}
	switch {
	case p.Sheets < max(r.Least, 1):
		p.Out = Unread
	case p.Mean.Compare(Fraction{r.Threshold, 1}) < 0:
		p.Out = BelowThreshold
	default:
		for i, criterion := range r.Criteria {
			if p.Means[i].Compare(Fraction{criterion.Minimum, 1}) < 0 {
				p.Out, p.Criterion = BelowMinimum, criterion.ID
				break
			}
		}
	}
	return p
}

// Complete tells whether a sheet has a score for every criterion.
func (r Rules) Complete(s Sheet) bool {
	return !slices.ContainsFunc(r.Criteria, func(c Criterion) bool { _, given := s.Scores[c.ID]; return !given })
}

// compare orders two candidates, the better one first, and tells which rule decided where their weighted means are equal.
func (r Rules) compare(a, b Place) (int, Tie) {
	if order := b.Mean.Compare(a.Mean); order != 0 {
		return order, Tie{}
	}
	for i, criterion := range r.Criteria {
		if order := b.Means[i].Compare(a.Means[i]); order != 0 {
			return order, Tie{By: ByCriterion, Criterion: criterion.ID}
		}
	}
	if order := a.Completed.Truncate(time.Second).Compare(b.Completed.Truncate(time.Second)); order != 0 {
		return order, Tie{By: ByCompletion}
	}
	return cmp.Compare(a.Lot, b.Lot), Tie{By: ByLot}
}
