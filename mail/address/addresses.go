// Package address is the addresses of the authority's one mailbox: which case, call or scheme each of them leads to, and the
// Message-IDs of its own mails.
package address

import (
	"crypto/subtle"
	"fmt"
	"strings"

	"relance/domain/casefile"
)

// Addresses are the addresses of the mailbox: one mailbox, told apart by what stands behind the plus (RFC 5233 §1). A
// scheme's applications go to aides+rebond@…, answers to a case to aides+rbd-7k3m9-qxd3a-k7q2m9abx@…, the end of which is a
// signature: nobody can make the address of a case that has not written to him.
type Addresses struct {
	Mailbox string                   // aides@example.org
	Sign    func(text string) string // package index; nil signs nothing, and no address leads to a case
}

// plus puts a detail into the mailbox's address.
func (a Addresses) plus(detail string) string {
	local, domain, _ := strings.Cut(a.Mailbox, "@")
	return local + "+" + strings.ToLower(detail) + "@" + domain
}

// Case is the address that leads back to a case.
func (a Addresses) Case(reference string) string {
	if a.Sign == nil {
		return a.plus(reference)
	}
	return a.plus(reference + "-" + a.Sign(reference) + ending)
}

// ending is the last letter of every signed address. With mox localserve, on which Relance is tried, an address that ends in three digits from 400 to 600 stands
// for that error: mail to it is refused with it. One signature in a hundred and sixty ends so.
const ending = "x"

// Signed tells which case one of our signed addresses leads to; it is empty for any other address.
func (a Addresses) Signed(address string) string {
	if reference := strings.ToUpper(a.signed(address)); casefile.IsReference(reference) {
		return reference
	}
	return ""
}

// signed is what one of our addresses has a signature for: with its last letter or, in mails that went out before there was one, without.
func (a Addresses) signed(address string) string {
	detail, ours := a.Detail(address)
	cut := strings.LastIndexByte(detail, '-')
	if !ours || a.Sign == nil || cut < 0 {
		return ""
	}
	text, signature := detail[:cut], []byte(detail[cut+1:])
	right := a.Sign(text)
	if subtle.ConstantTimeCompare(signature, []byte(right+ending))|subtle.ConstantTimeCompare(signature, []byte(right)) != 1 {
		return ""
	}
	return text
}

// Call is the address that leads back to a session of a call.
func (a Addresses) Call(id string) string { return a.Case(id) }

// SignedCall tells which session of a call one of our signed addresses leads to; it is empty for any other address.
func (a Addresses) SignedCall(address string) string {
	if id := a.signed(address); strings.HasPrefix(id, callPrefix) {
		return id
	}
	return ""
}

// CallOf tells which session of a call a Message-ID of ours belongs to; it is empty for anybody else's.
func (a Addresses) CallOf(messageID string) string {
	id := strings.ToLower(strings.Trim(messageID, "<> "))
	name, _, _ := strings.Cut(id, ".")
	if strings.HasSuffix(id, "@"+strings.ToLower(a.domain())) && strings.HasPrefix(name, callPrefix) {
		return name
	}
	return ""
}

const callPrefix = "call-"

// Scheme is the address applications of a scheme are sent to.
func (a Addresses) Scheme(tag string) string { return a.plus(tag) }

// Detail is what stands behind the plus of one of the mailbox's addresses; ok is false for any other address.
func (a Addresses) Detail(address string) (detail string, ok bool) {
	local, domain, _ := strings.Cut(strings.ToLower(address), "@")
	own, ownDomain, _ := strings.Cut(strings.ToLower(a.Mailbox), "@")
	name, detail, _ := strings.Cut(local, "+")
	if name != own || domain != ownDomain {
		return "", false
	}
	return detail, true
}

// LeadsTo tells whether mail to an address can be meant for a case, or a session of a call: the address is ours, and names no other.
func (a Addresses) LeadsTo(address, reference string) bool {
	detail, ours := a.Detail(address)
	if named := a.signed(address); named != "" {
		return strings.EqualFold(named, reference)
	}
	named := casefile.FindReference(detail)
	return ours && (named == "" || strings.EqualFold(named, reference))
}

// Meant finds, among the addresses that a mail was written to, the one by which it came to a case of the scheme with that tag: its own, then that of
// its scheme, then any that names no case. Ours tells whether any of them is ours at all.
func (a Addresses) Meant(list []string, reference, tag string) (meant string, ours bool) {
	best := 0
	for _, address := range list {
		detail, is := a.Detail(address)
		ours = ours || is
		rank := 0
		switch {
		case !a.LeadsTo(address, reference):
		case a.signed(address) != "":
			rank = 3
		case tag != "" && detail == strings.ToLower(tag):
			rank = 2
		default:
			rank = 1
		}
		if rank > best {
			meant, best = strings.ToLower(address), rank
		}
	}
	return meant, ours
}

// domain is the right-hand side of the Message-IDs we make.
func (a Addresses) domain() string {
	_, domain, _ := strings.Cut(a.Mailbox, "@")
	return domain
}

// MessageID is the identity of one mail of a case (RFC 5322 §3.6.4), the same however often it is written.
func (a Addresses) MessageID(reference string, seq int, name string) string {
	return fmt.Sprintf("%s.%d.%s@%s", strings.ToLower(reference), seq, name, a.domain())
}

// CaseOf tells which case a Message-ID of ours belongs to; it is empty for anybody else's.
func (a Addresses) CaseOf(messageID string) string {
	id := strings.Trim(messageID, "<> ")
	if !strings.HasSuffix(strings.ToLower(id), "@"+strings.ToLower(a.domain())) {
		return ""
	}
	reference, _, _ := strings.Cut(id, ".")
	if reference = strings.ToUpper(reference); casefile.IsReference(reference) {
		return reference
	}
	return ""
}
