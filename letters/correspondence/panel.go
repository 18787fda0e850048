package correspondence

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"relance/domain/authority"
	"relance/domain/casefile"
	"relance/domain/competition"
	"relance/domain/money"
	"relance/domain/round"
	"relance/domain/scheme"
	"relance/intake/reading"
	"relance/letters/pdf"
	"relance/letters/prose"
	"relance/letters/texts"
	"relance/mail/message"
	"relance/mail/outbox"
)

// PanelRequest is one mail to a member of the panel of a call, or a document of its session.
type PanelRequest struct {
	Piece   round.Piece
	State   round.State
	Scheme  *scheme.Scheme
	Dossier []Candidature   // the candidates that are spoken of
	Scored  reading.Scored  // what the mail that is answered says
	Thread  casefile.Thread // of that mail
	Minutes round.Minutes
	At      time.Time // legal
	Sent    time.Time // real
}

// Candidature is a candidate with its case.
type Candidature struct {
	State   casefile.State
	Facts   casefile.Facts
	Version *scheme.Version
}

// PanelView is everything a text of a session may speak of.
type PanelView struct {
	Apart                                     *Apart // what goes to a panel is always attached
	Reference, Title, From, To, Step, Example string
	Threshold                                 string
	Scheme                                    *scheme.Scheme
	State                                     round.State
	Authority                                 *authority.Authority
	Officer                                   authority.Officer
	Member                                    scheme.Member
	Criteria                                  []CriterionView
	Deadline                                  casefile.Deadline // of scoring
	Entries                                   []EntryView
	Problems                                  []ProblemView
	Conflicts, Missing, Present, Ties         []string
	Left                                      int // candidates that the member has still to score
	Rows                                      []RowView
	Reserve                                   []string
	Until                                     time.Time
	Awarded                                   int64
	Text                                      string
}

// CriterionView is a criterion as texts name it.
type CriterionView struct {
	Label, Hint, Minimum string
	Weight               int
}

// EntryView is a candidate as a member reads it.
type EntryView struct {
	Reference, Name string
	Asked           int64
	Reads           []Read
	Documents       []string
	Given           []Read
	Missing         []string
}

// ProblemView is a line that could not be taken.
type ProblemView struct{ Line, Told string }

// RowView is a candidate in the ranking.
type RowView struct {
	Rank, Reference, Name, Score, Result string
	Sheets                               int
	Asked                                int64
}

// Panel writes a mail to a member of the panel, with what it carries. It gives the raw message and the address it goes to.
func (w *Writer) Panel(r PanelRequest, files ...outbox.Attachment) (raw []byte, to string, err error) {
	view := w.panelView(r)
	text, err := w.Texts.Panel(r.Piece.Mail, view)
	if err != nil {
		return nil, "", err
	}
	service := w.Authority.Name + " – " + r.Scheme.Name
	auto := "auto-generated"
	if r.Piece.About.Key != "" {
		auto = "auto-replied"
	}
	raw, err = outbox.Compose(outbox.Mail{
		From:      message.Address{Name: service, Address: w.Addresses.Mailbox},
		ReplyTo:   message.Address{Name: service, Address: w.Addresses.Call(r.State.ID)},
		To:        message.Address{Name: view.Member.Name, Address: view.Member.Email},
		Subject:   "[" + r.State.ID + "] " + text.Subject,
		Text:      prose.Text(text.Body),
		HTML:      w.html(text.Body),
		MessageID: w.Addresses.MessageID(r.State.ID, r.Piece.Seq, r.Piece.Mail),
		InReplyTo: r.Thread.MessageID, References: references(r.Thread),
		Date: r.Sent, AutoSubmitted: auto, Headers: map[string]string{"X-Auto-Response-Suppress": "All"},
		Attachments: files,
	})
	return raw, view.Member.Email, err
}

