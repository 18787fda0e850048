package message

import "strings"

// htmlTable is a table that is open while a page is turned into text.
type htmlTable struct {
	lines  []string // of what stands around the cell that is open
	inCell bool
	row    [][]string // cells of the row so far, each with its lines
}

// deepest is how many tables inside each other are laid out; what is deeper is read cell by cell.
const deepestTable = 12

func (w *htmlWriter) openTable() { w.open = append(w.open, &htmlTable{}) }

// table is the table that is being read; nil where there is none, or where it is too deep.
func (w *htmlWriter) table() *htmlTable {
	if len(w.open) == 0 || len(w.open) > deepestTable {
		return nil
	}
	return w.open[len(w.open)-1]
}

// openCell begins a cell, and ends the one before, whose end tag people leave out.
func (w *htmlWriter) openCell() {
	w.closeCell()
	if t := w.table(); t != nil {
		w.block()
		t.lines, w.lines, t.inCell = w.lines, nil, true
	}
}

func (w *htmlWriter) closeCell() {
	w.block()
	if t := w.table(); t != nil && t.inCell {
		t.row = append(t.row, w.lines)
		w.lines, t.lines, t.inCell = t.lines, nil, false
	}
}

// closeRow writes a row: short cells side by side on one line, whatever paragraphs they are made of, and longer ones, with which pages are laid out,
// one below the other.
func (w *htmlWriter) closeRow() {
	w.closeCell()
	t := w.table()
	if t == nil || len(t.row) == 0 {
		return
	}
	row := t.row
	t.row = nil
	if line, is := w.sideBySide(row); is {
		w.line.WriteString(line)
		w.block()
		return
	}
	for _, cell := range row {
		w.lines = append(w.lines, cell...)
	}
}

// sideBySide joins the cells of a row that is one of a table of data; an empty first or last cell is framed, so that it is not lost.
func (w *htmlWriter) sideBySide(row [][]string) (line string, is bool) {
	const longest, tallest = 400, 8 // characters and lines of a cell: an answer of a few sentences
	cells := make([]string, len(row))
	filled := 0
	mark := strings.Repeat("> ", w.quote)
	for i, lines := range row {
		if len(lines) > tallest || strings.Count(strings.Join(lines, " "), " :") > 1 {
			return "", false
		}
		var words []string
		for _, l := range lines {
			words = append(words, strings.Fields(strings.TrimPrefix(l, mark))...)
		}
		cells[i] = strings.ReplaceAll(strings.Join(words, " "), "|", "/")
		if len(cells[i]) > longest {
			return "", false
		}
		if cells[i] != "" {
			filled++
		}
	}
	if filled < 2 {
		return "", false
	}
	line = strings.Join(cells, " | ")
	if cells[0] == "" || cells[len(cells)-1] == "" {
		line = "| " + line + " |"
	}
	return line, true
}

func (w *htmlWriter) closeTable() {
	w.closeRow()
	if len(w.open) > 0 {
		w.open = w.open[:len(w.open)-1]
	}
	w.block()
}
