package outbox

import (
	"fmt"
	"mime"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	lineLength = 76 // of a line with an encoded word (RFC 2047 §2); others may be longer, and need not be
	maxWord    = 200
)

// oneLine takes out of a header's value what could end the header and begin another.
func oneLine(value string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(value, " ")))
}

// fold joins the words of a header's value; a new line begins where a word would not fit (RFC 5322 §2.2.3).
func fold(name string, words []string) string {
	var b strings.Builder
	room := lineLength - len(name) - 2
	for i, word := range words {
		switch {
		case i == 0:
		case len(word)+1 > room:
			b.WriteString("\r\n ")
			room = lineLength - 1
		default:
			b.WriteString(" ")
			room--
		}
		b.WriteString(word)
		room -= len(word)
	}
	return b.String()
}

// unstructured writes a text such as a subject: as it is where that can be read back, else as encoded words.
func unstructured(name, text string) string {
	text = oneLine(text)
	if words := strings.Split(text, " "); readable(text) && !strings.Contains(text, "  ") && longest(words) <= maxWord {
		return fold(name, words)
	}
	return fold(name, encodedWords(text, lineLength-len(name)-2))
}

// readable tells whether a text is ASCII and cannot be taken for an encoded word.
func readable(text string) bool {
	return !strings.Contains(text, "=?") && strings.IndexFunc(text, func(r rune) bool { return r < ' ' || r > '~' }) < 0
}

func longest(words []string) int {
	n := 0
	for _, word := range words {
		n = max(n, len(word))
	}
	return n
}

// phrase writes the name before an address: as a quoted string where that is short, else as encoded words.
func phrase(name, text string) []string {
	text = oneLine(text)
	switch {
	case text == "":
		return nil
	case readable(text) && len(text) <= lineLength/2:
		return []string{quote(text)}
	}
	return encodedWords(text, lineLength-len(name)-2)
}

// quote writes a quoted string (RFC 5322 §3.2.4).
func quote(text string) string { return `"` + escapes.Replace(text) + `"` }

var escapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

const wordStart, wordEnd, wordLength = "=?utf-8?q?", "?=", 75

// encodedWords writes a text in the encoding Q with the letters that may stand anywhere (RFC 2047 §5), each word at most 75 bytes long
// and the first at most first bytes.
func encodedWords(text string, first int) []string {
	var words []string
	word, limit := wordStart, max(min(first, wordLength), len(wordStart+wordEnd)+12) // 12: a rune of four bytes
	for _, r := range text {
		code := ""
		switch {
		case r == ' ':
			code = "_"
		case r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("!*+-/", r)):
			code = string(r)
		default:
			for _, b := range []byte(string(r)) {
				code += fmt.Sprintf("=%02X", b)
			}
		}
		if len(word)+len(code)+len(wordEnd) > limit {
			words = append(words, word+wordEnd)
			word, limit = wordStart, wordLength
		}
		word += code
	}
	return append(words, word+wordEnd)
}

// mediaType is a declared type in normal form, with its character set. Composite types cannot be written in base64 (RFC 2046 §5).
func mediaType(declared string) string {
	kind, params, err := mime.ParseMediaType(oneLine(declared))
	if err != nil || !token.MatchString(kind) || strings.HasPrefix(kind, "multipart/") || strings.HasPrefix(kind, "message/") {
		return "application/octet-stream"
	}
	if charset := params["charset"]; token.MatchString("x/" + charset) {
		kind += "; charset=" + charset
	}
	return kind
}

var token = regexp.MustCompile(`^[\w.+-]{1,60}/[\w.+-]{1,60}$`)

// parameter writes a MIME parameter on lines of its own: as a token or quoted string where that is short and readable, else in UTF-8 and
// in as many pieces as it takes (RFC 2231 §3, §4).
func parameter(name, value string) string {
	if readable(value) && len(value) <= lineLength/2 {
		return ";\r\n " + name + "=" + quote(value)
	}
	var pieces []string
	piece := "utf-8''"
	for _, r := range value {
		code := ""
		for _, b := range []byte(string(r)) {
			if b < utf8.RuneSelf && (unicode.IsLetter(rune(b)) || unicode.IsDigit(rune(b)) || b == '-' || b == '.' || b == '_') {
				code += string(rune(b))
			} else {
				code += fmt.Sprintf("%%%02X", b)
			}
		}
		if len(piece)+len(code) > lineLength-len(name)-10 { // 10: blank, *NNNN*=;
			pieces = append(pieces, piece)
			piece = ""
		}
		piece += code
	}
	if pieces = append(pieces, piece); len(pieces) == 1 {
		return ";\r\n " + name + "*=" + piece
	}
	var b strings.Builder
	for i, piece := range pieces {
		fmt.Fprintf(&b, ";\r\n %s*%d*=%s", name, i, piece)
	}
	return b.String()
}
