package scheme_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"relance/domain/scheme"
	"relance/schemes"
)

func catalogue(t *testing.T) *scheme.Catalogue {
	t.Helper()
	c, err := scheme.Load(schemes.Files)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func rebond(t *testing.T) (*scheme.Scheme, *scheme.Version) {
	t.Helper()
	s, ok := catalogue(t).ByTag("REBOND")
	if !ok {
		t.Fatal("no scheme takes applications at +rebond")
	}
	return s, s.At(time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC))
}

// shop is a shop that meets every condition.
func shop() scheme.Facts {
	return scheme.Facts{"entreprise": "Au Bon Pain", "siret": "73282932000074", "representant": "Jeanne Martin", "adresse": "1 rue X, 59000 Lille",
		"commune": "59350", "activite": "commerce", "local": "vitrine", "effectif": "3", "date_creation": "2017-09-15", "chiffre_affaires": "18000000", "benefice": "2100000", "loyer_mensuel": "48050",
		"proprietaire": "false", "iban": "FR1420041010050500013M02606", "declaration": "true"}
}

func TestTheRentAidOfTheFondsRebond(t *testing.T) {
	s, v := rebond(t)
	for _, c := range []struct {
		name   string
		change map[string]string
		failed []string
		amount int64
	}{
		{"three months' rent", nil, nil, 144150},
		{"capped at 500 euros a month", map[string]string{"loyer_mensuel": "120000"}, nil, 150000},
		{"exactly at the cap", map[string]string{"loyer_mensuel": "50000"}, nil, 150000},
		{"nine employees are fewer than ten", map[string]string{"effectif": "9"}, nil, 144150},
		{"ten are not", map[string]string{"effectif": "10"}, []string{"effectif"}, 144150},
		{"created on the eve", map[string]string{"date_creation": "2020-04-30"}, nil, 144150},
		{"created on the day", map[string]string{"date_creation": "2020-05-01"}, []string{"creation"}, 144150},
		{"turnover of a million", map[string]string{"chiffre_affaires": "100000000"}, []string{"chiffre-affaires"}, 144150},
		{"owner, and too much profit", map[string]string{"proprietaire": "true", "benefice": "6000000"}, []string{"benefice", "locataire"}, 144150},
		{"outside the metropolis", map[string]string{"commune": "75056"}, []string{"territoire"}, 144150},
		{"at home", map[string]string{"local": "aucun"}, []string{"activite"}, 144150},
		{"no year closed, little turnover", map[string]string{"exercice_clos": "false", "ca_mensuel": "8333299"}, nil, 144150},
		{"no year closed, much turnover", map[string]string{"exercice_clos": "false", "ca_mensuel": "8333300"}, []string{"chiffre-affaires"}, 144150},
		{"no rent", map[string]string{"loyer_mensuel": "0"}, []string{"loyer"}, 0},
		{"not declared", map[string]string{"declaration": "false"}, []string{"declaration"}, 144150},
	} {
		facts := shop()
		for k, value := range c.change {
			facts[k] = value
		}
		o, err := s.Evaluate(v, facts, scheme.Context{})
		if err != nil || !slices.Equal(o.Failed, c.failed) || o.Eligible != (len(c.failed) == 0) || int64(o.Amount) != c.amount {
			t.Errorf("%s: %+v, %v", c.name, o, err)
		}
	}
}

func TestNothingIsEvaluatedBeforeAllIsKnown(t *testing.T) {
	s, v := rebond(t)
	facts := shop()
	delete(facts, "benefice")
	if o, err := s.Evaluate(v, facts, scheme.Context{}); !errors.Is(err, scheme.ErrIncomplete) || !strings.Contains(err.Error(), "benefice") {
		t.Errorf("%+v, %v", o, err)
	}
}

func TestARuleKnowsTheFieldItIsAbout(t *testing.T) {
	_, v := rebond(t)
	if f, ok := v.FieldOf("effectif"); !ok || f.ID != "effectif" {
		t.Errorf("%+v %v", f, ok)
	}
	if f, ok := v.FieldOf("locataire"); !ok || f.ID != "proprietaire" {
		t.Errorf("%+v %v", f, ok)
	}
}

