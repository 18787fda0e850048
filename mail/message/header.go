package message

import (
	"bytes"
	"net/mail"
	"net/textproto"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"relance/mail/address"
)

// field is one header field: its name in canonical form (Message-Id), its value unfolded and in UTF-8, encoded words still
// encoded.
type field struct{ name, value string }

// header is a header section in the order of its fields.
type header []field

// get gives the value of the first field of a name, empty where there is none.
func (h header) get(name string) string {
	for _, f := range h {
		if f.name == name {
			return f.value
		}
	}
	return ""
}

// all gives the values of every field of a name.
func (h header) all(name string) []string {
	var values []string
	for _, f := range h {
		if f.name == name {
			values = append(values, f.value)
		}
	}
	return values
}

const (
	maxHeader = 1 << 20 // bytes of a header section that are looked at
	maxFields = 5000
)

// Ends tells whether a message's header ends within what is looked at of it. One that does not is no mail of a person's, and costs its verifier
// ten times its size in memory.
func Ends(raw []byte) bool {
	top := raw[:min(len(raw), maxHeader)]
	return bytes.Contains(top, []byte("\n\r\n")) || bytes.Contains(top, []byte("\n\n"))
}

// splitHeader cuts a part into header and body at the first empty line (RFC 5322 §2.1). A line in the header that is no
// field is passed over; a part whose first line is none has no header at all.
func splitHeader(raw []byte) (h header, body []byte, problem string) {
	rest := raw
	const usual = 16 // fields
	h = make(header, 0, usual)
	var folded []string // the lines that go on with the last field
	unfold := func() {
		if len(folded) > 0 {
			h[len(h)-1].value += " " + strings.Join(folded, " ")
			folded = nil
		}
	}
	open := false // the last line ends in a semicolon
	for first := true; len(rest) > 0 && len(raw)-len(rest) < maxHeader && len(h) < maxFields; first = false {
		line, after, _ := bytes.Cut(rest, []byte("\n"))
		line = bytes.TrimSuffix(line, []byte("\r"))
		line = line[:min(len(line), maxHeader)]
		name, value, isField := cutField(line)
		switch {
		case len(line) == 0:
			unfold()
			return h.utf8(), after, problem
		case (line[0] == ' ' || line[0] == '\t' || open && unfolded.Match(line)) && len(h) > 0: // a parameter may have lost the space before it
			folded = append(folded, string(bytes.TrimSpace(line)))
		case isField:
			unfold()
			h = append(h, field{name, value})
		case first && bytes.HasPrefix(line, []byte("From ")): // opens a message of an mbox file
		case first:
			return nil, raw, "there is no header"
		case bytes.HasPrefix(line, []byte("--")): // a boundary: somebody forgot the empty line (RFC 2046 §5.1.1)
			unfold()
			return h.utf8(), rest, "no empty line below the header"
		default:
			problem = "a line of the header is not a header"
		}
		open = bytes.HasSuffix(bytes.TrimRight(line, " \t"), []byte(";"))
		rest = after
	}
	unfold()
	return h.utf8(), rest, problem
}

// unfolded is a parameter at the beginning of a line.
var unfolded = regexp.MustCompile(`(?i)^(?:boundary|charset|name|filename|type|report-type|format)\*?\d*\*?=\S`)

// cutField cuts a line into the name of a field and its value.
func cutField(line []byte) (name, value string, ok bool) {
	raw := fieldName(line)
	if len(raw) == 0 {
		return "", "", false
	}
	_, after, _ := bytes.Cut(line, []byte(":"))
	return textproto.CanonicalMIMEHeaderKey(string(raw)), string(bytes.TrimSpace(after)), true
}

// fieldName is the name of the field that a line is, as it is written; empty where the line is none.
func fieldName(line []byte) []byte {
	colon := bytes.IndexByte(line, ':')
	if colon <= 0 || colon > 100 {
		return nil
	}
	raw := bytes.TrimRight(line[:colon], " \t") // obs-optional (RFC 5322 §4.5.8)
	for _, c := range raw {
		if c <= ' ' || c >= 0x7f {
			return nil
		}
	}
	return raw
}

// utf8 reads fields that hold 8-bit characters without saying which.
func (h header) utf8() header {
	for i, f := range h {
		if strings.IndexFunc(f.value, func(r rune) bool { return r >= 0x80 || r == 0x1b }) >= 0 { // ISO 2022 is ASCII with escapes
			h[i].value = decodeText([]byte(f.value), "")
		}
	}
	return h
}

// encodedWord is =?charset?B?…?= (RFC 2047 §2), with the spaces that careless programs leave in it.
var encodedWord = regexp.MustCompile(`=\?([^?\s]{1,60})\?([BbQq])\?([^?]*(?:\?[^=?][^?]*)*)\?=`)

// decode reads encoded words (RFC 2047); what cannot be decoded stays as it was written. White space is one space.
func decode(text string) string {
	if isPlain(text) {
		return text
	}
	return strings.Join(strings.FieldsFunc(western(strings.ToValidUTF8(decodeWords(text), "�")), func(r rune) bool {
		return unicode.IsSpace(r) && r != '\u00a0' && r != '\u202f' || r < ' '
	}), " ")
}

// isPlain tells whether a text is ASCII with single spaces, without an encoded word: decode has nothing to do.
func isPlain(text string) bool {
	last := byte(' ')
	for _, c := range []byte(text) {
		if c < ' ' || c >= 0x80 || c == ' ' && last == ' ' || c == '?' && last == '=' {
			return false
		}
		last = c
	}
	return last != ' ' || text == ""
}

