package reading

import (
	"errors"
	"slices"

	"relance/domain/casefile"
	"relance/domain/scheme"
	"relance/intake/supporting"
)

// Examination is what the rules are applied to.
type Examination struct {
	State   casefile.State
	Facts   casefile.Facts
	Scheme  *scheme.Scheme
	Version *scheme.Version
	Context scheme.Context
	HasLine func(path string) bool // whether the plan has a line
}

// Known gives the facts that can be used, in their normal form.
func Known(f casefile.Facts) scheme.Facts {
	facts := scheme.Facts{}
	for key, value := range f.Fields {
		if value.Problem == "" {
			facts[key] = value.Value
		}
	}
	return facts
}

// Examine tells what a case lacks and, once nothing of what the rules need is missing, what the rules say.
func Examine(x Examination) ([]casefile.Want, casefile.Verdict) {
	facts := Known(x.Facts)
	var missing []casefile.Want
	for _, key := range x.Version.Asked(facts, x.Context) {
		if _, known := facts[key]; !known {
			missing = append(missing, casefile.Want{What: casefile.WantField, ID: key, Problem: x.Facts.Fields[key].Problem})
		}
	}
	for key, value := range x.Facts.Fields { // an optional field that was given, and cannot be read
		if value.Problem != "" && !slices.ContainsFunc(missing, func(w casefile.Want) bool { return w.ID == key }) {
			missing = append(missing, casefile.Want{What: casefile.WantField, ID: key, Problem: value.Problem})
		}
	}
	slices.SortStableFunc(missing, func(a, b casefile.Want) int { return x.Version.Order(a.ID) - x.Version.Order(b.ID) })
	missing = append(missing, lacks(x, facts)...)
	outcome, err := x.Scheme.Evaluate(x.Version, facts, x.Context)
	var broken *scheme.RuleError
	if errors.As(err, &broken) { // nothing of it is the applicant's fault
		return missing, casefile.Verdict{Broken: broken.Rule}
	}
	if err != nil { // a field is missing: there is no verdict yet, and the applicant is asked for it
		return missing, casefile.Verdict{}
	}
	v := casefile.Verdict{Eligible: outcome.Eligible, Failed: outcome.Failed, Amount: int64(outcome.Amount)}
	for _, p := range x.Version.Lines(facts, x.HasLine) {
		v.Lines = append(v.Lines, casefile.Share{ID: p.Line, Part: int(p.Share)})
	}
	v.Loan = x.Version.Loan(facts, outcome.Amount, x.Version.Lines(facts, x.HasLine))
	for _, o := range x.Version.Opinions(facts, x.Context) {
		v.Opinions = append(v.Opinions, casefile.Asked{ID: o.ID, Of: o.Of, Days: o.Days})
	}
	return missing, v
}

// lacks lists the documents that are still to come.
func lacks(x Examination, facts scheme.Facts) []casefile.Want {
	var missing []casefile.Want
	var wanted []scheme.Document
	wanted = append(wanted, x.Version.Required(facts, x.Context)...)
	for _, r := range x.State.Requests {
		if !slices.ContainsFunc(wanted, func(d scheme.Document) bool { return d.ID == r.ID }) {
			wanted = append(wanted, scheme.Document{ID: r.ID})
		}
	}
	asked := supporting.Contradictions(x.Version, x.State.Documents, x.Facts)
	for _, d := range wanted {
		if want, lacks := lacksDocument(x.State, d, asked); lacks {
			missing = append(missing, want)
		}
	}
	return missing
}

// lacksDocument tells whether usable documents of a kind are still to come: newer ones than an officer's request for them. One that contradicts
// what the applicant declared is none where the scheme has it asked back.
func lacksDocument(s casefile.State, wanted scheme.Document, asked []casefile.Contradiction) (casefile.Want, bool) {
	want := casefile.Want{What: casefile.WantDocument, ID: wanted.ID}
	usable := 0
	for _, d := range s.Documents {
		if d.Kind != wanted.ID || slices.ContainsFunc(s.Requests, func(r casefile.Request) bool { return r.ID == wanted.ID && !d.Received.After(r.At) }) {
			continue
		}
		contradicts := slices.ContainsFunc(asked, func(c casefile.Contradiction) bool { return c.Ask && c.Document == d.SHA256 && c.Kind == d.Kind })
		switch {
		case d.Problem != "":
			want.Problem = d.Problem
		case contradicts:
			want.Problem = ProblemContradicts
		default:
			usable += max(d.Count, 1)
		}
	}
	if usable >= max(wanted.AtLeast, 1) {
		return casefile.Want{}, false
	}
	if usable > 0 && want.Problem == "" {
		want.Problem = ProblemTooFew
	}
	return want, true
}
