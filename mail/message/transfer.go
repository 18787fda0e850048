package message

import (
	"bytes"
	"encoding/base64"
	"strconv"
	"strings"

	"relance/mail/address"
)

// decodeTransfer undoes a Content-Transfer-Encoding (RFC 2045 §6) as far as it goes: what is broken in it is passed over
// and told.
func decodeTransfer(encoding string, content []byte) (decoded []byte, problem string) {
	switch encoding {
	case "base64":
		decoded, clean := decodeBase64(content)
		if !clean {
			problem = "some base64 is broken"
		}
		return decoded, problem
	case "quoted-printable":
		decoded, clean := decodeQuotedPrintable(content, true)
		if !clean {
			problem = "some quoted-printable is broken"
		}
		return decoded, problem
	case "x-uuencode", "uuencode", "x-uue", "uue":
		if files, _ := uudecode(string(content)); len(files) > 0 {
			return files[0].content, ""
		}
		return content, "uuencoding without a beginning"
	}
	return content, ""
}

// transferEncoding reads the name of an encoding; known is false for one that nobody knows.
func transferEncoding(value string) (name string, known bool) {
	name, _, _ = strings.Cut(strings.ToLower(value), ";")
	name, _ = address.Uncomment(name)
	name = strings.Trim(name, "\"' \t")
	switch name {
	case "quotedprintable", "quoted_printable", "qp":
		name = "quoted-printable"
	case "base-64":
		name = "base64"
	case "7-bit", "8-bit", "7 bit", "8 bit", "7bits", "8bits", "none", "plain", "text":
		name = "8bit"
	}
	switch name {
	case "", "7bit", "8bit", "binary", "base64", "quoted-printable", "x-uuencode", "uuencode", "x-uue", "uue":
		return name, true
	}
	return name, false
}

func isBase64(c byte) bool { return sextets[c] < 64 }

// sextets gives the value of a character of base64; 64 is padding, 65 white space, 66 anything else.
var sextets = func() (table [256]byte) {
	for i := range table {
		table[i] = 66
	}
	for i, c := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/" {
		table[c] = byte(i)
	}
	for _, c := range " \t\r\n" {
		table[c] = 65
	}
	table['='] = 64
	return table
}()

// decodeBase64 decodes with any line ends, noise and lack of padding; clean is false where something was not base64.
func decodeBase64(content []byte) (decoded []byte, clean bool) {
	strict := make([]byte, base64.StdEncoding.DecodedLen(len(content)))
	if n, err := base64.StdEncoding.Decode(strict, content); err == nil { // the usual case: the library passes over line ends
		return strict[:n], true
	}
	decoded, clean = strict[:0], true
	var bits uint32
	n, padded := 0, false
	for i, c := range content {
		v := sextets[c]
		switch {
		case padded && v != 65 && v != 64 && !anotherRun(content[i:]): // what stands below is no base64: a list's footer
			return decoded, false
		case v < 64:
			padded = false
			bits, n = bits<<6|uint32(v), n+1
			if n == 4 {
				decoded = append(decoded, byte(bits>>16), byte(bits>>8), byte(bits))
				bits, n = 0, 0
			}
		case v == 64:
			if n > 1 {
				decoded = tail(decoded, bits, n)
			}
			n, bits, padded = 0, 0, true
		case v == 66:
			clean = false
		}
	}
	if n > 1 {
		decoded = tail(decoded, bits, n)
	}
	return decoded, clean && n != 1
}

// anotherRun tells whether base64 goes on behind its padding: some programs encode each line by itself.
func anotherRun(content []byte) bool {
	line, _, _ := bytes.Cut(content, []byte("\n"))
	line = bytes.TrimRight(line, "\r ")
	for _, c := range line {
		if sextets[c] > 64 {
			return false
		}
	}
	return len(line)%4 == 0
}

// tail writes the bytes of the last two or three characters.
func tail(decoded []byte, bits uint32, n int) []byte {
	switch n {
	case 2:
		return append(decoded, byte(bits>>4))
	case 3:
		return append(decoded, byte(bits>>10), byte(bits>>2))
	}
	return decoded
}

