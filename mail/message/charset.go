package message

import (
	"bytes"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/unicode"
)

// decodeText reads bytes as the charset their sender names. The name is a hint: UTF-8 is told from its bytes, a name nobody
// knows and 8-bit characters without a name are Windows' western charset, and a byte order mark is always right.
func decodeText(content []byte, label string) string {
	label = charsetName(label)
	switch {
	case bytes.HasPrefix(content, []byte("\xef\xbb\xbf")):
		return strings.ToValidUTF8(string(content[3:]), "�")
	case bytes.HasPrefix(content, []byte("\xff\xfe")) || bytes.HasPrefix(content, []byte("\xfe\xff")):
		return decodeAs(unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM), content)
	case label == "utf-7":
		return decodeUTF7(content)
	}
	named := find(label)
	switch {
	case isASCII(content) && bytes.Contains(content, []byte("\x1b$")) && (named == nil || named == charmap.Windows1252):
		return decodeAs(japanese.ISO2022JP, content)
	case isASCII(content) && !shifts(label):
		return string(content)
	case utf8.Valid(content) && (named == nil || named == encoding.Replacement || single(named)):
		return string(content)
	case named == nil || named == encoding.Replacement || named == unicode.UTF8:
		return decodeBroken(content)
	}
	return decodeAs(named, content)
}

// shifts tells whether a charset writes its characters in 7-bit bytes.
func shifts(label string) bool {
	return strings.HasPrefix(label, "iso-2022") || strings.HasPrefix(label, "hz-") || strings.HasPrefix(label, "utf-16") || strings.HasPrefix(label, "utf-32") ||
		strings.HasPrefix(label, "unicode") || label == "csiso2022jp" || label == "csiso2022kr" || strings.HasPrefix(label, "ucs-")
}

// decodeBroken reads what is called UTF-8, or nothing, and is not: text with a few broken characters stays UTF-8, anything
// else is western.
func decodeBroken(content []byte) string {
	good, bad := 0, 0
	for rest := content; len(rest) > 0; {
		r, size := utf8.DecodeRune(rest)
		if r == utf8.RuneError && size <= 1 {
			bad++
		} else if size > 1 {
			good++
		}
		rest = rest[size:]
	}
	if good > bad {
		return strings.ToValidUTF8(string(content), "�")
	}
	return decodeAs(charmap.Windows1252, content)
}

func decodeAs(e encoding.Encoding, content []byte) string {
	text, err := e.NewDecoder().Bytes(content)
	if err != nil {
		return strings.ToValidUTF8(string(content), "�")
	}
	return string(text)
}

func isASCII(content []byte) bool {
	for _, c := range content {
		if c >= 0x80 {
			return false
		}
	}
	return true
}

// single tells whether a charset has one byte for each character of western Europe: text that is valid UTF-8 with several
// bytes is hardly ever meant so.
func single(e encoding.Encoding) bool {
	switch e {
	case charmap.Windows1252, charmap.ISO8859_1, charmap.ISO8859_15:
		return true
	}
	return false
}

// charsetName tidies the name of a charset.
func charsetName(label string) string {
	label = strings.ToLower(strings.Trim(label, "\"' \t;,"))
	label = strings.TrimPrefix(label, "charset=")
	label = strings.Trim(label, "\"' ")
	switch {
	case label == "utf8", label == "utf_8", strings.HasPrefix(label, "utf-8"):
		return "utf-8"
	case label == "unicode-1-1-utf-7", label == "utf7", label == "unicode-2-0-utf-7":
		return "utf-7"
	case strings.HasPrefix(label, "cp125"):
		return "windows-" + label[2:]
	case strings.HasPrefix(label, "iso8859"):
		return "iso-8859" + label[len("iso8859"):]
	case strings.HasPrefix(label, "iso_8859"):
		return "iso-8859" + label[len("iso_8859"):]
	}
	return label
}

// find gives the charset of a name; nil for one that nobody knows. Names mean what browsers take them to mean (WHATWG
// Encoding §4.2: iso-8859-1 is windows-1252).
func find(label string) encoding.Encoding {
	if label == "" {
		return nil
	}
	if e, err := htmlindex.Get(label); err == nil {
		return e
	}
	if e, err := ianaindex.MIME.Encoding(label); err == nil && e != nil {
		return e
	}
	if e, err := ianaindex.IANA.Encoding(label); err == nil && e != nil {
		return e
	}
	return nil
}

// decodeUTF7 reads UTF-7 (RFC 2152); what is broken stays as it is.
func decodeUTF7(content []byte) string {
	var out strings.Builder
	for i := 0; i < len(content); i++ {
		if content[i] != '+' {
			out.WriteByte(content[i])
			continue
		}
		end := i + 1
		for end < len(content) && isBase64(content[end]) {
			end++
		}
		if end == i+1 {
			out.WriteByte('+')
		} else {
			decoded, _ := decodeBase64(content[i+1 : end])
			units := make([]uint16, len(decoded)/2)
			for j := range units {
				units[j] = uint16(decoded[2*j])<<8 | uint16(decoded[2*j+1])
			}
			out.WriteString(string(utf16.Decode(units)))
		}
		if i = end - 1; end < len(content) && content[end] == '-' {
			i = end
		}
	}
	return strings.ToValidUTF8(out.String(), "�")
}

// western reads C1 control characters as what their sender meant: programs for Windows call their charset iso-8859-1 and
// write windows-1252, in which the euro sign is one of them. Browsers do the same (WHATWG Encoding §4.2).
func western(text string) string {
	if !strings.ContainsFunc(text, func(r rune) bool { return r >= 0x80 && r <= 0x9f }) {
		return text
	}
	return strings.Map(func(r rune) rune {
		if r >= 0x80 && r <= 0x9f {
			if meant := charmap.Windows1252.DecodeByte(byte(r)); meant != utf8.RuneError {
				return meant
			}
		}
		return r
	}, text)
}
