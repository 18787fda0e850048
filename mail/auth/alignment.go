package auth

import (
	"slices"
	"strings"

	"relance/mail/address"
)

// Strict tells whether the author's domain wants signatures of its very name (RFC 7489 §6.3, adkim=s), and not of its organisation alone. The DNS is asked
// only where that makes a difference: where a good signature is of another name of the organisation, and our server does not say that DMARC passed. Where the
// DNS does not answer, it is strict.
func Strict(author string, own []Signature, server Results, lookup Lookup) bool {
	domain := address.Canonical("@" + address.Domain(author))[1:]
	if lookup == nil || server.DMARC == Pass || !relaxed(domain, own) {
		return false
	}
	for _, name := range slices.Compact([]string{domain, Organisation(domain)}) { // RFC 7489 §6.6.3
		records, err := lookup("_dmarc." + name)
		if passing, is := err.(interface{ Temporary() bool }); is && passing.Temporary() {
			return true
		}
		for _, record := range records {
			if tags := tagsOf(record); tags["v"] == "DMARC1" {
				return strings.EqualFold(tags["adkim"], "s")
			}
		}
	}
	return false
}

// relaxed tells whether some good signature is of the organisation of a domain, and not of the domain itself.
func relaxed(domain string, own []Signature) bool {
	for _, s := range own {
		if s.Result == Pass && sameOrganisation(s.Domain, domain) && !address.Same("@"+s.Domain, "@"+domain) {
			return true
		}
	}
	return false
}
