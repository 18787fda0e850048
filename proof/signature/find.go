package signature

import (
	"bytes"
	"encoding/hex"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
)

// dictionary is the signature dictionary as the file has it (ISO 32000-2 table 255). It stands in the file in clear: its /Contents is
// where the byte range leaves a gap, so no stream can hold it.
type dictionary struct {
	text     []byte // the object, the signature itself cut out
	ranges   [4]int64
	contents []byte // the CMS object, or nil where the range leaves no gap for one
}

// maxSignatures bounds the work for one file.
const maxSignatures = 50

var (
	rangeMark    = []byte("/ByteRange")
	rangePattern = regexp.MustCompile(`^/ByteRange\s*\[\s*(\d{1,12})\s+(\d{1,12})\s+(\d{1,12})\s+(\d{1,12})\s*\]`)
)

// find finds the signature dictionaries of a file. A second byte range inside the gap or the same gap again is one signature.
func find(pdf []byte) []dictionary {
	var found []dictionary
	seen := map[[4]int64]bool{}
	for at := 0; len(found) < maxSignatures; {
		i := bytes.Index(pdf[at:], rangeMark)
		if i < 0 {
			break
		}
		at += i
		m := rangePattern.FindSubmatch(pdf[at:min(len(pdf), at+200)])
		if m != nil {
			d := dictionary{text: around(pdf, at)}
			for i := range d.ranges {
				d.ranges[i], _ = strconv.ParseInt(string(m[i+1]), 10, 64) // digits, as many as fit
			}
			if !seen[d.ranges] && !d.isPlaceholder() {
				seen[d.ranges] = true
				d.contents = d.gap(pdf)
				found = append(found, d)
			}
		}
		at += len(rangeMark)
	}
	return found
}

// isPlaceholder tells whether a program reserved the room and never signed.
func (d dictionary) isPlaceholder() bool { return d.ranges[1] == 0 && d.ranges[3] == 0 }

// around is the object at a place of the file.
func around(pdf []byte, at int) []byte {
	const most = 1 << 20 // bytes behind the place; a signature has room for some ten thousand
	start, end := 0, min(len(pdf), at+most)
	if i := bytes.LastIndex(pdf[:at], []byte(" obj")); i >= 0 {
		start = i
	}
	if i := bytes.Index(pdf[at:end], []byte("endobj")); i >= 0 {
		end = at + i
	}
	return contentsPattern.ReplaceAll(pdf[start:end], nil)
}

var contentsPattern = regexp.MustCompile(`/Contents\s*<[0-9A-Fa-f\s]*>`)

// gap is what the byte range leaves out: a hexadecimal string and nothing else, so that nothing unsigned hides there.
func (d dictionary) gap(pdf []byte) []byte {
	r, size := d.ranges, int64(len(pdf))
	if r[0] != 0 || r[1] <= 0 || r[2] <= r[1]+1 || r[3] <= 0 || r[2] > size || r[2]+r[3] > size {
		return nil
	}
	hole := pdf[r[1]:r[2]]
	if hole[0] != '<' || hole[len(hole)-1] != '>' {
		return nil
	}
	digits := hole[1 : len(hole)-1]
	if len(digits)%2 == 1 {
		digits = append(bytes.Clone(digits), '0') // ISO 32000-2 §7.3.4.3
	}
	content := make([]byte, len(digits)/2)
	if _, err := hex.Decode(content, digits); err != nil {
		return nil
	}
	return trim(content)
}

// trim takes off the zeros that fill the room that was reserved.
func trim(der []byte) []byte {
	if len(der) > 4 && der[0] == 0x30 && der[1]&0x80 != 0 && der[1] != 0x80 {
		n, length := int(der[1]&0x7f), 0
		if n <= 4 && len(der) > 2+n {
			for _, b := range der[2 : 2+n] {
				length = length<<8 | int(b)
			}
			if whole := 2 + n + length; whole > 0 && whole <= len(der) {
				return der[:whole]
			}
		}
	}
	return bytes.TrimRight(der, "\x00")
}

// signed are the bytes the signature covers.
func (d dictionary) signed(pdf []byte) []byte {
	r := d.ranges
	return append(bytes.Clone(pdf[:r[1]]), pdf[r[2]:r[2]+r[3]]...)
}