// decodeQuotedPrintable decodes (RFC 2045 §6.7); an = that means nothing stays. Lines tells whether soft line breaks count.
func decodeQuotedPrintable(content []byte, lines bool) (decoded []byte, clean bool) {
	decoded, clean = make([]byte, 0, len(content)), true
	for i := 0; i < len(content); i++ {
		c := content[i]
		if c != '=' {
			if lines && (c == ' ' || c == '\t') {
				end := i
				for end < len(content) && (content[end] == ' ' || content[end] == '\t') {
					end++
				}
				if end == len(content) || content[end] == '\n' || content[end] == '\r' { // added on the way (rule 3)
					i = end - 1
					continue
				}
				decoded = append(decoded, content[i:end]...)
				i = end - 1
				continue
			}
			decoded = append(decoded, c)
			continue
		}
		rest := content[i+1:]
		if len(rest) >= 2 {
			if high, low := hexDigit(rest[0]), hexDigit(rest[1]); high < 16 && low < 16 {
				decoded = append(decoded, high<<4|low)
				i += 2
				continue
			}
		}
		if n := softBreak(rest); lines && n >= 0 {
			i += n
			continue
		}
		clean = false
		decoded = append(decoded, c)
	}
	return decoded, clean
}

// softBreak is the length of a line's end, with the spaces before it; -1 where there is none.
func softBreak(rest []byte) int {
	end := 0
	for end < len(rest) && (rest[end] == ' ' || rest[end] == '\t') {
		end++
	}
	switch {
	case end == len(rest):
		return end
	case rest[end] == '\n':
		return end + 1
	case rest[end] == '\r' && end+1 < len(rest) && rest[end+1] == '\n':
		return end + 2
	}
	return -1
}

func hexDigit(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	}
	return 16
}

// uuFile is a file written into a text (POSIX uuencode).
type uuFile struct {
	name    string
	content []byte
}

// uudecode takes the files out of a text, and gives the text without them. What only looks like the beginning of one stays.
func uudecode(text string) (files []uuFile, rest string) {
	if !strings.Contains(text, "begin ") {
		return nil, text
	}
	list := strings.Split(text, "\n")
	var kept []string
	for i := 0; i < len(list); i++ {
		name, ok := uuBegin(list[i])
		if !ok {
			kept = append(kept, list[i])
			continue
		}
		content, n := uuBody(list[i+1:])
		if n == 0 {
			kept = append(kept, list[i])
			continue
		}
		files = append(files, uuFile{name, content})
		i += n
	}
	return files, strings.Join(kept, "\n")
}

// uuBegin reads « begin 644 name ».
func uuBegin(line string) (name string, ok bool) {
	parts := strings.SplitN(strings.TrimRight(line, "\r"), " ", 3)
	if len(parts) != 3 || parts[0] != "begin" || parts[2] == "" || len(parts[1]) < 3 || len(parts[1]) > 4 {
		return "", false
	}
	_, err := strconv.ParseUint(parts[1], 8, 16)
	return parts[2], err == nil
}

// uuBody decodes lines up to « end »; n is how many it took, none where a line is not uuencoded.
func uuBody(lines []string) (content []byte, n int) {
	var out bytes.Buffer
	for i, line := range lines {
		line = strings.TrimRight(line, "\r")
		if line == "end" {
			if out.Len() == 0 {
				return nil, 0 // a sentence that begins with the word
			}
			return out.Bytes(), i + 1
		}
		if strings.TrimSpace(line) == "" || line == "`" {
			continue
		}
		length := int(line[0]-' ') & 63
		if line[0] < ' ' || line[0] > '`' || len(line)-1 > (length+2)/3*4+2 {
			return nil, 0
		}
		at := func(i int) byte {
			if i < len(line) && line[i] >= ' ' && line[i] <= '`' {
				return (line[i] - ' ') & 63
			}
			return 0
		}
		var row []byte
		for j := 1; len(row) < length; j += 4 {
			a, b, c, d := at(j), at(j+1), at(j+2), at(j+3)
			row = append(row, a<<2|b>>4, b<<4|c>>2, c<<6|d)
		}
		out.Write(row[:length])
	}
	return nil, 0
}
