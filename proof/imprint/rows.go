package imprint

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"github.com/ledongthuc/pdf"
)

// Rows are the texts of a PDF's pages as they stand beside each other: each row from left to right, the rows from top to bottom. What stands near what
// is told by where the texts are drawn, those inside form XObjects (ISO 32000-1 §8.10) among them: programs draw the values of a flattened form so.
// It is nil where the file cannot be read.
func Rows(file []byte, most int) (rows [][]string) {
	defer func() {
		if recover() != nil { // a reader of other people's files
			rows = nil
		}
	}()
	r, err := pdf.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return nil
	}
	for n := 1; n <= min(r.NumPage(), most); n++ {
		p := r.Page(n)
		d := &drawing{}
		d.stream(p.V.Key("Contents"), p.Resources(), identity, 0)
		rows = append(rows, d.rows()...)
	}
	return rows
}

// run is a piece of text that is drawn at one place, in points.
type run struct {
	x, y, size float64
	text       string
}

// drawing gathers what is drawn on a page.
type drawing struct {
	runs  []run
	steps int
}

const (
	maxNested = 8
	maxRuns   = 20_000
)

// pen is the text state (§9.3) of one stream.
type pen struct {
	page, line, text matrix // what is in force, the start of the line, the next text
	font             pdf.Font
	size, leading    float64
	moved            bool // the next text stands at a place of its own
}

// stream draws one content stream.
func (d *drawing) stream(content, resources pdf.Value, at matrix, depth int) {
	p := pen{page: at, line: identity, text: identity, size: 10}
	var kept []pen
	pdf.Interpret(content, func(stack *pdf.Stack, op string) {
		args := make([]pdf.Value, stack.Len())
		for i := len(args) - 1; i >= 0; i-- {
			args[i] = stack.Pop()
		}
		number := func(i int) float64 {
			if i < len(args) {
				return args[i].Float64()
			}
			return 0
		}
		m := matrix{number(0), number(1), number(2), number(3), number(4), number(5)}
		switch op {
		case "q":
			if len(kept) < maxRuns {
				kept = append(kept, p)
			}
		case "Q":
			if n := len(kept); n > 0 {
				p, kept = kept[n-1], kept[:n-1]
			}
		case "cm":
			p.page = m.then(p.page)
		case "BT":
			p.move(identity)
		case "Tm":
			p.move(m)
		case "Td":
			p.move(matrix{1, 0, 0, 1, number(0), number(1)}.then(p.line))
		case "TD":
			p.leading = -number(1)
			p.move(matrix{1, 0, 0, 1, number(0), number(1)}.then(p.line))
		case "T*":
			p.move(matrix{1, 0, 0, 1, 0, -p.leading}.then(p.line))
		case "TL":
			p.leading = number(0)
		case "Tf":
			if len(args) == 2 {
				p.font, p.size = pdf.Font{V: resources.Key("Font").Key(args[0].Name())}, number(1)
			}
		case "Tj", "TJ":
			d.show(&p, args)
		case "'", `"`:
			p.move(matrix{1, 0, 0, 1, 0, -p.leading}.then(p.line))
			d.show(&p, args[max(len(args)-1, 0):])
		case "Do":
			if len(args) == 1 && depth < maxNested {
				d.object(resources.Key("XObject").Key(args[0].Name()), resources, p.page, depth)
			}
		}
	})
}

// object draws a form XObject.
func (d *drawing) object(o, resources pdf.Value, at matrix, depth int) {
	if d.steps++; d.steps > maxRuns || o.Key("Subtype").Name() != "Form" {
		return
	}
	if m := o.Key("Matrix"); m.Len() == len(identity) {
		var own matrix
		for i := range own {
			own[i] = m.Index(i).Float64()
		}
		at = own.then(at)
	}
	if own := o.Key("Resources"); !own.IsNull() {
		resources = own
	}
	d.stream(o, resources, at, depth+1)
}

func (p *pen) move(to matrix) { p.line, p.text, p.moved = to, to, true }

// show draws a string, or an array of strings with the gaps between them (§9.4.3).
func (d *drawing) show(p *pen, args []pdf.Value) {
	var text strings.Builder
	decode := p.font.Encoder()
	for _, a := range args {
		if a.Kind() == pdf.String {
			text.WriteString(decode.Decode(a.RawString()))
		}
		for i := range a.Len() {
			const space = -200 // thousandths of the size
			switch piece := a.Index(i); {
			case piece.Kind() == pdf.String:
				text.WriteString(decode.Decode(piece.RawString()))
			case piece.Float64() < space:
				text.WriteByte(' ')
			}
		}
	}
	if n := len(d.runs); !p.moved && n > 0 {
		d.runs[n-1].text += text.String()
		return
	}
	if place := p.text.then(p.page); len(d.runs) < maxRuns {
		d.runs = append(d.runs, run{place[4], place[5], max(p.size*place[3], -p.size*place[3], 1), text.String()})
	}
	p.moved = false
}

// rows puts together what stands in one line, and in it what stands as near as words do.
func (d *drawing) rows() (rows [][]string) {
	slices.SortStableFunc(d.runs, func(a, b run) int { return cmp.Compare(b.y, a.y) })
	const apart = 7 // points between two lines, at least: a value is drawn in a box beside its label, a little higher or lower
	for len(d.runs) > 0 {
		n := 1
		for n < len(d.runs) && d.runs[0].y-d.runs[n].y < apart {
			n++
		}
		line := slices.Clone(d.runs[:n])
		d.runs = d.runs[n:]
		slices.SortStableFunc(line, func(a, b run) int { return cmp.Compare(a.x, b.x) })
		if cells := cellsOf(line); len(cells) > 0 {
			rows = append(rows, cells)
		}
	}
	return rows
}

// cellsOf parts a line where there is more room than between words. How wide a text is follows from its size, roughly.
func cellsOf(line []run) (cells []string) {
	const wide, word, cell = 0.5, 0.2, 1.5 // of the size: a character, the gap between words, and between cells
	end := 0.0
	for _, r := range line {
		text := strings.TrimSpace(r.text)
		if text == "" {
			continue
		}
		n := len(cells)
		switch gap := (r.x - end) / r.size; {
		case n == 0 || gap > cell:
			cells = append(cells, text)
		case gap > word || strings.HasPrefix(r.text, " "):
			cells[n-1] += " " + text
		default:
			cells[n-1] += text
		}
		end = r.x + wide*r.size*float64(len([]rune(r.text)))
	}
	return cells
}
