package correspondence_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"relance/authority"
	"relance/casefile"
	"relance/correspondence"
	"relance/message"
	"relance/scheme"
	"relance/schemes"
	"relance/templates"
)

var writer = &correspondence.Writer{Authority: authority.Example(), Addresses: correspondence.Addresses{Mailbox: "aides@metropole.example"}, Texts: templates.French()}

// sample is a case that every text can speak of.
func sample(t testing.TB) correspondence.Request {
	t.Helper()
	catalogue, err := scheme.Load(schemes.Files)
	if err != nil {
		t.Fatal(err)
	}
	sch, _ := catalogue.ByTag("rebond")
	received := time.Date(2020, 9, 15, 10, 0, 0, 0, casefile.Paris)
	v := sch.At(received)
	v.Review.Opinions = []scheme.Opinion{{ID: "mairie", Of: "La mairie", Email: "jeanne@boulangerie.example", Question: "Le local est-il ouvert ?", Days: 15}}
	s := casefile.State{Reference: "RBD-7K3M9-QXD3A", Scheme: sch.ID, Stage: casefile.UnderReview, Received: received, Terms: sch.Terms(v),
		Verdict: casefile.Verdict{Eligible: true, Amount: 144150}, Charter: casefile.Charter{Version: "2020-06", Sent: received.AddDate(0, 0, 3), Signed: received.AddDate(0, 0, 7)},
		Missing:  []casefile.Want{{What: "document", ID: "bail", Problem: "pdf_unreadable"}, {What: "field", ID: "siret", Problem: "siret_invalid"}, {What: "field", ID: "declaration"}},
		Decision: &casefile.Decision{Grant: true, Amount: 144150, At: received.AddDate(0, 0, 20), Grounds: []string{"effectif", "hors-territoire"}}}
	s.ReckonSilence()
	s.Set(casefile.Allotted(casefile.DocumentDeadline, received, casefile.RuleRequested, 30))
	s.Set(casefile.Appeal(received.AddDate(0, 0, 21), casefile.RuleNotified, 2))
	s.Set(casefile.ReasonsDue(received.AddDate(0, 0, 21)))
	field := func(value string) casefile.Value { return casefile.Value{Value: value, Written: value} }
	f := casefile.Facts{Applicant: casefile.Person{Name: "Jeanne Martin", Email: "jeanne@boulangerie.example"},
		Thread: casefile.Thread{MessageID: "2@boulangerie.example", References: []string{"1@boulangerie.example"}},
		Fields: map[string]casefile.Value{"entreprise": field("Boulangerie Martin ❤️ | <b>&fils</b>"), "representant": field("Jeanne Martin"), "siret": field("62819482100011"),
			"adresse": field("12 rue de la Monnaie, 59000 Lille"), "effectif": field("14"), "loyer_mensuel": field("48050"), "iban": field("FR7620041518190937865797574"),
			"proprietaire": field("false"), "date_creation": field("2012-09-15")}}
	return correspondence.Request{State: s, Facts: f, Scheme: sch, Version: v, At: received.AddDate(0, 0, 21), Sent: time.Now(),
		Piece: casefile.Piece{Seq: 3, Opinion: "mairie", Message: "Nous avons bien lu votre message.\n\nL'agent vous appellera."}}
}

