package french

import (
	"unicode"
	"unicode/utf8"
)

// Kind is what a token is made of.
type Kind int

// The kinds of token.
const (
	Word   Kind = iota // letters; an apostrophe ends it: d', affaires
	Figure             // digits alone
	Mark               // one sign
)

// Token is a piece of a text.
type Token struct {
	Text       string // folded
	Start, End int    // bytes in the text
	Kind       Kind
	Spaced     bool // white space stands before it
}

// Tokens cuts a text into words, figures and signs.
func Tokens(text string) []Token {
	var list []Token
	spaced := false
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		if unicode.IsSpace(r) {
			spaced, i = true, i+size
			continue
		}
		end, kind := i+size, Mark
		switch {
		case isLetter(r):
			end, kind = run(text, end, isLetter), Word
			if next, size := utf8.DecodeRuneInString(text[end:]); isApostrophe(next) {
				end += size
			}
		case isDigit(r):
			end, kind = run(text, end, isDigit), Figure
		}
		list = append(list, Token{Text: Fold(text[i:end]), Start: i, End: end, Kind: kind, Spaced: spaced})
		spaced, i = false, end
	}
	return list
}

// run gives the end of the characters of a kind that begin at a place.
func run(text string, from int, is func(rune) bool) int {
	for from < len(text) {
		r, size := utf8.DecodeRuneInString(text[from:])
		if !is(r) {
			break
		}
		from += size
	}
	return from
}

func isLetter(r rune) bool     { return unicode.IsLetter(r) || unicode.Is(unicode.Mn, r) }
func isDigit(r rune) bool      { return r >= '0' && r <= '9' }
func isApostrophe(r rune) bool { return r == '\'' || r == '’' || r == '‘' || r == '´' || r == '`' }

// Span is a place in a text, in bytes.
type Span struct{ Start, End int }

// Overlaps tells whether two places share something.
func (s Span) Overlaps(o Span) bool { return s.Start < o.End && o.Start < s.End }

// reader looks at the tokens of a text.
type reader struct {
	tokens []Token
	depth  []int // how many brackets are open before a token
}

func newReader(text string) *reader { return &reader{tokens: Tokens(text)} }

// at gives the token at a place; beyond the ends it is an empty mark.
func (r *reader) at(i int) Token {
	if i < 0 || i >= len(r.tokens) {
		return Token{Kind: Mark}
	}
	return r.tokens[i]
}

// are tells whether the tokens from a place on are these.
func (r *reader) are(i int, wanted ...string) bool {
	for n, w := range wanted {
		if r.at(i+n).Text != w {
			return false
		}
	}
	return true
}

// oneOf finds the first of several phrases that stands at a place, and how many tokens it has.
func (r *reader) oneOf(i int, phrases [][]string) int {
	for _, p := range phrases {
		if r.are(i, p...) {
			return len(p)
		}
	}
	return 0
}

// before finds the first of several phrases that ends just before a place, and how many tokens it has.
func (r *reader) before(i int, phrases [][]string) int {
	for _, p := range phrases {
		if i-len(p) >= 0 && r.are(i-len(p), p...) {
			return len(p)
		}
	}
	return 0
}

// inner tells whether a place stands in brackets.
func (r *reader) inner(i int) bool {
	if r.depth == nil {
		depth := 0
		r.depth = make([]int, len(r.tokens)+1)
		for j, t := range r.tokens {
			switch t.Text {
			case "(":
				depth++
			case ")":
				depth = max(depth-1, 0)
			}
			r.depth[j+1] = depth
		}
	}
	return r.depth[i] > 0
}
