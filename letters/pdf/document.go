package pdf

import (
	"bytes"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"math"

	"github.com/jung-kurt/gofpdf"
)

// Lengths of the A4 page in millimetres.
const (
	pageWidth  = 210.0
	pageHeight = 297.0
	left       = 25.0
	right      = pageWidth - left
	measure    = right - left
	top        = 22.0  // of every page but the first
	bottom     = 271.0 // of the text
	column     = 110.0 // left edge of the address
	point      = 25.4 / 72
	leading    = 1.35
)

// The window of a DL envelope shows the address (NF Z 11-001): 100 by 45 millimetres, 20 from the right and lower edges of an envelope
// of 220 by 110, in which the folded sheet slides 10 to the side and 11 up or down. Whatever lies between these lines is seen
// wherever the sheet slides to, and what must not be seen keeps out of what the window may reach.
const (
	window      = 48.0 // top of the address
	windowEnd   = 79.0 // its last line ends above
	windowReach = 91.0 // the window never shows what is below
	sideEnd     = 88.0 // nor what is to the left
)

// What wrote the file, as its metadata say.
const (
	tool     = "Relance"
	producer = "gofpdf"
)

// style is a face at a size in points.
type style struct {
	bold   bool
	size   float64
	colour colour
}

type colour [3]uint8

var (
	ink   = colour{26, 26, 26}
	grey  = colour{92, 96, 102} // 6:1 on white
	hair  = colour{200, 204, 210}
	plain = style{size: 10.5, colour: ink}
	bold  = style{size: 10.5, colour: ink, bold: true}
	small = style{size: 8.5, colour: ink}
	faint = style{size: 8.5, colour: grey}
)

// line is the distance from one line to the next in millimetres.
func (s style) line() float64 { return s.size * point * leading }

// document is one letter being written.
type document struct {
	letter Letter
	pdf    *gofpdf.Fpdf
	accent colour // of rules and marks
	strong colour // the accent, dark enough for text
	first  float64
	said   []string // every line printed so far
	whole  bool     // it takes the whole typeface
	rare   bool     // it has characters that the faces lack
	face   *face    // in use; nil where it takes the whole typeface
	code   [][]bool // the mark of every page, once it is known
	err    error
}

// family is how the library knows the typeface.
const family = "sans"

// newDocument begins a letter, in the whole typeface or in its faces.
func newDocument(l Letter, whole bool) *document {
	pdf := gofpdf.New("P", "mm", "A4", "")
	for _, t := range typeface {
		if whole {
			pdf.AddUTF8FontFromBytes(family, t.style, bytes.Clone(t.file)) // the library writes into the bytes of a font
		} else {
			pdf.AddFontFromBytes(family, t.style, placeholder(t.style), nil)
		}
	}
	pdf.SetCompression(false) // archival does
	pdf.SetCatalogSort(true)
	pdf.SetCreationDate(l.Date.UTC())
	pdf.SetModificationDate(l.Date.UTC())
	pdf.SetTitle(oneLine(l.Title), true)
	pdf.SetKeywords(l.Keywords, false)
	pdf.SetSubject(oneLine(l.Subject), true)
	pdf.SetAuthor(oneLine(l.Letterhead.Name), true)
	pdf.SetCreator(tool, true)
	pdf.SetProducer(producer, true)
	pdf.SetMargins(0, 0, 0)
	pdf.SetAutoPageBreak(false, 0)
	d := &document{letter: l, pdf: pdf, whole: whole, accent: l.Letterhead.Color, strong: darkened(l.Letterhead.Color)}
	return d
}

// darkened brings a colour to a contrast with white of at least 4.5 to 1 (WCAG 2.1 §1.4.3).
func darkened(c colour) colour {
	for contrast(c) < 4.5 {
		for i := range c {
			c[i] = uint8(float64(c[i]) * 0.92)
		}
	}
	return c
}

func contrast(c colour) float64 {
	var light [3]float64
	for i, v := range c {
		x := float64(v) / 255
		if x <= 0.03928 {
			light[i] = x / 12.92
		} else {
			light[i] = math.Pow((x+0.055)/1.055, 2.4)
		}
	}
	return 1.05 / (0.2126*light[0] + 0.7152*light[1] + 0.0722*light[2] + 0.05)
}

