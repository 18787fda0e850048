package reading_test

import (
	"testing"
	"testing/fstest"

	"relance/domain/casefile"
	"relance/domain/scheme"
	"relance/intake/reading"
	"relance/local/expect"
)

// TestARuleThatFailsIsTold: a complete case whose rules cannot be applied says which rule it is, asks the applicant for nothing and cannot be approved.
func TestARuleThatFailsIsTold(t *testing.T) {
	catalogue, err := scheme.Load(fstest.MapFS{"s.yaml": {Data: []byte(`id: essai
name: Essai
title: Essai
prefix: ESS
tag: essai
legal_basis: [le code]
versions:
  - version: "2026-01-01"
    applicant: firm
    fields:
      - {id: nom, label: Entreprise, type: text, role: business}
    rules: [{id: rang, when: "[1, 2][len(others)] > 0 and nom != \"\"", told: t, basis: b}]
    periods: {documents: 30, silence_months: 2, appeal_months: 2}
    grant: {subject: s, payment: p}
    retention_years: 5
`)}})
	if err != nil {
		t.Fatal(err)
	}
	s := catalogue.All()[0]
	x := reading.Examination{Facts: casefile.Facts{Fields: map[string]casefile.Value{"nom": {Value: "Fil"}}}, Scheme: s, Version: s.Versions[0],
		Context: scheme.Context{Others: make([]scheme.Other, 2)}, HasLine: func(string) bool { return true }}
	missing, verdict := reading.Examine(x)
	expect.Equal(t, "nothing is asked for", len(missing), 0)
	expect.Equal(t, "the rule", verdict.Broken, "rang")
	state := casefile.State{Stage: casefile.UnderReview, Verdict: verdict}
	if err := state.May(casefile.Approve, casefile.Act{By: "agent-01", ID: "1"}); err == nil {
		t.Error("it can be approved")
	}
	x.Context.Others = nil
	_, verdict = reading.Examine(x)
	expect.Equal(t, "as usual", verdict.Eligible, true)
}
