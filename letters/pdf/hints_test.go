package pdf

import (
	"bytes"
	"reflect"
	"testing"

	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// A font without its hints draws every glyph as before, and is much smaller.
func TestUnhintedDrawsTheSame(t *testing.T) {
	for _, face := range typeface {
		small, err := unhinted(face.file)
		if err != nil {
			t.Fatal(err)
		}
		if len(small) > len(face.file)*3/4 {
			t.Errorf("%d of %d bytes are left", len(small), len(face.file))
		}
		before, err := sfnt.Parse(face.file)
		if err != nil {
			t.Fatal(err)
		}
		after, err := sfnt.Parse(small)
		if err != nil {
			t.Fatal(err)
		}
		if before.NumGlyphs() != after.NumGlyphs() {
			t.Fatalf("%d glyphs, want %d", after.NumGlyphs(), before.NumGlyphs())
		}
		var a, b sfnt.Buffer
		for i := range sfnt.GlyphIndex(before.NumGlyphs()) {
			want, werr := before.LoadGlyph(&a, i, fixed.I(2048), nil)
			got, gerr := after.LoadGlyph(&b, i, fixed.I(2048), nil)
			if (werr == nil) != (gerr == nil) || !reflect.DeepEqual(got, want) {
				t.Fatalf("glyph %d is another (%v, %v)", i, gerr, werr)
			}
		}
	}
}

// A damaged font is refused, and never read beyond its end.
func FuzzUnhinted(f *testing.F) {
	for _, face := range typeface {
		f.Add(uint32(12), byte(0xff), uint32(len(face.file)))
		f.Add(uint32(300), byte(0x7f), uint32(4000))
	}
	f.Fuzz(func(t *testing.T, at uint32, value byte, size uint32) {
		font := bytes.Clone(typeface[0].file)
		font[int(at)%len(font)] = value
		_, _ = unhinted(font[:min(int(size), len(font))])
	})
}
