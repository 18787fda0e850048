package scheme_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"relance/domain/scheme"
	"relance/schemes"
)

// TestBrokenAdvancesAreTold breaks the advances in many ways; each is told at its line.
func TestBrokenAdvancesAreTold(t *testing.T) {
	whole, err := schemes.Files.ReadFile("avances.yaml")
	if err != nil {
		t.Fatal(err)
	}
	plan, _ := schemes.Files.ReadFile("plan.yaml")
	list, _ := schemes.Files.ReadFile("listes/communes.csv")
	for _, c := range []struct{ name, from, to, says string }{
		{"more at least than at most", "      maximum: 30 000 €", "      maximum: 3 000 €", "minimum to maximum"},
		{"a term that is no field", "      term: duree", "      term: dure", `did you mean "duree"`},
		{"a term that is a text", "      term: duree", "      term: besoin", "not a field of type integer"},
		{"a deferral that is no number", "      deferral: differe", "      deferral: iban", "not a field of type integer"},
		{"a deferral of more than a year", "      most_deferral: 12", "      most_deferral: 13", "0 to 12"},
		{"a deferral without a bound", "      most_deferral: 12\n", "", "both or neither"},
		{"a period that is none", "      every: month", "      every: year", "month, quarter"},
		{"terms of broken quarters", "      longest: 60\n      deferral: differe\n      most_deferral: 12\n      every: month", "      longest: 61\n      deferral: differe\n      most_deferral: 12\n      every: quarter", "whole quarters"},
		{"bounds without a basis", "      basis: convention de cofinancement des avances remboursables, conditions de l'avance\n", "      basis: ''\n", "L211-5"},
		{"a formal notice before the reminders", "      formal_notice: 35", "      formal_notice: 15", "after them"},
		{"no notice", "      notice: 10", "      notice: 0", "1 to 28"},
		{"a formal notice that gives no time", "      pay_within: 15", "      pay_within: 0", "some days"},
		{"a charter beside the contract", "    review:\n", "    charter: {title: C, version: '1', text: avances.yaml}\n    review:\n", "takes the place"},
		{"instalments of an advance", "    review:\n", "    payments: [{id: a, label: A, share: 100 %}]\n    review:\n", "at once"},
	} {
		text := strings.Replace(string(whole), c.from, c.to, 1)
		if text == string(whole) {
			t.Errorf("%s: %q is not there", c.name, c.from)
		}
		_, problems := scheme.LoadFiles(fstest.MapFS{"avances.yaml": {Data: []byte(text)}, "plan.yaml": {Data: plan}, "listes/communes.csv": {Data: list}}, []string{"avances.yaml"})
		if len(problems) == 0 || !strings.Contains(problems.Error(), c.says) {
			t.Errorf("%s: want %q, got %v", c.name, c.says, problems)
		}
	}
}

func TestTheLoanOfAnAdvance(t *testing.T) {
	s, err := catalogue(t).Find("avances")
	if err != nil {
		t.Fatal(err)
	}
	v := s.Versions[0]
	lines := v.Lines(scheme.Facts{}, func(string) bool { return true })
	l := v.Loan(scheme.Facts{"duree": "48", "differe": "6"}, 1200000, lines)
	if l == nil || l.Cents != 1200000 || l.Months != 48 || l.Deferral != 6 || l.Every != 1 || l.Count() != 42 || len(l.Funders) != 3 || l.Funders[0].Part != 3334 {
		t.Errorf("%+v", l)
	}
	if l := v.Loan(scheme.Facts{"duree": "12", "differe": "12"}, 1200000, lines); l != nil {
		t.Errorf("no schedule can be made: %+v", l)
	}
	if terms := s.Terms(v); !terms.Charter || terms.Repayment == nil || terms.Repayment.Formal != 35 || len(terms.Grounds) < 9 {
		t.Errorf("%+v", terms)
	}
	if g, ok := s.Ground(v, scheme.OutOfTerm); !ok || !strings.Contains(g.Told, "36 à 60 mois") {
		t.Errorf("%+v", g)
	}
}
