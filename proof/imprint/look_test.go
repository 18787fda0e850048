package imprint_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	reader "github.com/ledongthuc/pdf"
	"github.com/pdfcpu/pdfcpu/pkg/api"

	"relance/intake/reader/hostile"
	"relance/letters/pdf"
	"relance/proof/imprint"
)

// TestNoAlterationLooksTheSame: a copy whose look is changed is never taken for one that looks as it was sent,
// whatever changed it.
func TestNoAlterationLooksTheSame(t *testing.T) {
	sent := charter(t, nil)
	if l := imprint.Looks(sent, sent); !l.Same() || len(l.Words) > 0 {
		t.Fatalf("the charter beside itself: %+v", l)
	}
	for _, a := range hostile.Alter(sent) {
		l := imprint.Looks(sent, a.File)
		told := len(l.Words) == 1 && (a.Name == "words of a refusal" || a.Name == "a signature that speaks") // by what they say
		if l.Same() && !told {
			t.Errorf("%s: it looks the same, with %q", a.Name, l.Words)
		}
	}
}

// TestWhatChangesNoLook: programs that save a file anew, and words in plain type on free paper.
func TestWhatChangesNoLook(t *testing.T) {
	sent := charter(t, nil)
	var again bytes.Buffer
	if err := api.Optimize(bytes.NewReader(sent), &again, nil); err != nil {
		t.Fatal(err)
	}
	mark, err := api.TextWatermark("Lu et approuvé, Jeanne Martin", "font:Helvetica, points:14, pos:bc, off:0 120, rot:8, scale:1 abs", true, false, 0)
	if err != nil {
		t.Fatal(err)
	}
	var written bytes.Buffer
	if err := api.AddWatermarks(bytes.NewReader(sent), &written, nil, mark, nil); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		file  []byte
		words int
	}{"saved anew": {again.Bytes(), 0}, "a name written on it": {written.Bytes(), 1}, "behind it a line end": {append(bytes.Clone(sent), '\n'), 0}} {
		if l := imprint.Looks(sent, c.file); !l.Same() || len(l.Words) != c.words {
			t.Errorf("%s: %+v", name, l)
		}
	}
}

// TestAnotherTextLooksOtherwise compares charters that were printed apart.
func TestAnotherTextLooksOtherwise(t *testing.T) {
	other := charter(t, func(l *pdf.Letter) { l.Subject = "Chartes" })
	if imprint.Looks(charter(t, nil), other).Same() || imprint.Looks(nil, other).Same() || imprint.Looks(other, nil).Same() {
		t.Error("another charter looks the same")
	}
}

// drawn are the letters and rectangles of each page, with their places and sizes, as another reader than that of
// Looks finds them; nil where it cannot read the file.
func drawn(file []byte) (pages [][]string) {
	defer func() {
		if recover() != nil {
			pages = nil
		}
	}()
	r, err := reader.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil || r.NumPage() > 20 {
		return nil
	}
	for n := 1; n <= r.NumPage(); n++ {
		p := r.Page(n)
		c := p.Content()
		list := []string{fmt.Sprint(p.V.Key("MediaBox"), p.V.Key("CropBox"), p.V.Key("Rotate"))}
		for _, letter := range c.Text {
			list = append(list, fmt.Sprintf("%s %s %.2f %.2f %.2f", letter.S, letter.Font, letter.FontSize, letter.X, letter.Y))
		}
		for _, r := range c.Rect {
			list = append(list, fmt.Sprint(r))
		}
		pages = append(pages, list)
	}
	return pages
}

// FuzzCopyAgainstOriginal changes a charter and a copy that is signed by words, inside and behind. Where Looks says
// that it looks the same, another reader finds on each page every letter and rectangle of the original, in its place,
// and no letter besides but where there are words.
func FuzzCopyAgainstOriginal(f *testing.F) {
	sent := charter(f, nil)
	mark, err := api.TextWatermark("Jeanne Martin", "font:Helvetica, points:14, pos:bc, off:0 120, rot:0, scale:1 abs", true, false, 0)
	if err != nil {
		f.Fatal(err)
	}
	var written bytes.Buffer
	if err := api.AddWatermarks(bytes.NewReader(sent), &written, nil, mark, nil); err != nil {
		f.Fatal(err)
	}
	want := drawn(sent)
	for _, a := range hostile.Alter(sent) {
		f.Add(uint(len(sent)), uint(0), a.File[len(sent):])
	}
	f.Add(uint(900), uint(20), []byte("1 g 0 0 600 800 re f"))
	f.Fuzz(func(t *testing.T, at, over uint, put []byte) {
		for _, base := range [][]byte{sent, written.Bytes()} {
			i := int(at % uint(len(base)+1))
			j := min(len(base), i+int(over%64))
			copied := bytes.Join([][]byte{base[:i], put, base[j:]}, nil)
			l := imprint.Looks(sent, copied)
			got := drawn(copied)
			if !l.Same() || got == nil {
				continue
			}
			if len(got) != len(want) {
				t.Fatalf("%d pages, and it looks the same", len(got))
			}
			for n, page := range got {
				for _, piece := range want[n] {
					if !slices.Contains(page, piece) {
						t.Fatalf("page %d lacks %s, and it looks the same: %+v", n+1, piece, l)
					}
				}
				if len(l.Words) == 0 && len(page) != len(want[n]) {
					t.Fatalf("page %d has more on it, and it looks the same: %+v", n+1, l)
				}
			}
		}
	})
}
