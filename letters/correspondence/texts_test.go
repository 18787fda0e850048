package correspondence_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"relance/domain/authority"
	"relance/domain/scheme"
	"relance/letters/correspondence"
	"relance/letters/texts"
	"relance/schemes"
)

func catalogue(t testing.TB) []*scheme.Scheme {
	t.Helper()
	c, err := scheme.Load(schemes.Files)
	if err != nil {
		t.Fatal(err)
	}
	return c.All()
}

var someday = time.Date(2021, 3, 10, 9, 0, 0, 0, time.UTC)

// with is a writer with an authority's own texts.
func with(t *testing.T, files map[string]string) (*correspondence.Writer, error) {
	t.Helper()
	folder := fstest.MapFS{}
	for name, text := range files {
		folder[name] = &fstest.MapFile{Data: []byte(text)}
	}
	texts, err := texts.Load(folder)
	return &correspondence.Writer{Authority: authority.Example(), Addresses: writer.Addresses, Texts: texts}, err
}

// TestBuiltInTextsAreSound: nothing to find in the texts that come with Relance, and each letter of each scheme may go.
func TestBuiltInTextsAreSound(t *testing.T) {
	if err := writer.CheckTexts(catalogue(t), someday); err != nil {
		t.Error(err)
	}
	if err := writer.CheckLetters(catalogue(t), someday); err != nil {
		t.Error(err)
	}
}

// TestMistakesInTextsAreFound: each kind of mistake, with file, line, and what would be right.
func TestMistakesInTextsAreFound(t *testing.T) {
	rebond := slices.DeleteFunc(catalogue(t), func(s *scheme.Scheme) bool { return s.ID != "fonds-rebond" })
	for name, c := range map[string]struct {
		file, text string
		want       []string
	}{
		"variable":         {"letter/grant.txt", "{{define \"kind\"}}\n{{.Applicant.Buisness}}{{end}}", []string{"letter/grant.txt:2: .Applicant.Buisness: .Applicant has no Buisness; did you mean Business?"}},
		"unknown variable": {"mail/message.txt", `{{define "subject"}}{{.Montant}}{{end}}`, []string{"mail/message.txt:1: .Montant: a text has no Montant"}},
		"branch not taken": {"letter/closing.txt", "{{define \"body\"}}\n\n{{if false}}{{.Nothing}}{{end}}{{end}}", []string{"letter/closing.txt:3: .Nothing"}},
		"in a loop":        {"letter/grant.txt", `{{define "kind"}}{{range .Case.Instalments}}{{.Amount}}{{end}}{{end}}`, []string{"letter/grant.txt:1: .Amount: a text has no Amount; there are", "Cents"}},
		"in with":          {"letter/grant.txt", `{{define "kind"}}{{with $d := .Case.Decision}}{{$d.Sum}}{{end}}{{end}}`, []string{"$d.Sum"}},
		"wrong type":       {"letter/grant.txt", `{{define "kind"}}{{date .Case.Decision.Amount}}{{end}}`, []string{"letter/grant.txt:1: date takes an instant, not cents"}},
		"wrong count":      {"letter/grant.txt", `{{define "kind"}}{{join .Funders}}{{end}}`, []string{"join takes 2 values, not 1"}},
		"not a list":       {"letter/grant.txt", `{{define "kind"}}{{range .Reference}}{{end}}{{end}}`, []string{"is not a list"}},
		"function":         {"letter/grant.txt", `{{define "kind"}}{{datte .Today}}{{end}}`, []string{`letter/grant.txt:1: function "datte" not defined`}},
		"syntax":           {"letter/grant.txt", "{{define \"kind\"}}\n\n{{if .Funded}}", []string{"letter/grant.txt:3: unexpected EOF"}},
		"part":             {"letter/grant.txt", `{{define "boddy"}}x{{end}}`, []string{`letter/grant.txt: nothing prints the part "boddy"; did you mean body?`}},
		"shared part":      {"letter/grant.txt", `{{define "kind"}}{{template "apeal" .}}{{end}}`, []string{`no part is called "apeal"; did you mean appeal?`}},
		"outside":          {"letter/grant.txt", "Bonjour", []string{`"Bonjour" stands outside of`}},
		"file":             {"letter/grnat.txt", "", []string{"letter/grnat.txt: no text is called so; did you mean letter/grant.txt?"}},
		"label":            {"labels.yaml", "stages:\n  grantd: accordée\n", []string{`labels.yaml: stages has no label "grantd"; did you mean granted?`}},
		"group of labels":  {"labels.yaml", "stage:\n  granted: accordée\n", []string{"labels.yaml:1: "}},
		"not there yet":    {"letter/acknowledgement.txt", "{{define \"kind\"}}\n{{.Case.Decision.Amount}}{{end}}", []string{"letter/acknowledgement.txt:2: ", "nil pointer"}},
		"no such loan":     {"letter/grant.txt", `{{define "kind"}}{{.Loan.Amount}}{{end}}`, []string{"letter/grant.txt:1: ", "nil pointer"}},
		"signed":           {"letter/grant.txt", `{{define "signed"}}somebody{{end}}`, []string{`signed is "somebody"; it can be authority, beneficiary`}},
		"lost the court":   {"letter/reject.txt", `{{define "notice"}}Vous avez deux mois pour former un recours.{{end}}`, []string{"letter/reject.txt: la juridiction manque"}},
		"lost the words":   {"letter/grant.txt", `{{define "body"}}Vous recevez {{money .Case.Decision.Amount}}.{{end}}`, []string{"letter/grant.txt: le montant de", "en lettres"}},
	} {
		w, err := with(t, map[string]string{c.file: c.text})
		if err == nil {
			err = w.CheckTexts(rebond, someday)
		}
		if err == nil {
			err = w.CheckLetters(rebond, someday)
		}
		for _, want := range c.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v does not say %q", name, err, want)
			}
		}
		var problems texts.Problems
		if !errors.As(err, &problems) || problems[0].File != c.file {
			t.Errorf("%s: the file is not named: %v", name, err)
		}
	}
}