func TestNormalise(t *testing.T) {
	for _, c := range []struct {
		kind          scheme.Type
		written, want string
		err           error
	}{
		{scheme.Integer, "3", "3", nil},
		{scheme.Integer, "3 salariés", "3", nil},
		{scheme.Integer, "1 200", "1200", nil},
		{scheme.Integer, "aucun", "0", nil},
		{scheme.Integer, "trois", "3", nil},
		{scheme.Integer, "3,5", "", scheme.ErrInteger},
		{scheme.Integer, "3 ou 4", "", scheme.ErrSeveral},
		{scheme.Money, "480,50 €", "48050", nil},
		{scheme.Money, "480 € par mois", "48000", scheme.ErrDoubt}, // where nothing says what the field is for,
		{scheme.Money, "480 € (hors charges)", "48000", nil},
		{scheme.Money, "480 € HC", "48000", nil},
		{scheme.Money, "-480 €", "", scheme.ErrAmount},
		{scheme.Money, "cinq cents euros", "50000", nil},
		{scheme.Day, "15/09/2017", "2017-09-15", nil},
		{scheme.Day, "15-9-2017", "2017-09-15", nil},
		{scheme.Day, "2017-09-15", "2017-09-15", nil},
		{scheme.Day, "15 septembre 2017", "2017-09-15", nil},
		{scheme.Day, "le 1er août 2018.", "2018-08-01", nil},
		{scheme.Day, "31/02/2017", "", scheme.ErrDate},
		{scheme.Day, "septembre 2017", "", scheme.ErrDate},
		{scheme.YesNo, "Oui.", "true", nil},
		{scheme.YesNo, "oui, sur l'honneur", "true", nil},
		{scheme.YesNo, "NON", "false", nil},
		{scheme.YesNo, "peut-être", "", scheme.ErrYesNo},
		{scheme.SIRET, "732 829 320 00074", "73282932000074", nil},
		{scheme.SIRET, "73282932000075", "", scheme.ErrSIRET},
		{scheme.SIRET, "00000000000000", "", scheme.ErrSIRET},
		{scheme.SIRET, "356 000 000 00007", "", scheme.ErrSIRET},
		{scheme.SIRET, "35600000000048", "35600000000048", nil},
		{scheme.SIRET, "35600000049837", "35600000049837", nil},
		{scheme.IBAN, "FR14 2004 1010 0505 0001 3M02 606", "FR1420041010050500013M02606", nil},
		{scheme.IBAN, "fr1420041010050500013m02606", "FR1420041010050500013M02606", nil},
		{scheme.IBAN, "FR1520041010050500013M02606", "", scheme.ErrIBAN},
		{scheme.IBAN, "BE68 5390 0754 7034", "BE68539007547034", nil},
		{scheme.IBAN, "FR14", "", scheme.ErrIBAN},
		{scheme.SIREN, "732 829 320", "732829320", nil},
		{scheme.SIREN, "732829321", "", scheme.ErrSIREN},
		{scheme.Email, "Jeanne Martin <Jeanne@Boulangerie.example>", "jeanne@boulangerie.example", nil},
		{scheme.Email, "jeanne@boulangerie", "", scheme.ErrEmail},
		{scheme.Phone, "03 20 00 00 00", "+33320000000", nil},
		{scheme.Phone, "+33 (0)3.20.00.00.00", "+33320000000", nil},
		{scheme.Phone, "0032 2 555 12 12", "+3225551212", nil},
		{scheme.Phone, "320", "", scheme.ErrPhone},
		{scheme.INSEE, "2a004", "2A004", nil},
		{scheme.INSEE, "Lille", "", scheme.ErrCommune},
		{scheme.Money, "1.500 €", "150000", scheme.ErrDoubt},
		{scheme.Money, "1,500", "150000", scheme.ErrDoubt},
		{scheme.Day, "15/09/17", "2017-09-15", scheme.ErrDoubt},
		{scheme.Text, "  Au Bon Pain ", "Au Bon Pain", nil},
	} {
		got, err := (&scheme.Version{}).Normalise(scheme.Field{Type: c.kind}, c.written)
		if got != c.want || !errors.Is(err, c.err) {
			t.Errorf("%s %q = %q, %v; want %q, %v", c.kind, c.written, got, err, c.want, c.err)
		}
	}
}

func FuzzNormalise(f *testing.F) {
	for _, s := range []string{"480,50 €", "le 1er mars 2018", "FR14 2004", "3 salariés", "oui"} {
		f.Add(s)
	}
	kinds := []scheme.Type{scheme.Text, scheme.Integer, scheme.Money, scheme.Day, scheme.YesNo, scheme.SIRET, scheme.SIREN, scheme.IBAN, scheme.Email, scheme.Phone, scheme.INSEE}
	f.Fuzz(func(t *testing.T, written string) {
		normalise := func(kind scheme.Type, written string) (string, error) {
			return (&scheme.Version{}).Normalise(scheme.Field{Type: kind}, written)
		}
		for _, kind := range kinds {
			normal, err := normalise(kind, written)
			if err != nil || kind == scheme.Money { // cents are not written as people write euros
				continue
			}
			if again, err := normalise(kind, normal); kind != scheme.YesNo && (err != nil || again != normal) {
				t.Errorf("%s %q is %q, which is read as %q (%v)", kind, written, normal, again, err)
			}
		}
	})
}
