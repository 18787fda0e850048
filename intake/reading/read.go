package reading

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"relance/domain/casefile"
	"relance/domain/scheme"
	"relance/intake/papers"
	"relance/mail/auth"
	"relance/mail/message"
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
	Reach   auth.Reach    // what it may do by itself
	Sent    Sent          // the charter, where one waits for its signature
	Ours    string        // the text of the mail of ours that is answered; empty: it is not known
	Papers  papers.Reader // looks into the files
	Shut    bool          // no file is looked into: nobody knows enough of who sent it. Files are stored and shown as they are.
}

// proven tells whether the applicant surely wrote the mail, to us and now: their domain says so, their mailbox has answered so, or an officer has made
// sure.
func (in Input) proven() bool { return in.Reach == auth.Act || in.Mail.Believed() }

// Opens tells whether the files of a mail are looked into: it comes from an applicant who is known to have written it. Of anybody else they are kept, and
// stay shut.
func Opens(m *message.Message, mail casefile.Mail, reach auth.Reach, f casefile.Facts) bool {
	return mail.Vouched != "" || (reach >= auth.Bring || mail.Believed()) && (f.Applicant.Email == "" || f.Applicant.Is(m.From.Address))
}

// Result is what a mail brings to its case.
type Result struct {
	Reading  casefile.Reading         // without the references to objects that are still to be stored: Facts
	Facts    casefile.Facts           // with what the mail adds
	Contents map[string]func() []byte // of new documents, by key; each is decoded when it is asked for, so that they do not lie in memory together
	Check    []byte                   // what was found on a copy of the charter: to be stored under Reading.Return.Check

	looks looks // into the files
}

// Read takes in one mail: who sent it, what it wants, which fields and documents it brings. What the case then lacks is told
// by Examine. An error says that a file could not be looked into now: the mail is to be read again.
func Read(in Input) (Result, error) {
	r := read(in)
	return r, r.looks.failed
}

func read(in Input) Result {
	m := in.Message
	r := Result{Facts: in.Facts, Contents: map[string]func() []byte{}, looks: looks{known: map[string]papers.Findings{}}}
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
	switch r.Reading.From {
	case casefile.FromApplicant:
	case casefile.FromStranger:
		if r.Reading.Unproven = !in.proven(); !r.Reading.Unproven {
			r.signs(in)
		}
		return r
	default:
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
	whole = whole && !m.Cut
	said := r.said(in, first)
	r.Reading.Intent = string(IntentOf(written))
	if a := in.State.Advance; a != nil && a.Proposal != nil && Agrees(written, in.State.Reference) {
		r.Reading.Intent = string(Agree)
	}
	if in.State.Stage.Decided() {
		r.Reading.Contests = Contest(m.Subject, written)
	}
	r.documents(in)
	r.charter(written, in)
	r.values(said, in)
	r.disagree(in)
	r.withhold(in)
	r.Reading.Useful = r.Reading.Useful || len(r.Reading.Documents) > 0
	r.Reading.Asks = !first && r.Reading.Intent == "" && r.Reading.Return == nil && (!whole || Asks(said.Free) || !r.Reading.Useful && !Courteous(written))
	r.Reading.Query = !first && whole && r.asksOnlyState(in, written)
	r.Reading.Asks = r.Reading.Asks && !r.Reading.Query
	return r
}

// asksOnlyState tells whether the applicant surely wrote, asks where the case stands, and brings nothing at all.
func (r *Result) asksOnlyState(in Input, written string) bool {
	g := r.Reading
	return g.Proven && !g.Useful && g.Intent == "" && g.Contests == "" && g.Return == nil && in.Mail.Vouched == "" && len(in.Message.Attachments) == 0 &&
		AsksState(in.Message.Subject, written, in.State.Reference)
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

// sender tells who wrote: the applicant is the address the application came from, where that is proven, and whoever an officer vouches for.
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
	case in.Mail.Believed():
	case in.Reach == auth.Nothing:
		return casefile.FromForged
	case in.Reach < auth.Bring:
		return casefile.FromUnproven
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
