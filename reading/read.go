package reading

import (
	"bytes"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"relance/casefile"
	"relance/form"
	"relance/message"
	"relance/scheme"
	"relance/trust"
)

// Input is a mail and the case it came to.
type Input struct {
	Message *message.Message
	Mail    casefile.Mail
	State   casefile.State
	Facts   casefile.Facts // in force; its zero value for the first mail
	Scheme  *scheme.Scheme
	Version *scheme.Version
	At      time.Time     // legal: now
	Trust   trust.Verdict // how far the sender can be believed
	Sent    Sent          // the charter, where one waits for its signature
}

// proven tells whether the applicant surely wrote the mail: their domain says so, or an officer has made sure.
func (in Input) proven() bool { return in.Trust == trust.Authenticated || in.Mail.Vouched != "" }

// Result is what a mail brings to its case.
type Result struct {
	Reading  casefile.Reading         // without the references to objects that are still to be stored: Facts
	Facts    casefile.Facts           // with what the mail adds
	Contents map[string]func() []byte // of new documents, by key; each is decoded when it is asked for, so that they do not lie in memory together
	Check    []byte                   // what was found on a copy of the charter: to be stored under Reading.Return.Check

	tables map[string]table // of attachments that were looked into, by SHA-256
}

// Read takes in one mail: who sent it, what it wants, which fields and documents it brings. What the case then lacks is told
// by Examine.
func Read(in Input) Result {
	m := in.Message
	r := Result{Facts: in.Facts, Contents: map[string]func() []byte{}, tables: map[string]table{}}
	r.Reading = casefile.Reading{Identity: in.Mail.Identity, Missing: in.State.Missing, Verdict: in.State.Verdict, Kin: in.State.Kin}
	first := in.Facts.Applicant.Email == ""
	if first {
		r.Facts = casefile.Facts{Reference: in.State.Reference, Fields: map[string]casefile.Value{},
			Applicant: casefile.Person{Name: m.From.Name, Email: m.From.Address}}
		terms := in.Scheme.Terms(in.Version)
		r.Reading.Terms = &terms
	}
	if r.Reading.From = sender(in, r.Facts); r.Reading.From == casefile.FromStranger || in.Mail.Vouched != "" {
		r.Reading.From, r.Reading.Opinion = expert(m, in, r.Reading.From)
	}
	r.about(m, in.State.Reference)
	r.Reading.Proven = in.proven() && (r.Reading.From == casefile.FromApplicant || in.Facts.Applicant.Is(m.From.Address))
	if r.Reading.From != casefile.FromApplicant {
		if r.Reading.From == casefile.FromStranger {
			r.signs(in)
		}
		return r
	}
	if r.Facts.Applicant.Is(m.From.Address) {
		r.Facts.Thread = Thread(m)
	}
	written := m.Reply
	if first && strings.TrimSpace(written) == "" {
		written = m.Text // a first mail has nothing to quote: what looks quoted was forwarded
	}
	written, whole := readable(written)
	r.Reading.Intent = string(IntentOf(written))
	if a := in.State.Advance; a != nil && a.Proposal != nil && Agrees(written, in.State.Reference) {
		r.Reading.Intent = string(Agree)
	}
	if in.State.Stage.Decided() {
		r.Reading.Contests = Contest(m.Subject, written)
	}
	r.documents(in)
	r.charter(written, in)
	r.fields(written, in)
	r.withhold(in)
	r.Reading.Useful = r.Reading.Useful || len(r.Reading.Documents) > 0
	r.Reading.Asks = !first && r.Reading.Intent == "" && r.Reading.Return == nil && (!whole || Asks(written, in.Version) || !r.Reading.Useful && !Courteous(written))
	return r
}

// maxText is how much of what a person wrote is read for facts and intents, in bytes: some forty pages. The rest is for people.
const maxText = 100_000

// readable is the beginning of a text that is read; whole tells whether that is all of it.
func readable(text string) (beginning string, whole bool) {
	if len(text) <= maxText {
		return text, true
	}
	text = text[:maxText]
	return text[:strings.LastIndexByte(text, '\n')+1], false
}