// TestOwnTextsTakeThePlaceOfTheBuiltIn: of what a folder defines, and of nothing else.
func TestOwnTextsTakeThePlaceOfTheBuiltIn(t *testing.T) {
	w, err := with(t, map[string]string{
		"letter/reject.txt": `{{define "kind"}}Notre réponse{{end}}`,
		"shared.txt":        `{{define "polite"}}` + "\nBien à vous.\n" + `{{end}}`,
		"labels.yaml":       "stages:\n  granted: accordée\n",
		"README.md":         "à nous",
	})
	if err != nil {
		t.Fatal(err)
	}
	r := sample(t)
	r.Piece.Letter = "reject"
	said := w.Draft(r).Said
	if !strings.HasPrefix(strings.TrimSpace(strings.SplitN(said.Body, "\n", 2)[1]), "NOTRE RÉPONSE") || !strings.Contains(said.Body, "Bien à vous.") || !strings.Contains(said.Notice, "tribunal administratif") {
		t.Errorf("%+v", said)
	}
	if w.Texts.Labels.Stages["granted"] != "accordée" || w.Texts.Labels.Stages["rejected"] != "rejetée" || texts.French().Labels.Stages["granted"] != "attribuée" {
		t.Errorf("%v", w.Texts.Labels.Stages)
	}
}

// documented are the types that texts speak of, in the order of the documentation.
var documented = []string{"correspondence.View", "correspondence.Applicant", "correspondence.Item", "correspondence.Read", "correspondence.Reason", "correspondence.Loan",
	"correspondence.LoanRow", "correspondence.Breach", "correspondence.Contest", "correspondence.Debt", "casefile.State", "casefile.Charter", "casefile.Decision", "casefile.Instalment",
	"casefile.Deadline", "scheme.Scheme", "scheme.Version", "scheme.Periods", "scheme.Grant", "scheme.Charter", "scheme.Opinion",
	"authority.Authority", "authority.Signatory", "authority.Officer", "authority.Court", "authority.Privacy"}

// some of the fields of types that are about more than letters.
var some = map[string][]string{
	"casefile.State":      {"Received", "Charter", "Decision", "Instalments", "Ahead", "Documents"},
	"casefile.Charter":    {"Sent", "Signed"},
	"casefile.Decision":   {"Grant", "Amount", "At", "Reason"},
	"casefile.Instalment": {"Name", "Cents", "Until"},
	"casefile.Deadline":   {"At"},
	"scheme.Scheme":       {"Name", "Title", "LegalBasis"},
	"scheme.Version":      {"Version", "Amount", "Charter", "Periods", "Grant", "RetentionYears"},
	"scheme.Charter":      {"Title", "Version", "Body"},
	"scheme.Opinion":      {"Of", "Question", "Days"},
	"authority.Authority": {"Name", "Motto", "Address", "Place", "Phone", "Email", "Website", "Service", "Court", "Privacy"},
	"authority.Signatory": {"Name", "Capacity", "Delegation", "Act"},
}