// decodeWords reads encoded words. Neighbours of one charset are decoded as one: programs cut characters in two.
func decodeWords(text string) string {
	if !strings.Contains(text, "=?") {
		return text
	}
	found := encodedWord.FindAllStringSubmatchIndex(text, -1)
	if found == nil {
		return text
	}
	var out strings.Builder
	var held []byte // decoded bytes of neighbouring words
	var charset string
	flush := func() {
		out.WriteString(decodeText(held, charset))
		held = nil
	}
	end := 0
	for _, at := range found {
		between := text[end:at[0]]
		label, _, _ := strings.Cut(text[at[2]:at[3]], "*") // a language may follow (RFC 2231 §5)
		if end > 0 && strings.TrimSpace(between) == "" {
			if !strings.EqualFold(label, charset) {
				flush()
			}
		} else {
			flush()
			out.WriteString(between)
		}
		charset = label
		word := []byte(text[at[6]:at[7]])
		if text[at[4]] == 'B' || text[at[4]] == 'b' {
			decoded, _ := decodeBase64(word)
			held = append(held, decoded...)
		} else {
			held = append(held, decodeQ(word)...)
		}
		end = at[1]
	}
	flush()
	return out.String() + text[end:]
}

// decodeQ reads the Q encoding (RFC 2047 §4.2).
func decodeQ(word []byte) []byte {
	decoded, _ := decodeQuotedPrintable(bytes.ReplaceAll(word, []byte("_"), []byte(" ")), false)
	return decoded
}

// ids reads Message-IDs (RFC 5322 §3.6.4).
func ids(text string) []string {
	const enough = 1000
	var found []string
	for len(found) < enough {
		open := strings.IndexByte(text, '<')
		if open < 0 {
			break
		}
		end := strings.IndexByte(text[open:], '>')
		if end < 0 {
			break
		}
		if id := strings.Join(strings.Fields(text[open+1:open+end]), ""); id != "" {
			found = append(found, id)
		}
		text = text[open+end+1:]
	}
	return found
}

func firstID(text string) string {
	if list := ids(text); len(list) > 0 {
		return list[0]
	}
	if words := strings.Fields(strings.Trim(text, "<> ")); len(words) == 1 || len(words) > 0 && strings.Contains(words[0], "@") {
		return words[0]
	}
	return ""
}

// looseDate is a date as careless programs write it (RFC 5322 §4.3, and beyond).
var looseDate = regexp.MustCompile(`(?i)(\d{1,2})[\s/-]+(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?,?[\s/-]+(\d{2,4}),?\s+(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?(?:\.\d+)?\s*(am|pm)?\s*([+-]\d{1,2}:?\d{2}|[a-z]{1,5})?`)

var aroundColon = regexp.MustCompile(`\s*:\s*`)

var zones = map[string]int{"est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7, "cet": 1, "cest": 2, "met": 1, "mest": 2, "bst": 1, "wet": 0, "west": 1, "eet": 2, "eest": 3}

// parseDate reads a date (RFC 5322 §3.3), leniently.
func parseDate(text string) (time.Time, bool) {
	text = strings.TrimSpace(text)
	if date, err := time.Parse("Mon, 2 Jan 2006 15:04:05 -0700", text); err == nil { // as nearly all programs write it
		return date, true
	}
	if strings.ContainsRune(text, '(') || strings.Contains(text, " :") { // comments and spaces may stand anywhere (RFC 5322 §4.3)
		text, _ = address.Uncomment(text)
		text = aroundColon.ReplaceAllString(text, ":")
	}
	loose := looseDate.FindStringSubmatch(text)
	if loose == nil || len(loose[3]) == 4 && loose[8] != "" && (loose[8][0] == '+' || loose[8][0] == '-') {
		if date, err := mail.ParseDate(text); err == nil {
			return date, true
		}
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05", time.ANSIC, time.UnixDate} {
		if date, err := time.Parse(layout, text); err == nil {
			return date, true
		}
	}
	if loose == nil {
		return time.Time{}, false
	}
	number := func(i int) int { n, _ := strconv.Atoi(loose[i]); return n }
	month := time.Month(1 + strings.Index("janfebmaraprmayjunjulaugsepoctnovdec", strings.ToLower(loose[2]))/3)
	year, hour := number(3), number(4)
	switch { // obs-year (RFC 5322 §4.3)
	case len(loose[3]) == 2 && year < 50:
		year += 2000
	case len(loose[3]) < 4:
		year += 1900
	}
	if strings.EqualFold(loose[7], "pm") && hour < 12 {
		hour += 12
	}
	if number(1) > 31 || hour > 24 || number(5) > 59 || number(6) > 60 {
		return time.Time{}, false
	}
	return time.Date(year, month, number(1), hour, number(5), number(6), 0, zone(loose[8])), true
}

// zone reads a time zone; one that nobody knows is taken for UTC (RFC 5322 §4.3).
func zone(text string) *time.Location {
	if text != "" && (text[0] == '+' || text[0] == '-') {
		digits := strings.ReplaceAll(text[1:], ":", "")
		n, _ := strconv.Atoi(digits)
		offset := (n/100*60 + n%100) * 60
		if text[0] == '-' {
			offset = -offset
		}
		return time.FixedZone("", offset)
	}
	if hours, known := zones[strings.ToLower(text)]; known {
		return time.FixedZone("", hours*3600)
	}
	return time.UTC
}
