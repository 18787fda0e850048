package imprint

import (
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// write carries out an instruction of text (ISO 32000-2 §9.4); ok is false where it is none.
func (p *painter) write(operator string, args []token, n []float64, resources types.Dict) (ok bool) {
	s := &p.state
	switch {
	case operator == "BT":
		p.text, p.line, p.at = true, identity, identity
	case operator == "ET":
		p.text = false
	case operator == "Tf" && len(args) == 2:
		s.font, s.size = args[0].text, args[1].value
	case operator == "TL" && len(n) == 1:
		s.leading = n[0]
	case operator == "Tr" && len(n) == 1:
		s.mode = n[0]
	case operator == "Tz" && len(n) == 1:
		return n[0] >= 80 && n[0] <= 120 // per cent
	case operator == "Tm" && len(n) == 6:
		p.line = matrix(n)
		p.at = p.line
	case operator == "Td" && len(n) == 2:
		p.move(n[0], n[1])
	case operator == "TD" && len(n) == 2:
		s.leading = -n[1]
		p.move(n[0], n[1])
	case operator == "T*":
		p.move(0, -s.leading)
	case operator == "Tj" || operator == "'" || operator == "TJ":
		if operator == "'" {
			p.move(0, -s.leading)
		}
		return p.show(args, resources)
	default:
		return false
	}
	return true
}

func (p *painter) move(x, y float64) {
	p.line = matrix{1, 0, 0, 1, x, y}.then(p.line)
	p.at = p.line
}

// show writes strings; letters that are pushed far apart or over each other are no plain text.
func (p *painter) show(args []token, resources types.Dict) bool {
	const push = 400 // thousandths of the size
	text, ok := "", true
	for _, a := range args {
		switch a.kind {
		case 's':
			text += a.text
		case 'n':
			ok = ok && a.value > -push && a.value < push
		}
	}
	return p.put(text, resources) && ok
}
