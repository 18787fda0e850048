package fields

import (
	"regexp"
	"slices"
	"strings"

	"relance/domain/french"
	"relance/domain/scheme"
)

var (
	cells   = regexp.MustCompile(`[ \x{a0}]*[|\t;][ \x{a0}]*`)
	columns = regexp.MustCompile(`[ \x{a0}]{2,}`)
	ruled   = regexp.MustCompile(`^[\s|+:=-]+$`) // the line below a table's head
	sums    = regexp.MustCompile(`^(?:sous[- ])?(?:total|totaux|somme|moyenne)\b`)
)

// cut cuts a line into the cells of a table; one is no table.
func cut(line string) []string {
	trimmed := strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(line), "|"), "|")
	for _, between := range []*regexp.Regexp{cells, columns} {
		if row := between.Split(trimmed, -1); len(row) > 1 {
			for i := range row {
				row[i] = strings.TrimSpace(row[i])
			}
			return row
		}
	}
	return nil
}

// table reads a table that begins here: heads with rows below, or lines of a group whose entries stand side by side. It gives how many lines it
// took; none where there is no table.
func (r *reader) table(lines []Line) int {
	if lines[0].Ours {
		return 0
	}
	if n := r.months(lines); n > 0 {
		return n
	}
	head := cut(lines[0].Text)
	if len(head) < 2 {
		return 0
	}
	heads := make([]label, len(head))
	group, known := "", 0
	for i, cell := range head {
		if l := r.labels.find(cell); l.grade > weak {
			heads[i] = l
			if known++; l.group != "" {
				group = l.group
			}
		}
	}
	switch {
	case known >= 2 && group != "":
		return r.rows(lines, heads, group)
	case known >= 2 && known > len(head)/2 && r.isRow(lines, heads):
		return r.oneRow(lines, heads)
	case known >= 1 && heads[0].group != "" && known == 1:
		return r.sideways(lines, heads[0].group)
	}
	return 0
}

// rows reads the entries of a group, one a line, below a line of heads. Columns that mean nothing here are left out, as are totals.
func (r *reader) rows(lines []Line, heads []label, group string) int {
	n := 1
	for ; n < len(lines); n++ {
		text := lines[n].Text
		if ruled.MatchString(text) && strings.TrimSpace(text) != "" {
			continue
		}
		row := cut(text)
		if lines[n].Ours || len(row) < 2 || len(row) > len(heads) || len(row) < len(heads)-1 {
			break
		}
		if sums.MatchString(scheme.Fold(row[0])) {
			continue
		}
		before := len(r.found)
		for i, cell := range row {
			if heads[i].group == group && cell != "" {
				r.add(heads[i], cell)
			}
		}
		if len(r.found) > before {
			r.entry[group]++
		}
	}
	return n
}

// isRow tells whether the line below heads holds values for them, and no other labels.
func (r *reader) isRow(lines []Line, heads []label) bool {
	n := 1
	for n < len(lines) && ruled.MatchString(lines[n].Text) && strings.TrimSpace(lines[n].Text) != "" {
		n++
	}
	if n == len(lines) || lines[n].Ours {
		return false
	}
	row := cut(lines[n].Text)
	if len(row) != len(heads) {
		return false
	}
	for i, cell := range row {
		if r.labels.find(cell).grade >= same && heads[i].known() && heads[i].field.Type != scheme.Choice {
			return false
		}
	}
	return true
}

// oneRow reads values that stand below their labels.
func (r *reader) oneRow(lines []Line, heads []label) int {
	n := 1
	for ruled.MatchString(lines[n].Text) && strings.TrimSpace(lines[n].Text) != "" {
		n++
	}
	for i, cell := range cut(lines[n].Text) {
		if heads[i].known() && cell != "" {
			r.add(heads[i], cell)
		}
	}
	return n + 1
}

