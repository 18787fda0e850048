package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/pdfcpu/pdfcpu/pkg/api"

	"relance/letters/pdf"
	"relance/letters/prose"
	"relance/mail/mailbox"
	"relance/mail/message"
	"relance/mail/outbox"
	"relance/process/config"
	"relance/process/engine"
	"relance/proof/imprint"
	"relance/proof/seal"
)

// applicant plays one sample with a real mailbox.
type applicant struct {
	Sample
	box      *mailbox.Box
	sender   *outbox.Sender
	address  string // of the applicant
	scheme   string // where applications go
	answered map[string]bool
	applied  string // the Message-ID of the application
	sent     int
	signer   *seal.Sealer // of those who sign with a certificate
}

// newApplicant opens the mailbox of a sample.
func newApplicant(imap, smtp config.Server, s Sample, to string) (*applicant, error) {
	a := &applicant{Sample: s, address: s.Account + "@localhost", scheme: to, answered: map[string]bool{}}
	cfg := config.Defaults()
	cfg.IMAP.Server = imap
	cfg.IMAP.Tick = 5 * time.Second // the usual half minute is a month, where a legal day lasts a second
	var err error
	if a.box, err = engine.Mailbox(cfg, slog.New(slog.DiscardHandler)); err != nil {
		return nil, err
	}
	a.sender, err = engine.Outbox(smtp, a.address)
	return a, err
}

// run applies, and answers what comes until ctx ends.
func (a *applicant) run(ctx context.Context) error {
	defer a.sender.Close()
	if !a.Expert {
		if err := a.apply(ctx); err != nil {
			return fmt.Errorf("%s: %w", a.Account, err)
		}
	}
	return a.box.Watch(ctx, func(ctx context.Context, m mailbox.Mail) (mailbox.Destination, error) {
		raw, err := m.Bytes()
		if err != nil {
			return "", err
		}
		return "", a.read(ctx, raw) // it stays in the inbox, where a person looks at it in the webmail
	})
}

// apply sends the application; a sample that clicks twice sends the very same bytes again.
func (a *applicant) apply(ctx context.Context) error {
	raw, err := a.compose(outbox.Mail{To: message.Address{Address: a.scheme}, Subject: "Demande – " + a.Business,
		Text: a.Fields, Attachments: a.papers(a.Papers)})
	if err != nil {
		return err
	}
	if m, err := message.Parse(raw); err == nil {
		a.applied = m.MessageID
	}
	times := 1
	if a.Twice {
		times = 2
	}
	for range times {
		if _, err := a.sender.Send(ctx, a.address, []string{a.scheme}, raw); err != nil {
			return err
		}
	}
	return nil
}

// read reads a mail of the authority and answers it as the sample does.
func (a *applicant) read(ctx context.Context, raw []byte) error {
	m, err := message.Parse(raw)
	if err != nil {
		return err
	}
	_, name, ok := ourMail(m.MessageID)
	if !ok || a.answered[m.MessageID] {
		return nil
	}
	reply, ok := a.answerTo(name, m.Text)
	if !ok {
		return nil
	}
	mail := outbox.Mail{To: m.ReplyTo, Subject: "Re: " + m.Subject, Text: reply.text + quote(m), InReplyTo: m.MessageID,
		References: append(m.References, m.MessageID), Attachments: a.papers(reply.papers)}
	if reply.auto {
		mail.AutoSubmitted, mail.Subject, mail.Text = "auto-replied", "Absence : "+m.Subject, reply.text
	}
	if reply.signed {
		copied, err := signedCopy(m.Attachments[0].Content(), a.Name)
		if err != nil {
			return err
		}
		mail.Attachments = append(mail.Attachments, outbox.Attachment{Name: "scan.pdf", Type: "application/pdf", Content: copied})
	}
	if reply.digital {
		signed, err := a.signer.Seal(ctx, m.Attachments[0].Content(), seal.Seal{Reason: "Charte signée"})
		if err != nil {
			return err
		}
		mail.Attachments = append(mail.Attachments, outbox.Attachment{Name: "charte signée.pdf", Type: "application/pdf", Content: signed})
	}
	raw, err = a.compose(mail)
	if err != nil {
		return err
	}
	if _, err = a.sender.Send(ctx, a.address, []string{m.ReplyTo.Address}, raw); err == nil {
		a.answered[m.MessageID] = true // not before: what the server did not take is answered again
	}
	return err
}

// ourMail tells the case and the name of a mail of the authority from its Message-ID.
func ourMail(messageID string) (reference, name string, ok bool) {
	local, _, _ := strings.Cut(messageID, "@")
	parts := strings.Split(local, ".")
	if len(parts) != 3 {
		return "", "", false
	}
	return strings.ToUpper(parts[0]), parts[2], true
}

// quote is the mail answered, below the answer, as mail programs put it.
func quote(m *message.Message) string {
	return "\n\nLe " + m.Date.Format("02/01/2006 à 15:04") + ", " + m.From.Name + " <" + m.From.Address + "> a écrit :\n> " +
		strings.ReplaceAll(strings.TrimSpace(m.Text), "\n", "\n> ") + "\n"
}

func (a *applicant) compose(m outbox.Mail) ([]byte, error) {
	a.sent++
	m.From = message.Address{Name: a.Name, Address: a.address}
	m.MessageID = fmt.Sprintf("%d.%d@%s.localhost", time.Now().UnixNano(), a.sent, a.Account)
	m.Date = time.Now()
	return outbox.Compose(m)
}

// papers makes the sample's documents.
func (a *applicant) papers(names []string) []outbox.Attachment {
	var list []outbox.Attachment
	for _, name := range names {
		list = append(list, outbox.Attachment{Name: name, Type: "application/pdf", Content: paper(paperTitle(name)+" – "+strings.TrimSuffix(name, ".pdf"), a.Business)})
	}
	return list
}

// paper is a made-up document, good enough to be opened and recognised.
func paper(title, business string) []byte {
	pdf, err := pdf.Render(pdf.Letter{
		Letterhead: pdf.Letterhead{Name: "Document d'exemple", Lines: []string{"Sans valeur, pour la démonstration"}, Color: [3]uint8{90, 90, 90}},
		Title:      title, Kind: "Exemple", Subject: title, Date: time.Now(), Reference: "EXEMPLE", Recipient: []string{business},
		Body: prose.Parse("Ce document tient lieu de : " + title + ".\n\n| Entreprise | " + business + " |\n| Document | " + title + " |"),
	})
	if err != nil {
		panic(err) // a fixed text
	}
	return pdf
}

// signedCopy is the charter with a signature typed on its last page, where the paper is free, as a reader of PDF does it.
func signedCopy(charter []byte, name string) ([]byte, error) {
	const lowest, highest, step = 60, 760, 20 // points from the foot of the page
	for y := lowest; y < highest; y += step {
		mark, err := api.TextWatermark("Lu et approuvé, "+name, fmt.Sprintf("font:Helvetica, points:11, pos:bc, off:115 %d, rot:3, fillc:#1a2fa0, scale:1 abs", y), true, false, 0)
		if err != nil {
			return nil, err
		}
		var signed bytes.Buffer
		if err := api.AddWatermarks(bytes.NewReader(charter), &signed, []string{"l"}, mark, nil); err != nil {
			return nil, err
		}
		if look := imprint.Looks(charter, signed.Bytes()); look.Same() && len(look.Words) > 0 {
			return signed.Bytes(), nil
		}
	}
	return nil, errors.New("the last page of the charter has no room for a signature")
}
