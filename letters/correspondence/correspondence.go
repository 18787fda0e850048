// Package correspondence writes what the authority sends to an applicant: it takes a case, its facts and its scheme, fills in the
// texts of package templates, and gives the bytes of the mail and of the PDF letter it carries. It sends and stores nothing.
package correspondence

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"relance/domain/authority"
	"relance/domain/calendar"
	"relance/domain/casefile"
	"relance/domain/chain"
	"relance/domain/scheme"
	"relance/letters/pdf"
	"relance/letters/prose"
	"relance/letters/texts"
	"relance/mail/address"
	"relance/mail/message"
	"relance/mail/outbox"
)

// Writer writes for one authority in one language.
type Writer struct {
	Authority *authority.Authority
	Addresses address.Addresses
	Texts     *texts.Texts
}

// Request is one piece to write.
type Request struct {
	Piece   casefile.Piece
	State   casefile.State
	Facts   casefile.Facts
	Scheme  *scheme.Scheme
	Version *scheme.Version
	About   casefile.Deadline // that has passed
	At      time.Time         // legal: the date of the letter
	Sent    time.Time         // real: the date of the mail
	To      message.Address   // who is answered, where that is not the applicant
	Thread  casefile.Thread   // of the mail that is answered; none: that of the facts
	Apart   *Apart            // how the document is to be had, where it is too large for the mail; nil: it is attached
	Matters                   // what the letter is about beside the application
}

// day is the date of a letter: that of the decision it notifies, else that on which it is written.
func (r Request) day() time.Time {
	if d := r.State.Decision; d != nil && (r.Piece.Letter == casefile.GrantLetter || r.Piece.Letter == casefile.RejectLetter) {
		return d.At
	}
	return r.At
}

// Apart is what a reader has to know of a document that is not attached.
type Apart struct {
	Name  string    // of the document, as people call it
	Size  string    // with its unit
	Link  string    // where it can be read; empty: some other way
	Until time.Time // the last day of the link
}

// ApartHeader marks, in the mail itself, that its document went another way: its value is a casefile.Apart.
const ApartHeader = "X-Relance-Document"

func (a *Apart) way() casefile.Apart {
	if a.Link != "" {
		return casefile.ByLink
	}
	return casefile.ByPerson
}

// Document is what the document of a request is called: by people, and on their disk.
func (w *Writer) Document(r Request) (title, fileName string) {
	return w.Texts.Labels.Letters[cmp.Or(r.Piece.Letter, casefile.CharterLetter)], w.fileName(r)
}

// Amount is the sum that the letter of a request is about, in cents; 0 where it is about none.
func (r Request) Amount() int64 {
	switch name := r.Piece.Letter; {
	case name == casefile.AdvanceLetter || name == casefile.DischargeLetter:
		if r.Loan != nil {
			return r.Loan.Amount
		}
	case name == casefile.AppealDecidedLetter:
		if r.Contest != nil {
			return r.Contest.Amount
		}
	case name == casefile.WithdrawalLetter && r.Breach != nil:
		return r.Breach.Granted
	case name == casefile.WithdrawalLetter && r.State.Withdrawal != nil:
		return breach(r).Granted
	case slices.Contains([]string{casefile.GrantLetter, casefile.ConventionLetter, casefile.WithdrawalLetter}, name):
		if r.State.Decision != nil {
			return r.State.Decision.Amount
		}
	}
	return 0
}

// decidedByCall tells whether the committee of a call has decided on the case.
func (r Request) decidedByCall() bool {
	return r.State.Candidacy != nil && r.State.Candidacy.Outcome != nil
}

// Mail writes the mail around an optional PDF. It gives the raw message and the address it goes to.
func (w *Writer) Mail(r Request, pdf []byte) (raw []byte, to string, err error) {
	r.lend()
	text, err := w.Texts.Mail(w.Texts.Of(r.Piece.Mail, r.decidedByCall()), w.view(r))
	if err != nil {
		return nil, "", fmt.Errorf("mail %s: %w", r.Piece.Mail, err)
	}
	recipient, thread := r.To, r.Thread
	if recipient.Address == "" {
		recipient = message.Address{Name: r.Facts.Applicant.Name, Address: r.Facts.Applicant.Email}
		if thread.MessageID == "" {
			thread = r.Facts.Thread
		}
	}
	service := w.Authority.Name + " – " + r.Scheme.Name
	m := outbox.Mail{
		From:      message.Address{Name: service, Address: w.Addresses.Mailbox},
		ReplyTo:   message.Address{Name: service, Address: w.Addresses.Case(r.State.Reference)},
		To:        recipient,
		Subject:   "[" + r.State.Reference + "] " + text.Subject,
		Text:      prose.Text(text.Body),
		HTML:      w.html(text.Body),
		MessageID: w.Addresses.MessageID(r.State.Reference, r.Piece.Seq, r.Piece.Mail),
		InReplyTo: thread.MessageID, References: references(thread),
		Date:          r.Sent,
		AutoSubmitted: autoSubmitted(r.Piece.Mail),
		Headers:       map[string]string{"X-Auto-Response-Suppress": "All"},
	}
	if notified(r.Piece) {
		m.Headers["Disposition-Notification-To"] = m.ReplyTo.Address // a receipt, where the reader gives one (RFC 8098 §2.1)
		m.Headers["X-Auto-Response-Suppress"] = "OOF, AutoReply"
	}
	if tip := r.State.Stored.String(); tip != "" {
		m.Headers[chain.Field] = tip
	}
	switch {
	case pdf != nil && r.Apart != nil:
		m.Headers[ApartHeader] = string(r.Apart.way())
	case pdf != nil:
		m.Attachments = []outbox.Attachment{{Name: w.fileName(r), Type: "application/pdf", Content: pdf}}
	}
	raw, err = outbox.Compose(m)
	return raw, recipient.Address, err
}

