// Package reading turns what an applicant wrote and attached into what the case knows: fields from labelled lines, documents
// recognised by name and type, and what the person wants (sign, withdraw, ask). It is pure. It never refuses a message:
// what is wrong with a value or a document is said beside it, as a code that a template turns into a sentence.
package reading

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"relance/domain/scheme"
)

// Found is a field read from a text, a form or a sheet.
type Found struct {
	Field   string // key of the facts: the scheme's id, or group.entry.id
	Written string // as the person wrote it
	Value   string // in its normal form; empty where it cannot be read
	Problem string // code: not_amount, siret_invalid, …; to_confirm beside a value that is doubtful
	Afresh  bool   // of a group: the entries of this message take the place of those before
}

var (
	bullet    = regexp.MustCompile(`^[\s>*•·–—-]+`)
	separator = regexp.MustCompile(`\s*(?::|=|\t|\|)\s*`)
	numbered  = regexp.MustCompile(`^(.+?)\s*(?:n°|no|numero)?\s*\(?(\d{1,2})\)?$`)
	cells     = regexp.MustCompile(`\s*[|\t;]\s*`)
)

// reader reads the fields of one text.
type reader struct {
	version *scheme.Version
	labels  map[string]label
	found   []Found
	at      map[string]int // where a key is in found
	entry   map[string]int // of a group: the entry being read
}

// label is what a written label means.
type label struct {
	field scheme.Field
	group string // the group it belongs to; empty for a field of its own
}

func newReader(v *scheme.Version) *reader {
	r := &reader{version: v, labels: map[string]label{}, at: map[string]int{}, entry: map[string]int{}}
	learn := func(f scheme.Field, group string) {
		for _, name := range append([]string{f.ID, f.Label}, f.Aliases...) {
			if name = foldLabel(name); r.labels[name].field.ID == "" { // a field of its own comes before one of a group
				r.labels[name] = label{f, group}
			}
		}
	}
	for _, f := range v.Fields {
		if f.Type != scheme.Group {
			learn(f, "")
		}
	}
	for _, f := range v.Fields {
		for _, below := range f.Fields {
			learn(below, f.ID)
		}
	}
	return r
}

// Fields reads labelled lines: « Loyer mensuel : 480,50 € », with or without accents, with a colon, an equals sign, a tab or
// a table's bar, the value on the same line or on the next; and for a group, numbered lines, repeated blocks or a table with
// a head. Where a label comes twice the last value that can be read wins: people correct themselves downwards; but two
// different values are doubtful.
func Fields(text string, v *scheme.Version) []Found {
	r := newReader(v)
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines); i++ {
		if n := r.table(lines[i:]); n > 0 {
			i += n - 1
			continue
		}
		name, written, ok := split(lines[i])
		if !ok {
			continue
		}
		l, number := r.find(name)
		if l.field.ID == "" {
			continue
		}
		if written == "" {
			written = r.nextValue(lines[i+1:])
		}
		if written != "" {
			r.add(l, number, written)
		}
	}
	return r.found
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
				r.add(label{f, strings.Split(name, ".")[0]}, entry, written)
			} else if l, number := r.find(name); l.field.ID != "" && l.field.Type != scheme.Group {
				r.add(l, number, written)
			}
		}
	}
	return r.found
}

// find tells which field a label means, and the number it carries.
func (r *reader) find(name string) (label, int) {
	folded := foldLabel(name)
	if l, known := r.labels[folded]; known {
		return l, 0
	}
	if m := numbered.FindStringSubmatch(scheme.Fold(strings.TrimSpace(name))); m != nil {
		if l, known := r.labels[foldLabel(m[1])]; known && l.group != "" {
			n, _ := strconv.Atoi(m[2])
			return l, n
		}
	}
	return label{}, 0
}

// table reads the rows below a line whose cells are labels of one group; it gives how many lines it took.
func (r *reader) table(lines []string) int {
	head := cut(lines[0])
	var columns []label
	for _, cell := range head {
		l, _ := r.find(cell)
		columns = append(columns, l)
	}
	group := ""
	for _, l := range columns {
		if l.group == "" || group != "" && l.group != group {
			return 0
		}
		group = l.group
	}
	if len(columns) < 2 {
		return 0
	}
	n := 1
	for ; n < len(lines); n++ {
		row := cut(lines[n])
		if strings.Trim(lines[n], "|-+: \t\r") == "" && strings.TrimSpace(lines[n]) != "" {
			continue // the line below a table's head
		}
		if len(row) != len(columns) {
			break
		}
		for i, cell := range row {
			if cell != "" {
				r.add(columns[i], 0, cell)
			}
		}
	}
	return n
}

// cut cuts a line into the cells of a table.
func cut(line string) []string {
	line = strings.Trim(strings.TrimSpace(line), "|")
	return cells.Split(strings.TrimSpace(line), -1)
}

// remark is what the blank form says behind a label, left standing.
var remark = regexp.MustCompile(`^\((?:[^()]|\([^()]*\))*\)\s*`)

// add notes a value.
func (r *reader) add(l label, number int, written string) {
	if written = remark.ReplaceAllString(written, ""); written == "" {
		return
	}
	f := Found{Field: l.field.ID, Written: written}
	if l.group != "" {
		f.Afresh = number == 0
		if number == 0 {
			number = max(r.entry[l.group], 1)
			if _, again := r.at[scheme.EntryKey(l.group, number, l.field.ID)]; again {
				number++
			}
			r.entry[l.group] = number
		}
		f.Field = scheme.EntryKey(l.group, number, l.field.ID)
		if _, _, ok := r.version.FieldAt(f.Field); !ok {
			return
		}
	}
	value, err := r.version.Normalise(l.field, written)
	if f.Value = value; err != nil {
		f.Problem = err.Error()
	}
	j, again := r.at[f.Field]
	switch {
	case !again:
		r.at[f.Field] = len(r.found)
		r.found = append(r.found, f)
	case f.Value == "" && r.found[j].Value != "": // what could be read stays
	default:
		if before := r.found[j].Value; before != "" && before != f.Value && f.Problem == "" {
			f.Problem = scheme.ErrDoubt.Error()
		}
		r.found[j] = f
	}
}

var labelNoise = regexp.MustCompile(`\(.*?\)|[*_"«»?]|^\d+[.)]\s*`)

var joints = strings.NewReplacer("_", " ", "-", " ", ".", "")

// foldLabel brings a label to the form labels are compared in: folded, without remarks in brackets, hyphens and
// underscores as spaces.
func foldLabel(label string) string {
	label = scheme.Fold(labelNoise.ReplaceAllString(label, ""))
	return strings.Join(strings.Fields(joints.Replace(label)), " ")
}

// split cuts a line into its label and its value.
func split(line string) (label, written string, ok bool) {
	line = strings.Trim(bullet.ReplaceAllString(strings.TrimSpace(line), ""), "| \t")
	cut := separator.FindStringIndex(line)
	if cut == nil || cut[0] == 0 {
		return "", "", false
	}
	return line[:cut[0]], strings.Trim(line[cut[1]:], " \t|*"), true
}

// nextValue takes the value of a label that stands alone on its line from the next line that is not empty, unless that
// is a label itself.
func (r *reader) nextValue(rest []string) string {
	for _, line := range rest {
		if strings.TrimSpace(line) == "" {
			continue
		}
		if name, _, ok := split(line); ok {
			if l, _ := r.find(name); l.field.ID != "" {
				return ""
			}
		}
		return strings.TrimSpace(line)
	}
	return ""
}
