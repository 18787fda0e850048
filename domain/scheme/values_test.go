package scheme_test

import (
	"errors"
	"strings"
	"testing"

	"relance/domain/scheme"
)

// TestValuesAsPeopleWriteThem: what people really write for a field, and what becomes of it.
func TestValuesAsPeopleWriteThem(t *testing.T) {
	rent := scheme.Field{Label: "Loyer mensuel", Type: scheme.Money}
	net := scheme.Field{Label: "Loyer mensuel hors charges", Type: scheme.Money}
	turnover := scheme.Field{Label: "Chiffre d'affaires annuel", Type: scheme.Money}
	income := scheme.Field{Label: "Revenu fiscal de référence", Type: scheme.Money, Per: "year"}
	profit := scheme.Field{Label: "Bénéfice imposable", Type: scheme.Money, Per: "year", Losses: true}
	works := scheme.Field{Label: "Montant des travaux", Type: scheme.Money}
	staff := scheme.Field{Label: "Effectif", Type: scheme.Integer, Unit: "salariés"}
	people := scheme.Field{Label: "Personnes au foyer", Type: scheme.Integer, Unit: "personnes"}
	year := scheme.Field{Label: "Année de construction", Type: scheme.Integer}
	owner := scheme.Field{Label: "Propriétaire du local", Type: scheme.YesNo}
	honour := scheme.Field{Label: "Déclaration sur l'honneur", Type: scheme.YesNo, Aliases: []string{"attestation sur l'honneur"}}
	closed := scheme.Field{Label: "Exercice clos", Type: scheme.YesNo}
	covered := scheme.Field{Label: "Besoin déjà couvert par une entreprise", Type: scheme.YesNo, Aliases: []string{"concurrence"}}
	began := scheme.Field{Label: "Date de création", Type: scheme.Day}
	siret, iban := scheme.Field{Type: scheme.SIRET}, scheme.Field{Type: scheme.IBAN}
	phone, email := scheme.Field{Type: scheme.Phone}, scheme.Field{Type: scheme.Email}
	trade := scheme.Field{Label: "Activité", Type: scheme.Choice, Options: []scheme.Option{
		{ID: "commerce", Label: "Commerce", Aliases: []string{"commerçant", "commerce de détail"}}, {ID: "artisanat", Label: "Artisanat", Aliases: []string{"artisan", "coiffure"}},
		{ID: "restauration", Label: "Café, hôtel ou restaurant", Aliases: []string{"café", "restaurant", "restauration"}}, {ID: "autre", Label: "Autre activité"}}}
	shop := scheme.Field{Label: "Local", Type: scheme.Choice, Options: []scheme.Option{{ID: "vitrine", Label: "Local avec vitrine", Aliases: []string{"vitrine", "boutique avec vitrine", "boutique"}},
		{ID: "atelier", Label: "Point de vente attaché à un atelier de réparation", Aliases: []string{"atelier"}}, {ID: "aucun", Label: "Pas de local ouvert au public", Aliases: []string{"sans local"}}}}
	town := scheme.Field{Label: "Commune", Type: scheme.INSEE, List: "m"}
	v := &scheme.Version{Entries: map[string][]scheme.Entry{"m": {{Code: "59350", Name: "Lille", Aliases: []string{"Lomme", "Fives"}}, {Code: "59512", Name: "Roubaix"}, {Code: "59386", Name: "Marquette-lez-Lille"},
		{Code: "59009", Name: "Villeneuve-d'Ascq"}, {Code: "59527", Name: "Saint-André-lez-Lille"}, {Code: "59599", Name: "Tourcoing"}, {Code: "59368", Name: "La Madeleine"}}}}
	for _, c := range []struct {
		field         scheme.Field
		written, want string
		err           error
	}{
		{rent, "480 €.", "48000", nil}, {rent, "480 € HC/mois", "48000", nil}, {rent, "480 € CC", "48000", nil}, {net, "480 € CC", "48000", scheme.ErrDoubt}, {net, "480 € HC", "48000", nil},
		{rent, "environ 500 €", "50000", nil}, {rent, "5 766 € par an", "48050", scheme.ErrDoubt}, {rent, "1 200 €/trimestre", "40000", scheme.ErrDoubt}, {rent, "120 € par semaine", "", scheme.ErrAmount},
		{rent, "520 € (+ 40 € de charges)", "52000", nil}, {rent, "480 € + 60 € de charges", "48000", nil}, {rent, "480,50 €/mois soit 5 766 €/an", "48050", nil}, {rent, "480 € ou 500 €", "", scheme.ErrSeveral},
		{rent, "mille trois cent quarante euros et 75 centimes", "134075", nil}, {rent, "480 € (quatre cent quatre-vingts euros)", "48000", nil}, {rent, "480 € mais gratuit depuis mars", "48000", scheme.ErrDoubt},
		{rent, "moins de 500 €", "", scheme.ErrAmount}, {rent, "-480 €", "", scheme.ErrAmount}, {rent, "480 € depuis le 1er mars 2019", "48000", nil}, {rent, "néant", "0", nil}, {rent, "aucune idée", "", scheme.ErrAmount}, {rent, "pas de loyer", "0", nil},
		{turnover, "15 200 €/mois", "18240000", scheme.ErrDoubt}, {turnover, "198k", "19800000", nil}, {turnover, "0,24 M€", "24000000", nil}, {turnover, "310 500€ HT", "31050000", nil}, {turnover, "182 400 en 2019", "", scheme.ErrSeveral},
		{turnover, "182 400 € en 2019", "18240000", nil}, {turnover, "182 400 (2019)", "18240000", nil}, {income, "1 560 € par mois", "1872000", scheme.ErrDoubt}, {income, "31 250", "3125000", nil},
		{works, "6400 € TTC", "640000", nil}, {works, "5 333 € HT soit 6 400 € TTC", "", scheme.ErrSeveral},
		{profit, "-3 200 € (déficit)", "-320000", nil}, {profit, "− 3 200 €", "-320000", nil}, {profit, "perte de 3 200 €", "-320000", nil}, {profit, "déficit de 3 200 euros", "-320000", nil}, {profit, "j'ai fait 9 800 € l'année dernière", "980000", nil},
		{staff, "2 salariés et un apprenti", "", scheme.ErrSeveral}, {staff, "2 ETP + 1 apprenti", "", scheme.ErrSeveral}, {staff, "une seule salariée", "1", nil}, {staff, "quatre salariés", "4", nil},
		{staff, "3 (dont 1 apprenti)", "3", nil}, {staff, "aucun salarié", "0", nil}, {staff, "pas de salarié", "0", nil}, {staff, "02", "2", nil}, {staff, "3 CDI à temps plein", "3", nil}, {staff, "moins de 10", "", scheme.ErrInteger}, {staff, "entre 2 et 3", "", scheme.ErrSeveral},
		{people, "3 enfants et nous deux", "", scheme.ErrSeveral}, {people, "moi et mes 3 enfants", "", scheme.ErrSeveral}, {people, "3 enfants", "3", scheme.ErrDoubt}, {people, "4 (2 adultes, 2 enfants)", "4", nil}, {people, "1 (moi)", "1", nil}, {people, "nous sommes 4", "4", nil},
		{year, "vers 1965", "1965", nil}, {year, "construite en 1978", "1978", nil}, {year, "1965, agrandie en 1990", "", scheme.ErrSeveral},
		{owner, "oui ☐ non ☒", "false", nil}, {owner, "☒ oui ☐ non", "true", nil}, {owner, "OUI / NON", "", scheme.ErrYesNo}, {owner, "[ ] oui [x] non", "false", nil}, {owner, "oui [x] non [ ]", "true", nil}, {owner, "☐ oui ☐ non", "", scheme.ErrYesNo},
		{owner, "Non (locataire)", "false", nil}, {owner, "non je loue", "false", nil}, {owner, "je suis locataire", "false", nil}, {owner, "je ne suis pas propriétaire", "false", nil}, {owner, "oui, mais en location", "true", scheme.ErrDoubt}, {owner, "SCI Les Arcades", "false", scheme.ErrDoubt}, {owner, "peut-être", "", scheme.ErrYesNo},
		{honour, "je l'atteste", "true", nil}, {honour, "Oui je certifie sur l'honneur", "true", nil}, {honour, "ok", "true", nil}, {honour, "je soussignée Mireille Caron atteste sur l'honneur l'exactitude des informations", "true", nil},
		{closed, "le 31 décembre 2019", "true", scheme.ErrDoubt}, {covered, "pas de concurrence", "false", nil}, {covered, "aucune concurrence", "false", nil}, {covered, "non, il n'y en a pas", "false", nil},
		{began, "depuis le 1er mars 2016", "2016-03-01", nil}, {began, "4.11.2019", "2019-11-04", nil}, {began, "quinze septembre deux mille douze", "2012-09-15", nil}, {began, "novembre 2008", "", scheme.ErrDate}, {began, "du 1er mars 2019 au 1er mars 2020", "", scheme.ErrSeveral},
		{siret, "504 112 236 00014 / 5610A", "50411223600014", nil}, {siret, "SIRET n° 844.556.670.00017", "84455667000017", nil}, {siret, "844 556 670", "", scheme.ErrSIRET},
		{iban, "FR76 1562 9027 0200 0004 4556 674 BIC : AGRIFRPP", "FR7615629027020000044556674", nil}, {iban, "FR76 3000 4007 2800 0001 2345 673 (Crédit Lyonnais)", "FR7630004007280000012345673", nil}, {iban, "IBAN FR761670605033 0001122334476", "FR7616706050330001122334476", nil},
		{phone, "03 20 12 45 78 (magasin)", "+33320124578", nil}, {phone, "03 20 12 45 78 - 06 12 00 00 00", "", scheme.ErrSeveral}, {email, "c'est jeanne@boulangerie.example", "jeanne@boulangerie.example", nil},
		{trade, "artisan coiffeur", "artisanat", nil}, {trade, "coiffure mixte", "artisanat", nil}, {trade, "commerce et restauration", "", scheme.ErrBoth}, {trade, "Café / restaurant", "restauration", nil}, {trade, "commerce de détail (librairie)", "commerce", nil}, {trade, "☐ Commerce ☒ Artisanat ☐ Autre activité", "artisanat", nil}, {trade, "commercant", "commerce", nil},
		{shop, "salon avec vitrine sur rue", "vitrine", nil}, {shop, "oui, avec vitrine", "vitrine", nil}, {shop, "atelier sans vitrine", "atelier", nil}, {shop, "Pas de local ouvert au public", "aucun", nil}, {shop, "boutique avec vitrine", "vitrine", nil},
		{town, "59170 LILLE", "59350", nil}, {town, "Roubaix (59100)", "59512", nil}, {town, "Lomme", "59350", nil}, {town, "Lille - Fives", "59350", nil}, {town, "Marquette lez Lille", "59386", nil}, {town, "Saint-André", "59527", nil}, {town, "St André", "59527", nil}, {town, "Villeneuve d Ascq", "59009", nil}, {town, "Madeleine", "59368", nil},
		{town, "Tourcoin", "59599", scheme.ErrDoubt}, {town, "Paris", "", scheme.ErrCommune}, {town, "Lille et Roubaix", "", scheme.ErrSeveral}, {town, "59512", "59512", nil},
	} {
		got, err := v.Normalise(c.field, c.written)
		if got != c.want || !errors.Is(err, c.err) || c.err == nil && err != nil {
			t.Errorf("%s %q = %q, %v; want %q, %v", c.field.Label, c.written, got, err, c.want, c.err)
		}
	}
}

// TestASumThatAnotherRounds: the one with more figures is meant, and asked back; a sum of another kind in brackets changes nothing.
func TestASumThatAnotherRounds(t *testing.T) {
	v := &scheme.Version{}
	f := scheme.Field{ID: "ca", Label: "Chiffre d'affaires annuel", Type: scheme.Money, Per: "year"}
	for written, want := range map[string]string{
		"52,3 k€ (52 310 € exactement)":       "5231000 to_confirm",
		"environ 52 000 € (52 310,40 €)":      "5231040 to_confirm",
		"52 310 € (52,3 k€)":                  "5231000 to_confirm",
		"182 400 € (dont 3 000 € de charges)": "18240000",
		"182 400 € (contre 95 000 € en 2018)": "18240000",
		"182 400 €": "18240000",
	} {
		got, err := v.Normalise(f, written)
		if err != nil {
			got += " " + err.Error()
		}
		if strings.TrimSpace(got) != want {
			t.Errorf("%s: %q, want %q", written, got, want)
		}
	}
}
