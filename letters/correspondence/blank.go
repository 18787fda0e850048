package correspondence

import (
	"fmt"
	"strings"
	"time"

	"relance/domain/casefile"
	"relance/domain/scheme"
	"relance/intake/form"
	"relance/intake/reading"
)

// BlankMail is the application form as a mail to copy: the fields as labelled lines, the documents to attach.
func (w *Writer) BlankMail(s *scheme.Scheme, v *scheme.Version) string {
	var b strings.Builder
	line := func(format string, args ...any) { b.WriteString(fmt.Sprintf(format, args...) + "\n") }
	line("À : %s", w.Addresses.Scheme(s.Tag))
	line("Objet : Demande – %s\n", s.Name)
	line("Bonjour,\n\nJe présente une demande au titre du dispositif « %s ».\n", s.Title)
	for _, f := range v.Fields {
		if f.Type != scheme.Group {
			line("%s :%s", f.Label, remark(v, f))
			continue
		}
		line("\n%s (une ligne par élément) :", f.Label)
		var labels []string
		for _, below := range f.Fields {
			labels = append(labels, below.Label)
		}
		line("| %s |", strings.Join(labels, " | "))
		for range min(max(f.Min, 3), 6) {
			line("|%s", strings.Repeat("  |", len(labels)))
		}
		line("")
	}
	if documents := v.Documents; len(documents) > 0 {
		line("\nDocuments joints :")
		for _, d := range documents {
			if d.Later {
				continue
			}
			condition := ""
			if d.Required != "" {
				condition = " (selon votre situation)"
			}
			line("- %s%s", d.Label, condition)
		}
	}
	line("\nBien cordialement,")
	return b.String()
}

// remark tells what to write behind a label.
func remark(v *scheme.Version, f scheme.Field) string {
	var parts []string
	switch f.Type {
	case scheme.YesNo:
		parts = append(parts, "oui ou non")
	case scheme.Choice:
		if options := v.OptionsOf(f); len(options) <= 8 {
			for _, o := range options {
				parts = append(parts, o.Label)
			}
			parts = []string{strings.Join(parts, " / ")}
		}
	case scheme.Integer:
		if f.Unit != "" {
			parts = append(parts, "nombre de "+f.Unit)
		}
	}
	if f.Hint != "" {
		parts = append(parts, f.Hint)
	}
	switch {
	case f.Optional:
		parts = append(parts, "facultatif")
	case f.Required != "":
		parts = append(parts, "selon votre situation")
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, " ; ") + ")"
}

// BlankForm is the application form as a fillable PDF. Its fields are called as the scheme's, so that it is read back whole.
func (w *Writer) BlankForm(s *scheme.Scheme, v *scheme.Version) ([]byte, error) {
	about := form.Section{Title: "Votre demande"}
	sections := []form.Section{}
	for _, f := range v.Fields {
		if f.Type != scheme.Group {
			about.Fields = append(about.Fields, formField(v, f, f.ID, f.Label))
			continue
		}
		group := form.Section{Title: f.Label, Intro: f.Hint}
		for n := 1; n <= min(max(f.Min, 3), max(f.Max, 12), 12); n++ {
			for _, below := range f.Fields {
				group.Fields = append(group.Fields, formField(v, below, scheme.EntryKey(f.ID, n, below.ID), fmt.Sprintf("%s (%d)", below.Label, n)))
			}
		}
		sections = append(sections, group)
	}
	documents := []string{}
	for _, d := range v.Documents {
		if !d.Later {
			documents = append(documents, "– "+d.Label)
		}
	}
	end := form.Section{Title: "Documents à joindre au courriel", Intro: strings.Join(documents, "\n")}
	return form.Write(form.Form{
		Title: s.Title, Subtitle: w.Authority.Name,
		Intro: []string{"Remplissez ce formulaire à l'écran, enregistrez-le et envoyez-le avec les documents demandés à " + w.Addresses.Scheme(s.Tag) +
			". Vous pouvez aussi écrire les mêmes informations dans le texte de votre courriel."},
		Sections: append(append([]form.Section{about}, sections...), end),
		Footer:   fmt.Sprintf("%s – règles en vigueur au %s", s.Name, v.From().Format("02/01/2006")),
	})
}

func formField(v *scheme.Version, f scheme.Field, id, label string) form.Field {
	out := form.Field{ID: id, Label: label, Hint: strings.Trim(remark(v, f), " ()"), Kind: form.Text, Required: !f.Optional && f.Required == ""}
	switch f.Type {
	case scheme.YesNo:
		out.Kind, out.Options = form.Choice, []string{"oui", "non"}
	case scheme.Choice:
		out.Kind, out.Hint = form.Choice, f.Hint
		for _, o := range v.OptionsOf(f) {
			out.Options = append(out.Options, o.Label)
		}
	}
	return out
}

// Preview writes every mail and letter of a scheme with made-up data, by file name.
func (w *Writer) Preview(s *scheme.Scheme, v *scheme.Version, now time.Time) (map[string][]byte, error) {
	files := map[string][]byte{}
	for _, r := range w.samples(s, v, now) {
		var content []byte
		var err error
		if r.Piece.Letter != "" {
			content, err = w.Letter(r)
		} else {
			content, _, err = w.Mail(r, nil)
		}
		if err != nil {
			return nil, err
		}
		files[w.fileOf(r, files)] = content
	}
	return files, nil
}

