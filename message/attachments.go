package message

import (
	"crypto/sha256"
	"encoding/hex"
	"mime"
	"path"
	"strings"

	"github.com/gabriel-vasile/mimetype"
	"github.com/jhillyerd/enmime/v2"
)

// attach lists the files of a message: attachments, inline parts with a name or a picture in them, and messages inside
// the message. The parts of a delivery report are not files.
func (m *Message) attach(e *enmime.Envelope) {
	add := func(p *enmime.Part, inline bool) {
		name := decode(p.FileName)
		if name == "" && len(p.Content) == 0 {
			return
		}
		if len(p.Content) == 0 {
			m.Warnings = append(m.Warnings, "an attachment is empty")
		}
		m.Attachments = append(m.Attachments, newAttachment(name, p.ContentType, p.Content, inline))
	}
	for _, p := range e.Attachments {
		add(p, false)
	}
	for _, p := range e.Inlines {
		add(p, related(p))
	}
	if m.Kind == KindBounce || m.Kind == KindReceipt {
		return
	}
	for _, p := range e.OtherParts {
		add(p, related(p))
	}
}

// related tells whether a part is shown inside the text (RFC 2387). A telephone marks its photos as inline too, but puts
// them beside the text and not into it.
func related(p *enmime.Part) bool {
	return p.Parent != nil && strings.EqualFold(p.Parent.ContentType, "multipart/related")
}

func newAttachment(name, declared string, content []byte, inline bool) Attachment {
	sum := sha256.Sum256(content)
	if name = strings.ReplaceAll(name, `\`, "/"); name != "" {
		name = path.Base(name) // some programs send the whole path
	}
	return Attachment{Name: name, Type: mediaType(name, declared, content), DeclaredType: declared,
		Content: content, Inline: inline, SHA256: hex.EncodeToString(sum[:])}
}

// mediaType tells what a file is by its content; where that says nothing, by its name, then as declared.
func mediaType(name, declared string, content []byte) string {
	found, _, _ := strings.Cut(mimetype.Detect(content).String(), ";")
	switch found {
	case "application/octet-stream", "text/plain":
		if named, _, _ := strings.Cut(mime.TypeByExtension(strings.ToLower(path.Ext(name))), ";"); strings.HasPrefix(named, "text/") && found == "text/plain" {
			return named
		}
		if found == "application/octet-stream" && len(content) == 0 {
			return strings.ToLower(declared)
		}
	}
	return found
}
