package command

import (
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// screen writes text for people to a terminal. What strangers have written – names, subjects, file names – may hold characters that move the cursor,
// change colours or turn the direction of reading (Unicode Standard Annex 9), so that something else is seen than what is there: each of them is shown
// as a mark. Lines and tabulators stay.
type screen struct {
	io.Writer
	as   func(rune) string // how such a character is written; nil: as a mark
	rest []byte            // the beginning of a character that is not whole yet
}

// Write tells the number of bytes it took, as if nothing had been replaced.
func (s *screen) Write(p []byte) (int, error) {
	text := append(s.rest, p...)
	whole := len(text)
	for back := 1; back < utf8.UTFMax && back <= len(text); back++ {
		if b := text[len(text)-back]; utf8.RuneStart(b) {
			if !utf8.FullRune(text[len(text)-back:]) {
				whole = len(text) - back
			}
			break
		}
	}
	s.rest = append([]byte(nil), text[whole:]...)
	if _, err := io.WriteString(s.Writer, s.shown(string(text[:whole]))); err != nil {
		return 0, err
	}
	return len(p), nil
}

// shown is a text with each character written otherwise that would not be seen, or change how others are.
func (s *screen) shown(text string) string {
	as := s.as
	if as == nil {
		as = marked
	}
	var b strings.Builder
	for _, r := range text {
		if moves(r) {
			b.WriteString(as(r))
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// marked writes a character as a mark, and a separator of lines as a space.
func marked(r rune) string {
	if r == '\u2028' || r == '\u2029' {
		return " "
	}
	return string(utf8.RuneError)
}

// moves tells whether a character is not seen itself, or changes how others are: controls, marks of format and direction, separators of lines, and
// letters that are drawn as nothing. A soft hyphen does no harm.
func moves(r rune) bool {
	switch r {
	case '\n', '\t', '\u00ad':
		return false
	case '\u2028', '\u2029', '\u115f', '\u1160', '\u3164', '\uffa0':
		return true
	}
	return unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Cf, r)
}

// escaped writes a character as JSON does (RFC 8259 §7): a program reads the same text, and a terminal is not moved.
func escaped(r rune) string {
	if high, low := utf16.EncodeRune(r); high != utf8.RuneError {
		return fmt.Sprintf(`\u%04x\u%04x`, high, low)
	}
	return fmt.Sprintf(`\u%04x`, r)
}
