package correspondence

import (
	"cmp"
	"strings"
	"time"

	"relance/authority"
	"relance/casefile"
	"relance/reading"
	"relance/scheme"
	"relance/templates"
)

// View is everything a text may speak of. What applicants wrote has been brought onto one line and can neither begin a
// block of prose nor break a table.
type View struct {
	Reference, ReplyAddress, SchemeAddress string
	Phrase                                 string // that signs the charter
	Message                                string // the officer's own words, may have paragraphs
	StageName                              string
	Case                                   casefile.State
	Scheme                                 *scheme.Scheme
	Version                                *scheme.Version
	Authority                              *authority.Authority
	Officer                                authority.Officer
	Applicant                              Applicant
	Missing                                []Item
	Reads                                  []Read
	Grounds                                []Reason
	Silence, Deadline, Appeal              casefile.Deadline // Deadline: the one for documents or the charter
	AmountIsFormula                        bool
	Today                                  time.Time
}

// Applicant is who a letter is about and goes to.
type Applicant struct {
	Business, Representative, Address, SIRET, Email string
}

// Item is something missing, as the applicant is told.
type Item struct{ Name, Problem, Hint string }

// Read is a field that was read, shown to the applicant for checking.
type Read struct{ Name, Value string }

// Reason is why an application is rejected.
type Reason struct{ Told, Basis, Declared string }

// view gathers what a text may speak of.
func (w *Writer) view(r Request) View {
	s, f, sch, v := r.State, r.Facts, r.Scheme, r.Version
	view := View{
		Reference: s.Reference, ReplyAddress: w.Addresses.Case(s.Reference), SchemeAddress: w.Addresses.Scheme(sch.Tag),
		Phrase: reading.Phrase(s.Reference), Message: strings.TrimSpace(r.Piece.Message), StageName: w.Texts.Labels.Stage(s.Stage),
		Case: s, Scheme: sch, Version: v, Authority: w.Authority, Officer: w.Authority.Officer(s.Officer),
		Silence: s.Deadline(casefile.SilenceDeadline), Appeal: s.Deadline(casefile.AppealDeadline),
		Deadline: s.Deadline(casefile.DocumentDeadline), Today: r.At,
		Applicant: applicant(f, v),
	}
	if view.Deadline.At.IsZero() {
		view.Deadline = s.Deadline(casefile.CharterDeadline)
	}
	switch r.About.Kind {
	case casefile.SilenceDeadline:
		view.Silence, view.Deadline = r.About, r.About
	case casefile.AppealDeadline:
		view.Appeal = r.About
	case casefile.DocumentDeadline, casefile.CharterDeadline:
		view.Deadline = r.About
	}
	if s.Decision != nil {
		view.AmountIsFormula = s.Decision.Amount == s.Verdict.Amount
		view.Grounds = grounds(s, f, v)
	}
	view.Missing = w.missing(s, v)
	for _, field := range v.Fields {
		if value, ok := f.Fields[field.ID]; ok && value.Problem == "" {
			view.Reads = append(view.Reads, Read{Name: field.Label, Value: show(field, value)})
		}
	}
	return view
}

// applicant takes from the facts whom a letter is about and goes to.
func applicant(f casefile.Facts, v *scheme.Version) Applicant {
	role := func(r scheme.Role) string {
		field, _ := v.ByRole(r)
		return cell(f.Fields[field.ID].Value)
	}
	siret, _ := v.ByType(scheme.SIRET)
	return Applicant{
		Business:       cmp.Or(role(scheme.Business), cell(f.Applicant.Name), cell(f.Applicant.Email)),
		Representative: cmp.Or(role(scheme.Representative), cell(f.Applicant.Name)),
		Address:        role(scheme.Postal), SIRET: groupSIRET(f.Fields[siret.ID].Value), Email: f.Applicant.Email,
	}
}

// cell makes what somebody wrote fit for one cell of a table.
func cell(text string) string { return strings.ReplaceAll(templates.OneLine(text), "|", "/") }

// groupSIRET writes a SIRET as people read it: 123 456 789 00012.
func groupSIRET(siret string) string {
	if len(siret) != 14 {
		return siret
	}
	return siret[:3] + "\u00a0" + siret[3:6] + "\u00a0" + siret[6:9] + "\u00a0" + siret[9:]
}

func (w *Writer) missing(s casefile.State, v *scheme.Version) []Item {
	var items []Item
	for _, want := range s.Missing {
		item := Item{Name: want.ID, Problem: w.Texts.Labels.Problems[want.Problem]}
		if want.What == casefile.WantDocument {
			if d, ok := v.Document(want.ID); ok {
				item.Name = d.Label
			}
		} else if field, ok := v.Field(want.ID); ok {
			item.Name, item.Hint = field.Label, field.Hint
		}
		items = append(items, item)
	}
	return items
}

// grounds lists the reasons of a rejection, each with what the applicant declared where a rule is about one field.
func grounds(s casefile.State, f casefile.Facts, v *scheme.Version) []Reason {
	var reasons []Reason
	for _, id := range s.Decision.Grounds {
		g, ok := v.Ground(id)
		if !ok {
			continue
		}
		reason := Reason{Told: g.Told, Basis: g.Basis}
		if field, ok := v.FieldOf(id); ok {
			if value, ok := f.Fields[field.ID]; ok && value.Problem == "" {
				reason.Declared = strings.ToLower(field.Label[:1]) + field.Label[1:] + " : " + show(field, value)
			}
		}
		reasons = append(reasons, reason)
	}
	return reasons
}
