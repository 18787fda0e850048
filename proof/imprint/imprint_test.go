package imprint_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"pgregory.net/rapid"

	"relance/letters/pdf"
	"relance/letters/prose"
	"relance/local/chance"
	"relance/proof/imprint"
)

var mark = imprint.Mark{Reference: "RBD-7K3M9-QXD3A", Fingerprint: "7K3M-9QX2"}

const commitments = `Charte d'engagement pour la transition écologique.

# Mes engagements

Je m'engage à « réduire » la consommation d'énergie de mon entreprise de 10 % en trois ans, à trier mes déchets et à conserver les preuves pendant dix ans.

- suivre la formation proposée par la Métropole ;
- remettre un bilan avant le 31 décembre 2021 ;
- rembourser 1 500,00 € si je ne tiens pas ces engagements.`

func charter(t testing.TB, change func(*pdf.Letter)) []byte {
	t.Helper()
	l := pdf.Letter{Letterhead: pdf.Letterhead{Name: "Métropole des Flandres", Lines: []string{"59040 Lille Cedex"}, Color: [3]uint8{31, 58, 110}},
		Title: "Charte", Kind: "Charte d'engagement", Date: time.Date(2020, 9, 20, 0, 0, 0, 0, time.UTC), Reference: mark.Reference, Fingerprint: mark.Fingerprint,
		Subject: "Charte", Recipient: []string{"Boulangerie Martin", "Jeanne Martin"}, Body: prose.Parse(commitments), Acceptance: &pdf.Acceptance{Phrase: "Je signe"}}
	if change != nil {
		change(&l)
	}
	pdf, err := pdf.Render(l)
	if err != nil {
		t.Fatal(err)
	}
	return pdf
}