// keep writes a text or a letter where a person wants to look at it (RELANCE_TEST_OUT).
func keep(t *testing.T, name string, content []byte) {
	if folder := os.Getenv("RELANCE_TEST_OUT"); folder != "" {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestEveryMailIsWhole(t *testing.T) {
	for _, name := range writer.Texts.Mails() {
		r := sample(t)
		r.Piece.Mail = name
		r.Matters = correspondence.SampleMatters("", r.At, 144150)
		raw, to, err := writer.Mail(r, nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		keep(t, name+".eml", raw)
		m, err := message.Parse(raw)
		if err != nil || len(m.Warnings) > 0 {
			t.Fatalf("%s: %v %v", name, err, m.Warnings)
		}
		if writer.Texts.Labels.Mails[name] == "" {
			t.Errorf("%s has no label", name)
		}
		for what, ok := range map[string]bool{
			"recipient":   to == "jeanne@boulangerie.example" && m.To[0].Address == to,
			"reply to":    m.ReplyTo.Address == "aides+rbd-7k3m9-qxd3a@metropole.example",
			"subject":     strings.HasPrefix(m.Subject, "[RBD-7K3M9-QXD3A] ") && len(m.Subject) > 25,
			"message id":  m.MessageID == "rbd-7k3m9-qxd3a.3."+name+"@metropole.example" && writer.Addresses.CaseOf(m.MessageID) == "RBD-7K3M9-QXD3A",
			"thread":      m.InReplyTo == "2@boulangerie.example" && strings.Join(m.References, " ") == "1@boulangerie.example 2@boulangerie.example",
			"automatic":   (m.Kind == message.KindPerson) == (name == "message" || name == "request" || name == "opinion") && m.AutoSubmitted != "",
			"salutation":  strings.HasPrefix(m.Text, "Madame, Monsieur,"),
			"no value":    !strings.Contains(m.Text, "<no value>") && !strings.Contains(m.Text, "janvier\u00a01"),
			"no blank":    !strings.Contains(m.Text, "\n\n\n"),
			"who answers": strings.Contains(m.Text, "Claire Delattre") || name == "stranger",
		} {
			if !ok {
				t.Errorf("%s: %s is wrong:\n%s\n%s\n%s", name, what, m.Subject, m.AutoSubmitted, m.Text)
			}
		}
	}
}

func TestTheAcknowledgementSaysWhatTheLawAsks(t *testing.T) {
	r := sample(t)
	r.Piece.Mail = "acknowledgement"
	raw, _, err := writer.Mail(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	m, err := message.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer("\u00a0", " ", "\u202f", " ").Replace(m.Text)
	for _, want := range []string{
		"15 septembre 2020", "15 novembre 2020", "vaut décision de rejet", // R112-5, 1° and 2°
		"Claire Delattre", "2 boulevard des Cités-Unies", "03 53 01 00 11", "claire.delattre@", // R112-5, 3°
		"15 octobre 2020", "Bail commercial", "SIRET : le numéro reçu n'est pas", // L114-5
		"tribunal administratif de Lille", "recours gracieux", // silence is a rejection
		"dpd@metropole-des-flandres.example", "CNIL", // RGPD art. 13
		"FR76 •••• 7574",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the acknowledgement lacks %q:\n%s", want, text)
		}
	}
}

func TestEveryLetterIsWhole(t *testing.T) {
	for _, name := range writer.Texts.Letters() {
		r := sample(t)
		r.Piece.Letter = name
		r.Matters = correspondence.SampleMatters(name, r.At, 144150)
		pdf, err := writer.Letter(r)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		keep(t, name+".pdf", pdf)
		again, err := writer.Letter(r)
		if err != nil || string(again) != string(pdf) {
			t.Errorf("%s: the same letter has other bytes (%v)", name, err)
		}
		if writer.Texts.Labels.Letters[name] == "" {
			t.Errorf("%s has no label", name)
		}
	}
}

func TestAddresses(t *testing.T) {
	a := writer.Addresses
	for address, want := range map[string]string{"aides+rebond@metropole.example": "rebond", "AIDES+RBD-1@Metropole.example": "rbd-1", "aides@metropole.example": ""} {
		if got, ok := a.Detail(address); !ok || got != want {
			t.Errorf("%s: %q %v", address, got, ok)
		}
	}
	for _, address := range []string{"aidesx+rebond@metropole.example", "aides+rebond@autre.example", "", "@"} {
		if got, ok := a.Detail(address); ok {
			t.Errorf("%s is ours: %q", address, got)
		}
	}
	for _, id := range []string{"rbd-7k3m9-qxd3a.3.grant@autre.example", "x@metropole.example", "", "rbd-7k3m9.1.x@metropole.example"} {
		if got := a.CaseOf(id); got != "" {
			t.Errorf("%s belongs to %q", id, got)
		}
	}
}
