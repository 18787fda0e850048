package message

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"relance/mail/address"
)

var (
	failedAddress = regexp.MustCompile(`[A-Za-z0-9.!#$%&'*+/=?^_{|}~\pL-]+@[A-Za-z0-9\pL-]+(?:\.[A-Za-z0-9\pL-]+)+`)
	statusCode    = regexp.MustCompile(`(?:^|[\s#(<:\[])([245]\.\d{1,3}\.\d{1,3})(?:$|[\s)>\];,:.])`)
	replyCode     = regexp.MustCompile(`(?:^|[\s:(])([45])[0-5]\d[\s-]`)
	blockedWords  = regexp.MustCompile(`(?i)mailbox (?:is )?full|over ?quota|bo[iî]te.{0,40}pleine`)
	unknownWords  = regexp.MustCompile(`(?i)no such user|user unknown|unknown user|does(?:n't| not) exist|not found|no mailbox|introuvable|n'existe pas|inconnu`)
	delayedWords  = regexp.MustCompile(`(?i)delay|will (?:be )?retr|still trying|retard|diff[ée]r`)
)

// bounce reads a delivery report (RFC 3464 §2): the first recipient that failed, why, and which mail it was. Servers that do not
// follow the RFC name both in their text.
func bounce(m *Message, root *part) *Bounce {
	b := &Bounce{}
	p := &parser{Message: &Message{}, budget: newBudget(DefaultLimits)}
	text := m.Text
	walk(root, func(n *part) {
		switch n.mediaType {
		case "message/delivery-status", "message/global-delivery-status":
			b.report(p.content(n))
		case "message/rfc822", "text/rfc822-headers", "message/rfc822-headers", "message/global", "message/global-headers":
			h, _, _ := splitHeader(bytes.TrimLeft(p.content(n), "\r\n"))
			if b.OriginalMessageID == "" {
				b.OriginalMessageID = firstID(h.get("Message-Id"))
			}
			if to := first(addresses(h.get("To"))); b.Recipient == "" {
				b.Recipient = to.Address
			}
		}
	})
	if b.Status == "" {
		b.informal(root.header, m, text)
	}
	if b.OriginalMessageID == "" { // some servers quote the mail in the text
		for _, line := range strings.Split(text, "\n") {
			if rest, ok := strings.CutPrefix(strings.ToLower(strings.TrimSpace(strings.TrimLeft(line, "> "))), "message-id:"); ok {
				b.OriginalMessageID = firstID(strings.TrimSpace(line)[len(strings.TrimSpace(line))-len(rest):])
				break
			}
		}
	}
	return b
}

var notRead = regexp.MustCompile(`(?i)^\W*(?:non lu|not read|ungelesen|deleted|supprim)`)

// receipt reads a disposition notification (RFC 8098 §3.2). Outlook writes its own kind, without a report: its subject says
// whether the mail was opened.
func receipt(m *Message, root *part) *Receipt {
	r := &Receipt{OriginalMessageID: m.InReplyTo, Displayed: !notRead.MatchString(m.Subject)}
	p := &parser{Message: &Message{}, budget: newBudget(DefaultLimits)}
	walk(root, func(n *part) {
		if n.mediaType != "message/disposition-notification" {
			return
		}
		h, _, _ := splitHeader(bytes.TrimLeft(p.content(n), "\r\n"))
		if id := firstID(h.get("Original-Message-Id")); id != "" {
			r.OriginalMessageID = id
		}
		if _, fate, ok := strings.Cut(h.get("Disposition"), ";"); ok {
			fate, _, _ = strings.Cut(fate, "/")
			r.Displayed = strings.EqualFold(strings.TrimSpace(fate), "displayed")
		}
	})
	return r
}

// walk visits every part.
func walk(n *part, visit func(*part)) {
	visit(n)
	for _, child := range n.children {
		walk(child, visit)
	}
}

