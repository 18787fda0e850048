package auth

import (
	"cmp"
	"net/mail"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"

	"relance/mail/message"
)

// Results are what a receiving server found, in the words of RFC 8601 §2.7: pass, fail, none, softfail, neutral, temperror,
// permerror. What it says nothing of is none.
type Results struct {
	SPF   string `json:"spf"`
	DKIM  string `json:"dkim"`
	DMARC string `json:"dmarc"`

	mailFrom string   // the domain that passed SPF
	signers  []signer // of the signatures that passed
	from     string   // the domain of the From field that the server looked at, or its whole address; "" where it does not say
	login    string   // who had to prove to our own server who they are (RFC 8601 §2.7.4), when they handed the mail in
	told     map[string]bool
}

// signer is what a server says of a signature that passed (RFC 8601 §2.7.1, RFC 6008): its domain, and enough to tell which of several it is.
type signer struct{ domain, agent, selector, value string }

// Silent tells whether nothing was found of the sender.
func (r Results) Silent() bool { return r.SPF == None && r.DKIM == None && r.DMARC == None }

// The results that are acted on.
const (
	None = "none"
	Pass = "pass"
	Fail = "fail"

	temporary = "temperror" // what would prove it could not be had

	Policy = "policy" // a good signature that is not good enough (RFC 8601 §2.7.1)
)

// Unnamed is the name of a server that writes its results without a name, as Microsoft 365 does.
const Unnamed = "-"

// Server is the mail server that is trusted to say what it found out about a mail.
type Server struct {
	Name  string // under which it writes its results (authserv-id); empty: none is trusted
	Below bool   // it writes them right below its Received field, as Postfix does with what its milters say
}

// Read takes the results of the server that is trusted. Everybody can write such a header into a mail: those of other servers do not count, nor does
// any that was there before our server had the mail (RFC 8601 §5), which shows in its place below the Received field by which the mail came in.
func Read(traces []message.Trace, server Server) Results {
	r := Results{SPF: None, DKIM: None, DMARC: None, told: map[string]bool{}}
	if server.Name == "" {
		return r
	}
	by := server.Name
	if by == Unnamed || !strings.Contains(by, ".") {
		by = lastReceiver(traces)
	}
	border := borderOf(traces, by)
	own := traces[:border]
	if server.Below && border < len(traces) {
		own = traces[:border+1+untilReceived(traces[border+1:])]
	}
	return r.read(own, by, func(id string, _ int) bool {
		return id == "" && server.Name == Unnamed || strings.EqualFold(id, server.Name)
	})
}

// untilReceived is how many fields stand above the next Received field.
func untilReceived(traces []message.Trace) int {
	if i := slices.IndexFunc(traces, func(t message.Trace) bool { return t.Name == "Received" }); i >= 0 {
		return i
	}
	return len(traces)
}

// Shown are the results that are shown to a person who names no server: those of the one that received the mail last. That is no ground to act on.
func Shown(traces []message.Trace) Results {
	r := Results{SPF: None, DKIM: None, DMARC: None, told: map[string]bool{}}
	by, first := lastReceiver(traces), firstResults(traces)
	return r.read(traces[:borderOf(traces, by)], by, func(id string, i int) bool {
		return sameOrganisation(id, by) || id == "" && i == 0 || by == "" && i == first
	})
}

// read takes the results among some fields that come from those who are trusted.
func (r Results) read(traces []message.Trace, by string, trusted func(id string, i int) bool) Results {
	spf := ""
	for i, t := range traces {
		switch t.Name {
		case "Authentication-Results":
			if id, results := parse(t.Value); trusted(id, i) {
				r.take(results)
			}
		case "Received-Spf":
			if receiver := spfReceiver.FindStringSubmatch(t.Value); spf == "" && (receiver == nil || by == "" || sameOrganisation(receiver[1], by)) {
				spf, _, _ = strings.Cut(strings.ToLower(t.Value)+" ", " ")
			}
		}
	}
	return r.or(spf)
}