func (d *document) use(s style) {
	style := ""
	if s.bold {
		style = "B"
	}
	d.pdf.SetFont(family, style, s.size)
	if !d.whole {
		d.face = faces()[style]
	}
	d.pdf.SetTextColor(int(s.colour[0]), int(s.colour[1]), int(s.colour[2]))
}

func (d *document) width(s style, text string) float64 {
	d.use(s)
	return d.measure(text)
}

// measure is the width of a text in the style in use, in millimetres.
func (d *document) measure(text string) float64 {
	if d.whole {
		return d.pdf.GetStringWidth(text)
	}
	for _, r := range text {
		d.rare = d.rare || !isCommon(r)
	}
	_, size := d.pdf.GetFontSize()
	return float64(d.face.width(text)) * size / 1000
}

func (d *document) wrap(s style, text string, width float64) []string {
	d.use(s)
	return wrap(text, width, d.measure)
}

// cut shortens a text that is wider than width, and shows it.
func (d *document) cut(s style, text string, width float64) string {
	lines := d.wrap(s, text, width)
	if len(lines) < 2 {
		return text
	}
	return d.wrap(s, text, width-d.width(s, "…"))[0] + "…"
}

// print writes one line whose box begins at y.
func (d *document) print(s style, x, y float64, text string) {
	d.use(s)
	height := s.size * point
	d.said = append(d.said, text)
	if !d.whole {
		d.measure(text) // it may be rare
		text = encoded(text)
	}
	d.pdf.Text(x, y+(s.line()-height)/2+height*0.8, text)
}

func (d *document) printRight(s style, x, y float64, text string) {
	d.print(s, x-d.width(s, text), y, text)
}

// spaced writes one line with open letters, as small capitals have them.
func (d *document) spaced(s style, x, y float64, text string) {
	d.pdf.RawWriteStr("0.8 Tc\n")
	d.print(s, x, y, text)
	d.pdf.RawWriteStr("0 Tc\n")
}

// rule draws a horizontal line, weight in millimetres.
func (d *document) rule(c colour, x1, x2, y, weight float64) {
	d.pdf.SetDrawColor(int(c[0]), int(c[1]), int(c[2]))
	d.pdf.SetLineWidth(weight)
	d.pdf.Line(x1, y, x2, y)
}

func (d *document) fill(c colour, x, y, width, height float64) {
	d.pdf.SetFillColor(int(c[0]), int(c[1]), int(c[2]))
	d.pdf.Rect(x, y, width, height, "F")
}

// tint is a pale shade of the accent.
func (d *document) tint() colour {
	var c colour
	for i, v := range d.strong {
		c[i] = uint8(255 - (255-float64(v))*0.08)
	}
	return c
}

// logo places the logo in a box at x, y no larger than width by height and tells how wide it came out.
func (d *document) logo(x, y, width, height float64) float64 {
	file := d.letter.Letterhead.Logo
	if len(file) == 0 {
		return 0
	}
	size, err := png.DecodeConfig(bytes.NewReader(file))
	if err == nil {
		file, err = simplified(file)
	}
	if err != nil {
		d.err = fmt.Errorf("logo: %w", err)
		return 0
	}
	scale := math.Min(width/float64(size.Width), height/float64(size.Height))
	options := gofpdf.ImageOptions{ImageType: "PNG"}
	d.pdf.RegisterImageOptionsReader("logo", options, bytes.NewReader(file))
	d.pdf.ImageOptions("logo", x, y, float64(size.Width)*scale, float64(size.Height)*scale, false, options, 0, "")
	return float64(size.Width) * scale
}

// simplified rewrites a PNG on white, with 8 bits a sample and not interlaced (ISO/IEC 15948 §11.2.2): gofpdf reads no other, and
// readers of archives differ in what they make of transparency.
func simplified(file []byte) ([]byte, error) {
	picture, err := png.Decode(bytes.NewReader(file))
	if err != nil {
		return nil, err
	}
	flat := image.NewRGBA(picture.Bounds())
	draw.Draw(flat, flat.Bounds(), image.White, image.Point{}, draw.Src)
	draw.Draw(flat, flat.Bounds(), picture, picture.Bounds().Min, draw.Over)
	var out bytes.Buffer
	err = png.Encode(&out, flat) // opaque: written without the alpha channel
	return out.Bytes(), err
}
