package imprint

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Comparison is how the text of a copy differs from the text that was sent.
type Comparison struct {
	Lines   int      `json:"lines"`             // of the text that was sent
	Missing []string `json:"missing,omitempty"` // lines of it that the copy does not have
	Added   []string `json:"added,omitempty"`   // lines that the copy has besides
}

// Same tells whether nothing is missing and nothing added.
func (c Comparison) Same() bool { return len(c.Missing) == 0 && len(c.Added) == 0 }

// Share is how much of the text the copy has, from 0 to 1.
func (c Comparison) Share() float64 {
	if c.Lines == 0 {
		return 0
	}
	return 1 - float64(len(c.Missing))/float64(c.Lines)
}

// Compare compares the text of a copy with the text that was sent, line by line. Programs that print or save a PDF anew set other spaces and put lines
// in another order: so letters and digits alone count, and a line of one may stand anywhere in the other.
func Compare(sent, copied string) Comparison {
	var c Comparison
	ours, theirs := letters(sent), letters(copied)
	for _, line := range strings.Split(sent, "\n") {
		if bare := letters(line); bare != "" {
			c.Lines++
			if !strings.Contains(theirs, bare) {
				c.Missing = append(c.Missing, strings.TrimSpace(line))
			}
		}
	}
	for _, line := range strings.Split(copied, "\n") {
		if bare := letters(line); bare != "" && !strings.Contains(ours, bare) {
			c.Added = append(c.Added, strings.TrimSpace(line))
		}
	}
	return c
}

// letters are the letters and digits of a text, without accents and as small letters.
func letters(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == 'œ' || r == 'Œ':
			return 'o'
		case unicode.IsLetter(r), unicode.IsDigit(r):
			return unicode.ToLower(r)
		}
		return -1
	}, norm.NFKD.String(text))
}
