// Package outbox writes mails as bytes (RFC 5322, MIME) and hands them to the authority's mail server (RFC 6409).
package outbox

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"relance/mail/message"
)

// Mail is one mail to write. Message-IDs are without <>.
type Mail struct {
	From, ReplyTo, To    message.Address // ReplyTo may be empty
	Cc                   []message.Address
	Subject, Text        string
	HTML                 string // empty: a mail without an HTML part
	MessageID, InReplyTo string // without MessageID, a random one is made
	References           []string
	Date                 time.Time
	AutoSubmitted        string            // RFC 3834 §5; empty: the header is left out
	Headers              map[string]string // further headers
	Attachments          []Attachment
}

// Attachment is a file that goes with a mail.
type Attachment struct {
	Name    string
	Type    string // media type; one that cannot be an attachment's becomes application/octet-stream
	Content []byte
}

// Compose writes a mail: ASCII but for addresses that cannot be (RFC 6532), no line over 998 bytes (RFC 5322 §2.1.1). Nothing in a field can
// add a header. The error, ErrAddress for one, is final.
func Compose(m Mail) ([]byte, error) {
	fields, err := m.fields()
	if err != nil {
		return nil, err
	}
	body := m.body()
	var raw bytes.Buffer
	size := 4<<10 + len(m.Text) + len(m.HTML)
	for _, a := range m.Attachments {
		size += len(a.Content)/3*4 + len(a.Content)/54*3 + 1<<10 // in base64, with the ends of lines
	}
	raw.Grow(size)
	for _, f := range fields {
		raw.WriteString(f.name + ": " + f.value + "\r\n")
	}
	raw.WriteString("MIME-Version: 1.0\r\n")
	for _, name := range slices.Sorted(maps.Keys(body.header)) {
		raw.WriteString(name + ": " + body.header.Get(name) + "\r\n")
	}
	raw.WriteString("\r\n")
	if err := body.write(&raw); err != nil {
		return nil, err
	}
	return raw.Bytes(), nil
}

// field is one header, folded.
type field struct{ name, value string }

// fieldName is what a header may be called (RFC 5322 §2.2).
var fieldName = regexp.MustCompile(`^[!-9;-~]{1,60}$`)

// fields are the headers but for those of the body.
func (m Mail) fields() ([]field, error) {
	list := []field{{"Date", m.Date.Format("Mon, 02 Jan 2006 15:04:05 -0700")}}
	for _, a := range []struct {
		name string
		list []message.Address
	}{{"From", []message.Address{m.From}}, {"Reply-To", []message.Address{m.ReplyTo}}, {"To", []message.Address{m.To}}, {"Cc", m.Cc}} {
		if a.name == "Reply-To" && m.ReplyTo.Address == "" || len(a.list) == 0 {
			continue
		}
		value, err := addressList(a.name, a.list)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", strings.ToLower(a.name), err)
		}
		list = append(list, field{a.name, value})
	}
	list = append(list, field{"Subject", unstructured("Subject", m.Subject)}, field{"Message-ID", m.messageID()})
	if answers := ids("In-Reply-To", m.InReplyTo); answers != "" {
		list = append(list, field{"In-Reply-To", answers})
	}
	if references := ids("References", m.References...); references != "" {
		list = append(list, field{"References", references})
	}
	if m.AutoSubmitted != "" {
		list = append(list, field{"Auto-Submitted", unstructured("Auto-Submitted", m.AutoSubmitted)})
	}
	written := map[string]bool{"sender": true, "reply-to": true, "cc": true, "bcc": true, "in-reply-to": true, "references": true, "mime-version": true}
	for _, f := range list {
		written[strings.ToLower(f.name)] = true
	}
	for _, name := range slices.Sorted(maps.Keys(m.Headers)) {
		lower := strings.ToLower(name)
		if !fieldName.MatchString(name) || written[lower] || strings.HasPrefix(lower, "content-") {
			return nil, fmt.Errorf("no further header can be called %q", name)
		}
		written[lower] = true
		list = append(list, field{name, unstructured(name, m.Headers[name])})
	}
	return list, nil
}

// messageID is the mail's own identifier; one is made where none is given, as every mail should have one (RFC 5322 §3.6.4).
func (m Mail) messageID() string {
	if given := ids("Message-ID", m.MessageID); given != "" {
		return given
	}
	domain := "localhost"
	if a, err := parseAddress(m.From.Address); err == nil {
		domain = a.domain
	}
	return ids("Message-ID", strings.ToLower(rand.Text())+"@"+domain)
}

// Beyond these, a header of identifiers that a hostile mail made us answer to would grow without end.
const (
	maxID  = 900
	maxIDs = 100
)

// ids writes Message-IDs, one a line. What cannot stand in one is left out; of very many, the first and the last stay.
func ids(name string, values ...string) string {
	var list []string
	for _, value := range values {
		value = strings.Map(func(r rune) rune {
			if r <= ' ' || r == '<' || r == '>' || r >= 0x7f {
				return -1
			}
			return r
		}, value)
		if value != "" && len(value) <= maxID {
			list = append(list, "<"+value+">")
		}
	}
	if len(list) > maxIDs {
		list = append(list[:1], list[len(list)-maxIDs+1:]...)
	}
	return fold(name, list)
}