// Session writes a document of a session: the dossier of a member, or the minutes of the committee.
func (w *Writer) Session(name string, r PanelRequest) ([]byte, error) {
	view := w.panelView(r)
	text, err := w.Texts.Session(name, view)
	if err != nil {
		return nil, err
	}
	l := pdf.Letter{Letterhead: w.letterhead(), Title: text.Subject + " – " + r.State.ID, Kind: text.Kind, Place: w.Authority.Place, Date: r.At, Reference: r.State.ID,
		Officer: pdf.Officer{Name: view.Officer.Name, Capacity: view.Officer.Capacity, Phone: view.Officer.Phone, Email: view.Officer.Email},
		Subject: text.Subject, Body: text.Body, Language: "fr-FR"}
	if name == round.MinutesMail {
		s, _ := w.Authority.SignatoryFor(name, 0, r.At) // nobody: a space to sign is left without a name
		l.Signature = &pdf.Signature{Name: s.Name, Capacity: s.Capacity, Delegation: s.Delegation, Date: r.At}
	} else {
		l.Recipient = []string{view.Member.Name, view.Member.Capacity, view.Member.Email}
	}
	return pdf.Render(l)
}

func (w *Writer) panelView(r PanelRequest) PanelView {
	c, scale := r.Scheme.Call, r.State.Terms.Scale
	member, _ := c.Member(r.Piece.Member)
	view := PanelView{Reference: r.State.ID, Title: lower(r.Scheme.Title), Scheme: r.Scheme, State: r.State, Authority: w.Authority,
		Officer: w.Authority.Officer(r.State.DecidedBy), Member: member, From: competition.Points(scale.From), To: competition.Points(scale.To),
		Step: competition.Points(scale.Step), Example: competition.Points(scale.From + (scale.To-scale.From)/scale.Step/2*scale.Step),
		Left: w.left(r), Awarded: r.State.Awarded(), Text: texts.OneLine(r.Minutes.Text)}
	for _, d := range r.State.Deadlines {
		switch d.Kind {
		case round.ScoreDeadline:
			view.Deadline = d
		case casefile.ReserveDeadline:
			view.Until = casefile.LastDay(d.At)
		}
	}
	if c.Threshold > 0 {
		view.Threshold = competition.Points(int64(c.Threshold))
	}
	for _, k := range c.Criteria {
		v := CriterionView{Label: k.Label, Hint: k.Hint, Weight: k.Weight}
		if k.Minimum > 0 {
			v.Minimum = competition.Points(int64(k.Minimum))
		}
		view.Criteria = append(view.Criteria, v)
	}
	for _, p := range r.Scored.Problems {
		view.Problems = append(view.Problems, ProblemView{Line: cell(p.Line), Told: w.Texts.Labels.Problems[p.Code]})
	}
	for _, d := range r.Dossier {
		view.Entries = append(view.Entries, w.entry(r, d))
	}
	view.Conflicts = append(view.Conflicts, r.Scored.Conflicts...)
	if r.State.Ranking != nil {
		w.minutes(&view, r)
	}
	return view
}

// lower writes the first letter small, so that a title can stand in a sentence.
func lower(title string) string {
	if title == "" {
		return ""
	}
	first := []rune(title)
	return strings.ToLower(string(first[:1])) + string(first[1:])
}

// left counts the candidates that a member has not scored wholly.
func (w *Writer) left(r PanelRequest) int { return len(r.State.Missing(r.Piece.Member)) }