// withhold takes out what asks for more proof of the sender than there is: a withdrawal and a signature by mail.
func (r *Result) withhold(in Input) {
	if in.proven() {
		return
	}
	if i := Intent(r.Reading.Intent); i == Withdraw || i == Sign || i == Agree {
		r.Reading.Intent, r.Reading.Unproven = "", true
	}
	if r.Reading.Return != nil {
		r.Reading.Return, r.Check, r.Reading.Unproven = nil, nil, true
	}
}

// expert tells whether a person who is not the applicant is a third party whose opinion the case waits for. Anybody can write
// an address into a mail: one that is not proven waits for an officer.
func expert(m *message.Message, in Input, otherwise string) (from, opinion string) {
	if !in.proven() {
		return otherwise, ""
	}
	for _, asked := range in.State.Opinions {
		for _, o := range in.Version.Review.Opinions {
			if o.ID == asked.ID && asked.Open() && strings.EqualFold(o.Email, m.From.Address) {
				return casefile.FromExpert, o.ID
			}
		}
	}
	return otherwise, ""
}

// sender tells who wrote: the applicant is the address the application came from, unless its domain disowns the mail, and
// whoever an officer vouches for.
func sender(in Input, f casefile.Facts) string {
	m := in.Message
	switch m.Kind {
	case message.KindPerson:
	case message.KindBounce:
		return casefile.FromBounce
	case message.KindUnreadable:
		return casefile.Unreadable
	default:
		return casefile.FromMachine
	}
	switch {
	case in.Mail.Vouched != "":
		return casefile.FromApplicant
	case !strings.Contains(m.From.Address, "@"):
		return casefile.Unreadable // nobody could be answered
	case !f.Applicant.Is(m.From.Address):
		return casefile.FromStranger
	case in.Trust == trust.Forged:
		return casefile.FromForged
	}
	return casefile.FromApplicant
}

// about tells which mail of ours a delivery report or a receipt is about, or a person answers: the last one of this case that it names.
func (r *Result) about(m *message.Message, reference string) {
	ids := append([]string{}, m.References...)
	ids = append(ids, m.InReplyTo)
	switch {
	case m.Bounce != nil:
		ids = []string{m.Bounce.OriginalMessageID}
		r.Reading.Delayed, r.Reading.Status = m.Bounce.Temporary(), m.Bounce.Status
	case m.Receipt != nil:
		ids = []string{m.Receipt.OriginalMessageID}
		r.Reading.Receipt = map[bool]casefile.Code{true: casefile.SignRead, false: casefile.SignDeleted}[m.Receipt.Displayed]
	}
	for _, id := range ids {
		if number, name := ourMail(id, reference); name != "" {
			r.Reading.About = number
			if m.Bounce != nil {
				r.Reading.Bounced = name
			}
		}
	}
}

// ourMail is which mail of a case a Message-ID belongs to: reference.NUMBER.NAME@domain.
func ourMail(messageID, reference string) (number int, name string) {
	local, _, _ := strings.Cut(strings.Trim(messageID, "<> "), "@")
	parts := strings.Split(local, ".")
	if len(parts) != 3 || !strings.EqualFold(parts[0], reference) {
		return 0, ""
	}
	number, err := strconv.Atoi(parts[1])
	if err != nil {
		return 0, ""
	}
	return number, parts[2]
}

// Thread is what an answer to a mail needs to stand below it (RFC 5322 §3.6.4).
func Thread(m *message.Message) casefile.Thread {
	t := casefile.Thread{Subject: m.Subject, MessageID: m.MessageID, References: m.References, Date: m.Date}
	if n := len(t.References); n > 20 { // a thread of years must not grow without bound
		t.References = append(slices.Clone(t.References[:1]), t.References[n-19:]...)
	}
	return t
}

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
		if t := r.table(a, in.Version); len(t.rows) > 0 {
			r.take(fields, Pairs(t.rows, in.Version), casefile.Value{Mail: in.Mail.Identity, From: t.from, File: a.SHA256}, in)
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
	return true
}

// table is what an attachment says in rows.
type table struct {
	rows []map[string]string
	from string
}

// table reads the values of an attachment, once.
func (r *Result) table(a message.Attachment, v *scheme.Version) table {
	t, known := r.tables[a.SHA256]
	if !known {
		t.rows, t.from = readTable(a, v)
		r.tables[a.SHA256] = t
	}
	return t
}

