package pdf

import (
	"bytes"
	"compress/zlib"
	"crypto/sha256"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf16"

	"github.com/go-fonts/liberation/liberationsansbold"
	"github.com/go-fonts/liberation/liberationsansregular"
	"github.com/jung-kurt/gofpdf"
)

// typeface is the font files that letters are set in, by style as the library names it.
var typeface = []struct {
	style string
	file  []byte
}{{"", liberationsansregular.TTF}, {"B", liberationsansbold.TTF}}

// face is one style of the typeface, cut down to what nearly every French letter is written with and ready to be put into a file. The library
// reads, cuts and compresses its fonts anew for every letter, which takes four times as long as the rest of it.
type face struct {
	widths  [lastCommon + 1]int // of a character, in thousandths of the size
	objects [][]byte            // of a PDF file: the font, then what it refers to
	number  int                 // that the first of them has there
}

// lastCommon is the last character that a face has.
const lastCommon = '□'

// isCommon tells of the characters that the faces have: ASCII, the letters of western Europe, the signs of French and □. A letter with any other
// takes the whole typeface, Greek and Cyrillic among it. Every letter carries all of a face: fewer characters make smaller files.
func isCommon(r rune) bool {
	return r >= ' ' && r <= '~' || r >= 'À' && r <= 'ÿ' || strings.ContainsRune("\u00a0\u2009\u202fœŒŸ€§°«»·²–—‘’“”…•→□", r)
}

// faces are the styles of the typeface, made once.
var faces = sync.OnceValue(func() map[string]*face {
	made := map[string]*face{}
	for _, t := range typeface {
		f, err := cut(t.style, t.file)
		if err != nil {
			panic(err) // compiled in
		}
		made[t.style] = f
	}
	return made
})

// cut makes a face: the library does it, for a text that has all its characters.
func cut(style string, file []byte) (*face, error) {
	f := &face{}
	pdf := gofpdf.New("P", "mm", "A4", "")
	pdf.AddUTF8FontFromBytes(family, style, bytes.Clone(file))
	pdf.SetCatalogSort(true)
	pdf.AddPage()
	pdf.SetFont(family, style, 10)
	known := glyphs()
	for r := range lastCommon + 1 {
		if !isCommon(r) {
			continue
		}
		f.widths[r] = pdf.GetStringSymbolWidth(string(r))
		if known[r] {
			pdf.Text(10, 10, string(r))
		}
	}
	var out bytes.Buffer
	if err := pdf.Output(&out); err != nil {
		return nil, err
	}
	s, err := split(out.Bytes())
	if err != nil {
		return nil, err
	}
	const parts = 7 // font, its descendant, ToUnicode, CIDSystemInfo, descriptor, CIDToGIDMap, font file
	for i, o := range s.objects {
		if !bytes.Contains(o, []byte("/Subtype /Type0")) {
			continue
		}
		if i+parts > len(s.objects) || !bytes.Contains(s.objects[i+parts-1], []byte("/Length1 ")) {
			break
		}
		f.number = i + 1
		sum := sha256.Sum256(s.objects[i+parts-1])
		for _, o := range s.objects[i : i+parts] {
			o, err = packed(renamed(o, sum))
			if err != nil {
				return nil, err
			}
			f.objects = append(f.objects, o)
		}
		return f, nil
	}
	return nil, fmt.Errorf("%w: no font", errStructure)
}

// packed compresses the stream of an object once more, as well as can be, and a font without its hints: it is done once for all letters.
func packed(object []byte) ([]byte, error) {
	head, rest, found := bytes.Cut(object, []byte("stream\n"))
	if !found || !bytes.Contains(head, []byte("/FlateDecode")) {
		return object, nil
	}
	r, err := zlib.NewReader(bytes.NewReader(rest))
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	if bytes.Contains(head, []byte("/Length1 ")) {
		if content, err = unhinted(content); err != nil {
			return nil, err
		}
		head = length1.ReplaceAll(head, fmt.Appendf(nil, "/Length1 %d", len(content)))
	}
	var small bytes.Buffer
	w, err := zlib.NewWriterLevel(&small, zlib.BestCompression)
	if err == nil {
		_, err = w.Write(content)
	}
	if err == nil {
		err = w.Close()
	}
	head = length.ReplaceAll(head, fmt.Appendf(nil, "/Length %d", small.Len()))
	return slices.Concat(head, []byte("stream\n"), small.Bytes(), []byte("\nendstream\nendobj\n")), err
}

var length, length1 = regexp.MustCompile(`/Length \d+`), regexp.MustCompile(`/Length1 \d+`)

// width is that of a text, in thousandths of the size.
func (f *face) width(text string) (w int) {
	for _, r := range text {
		if r <= lastCommon {
			w += f.widths[r]
		}
	}
	return w
}

// placeholder is a font definition for the library that has no font behind it; archival puts a face in its place.
func placeholder(style string) []byte {
	return fmt.Appendf(nil, `{"Tp": "Core", "Name": %q, "Cw": [0]}`, family+style)
}

// encoded is a text as the faces have it: UTF-16, the high byte first, as Identity-H reads it (ISO 32000-1 §9.7.5.2).
func encoded(text string) string {
	var b []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		b = append(b, byte(unit>>8), byte(unit))
	}
	return string(b)
}

// put puts faces where the library has written placeholders.
func (s *structure) put() {
	for i := range s.objects {
		for style, f := range faces() {
			if bytes.Contains(s.objects[i], []byte("/BaseFont /"+family+style+"\n/Subtype /Type1\n")) {
				s.embed(i, f)
				break
			}
		}
	}
}

var reference = regexp.MustCompile(`\b(\d+) 0 (R|obj)\b`)

// embed puts a face in the place of an object, and what it refers to behind all others.
func (s *structure) embed(at int, f *face) {
	behind := len(s.objects)
	number := func(n int) int {
		if n == f.number {
			return at + 1
		}
		return behind + n - f.number
	}
	for i, o := range f.objects {
		head, stream, found := bytes.Cut(o, []byte("stream\n"))
		head = reference.ReplaceAllFunc(head, func(match []byte) []byte {
			old, kind, _ := bytes.Cut(match, []byte(" 0 "))
			n, _ := strconv.Atoi(string(old)) // it matched
			return fmt.Appendf(nil, "%d 0 %s", number(n), kind)
		})
		if found {
			head = append(append(head, "stream\n"...), stream...)
		}
		if i == 0 {
			s.objects[at] = head
		} else {
			s.objects = append(s.objects, head)
		}
	}
}
