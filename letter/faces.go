package letter

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"io"
	"sync"

	"github.com/go-fonts/liberation/liberationsansbold"
	"github.com/go-fonts/liberation/liberationsansregular"
	"github.com/jung-kurt/gofpdf"
)

// typeface is the font files that a letter is set in.
type typeface struct{ regular, bold []byte }

// whole is the typeface with all it has, Greek and Cyrillic among it.
var whole = typeface{liberationsansregular.TTF, liberationsansbold.TTF}

// common is the typeface cut down to what nearly every French letter is written with: the library reads a font anew for every letter, which takes as
// long as everything else where the font is whole.
var common = sync.OnceValue(func() typeface {
	cut := func(file []byte) []byte {
		small, err := cutDown(file)
		if err != nil {
			panic(err) // compiled in
		}
		return small
	}
	return typeface{cut(whole.regular), cut(whole.bold)}
})

// isCommon tells of the characters that the common typeface has: Latin as far as Extended-A, punctuation, the euro, □ and arrows.
func isCommon(r rune) bool {
	return r >= 0x20 && r <= 0x17f || r >= 0x2000 && r <= 0x206f || r == '€' || r == missing || r >= 0x2190 && r <= 0x2193
}

// cutDown leaves of a font file the characters that are common: the library does it itself where it writes a text that has them all.
func cutDown(file []byte) ([]byte, error) {
	pdf := gofpdf.New("P", "mm", "A4", "")
	pdf.AddUTF8FontFromBytes("sans", "", bytes.Clone(file))
	pdf.AddPage()
	pdf.SetFont("sans", "", 10)
	known := glyphs()
	for r := range rune(len(known)) {
		if known[r] && isCommon(r) {
			pdf.Text(10, 10, string(r))
		}
	}
	var out bytes.Buffer
	if err := pdf.Output(&out); err != nil {
		return nil, err
	}
	f, err := split(out.Bytes())
	if err != nil {
		return nil, err
	}
	for _, o := range f.objects {
		head, rest, found := bytes.Cut(o, []byte("stream\n"))
		if !found || !bytes.Contains(head, []byte("/Length1 ")) {
			continue
		}
		r, err := zlib.NewReader(bytes.NewReader(rest))
		if err != nil {
			return nil, err
		}
		return io.ReadAll(r)
	}
	return nil, fmt.Errorf("%w: no font", errStructure)
}