// readTable reads a filled PDF form, or a sheet where the scheme allows one.
func readTable(a message.Attachment, v *scheme.Version) (rows []map[string]string, from string) {
	const maxRows = 200
	switch {
	case a.Size > MaxDocument:
		return nil, ""
	case a.Type == "application/pdf" && mayHoldForm(a.Content()):
		if values, err := form.ReadPDF(a.Content()); err == nil && len(values) > 0 {
			return []map[string]string{values}, "form"
		}
	}
	read := map[string]func([]byte, int) ([]form.Row, error){".xlsx": form.ReadXLSX, ".csv": form.ReadCSV}[strings.ToLower(path.Ext(a.Name))]
	if !v.Sheets || read == nil {
		return nil, ""
	}
	list, err := read(a.Content(), maxRows)
	if err != nil {
		return nil, ""
	}
	for _, row := range list {
		rows = append(rows, row)
	}
	return rows, "sheet"
}

// mayHoldForm tells whether a PDF is worth reading for a form: where it names one, or hides its objects in streams.
func mayHoldForm(pdf []byte) bool {
	return bytes.Contains(pdf, []byte("/AcroForm")) || bytes.Contains(pdf, []byte("/ObjStm"))
}

// maxLogo is how large, in bytes, a picture inside the text may be and still be taken for a logo of a signature; a larger
// one is a screenshot or a photo of a document.
const maxLogo = 40 << 10

// documents recognises and checks what is attached.
func (r *Result) documents(in Input) {
	names := maps.Clone(r.Facts.Names)
	if names == nil {
		names = map[string]string{}
	}
	for _, a := range in.Message.Files() {
		if a.Inline && strings.HasPrefix(a.Type, "image/") && a.Size < maxLogo {
			continue
		}
		known := func(d casefile.Document) bool { return d.SHA256 == a.SHA256 }
		if a.SHA256 == in.State.Charter.SHA256 && a.SHA256 != "" {
			continue // it is looked at with the charter
		}
		if slices.ContainsFunc(in.State.Documents, known) || slices.ContainsFunc(r.Reading.Documents, known) {
			continue // the same file again
		}
		if len(r.Reading.Documents) >= MaxFiles || len(in.State.Documents)+len(r.Reading.Documents) >= MaxCaseFiles {
			names[a.SHA256] = a.Name
			r.Reading.Documents = append(r.Reading.Documents, casefile.Document{Kind: Other, SHA256: a.SHA256, Size: a.Size, Type: a.Type, Problem: ProblemTooMany,
				Received: in.State.Clock.Legal(in.Mail.Received), Mail: in.Mail.Identity})
			break
		}
		problem, flag := CheckDocument(a)
		d := casefile.Document{Kind: r.kind(a, in), Key: documentKey(in.State.Reference, a), SHA256: a.SHA256,
			Size: a.Size, Type: a.Type, Problem: problem, Flag: flag,
			Received: in.State.Clock.Legal(in.Mail.Received), Mail: in.Mail.Identity}
		if problem == ProblemProgram || problem == ProblemMacros {
			d.Key = "" // it is not handed on: it stays in the mail it came in
		}
		names[a.SHA256] = a.Name
		if d.Key != "" {
			r.Contents[d.Key] = a.Content
		}
		r.Reading.Documents = append(r.Reading.Documents, d)
	}
	r.Facts.Names = names
}

// kind tells which document a file is. Where its name says nothing, what the case waits for does: the only thing that is
// missing, or the signed charter. An officer sees each document before anything is decided.
func (r *Result) kind(a message.Attachment, in Input) string {
	kind := Recognise(a.Name, in.Version)
	if kind != Other {
		return kind
	}
	if len(Pairs(r.table(a, in.Version).rows, in.Version)) > 2 {
		return FormCopy
	}
	if in.State.Stage == casefile.AwaitingCharter {
		return CharterCopy
	}
	if missing := in.State.Missing; len(missing) == 1 && missing[0].What == casefile.WantDocument {
		return missing[0].ID
	}
	return Other
}

// extensions give a stored document a name that opens with a click.
var extensions = map[string]string{"application/pdf": ".pdf", "image/jpeg": ".jpg", "image/png": ".png", "image/heic": ".heic",
	"image/heif": ".heif", "image/tiff": ".tiff", "image/webp": ".webp", "text/plain": ".txt", "text/csv": ".csv", "application/zip": ".zip",
	"application/vnd.oasis.opendocument.text": ".odt", "application/vnd.oasis.opendocument.spreadsheet": ".ods",
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":       ".xlsx",
	"application/msword": ".doc", "application/vnd.ms-excel": ".xls"}

