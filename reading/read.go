package reading

import (
	"maps"
	"slices"
	"strings"

	"relance/casefile"
	"relance/message"
	"relance/scheme"
)

// Input is a mail and the case it came to.
type Input struct {
	Message *message.Message
	Mail    casefile.Mail
	State   casefile.State
	Facts   casefile.Facts // in force; its zero value for the first mail
	Scheme  *scheme.Scheme
	Version *scheme.Version
}

// Result is what a mail brings to its case.
type Result struct {
	Reading  casefile.Reading  // without the references to objects that are still to be stored: Facts
	Facts    casefile.Facts    // with what the mail adds
	Contents map[string][]byte // of new documents, by key
}

// Read takes in one mail: who sent it, what it wants, which fields and documents it brings, and what the case then lacks.
func Read(in Input) Result {
	m := in.Message
	r := Result{Facts: in.Facts, Contents: map[string][]byte{}}
	r.Reading = casefile.Reading{Identity: in.Mail.Identity, Missing: in.State.Missing, Verdict: in.State.Verdict}
	first := in.Facts.Applicant.Email == ""
	if first {
		r.Facts = casefile.Facts{Reference: in.State.Reference, Fields: map[string]casefile.Value{},
			Applicant: casefile.Person{Name: m.From.Name, Email: m.From.Address}}
		terms := in.Scheme.Terms(in.Version)
		r.Reading.Terms = &terms
	}
	if r.Reading.From = sender(m, r.Facts); r.Reading.From != casefile.FromApplicant {
		if m.Bounce != nil {
			r.Reading.Bounced = mailName(m.Bounce.OriginalMessageID)
		}
		return r
	}
	r.Facts = thread(r.Facts, m)
	written := m.Reply
	if first && strings.TrimSpace(written) == "" {
		written = m.Text // a first mail has nothing to quote: what looks quoted was forwarded
	}
	r.Reading.Intent = string(IntentOf(written, in.State.Reference))
	r.fields(written, in)
	r.documents(in)
	r.Reading.Useful = r.Reading.Useful || len(r.Reading.Documents) > 0
	r.Reading.Asks = !first && r.Reading.Intent == "" && r.Reading.Charter.Key == "" && (Asks(written, in.Version) || !r.Reading.Useful && !Courteous(written))
	state := in.State
	state.Documents = append(slices.Clone(state.Documents), r.Reading.Documents...)
	r.Reading.Missing, r.Reading.Verdict = Examine(state, r.Facts, in.Version)
	return r
}

// sender tells who wrote: the applicant is the address the application came from.
func sender(m *message.Message, f casefile.Facts) string {
	switch m.Kind {
	case message.KindPerson:
	case message.KindBounce:
		return casefile.FromBounce
	case message.KindUnreadable:
		return casefile.Unreadable
	default:
		return casefile.FromMachine
	}
	if !strings.EqualFold(m.From.Address, f.Applicant.Email) {
		return casefile.FromStranger
	}
	return casefile.FromApplicant
}

// mailName is which mail of ours a Message-ID belongs to: reference.number.NAME@domain.
func mailName(messageID string) string {
	local, _, _ := strings.Cut(strings.Trim(messageID, "<> "), "@")
	if parts := strings.Split(local, "."); len(parts) == 3 {
		return parts[2]
	}
	return ""
}

// thread remembers the applicant's last message, so that answers stand below it (RFC 5322 §3.6.4).
func thread(f casefile.Facts, m *message.Message) casefile.Facts {
	f.Thread = casefile.Thread{Subject: m.Subject, MessageID: m.MessageID, References: m.References, Date: m.Date}
	if n := len(f.Thread.References); n > 20 { // a thread of years must not grow without bound
		f.Thread.References = append(slices.Clone(f.Thread.References[:1]), f.Thread.References[n-19:]...)
	}
	return f
}