// TestVariablesAreDocumented: variables.md is what the types and their comments say. RELANCE_UPDATE=1 writes it anew.
func TestVariablesAreDocumented(t *testing.T) {
	types := map[string]reflect.Type{}
	var gather func(reflect.Type)
	gather = func(typ reflect.Type) {
		for slices.Contains([]reflect.Kind{reflect.Pointer, reflect.Slice, reflect.Map}, typ.Kind()) {
			typ = typ.Elem()
		}
		if types[typ.String()] != nil || typ.Kind() != reflect.Struct || !strings.HasPrefix(typ.PkgPath(), "relance/") {
			return
		}
		types[typ.String()] = typ
		for _, f := range reflect.VisibleFields(typ) {
			gather(f.Type)
		}
	}
	gather(reflect.TypeFor[correspondence.View]())
	var b strings.Builder
	b.WriteString("# What a text may speak of\n\nWritten by a test from the types themselves. A text begins with a `View`: `{{.Reference}}`, `{{.Applicant.Business}}`, `{{date .Case.Received}}`.\n")
	for _, name := range documented {
		typ := types[name]
		if typ == nil {
			t.Fatalf("no text can speak of %s", name)
		}
		comments := commentsOf(t, typ)
		if name == "correspondence.View" {
			for field, comment := range commentsOf(t, types["correspondence.Matters"]) {
				if field != "" {
					comments[field] = comment
				}
			}
		}
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n| variable | type | meaning |\n|---|---|---|\n", typ.Name()+map[bool]string{true: " of a scheme"}[name == "scheme.Charter"], comments[""])
		for _, f := range reflect.VisibleFields(typ) {
			if f.IsExported() && !f.Anonymous && (some[name] == nil || slices.Contains(some[name], f.Name)) {
				fmt.Fprintf(&b, "| `.%s` | %s | %s |\n", f.Name, called(f.Type), comments[f.Name])
			}
		}
	}
	if os.Getenv("RELANCE_UPDATE") != "" {
		if err := os.WriteFile("variables.md", []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if b.String() != correspondence.Variables {
		t.Error("variables.md is out of date: RELANCE_UPDATE=1 go test ./letters/correspondence -run Variables")
	}
}

func called(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Pointer:
		return called(t.Elem()) + ", or nothing"
	case reflect.Slice:
		if t.Elem().Kind() != reflect.String && t.Elem().Kind() != reflect.Uint8 {
			return "list of " + called(t.Elem())
		}
	}
	if name, ok := texts.TypeNames[t.String()]; ok {
		return name
	}
	if t.Kind() == reflect.String {
		return "a text"
	}
	if t.Kind() == reflect.Struct {
		return t.Name()
	}
	return t.String()
}

// commentsOf gives what the source says of a type, under "", and of its fields.
func commentsOf(t *testing.T, typ reflect.Type) map[string]string {
	t.Helper()
	folder := filepath.Join("../..", strings.TrimPrefix(typ.PkgPath(), "relance/"))
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	comments := map[string]string{}
	oneLine := func(groups ...*ast.CommentGroup) string {
		var text string
		for _, g := range groups {
			text += " " + g.Text()
		}
		return strings.ReplaceAll(strings.Join(strings.Fields(text), " "), "|", "\\|")
	}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			decl, ok := n.(*ast.GenDecl)
			if !ok {
				return true
			}
			for _, spec := range decl.Specs {
				s, ok := spec.(*ast.TypeSpec)
				if !ok || s.Name.Name != typ.Name() {
					continue
				}
				comments[""] = oneLine(decl.Doc, s.Doc)
				structure, ok := s.Type.(*ast.StructType)
				if !ok {
					continue
				}
				for _, f := range structure.Fields.List {
					for _, name := range f.Names {
						comments[name.Name] = oneLine(f.Doc, f.Comment)
					}
				}
			}
			return true
		})
	}
	return comments
}
