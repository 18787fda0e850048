package scheme_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"relance/domain/scheme"
	"relance/schemes"
)

// applications are sample facts of every scheme beside the rent aid: one that is granted, and changes to it that make an
// edge or a refusal.
var applications = []struct {
	scheme, whole string
	cases         []application
}{
	{"rebond-tourisme", `{"entreprise": "Hôtel", "siret": "63712926300017", "representant": "H. Caron", "adresse": "Lille", "commune": "Lille", "activite": "hôtel", "effectif": 7,
		"iban": "FR7620041010059083016613163", "declaration": true, "received": "2020-09-15",
		"periodes": [{"mois": "mars", "ca_2019": 4200000, "ca_2020": "19 500 €"}, {"mois": "avril", "ca_2019": 4500000, "ca_2020": 0}, {"mois": "mai", "ca_2019": 5100000, "ca_2020": 320050}]}`, []application{
		{"seven employees", ``, "", 600000, 0},
		{"five employees", `"effectif": 5`, "", 450000, 0},
		{"two employees", `"effectif": 2`, "", 300000, 0},
		{"ten employees", `"effectif": 10`, "effectif", 0, 0},
		{"exactly half is lost", `"periodes": [{"mois": "a", "ca_2019": 200, "ca_2020": 100}, {"mois": "b", "ca_2019": 0, "ca_2020": 0}, {"mois": "c", "ca_2019": 0, "ca_2020": 0}]`, "", 600000, 0},
		{"a cent too little is lost", `"periodes": [{"mois": "a", "ca_2019": 200, "ca_2020": 101}, {"mois": "b", "ca_2019": 0, "ca_2020": 0}, {"mois": "c", "ca_2019": 0, "ca_2020": 0}]`, "perte", 0, 0},
		{"the rent aid was granted", `"others": [{"scheme": "fonds-rebond", "granted": true}]`, "volets", 0, 0},
		{"the rent aid was asked for before", `"others": [{"scheme": "fonds-rebond", "open": true, "earlier": true}]`, "volets", 0, 0},
		{"the rent aid was asked for later", `"others": [{"scheme": "fonds-rebond", "open": true}]`, "", 600000, 0},
		{"the rent aid was refused", `"others": [{"scheme": "fonds-rebond"}]`, "", 600000, 0},
		{"received on the eve of the opening", `"received": "2020-06-17"`, "trop-tot", 0, 0},
	}},
	{"boutiques-essai", `{"entreprise": "E", "siret": "12417141400012", "representant": "S", "adresse": "Roubaix", "commune": "Roubaix", "quartier": "Alma", "projet": "couture",
		"cout": "9 999,99 €", "duree_bail": "6 mois", "iban": "FR7620041010058246281948261", "declaration": "oui"}`, []application{
		{"half of the cost, rounded", ``, "", 500000, 0},
		{"capped", `"cout": 2000000`, "", 800000, 0},
		{"a cent under the least cost", `"cout": 99999`, "cout", 0, 0},
		{"thirteen months", `"duree_bail": 13`, "duree", 0, 0},
		{"three months", `"duree_bail": 3`, "", 500000, 0},
	}},
	{"conciergeries", `{"association": "A", "siret": "46292148700015", "representant": "M", "adresse": "Lille", "quartier": "Moulins", "habitants": 2400, "budget": 3800000, "autres_aides": 0,
		"iban": "FR7620041010058657975432392", "declaration": true}`, []application{
		{"forty percent", ``, "", 1520000, 0},
		{"capped", `"budget": 9000000`, "", 2000000, 0},
		{"public money up to the limit", `"autres_aides": 1520000`, "", 1520000, 1},
		{"public money above it", `"autres_aides": 1520001`, "part-publique", 0, 1},
		{"five hundred inhabitants", `"habitants": 500`, "", 1520000, 0},
		{"too few inhabitants", `"habitants": 499`, "habitants", 0, 0},
	}},
	{"fabrique-emploi", `{"association": "F", "siret": "59868522000017", "representant": "N", "adresse": "Loos", "emplois": 4, "besoin": "ressourcerie", "deja_couvert": false,
		"iban": "FR7620041010058625276018957", "declaration": true}`, []application{
		{"four jobs", ``, "", 2000000, 0},
		{"capped", `"emplois": 21`, "", 10000000, 0},
		{"no job", `"emplois": 0`, "emplois", 0, 0},
		{"somebody covers the need", `"deja_couvert": true`, "besoin", 0, 0},
	}},
	{"achats-responsables", `{"entreprise": "M", "siret": "68822582000010", "representant": "V", "adresse": "Tourcoing", "secteur": "menuiserie", "engagement": "insertion", "heures": 320, "declaration": true}`, []application{
		{"registered", ``, "", 0, 0},
		{"a hundred hours", `"heures": 100`, "", 0, 0},
		{"too few hours", `"heures": 99`, "insertion", 0, 0},
		{"a label asks for another document", `"engagement": "environnement", "label": "écolabel"`, "", 0, 0},
		{"registered already", `"others": [{"scheme": "achats-responsables", "granted": true}]`, "unicite", 0, 0},
	}},
	{"avances", `{"entreprise": "M", "siret": "68822582000010", "representant": "V", "adresse": "Tourcoing", "commune": "59350", "effectif": 4, "date_creation": "2015-03-01", "refus_bancaire": true,
		"besoin": "trésorerie", "montant_demande": "12 000 €", "duree": "4 ans", "differe": "6 mois", "iban": "FR7620041010058625276018957", "declaration": true}`, []application{
		{"twelve thousand over four years", ``, "", 1200000, 0},
		{"the least there is", `"montant_demande": 500000`, "", 500000, 0},
		{"a cent less", `"montant_demande": 499999`, "avance-montant", 0, 0},
		{"the most there is", `"montant_demande": 3000000`, "", 3000000, 0},
		{"a cent more", `"montant_demande": 3000001`, "avance-montant", 0, 0},
		{"a year of deferral", `"differe": 12`, "", 1200000, 0},
		{"a month more", `"differe": 13`, "avance-differe", 0, 0},
		{"no deferral", `"differe": 0`, "", 1200000, 0},
		{"ten employees", `"effectif": 10`, "effectif", 0, 0},
		{"created too late", `"date_creation": "2020-01-01"`, "date_creation", 0, 0},
		{"the bank would lend", `"refus_bancaire": false`, "refus_bancaire", 0, 0},
		{"it has an advance", `"others": [{"scheme": "avances", "granted": true}]`, "unicite", 0, 0},
	}},
	{"renovation", `{"nom": "L", "adresse": "Ascq", "commune": "59009", "occupation": "propriétaire occupant", "annee": 1958, "personnes": 3, "revenu": 3140000, "travaux": 1250000,
		"iban": "FR7620041010050792440268532", "declaration": true, "received": "2020-09-15"}`, []application{
		{"a quarter", ``, "", 312500, 0},
		{"capped", `"travaux": 9000000`, "", 400000, 0},
		{"the newer version", `"received": "2021-01-01"`, "", 375000, 0},
		{"a tenant", `"occupation": "locataire"`, "occupation", 0, 0},
		{"income at the limit", `"revenu": 3200000`, "", 312500, 0},
		{"income above it", `"revenu": 3200001`, "revenus", 0, 0},
		{"a house of fifteen years", `"annee": 2005`, "", 312500, 0},
		{"a younger one", `"annee": 2006`, "anciennete", 0, 0},
	}},
}

