package reading_test

import (
	"bytes"
	"fmt"
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
