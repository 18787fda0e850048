package scheme

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/types"
	"github.com/expr-lang/expr/vm"

	"relance/domain/money"
)

// compiled is a version's expressions, type-checked against its fields, and what else is derived from it. A nil program stands where nothing is
// written.
type compiled struct {
	rules, fields, documents, opinions []*vm.Program
	amount                             *vm.Program

	derived sync.Map // by key, see Derived
}

// Other is another case of the same applicant: the same SIREN or the same IBAN.
type Other struct {
	Scheme    string `expr:"scheme" json:"scheme"`
	Open      bool   `expr:"open" json:"open"`       // not decided yet
	Granted   bool   `expr:"granted" json:"granted"` // money was granted
	Amount    int    `expr:"amount" json:"amount"`   // cents, granted
	DeMinimis bool   `expr:"de_minimis" json:"de_minimis"`
	SameSIREN bool   `expr:"same_siren" json:"same_siren"`
	SameIBAN  bool   `expr:"same_iban" json:"same_iban"`
	Earlier   bool   `expr:"earlier" json:"earlier"` // received before this one
}

// Registered is what the register of firms says of the establishment.
type Registered struct {
	Known   bool      `expr:"known" json:"known"` // the register was asked and knows it
	Active  bool      `expr:"active" json:"active"`
	Created time.Time `expr:"created" json:"created,omitzero"`
	Commune string    `expr:"commune" json:"commune,omitempty"`
	Code    string    `expr:"activity" json:"activity,omitempty"` // APE code: 47.11B
	Form    string    `expr:"legal_form" json:"legal_form,omitempty"`
}

// Context is what rules may ask beside the fields.
type Context struct {
	Received  time.Time  `json:"received,omitzero"` // the day the application was received
	Filed     time.Time  `json:"filed,omitzero"`    // in a call: the instant at which it counts as filed; rules do not see it
	Others    []Other    `json:"others,omitempty"`
	DeMinimis int        `json:"de_minimis,omitempty"` // cents of de minimis aid granted to this firm in the three years before
	Register  Registered `json:"register,omitzero"`
}

// functions are what an expression may call beside the language's own: min, max, sum, len, date and the like.
func functions() []expr.Option {
	return []expr.Option{
		expr.Function("euros", func(params ...any) (any, error) { return params[0].(int) * 100, nil }, new(func(int) int)),
		expr.Function("share", func(params ...any) (any, error) {
			if params[2].(int) == 0 {
				return nil, errors.New("share of nothing: the divisor is zero")
			}
			return int(money.MulDiv(money.Cents(params[0].(int)), int64(params[1].(int)), int64(params[2].(int)))), nil
		}, new(func(int, int, int) int)),
		expr.Function("percent", func(params ...any) (any, error) {
			return int(money.MulDiv(money.Cents(params[0].(int)), int64(params[1].(int)), 100)), nil
		}, new(func(int, int) int)),
		expr.Function("months", func(params ...any) (any, error) {
			return wholeMonths(params[0].(time.Time), params[1].(time.Time)), nil
		}, new(func(time.Time, time.Time) int)),
	}
}

// wholeMonths counts the whole months from one day to another; it is negative where the second comes first.
func wholeMonths(from, to time.Time) int {
	if to.Before(from) {
		return -wholeMonths(to, from)
	}
	n := (to.Year()-from.Year())*12 + int(to.Month()) - int(from.Month())
	if to.Day() < from.Day() {
		n--
	}
	return n
}

// names an expression sees beside the fields.
var contextTypes = types.Map{
	"received": types.TypeOf(time.Time{}), "others": types.TypeOf([]Other{}), "de_minimis": types.Int, "register": types.TypeOf(Registered{}),
}

// environment is the names an expression sees, with their types.
func (v *Version) environment() types.Map {
	env, given, lists := types.Map{}, types.Map{}, types.Map{}
	for name, t := range contextTypes {
		env[name] = t
	}
	for _, f := range v.Fields {
		env[f.ID], given[f.ID] = f.typeOf(), types.Bool
	}
	for name := range v.Lists {
		lists[name] = types.TypeOf(map[string]bool{})
	}
	env["given"], env["lists"] = given, lists
	return env
}

func (f Field) typeOf() types.Type {
	if f.Type == Group {
		entry := types.Map{}
		for _, below := range f.Fields {
			entry[below.ID] = below.typeOf()
		}
		return types.Array(entry)
	}
	sample, err := f.Type.value("")
	if err != nil {
		return types.Any // the type itself is said to be wrong
	}
	return types.TypeOf(sample)
}

// compiler compiles the expressions of a version and tells where one is wrong.
type compiler struct {
	version *Version
	env     types.Map
	say     func(at, format string, args ...any)
	inside  func(at, expression string, rune int, says string) // nil: the place of a mistake is not told
	schemes []string                                           // ids of all schemes; nil where they are not known
}

// sayInside tells of a mistake in an expression, at its place.
func (c *compiler) sayInside(at, source string, e explained) {
	if c.inside == nil || e.rune < 0 {
		c.say(at, "%s", e.says)
		return
	}
	c.inside(at, source, e.rune, e.says)
}

// compile type-checks one expression. It gives nil for an empty one and for a wrong one, which it tells of.
func (c *compiler) compile(at, source string, kind reflect.Kind) *vm.Program {
	if strings.TrimSpace(source) == "" {
		return nil
	}
	p, err := expr.Compile(source, append(functions(), expr.Env(c.env))...)
	if err != nil {
		e := c.explain(source, err)
		c.sayInside(at, source, e)
		return nil
	}
	if t := p.Node().Type(); t == nil || t.Kind() != kind {
		c.say(at, "it gives %s, and has to give %s", kindName(t), kindNames[kind])
		return nil
	}
	c.constants(at, p)
	if c.inside != nil { // a version that was kept is not judged anew
		c.means(at, source, p, kind == reflect.Bool)
	}
	return p
}

