package auth

import (
	"slices"
	"strings"
	"time"

	"relance/mail/address"
	"relance/mail/message"
)

// Verdict tells how far the author of a mail is known.
type Verdict string

// The verdicts.
const (
	Proven     Verdict = "authenticated" // a signature of the author's domain covers the mail
	DomainOnly Verdict = "domain"        // a server of the author's domain has sent it (SPF): anyone with an account there may have
	Unproven   Verdict = "unknown"       // nothing proves the author, and nothing speaks against them
	Ambiguous  Verdict = "ambiguous"     // another reader may see another author
	Forged     Verdict = "forged"        // the domain of the author disowns the mail, it was altered on the way, or the server saw another author
)

// Author is what is known of who wrote a mail.
type Author struct {
	Verdict Verdict  `json:"verdict"`
	Why     string   `json:"why,omitempty"`   // of an ambiguous or forged one: what speaks against it
	Bound   []string `json:"bound,omitempty"` // the addresses that the author has surely written to
	Stale   bool     `json:"stale,omitempty"` // it was signed long before it came, or nobody knows when
	Once    []string `json:"once,omitempty"`  // names of the signatures that prove it: it counts once, in whatever shape it comes again
}

// Reach is what a mail may do by itself. What goes beyond it waits for an officer.
type Reach int

// The reaches, each with all that those before it have.
const (
	Nothing Reach = iota - 1 // its author is somebody else
	Ask                      // its author is not proven, or nobody has looked
	Bring                    // apply, bring facts and documents
	Act                      // sign, withdraw, appeal, change an account
)

// Reach tells what a mail may do. Ours tells whether an address is one that the mail can have come by: one that its author has
// written to somebody else has no consequences here, however it came (RFC 6376 §8.6).
func (a Author) Reach(ours func(address string) bool) Reach {
	switch {
	case a.Verdict == Forged:
		return Nothing
	case a.Verdict != Proven:
		return Ask
	case a.Stale || !slices.ContainsFunc(a.Bound, ours):
		return Bring
	}
	return Act
}

// Evidence is all by which the author of a mail is judged.
type Evidence struct {
	Message    *message.Message
	Server     Results     // what our own mail server found
	Signatures []Signature // as they were verified here
	Arrived    time.Time   // when our own mail server had it; its age is not looked at where this is zero
	Strict     bool        // only signatures of the author's very domain count (Strict)
	Servers    bool        // the authority takes the word of a domain's server for that of its users
}

// Judge applies DMARC's rule (RFC 7489 §3.1) to the address in the From field: it is proven where DKIM passed for a domain of the same
// organisation, and where SPF alone did, a server of that domain has sent the mail. Our own verification of the signatures comes before the
// server's word on them: a signature that no longer fits the bytes proves nothing. Of several authors, and of a From field that can be read in two
// ways, nobody knows which one the server or a signature speaks of, so that none is proven (RFC 7489 §6.6.1).
func Judge(e Evidence) Author {
	m := e.Message
	if m.Doubt != "" || len(m.Authors) != 1 || !strings.Contains(m.Authors[0].Address, "@") {
		switch {
		case e.Server.DMARC == Fail:
			return Author{Verdict: Forged, Why: WhyDMARC}
		case len(m.Authors) == 0 || !strings.Contains(m.Authors[0].Address, "@"):
			return Author{Verdict: Unproven}
		}
		return Author{Verdict: Ambiguous, Why: string(m.Doubt)}
	}
	j := judgement{Evidence: e, author: m.Authors[0].Address}
	j.weigh()
	return j.decide()
}

// What speaks against an author, beside the doubts of package address.
const (
	WhyDMARC   = "dmarc"   // the domain's own rule (RFC 7489 §6.6)
	WhyAltered = "altered" // a signature was good when our server had the mail
	WhyLooked  = "from"    // our server looked at another From field
	WhyLogin   = "login"   // another person handed the mail in to our server
)

// longestWay is how long a mail can be on its way (RFC 5321 §4.5.4.1), and fastest how far the clock of a signer may be ahead.
const (
	longestWay = 5 * 24 * time.Hour
	fastest    = 24 * time.Hour
)

// judgement is what speaks for and against the author of a mail.
type judgement struct {
	Evidence
	author string // the address

	verified, attested []Signature // of the author's organisation: good here, good by our server's word
	signed             bool        // our server says that there was a good one
	broken, partial    bool        // there is one that does not fit, or signs only a part of the mail
	direct             bool        // a server of the author's organisation has sent the mail to ours
	handedIn           bool        // the author proved to our own server who they are
	looked, dmarc      bool        // our server looked at another author; at this one, and DMARC passed
}

