package message

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Maybe tells what a message may be instead of what its kind says: an officer looks at it, and nothing is done by itself.
type Maybe string

// What it may be.
const (
	NotMaybe  Maybe = ""
	MaybeAway Maybe = "away" // it may be an automatic answer: its subject says so, and no header does
	MaybeList Maybe = "list" // it came through a list or a mass mailer, by which people write as well
)

var (
	acceptSubject  = regexp.MustCompile(`^\W*(?:accepte?e?|accepted|declined|refuse?e?|tentative|provisoire|zugesagt|abgelehnt|mit vorbehalt|geaccepteerd|geweigerd|voorlopig)\s*:`)
	receiptSubject = regexp.MustCompile(`^\W*(?:lu|non lu|read|not read|gelesen|gelezen|ungelesen|accuse de (?:lecture|reception \(affiche\))|confirmation de lecture|read receipt|return receipt(?: \(displayed\))?|lesebestatigung|leesbevestiging)\s*(?::|-|–|$)`)
	replySubject   = regexp.MustCompile(`^\W*(?:re|rep|ref|aw|antw|antwort|sv|betr|tr|fwd?|wg|doorst)\s*(?:\[\d+\]|\(\d+\))?\s*:`)
	letterSubject  = regexp.MustCompile(`newsletter|nieuwsbrief|lettre d'info|infolettre`)
	complaintFrom  = regexp.MustCompile(`(?i)^(?:staff@hotmail|fbl@|feedback(?:-?loop)?@|abuse-?report|complaints?@)`)
	complaintWords = anyOf(`complaint about (?:message|your (?:message|mail))`, `abuse report`, `feedback loop`, `spam complaint`)
	calendarWords  = anyOf(`(?:a |ont |)accepte`, `refuse`, `decline`, `provisoire`, `accept(?:ed|iert)`, `tentative`, `zugesagt`, `abgelehnt`, `geaccepteerd`, `geweigerd`)
)

// judge tells which kind a message is, from the signs of its header and, where root is there, from its parts and words. A standard that was
// made for it settles the matter. What people may write or pass through as well has to come together with something else; alone, it is a
// doubt about a person's mail.
func (m *Message) judge(s signs, root *part) (Kind, Maybe) {
	found := contents{}
	if root != nil {
		found = look(root)
	}
	subject := folded(m.Subject)
	switch {
	case s.reportType == "disposition-notification", s.contentType == "message/disposition-notification", s.receipt,
		(s.nullPath || s.automatic) && s.reportType == "" && receiptSubject.MatchString(subject):
		if root != nil && found.disposition && failureWords.MatchString(subject+" \n "+folded(m.Text)) && s.automatic {
			return KindBounce, NotMaybe // a filter of the recipient's server has turned it away (RFC 5429 §2.2)
		}
		return KindReceipt, NotMaybe
	case s.reportType == "feedback-report", found.feedback, s.complaint, found.hotmail && complaintFrom.MatchString(m.From.Address),
		complaintFrom.MatchString(m.From.Address) && complaintWords.MatchString(subject):
		return KindComplaint, NotMaybe
	case found.status != nil && (s.contentType == "multipart/report" || s.byMachine() > 0):
		return reported(found.status), NotMaybe
	case strings.HasSuffix(s.reportType, "delivery-status"), s.contentType == "multipart/report" && s.reportType == "":
		return KindBounce, NotMaybe
	case s.reaction, found.reaction:
		return KindReaction, NotMaybe
	}
	words := ""
	if s.marked() && root != nil {
		own, returned := ownWords(m.Text)
		words, found.mail = folded(own), found.mail || returned != nil
	}
	if kind := m.delivery(s, found, subject, words); kind != "" {
		return kind, NotMaybe
	}
	switch {
	case s.automatic, s.reportType != "":
		return KindAutoReply, NotMaybe
	case m.calendar(s, found, subject):
		return KindCalendar, NotMaybe
	case s.recall, root != nil && len(m.Text) < 500 && !s.denied && recallSubject.MatchString(subject) && recalled.MatchString(folded(m.Text)):
		return KindRecall, NotMaybe
	}
	if weight := m.away(s, subject, root != nil); weight >= 10 && !s.denied {
		return KindAutoReply, NotMaybe
	} else if weight >= 4 && !s.denied {
		return KindPerson, MaybeAway
	}
	return m.many(s, subject, words)
}

