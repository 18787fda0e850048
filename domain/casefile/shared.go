package casefile

import "slices"

// Shared is a sign that a case has in common with cases of others, as the index of cases knows them: a document, a telephone, …
type Shared struct {
	Kind  Code     `json:"kind"`  // of package index: document, phone, domain, address, person, account
	Cases []string `json:"cases"` // their references
}

// share takes in what a case has in common with cases of others, and has an officer look where that is more than was known. What was known
// stays: an applicant who takes a number back has given it.
func (s *State) share(found []Shared) {
	for _, f := range found {
		i := slices.IndexFunc(s.Shared, func(k Shared) bool { return k.Kind == f.Kind })
		if i < 0 {
			s.Shared = append(slices.Clip(s.Shared), Shared{Kind: f.Kind})
			i = len(s.Shared) - 1
		}
		all := slices.Concat(s.Shared[i].Cases, f.Cases)
		slices.Sort(all)
		if all = slices.Compact(all); len(all) > len(s.Shared[i].Cases) {
			s.Shared = slices.Clone(s.Shared)
			s.Shared[i].Cases = all
			s.Raise(ConcernShared)
		}
	}
}

// SharedSince refuses an approval where more is in common with cases of others than whoever approves can have read: n is SharedWith of then.
func (s *State) SharedSince(n int) error {
	if s.SharedWith() <= n {
		return nil
	}
	return refuse("depuis votre lecture, un point commun est apparu avec le dossier d'un autre demandeur ; relisez le dossier (relance case show %s)", s.Reference)
}

// SharedWith is with how many cases of others this one has a sign in common, each counted once for each kind of sign.
func (s *State) SharedWith() (n int) {
	for _, k := range s.Shared {
		n += len(k.Cases)
	}
	return n
}
