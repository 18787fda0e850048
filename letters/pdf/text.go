package pdf

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/go-fonts/liberation/liberationsansbold"
	"github.com/go-fonts/liberation/liberationsansregular"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/text/unicode/norm"

	"relance/letters/prose"
)

// missing stands for a character that cannot be printed.
const missing = '□'

// joiner makes one picture of several emoji.
const joiner = '\u200d'

// glyphs is the set of characters up to U+FFFF that both faces can print.
var glyphs = sync.OnceValue(func() *[1 << 16]bool {
	var set [1 << 16]bool
	for i, file := range [][]byte{liberationsansregular.TTF, liberationsansbold.TTF} {
		face, err := sfnt.Parse(file)
		if err != nil {
			panic(err) // compiled in
		}
		var buffer sfnt.Buffer
		for r := range set {
			index, err := face.GlyphIndex(&buffer, rune(r))
			set[r] = (i == 0 || set[r]) && err == nil && index != 0
		}
	}
	return &set
})

// clean makes a text printable: composed characters, plain spaces, nothing invisible, □ for what the font lacks.
// Line breaks stay.
func clean(s string) string {
	known := glyphs()
	var b strings.Builder
	var last rune
	for _, r := range norm.NFC.String(s) {
		switch {
		case r == '\n' || r == '\u00a0' || r == '\u202f':
			b.WriteRune(r)
		case r == '\u2011':
			b.WriteByte('-')
		case unicode.IsSpace(r):
			b.WriteByte(' ')
		case invisible(r):
		case r > 0xffff || !known[r] || r == utf8.RuneError:
			if last != joiner {
				b.WriteRune(missing)
			}
		default:
			b.WriteRune(r)
		}
		last = r
	}
	return b.String()
}

// lacking lists the characters of texts for which clean prints □, each once.
func lacking(texts []string) []rune {
	known := glyphs()
	var lost []rune
	for _, text := range texts {
		for _, r := range norm.NFC.String(text) {
			plain := r == '\n' || r == '\u00a0' || r == '\u202f' || r == '\u2011' || unicode.IsSpace(r) || invisible(r)
			if !plain && (r > 0xffff || !known[r] || r == utf8.RuneError) && !slices.Contains(lost, r) {
				lost = append(lost, r)
			}
		}
	}
	return lost
}

// invisible tells of characters that steer others and print nothing: controls, joiners, directions, emoji variants and tones.
func invisible(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Variation_Selector) || r >= 0x1f3fb && r <= 0x1f3ff
}

// numbered is an abbreviation that the figure after it must not leave: article L. 242-2, n° 5.
var numbered = regexp.MustCompile(`(\b[LRDA]\.|\bart\.|[nN]°) (\d)`)

// dated is the day of a date, which its month must not leave: 5 novembre 2026.
var dated = regexp.MustCompile(`(\b\d{1,2}|1er) (janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre)\b`)

// set makes prose printable, with French spaces.
func set(s string) string {
	s = clean(prose.Typography(s))
	if strings.ContainsAny(s, "0123456789") {
		s = dated.ReplaceAllString(s, "$1\u00a0$2")
	}
	if strings.Contains(s, ". ") || strings.Contains(s, "° ") {
		s = numbered.ReplaceAllString(s, "$1\u00a0$2")
	}
	return s
}

// Printed is a text as it comes out on one line of a letter: with French spaces, and □ for what the font lacks.
func Printed(s string) string { return oneLine(s) }

// oneLine is set for what must stay on one line of the letter's structure.
func oneLine(s string) string { return strings.Join(strings.FieldsFunc(set(s), breaks), " ") }

func breaks(r rune) bool { return r == ' ' || r == '\n' }

// wrap cuts a text into lines no wider than width as measure has it. It breaks at spaces and line breaks, and inside a
// word only where the word is wider than a whole line.
func wrap(text string, width float64, measure func(string) float64) []string {
	var lines []string
	for _, paragraph := range strings.Split(text, "\n") {
		line, used := "", 0.0
		space := measure(" ")
		for _, word := range strings.FieldsFunc(paragraph, func(r rune) bool { return r == ' ' }) {
			w := measure(word)
			if line != "" && used+space+w <= width {
				line, used = line+" "+word, used+space+w
				continue
			}
			if line != "" {
				lines = append(lines, line)
			}
			for w > width {
				cut := breakAt(word, width, measure)
				if cut == len(word) {
					break
				}
				lines = append(lines, word[:cut])
				word = word[cut:]
				w = measure(word)
			}
			line, used = word, w
		}
		lines = append(lines, line)
	}
	return lines
}

// breakAt is how many bytes of a word fit on a line: at least one character, and up to a sign such as / or - where one
// stands in the second half of what fits.
func breakAt(word string, width float64, measure func(string) float64) int {
	fit, used := 0, 0.0
	for i, r := range word {
		used += measure(string(r))
		if used > width && fit > 0 {
			break
		}
		fit = i + utf8.RuneLen(r)
	}
	if fit < len(word) {
		if nice := strings.LastIndexAny(word[:fit], "/-_.@&=?\u00a0\u202f"); nice >= fit/2 {
			_, size := utf8.DecodeRuneInString(word[nice:])
			return nice + size
		}
	}
	return fit
}

// filled gives the texts that are not empty, set and on one line each.
func filled(texts ...string) []string {
	return slices.DeleteFunc(mapped(texts, oneLine), func(s string) bool { return s == "" })
}

func mapped(texts []string, f func(string) string) []string {
	out := make([]string, len(texts))
	for i, text := range texts {
		out[i] = f(text)
	}
	return out
}
