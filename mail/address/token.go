package address

import "strings"

// kind is the kind of a token (RFC 5322 §3.2).
type kind byte

const (
	space   kind = iota
	word         // a run of anything else
	quoted       // "…"
	comment      // (…), with those inside it
	special      // one of < > , ; :
)

// token is a piece of a field's value, by its place in it.
type token struct {
	kind       kind
	start, end int
}

// specials are the characters that structure an address list, apart from quotes and parentheses.
const specials = "<>,;:"

// longest is how much of a value is read, in bytes.
const longest = 1 << 20

// tokens cuts a value. Whole is false where a quoted string or a comment is never closed: such a quotation mark is an ordinary character, and
// such a comment goes on to the end.
func tokens(value string) (list []token, whole bool) {
	value, whole = value[:min(len(value), longest)], len(value) <= longest
	quotes := true // a closing quotation mark may follow
	for i := 0; i < len(value); {
		t := token{word, i, i + 1}
		switch c := value[i]; {
		case blank(c):
			for t.kind = space; t.end < len(value) && blank(value[t.end]); t.end++ {
			}
		case strings.IndexByte(specials, c) >= 0:
			t.kind = special
		case c == '(':
			t.kind = comment
			var closed bool
			t.end, closed = closing(value, i, '(', ')')
			whole = whole && closed
		case c == '"' && quotes:
			if end, closed := closing(value, i, 0, '"'); closed {
				t.kind, t.end = quoted, end
			} else {
				quotes, whole = false, false
			}
		default:
			t.end = wordEnd(value, i)
		}
		list = append(list, t)
		i = t.end
	}
	return list, whole
}

func blank(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// wordEnd is where the word ends that begins at i.
func wordEnd(value string, i int) int {
	for i++; i < len(value) && !blank(value[i]) && value[i] != '(' && value[i] != '"' && strings.IndexByte(specials, value[i]) < 0; i++ {
	}
	return i
}

// closing is where the quoted string or comment ends that begins at start. Comments nest (RFC 5322 §3.2.2); a backslash takes its meaning from
// the next character (§3.2.1).
func closing(value string, start int, open, end byte) (int, bool) {
	depth := 1
	for i := start + 1; i < len(value); i++ {
		switch value[i] {
		case '\\':
			i++
		case end:
			if depth--; depth == 0 {
				return i + 1, true
			}
		case open:
			depth++
		}
	}
	return len(value), false
}

// list is a value with its tokens.
type list struct {
	value  string
	tokens []token
}

// raw is a token as it was written.
func (l list) raw(t token) string { return l.value[t.start:t.end] }

// is tells whether a token is a certain special character.
func (l list) is(t token, c byte) bool { return t.kind == special && l.value[t.start] == c }

// text is what a token says: a quoted string or comment without its marks and backslashes.
func (l list) text(t token) string {
	raw := l.raw(t)
	if t.kind != quoted && t.kind != comment {
		return raw
	}
	raw = strings.TrimSuffix(raw[1:], map[kind]string{quoted: `"`, comment: ")"}[t.kind])
	if strings.IndexByte(raw, '\\') < 0 {
		return raw
	}
	var out strings.Builder
	for i := 0; i < len(raw); i++ {
		if raw[i] == '\\' && i+1 < len(raw) {
			i++
		}
		out.WriteByte(raw[i])
	}
	return out.String()
}

// Uncomment takes comments out of a value (RFC 5322 §3.2.2), and gives them too.
func Uncomment(value string) (without, comments string) {
	if strings.IndexByte(value, '(') < 0 {
		return value, ""
	}
	all, _ := tokens(value)
	l := list{value, all}
	var out strings.Builder
	var inside []string
	for _, t := range l.tokens {
		if t.kind == comment {
			inside = append(inside, strings.TrimSpace(l.text(t)))
			continue
		}
		out.WriteString(l.raw(t))
	}
	return out.String(), strings.Join(inside, " ")
}
