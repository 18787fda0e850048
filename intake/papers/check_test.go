package papers_test

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"

	"relance/intake/papers"
)

const lease = `%PDF-1.4
1 0 obj
<< /Type /Catalog /Pages 2 0 R >>
endobj
2 0 obj
<< /Type /Pages /Kids [3 0 R] /Count 1 >>
endobj
3 0 obj
<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 5 0 R >> >> /Contents 4 0 R >>
endobj
4 0 obj
<< /Length 40 >>
stream
BT /F1 12 Tf 72 700 Td (Bail signe) Tj ET
endstream
endobj
5 0 obj
<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>
endobj
trailer
<< /Size 6 /Root 1 0 R >>
startxref
0
%%EOF
`

// TestPDFsThatReadersOpen: complaints about the structure are a remark, and only what nobody can open is refused.
func TestPDFsThatReadersOpen(t *testing.T) {
	qpdf, err := os.ReadFile("../form/testdata/form-qpdf.pdf")
	if err != nil {
		t.Fatal(err)
	}
	locked := func(user string) []byte {
		var out bytes.Buffer
		if err := api.Encrypt(bytes.NewReader(qpdf), &out, model.NewAESConfiguration(user, "owner", 256)); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	without := func(pattern string) []byte {
		return regexp.MustCompile(pattern).ReplaceAllFunc([]byte(lease), func(b []byte) []byte { return []byte(strings.Repeat(" ", len(b))) })
	}
	for _, c := range []struct {
		name    string
		content []byte
		problem string
		flags   []string
	}{
		{"qpdf", qpdf, "", []string{""}},
		{"a table of objects at a wrong place", []byte(lease), "", []string{"", papers.FlagStructure}},
		{"no size of the page", without(`/MediaBox \[[^\]]*\]`), "", []string{papers.FlagStructure}},
		{"a font without a kind", without(`/Subtype /Type1`), "", []string{papers.FlagStructure}},
		{"pages that are not counted", without(`/Count 1`), "", []string{papers.FlagStructure}},
		{"bytes before the beginning", []byte("\r\n\r\n" + lease), "", []string{"", papers.FlagStructure}},
		{"an owner's password", locked(""), "", []string{""}},
		{"a reader's password", locked("secret"), papers.ProblemEncrypted, []string{""}},
		{"no page", without(`/Type /Page /Parent`), papers.ProblemPDF, []string{""}},
		{"noise", []byte("%PDF-1.7\nnoise"), papers.ProblemPDF, []string{""}},
	} {
		f, err := papers.Here{}.Look(papers.Request{Type: "application/pdf", Check: true}, c.content, nil)
		if ok := err == nil && f.Problem == c.problem; !ok || !strings.Contains(","+strings.Join(c.flags, ",")+",", ","+f.Flag+",") {
			t.Errorf("%s: problem %q, flag %q; want %q, %q (%v)", c.name, f.Problem, f.Flag, c.problem, c.flags, err)
		}
	}
}