// lend fills in what the case knows of its advance, where the request does not say.
func (r *Request) lend() {
	if r.Loan == nil && r.Breach == nil {
		r.Loan = loanOf(*r)
	}
}

// notified tells whether a mail carries a letter whose reception counts.
func notified(p casefile.Piece) bool {
	letter, _ := casefile.LetterOf(p.Letter)
	return letter.Notified || p.Mail == casefile.AgainMail
}

// references continues the applicant's thread (RFC 5322 §3.6.4).
func references(t casefile.Thread) []string {
	if t.MessageID == "" {
		return nil
	}
	return append(append([]string{}, t.References...), t.MessageID)
}

// autoSubmitted tells other machines that no person wrote a mail (RFC 3834 §5): an answer to a mail, or something the
// engine sends by itself. An officer's own words are a person's.
func autoSubmitted(mail string) string {
	if row, known := casefile.MailOf(mail); known {
		return string(row.Auto)
	}
	return string(casefile.AutoGenerated)
}

func (w *Writer) html(body []prose.Block) string {
	accent := w.Authority.Accent()
	colour := fmt.Sprintf("#%02x%02x%02x", accent[0], accent[1], accent[2])
	return `<!DOCTYPE html>
<html lang="fr"><head><meta charset="utf-8"><title>` + htmlEscape(w.Authority.Name) + `</title></head>
<body style="margin:0;padding:0;background:#f4f5f7">
<div style="max-width:40em;margin:0 auto;padding:24px;background:#ffffff;font-family:Arial,Helvetica,sans-serif;font-size:15px;line-height:1.5;color:#1b1b1b">
<p style="margin:0 0 1.5em;padding-bottom:.6em;border-bottom:3px solid ` + colour + `;font-weight:bold;color:` + colour + `">` + htmlEscape(w.Authority.Name) + `</p>
` + prose.HTML(body) + `</div></body></html>
`
}

func htmlEscape(text string) string { return entities.Replace(text) }

var entities = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;")

// fileName is what the PDF is called on the applicant's disk.
func (w *Writer) fileName(r Request) string {
	name := cmp.Or(r.Piece.Letter, casefile.CharterLetter)
	title := w.Texts.Labels.Letters[name]
	return strings.Join(strings.Fields(scheme.Fold(strings.ReplaceAll(title, "'", " "))), "-") + "-" + r.State.Reference + ".pdf"
}

// letter lays a letter out. Its date is a day, so that the letter that goes is the one that was previewed that day, byte for byte.
func (w *Writer) letter(r Request, view View, text texts.Letter) pdf.Letter {
	a, officer := w.Authority, view.Officer
	day := calendar.Date(r.day()).Add(12 * time.Hour)
	l := pdf.Letter{
		Letterhead: w.letterhead(),
		Title:      text.Subject + " – " + r.State.Reference, Kind: text.Kind, Place: a.Place, Date: day, Reference: r.State.Reference,
		Officer:   pdf.Officer{Name: officer.Name, Capacity: officer.Capacity, Phone: officer.Phone, Email: officer.Email},
		Recipient: recipient(view.Applicant), Subject: text.Subject, Body: text.Body, Notice: text.Notice, Language: "fr-FR",
	}
	if casefile.Signable(r.Piece.Letter) {
		l.Fingerprint = r.State.Charter.Fingerprint
	}
	l.Check = strings.ReplaceAll(w.Texts.Labels.Details["check_by_mail"], "{address}", w.Addresses.Verifier())
	if tip := r.State.Stored; tip.Length > 0 { // whoever has the letter can hold the journal against it
		l.Mark = strings.NewReplacer("{n}", strconv.Itoa(tip.Length), "{head}", tip.Head).Replace(w.Texts.Labels.Details["mark"])
		l.Keywords = "journal " + tip.String()
	}
	if text.Signed == texts.SignedByNobody {
		l.Recipient = nil
	}
	if text.Signed.ByAuthority() {
		s := view.Signatory
		l.Signature = &pdf.Signature{Name: s.Name, Capacity: s.Capacity, Delegation: s.Delegation, Date: day}
	}
	if text.Signed.ByBeneficiary() {
		l.Acceptance = &pdf.Acceptance{Phrase: text.Phrase}
	}
	return l
}

func (w *Writer) letterhead() pdf.Letterhead { return Letterhead(w.Authority) }

// Letterhead is an authority's letterhead.
func Letterhead(a *authority.Authority) pdf.Letterhead {
	return pdf.Letterhead{Name: a.Name, Motto: a.Motto, Lines: a.Address, Phone: a.Phone, Email: a.Email, Website: a.Website, Color: a.Accent(), Logo: a.LogoPNG}
}

// recipient is the address block: the business, who represents it, and where; its email where no address is known.
func recipient(a Applicant) []string {
	lines := []string{a.Business}
	if a.Representative != "" && a.Representative != a.Business {
		lines = append(lines, a.Representative)
	}
	if a.Address == "" {
		return append(lines, a.Email)
	}
	for _, part := range strings.Split(a.Address, ",") {
		if part = strings.TrimSpace(part); part != "" {
			lines = append(lines, part)
		}
	}
	return lines
}
