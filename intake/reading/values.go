package reading

import (
	"maps"
	"strings"

	"relance/domain/casefile"
	"relance/domain/scheme"
)

// fields adds the values that can be read: from filled forms and sheets, then from the text, which is newer where both say
// something. A value that cannot be read never replaces one that could.
func (r *Result) fields(written string, in Input) {
	fields := maps.Clone(r.Facts.Fields)
	if fields == nil {
		fields = map[string]casefile.Value{}
	}
	if r.Reading.Intent == string(Confirm) {
		r.confirm(fields)
	}
	for _, a := range in.Message.Files() {
		if rows := r.look(a, in).Rows; len(rows) > 0 {
			from := "sheet"
			if a.Type == "application/pdf" {
				from = "form"
			}
			r.take(fields, Pairs(rows, in.Version), casefile.Value{Mail: in.Mail.Identity, From: from, File: a.SHA256}, in)
		}
	}
	r.take(fields, Fields(written, in.Version), casefile.Value{Mail: in.Mail.Identity}, in)
	r.Facts.Fields = fields
}

// confirm takes the applicant's word for what was doubtful.
func (r *Result) confirm(fields map[string]casefile.Value) {
	for key, v := range fields {
		if v.Sure == casefile.Doubtful {
			v.Sure, v.Problem = casefile.Confirmed, ""
			fields[key] = v
			r.Reading.Useful = true
		}
	}
}

// take adds values that were found, with where they come from.
func (r *Result) take(fields map[string]casefile.Value, found []Found, from casefile.Value, in Input) {
	renewed := map[string]bool{}
	for _, f := range found {
		if r.settled(f, in) && !in.changesBank(f, fields[f.Field]) {
			r.offered(f, fields[f.Field], from, in)
			continue
		}
		if group, _, in := strings.Cut(f.Field, "."); in && f.Afresh && !renewed[group] {
			renewed[group] = true // the whole list is given again
			maps.DeleteFunc(fields, func(key string, v casefile.Value) bool {
				return strings.HasPrefix(key, group+".") && (v.Mail != from.Mail || v.File != from.File)
			})
		}
		known, had := fields[f.Field]
		if had && known.Problem == "" && f.Value == "" {
			continue
		}
		v := from
		v.Written, v.Value, v.Problem = f.Written, f.Value, f.Problem
		if had && known.Mail == from.Mail && known.Value != "" && v.Value != "" && known.Value != v.Value && v.Problem == "" {
			v.Problem = scheme.ErrDoubt.Error() // the form says one thing and the mail it came with another
		}
		if v.Problem == scheme.ErrDoubt.Error() {
			v.Sure = casefile.Doubtful
		}
		if had && known.Mail != from.Mail && r.otherBank(f.Field, known, v, in) {
			continue
		}
		fields[f.Field] = v
		r.Reading.Useful = true
	}
}

// otherBank sets aside bank details that differ from those that are known: an officer looks at every change, and where nothing
// proves the sender the mail itself waits for him.
func (r *Result) otherBank(key string, known, now casefile.Value, in Input) bool {
	field, _, _ := in.Version.FieldAt(key)
	if field.Type != scheme.IBAN || known.Value == "" || known.Problem != "" || known.Value == now.Value {
		return false
	}
	if now.Value == "" || now.Problem != "" {
		return true // what cannot be read changes nothing
	}
	if !in.proven() {
		r.Reading.Unproven = true
		return true
	}
	r.Facts.Proposed = maps.Clone(r.Facts.Proposed)
	if r.Facts.Proposed == nil {
		r.Facts.Proposed = map[string]casefile.Value{}
	}
	r.Facts.Proposed[key] = now
	r.Reading.Bank, r.Reading.Useful = true, true
	r.Reading.Account = casefile.AccountMark(in.State.Reference, now.Value)
	return true
}

// settled tells whether a value stays as it was when the decision was taken, whatever the applicant writes later. Who contests a decision may
// bring other figures, from which it can be decided anew; who the applicant is stays.
func (r *Result) settled(f Found, in Input) bool {
	if !in.State.Settled() {
		return false
	}
	return in.Version.Identifies(f.Field) || in.State.GrantStands() && r.Reading.Contests == "" && in.Version.Weighs(f.Field)
}

// changesBank tells whether a value that was found names another account than the one known: such a change has a procedure of its own,
// before the decision and after it.
func (in Input) changesBank(f Found, known casefile.Value) bool {
	field, _, _ := in.Version.FieldAt(f.Field)
	return field.Type == scheme.IBAN && known.Value != "" && known.Problem == ""
}

// offered sets aside a value that differs from the one that the decision rests on: the decision stands, and an officer looks at it. Where
// nothing proves the sender the mail itself waits for him.
func (r *Result) offered(f Found, known, from casefile.Value, in Input) {
	switch {
	case f.Value == "" || f.Problem != "" || f.Value == known.Value:
		return // it says nothing new
	case !in.proven():
		r.Reading.Unproven = true
		return
	}
	r.Facts.Offered = maps.Clone(r.Facts.Offered)
	if r.Facts.Offered == nil {
		r.Facts.Offered = map[string]casefile.Value{}
	}
	v := from
	v.Written, v.Value = f.Written, f.Value
	r.Facts.Offered[f.Field] = v
	r.Reading.Offers = true
}
