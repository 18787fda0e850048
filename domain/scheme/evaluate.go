package scheme

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm"

	"relance/domain/calendar"
	"relance/domain/french"
	"relance/domain/money"
)

// Facts are the fields of an application in their normal form, by field id. The fields of a group's entries are called
// group.1.field, group.2.field and so on.
type Facts map[string]string

// ErrIncomplete is returned where a rule needs a field that is not known.
var ErrIncomplete = errors.New("not all fields are known")

// EntryKey is the name of a field of a group's entry; entries count from 1.
func EntryKey(group string, entry int, field string) string {
	return group + "." + strconv.Itoa(entry) + "." + field
}

// Entries tells how many entries of a group the facts have.
func (f Facts) Entries(group string) int {
	last := 0
	for key := range f {
		if parts := strings.Split(key, "."); len(parts) == 3 && parts[0] == group {
			if n, err := strconv.Atoi(parts[1]); err == nil {
				last = max(last, n)
			}
		}
	}
	return last
}

// see turns facts into what an expression sees. A field that is not given has the zero value of its type, and given.FIELD
// tells; an expression may be asked before everything is known, so that conditions of fields can be.
func (v *Version) see(facts Facts, x Context) (map[string]any, error) {
	env := map[string]any{"received": x.Received, "others": x.Others, "de_minimis": x.DeMinimis, "register": x.Register}
	given, lists := map[string]any{}, map[string]any{}
	for _, f := range v.Fields {
		var err error
		if f.Type == Group {
			env[f.ID], err = f.entries(facts)
			given[f.ID] = facts.Entries(f.ID) > 0
		} else {
			env[f.ID], err = f.Type.value(facts[f.ID])
			_, given[f.ID] = facts[f.ID]
		}
		if err != nil {
			return nil, fmt.Errorf("field %s: %w", f.ID, err)
		}
	}
	for name, entries := range v.Entries {
		set := map[string]bool{}
		for _, e := range entries {
			set[e.Code] = true
		}
		lists[name] = set
	}
	env["given"], env["lists"] = given, lists
	return env, nil
}

func (f Field) entries(facts Facts) ([]any, error) {
	var list []any
	for n := 1; n <= facts.Entries(f.ID); n++ {
		entry := map[string]any{}
		for _, below := range f.Fields {
			value, err := below.Type.value(facts[EntryKey(f.ID, n, below.ID)])
			if err != nil {
				return nil, fmt.Errorf("%s %d: %w", below.ID, n, err)
			}
			entry[below.ID] = value
		}
		list = append(list, entry)
	}
	return list, nil
}

// Most is how many entries of a group are taken; what is beyond is left unread.
func (f Field) Most() int {
	if f.Max > 0 {
		return f.Max
	}
	return 20
}

// Asked lists the keys of the facts that have to be known: the fields that are required by what is known so far, and those
// of each entry of a group.
func (v *Version) Asked(facts Facts, x Context) []string {
	env, err := v.see(facts, x)
	var keys []string
	for i, f := range v.Fields {
		if f.Optional || err == nil && !holds(v.compiled.fields[i], env) {
			continue
		}
		if f.Type != Group {
			keys = append(keys, f.ID)
			continue
		}
		for n := 1; n <= max(facts.Entries(f.ID), f.Min, 1); n++ {
			for _, below := range f.Fields {
				if !below.Optional {
					keys = append(keys, EntryKey(f.ID, n, below.ID))
				}
			}
		}
	}
	return keys
}

// holds tells whether a condition is met; one that is not written is, one that cannot be told is not.
func holds(condition *vm.Program, env map[string]any) bool {
	if condition == nil {
		return true
	}
	met, err := expr.Run(condition, env)
	return err == nil && met.(bool)
}

// Outcome is what a scheme's rules say of an application.
type Outcome struct {
	Eligible bool
	Failed   []string // ids of the rules that are not met, in the order of the file
	Amount   money.Cents
}

// AmountRule is the formula of the amount, where a rule is named.
const AmountRule = "amount"

// RuleError is a rule that cannot be applied to facts: check finds what it can, and an officer is told of the rest.
type RuleError struct {
	Rule string // its id, or AmountRule
	err  error
}

func (e *RuleError) Error() string { return fmt.Sprintf("rule %s: %v", e.Rule, e.err) }

