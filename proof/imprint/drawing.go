package imprint

import (
	"math"
	"slices"
	"strings"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
	"golang.org/x/text/encoding/charmap"
)

// matrix is a transformation (ISO 32000-2 §8.3.3): x' = a·x + c·y + e, y' = b·x + d·y + f.
type matrix [6]float64

var identity = matrix{1, 0, 0, 1, 0, 0}

// then is m, and n after it.
func (m matrix) then(n matrix) matrix {
	return matrix{m[0]*n[0] + m[1]*n[2], m[0]*n[1] + m[1]*n[3], m[2]*n[0] + m[3]*n[2], m[2]*n[1] + m[3]*n[3],
		m[4]*n[0] + m[5]*n[2] + n[4], m[4]*n[1] + m[5]*n[3] + n[5]}
}

// box is a rectangle on a page, in points.
type box struct{ left, bottom, right, top float64 }

func (b box) meets(c box) bool {
	return b.left < c.right && c.left < b.right && b.bottom < c.top && c.bottom < b.top
}

// of is the box around the picture of a rectangle.
func (m matrix) of(b box) box {
	out := box{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}
	for _, p := range [][2]float64{{b.left, b.bottom}, {b.left, b.top}, {b.right, b.bottom}, {b.right, b.top}} {
		x, y := m[0]*p[0]+m[2]*p[1]+m[4], m[1]*p[0]+m[3]*p[1]+m[5]
		out = box{min(out.left, x), min(out.bottom, y), max(out.right, x), max(out.top, y)}
	}
	return out
}

// state is what the instructions have set (ISO 32000-2 §8.4).
type state struct {
	matrix  matrix // of the page
	dark    bool   // the colour that text is filled with can be read on white
	clear   bool   // no extended state that is unknown
	font    string
	size    float64
	leading float64
	mode    float64
}

// painter follows instructions that draw text. Where it is strict, everything else than plain text that anybody can
// read makes it fail: whatever it does not know may change the look in a way that it does not see.
type painter struct {
	in      *opened
	strict  bool
	state   state
	saved   []state
	text    bool // between BT and ET
	line    matrix
	at      matrix // where the next letter stands
	boxes   []box  // of letters
	words   []string
	unknown bool // something else than text was drawn
	forms   int
}

// overlay follows what is drawn over a page after the original's instructions, of which open states are still saved.
func (l *Look) overlay(ours, theirs *sheet, after []byte, open int) {
	if open == 0 && len(strings.TrimSpace(string(after))) == 0 {
		return
	}
	start := state{matrix: identity, dark: true, clear: true, size: 1}
	before := &painter{in: ours.in, state: start}
	before.run(ours.content, ours.resources)
	if open == 0 { // the original's last state goes on
		start.matrix, start.dark = before.state.matrix, false
	}
	p := &painter{in: theirs.in, strict: true, state: start}
	for range open {
		p.saved = append(p.saved, start)
	}
	p.run(after, theirs.resources)
	l.take(p, before.boxes, theirs.box(), PartDrawing)
}

// take takes in what was drawn over a page: words, where all of it is plain text on free paper.
func (l *Look) take(p *painter, taken []box, paper box, part Part) {
	for _, b := range p.boxes {
		outside := b.left < paper.left || b.bottom < paper.bottom || b.right > paper.right || b.top > paper.top
		p.unknown = p.unknown || outside || slices.ContainsFunc(taken, b.meets)
	}
	if p.unknown {
		l.put(part)
		return
	}
	l.Words = append(l.Words, p.words...)
}

// box is the paper of a page that shows.
func (s *sheet) box() box {
	if s.media == nil {
		return box{}
	}
	return box{s.media.LL.X, s.media.LL.Y, s.media.UR.X, s.media.UR.Y}
}

