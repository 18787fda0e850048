package message

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"relance/mail/address"
)

// bounce reads a delivery report (RFC 3464 §2): the first recipient that failed, why, whether the server has given up, and which mail it was.
// Servers that do not follow the RFC tell all of it in words.
func bounce(m *Message, root *part) *Bounce {
	b := &Bounce{}
	var returned header
	best := 0
	walk(root, func(n *part) {
		switch n.mediaType {
		case "message/delivery-status", "message/global-delivery-status":
			best = b.report(plainContent(n), best)
		case "message/disposition-notification": // of a filter that turned the mail away
			h, _, _ := splitHeader(bytes.TrimLeft(plainContent(n), "\r\n"))
			b.Recipient, b.OriginalMessageID = recipient(h), firstID(h.get("Original-Message-Id"))
		case "message/rfc822", "text/rfc822-headers", "message/rfc822-headers", "message/global", "message/global-headers":
			if returned == nil {
				returned, _, _ = splitHeader(bytes.TrimLeft(plainContent(n), "\r\n"))
			}
		}
	})
	own, quoted := ownWords(m.Text)
	if returned == nil {
		returned = quoted
	}
	if best == 0 {
		b.words(root.header, m, own)
	}
	if b.OriginalMessageID == "" {
		b.OriginalMessageID = originalID(m, returned, own)
	}
	if b.Recipient == "" {
		b.Recipient = failedIn(root.header, m, own)
	}
	if b.Recipient == "" {
		b.Recipient = failedAddress.FindString(returned.get("To"))
	}
	return b
}

// plainContent is the content of a part, without warnings about it.
func plainContent(n *part) []byte {
	content, _ := decodeTransfer(n.encoding, n.body)
	return content
}

// originalID finds the Message-ID of the mail a report is about: in the mail handed back, in what the server says, in what the report answers.
func originalID(m *Message, returned header, own string) string {
	if id := firstID(returned.get("Message-Id")); id != "" {
		return id
	}
	if found := ownID.FindStringSubmatch(own); found != nil {
		return found[1]
	}
	if m.InReplyTo != "" {
		return m.InReplyTo
	}
	if n := len(m.References); n > 0 {
		return m.References[n-1]
	}
	return ""
}

// actions rank what a delivery status tells of a recipient (RFC 3464 §2.3.3): what failed counts before what waits, and that before the rest.
var actions = map[string]int{"failed": 4, "delayed": 3}

// groups gives the fields of each recipient of a delivery status.
func groups(content []byte) (list []header) {
	for rest := bytes.TrimLeft(content, "\r\n"); len(rest) > 0; {
		h, below, _ := splitHeader(rest)
		if len(below) >= len(rest) {
			break
		}
		rest = bytes.TrimLeft(below, "\r\n")
		if h.get("Status") != "" || h.get("Final-Recipient") != "" || h.get("Original-Recipient") != "" {
			list = append(list, h)
		}
	}
	return list
}

// action is what a group tells of its recipient; where it does not say, its status does.
func action(h header) string {
	word := strings.ToLower(strings.Fields(h.get("Action") + " -")[0])
	word = strings.Trim(word, "<>;,.")
	if _, known := actions[word]; known || word == "delivered" || word == "relayed" || word == "expanded" {
		return word
	}
	switch status := h.get("Status"); {
	case strings.HasPrefix(status, "2."):
		return "delivered"
	case strings.HasPrefix(status, "5."):
		return "failed"
	}
	return ""
}

// reported tells whether a delivery status is about a failure or a delay, or only about deliveries.
func reported(n *part) Kind {
	arrived := false
	for _, h := range groups(plainContent(n)) {
		switch action(h) {
		case "failed", "delayed", "":
			return KindBounce
		default:
			arrived = true
		}
	}
	if arrived {
		return KindSuccess
	}
	return KindBounce
}

// report reads the groups of a delivery status: the first recipient that failed, else the first that waits. « failed » is final whatever the
// status, and « delayed » is not (RFC 3464 §2.3.3). Best is the rank of what was read so far.
func (b *Bounce) report(content []byte, best int) int {
	for _, h := range groups(content) {
		what := action(h)
		rank := max(actions[what], 1)
		if rank <= best {
			continue
		}
		best = rank
		b.Final, b.Unsure = what != "delayed", what == ""
		b.Status = wholeCode.FindString(strings.TrimSpace(h.get("Status"))) // what else stands there is not shown to anybody
		b.Diagnostic = h.get("Diagnostic-Code")
		b.Recipient = recipient(h)
		if what == "" && strings.HasPrefix(b.Status, "4.") {
			b.Final = false
		}
		if found := statusIn(folded(b.Diagnostic)); found != "" && (b.Status == "" || strings.HasSuffix(b.Status, ".0.0") && b.Status[0] == found[0]) {
			b.Status = found // the code of the other server says more
		}
	}
	return best
}

