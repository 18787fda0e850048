package activities

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/mail"
	"time"

	"go.temporal.io/sdk/activity"

	"relance/domain/casefile"
	"relance/intake/reading"
	"relance/letters/correspondence"
	"relance/letters/texts"
	"relance/mail/message"
	"relance/mail/outbox"
	"relance/observe/telemetry"
	"relance/store/archive"
)

// Correspond writes mails and the letters they carry, archives their exact bytes, sends them and stores the case as it
// then stands. Each step has its key in the case folder, so that after a crash anywhere the same bytes are sent under
// the same Message-ID, and what was accepted is not sent again.
func (a *Activities) Correspond(ctx context.Context, c casefile.Correspondence) (casefile.Sent, error) {
	sent, err := a.correspond(ctx, c)
	return sent, classify(err)
}

func (a *Activities) correspond(ctx context.Context, c casefile.Correspondence) (casefile.Sent, error) {
	var sent casefile.Sent
	if len(c.Pieces) > 0 {
		sch, v, err := a.version(ctx, c.State)
		if err != nil {
			return sent, err
		}
		facts, err := a.facts(ctx, c.State.Facts)
		if err != nil {
			return sent, err
		}
		about := correspondence.Request{Piece: c.Pieces[0], State: c.State, Facts: facts, Scheme: sch, Version: v, At: c.At}
		if sent.Evidence, err = a.evidence(ctx, about); err != nil {
			return sent, fmt.Errorf("evidence: %w", err)
		}
		for _, piece := range c.Pieces {
			p, stop, err := a.piece(ctx, correspondence.Request{Piece: piece, State: c.State, Facts: facts, Scheme: sch, Version: v, At: c.At, About: c.About})
			if err != nil {
				return sent, fmt.Errorf("%s: %w", piece.Mail, err)
			}
			if stop != nil {
				sent.Stopped = stop
				return sent, nil
			}
			sent.Pieces = append(sent.Pieces, p)
		}
	}
	var err error
	if sent.Orders, err = a.placeOrders(ctx, c); err != nil {
		return sent, err
	}
	c.State.Account(sent, c.At)
	if c.State.Kin, err = a.noteKin(ctx, c.State); err != nil {
		return sent, err
	}
	sent.Noted = c.State.Kin.Noted
	sent.Case, err = a.store(ctx, &c.State)
	return sent, err
}

// piece writes one letter and mail, archives them and sends the mail. A letter that lacks something is not written, and nothing goes.
func (a *Activities) piece(ctx context.Context, r correspondence.Request) (casefile.SentPiece, *casefile.Stop, error) {
	p := casefile.SentPiece{Seq: r.Piece.Seq, Name: r.Piece.Mail, Again: r.Piece.Again}
	stop := func(lacks []string) *casefile.Stop {
		return &casefile.Stop{Mail: r.Piece.Mail, Letter: r.Piece.Letter, Lacks: lacks}
	}
	r.Sent = a.Now()
	if r.Piece.Letter != "" { // before the letter is written: it would be there for good
		if _, _, err := a.Writer.Mail(r, nil); errors.As(err, new(texts.Problem)) {
			return p, stop([]string{unfilled(err)}), nil
		}
	}
	var pdf []byte
	var err error
	switch {
	case r.Piece.Letter != "":
		var lacks []string
		if pdf, lacks, err = a.letter(ctx, r, &p); len(lacks) > 0 {
			return p, stop(lacks), nil
		}
		if err == nil && casefile.Signable(r.Piece.Letter) {
			err = a.charterText(ctx, r, &p, pdf)
			r.State.Charter.Fingerprint = p.Fingerprint // the mail says which phrase signs
		}
	case r.Piece.Attach.Key != "":
		pdf, err = a.Archive.Get(ctx, r.Piece.Attach.Key)
	}
	if err != nil {
		return p, nil, fmt.Errorf("letter: %w", err)
	}
	if err := a.address(ctx, &r); err != nil {
		return p, nil, err
	}
	key := fmt.Sprintf("%smail/out/%03d-%s.eml", r.State.Folder(), r.Piece.Seq, r.Piece.Mail)
	raw, first, err := a.written(ctx, key, "message/rfc822", func() ([]byte, error) { return a.compose(ctx, r, pdf) })
	if errors.As(err, new(texts.Problem)) {
		return p, stop([]string{unfilled(err)}), nil
	}
	if err != nil {
		return p, nil, err
	}
	p.Apart = apart(raw)
	p.Mail = casefile.Ref{Key: key, SHA256: hash(raw)}
	to := r.To.Address
	if to == "" {
		to = r.Facts.Applicant.Email
	}
	if p, err = a.send(ctx, p, to, raw, first, r.State); p.Apart == casefile.ByPerson {
		p.Accepted = time.Time{} // no period runs from a document that its reader has not got
	}
	return p, nil, err
}

