package form_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"relance/intake/form"
)

func sample(n int) form.Form {
	f := form.Form{Title: "Demande d'aide – Fonds Rebond", Subtitle: "Métropole des Flandres", Footer: "Règles au 18 juin 2020",
		Intro: []string{"Remplissez ce formulaire à l’écran, enregistrez-le et envoyez-le avec les pièces demandées, à aides@exemple.fr."}}
	s := form.Section{Title: "Votre entreprise", Fields: []form.Field{
		{ID: "entreprise", Label: "Raison sociale", Required: true}, {ID: "loyer", Label: "Loyer mensuel", Hint: "hors charges, 50 % au plus"},
		{ID: "activite", Label: "Activité", Kind: form.Choice, Options: []string{"Commerce", "Café, hôtel ou restaurant"}}}}
	for i := range n {
		s.Fields = append(s.Fields, form.Field{ID: fmt.Sprintf("mois.%d.ca", i+1), Label: fmt.Sprintf("Chiffre d'affaires (%d)", i+1)})
	}
	f.Sections = []form.Section{s, {Title: "Documents à joindre", Intro: "– Extrait Kbis\n– Relevé d'identité bancaire"}}
	return f
}

func TestAFormIsFilledAndReadBack(t *testing.T) {
	for _, n := range []int{0, 60} {
		pdf, err := form.Write(sample(n))
		if err != nil {
			t.Fatal(err)
		}
		if out := os.Getenv("RELANCE_TEST_OUT"); out != "" {
			if err := os.WriteFile(fmt.Sprintf("%s/form-%d.pdf", out, n), pdf, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := form.ReadPDF(pdf); !errors.Is(err, form.ErrNoForm) {
			t.Errorf("a blank form says something: %v", err)
		}
		want := map[string]string{"entreprise": "Épicerie du Nord « Chez Zoé »", "loyer": "480,50", "activite": "Café, hôtel ou restaurant"}
		if n > 0 {
			want["mois.60.ca"] = "1 500"
		}
		filled, err := form.Fill(pdf, want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := form.ReadPDF(filled)
		if err != nil || !maps.Equal(got, want) {
			t.Errorf("%d fields: %v, %v", n, got, err)
		}
		if out := os.Getenv("RELANCE_TEST_OUT"); out != "" {
			_ = os.WriteFile(fmt.Sprintf("%s/form-%d-filled.pdf", out, n), filled, 0o600)
		}
	}
}

func TestWhatIsNoForm(t *testing.T) {
	pdf, err := form.Write(sample(3))
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"nothing": nil, "noise": []byte("%PDF-1.7\nnoise"), "cut off": pdf[:len(pdf)/2]} {
		if values, err := form.ReadPDF(content); !errors.Is(err, form.ErrNoForm) {
			t.Errorf("%s: %v, %v", name, values, err)
		}
	}
	if _, err := form.ReadPDF(make([]byte, form.MaxSize+1)); !errors.Is(err, form.ErrTooLarge) {
		t.Error(err)
	}
	if _, err := form.Fill(pdf, map[string]string{"nowhere": "x"}); err == nil {
		t.Error("a value without a field was filled in")
	}
}

func TestReadCSV(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"semicolons, Windows-1252": {"Raison sociale;Chiffre d'affaires;Effectif\r\n\xc9picerie;1 500,00 \x80;3\r\n", "[map[Chiffre d'affaires:1 500,00 € Effectif:3 Raison sociale:Épicerie]]"},
		"commas, BOM":              {"\xef\xbb\xbfa,b,c\n\"1,5\",2,3\n4,5,6\n", "[map[a:1,5 b:2 c:3] map[a:4 b:5 c:6]]"},
		"tabs":                     {"a\tb\tc\n1\t\t3\n", "[map[a:1 c:3]]"},
		"English amounts":          {"Loyer;1,500,000.00\nCA;3,000,000.00\n", "[map[CA:3,000,000.00 Loyer:1,500,000.00]]"},
		"commas in the heads":      {"Nom;CA, HT;Effectif, total, ETP\nA;1,5;3\n", "[map[CA, HT:1,5 Effectif, total, ETP:3 Nom:A]]"},
		"bars":                     {"Loyer|1,500.00\nCA|2,000.00\nEffectif|3\n", "[map[CA:2,000.00 Effectif:3 Loyer:1,500.00]]"},
		"tabs, English amounts":    {"Loyer\t1,500.00\nCA\t2,000.00\nEffectif\t3\n", "[map[CA:2,000.00 Effectif:3 Loyer:1,500.00]]"},
		"quoted amounts":           {"Loyer,\"1,500.00\"\nCA,\"2,000.00\"\nEffectif,3\n", "[map[CA:2,000.00 Effectif:3 Loyer:1,500.00]]"},
		"Excel's own line":         {"sep=|\r\nLoyer|1,5\r\nCA|2,6\r\nEffectif|3\r\n", "[map[CA:2,6 Effectif:3 Loyer:1,5]]"},
		"side by side":             {"Entreprise;Épicerie\nSIRET :;123\nEffectif;3\n", "[map[Effectif:3 Entreprise:Épicerie SIRET:123]]"},
	} {
		rows, err := form.ReadCSV([]byte(c.text), 10)
		if got := fmt.Sprint(rows); err != nil || got != c.want {
			t.Errorf("%s: %s, %v", name, got, err)
		}
	}
	for _, text := range []string{"", "\n\n", "one cell", "a;b;c\n"} {
		if rows, err := form.ReadCSV([]byte(text), 10); !errors.Is(err, form.ErrNoTable) {
			t.Errorf("%q: %v, %v", text, rows, err)
		}
	}
}

func TestReadXLSX(t *testing.T) {
	book := excelize.NewFile()
	for i, row := range [][]any{{"Mois", "CA 2019", "CA 2020"}, {"mars", 1200.5, 300}, {"avril", 1100, nil}} {
		if err := book.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+2), &row); err != nil { // a blank row above
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	if err := book.Write(&out); err != nil {
		t.Fatal(err)
	}
	rows, err := form.ReadXLSX(out.Bytes(), 10)
	if got := fmt.Sprint(rows); err != nil || got != "[map[CA 2019:1200,5 CA 2020:300 Mois:mars] map[CA 2019:1100 Mois:avril]]" {
		t.Errorf("%s, %v", got, err)
	}
	if rows, err := form.ReadXLSX(out.Bytes(), 1); err != nil || len(rows) != 1 {
		t.Errorf("at most one row: %v, %v", rows, err)
	}
	for _, content := range []string{"", "PK\x03\x04 noise", strings.Repeat("x", 100)} {
		if _, err := form.ReadXLSX([]byte(content), 10); !errors.Is(err, form.ErrNoTable) {
			t.Error(err)
		}
	}
}

func FuzzReadPDF(f *testing.F) {
	if pdf, err := form.Write(sample(1)); err == nil {
		f.Add(pdf)
	}
	f.Fuzz(func(t *testing.T, content []byte) { _, _ = form.ReadPDF(content) })
}

func FuzzReadXLSX(f *testing.F) {
	book := excelize.NewFile()
	if err := book.SetSheetRow("Sheet1", "A1", &[]any{"Entreprise", "SIRET", "Effectif"}); err != nil {
		f.Fatal(err)
	}
	if err := book.SetSheetRow("Sheet1", "A2", &[]any{"Boulangerie Martin", "62819482100011", 3}); err != nil {
		f.Fatal(err)
	}
	var out bytes.Buffer
	if err := book.Write(&out); err != nil {
		f.Fatal(err)
	}
	f.Add(out.Bytes())
	f.Fuzz(func(t *testing.T, content []byte) {
		if rows, err := form.ReadXLSX(content, 5); err == nil && len(rows) > 5 {
			t.Error("too many rows")
		}
	})
}

func FuzzReadCSV(f *testing.F) {
	f.Add([]byte("a;b\n1;2"))
	f.Fuzz(func(t *testing.T, content []byte) {
		if rows, err := form.ReadCSV(content, 5); err == nil && len(rows) > 5 {
			t.Error("too many rows")
		}
	})
}
