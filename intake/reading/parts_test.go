package reading_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/jung-kurt/gofpdf"

	"relance/domain/casefile"
	"relance/intake/reading"
	"relance/local/expect"
	"relance/mail/message"
)

// pages is a PDF with a text on each page.
func pages(t *testing.T, texts ...string) []byte {
	t.Helper()
	doc := gofpdf.New("P", "mm", "A4", "")
	doc.SetFont("Helvetica", "", 11)
	for _, text := range texts {
		doc.AddPage()
		doc.MultiCell(180, 6, text, "", "L", false)
	}
	var b bytes.Buffer
	if err := doc.Output(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const (
	statement = "RELEVE D'IDENTITE BANCAIRE\nTitulaire du compte\nFIL ET BOUTON\nIBAN : FR76 2004 1010 1000 0505 0001 359"
	extract   = "Extrait Kbis\nImmatriculation au registre du commerce et des societes\n732 829 320 R.C.S. Lille"
	receipt   = "QUITTANCE DE LOYER\nLoyer : 480,00 EUR  Total : 480,00 euros"
)

// fil is a case of a shop that has declared all that its documents are checked for.
func fil() (casefile.State, casefile.Facts) {
	return casefile.State{Reference: caseReference, Stage: casefile.Incomplete}, casefile.Facts{Applicant: casefile.Person{Email: "jeanne@x.example"},
		Fields: map[string]casefile.Value{"entreprise": {Value: "Fil et Bouton"}, "representant": {Value: "Jeanne Fil"}, "siret": {Value: "73282932000074"},
			"iban": {Value: "FR7620041010100005050001359"}, "loyer_mensuel": {Value: "48000"}}}
}

// sends gives files to a case.
func sends(t *testing.T, s casefile.State, f casefile.Facts, id string, files map[string][]byte) reading.Result {
	t.Helper()
	m := message.Message{MessageID: id, From: message.Address{Address: "jeanne@x.example"}, Reply: "Voici mes documents."}
	for name, content := range files {
		a := message.NewFile(name, "application/pdf", content)
		a.Type = "application/pdf"
		m.Attachments = append(m.Attachments, a)
	}
	return read(t, s, f, m)
}

func kindsOf(documents []casefile.Document) (kinds []string) {
	for _, d := range documents {
		kinds = append(kinds, strings.TrimSuffix(d.Kind+" "+d.Pages, " "))
	}
	slices.Sort(kinds)
	return kinds
}

func TestFilesAreKnownByTheirText(t *testing.T) {
	for _, c := range []struct {
		name, file string
		content    []byte
		want       []string
	}{
		{"a name that says nothing", "scan001.pdf", pages(t, statement), []string{"rib"}},
		{"a name that says another kind", "kbis.pdf", pages(t, statement), []string{"rib"}},
		{"a name, and a text that says nothing", "kbis.pdf", pages(t, "Bonjour"), []string{"kbis"}},
		{"one file with several", "dossier.pdf", pages(t, extract, "suite de l'extrait", statement, receipt), []string{"kbis 1-2", "quittances 4", "rib 3"}},
		{"a cover letter", "lettre.pdf", pages(t, "Veuillez trouver mon extrait Kbis, ma quittance de loyer et mon bail commercial."), []string{"other"}},
		{"nothing to read", "scan.pdf", pages(t, ""), []string{"other"}},
	} {
		s, f := fil()
		r := sends(t, s, f, c.name, map[string][]byte{c.file: c.content})
		expect.Equal(t, c.name, kindsOf(r.Reading.Documents), c.want)
		for _, d := range r.Reading.Documents {
			if d.Key != r.Reading.Documents[0].Key || d.SHA256 == "" {
				t.Errorf("%s: the parts are not of one file: %+v", c.name, d)
			}
		}
	}
}

// TestAContradictionIsAskedBackAndSettled: an account statement that names another account is no statement for the case, until the right one comes or the
// applicant declares the account that it names.
func TestAContradictionIsAskedBackAndSettled(t *testing.T) {
	other := strings.Replace(statement, "FR76 2004 1010 1000 0505 0001 359", "FR76 3000 3011 2000 0099 8877 606", 1)
	s, f := fil()
	first := sends(t, s, f, "1", map[string][]byte{"RIB.pdf": pages(t, other), "kbis.pdf": pages(t, extract)})
	wants := func(r reading.Result, id string) string {
		for _, w := range r.Reading.Missing {
			if w.ID == id {
				return w.Problem
			}
		}
		return "nothing"
	}
	expect.Equal(t, "the statement", wants(first, "rib"), reading.ProblemContradicts)
	expect.Equal(t, "the extract", wants(first, "kbis"), "nothing")
	expect.Equal(t, "an officer is told", first.Reading.Concerns, []casefile.Concern{casefile.ConcernContradict})
	s.TakeIn(casefile.Mail{Identity: "1"}, first.Reading, s.Received)
	again := sends(t, s, first.Facts, "2", map[string][]byte{"rib bis.pdf": pages(t, statement)})
	expect.Equal(t, "the right statement", wants(again, "rib"), "nothing")
	expect.Equal(t, "nothing new to tell", len(again.Reading.Concerns), 0)
	corrected := read(t, s, first.Facts, message.Message{MessageID: "3", From: message.Address{Address: "jeanne@x.example"}, Reply: "IBAN : FR76 3000 3011 2000 0099 8877 606"})
	expect.Equal(t, "the right account", wants(corrected, "rib"), "nothing")
}

// TestSeveralDocumentsOfAFileAreKept: a case that takes in one file with three documents has all three.
func TestSeveralDocumentsOfAFileAreKept(t *testing.T) {
	s, f := fil()
	r := sends(t, s, f, "1", map[string][]byte{"tout.pdf": pages(t, extract, statement, receipt)})
	s.TakeIn(casefile.Mail{Identity: "1"}, r.Reading, s.Received)
	expect.Equal(t, "documents", kindsOf(s.Documents), []string{"kbis 1", "quittances 3", "rib 2"})
	again := sends(t, s, r.Facts, "2", map[string][]byte{"encore.pdf": pages(t, extract, statement, receipt)})
	expect.Equal(t, "the same file again brings nothing", len(again.Reading.Documents), 0)
}
