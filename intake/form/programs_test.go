package form_test

import (
	"bytes"
	"maps"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"

	"relance/intake/form"
)

// TestSheetsOfExcel: cells say what they hold, whatever the program shows of it.
func TestSheetsOfExcel(t *testing.T) {
	content, err := os.ReadFile("testdata/17-sheet-dates.xlsx")
	if err != nil {
		t.Fatal(err)
	}
	rows, err := form.ReadXLSX(content, 200)
	if err != nil || len(rows) != 1 {
		t.Fatal(rows, err)
	}
	want := form.Row{"Entreprise": "Hôtel du Canal", "Date de création": "04/03/2017", "Date 15 sept, format 14": "15/09/2017", "Date custom fr": "04/03/2017",
		"Date custom slash": "04/03/2017", "Date custom dd/mm/yy;@": "04/03/2017", "Date long F800": "04/03/2017", "SIRET": "62819482100011",
		"SIRET 2": "62819482100011", "Montant": "120000,50", "Montant eur": "120000,50 €", "Montant compta": "120000,50 €", "Zero compta": "0 €",
		"Montant general": "1500,5", "Arrondi": "480,5", "Mille": "1500"}
	if !maps.Equal(rows[0], want) {
		t.Errorf("%v\nwant %v", rows[0], want)
	}
	content, err = os.ReadFile("testdata/17b-sheet-amounts.xlsx")
	if err != nil {
		t.Fatal(err)
	}
	rows, err = form.ReadXLSX(content, 200)
	if err != nil || len(rows) != 3 || !maps.Equal(rows[0], form.Row{"Mois": "mars", "CA 2019": "12000,50 €", "CA 2020": "800 €"}) {
		t.Error(rows, err)
	}
}

// TestFormsOfPrograms: our form, as other programs save it.
func TestFormsOfPrograms(t *testing.T) {
	for file, entreprise := range map[string]string{"form-qpdf": "Librairie du Canal", "form-hex-lists": "Épicerie de l’Œuf"} {
		content, err := os.ReadFile("testdata/" + file + ".pdf")
		if err != nil {
			t.Fatal(err)
		}
		values, err := form.ReadPDF(content)
		if err != nil || len(values) != 16 || values["entreprise"] != entreprise {
			t.Errorf("%s: %d values of 16: %v %v", file, len(values), values, err)
		}
	}
	blank, err := form.Write(sample(3))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"entreprise": "Chez Zoé", "loyer": "480,50", "activite": "Café, hôtel ou restaurant", "mois.3.ca": "1 500"}
	filled, err := form.Fill(blank, want)
	if err != nil {
		t.Fatal(err)
	}
	conf := model.NewDefaultConfiguration()
	conf.WriteObjectStream, conf.WriteXRefStream = false, false
	var open bytes.Buffer
	if err := api.Optimize(bytes.NewReader(filled), &open, conf); err != nil {
		t.Fatal(err)
	}
	locked := func(b []byte) []byte {
		conf := model.NewAESConfiguration("", "owner", 256)
		var out bytes.Buffer
		if err := api.Encrypt(bytes.NewReader(b), &out, conf); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	blanked := func(pattern string) []byte {
		return regexp.MustCompile(pattern).ReplaceAllFunc(open.Bytes(), func(b []byte) []byte { return []byte(strings.Repeat(" ", len(b))) })
	}
	for name, saved := range map[string][]byte{
		"as it is":                      open.Bytes(),
		"without the kinds of fields":   blanked(`/FT\s*/\w+`),
		"without appearances' defaults": blanked(`/DA\s*\([^)]*\)`),
		"without page sizes":            blanked(`/MediaBox\s*\[[^\]]*\]`),
		"without the list of fields":    blanked(`/Fields\s*\[[^\]]*\]`),
		"with an owner's password":      locked(filled),
		"without a table of objects":    bytes.ReplaceAll(open.Bytes(), []byte("startxref"), []byte("startxxxx")),
	} {
		if got, err := form.ReadPDF(saved); err != nil || !maps.Equal(got, want) {
			t.Errorf("%s: %v (%v)", name, got, err)
		}
	}
}
