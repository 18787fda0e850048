package message

import (
	"encoding/hex"
	"path"
	"strconv"
	"strings"
	"unicode"

	"relance/mail/address"
)

// parseParams reads a value with parameters (RFC 2045 §5.1, RFC 2231) as it comes: without quotes where there ought to be
// some, with too many semicolons, in any charset. Names of parameters are in lower case.
func parseParams(text string) (value string, params map[string]string) {
	parts := splitParams(text)
	value = bareValue(parts[0])
	params = map[string]string{}
	var extended map[string]map[int]segment
	for _, part := range parts[1:] {
		name, raw, ok := strings.Cut(part, "=")
		name = strings.ToLower(strings.TrimSpace(name))
		if !ok || name == "" {
			continue
		}
		raw, _ = uncommentValue(raw)
		raw = unquotePath(raw)
		base, rest, isExtended := strings.Cut(name, "*")
		if !isExtended {
			if _, known := params[name]; !known {
				params[name] = decodeWords(raw)
			}
			continue
		}
		index, encoded := 0, rest == "" || strings.HasSuffix(rest, "*")
		if digits := strings.TrimSuffix(rest, "*"); digits != "" {
			n, err := strconv.Atoi(digits)
			if err != nil || n > 100 {
				continue
			}
			index = n
		}
		if extended == nil {
			extended = map[string]map[int]segment{}
		}
		if extended[base] == nil {
			extended[base] = map[int]segment{}
		}
		extended[base][index] = segment{raw, encoded}
	}
	for name, segments := range extended {
		if joined := join(segments); joined != "" {
			params[name] = joined // « filename* » is better than a « filename » beside it (RFC 6266 §4.3)
		}
	}
	return value, params
}

// typeOf is the value alone, as parseParams gives it.
func typeOf(text string) string {
	if value, _, _ := strings.Cut(text, ";"); !strings.Contains(value, `"`) {
		return bareValue(value)
	}
	return bareValue(splitParams(text)[0])
}

func bareValue(text string) string {
	return strings.ToLower(strings.TrimSpace(strings.Trim(text, `"' `)))
}

// segment is a piece of a parameter that is cut in several (RFC 2231 §3).
type segment struct {
	raw     string
	encoded bool // with %XX, the first one after charset'language'
}

// join puts the pieces of a parameter together.
func join(segments map[int]segment) string {
	var bytes []byte
	charset := ""
	for i := 0; ; i++ {
		s, ok := segments[i]
		if !ok {
			break
		}
		if !s.encoded {
			bytes = append(bytes, s.raw...)
			continue
		}
		if i == 0 {
			if parts := strings.SplitN(s.raw, "'", 3); len(parts) == 3 {
				charset, s.raw = parts[0], parts[2]
			}
		}
		bytes = append(bytes, percent(s.raw)...)
	}
	return decodeWords(decodeText(bytes, charset))
}

// percent reads %XX; what is none stays.
func percent(text string) []byte {
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		if text[i] == '%' && i+2 < len(text) {
			if b, err := hex.DecodeString(text[i+1 : i+3]); err == nil {
				out = append(out, b[0])
				i += 2
				continue
			}
		}
		out = append(out, text[i])
	}
	return out
}

// splitParams cuts at the semicolons outside quotation marks. A mark that is never closed is none.
func splitParams(text string) []string {
	const enough = 100
	var parts []string
	start, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && quoted:
			i++
		case c == '"':
			quoted = !quoted && strings.IndexByte(text[i+1:], '"') >= 0
		case c == ';' && !quoted && len(parts) < enough:
			parts = append(parts, text[start:i])
			start = i + 1
		}
	}
	return append(parts, text[start:])
}

// unquotePath takes off quotation marks; a backslash is one of a path unless it stands before a mark or another backslash.
func unquotePath(raw string) string {
	raw = strings.TrimSpace(raw)
	if !strings.HasPrefix(raw, `"`) {
		return strings.Trim(raw, `"`)
	}
	raw = strings.TrimPrefix(raw, `"`)
	var out strings.Builder
	for i := 0; i < len(raw); i++ {
		switch {
		case raw[i] == '\\' && i+1 < len(raw) && (raw[i+1] == '"' && i+2 < len(raw) || raw[i+1] == '\\'):
			i++
			out.WriteByte(raw[i])
		case raw[i] == '"':
			return out.String()
		default:
			out.WriteByte(raw[i])
		}
	}
	return out.String()
}

// uncommentValue takes a comment off a value that is not quoted.
func uncommentValue(raw string) (string, string) {
	if strings.ContainsRune(raw, '"') || !strings.HasSuffix(strings.TrimSpace(raw), ")") || !strings.Contains(raw, " (") {
		return raw, ""
	}
	return address.Uncomment(raw)
}

// fileName is a name that is safe to show and store: the last part of a path, without control characters.
func fileName(name string) string {
	if strings.Contains(name, "%") && !strings.Contains(name, " ") {
		if plain := string(percent(name)); plain != name && decodeText([]byte(plain), "utf-8") == plain {
			name = plain
		}
	}
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u202e' || r == '\u202d' || r == unicode.ReplacementChar { // text direction hides endings
			return -1
		}
		return r
	}, name)
	name = strings.Join(strings.FieldsFunc(strings.ReplaceAll(name, `\`, "/"), func(r rune) bool { return r == ' ' }), " ")
	if name = path.Base(name); name == "." || name == "/" || name == ".." {
		return ""
	}
	const longest = 400
	if len([]rune(name)) > longest {
		ending := path.Ext(name)
		if len(ending) > 10 {
			ending = ""
		}
		name = string([]rune(name)[:longest-len(ending)]) + ending
	}
	return name
}