// The rules every scheme with a window has.
const (
	TooEarly = "trop-tot"   // received before the scheme opened
	TooLate  = "hors-delai" // received after it closed
)

// window gives the rules that the scheme's opening and closing days make.
func (s *Scheme) window() []Rule {
	var rules []Rule
	if !s.Opens.IsZero() {
		rules = append(rules, Rule{ID: TooEarly, Told: "Les demandes sont reçues à partir du " + calendar.InWords(s.Opens.Time) + ".", Basis: "règlement du dispositif « " + s.Name + " », période de dépôt"})
	}
	if !s.Closes.IsZero() {
		rules = append(rules, Rule{ID: TooLate, Told: "Les demandes sont reçues jusqu'au " + calendar.InWords(s.Closes.Time) + " inclus.", Basis: "règlement du dispositif « " + s.Name + " », période de dépôt"})
	}
	if s.Call != nil {
		basis := "règlement de l'appel à projets « " + s.Name + " », période de dépôt"
		rules = append(rules, Rule{ID: TooEarly, Told: "La candidature est arrivée avant l'ouverture de la session.", Basis: basis},
			Rule{ID: TooLate, Told: "La candidature est arrivée après l'heure de clôture de la session.", Basis: basis})
	}
	return rules
}

// allRules are the rules of a version with those that the window and the call make.
func (s *Scheme) allRules(v *Version) []Rule {
	return slices.Concat(s.window(), v.bounds(), v.Rules, s.Call.grounds(s.Name))
}

// Evaluate applies the window, the rules and the formula to complete facts. The amount is that of the formula and never
// below zero, also where the application is not eligible. It fails with ErrIncomplete where a field is missing.
func (s *Scheme) Evaluate(v *Version, facts Facts, x Context) (Outcome, error) {
	for _, key := range v.Asked(facts, x) {
		if _, known := facts[key]; !known {
			return Outcome{}, fmt.Errorf("%w: %s", ErrIncomplete, key)
		}
	}
	env, err := v.see(facts, x)
	if err != nil {
		return Outcome{}, err
	}
	var o Outcome
	if s.Call != nil && !x.Filed.IsZero() {
		switch session := s.Call.SessionAt(x.Filed); {
		case x.Filed.Before(session.Opens.Time):
			o.Failed = append(o.Failed, TooEarly)
		case !x.Filed.Before(session.Closes.Time):
			o.Failed = append(o.Failed, TooLate)
		}
	}
	if !x.Received.IsZero() && !s.Opens.IsZero() && x.Received.Before(s.Opens.Time) {
		o.Failed = append(o.Failed, TooEarly)
	}
	if !x.Received.IsZero() && !s.Closes.IsZero() && !x.Received.Before(s.Closes.AddDate(0, 0, 1)) {
		o.Failed = append(o.Failed, TooLate)
	}
	for i, p := range v.compiled.rules {
		met, err := expr.Run(p, env)
		if err != nil {
			return Outcome{}, &RuleError{v.Rules[i].ID, err}
		}
		if !met.(bool) {
			o.Failed = append(o.Failed, v.Rules[i].ID)
		}
	}
	if v.compiled.amount != nil {
		amount, err := expr.Run(v.compiled.amount, env)
		if err != nil {
			return Outcome{}, &RuleError{AmountRule, err}
		}
		o.Amount = max(money.Cents(amount.(int)), 0)
	}
	if v.Advance != nil {
		o.Failed = append(o.Failed, v.Advance.failed(v.terms(facts, o.Amount))...)
	}
	o.Eligible = len(o.Failed) == 0
	return o, nil
}

// Better tells whether an outcome is more favourable to the applicant than another.
func (o Outcome) Better(than Outcome) bool {
	return o.Eligible && (!than.Eligible || o.Amount > than.Amount)
}

// Choose gives the version a case is judged by at an instant: the one it was received under, or a newer one that takes running cases, or takes
// them where it is better for the applicant.
func (s *Scheme) Choose(base *Version, facts Facts, x Context, at time.Time) *Version {
	chosen := base
	before, _ := s.Evaluate(base, facts, x)
	for _, v := range s.Versions {
		if !v.From().After(base.From()) || v.From().After(at) {
			continue
		}
		switch v.Running {
		case Replace:
			chosen = v
			before, _ = s.Evaluate(v, facts, x)
		case Favourable:
			if after, err := s.Evaluate(v, facts, x); err == nil && after.Better(before) {
				chosen, before = v, after
			}
		}
	}
	return chosen
}

