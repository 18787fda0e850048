package pdf

import (
	"strings"

	"relance/letters/prose"
)

const (
	between = 2.6 // millimetres between two blocks
	indent  = 5.0 // of a list
)

// blocks sets blocks in a base style.
func (d *document) blocks(blocks []prose.Block, s style) []row {
	var rows []row
	fresh := false
	for i, b := range blocks {
		lines := d.block(b, s)
		if len(lines) == 0 {
			fresh = fresh || b.Kind == prose.Break
			continue
		}
		if i > 0 && blocks[i-1].Kind == prose.Table {
			lines[0].gap += between / 2
		}
		lines[0].fresh = fresh
		fresh = false
		if announces(blocks, i) {
			lines[len(lines)-1].bond = tight
		}
		rows = append(rows, lines...)
	}
	return rows
}

// announces tells of a sentence that ends with a colon before the list or table it announces.
func announces(blocks []prose.Block, i int) bool {
	if blocks[i].Kind != prose.Paragraph || i+1 == len(blocks) || !strings.HasSuffix(strings.TrimSpace(blocks[i].Text), ":") {
		return false
	}
	next := blocks[i+1].Kind
	return next == prose.List || next == prose.Table
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

// lastUnit is how many rows at the end of the body the signature takes along: the last block and, where that is but a closing
// formula, those before it, so that the page of the signature says what is signed.
func (d *document) lastUnit() int {
	const enough = 3
	n := 0
	for i := len(d.letter.Body) - 1; i >= 0 && n < enough; i-- {
		b := d.letter.Body[i]
		rows := len(d.block(b, plain))
		if b.Kind == prose.List || b.Kind == prose.Table {
			rows = min(enough, rows)
		}
		n += rows
	}
	return n
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
