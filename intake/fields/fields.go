// Package fields reads the fields of a scheme from texts, as people write them: labelled lines, tables, forms that were filled in, answers between
// the lines of a mail of ours, and sentences, whose meaning is only proposed. It is pure. What is wrong with a value is said beside it, as a code
// that a template turns into a sentence.
package fields

import (
	"maps"
	"slices"
	"strings"

	"relance/domain/scheme"
)

// Line is a line of a text.
type Line struct {
	Text string
	Ours bool // of the mail that is answered: a label for what stands below it, and never a value
}

// Found is a field that was read.
type Found struct {
	Field    string // key of the facts: the scheme's id, or group.entry.id
	Written  string // as the person wrote it
	Value    string // in its normal form; empty where it cannot be read
	Problem  string // code: not_amount, siret_invalid, …; to_confirm beside a value that is doubtful
	Numbered bool   // of a group: the person said which entry
	Proposed bool   // understood from a sentence: a guess, which replaces nothing that is known

	grade grade
	main  bool
}

// Result is what a text says.
type Result struct {
	Found []Found
	Free  []Line // the lines of the person that no field was read from
}

// reader reads the fields of one text.
type reader struct {
	version *scheme.Version
	labels  *labels
	found   []Found
	at      map[string]int // where a key is in found
	entry   map[string]int // of a group: the entry being read
	asked   []string       // keys that are waited for, in their order
	lists   bool           // the text gives a line to each field, without a sign behind the label
	dashes  bool           // a dash stands behind its labels
}

func newReader(v *scheme.Version) *reader {
	return &reader{version: v, labels: newLabels(v), at: map[string]int{}, entry: map[string]int{}}
}

// Lines makes lines of a text that one person wrote.
func Lines(text string) []Line {
	var list []Line
	for _, l := range strings.Split(text, "\n") {
		list = append(list, Line{Text: l})
	}
	return list
}

// Read reads what a text says of the fields of a version. Asked are the keys that the person was asked for, in the order of the request; a bare
// answer may be one of them.
//
// A label is followed by a colon, an equals sign, a dash, dots, a tab or a table's bar, or stands alone above its value; or a line is nothing but
// label and value. Where a label comes twice the last value that can be read wins: people correct themselves downwards; but two different values
// are doubtful.
func Read(lines []Line, v *scheme.Version, asked []string) Result {
	r := newReader(v)
	r.asked = asked
	r.style(lines)
	used := make([]bool, len(lines))
	for i := 0; i < len(lines); {
		n := r.table(lines[i:])
		if n == 0 {
			n = r.line(lines, i)
		}
		for j := range n {
			used[i+j] = true
		}
		i += max(n, 1)
	}
	r.numberedAnswers(lines, used)
	out := Result{Found: r.found}
	for i, l := range lines {
		if !used[i] && !l.Ours {
			out.Free = append(out.Free, l)
		}
	}
	return out
}

// line reads one line that is no row of a table, with the lines that its value goes on in. It gives how many lines it took.
func (r *reader) line(lines []Line, i int) int {
	if lines[i].Ours {
		return r.answered(lines, i)
	}
	parts := r.parts(lines[i].Text)
	if len(parts) == 0 {
		return r.bare(lines, i)
	}
	n := 1
	for k, p := range parts {
		if k == len(parts)-1 {
			var more int
			p.written, more = r.goesOn(p, lines[i+1:])
			n += more
		}
		if p.written != "" {
			r.add(p.label, p.written)
		}
	}
	return n
}

// Pairs reads fields that are named already: those of a filled form or of a row of a sheet, by key of the facts or by label.
func Pairs(rows []map[string]string, v *scheme.Version) []Found {
	r := newReader(v)
	for _, row := range rows {
		for _, name := range slices.Sorted(maps.Keys(row)) {
			written := strings.TrimSpace(row[name])
			if written == "" {
				continue
			}
			if f, entry, ok := v.FieldAt(name); ok && entry > 0 {
				r.add(label{field: f, group: strings.Split(name, ".")[0], number: entry, grade: exact, main: true}, written)
			} else if l := r.labels.find(name); l.grade > weak && l.field.Type != scheme.Group {
				r.add(l, written)
			}
		}
	}
	return r.found
}

// add notes a value.
func (r *reader) add(l label, written string) {
	written = cleanValue(written)
	if written == "" || l.field.Type == scheme.Text && r.labels.ends(l, written) {
		return
	}
	f := Found{Field: l.field.ID, Written: written, grade: l.grade, main: l.main}
	if l.group != "" {
		var known bool
		if f.Field, f.Numbered, known = r.place(l); !known {
			return
		}
	}
	said := written
	if l.field.Type == scheme.Money && l.extra != "" {
		said += " " + l.extra // « Loyer annuel : 5 766 € »
	}
	value, err := r.version.Normalise(l.field, said)
	if f.Value = value; err != nil {
		f.Problem = err.Error()
	}
	if l.grade == weak && (f.Value == "" || !plausible(l.field, f.Value)) {
		return
	}
	if l.grade == weak && f.Problem == "" && !provesItself(l.field) {
		f.Problem, f.Proposed = scheme.ErrDoubt.Error(), true
	}
	r.note(f)
}

// note keeps what was found. Of two values of a field the one under the surer label counts; of two under labels as sure, the last, and they are
// doubtful where they differ.
func (r *reader) note(f Found) {
	j, again := r.at[f.Field]
	if !again {
		r.at[f.Field] = len(r.found)
		r.found = append(r.found, f)
		return
	}
	before := r.found[j]
	switch {
	case f.Value == "" && before.Value != "": // what could be read stays
	case before.Value != "" && rank(f) < rank(before):
	case before.Value != "" && rank(f) == rank(before) && before.Value != f.Value && f.Problem == "":
		f.Problem = scheme.ErrDoubt.Error()
		r.found[j] = f
	default:
		r.found[j] = f
	}
}

// rank orders values of one field by how surely they are meant.
func rank(f Found) grade {
	if f.Proposed {
		return weak
	}
	if f.grade == weak {
		return weak
	}
	if f.grade == near {
		return near
	}
	return exact
}

// place finds the entry of a group that a value belongs to: the one that its label names, else the one being read.
func (r *reader) place(l label) (key string, numbered, known bool) {
	number := max(l.number, l.entry)
	if number == 0 {
		number = max(r.entry[l.group], 1)
		if _, again := r.at[scheme.EntryKey(l.group, number, l.field.ID)]; again {
			number++
		}
		r.entry[l.group] = number
	}
	key = scheme.EntryKey(l.group, number, l.field.ID)
	_, _, known = r.version.FieldAt(key)
	return key, l.number > 0, known
}

// provesItself tells whether the values of a field have a check of their own.
func provesItself(f scheme.Field) bool {
	return f.Type == scheme.SIRET || f.Type == scheme.SIREN || f.Type == scheme.IBAN
}

// plausible tells whether a value may be one of a text field, where a label is not sure.
func plausible(f scheme.Field, value string) bool {
	switch {
	case f.Role == scheme.Postal:
		return strings.ContainsAny(value, "0123456789") && !strings.Contains(value, "@")
	case f.Type == scheme.Text:
		return len(strings.Fields(value)) <= 8 && !strings.Contains(value, "@")
	}
	return true
}
