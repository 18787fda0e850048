package prose

import (
	"strings"
	"unicode"
)

const (
	noBreak       = '\u00a0'
	narrowNoBreak = '\u202f'
)

// Typography puts the no-break spaces of French typography into a text: a narrow one (U+202F) before ; ? and !, a full one
// (U+00A0) before : » € and %, and after «. A space that is there is replaced, one that is missing is added where the sign
// ends a word. Web and mail addresses, times (10:12) and "::" stay as they are. Doing it twice changes nothing more.
func Typography(s string) string {
	if !strings.ContainsAny(s, ":;?!«»€%") {
		return s
	}
	in := []rune(s)
	guarded := addresses(in)
	out := make([]rune, 0, len(in)+8)
	for i := 0; i < len(in); {
		end := i
		for end < len(in) && isGap(in[end]) {
			end++
		}
		space := rune(0)
		if i > 0 && end < len(in) {
			space = spaceBetween(in, i, end, guarded)
		}
		switch {
		case space != 0:
			out = append(out, space)
		default:
			out = append(out, in[i:end]...)
		}
		if end < len(in) {
			out = append(out, in[end])
			end++
		}
		i = end
	}
	return string(out)
}

// spaceBetween tells which space belongs between in[at-1] and in[next], where in[at:next] are spaces; 0 leaves it alone.
func spaceBetween(in []rune, at, next int, guarded []bool) rune {
	before, sign, present := in[at-1], in[next], next > at
	after := rune(' ')
	if next+1 < len(in) {
		after = in[next+1]
	}
	if before == '\n' || guarded[next] || (!present && guarded[at-1]) {
		return 0
	}
	if before == '«' && sign != '\n' {
		return noBreak
	}
	switch sign {
	case '»':
		return noBreak
	case '€', '%':
		if unicode.IsDigit(before) && !wordRune(after) {
			return noBreak
		}
	case ':', ';', '?', '!':
		if !closes(after) || before == ':' || sign == ':' && after == ':' || !present && !endsWord(before) {
			return 0
		}
		if sign == ':' {
			return noBreak
		}
		return narrowNoBreak
	}
	return 0
}

// addresses marks the runes of web and mail addresses.
func addresses(in []rune) []bool {
	marks := make([]bool, len(in))
	for i := 0; i < len(in); {
		end := i
		for end < len(in) && !unicode.IsSpace(in[end]) {
			end++
		}
		if word := string(in[i:end]); strings.Contains(word, "://") || strings.Contains(word, "@") || strings.Contains(word, "www.") {
			for k := i; k < end; k++ {
				marks[k] = true
			}
		}
		i = end + 1
	}
	return marks
}

func isGap(r rune) bool {
	return r == ' ' || r == noBreak || r == narrowNoBreak || r == '\u2009'
}

func wordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// endsWord tells whether a sign may directly follow r in careless writing and wants a space there.
func endsWord(r rune) bool { return wordRune(r) || strings.ContainsRune(")]»\"'’”%€", r) }

// closes tells whether a sign followed by r is punctuation and not, say, part of a time or a query.
func closes(r rune) bool {
	return unicode.IsSpace(r) || strings.ContainsRune(".,;:?!)]»\"”’…", r)
}
