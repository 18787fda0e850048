package message

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unicode/utf16"
)

// tnefType is the type of a winmail.dat.
const tnefType = "application/ms-tnef"

// Attributes of a TNEF stream ([MS-OXTNEF] §2.1.3.3).
const (
	tnefSignature  = 0x223e9f78
	attBody        = 0x800c
	attMsgProps    = 0x9003
	attRenderData  = 0x9002 // begins an attachment
	attTitle       = 0x8010
	attData        = 0x800f
	attAttachProps = 0x9005
)

// MAPI properties ([MS-OXPROPS]).
const (
	propBody         = 0x1000
	propRTF          = 0x1009 // compressed rich text
	propHTML         = 0x1013
	propAttachData   = 0x3701
	propAttachLong   = 0x3707
	propAttachShort  = 0x3704
	typeFixed2       = 0x0002
	typeFixed4       = 0x0003
	typeString8      = 0x001e
	typeUnicode      = 0x001f
	typeObject       = 0x000d
	typeBinary       = 0x0102
	multiValued      = 0x1000
	namedProperty    = 0x8000
	typeErrorOrFloat = 0x0004
)

func isTNEF(content []byte) bool {
	return len(content) > 6 && binary.LittleEndian.Uint32(content) == tnefSignature
}

// openTNEF reads a winmail.dat, in which Outlook wraps a message and its files for other Outlooks.
func (p *parser) openTNEF(a *Attachment) {
	content := a.Content()
	if !isTNEF(content) {
		p.warn("a winmail.dat is damaged")
		a.Closed = Damaged
		return
	}
	type file struct {
		name    string
		content []byte
	}
	var files []file
	rest, sound := content[6:], true
	for len(rest) > 0 {
		if len(rest) < 11 {
			sound = false
			break
		}
		id := binary.LittleEndian.Uint16(rest[1:])
		size := int64(binary.LittleEndian.Uint32(rest[5:]))
		if size > int64(len(rest)-11) {
			sound = false
			break
		}
		level, value := rest[0], rest[9:9+size]
		rest = rest[9+size+2:] // a checksum follows
		if level == 2 && id == attRenderData {
			if p.Parts--; p.Parts <= 0 {
				p.warn("there are too many parts")
				break
			}
			files = append(files, file{})
		}
		if level == 1 {
			a.text = tnefText(a.text, id, value)
			continue
		}
		if len(files) == 0 {
			continue
		}
		f := &files[len(files)-1]
		switch id {
		case attTitle:
			if f.name == "" {
				f.name = ansi(value)
			}
		case attData:
			f.content = value
		case attAttachProps:
			props := mapi(value)
			if long := props[propAttachLong]; len(long) > 0 {
				f.name = string(long)
			}
			if data := props[propAttachData]; len(f.content) == 0 {
				f.content = data
			}
		}
	}
	if !sound {
		p.warn("a winmail.dat is damaged")
	}
	for _, f := range files {
		if len(f.content) > 0 || f.name != "" {
			a.Contains = append(a.Contains, p.newAttachment(fileName(f.name), "", f.content))
		}
	}
}

// tnefText takes the words of the message.
func tnefText(text string, id uint16, value []byte) string {
	switch id {
	case attBody:
		return ansi(value)
	case attMsgProps:
		props := mapi(value)
		if body := props[propBody]; len(bytes.TrimSpace(body)) > 0 {
			return string(body)
		}
		if page := props[propHTML]; len(page) > 0 {
			return htmlText(decodeText(page, metaCharset(page)))
		}
		if words := rtfText(unpackRTF(props[propRTF])); words != "" && text == "" {
			return words
		}
	}
	return text
}

// ansi reads a string that ends in a zero byte.
func ansi(value []byte) string {
	value, _, _ = bytes.Cut(value, []byte{0})
	return strings.ReplaceAll(decodeText(value, ""), "\r\n", "\n")
}

// mapi reads a list of properties ([MS-OXTNEF] §2.1.3.4) as far as it goes; strings come out in UTF-8.
func mapi(value []byte) map[uint16][]byte {
	props := map[uint16][]byte{}
	r := &little{value}
	for count := r.u32(); count > 0 && len(r.rest) > 0; count-- {
		kind, id := r.u16(), r.u16()
		if id >= namedProperty {
			r.skip(16)
			if r.u32() == 0 {
				r.u32()
			} else {
				r.blob()
			}
		}
		values := uint32(1)
		if kind&multiValued != 0 || kind == typeString8 || kind == typeUnicode || kind == typeBinary || kind == typeObject {
			values = r.u32()
		}
		for ; values > 0 && len(r.rest) > 0; values-- {
			switch kind &^ multiValued {
			case typeString8:
				props[id] = []byte(ansi(r.blob()))
			case typeUnicode:
				props[id] = []byte(wide(r.blob()))
			case typeBinary:
				props[id] = r.blob()
			case typeObject:
				if data := r.blob(); len(data) > 16 {
					props[id] = data[16:] // below the identifier of its interface
				}
			case typeFixed2, typeFixed4, typeErrorOrFloat, 0x000a, 0x000b:
				r.u32()
			case 0x0048:
				r.skip(16)
			default:
				r.skip(8)
			}
		}
	}
	return props
}

// wide reads UTF-16.
func wide(value []byte) string {
	units := make([]uint16, len(value)/2)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(value[2*i:])
	}
	text, _, _ := strings.Cut(string(utf16.Decode(units)), "\x00")
	return strings.ReplaceAll(text, "\r\n", "\n")
}

// little reads numbers, least byte first; past the end all is zero.
type little struct{ rest []byte }

func (l *little) skip(n int) []byte {
	n = min(max(n, 0), len(l.rest))
	taken := l.rest[:n]
	l.rest = l.rest[n:]
	return taken
}

func (l *little) u16() uint16 {
	if b := l.skip(2); len(b) == 2 {
		return binary.LittleEndian.Uint16(b)
	}
	return 0
}

func (l *little) u32() uint32 {
	if b := l.skip(4); len(b) == 4 {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

// blob reads a length and as many bytes, filled up to a multiple of four.
func (l *little) blob() []byte {
	n := int(l.u32())
	b := l.skip(n)
	l.skip((4 - n%4) % 4)
	return b
}
