package demo_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"relance/domain/casefile"
	"relance/intake/reading"
	"relance/intake/routing"
	"relance/local/bench"
	"relance/local/run"
	"relance/mail/address"
	"relance/mail/message"
	"relance/mail/outbox"
	"relance/office/desk"
	"relance/process/engine"
	"relance/proof/verify"
	"relance/starter"
)

// old is a mailbox whose provider signs nothing: its mails come as the authority's server has taken them in, with nothing found out. What is sent to it
// comes by the real servers.
type old struct {
	*testing.T
	*run.Local
	account string
	sent    int
}

// writes puts a mail into the authority's inbox, as that server would.
func (o *old) writes(m outbox.Mail) {
	o.Helper()
	o.sent++
	m.From = message.Address{Name: "Jeanne", Address: o.account + "@localhost"}
	if m.To.Address == "" {
		m.To.Address = "aides+rebond@localhost"
	}
	m.MessageID, m.Date = fmt.Sprintf("%d.%d@%s.localhost", time.Now().UnixNano(), o.sent, o.account), time.Now()
	raw, err := outbox.Compose(m)
	if err != nil {
		o.Fatal(err)
	}
	raw = append([]byte("Delivered-To: "+m.To.Address+"\r\nAuthentication-Results: localhost; spf=none; dkim=none; dmarc=none\r\n"), raw...)
	box, err := engine.Mailbox(o.Engine.Config, quiet)
	if err != nil {
		o.Fatal(err)
	}
	inbox := box.Sent("INBOX")
	defer inbox.Close()
	if err := inbox.File(o.Context(), m.MessageID, raw, time.Now(), false); err != nil {
		o.Fatal(err)
	}
}

// gets waits until a mailbox has so many mails of a name, and gives the last.
func (o *old) gets(name_ string, n int) *message.Message {
	o.Helper()
	const patience = 3 * time.Minute
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(300 * time.Millisecond) {
		mails, err := inbox(o.Context(), o.Local, o.account)
		if err != nil {
			o.Fatal(err)
		}
		mails = slices.DeleteFunc(mails, func(m *message.Message) bool { return name(m) != name_ })
		if len(mails) >= n {
			return mails[n-1]
		}
	}
	o.Fatalf("%s has not got %d mails %q within %v", o.account, n, name_, patience)
	return nil
}

// confirms answers a question.
func (o *old) confirms(q *message.Message, word string) {
	o.Helper()
	o.writes(outbox.Mail{To: q.ReplyTo, Subject: "Re: " + q.Subject, InReplyTo: q.MessageID, Text: word + "\n\nLe lun. 14 sept. 2020 à 10:12, " + q.From.Name + " <" + q.From.Address + "> a écrit :\n> " +
		strings.ReplaceAll(strings.TrimSpace(q.Text), "\n", "\n> ")})
}

// TestAShopWhoseProviderSignsNothing is granted its aid by mail alone, on the real servers: its application, and the phrase that signs the charter, count
// since it answers OUI. Nobody who pretends to be somebody else gets so far.
func TestAShopWhoseProviderSignsNothing(t *testing.T) {
	l := started(t, run.Options{Day: 30 * time.Second, Applicants: []string{"epicerie", "victime"}})
	l.Run(t.Context())
	d := &desk.Desk{Temporal: l.Engine.Temporal, Archive: l.Engine.Archive, Clock: l.Engine.Config.Clock()}
	papers, err := bench.Papers()
	if err != nil {
		t.Fatal(err)
	}
	pretended(t, l, d, papers)
	granted(t, l, d, papers)
	keepHistories(t, l, "unproven")
}

