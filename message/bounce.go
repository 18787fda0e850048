package message

import (
	"bufio"
	"bytes"
	"net/textproto"
	"strings"

	"github.com/jhillyerd/enmime/v2"
)

// bounce reads a delivery report (RFC 3464 §2): the first recipient that failed, and which mail it was.
func bounce(e *enmime.Envelope) *Bounce {
	b := &Bounce{}
	e.Root.DepthMatchAll(func(p *enmime.Part) bool {
		switch strings.ToLower(p.ContentType) {
		case "message/delivery-status":
			b.status(p.Content)
		case "message/rfc822", "text/rfc822-headers", "message/rfc822-headers", "message/global", "message/global-headers":
			if h, _ := header(p.Content); b.OriginalMessageID == "" {
				b.OriginalMessageID = firstID(h.Get("Message-Id"))
			}
		}
		return false
	})
	if b.OriginalMessageID == "" { // some servers quote the mail in the text
		for _, line := range strings.Split(e.Text, "\n") {
			if rest, ok := strings.CutPrefix(strings.ToLower(strings.TrimSpace(line)), "message-id:"); ok {
				b.OriginalMessageID = firstID(rest)
			}
		}
	}
	return b
}

// status reads the groups of fields of a delivery status.
func (b *Bounce) status(content []byte) {
	r := textproto.NewReader(bufio.NewReader(bytes.NewReader(append(bytes.TrimSpace(content), "\r\n\r\n"...))))
	for {
		group, err := r.ReadMIMEHeader()
		if status := group.Get("Status"); status != "" && b.Status == "" {
			b.Status, b.Diagnostic = status, group.Get("Diagnostic-Code")
			_, b.Recipient, _ = strings.Cut(group.Get("Final-Recipient"), ";")
			b.Recipient = strings.TrimSpace(b.Recipient)
		}
		if err != nil {
			return
		}
	}
}
