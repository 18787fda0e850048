// Package inspect shows how a raw message is understood, as one JSON object: for people who wonder, and for tests that know what
// is right. It is pure, and needs neither server nor configuration.
package inspect

import (
	"strings"
	"time"

	"relance/domain/casefile"
	"relance/mail/auth"
	"relance/mail/message"
)

// Inspection is a message as it is understood. Message-IDs are without <>; lists are empty and never null.
type Inspection struct {
	Kind           string            `json:"kind"`            // application or reply of a person, or a message.Kind
	Maybe          message.Maybe     `json:"maybe,omitempty"` // what it may be instead
	MessageID      string            `json:"message_id"`
	InReplyTo      string            `json:"in_reply_to"`
	References     []string          `json:"references"`
	From           message.Address   `json:"from"`
	To             []message.Address `json:"to"`
	Cc             []message.Address `json:"cc"`
	Subject        string            `json:"subject"`
	Date           string            `json:"date"`  // RFC 3339, in the sender's zone; empty where it cannot be read
	Case           string            `json:"case"`  // reference of the case it names; empty for none
	Cases          []string          `json:"cases"` // all it names, where there are several
	Spam           bool              `json:"spam"`  // the receiving server's verdict
	Text           string            `json:"text"`  // whole
	Reply          string            `json:"reply"` // what is new in it
	Attachments    []Attachment      `json:"attachments"`
	Authentication auth.Results      `json:"authentication"`
	Bounce         *Bounce           `json:"bounce"`
	Warnings       []string          `json:"warnings"`
}

// Attachment is a file that came with the message.
type Attachment struct {
	Name     string       `json:"name"`
	Type     string       `json:"type"`     // told from the content
	Declared string       `json:"declared"` // as the sender says
	Size     int64        `json:"size"`     // bytes
	SHA256   string       `json:"sha256"`
	Inline   bool         `json:"inline"`             // a picture shown inside the text
	Contains []Attachment `json:"contains,omitempty"` // of an archive, a winmail.dat or a message
}

// Bounce is what a delivery report says.
type Bounce struct {
	Recipient  string `json:"recipient"`
	Status     string `json:"status"`
	Final      bool   `json:"final"` // the server has given up; else it still tries
	Unsure     bool   `json:"unsure,omitempty"`
	MessageID  string `json:"message_id"` // of the mail that was not delivered
	Diagnostic string `json:"diagnostic,omitempty"`
}

// The kinds of a person's mail: whether it begins something or answers.
const (
	Application = "application"
	Reply       = "reply"
)

// Message inspects a raw message. Where no server is trusted, the results of the one that received the mail last are shown.
func Message(raw []byte, server auth.Server) Inspection {
	m, err := message.Parse(raw)
	if err != nil {
		m = &message.Message{Kind: message.KindUnreadable, Warnings: []string{err.Error()}}
	}
	results := auth.Read(m.Trace, server)
	if server.Name == "" {
		results = auth.Shown(m.Trace)
	}
	i := Inspection{Kind: string(m.Kind), Maybe: m.Maybe, MessageID: m.MessageID, InReplyTo: m.InReplyTo, References: list(m.References), From: m.From, To: list(m.To), Cc: list(m.Cc),
		Subject: m.Subject, Cases: list(Cases(m)), Spam: m.Spam, Text: m.Text, Reply: m.Reply, Attachments: attachments(m.Attachments),
		Authentication: results, Warnings: list(m.Warnings)}
	if len(i.Cases) > 0 {
		i.Case = i.Cases[0]
	}
	if !m.Date.IsZero() {
		i.Date = m.Date.Format(time.RFC3339)
	}
	if m.Kind == message.KindPerson {
		i.Kind = Application
		if i.Case != "" || m.Answers() {
			i.Kind = Reply
		}
	}
	if b := m.Bounce; b != nil {
		i.Bounce = &Bounce{b.Recipient, b.Status, b.Final, b.Unsure, b.OriginalMessageID, b.Diagnostic}
	}
	return i
}

func attachments(files []message.Attachment) []Attachment {
	out := []Attachment{}
	for _, f := range files {
		a := Attachment{Name: f.Name, Type: f.Type, Declared: f.DeclaredType, Size: f.Size, SHA256: f.SHA256, Inline: f.Inline}
		if len(f.Contains) > 0 {
			a.Contains = attachments(f.Contains)
		}
		out = append(out, a)
	}
	return out
}

func list[T any](items []T) []T {
	if items == nil {
		return []T{}
	}
	return items
}

// Cases are the references a message names, the surest first: in an address it was sent to, in the messages it answers, in
// the message a bounce reports on, in its subject.
func Cases(m *message.Message) []string {
	var found []string
	add := func(text string) {
		for _, reference := range casefile.FindReferences(text) {
			known := false
			for _, f := range found {
				known = known || f == reference
			}
			if !known {
				found = append(found, reference)
			}
		}
	}
	for _, to := range m.DeliveredTo {
		add(local(to))
	}
	for _, a := range append(append([]message.Address{}, m.To...), m.Cc...) {
		add(local(a.Address))
	}
	if len(found) == 0 {
		for _, id := range append([]string{m.InReplyTo}, m.References...) {
			add(local(id))
		}
	}
	if m.Bounce != nil && len(found) == 0 {
		add(local(m.Bounce.OriginalMessageID))
	}
	if len(found) == 0 {
		add(m.Subject)
	}
	return found
}

func local(address string) string {
	before, _, _ := strings.Cut(address, "@")
	return strings.NewReplacer(".", " ", "+", " ", "_", " ").Replace(before)
}
