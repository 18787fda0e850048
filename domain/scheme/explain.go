package scheme

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr/file"
)

// explained is what is wrong with an expression, in words of whoever writes a scheme, and at which rune of it; -1 where it is the expression as a whole.
type explained struct {
	says string
	rune int
}

// explain says what the expression library says of a source.
func (c *compiler) explain(source string, err error) explained {
	var known *file.Error
	if !errors.As(err, &known) {
		return explained{strings.SplitN(err.Error(), "\n", 2)[0], -1}
	}
	at := runeAt(source, known.Line, known.Column)
	if m := unknownName.FindStringSubmatch(known.Message); m != nil {
		name := m[1] + m[2] + m[3]
		return explained{c.unknown(name, source, at), at}
	}
	runes := []rune(source)
	before := strings.TrimRight(string(runes[:min(at, len(runes))]), " \n\t")
	if word := lastWord.FindString(before); frenchWords[strings.ToLower(word)] != "" { // « non proprietaire »: the library sees the second word first
		return explained{notAWord(word), utf8.RuneCountInString(before) - utf8.RuneCountInString(word)}
	}
	rest := string(runes[min(at, len(runes)):])
	for _, s := range exprSays {
		m := s.like.FindStringSubmatch(known.Message)
		if m == nil {
			continue
		}
		if says := s.plain(m[1:], rest); says != "" {
			return explained{says, at}
		}
	}
	return explained{plainTypes(known.Message), at}
}

var lastWord = regexp.MustCompile(`\pL+$`)

// notAWord says what a word of French is in the language.
func notAWord(word string) string {
	return fmt.Sprintf("%q is not a word of the language: write %s", word, frenchWords[strings.ToLower(word)])
}

// runeAt is which rune of a source a place is.
func runeAt(source string, line, column int) int {
	n := 0
	for i, text := range strings.SplitAfter(source, "\n") {
		if i+1 == line {
			return n + column
		}
		n += utf8.RuneCountInString(text)
	}
	return column
}

// unknown says that a name is none. A word of French, and a name of a list with a hyphen, are told apart from names that are misspelt.
func (c *compiler) unknown(name, source string, at int) string {
	if frenchWords[strings.ToLower(name)] != "" {
		return notAWord(name)
	}
	rest := []rune(source)[min(at, utf8.RuneCountInString(source)):]
	if hyphened := regexp.MustCompile(`^[\pL\pN_]+(?:-[\pL\pN_]+)+`).FindString(string(rest)); hyphened != "" {
		for list := range c.version.Lists {
			if list == hyphened || list == strings.ReplaceAll(hyphened, "-", "_") {
				return fmt.Sprintf("a hyphen is a minus in a rule: call the list %s, in lists and here", strings.ReplaceAll(hyphened, "-", "_"))
			}
		}
		return fmt.Sprintf("there is no field or name %q; a hyphen is a minus in a rule, so names are written with _%s", name, nearest(strings.ReplaceAll(hyphened, "-", "_"), c.names()))
	}
	return fmt.Sprintf("there is no field or name %q%s", name, nearest(name, c.names()))
}

// frenchWords are words that people write in rules, and what they are in the language.
var frenchWords = map[string]string{"et": "and", "ou": "or", "non": "not", "si": "CONDITION ? THIS : OTHERWISE", "alors": "CONDITION ? THIS : OTHERWISE", "sinon": "CONDITION ? THIS : OTHERWISE",
	"dans": "in", "vrai": "true", "faux": "false", "oui": "true, or the field alone", "est": "==", "somme": "sum", "mois": "months(from, to)", "if": "CONDITION ? THIS : OTHERWISE",
	"then": "CONDITION ? THIS : OTHERWISE", "else": "CONDITION ? THIS : OTHERWISE", "is": "=="}

// characters are signs that keyboards make, and what they are in the language.
var characters = map[string]string{"≤": "<=", "≥": ">=", "≠": "!=", "“": `"`, "”": `"`, "«": `"`, "»": `"`, "’": `"`, "‘": `"`, "×": "*", "÷": "share(amount, 1, 3)", "–": "-", "—": "-", "€": "euros(500)"}

