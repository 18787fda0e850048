package message

import "io"

// Packed is a file that holds others, as it came.
type Packed struct {
	Type    string           `json:"type"`
	SHA256  string           `json:"sha256"`
	Size    int64            `json:"size"`
	Content func() io.Reader `json:"-"` // from its beginning
}

// Opened is what lies in such a file.
type Opened struct {
	Files    []Entry  `json:"files,omitempty"`
	Closed   Closed   `json:"closed,omitempty"`
	Text     string   `json:"text,omitempty"` // words that it holds for the message around it
	Warnings []string `json:"warnings,omitempty"`
	Left     Limits   `json:"left"` // of the limits, for the rest of the message
}

// Entry is a file that came out of another.
type Entry struct {
	Name     string  `json:"name"`
	Type     string  `json:"type"`
	Declared string  `json:"declared,omitempty"`
	Inline   bool    `json:"inline,omitempty"`
	Danger   Danger  `json:"danger,omitempty"`
	Closed   Closed  `json:"closed,omitempty"`
	Size     int64   `json:"size"`
	SHA256   string  `json:"sha256"`
	Text     string  `json:"text,omitempty"`
	Contains []Entry `json:"contains,omitempty"`
	Content  []byte  `json:"-"` // of a file that holds no others
}

// Opener opens files that hold others. What comes out of an archive can be a thousand times as large as the archive: whoever reads strangers' mail
// has that done by another process. An error says that it could not be done now.
type Opener func(file Packed, left Limits) (Opened, error)

// Shut leaves every archive and winmail.dat closed: it is one file, as it came.
func Shut(_ Packed, left Limits) (Opened, error) { return Opened{Left: left}, nil }

// ParseWith reads a whole message, and has the files that hold others opened by an Opener. Its errors are ErrEmpty and those of the Opener.
func ParseWith(raw []byte, open Opener) (*Message, error) {
	b := newBudget(DefaultLimits)
	b.opener = open
	m, err := parse(raw, b)
	if err == nil {
		err = b.failed
	}
	return m, err
}

// Unpack opens a file that holds others in place, within limits.
func Unpack(file Packed, left Limits) Opened {
	content, err := io.ReadAll(file.Content())
	if err != nil {
		return Opened{Closed: Damaged, Left: left}
	}
	p := &parser{Message: &Message{}, budget: newBudget(left)}
	a := Attachment{Type: file.Type, encoded: content}
	if file.Type == tnefType {
		p.openTNEF(&a)
	} else {
		p.openArchive(&a)
	}
	return Opened{Files: entries(a.Contains), Closed: a.Closed, Text: a.text, Warnings: p.Warnings, Left: p.Limits}
}

// have has a file opened elsewhere.
func (p *parser) have(a *Attachment) {
	if p.failed != nil {
		return // the message is read again
	}
	left := p.Limits
	left.Nested -= p.nested
	o, err := p.opener(Packed{Type: a.Type, SHA256: a.SHA256, Size: a.Size, Content: a.Reader}, left)
	if err != nil {
		p.failed = err
		return
	}
	p.Parts, p.Unpacked = min(p.Parts, o.Left.Parts), min(p.Unpacked, o.Left.Unpacked)
	for _, w := range o.Warnings {
		p.warn(w)
	}
	a.Contains, a.Closed, a.text = attachments(o.Files), o.Closed, o.Text
}

func entries(files []Attachment) []Entry {
	var list []Entry
	for _, a := range files {
		e := Entry{Name: a.Name, Type: a.Type, Declared: a.DeclaredType, Inline: a.Inline, Danger: a.Danger, Closed: a.Closed, Size: a.Size,
			SHA256: a.SHA256, Text: a.text, Contains: entries(a.Contains)}
		if len(e.Contains) == 0 {
			e.Content = a.Content()
		}
		list = append(list, e)
	}
	return list
}

func attachments(list []Entry) []Attachment {
	var files []Attachment
	for _, e := range list {
		files = append(files, Attachment{Name: e.Name, Type: e.Type, DeclaredType: e.Declared, Inline: e.Inline, Danger: e.Danger, Closed: e.Closed,
			Size: e.Size, SHA256: e.SHA256, Contains: attachments(e.Contains), text: e.Text, encoded: e.Content})
	}
	return files
}