// pretended sends applications in somebody's name, who says NON and then applies.
func pretended(t *testing.T, l *run.Local, d *desk.Desk, papers []outbox.Attachment) {
	t.Helper()
	victim := &old{t, l, "victime", 0}
	for i := range 4 {
		victim.writes(outbox.Mail{Subject: "Cliquez http://pirate.example", Text: strings.Replace(bench.Application(900+i, ""), "Entreprise : ", "Entreprise : http://pirate.example ", 1), Attachments: papers})
	}
	q := victim.gets("question", 1)
	if whole := strings.ToLower(q.Subject + q.Text + q.To[0].Name); strings.Contains(whole, "pirate") || len(q.Attachments) > 0 {
		t.Errorf("the victim is sent the words of the pirate:\n%s", q.Text)
	}
	victim.confirms(q, "NON")
	room := l.Engine.Mailroom()
	waitFor(t, "an officer is told", func() bool {
		list, err := room.Asides(t.Context(), starter.Unassigned, false)
		if err != nil {
			t.Fatal(err)
		}
		return slices.ContainsFunc(list, func(a starter.Aside) bool { return a.Why() == routing.Denied && !a.Silence.IsZero() })
	})
	if cases, err := d.List(t.Context(), desk.Filter{}); err != nil || len(cases) > 0 {
		t.Errorf("%d cases were opened in the victim's name, %v", len(cases), err)
	}
	reference := casefile.FindReference(post(t, l, "victime", outbox.Mail{Subject: "Demande", Text: bench.Application(900, ""), Attachments: papers}).Subject)
	if s, err := d.State(t.Context(), reference); err != nil || !s.Verdict.Eligible || s.Kin.SIREN == "" {
		t.Errorf("the victim's own application: %+v, %v", s.Verdict, err)
	}
	mails, err := inbox(t.Context(), l, "victime")
	if err != nil || count(mails)["question"] != 1 {
		t.Errorf("the victim has got %v, %v", count(mails), err)
	}
}

// granted lets the shop apply, sign and be granted.
func granted(t *testing.T, l *run.Local, d *desk.Desk, papers []outbox.Attachment) {
	t.Helper()
	shop := &old{t, l, "epicerie", 0}
	shop.writes(outbox.Mail{Subject: "Demande", Text: bench.Application(1, ""), Attachments: papers})
	asked := time.Now()
	shop.confirms(shop.gets("question", 1), "OUI")
	reference := casefile.FindReference(shop.gets("acknowledgement", 1).Subject)
	charter := shop.gets("charter", 1)
	s, err := d.State(t.Context(), reference)
	if err != nil || s.Received.After(l.Engine.Config.Clock().Legal(asked)) {
		t.Errorf("the application counts from %v, %v", s.Received, err)
	}
	shop.writes(outbox.Mail{To: charter.ReplyTo, Subject: "Re: " + charter.Subject, InReplyTo: charter.MessageID, Text: reading.PhraseIn(charter.Text)})
	second := shop.gets("question", 2)
	if s, err := d.State(t.Context(), reference); err != nil || s.Stage != casefile.AwaitingCharter || len(s.Held) != 1 {
		t.Errorf("before the answer: %s, held %d, %v", s.Stage, len(s.Held), err)
	}
	if !strings.Contains(second.Text, reference) {
		t.Errorf("the question does not name the case:\n%s", second.Text)
	}
	shop.confirms(second, "OUI")
	shop.gets("charter-signed", 1)
	if _, err := d.Decide(t.Context(), reference, casefile.Approve, casefile.Act{By: "agent-01"}); err != nil {
		t.Fatal(err)
	}
	shop.gets("grant", 1)
	names, err := l.Engine.Archive.Names(t.Context(), casefile.Folder(reference))
	if err != nil {
		t.Fatal(err)
	}
	for _, ending := range []string{".question.eml", ".reply.eml"} {
		if n := len(slices.DeleteFunc(slices.Clone(names), func(key string) bool { return !strings.HasSuffix(key, ending) })); n != 2 {
			t.Errorf("%d objects %s prove who wrote", n, ending)
		}
	}
	report, err := verify.Case(archived{l, reference}, verify.Options{Reference: reference})
	if err != nil || len(report.Findings) > 0 {
		t.Errorf("the folder does not hold: %+v, %v", report.Findings, err)
	}
	for _, key := range names {
		if strings.Contains(key, "epicerie") {
			t.Errorf("the key %s says who applied", key)
		}
	}
	if id, n := (address.Addresses{Mailbox: l.Engine.Config.Mail.Address}).Asked(second.ReplyTo.Address); n != 0 {
		t.Errorf("without the key the address is known as question %d of %s", n, id)
	}
}

// archived is the folder of a case in the archive.
type archived struct {
	*run.Local
	reference string
}

func (f archived) Names() ([]string, error) {
	names, err := f.Engine.Archive.Names(context.Background(), casefile.Folder(f.reference))
	for i := range names {
		names[i] = strings.TrimPrefix(names[i], casefile.Folder(f.reference))
	}
	return names, err
}

func (f archived) Read(name string) ([]byte, error) {
	return f.Engine.Archive.Get(context.Background(), casefile.Folder(f.reference)+name)
}

// waitFor waits until something is so.
func waitFor(t *testing.T, what string, is func() bool) {
	t.Helper()
	const patience = 2 * time.Minute
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		if is() {
			return
		}
	}
	t.Fatalf("%s: not within %v", what, patience)
}
