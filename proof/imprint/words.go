package imprint

import (
	"encoding/hex"
	"strconv"
	"strings"
)

// token is a word of the instructions that draw a page (ISO 32000-2 §7.2): an operator, a number, a name, a string or
// a bracket.
type token struct {
	kind  byte // 'o' operator, 'n' number, '/' name, 's' string, '[' ']' or '<' '>' for brackets
	text  string
	value float64
}

func isSpace(c byte) bool     { return strings.IndexByte(" \t\r\n\f\x00", c) >= 0 }
func isDelimiter(c byte) bool { return strings.IndexByte("()<>[]{}/%", c) >= 0 }

// tokens cuts instructions into words; ok is false where they are not what the standard allows.
func tokens(content []byte) (list []token, ok bool) {
	for i := 0; i < len(content); {
		c := content[i]
		switch {
		case isSpace(c):
			i++
		case c == '%':
			for i < len(content) && content[i] != '\n' && content[i] != '\r' {
				i++
			}
		case c == '(':
			text, end := literal(content, i)
			if end < 0 {
				return nil, false
			}
			list, i = append(list, token{kind: 's', text: text}), end
		case c == '<' && i+1 < len(content) && content[i+1] != '<':
			end := strings.IndexByte(string(content[i:]), '>')
			if end < 0 {
				return nil, false
			}
			digits := strings.Join(strings.Fields(string(content[i+1:i+end])), "")
			text, err := hex.DecodeString(digits + strings.Repeat("0", len(digits)%2))
			if err != nil {
				return nil, false
			}
			list, i = append(list, token{kind: 's', text: string(text)}), i+end+1
		case c == '<' || c == '>':
			if i+1 >= len(content) || content[i+1] != c {
				return nil, false
			}
			list, i = append(list, token{kind: c}), i+2
		case c == '[' || c == ']':
			list, i = append(list, token{kind: c}), i+1
		case c == '/':
			end := wordEnd(content, i+1)
			list, i = append(list, token{kind: '/', text: string(content[i+1 : end])}), end
		case isDelimiter(c):
			return nil, false
		default:
			end := wordEnd(content, i)
			word := string(content[i:end])
			t := token{kind: 'o', text: word}
			if value, err := strconv.ParseFloat(word, 64); err == nil && strings.Trim(word, "+-.0123456789") == "" {
				t = token{kind: 'n', text: word, value: value}
			}
			list, i = append(list, t), end
		}
	}
	return list, true
}

func wordEnd(content []byte, i int) int {
	for i < len(content) && !isSpace(content[i]) && !isDelimiter(content[i]) {
		i++
	}
	return i
}

// literal reads a string in parentheses (ISO 32000-2 §7.3.4.2); end is negative where it has none.
func literal(content []byte, i int) (text string, end int) {
	var out []byte
	depth := 0
	for ; i < len(content); i++ {
		c := content[i]
		switch {
		case c == '\\' && i+1 < len(content):
			i++
			switch e := content[i]; {
			case e >= '0' && e <= '7':
				n := i
				for n < len(content) && n < i+3 && content[n] >= '0' && content[n] <= '7' {
					n++
				}
				value, _ := strconv.ParseUint(string(content[i:n]), 8, 16) // octal digits, three at most
				out, i = append(out, byte(value)), n-1
			case strings.IndexByte("nrtbf", e) >= 0:
				out = append(out, "\n\r\t\b\f"[strings.IndexByte("nrtbf", e)])
			case e != '\n' && e != '\r':
				out = append(out, e)
			}
			continue
		case c == '(':
			if depth++; depth == 1 {
				continue
			}
		case c == ')':
			if depth--; depth == 0 {
				return string(out), i + 1
			}
		}
		out = append(out, c)
	}
	return "", -1
}