// entry is a candidate as a member reads it. The bank account is nobody's business there.
func (w *Writer) entry(r PanelRequest, d Candidature) EntryView {
	e := EntryView{Reference: d.State.Reference, Name: applicant(d.Facts, d.Version).Business, Asked: d.State.Verdict.Amount}
	keys := slices.SortedFunc(maps.Keys(d.Facts.Fields), func(a, b string) int {
		return cmp.Or(d.Version.Order(a)-d.Version.Order(b), strings.Compare(a, b))
	})
	for _, key := range keys {
		field, _, ok := d.Version.FieldAt(key)
		if ok && d.Facts.Fields[key].Problem == "" && field.Type != scheme.IBAN && field.Type != scheme.YesNo && field.Type != scheme.Phone && field.Type != scheme.Email {
			e.Reads = append(e.Reads, Read{Name: d.Version.Label(key), Value: show(d.Version, field, d.Facts.Fields[key])})
		}
	}
	for _, doc := range d.State.Documents {
		if known, ok := d.Version.Document(doc.Kind); ok && doc.Problem == "" && !slices.Contains(e.Documents, known.Short) {
			e.Documents = append(e.Documents, known.Short)
		}
	}
	scores := r.State.Scores(competition.Pair{Candidate: d.State.Reference, Member: r.Piece.Member})
	for _, k := range r.Scheme.Call.Criteria {
		if score, given := scores[k.ID]; given {
			e.Given = append(e.Given, Read{Name: k.Label, Value: competition.Points(score)})
		} else {
			e.Missing = append(e.Missing, k.Label)
		}
	}
	return e
}

// minutes gathers what the minutes say of the ranking.
func (w *Writer) minutes(view *PanelView, r PanelRequest) {
	names := map[string]string{}
	for _, e := range view.Entries {
		names[e.Reference] = e.Name
	}
	ties := w.Texts.Labels.Ties
	for _, p := range r.State.Ranking {
		row := RowView{Rank: "–", Reference: p.Reference, Name: names[p.Reference], Score: p.Mean.String(), Sheets: p.Sheets, Asked: p.Asked, Result: cmp.Or(ties[p.Out], ties["none"])}
		if p.Rank > 0 {
			row.Rank = strconv.Itoa(p.Rank)
		}
		switch c := r.State.Candidate(p.Reference); {
		case c.Award > 0 && c.Award < p.Asked:
			row.Result = strings.ReplaceAll(ties["part"], "{amount}", money.Cents(c.Award).Format())
		case c.Award > 0:
			row.Result = money.Cents(c.Award).Format()
		case c.Place > 0:
			row.Result = strings.ReplaceAll(ties["reserve"], "{place}", strconv.Itoa(c.Place))
			view.Reserve = append(view.Reserve, strconv.Itoa(c.Place)+". "+p.Reference+" – "+row.Name)
		}
		view.Rows = append(view.Rows, row)
		if p.Tie != nil {
			view.Ties = append(view.Ties, w.Tie(r.State, p))
		}
	}
	for _, p := range r.State.Missing("") {
		view.Missing = append(view.Missing, p.Candidate+" : "+w.member(r, p.Member))
	}
	for _, c := range r.State.Conflicts {
		view.Conflicts = append(view.Conflicts, c.Candidate+" : "+w.member(r, c.Member))
	}
	for _, m := range r.Minutes.Present {
		view.Present = append(view.Present, w.member(r, m))
	}
}

func (w *Writer) member(r PanelRequest, id string) string {
	m, _ := r.Scheme.Call.Member(id)
	return strings.Join(filledTexts(cmp.Or(m.Name, id), m.Capacity), ", ")
}

func filledTexts(texts ...string) []string {
	return slices.DeleteFunc(texts, func(text string) bool { return text == "" })
}

// Tie tells why a candidate comes after the one right above of the same mean.
func (w *Writer) Tie(s round.State, p competition.Place) string { return Tie(&w.Texts.Labels, s, p) }

// Tie tells why a candidate comes after the one right above of the same mean; it is empty where they are not alike.
func Tie(labels *texts.Labels, s round.State, p competition.Place) string {
	if p.Tie == nil {
		return ""
	}
	criterion := p.Tie.Criterion
	for _, k := range s.Terms.Rules.Criteria {
		if k.ID == criterion {
			criterion = k.Label
		}
	}
	return strings.NewReplacer("{below}", p.Reference, "{above}", p.Tie.With, "{criterion}", criterion).Replace(labels.Ties[p.Tie.By])
}