// signature looks at the picture that a digital signature shows. One that shows none changes nothing.
func (l *Look) signature(ours, theirs *sheet, note types.Dict) {
	rect, _ := theirs.in.DereferenceArray(note["Rect"])
	place, ok := theirs.in.boxOf(rect)
	if !ok || place.left == place.right || place.bottom == place.top {
		return
	}
	before := &painter{in: ours.in, state: state{matrix: identity}}
	before.run(ours.content, ours.resources)
	looks, _ := theirs.in.DereferenceDict(note["AP"])
	normal, _, err := theirs.in.DereferenceStreamDict(looks["N"])
	free := !slices.ContainsFunc(before.boxes, place.meets)
	if _, painted := note.Find("MK"); err != nil || normal == nil || !free || painted {
		l.put(PartSignature)
		return
	}
	values, _ := theirs.in.DereferenceArray(normal.Dict["BBox"])
	inner, ok := theirs.in.boxOf(values)
	if _, turned := normal.Find("Matrix"); turned && theirs.in.sum(normal.Dict["Matrix"]) != theirs.in.sum(upright) ||
		!ok || inner.right <= inner.left || inner.top <= inner.bottom {
		l.put(PartSignature)
		return
	}
	scaleX := (place.right - place.left) / (inner.right - inner.left)
	scaleY := (place.top - place.bottom) / (inner.top - inner.bottom)
	fit := matrix{scaleX, 0, 0, scaleY, place.left - inner.left*scaleX, place.bottom - inner.bottom*scaleY}
	p := &painter{in: theirs.in, strict: true, state: state{matrix: fit, dark: true, clear: true, size: 1}}
	p.form(normal)
	l.take(p, before.boxes, theirs.box(), PartSignature)
}

var upright = types.NewNumberArray(1, 0, 0, 1, 0, 0)

func (o *opened) boxOf(values types.Array) (b box, ok bool) {
	if len(values) != 4 {
		return b, false
	}
	var n [4]float64
	for i, v := range values {
		number, err := o.DereferenceNumber(v)
		if err != nil {
			return b, false
		}
		n[i] = number
	}
	return box{min(n[0], n[2]), min(n[1], n[3]), max(n[0], n[2]), max(n[1], n[3])}, true
}

// run follows instructions.
func (p *painter) run(content []byte, resources types.Dict) {
	list, ok := tokens(content)
	p.unknown = p.unknown || !ok
	var args []token
	for _, t := range list {
		if p.in.steps++; p.in.steps > 4*maxSteps {
			panic("a page with too many instructions") // Looks says that the file cannot be read
		}
		if t.kind != 'o' || t.text == "true" || t.text == "false" || t.text == "null" {
			args = append(args, t)
			continue
		}
		if !p.do(t.text, args, resources) {
			p.unknown = true
		}
		args = args[:0]
	}
}

// harmless are operators that set how text is spaced or lines are drawn, or that mark content: they draw nothing.
var harmless = strings.Fields("Tc Tw EMC BMC BDC w J j M d i ri G RG K n")

// do carries out one instruction; ok is false where it is not one of plain text.
func (p *painter) do(operator string, args []token, resources types.Dict) (ok bool) {
	n := numbers(args)
	s := &p.state
	switch {
	case slices.Contains(harmless, operator):
		return !slices.ContainsFunc(args, func(a token) bool { return a.kind == '/' && a.text == "OC" || a.text == "ActualText" })
	case operator == "q":
		p.saved = append(p.saved, *s)
	case operator == "Q" && len(p.saved) > 0:
		*s, p.saved = p.saved[len(p.saved)-1], p.saved[:len(p.saved)-1]
	case operator == "cm" && len(n) == 6:
		s.matrix = matrix(n).then(s.matrix)
	case operator == "gs" && len(args) == 1:
		s.clear = s.clear && p.plainState(resources, args[0].text)
	case operator == "g" && len(n) == 1:
		s.dark = n[0] <= brightest
	case operator == "rg" && len(n) == 3:
		s.dark = 0.3*n[0]+0.59*n[1]+0.11*n[2] <= brightest
	case operator == "k" && len(n) == 4:
		s.dark = n[3] >= 1-brightest
	case operator == "Do" && len(args) == 1:
		return p.object(resources, args[0].text)
	default:
		return p.write(operator, args, n, resources)
	}
	return true
}

// brightest is how bright text may be that can be read on white, of one.
const brightest = 0.6

