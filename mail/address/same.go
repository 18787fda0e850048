package address

import (
	"strings"

	"golang.org/x/net/idna"
)

// Canonical writes an address as it is compared: its domain as the DNS has it (RFC 5890 §2.3.2.1), and letters of ASCII alone in lower case, since
// no other characters are equal to those.
func Canonical(address string) string {
	local, domain := address, ""
	if at := strings.LastIndexByte(address, '@'); at >= 0 {
		local, domain = address[:at], strings.TrimSuffix(address[at+1:], ".")
		if ascii, err := idna.Lookup.ToASCII(domain); err == nil {
			domain = ascii
		}
		domain = "@" + domain
	}
	return lower(local) + lower(domain)
}

// Same tells whether two addresses are one.
func Same(a, b string) bool { return Canonical(a) == Canonical(b) }

// WithoutDetail is an address without its detail: that of jeanne+travaux@localhost is jeanne@localhost, as the server sees it
// that leads subaddresses to their mailbox (RFC 5233).
func WithoutDetail(address string) string {
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return address
	}
	user, _, _ := strings.Cut(address[:at], "+")
	return user + address[at:]
}

// Domain is what stands behind the last @ of an address, or all of a text that has none.
func Domain(address string) string { return address[strings.LastIndexByte(address, '@')+1:] }

// lower turns the capitals of ASCII into small letters.
func lower(text string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r - 'A' + 'a'
		}
		return r
	}, text)
}
