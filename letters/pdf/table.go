package pdf

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

var (
	sum    = regexp.MustCompile(`^[-+\x{2212}]?\d[\d .,\x{a0}\x{202f}]*[ \x{a0}\x{202f}]?(?:€|%|EUR)$`)
	number = regexp.MustCompile(`^[-+\x{2212}]?\d[\d .,\x{a0}\x{202f}]*[ \x{a0}\x{202f}]?(?:€|%|EUR)?$`)
)

// table is one table being laid out.
type table struct {
	cells   [][]string
	header  bool      // the first row names the columns
	amounts []bool    // columns set to the right
	widths  []float64 // of columns, padding included
	style   style
	pad     float64
}

// table sets a table. A first row that names columns is drawn again on every page that the table reaches.
func (d *document) table(rows [][]string, s style) []row {
	t := newTable(rows, s)
	if len(t.cells) == 0 || len(t.amounts) == 0 {
		return nil
	}
	d.columns(t)
	var out, head []row
	for i := range t.cells {
		lines := d.tableRow(t, i)
		if t.header && i == 0 {
			head = lines
			hold(lines, tight)
			lines[len(lines)-1].bond = tight
		} else {
			for k := range lines {
				lines[k].head = head
			}
		}
		out = append(out, lines...)
	}
	if n := len(out); t.total(len(t.cells)-1) && n > 1 {
		out[n-2].bond = tight // a total is never alone on a page
	}
	out[0].gap = between
	if len(out) > 2 && t.header {
		hold(out[:len(head)+1], tight)
	}
	return out
}

func newTable(rows [][]string, s style) *table {
	t := &table{style: s, pad: 2}
	n := 0
	for _, r := range rows {
		n = max(n, len(r))
	}
	for _, r := range rows {
		cells := make([]string, n)
		for i, cell := range r {
			cells[i] = strings.TrimSpace(set(cell))
		}
		t.cells = append(t.cells, cells)
	}
	t.style.size = min(s.size, 9.5)
	if n > 5 {
		t.style.size, t.pad = min(s.size, 8), 1.2
	}
	kind := number
	if n < 3 {
		kind = sum // figures beside a label are mostly identifiers
	}
	digits := func(cell string) bool { return strings.ContainsFunc(cell, unicode.IsDigit) }
	if len(rows) > 1 && n > 1 && !slices.ContainsFunc(t.cells[0], digits) {
		t.header = n > 2 || isAll(t.cells[1:], 1, kind)
	}
	t.amounts = make([]bool, n)
	body := t.cells
	if t.header {
		body = t.cells[1:]
	}
	for i := range t.amounts {
		t.amounts[i] = isAll(body, i, kind)
	}
	return t
}

// isAll tells whether all filled cells of a column are of a kind, and at least one is filled.
func isAll(cells [][]string, column int, kind *regexp.Regexp) bool {
	found := false
	for _, r := range cells {
		if r[column] != "" && !kind.MatchString(r[column]) {
			return false
		}
		found = found || r[column] != ""
	}
	return found
}

// columns shares the measure out: every column as wide as its text wants where there is room, else in proportion above
// what its longest word needs.
func (d *document) columns(t *table) {
	n := len(t.amounts)
	want, need := make([]float64, n), make([]float64, n)
	var wants, needs float64
	for i := range n {
		for k := range t.cells {
			s := t.face(k, i)
			for _, line := range strings.Split(t.cells[k][i], "\n") {
				want[i] = max(want[i], d.width(s, line)+2*t.pad+0.1)
				for _, word := range strings.Split(line, " ") {
					need[i] = max(need[i], d.width(s, word)+2*t.pad+0.1)
				}
			}
		}
		need[i] = min(need[i], max(measure/float64(n), measure*0.3))
		wants, needs = wants+want[i], needs+need[i]
	}
	t.widths = make([]float64, n)
	for i := range n {
		switch {
		case n == 2 && wants <= measure: // a label and its value, near each other
			t.widths[0] = max(want[0], measure*0.36)
			t.widths[0] = min(t.widths[0], measure-want[1])
			t.widths[1] = measure - t.widths[0]
		case wants <= measure:
			t.widths[i] = want[i] + (measure-wants)/float64(n)
		case needs <= measure:
			t.widths[i] = need[i] + (measure-needs)*max(want[i]-need[i], 0)/max(wants-needs, 1e-9)
		default:
			t.widths[i] = need[i] * measure / needs
		}
	}
}

// face is how the cell of a row and column is set.
func (t *table) face(row, column int) style {
	s := t.style
	s.bold = t.header && row == 0 || t.total(row)
	if len(t.amounts) == 2 && !t.header && column == 0 && !s.bold {
		s.colour = grey
	}
	return s
}

// total tells of a last row that sums the others up.
func (t *table) total(row int) bool {
	return row == len(t.cells)-1 && row > 0 && strings.HasPrefix(strings.ToLower(t.cells[row][0]), "total")
}

// tableRow sets one row of a table, a row of the page for each line of its tallest cell.
func (d *document) tableRow(t *table, index int) []row {
	cells := make([][]string, len(t.amounts))
	count := 1
	for i, cell := range t.cells[index] {
		cells[i] = d.wrap(t.face(index, i), cell, max(t.widths[i]-2*t.pad, 1))
		count = max(count, len(cells[i]))
	}
	const air = 1.1
	rows := make([]row, count)
	for k := range rows {
		lead, trail := 0.0, 0.0
		if k == 0 {
			lead = air
		}
		if k == count-1 {
			trail = air
		}
		height := t.style.line() + lead + trail
		rows[k] = row{height: height, draw: func(y float64) {
			if t.header && index == 0 {
				d.fill(d.tint(), left, y, measure, height)
			}
			if index == 0 && k == 0 {
				d.rule(hair, left, right, y, 0.2)
			}
			d.tableLine(t, index, cells, k, y+lead)
			if k == count-1 {
				d.rule(hair, left, right, y+height, 0.2)
			}
		}}
	}
	const together = 12 // lines of a row that are kept on one page
	if count <= together {
		hold(rows, tight)
	}
	bind(rows)
	return rows
}

// tableLine draws line k of the cells of a row.
func (d *document) tableLine(t *table, index int, cells [][]string, k int, y float64) {
	x := left
	for i, lines := range cells {
		if k < len(lines) {
			s := t.face(index, i)
			if t.amounts[i] {
				d.printRight(s, x+t.widths[i]-t.pad, y, lines[k])
			} else {
				d.print(s, x+t.pad, y, lines[k])
			}
		}
		x += t.widths[i]
	}
}