// Required lists the documents an application has to bring. A document whose condition cannot be told yet, because a
// field is missing, is not asked for until it can.
func (v *Version) Required(facts Facts, x Context) []Document {
	env, err := v.see(facts, x)
	var list []Document
	for i, d := range v.Documents {
		known := err == nil
		for _, name := range identifiers(v.compiled.documents[i]) {
			if _, isField := v.Field(name); isField && env != nil {
				given, _ := env["given"].(map[string]any)[name].(bool)
				known = known && given
			}
		}
		if !d.Later && (v.compiled.documents[i] == nil || known && holds(v.compiled.documents[i], env)) {
			list = append(list, d)
		}
	}
	return list
}

// Opinions lists the third parties to be asked.
func (v *Version) Opinions(facts Facts, x Context) []Opinion {
	env, err := v.see(facts, x)
	var list []Opinion
	for i, o := range v.Review.Opinions {
		if err == nil && holds(v.compiled.opinions[i], env) {
			list = append(list, o)
		}
	}
	return list
}

// Portion is a line of the plan and its share, in hundredths of a percent.
type Portion struct {
	Line  string
	Share Share
}

// Lines tells which lines of the plan pay for an application, and in which shares. has tells whether the plan has a line.
func (v *Version) Lines(facts Facts, has func(path string) bool) []Portion {
	var list []Portion
	for _, f := range v.Funding {
		line := f.Line
		if below := line + "/" + facts[f.By]; f.By != "" && has(below) {
			line = below
		}
		if i := slices.IndexFunc(list, func(p Portion) bool { return p.Line == line }); i >= 0 {
			list[i].Share += f.Share
			continue
		}
		list = append(list, Portion{line, f.Share})
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
		used := identifiers(v.compiled.rules[i])
		for _, f := range v.Fields {
			if f.Type != Group && slices.Contains(used, f.ID) {
				found = append(found, f)
			}
		}
	}
	if len(found) != 1 {
		return Field{}, false
	}
	return found[0], true
}

// FieldAt finds the field of a key of the facts, with the number of its entry where it belongs to a group.
func (v *Version) FieldAt(key string) (f Field, entry int, ok bool) {
	parts := strings.Split(key, ".")
	if f, ok = v.Field(parts[0]); !ok || len(parts) == 1 {
		return f, 0, ok && len(parts) == 1
	}
	if len(parts) != 3 {
		return f, 0, false
	}
	entry, err := strconv.Atoi(parts[1])
	i := slices.IndexFunc(f.Fields, func(below Field) bool { return below.ID == parts[2] })
	if err != nil || entry < 1 || entry > f.Most() || i < 0 {
		return f, 0, false
	}
	return f.Fields[i], entry, true
}

// Order is where a key of the facts stands among the fields of the form, for lists that people read.
func (v *Version) Order(key string) int {
	parts := strings.Split(key, ".")
	for i, f := range v.Fields {
		if f.ID != parts[0] {
			continue
		}
		order := i * 10000
		if len(parts) == 3 {
			entry, _ := strconv.Atoi(parts[1])
			order += entry*100 + slices.IndexFunc(f.Fields, func(below Field) bool { return below.ID == parts[2] })
		}
		return order
	}
	return len(v.Fields) * 10000
}

// KeyOf is the key of the field that somebody names: by its key, or by its label in whatever letters. What names none stays as it is.
func (v *Version) KeyOf(name string) string {
	if _, _, ok := v.FieldAt(name); ok {
		return name
	}
	for _, f := range v.Fields {
		if french.Fold(f.Label) == french.Fold(name) {
			return f.ID
		}
	}
	return name
}

// Label is how a key of the facts is called: « Loyer (2) » for the second entry of a group.
func (v *Version) Label(key string) string {
	f, entry, ok := v.FieldAt(key)
	switch {
	case !ok:
		return key
	case entry > 0:
		return f.Label + " (" + strconv.Itoa(entry) + ")"
	}
	return f.Label
}