var kindNames = map[reflect.Kind]string{reflect.Bool: "true or false", reflect.Int: "a whole number of cents (a part of an amount is share(amount, 1, 3) or percent(amount, 30))"}

var unknownName = regexp.MustCompile(`unknown name (\S+)|has no field (\S+)|unknown field (\S+)`)

// names lists what an expression may name, the sub-fields of groups among them.
func (c *compiler) names() []string {
	var list []string
	for name := range c.env {
		list = append(list, name)
	}
	for name := range c.version.Lists {
		list = append(list, name)
	}
	for _, f := range c.version.Fields {
		for _, below := range f.Fields {
			list = append(list, below.ID)
		}
	}
	slices.Sort(list)
	return list
}

// constants checks what a type cannot: days that do not exist, and options that a choice does not have.
func (c *compiler) constants(at string, p *vm.Program) {
	node := p.Node()
	ast.Walk(&node, visitor(func(n ast.Node) {
		switch n := n.(type) {
		case *ast.BuiltinNode:
			if text, ok := onlyText(n.Arguments); ok && n.Name == "date" {
				if _, err := time.Parse(time.DateOnly, text); err != nil {
					c.say(at, "date(%q): there is no such day; write it as date(\"2020-05-01\")", text)
				}
			}
		case *ast.BinaryNode:
			c.others(at, n.Left, n.Right)
			c.choices(at, n.Left, n.Right)
			c.choices(at, n.Right, n.Left)
		}
	}))
}

func onlyText(arguments []ast.Node) (string, bool) {
	if len(arguments) != 1 {
		return "", false
	}
	text, ok := arguments[0].(*ast.StringNode)
	if !ok {
		return "", false
	}
	return text.Value, true
}

// others checks the id of a scheme that a rule asks about: others with .scheme == "…".
func (c *compiler) others(at string, member, with ast.Node) {
	m, ok := member.(*ast.MemberNode)
	text, isText := with.(*ast.StringNode)
	if !ok || !isText || c.schemes == nil {
		return
	}
	if property, ok := m.Property.(*ast.StringNode); ok && property.Value == "scheme" && !slices.Contains(c.schemes, text.Value) {
		c.say(at, "there is no scheme %q%s", text.Value, nearest(text.Value, c.schemes))
	}
}

// choiceOf is the choice that a name means: a field, or one of the entries of a group (.cas).
func (c *compiler) choiceOf(n ast.Node) (Field, bool) {
	switch n := n.(type) {
	case *ast.IdentifierNode:
		f, ok := c.version.Field(n.Value)
		return f, ok && f.Type == Choice
	case *ast.MemberNode:
		name, isText := n.Property.(*ast.StringNode)
		if _, entry := n.Node.(*ast.PointerNode); !entry || !isText {
			return Field{}, false
		}
		for _, group := range c.version.Fields {
			for _, f := range group.Fields {
				if f.ID == name.Value && f.Type == Choice {
					return f, true
				}
			}
		}
	}
	return Field{}, false
}

// choices checks texts that a choice is compared with.
func (c *compiler) choices(at string, choice, with ast.Node) {
	f, ok := c.choiceOf(choice)
	if !ok {
		return
	}
	var ids []string
	for _, o := range c.version.OptionsOf(f) {
		ids = append(ids, o.ID)
	}
	texts := []ast.Node{with}
	if list, ok := with.(*ast.ArrayNode); ok {
		texts = list.Nodes
	}
	for _, n := range texts {
		if text, ok := n.(*ast.StringNode); ok && !slices.Contains(ids, text.Value) {
			c.say(at, "%s has no option %q%s", f.ID, text.Value, nearest(text.Value, ids))
		}
	}
}

// visitor calls a function for each node.
type visitor func(ast.Node)

// Visit calls it.
func (v visitor) Visit(node *ast.Node) { v(*node) }

// identifiers lists the names an expression uses.
func identifiers(p *vm.Program) []string {
	var list []string
	if p == nil {
		return nil
	}
	node := p.Node()
	ast.Walk(&node, visitor(func(n ast.Node) {
		if id, ok := n.(*ast.IdentifierNode); ok {
			list = append(list, id.Value)
		}
	}))
	return list
}

// prepare compiles the version's expressions; what is wrong is told with its place below at. schemes are the ids a rule may ask
// about, nil where they are not known. inside tells of a mistake at a rune of an expression; nil: say does.
func (v *Version) prepare(at string, schemes []string, say func(at, format string, args ...any), inside func(at, expression string, rune int, says string)) {
	c := &compiler{version: v, env: v.environment(), say: say, inside: inside, schemes: schemes}
	k := &compiled{}
	for i, r := range v.Rules {
		k.rules = append(k.rules, c.compile(fmt.Sprintf("%s.rules[%d].when", at, i), r.When, reflect.Bool))
	}
	for i, f := range v.Fields {
		k.fields = append(k.fields, c.compile(fmt.Sprintf("%s.fields[%d].required", at, i), f.Required, reflect.Bool))
	}
	for i, d := range v.Documents {
		k.documents = append(k.documents, c.compile(fmt.Sprintf("%s.documents[%d].required", at, i), d.Required, reflect.Bool))
	}
	for i, o := range v.Review.Opinions {
		k.opinions = append(k.opinions, c.compile(fmt.Sprintf("%s.review.opinions[%d].required", at, i), o.Required, reflect.Bool))
	}
	k.amount = c.compile(at+".amount.formula", v.Amount.Formula, reflect.Int)
	v.compiled = k
}
