package scheme

import (
	"fmt"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/vm"
)

// What a file may say by the letter and cannot mean is judged here.

// consistent tells of fields that letters and payments would not know what to do with.
func (c *checker) consistent() {
	v := c.v
	byRole, accounts := map[Role]string{}, []string{}
	for i, f := range v.Fields {
		at := fmt.Sprintf("fields[%d]", i)
		if other, taken := byRole[f.Role]; taken && f.Role != "" {
			c.say(at+".role", "%s has the role %s already: a letter could not tell which to use", other, f.Role)
		}
		byRole[f.Role] = f.ID
		if f.Type == IBAN {
			accounts = append(accounts, f.ID)
		}
		c.noVariables(at+".label", f.Label)
		c.noVariables(at+".hint", f.Hint)
	}
	switch {
	case len(v.Funding) > 0 && len(accounts) == 0:
		c.say("fields", "the aid is paid, and no field of type iban says to which account")
	case len(accounts) > 1:
		c.say("fields", "%s are accounts: a payment could not tell which to use", strings.Join(accounts, " and "))
	}
	if len(v.Fields) > 0 && byRole[Business] == "" {
		c.say("fields", "no field has role: business, the firm, association or person that letters are addressed to")
	}
	for i, d := range v.Documents {
		at := fmt.Sprintf("documents[%d]", i)
		c.noVariables(at+".label", d.Label)
		for j, word := range d.Recognise {
			for _, other := range v.Documents[:i] {
				if slices.ContainsFunc(other.Recognise, func(w string) bool { return PageFold(w) == PageFold(word) }) {
					c.say(fmt.Sprintf("%s.recognise[%d]", at, j), "%q is also a word of %s: a file could be either", word, other.ID)
				}
			}
		}
	}
	for i, p := range v.Payments {
		c.noVariables(fmt.Sprintf("payments[%d].label", i), p.Label)
	}
	if text := Fold(strings.TrimSpace(v.Grant.DeMinimis)); text == "true" || text == "false" || text == "oui" || text == "non" || text == "yes" {
		c.say("grant.de_minimis", "it is the sentence that the decision prints, such as: L'aide est accordée au titre du règlement (UE) 2023/2831; leave it out where it is none")
	}
}

// noVariables tells of a variable in a text in which none is filled.
func (c *checker) noVariables(at, text string) {
	if m := placeholder.FindString(text); m != "" {
		c.say(at, "%s stands as it is here: variables are filled in told, grant, conditions, questions and the charter", m)
	}
}

// means judges what an expression says by the letter and cannot mean.
func (c *compiler) means(at, source string, p *vm.Program, constant bool) {
	tree := p.Node()
	used := identifiers(p)
	known := slices.ContainsFunc(used, func(name string) bool { _, is := c.env[name]; return is })
	_, neutral := tree.(*ast.BoolNode) // a rule that a version no longer applies
	if constant && !known && !neutral {
		c.say(at, "it says the same of every application: no field stands in it")
	}
	if n, is := tree.(*ast.IntegerNode); is && n.Value > 0 && !constant {
		c.say(at, "%d are cents; write euros(%d) for as many euros", n.Value, n.Value)
	}
	ast.Walk(&tree, visitor(func(n ast.Node) {
		switch n := n.(type) {
		case *ast.CallNode:
			c.swapped(at, source, n)
		case *ast.BuiltinNode:
			if n.Name == "now" {
				c.sayInside(at, source, explained{"now() is another day each time the rule is applied: write received, the day of the application", n.Location().From})
			}
		case *ast.BinaryNode:
			c.cents(at, source, n)
		}
	}))
	c.unguarded(at, source, tree)
	if c.version.Applicant == Person && slices.Contains(used, "de_minimis") {
		c.say(at, "de minimis aid is granted to undertakings: a natural person has none")
	}
}

// swapped tells of percent(30, amount): the sum stands first.
func (c *compiler) swapped(at, source string, n *ast.CallNode) {
	name, is := n.Callee.(*ast.IdentifierNode)
	if !is || name.Value != "percent" && name.Value != "share" || len(n.Arguments) < 2 {
		return
	}
	_, first := n.Arguments[0].(*ast.IntegerNode)
	names := slices.ContainsFunc(n.Arguments[1:], func(a ast.Node) bool { _, number := a.(*ast.IntegerNode); return !number })
	if first && names {
		c.sayInside(at, source, explained{fmt.Sprintf("the amount stands first: %s", map[string]string{"percent": "percent(amount, 30)", "share": "share(amount, 1, 3)"}[name.Value]), n.Location().From})
	}
}

// cents tells of an amount that is compared with a plain number, which is cents.
func (c *compiler) cents(at, source string, n *ast.BinaryNode) {
	if !slices.Contains([]string{"<", "<=", ">", ">=", "==", "!="}, n.Operator) {
		return
	}
	for _, pair := range [][2]ast.Node{{n.Left, n.Right}, {n.Right, n.Left}} {
		id, isName := pair[0].(*ast.IdentifierNode)
		number, isNumber := pair[1].(*ast.IntegerNode)
		if !isName || !isNumber || number.Value == 0 {
			continue
		}
		if f, ok := c.version.Field(id.Value); ok && f.Type == Money {
			c.sayInside(at, source, explained{fmt.Sprintf("%s is an amount in cents: write euros(%d) for as many euros", f.ID, number.Value), number.Location().From})
		}
	}
}

// unguarded tells of an optional field whose value is used where nothing says that it was given: it would be 0, or empty.
func (c *compiler) unguarded(at, source string, tree ast.Node) {
	guarded := map[string]bool{}
	ast.Walk(&tree, visitor(func(n ast.Node) {
		m, ok := n.(*ast.MemberNode)
		if !ok {
			return
		}
		of, isName := m.Node.(*ast.IdentifierNode)
		if name, isText := m.Property.(*ast.StringNode); isName && isText && of.Value == "given" {
			guarded[name.Value] = true
		}
	}))
	ast.Walk(&tree, visitor(func(n ast.Node) {
		id, ok := n.(*ast.IdentifierNode)
		if !ok || guarded[id.Value] {
			return
		}
		f, isField := c.version.Field(id.Value)
		if isField && f.Optional && f.Type != Group && f.Type != Text {
			guarded[id.Value] = true // once
			c.sayInside(at, source, explained{fmt.Sprintf("%s is optional, and counts as nothing where it was not given: write not given.%s or …", f.ID, f.ID), id.Location().From})
		}
	}))
}