// documentKey is where a document lies: its content names it, and no name of a person or firm is in it.
func documentKey(reference string, a message.Attachment) string {
	extension, ok := extensions[a.Type]
	if !ok {
		extension = ".bin"
	}
	return casefile.Folder(reference) + "documents/" + a.SHA256 + extension
}

// Examination is what the rules are applied to.
type Examination struct {
	State   casefile.State
	Facts   casefile.Facts
	Scheme  *scheme.Scheme
	Version *scheme.Version
	Context scheme.Context
	HasLine func(path string) bool // whether the plan has a line
}

// Known gives the facts that can be used, in their normal form.
func Known(f casefile.Facts) scheme.Facts {
	facts := scheme.Facts{}
	for key, value := range f.Fields {
		if value.Problem == "" {
			facts[key] = value.Value
		}
	}
	return facts
}

// Examine tells what a case lacks and, once nothing of what the rules need is missing, what the rules say.
func Examine(x Examination) ([]casefile.Want, casefile.Verdict) {
	facts := Known(x.Facts)
	var missing []casefile.Want
	for _, key := range x.Version.Asked(facts, x.Context) {
		if _, known := facts[key]; !known {
			missing = append(missing, casefile.Want{What: casefile.WantField, ID: key, Problem: x.Facts.Fields[key].Problem})
		}
	}
	for key, value := range x.Facts.Fields { // an optional field that was given, and cannot be read
		if value.Problem != "" && !slices.ContainsFunc(missing, func(w casefile.Want) bool { return w.ID == key }) {
			missing = append(missing, casefile.Want{What: casefile.WantField, ID: key, Problem: value.Problem})
		}
	}
	slices.SortStableFunc(missing, func(a, b casefile.Want) int { return x.Version.Order(a.ID) - x.Version.Order(b.ID) })
	missing = append(missing, lacks(x, facts)...)
	outcome, err := x.Scheme.Evaluate(x.Version, facts, x.Context)
	if err != nil { // a field is missing: there is no verdict yet, and the applicant is asked for it
		return missing, casefile.Verdict{}
	}
	v := casefile.Verdict{Eligible: outcome.Eligible, Failed: outcome.Failed, Amount: int64(outcome.Amount)}
	for _, p := range x.Version.Lines(facts, x.HasLine) {
		v.Lines = append(v.Lines, casefile.Share{ID: p.Line, Part: int(p.Share)})
	}
	v.Loan = x.Version.Loan(facts, outcome.Amount, x.Version.Lines(facts, x.HasLine))
	for _, o := range x.Version.Opinions(facts, x.Context) {
		v.Opinions = append(v.Opinions, casefile.Asked{ID: o.ID, Of: o.Of, Days: o.Days})
	}
	return missing, v
}

// lacks lists the documents that are still to come.
func lacks(x Examination, facts scheme.Facts) []casefile.Want {
	var missing []casefile.Want
	var wanted []scheme.Document
	wanted = append(wanted, x.Version.Required(facts, x.Context)...)
	for _, r := range x.State.Requests {
		if !slices.ContainsFunc(wanted, func(d scheme.Document) bool { return d.ID == r.ID }) {
			wanted = append(wanted, scheme.Document{ID: r.ID})
		}
	}
	for _, d := range wanted {
		if want, lacks := lacksDocument(x.State, d); lacks {
			missing = append(missing, want)
		}
	}
	return missing
}

// lacksDocument tells whether usable documents of a kind are still to come: newer ones than an officer's request for them.
func lacksDocument(s casefile.State, wanted scheme.Document) (casefile.Want, bool) {
	want := casefile.Want{What: casefile.WantDocument, ID: wanted.ID}
	usable := 0
	for _, d := range s.Documents {
		if d.Kind != wanted.ID || slices.ContainsFunc(s.Requests, func(r casefile.Request) bool { return r.ID == wanted.ID && !d.Received.After(r.At) }) {
			continue
		}
		if d.Problem == "" {
			usable++
			continue
		}
		want.Problem = d.Problem
	}
	if usable >= max(wanted.AtLeast, 1) {
		return casefile.Want{}, false
	}
	if usable > 0 && want.Problem == "" {
		want.Problem = ProblemTooFew
	}
	return want, true
}
