package message

import (
	"archive/zip"
	"bytes"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// open looks into a file that holds others: a message, an archive, a winmail.dat. What cannot be opened, or goes beyond the
// limits, stays closed, with a warning.
func (p *parser) open(a *Attachment, declared string) {
	isMessage := declared == "message/rfc822" || declared == "message/global" || a.Type == "application/octet-stream" && strings.HasSuffix(strings.ToLower(a.Name), ".eml")
	isMessage = isMessage || a.Type == "text/plain" && strings.HasSuffix(strings.ToLower(a.Name), ".eml") || a.Type == "message/rfc822"
	isArchive := a.Type == "application/zip"
	if !isMessage && !isArchive && a.Type != tnefType {
		return
	}
	if p.nested >= p.Nested {
		p.warn("messages and archives are nested too deeply")
		a.Closed = TooMuch
		return
	}
	p.nested++
	defer func() { p.nested-- }()
	switch {
	case isMessage:
		p.openMessage(a)
	case p.opener != nil:
		p.have(a)
	case isArchive:
		p.openArchive(a)
	default:
		p.openTNEF(a)
	}
}

// openMessage reads a message that is attached; its text is not that of the message around it.
func (p *parser) openMessage(a *Attachment) {
	inner, err := parse(a.Content(), p.budget)
	if err != nil {
		p.warn("an attached message is empty")
		a.Closed = Damaged
		return
	}
	a.Contains = inner.Attachments
	for _, w := range inner.Warnings {
		p.warn("in an attached message: " + strings.TrimPrefix(w, "in an attached message: "))
	}
	if a.Type == "text/plain" || a.Type == "application/octet-stream" {
		a.Type = "message/rfc822"
	}
}

// openArchive reads a zip file.
func (p *parser) openArchive(a *Attachment) {
	content := a.Content()
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		p.warn("an archive cannot be opened")
		a.Closed = Damaged
		return
	}
	for _, f := range archive.File {
		name := entryName(f)
		if f.FileInfo().IsDir() || strings.HasPrefix(name, "__MACOSX/") || strings.HasSuffix(name, ".DS_Store") || strings.HasSuffix(name, "Thumbs.db") {
			continue
		}
		if f.Flags&1 != 0 {
			p.warn("an archive is locked with a password")
			a.Contains, a.Closed = nil, Locked
			return
		}
		if p.Parts--; p.Parts <= 0 {
			p.warn("an archive holds too many files")
			a.Contains, a.Closed = nil, TooMuch
			return
		}
		unpacked, why := p.unpack(f)
		if why != Open {
			a.Contains, a.Closed = nil, why
			return
		}
		a.Contains = append(a.Contains, p.newAttachment(fileName(name), "", unpacked))
	}
}

// unpack reads one file of an archive, or tells why not; what its header says of its size is not believed.
func (p *parser) unpack(f *zip.File) ([]byte, Closed) {
	const large, dense = 10 << 20, 300 // a white page of a scanner does not come near that
	if f.UncompressedSize64 > uint64(p.Unpacked) || f.UncompressedSize64 > large && f.UncompressedSize64/max(f.CompressedSize64, 1) > dense {
		p.warn("an archive is too large when unpacked")
		return nil, TooMuch
	}
	r, err := f.Open()
	if err != nil {
		p.warn("an archive cannot be opened")
		return nil, Damaged
	}
	defer r.Close()
	content, err := io.ReadAll(io.LimitReader(r, p.Unpacked+1))
	if err != nil {
		p.warn("a file of an archive is damaged")
		return nil, Damaged
	}
	if p.Unpacked -= int64(len(content)); p.Unpacked < 0 {
		p.Unpacked = 0
		p.warn("an archive is too large when unpacked")
		return nil, TooMuch
	}
	return content, Open
}

// entryName reads a name of an archive: UTF-8, or the charset of MS-DOS (APPNOTE 6.3.10, appendix D).
func entryName(f *zip.File) string {
	if !f.NonUTF8 || utf8.ValidString(f.Name) {
		return f.Name
	}
	if name, err := charmap.CodePage850.NewDecoder().String(f.Name); err == nil {
		return name
	}
	return strings.ToValidUTF8(f.Name, "_")
}
