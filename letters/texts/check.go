package texts

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"text/template/parse"
)

// Check looks at every text without running it: each variable has to be one of view, each function has to be known and given what
// it takes, each part has to be one that is printed. A branch that no sample would reach is looked at all the same. The error is
// of type Problems.
func (t *Texts) Check(view reflect.Type) error {
	return t.check(view, set{"mail", t.mails, mailParts}, set{"letter", t.letters, letterParts})
}

// CheckInquiry is Check for the mails to a mailbox that is asked whether it wrote.
func (t *Texts) CheckInquiry(view reflect.Type) error {
	return t.check(view, set{"inquiry", t.inquiry, mailParts})
}

// set are the texts of a folder, with the parts of each that are printed.
type set struct {
	folder    string
	templates map[string]*template.Template
	parts     []string
}

func (t *Texts) check(view reflect.Type, sets ...set) error {
	var problems Problems
	for _, set := range sets {
		for _, name := range keys(set.templates) {
			c := &checker{set: set.templates[name], functions: t.functions(), problems: &problems, seen: map[string]bool{}}
			for _, part := range set.parts {
				if c.set.Lookup(part) != nil {
					c.template(part, view)
				}
			}
			c.unused(set.folder+"/"+name+".txt", set.parts)
		}
	}
	if len(problems) > 0 {
		return problems.sorted()
	}
	return nil
}

// checker looks at one text. A type is nil where it cannot be told; nothing is said of it then.
type checker struct {
	set       *template.Template
	functions template.FuncMap
	tree      *parse.Tree
	problems  *Problems
	seen      map[string]bool // parts that were looked at
}

type scope map[string]reflect.Type

func (s scope) with(name string, t reflect.Type) scope {
	inner := scope{name: t}
	for k, v := range s {
		if k != name {
			inner[k] = v
		}
	}
	return inner
}

func (c *checker) say(n parse.Node, format string, args ...any) {
	location, _ := c.tree.ErrorContext(n)
	p := Problem{File: location, Text: fmt.Sprintf(format, args...)}
	if file, rest, ok := strings.Cut(location, ":"); ok {
		line, _, _ := strings.Cut(rest, ":")
		p.File = file
		p.Line, _ = strconv.Atoi(line)
	}
	*c.problems = append(*c.problems, p)
}

// template looks at a part as it is called with a dot of a type.
func (c *checker) template(name string, dot reflect.Type) {
	key := fmt.Sprint(name, " ", dot)
	t := c.set.Lookup(name)
	if c.seen[key] || t == nil || t.Tree == nil {
		return
	}
	c.seen[name], c.seen[key] = true, true
	outer := c.tree
	c.tree = t.Tree
	c.list(t.Root, dot, scope{"$": dot})
	c.tree = outer
}

// unused names parts that a file defines and nothing prints.
func (c *checker) unused(file string, parts []string) {
	for _, t := range c.set.Templates() {
		if t.Tree != nil && t.ParseName == file && t.Name() != file && !c.seen[t.Name()] {
			*c.problems = append(*c.problems, Problem{File: file, Text: fmt.Sprintf("nothing prints the part %q%s", t.Name(), meant(t.Name(), parts))})
		}
	}
}

func (c *checker) list(l *parse.ListNode, dot reflect.Type, vars scope) {
	if l == nil {
		return
	}
	for _, n := range l.Nodes {
		switch n := n.(type) {
		case *parse.ActionNode:
			result := c.pipe(n.Pipe, dot, vars)
			for _, v := range n.Pipe.Decl {
				vars = vars.with(v.Ident[0], result)
			}
		case *parse.IfNode:
			c.pipe(n.Pipe, dot, vars)
			c.list(n.List, dot, vars)
			c.list(n.ElseList, dot, vars)
		case *parse.WithNode:
			inner := c.pipe(n.Pipe, dot, vars)
			c.list(n.List, inner, declared(n.Pipe, vars, inner))
			c.list(n.ElseList, dot, vars)
		case *parse.RangeNode:
			c.each(n, dot, vars)
		case *parse.TemplateNode:
			var inner reflect.Type
			if n.Pipe != nil {
				inner = c.pipe(n.Pipe, dot, vars)
			}
			if c.set.Lookup(n.Name) == nil {
				c.say(n, "no part is called %q%s", n.Name, meant(n.Name, c.names()))
			}
			c.template(n.Name, inner)
		}
	}
}

func (c *checker) names() []string {
	var names []string
	for _, t := range c.set.Templates() {
		if !strings.Contains(t.Name(), ".") {
			names = append(names, t.Name())
		}
	}
	return names
}

func declared(p *parse.PipeNode, vars scope, t reflect.Type) scope {
	for _, v := range p.Decl {
		vars = vars.with(v.Ident[0], t)
	}
	return vars
}

// each looks at a repeated block.
func (c *checker) each(n *parse.RangeNode, dot reflect.Type, vars scope) {
	list := bare(c.pipe(n.Pipe, dot, vars))
	var key, element reflect.Type
	if list != nil {
		switch list.Kind() {
		case reflect.Slice, reflect.Array:
			key, element = reflect.TypeFor[int](), list.Elem()
		case reflect.Map:
			key, element = list.Key(), list.Elem()
		case reflect.Int:
			key, element = list, list
		case reflect.Interface:
		default:
			c.say(n, "%s is not a list: range repeats a block for each of several", n.Pipe)
		}
	}
	switch decl := n.Pipe.Decl; len(decl) {
	case 1:
		vars = vars.with(decl[0].Ident[0], element)
	case 2:
		vars = vars.with(decl[0].Ident[0], key).with(decl[1].Ident[0], element)
	}
	c.list(n.List, element, vars)
	c.list(n.ElseList, dot, vars)
}

