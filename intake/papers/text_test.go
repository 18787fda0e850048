package papers

import (
	"archive/zip"
	"bytes"
	"strings"
	"testing"

	"github.com/jung-kurt/gofpdf"
	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"

	"relance/local/expect"
)

// pdfOf is a PDF with a line on each page.
func pdfOf(t *testing.T, lines ...string) []byte {
	t.Helper()
	doc := gofpdf.New("P", "mm", "A4", "")
	doc.SetFont("Helvetica", "", 12)
	for _, line := range lines {
		doc.AddPage()
		doc.Cell(100, 10, line)
	}
	var b bytes.Buffer
	if err := doc.Output(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// packed is a ZIP with one part.
func packed(t *testing.T, name, content string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create(name)
	if err == nil {
		_, err = w.Write([]byte(content))
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func locked(t *testing.T, pdf []byte, user string) []byte {
	t.Helper()
	conf := model.NewAESConfiguration(user, "owner", 256)
	var b bytes.Buffer
	if err := api.Encrypt(bytes.NewReader(pdf), &b, conf); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const (
	docx = `<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>
<w:p><w:r><w:t>SIRET : 628 194</w:t></w:r><w:r><w:t> 821 00011</w:t></w:r></w:p>
<w:tbl><w:tr><w:tc><w:p><w:r><w:t>Effectif</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>3</w:t></w:r></w:p></w:tc></w:tr></w:tbl>
<w:p><w:r><w:delText>Loyer : 900</w:delText><w:t>Loyer : 480</w:t><w:tab/><w:t>euros</w:t></w:r></w:p></w:body></w:document>`
	odt = `<office:document-content xmlns:office="o" xmlns:text="t" xmlns:table="b"><office:body><office:text>
<text:p>SIRET : 628<text:s/>194 821 00011</text:p><table:table><table:table-row><table:table-cell><text:p>Effectif</text:p></table:table-cell>
<table:table-cell><text:p>3</text:p></table:table-cell></table:table-row></table:table></office:text></office:body></office:document-content>`
)

func TestTheTextOfAFileIsRead(t *testing.T) {
	lines := func(pages []string) []string {
		var out []string
		for _, page := range pages {
			var kept []string
			for _, line := range strings.Split(page, "\n") {
				if line = strings.Join(strings.Fields(line), " "); line != "" {
					kept = append(kept, line)
				}
			}
			out = append(out, strings.Join(kept, "/"))
		}
		return out
	}
	two := pdfOf(t, "Releve", "Extrait")
	for _, c := range []struct {
		name, kind string
		content    []byte
		want       []string
	}{
		{"pages of a PDF", pdfType, two, []string{"Releve", "Extrait"}},
		{"a PDF that only its owner may change", pdfType, locked(t, two, ""), []string{"Releve", "Extrait"}},
		{"a PDF with a password", pdfType, locked(t, two, "secret"), nil},
		{"no PDF", pdfType, []byte("%PDF-1.4 nothing"), nil},
		{"a Word document", docxType, packed(t, "word/document.xml", docx), []string{"SIRET : 628 194 821 00011/Effectif | 3/Loyer : 480 euros"}},
		{"an OpenDocument text", odtType, packed(t, "content.xml", odt), []string{"SIRET : 628 194 821 00011/Effectif | 3"}},
		{"a Word document without its text", docxType, packed(t, "word/styles.xml", docx), nil},
		{"a damaged Word document", docxType, []byte("PK\x03\x04"), nil},
		{"a picture", "image/jpeg", two, nil},
	} {
		f, err := Here{}.Look(Request{Type: c.kind, Text: true}, c.content, nil)
		if err != nil {
			t.Fatal(err)
		}
		got := lines(f.Pages)
		if strings.Join(got, "") == "" {
			got = nil
		}
		expect.Equal(t, c.name, got, c.want)
	}
}

// TestMuchTextIsBounded: a document of a thousand pages costs no more than one of sixty, and one of endless lines than a long one.
func TestMuchTextIsBounded(t *testing.T) {
	long := packed(t, "content.xml", "<a xmlns:text='t'>"+strings.Repeat("<text:p>Bail commercial</text:p>", 100_000)+"</a>")
	total := 0
	for _, page := range textOf(odtType, long) {
		total += len(page)
	}
	if total == 0 || total > maxPageText {
		t.Errorf("%d bytes of text", total)
	}
	if n := len(textOf(pdfType, pdfOf(t, make([]string, 100)...))); n > maxPages {
		t.Errorf("%d pages", n)
	}
}