// has tells whether a scheme has what a text needs.
func has(s *scheme.Scheme, v *scheme.Version, needs casefile.Need) bool {
	for _, n := range []struct {
		need casefile.Need
		has  bool
	}{{casefile.NeedsAgreement, v.Charter != nil || v.Advance != nil}, {casefile.NeedsCharter, v.Charter != nil}, {casefile.NeedsFunds, len(v.Funding) > 0},
		{casefile.NeedsAdvance, v.Advance != nil}, {casefile.NeedsOpinions, len(v.Review.Opinions) > 0}, {casefile.NeedsReports, len(v.Payments) > 0},
		{casefile.NeedsCall, s.Call != nil}} {
		if needs&n.need != 0 && !n.has {
			return false
		}
	}
	return true
}

// ofCall parts the name of a text that cases of a call have instead of the usual one: call-grant is grant.
func ofCall(text string) (name string, call bool) { return strings.CutPrefix(text, "call-") }

// previewPiece tells how a mail comes to be sent under a scheme; ok is false where it never is.
func previewPiece(s *scheme.Scheme, v *scheme.Version, text string) (piece casefile.Piece, call, ok bool) {
	name, call := ofCall(text)
	mail, known := casefile.MailOf(name)
	if !known || !has(s, v, mail.Needs) || call && s.Call == nil {
		return piece, call, false
	}
	piece = casefile.Piece{Seq: 1, Mail: name, Message: "Texte ajouté par l'agent en charge du dossier."}
	switch {
	case name == casefile.OpinionMail:
		piece.Opinion = v.Review.Opinions[0].ID
	case mail.Needs&casefile.NeedsReports != 0 || strings.HasPrefix(name, "payment-"):
		piece.Payment = "versement"
		if n := len(v.Payments); n > 0 {
			piece.Payment = v.Payments[n-1].ID
		}
	}
	return piece, call || mail.Needs&casefile.NeedsCall != 0, true
}

// sampleCandidacy is a made-up place in the ranking of a call.
func sampleCandidacy(s *scheme.Scheme, state casefile.State, now time.Time) *casefile.Candidacy {
	session := s.Call.SessionAt(now)
	o := &casefile.Outcome{Call: s.CallID(session.ID), At: now, Cents: state.Decision.Amount, Rank: 3, Of: 41, Place: 2, Score: "13,250", Until: casefile.EndOfDay(now.AddDate(0, 6, 0))}
	for _, k := range s.Call.Criteria {
		o.Marks = append(o.Marks, casefile.Mark{Label: k.Label, Mean: "13,333"})
	}
	return &casefile.Candidacy{Call: o.Call, Closes: session.Closes.Time, Filed: state.Received, Outcome: o}
}

// previewOf is a made-up case of a scheme.
func (w *Writer) previewOf(s *scheme.Scheme, v *scheme.Version, piece casefile.Piece, now time.Time) Request {
	facts := v.Sample()
	f := casefile.Facts{Applicant: casefile.Person{Name: "Camille Durand", Email: "camille.durand@exemple.fr"}, Fields: map[string]casefile.Value{}}
	for key, value := range facts {
		f.Fields[key] = casefile.Value{Written: value, Value: value}
	}
	received := now.AddDate(0, 0, -20)
	state := casefile.State{Reference: casefile.NewReference(s.Prefix, "preview"), Scheme: s.ID, Stage: casefile.UnderReview, Received: received, Terms: s.Terms(v),
		Decision: &casefile.Decision{Grant: true, At: now}, Completed: received, Ahead: 12}
	outcome, _ := s.Evaluate(v, facts, scheme.Context{Received: now}) // a sample need not be eligible: the texts are what is looked at
	state.Verdict = casefile.Verdict{Eligible: true, Failed: outcome.Failed, Amount: max(int64(outcome.Amount), 100)}
	if len(v.Funding) > 0 {
		state.Decision.Amount = state.Verdict.Amount
	}
	for _, d := range state.Terms.Instalments {
		i := casefile.Instalment{ID: d.ID, Name: d.Name, Against: d.Against, Cents: state.Decision.Amount * int64(d.Part) / 10000}
		if d.Against != "" {
			i.Until = casefile.Report(now, d.Months).At
		}
		state.Instalments = append(state.Instalments, i)
	}
	if len(state.Instalments) == 0 {
		state.Instalments = []casefile.Instalment{{ID: "versement", Name: "Versement", Cents: state.Decision.Amount}}
	}
	for _, g := range state.Terms.Grounds[:min(2, len(state.Terms.Grounds))] {
		state.Decision.Grounds = append(state.Decision.Grounds, g.ID)
	}
	for _, d := range v.Documents[:min(2, len(v.Documents))] {
		state.Missing = append(state.Missing, casefile.Want{What: casefile.WantDocument, ID: d.ID, Problem: reading.ProblemPDF})
	}
	if s.Call != nil {
		state.Candidacy = sampleCandidacy(s, state, now)
	}
	if v.Advance != nil {
		state.Charter = casefile.Charter{Sent: received, Signed: received.AddDate(0, 0, 5)}
	}
	if v.Charter != nil {
		state.Charter = casefile.Charter{Version: v.Charter.Version, Sent: received, Signed: received.AddDate(0, 0, 5)}
	}
	state.Reasons.Asked = received
	state.ReckonSilence()
	state.Set(casefile.Allotted(casefile.DocumentDeadline, received, casefile.RuleRequested, v.Periods.Documents))
	state.Set(casefile.Appeal(now, casefile.RuleNotified, v.Periods.AppealMonths))
	state.Set(casefile.ReasonsDue(now))
	return Request{Piece: piece, State: state, Facts: f, Scheme: s, Version: v, At: now, Sent: now, Matters: SampleMatters(piece.Letter, now, state.Decision.Amount)}
}
