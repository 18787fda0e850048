package scheme

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm"
)

// What a walk tries.
const (
	walkSeed  = 1
	walkMixes = 300 // mixes of boundary values, beside each value by itself
)

// walk applies each expression to made-up facts at and around the bounds of their fields. An expression that can fail at run time is told with facts that
// break it: no case may be left without a verdict.
func (c *checker) walk() {
	v := c.v
	if v.compiled == nil || len(c.src.problems) > 0 {
		return
	}
	type expression struct {
		at  string
		run *vm.Program
	}
	var all []expression
	add := func(at string, p *vm.Program) {
		if p != nil {
			all = append(all, expression{at, p})
		}
	}
	for i, p := range v.compiled.rules {
		add(fmt.Sprintf("rules[%d].when", i), p)
	}
	for i, p := range v.compiled.documents {
		add(fmt.Sprintf("documents[%d].required", i), p)
	}
	for i, p := range v.compiled.opinions {
		add(fmt.Sprintf("review.opinions[%d].required", i), p)
	}
	add("amount.formula", v.compiled.amount)
	for facts := range v.mixes() {
		x := Context{Received: v.from}
		env, err := v.see(facts, x)
		if err != nil || slices.ContainsFunc(v.Asked(facts, x), func(key string) bool { _, known := facts[key]; return !known }) {
			continue // nothing is applied before everything is known
		}
		all = slices.DeleteFunc(all, func(e expression) bool {
			_, err := expr.Run(e.run, env)
			if err != nil {
				c.say(e.at, "it cannot be told for %s: %s", exampleOf(facts, identifiers(e.run)), whyNot(err))
			}
			return err != nil
		})
	}
}

// whyNot says in plain words why an expression failed.
func whyNot(err error) string {
	text := err.Error()
	switch {
	case strings.Contains(text, "index out of range"):
		return "the table has no such row; say before it how far it goes, or give it a last row for the rest"
	case strings.Contains(text, "divide by zero"), strings.Contains(text, "divisor is zero"):
		return "it divides by zero; say before it that the divisor is above zero"
	case strings.Contains(text, "<nil>"), strings.Contains(text, "nil"):
		return "the table has no such entry"
	case strings.Contains(text, "invalid syntax"), strings.Contains(text, "cannot parse"), strings.Contains(text, "operation: int("), strings.Contains(text, "operation: float("):
		return "a text is not always a number"
	}
	return plainTypes(strings.SplitN(text, "\n", 2)[0])
}

// exampleOf names the facts that an expression used, in the order of their names.
func exampleOf(facts Facts, used []string) string {
	var list []string
	for _, key := range slices.Sorted(maps.Keys(facts)) {
		if field, _, _ := strings.Cut(key, "."); slices.Contains(used, field) {
			list = append(list, fmt.Sprintf("%s = %q", key, facts[key]))
		}
	}
	if list == nil {
		return "an application without these fields"
	}
	const few = 6
	if len(list) > few {
		list = append(list[:few], "…")
	}
	return strings.Join(list, ", ")
}

// mixes yields facts: the sample with each boundary value of each field by itself, then mixes of them, some fields left out.
func (v *Version) mixes() func(func(Facts) bool) {
	return func(yield func(Facts) bool) {
		sample := v.Sample()
		bounds := map[string][]string{}
		for key := range sample {
			f, _, _ := v.FieldAt(key)
			bounds[key] = v.boundaries(f)
		}
		keys := slices.Sorted(maps.Keys(bounds))
		if !yield(sample) || !yield(Facts{}) {
			return
		}
		for _, key := range keys {
			for _, value := range bounds[key] {
				facts := maps.Clone(sample)
				if facts[key] = value; !yield(facts) {
					return
				}
			}
			facts := maps.Clone(sample)
			if delete(facts, key); !yield(facts) {
				return
			}
		}
		r := rand.New(rand.NewPCG(walkSeed, walkSeed))
		for range walkMixes {
			facts := Facts{}
			for _, key := range keys {
				if n := r.IntN(len(bounds[key]) + 1); n < len(bounds[key]) {
					facts[key] = bounds[key][n]
				}
			}
			if !yield(facts) {
				return
			}
		}
	}
}

// boundaries are values of a field at and around its bounds, in their normal form.
func (v *Version) boundaries(f Field) []string {
	switch f.Type {
	case Integer:
		list := []string{}
		for n := range 13 {
			list = append(list, strconv.Itoa(n))
		}
		return append(list, "49", "50", "99", "100", "1000", "1000000")
	case Money:
		list := []string{"0", "1", "99", "100", "48050", "100000", "1000000", "100000000", "100000000000"}
		if f.Losses {
			list = append(list, "-1", "-320000")
		}
		return list
	case Day:
		var list []string
		for _, days := range []int{-36500, -366, -365, -90, -1, 0, 1, 365} {
			list = append(list, v.from.AddDate(0, 0, days).Format(time.DateOnly))
		}
		return list
	case YesNo:
		return []string{"true", "false"}
	case Choice, INSEE:
		list := []string{}
		for _, o := range v.OptionsOf(f) {
			list = append(list, o.ID)
		}
		if f.Type == INSEE {
			list = append(list, "75056", "2A004")
		}
		const many = 60
		return list[:min(len(list), many)]
	case Text:
		return []string{"", "x", "12", "douze", "rue de l’Église, 59000 Lille"}
	}
	return []string{v.sample(f)}
}
