package correspondence

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"relance/domain/authority"
	"relance/domain/calendar"
	"relance/domain/casefile"
	"relance/domain/money"
	"relance/domain/scheme"
	"relance/intake/reading"
	"relance/intake/supporting"
	"relance/letters/texts"
)

// View is everything a text may speak of. What applicants wrote has been brought onto one line and can neither begin a
// block of prose nor break a table.
type View struct {
	Reference       string                       // of the case
	ReplyAddress    string                       // where answers to the case go
	SchemeAddress   string                       // where applications of the scheme go
	Phrase          string                       // that signs the charter
	SchedulePhrase  string                       // that agrees to a new schedule
	CharterVersion  string                       // the version of the charter that was sent, and is or will be signed
	Message         string                       // the officer's own words, may have paragraphs
	StageName       string                       // where the case stands, as people call it
	Case            casefile.State               // the case
	Scheme          *scheme.Scheme               // its scheme
	Version         *scheme.Version              // the scheme's rules for this case, their texts filled in
	Authority       *authority.Authority         // who writes
	Officer         authority.Officer            // who is in charge of the case
	Applicant       Applicant                    // who is written to
	Missing         []Item                       // what the case lacks: Asked, and what is only to be confirmed
	Asked           []Item                       // what is still to be sent
	ToConfirm       []Item                       // what was understood and the applicant has to confirm
	Standing        Standing                     // what the case has, and what it waits for
	Files           []Read                       // the files of the last mail, with what each was taken for
	Refused         []Item                       // files of the last mail that cannot be taken, and are not among what is missing
	Reads           []Read                       // what was read in the application
	Grounds         []Reason                     // why it is rejected
	Silence         casefile.Deadline            // when silence becomes a decision
	Deadline        casefile.Deadline            // until when documents or the charter may come
	Appeal          casefile.Deadline            // when the time of appeal ends
	AmountIsFormula bool                         // the amount granted is what the formula gives
	Funded          bool                         // money is granted
	Lends           bool                         // it is lent: a repayable advance
	Paying          casefile.Instalment          // of mails about an instalment: which
	Report          string                       // what it is paid against
	Opinion         scheme.Opinion               // of a mail that asks for an opinion: which
	Funders         []string                     // who pays
	Outcome         casefile.Outcome             // of a call for projects: what the committee decided
	LastReserveDay  time.Time                    // until when one who is on the reserve list may move up
	Dates           map[string]casefile.Deadline // every deadline in force, by its kind
	Appealing       bool                         // an appeal is under way
	Written         string                       // the letter that a mail carries once more, as people call it
	Today           time.Time                    // the date of the letter
	Signatory       authority.Signatory          // of a letter: who signs it; empty where nobody may
	Apart           *Apart                       // of a mail: its document, where it is not attached
	Matters                                      // what the letter is about beside the application

	plain  *scheme.Version // as the file has it
	fields map[string]casefile.Value
}

// Applicant is who a letter is about and goes to.
type Applicant struct {
	Business       string // the firm or association; a person's name where there is none
	Representative string // who acts for it
	Address        string // postal, its lines separated by commas
	SIRET          string // as people read it
	Email          string // where mails go
}

// Item is something missing, as the applicant is told.
type Item struct {
	Name    string // what is missing
	Problem string // what is wrong with what came; empty where nothing came
	Hint    string // what to write
	Read    string // what is to be confirmed
	Said    string // the words that it was understood from
}

// Read is a field that was read, shown to the applicant for checking.
type Read struct {
	Name  string // of the field
	Value string // as it was read
}

// Reason is why an application is rejected.
type Reason struct {
	Told     string // the sentence told
	Basis    string // the rule of law it follows from
	Declared string // what the applicant had declared, where it is about one field
}