// pipe gives the type that a pipeline comes to.
func (c *checker) pipe(p *parse.PipeNode, dot reflect.Type, vars scope) reflect.Type {
	var result reflect.Type
	for i, command := range p.Cmds {
		var given []reflect.Type
		if i > 0 {
			given = []reflect.Type{result}
		}
		result = c.command(command, dot, vars, given)
	}
	return result
}

func (c *checker) command(n *parse.CommandNode, dot reflect.Type, vars scope, given []reflect.Type) reflect.Type {
	if f, ok := n.Args[0].(*parse.IdentifierNode); ok {
		var args []reflect.Type
		for _, a := range n.Args[1:] {
			args = append(args, c.value(a, dot, vars))
		}
		return c.call(f, append(args, given...))
	}
	result := c.value(n.Args[0], dot, vars)
	for _, a := range n.Args[1:] {
		c.value(a, dot, vars)
	}
	return result
}

// value gives the type of an operand.
func (c *checker) value(n parse.Node, dot reflect.Type, vars scope) reflect.Type {
	switch n := n.(type) {
	case *parse.DotNode:
		return dot
	case *parse.FieldNode:
		return c.fields(n, dot, n.Ident, "")
	case *parse.VariableNode:
		return c.fields(n, vars[n.Ident[0]], n.Ident[1:], n.Ident[0])
	case *parse.ChainNode:
		return c.fields(n, c.value(n.Node, dot, vars), n.Field, n.Node.String())
	case *parse.PipeNode:
		return c.pipe(n, dot, vars)
	case *parse.IdentifierNode:
		return c.call(n, nil)
	case *parse.StringNode:
		return reflect.TypeFor[string]()
	case *parse.BoolNode:
		return reflect.TypeFor[bool]()
	}
	return nil // a number takes the type it is needed in
}

// fields follows .A.B.C from a type.
func (c *checker) fields(n parse.Node, t reflect.Type, names []string, said string) reflect.Type {
	for _, name := range names {
		if t == nil {
			return nil
		}
		next, known, ok := field(t, name)
		if !ok {
			owner := said
			if owner == "" {
				owner = "a text"
			}
			c.say(n, "%s.%s: %s has no %s%s", said, name, owner, name, meant(name, known))
			return nil
		}
		said += "." + name
		t = next
	}
	return t
}

// field finds a field, a method or an entry by its name. Known are the names there are.
func field(t reflect.Type, name string) (found reflect.Type, known []string, ok bool) {
	pointer := t
	if t.Kind() != reflect.Pointer && t.Kind() != reflect.Interface {
		pointer = reflect.PointerTo(t)
	}
	if m, ok := pointer.MethodByName(name); ok && m.Type.NumOut() > 0 {
		return m.Type.Out(0), nil, true
	}
	t = bare(t)
	switch t.Kind() {
	case reflect.Interface:
		return nil, nil, true
	case reflect.Map:
		return t.Elem(), nil, true
	case reflect.Struct:
		if f, ok := t.FieldByName(name); ok && f.IsExported() {
			return f.Type, nil, true
		}
		for _, f := range reflect.VisibleFields(t) {
			if f.IsExported() && !f.Anonymous {
				known = append(known, f.Name)
			}
		}
	}
	return nil, known, false
}

// bare is a type without pointers to it.
func bare(t reflect.Type) reflect.Type {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

// builtin are the functions of the template language itself, with what they give; nil: it depends.
var builtin = map[string]reflect.Type{
	"len": reflect.TypeFor[int](), "not": reflect.TypeFor[bool](), "eq": reflect.TypeFor[bool](), "ne": reflect.TypeFor[bool](), "lt": reflect.TypeFor[bool](),
	"le": reflect.TypeFor[bool](), "gt": reflect.TypeFor[bool](), "ge": reflect.TypeFor[bool](), "print": reflect.TypeFor[string](),
	"printf": reflect.TypeFor[string](), "println": reflect.TypeFor[string](), "and": nil, "or": nil, "index": nil, "slice": nil, "call": nil,
	"html": reflect.TypeFor[string](), "js": reflect.TypeFor[string](), "urlquery": reflect.TypeFor[string](),
}

// call gives what a function gives, and looks at what it is given.
func (c *checker) call(n *parse.IdentifierNode, args []reflect.Type) reflect.Type {
	if result, ok := builtin[n.Ident]; ok {
		if n.Ident == "index" && len(args) > 0 && bare(args[0]) != nil && slices.Contains([]reflect.Kind{reflect.Slice, reflect.Map}, bare(args[0]).Kind()) {
			return bare(args[0]).Elem()
		}
		return result
	}
	f := reflect.TypeOf(c.functions[n.Ident])
	if f.NumIn() != len(args) {
		c.say(n, "%s takes %d values, not %d", n.Ident, f.NumIn(), len(args))
		return f.Out(0)
	}
	for i, given := range args {
		if wants := f.In(i); given != nil && !given.AssignableTo(wants) && !(given.Kind() == reflect.Pointer && given.Elem().AssignableTo(wants)) && given.Kind() != reflect.Interface {
			c.say(n, "%s takes %s, not %s", n.Ident, typeName(wants), typeName(given))
		}
	}
	return f.Out(0)
}

// typeName is what people call a type.
func typeName(t reflect.Type) string {
	if name, ok := TypeNames[t.String()]; ok {
		return name
	}
	return t.String()
}

// TypeNames are the types of variables as the documentation calls them.
var TypeNames = map[string]string{"string": "a text", "time.Time": "an instant", "int64": "cents", "int": "a number", "bool": "yes or no",
	"casefile.Deadline": "a deadline", "[]string": "a list of texts"}
