package routing

import (
	"strings"

	"relance/domain/scheme"
	"relance/mail/auth"
)

// toTwo finds where a message belongs that was sent to the addresses of two schemes. It is two applications where its sender is proven, both could
// be opened, the schemes do not exclude each other, and it gives as good as the same to both; else its sender is asked which is meant. Where a
// case of the sender may be meant, an officer looks.
func (r *Router) toTwo(l Letter, book Book, first, second *scheme.Scheme) (Place, error) {
	for _, s := range []*scheme.Scheme{first, second} {
		p, err := r.toScheme(l, book, s)
		switch {
		case err != nil || p.Unassigned != "":
			return p, err
		case p.Scheme == nil:
			return Place{Unassigned: TwoSchemes}, nil
		}
	}
	return r.Both(l, first, second)
}

// Both tells whether a message is an application for each of two schemes, or its sender has to say for which.
func (r *Router) Both(l Letter, first, second *scheme.Scheme) (Place, error) {
	p := Place{Scheme: first, Second: second, Unproven: l.Verdict != auth.Proven}
	if p.Unproven {
		return p, nil
	}
	both, err := serves(l, first, second)
	p.Choose = !both || excludes(first, second) || excludes(second, first)
	return p, err
}

// Two are the schemes to whose addresses a message was sent, where it was sent to those of two.
func (r *Router) Two(l Letter) (first, second *scheme.Scheme, two bool) {
	if schemes := r.allAddressed(l.Message); len(schemes) == 2 {
		return schemes[0], schemes[1], true
	}
	return nil, nil, false
}

// serves tells whether a message can be an application for both: it gives some fields of each, and of neither less than half of what it gives of the
// other.
func serves(l Letter, first, second *scheme.Scheme) (bool, error) {
	const few = 3
	if l.Gives == nil {
		return false, nil
	}
	a, err := l.Gives(first)
	if err != nil {
		return false, err
	}
	b, err := l.Gives(second)
	return min(a, b) >= few && 2*min(a, b) >= max(a, b), err
}

// excludes tells whether a rule of a scheme speaks of the other: who has applied for both then gets one of them at most.
func excludes(s, other *scheme.Scheme) bool {
	for _, v := range s.Versions {
		for _, rule := range v.Rules {
			if strings.Contains(rule.When, `"`+other.ID+`"`) {
				return true
			}
		}
	}
	return false
}
