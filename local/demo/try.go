package demo

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"relance/mail/address"
	"relance/mail/mailbox"
	"relance/mail/message"
	"relance/process/config"
)

// TryOptions are how one sample applicant writes to an installation that runs.
type TryOptions struct {
	Config  *config.Config // whose mail servers the applicant uses too
	Account string         // the applicant's mailbox, whose address is also the login; each sample writes from a plus address of it
	Sample  string         // the account of the sample that is played
	Until   string         // the name of the authority's mail with which the trial ends; empty: the first
	Screen  io.Writer
}

// Try applies as a sample does, answers what comes, shows each mail of the authority, and ends with the awaited one.
func Try(ctx context.Context, o TryOptions) error {
	samples := Samples()
	i := slices.IndexFunc(samples, func(s Sample) bool { return s.Account == o.Sample && !s.Expert })
	if i < 0 {
		return fmt.Errorf("there is no sample %q", o.Sample)
	}
	own := *o.Config
	own.IMAP.Inbox = "INBOX"
	own.IMAP.Username, own.SMTP.Username = o.Account, o.Account
	scheme := address.Addresses{Mailbox: own.Mail.Address}.Scheme(cmp.Or(samples[i].Scheme, "rebond"))
	a, err := newApplicant(own.IMAP.Server, own.SMTP, samples[i], scheme)
	if err != nil {
		return err
	}
	defer a.sender.Close()
	local, domain, _ := strings.Cut(o.Account, "@")
	a.address = local + "+" + o.Sample + "@" + domain // to the authority each is somebody else
	if err := a.box.Check(ctx); err != nil {
		return fmt.Errorf("the mailbox %s: %w", o.Account, err)
	}
	if err := a.apply(ctx); err != nil {
		return err
	}
	fmt.Fprintf(o.Screen, "%s, %s, has written to %s\n", a.Name, a.Business, a.scheme)
	watched, come := context.WithCancel(ctx)
	defer come()
	t := trial{TryOptions: o, applicant: a, come: come}
	err = a.box.Watch(watched, t.read)
	if ctx.Err() == nil {
		err = nil // the mail has come
	}
	return err
}

// trial follows the one case that the application has opened.
type trial struct {
	TryOptions
	applicant *applicant
	reference string
	shown     []string
	come      func() // is called when the awaited mail is there
}

// read shows and answers a mail of this case. Mails of earlier trials lie in the same inbox.
func (t *trial) read(ctx context.Context, mail mailbox.Mail) (mailbox.Destination, error) {
	raw, err := mail.Bytes()
	if err != nil {
		return "", err
	}
	m, err := message.Parse(raw)
	if err != nil {
		return "", err
	}
	reference, name, ours := ourMail(m.MessageID)
	if t.reference == "" && m.InReplyTo == t.applicant.applied {
		t.reference = reference
	}
	if !ours || reference != t.reference || slices.Contains(t.shown, m.MessageID) {
		return "", nil
	}
	t.shown = append(t.shown, m.MessageID)
	fmt.Fprintf(t.Screen, "\n%s, %s: %s\n\n%s\n", reference, name, m.Subject, strings.TrimSpace(m.Text))
	for _, a := range m.Attachments {
		fmt.Fprintf(t.Screen, "[%s]\n", a.Name)
	}
	if name == t.Until || t.Until == "" {
		t.come()
		return "", nil
	}
	return "", t.applicant.read(ctx, raw)
}
