// Package message understands one raw mail (RFC 5322, MIME): who wrote, to whom, in answer to what, what is new in it, what is
// attached, and whether a person or a machine sent it. It is pure. What cannot be understood is a warning on the
// message, never an error that stops it.
package message

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/mail"
	"net/textproto"
	"strings"
	"time"

	"github.com/jhillyerd/enmime/v2"
)

// Kind tells who sent a message: a person, or which sort of machine.
type Kind string

// The kinds of message.
const (
	KindPerson     Kind = "person"
	KindAutoReply  Kind = "auto-reply" // RFC 3834, and what real servers send
	KindBounce     Kind = "bounce"     // RFC 3464
	KindReceipt    Kind = "receipt"    // RFC 8098
	KindList       Kind = "list"       // RFC 2919, and bulk mail
	KindUnreadable Kind = "unreadable"
)

// Address is a mailbox with the name people see.
type Address struct {
	Name    string `json:"name,omitempty"`
	Address string `json:"address"`
}

// Attachment is a file that came with a message.
type Attachment struct {
	Name         string // as the sender called it; "" where it has none
	Type         string // media type, told from the content where that is possible
	DeclaredType string // as the sender declared it
	Content      []byte
	Inline       bool // shown inside the text, as a logo in a signature is
	SHA256       string
}

// Bounce is what a delivery report says (RFC 3464).
type Bounce struct {
	Recipient, Status, Diagnostic string
	OriginalMessageID             string // of the mail that was not delivered, without <>
}

// Message is one mail, understood as far as possible. Message-IDs are without <>.
type Message struct {
	MessageID, InReplyTo string
	References           []string
	From, ReplyTo        Address
	To, Cc               []Address
	DeliveredTo          []string // Delivered-To, X-Original-To and Envelope-To
	Subject              string
	Date                 time.Time // as the sender's clock has it; zero where it cannot be read
	Kind                 Kind
	Text                 string // the whole text; of an HTML-only mail, what a person would read
	Reply                string // what is new: without the quoted mail, the signature and the phone's advertisement
	Attachments          []Attachment
	Bounce               *Bounce
	AutoSubmitted        string
	Warnings             []string
}

// ErrEmpty is returned for a message of no bytes at all.
var ErrEmpty = errors.New("an empty message")

var words = &mime.WordDecoder{CharsetReader: charsetReader}

// ParseHeader reads what routing needs, without decoding a body. It costs next to nothing however large the message is.
func ParseHeader(raw []byte) (*Message, error) {
	if len(bytes.TrimSpace(raw)) == 0 {
		return nil, ErrEmpty
	}
	h, warnings := header(raw)
	m := &Message{Warnings: warnings}
	m.MessageID = firstID(h.Get("Message-Id"))
	m.InReplyTo = firstID(h.Get("In-Reply-To"))
	m.References = ids(strings.Join(h["References"], " "))
	m.From, m.ReplyTo = first(addresses(h.Get("From"))), first(addresses(h.Get("Reply-To")))
	m.To, m.Cc = addresses(strings.Join(h["To"], ", ")), addresses(strings.Join(h["Cc"], ", "))
	for _, name := range []string{"Delivered-To", "X-Original-To", "Envelope-To"} {
		for _, value := range h[name] {
			m.DeliveredTo = append(m.DeliveredTo, strings.Trim(strings.TrimSpace(value), "<>"))
		}
	}
	m.Subject = decode(h.Get("Subject"))
	if date, err := mail.ParseDate(strings.TrimSpace(h.Get("Date"))); err == nil {
		m.Date = date
	} else if h.Get("Date") != "" {
		m.Warnings = append(m.Warnings, "the date cannot be read")
	}
	m.AutoSubmitted = strings.ToLower(strings.TrimSpace(h.Get("Auto-Submitted")))
	m.Kind = kind(h, m)
	return m, nil
}

// Read reads a whole message from a stream. Its errors are ErrEmpty and those of the stream.
func Read(r io.Reader) (*Message, error) {
	raw, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	return Parse(raw)
}

