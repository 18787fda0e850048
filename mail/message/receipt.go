package message

import (
	"bytes"
	"regexp"
	"strings"
)

var notRead = regexp.MustCompile(`(?i)^\W*(?:non lu|not read|ungelesen|deleted|supprim)`)

// receipt reads a disposition notification (RFC 8098 §3.2). Outlook writes its own kind, without a report: its subject says
// whether the mail was opened.
func receipt(m *Message, root *part) *Receipt {
	r := &Receipt{OriginalMessageID: m.InReplyTo, Displayed: !notRead.MatchString(m.Subject)}
	walk(root, func(n *part) {
		if n.mediaType != "message/disposition-notification" {
			return
		}
		h, _, _ := splitHeader(bytes.TrimLeft(plainContent(n), "\r\n"))
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
