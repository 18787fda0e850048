package routing_test

import (
	"os"
	"regexp"
	"testing"

	"relance/domain/scheme"
	"relance/intake/routing"
	"relance/mail/address"
	"relance/mail/message"
	"relance/schemes"
)

var siret = regexp.MustCompile(`\b\d{14}\b`)

// TestEverydayMails: mails of people that looked like a machine's, and were lost. Nothing proves who wrote them.
func TestEverydayMails(t *testing.T) {
	catalogue, err := scheme.Load(schemes.Files)
	if err != nil {
		t.Fatal(err)
	}
	rebond, err := catalogue.Find("fonds-rebond")
	if err != nil {
		t.Fatal(err)
	}
	tourisme, err := catalogue.Find("rebond-tourisme")
	if err != nil {
		t.Fatal(err)
	}
	const reference = "RBD-S4SE1-H86XT"
	r := &routing.Router{Catalogue: catalogue, Addresses: address.Addresses{Mailbox: "aides@localhost", Sign: func(string) string { return "sdv05rsv" }}}
	known := book{cases: map[string]string{reference: "fonds-rebond"}}
	for _, c := range []struct {
		file, list, from string
		want             routing.Place
	}{
		{"01-subject-absence", "", "nora@localhost", routing.Place{Scheme: rebond, Unproven: true}},
		{"02-google-group", "", "oscar@localhost", routing.Place{Unassigned: routing.MaybeList}},
		{"02-google-group", "aides@metropole.example", "oscar@localhost", routing.Place{Scheme: rebond, Unproven: true}},
		{"06-two-schemes", "", "theo@localhost", routing.Place{Scheme: rebond, Second: tourisme, Unproven: true}},
		{"15-from-munged", "", "wafa@localhost", routing.Place{Unassigned: routing.MaybeList}},
		{"15-from-munged", "wafa@localhost", "copieur@localhost", routing.Place{Scheme: rebond, Unproven: true}},
		{"18-sign-list-unsubscribe", "", "victor@localhost", routing.Place{Case: reference}},
	} {
		raw, err := os.ReadFile("testdata/" + c.file + ".eml")
		if err != nil {
			t.Fatal(err)
		}
		m, err := message.ParseWith(raw, message.Shut)
		if err != nil {
			t.Fatal(err)
		}
		m.Through([]string{c.list})
		l := routing.Letter{Message: m, SIRETs: func() ([]string, error) { return siret.FindAllString(m.Reply, -1), nil }}
		if got, err := r.Route(l, known); err != nil || got != c.want || m.From.Address != c.from {
			t.Errorf("%s through %q: %+v from %s (%v)", c.file, c.list, got, m.From.Address, err)
		}
		if m.Kind != message.KindPerson && c.want.Unassigned == "" {
			t.Errorf("%s through %q would be read as a machine's: %s", c.file, c.list, m.Kind)
		}
	}
}
