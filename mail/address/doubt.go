package address

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// Doubt is why two readers may understand a value differently. What all of them agree on is much less than RFC 5322 allows: a name of plain
// words and quoted strings, then one address in brackets, or an address alone; comments that hold nothing which could be taken for an address.
type Doubt string

// The doubts.
const (
	Several  Doubt = "several"  // no author, or more than one
	Syntax   Doubt = "syntax"   // characters where the grammar has none, obsolete syntax (RFC 5322 §4.4)
	Unclosed Doubt = "unclosed" // a quoted string or a comment is never closed
	Comment  Doubt = "comment"  // a comment holds what could be taken for an address
	Group    Doubt = "group"    // RFC 5322 §3.4
	Name     Doubt = "name"     // the name holds brackets or control characters once it is decoded, or nothing
	Spelling Doubt = "spelling" // the address can be written, or compared, in more than one way
)

// first is the first doubt there is.
func first(doubts ...Doubt) Doubt {
	for _, d := range doubts {
		if d != "" {
			return d
		}
	}
	return ""
}

// encodedWord stands alone in a name (RFC 2047 §5).
var encodedWord = regexp.MustCompile(`^=\?[-A-Za-z0-9_*]+\?[BbQq]\?[^?\s]*\?=$`)

// atext are the characters of an atom (RFC 5322 §3.2.3): those outside ASCII as well (RFC 6532 §3.2).
var atext = func() (set [256]bool) {
	for _, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-/=?^_`{|}~") {
		set[c] = true
	}
	for c := utf8.RuneSelf; c < len(set); c++ {
		set[c] = true
	}
	return set
}()

// isPhraseWord tells whether a text is a word of a name: an atom, with the dots that everybody writes (RFC 5322 §4.1, obs-phrase).
func isPhraseWord(text string) bool {
	for i := range len(text) {
		if !atext[text[i]] && (text[i] != '.' || i == 0) {
			return false
		}
	}
	return text != ""
}

// isDotAtom tells whether a local part needs no quotes (RFC 5322 §3.2.3).
func isDotAtom(local string) bool {
	return isPhraseWord(local) && !strings.HasSuffix(local, ".") && !strings.Contains(local, "..")
}

// isHostName tells whether a domain is of letters, digits and hyphens (RFC 1123 §2.1).
func isHostName(domain string) bool {
	for label := range strings.SplitSeq(domain, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for _, c := range []byte(label) {
			if c != '-' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
				return false
			}
		}
	}
	return true
}

// doubt holds one part against what all readers agree on.
func (p Parser) doubt(l list, part []token) Doubt {
	var name []token
	spec, brackets := "", 0
	for _, t := range part {
		raw := l.raw(t)
		switch {
		case t.kind == space && brackets != 1:
		case t.kind == comment:
			if strings.ContainsAny(strings.TrimSuffix(raw[1:], ")"), `<>@,;:"\()`) || !printable(raw) || brackets == 1 || brackets == 0 && len(name) == 0 {
				return Comment
			}
		case l.is(t, '<') && brackets == 0, l.is(t, '>') && brackets == 1 && spec != "":
			brackets++
		case t.kind == word && brackets == 1 && spec == "":
			spec = raw
		case t.kind == special || brackets > 0:
			return Syntax
		default:
			name = append(name, t)
		}
	}
	if brackets == 0 && len(name) == 1 && name[0].kind == word {
		name, spec = nil, l.raw(name[0])
	} else if brackets != 2 {
		return Syntax
	}
	if strings.IndexFunc(l.value[part[0].start:part[len(part)-1].end], func(r rune) bool { return r == '\r' || r == '\n' }) >= 0 {
		return Syntax
	}
	return first(p.nameDoubt(l, name, spec), spelling(spec))
}

// nameDoubt tells what is wrong with a name. One that is the address misleads nobody.
func (p Parser) nameDoubt(l list, name []token, spec string) Doubt {
	for _, t := range name {
		raw := l.raw(t)
		plain := isPhraseWord(raw) && (!strings.Contains(raw, "=?") || encodedWord.MatchString(raw))
		if t.kind == word && !plain && (len(name) > 1 || raw != spec) {
			return Syntax
		}
		if decoded := p.decode(l.text(t)); strings.ContainsAny(decoded, "<>") || t.kind == word && decoded == "" || !printable(raw) || !printable(decoded) {
			return Name
		}
	}
	return ""
}

// printable tells whether a text has no control characters: some readers end a text or a line at those.
func printable(text string) bool {
	return utf8.ValidString(text) && strings.IndexFunc(text, func(r rune) bool {
		return r != '\t' && unicode.IsControl(r) || r == '\u2028' || r == '\u2029'
	}) < 0
}

// spelling tells whether an address can be written in several ways: with quotes, a literal or a comment (RFC 5322 §3.4.1), in characters that
// another reader takes for others (RFC 5891 §4.2.2, RFC 6532 §3.1), or longer than mail can carry (RFC 5321 §4.5.3.1).
func spelling(spec string) Doubt {
	at := strings.LastIndexByte(spec, '@')
	if at < 0 {
		return Syntax
	}
	local, domain := spec[:at], spec[at+1:]
	switch {
	case !isDotAtom(local) || strings.Contains(local, "=?") || strings.Trim(local, "'") != local:
		return Syntax
	case len(local) > 64 || len(domain) > 253:
		return Spelling
	case !isASCII(local) && (!norm.NFKC.IsNormalString(local) || strings.IndexFunc(local, strange) >= 0):
		return Spelling
	case isHostName(domain):
		return ""
	case isASCII(domain):
		return Syntax
	}
	ascii, err := idna.Lookup.ToASCII(domain)
	if err != nil || !isHostName(ascii) {
		return Spelling
	}
	if back, err := idna.Lookup.ToUnicode(ascii); err != nil || back != domain {
		return Spelling
	}
	return ""
}

// strange tells whether a character is neither ASCII nor of a word.
func strange(r rune) bool {
	return r >= utf8.RuneSelf && !unicode.In(r, unicode.Letter, unicode.Mark, unicode.Digit)
}

func isASCII(text string) bool {
	return !slices.ContainsFunc([]byte(text), func(c byte) bool { return c >= utf8.RuneSelf })
}