type application struct {
	name, change string
	failed       string // id of the rule that is not met
	amount       int64
	more         int // documents beyond those of the whole application
}

func TestEveryScheme(t *testing.T) {
	c := catalogue(t)
	for _, a := range applications {
		s, err := c.Find(a.scheme)
		if err != nil {
			t.Fatal(err)
		}
		least := -1
		for _, one := range a.cases {
			in := merged(t, a.whole, one.change)
			v := s.At(in.Context.Received)
			facts, problems, err := v.Normalised(in.Fields)
			if err != nil || len(problems) > 0 {
				t.Errorf("%s, %s: %v %v", a.scheme, one.name, err, problems)
				continue
			}
			o, err := s.Evaluate(v, facts, in.Context)
			if err != nil || strings.Join(o.Failed, " ") != one.failed || one.failed == "" && int64(o.Amount) != one.amount {
				t.Errorf("%s, %s: %+v, %v", a.scheme, one.name, o, err)
			}
			documents := len(v.Required(facts, in.Context))
			if least < 0 {
				least = documents
			}
			if documents != least+one.more {
				t.Errorf("%s, %s: %d documents, want %d", a.scheme, one.name, documents, least+one.more)
			}
		}
	}
}

// merged is an application with some fields changed.
func merged(t *testing.T, whole, change string) scheme.Input {
	t.Helper()
	fields, changes := map[string]any{}, map[string]any{}
	for text, into := range map[string]*map[string]any{whole: &fields, "{" + change + "}": &changes} {
		if err := json.Unmarshal([]byte(text), into); err != nil {
			t.Fatal(err)
		}
	}
	for k, v := range changes {
		fields[k] = v
	}
	text, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	in, err := scheme.ReadInput(text)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func TestInputThatCannotBeRead(t *testing.T) {
	_, v := rebond(t)
	for text, says := range map[string]string{
		`{"loyer_mensuel": 480.5}`: "48050", `{"loyers": 1}`: `no field "loyers"`, `{"siret": 123}`: "in quotes", `{"effectif": -1}`: "below zero",
		`{"effectif": true}`: "not true or false", `{"loyer_mensuel": [1]}`: "is wanted",
	} {
		in, err := scheme.ReadInput([]byte(text))
		if err == nil {
			_, _, err = v.Normalised(in.Fields)
		}
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", text, err)
		}
	}
	if _, err := scheme.ReadInput([]byte(`[]`)); err == nil {
		t.Error("a list was read")
	}
	if _, problems, err := v.Normalised(map[string]any{"siret": "123", "iban": nil}); err != nil || problems["siret"] != "siret_invalid" {
		t.Errorf("%v %v", problems, err)
	}
}