// recipient reads « rfc822; name@domain » (RFC 3464 §2.3.2) of the last recipient or, where that is no address of the Internet (a program, an
// X.400 name), of the first.
func recipient(h header) string {
	for _, name := range []string{"Final-Recipient", "Original-Recipient"} {
		value := h.get(name)
		kind, spec, ok := strings.Cut(value, ";")
		if !ok {
			spec = kind
		}
		spec, _ = address.Uncomment(spec)
		spec = unhex.ReplaceAllStringFunc(strings.Trim(strings.TrimSpace(spec), "<>"), func(code string) string { // RFC 6533 §3
			n, err := strconv.ParseUint(code[3:len(code)-1], 16, 32)
			if err != nil || n < ' ' || n > unicode.MaxRune {
				return code
			}
			return string(rune(n))
		})
		if i := strings.LastIndexByte(spec, ':'); i >= 0 && strings.HasPrefix(spec, "@") { // a source route (RFC 5321 appendix F.2)
			spec = spec[i+1:]
		}
		if whole := failedAddress.FindString(spec); whole == spec && spec != "" && !strings.HasPrefix(spec, "/") && !strings.ContainsAny(spec, "=|") {
			return spec
		}
	}
	return ""
}

var (
	unhex         = regexp.MustCompile(`\\x\{[0-9A-Fa-f]{1,6}\}`)
	failedAddress = regexp.MustCompile(`[A-Za-z0-9.!#$%&'*+/=?^_{|}~\pL-]+@[A-Za-z0-9\pL-]+(?:\.[A-Za-z0-9\pL-]+)+`)
	helpLine      = regexp.MustCompile(`(?i)assistance|contact|send mail to|write to|questions?|help|administrat`)
)

// failedIn finds the recipient in X-Failed-Recipients and in what a server says: the first address that is neither its own nor the one it
// writes to. A postmaster's counts where no other is named, and not where it is offered for help.
func failedIn(h header, m *Message, own string) string {
	if failed := addresses(h.get("X-Failed-Recipients")); len(failed) > 0 {
		return failed[0].Address
	}
	second := ""
	for _, line := range strings.Split(own, "\n") {
		if strings.Contains(strings.ToLower(line), "message-id") {
			line = ownID.ReplaceAllString(line, "")
		}
		for _, address := range failedAddress.FindAllString(line, 20) {
			address = strings.Trim(address, ".'/")
			lower := strings.ToLower(address)
			switch {
			case strings.HasPrefix(lower, "mailer-daemon@"), isTo(m, address), strings.ContainsAny(address, "/|="):
			case strings.HasPrefix(lower, "postmaster@"), strings.EqualFold(address, m.From.Address):
				if second == "" && !helpLine.MatchString(line) && !strings.EqualFold(address, m.From.Address) {
					second = address
				}
			default:
				return address
			}
		}
	}
	return second
}

func isTo(m *Message, address string) bool {
	for _, to := range m.To {
		if strings.EqualFold(to.Address, address) {
			return true
		}
	}
	return false
}

var (
	wholeCode  = regexp.MustCompile(`^[245]\.\d{1,3}\.\d{1,3}\b`)
	statusCode = regexp.MustCompile(`[45]\.[0-7]\.\d{1,3}`)
	replyCode  = regexp.MustCompile(`(?:^|[\s:('"<])([45])[0-5]\d(?:[\s-]|$)`)
	replyAhead = regexp.MustCompile(`(?:^|\D)([45])\d\d[\s#-]+$`)
	noStatus   = regexp.MustCompile(`(?:version|release|rule|regle|filter|filtre|firmware|software|ref|rev|no\.?|n°|\bv)\s*$`)
)

// statusIn finds the status code (RFC 3463) in what a server says: the one behind a reply code before all others. Addresses of the Internet
// and version numbers look alike.
func statusIn(said string) string {
	found := ""
	for _, at := range statusCode.FindAllStringIndex(said, 50) {
		before, code, after := said[:at[0]], said[at[0]:at[1]], said[at[1]:]
		ahead := replyAhead.FindStringSubmatch(before)
		switch {
		case before != "" && !strings.ContainsAny(before[len(before)-1:], " \n\t(#:<['\";=") && ahead == nil:
			continue
		case after != "" && (after[0] >= '0' && after[0] <= '9' || after[0] == '-' || len(after) > 1 && after[0] == '.' && after[1] >= '0' && after[1] <= '9'):
			continue
		case noStatus.MatchString(before):
			continue
		}
		if ahead != nil && ahead[1][0] == code[0] {
			return code
		}
		if found == "" {
			found = code
		}
	}
	return found
}

// words reads what a server says without a delivery status: the code, and whether it has given up. What it says of that itself counts before
// the other server's code; a mail that came back was given up. Where neither says anything, nobody knows.
func (b *Bounce) words(h header, m *Message, own string) {
	subject, said := folded(m.Subject), folded(own)
	if b.Status = statusIn(said); b.Status == "" {
		if found := replyCode.FindStringSubmatch(said); found != nil {
			b.Status = found[1] + ".0.0"
		}
	}
	b.Diagnostic = b.Status
	certain := willWords.ReplaceAllString(said, "")
	switch {
	case delayWords.MatchString(subject) && !finalWords.MatchString(subject):
		b.Final = false
	case finalWords.MatchString(certain) || finalWords.MatchString(subject):
		b.Final = true
	case delayWords.MatchString(said):
		b.Final = false
	case failureWords.MatchString(said) || failureWords.MatchString(subject) || h.get("X-Failed-Recipients") != "":
		b.Final = true
	default:
		b.Final, b.Unsure = !strings.HasPrefix(b.Status, "4."), true
	}
}