// view gathers what a text may speak of.
func (w *Writer) view(r Request) View {
	s, f, sch, v := r.State, r.Facts, r.Scheme, r.Version
	view := View{
		Reference: s.Reference, ReplyAddress: w.Addresses.Case(s.Reference), SchemeAddress: w.Addresses.Scheme(sch.Tag),
		Phrase: reading.Phrase(s.Reference, s.Charter.Fingerprint), Message: strings.TrimSpace(r.Piece.Message), StageName: w.Texts.Labels.Stage(s.Stage),
		Case: s, Scheme: sch, Version: v, Authority: w.Authority, Officer: w.inCharge(s),
		Silence: s.Deadline(casefile.SilenceDeadline), Appeal: s.Deadline(casefile.AppealDeadline),
		Deadline: s.Deadline(casefile.DocumentDeadline), Today: r.day(), Matters: r.Matters, Apart: r.Apart,
		CharterVersion: s.Charter.Version, Dates: map[string]casefile.Deadline{},
		Applicant: applicant(f, v), plain: v, fields: f.Fields,
	}
	if s.Terms.Repayment != nil {
		view.Phrase = reading.AgreementPhrase(s.Reference, s.Charter.Fingerprint)
	}
	view.SchedulePhrase = reading.SchedulePhrase(s.Reference)
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
	if v.Charter != nil && (s.Charter.Version == "" || r.Piece.Letter == casefile.CharterLetter) {
		view.CharterVersion = v.Charter.Version
	}
	for _, d := range s.Deadlines {
		view.Dates[string(d.Kind)] = d
	}
	if r.Piece.Letter != "" {
		view.Signatory, _ = w.Authority.SignatoryFor(r.Piece.Letter, r.Amount(), r.day()) // a letter that nobody may sign does not pass its check
	}
	view.fill(s, v)
	view.payments(r)
	view.correction(r)
	if s.Decision != nil {
		view.AmountIsFormula = s.Decision.Amount == s.Verdict.Amount
		view.Grounds = view.told(s.Decision.Grounds, f, v)
	}
	if !s.Reasons.Given.IsZero() && s.Decision == nil {
		view.Grounds = view.told(s.Reasons.Grounds, f, v)
	}
	w.aftermath(&view, r)
	if r.decidedByCall() {
		view.Outcome = *s.Candidacy.Outcome
		if !view.Outcome.Until.IsZero() {
			view.LastReserveDay = casefile.LastDay(view.Outcome.Until)
		}
	}
	view.Missing = w.missing(s, f, v)
	for _, item := range view.Missing {
		if item.Read != "" {
			view.ToConfirm = append(view.ToConfirm, item)
		} else {
			view.Asked = append(view.Asked, item)
		}
	}
	view.Standing = standing(s, v)
	view.Files = w.files(s, f, v)
	view.Refused = w.refused(s, f)
	keys := slices.SortedFunc(maps.Keys(f.Fields), func(a, b string) int { return cmp.Or(v.Order(a)-v.Order(b), strings.Compare(a, b)) })
	for _, key := range keys {
		if field, _, ok := v.FieldAt(key); ok && f.Fields[key].Problem == "" {
			view.Reads = append(view.Reads, Read{Name: v.Label(key), Value: show(v, field, f.Fields[key])})
		}
	}
	return view
}

// fill puts the case's values into the texts of its scheme: {montant}, {date_decision}, a field.
func (view *View) fill(s casefile.State, v *scheme.Version) {
	filled := *v
	fill := func(text string) string { return scheme.Fill(text, view.variable) }
	filled.Amount.Told = fill(v.Amount.Told)
	filled.Grant.Subject, filled.Grant.Payment, filled.Grant.DeMinimis = fill(v.Grant.Subject), fill(v.Grant.Payment), fill(v.Grant.DeMinimis)
	filled.Grant.Conditions = make([]string, len(v.Grant.Conditions))
	for i, text := range v.Grant.Conditions {
		filled.Grant.Conditions[i] = fill(text)
	}
	if v.Charter != nil {
		charter := *v.Charter
		charter.Body = fill(v.Charter.Body)
		filled.Charter = &charter
	}
	view.Version, view.Funded, view.Lends = &filled, s.Terms.Funded, s.Terms.Repayment != nil
	for _, f := range v.Funding {
		if f.Name != "" && !slices.Contains(view.Funders, f.Name) {
			view.Funders = append(view.Funders, f.Name)
		}
	}
}

// variable is what a name in a scheme's text stands for.
func (view *View) variable(name string) string {
	s := view.Case
	amount := money.Cents(s.Amount())
	switch name {
	case "reference":
		return s.Reference
	case "dispositif":
		return view.Scheme.Title
	case "autorite":
		return view.Authority.Name
	case "beneficiaire":
		return view.Applicant.Business
	case "siret":
		return view.Applicant.SIRET
	case "montant":
		return amount.Format()
	case "montant_lettres":
		return amount.Words()
	case "date_demande":
		return calendar.InWords(s.Received)
	case "date_decision":
		if s.Decision != nil {
			return calendar.InWords(s.Decision.At)
		}
		return ""
	}
	f, _ := view.plain.Field(name)
	return show(view.plain, f, view.fields[name])
}

// payments gives the instalment, report or opinion that a mail is about.
func (view *View) payments(r Request) {
	if p := r.State.Instalment(r.Piece.Payment); p != nil {
		view.Paying = *p
		if d, ok := r.Version.Document(p.Against); ok {
			view.Report = d.Label
		}
	}
	for _, o := range r.Version.Review.Opinions {
		if o.ID == r.Piece.Opinion {
			view.Opinion = o
			view.Opinion.Question = scheme.Fill(o.Question, view.variable)
		}
	}
}

// Signer is who signs for an applicant, as the application gives it: the business, and its representative.
func (w *Writer) Signer(r Request) (business, representative string) {
	a := applicant(r.Facts, r.Version)
	return a.Business, a.Representative
}

