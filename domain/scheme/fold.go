package scheme

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Fold brings a text to the form in which labels and phrases are compared: small letters without accents, straight
// apostrophes, one space between words.
func Fold(text string) string {
	var b strings.Builder
	space := false
	for _, r := range norm.NFKD.String(text) {
		switch {
		case unicode.Is(unicode.Mn, r):
		case unicode.IsSpace(r):
			space = b.Len() > 0
		default:
			if space {
				b.WriteByte(' ')
				space = false
			}
			switch r {
			case '’', '‘', '´', '`':
				r = '\''
			case 'œ', 'Œ':
				b.WriteByte('o')
				r = 'e'
			}
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}