// page is the charter's only page as a scanner at so many dots per inch sees it.
func page(t testing.TB, dpi int) *image.Gray {
	t.Helper()
	tool, err := exec.LookPath("pdftoppm")
	if err != nil {
		t.Skip("pdftoppm (poppler-utils) is not installed, and it makes the scans of this test")
	}
	file := filepath.Join(t.TempDir(), "p.pdf")
	if err := os.WriteFile(file, charter(t, nil), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(tool, "-png", "-gray", "-r", fmt.Sprint(dpi), "-f", "1", "-l", "1", file).Output()
	if err != nil {
		t.Fatal(err)
	}
	picture, err := png.Decode(bytes.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	grey := image.NewGray(picture.Bounds())
	for y := range grey.Rect.Max.Y {
		for x := range grey.Rect.Max.X {
			grey.Set(x, y, picture.At(x, y))
		}
	}
	return grey
}

// photo is a page on a table: turned by degrees, seen at a slant (0: straight from above), darkened towards one side, with noise.
func photo(p *image.Gray, scale, degrees, slant, shadow float64, noise int) *image.Gray {
	w, h := float64(p.Rect.Dx()), float64(p.Rect.Dy())
	longest := int(math.Hypot(w, h) * scale)
	out := image.NewGray(image.Rect(0, 0, longest, longest))
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	dice := rand.New(rand.NewPCG(1, 2))
	half := float64(longest) / 2
	for y := range longest {
		for x := range longest {
			u, v := (float64(x)-half)/scale, (float64(y)-half)/scale
			depth := 1 + slant*v/h
			u, v = u*depth, v*depth
			px, py := cos*u+sin*v+w/2, -sin*u+cos*v+h/2
			light := 90.0 // the table
			if px >= 0 && py >= 0 && px < w-1 && py < h-1 {
				x0, y0 := int(px), int(py)
				fx, fy := px-float64(x0), py-float64(y0)
				at := func(x, y int) float64 { return float64(p.GrayAt(x, y).Y) }
				light = (at(x0, y0)*(1-fx)+at(x0+1, y0)*fx)*(1-fy) + (at(x0, y0+1)*(1-fx)+at(x0+1, y0+1)*fx)*fy
			}
			light *= 1 - shadow*float64(x)/float64(longest)
			if noise > 0 {
				light += float64(dice.IntN(2*noise+1) - noise)
			}
			out.SetGray(x, y, color.Gray{uint8(max(0, min(255, light)))})
		}
	}
	return out
}

func asJPEG(t testing.TB, p image.Image, quality int) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := jpeg.Encode(&out, p, &jpeg.Options{Quality: quality}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestScansAndPhotos reads the code off pages as scanners and phones bring them.
func TestScansAndPhotos(t *testing.T) {
	for _, c := range []struct {
		name                   string
		dpi                    int
		scale                  float64
		degrees, slant, shadow float64
		noise, quality         int
	}{
		{"fax-like, 100 dpi", 100, 1, 0, 0, 0, 0, 40},
		{"150 dpi", 150, 1, 0, 0, 0, 0, 40},
		{"200 dpi, a little askew", 200, 1, 2.3, 0, 0, 6, 40},
		{"300 dpi", 300, 1, 0, 0, 0, 0, 75},
		{"300 dpi, upside down", 300, 1, 180, 0, 0, 0, 40},
		{"photo on its side", 200, 1, 90, 0, 0.3, 8, 60},
		{"photo, askew and in shadow", 200, 1, 17, 0, 0.6, 8, 60},
		{"photo at a slant", 200, 1, 5, 0.25, 0.4, 8, 60},
		{"photo at a slant from the other side", 200, 1, -12, -0.25, 0.4, 8, 60},
		{"photo of twelve megapixels", 300, 1, 8, 0.15, 0.5, 10, 60},
		{"photo made small by a mail program", 300, 0.45, 4, 0.1, 0.3, 6, 40},
	} {
		t.Run(c.name, func(t *testing.T) {
			if testing.Short() && (c.dpi > 200 || c.degrees != 0 && c.slant == 0) {
				t.Skip("a large picture takes seconds to make")
			}
			p := page(t, c.dpi)
			if c.degrees != 0 || c.slant != 0 || c.scale != 1 || c.noise != 0 {
				p = photo(p, c.scale, c.degrees, c.slant, c.shadow, c.noise)
			}
			file := asJPEG(t, p, c.quality)
			start := time.Now()
			got := imprint.ReadPicture(file)
			t.Logf("%d × %d, %d kB: %v in %v", p.Rect.Dx(), p.Rect.Dy(), len(file)/1000, got, time.Since(start).Round(time.Millisecond))
			if !slices.Equal(got, []imprint.Mark{mark}) {
				t.Errorf("found %v", got)
			}
		})
	}
}

// TestScannedPDF reads a PDF whose page is a picture.
func TestScannedPDF(t *testing.T) {
	folder := t.TempDir()
	picture := filepath.Join(folder, "scan.jpg")
	if err := os.WriteFile(picture, asJPEG(t, page(t, 200), 60), 0o600); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(folder, "scan.pdf")
	if err := api.ImportImagesFile([]string{picture}, file, nil, nil); err != nil {
		t.Fatal(err)
	}
	pdf, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if c := imprint.ReadPDF(pdf); !slices.Equal(c.Marks, []imprint.Mark{mark}) || !c.Scanned || c.Pages != 1 || strings.TrimSpace(c.Text) != "" {
		t.Errorf("%+v", c)
	}
}

func TestOurOwnCharter(t *testing.T) {
	long := charter(t, func(l *pdf.Letter) { l.Body = prose.Parse(strings.Repeat(commitments+"\n\n", 6)) })
	c := imprint.ReadPDF(long)
	if !slices.Equal(c.Marks, []imprint.Mark{mark}) || c.Scanned || c.Pages < 2 || strings.Count(c.Text, mark.Fingerprint) != c.Pages {
		t.Errorf("%d pages, marks %v, scanned %v: %q", c.Pages, c.Marks, c.Scanned, c.Text[:200])
	}
	if d := imprint.Compare(c.Text, imprint.Text(long)); !d.Same() || d.Lines < 20 {
		t.Errorf("it differs from itself: %+v", d)
	}
}

// TestComparing compares the charter with copies that say something else, or were saved by another program.
func TestComparing(t *testing.T) {
	sent := imprint.Text(charter(t, nil))
	with := func(old, new string) string {
		return imprint.Text(charter(t, func(l *pdf.Letter) { l.Body = prose.Parse(strings.Replace(commitments, old, new, 1)) }))
	}
	for name, c := range map[string]struct {
		copied  string
		missing bool
		added   bool
	}{
		"a figure":              {with("1 500,00", "150,00"), true, true},
		"a word taken out":      {with("dix ans", "ans"), true, true},
		"a clause taken out":    {with("- remettre un bilan avant le 31 décembre 2021 ;\n", ""), true, false},
		"a clause added":        {with("- remettre", "- sauf cas de force majeure ;\n- remettre"), false, true},
		"nothing":               {with("x", "x"), false, false},
		"a name written on it":  {sent + "\nLu et approuvé, Jeanne Martin", false, true},
		"other spaces and case": {strings.ToUpper(strings.ReplaceAll(sent, " ", "  ")), false, false},
	} {
		if d := imprint.Compare(sent, c.copied); (len(d.Missing) > 0) != c.missing || (len(d.Added) > 0) != c.added {
			t.Errorf("%s: %+v", name, d)
		}
	}
}

func TestFingerprint(t *testing.T) {
	got := imprint.Fingerprint([]byte("charte"))
	if got != imprint.Fingerprint([]byte("charte")) || got == imprint.Fingerprint([]byte("chartE")) || imprint.Normal(got) != got {
		t.Errorf("fingerprint %q", got)
	}
	for typed, want := range map[string]string{"7k3m 9qx2": "7K3M-9QX2", "7K3M–9QX2": "7K3M-9QX2", "o1l0-9qx2": "0110-9QX2", "7K3M-9QX": "", "7K3M-9QXU": "", "": ""} {
		if got := imprint.Normal(typed); got != want {
			t.Errorf("Normal(%q) = %q, want %q", typed, got, want)
		}
	}
}

func TestFindWhatWasWritten(t *testing.T) {
	chance.Check(t, func(t *rapid.T) {
		code := rapid.StringMatching(`[0-9A-HJKMNP-TV-Z]{8}`).Draw(t, "code")
		m := imprint.Mark{Reference: rapid.StringMatching(`[A-Z]{2,8}-[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}`).Draw(t, "reference"), Fingerprint: code[:4] + "-" + code[4:]}
		if got := imprint.Find("Page 1\n" + m.String() + "\nfin"); !slices.Equal(got, []imprint.Mark{m}) {
			t.Fatalf("%v gives %v", m, got)
		}
		if _, err := m.Code(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestWhatCannotBeRead(t *testing.T) {
	for name, file := range map[string][]byte{"nothing": nil, "HEIC": []byte("\x00\x00\x00\x18ftypheic"), "huge": hugePNG()} {
		if got := imprint.ReadPicture(file); got != nil {
			t.Errorf("%s: %v", name, got)
		}
		if c := imprint.ReadPDF(file); c.Marks != nil || c.Pages != 0 {
			t.Errorf("%s as a PDF: %+v", name, c)
		}
	}
}

// hugePNG says that it is 100,000 pixels wide and high.
func hugePNG() []byte {
	return []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x01\x86\xa0\x00\x01\x86\xa0\x08\x00\x00\x00\x00\x1d\x9b\x9d\x2f")
}

func FuzzReadPDF(f *testing.F) {
	whole := charter(f, nil)
	f.Add(whole)
	f.Add(whole[:len(whole)/3])
	f.Add([]byte("%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>"))
	f.Fuzz(func(t *testing.T, file []byte) {
		for _, m := range imprint.ReadPDF(file).Marks {
			if imprint.Normal(m.Fingerprint) != m.Fingerprint {
				t.Errorf("mark %v", m)
			}
		}
	})
}

// TestRowsEndWhateverTheFileDoes: a page that draws itself, and bytes that are no file, give rows or none, and an end.
func TestRowsEndWhateverTheFileDoes(t *testing.T) {
	loop := "%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n2 0 obj\n<< /Type /Pages /Kids [3 0 R] /Count 1 >>\nendobj\n" +
		"3 0 obj\n<< /Type /Page /Parent 2 0 R /Resources 5 0 R /Contents 4 0 R >>\nendobj\n" +
		"4 0 obj\n<< /Type /XObject /Subtype /Form /Resources 5 0 R /Length 25 >>\nstream\n/A Do /A Do /A Do /A Do  \nendstream\nendobj\n" +
		"5 0 obj\n<< /XObject << /A 4 0 R >> >>\nendobj\ntrailer\n<< /Root 1 0 R /Size 6 >>\n"
	for _, text := range []string{"", "%PDF-1.7", loop} {
		begun := time.Now()
		if rows := imprint.Rows([]byte(text), 10); len(rows) > 0 || time.Since(begun) > 5*time.Second {
			t.Errorf("%d rows after %v", len(rows), time.Since(begun))
		}
	}
}
