package activities

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"relance/contract"
	"relance/domain/calendar"
	"relance/domain/casefile"
	"relance/domain/inquiry"
	"relance/intake/reading"
	"relance/letters/correspondence"
	"relance/mail/auth"
	"relance/mail/message"
	"relance/store/archive"
)

// Mailroom takes mails where they belong, once it is known who wrote them (package starter).
type Mailroom interface {
	// Ask lets the mailbox of a mail that a case holds be asked whether it wrote the mail.
	Ask(ctx context.Context, d contract.Doubt, address string) error
	// Believe takes a mail where it belongs, and tells which case that is; empty where it waits in the officers' queue.
	Believe(ctx context.Context, b contract.Believing) (reference string, err error)
	// Leave leaves a mail to officers.
	Leave(ctx context.Context, l contract.Leaving) error
	// Settled tells whether an officer has dealt with a mail of the queue.
	Settled(ctx context.Context, mail casefile.Mail) (bool, error)
}

// AskAbout lets the mailbox that a held mail seems to come from be asked, or tells its inquiry that an officer has dealt with the mail.
func (a *Activities) AskAbout(ctx context.Context, d contract.Doubt) error {
	m, err := a.header(ctx, d.Mail.Key)
	if err == nil && m != nil && strings.Contains(m.From.Address, "@") {
		err = a.Mailroom.Ask(ctx, d, m.From.Address)
	}
	return classify(err)
}

// header reads the header of a mail in the archive; nil where it has none.
func (a *Activities) header(ctx context.Context, key string) (*message.Message, error) {
	raw, err := a.mail(ctx, key)
	if err != nil {
		return nil, fmt.Errorf("raw mail: %w", err)
	}
	m, err := message.ParseHeader(raw)
	if errors.Is(err, message.ErrEmpty) {
		return nil, nil
	}
	return m, err
}

// WeighMail looks once more at who wrote a mail, with its signatures verified on the raw bytes. Of a mail of the queue that is all that is read.
func (a *Activities) WeighMail(ctx context.Context, mail casefile.Mail) (contract.Weighed, error) {
	w, err := a.weigh(ctx, mail)
	return w, classify(err)
}

func (a *Activities) weigh(ctx context.Context, mail casefile.Mail) (contract.Weighed, error) {
	var w contract.Weighed
	var err error
	if w.Gone, err = a.Mailroom.Settled(ctx, mail); err != nil || w.Gone {
		return w, err
	}
	release, err := a.hold(ctx, mail.Key, mail.Size)
	if err != nil {
		return w, err
	}
	defer release()
	raw, err := a.mail(ctx, mail.Key)
	if err != nil {
		return w, fmt.Errorf("raw mail: %w", err)
	}
	m, err := message.ParseHeader(raw)
	if err != nil {
		return w, err
	}
	verdict := a.proveBehindLists(mail, raw, m).Verdict
	w.Proven, w.Forged = verdict == auth.Proven, verdict == auth.Forged
	return w, nil
}

// AskMailbox asks a mailbox whether it wrote some mails. What it asks about is stored first, then the question, then that it went: whatever is tried again
// asks the same, and once. The address stands in the mails themselves.
func (a *Activities) AskMailbox(ctx context.Context, q contract.Asking) (contract.Asked, error) {
	asked, err := a.askMailbox(ctx, q)
	return asked, classify(err)
}

func (a *Activities) askMailbox(ctx context.Context, q contract.Asking) (asked contract.Asked, err error) {
	key := fmt.Sprintf("%squestions/%03d", inquiry.Folder(q.ID), q.Question.N)
	record, err := a.Archive.Get(ctx, key+".json")
	if errors.Is(err, archive.ErrNotFound) {
		if asked.Later, err = a.enoughAsked(ctx); err != nil || asked.Later {
			return asked, err
		}
		record, err = a.once(ctx, key+".json", "application/json", func() ([]byte, error) { return json.Marshal(q) })
	}
	if err == nil {
		err = json.Unmarshal(record, &q)
	}
	if err != nil {
		return asked, err
	}
	asked.Question = q.Question
	from, err := a.header(ctx, q.Mails[0].Mail.Key)
	if err != nil {
		return asked, err
	}
	raw, first, err := a.written(ctx, key+".eml", "message/rfc822", func() ([]byte, error) {
		return a.Writer.Inquiry(correspondence.InquiryRequest{ID: q.ID, Question: q.Question, Mails: q.Mails, Catalogue: a.Catalogue, To: from.From.Address, Sent: a.Now()})
	})
	if err != nil {
		return asked, err
	}
	acc, _, err := a.handOver(ctx, key+".eml", "question", from.From.Address, raw, first)
	if err != nil {
		return asked, err
	}
	if asked.Refused = acc.Refused; asked.Refused == "" {
		_ = a.file(ctx, raw, acc.At, !first) // officers find the question beside the answer; nothing depends on it
	}
	return asked, a.index().Tally(ctx, a.asked(), fmt.Sprintf("%s-%d", q.ID, q.Question.N))
}

// asked is the name of the tally of today's questions, in real time: what a flood costs is real.
func (a *Activities) asked() string {
	return a.Now().In(calendar.Paris).Format(time.DateOnly) + "-asked"
}

// enoughAsked tells whether so many mailboxes were asked today that no more are.
func (a *Activities) enoughAsked(ctx context.Context) (bool, error) {
	if a.Questions <= 0 {
		return false, nil
	}
	n, err := a.index().Tallied(ctx, a.asked())
	return n >= a.Questions, err
}

// ReadReply reads what came to the one-time address of a question. It answers only where it comes from the mailbox that was asked; of what it says,
// see reading.AnswerTo.
func (a *Activities) ReadReply(ctx context.Context, r contract.Reply) (inquiry.Said, error) {
	said, err := a.readReply(ctx, r)
	return said, classify(err)
}

func (a *Activities) readReply(ctx context.Context, r contract.Reply) (inquiry.Said, error) {
	raw, err := a.Archive.Get(ctx, r.Reply.Mail.Key)
	if err != nil {
		return inquiry.Said{}, fmt.Errorf("raw mail: %w", err)
	}
	m, err := message.ParseWith(raw, message.Shut)
	if errors.Is(err, message.ErrEmpty) {
		return inquiry.Said{}, nil
	}
	if err != nil || len(m.Authors) != 1 {
		return inquiry.Said{}, err
	}
	of, err := a.index().Inquiry(ctx, m.From.Address)
	if err != nil || of != r.ID {
		return inquiry.Said{}, err
	}
	return reading.AnswerTo(m), nil
}

// BelieveMail takes a mail where it belongs, since its mailbox has answered or it is proven without.
func (a *Activities) BelieveMail(ctx context.Context, b contract.Believing) (string, error) {
	if b.Question > 0 {
		key := fmt.Sprintf("%squestions/%03d.eml", inquiry.Folder(b.ID), b.Question)
		raw, err := a.Archive.Get(ctx, key)
		if err != nil {
			return "", classify(err)
		}
		b.Answer.Question = casefile.Ref{Key: key, SHA256: hash(raw)}
	}
	reference, err := a.Mailroom.Believe(ctx, b)
	return reference, classify(err)
}

// LeaveMail leaves a mail to officers.
func (a *Activities) LeaveMail(ctx context.Context, l contract.Leaving) error {
	return classify(a.Mailroom.Leave(ctx, l))
}