// delivery knows what servers say of a delivery in words alone: a mail system wrote, and speaks of it. It gives no kind where the mail is
// something else.
func (m *Message) delivery(s signs, found contents, subject, words string) Kind {
	machine := s.byMachine()
	if machine == 0 || s.denied || replySubject.MatchString(subject) && !s.daemon && !s.report {
		return ""
	}
	titled := failureWords.MatchString(subject) || delayWords.MatchString(subject)
	told := failureWords.MatchString(words) || delayWords.MatchString(words)
	content := 0
	for _, sign := range []bool{titled, told, found.mail, statusIn(words) != ""} {
		if sign {
			content++
		}
	}
	absent := !s.report && !s.daemon && (answerFormula.MatchString(subject) || awaySubject.MatchString(subject) || awayText.MatchString(words))
	spoken := titled || told
	switch {
	case !spoken && (successWords.MatchString(subject) || successWords.MatchString(words)):
		return KindSuccess
	case s.report, s.daemon:
		return KindBounce
	case absent: // who is away writes of undelivered mails as well
	case s.nullPath && (spoken || found.mail), s.automatic && (spoken || found.mail) && content >= 2,
		machine == 1 && spoken && (content >= 3 || content == 2 && found.mail):
		return KindBounce
	}
	return ""
}

// calendar knows an answer to an invitation (RFC 5546 §3.2.3). One in which a person adds words is a person's mail.
func (m *Message) calendar(s signs, found contents, subject string) bool {
	if !found.calendarReply && !(s.calendar && acceptSubject.MatchString(subject)) {
		return false
	}
	words := folded(m.Text)
	return len(strings.Fields(words)) < 3 || calendarWords.MatchString(words) && len(words) < 200 || strings.HasPrefix(words, "begin:vcalendar")
}

// away weighs what speaks for an automatic answer without a header that says so; 10 is enough.
func (m *Message) away(s signs, subject string, whole bool) (weight int) {
	switch {
	case !hasAny(subject, awayParts...):
	case answerFormula.MatchString(subject):
		weight = 7
	case awaySubject.MatchString(subject), hasAny(subject, "out of", "autoreply", "retour le") && answerInside.MatchString(subject) && !replySubject.MatchString(subject):
		weight = 4
	}
	if whole && (weight > 0 || s.marked()) {
		reply := folded(m.Reply)
		if awayText.MatchString(reply) {
			weight += 3
		}
		if machineText.MatchString(reply) {
			weight += 4
		}
	}
	if weight > 0 && s.answers && !replySubject.MatchString(subject) {
		weight += 3 // people's programs write « Re: »
	}
	if weight > 0 && s.bulk > 0 {
		weight += 3 // what vacation(1) writes
	}
	return weight
}

func hasAny(text string, parts ...string) bool {
	return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(text, part) })
}

// many tells what a mail with the marks of a list or of a mass mailing is. An answer that does not go to the list itself is a person's,
// whatever the marks; marks of mass mailing that come together are no person's. Else nobody can say.
func (m *Message) many(s signs, subject, words string) (Kind, Maybe) {
	if !s.list && s.bulk == 0 {
		return KindPerson, NotMaybe
	}
	marks := s.bulk
	if bulkWords.MatchString(words) {
		marks++
	}
	if letterSubject.MatchString(subject) {
		marks++
	}
	switch {
	case s.answers && !m.toList(s):
		return KindPerson, MaybeList
	case marks >= 2:
		return KindList, NotMaybe
	}
	return KindList, MaybeList
}

// toList tells whether a mail is addressed to the list it came through.
func (m *Message) toList(s signs) bool {
	for _, to := range append(m.To[:len(m.To):len(m.To)], m.Cc...) {
		address := strings.ToLower(to.Address)
		if address != "" && (strings.Contains(s.listPost, "mailto:"+address) || strings.Contains(s.listID, strings.Replace(address, "@", ".", 1))) {
			return true
		}
	}
	return false
}

// contents are the parts of a message that tell its kind.
type contents struct {
	status        *part // a delivery status (RFC 3464)
	disposition   bool
	feedback      bool // RFC 5965
	hotmail       bool // the mark of Hotmail's complaints, in the mail they hand back
	mail          bool // a mail is handed back, or its header
	reaction      bool // Gmail's
	calendarReply bool
}

// look finds them.
func look(root *part) (c contents) {
	walk(root, func(n *part) {
		switch n.mediaType {
		case "message/delivery-status", "message/global-delivery-status":
			if c.status == nil {
				c.status = n
			}
		case "message/disposition-notification":
			c.disposition = true
		case "message/feedback-report":
			c.feedback = true
		case "message/rfc822", "text/rfc822-headers", "message/rfc822-headers", "message/global", "message/global-headers":
			c.mail = true
			c.hotmail = c.hotmail || strings.Contains(string(n.body[:min(len(n.body), 500)]), "X-HmXmrOriginalRecipient")
		case "text/vnd.google.email-reaction+json":
			c.reaction = true
		case "text/calendar":
			method := strings.ToUpper(n.params["method"])
			c.calendarReply = c.calendarReply || method == "REPLY" || method == "COUNTER"
		}
	})
	return c
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
