// Package french reads numbers, sums and days as French people write them: in figures and in words, with the words around them that change
// what they mean (« environ », « par mois », « HT »). It tells where in a text each stands, and judges nothing.
package french

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
