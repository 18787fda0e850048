package texts

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
)

// Problem is a mistake of a text: where it is, and what would be right.
type Problem struct {
	File string // in the folder of texts
	Line int    // from 1; 0 where it is about the whole file
	Text string
}

func (p Problem) Error() string {
	if p.Line == 0 {
		return p.File + ": " + p.Text
	}
	return p.File + ":" + strconv.Itoa(p.Line) + ": " + p.Text
}

// Problems are all the mistakes of a folder of texts.
type Problems []Problem

func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i := range p {
		lines[i] = p[i].Error()
	}
	return strings.Join(lines, "\n")
}

// sorted brings problems into the order of files and lines, each once.
func (p Problems) sorted() Problems {
	slices.SortFunc(p, func(a, b Problem) int {
		return cmp.Or(strings.Compare(a.File, b.File), a.Line-b.Line, strings.Compare(a.Text, b.Text))
	})
	return slices.Compact(p)
}

// place finds file and line in an error of text/template: "template: letter/grant.txt:12:7: executing …".
var place = regexp.MustCompile(`^template: ([^:]+):(\d+)(?::\d+)?: (?s)(.*)$`)

// problem says where a text is wrong.
func problem(file string, err error) Problem {
	var known Problem
	if errors.As(err, &known) {
		return known
	}
	text := err.Error()
	p := Problem{File: file, Text: text}
	if m := place.FindStringSubmatch(text); m != nil {
		p.File, p.Text = m[1], m[3]
		p.Line, _ = strconv.Atoi(m[2])
	}
	return p
}

// strays names files that no text is called as: a typing mistake there would leave the built-in text in place, unnoticed.
func strays(builtIn, own fs.FS) Problems {
	var known []string
	walk := func(fsys fs.FS, do func(name string)) error {
		return fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && !strings.HasPrefix(path.Base(name), ".") && !strings.HasSuffix(name, ".md") {
				do(name)
			}
			return err
		})
	}
	if err := walk(builtIn, func(name string) { known = append(known, name) }); err != nil {
		return Problems{{Text: err.Error()}}
	}
	var problems Problems
	err := walk(own, func(name string) {
		if !slices.Contains(known, name) {
			problems = append(problems, Problem{File: name, Text: "no text is called so" + meant(name, known)})
		}
	})
	if err != nil {
		problems = append(problems, Problem{File: ".", Text: err.Error()})
	}
	return problems
}

func (l *Labels) read(fsys fs.FS) error {
	text, err := fs.ReadFile(fsys, labelsFile)
	if err != nil {
		return err
	}
	return yaml.UnmarshalWithOptions(text, l, yaml.Strict())
}

const labelsFile = "labels.yaml"

// replace puts an authority's labels in the place of the built-in ones; a label that there is not is a mistake.
func (l *Labels) replace(own fs.FS) Problems {
	theirs := &Labels{}
	if err := theirs.read(own); errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		p := Problem{File: labelsFile, Text: yaml.FormatError(err, false, true)}
		var located yaml.Error
		if errors.As(err, &located) && located.GetToken() != nil {
			p.Line = located.GetToken().Position.Line
		}
		return Problems{p}
	}
	var problems Problems
	into, from := reflect.ValueOf(l).Elem(), reflect.ValueOf(theirs).Elem()
	for i := range into.NumField() {
		labels, replaced := into.Field(i).Interface().(map[string]string), from.Field(i).Interface().(map[string]string)
		for _, key := range keys(replaced) {
			if _, known := labels[key]; !known {
				group := into.Type().Field(i).Tag.Get("yaml")
				problems = append(problems, Problem{File: labelsFile, Text: fmt.Sprintf("%s has no label %q%s", group, key, meant(key, keys(labels)))})
				continue
			}
			labels[key] = replaced[key]
		}
	}
	return problems
}

// meant suggests what somebody may have meant: the nearest of the known names, else all of them where they are few.
func meant(name string, known []string) string {
	best, least := "", 4
	for _, k := range known {
		if d := distance(strings.ToLower(name), strings.ToLower(k)); d < least && d < len(k) {
			best, least = k, d
		}
	}
	switch {
	case best != "":
		return "; did you mean " + best + "?"
	case len(known) > 0 && len(known) <= 40:
		return "; there are " + strings.Join(slices.Sorted(slices.Values(known)), ", ")
	}
	return ""
}

// distance is how many letters have to be added, dropped or changed to make one word of another (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			above := row[j+1]
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			row[j+1] = min(change, above+1, row[j]+1)
			diagonal = above
		}
	}
	return row[len(b)]
}
