package message

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"io"
	"mime"
	"path"
	"strings"

	"github.com/gabriel-vasile/mimetype"
)

// Attachment is a file that came with a message.
type Attachment struct {
	Name         string       // as the sender called it, without folders; "" where it has none
	Type         string       // media type, told from the content where that is possible
	DeclaredType string       // as the sender declared it
	Inline       bool         // a picture shown inside the text, as a logo in a signature is
	Danger       Danger       // what opening it may do
	Closed       Closed       // why what lies in it cannot be seen
	Size         int64        // of the content, in bytes
	SHA256       string       // of the content, in hexadecimal
	Contains     []Attachment // what lies in it: of an archive, a winmail.dat or a message

	text     string // words that it holds for the message: Outlook's rich text
	encoded  []byte
	encoding string
}

// Closed tells why a file that holds others could not be opened.
type Closed string

// The reasons.
const (
	Open    Closed = ""
	Locked  Closed = "locked"   // with a password
	TooMuch Closed = "too_much" // it holds more files, more bytes or more levels than are opened
	Damaged Closed = "damaged"
	Unread  Closed = "unread" // opening it takes more memory or time than it may
)

// Content is what the file holds. A large one is decoded anew at each call, so that it lies in memory once.
func (a Attachment) Content() []byte {
	decoded, _ := decodeTransfer(a.encoding, a.encoded)
	return decoded
}

// Reader reads what the file holds; a large one is not held for it.
func (a Attachment) Reader() io.Reader {
	if a.encoding == "base64" && a.Size > kept {
		return base64.NewDecoder(base64.StdEncoding, bytes.NewReader(a.encoded)) // it was seen to be whole (streamed)
	}
	return bytes.NewReader(a.Content())
}

// Files are the files a person meant to send: an archive, a winmail.dat and an attached message count as what is in them.
func (m *Message) Files() []Attachment {
	var files []Attachment
	var add func([]Attachment)
	add = func(list []Attachment) {
		for _, a := range list {
			if len(a.Contains) > 0 {
				add(a.Contains)
				continue
			}
			files = append(files, a)
		}
	}
	add(m.Attachments)
	return files
}

// kept is up to which size, in bytes, a decoded content is kept beside the encoded one.
const kept = 1 << 20

// attachment makes an attachment of a leaf.
func (p *parser) attachment(n *part, inline bool) Attachment {
	var a Attachment
	if n.encoding == "base64" && len(n.body) > kept {
		a = streamed(n)
	}
	if a.SHA256 == "" {
		a = NewFile(n.name, n.mediaType, p.content(n))
	}
	if n.guessed {
		a.DeclaredType = ""
	}
	if a.Inline = inline; a.Size == 0 && n.mediaType != "message/rfc822" {
		p.warn("an attachment is empty")
	}
	if strings.ContainsAny(n.rawName, "\u202a\u202b\u202d\u202e\u2066\u2067\u2068") {
		p.warn("an attachment's name is written backwards to hide its ending")
	}
	p.judge(&a)
	p.open(&a, n.mediaType)
	return a
}

// streamed reads a large file without holding it; its SHA-256 is empty where the base64 is broken.
func streamed(n *part) Attachment {
	sum, head := sha256.New(), &prefix{}
	size, err := io.Copy(io.MultiWriter(sum, head), base64.NewDecoder(base64.StdEncoding, bytes.NewReader(n.body)))
	if err != nil {
		return Attachment{}
	}
	return Attachment{Name: n.name, DeclaredType: n.mediaType, Type: mediaType(n.name, n.mediaType, head.bytes), Size: size,
		SHA256: hex.EncodeToString(sum.Sum(nil)), encoded: n.body, encoding: "base64"}
}

// prefix keeps the first bytes that are written to it.
type prefix struct{ bytes []byte }

func (p *prefix) Write(b []byte) (int, error) {
	if room := 64<<10 - len(p.bytes); room > 0 {
		p.bytes = append(p.bytes, b[:min(room, len(b))]...)
	}
	return len(b), nil
}

// newAttachment makes an attachment of a file that came out of something else, and looks into it.
func (p *parser) newAttachment(name, declared string, content []byte) Attachment {
	a := NewFile(name, declared, content)
	p.judge(&a)
	p.open(&a, declared)
	return a
}

// NewFile makes an attachment of a name, the type its sender declares and its content.
func NewFile(name, declared string, content []byte) Attachment {
	sum := sha256.Sum256(content)
	return Attachment{Name: name, Type: mediaType(name, declared, content), DeclaredType: declared, Size: int64(len(content)),
		SHA256: hex.EncodeToString(sum[:]), encoded: content}
}

// mediaType tells what a file is by its content; where that says nothing, as declared, then by its name.
func mediaType(name, declared string, content []byte) string {
	if declared == "message/rfc822" || declared == "message/global" {
		return declared
	}
	if isTNEF(content) { // what lies in it may look like something else
		return tnefType
	}
	found, _, _ := strings.Cut(mimetype.Detect(content).String(), ";")
	named, _, _ := strings.Cut(mime.TypeByExtension(strings.ToLower(path.Ext(name))), ";")
	switch found {
	case "text/plain":
		if strings.HasPrefix(named, "text/") {
			return named
		}
		if strings.HasPrefix(declared, "text/") || strings.HasPrefix(declared, "message/") {
			return declared
		}
	case "application/octet-stream":
		if declared != "" && declared != "application/octet-stream" && (len(content) == 0 || !known(declared)) {
			return declared
		}
	}
	return found
}

// known tells whether a type is one whose content would have been recognised: what is declared so and is not is something else.
func known(declared string) bool {
	m := mimetype.Lookup(declared)
	return m != nil && !strings.HasPrefix(declared, "text/")
}