// report reads the groups of fields of a delivery status: the first recipient that failed, else the first that waits.
func (b *Bounce) report(content []byte) {
	best := 0
	for rest := bytes.TrimLeft(content, "\r\n"); len(rest) > 0; {
		h, below, _ := splitHeader(rest)
		if len(below) >= len(rest) {
			return
		}
		rest = bytes.TrimLeft(below, "\r\n")
		action := strings.ToLower(h.get("Action"))
		rank := map[string]int{"failed": 3, "delayed": 2}[strings.Fields(action + " -")[0]]
		if h.get("Status") == "" && h.get("Final-Recipient") == "" && h.get("Original-Recipient") == "" {
			continue
		}
		if rank = max(rank, 1); rank <= best {
			continue
		}
		best = rank
		b.Status, _, _ = strings.Cut(strings.TrimSpace(h.get("Status"))+" ", " ")
		b.Diagnostic = h.get("Diagnostic-Code")
		if b.Recipient = recipient(h.get("Final-Recipient")); b.Recipient == "" {
			b.Recipient = recipient(h.get("Original-Recipient"))
		}
		if found := statusCode.FindStringSubmatch(b.Diagnostic); found != nil && (b.Status == "" || strings.HasSuffix(b.Status, ".0.0") && b.Status[0] == found[1][0]) {
			b.Status = found[1] // the code of the other server says more
		}
	}
}

// recipient reads « rfc822; name@domain » (RFC 3464 §2.3.2).
func recipient(value string) string {
	kind, spec, ok := strings.Cut(value, ";")
	if !ok {
		spec = kind
	}
	spec, _ = address.Uncomment(spec)
	return unhex.ReplaceAllStringFunc(strings.Trim(strings.TrimSpace(spec), "<>"), func(code string) string { // RFC 6533 §3
		n, err := strconv.ParseUint(code[3:len(code)-1], 16, 32)
		if err != nil || n < ' ' || n > unicode.MaxRune {
			return code
		}
		return string(rune(n))
	})
}

var unhex = regexp.MustCompile(`\\x\{[0-9A-Fa-f]{1,6}\}`)

// informal finds the recipient and the status in what a server says in words.
func (b *Bounce) informal(h header, m *Message, text string) {
	if failed := addresses(h.get("X-Failed-Recipients")); len(failed) > 0 {
		b.Recipient = failed[0].Address
	}
	own, _, _ := strings.Cut(text, "-----")
	if i := strings.Index(strings.ToLower(text), "original message"); i > 0 && i < len(own) {
		own = text[:i]
	}
	for _, address := range failedAddress.FindAllString(own, 50) {
		address = strings.Trim(address, ".'")
		if b.Recipient != "" {
			break
		}
		lower := strings.ToLower(address)
		if strings.HasPrefix(lower, "mailer-daemon@") || strings.HasPrefix(lower, "postmaster@") || strings.EqualFold(address, m.From.Address) || isTo(m, address) {
			continue
		}
		b.Recipient = address
	}
	if found := statusCode.FindStringSubmatch(text); found != nil {
		b.Status = found[1]
	} else if found := replyCode.FindStringSubmatch(text); found != nil {
		b.Status = found[1] + ".0.0"
		if found[1] == "5" && unknownWords.MatchString(text) {
			b.Status = "5.1.1"
		}
	} else if blockedWords.MatchString(text) {
		b.Status = "5.2.2"
	} else if unknownWords.MatchString(own) {
		b.Status = "5.1.1"
	} else if delayedWords.MatchString(m.Subject) {
		b.Status = "4.0.0"
	}
	if b.Diagnostic == "" {
		b.Diagnostic = strings.TrimSpace(statusCode.FindString(text))
	}
}

func isTo(m *Message, address string) bool {
	for _, to := range m.To {
		if strings.EqualFold(to.Address, address) {
			return true
		}
	}
	return false
}
