// Package message understands one raw mail (RFC 5322, MIME): who wrote, to whom, in answer to what, what is new in it, what is
// attached, and whether a person or a machine sent it. It is pure. What cannot be understood is a warning on the
// message, never an error that stops it; the work it takes is bounded by the size of the message (Limits).
package message

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strings"
	"time"

	"relance/mail/address"
)

// Kind tells who sent a message: a person, or which sort of machine.
type Kind string

// The kinds of message.
const (
	KindPerson     Kind = "person"
	KindAutoReply  Kind = "auto-reply" // RFC 3834, and what real servers send
	KindBounce     Kind = "bounce"     // RFC 3464, and the notices of servers that know no better
	KindReceipt    Kind = "receipt"    // RFC 8098
	KindSuccess    Kind = "success"    // RFC 3464: delivered, relayed or expanded
	KindComplaint  Kind = "complaint"  // RFC 5965: a reader calls a mail of ours spam
	KindReaction   Kind = "reaction"   // a thumb below a mail of ours
	KindRecall     Kind = "recall"     // Outlook asks for a mail back
	KindCalendar   Kind = "calendar"   // RFC 5546: an answer to an invitation
	KindList       Kind = "list"       // RFC 2919, and bulk mail
	KindUnreadable Kind = "unreadable" // nothing in it could be understood
)

// Bounce is what a delivery report says (RFC 3464).
type Bounce struct {
	Recipient, Status, Diagnostic string
	OriginalMessageID             string // of the mail that was not delivered, without <>
	Final                         bool   // the server has given up; else it still tries
	Unsure                        bool   // nothing in the report says which
}

// Receipt is what a notice of a mail's fate at the reader's says (RFC 8098).
type Receipt struct {
	OriginalMessageID string // of the mail it is about, without <>
	Displayed         bool   // it was opened; else it was deleted or dealt with unread
}

// Temporary tells whether the server still tries.
func (b Bounce) Temporary() bool { return !b.Final }

// Message is one mail, understood as far as possible. Message-IDs are without <>.
type Message struct {
	MessageID, InReplyTo  string
	References            []string
	From, ReplyTo, Sender Address
	Authors               []Address     // all the From fields name: a message of one author names one (RFC 5322 §3.6.2)
	Doubt                 address.Doubt // why another reader may see another author; empty where all agree
	To, Cc                []Address
	DeliveredTo           []string // Delivered-To, X-Original-To and Envelope-To
	Subject               string
	Date                  time.Time // as the sender's clock has it; zero where it cannot be read
	Kind                  Kind
	Maybe                 Maybe  // what it may be instead
	Spam                  bool   // the receiving server's verdict
	Text                  string // the whole text; of an HTML-only mail, what a person would read
	Rich                  string // the whole text of the HTML form, where that has a table and Text is the plain form
	Reply                 string // what is new: without the quoted mail, the signature and the phone's advertisement
	Cut                   bool   // the text is longer than that: it is read as far as MaxWords
	Attachments           []Attachment
	Bounce                *Bounce
	Receipt               *Receipt
	AutoSubmitted         string
	Trace                 []Trace // what servers on the way wrote above the message, the last one first
	Warnings              []string

	header header
	signs  signs   // of the header
	pages  []*part // of the HTML form
}

// Values gives the values of all fields of a name, in the order in which they stand; the name is written as in Message-Id.
func (m *Message) Values(name string) []string { return m.header.all(name) }

// WantsBody tells whether the header alone does not settle the kind.
func (m *Message) WantsBody() bool { return m.signs.marked() || m.Maybe != NotMaybe }

// Trace is one header that a server on the way added: Received, Authentication-Results or Received-SPF.
type Trace struct{ Name, Value string }

// ErrEmpty is returned for a message of no bytes at all.
var ErrEmpty = errors.New("an empty message")

// warn adds a warning, once, and not without end.
func (m *Message) warn(text string) {
	const enough = 20
	for _, known := range m.Warnings {
		if known == text {
			return
		}
	}
	if len(m.Warnings) < enough {
		m.Warnings = append(m.Warnings, text)
	}
}

// ParseHeader reads what routing needs, without decoding a body. It costs next to nothing however large the message is, and
// raw may end anywhere below the header.
func ParseHeader(raw []byte) (*Message, error) {
	m := &Message{Doubt: headerDoubt(raw)}
	raw = lines(raw)
	if len(bytes.TrimSpace(raw)) == 0 {
		return nil, ErrEmpty
	}
	h, _ := m.split(raw)
	m.fill(h)
	m.Kind, m.Maybe = m.judge(m.signs, nil)
	return m, nil
}

