package scheme_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"testing"

	"github.com/invopop/jsonschema"

	"relance/domain/scheme"
)

var update = flag.Bool("update", false, "write the JSON Schema anew")

// TestTheJSONSchemaIsThatOfTheTypes keeps schemes/scheme.schema.json, which editors complete and check files with, the one that
// the Go types and their comments make. go test ./domain/scheme -run JSONSchema -update writes it anew.
func TestTheJSONSchemaIsThatOfTheTypes(t *testing.T) {
	r := &jsonschema.Reflector{FieldNameTag: "yaml", RequiredFromJSONSchemaTags: true, Mapper: mapped}
	if err := r.AddGoComments("relance/domain/scheme", ".", jsonschema.WithFullComment()); err != nil {
		t.Fatal(err)
	}
	s := r.Reflect(&scheme.Scheme{})
	s.Title, s.Description = "Relance scheme", "An aid scheme (dispositif). docs/schemes.md teaches the language."
	want, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	want = append(want, '\n')
	const file = "../../schemes/scheme.schema.json"
	if *update {
		if err := os.WriteFile(file, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s is not that of the types (%v): go test ./domain/scheme -run JSONSchema -update", file, err)
	}
}

// mapped gives the schemas of what a file writes otherwise than Go: a day, a sum, a share, and words of a fixed list.
func mapped(t reflect.Type) *jsonschema.Schema {
	words := func(list ...any) *jsonschema.Schema { return &jsonschema.Schema{Type: "string", Enum: list} }
	switch t {
	case reflect.TypeFor[scheme.Date]():
		return &jsonschema.Schema{Type: "string", Format: "date", Description: "a day: 2020-06-18"}
	case reflect.TypeFor[scheme.Amount](), reflect.TypeFor[*scheme.Amount]():
		return &jsonschema.Schema{Description: "a sum: 20 000 000 €", AnyOf: []*jsonschema.Schema{{Type: "string"}, {Type: "number"}}}
	case reflect.TypeFor[scheme.Share]():
		return &jsonschema.Schema{Description: "a share: 60 % or 33,33 %", AnyOf: []*jsonschema.Schema{{Type: "string"}, {Type: "number"}}}
	case reflect.TypeFor[scheme.Points]():
		return &jsonschema.Schema{Description: "points: 12 or 12,5", AnyOf: []*jsonschema.Schema{{Type: "string"}, {Type: "number"}}}
	case reflect.TypeFor[scheme.Minute]():
		return &jsonschema.Schema{Type: "string", Pattern: `^\d{4}-\d{2}-\d{2} \d{2}:\d{2}$`, Description: "an instant on the clocks of Paris: 2020-09-30 12:00"}
	case reflect.TypeFor[scheme.Type]():
		list := make([]any, len(scheme.Types))
		for i, kind := range scheme.Types {
			list[i] = kind
		}
		return words(list...)
	case reflect.TypeFor[scheme.Role]():
		return words(scheme.Business, scheme.Representative, scheme.Postal)
	case reflect.TypeFor[scheme.Running]():
		return words(scheme.Keep, scheme.Favourable, scheme.Replace)
	case reflect.TypeFor[scheme.Applicant]():
		return words(scheme.Firm, scheme.Association, scheme.Commune, scheme.Person)
	}
	return nil
}
