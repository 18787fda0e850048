package scheme_test

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"relance/domain/scheme"
	"relance/schemes"
)

// TestBrokenSchemesAreToldWithLineAndRemedy breaks a whole scheme in many ways. Each has to be told at the line that was
// changed, with words that help.
func TestBrokenSchemesAreToldWithLineAndRemedy(t *testing.T) {
	for _, c := range []struct{ name, from, to, says, at string }{
		{"an unknown field in a rule", "when: effectif < 10", "when: effectifs < 10", `did you mean "effectif"`, ""},
		{"an unknown field in the amount", "formula: 3 * min(loyer_mensuel", "formula: 3 * min(loyer_annuel", `"loyer_annuel"`, ""},
		{"a type error", "when: effectif < 10", `when: effectif < "dix"`, "without quotes", ""},
		{"a day compared with a text", `when: date_creation < date("2020-05-01")`, `when: date_creation < "2020-05-01"`, `date("2020-05-01")`, ""},
		{"a day that does not exist", `when: date_creation < date("2020-05-01")`, `when: date_creation < date("2020-05-32")`, "no such day", ""},
		{"an amount with decimals", "formula: 3 * min(loyer_mensuel, euros(500))", "formula: loyer_mensuel / 3", "share(amount, 1, 3)", ""},
		{"a rule that is no condition", "when: effectif < 10", "when: effectif + 10", "true or false", ""},
		{"an expression that does not parse", "when: effectif < 10", "when: effectif <", "ends too soon", ""},
		{"a scheme that is not there", `.scheme == "rebond-tourisme"`, `.scheme == "rebond-tourism"`, `did you mean "rebond-tourisme"`, ""},
		{"an option that a choice does not have", `activite != "autre" and`, `activite != "autres" and`, `did you mean "autre"`, ""},
		{"a list that is not there", "commune in lists.metropole", "commune in lists.metropol", `did you mean`, ""},
		{"the file of a list", "metropole: listes/communes.csv", "metropole: listes/commune.csv", "cannot be read", ""},
		{"a field's list", "type: commune, list: metropole", "type: commune, list: metro", `lists has no "metro"`, ""},
		{"a key that does not exist", "prefix: RBD", "prefixe: RBD", `did you mean "prefix"`, ""},
		{"a key deep down that does not exist", "        told: L'entreprise doit employer", "        dit: L'entreprise doit employer", "no such key", ""},
		{"a prefix in small letters", "prefix: RBD", "prefix: rbd", "capital letters", ""},
		{"a reminder after the end", "document_reminders: [15, 25]", "document_reminders: [15, 35]", "day 35 of 30", ""},
		{"reminders that fall", "charter_reminders: [10, 20]", "charter_reminders: [20, 10]", "rise", ""},
		{"a version without a day", `version: "2020-06-18"`, `version: "juin 2020"`, "2020-06-18", ""},
		{"a day that cannot be read", "opens: 2020-06-18", "opens: 18 juin 2020", "2020-06-18", ""},
		{"it closes before it opens", "opens: 2020-06-18", "opens: 2020-06-18\ncloses: 2020-06-01", "before it opens", "closes:"},
		{"a version after the end", "opens: 2020-06-18", "opens: 2020-01-01\ncloses: 2020-02-01", "after the scheme closes", "- version:"},
		{"a refusal without its basis", "basis: règlement du Fonds Rebond, conditions d'éligibilité, effectif", "basis: ''", "L211-5", ""},
		{"an unknown type", "type: siret", "type: sirett", `did you mean "siret"`, ""},
		{"a document that says nothing", "says: {any: [extrait kbis", "says: {none: [extrait kbis", "any or all is missing", "says:"},
		{"a pattern that is none", "says: {any: [extrait kbis", "says: {any: [\"/(extrait/\", extrait kbis", "no regular expression", "says:"},
		{"words without a letter", "says: {any: [extrait kbis", "says: {any: [\"--\", extrait kbis", "no word that could stand", "says:"},
		{"a check of nothing that can be read", "checks: {siren: siret", "checks: {capital: siret", "cannot be read from a document", "checks:"},
		{"a check against no field", "checks: {siren: siret", "checks: {siren: sirret", `did you mean "siret"`, "checks:"},
		{"a check against another type", "checks: {iban: iban", "checks: {iban: siret", "is of type siret", "checks: {iban"},
		{"an age that is none", "issued: within 3 months", "issued: 3 mois", "within 3 months", "checks: {siren"},
		{"a holder without like", "holder: like entreprise", "holder: entreprise", "like FIELD", "checks: {iban"},
		{"an unknown role", "role: business", "role: busines", `did you mean "business"`, ""},
		{"a kind of applicant", "applicant: firm", "applicant: entreprise", "firm, association, commune, person", ""},
		{"a charter that is not there", "text: fonds-rebond/charte.txt", "text: fonds-rebond/chartre.txt", "cannot be read", ""},
		{"a way to sign that is none", "ways: [phrase, copy, digital]", "ways: [phrase, fax]", "phrase, copy, digital", ""},
		{"a way to sign that is there twice", "ways: [phrase, copy, digital]", "ways: [phrase, phrase]", "twice", ""},
		{"shares that are not whole", "share: 100 %", "share: 90 %", "not 100", ""},
		{"a share that cannot be read", "share: 100 %", "share: tout", "60 %", ""},
		{"a line the plan does not have", "line: fonds-rebond", "line: fond-rebond", `did you mean "fonds-rebond"`, ""},
		{"an amount nobody can read", "    retention_years: 10", "    review: {four_eyes_above: cinq mille}\n    retention_years: 10", "1 500 €", ""},
		{"a variable that does not exist", "told: l'équivalent de trois mois", "told: l'équivalent de {moi} mois", "no variable {moi}", ""},
		{"a variable near one that exists", "subject: Attribution d'une aide", "subject: Attribution de {montants}, une aide", `did you mean "montant"`, ""},
		{"a list where a text belongs", "name: Fonds Rebond\n", "name: [Fonds, Rebond]\n", "a list stands where a text is wanted", ""},
		{"a text where a number belongs", "silence_months: 2", "silence_months: deux", "a text stands where a whole number is wanted", ""},
		{"a key given twice", "prefix: RBD", "prefix: RBD\nid: rebond", "id", "id: rebond"},
		{"two fields with one id", "{id: benefice, label: Bénéfice imposable", "{id: effectif, label: Bénéfice imposable", "another one above", ""},
		{"two fields with one label", "label: Bénéfice imposable, type", "label: Effectif, type", "could mean either", ""},
		{"a field called as a name of the rules", "{id: entreprise, label", "{id: others, label", "choose another", ""},
		{"a group without fields", "type: text, role: address", "type: group, role: address", "fields of its own", ""},
		{"a choice without options", "type: text, role: address", "type: choice, role: address", "has options", ""},
		{"a natural person with a SIRET", "applicant: firm", "applicant: person", "natural person", "{id: siret"},
		{"a payment against no report", "    retention_years: 10", "    payments: [{id: solde, label: Solde, share: 100 %, against: bail, months: 3}]\n    retention_years: 10", "later: true", ""},
		{"payments that are not whole", "    retention_years: 10", "    payments: [{id: solde, label: Solde, share: 40 %}]\n    retention_years: 10", "40,00", ""},
		{"an opinion without an address", "    retention_years: 10", "    review: {opinions: [{id: mairie, of: La mairie, email: mairie, question: Quoi, days: 10}]}\n    retention_years: 10", "not an email address", ""},
		{"a tab where spaces belong", "    retention_years: 10", "\tretention_years: 10", "indents by spaces alone", ""},
	} {
		problems, line := broken(t, c.name, c.from, c.to, c.at)
		if len(problems) == 0 {
			t.Errorf("%s: not found", c.name)
			continue
		}
		found := false
		for _, p := range problems {
			found = found || strings.Contains(strings.ReplaceAll(p.Says, "\u00a0", " "), c.says) && p.Line == line && p.File == "s.yaml"
		}
		if !found {
			t.Errorf("%s: want line %d and %q, got\n%s", c.name, line, c.says, problems)
		}
	}
}

// broken is what is said of the Fonds Rebond with one change, and the line of that change, or of what it makes wrong.
func broken(t *testing.T, name, from, to, wrong string) (scheme.Problems, int) {
	t.Helper()
	whole, err := fs.ReadFile(schemes.Files, "fonds-rebond.yaml")
	if err != nil {
		t.Fatal(err)
	}
	at := strings.Index(string(whole), from)
	if at < 0 {
		t.Fatalf("%s: nothing to change", name)
	}
	changed := string(whole[:at]) + to + string(whole[at+len(from):])
	if wrong != "" {
		at = strings.Index(changed, wrong)
	}
	folder := fstest.MapFS{"s.yaml": {Data: []byte(changed)}}
	for _, beside := range []string{"plan.yaml", "rebond-tourisme.yaml", "fonds-rebond/charte.txt", "listes/communes.csv"} {
		text, err := fs.ReadFile(schemes.Files, beside)
		if err != nil {
			t.Fatal(err)
		}
		folder[beside] = &fstest.MapFile{Data: text}
	}
	_, problems := scheme.LoadFiles(folder, []string{"s.yaml"})
	return problems, 1 + strings.Count(changed[:at], "\n")
}
