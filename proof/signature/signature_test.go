package signature_test

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"relance/letters/pdf"
	"relance/letters/prose"
	"relance/proof/seal"
	"relance/proof/signature"
)

var now = time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)

func sealed(t testing.TB, what seal.Seal) []byte {
	t.Helper()
	pdf, err := pdf.Render(pdf.Letter{Letterhead: pdf.Letterhead{Name: "Métropole"}, Title: "T", Date: now, Reference: "R", Subject: "S", Body: prose.Parse("Bonjour.")})
	if err != nil {
		t.Fatal(err)
	}
	file, err := seal.SelfSigned("Cachet de la Métropole", "Métropole", "x", now)
	if err != nil {
		t.Fatal(err)
	}
	s, err := seal.Open(seal.Config{PKCS12: file, Password: "x", Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	if pdf, err = s.Seal(context.Background(), pdf, what); err != nil {
		t.Fatal(err)
	}
	return pdf
}

var byteRange = regexp.MustCompile(`/ByteRange \[0 (\d+) (\d+) (\d+) *\]`)

func TestWhatAByteRangeMayBe(t *testing.T) {
	pdf := sealed(t, seal.Seal{})
	m := byteRange.FindSubmatchIndex(pdf)
	var start, end, rest int
	if _, err := fmt.Sscan(string(pdf[m[2]:m[3]])+" "+string(pdf[m[4]:m[5]])+" "+string(pdf[m[6]:m[7]]), &start, &end, &rest); err != nil {
		t.Fatal(err)
	}
	with := func(a, b, c, d int) []byte {
		other := bytes.Clone(pdf)
		copy(other[m[0]:m[1]], fmt.Sprintf("%-*s", m[1]-m[0], fmt.Sprintf("/ByteRange [%d %d %d %d]", a, b, c, d)))
		return other
	}
	for name, c := range map[string]struct {
		pdf  []byte
		want signature.Problem
	}{
		"not from the first byte":    {with(9, start-9, end, rest), signature.Unreadable},
		"behind the end":             {with(0, start, end, rest+1), signature.Unreadable},
		"a gap for more than itself": {with(0, start-5, end, rest), signature.Unreadable},
		"overlapping":                {with(0, end, start, rest), signature.Unreadable},
		"no gap":                     {with(0, start, start, rest), signature.Unreadable},
		"less than the whole":        {with(0, start, end, rest-10), signature.Altered},
		"huge":                       {with(0, 999999, 0, 999), signature.Unreadable},
	} {
		r := signature.Read(c.pdf, signature.Options{Now: now})
		if len(r.Signatures) != 1 || !r.Signatures[0].Has(c.want) || r.Signatures[0].Intact() {
			t.Errorf("%s: %+v", name, r.Signatures)
		}
	}
	if r := signature.Read(pdf[:bytes.Index(pdf, []byte("/ByteRange"))], signature.Options{}); len(r.Signatures) != 0 {
		t.Errorf("a file without a signature: %+v", r)
	}
	hidden := bytes.Clone(pdf) // something beside the digits in the gap
	copy(hidden[end-200:], "> (sauf article 3) <")
	if r := signature.Read(hidden, signature.Options{}); !r.Signatures[0].Has(signature.Unreadable) {
		t.Errorf("something hides in the gap: %+v", r)
	}
	other := bytes.Replace(pdf, []byte("ETSI.CAdES.detached"), []byte("adbe.x509.rsa_sha1 "), 1)
	if r := signature.Read(other, signature.Options{}); !r.Signatures[0].Has(signature.Unsupported) {
		t.Errorf("an outdated form: %+v", r)
	}
}

func TestAChangeThatTheSealForbids(t *testing.T) {
	pdf := append(sealed(t, seal.Seal{Final: true}), "\n1 0 obj\n<<>>\nendobj\n"...)
	if r := signature.Read(pdf, signature.Options{}); !slices.Contains(r.Signatures[0].Problems, signature.AddedAfter) || r.Signatures[0].Certifies != 1 {
		t.Errorf("%+v", r)
	}
}

func TestNamesOfASignature(t *testing.T) {
	pdf := sealed(t, seal.Seal{Reason: "Décision « d'aide » (été) \\ €", Location: "Lille"})
	if s := signature.Read(pdf, signature.Options{}).Signatures[0]; s.Reason != "Décision « d'aide » (été) \\ €" || s.Location != "Lille" || !strings.Contains(s.Name, "Métropole") {
		t.Errorf("%+v", s)
	}
}

func FuzzRead(f *testing.F) {
	whole := sealed(f, seal.Seal{Final: true, Reason: "Décision"})
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	f.Add([]byte("1 0 obj\n<< /ByteRange [0 1 3 4] /Contents <30> /Reason (a\\(\\)\\101\\) /M (D:20200101000000+01'00') >>endobj"))
	f.Add([]byte("<30840100000000>/ByteRange[0 0 16 0]/SubFilter/ETSI.RFC3161"))
	f.Fuzz(func(t *testing.T, pdf []byte) {
		r := signature.Read(pdf, signature.Options{Now: now})
		for _, s := range r.Signatures {
			if s.Intact() && (s.Covers <= 0 || s.Covers > r.Size || s.Signer.SHA256 == "") {
				t.Errorf("an intact signature that covers %d of %d bytes: %+v", s.Covers, r.Size, s)
			}
			if s.Trusted {
				t.Error("trusted, and nobody is")
			}
		}
	})
}
