package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"relance/domain/casefile"
)

// catalogues are the files that may write the names of mails, letters and journal entries out.
var catalogues = []string{"domain/casefile/catalogue.go", "domain/casefile/events.go", "domain/round/events.go"}

// TestNamesOfTextsAreNotSpelledOut: a mail, a letter or a journal entry is named by its constant, so that a typing mistake does not compile.
func TestNamesOfTextsAreNotSpelledOut(t *testing.T) {
	files := 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		path = filepath.ToSlash(path)
		switch {
		case err != nil:
			return err
		case d.IsDir() && (path == "local" || path == "domain/ledger" || d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && path != "."):
			return filepath.SkipDir // local plays the applicants, who know mails by the names on their identifiers; a ledger has effects of its own
		case d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || slices.Contains(catalogues, path):
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		files++
		for _, name := range spelledOut(file) {
			t.Errorf("%s spells %q out; use the constant of the catalogue", path, name)
		}
		return nil
	})
	if err != nil || files < 100 {
		t.Fatalf("%d files read, %v", files, err)
	}
}

// spelledOut finds literals where the name of a mail, a letter or an entry belongs.
func spelledOut(file *ast.File) (found []string) {
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.KeyValueExpr:
			if key, is := n.Key.(*ast.Ident); is {
				found = append(found, wrong(key.Name, n.Value)...)
			}
		case *ast.BinaryExpr:
			if field, is := n.X.(*ast.SelectorExpr); is && (n.Op == token.EQL || n.Op == token.NEQ) {
				found = append(found, wrong(field.Sel.Name, n.Y)...)
			}
		case *ast.CallExpr:
			if called, is := n.Fun.(*ast.SelectorExpr); is && slices.Contains([]string{"note", "Note", "noteBudget"}, called.Sel.Name) {
				for _, arg := range n.Args {
					found = append(found, wrong("What", arg)...)
				}
			}
		}
		return true
	})
	return found
}

// wrong gives the literal that stands for a mail, a letter or an entry.
func wrong(field string, value ast.Expr) []string {
	literal, is := value.(*ast.BasicLit)
	if !is || literal.Kind != token.STRING {
		return nil
	}
	name, _ := strconv.Unquote(literal.Value)
	_, mail := casefile.MailOf(name)
	_, letter := casefile.LetterOf(name)
	_, event := casefile.EventOf(name)
	named := field == "Mail" && mail || field == "Letter" && letter || field == "What" && (event || strings.Contains(name, "."))
	if field == "Mail" && name != "" && !mail || field == "Letter" && name != "" && !letter {
		named = !strings.ContainsAny(name, " /%:") // a typing mistake, or a text that is not in the catalogue
	}
	if !named {
		return nil
	}
	return []string{name}
}

// TestSpelledOutNamesAreSeen: the test above finds what it looks for.
func TestSpelledOutNamesAreSeen(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "x.go", `package x
		var a = Piece{Mail: "grant"}
		var b = Piece{Mail: "grnat", Letter: "reject"}
		var c = Entry{What: "mail.sent"}
		var d = e.What == "stage"
		func f() { c.note(ctx, who, "appeal.late", key) }`, 0)
	if err != nil {
		t.Fatal(err)
	}
	if found := spelledOut(file); !slices.Equal(found, []string{"grant", "grnat", "reject", "mail.sent", "stage", "appeal.late"}) {
		t.Errorf("found %q", found)
	}
}