// ApplicantOf takes from the facts of a case whom it is about.
func ApplicantOf(f casefile.Facts, v *scheme.Version) Applicant { return applicant(f, v) }

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
func cell(text string) string { return strings.ReplaceAll(texts.OneLine(text), "|", "/") }

// groupSIRET writes a SIRET as people read it: 123 456 789 00012.
func groupSIRET(siret string) string {
	if len(siret) != 14 {
		return siret
	}
	return siret[:3] + "\u00a0" + siret[3:6] + "\u00a0" + siret[6:9] + "\u00a0" + siret[9:]
}

func (w *Writer) missing(s casefile.State, f casefile.Facts, v *scheme.Version) []Item {
	var items []Item
	for _, want := range s.Missing {
		item := Item{Name: want.ID, Problem: w.Texts.Labels.Problems[want.Problem]}
		if want.What == casefile.WantDocument {
			if d, ok := v.Document(want.ID); ok {
				item.Name = d.Label
			}
			item.Problem = strings.ReplaceAll(item.Problem, "{why}", w.disagreements(s, f, v, want.ID))
		} else if field, _, ok := v.FieldAt(want.ID); ok {
			item.Name, item.Hint = v.Label(want.ID), field.Hint
			if value := f.Fields[want.ID]; value.Sure == casefile.Doubtful {
				item.Read, item.Said = show(v, field, value), clip(cell(value.Written))
				if item.Said == item.Read {
					item.Said = ""
				}
				item.Problem = strings.NewReplacer("{written}", cell(value.Written), "{read}", show(v, field, value)).Replace(item.Problem)
			}
		}
		items = append(items, item)
	}
	return items
}

// disagreements tell what the documents of a kind say otherwise than the applicant, behind a colon.
func (w *Writer) disagreements(s casefile.State, f casefile.Facts, v *scheme.Version, kind string) string {
	var list []string
	for _, c := range supporting.Contradictions(v, s.Documents, f) {
		if c.Kind == kind {
			list = append(list, Disagreement(&w.Texts.Labels, v, c))
		}
	}
	if list == nil {
		return ""
	}
	return " : " + strings.Join(list, " ; ")
}

// clip shortens what somebody wrote to a line.
func clip(text string) string {
	const longest = 120
	runes := []rune(text)
	if len(runes) <= longest {
		return text
	}
	return string(runes[:longest-1]) + "…"
}

// files lists the files of the last mail, with what each was taken for and why one does not do.
func (w *Writer) files(s casefile.State, f casefile.Facts, v *scheme.Version) []Read {
	var files []Read
	for _, d := range s.Documents {
		name := cmp.Or(cell(f.Names[d.SHA256]), "(sans nom)")
		if len(s.Seen) == 0 || d.Mail != s.Seen[len(s.Seen)-1] {
			continue
		}
		taken := w.Texts.Labels.Details["file."+d.Kind]
		if kind, known := v.Document(d.Kind); known {
			taken = kind.Short
		}
		if d.Pages != "" && taken != "" {
			taken += " (" + w.Texts.Labels.Disagree["page"] + " " + d.Pages + ")"
		}
		if problem := w.Texts.Labels.Problems[d.Problem]; d.Problem != "" && problem != "" {
			taken = strings.TrimPrefix(taken+" – "+problem, " – ")
		}
		if taken != "" {
			files = append(files, Read{Name: name, Value: taken})
		}
	}
	return files
}

// refused lists the files of the last mail that cannot be taken.
func (w *Writer) refused(s casefile.State, f casefile.Facts) []Item {
	var items []Item
	for _, d := range s.Documents {
		asked := slices.ContainsFunc(s.Missing, func(want casefile.Want) bool { return want.ID == d.Kind && want.Problem == d.Problem })
		if d.Problem != "" && !asked && len(s.Seen) > 0 && d.Mail == s.Seen[len(s.Seen)-1] {
			items = append(items, Item{Name: cmp.Or(cell(f.Names[d.SHA256]), d.Kind), Problem: w.Texts.Labels.Problems[d.Problem]})
		}
	}
	return items
}

// told lists the reasons of a rejection, each with what the applicant declared where a rule is about one field.
func (view *View) told(grounds []casefile.Code, f casefile.Facts, v *scheme.Version) []Reason {
	var reasons []Reason
	for _, id := range grounds {
		g, ok := view.Scheme.Ground(v, id)
		if !ok {
			continue
		}
		reason := Reason{Told: scheme.Fill(g.Told, view.variable), Basis: g.Basis}
		if field, ok := v.FieldOf(id); ok {
			if value, ok := f.Fields[field.ID]; ok && value.Problem == "" {
				reason.Declared = strings.ToLower(field.Label[:1]) + field.Label[1:] + " : " + show(v, field, value)
			}
		}
		reasons = append(reasons, reason)
	}
	return reasons
}
