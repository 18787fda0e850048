package reading_test

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"relance/domain/authority"
	"relance/domain/casefile"
	"relance/domain/scheme"
	"relance/intake/form"
	"relance/intake/papers"
	"relance/intake/reading"
	"relance/letters/correspondence"
	"relance/letters/texts"
	"relance/mail/address"
	"relance/mail/auth"
	"relance/mail/message"
	"relance/schemes"
)

func tourism(t testing.TB) (*scheme.Scheme, *scheme.Version) {
	t.Helper()
	c, err := scheme.Load(schemes.Files)
	if err != nil {
		t.Fatal(err)
	}
	s, _ := c.ByTag("tourisme")
	return s, s.At(time.Now())
}

// readWith reads a mail with one attachment into a new case.
func readWith(t *testing.T, name, mediaType string, content []byte, text string) casefile.Facts {
	t.Helper()
	s, v := tourism(t)
	m := message.Message{MessageID: "1", Kind: message.KindPerson, From: message.Address{Address: "jeanne@x.example"}, Reply: text,
		Attachments: []message.Attachment{file(name, mediaType, content, "f")}}
	r, err := reading.Read(reading.Input{Papers: papers.Here{}, Message: &m, Mail: casefile.Mail{Identity: "1"}, State: casefile.State{Reference: "RBT-7K3M9-QXD3A"}, Scheme: s, Version: v, Reach: auth.Bring})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range r.Reading.Documents {
		if d.Kind != reading.FormCopy {
			t.Errorf("%s was taken for %s", name, d.Kind)
		}
	}
	return r.Facts
}

func TestTheFilledForm(t *testing.T) {
	s, v := tourism(t)
	w := &correspondence.Writer{Authority: authority.Example(), Addresses: address.Addresses{Mailbox: "aides@metropole.example"}, Texts: texts.French()}
	blank, err := w.BlankForm(s, v)
	if err != nil {
		t.Fatal(err)
	}
	filled, err := form.Fill(blank, map[string]string{"entreprise": "Hôtel du Pont", "siret": "637 129 263 00017", "activite": "Hébergement", "effectif": "7", "declaration": "oui",
		"periodes.1.mois": "mars", "periodes.1.ca_2019": "42 000", "periodes.1.ca_2020": "19 500,50"})
	if err != nil {
		t.Fatal(err)
	}
	f := readWith(t, "formulaire.pdf", "application/pdf", filled, "Bonjour,\nVoici le formulaire.\nEffectif : 8")
	for key, want := range map[string]string{"entreprise": "Hôtel du Pont", "siret": "63712926300017", "activite": "hebergement", "declaration": "true", "periodes.1.mois": "mars", "periodes.1.ca_2020": "1950050"} {
		if got := f.Fields[key]; got.Value != want || got.From != "form" || got.File != "f" || got.Problem != "" {
			t.Errorf("%s: %+v", key, got)
		}
	}
	if got := f.Fields["effectif"]; got.Value != "8" || got.Sure != casefile.Doubtful {
		t.Errorf("the form says seven and the mail eight: %+v", got)
	}
}