// fields adds the values that can be read; one that cannot be read never replaces one that could.
func (r *Result) fields(written string, in Input) {
	fields := maps.Clone(r.Facts.Fields)
	if fields == nil {
		fields = map[string]casefile.Value{}
	}
	for _, f := range Fields(written, in.Version) {
		if known, had := fields[f.Field]; had && known.Problem == "" && f.Problem != "" {
			continue
		}
		fields[f.Field] = casefile.Value{Written: f.Written, Value: f.Value, Problem: f.Problem, Mail: in.Mail.Identity}
		r.Reading.Useful = true
	}
	r.Facts.Fields = fields
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
	for _, a := range in.Message.Attachments {
		if a.Inline && strings.HasPrefix(a.Type, "image/") && len(a.Content) < maxLogo {
			continue
		}
		known := func(d casefile.Document) bool { return d.SHA256 == a.SHA256 }
		if a.SHA256 == in.State.Charter.SHA256 && a.SHA256 != "" {
			r.Reading.Unsigned = true
			continue
		}
		if slices.ContainsFunc(in.State.Documents, known) || slices.ContainsFunc(r.Reading.Documents, known) {
			continue // the same file again
		}
		d := casefile.Document{Kind: r.kind(a, in), Key: documentKey(in.State.Reference, a), SHA256: a.SHA256,
			Size: int64(len(a.Content)), Type: a.Type, Problem: CheckDocument(a.Type, a.Content),
			Received: in.State.Clock.Legal(in.Mail.Received), Mail: in.Mail.Identity}
		names[a.SHA256] = a.Name
		r.Contents[d.Key] = a.Content
		r.Reading.Documents = append(r.Reading.Documents, d)
		if d.Kind == CharterCopy && d.Problem == "" {
			r.Reading.Charter = casefile.Ref{Key: d.Key, SHA256: d.SHA256}
		}
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
	"image/heif": ".heif", "image/tiff": ".tiff", "image/webp": ".webp", "text/plain": ".txt", "application/zip": ".zip",
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

// Examine tells what a case lacks and, once nothing of what the rules need is missing, what the rules say.
func Examine(s casefile.State, f casefile.Facts, v *scheme.Version) ([]casefile.Want, casefile.Verdict) {
	var missing []casefile.Want
	facts := scheme.Facts{}
	for _, field := range v.Fields {
		value, known := f.Fields[field.ID]
		if !known || value.Problem != "" {
			missing = append(missing, casefile.Want{What: casefile.WantField, ID: field.ID, Problem: value.Problem})
			continue
		}
		facts[field.ID] = value.Value
	}
	var wanted []string
	for _, d := range v.Required(facts) {
		wanted = append(wanted, d.ID)
	}
	for _, r := range s.Requests {
		if !slices.Contains(wanted, r.ID) {
			wanted = append(wanted, r.ID)
		}
	}
	for _, id := range wanted {
		if want, lacks := lacksDocument(s, id); lacks {
			missing = append(missing, want)
		}
	}
	outcome, err := v.Evaluate(facts)
	if err != nil { // a field is missing: there is no verdict yet, and the applicant is asked for it
		return missing, casefile.Verdict{}
	}
	return missing, casefile.Verdict{Eligible: outcome.Eligible, Failed: outcome.Failed, Amount: int64(outcome.Amount)}
}

// lacksDocument tells whether a usable document of a kind is still to come: one newer than an officer's request for it.
func lacksDocument(s casefile.State, id string) (casefile.Want, bool) {
	want := casefile.Want{What: casefile.WantDocument, ID: id}
	for _, d := range s.Documents {
		if d.Kind != id || slices.ContainsFunc(s.Requests, func(r casefile.Request) bool { return r.ID == id && !d.Received.After(r.At) }) {
			continue
		}
		if d.Problem == "" {
			return casefile.Want{}, false
		}
		want.Problem = d.Problem
	}
	return want, true
}
