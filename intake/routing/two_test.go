package routing_test

import (
	"strings"
	"testing"

	"relance/domain/scheme"
	"relance/intake/routing"
	"relance/mail/auth"
)

// TestOneMailToTwoSchemes: it is two applications, or a question, or an officer's; never one and silence.
func TestOneMailToTwoSchemes(t *testing.T) {
	r := router(t)
	find := func(id string) *scheme.Scheme {
		s, err := r.Catalogue.Find(id)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	rebond, renovation, tourisme := find("fonds-rebond"), find("renovation"), find("rebond-tourisme")
	for _, c := range []struct {
		name, from, to string
		gives          map[string]int
		verdict        auth.Verdict
		want           routing.Place
	}{
		{"it serves both", "x@y.example", "rebond renovation", map[string]int{"fonds-rebond": 9, "renovation": 6}, auth.Proven, routing.Place{Scheme: rebond, Second: renovation}},
		{"it serves one", "x@y.example", "rebond renovation", map[string]int{"fonds-rebond": 9, "renovation": 2}, auth.Proven, routing.Place{Scheme: rebond, Second: renovation, Choose: true}},
		{"it gives much more to one", "x@y.example", "rebond renovation", map[string]int{"fonds-rebond": 9, "renovation": 4}, auth.Proven, routing.Place{Scheme: rebond, Second: renovation, Choose: true}},
		{"it gives nothing", "x@y.example", "renovation rebond", nil, auth.Proven, routing.Place{Scheme: renovation, Second: rebond, Choose: true}},
		{"they exclude each other", "x@y.example", "rebond tourisme", map[string]int{"fonds-rebond": 9, "rebond-tourisme": 9}, auth.Proven, routing.Place{Scheme: rebond, Second: tourisme, Choose: true}},
		{"nothing proves it", "x@y.example", "rebond renovation", map[string]int{"fonds-rebond": 9, "renovation": 6}, auth.Unproven, routing.Place{Scheme: rebond, Second: renovation, Unproven: true}},
		{"forged", "x@y.example", "rebond renovation", nil, auth.Forged, routing.Place{Unassigned: routing.Forged}},
		{"three", "x@y.example", "rebond renovation tourisme", nil, auth.Proven, routing.Place{Unassigned: routing.TwoSchemes}},
		{"one of them twice", "x@y.example", "rebond rebond", nil, auth.Proven, routing.Place{Scheme: rebond}},
		{"of a sender with a case of one of them", jeanne, "rebond renovation", nil, auth.Proven, routing.Place{Unassigned: routing.TwoSchemes}},
	} {
		var to []string
		for tag := range strings.FieldsSeq(c.to) {
			to = append(to, addresses.Scheme(tag))
		}
		l := letter("From: "+c.from+"\nTo: "+strings.Join(to, ", "), "")
		l.Verdict, l.Gives = c.verdict, func(s *scheme.Scheme) (int, error) { return c.gives[s.ID], nil }
		if got, err := r.Route(l, known); err != nil || got != c.want {
			t.Errorf("%s: %v, want %v (%v)", c.name, told(got), told(c.want), err)
		}
	}
}

// told is a place in a line.
func told(p routing.Place) string {
	list := string(p.Unassigned + p.Ignored)
	for _, s := range []*scheme.Scheme{p.Scheme, p.Second} {
		if s != nil {
			list += " " + s.ID
		}
	}
	if p.Choose {
		list += " to choose"
	}
	if p.Unproven {
		list += " unproven"
	}
	return strings.TrimSpace(list)
}
