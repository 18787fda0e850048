package casefile

import "slices"

// Settled tells whether the facts that a decision rests on are settled: it is taken, signed or not, or waits for its money alone. From then
// on a mail changes none of them; an officer may, with a reason.
func (s *State) Settled() bool {
	return s.Stage.Decided() || s.Stage.Final() || s.Stage == Waitlisted || s.Unsigned != nil
}

// Basis is the version of the facts that the decision in force rests on; without a decision the one in force. Registers, the index of firms and
// payment orders read it. A decision of before it was kept rests on the facts that the journal names last before it.
func (s *State) Basis(journal []Entry) Ref {
	switch {
	case s.Decision == nil || s.Stage == UnderReview:
		return s.Facts
	case s.Decision.Facts.Key != "":
		return s.Decision.Facts
	}
	basis := Ref{}
	for _, e := range journal {
		if e.At.After(s.Decision.At) {
			break
		}
		if i := slices.IndexFunc(e.Objects, func(o Ref) bool { return o.Key == e.On }); e.What == "facts" && i >= 0 {
			basis = e.Objects[i]
		}
	}
	if basis.Key == "" {
		return s.Facts
	}
	return basis
}
