package activities

import (
	"context"
	"encoding/json"
	"errors"
	"maps"

	"relance/contract"
	"relance/domain/casefile"
	"relance/domain/scheme"
	"relance/intake/reading"
	"relance/store/archive"
)

// CorrectValue takes a value that an officer has entered into the facts, and applies the rules again. After the decision a
// value that it rests on is set beside it, unless the act says that the decision rests on it too; an account always counts.
func (a *Activities) CorrectValue(ctx context.Context, c contract.Correction) (casefile.Corrected, error) {
	r, err := a.correctValue(ctx, c)
	return r, classify(err)
}

func (a *Activities) correctValue(ctx context.Context, c contract.Correction) (casefile.Corrected, error) {
	entered, kept, err := a.entered(ctx, c)
	if errors.Is(err, errNotEntered) {
		return casefile.Corrected{Refused: err.Error(), Kept: kept}, nil
	}
	if err != nil {
		return casefile.Corrected{}, err
	}
	facts, err := a.facts(ctx, c.State.Facts)
	if err != nil {
		return casefile.Corrected{}, err
	}
	_, v, err := a.version(ctx, c.State)
	if err != nil {
		return casefile.Corrected{}, err
	}
	value, err := reading.Entered(entered, v)
	if err != nil {
		return casefile.Corrected{Refused: err.Error(), Kept: true}, nil
	}
	field, _, _ := v.FieldAt(c.Field)
	out := casefile.Corrected{Account: field.Type == scheme.IBAN}
	s := c.State
	rests := v.Identifies(c.Field) || s.GrantStands() && v.Weighs(c.Field)
	if s.Settled() && rests && !out.Account && !c.Decided {
		out.Changes = facts.Offered[c.Field].Value != value.Value
		facts.Offered = with(facts.Offered, c.Field, value)
	} else {
		out.Changes = facts.Fields[c.Field].Value != value.Value || facts.Fields[c.Field].Problem != ""
		facts.Fields = with(facts.Fields, c.Field, value)
		facts.Offered, facts.Proposed = without(facts.Offered, c.Field), without(facts.Proposed, c.Field)
	}
	r := casefile.Reading{Kin: s.Kin, Missing: s.Missing, Verdict: s.Verdict}
	switch {
	case !s.Stage.Decided() && !s.Stage.Final():
		err = a.judge(ctx, contract.Examination{State: s, At: c.At}, &facts, &r)
	case out.Account || c.Decided:
		r.Kin, err = a.reindex(ctx, s, facts)
	}
	if err != nil {
		return out, err
	}
	r.Facts, err = a.storeFacts(ctx, s, facts)
	out.Reading = r
	return out, err
}

// errNotEntered is returned for an object that is no value of the officer who names it. Waiting mends nothing: the act is
// refused, and the case goes on.
var errNotEntered = errors.New("la valeur saisie n'est pas celle de cet agent ; saisissez-la de nouveau (relance case correct)")

// entered reads the value that an officer has put into the case folder. Kept tells whether the object that the act names
// lies there.
func (a *Activities) entered(ctx context.Context, c contract.Correction) (entered casefile.Correction, kept bool, err error) {
	text, err := a.Archive.Get(ctx, c.Entered.Key)
	switch {
	case errors.Is(err, archive.ErrNotFound):
		return entered, false, errNotEntered
	case err != nil:
		return entered, false, err
	case hash(text) != c.Entered.SHA256:
		return entered, false, errNotEntered
	case json.Unmarshal(text, &entered) != nil, entered.By != c.By, entered.Field != c.Field:
		return entered, true, errNotEntered
	}
	return entered, true, nil
}

// with gives a copy of values with one more.
func with(values map[string]casefile.Value, key string, v casefile.Value) map[string]casefile.Value {
	if values = maps.Clone(values); values == nil {
		values = map[string]casefile.Value{}
	}
	values[key] = v
	return values
}

// without gives a copy of values that lacks one.
func without(values map[string]casefile.Value, key string) map[string]casefile.Value {
	values = maps.Clone(values)
	delete(values, key)
	return values
}
