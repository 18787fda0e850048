package scheme_test

import (
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"relance/domain/scheme"
)

// jargon are words of Go, of YAML's parser and of the expression library, which no author of a scheme has to know.
var jargon = regexp.MustCompile(`(?i)\btoken\b|mismatched|interface|time\.Time|\bint\b|\bbool\b|\bstring\b|unexpected|sequence|mapping|Operator\(|Identifier\(|builtin|invalid operation|unrecognized|panic|nil\b`)

// TestMistakesOfRulesAreToldInPlainWords: each is told at its line and column, with what would be right.
func TestMistakesOfRulesAreToldInPlainWords(t *testing.T) {
	const rule = "when: effectif < 10"
	for _, c := range []struct{ to, at, says string }{ // at: what stands at the place that is told
		{"when: effectif = 10", "= 10", "write =="},
		{"when: effectif => 10", "=> 10", "written >="},
		{"when: effectif ≤ 10", "≤", "write <="},
		{"when: effectif ≠ 10", "≠", "write !="},
		{"when: effectif < 10 et declaration", "et", "write and"},
		{"when: effectif < 10 ou declaration", "ou", "write or"},
		{"when: non proprietaire", "non", "write not"},
		{"when: si effectif < 10 alors true", "si", "CONDITION ? THIS : OTHERWISE"},
		{"when: declaration == vrai", "vrai", "write true"},
		{"when: effectif < 10 declaration", "declaration", "is missing before"},
		{"when: effectif <", "", "ends too soon"},
		{"when: (effectif < 10", "", "ends too soon"},
		{"when: effectif < 10)", ")", "closes what was not opened"},
		{`when: activite == “commerce”`, "“", `write "`},
		{`when: activite == «commerce»`, "«", `write "`},
		{`when: effectif < "10"`, "<", "a whole number and a text"},
		{`when: declaration == "oui"`, "==", "true or false by itself"},
		{`when: date_creation > "2020-01-01"`, ">", `date("2020-05-01")`},
		{`when: date_creation > date("01/02/2020")`, "", "no such day"},
		{"when: effectif < 10 and chiffre_affaires < 100 000", "000", "euros(1500)"},
		{"when: chiffre_affaires < euros(1500.5)", "1500.5", "whole euros"},
		{"when: chiffre_affaires < euros(1 500)", "500", "without spaces"},
		{"when: chiffre_affaires < 1000000", "1000000", "cents"},
		{"when: months(effectif, received) > 3", "", "takes a day"},
		{"when: sum(effectif) > 3", "", "entries of a group"},
		{"when: share(chiffre_affaires, 1) > 3", "", "too few values"},
		{"when: effectif", "", "has to give true or false"},
		{"when: effectifs < 10", "effectifs", `did you mean "effectif"`},
		{"when: 3 < 10", "", "says the same of every application"},
		{"when: now() > date_creation", "now()", "write received"},
		{"when: not exercice_clos", "exercice_clos", "is optional"},
		{"when: '[1, 2, 3][effectif] > 0'", "", `effectif = "3"`},
		{"when: share(chiffre_affaires, 1, effectif) > 0", "", "divides by zero"},
		{"when: int(adresse) > 0", "", "not always a number"},
		{"when: '{\"commerce\": 1}[activite] > 0'", "", "no such entry"},
	} {
		problems, line := broken(t, c.to, rule, c.to, "")
		if len(problems) == 0 {
			t.Errorf("%s: not found", c.to)
			continue
		}
		p := problems[0]
		if !strings.Contains(p.Says, c.says) || p.Line != line {
			t.Errorf("%s: want line %d and %q, got %s", c.to, line, c.says, p)
		}
		if column := strings.Index("        "+c.to, c.at); c.at != "" && p.Col != len([]rune(("        " + c.to)[:column]))+1 {
			t.Errorf("%s: it is told at column %d, not at %q", c.to, p.Col, c.at)
		}
		for _, p := range problems {
			if word := jargon.FindString(p.Says); word != "" {
				t.Errorf("%s: %q is no word of an author: %s", c.to, word, p)
			}
		}
	}
}

// TestMistakesOfFilesAreToldInPlainWords: of keys, lists, forms and what cannot be meant.
func TestMistakesOfFilesAreToldInPlainWords(t *testing.T) {
	for _, c := range []struct{ from, to, says string }{
		{"short: Bail, recognise", "min: 3, short: Bail, recognise", `did you mean "at_least"`},
		{"short: Bail, recognise", "shorts: Bail, recognise", `did you mean "short"`},
		{"short: Bail, recognise", "nombre: 3, short: Bail, recognise", `did you mean "at_least"`},
		{"optional: true, aliases: [un exercice", "optional: oui, aliases: [un exercice", "true or false is wanted"},
		{"retention_years: 10", "retention_years: dix", "a whole number is wanted"},
		{"recognise: [bail, contrat de location]", "recognise: bail", "a list is wanted"},
		{"recognise: [bail, contrat de location]", "recognise: [bail, rib]", "a file could be either"},
		{"funding:\n", "funding: plan\n", "a list"},
		{"formula: 3 * min(loyer_mensuel, euros(500))", "formula: 1500", "write euros(1500)"},
		{"formula: 3 * min(loyer_mensuel, euros(500))", "formula: percent(30, loyer_mensuel)", "the amount stands first"},
		{"formula: 3 * min(loyer_mensuel, euros(500))", "formula: share(1, 3, loyer_mensuel)", "the amount stands first"},
		{"formula: 3 * min(loyer_mensuel, euros(500))", "formula: declaration", "a whole number of cents"},
		{"formula: 3 * min(loyer_mensuel, euros(500))", "formula: loyer_mensuel * 0.3", "percent(amount, 30)"},
		{"label: Effectif, type: integer", "label: \"Effectif {date}\", type: integer", "stands as it is"},
		{"{id: iban, label: IBAN, type: iban", "{id: iban, label: IBAN, type: text", "no field of type iban"},
		{"type: text, role: address", "type: text, role: business", "has the role business already"},
		{"type: text, role: business", "type: text", "letters are addressed to"},
		{"de_minimis: \"L'aide est", "de_minimis: \"true\" # \"L'aide est", "the sentence that the decision prints"},
		{"version: \"2020-06-18\"", "version: \"18/06/2020\"", "2020-06-18"},
	} {
		problems, line := broken(t, c.to, c.from, c.to, "")
		found := false
		for _, p := range problems {
			found = found || strings.Contains(strings.ReplaceAll(p.Says, "\u00a0", " "), c.says)
			if word := jargon.FindString(p.Says); word != "" {
				t.Errorf("%s: %q is no word of an author: %s", c.to, word, p)
			}
		}
		if !found {
			t.Errorf("%s (line %d): want %q, got\n%s", c.to, line, c.says, problems)
		}
	}
}