// amended is the Fonds Rebond with a second version, in which an officer has changed some lines.
func amended(t testing.TB, running string, change ...string) *scheme.Scheme {
	t.Helper()
	text, err := schemes.Files.ReadFile("fonds-rebond.yaml")
	if err != nil {
		t.Fatal(err)
	}
	start := strings.Index(string(text), "  - version:")
	second := strings.Replace(string(text[start:]), `"2020-06-18"`, `"2020-10-01"`+"\n    running: "+running, 1)
	before := second
	second = strings.NewReplacer(change...).Replace(second)
	if second == before {
		t.Fatal("nothing was amended")
	}
	folder := fstest.MapFS{"s.yaml": {Data: append(append(text, '\n'), second...)}}
	for _, beside := range []string{"plan.yaml", "rebond-tourisme.yaml", "fonds-rebond/charte.txt", "listes/communes.csv"} {
		content, err := schemes.Files.ReadFile(beside)
		if err != nil {
			t.Fatal(err)
		}
		folder[beside] = &fstest.MapFile{Data: content}
	}
	c, problems := scheme.LoadFiles(folder, []string{"s.yaml"})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return c.All()[0]
}

// TestAnAmendmentIsANewVersion: a higher cap, another headcount, another date, a bonus per employee, owners admitted, each a
// few words in the file.
func TestAnAmendmentIsANewVersion(t *testing.T) {
	for _, c := range []struct {
		name   string
		change []string
		facts  map[string]string
		before int64 // 0: not eligible
		after  int64
	}{
		{"a higher cap", []string{"formula: 3 * min(loyer_mensuel, euros(500))", "formula: 3 * min(loyer_mensuel, euros(700))"}, map[string]string{"loyer_mensuel": "120000"}, 150000, 210000},
		{"another headcount", []string{"effectif < 10", "effectif < 20"}, map[string]string{"effectif": "14"}, 0, 144150},
		{"another date", []string{`date_creation < date("2020-05-01")`, `date_creation < date("2020-08-01")`}, map[string]string{"date_creation": "2020-06-15"}, 0, 144150},
		{"a bonus per employee", []string{"formula: 3 * min(loyer_mensuel, euros(500))", "formula: 3 * min(loyer_mensuel, euros(500)) + euros(100) * effectif"}, nil, 144150, 174150},
		{"owners admitted", []string{"when: not proprietaire", "when: true"}, map[string]string{"proprietaire": "true"}, 0, 144150},
	} {
		s := amended(t, "keep", c.change...)
		facts := shop()
		for k, value := range c.facts {
			facts[k] = value
		}
		for day, want := range map[string]int64{"2020-09-30": c.before, "2020-10-01": c.after} {
			received, err := time.Parse(time.DateOnly, day)
			if err != nil {
				t.Fatal(err)
			}
			o, err := s.Evaluate(s.At(received), facts, scheme.Context{Received: received})
			if err != nil || o.Eligible != (want > 0) || o.Eligible && int64(o.Amount) != want {
				t.Errorf("%s, received on %s: %+v, %v", c.name, day, o, err)
			}
		}
	}
}

func TestASnapshotIsTheVersion(t *testing.T) {
	for _, s := range catalogue(t).All() {
		for _, v := range s.Versions {
			content, digest, err := s.Snapshot(v)
			if err != nil {
				t.Fatal(err)
			}
			_, again, err := scheme.Restore(content)
			if err != nil || digest != v.Digest() || again.Digest() != digest {
				t.Errorf("%s: %v", s.ID, err)
				continue
			}
			facts := v.Sample()
			a, errA := s.Evaluate(v, facts, scheme.Context{})
			b, errB := s.Evaluate(again, facts, scheme.Context{})
			if !slices.Equal(a.Failed, b.Failed) || a.Amount != b.Amount || (errA == nil) != (errB == nil) {
				t.Errorf("%s: the snapshot says %+v %v, the version %+v %v", s.ID, b, errB, a, errA)
			}
		}
	}
}

func BenchmarkEvaluate(b *testing.B) {
	c, err := scheme.Load(schemes.Files)
	if err != nil {
		b.Fatal(err)
	}
	s, _ := c.ByTag("rebond")
	v, facts := s.Versions[0], shop()
	for b.Loop() {
		if _, err := s.Evaluate(v, facts, scheme.Context{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "applications/s")
}
