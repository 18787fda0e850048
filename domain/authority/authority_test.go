package authority

import (
	"strings"
	"testing"
	"time"

	"relance/domain/casefile"
)

func day(text string) time.Time {
	t, err := time.ParseInLocation(time.DateOnly, text, casefile.Paris)
	if err != nil {
		panic(err)
	}
	return t.Add(23 * time.Hour) // late in the evening is still that day
}

func TestWhoSigns(t *testing.T) {
	a := Example()
	a.Signatories = []Signatory{
		{Name: "Anne Petit", Capacity: "Cheffe de service", Delegation: "Par délégation", Act: "arrêté 1", Signs: []string{"lapse", "grant"}, UpTo: "5 000 €", From: "2020-07-06", Until: "2020-12-31"},
		{Name: "Luc Grand", Capacity: "Directeur", Delegation: "Par délégation", Act: "arrêté 2", UpTo: "23 000 €"},
	}
	if err := a.Check(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		letter string
		cents  int64
		on     string
		who    string
	}{
		{"grant", 500000, "2020-07-06", "Anne Petit"},
		{"grant", 500001, "2020-07-06", "Luc Grand"},
		{"grant", 500000, "2020-07-05", "Luc Grand"},
		{"grant", 500000, "2020-12-31", "Anne Petit"},
		{"grant", 500000, "2021-01-01", "Luc Grand"},
		{"reject", 0, "2020-08-01", "Luc Grand"},
		{"lapse", 0, "2020-08-01", "Anne Petit"},
		{"grant", 2300001, "2020-08-01", ""},
	} {
		s, err := a.SignatoryFor(c.letter, c.cents, day(c.on))
		if s.Name != c.who || (err == nil) != (c.who != "") {
			t.Errorf("%s of %d on %s: %q, %v", c.letter, c.cents, c.on, s.Name, err)
		}
	}
	_, err := a.SignatoryFor("reject", 2300001, day("2021-01-01"))
	for _, want := range []string{"Anne Petit : sa délégation a pris fin le 31/12/2020", "Luc Grand : sa délégation s'arrête à 23\u202f000,00\u00a0€"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
}

func TestTheAccountIsChecked(t *testing.T) {
	good, err := Parse(example)
	if err != nil || good.Account.IBAN != "FR7620041010050000000000141" || good.Account.Grouped() != "FR76\u00a02004\u00a01010\u00a00500\u00a00000\u00a00000\u00a0141" {
		t.Errorf("%+v, %v", good.Account, err)
	}
	if _, err := Parse([]byte(strings.Replace(string(example), "0000 141", "0000 142", 1))); err == nil || !strings.Contains(err.Error(), "account.iban") {
		t.Errorf("a wrong account number: %v", err)
	}
	if _, err := Parse([]byte(strings.Replace(string(example), "  name: Trésorerie de la Métropole des Flandres\n", "", 1))); err == nil || !strings.Contains(err.Error(), "account.name") {
		t.Errorf("an account of nobody: %v", err)
	}
}

func TestWhatAnAuthorityLacksIsNamed(t *testing.T) {
	text := strings.NewReplacer("up_to: 100 000 €", "up_to: beaucoup", "from: 2020-07-06", "from: 6 juillet", "name: Bernard Delannoy", "name: Delannoy",
		"    act: arrêté n° 2020-A-117 du 6 juillet 2020 portant délégation de signature\n", "").Replace(string(example))
	_, err := Parse([]byte(text))
	for _, want := range []string{`signatories[0].up_to: an amount as 23 000 €, not "beaucoup"`, `signatories[0].from: a day as 2020-07-06, not "6 juillet"`,
		"signatories[0].act: the act of delegation", "signatories[1].name: first name and surname"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
}
