package outbox

import (
	"fmt"
	"net/mail"
	"strings"
	"unicode"

	"golang.org/x/net/idna"

	"relance/mail/message"
)

// maxAddress is how long an address can be, in bytes (RFC 5321 §4.5.3.1.3, without the <>).
const maxAddress = 254

// address is one as it is written: the local part quoted where it needs that, the domain in ASCII (RFC 5890 A-labels), so that only a local
// part that is not ASCII needs SMTPUTF8 (RFC 6531 §3.2).
type address struct{ local, domain string }

func (a address) String() string { return a.local + "@" + a.domain }

func (a address) utf8() bool { return !ascii(a.local) }

func ascii(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return r >= 0x80 }) < 0
}

// parseAddress reads an address without a name.
func parseAddress(text string) (address, error) {
	parsed, err := mail.ParseAddress("<" + oneLine(text[:min(len(text), 4*maxAddress)]) + ">") // comments and blanks may make it longer, within reason
	if err != nil || len(text) > 4*maxAddress {
		return address{}, fmt.Errorf("%w: %.100q", ErrAddress, text)
	}
	written := strings.TrimSuffix(strings.TrimPrefix((&mail.Address{Address: parsed.Address}).String(), "<"), ">")
	at := strings.LastIndex(written, "@")
	a := address{written[:at], written[at+1:]}
	if !ascii(a.domain) {
		if a.domain, err = idna.Lookup.ToASCII(a.domain); err != nil {
			return address{}, fmt.Errorf("%w: %.100q", ErrAddress, text)
		}
	}
	visible := func(r rune) bool { return unicode.IsPrint(r) || r == '\u200c' || r == '\u200d' } // these two join letters in some scripts
	if a.local == "" || a.domain == "" || len(a.String()) > maxAddress || strings.IndexFunc(a.String(), func(r rune) bool { return !visible(r) }) >= 0 {
		return address{}, fmt.Errorf("%w: %.100q", ErrAddress, text)
	}
	return a, nil
}

// addressList writes the addresses of a header with their names.
func addressList(name string, list []message.Address) (string, error) {
	var words []string
	for i, m := range list {
		a, err := parseAddress(m.Address)
		if err != nil {
			return "", err
		}
		end := ""
		if i < len(list)-1 {
			end = ","
		}
		words = append(append(words, phrase(name, m.Name)...), "<"+a.String()+">"+end)
	}
	return fold(name, words), nil
}