// Parse reads a whole message. The only error is ErrEmpty.
func Parse(raw []byte) (*Message, error) {
	m, err := ParseHeader(raw)
	if err != nil {
		return nil, err
	}
	e, err := envelope(raw)
	if err != nil {
		m.Kind = KindUnreadable
		m.Warnings = append(m.Warnings, "the body cannot be read: "+err.Error())
		return m, nil
	}
	for _, problem := range e.Errors {
		if problem.Severe {
			m.Warnings = append(m.Warnings, problem.Error())
		}
	}
	m.Text = strings.TrimSpace(western(strings.ReplaceAll(e.Text, "\r\n", "\n")))
	m.Reply = NewText(m.Text)
	m.attach(e)
	if m.Kind == KindBounce {
		m.Bounce = bounce(e)
	}
	return m, nil
}

// envelope parses with a library that is not ours; what other people send must not take the process down with it.
func envelope(raw []byte) (e *enmime.Envelope, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the parser gave up: %v", p)
		}
	}()
	p := enmime.NewParser(enmime.SkipMalformedParts(true), enmime.MultipartWOBoundaryAsSinglePart(true), enmime.StripMediaTypeInvalidCharacters(true))
	return p.ReadEnvelope(bytes.NewReader(raw))
}

// header reads the header section as far as it goes: a line that is no header is passed over.
func header(raw []byte) (textproto.MIMEHeader, []string) {
	end := len(raw)
	for _, blank := range []string{"\r\n\r\n", "\n\n"} {
		if i := bytes.Index(raw[:end], []byte(blank)); i >= 0 {
			end = i
		}
	}
	h := textproto.MIMEHeader{}
	var name string
	var warnings []string
	for _, line := range strings.Split(strings.ReplaceAll(string(raw[:end]), "\r\n", "\n"), "\n") {
		switch colon := strings.IndexByte(line, ':'); {
		case line == "":
		case line[0] == ' ' || line[0] == '\t':
			if values := h[name]; len(values) > 0 {
				values[len(values)-1] += " " + strings.TrimSpace(line)
			}
		case colon > 0 && !strings.ContainsAny(line[:colon], " \t"):
			name = textproto.CanonicalMIMEHeaderKey(line[:colon])
			h[name] = append(h[name], strings.TrimSpace(line[colon+1:]))
		default:
			name = ""
			if !strings.HasPrefix(line, "From ") && len(warnings) == 0 { // "From " opens a message of an mbox file
				warnings = append(warnings, "a line of the header is not a header")
			}
		}
	}
	return h, warnings
}

// decode reads encoded words (RFC 2047); what cannot be decoded stays as it was written.
func decode(text string) string {
	decoded, err := words.DecodeHeader(text)
	if err != nil {
		decoded = text
	}
	return strings.Join(strings.Fields(western(strings.ToValidUTF8(decoded, "�"))), " ")
}

// addresses reads a list of addresses, leniently: where the list does not parse, each part that looks like one is taken.
func addresses(list string) []Address {
	if strings.TrimSpace(list) == "" {
		return nil
	}
	parser := mail.AddressParser{WordDecoder: words}
	if parsed, err := parser.ParseList(list); err == nil {
		var found []Address
		for _, a := range parsed {
			found = append(found, Address{Name: a.Name, Address: a.Address})
		}
		return found
	}
	var found []Address
	for _, part := range strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ';' }) {
		name, address := decode(part), ""
		if open, end := strings.LastIndexByte(part, '<'), strings.LastIndexByte(part, '>'); open >= 0 && end > open {
			name, address = decode(strings.Trim(part[:open], `" `)), part[open+1:end]
		} else if strings.Contains(part, "@") {
			name, address = "", strings.TrimSpace(part)
		}
		if strings.Count(address, "@") == 1 && !strings.ContainsAny(address, " \t<>") {
			found = append(found, Address{Name: name, Address: address})
		}
	}
	return found
}

func first(list []Address) Address {
	if len(list) == 0 {
		return Address{}
	}
	return list[0]
}

// ids reads Message-IDs (RFC 5322 §3.6.4).
func ids(text string) []string {
	var found []string
	for {
		open := strings.IndexByte(text, '<')
		if open < 0 {
			return found
		}
		end := strings.IndexByte(text[open:], '>')
		if end < 0 {
			return found
		}
		if id := strings.Join(strings.Fields(text[open+1:open+end]), ""); id != "" {
			found = append(found, id)
		}
		text = text[open+end+1:]
	}
}

func firstID(text string) string {
	if list := ids(text); len(list) > 0 {
		return list[0]
	}
	return strings.Trim(strings.TrimSpace(text), "<>")
}