// firstResults is the place of the uppermost results.
func firstResults(traces []message.Trace) int {
	return slices.IndexFunc(traces, func(t message.Trace) bool { return t.Name == "Authentication-Results" })
}

// borderOf is the place of the Received field by which a mail came in from outside: the first that is not of a hop inside our own
// organisation. It is the number of fields where there is none.
func borderOf(traces []message.Trace, by string) int {
	for i, t := range traces {
		if t.Name == "Received" && !inside(t.Value, by) {
			return i
		}
	}
	return len(traces)
}

var (
	fromHost  = regexp.MustCompile(`(?i)^\s*from\s+([^\s;()]+)`)
	withLMTP  = regexp.MustCompile(`(?i)\bwith\s+(?:LMTP|LMTPS|local)\b`)
	inBracket = regexp.MustCompile(`\[(?:IPv6:)?([0-9A-Fa-f.:]+)\]`)
)

// inside tells whether a Received field is of a hop inside our own organisation. The name a client gives itself proves nothing, so that
// its address has to be a private one as well.
func inside(value, by string) bool {
	host := receivedBy(value)
	if host == "" || !sameOrganisation(host, by) {
		return host == "" && fromHost.FindString(value) == "" // a note of our own server's: nothing came from anywhere
	}
	without, _ := comments(value)
	from := fromHost.FindStringSubmatch(without)
	if from == nil || withLMTP.MatchString(without) {
		return true
	}
	address := inBracket.FindStringSubmatch(value)
	if !sameOrganisation(from[1], by) || address == nil {
		return false
	}
	ip, err := netip.ParseAddr(address[1])
	return err == nil && (ip.IsPrivate() || ip.IsLoopback())
}

// Received is when our own mail server had a mail: the instant at which it was put into the mailbox (INTERNALDATE) or, where it waited on
// the way there, that of the Received field which the same server wrote on top. Fields below it, and the Date field, are other people's
// word and prove nothing. A server holds a mail back for some days at most (RFC 5321 §4.5.4.1): an older stamp is not believed.
func Received(traces []message.Trace, server string, internal time.Time) time.Time {
	const longest = 5 * 24 * time.Hour
	i := slices.IndexFunc(traces, func(t message.Trace) bool { return t.Name == "Received" })
	if i < 0 || server == "" || server == Unnamed || !strings.EqualFold(receivedBy(traces[i].Value), server) {
		return internal
	}
	cut := strings.LastIndexByte(traces[i].Value, ';')
	stamp, err := mail.ParseDate(strings.TrimSpace(traces[i].Value[cut+1:]))
	if err != nil || cut < 0 || !stamp.Before(internal) || internal.Sub(stamp) > longest {
		return internal
	}
	return stamp
}

// or takes what Received-SPF says (RFC 7208 §9.1) where the results say nothing of SPF. It proves no alignment.
func (r Results) or(spf string) Results {
	if r.SPF == None && spf != "" {
		r.SPF = spf
	}
	return r
}

var (
	byHost      = regexp.MustCompile(`(?i)(?:^|\s)by\s+([^\s;()]+)`)
	spfReceiver = regexp.MustCompile(`(?i)receiver=([^\s;]+)`)
)

// receivedBy is the host that wrote a Received field; empty for an address, which tells nothing of who it belongs to.
func receivedBy(value string) string {
	without, _ := comments(value)
	found := byHost.FindStringSubmatch(without)
	if found == nil || strings.Contains(found[1], ":") || strings.HasPrefix(found[1], "[") || !strings.ContainsAny(found[1], "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") {
		return ""
	}
	return strings.TrimSuffix(found[1], ".")
}

// lastReceiver is the host that wrote the uppermost Received field.
func lastReceiver(traces []message.Trace) string {
	for _, t := range traces {
		if t.Name == "Received" {
			if host := receivedBy(t.Value); host != "" {
				return host
			}
		}
	}
	return ""
}