// sideways reads a table of a group whose labels stand in the first column and whose entries stand side by side.
func (r *reader) sideways(lines []Line, group string) int {
	type row struct {
		label
		cells []string
	}
	var rows []row
	n := 0
	for ; n < len(lines) && !lines[n].Ours; n++ {
		if ruled.MatchString(lines[n].Text) && strings.TrimSpace(lines[n].Text) != "" {
			continue
		}
		line := cut(lines[n].Text)
		if len(line) < 3 {
			break
		}
		l := r.labels.find(line[0])
		if l.grade <= weak {
			continue // a line of the table that means nothing here
		}
		if l.group != group {
			break
		}
		rows = append(rows, row{l, line[1:]})
	}
	if len(rows) < 2 {
		return 0
	}
	for k := range rows[0].cells {
		if sums.MatchString(scheme.Fold(rows[0].cells[k])) {
			continue
		}
		for _, one := range rows {
			if k < len(one.cells) && one.cells[k] != "" {
				r.add(one.label, one.cells[k])
			}
		}
	}
	return n
}

// cellParts reads labels and values that stand in cells side by side.
func (r *reader) cellParts(line string) []part {
	if !strings.ContainsAny(line, "|\t;") {
		return nil
	}
	row := cells.Split(strings.Trim(strings.TrimSpace(line), "|"), -1)
	var list []part
	for i := 0; i < len(row); i++ {
		l := r.labels.find(strings.TrimRight(strip(row[i]), " :"))
		if l.grade <= weak {
			continue
		}
		value := ""
		for j := i + 1; j < len(row) && value == ""; j++ {
			value = strings.TrimSpace(row[j])
			i = j
		}
		list = append(list, part{l, value})
	}
	if len(list) > 0 && len(row) > 1 {
		return list
	}
	return nil
}

// months reads lines such as « Mars 2019 : 8 600 € / mars 2020 : 1 200 € » into a group that has a field for the month and one for the sum of each
// year. It gives how many lines it took.
func (r *reader) months(lines []Line) int {
	n := 0
	for ; n < len(lines) && !lines[n].Ours; n++ {
		if !r.monthLine(lines[n].Text) {
			break
		}
	}
	return n
}

// monthLine reads one such line.
func (r *reader) monthLine(line string) bool {
	tokens := french.Tokens(line)
	type value struct {
		month string
		label label
		at    french.Span
	}
	var values []value
	for i := 0; i+1 < len(tokens); i++ {
		t, year := tokens[i], tokens[i+1]
		if french.MonthOf(t.Text) == 0 || !isYear(year.Text) {
			continue
		}
		if l := r.yearField(year.Text); l.known() {
			values = append(values, value{t.Text, l, french.Span{Start: t.Start, End: year.End}})
		}
	}
	if len(values) == 0 {
		return false
	}
	for i, v := range values {
		end := len(line)
		if i+1 < len(values) {
			end = values[i+1].at.Start
		}
		written := strings.Trim(line[v.at.End:end], " :=/,;|()\t-–")
		if f, err := r.version.Normalise(v.label.field, written); f == "" || err != nil {
			return false
		}
	}
	for i, v := range values {
		end := len(line)
		if i+1 < len(values) {
			end = values[i+1].at.Start
		}
		v.label.entry = r.monthEntry(v.label.group, v.month)
		r.add(v.label, strings.Trim(line[v.at.End:end], " :=/,;|()\t-–"))
	}
	return true
}

// yearField is the sum of a group that is for a year: by its names, which have the year.
func (r *reader) yearField(year string) label {
	var found label
	for _, n := range r.labels.names {
		if n.group != "" && n.field.Type == scheme.Money && slices.Contains(n.words, year) {
			if found.known() && !found.is(n.label) {
				return label{}
			}
			found = n.label
			found.grade = same
		}
	}
	return found
}

// monthEntry is the entry of a group for a month: the one that has it, or the next.
func (r *reader) monthEntry(group, month string) int {
	field, _ := r.version.Field(group)
	i := slices.IndexFunc(field.Fields, func(f scheme.Field) bool { return f.Type == scheme.Text })
	if i < 0 {
		return 0
	}
	for n := 1; n <= field.Most(); n++ {
		key := scheme.EntryKey(group, n, field.Fields[i].ID)
		j, taken := r.at[key]
		if !taken {
			r.note(Found{Field: key, Written: month, Value: month, grade: same})
			return n
		}
		if scheme.Fold(r.found[j].Value) == month {
			return n
		}
	}
	return 0
}
