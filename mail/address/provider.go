package address

import (
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// providers are the organisational domains at which anybody has a mailbox, in France and its neighbours, and families those of a provider in many
// countries, by their first label. They are what the providers themselves say of their services.
var (
	providers = []string{
		"orange.fr", "wanadoo.fr", "voila.fr", "free.fr", "aliceadsl.fr", "libertysurf.fr", "sfr.fr", "neuf.fr", "cegetel.net", "club-internet.fr",
		"numericable.fr", "noos.fr", "9online.fr", "bbox.fr", "laposte.net", "mailo.com", "mailo.fr", "netcourrier.com", "net-c.com", "caramail.com",
		"ik.me", "skynet.be", "proximus.be", "telenet.be", "voo.be", "scarlet.be", "ziggo.nl", "kpnmail.nl", "planet.nl", "hetnet.nl", "xs4all.nl",
		"t-online.de", "web.de", "freenet.de", "bluewin.ch", "libero.it", "gmail.com", "googlemail.com", "msn.com", "icloud.com", "me.com", "mac.com",
		"aol.com", "mail.com", "proton.me", "protonmail.com", "protonmail.ch", "pm.me", "zoho.com", "zohomail.eu", "tutanota.com", "tutanota.de",
		"tuta.io", "tuta.com", "tutamail.com", "fastmail.com", "fastmail.fm", "hushmail.com", "mailfence.com", "posteo.de", "posteo.net", "mailbox.org", "riseup.net",
	}
	families = []string{"yahoo", "ymail", "rocketmail", "hotmail", "outlook", "live", "gmx", "yandex", "aol", "tiscali"}
)

// Firm is the organisational domain of an address, in small letters, where it is an organisation's own: empty for a provider at which anybody has a
// mailbox, and for a domain that is not of the public DNS (localhost, the reserved ones of RFC 2606).
func Firm(address string) string {
	domain := strings.TrimSuffix(Canonical(address), ".")
	domain = domain[strings.LastIndexByte(domain, '@')+1:]
	if suffix, public := publicsuffix.PublicSuffix(domain); !public || suffix == domain {
		return ""
	}
	own, err := publicsuffix.EffectiveTLDPlusOne(domain)
	label, _, _ := strings.Cut(own, ".")
	if err != nil || slices.Contains(providers, own) || slices.Contains(families, label) {
		return ""
	}
	return own
}
