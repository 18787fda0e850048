package scheme

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"relance/domain/ledger"
)

// PlanFile is the file of the budget plan, beside the schemes.
const PlanFile = "plan.yaml"

// Problem is one mistake in a file, for the person who wrote it.
type Problem struct {
	File  string
	Line  int    // from 1; 0 where the file as a whole is meant
	Col   int    // of the mistake itself, from 1; 0 where the line as a whole is meant
	Field string // path in the file: versions[0].rules[2].when
	Says  string // what is wrong and what would be right
}

// Error says it in one line: file, line, field and what would be right.
func (p Problem) Error() string {
	where := p.File
	if p.Line > 0 {
		where = fmt.Sprintf("%s:%d", where, p.Line)
	}
	if p.Col > 0 {
		where = fmt.Sprintf("%s:%d", where, p.Col)
	}
	if p.Field != "" {
		where += ": " + p.Field
	}
	return where + ": " + p.Says
}

// Problems are the mistakes of one or more files.
type Problems []Problem

// Error lists them, one a line.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.Error()
	}
	return strings.Join(lines, "\n")
}

// source is a file whose fields can be pointed at.
type source struct {
	name     string
	text     string
	document ast.Node
	problems Problems
}

// say notes a problem at a path such as versions[0].rules[2].when; where the path is not in the file, at the nearest part of
// it that is.
func (s *source) say(at, format string, args ...any) {
	s.problems = append(s.problems, Problem{File: s.name, Line: s.line(at), Field: at, Says: fmt.Sprintf(format, args...)})
}

// sayInside notes a problem of an expression, at one of its runes.
func (s *source) sayInside(at, expression string, rune int, says string) {
	p := Problem{File: s.name, Line: s.line(at), Field: at, Says: says}
	if s.document != nil {
		if place, ok := s.inside(s.plain(s.node(at)), expression, rune); ok {
			p.Line, p.Col = place.line, place.column
		}
	}
	s.problems = append(s.problems, p)
}

func (s *source) line(at string) int {
	if s.document == nil {
		return 1
	}
	if node := s.node(at); node != nil && node.GetToken() != nil {
		return s.lineOf(node)
	}
	return 1
}

// lineOf is where a node begins: a map begins at its first key, not at its colon.
func (s *source) lineOf(node ast.Node) int {
	switch n := node.(type) {
	case *ast.MappingNode:
		if len(n.Values) > 0 {
			node = n.Values[0].Key
		}
	case *ast.MappingValueNode:
		node = n.Key
	case *ast.SequenceNode:
		if len(n.Values) > 0 {
			return s.lineOf(n.Values[0])
		}
	case *ast.LiteralNode:
		return n.Start.Position.Line
	case *ast.AnchorNode:
		return s.lineOf(n.Value)
	}
	return node.GetToken().Position.Line
}

// decode reads a file strictly: an unknown or doubled key is a problem.
func decode(folder fs.FS, name string, into any) *source {
	s := &source{name: name}
	text, err := fs.ReadFile(folder, name)
	if err != nil {
		s.say("", "cannot be read: %v", err)
		return s
	}
	s.text = string(text)
	file, err := parser.ParseBytes(text, 0)
	if err == nil && (len(file.Docs) == 0 || file.Docs[0].Body == nil) {
		s.say("", "the file is empty")
		return s
	}
	if err == nil {
		s.document = file.Docs[0].Body
		err = yaml.UnmarshalWithOptions(text, into, yaml.Strict())
	}
	if err != nil {
		s.problems = append(s.problems, s.syntax(err, into))
	}
	return s
}

// yamlKind says what a Go type is in a file.
func yamlKind(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Slice:
		return "a list"
	case reflect.Struct, reflect.Map, reflect.Pointer:
		return "a group of keys"
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int64, reflect.Uint64:
		return "a whole number"
	case reflect.Float64:
		return "a number"
	}
	return "a text"
}

// Load reads every *.yaml at the top of a folder, the plan among them. All files are read before it fails, so that one look
// shows every mistake; the error is of type Problems.
func Load(folder fs.FS) (*Catalogue, error) {
	names, err := fs.Glob(folder, "*.yaml")
	if err != nil {
		return nil, err
	}
	c, problems := LoadFiles(folder, names)
	if len(c.schemes) == 0 && len(problems) == 0 {
		problems = append(problems, Problem{File: ".", Says: "no scheme file (*.yaml) in the folder"})
	}
	if len(problems) > 0 {
		return c, problems
	}
	return c, nil
}

// LoadFiles reads the named files of a folder. Funding is checked against the folder's plan even where that is not named.
func LoadFiles(folder fs.FS, names []string) (*Catalogue, Problems) {
	c := &Catalogue{}
	var problems Problems
	plan, found := LoadPlan(folder)
	c.Plan = plan
	if slices.Contains(names, PlanFile) {
		problems = append(problems, found...)
	}
	read := map[string]*Scheme{}
	sources := map[string]*source{}
	for _, name := range names {
		if name != PlanFile {
			read[name] = &Scheme{}
			sources[name] = decode(folder, name, read[name])
		}
	}
	ids := idsOf(folder, read)
	for _, name := range names {
		if name == PlanFile {
			continue
		}
		s, found := read[name], prepare(folder, read[name], sources[name], plan, ids)
		if problems = append(problems, found...); len(found) == 0 {
			c.schemes = append(c.schemes, s)
		}
	}
	return c, append(problems, c.check()...)
}