// address finds to whom a mail goes where that is not the applicant, and which mail it stands below.
func (a *Activities) address(ctx context.Context, r *correspondence.Request) (err error) {
	if r.Piece.To.Key != "" {
		r.To, r.Thread, err = a.sender(ctx, r.Piece.To)
	}
	for _, o := range r.Version.Review.Opinions {
		if o.ID == r.Piece.Opinion {
			r.To = message.Address{Name: o.Of, Address: o.Email}
		}
	}
	if err == nil && r.To.Address == "" && r.State.Heard.Key != "" {
		_, r.Thread, err = a.sender(ctx, r.State.Heard)
	}
	return err
}

func unfilled(err error) string {
	return "le texte du courriel ne peut pas être rempli : " + err.Error()
}

// compose writes a mail. Where our mail server says that it takes none so large (RFC 1870), its document goes another way.
func (a *Activities) compose(ctx context.Context, r correspondence.Request, pdf []byte) ([]byte, error) {
	raw, _, err := a.Writer.Mail(r, pdf)
	if err != nil || pdf == nil {
		return raw, err
	}
	limit, err := a.Outbox.MaxSize(ctx)
	if err != nil || limit == 0 || int64(len(raw)) <= limit {
		return raw, err
	}
	const kilo = 1000
	title, file := a.Writer.Document(r)
	r.Apart = &correspondence.Apart{Name: title, Size: fmt.Sprintf("%d ko", (len(pdf)+kilo-1)/kilo), Until: r.Sent.Add(archive.LongestLink).AddDate(0, 0, -1)}
	key := r.Piece.Attach.Key
	if r.Piece.Letter != "" {
		key = letterKey(r)
	}
	if a.Links != nil {
		if r.Apart.Link, err = a.Links.Link(ctx, key, file, archive.LongestLink); err != nil && !errors.Is(err, archive.ErrNoLinks) {
			return nil, err
		}
	}
	raw, _, err = a.Writer.Mail(r, pdf)
	return raw, err
}

// apart tells of a mail that was written how its document went, where it is not attached.
func apart(raw []byte) casefile.Apart {
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return ""
	}
	return casefile.Apart(m.Header.Get(correspondence.ApartHeader))
}

// accepted ends the key of a mail's acceptance.
const accepted = ".accepted.json"

// acceptance is the proof that a mail was handed over, stored beside it.
type acceptance struct {
	At       time.Time `json:"at"` // real
	Response string    `json:"response,omitempty"`
	Refused  string    `json:"refused,omitempty"` // the status code of a refusal that is final

	now bool // it was handed over this time
}

// send hands a mail over, and keeps a copy of it where people look for it.
func (a *Activities) send(ctx context.Context, p casefile.SentPiece, to string, raw []byte, first bool, s casefile.State) (casefile.SentPiece, error) {
	acc, ref, err := a.handOver(ctx, p.Mail.Key, p.Name, to, raw, first)
	p.Acceptance = ref
	if err != nil {
		return p, err
	}
	if acc.now && p.Name == casefile.AcknowledgementMail && acc.Refused == "" {
		a.Metrics.Acknowledged(acc.At.Sub(s.Clock.Real(s.Received)))
	}
	if p.Refused = acc.Refused; p.Refused == "" {
		p.Accepted = s.Clock.Legal(acc.At)
		p.Unfiled = a.file(ctx, raw, acc.At, !first) != nil
	}
	return p, nil
}