// plainState tells whether an extended state makes nothing transparent, masked or mixed.
func (p *painter) plainState(resources types.Dict, name string) bool {
	states, _ := p.in.DereferenceDict(resources["ExtGState"])
	set, _ := p.in.DereferenceDict(states[name])
	for key, value := range set {
		opacity, err := p.in.DereferenceNumber(value)
		if key != "Type" && (key != "ca" && key != "CA" || err != nil || opacity < brightest) {
			return false
		}
	}
	return set != nil
}

// object draws a form; a picture is unknown.
func (p *painter) object(resources types.Dict, name string) bool {
	objects, _ := p.in.DereferenceDict(resources["XObject"])
	stream, _, err := p.in.DereferenceStreamDict(objects[name])
	if err != nil || stream == nil {
		return false
	}
	if kind := stream.NameEntry("Subtype"); kind == nil || *kind != "Form" {
		return false
	}
	return p.form(stream)
}

// form draws a form of its own instructions.
func (p *painter) form(stream *types.StreamDict) bool {
	const most = 20 // forms in all
	if p.forms++; p.forms > most {
		return false
	}
	content, ok := decoded(stream)
	if _, mixed := stream.Find("Group"); !ok || mixed {
		p.unknown = true
		return false
	}
	outer, saved := p.state, p.saved
	defer func() { p.state, p.saved = outer, saved }()
	if values, _ := p.in.DereferenceArray(stream.Dict["Matrix"]); len(values) == 6 {
		var m matrix
		for i, v := range values {
			m[i], _ = p.in.DereferenceNumber(v)
		}
		p.state.matrix = m.then(p.state.matrix)
	}
	var resources types.Dict
	resources, _ = p.in.DereferenceDict(stream.Dict["Resources"])
	p.saved = nil
	p.run(content, resources)
	return true
}

func numbers(args []token) (n []float64) {
	for _, a := range args {
		if a.kind == 'n' {
			n = append(n, a.value)
		}
	}
	return n
}

// plainFont tells whether a font is one of those that every reader has, with the letters that their codes say.
func (p *painter) plainFont(resources types.Dict, name string) bool {
	fonts, _ := p.in.DereferenceDict(resources["Font"])
	font, _ := p.in.DereferenceDict(fonts[name])
	base, _ := p.in.DereferenceName(font["BaseFont"], model.V10, nil)
	encoding, _ := p.in.DereferenceName(font["Encoding"], model.V10, nil)
	family, _, _ := strings.Cut(string(base), "-")
	for _, key := range []string{"FontDescriptor", "ToUnicode", "Widths"} {
		if _, has := font.Find(key); has {
			return false
		}
	}
	return encoding == "WinAnsiEncoding" && slices.Contains([]string{"Helvetica", "Times", "Courier"}, family)
}

// letter is how much room a letter of an unknown font takes, of its size: most take less.
const letter = 0.62

// put puts letters on the page and moves on behind them.
func (p *painter) put(text string, resources types.Dict) bool {
	s := p.state
	shown := text
	if !p.strict { // the original's own fonts have two bytes a letter
		shown = text[:len(text)/2]
	}
	here := p.at.then(s.matrix)
	for i := range len(shown) {
		from, to := float64(i)*letter*s.size, float64(i+1)*letter*s.size
		p.boxes = append(p.boxes, here.of(box{from, -0.25 * s.size, to, 0.8 * s.size}))
	}
	p.at = matrix{1, 0, 0, 1, float64(len(shown)) * letter * s.size, 0}.then(p.at)
	if !p.strict || strings.TrimSpace(text) == "" {
		return true
	}
	height := math.Hypot(here[2], here[3]) * s.size
	width := math.Hypot(here[0], here[1]) * s.size
	const smallest, largest = 5, 40 // points
	words, err := charmap.Windows1252.NewDecoder().String(text)
	p.words = append(p.words, words)
	return err == nil && p.text && s.dark && s.clear && s.mode == 0 && p.plainFont(resources, s.font) &&
		height >= smallest && height <= largest && width >= smallest && width <= largest
}