// TestAnAnchorIsToldWhereItStands: what an alias stands for is wrong at its own line, and a formula of many lines at the line of the mistake.
func TestAnAnchorIsToldWhereItStands(t *testing.T) {
	for _, c := range []struct{ name, from, to, wrong string }{
		{"an anchored list", "    rules:\n", "    rules: &rules\n      - {id: zero, when: effectifs < 10, told: x, basis: y}\n", "- {id: zero"},
		{"the third line of a formula", "formula: 3 * min(loyer_mensuel, euros(500))", "formula: |\n        declaration ?\n        euros(100) :\n        euros(1.5)", "        euros(1.5)"},
		{"a folded formula", "formula: 3 * min(loyer_mensuel, euros(500))", "formula: >\n        declaration ?\n        euros(100) :\n        eurs(5)", "        eurs(5)"},
		{"a quoted formula over lines", "formula: 3 * min(loyer_mensuel, euros(500))", "formula: \"declaration ?\n        euros(100) :\n        eurs(5)\"", "        eurs(5)"},
	} {
		problems, line := broken(t, c.name, c.from, c.to, c.wrong)
		if len(problems) == 0 || problems[0].Line != line {
			t.Errorf("%s: want line %d, got %s", c.name, line, problems)
		}
	}
}

// TestListsAreReadAsOfficesSaveThem: columns by their heads, in any order, with any separator, in the code page of old programs.
func TestListsAreReadAsOfficesSaveThem(t *testing.T) {
	for _, c := range []struct {
		name, list string
		says       string // empty: Lille and Annœullin are read from it
	}{
		{"without heads", "59350;Lille\n59011;Annœullin\n", ""},
		{"with heads in another order", "nom;code insee\nLille;59350\nAnnœullin;59011\n", ""},
		{"commas", "code,commune\n59350,Lille\n59011,Annœullin\n", ""},
		{"tabs", "code\tcommune\n59350\tLille\n59011\tAnnœullin\n", ""},
		{"a byte order mark", "\ufeffcode;commune\n59350;Lille\n59011;Annœullin\n", ""},
		{"Windows-1252", "code;commune\n59350;Lille\n59011;Ann\x9cullin\n", ""},
		{"empty lines", "code;commune\n\n59350;Lille\n;\n59011;Annœullin\n", ""},
		{"a code that is there twice", "code;commune\n59350;Lille\n59011;Annœullin\n59350;Lomme\n", "l.csv:4:1: the code 59350 is there already, on line 2"},
		{"a postal code", "code;commune\n59000 Lille;Lille\n", "l.csv:2:1: \"59000 Lille\" is no INSEE code"},
		{"a code too short", "code;commune\n1004;Ambérieu\n", "no INSEE code"},
		{"a name without a code", "code;commune\n;Lille\n", `l.csv:2:1: "Lille" has no code`},
		{"nothing", "code;commune\n", "has no entries"},
	} {
		folder := withList(t, c.list)
		catalogue, problems := scheme.LoadFiles(folder, []string{"s.yaml"})
		if c.says != "" {
			if !strings.Contains(problems.Error(), c.says) {
				t.Errorf("%s: want %q, got %s", c.name, c.says, problems)
			}
			continue
		}
		if len(problems) > 0 {
			t.Errorf("%s: %s", c.name, problems)
			continue
		}
		v := catalogue.All()[0].Versions[0]
		f, _ := v.Field("commune")
		for name, code := range map[string]string{"Lille": "59350", "annoeullin": "59011"} {
			if got, err := v.Normalise(f, name); err != nil || got != code {
				t.Errorf("%s: %s is %q, %v", c.name, name, got, err)
			}
		}
	}
}

// withList is a small scheme with a list of communes.
func withList(t *testing.T, list string) fstest.MapFS {
	t.Helper()
	return fstest.MapFS{"l.csv": {Data: []byte(list)}, "plan.yaml": {Data: []byte("id: p\nname: P\namount: 1 000 €\n")}, "s.yaml": {Data: []byte(`id: essai
name: Essai
title: Essai
prefix: ESS
tag: essai
legal_basis: [le code]
versions:
  - version: "2026-01-01"
    applicant: firm
    lists: {ici: l.csv}
    fields:
      - {id: nom, label: Entreprise, type: text, role: business}
      - {id: commune, label: Commune, type: commune, list: ici}
    rules: [{id: territoire, when: commune in lists.ici, told: t, basis: b}]
    periods: {documents: 30, silence_months: 2, appeal_months: 2}
    grant: {subject: s, payment: p}
    retention_years: 5
`)}}
}
