package correspondence

import (
	"time"

	"relance/letters/prose"
	"relance/mail/message"
	"relance/mail/outbox"
	"relance/proof/verify"
)

// VerificationRequest is an answer to somebody who asks whether files are letters of ours.
type VerificationRequest struct {
	Of         string // the SHA-256 of the mail that asks
	To         string
	InReplyTo  string
	References []string
	Files      []VerifiedFile
	Sent       time.Time // real
}

// VerifiedFile is a file, and what is told of it.
type VerifiedFile struct {
	Name     string
	Standing verify.Standing
}

// Verification writes the answer. It names no case, and nothing of the mail that asks but the names of its files.
func (w *Writer) Verification(r VerificationRequest) ([]byte, error) {
	view := InquiryView{Authority: w.Authority}
	for _, f := range r.Files {
		view.Files = append(view.Files, VerifiedFile{Name: clip(cell(f.Name)), Standing: f.Standing})
	}
	text, err := w.Texts.Inquiry("verification", view)
	if err != nil {
		return nil, err
	}
	return outbox.Compose(outbox.Mail{
		From:      message.Address{Name: w.Authority.Name, Address: w.Addresses.Mailbox},
		ReplyTo:   message.Address{Name: w.Authority.Name, Address: w.Addresses.Verifier()},
		To:        message.Address{Address: r.To},
		Subject:   text.Subject,
		Text:      prose.Text(text.Body),
		HTML:      w.html(text.Body),
		MessageID: w.Addresses.VerifierID(r.Of), InReplyTo: r.InReplyTo, References: r.References,
		Date: r.Sent, AutoSubmitted: "auto-replied", Headers: map[string]string{"X-Auto-Response-Suppress": "All"},
	})
}
