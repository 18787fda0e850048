package message

import (
	"regexp"
	"regexp/syntax"
	"strings"
	"testing"

	"relance/local/chance"
)

// What is looked for before an expression is tried stands in all that the expression knows: of each, texts are made that it matches.
func TestTheCheapLookMissesNothing(t *testing.T) {
	r := chance.New(t, 18)
	for name, c := range map[string]struct {
		expression *regexp.Regexp
		parts      []string
	}{
		"answerFormula": {answerFormula, awayParts}, "awaySubject": {awaySubject, awayParts}, "answerInside": {answerInside, awayParts},
		"daemonLocal": {daemonLocal, systemParts}, "deskLocal": {deskLocal, systemParts}, "daemonName": {daemonName, nameParts},
	} {
		tree, err := syntax.Parse(c.expression.String(), syntax.Perl)
		if err != nil {
			t.Fatal(err)
		}
		matched := 0
		for range 3000 {
			text := strings.ToLower(sample(r.IntN, tree))
			if !c.expression.MatchString(text) { // made past a word boundary
				continue
			}
			if matched++; !hasAny(text, c.parts...) {
				t.Errorf("%s matches %q, in which none of %q stands", name, text, c.parts)
			}
		}
		if matched < 100 {
			t.Errorf("%s: %d texts that it matches are too few to tell", name, matched)
		}
	}
}

// sample is a text of an expression's tree.
func sample(n func(int) int, tree *syntax.Regexp) string {
	repeat := func(least, most int) (text string) {
		for range least + n(most-least+1) {
			text += sample(n, tree.Sub[0])
		}
		return text
	}
	switch tree.Op {
	case syntax.OpLiteral:
		return string(tree.Rune)
	case syntax.OpCharClass:
		at := 2 * n(len(tree.Rune)/2)
		return string(tree.Rune[at] + rune(n(int(min(tree.Rune[at+1]-tree.Rune[at], 20))+1)))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return string(rune('a' + n(26)))
	case syntax.OpStar:
		return repeat(0, 2)
	case syntax.OpPlus:
		return repeat(1, 2)
	case syntax.OpQuest:
		return repeat(0, 1)
	case syntax.OpRepeat:
		return repeat(tree.Min, max(tree.Min, min(tree.Max, tree.Min+2)))
	case syntax.OpAlternate:
		return sample(n, tree.Sub[n(len(tree.Sub))])
	case syntax.OpCapture, syntax.OpConcat:
		text := ""
		for _, sub := range tree.Sub {
			text += sample(n, sub)
		}
		return text
	}
	return ""
}
