package scheme

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// The columns of a list, by the words that head them.
var listColumns = map[string][]string{
	"code":  {"code", "code insee", "insee", "code commune", "code naf", "naf", "ape", "code ape", "id", "siret", "siren"},
	"name":  {"nom", "name", "libelle", "commune", "intitule", "label", "nom commune"},
	"other": {"autres noms", "alias", "aliases", "synonymes", "autres", "other names"},
}

// codeShapes are what the codes of a list look like, by what fields take them from it.
var codeShapes = map[Type]struct {
	shape *regexp.Regexp
	says  string
}{
	INSEE: {regexp.MustCompile(`^(?:\d{2}|2[AB])\d{3}$`), "is no INSEE code of a commune: five characters, such as 59350 (a postal code is another thing)"},
}

// listOf is the type of the fields that take their values from a list; empty where none does.
func (v *Version) listOf(name string) Type {
	for _, f := range v.Fields {
		for _, f := range append([]Field{f}, f.Fields...) {
			if f.List == name {
				return f.Type
			}
		}
	}
	return ""
}

// readList reads a CSV file of codes, names and other names (these with commas between), in UTF-8 or Windows-1252, with semicolons, commas or tabs. A
// first line that names the columns tells which is which; without one they stand in this order. What is wrong in it is told at its line and column.
func readList(folder fs.FS, name string, kind Type) ([]Entry, Problems, error) {
	text, err := fs.ReadFile(folder, path.Clean(name))
	if err != nil {
		return nil, nil, err
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if !utf8.Valid(text) {
		if text, err = charmap.Windows1252.NewDecoder().Bytes(text); err != nil {
			return nil, nil, err
		}
	}
	r := csv.NewReader(bytes.NewReader(text))
	r.Comma, r.Comment, r.FieldsPerRecord, r.TrimLeadingSpace = separatorOf(text), '#', -1, true
	l := list{file: name, kind: kind, columns: map[string]int{"code": 0, "name": 1, "other": 2}, lines: map[string]int{}}
	for first := true; ; first = false {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, nil, err
		}
		if first && l.heads(row) {
			continue
		}
		l.take(row, func(column int) (int, int) { return r.FieldPos(column) })
	}
	if len(l.entries) == 0 && len(l.problems) == 0 {
		return nil, nil, fmt.Errorf("%s has no entries", name)
	}
	return l.entries, l.problems, nil
}

// separatorOf is the sign between columns that the first line has most of.
func separatorOf(text []byte) rune {
	line, _, _ := bytes.Cut(text, []byte("\n"))
	best, most := ';', 0
	for _, sign := range []rune{';', '\t', ','} {
		if n := bytes.Count(line, []byte(string(sign))); n > most {
			best, most = sign, n
		}
	}
	return best
}

// list is a list that is being read.
type list struct {
	file     string
	kind     Type
	columns  map[string]int
	entries  []Entry
	lines    map[string]int // where a code stands
	problems Problems
}

// heads takes the columns from a first line that names them; false where it is an entry.
func (l *list) heads(row []string) bool {
	columns := map[string]int{}
	for i, cell := range row {
		for column, words := range listColumns {
			if slices.Contains(words, PageFold(cell)) {
				columns[column] = i
			}
		}
	}
	if _, is := columns["code"]; !is {
		return false
	}
	taken := slices.Collect(maps.Values(columns))
	for _, column := range []string{"name", "other"} { // headed by other words: in this order
		if _, is := columns[column]; is {
			continue
		}
		for i := range row {
			if !slices.Contains(taken, i) {
				columns[column], taken = i, append(taken, i)
				break
			}
		}
	}
	l.columns = columns
	return true
}

// cell is what stands in a column of a row.
func (l *list) cell(row []string, column string) (text string, at int) {
	at, there := l.columns[column]
	if !there || at >= len(row) {
		return "", 0
	}
	return strings.TrimSpace(row[at]), at
}

func (l *list) take(row []string, place func(at int) (line, column int)) {
	code, at := l.cell(row, "code")
	name, _ := l.cell(row, "name")
	line, column := place(min(at, len(row)-1))
	say := func(format string, args ...any) {
		l.problems = append(l.problems, Problem{File: l.file, Line: line, Col: column, Says: fmt.Sprintf(format, args...)})
	}
	shape, shaped := codeShapes[l.kind]
	switch {
	case code == "" && name == "":
		return
	case code == "":
		say("%q has no code", name)
		return
	case shaped && !shape.shape.MatchString(code):
		say("%q %s", code, shape.says)
		return
	case l.lines[code] > 0:
		say("the code %s is there already, on line %d", code, l.lines[code])
		return
	}
	l.lines[code] = line
	e := Entry{Code: code, Name: name}
	if others, _ := l.cell(row, "other"); others != "" {
		for _, alias := range strings.Split(others, ",") {
			if alias = strings.TrimSpace(alias); alias != "" {
				e.Aliases = append(e.Aliases, alias)
			}
		}
	}
	l.entries = append(l.entries, e)
}
