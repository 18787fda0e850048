package reading

import (
	"cmp"
	"maps"
	"slices"

	"relance/domain/casefile"
	"relance/domain/scheme"
	"relance/intake/fields"
	"relance/mail/message"
)

// said reads the fields from the lines of a mail. What a first mail forwards below a covering note is read where the note itself says little.
func (r *Result) said(in Input, first bool) said {
	m := in.Message
	text, _ := readable(cmp.Or(m.Text, m.Reply))
	w := weave(text, m.Reply, in.Ours, first)
	asked := askedFor(in.State)
	out := said{Result: fields.Read(w.lines, in.Version, asked), signature: w.signature}
	if m.Rich != "" {
		rich, _ := readable(m.Rich)
		if table := fields.Read(weave(rich, message.NewText(rich), in.Ours, first).lines, in.Version, asked); usable(table.Found) > usable(out.Found) {
			out.Result = table
		}
	}
	const little = 3
	if first && len(out.Found) < little && !between(w.lines) {
		if below := fields.Read(forwarded(text), in.Version, asked); len(below.Found) >= little {
			out.Result = below
		}
	}
	return out
}

// usable counts the values that can be read.
func usable(found []fields.Found) int {
	n := 0
	for _, f := range found {
		if f.Value != "" {
			n++
		}
	}
	return n
}

// said is what a mail says.
type said struct {
	fields.Result
	signature []string
}

// askedFor lists the keys of the fields that a case lacks, in the order in which they were asked for.
func askedFor(s casefile.State) []string {
	var keys []string
	for _, w := range s.Missing {
		if w.What == casefile.WantField {
			keys = append(keys, w.ID)
		}
	}
	return keys
}

// values adds the values that can be read: from filled forms and sheets, then from the text, which is newer where both say
// something. A value that cannot be read never replaces one that could.
func (r *Result) values(text said, in Input) {
	known := maps.Clone(r.Facts.Fields)
	if known == nil {
		known = map[string]casefile.Value{}
	}
	r.settle(known, text)
	for _, a := range in.Message.Files() {
		from := "sheet"
		if a.Type == "application/pdf" || isWritten(a.Type) {
			from = "form"
		}
		if rows := r.look(a, in).Rows; len(rows) > 0 || isWritten(a.Type) && r.isForm(a, in) {
			r.take(known, r.pairs(a, in), casefile.Value{Mail: in.Mail.Identity, From: from, File: a.SHA256}, in)
		}
	}
	r.take(known, text.Found, casefile.Value{Mail: in.Mail.Identity}, in)
	r.Facts.Fields = known
	r.take(known, r.understand(text, in), casefile.Value{Mail: in.Mail.Identity, From: "prose"}, in)
}

// understand reads from sentences, and from a signature, what is asked for and not known.
func (r *Result) understand(text said, in Input) []fields.Found {
	if s := in.State.Stage; s != casefile.Received && s != casefile.Incomplete && s != "" {
		return nil // everything is there, or it is too late
	}
	asked := in.Version.Asked(Known(r.Facts), scheme.Context{Received: casefile.Date(in.State.Received)})
	wanted := func(f scheme.Field) bool {
		v, had := r.Facts.Fields[f.ID]
		if had && v.Value != "" {
			return false
		}
		return slices.Contains(asked, f.ID) || f.Optional && (f.Type == scheme.Phone || f.Type == scheme.Email)
	}
	return fields.Understand(fields.Prose{Free: text.Free, Signature: text.signature, From: in.Message.From.Name, Known: text.Found, Wanted: wanted}, in.Version)
}

// confirm takes the applicant's word for what was doubtful.
func (r *Result) confirm(known map[string]casefile.Value) {
	for key, v := range known {
		if v.Sure == casefile.Doubtful {
			v.Sure, v.Problem = casefile.Confirmed, ""
			known[key] = v
			r.Reading.Useful = true
		}
	}
}

// take adds values that were found, with where they come from.
func (r *Result) take(known map[string]casefile.Value, found []fields.Found, from casefile.Value, in Input) {
	for _, f := range placed(known, found, from, in) {
		before, had := known[f.Field]
		if r.settled(f, in) && !in.changesBank(f, before) {
			if !f.Proposed {
				r.offered(f, before, from, in)
			}
			continue
		}
		if had && before.Problem == "" && (f.Value == "" || f.Proposed) {
			continue
		}
		v := from
		v.Written, v.Value, v.Problem = f.Written, f.Value, f.Problem
		if had && before.Mail == from.Mail && before.Value != "" && v.Value != "" && before.Value != v.Value && v.Problem == "" {
			v.Problem = scheme.ErrDoubt.Error() // the form says one thing and the mail it came with another
		}
		if v.Problem == scheme.ErrDoubt.Error() {
			v.Sure = casefile.Doubtful
		}
		if had && before.Mail != from.Mail && r.otherBank(f.Field, before, v, in) {
			continue
		}
		known[f.Field] = v
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
func (r *Result) settled(f fields.Found, in Input) bool {
	if !in.State.Settled() {
		return false
	}
	return in.Version.Identifies(f.Field) || in.State.GrantStands() && r.Reading.Contests == "" && in.Version.Weighs(f.Field)
}

// changesBank tells whether a value that was found names another account than the one known: such a change has a procedure of its own,
// before the decision and after it.
func (in Input) changesBank(f fields.Found, known casefile.Value) bool {
	field, _, _ := in.Version.FieldAt(f.Field)
	return field.Type == scheme.IBAN && known.Value != "" && known.Problem == ""
}

// offered sets aside a value that differs from the one that the decision rests on: the decision stands, and an officer looks at it. Where
// nothing proves the sender the mail itself waits for him.
func (r *Result) offered(f fields.Found, known, from casefile.Value, in Input) {
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
