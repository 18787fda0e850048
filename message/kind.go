package message

import (
	"net/textproto"
	"regexp"
	"strings"
)

var (
	awaySubject   = regexp.MustCompile(`(?i)^\W*(?:(?:r[eé]ponse automatique|absence|absent(?:e)?(?: du bureau)?|message d'absence|automatic reply|auto(?:matic)?[ -]?reply|out of (?:the )?office|autosvar|abwesenheit|automatische antwort|afwezig)\b)`)
	bounceSender  = regexp.MustCompile(`(?i)^(?:mailer-daemon|postmaster)@`)
	bounceSubject = regexp.MustCompile(`(?i)undeliver|delivery (?:status|failure|has failed)|returned mail|mail delivery|non[- ]?remis|échec de (?:la )?(?:remise|distribution)|failure notice|unzustellbar|onbestelbaar`)
)

// kind tells from the header who sent a message. The order matters: a delivery report is automatic too, and a mailing
// list may carry what people write.
func kind(h textproto.MIMEHeader, m *Message) Kind {
	content := strings.ToLower(h.Get("Content-Type"))
	report := strings.HasPrefix(content, "multipart/report")
	switch {
	case report && strings.Contains(content, "disposition-notification"):
		return KindReceipt
	case report && strings.Contains(content, "delivery-status"), isBounce(h, m):
		return KindBounce
	case isAutoReply(h, m):
		return KindAutoReply
	case isList(h):
		return KindList
	}
	return KindPerson
}

// isBounce knows delivery reports that do not say so in their type: an empty return path (RFC 5321 §4.5.5) or a mail
// daemon, with a subject that speaks of delivery.
func isBounce(h textproto.MIMEHeader, m *Message) bool {
	null := strings.TrimSpace(h.Get("Return-Path")) == "<>"
	daemon := bounceSender.MatchString(m.From.Address)
	return (null || daemon) && (bounceSubject.MatchString(m.Subject) || h.Get("X-Failed-Recipients") != "")
}

// isAutoReply follows RFC 3834 §5, and the headers that real servers use instead.
func isAutoReply(h textproto.MIMEHeader, m *Message) bool {
	if auto, _, _ := strings.Cut(m.AutoSubmitted, ";"); auto != "" && strings.TrimSpace(auto) != "no" {
		return true
	}
	for _, name := range []string{"X-Autoreply", "X-Autorespond", "X-Autoresponder", "X-Autoreply-From", "X-Mail-Autoreply", "X-Auto-Reply-From"} {
		if value := h.Get(name); value != "" && !strings.EqualFold(value, "no") {
			return true
		}
	}
	if strings.EqualFold(h.Get("Precedence"), "auto_reply") {
		return true
	}
	return awaySubject.MatchString(m.Subject)
}

// isList knows mail that goes to many (RFC 2919, RFC 2369).
func isList(h textproto.MIMEHeader) bool {
	if h.Get("List-Id") != "" || h.Get("List-Unsubscribe") != "" {
		return true
	}
	switch strings.ToLower(h.Get("Precedence")) {
	case "bulk", "list", "junk":
		return true
	}
	return false
}
