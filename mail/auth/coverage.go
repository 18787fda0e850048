package auth

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"

	"relance/mail/message"
)

// Signature is what is known of a DKIM signature of a mail.
type Signature struct {
	Domain string `json:"domain"`
	Result string `json:"result"`           // pass, fail, temperror where the key could not be had, or policy where it signs only a part
	Detail string `json:"detail,omitempty"` // why not

	ID      string    `json:"id,omitempty"`    // names it for good, whatever is written around what it signs: SHA-256 over its domain and value
	Agent   string    `json:"agent,omitempty"` // on behalf of whom its domain signs (RFC 6376 §3.5, i=), where it says so
	Open    []string  `json:"open,omitempty"`  // fields that everybody can change or add, since it does not cover them
	To      []string  `json:"to,omitempty"`    // the addresses in the To and Cc fields that it covers
	Signed  time.Time `json:"signed,omitzero"` // t=
	Expires time.Time `json:"expires,omitzero"`

	selector, value string
}

// acted are the fields that Relance acts on: who wrote, to whom, when and about what.
var acted = []string{"From", "To", "Cc", "Date", "Subject"}

// covering reads the DKIM signatures of a message (RFC 6376 §3.5), without verifying them: what each would prove if it is good.
func covering(m *message.Message) []Signature {
	values := m.Values("Dkim-Signature")
	list := make([]Signature, 0, min(len(values), maxSignatures))
	for _, value := range values[:min(len(values), maxSignatures)] {
		tags := tagsOf(value)
		sum := sha256.Sum256([]byte(strings.ToLower(tags["d"]) + ":" + tags["b"]))
		s := Signature{Domain: tags["d"], ID: hex.EncodeToString(sum[:]), selector: tags["s"], value: tags["b"],
			Signed: instant(tags["t"]), Expires: instant(tags["x"])}
		if agent := tags["i"]; !strings.HasPrefix(agent, "@") {
			s.Agent = agent
		}
		s.cover(m, strings.Split(strings.ToLower(tags["h"]), ":"))
		list = append(list, s)
	}
	return list
}

// cover tells which fields a signature leaves open, and which addresses it binds. It covers as many fields of a name, from the bottom up, as it
// names them (RFC 6376 §5.4.2).
func (s *Signature) cover(m *message.Message, names []string) {
	for _, name := range acted {
		times := 0
		for _, n := range names {
			if n == strings.ToLower(name) {
				times++
			}
		}
		values := m.Values(name)
		if times < len(values) {
			s.Open = append(s.Open, strings.ToLower(name))
		}
		if name == "To" || name == "Cc" {
			s.To = append(s.To, message.Recipients(values[max(len(values)-times, 0):])...)
		}
	}
}

// leavesOpen tells whether anyone can change a field without breaking the signature.
func (s Signature) leavesOpen(name string) bool { return slices.Contains(s.Open, name) }

// instant reads a time of RFC 6376 §3.5; it is zero where there is none.
func instant(seconds string) time.Time {
	n, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil || n <= 0 || n > 1<<40 {
		return time.Time{}
	}
	return time.Unix(n, 0).UTC()
}
