package casefile

import "slices"

// Settled tells whether it is settled whom the case is about and where its money goes: a decision is taken, signed or not, or waits for its
// money alone. From then on no mail changes that; an officer may, with a reason.
func (s *State) Settled() bool {
	return s.Stage.Decided() || s.Stage.Final() || s.Stage == Waitlisted || s.Unsigned != nil
}

// GrantStands tells whether money is granted, or about to be, and nobody contests it: what the amount was reckoned from is settled too.
func (s *State) GrantStands() bool {
	return s.Stage == Waitlisted || s.Unsigned != nil || s.Decision != nil && s.Decision.Grant && s.Stage != UnderAppeal
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
		if i := slices.IndexFunc(e.Objects, func(o Ref) bool { return o.Key == e.On }); e.What == EventFacts && i >= 0 {
			basis = e.Objects[i]
		}
	}
	if basis.Key == "" {
		return s.Facts
	}
	return basis
}

// Corrected takes an officer's correction into the decision in force: it rests on the facts as they are now.
func (s *State) Corrected() {
	if s.Decision != nil {
		s.Decision.Facts = s.Facts
	}
}
