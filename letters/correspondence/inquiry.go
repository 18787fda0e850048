package correspondence

import (
	"reflect"
	"strings"
	"time"

	"relance/domain/authority"
	"relance/domain/casefile"
	"relance/domain/inquiry"
	"relance/domain/scheme"
	"relance/letters/prose"
	"relance/letters/texts"
	"relance/mail/message"
	"relance/mail/outbox"
)

// InquiryRequest is one question to a mailbox: whether it wrote what came in its name.
type InquiryRequest struct {
	ID        string
	Question  inquiry.Question
	Mails     []inquiry.Waiting // in the order of the question
	Catalogue *scheme.Catalogue
	To        string    // the address that is asked
	Sent      time.Time // real
}

// InquiryView is everything that such a question may speak of. Nothing in it was written by whoever wrote the mails: a mail in somebody's name must not
// bring words of its own to him.
type InquiryView struct {
	Authority *authority.Authority
	Mails     []InquiryMail
	Reminds   bool      // all of them were asked about before
	Choice    bool      // all of them are one mail, which was sent to several schemes
	Until     time.Time // when an officer takes over
	Expires   time.Time // the last day on which an answer counts

	Files []VerifiedFile // of an answer to somebody who has letters verified
}

// InquiryMail is a mail as its mailbox is asked about it.
type InquiryMail struct {
	Number int       // in the list
	At     time.Time // when it was received
	Scheme string    // what it applies for
	Case   string    // the applicant's case that it is for
	Choice bool      // it was sent to several schemes: is this one of those that are meant?
}

// Inquiry writes a question to a mailbox. It answers no mail and has no address of ours but the one that takes the answer, once.
func (w *Writer) Inquiry(r InquiryRequest) ([]byte, error) {
	text, err := w.Texts.Inquiry("question", w.inquiryView(r))
	if err != nil {
		return nil, err
	}
	return outbox.Compose(outbox.Mail{
		From:      message.Address{Name: w.Authority.Name, Address: w.Addresses.Mailbox},
		ReplyTo:   message.Address{Name: w.Authority.Name, Address: w.Addresses.Question(r.ID, r.Question.N)},
		To:        message.Address{Address: r.To},
		Subject:   text.Subject,
		Text:      prose.Text(text.Body),
		HTML:      w.html(text.Body),
		MessageID: w.Addresses.QuestionID(r.ID, r.Question.N),
		Date:      r.Sent, AutoSubmitted: "auto-generated", Headers: map[string]string{"X-Auto-Response-Suppress": "All"},
	})
}

func (w *Writer) inquiryView(r InquiryRequest) InquiryView {
	view := InquiryView{Authority: w.Authority, Reminds: r.Question.Reminds, Expires: casefile.LastDay(r.Question.Expires)}
	for i, mail := range r.Mails {
		m := InquiryMail{Number: i + 1, At: mail.At, Choice: mail.Choice}
		if s, err := r.Catalogue.Find(mail.Scheme); err == nil && mail.Case == "" {
			m.Scheme = s.Title
		}
		if mail.Own {
			m.Case = mail.Case
		}
		view.Mails = append(view.Mails, m)
		view.Choice = mail.Choice && mail.Mail.SHA256 == r.Mails[0].Mail.SHA256 && (i == 0 || view.Choice)
		if until := mail.At.Add(inquiry.Leave); view.Until.IsZero() || until.Before(view.Until) {
			view.Until = until
		}
	}
	return view
}

// checkInquiry fills in the question with made-up mails of every scheme.
func (w *Writer) checkInquiry(all []*scheme.Scheme, now time.Time) error {
	if err := w.Texts.CheckInquiry(reflect.TypeFor[InquiryView]()); err != nil {
		return err
	}
	mails := []InquiryMail{{Number: 1, At: now, Case: "RBD-7K3M9-QXD3A"}, {Number: 2, At: now}}
	for _, s := range all {
		mails = append(mails, InquiryMail{Number: len(mails) + 1, At: now, Scheme: s.Title})
	}
	for i := range mails {
		for _, list := range [][]InquiryMail{mails[i : i+1], mails[:i+1]} {
			view := InquiryView{Authority: w.Authority, Mails: list, Reminds: i%2 == 1, Until: now, Expires: now}
			text, err := w.Texts.Inquiry("question", view)
			if err != nil {
				return texts.Problems{{File: "inquiry/question.txt", Text: err.Error()}}
			}
			if body := prose.Text(text.Body); !strings.Contains(body, "OUI") || !strings.Contains(body, "NON") {
				return texts.Problems{{File: "inquiry/question.txt", Text: "the words OUI and NON, which answer it, are not in the text"}}
			}
		}
	}
	return nil
}