// split cuts a message into header and body.
func (m *Message) split(raw []byte) (header, []byte) {
	raw = bytes.TrimLeft(raw, "\r\n")
	h, body, problem := splitHeader(raw)
	if len(h) == 0 { // a line that some program wrote above the header
		if _, rest, more := bytes.Cut(raw, []byte("\n")); more {
			below, bodyBelow, _ := splitHeader(rest)
			if below.get("From") != "" && (below.get("Subject") != "" || below.get("Date") != "" || below.get("Message-Id") != "") {
				h, body, problem = below, bodyBelow, "a line of the header is not a header"
			}
		}
	}
	if problem != "" {
		m.warn(problem)
	}
	return h, body
}

// fill takes what the header says.
func (m *Message) fill(h header) {
	m.MessageID = firstID(h.get("Message-Id"))
	m.InReplyTo = firstID(h.get("In-Reply-To"))
	m.References = ids(strings.Join(h.all("References"), " "))
	authors, doubt := mailboxes.Author(h.all("From"))
	m.Authors = authors
	if m.Doubt == "" {
		m.Doubt = doubt
	}
	m.header = h
	m.From, m.ReplyTo, m.Sender = first(m.Authors), first(addresses(h.get("Reply-To"))), first(addresses(h.get("Sender")))
	m.To, m.Cc = addresses(strings.Join(h.all("To"), ", ")), addresses(strings.Join(h.all("Cc"), ", "))
	for _, f := range h {
		switch f.name {
		case "Delivered-To", "X-Original-To", "Envelope-To":
			m.DeliveredTo = append(m.DeliveredTo, strings.Trim(f.value, "<> "))
		case "Received", "Authentication-Results", "Received-Spf":
			m.Trace = append(m.Trace, Trace{f.name, f.value})
		}
	}
	m.Subject = decode(h.get("Subject"))
	var ok bool
	if m.Date, ok = parseDate(h.get("Date")); !ok && h.get("Date") != "" {
		m.warn("the date cannot be read")
	}
	m.AutoSubmitted = strings.ToLower(h.get("Auto-Submitted"))
	m.Spam = isSpam(h)
	m.signs = signsOf(h, m)
}

// Read reads a whole message from a stream. Its errors are ErrEmpty and those of the stream.
func Read(r io.Reader) (*Message, error) {
	raw, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	return Parse(raw)
}

// Parse reads a whole message. The only error is ErrEmpty. Attachments refer to raw, which must not change.
func Parse(raw []byte) (*Message, error) { return parse(raw, newBudget(DefaultLimits)) }

func parse(raw []byte, b *budget) (*Message, error) {
	m := &Message{Doubt: headerDoubt(raw)}
	raw = lines(raw)
	if len(bytes.TrimSpace(raw)) == 0 {
		return nil, ErrEmpty
	}
	h, body := m.split(raw)
	m.fill(h)
	p := &parser{Message: m, budget: b}
	root := p.part(h, body, "", 0)
	m.body(p, root)
	m.Reply = NewText(m.Text)
	m.Kind, m.Maybe = m.judge(m.signs, root)
	switch m.Kind {
	case KindBounce:
		m.Bounce = bounce(m, root)
	case KindReceipt:
		m.Receipt = receipt(m, root)
	}
	if len(h) == 0 && !isText(body) {
		m.Kind = KindUnreadable
	}
	return m, nil
}

// isText tells whether bytes without a header can be a text at all.
func isText(body []byte) bool {
	control := 0
	for _, c := range body[:min(len(body), 4096)] {
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' && c != '\f' && c != 0x1b {
			control++
		}
	}
	return control*20 < len(body)
}

var answering = regexp.MustCompile(`(?i)^\W*(?:re|r[ée]p|r[ée]f|aw|antw|antwort|sv|betr)\s*(?:\[\d+\]|\(\d+\))?\s*:`)

// Answers tells whether a message says that it answers another one.
func (m *Message) Answers() bool {
	return m.InReplyTo != "" || len(m.References) > 0 || answering.MatchString(m.Subject)
}

// lines gives a message LF or CRLF line ends: one that has CR alone cannot be read by lines.
func lines(raw []byte) []byte {
	const looked = 64 << 10
	if start := raw[:min(len(raw), looked)]; bytes.IndexByte(start, '\n') >= 0 || bytes.IndexByte(start, '\r') < 0 {
		return raw
	}
	return bytes.ReplaceAll(raw, []byte("\r"), []byte("\n"))
}

func first(list []Address) Address {
	if len(list) == 0 {
		return Address{}
	}
	return list[0]
}
