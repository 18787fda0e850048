package message

import (
	"regexp"
	"strconv"
	"strings"

	"relance/mail/address"
)

var (
	awaySubject    = regexp.MustCompile(`(?i)^\W*(?:(?:r[eé]ponse automatique|absence|absent(?:e)?(?: du bureau)?|message d'absence|automatic reply|auto(?:matic)?[ -]?(?:reply|response)|out of (?:the )?office|autosvar|abwesenheit(?:snotiz|sassistent|smeldung)?|abwesend|automatische antwort|automatisch antwoord|afwezig(?:heid)?)\b)`)
	acceptSubject  = regexp.MustCompile(`(?i)^\W*(?:accept[ée]e?|accepted|declined|refus[ée]e?|tentative|provisoire|zugesagt|abgelehnt|geaccepteerd)\s*:`)
	receiptSubject = regexp.MustCompile(`(?i)^\W*(?:lu|non lu|read|not read|gelesen|gelezen|ungelesen|accus[ée] de (?:lecture|r[ée]ception \(affich[ée]\))|confirmation de lecture|read receipt|return receipt(?: \(displayed\))?|lesebest[äa]tigung|leesbevestiging)\s*(?::|-|–|$)`)
	bounceSender   = regexp.MustCompile(`(?i)^(?:mailer-daemon|postmaster|mail-daemon|maildelivery|microsoftexchange[0-9a-f]+)@`)
	bounceSubject  = regexp.MustCompile(`(?i)undeliver|deliver(?:y|ed)? (?:status|failure|has failed|report|problem|incomplete)|delivery .{0,30}(?:delayed|failed)|returned mail|mail delivery|mail (?:system )?error|non[- ]?remis|non distribu|[ée]chec (?:de (?:la )?|d')(?:remise|distribution|envoi|acheminement)|failure notice|failed|warning: (?:could not|message)|unzustellbar|onbestelbaar|remise diff[ée]r[ée]e|avis de non|message bloqu[ée]|impossible de (?:remettre|distribuer)`)
	bounceText     = regexp.MustCompile(`(?i)this is the (?:mail system|qmail-send program)|this message was created automatically by mail delivery|could not be delivered|couldn't be delivered|n'a pas pu [êe]tre (?:remis|distribu)|wasn't delivered|delivery to the following recipient|n'ont pas pu [êe]tre (?:remis|distribu)|permanent(?:e)? (?:fatal )?error|adresse .{0,40}introuvable|address not found`)
)

// kind tells from the header who sent a message. The order matters: a delivery report is automatic too, and a mailing
// list may carry what people write.
func kind(h header, m *Message) Kind {
	content, params := parseParams(h.get("Content-Type"))
	report := ""
	if content == "multipart/report" {
		report = strings.ToLower(params["report-type"])
	}
	switch {
	case report == "disposition-notification", content == "message/disposition-notification", isReceipt(h, m):
		return KindReceipt
	case report == "delivery-status", report == "global-delivery-status", report == "" && content == "multipart/report", isBounce(h, m):
		return KindBounce
	case isAutoReply(h, m):
		return KindAutoReply
	case isList(h):
		return KindList
	case report != "": // a machine's report of another sort
		return KindAutoReply
	}
	return KindPerson
}

// isReceipt knows receipts that do not say so in their type: those of Outlook for Outlook.
func isReceipt(h header, m *Message) bool {
	class := strings.ToLower(h.get("X-Ms-Exchange-Message-Class") + h.get("X-Message-Class"))
	if strings.HasPrefix(class, "report.") && strings.Contains(class, ".ipnr") {
		return true
	}
	return receiptSubject.MatchString(m.Subject) && (h.get("Disposition-Notification-To") == "" && (machineSent(h) || m.AutoSubmitted != "" && m.AutoSubmitted != "no"))
}

// machineSent tells whether the envelope says that nobody wants an answer (RFC 5321 §4.5.5).
func machineSent(h header) bool {
	return strings.Join(strings.Fields(h.get("Return-Path")), "") == "<>"
}

// isBounce knows delivery reports that do not say so in their type: an empty return path (RFC 5321 §4.5.5) or a mail
// daemon, with a subject that speaks of delivery.
func isBounce(h header, m *Message) bool {
	if h.get("X-Failed-Recipients") != "" {
		return true
	}
	return (machineSent(h) || bounceSender.MatchString(m.From.Address)) && bounceSubject.MatchString(m.Subject)
}

// looksUndelivered knows, by its words, what a mail daemon writes under any subject.
func looksUndelivered(m *Message) bool {
	return bounceSender.MatchString(m.From.Address) && bounceText.MatchString(m.Text)
}

// isAutoReply follows RFC 3834 §5, and the headers that real servers use instead.
func isAutoReply(h header, m *Message) bool {
	auto, _, _ := strings.Cut(m.AutoSubmitted, ";")
	auto, _ = address.Uncomment(auto)
	switch auto = strings.TrimSpace(auto); {
	case auto == "no":
		return false
	case auto != "":
		return true
	}
	for _, name := range []string{"X-Autoreply", "X-Autorespond", "X-Autoresponder", "X-Autoreply-From", "X-Autoreply-To", "X-Mail-Autoreply", "X-Auto-Reply-From", "X-Auto-Reply"} {
		if value := h.get(name); value != "" && !strings.EqualFold(value, "no") {
			return true
		}
	}
	if precedence := strings.ToLower(h.get("Precedence")); precedence == "auto_reply" || precedence == "auto-reply" {
		return true
	}
	if strings.Contains(strings.ToLower(h.get("X-Ms-Exchange-Generated-Message-Source")), "oof") || h.get("X-Ms-Exchange-Inbox-Rules-Loop") != "" && awaySubject.MatchString(m.Subject) {
		return true
	}
	if acceptSubject.MatchString(m.Subject) && strings.Contains(strings.ToLower(h.get("Content-Class")+h.get("Content-Type")), "calendar") {
		return true
	}
	return awaySubject.MatchString(m.Subject)
}

// isList knows mail that goes to many (RFC 2919, RFC 2369).
func isList(h header) bool {
	if h.get("List-Id") != "" || h.get("List-Unsubscribe") != "" || h.get("List-Post") != "" || h.get("Mailing-List") != "" {
		return true
	}
	switch strings.ToLower(h.get("Precedence")) {
	case "bulk", "list", "junk":
		return true
	}
	return false
}

// isSpam reads the verdict of the receiving server's filter.
func isSpam(h header) bool {
	yes := func(value string) bool {
		value = strings.ToLower(strings.TrimSpace(value))
		return strings.HasPrefix(value, "yes") || strings.HasPrefix(value, "true") || value == "spam"
	}
	if yes(h.get("X-Spam-Flag")) || yes(h.get("X-Spam-Status")) || yes(h.get("X-Spam")) || yes(h.get("X-Rspamd-Spam")) || yes(h.get("X-Spamd-Result-Flag")) {
		return true
	}
	level, err := strconv.Atoi(strings.TrimSpace(h.get("X-Ms-Exchange-Organization-Scl")))
	return err == nil && level >= 5
}
