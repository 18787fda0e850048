package scheme

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// syntax turns what the YAML library says into a problem.
func (s *source) syntax(err error, into any) Problem {
	p := Problem{File: s.name, Says: err.Error()}
	var known yaml.Error
	if errors.As(err, &known) {
		p.Says = known.GetMessage()
		if t := known.GetToken(); t != nil && t.Position != nil {
			p.Line, p.Col = t.Position.Line, t.Position.Column
		}
	}
	if s.document != nil {
		p.Field = s.pathAt(position{p.Line, p.Col})
	}
	var kind *yaml.TypeError
	if errors.As(err, &kind) {
		p.Says = fmt.Sprintf("%s stands where %s is wanted", yamlKind(kind.SrcType), yamlKind(kind.DstType))
	}
	if field, unknown := strings.CutPrefix(p.Says, `unknown field "`); unknown {
		field = strings.TrimSuffix(field, `"`)
		p.Field = p.Field[:max(strings.LastIndexByte(p.Field, '.'), 0)]
		p.Says = unknownKey(field, keysAt(reflect.TypeOf(into), stepsOf(p.Field)))
		p.Field = join(p.Field, field)
		return p
	}
	for _, said := range yamlSays {
		if m := said.like.FindStringSubmatch(p.Says); m != nil {
			p.Says = said.like.ReplaceAllString(m[0], said.plain)
			break
		}
	}
	return p
}

// yamlSays are the sentences of the YAML library, in words of whoever writes a scheme.
var yamlSays = []struct {
	like  *regexp.Regexp
	plain string
}{
	{regexp.MustCompile(`^found character '\t'.*|.*found a tab character.*`), "a tab stands where spaces are wanted: YAML indents by spaces alone"},
	{regexp.MustCompile(`^mapping was used where (?:sequence|a list) is expected.*`), "a list is wanted here: begin each entry with a hyphen"},
	{regexp.MustCompile(`^(?:string|sequence) was used where mapping is expected.*`), "keys with values are wanted here, such as {id: …, label: …}"},
	{regexp.MustCompile(`^\w+ was used where (?:sequence|a list) is expected.*`), "a list is wanted here: [one, two], or a line for each that begins with a hyphen"},
	{regexp.MustCompile(`^mapping key "([^"]*)" already defined at \[(\d+):\d+\].*`), `the key "$1" is there already, on line $2`},
	{regexp.MustCompile(`^mapping value is not allowed in this context.*`), `a colon with a space behind it stands in a text: put the text in quotes, "…"`},
	{regexp.MustCompile(`^value is not allowed in this context.*`), `this belongs to nothing above it: its line stands too far left or right, or a text that begins with a quote, { or [, or has ": " in it, lacks quotes around all of it`},
	{regexp.MustCompile(`^',' or '[\]}]' must be specified.*|^could not find (?:flow|end).*`), `a comma or a closing bracket is missing: inside { } and [ ], a text with a comma, a bracket or ": " in it stands in quotes`},
	{regexp.MustCompile(`^unexpected (?:key|map).*|^non-map value is specified.*`), "a key and its value are wanted here, such as label: Effectif"},
}

// yamlSynonyms are keys that people try, and what they are called here.
var yamlSynonyms = map[string]string{"min": "at_least", "minimum": "at_least", "nombre": "at_least", "condition": "required", "if": "required", "when": "required",
	"message": "told", "text": "told", "texte": "told", "name": "label", "nom": "label", "titre": "title", "formule": "formula", "keywords": "recognise", "words": "recognise"}

// unknownKey says that a key is none, and which was perhaps meant.
func unknownKey(key string, keys []string) string {
	if there := yamlSynonyms[key]; slices.Contains(keys, there) {
		return fmt.Sprintf("there is no such key; did you mean %q?", there)
	}
	if near := nearest(key, keys); near != "" {
		return "there is no such key" + near
	}
	return "there is no such key; here there are " + strings.Join(keys, ", ")
}

// keysAt lists the keys of what stands at a path below a type.
func keysAt(t reflect.Type, path []step) []string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if len(path) == 0 {
		fields := yamlFields(t)
		return slices.Sorted(maps.Keys(fields))
	}
	switch first := path[0]; {
	case first.entry >= 0 && t.Kind() == reflect.Slice:
		return keysAt(t.Elem(), path[1:])
	case first.entry < 0 && t.Kind() == reflect.Map:
		return keysAt(t.Elem(), path[1:])
	case first.entry < 0:
		if f, ok := yamlFields(t)[first.key]; ok {
			return keysAt(f, path[1:])
		}
	}
	return nil
}

// yamlFields are the keys of a struct, with the types of their values.
func yamlFields(t reflect.Type) map[string]reflect.Type {
	fields := map[string]reflect.Type{}
	if t.Kind() != reflect.Struct {
		return fields
	}
	for i := range t.NumField() {
		name, options, _ := strings.Cut(t.Field(i).Tag.Get("yaml"), ",")
		switch {
		case options == "inline":
			maps.Copy(fields, yamlFields(t.Field(i).Type))
		case name != "" && name != "-":
			fields[name] = t.Field(i).Type
		}
	}
	return fields
}
