package fields_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"relance/domain/scheme"
	"relance/intake/fields"
	"relance/mail/message"
	"relance/schemes"
)

// version is that of a scheme of this repository.
func version(t testing.TB, tag string) *scheme.Version {
	t.Helper()
	c, err := scheme.Load(schemes.Files)
	if err != nil {
		t.Fatal(err)
	}
	s, ok := c.ByTag(tag)
	if !ok {
		t.Fatal("no scheme ", tag)
	}
	return s.At(time.Date(2020, 7, 1, 0, 0, 0, 0, time.UTC))
}

// read gives what a text says.
func read(text string, v *scheme.Version) []fields.Found {
	return fields.Read(fields.Lines(text), v, nil).Found
}

func TestFields(t *testing.T) {
	v := version(t, "rebond")
	for _, c := range []struct{ text, field, value, problem string }{
		{"Loyer mensuel : 480,50 €", "loyer_mensuel", "48050", ""},
		{"loyer mensuel=480.50", "loyer_mensuel", "48050", ""},
		{"* LOYER MENSUEL (hors charges) : 480,50 € / mois", "loyer_mensuel", "48050", ""},
		{"Loyer mensuel : 1.500 €", "loyer_mensuel", "150000", "to_confirm"},
		{"Commune : Villeneuve d'Ascq", "commune", "59009", ""},
		{"Commune : 59000 LILLE", "commune", "59350", ""},
		{"Commune : Paris", "commune", "", "commune_unknown"},
		{"Activité : artisan", "activite", "artisanat", ""},
		{"Local : Boutique", "local", "vitrine", ""},
		{"Effectif : (nombre de salariés) 3", "effectif", "3", ""},
		{"Loyer\t480 euros", "loyer_mensuel", "48000", ""},
		{"| Nombre de salariés | 3 |", "effectif", "3", ""},
		{"Effectif :\n\n  3 salariés", "effectif", "3", ""},
		{"Benefice imposable: 21 000 EUR", "benefice", "2100000", ""},
		{"N° SIRET : 732 829 320 00074", "siret", "73282932000074", ""},
		{"SIRET : 732 829 320 00075", "siret", "", "siret_invalid"},
		{"IBAN: FR15 2004 1010 0505 0001 3M02 606", "iban", "", "iban_invalid"},
		{"Date de création : le 15 septembre 2017", "date_creation", "2017-09-15", ""},
		{"Propriétaire du local : Non.", "proprietaire", "false", ""},
		{"Je déclare sur l’honneur : oui", "declaration", "true", ""},
		{"Effectif : trois\nEffectif : 3", "effectif", "3", ""},
		{"Effectif : 3\nEffectif : trois", "effectif", "3", ""},
		{"Effectif : 3\nEffectif : 4", "effectif", "4", "to_confirm"},
		{"Effectif :\nLoyer mensuel : 480 €", "loyer_mensuel", "48000", ""},
		{"Raison sociale : Au Bon Pain: chez Jeanne", "entreprise", "Au Bon Pain: chez Jeanne", ""},
	} {
		found := read(c.text, v)
		i := slices.IndexFunc(found, func(f fields.Found) bool { return f.Field == c.field })
		if i < 0 || found[i].Value != c.value || found[i].Problem != c.problem {
			t.Errorf("%q: %+v", c.text, found)
		}
	}
	if found := read("Bonjour : voici\nMon loyer est cher\nhttps://x.example/a=b", v); len(found) > 0 {
		t.Errorf("read %+v where nothing is said", found)
	}
}

// replies are what people wrote in the messages of the corpus.
func replies(f *testing.F, add func(text string)) {
	f.Helper()
	files, err := filepath.Glob("../inspect/testdata/corpus/*.eml")
	if err != nil || len(files) == 0 {
		f.Fatal("no corpus: ", err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		const long = 10 << 10 // a fuzzer does little with those
		if m, err := message.Parse(raw); err == nil && len(m.Reply) < long {
			add(m.Reply)
		}
	}
}

func FuzzFields(f *testing.F) {
	v := version(f, "rebond")
	f.Add("Loyer mensuel : 480,50 €\nEffectif :\n3")
	replies(f, func(text string) { f.Add(text) })
	f.Fuzz(func(t *testing.T, text string) {
		for _, found := range read(text, v) {
			if found.Value == "" && found.Problem == "" && found.Field != "" && strings.TrimSpace(found.Written) != "" {
				t.Errorf("%q: neither a value nor a problem: %+v", text, found)
			}
		}
	})
}

// value is what was read for a key of the facts.
func value(found []fields.Found, key string) string {
	i := slices.IndexFunc(found, func(f fields.Found) bool { return f.Field == key })
	if i < 0 {
		return "?"
	}
	return found[i].Value
}

func TestGroups(t *testing.T) {
	v := version(t, "tourisme")
	for name, text := range map[string]string{
		"a table with bars":    "Voici nos chiffres :\n\n| Mois | CA 2019 | CA 2020 |\n|---|---|---|\n| mars | 42 000 € | 19 500 € |\n| avril | 45 000 € | 0 € |\nCordialement",
		"a table with tabs":    "Mois\tCA 2019\tCA 2020\nmars\t42 000\t19 500\navril\t45 000\t0\n",
		"semicolons":           "Période ; Chiffre d'affaires 2019 ; Chiffre d'affaires 2020\nmars ; 42000 ; 19500\navril ; 45000 ; 0",
		"blocks":               "Mois : mars\nCA 2019 : 42 000 €\nCA 2020 : 19 500 €\n\nMois : avril\nCA 2019 : 45 000 €\nCA 2020 : 0 €",
		"numbered lines":       "Mois 1 : mars\nCA 2019 (1) : 42 000 €\nCA 2020 n°1 : 19 500 €\nMois 2 : avril\nCA 2019 (2) : 45 000 €\nCA 2020 (2) = 0 €",
		"bullets, other words": "- Mois : mars\n- CA 2019 : 42.000,00 €\n- CA 2020 : 19500 euros\n- Mois : avril\n- CA 2019 : 45000\n- CA 2020 : 0",
	} {
		found := read(text, v)
		for key, want := range map[string]string{"periodes.1.mois": "mars", "periodes.1.ca_2019": "4200000", "periodes.1.ca_2020": "1950000", "periodes.2.mois": "avril", "periodes.2.ca_2019": "4500000", "periodes.2.ca_2020": "0"} {
			if got := value(found, key); got != want {
				t.Errorf("%s: %s is %q, want %q", name, key, got, want)
			}
		}
		if len(found) != 6 {
			t.Errorf("%s: %d values", name, len(found))
		}
	}
}

func FuzzGroups(f *testing.F) {
	v := version(f, "tourisme")
	f.Add("| Mois | CA 2019 |\n|---|---|\n| mars | 1 |\nMois 3 : mai\nEffectif : (3) 4")
	replies(f, func(text string) { f.Add(text) })
	f.Fuzz(func(t *testing.T, text string) {
		for _, found := range read(text, v) {
			if _, _, ok := v.FieldAt(found.Field); !ok {
				t.Errorf("%q gives a value for %q, which the scheme does not have", text, found.Field)
			}
		}
	})
}
