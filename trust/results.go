package trust

import (
	"regexp"
	"strings"

	"golang.org/x/net/publicsuffix"

	"relance/message"
)

// Results are what a receiving server found, in the words of RFC 8601 §2.7: pass, fail, none, softfail, neutral, temperror,
// permerror. What it says nothing of is none.
type Results struct {
	SPF   string `json:"spf"`
	DKIM  string `json:"dkim"`
	DMARC string `json:"dmarc"`

	spfDomain   string   // that passed SPF
	dkimDomains []string // that passed DKIM
}

// The results that are acted on.
const (
	None = "none"
	Pass = "pass"
	Fail = "fail"
)

// Unnamed is the name of a server that writes its results without a name, as Microsoft 365 does.
const Unnamed = "-"

// Read takes the results of the server that is trusted, by its name (authserv-id). Everybody can write such a header into a
// mail: those of other servers do not count, nor does any below a header of another server (RFC 8601 §5). Where no server
// is named, the one that received the mail last is believed; that is to show to a person, and no ground to act on.
func Read(traces []message.Trace, server string) Results {
	r := Results{SPF: None, DKIM: None, DMARC: None}
	trusted := func(id string) bool { return strings.EqualFold(id, server) }
	by := server
	switch server {
	case "":
		by = lastReceiver(traces)
		first := true
		trusted = func(id string) bool {
			uppermost := first
			first = false
			return sameOrganisation(id, by) || uppermost && (id == "" || by == "")
		}
	case Unnamed:
		by = ""
		trusted = func(id string) bool { return id == "" }
	}
	spf := ""
	for _, t := range traces {
		switch t.Name {
		case "Received":
			if host := receivedBy(t.Value); host != "" && strings.Contains(by, ".") && !sameOrganisation(host, by) {
				return r.or(spf) // what stands below was written before our server had the mail
			}
		case "Authentication-Results":
			if id, results := parse(t.Value); trusted(id) {
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
	for i, part := range strings.Split(without, ";") {
		words := strings.Fields(strings.ReplaceAll(part, "\"", ""))
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

// take adds results; of several signatures one that passes is enough.
func (r *Results) take(results []result) {
	for _, found := range results {
		switch found.method {
		case "spf":
			if r.SPF == None {
				r.SPF = found.value
				if found.value == Pass {
					r.spfDomain = domain(found.properties["smtp.mailfrom"])
				}
			}
		case "dkim":
			if r.DKIM == None || found.value == Pass {
				r.DKIM = found.value
			}
			if d := found.properties["header.d"]; found.value == Pass && d != "" {
				r.dkimDomains = append(r.dkimDomains, d)
			} else if found.value == Pass {
				r.dkimDomains = append(r.dkimDomains, domain(found.properties["header.i"]))
			}
		case "dmarc":
			if r.DMARC == None {
				r.DMARC = found.value
			}
		}
	}
}

// domain is what stands behind the @, or all of it.
func domain(address string) string {
	return strings.Trim(address[strings.LastIndexByte(address, '@')+1:], "<> ")
}

// comments takes out what stands in parentheses.
func comments(value string) (without, inside string) {
	var out, in strings.Builder
	depth, quoted := 0, false
	for i := 0; i < len(value); i++ {
		c := value[i]
		switch {
		case c == '"' && depth == 0:
			quoted = !quoted
		case c == '(' && !quoted:
			depth++
		case c == ')' && !quoted && depth > 0:
			depth--
			out.WriteByte(' ')
			continue
		}
		if depth > 0 {
			in.WriteByte(c)
		} else {
			out.WriteByte(c)
		}
	}
	return out.String(), in.String()
}