// idsOf lists the ids of the schemes of a folder, those that were read among them, as far as they can be told.
func idsOf(folder fs.FS, read map[string]*Scheme) []string {
	names, _ := fs.Glob(folder, "*.yaml") // the pattern is a good one
	ids := []string{}
	for _, name := range slices.Sorted(maps.Keys(read)) {
		if s := read[name]; s.ID != "" {
			ids = append(ids, s.ID)
		} else if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, name := range names {
		if s := read[name]; s != nil && s.ID != "" {
			continue
		}
		var head struct {
			ID string `yaml:"id"`
		}
		if text, err := fs.ReadFile(folder, name); err == nil && yaml.Unmarshal(text, &head) == nil && head.ID != "" {
			ids = append(ids, head.ID)
		}
	}
	return ids
}

// prepare checks a scheme that was read from a file, and makes it ready for use.
func prepare(folder fs.FS, s *Scheme, src *source, plan *ledger.Plan, ids []string) Problems {
	if len(src.problems) > 0 {
		return src.problems
	}
	for i, v := range s.Versions {
		at := fmt.Sprintf("versions[%d]", i)
		if v == nil {
			src.say(at, "the version is empty")
			return src.problems
		}
		v.attach(folder, src, at)
	}
	s.Call.attach(folder, src)
	s.check(src, plan, ids)
	s.checkCall(src)
	if len(src.problems) == 0 {
		slices.SortStableFunc(s.Versions, func(a, b *Version) int { return a.from.Compare(b.from) })
		for _, v := range s.Versions {
			var err error
			if _, v.digest, err = s.Snapshot(v); err != nil {
				src.say("versions", "version %s cannot be kept: %v", v.Version, err)
			}
		}
	}
	return src.problems
}

// attach reads the texts and lists a version refers to.
func (v *Version) attach(folder fs.FS, src *source, at string) {
	if v.Charter != nil {
		body, err := fs.ReadFile(folder, path.Clean(v.Charter.Text))
		if err != nil {
			src.say(at+".charter.text", "the text of the charter cannot be read: %v", err)
		}
		v.Charter.Body = string(body)
	}
	v.Entries = map[string][]Entry{}
	for name, file := range v.Lists {
		entries, problems, err := readList(folder, file, v.listOf(name))
		if err != nil {
			src.say(at+".lists."+name, "the list cannot be read: %v", err)
		}
		src.problems = append(src.problems, problems...)
		v.Entries[name] = entries
	}
}

// planLine is a line of the plan as the file has it.
type planLine struct {
	ID     string     `yaml:"id" json:"id"`
	Name   string     `yaml:"name" json:"name"`
	Amount Amount     `yaml:"amount" json:"amount"`
	Lines  []planLine `yaml:"lines" json:"lines,omitempty"`
}

func (l planLine) line() *ledger.Line {
	line := &ledger.Line{ID: l.ID, Name: l.Name, Amount: int64(l.Amount)}
	for _, below := range l.Lines {
		line.Lines = append(line.Lines, below.line())
	}
	return line
}

// LoadPlan reads the folder's plan; it is nil where there is none.
func LoadPlan(folder fs.FS) (*ledger.Plan, Problems) {
	if _, err := fs.Stat(folder, PlanFile); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var root planLine
	src := decode(folder, PlanFile, &root)
	if len(src.problems) == 0 {
		checkLine(src, "", root)
	}
	return (*ledger.Plan)(root.line()), src.problems
}

func checkLine(src *source, at string, l planLine) {
	if !idShape.MatchString(l.ID) {
		src.say(join(at, "id"), "%q: small letters, digits and hyphens", l.ID)
	}
	if l.Amount <= 0 {
		src.say(join(at, "amount"), "a line of the plan has an amount above zero, such as 20 000 000 €")
	}
	var sum Amount
	seen := map[string]bool{}
	for i, below := range l.Lines {
		path := fmt.Sprintf("%s[%d]", join(at, "lines"), i)
		checkLine(src, path, below)
		sum += below.Amount
		if seen[below.ID] {
			src.say(path+".id", "%q is the id of another line beside it", below.ID)
		}
		seen[below.ID] = true
	}
	if sum > l.Amount {
		src.say(join(at, "lines"), "together they hold %s, more than the %s of %s", moneyOf(sum), moneyOf(l.Amount), l.ID)
	}
}

func join(at, key string) string {
	if at == "" {
		return key
	}
	return at + "." + key
}

// day reads the day of a version.
func (v *Version) day() (err error) {
	v.from, err = time.Parse(time.DateOnly, v.Version)
	return err
}
