package outbox

import (
	"crypto/rand"
	"encoding/base64"
	"io"
	"mime/multipart"
	"mime/quotedprintable"
	"net/textproto"
	"strings"
)

// entity is a part of a mail: a leaf with content, or parts and the boundary between them (RFC 2045, RFC 2046).
type entity struct {
	header   textproto.MIMEHeader
	content  []byte
	base64   bool // else quoted-printable
	boundary string
	parts    []entity
}

// body is everything below the header: the text, the same as HTML beside it, the files after it.
func (m Mail) body() entity {
	body := textPart("plain", m.Text)
	if m.HTML != "" {
		body = composite("alternative", body, textPart("html", m.HTML))
	}
	if len(m.Attachments) == 0 {
		return body
	}
	parts := []entity{body}
	for _, a := range m.Attachments {
		parts = append(parts, a.part())
	}
	return composite("mixed", parts...)
}

func textPart(kind, text string) entity {
	return entity{header: textproto.MIMEHeader{"Content-Type": {"text/" + kind + "; charset=utf-8"}, "Content-Transfer-Encoding": {"quoted-printable"}},
		content: []byte(strings.ToValidUTF8(text, "\uFFFD"))}
}

func composite(kind string, parts ...entity) entity {
	boundary := rand.Text() + rand.Text() // cannot be guessed by who writes a part
	return entity{header: textproto.MIMEHeader{"Content-Type": {"multipart/" + kind + ";\r\n boundary=" + boundary}}, boundary: boundary, parts: parts}
}

// part is the file as a part. Old readers look for its name in the type, as an encoded word, which is written where one is enough.
func (a Attachment) part() entity {
	name := strings.NewReplacer("/", "_", `\`, "_").Replace(oneLine(a.Name))
	if name == "" {
		name = "attachment"
	}
	kind := mediaType(a.Type)
	if words := encodedWords(name, wordLength); readable(name) && len(name) <= lineLength/2 {
		kind += parameter("name", name)
	} else if len(words) == 1 {
		kind += ";\r\n name=" + quote(words[0])
	}
	return entity{header: textproto.MIMEHeader{"Content-Type": {kind}, "Content-Transfer-Encoding": {"base64"},
		"Content-Disposition": {"attachment" + parameter("filename", name)}}, content: a.Content, base64: true}
}

// write writes what follows the header.
func (e entity) write(w io.Writer) error {
	if e.parts != nil {
		return e.writeParts(w)
	}
	var encoder io.WriteCloser = quotedprintable.NewWriter(w)
	if e.base64 {
		encoder = base64.NewEncoder(base64.StdEncoding, &lines{w: w})
	}
	if _, err := encoder.Write(e.content); err != nil {
		return err
	}
	return encoder.Close()
}

func (e entity) writeParts(w io.Writer) error {
	parts := multipart.NewWriter(w)
	if err := parts.SetBoundary(e.boundary); err != nil {
		return err
	}
	for _, p := range e.parts {
		part, err := parts.CreatePart(p.header)
		if err != nil {
			return err
		}
		if err := p.write(part); err != nil {
			return err
		}
	}
	return parts.Close()
}

// lines breaks what is written through it into lines of 76 bytes (RFC 2045 §6.8).
type lines struct {
	w   io.Writer
	col int
}

func (l *lines) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		if l.col == lineLength {
			if _, err := io.WriteString(l.w, "\r\n"); err != nil {
				return 0, err
			}
			l.col = 0
		}
		n := min(len(rest), lineLength-l.col)
		if _, err := l.w.Write(rest[:n]); err != nil {
			return 0, err
		}
		l.col += n
		rest = rest[n:]
	}
	return len(p), nil
}
