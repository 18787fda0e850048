package routing_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strconv"
	"strings"
	"testing"

	"relance/intake/reading"
	"relance/letters/texts"
	"relance/mail/message"
)

// constants gives the string constants of a file that keep says yes to, by their name and type.
func constants(t *testing.T, file string, keep func(name, kind string) bool) map[string]string {
	t.Helper()
	tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	ast.Inspect(tree, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		literal, ok := spec.Values[0].(*ast.BasicLit)
		kind, _ := spec.Type.(*ast.Ident)
		name := spec.Names[0].Name
		if ok && literal.Kind == token.STRING && keep(name, fmt.Sprint(kind)) {
			if found[name], err = strconv.Unquote(literal.Value); err != nil {
				t.Fatal(err)
			}
		}
		return true
	})
	if len(found) == 0 {
		t.Fatalf("%s: no constants", file)
	}
	return found
}

// TestTheDocumentSaysWhatTheCodeDoes: docs/mail.md knows every reason, kind, verdict, problem and limit, and officers and applicants have
// words for them.
func TestTheDocumentSaysWhatTheCodeDoes(t *testing.T) {
	text, err := os.ReadFile("../../docs/mail.md")
	if err != nil {
		t.Fatal(err)
	}
	document := string(text)
	labels := texts.French().Labels
	of := func(kind string) func(string, string) bool { return func(_, k string) bool { return k == kind } }
	for what, c := range map[string]struct {
		codes map[string]string
		words map[string]string // nil: nobody is shown them
	}{
		"reason":  {constants(t, "routing.go", of("Reason")), labels.Asides},
		"kind":    {constants(t, "../../mail/message/message.go", of("Kind")), nil},
		"verdict": {constants(t, "../../mail/auth/judge.go", of("Verdict")), nil},
		"held":    {constants(t, "../../domain/casefile/held.go", of("Code")), labels.Held},
		"problem": {constants(t, "../../intake/reading/documents.go", func(name, _ string) bool {
			return (strings.HasPrefix(name, "Problem") || strings.HasPrefix(name, "Flag")) && name != "ProblemTooFew"
		}), labels.Problems},
	} {
		for name, code := range c.codes {
			if !strings.Contains(document, "`"+code+"`") {
				t.Errorf("docs/mail.md does not speak of the %s %s (%s)", what, code, name)
			}
			if c.words != nil && c.words[code] == "" {
				t.Errorf("nobody has words for the %s %s", what, code)
			}
		}
		for code := range c.words {
			known := what == "problem" // fields have problems too
			for _, k := range c.codes {
				known = known || k == code
			}
			if !known {
				t.Errorf("there are words for the %s %s, which the code does not know", what, code)
			}
		}
	}
	for _, limit := range []string{
		fmt.Sprintf("| %d |", message.DefaultLimits.Parts), fmt.Sprintf("| %d · %d deep |", message.DefaultLimits.Depth, message.DefaultLimits.Nested),
		fmt.Sprintf("| %d MB, and", message.DefaultLimits.Unpacked>>20), fmt.Sprintf("| %d · %d |", reading.MaxFiles, reading.MaxCaseFiles), fmt.Sprintf("| %d MB |", reading.MaxDocument>>20),
	} {
		if !strings.Contains(document, limit) {
			t.Errorf("docs/mail.md does not give the limit %q", limit)
		}
	}
}

// TestReasonsStandInTheOrderOfTheRules: the list in docs/mail.md follows Route.
func TestReasonsStandInTheOrderOfTheRules(t *testing.T) {
	text, err := os.ReadFile("../../docs/mail.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rules, _ := strings.Cut(string(text), "## Where a message goes")
	at := 0
	for n := 1; n <= 10; n++ {
		i := strings.Index(rules[at:], fmt.Sprintf("\n%d. ", n))
		if i < 0 {
			t.Fatalf("rule %d is missing", n)
		}
		at += i
	}
	source, err := os.ReadFile("routing.go")
	if err != nil {
		t.Fatal(err)
	}
	last := -1
	for _, call := range []string{"Unassigned: Unreadable", "Ignored: OwnMail", "r.named(l, book)", "Ignored: Bounced", "Ignored: Automatic}", "Unassigned: NoSender", "Unassigned: Spam", "Unassigned: Forged", "r.fromSender(l, book)"} {
		i := strings.Index(string(source), call)
		if i < last {
			t.Errorf("routing.go has another order than docs/mail.md: %s", call)
		}
		last = i
	}
}