// sameOrganisation tells whether two names stand under one registered domain: DMARC's relaxed alignment (RFC 7489 §3.1).
func sameOrganisation(a, b string) bool {
	return a != "" && b != "" && Organisation(a) == Organisation(b)
}

// Organisation is the domain that was registered: metropole.example for mx1.metropole.example.
func Organisation(domain string) string {
	domain = strings.ToLower(strings.TrimSuffix(domain, "."))
	if ascii, err := idna.Lookup.ToASCII(domain); err == nil { // one domain, written in letters or as xn--
		domain = ascii
	}
	if registered, err := publicsuffix.EffectiveTLDPlusOne(domain); err == nil {
		return registered
	}
	return domain
}

// result is one « method=result property=value … ».
type result struct {
	method, value string
	properties    map[string]string
}

// parse reads a header field (RFC 8601 §2.2), without comments, as servers write it.
func parse(value string) (id string, results []result) {
	without, _ := comments(value)
	for i, part := range strings.Split(unspaced.ReplaceAllString(without, "$1"), ";") {
		words := strings.Fields(part)
		if len(words) == 0 {
			continue
		}
		if i == 0 && !strings.Contains(words[0], "=") {
			id = words[0] // a version may follow
			continue
		}
		method, found, ok := strings.Cut(words[0], "=")
		if !ok {
			continue
		}
		method, _, _ = strings.Cut(strings.ToLower(method), "/") // a version of the method
		r := result{method, strings.ToLower(found), map[string]string{}}
		for _, word := range words[1:] {
			if name, value, ok := strings.Cut(word, "="); ok {
				r.properties[strings.ToLower(name)] = strings.ToLower(value)
			}
		}
		results = append(results, r)
	}
	return id, results
}

// unspaced finds the spaces around what binds two words.
var unspaced = regexp.MustCompile(`\s*([=/])\s*`)

// take adds results; of several signatures one that passes is enough. What an upper field says of a method is not said again by a lower one.
func (r *Results) take(results []result) {
	told := map[string]bool{}
	for _, found := range results {
		if r.told[found.method] {
			continue
		}
		switch found.method {
		case "spf":
			if r.SPF = found.value; !told["spf"] && found.value == Pass {
				r.mailFrom = domain(found.properties["smtp.mailfrom"])
			}
		case "dkim":
			if !told["dkim"] || found.value == Pass {
				r.DKIM = found.value
			}
			if agent := found.properties["header.i"]; found.value == Pass {
				r.signers = append(r.signers, signer{cmp.Or(found.properties["header.d"], domain(agent)), agent, found.properties["header.s"], found.properties["header.b"]})
			}
		case "dmarc":
			if !told["dmarc"] {
				r.DMARC, r.from = found.value, strings.Trim(found.properties["header.from"], "<>@ ")
			}
		case "auth":
			if !told["auth"] && found.value == Pass {
				r.login = found.properties["smtp.auth"]
			}
		}
		told[found.method] = true
	}
	for method := range told {
		r.told[method] = true
	}
}

// domain is what stands behind the @, or all of it.
func domain(address string) string {
	return strings.Trim(address[strings.LastIndexByte(address, '@')+1:], "<> ")
}

// comments takes out what stands in parentheses, and the marks of quoted strings; what binds words inside those becomes an underscore.
func comments(value string) (without, inside string) {
	var out, in strings.Builder
	depth, quoted := 0, false
	for i := 0; i < len(value); i++ {
		c := value[i]
		switch {
		case c == '\\' && (quoted || depth > 0) && i+1 < len(value):
			i++
			continue
		case c == '"' && depth == 0:
			quoted = !quoted
			continue
		case c == '(' && !quoted:
			depth++
		case c == ')' && !quoted && depth > 0:
			depth--
			out.WriteByte(' ')
			continue
		}
		switch {
		case depth > 0:
			in.WriteByte(c)
		case quoted && strings.IndexByte(" \t;=/", c) >= 0:
			out.WriteByte('_')
		default:
			out.WriteByte(c)
		}
	}
	return out.String(), in.String()
}
