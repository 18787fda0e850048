// Package outbox writes mails as bytes (RFC 5322, MIME) and hands them to the authority's mail server (RFC 6409).
package outbox

import (
	"bytes"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/wneessen/go-mail"

	"relance/message"
)

// Mail is one mail to write. Message-IDs are without <>.
type Mail struct {
	From, ReplyTo, To    message.Address
	Cc                   []message.Address
	Subject, Text        string
	HTML                 string // empty: a mail without an HTML part
	MessageID, InReplyTo string
	References           []string
	Date                 time.Time
	AutoSubmitted        string            // RFC 3834 §5; empty: the header is left out
	Headers              map[string]string // further headers
	Attachments          []Attachment
}

// Attachment is a file that goes with a mail.
type Attachment struct {
	Name    string
	Type    string // media type
	Content []byte
}

// oneLine takes out of a header's value what could end the header and begin another.
func oneLine(value string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(value, " ")))
}

// id writes a Message-ID; what cannot stand in one is left out.
func id(value string) string {
	return "<" + strings.Map(func(r rune) rune {
		if r <= ' ' || r == '<' || r == '>' || r >= 0x7f {
			return -1
		}
		return r
	}, value) + ">"
}

// Compose writes a mail. Nothing in a field can add a header. The error tells which address is none.
func Compose(m Mail) ([]byte, error) {
	msg := mail.NewMsg(mail.WithEncoding(mail.EncodingQP), mail.WithNoDefaultUserAgent())
	for _, set := range []struct {
		what string
		err  error
	}{
		{"from", msg.FromFormat(oneLine(m.From.Name), oneLine(m.From.Address))},
		{"to", msg.AddToFormat(oneLine(m.To.Name), oneLine(m.To.Address))},
	} {
		if set.err != nil {
			return nil, fmt.Errorf("%s: %w", set.what, set.err)
		}
	}
	if m.ReplyTo.Address != "" {
		if err := msg.ReplyToFormat(oneLine(m.ReplyTo.Name), oneLine(m.ReplyTo.Address)); err != nil {
			return nil, fmt.Errorf("reply-to: %w", err)
		}
	}
	for _, cc := range m.Cc {
		if err := msg.AddCcFormat(oneLine(cc.Name), oneLine(cc.Address)); err != nil {
			return nil, fmt.Errorf("cc: %w", err)
		}
	}
	m.headers(msg)
	msg.SetBodyString(mail.TypeTextPlain, m.Text)
	if m.HTML != "" {
		msg.AddAlternativeString(mail.TypeTextHTML, m.HTML)
	}
	for _, a := range m.Attachments {
		if err := msg.AttachReader(oneLine(a.Name), bytes.NewReader(a.Content), mail.WithFileContentType(mail.ContentType(oneLine(a.Type)))); err != nil {
			return nil, fmt.Errorf("attachment: %w", err)
		}
	}
	var raw bytes.Buffer
	if _, err := msg.WriteTo(&raw); err != nil {
		return nil, err
	}
	return raw.Bytes(), nil
}

// headers sets what threads, dates and marks a mail.
func (m Mail) headers(msg *mail.Msg) {
	msg.Subject(oneLine(m.Subject))
	msg.SetDateWithValue(m.Date)
	if m.MessageID != "" {
		msg.SetMessageIDWithValue(strings.Trim(id(m.MessageID), "<>"))
	}
	if m.InReplyTo != "" {
		msg.SetGenHeaderPreformatted(mail.HeaderInReplyTo, id(m.InReplyTo))
	}
	if len(m.References) > 0 {
		list := make([]string, len(m.References))
		for i, reference := range m.References {
			list[i] = id(reference)
		}
		msg.SetGenHeaderPreformatted(mail.HeaderReferences, strings.Join(list, "\r\n ")) // one a line: RFC 5322 §2.1.1
	}
	if m.AutoSubmitted != "" {
		msg.SetGenHeader("Auto-Submitted", oneLine(m.AutoSubmitted))
	}
	for name, value := range m.Headers {
		msg.SetGenHeader(mail.Header(name), oneLine(value))
	}
}