var (
	namePattern = regexp.MustCompile(`/SubFilter\s*/([A-Za-z0-9.]+)`)
	mdpPattern  = regexp.MustCompile(`/TransformMethod\s*/DocMDP`)
	levelShape  = regexp.MustCompile(`/P\s+([123])\b`)
)

// kind is the form of the signature.
func (d dictionary) kind() string {
	if m := namePattern.FindSubmatch(d.text); m != nil {
		return string(m[1])
	}
	return ""
}

// level is what changes the signature allows (ISO 32000-2 §12.8.2.2); without a level, 2.
func (d dictionary) level() int {
	if !mdpPattern.Match(d.text) {
		return 0
	}
	if m := levelShape.FindSubmatch(d.text); m != nil {
		return int(m[1][0] - '0')
	}
	return 2
}

// text is the value of a string entry.
func (d dictionary) entry(name string) string {
	i := 0
	for {
		at := bytes.Index(d.text[i:], []byte("/"+name))
		if at < 0 {
			return ""
		}
		i += at + 1 + len(name)
		rest := bytes.TrimLeft(d.text[i:], " \t\r\n")
		switch {
		case bytes.HasPrefix(rest, []byte("(")):
			return decodeText(literal(rest))
		case bytes.HasPrefix(rest, []byte("<")) && !bytes.HasPrefix(rest, []byte("<<")):
			end := bytes.IndexByte(rest, '>')
			if end < 0 {
				return ""
			}
			digits := bytes.Join(bytes.Fields(rest[1:end]), nil)
			text := make([]byte, len(digits)/2)
			n, _ := hex.Decode(text, digits[:len(digits)/2*2])
			return decodeText(text[:n])
		}
	}
}

// literal reads a string in parentheses (ISO 32000-2 §7.3.4.2).
func literal(text []byte) []byte {
	var out []byte
	depth := 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && i+1 < len(text):
			i++
			out = append(out, escaped(text, &i)...)
			continue
		case c == '(':
			if depth++; depth == 1 {
				continue
			}
		case c == ')':
			if depth--; depth == 0 {
				return out
			}
		}
		out = append(out, text[i])
	}
	return out
}

// escaped reads what stands behind a backslash; i moves on behind an octal number.
func escaped(text []byte, i *int) []byte {
	c := text[*i]
	if at := strings.IndexByte("nrtbf", c); at >= 0 {
		return []byte{"\n\r\t\b\f"[at]}
	}
	if c == '\n' || c == '\r' {
		return nil
	}
	if c < '0' || c > '7' {
		return []byte{c}
	}
	value := 0
	end := min(len(text), *i+3)
	for ; *i < end && text[*i] >= '0' && text[*i] <= '7'; *i++ {
		value = value<<3 | int(text[*i]-'0')
	}
	*i--
	return []byte{byte(value)}
}

// decodeText reads a text string: UTF-16 or UTF-8 with its mark, else the eight bits of PDFDocEncoding, which are Latin 1 for the letters people
// sign with.
func decodeText(text []byte) string {
	if rest, ok := bytes.CutPrefix(text, []byte{0xfe, 0xff}); ok {
		units := make([]uint16, len(rest)/2)
		for i := range units {
			units[i] = uint16(rest[2*i])<<8 | uint16(rest[2*i+1])
		}
		return string(utf16.Decode(units))
	}
	if rest, ok := bytes.CutPrefix(text, []byte{0xef, 0xbb, 0xbf}); ok {
		return strings.ToValidUTF8(string(rest), "�")
	}
	runes := make([]rune, len(text))
	for i, b := range text {
		runes[i] = rune(b)
	}
	return string(runes)
}

var dateShape = regexp.MustCompile(`^D:(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(?:Z|([+-])(\d{2})'?(\d{2})?)?`)

// date reads a date of a PDF (ISO 32000-2 §7.9.4); zero where it is none.
func date(text string) time.Time {
	m := dateShape.FindStringSubmatch(text)
	if m == nil {
		return time.Time{}
	}
	at, err := time.Parse("20060102150405", strings.Join(m[1:7], ""))
	if err != nil {
		return time.Time{}
	}
	hours, _ := strconv.Atoi(m[8])
	minutes, _ := strconv.Atoi(m[9])
	offset := time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute
	if m[7] == "-" {
		offset = -offset
	}
	return at.Add(-offset)
}
