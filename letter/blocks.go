package letter

import (
	"strings"

	"relance/prose"
)

const (
	between = 2.6 // millimetres between two blocks
	indent  = 5.0 // of a list
)

// blocks sets blocks in a base style.
func (d *document) blocks(blocks []prose.Block, s style) []row {
	var rows []row
	for i, b := range blocks {
		lines := d.block(b, s)
		if i > 0 && blocks[i-1].Kind == prose.Table && len(lines) > 0 {
			lines[0].gap += between / 2
		}
		rows = append(rows, lines...)
	}
	return rows
}

func (d *document) block(b prose.Block, s style) []row {
	scale := s.size / plain.size
	switch b.Kind {
	case prose.Heading:
		h := s
		h.bold, h.colour = true, d.strong
		rows := d.at(left, measure, h, strings.TrimSpace(set(b.Text)), 2*between*scale)
		hold(rows, tight)
		rows[len(rows)-1].bond = tight
		return rows
	case prose.List:
		return d.list(b.Items, s, scale)
	case prose.Table:
		return d.table(b.Rows, s)
	}
	if strings.TrimSpace(b.Text) == "" {
		return nil
	}
	return d.at(left, measure, s, set(b.Text), between*scale)
}

func (d *document) list(items []string, s style, scale float64) []row {
	var rows []row
	for i, item := range items {
		gap := between * scale * 0.4
		if i == 0 {
			gap = between * scale * 0.7 // nearer to the sentence that announces it
		}
		lines := d.at(left+indent, measure-indent, s, set(item), gap)
		draw := lines[0].draw
		lines[0].draw = func(y float64) {
			d.print(style{size: s.size, colour: d.strong}, left+1, y, "–")
			draw(y)
		}
		rows = append(rows, lines...)
	}
	if len(items) > 1 {
		hold(rows[:min(2, len(rows))], tight)
	}
	return rows
}

// lastUnit is where, counted from the end of the body, its last block begins: what a signature takes along.
func (d *document) lastUnit() int {
	for i := len(d.letter.Body) - 1; i >= 0; i-- {
		b := d.letter.Body[i]
		if b.Kind == prose.List || b.Kind == prose.Table {
			return min(3, len(d.block(b, plain)))
		}
		if n := len(d.block(b, plain)); n > 0 {
			return n
		}
	}
	return 0
}

// cling binds the last block, which begins at from, to the ending that follows it: wholly where a page has room for
// that, and in any case its last two lines.
func cling(rows []row, from int) {
	for i := max(from, 0); i < len(rows); i++ {
		if i >= len(rows)-2 {
			rows[i].bond = tight
		}
		rows[i].bond = max(rows[i].bond, loose)
	}
}