// exprSays are the sentences of the expression library, in words of whoever writes a scheme. Each is given what it quotes, and the source from the place on.
var exprSays = []struct {
	like  *regexp.Regexp
	plain func(m []string, rest string) string
}{
	{regexp.MustCompile(`unrecognized character: U\+\w+ '(.+)'`), func(m []string, _ string) string {
		if write, known := characters[m[0]]; known {
			return fmt.Sprintf("%s is no sign of the language: write %s", m[0], write)
		}
		return fmt.Sprintf("%s is no sign of the language", m[0])
	}},
	{regexp.MustCompile(`unexpected token Operator\("="\)`), func(_ []string, rest string) string {
		if strings.HasPrefix(rest, "=>") {
			return "at least is written >="
		}
		return "one = compares nothing: write == for equal, != for different, <= or >= for the rest"
	}},
	{regexp.MustCompile(`unexpected token Operator\("!"\)`), func([]string, string) string { return "different is written !=, and not stands before a condition" }},
	{regexp.MustCompile(`unexpected token Operator\(","\)`), func([]string, string) string {
		return "a comma separates what stands in brackets: a bracket was closed too soon or not opened, or a number was written with a decimal comma or a percent sign"
	}},
	{regexp.MustCompile(`unexpected token Operator\("%"\)|unexpected token Operator\("\*\*"\)`), func([]string, string) string {
		return "a part of an amount is written percent(amount, 30)"
	}},
	{regexp.MustCompile(`unexpected token Operator\("(.+)"\)`), func(m []string, _ string) string {
		return fmt.Sprintf("a value is missing before %s", m[0])
	}},
	{regexp.MustCompile(`unexpected token Identifier\("(.+)"\)`), func(m []string, _ string) string {
		if frenchWords[strings.ToLower(m[0])] != "" {
			return notAWord(m[0])
		}
		return fmt.Sprintf("and, or, ==, < or another sign is missing before %q", m[0])
	}},
	{regexp.MustCompile(`unexpected token Number\("(.+)"\)`), func(m []string, _ string) string {
		return fmt.Sprintf("two numbers stand side by side before %s: a sum is written without spaces, euros(1500)", m[0])
	}},
	{regexp.MustCompile(`unexpected token String`), func([]string, string) string {
		return `a sign is missing before the text in quotes, such as == or in`
	}},
	{regexp.MustCompile(`unexpected token Bracket\("(.+)"\)`), func(m []string, _ string) string {
		return fmt.Sprintf("%s closes what was not opened, or a value is missing before it", m[0])
	}},
	{regexp.MustCompile(`unexpected token EOF|unclosed|literal not terminated`), func([]string, string) string {
		return "it ends too soon: a value, a closing bracket or a closing quote is missing"
	}},
	{regexp.MustCompile(`invalid operation: (\S+) \(mismatched types (.+) and (.+)\)`), func(m []string, _ string) string {
		return fmt.Sprintf("%s stands between %s and %s%s", m[0], typeName(m[1]), typeName(m[2]), advice(m[1], m[2]))
	}},
	{regexp.MustCompile(`cannot use (.+?) as argument \(type (.+?)\) to call (\w+)`), func(m []string, _ string) string {
		if m[2] == "euros" {
			return "euros takes whole euros: euros(500); cents are written as they are, 48050 for 480,50 €"
		}
		return fmt.Sprintf("%s takes %s here, and gets %s%s", m[2], typeName(m[1]), typeName(m[0]), advice(m[0], m[1]))
	}},
	{regexp.MustCompile(`builtin (\w+) takes only (?:array|map|.*) \(got (.+)\)`), func(m []string, _ string) string {
		return fmt.Sprintf("%s goes through the entries of a group, such as sum(periodes, .ca), and gets %s", m[0], typeName(m[1]))
	}},
	{regexp.MustCompile(`(not enough|too many) arguments to call (\w+)`), func(m []string, _ string) string {
		return fmt.Sprintf("%s is given %s values: euros(500), share(amount, 1, 3), percent(amount, 30), months(from, to), date(\"2020-05-01\")", m[1], map[string]string{"not enough": "too few", "too many": "too many"}[m[0]])
	}},
	{regexp.MustCompile(`non-bool expression \(type (.+)\) used as condition`), func(m []string, _ string) string {
		return fmt.Sprintf("a condition is wanted before the question mark, and this is %s", typeName(m[0]))
	}},
}

// typeName is what a Go type is to whoever writes a scheme.
func typeName(goType string) string {
	switch goType {
	case "int", "int64":
		return "a whole number"
	case "string":
		return "a text"
	case "bool":
		return "true or false"
	case "time.Time":
		return "a day"
	case "time.Duration":
		return "a length of time"
	case "float64":
		return "a number with decimals"
	case "interface {}", "unknown", "nil", "any":
		return "a value of several kinds"
	}
	if strings.HasPrefix(goType, "[]") || strings.HasPrefix(goType, "map") {
		return "a list"
	}
	return "another kind of value"
}

// advice helps with the mistakes people make with types.
func advice(a, b string) string {
	is := func(one, other string) bool { return a == one && b == other || a == other && b == one }
	switch {
	case is("time.Time", "string"), is("time.Time", "int"):
		return `; write a day as date("2020-05-01")`
	case a == "float64" || b == "float64":
		return "; amounts are whole cents: euros(500), share(amount, 1, 3), percent(amount, 30)"
	case is("bool", "string"):
		return "; a yes-or-no field is true or false by itself: write it alone, or not before it"
	case is("int", "string"):
		return "; a number is written without quotes"
	case is("bool", "int"):
		return "; of two amounts by a condition: CONDITION ? euros(500) : euros(300)"
	}
	return ""
}

var goTypes = regexp.MustCompile(`interface \{\}|time\.Time|time\.Duration|float64|\bint\b|\bstring\b|\bbool\b`)

// plainTypes takes the Go out of a sentence that nobody has foreseen.
func plainTypes(text string) string { return goTypes.ReplaceAllStringFunc(text, typeName) }

// kindName is what an expression gives.
func kindName(t reflect.Type) string {
	if t == nil {
		return "a value of unknown kind"
	}
	return typeName(t.String())
}
