package message

import (
	"encoding/binary"
	"html"
	"strconv"
	"strings"
)

// rtfDictionary is what the compression of rich text begins with ([MS-OXRTFCP] §2.1.2.1).
const rtfDictionary = `{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans SerifSymbolArial` +
	`Times New RomanCourier{\colortbl\red0\green0\blue0` + "\r\n" + `\par \pard\plain\f0\fs20\b\i\u\tab\tx`

// maxRTF is how much of a rich text is unpacked, in bytes.
const maxRTF = 8 << 20

// unpackRTF unpacks rich text as Outlook keeps it ([MS-OXRTFCP] §2.2), as far as it goes.
func unpackRTF(packed []byte) string {
	if len(packed) < 16 {
		return ""
	}
	kind, rest := binary.LittleEndian.Uint32(packed[8:]), packed[16:]
	switch kind {
	case 0x414c454d: // MELA: not packed
		return string(rest)
	case 0x75465a4c: // LZFu
	default:
		return ""
	}
	const size = 4096
	var ring [size]byte
	at := copy(ring[:], rtfDictionary)
	var out []byte
	put := func(c byte) {
		out = append(out, c)
		ring[at] = c
		at = (at + 1) % size
	}
	for len(rest) > 0 && len(out) < maxRTF {
		control := rest[0]
		rest = rest[1:]
		for bit := 0; bit < 8 && len(rest) > 0; bit++ {
			if control&(1<<bit) == 0 {
				put(rest[0])
				rest = rest[1:]
				continue
			}
			if len(rest) < 2 {
				return string(out)
			}
			reference := int(binary.BigEndian.Uint16(rest))
			rest = rest[2:]
			from, length := reference>>4, reference&0xf+2
			if from == at {
				return string(out)
			}
			for i := range length {
				put(ring[(from+i)%size])
			}
		}
	}
	return string(out)
}

// rtfText is the text of rich text. Where Outlook has wrapped HTML in it, that is taken out again ([MS-OXRTFEX] §2.2).
func rtfText(rtf string) string {
	if !strings.HasPrefix(rtf, `{\rtf`) {
		return ""
	}
	r := &rtfReader{rest: rtf, wrapped: strings.Contains(rtf[:min(len(rtf), 1000)], `\fromhtml`), state: rtfState{skip: 1}}
	for len(r.rest) > 0 {
		r.next()
	}
	if text := r.out.String(); !r.wrapped {
		return strings.TrimSpace(text)
	} else {
		return htmlText(text)
	}
}

// rtfReader reads rich text.
type rtfReader struct {
	rest    string
	out     strings.Builder
	wrapped bool // HTML is wrapped in it
	state   rtfState
	stack   []rtfState
	pass    int    // characters that stand for one that was written by its number
	ansi    []byte // characters of Windows' charset that are not written yet
}

// rtfState is what a group sets for itself and those in it.
type rtfState struct {
	hidden bool // a destination that is no text
	tag    bool // a piece of HTML itself
	double bool // text for readers of rich text alone
	skip   int  // characters that follow one that is written by its number
	starts bool // a group has just begun
}

func (r *rtfReader) next() {
	c := r.rest[0]
	starts := r.state.starts
	r.state.starts = false
	switch c {
	case '{':
		r.rest = r.rest[1:]
		r.stack = append(r.stack, r.state)
		r.state.starts = true
	case '}':
		r.rest = r.rest[1:]
		r.flush()
		if len(r.stack) > 0 {
			r.state, r.stack = r.stack[len(r.stack)-1], r.stack[:len(r.stack)-1]
		}
	case '\\':
		r.control(starts)
	case '\r', '\n':
		r.rest = r.rest[1:]
	default:
		r.rest = r.rest[1:]
		r.char(c)
	}
}

// char takes one character of the text.
func (r *rtfReader) char(c byte) {
	if r.pass > 0 {
		r.pass--
		return
	}
	r.ansi = append(r.ansi, c)
}

// flush writes the characters of Windows' charset.
func (r *rtfReader) flush() {
	if len(r.ansi) == 0 {
		return
	}
	text := decodeText(r.ansi, "windows-1252")
	r.ansi = r.ansi[:0]
	r.write(text)
}

func (r *rtfReader) write(text string) {
	switch {
	case r.state.hidden || r.state.double && !r.state.tag:
	case r.wrapped && !r.state.tag:
		r.out.WriteString(html.EscapeString(text))
	default:
		r.out.WriteString(text)
	}
}

// hiddenRTF are destinations that hold no text of the message.
var hiddenRTF = map[string]bool{"fonttbl": true, "colortbl": true, "stylesheet": true, "info": true, "pict": true, "object": true,
	"header": true, "footer": true, "listtable": true, "generator": true, "themedata": true}

// control takes a control word or symbol; starts tells that a group begins with it.
func (r *rtfReader) control(starts bool) {
	r.rest = r.rest[1:]
	if r.rest == "" {
		return
	}
	if c := r.rest[0]; c|0x20 < 'a' || c|0x20 > 'z' {
		r.rest = r.rest[1:]
		r.symbol(c, starts)
		return
	}
	end := strings.IndexFunc(r.rest, func(c rune) bool { return c|0x20 < 'a' || c|0x20 > 'z' })
	if end < 0 {
		end = len(r.rest)
	}
	word := r.rest[:end]
	r.rest = r.rest[end:]
	digits := 0
	for digits < len(r.rest) && (r.rest[digits] >= '0' && r.rest[digits] <= '9' || digits == 0 && r.rest[0] == '-') {
		digits++
	}
	number, err := strconv.Atoi(r.rest[:digits])
	r.rest = strings.TrimPrefix(r.rest[digits:], " ")
	r.word(word, number, err == nil, starts)
}

func (r *rtfReader) symbol(c byte, starts bool) {
	switch c {
	case '\'':
		if len(r.rest) < 2 {
			r.rest = ""
			return
		}
		if n, err := strconv.ParseUint(r.rest[:2], 16, 8); err == nil {
			r.char(byte(n))
		}
		r.rest = r.rest[2:]
	case '*': // a destination that older readers skip; HTML's pieces are known
		r.state.hidden = r.state.hidden || starts && !strings.HasPrefix(r.rest, `\htmltag`)
	case '~':
		r.char(0xa0)
	case '\\', '{', '}':
		r.char(c)
	case '\r', '\n':
		r.word("par", 0, false, false)
	}
}

func (r *rtfReader) word(word string, number int, has, starts bool) {
	if word != "uc" && word != "u" {
		r.flush()
	}
	switch word {
	case "htmltag":
		r.state.tag = true
	case "htmlrtf":
		r.state.double = !has || number != 0
	case "par", "line", "row":
		r.write("\n")
	case "tab", "cell":
		r.write("\t")
	case "lquote", "rquote":
		r.write("’")
	case "ldblquote", "rdblquote":
		r.write("\"")
	case "endash", "emdash":
		r.write("–")
	case "bullet":
		r.write("•")
	case "uc":
		r.state.skip = max(number, 0)
	case "u":
		r.flush()
		r.write(string(rune(uint16(number))))
		r.pass = r.state.skip
	case "bin":
		r.rest = r.rest[min(max(number, 0), len(r.rest)):]
	default:
		r.state.hidden = r.state.hidden || starts && hiddenRTF[word]
	}
}