func (j *judgement) weigh() {
	domain := address.Domain(j.author)
	j.direct = j.Server.SPF == Pass && sameOrganisation(j.Server.mailFrom, domain)
	j.handedIn = writesAs(j.Server.login, j.author)
	looked := j.Server.from
	same := looked == "" || address.Same(looked, j.author) || address.Same(looked, domain)
	j.looked = !same && (strings.Contains(looked, "@") || !sameOrganisation(looked, domain))
	j.dmarc = j.Server.DMARC == Pass && same
	for _, s := range j.Signatures {
		if !j.aligned(s.Domain, s.Agent) || s.leavesOpen("from") {
			continue
		}
		switch s.Result {
		case Pass:
			j.verified = append(j.verified, s)
		case Fail:
			j.broken = true
		case Policy:
			j.partial = true
		}
	}
	there := covering(j.Message)
	for _, g := range j.Server.signers {
		if !j.aligned(g.domain, g.agent) {
			continue
		}
		j.signed = true
		for _, s := range there {
			if g.is(s) && j.aligned(s.Domain, s.Agent) {
				j.attested = append(j.attested, s)
			}
		}
	}
}

// writesAs tells whether a user writes under an address of theirs: their own one, or that with a detail (RFC 5233), for which the server that let them
// do so answers.
func writesAs(user, author string) bool {
	return address.Same(user, author) || address.Same(user, address.WithoutDetail(author))
}

// aligned tells whether a signature speaks of the author: its domain is of the same organisation, and on behalf of nobody else at the author's
// domain.
func (j *judgement) aligned(signer, agent string) bool {
	domain := address.Domain(j.author)
	local, at, _ := strings.Cut(agent, "@")
	other := local != "" && address.Same(at, domain) && !writesAs(agent, j.author)
	same := sameOrganisation(signer, domain) && (!j.Strict || address.Same("@"+signer, "@"+domain))
	return (same || j.hosted(signer, domain)) && !other
}

// hosted tells whether a signature is that of a provider which sends for domains alone that its customers have shown to be theirs, and signs in a name of
// its own where they have made no key: Google Workspace, in whose name the domain stands, and Microsoft 365, in whose name it does not, so that DMARC
// has to have passed for it. Both count where SPF says that the provider sends for this very domain.
func (j *judgement) hosted(signer, domain string) bool {
	signer, domain = address.Canonical("@" + signer)[1:], address.Canonical("@" + domain)[1:]
	if j.Server.SPF != Pass || !address.Same("@"+j.Server.mailFrom, "@"+domain) {
		return false
	}
	if customer, google := strings.CutSuffix(signer, ".gappssmtp.com"); google {
		name, _, _ := strings.Cut(customer, ".")
		return name == strings.ReplaceAll(domain, ".", "-")
	}
	return strings.HasSuffix(signer, ".onmicrosoft.com") && j.dmarc && j.Server.from != ""
}

// is tells whether a server speaks of a signature.
func (g signer) is(s Signature) bool {
	plain := strings.NewReplacer("/", "_", "=", "_") // package auth reads quoted values so
	value := plain.Replace(strings.ToLower(s.value))
	return strings.EqualFold(g.domain, s.Domain) && (g.selector == "" || strings.EqualFold(g.selector, s.selector)) && strings.HasPrefix(value, plain.Replace(g.value))
}

func (j *judgement) decide() Author {
	good := j.signed && !j.broken && !j.partial
	server := j.direct || j.dmarc && !j.broken && !j.partial
	switch {
	case j.looked:
		return Author{Verdict: Forged, Why: WhyLooked}
	case strings.Contains(j.Server.login, "@") && !j.handedIn:
		return Author{Verdict: Unproven, Why: WhyLogin}
	case len(j.verified) > 0:
		return j.proven(j.verified)
	case j.Server.DMARC == Fail:
		return Author{Verdict: Forged, Why: WhyDMARC}
	case j.broken && j.signed && !j.direct:
		return Author{Verdict: Forged, Why: WhyAltered}
	case good, j.handedIn, server && j.Servers:
		return j.proven(j.attested)
	case server:
		return Author{Verdict: DomainOnly}
	}
	return Author{Verdict: Unproven}
}

// proven says what a proven mail may do. A mail that came straight from the author's servers was written to those it names. Of any other, it
// counts what its signatures cover: whoever has it can send it on, to whomever they like, with whatever they leave open (RFC 6376 §8.6).
func (j *judgement) proven(proofs []Signature) Author {
	straight := j.direct || j.handedIn
	a := Author{Verdict: Proven, Stale: len(proofs) > 0}
	for _, s := range proofs {
		a.Once = append(a.Once, s.ID)
		a.Stale = a.Stale && !j.fresh(s, straight)
		if !s.leavesOpen("subject") {
			a.Bound = append(a.Bound, s.To...)
		}
	}
	if straight {
		for _, to := range slices.Concat(j.Message.To, j.Message.Cc) {
			a.Bound = append(a.Bound, to.Address)
		}
	}
	slices.Sort(a.Bound)
	a.Bound = slices.Compact(a.Bound)
	return a
}

// fresh tells whether a mail was signed about when it came: by the time of the signature or, where it has none, by the Date field that it covers.
// A person's clock may be wrong: where the mail came straight, only the signer's counts.
func (j *judgement) fresh(s Signature, straight bool) bool {
	at := s.Signed
	if at.IsZero() && straight {
		return true
	}
	if at.IsZero() && !s.leavesOpen("date") {
		at = j.Message.Date
	}
	expired := !s.Expires.IsZero() && j.Arrived.After(s.Expires)
	return j.Arrived.IsZero() || !at.IsZero() && !expired && at.Sub(j.Arrived) < fastest && j.Arrived.Sub(at) <= longestWay
}