// TestAFlattenedForm: our form, filled, whose values qpdf and cairo have drawn on its pages, so that it has no fields any more. It counts as the form
// does; a blank one, and somebody's table that is no form of ours, give nothing.
func TestAFlattenedForm(t *testing.T) {
	want := map[string]string{"entreprise": "Hôtel du Pont", "siret": "63712926300017", "activite": "hebergement", "effectif": "7", "declaration": "true", "periodes.1.mois": "mars",
		"periodes.1.ca_2019": "4200000", "periodes.1.ca_2020": "1950050"}
	for _, program := range []string{"qpdf", "cairo", "cairo-linearized"} {
		pdf, err := os.ReadFile("testdata/flattened/" + program + ".pdf")
		if err != nil {
			t.Fatal(err)
		}
		f := readWith(t, "fonds-rebond-formulaire.pdf", "application/pdf", pdf, "Bonjour,\nVoici le formulaire.")
		drawn := maps.Clone(want)
		if program == "qpdf" { // it draws no choice of a list that has no appearance: these are asked for
			delete(drawn, "activite")
			delete(drawn, "declaration")
		}
		for key, value := range drawn {
			if got := f.Fields[key]; got.Value != value || got.From != "form" || got.Problem != "" {
				t.Errorf("%s: %s is %q from %q, problem %q, want %q", program, key, got.Value, got.From, got.Problem, value)
			}
		}
		if len(f.Fields) != len(drawn) {
			t.Errorf("%s: %d values, want %d", program, len(f.Fields), len(drawn))
		}
	}
	blank, err := os.ReadFile("testdata/flattened/blank.pdf")
	if err != nil {
		t.Fatal(err)
	}
	s, v := tourism(t)
	for name, problem := range map[string]string{"formulaire.pdf": reading.ProblemForm, "scan.pdf": ""} {
		m := message.Message{MessageID: "1", Kind: message.KindPerson, From: message.Address{Address: "jeanne@x.example"}, Attachments: []message.Attachment{file(name, "application/pdf", blank, "f")}}
		r, err := reading.Read(reading.Input{Papers: papers.Here{}, Message: &m, Mail: casefile.Mail{Identity: "1"}, State: casefile.State{Reference: "RBT-7K3M9-QXD3A"}, Scheme: s, Version: v, Reach: auth.Bring})
		if err != nil || len(r.Facts.Fields) > 0 || r.Reading.Documents[0].Problem != problem {
			t.Errorf("%s, blank: %d values, problem %q, want none and %q (%v)", name, len(r.Facts.Fields), r.Reading.Documents[0].Problem, problem, err)
		}
	}
	another := *s
	another.Title = "Une autre aide"
	pdf, _ := os.ReadFile("testdata/flattened/qpdf.pdf")
	m := message.Message{MessageID: "1", Kind: message.KindPerson, From: message.Address{Address: "jeanne@x.example"}, Attachments: []message.Attachment{file("formulaire.pdf", "application/pdf", pdf, "f")}}
	r, err := reading.Read(reading.Input{Papers: papers.Here{}, Message: &m, Mail: casefile.Mail{Identity: "1"}, State: casefile.State{Reference: "RBT-7K3M9-QXD3A"}, Scheme: &another, Version: v, Reach: auth.Bring})
	if err != nil || len(r.Facts.Fields) > 0 || r.Reading.Documents[0].Problem != reading.ProblemForm {
		t.Errorf("of another scheme: %d values, problem %q (%v)", len(r.Facts.Fields), r.Reading.Documents[0].Problem, err)
	}
}

func TestASheet(t *testing.T) {
	book := excelize.NewFile()
	for i, row := range [][]any{{"Mois", "CA 2019", "CA 2020"}, {"mars", 42000, 19500.5}, {"avril", 45000, 0}} {
		if err := book.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	if err := book.Write(&out); err != nil {
		t.Fatal(err)
	}
	f := readWith(t, "chiffres.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", out.Bytes(), "Voici le tableau.")
	for key, want := range map[string]string{"periodes.1.mois": "mars", "periodes.1.ca_2020": "1950050", "periodes.2.ca_2019": "4500000", "periodes.2.ca_2020": "0"} {
		if got := f.Fields[key]; got.Value != want || got.From != "sheet" {
			t.Errorf("%s: %+v", key, got)
		}
	}
	f = readWith(t, "demande.csv", "text/csv", []byte("Entreprise;SIRET;Effectif;Activit\xe9\r\nH\xf4tel;637 129 263 00017;7;h\xf4tel\r\n"), "")
	if f.Fields["entreprise"].Value != "Hôtel" || f.Fields["siret"].Value != "63712926300017" || f.Fields["activite"].Value != "hebergement" {
		t.Errorf("%+v", f.Fields)
	}
}
