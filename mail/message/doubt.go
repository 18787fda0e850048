package message

import (
	"bytes"
	"unicode/utf8"

	"relance/mail/address"
)

// Layout is the doubt about a header whose lines another reader cuts otherwise, so that it may find another From field, or none.
const Layout address.Doubt = "layout"

// headerDoubt looks at a message as it came for what readers do not agree on: line ends of two kinds (RFC 5322 §2.3), control characters (§4),
// lines of spaces alone (§4.2), lines that are no field, a space before a colon (§4.5.8), empty lines above the header, a From field that is not
// UTF-8 (RFC 6532 §3.2), and a header longer than is read.
func headerDoubt(raw []byte) address.Doubt {
	section := raw[:min(len(raw), maxHeader)]
	crlf, lf, ended, from := 0, 0, false, false
	for n := 0; len(section) > 0 && !ended; n++ {
		line, rest, found := bytes.Cut(section, []byte("\n"))
		text := bytes.TrimSuffix(line, []byte("\r"))
		switch {
		case !found:
		case len(text) < len(line):
			crlf++
		default:
			lf++
		}
		if ended = len(text) == 0; ended {
			if n == 0 {
				return Layout
			}
			break
		}
		name := fieldName(text)
		field := len(name) > 0
		if from = bytes.EqualFold(name, []byte("From")) || from && !field; from && !utf8.Valid(text) || n > maxFields || !agreed(text, n == 0, field) {
			return Layout
		}
		section = rest
	}
	if crlf > 0 && lf > 0 || !ended && len(raw) > maxHeader {
		return Layout
	}
	return ""
}

// agreed tells whether all readers take a line of a header for the same.
func agreed(line []byte, first, field bool) bool {
	for _, c := range line {
		if c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	if line[0] == ' ' || line[0] == '\t' {
		return !first && len(bytes.TrimSpace(line)) > 0
	}
	if !field {
		return first && bytes.HasPrefix(line, []byte("From ")) // opens a message of an mbox file
	}
	return line[bytes.IndexByte(line, ':')-1] > ' '
}