// handOver hands a mail over, unless it was before. A refusal that is final (RFC 5321 §4.2.1: 5yz) is an outcome, not a failure: the case goes on, and
// an officer is told that the applicant was not reached. A mail that was archived this very moment, for the first time, cannot have been sent before.
func (a *Activities) handOver(ctx context.Context, key, name, to string, raw []byte, first bool) (acc acceptance, ref casefile.Ref, err error) {
	ref.Key = key + accepted
	hand, now := a.done, false
	if first {
		hand = a.once
	}
	text, err := hand(ctx, ref.Key, "application/json", func() ([]byte, error) {
		sending, end := telemetry.Within(ctx, "SendMail")
		handed, err := a.Outbox.Send(sending, a.Writer.Addresses.Mailbox, []string{to}, raw)
		end(err)
		var refusal *outbox.SMTPError
		switch {
		case err == nil:
			acc = acceptance{At: handed.At, Response: handed.Response}
		case errors.As(err, &refusal) && !outbox.Temporary(err):
			acc = acceptance{At: a.Now(), Refused: fmt.Sprint(refusal.Code), Response: refusal.Message}
		default:
			return nil, err
		}
		now = true
		a.Metrics.Sent(name, acc.Refused != "")
		return json.Marshal(acc)
	})
	if err != nil {
		return acc, ref, err
	}
	ref.SHA256, acc = hash(text), acceptance{}
	err = json.Unmarshal(text, &acc)
	acc.now = now
	return acc, ref, err
}

func letterKey(r correspondence.Request) string {
	return fmt.Sprintf("%sletters/%03d-%s.pdf", r.State.Folder(), r.Piece.Seq, r.Piece.Letter)
}

// done gives the object of a key: the one that is there, else what make makes, stored first. It looks before it makes, for what is done by making it.
func (a *Activities) done(ctx context.Context, key, contentType string, make func() ([]byte, error)) ([]byte, error) {
	content, err := a.Archive.Get(ctx, key)
	if err == nil || !errors.Is(err, archive.ErrNotFound) {
		return content, err
	}
	return a.once(ctx, key, contentType, make)
}

// once is done for what can be made again and thrown away: at a first attempt, which hardly ever finds an object, it does not look.
func (a *Activities) once(ctx context.Context, key, contentType string, make func() ([]byte, error)) ([]byte, error) {
	content, _, err := a.written(ctx, key, contentType, make)
	return content, err
}

// written is once, and tells whether the object is there for the first time.
func (a *Activities) written(ctx context.Context, key, contentType string, make func() ([]byte, error)) (content []byte, first bool, err error) {
	if tried(ctx) {
		content, err := a.Archive.Get(ctx, key)
		if err == nil || !errors.Is(err, archive.ErrNotFound) {
			return content, false, err
		}
	}
	if content, err = make(); err != nil {
		return nil, false, err
	}
	created, err := a.Archive.PutOnce(ctx, key, content, contentType)
	if err != nil || created {
		return content, created, err
	}
	content, err = a.Archive.Get(ctx, key) // another attempt was first: its bytes are the ones
	return content, false, err
}

// tried tells whether an earlier attempt at this activity has likely left something behind. A local activity does not know of an attempt whose
// workflow task was lost, so where it is not tried there may be something all the same.
func tried(ctx context.Context) bool {
	return !activity.IsActivity(ctx) || activity.GetInfo(ctx).Attempt > 1
}

// sender finds who wrote a mail that is answered, and its thread.
func (a *Activities) sender(ctx context.Context, ref casefile.Ref) (message.Address, casefile.Thread, error) {
	raw, err := a.mail(ctx, ref.Key)
	if err != nil {
		return message.Address{}, casefile.Thread{}, err
	}
	m, err := message.ParseHeader(raw)
	if err != nil {
		return message.Address{}, casefile.Thread{}, err
	}
	m.Through(a.Lists)
	return m.From, reading.Thread(m), nil
}

func hash(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}
