package scheme

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/vm"

	"relance/money"
)

// compiled is a version's expressions, type-checked against its fields.
type compiled struct {
	rules    []*vm.Program
	amount   *vm.Program // nil where no money is granted
	required []*vm.Program
}

// functions are what an expression may call beside the language's own: min, max, date, len and the like.
func functions() []expr.Option {
	return []expr.Option{
		expr.Function("euros", func(params ...any) (any, error) {
			return params[0].(int) * 100, nil
		}, new(func(int) int)),
		expr.Function("share", func(params ...any) (any, error) {
			if params[2].(int) == 0 {
				return nil, errors.New("share of nothing: the divisor is zero")
			}
			return int(money.MulDiv(money.Cents(params[0].(int)), int64(params[1].(int)), int64(params[2].(int)))), nil
		}, new(func(int, int, int) int)),
	}
}

// prepare reads the version's day and compiles its expressions; the error names the rule.
func (v *Version) prepare() (err error) {
	if v.from, err = time.Parse(time.DateOnly, v.Version); err != nil {
		return fmt.Errorf("version: write the day it comes into force as 2020-06-18, not %q", v.Version)
	}
	env := map[string]any{}
	for _, f := range v.Fields {
		sample, err := f.Type.value(map[Type]string{Integer: "0", Money: "0", Day: "2020-01-01"}[f.Type])
		if err != nil {
			return fmt.Errorf("field %s: %w", f.ID, err)
		}
		env[f.ID] = sample
	}
	compile := func(what, source string, kind reflect.Kind) (*vm.Program, error) {
		p, err := expr.Compile(source, append(functions(), expr.Env(env))...)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", what, err)
		}
		if t := p.Node().Type(); t == nil || t.Kind() != kind {
			return nil, fmt.Errorf("%s: %q gives %v, not %v (a part of an amount is share(amount, 1, 3))", what, source, t, kind)
		}
		return p, nil
	}
	c := &compiled{}
	for _, r := range v.Rules {
		p, err := compile("rule "+r.ID, r.When, reflect.Bool)
		if err != nil {
			return err
		}
		c.rules = append(c.rules, p)
	}
	for _, d := range v.Documents {
		if d.Required == "" {
			c.required = append(c.required, nil)
			continue
		}
		p, err := compile("document "+d.ID, d.Required, reflect.Bool)
		if err != nil {
			return err
		}
		c.required = append(c.required, p)
	}
	if v.Amount.Formula != "" {
		if c.amount, err = compile("amount", v.Amount.Formula, reflect.Int); err != nil {
			return err
		}
	}
	v.compiled = c
	return nil
}

// Facts are the fields of an application in their normal form, by field id.
type Facts map[string]string

// ErrIncomplete is returned where a rule needs a field that is not known.
var ErrIncomplete = errors.New("not all fields are known")

// env turns facts into what an expression sees.
func (v *Version) env(facts Facts) (map[string]any, error) {
	env := make(map[string]any, len(v.Fields))
	for _, f := range v.Fields {
		normal, known := facts[f.ID]
		if !known {
			return nil, fmt.Errorf("%w: %s", ErrIncomplete, f.ID)
		}
		value, err := f.Type.value(normal)
		if err != nil {
			return nil, fmt.Errorf("field %s: %w", f.ID, err)
		}
		env[f.ID] = value
	}
	return env, nil
}

// Outcome is what a scheme's rules say of an application.
type Outcome struct {
	Eligible bool
	Failed   []string // ids of the rules that are not met, in the order of the file
	Amount   money.Cents
}

// Evaluate applies the rules and the formula to complete facts.
func (v *Version) Evaluate(facts Facts) (Outcome, error) {
	env, err := v.env(facts)
	if err != nil {
		return Outcome{}, err
	}
	var o Outcome
	for i, p := range v.compiled.rules {
		met, err := expr.Run(p, env)
		if err != nil {
			return Outcome{}, fmt.Errorf("rule %s: %w", v.Rules[i].ID, err)
		}
		if !met.(bool) {
			o.Failed = append(o.Failed, v.Rules[i].ID)
		}
	}
	o.Eligible = len(o.Failed) == 0
	if v.compiled.amount != nil {
		amount, err := expr.Run(v.compiled.amount, env)
		if err != nil {
			return Outcome{}, fmt.Errorf("amount: %w", err)
		}
		o.Amount = money.Cents(amount.(int))
	}
	return o, nil
}

// Required lists the documents an application has to bring. A document whose condition cannot be told yet, because a
// field is missing, is not asked for until it can.
func (v *Version) Required(facts Facts) []Document {
	env, err := v.env(facts)
	var list []Document
	for i, d := range v.Documents {
		switch p := v.compiled.required[i]; {
		case p == nil:
			list = append(list, d)
		case err == nil:
			if met, err := expr.Run(p, env); err == nil && met.(bool) {
				list = append(list, d)
			}
		}
	}
	return list
}

// FieldOf is the field a rule is about, where it is about one alone; a refusal can then quote what was declared.
func (v *Version) FieldOf(rule string) (Field, bool) {
	var found []Field
	for i, r := range v.Rules {
		if r.ID != rule {
			continue
		}
		for _, f := range v.Fields {
			if slices.Contains(identifiers(v.compiled.rules[i]), f.ID) {
				found = append(found, f)
			}
		}
	}
	if len(found) != 1 {
		return Field{}, false
	}
	return found[0], true
}

// names collects the identifiers of an expression.
type names []string

func (n *names) Visit(node *ast.Node) {
	if id, ok := (*node).(*ast.IdentifierNode); ok {
		*n = append(*n, id.Value)
	}
}

func identifiers(p *vm.Program) []string {
	var n names
	node := p.Node()
	ast.Walk(&node, &n)
	return n
}
