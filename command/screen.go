package command

import (
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// screen writes text for people to a terminal. What strangers have written – names, subjects, file names – may hold characters that move the cursor,
// change colours or turn the direction of reading (Unicode Standard Annex 9), so that something else is seen than what is there: each of them is shown
// as a mark. Lines and tabulators stay.
type screen struct {
	io.Writer
	rest []byte // the beginning of a character that is not whole yet
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
	if _, err := io.WriteString(s.Writer, shown(string(text[:whole]))); err != nil {
		return 0, err
	}
	return len(p), nil
}

// shown is a text with a mark in the place of each character that would not be seen, or change how others are.
func shown(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\u2028' || r == '\u2029':
			return ' '
		case unicode.Is(unicode.Cc, r), unicode.Is(unicode.Cf, r) && r != '\u00ad', r == '\u115f', r == '\u1160', r == '\u3164', r == '\uffa0':
			return utf8.RuneError
		}
		return r
	}, text)
}
