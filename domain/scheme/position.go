package scheme

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/goccy/go-yaml/ast"
)

// position is a place in a file, from 1. Column 0 is the line as a whole.
type position struct{ line, column int }

// step is one part of a path: a key, or the number of an entry.
type step struct {
	key   string
	entry int // -1 for a key
}

// stepsOf cuts a path such as versions[0].rules[2].when.
func stepsOf(path string) []step {
	var steps []step
	for _, part := range strings.Split(path, ".") {
		key, rest, _ := strings.Cut(part, "[")
		if key != "" {
			steps = append(steps, step{key, -1})
		}
		for rest != "" {
			number, after, _ := strings.Cut(rest, "]")
			if n, err := strconv.Atoi(number); err == nil {
				steps = append(steps, step{"", n})
			}
			rest = strings.TrimPrefix(after, "[")
		}
	}
	return steps
}

// node finds what stands at a path; where the path is not in the file, the nearest part of it that is.
func (s *source) node(path string) ast.Node {
	at := s.document
	for _, step := range stepsOf(path) {
		next := s.below(s.plain(at), step)
		if next == nil {
			return at
		}
		at = next
	}
	return at
}

// plain follows an alias to what it stands for, and takes an anchor or a tag off.
func (s *source) plain(n ast.Node) ast.Node {
	for range 10 { // an alias may lead to another
		switch v := n.(type) {
		case *ast.AnchorNode:
			n = v.Value
		case *ast.TagNode:
			n = v.Value
		case *ast.AliasNode:
			target := s.anchor(v.Value.GetToken().Value)
			if target == nil {
				return n
			}
			n = target
		default:
			return n
		}
	}
	return n
}

// anchor finds the value that a name is anchored to.
func (s *source) anchor(name string) (found ast.Node) {
	ast.Walk(anchors(func(a *ast.AnchorNode) {
		if a.Name.GetToken().Value == name {
			found = a.Value
		}
	}), s.document)
	return found
}

// anchors calls a function for each anchor.
type anchors func(*ast.AnchorNode)

// Visit calls it.
func (f anchors) Visit(n ast.Node) ast.Visitor {
	if a, is := n.(*ast.AnchorNode); is {
		f(a)
	}
	return f
}

// below is the value of a key, or an entry.
func (s *source) below(n ast.Node, to step) ast.Node {
	var pairs []*ast.MappingValueNode
	switch v := n.(type) {
	case *ast.SequenceNode:
		if to.entry >= 0 && to.entry < len(v.Values) {
			return v.Values[to.entry]
		}
		return nil
	case *ast.MappingNode:
		pairs = v.Values
	case *ast.MappingValueNode:
		pairs = []*ast.MappingValueNode{v}
	}
	if to.entry >= 0 {
		return nil
	}
	for _, p := range pairs {
		if p.Key.GetToken().Value == to.key {
			return p.Value
		}
	}
	for _, p := range pairs {
		if p.Key.Type() == ast.MergeKeyType { // <<: *other
			if found := s.below(s.plain(p.Value), to); found != nil {
				return found
			}
		}
	}
	return nil
}

// pathAt is the path of what stands at a position: the value that begins there, or whose key does.
func (s *source) pathAt(p position) string {
	best := ""
	var visit func(n ast.Node, path string)
	visit = func(n ast.Node, path string) {
		if n == nil || n.GetToken() == nil {
			return
		}
		switch v := n.(type) {
		case *ast.AnchorNode:
			visit(v.Value, path)
			return
		case *ast.MappingNode:
			for _, pair := range v.Values {
				visit(pair, path)
			}
			return
		case *ast.MappingValueNode:
			own := join(path, v.Key.GetToken().Value)
			if t := v.Key.GetToken().Position; t.Line == p.line && t.Column == p.column {
				best = own
			}
			visit(v.Value, own)
			return
		case *ast.SequenceNode:
			for i, entry := range v.Values {
				visit(entry, fmt.Sprintf("%s[%d]", path, i))
			}
			return
		}
		if t := n.GetToken().Position; t.Line == p.line && t.Column == p.column {
			best = path
		}
	}
	visit(s.document, "")
	return best
}

// inside is where a rune of a scalar's value stands in the file: YAML folds lines, takes quotes off and doubles them, so the two are laid beside each
// other, blanks apart.
func (s *source) inside(n ast.Node, value string, runes int) (position, bool) {
	t := n.GetToken()
	if literal, is := n.(*ast.LiteralNode); is {
		t = literal.Start
	}
	if t == nil || t.Position == nil {
		return position{}, false
	}
	lines := strings.Split(s.text, "\n")
	at := position{t.Position.Line, t.Position.Column}
	if _, is := n.(*ast.LiteralNode); is { // it begins below its | or >
		at = position{at.line + 1, 1}
	}
	wanted := []rune(value)
	for i := 0; i < len(wanted); i++ {
		if unicode.IsSpace(wanted[i]) && i < runes {
			continue
		}
		found := false
		for !found && at.line <= len(lines) {
			row := []rune(lines[at.line-1])
			for ; at.column <= len(row); at.column++ {
				if row[at.column-1] == wanted[i] {
					found = true
					break
				}
			}
			if !found {
				at = position{at.line + 1, 1}
			}
		}
		if !found || i >= runes {
			return at, found
		}
		at.column++
	}
	return at, true
}
