package bench

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/mail"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"relance/casefile"
	"relance/config"
	"relance/desk"
	"relance/engine"
	"relance/local"
	"relance/mailbox"
	"relance/message"
	"relance/outbox"
	"relance/routing"
)

// The composition of the inbox of TestAThousandMails, which is an ordinary month of a worse kind: more than a third is noise.
const (
	applicants = 300
	thousand   = 1000
	quiet      = 200 // applicants from this one on are written for by machines alone
)

// sent is a mail of the test with the place it has to end in, as whoever made the mail knows it: routing is not asked.
type sent struct {
	raw    []byte
	what   string
	place  string         // cases, unassigned or ignored
	reason routing.Reason // of the latter two
	of     *applicant     // whose case it belongs to
	opens  bool           // a case of its own
	held   bool           // the case keeps it for an officer
	smtp   bool           // sent over SMTP, so that the server adds to it
	mark   string         // X-Essai
	sum    string         // SHA-256 of the mail as it was delivered
}

// applicant is a person who applies.
type applicant struct {
	n         int
	address   string
	reference string   // once the case is there
	ack       string   // Message-ID of the acknowledgement
	reply     string   // the address to answer to
	out       []string // names of the mails that the case has sent when the second wave begins
}

// post is what the mails are made with.
type post struct {
	t     *testing.T
	rng   *rand.Rand
	n     int
	mails []*sent
	docs  []outbox.Attachment
}

// results are what our mail server writes above a mail.
func results(dmarc, from string) string {
	return "Delivered-To: aides@localhost\r\nAuthentication-Results: localhost; spf=" + dmarc + " smtp.mailfrom=" + from + "; dkim=none; dmarc=" + dmarc + " header.from=" + from +
		"\r\nReceived: from mx.expediteur.example ([203.0.113.9]) by localhost with ESMTPS; Tue, 15 Sep 2020 10:00:00 +0200\r\n"
}

// add puts a mail of header fields and a body into the post, marked with its number.
func (p *post) add(s sent, dmarc, from, to, header, body string) *sent {
	p.n++
	_, domain, _ := strings.Cut(from, "@")
	top := fmt.Sprintf("X-Essai: %d\r\n", p.n)
	if from != "" {
		top += "From: Personne <" + from + ">\r\n"
	}
	if !strings.Contains(header, "Message-ID:") && s.what != "application without an id" {
		top += fmt.Sprintf("Message-ID: <m%d@%s>\r\n", p.n, domain)
	}
	s.raw = []byte(results(dmarc, domain) + top + "To: " + to + "\r\nDate: Tue, 15 Sep 2020 10:00:00 +0200\r\n" + strings.ReplaceAll(header, "\n", "\r\n") + "\r\n" + strings.ReplaceAll(body, "\n", "\r\n"))
	p.mails = append(p.mails, &s)
	return &s
}

// times adds so many mails.
func (p *post) times(n int, add func(i int)) {
	for i := range n {
		add(i)
	}
}

// take gives the mails in a random order, and begins anew.
func (p *post) take() []*sent {
	list := p.mails
	p.mails = nil
	p.rng.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list
}

const plainText = "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n"

// apply adds an application, in one of the shapes that applications come in.
func (p *post) apply(a *applicant) {
	text := "Bonjour,\n\nVoici ma demande.\n\n" + fields(a.n) + "\n\nCordialement"
	s := sent{what: "application", place: "cases", of: a, opens: true}
	to, subject := "aides+rebond@localhost", "Subject: Demande\n"
	switch a.n % 8 {
	case 0: // over SMTP, as the applicant's program would
		p.n++
		raw, err := outbox.Compose(outbox.Mail{From: message.Address{Name: "Personne", Address: a.address}, To: message.Address{Address: to}, Subject: "Demande", Text: text,
			MessageID: fmt.Sprintf("smtp%d@localhost", p.n), Date: time.Now(), Headers: map[string]string{"X-Essai": fmt.Sprint(p.n)}, Attachments: p.docs[:a.n%16/8*2]})
		if err != nil {
			p.t.Fatal(err)
		}
		s.raw, s.smtp, s.mark = raw, true, fmt.Sprint(p.n)
		p.mails = append(p.mails, &s)
		return
	case 1:
		p.add(s, "pass", a.address, to, subject+"Content-Type: text/html; charset=utf-8\n", "<html><body><p>"+strings.ReplaceAll(text, "\n", "<br>")+"</p></body></html>")
	case 2: // 8-bit characters and not a word on which
		p.add(s, "pass", a.address, to, subject, strings.NewReplacer("é", "\xe9", "É", "\xc9", "è", "\xe8", "€", "EUR").Replace(text))
	case 3:
		p.add(s, "none", a.address, to, subject+"Content-Type: multipart/mixed; boundary=B\n", "--B\nContent-Type: text/plain; charset=utf-8\n\n"+text+"\n--B\nContent-Type: application/pdf; name=kbis.pdf\nContent-Transfer-Encoding: base64\n\n"+
			lines76(base64.StdEncoding.EncodeToString(p.docs[0].Content))+"\n--B--\n")
	case 4: // the label is wrong
		p.add(s, "pass", a.address, to, subject+"Content-Type: text/plain; charset=iso-8859-15\nContent-Transfer-Encoding: base64\n", lines76(base64.StdEncoding.EncodeToString([]byte(text))))
	case 5: // it breaks off
		p.add(s, "pass", a.address, to, subject+"Content-Type: multipart/alternative; boundary=\"x\"\n", "--x\nContent-Type: text/plain; charset=utf-8\n\n"+text+"\n--x\nContent-Type: text/html\n\n<p>Bon")
	case 6: // nothing but the will to apply
		p.add(s, "pass", a.address, to, "Subject: =?utf-8?q?Demande_d=27aide?=\n"+plainText, "")
	case 7:
		s.what = "application without an id"
		p.add(s, "pass", a.address, to, subject+plainText, text)
	}
}

func lines76(text string) string {
	var out strings.Builder
	for ; len(text) > 76; text = text[76:] {
		out.WriteString(text[:76] + "\n")
	}
	return out.String() + text
}

// first is the first wave: applications, the same ones again, and what comes to any address that is known.
func (p *post) first(people []*applicant) []*sent {
	for _, a := range people {
		p.apply(a)
	}
	whole := slices.DeleteFunc(slices.Clone(p.mails), func(s *sent) bool { return s.smtp })
	p.times(60, func(i int) { // the same again, as it was or by another way
		s := *whole[p.rng.IntN(len(whole))]
		s.what, s.opens = "the same again", false
		if i%2 == 0 {
			s.raw = append([]byte("Received: from relais.example by localhost; Tue, 15 Sep 2020 10:05:00 +0200\r\n"), s.raw...)
		}
		p.mails = append(p.mails, &s)
	})
	ignored := func(what string, why routing.Reason) sent { return sent{what: what, place: "ignored", reason: why} }
	aside := func(what string, why routing.Reason) sent { return sent{what: what, place: "unassigned", reason: why} }
	to := "aides+rebond@localhost"
	who := func(kind string, i int) string { return fmt.Sprintf("%s%d@ailleurs.example", kind, i) }
	p.times(30, func(i int) {
		p.add(ignored("newsletter", routing.Automatic), "pass", who("lettre", i), "aides@localhost", "Subject: Nos offres\nList-Id: <offres.ailleurs.example>\nList-Unsubscribe: <https://ailleurs.example>\n"+plainText, "Profitez-en !")
	})
	p.times(25, func(i int) {
		p.add(aside("spam", routing.Spam), "pass", who("pub", i), to, "Subject: Gagnez\nX-Spam-Flag: YES\n"+plainText, "Cliquez.")
	})
	p.times(20, func(i int) {
		p.add(aside("forgery", routing.Forged), "fail", who("victime", i), to, "Subject: Demande\n"+plainText, fields(9000+i))
	})
	p.times(20, func(i int) {
		p.add(ignored("out of office", routing.Automatic), "pass", who("absent", i), to, "Subject: Absence du bureau\nAuto-Submitted: auto-replied\n"+plainText, "Je suis absente.")
	})
	p.times(20, func(i int) {
		p.add(ignored("bounce of a mail that is not ours", routing.Bounced), "none", "mailer-daemon@mx.ailleurs.example", "aides@localhost", "Subject: Undelivered Mail Returned to Sender\n"+bounceType, bounceOf(fmt.Sprintf("x%d@ailleurs.example", i)))
	})
	p.times(15, func(i int) {
		p.n++
		p.mails = append(p.mails, &sent{what: "noise", place: "unassigned", reason: routing.Unreadable, raw: append([]byte{0, 1, 2, 3, byte(0x0e + i)}, bytes.Repeat([]byte{0x1f, 0x8b, 0, 7, 1}, 40)...)})
	})
	p.times(10, func(int) {
		p.add(aside("nobody", routing.NoSender), "none", "", to, "Subject: Demande\n"+plainText, "Qui suis-je ?")
	})
	p.times(15, func(i int) {
		p.add(aside("no scheme", routing.NoScheme), "pass", who("perdu", i), "aides@localhost", "Subject: Une question\n"+plainText, "Avez-vous une aide pour moi ?")
	})
	p.times(5, func(int) {
		p.add(ignored("our own", routing.OwnMail), "pass", "aides@localhost", to, "Subject: Votre demande\n"+plainText, "Madame, Monsieur,")
	})
	return p.take()
}

const bounceType = "MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=B\n"

func bounceOf(id string) string {
	return "--B\nContent-Type: text/plain\n\nYour message could not be delivered.\n--B\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.ailleurs.example\n\nFinal-Recipient: rfc822; x@ailleurs.example\nAction: failed\nStatus: 5.1.1\n\n" +
		"--B\nContent-Type: message/rfc822\n\nMessage-ID: <" + id + ">\nSubject: x\n\n--B--\n"
}

// second is the second wave: what people and machines write once there are cases.
func (p *post) second(people []*applicant) []*sent {
	someone := func() *applicant { return people[11+p.rng.IntN(quiet-11)] }
	machine := func() *applicant { return people[quiet+p.rng.IntN(applicants-quiet)] }
	reply := func(n int, what string, to func(*applicant) string, header func(*applicant) string) {
		p.times(n, func(i int) {
			a := someone()
			p.add(sent{what: what, place: "cases", of: a}, []string{"pass", "none"}[i%2], a.address, to(a), header(a)+plainText, fmt.Sprintf("Effectif : %d\n", 1+i%9))
		})
	}
	signed := func(a *applicant) string { return a.reply }
	box := func(*applicant) string { return "aides@localhost" }
	reply(120, "reply to the signed address", signed, func(a *applicant) string { return "Subject: Re: Votre demande\nIn-Reply-To: <" + a.ack + ">\n" })
	reply(40, "reply by In-Reply-To", box, func(a *applicant) string { return "Subject: Re: Votre demande\nIn-Reply-To: <" + a.ack + ">\n" })
	reply(40, "reply by References", box, func(a *applicant) string {
		return "Subject: Suite\nReferences: <" + a.ack + "> <autre@ailleurs.example>\n"
	})
	reply(40, "reply by subject", box, func(a *applicant) string { return "Subject: Dossier " + strings.ToLower(a.reference) + "\n" })
	reply(30, "the sender's one open case", box, func(*applicant) string { return "Subject: Suite de mon dossier\n" })
	p.times(15, func(i int) {
		a := someone()
		p.add(sent{what: "stranger", place: "cases", of: a, held: true}, "pass", fmt.Sprintf("comptable%d@ailleurs.example", i), a.reply, "Subject: Re: Votre demande\n"+plainText, "Je retire ma demande.")
	})
	p.times(15, func(i int) {
		a := people[11+i*12]
		p.add(sent{what: "forged withdrawal", place: "cases", of: a, held: true}, "fail", a.address, a.reply, "Subject: Re: Votre demande\n"+plainText, "Je retire ma demande.")
	})
	p.times(10, func(int) {
		a, b := people[20+p.rng.IntN(50)], people[90+p.rng.IntN(50)]
		p.add(sent{what: "two cases", place: "unassigned", reason: routing.TwoCases}, "pass", a.address, "aides@localhost", "Subject: "+a.reference+" et "+b.reference+"\n"+plainText, "Pour les deux.")
	})
	p.times(10, func(int) {
		p.add(sent{what: "no such case", place: "unassigned", reason: routing.NoCase}, "pass", someone().address, "aides@localhost", "Subject: Dossier "+casefile.NewReference("RBD", fmt.Sprint(p.n))+"\n"+plainText, "Suite.")
	})
	p.times(10, func(i int) {
		a := people[[]int{0, 1, 2, 3, 4, 5, 7, 8, 9, 10}[i]] // the sixth has not said which shop the first is
		p.add(sent{what: "second shop", place: "cases", of: &applicant{n: 5000 + i, address: a.address}, opens: true}, "pass", a.address, "aides+rebond@localhost", "Subject: Demande pour mon autre commerce\n"+plainText, fields(5000+i))
	})
	p.times(40, func(int) {
		a := machine()
		p.add(sent{what: "bounce", place: "cases", of: a}, "none", "mailer-daemon@mx.ailleurs.example", "aides@localhost", "Return-Path: <>\nSubject: Undelivered Mail Returned to Sender\n"+bounceType, bounceOf(a.ack))
	})
	p.times(50, func(i int) {
		a := machine()
		header := []string{"Auto-Submitted: auto-replied\n", "X-Autoreply: yes\n", "Precedence: auto_reply\n"}[i%3]
		p.add(sent{what: "out of office", place: "cases", of: a}, "pass", a.address, a.reply, "Subject: Absence : Votre demande\nIn-Reply-To: <"+a.ack+">\n"+header+plainText, "Je suis absente. Pouvez-vous rappeler ?")
	})
	p.times(20, func(int) {
		a := machine()
		p.add(sent{what: "read receipt", place: "cases", of: a}, "pass", a.address, a.reply, "Subject: Lu : Votre demande\nContent-Type: multipart/report; report-type=disposition-notification; boundary=B\n",
			"--B\nContent-Type: text/plain\n\nVotre message a été lu.\n--B\nContent-Type: message/disposition-notification\n\nOriginal-Message-ID: <"+a.ack+">\nDisposition: manual-action/MDN-sent-manually; displayed\n--B--\n")
	})
	p.times(20, func(i int) {
		p.add(sent{what: "newsletter", place: "ignored", reason: routing.Automatic}, "pass", fmt.Sprintf("liste%d@ailleurs.example", i), "aides+rebond@localhost", "Subject: [liste] Bonjour\nPrecedence: bulk\n"+plainText, "À tous.")
	})
	reply(10, "empty reply", signed, func(*applicant) string { return "Subject: Re: Votre demande\n" })
	replies := slices.DeleteFunc(slices.Clone(p.mails), func(s *sent) bool { return s.what != "reply to the signed address" })
	p.times(10, func(int) {
		s := *replies[p.rng.IntN(len(replies))]
		s.what = "the same again"
		p.mails = append(p.mails, &s)
	})
	return p.take()
}

// TestAThousandMails sends a thousand mixed mails through the real servers (mox, Temporal, MinIO) with a worker and a starter, and looks where
// each one is then: in one case, in the officers' queue or ignored with a reason, as whoever made it knows. An application in eight goes over
// SMTP; the other mails are put into the inbox by IMAP APPEND with the Authentication-Results that a server on the internet would have
// written: mox on this machine has no DNS to find anything out by, and takes 300 mails a minute over SMTP.
func TestAThousandMails(t *testing.T) {
	if testing.Short() {
		t.Skip("starts the three real servers")
	}
	const account = "foule"
	log := slog.New(slog.DiscardHandler)
	l, err := local.Start(t.Context(), local.Options{Data: t.TempDir(), Applicants: []string{account}, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}()
	p := &post{t: t, rng: rand.New(rand.NewPCG(5, 2020))}
	if p.docs, err = papers(); err != nil {
		t.Fatal(err)
	}
	var people []*applicant
	for n := range applicants {
		people = append(people, &applicant{n: n, address: fmt.Sprintf("%s+%d@localhost", account, n)})
	}
	h := &house{t: t, local: l, desk: &desk.Desk{Temporal: l.Engine.Temporal, Archive: l.Engine.Archive}}
	h.open(account)
	began := time.Now()
	l.Run(t.Context())
	one := p.first(people)
	h.deliver(one)
	h.settle()
	t.Logf("%d mails in %.0f s", len(one), time.Since(began).Seconds())
	h.meet(people)
	two := p.second(people)
	h.deliver(two)
	h.settle()
	if len(h.sent) != thousand {
		t.Errorf("%d mails", len(h.sent))
	}
	h.check(people)
	t.Logf("%d mails in %.0f s", len(h.sent), time.Since(began).Seconds())
}

// house is the running engine as the test sees it: its mailbox, its archive, its cases.
type house struct {
	t      *testing.T
	local  *local.Local
	desk   *desk.Desk
	imap   *imapclient.Client
	box    *mailbox.Box
	sender *outbox.Sender

	sent    []*sent             // all that was delivered
	folders map[string]string   // by SHA-256: the folder a mail lies in
	places  map[string][]string // by SHA-256: the keys it has in the archive
	cases   map[string][]string // by reference: the names in its folder
}

func (h *house) open(account string) {
	h.t.Helper()
	server := h.local.Imap(local.Account)
	text, err := os.ReadFile(server.CA)
	if err != nil {
		h.t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	if h.imap, err = imapclient.DialTLS(server.Address, &imapclient.Options{TLSConfig: &tls.Config{RootCAs: roots, ServerName: "localhost"}}); err != nil {
		h.t.Fatal(err)
	}
	if err = h.imap.Login(server.Username, server.Password).Wait(); err != nil {
		h.t.Fatal(err)
	}
	c := config.Defaults()
	c.IMAP.Server = server
	if h.box, err = engine.Mailbox(c, slog.New(slog.DiscardHandler)); err != nil {
		h.t.Fatal(err)
	}
	if h.sender, err = engine.Outbox(h.local.Smtp(account), account+"@localhost"); err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { h.sender.Close() })
}

// deliver puts mails into the inbox.
func (h *house) deliver(mails []*sent) {
	h.t.Helper()
	for _, s := range mails {
		h.sent = append(h.sent, s)
		if s.smtp {
			if _, err := h.sender.Send(h.t.Context(), s.of.address, []string{"aides+rebond@localhost"}, s.raw); err != nil {
				h.t.Fatal(err)
			}
			continue
		}
		s.sum = fmt.Sprintf("%x", sha256.Sum256(s.raw))
		c := h.imap.Append("INBOX", int64(len(s.raw)), nil)
		_, err := c.Write(s.raw)
		if err == nil {
			err = c.Close()
		}
		if err == nil {
			_, err = c.Wait()
		}
		if err != nil {
			h.t.Fatalf("%s: %v", s.what, err)
		}
	}
}

// wait waits until something is so.
func (h *house) wait(what string, done func() bool) {
	h.t.Helper()
	for end := time.Now().Add(5 * time.Minute); !done(); time.Sleep(time.Second) {
		if time.Now().After(end) {
			h.t.Fatal("still waiting: " + what)
		}
		select {
		case err := <-h.local.Failed():
			h.t.Fatal(err)
		default:
		}
	}
}

// count tells how many mails lie in folders; one that is not there yet holds none.
func (h *house) count(folders ...string) int {
	n := 0
	for _, folder := range folders {
		if status, err := h.imap.Status(folder, &imap.StatusOptions{NumMessages: true}).Wait(); err == nil && status.NumMessages != nil {
			n += int(*status.NumMessages)
		}
	}
	return n
}

// settle waits until every mail is in a folder and each case has read what was sent to it, and looks where all are.
func (h *house) settle() {
	h.t.Helper()
	f := h.local.Engine.Config.IMAP
	h.wait("the inbox", func() bool {
		return h.count("INBOX") == 0 && h.count(f.Processed, f.Unassigned, f.Ignored) == len(h.sent)
	})
	h.folders = map[string]string{}
	marked := map[string]string{}
	for _, folder := range []string{f.Processed, f.Unassigned, f.Ignored} {
		for _, m := range h.folder(folder) {
			raw, err := m.Bytes()
			if err != nil {
				h.t.Fatal(err)
			}
			sum := fmt.Sprintf("%x", sha256.Sum256(raw))
			h.folders[sum] = folder
			if parsed, err := mail.ReadMessage(bytes.NewReader(raw)); err == nil {
				marked[parsed.Header.Get("X-Essai")] = sum
			}
		}
	}
	for _, s := range h.sent {
		if s.smtp {
			s.sum = marked[s.mark]
		}
	}
	h.look()
	expected := map[string]int{}
	for _, s := range h.sent {
		if found := h.places[s.sum]; s.opens && len(found) == 1 && strings.HasPrefix(found[0], "cases/") {
			s.of.reference = strings.Split(found[0], "/")[1]
		}
	}
	for _, s := range h.sent {
		if s.of != nil && s.what != "the same again" {
			expected[s.of.reference]++
		}
	}
	for reference, n := range expected {
		h.wait(reference, func() bool {
			state, err := h.desk.State(h.t.Context(), reference)
			return err == nil && state.MailsIn >= n && state.MailsOut > 0
		})
	}
	for before := 0; ; { // what is being written is written
		h.look()
		n := 0
		for _, names := range h.cases {
			n += len(names)
		}
		if n == before {
			return
		}
		before = n
		time.Sleep(4 * time.Second)
	}
}

// look lists the archive.
func (h *house) look() {
	h.t.Helper()
	h.places, h.cases = map[string][]string{}, map[string][]string{}
	for _, prefix := range []string{"cases/", "unassigned/", "ignored/"} {
		names, err := h.local.Engine.Archive.Names(h.t.Context(), prefix)
		if err != nil {
			h.t.Fatal(err)
		}
		for _, name := range names {
			if prefix == "cases/" {
				reference := strings.Split(name, "/")[1]
				h.cases[reference] = append(h.cases[reference], name)
			}
			if sum, ok := strings.CutSuffix(name, ".eml"); ok && (prefix != "cases/" || strings.Contains(name, "/mail/in/")) {
				sum = sum[strings.LastIndexByte(sum, '/')+1:]
				h.places[sum] = append(h.places[sum], name)
			}
		}
	}
}

// folder lists a folder.
func (h *house) folder(name string) []mailbox.Mail {
	h.t.Helper()
	var list []mailbox.Mail
	var err error
	for range 3 { // mox 0.0.15 drops a session in which a mail arrives between SELECT and SEARCH
		if list, err = h.box.List(h.t.Context(), name); err == nil {
			return list
		}
	}
	h.t.Fatal(err)
	return nil
}

// written are the mails that a case has sent.
func (h *house) written(reference string) []string {
	return slices.DeleteFunc(slices.Clone(h.cases[reference]), func(name string) bool { return !strings.Contains(name, "/mail/out/") })
}

// meet reads the acknowledgement of each applicant, as he would.
func (h *house) meet(people []*applicant) {
	h.t.Helper()
	for _, a := range people {
		if a.reference == "" {
			h.t.Fatalf("applicant %d has no case", a.n)
		}
		raw, err := h.local.Engine.Archive.Get(h.t.Context(), casefile.Folder(a.reference)+"mail/out/001-acknowledgement.eml")
		if err != nil {
			h.t.Fatal(err)
		}
		m, err := mail.ReadMessage(bytes.NewReader(raw))
		if err != nil {
			h.t.Fatal(err)
		}
		reply, err := mail.ParseAddress(m.Header.Get("Reply-To"))
		if err != nil {
			h.t.Fatal(err)
		}
		a.ack, a.reply, a.out = strings.Trim(m.Header.Get("Message-Id"), "<>"), reply.Address, h.written(a.reference)
	}
}

// check compares where each mail is with where it has to be.
func (h *house) check(people []*applicant) {
	f := h.local.Engine.Config.IMAP
	folders := map[string]string{"cases": f.Processed, "unassigned": f.Unassigned, "ignored": f.Ignored}
	opened, wrong := 0, 0
	for _, s := range h.sent {
		if s.opens {
			opened++
		}
		want := s.place + "/" + s.sum + ".eml"
		if s.place == "cases" {
			want = casefile.Folder(s.of.reference) + "mail/in/" + s.sum + ".eml"
		}
		problem := ""
		switch found := h.places[s.sum]; {
		case len(found) != 1 || found[0] != want:
			problem = fmt.Sprintf("in %v, want %s", found, want)
		case h.folders[s.sum] != folders[s.place]:
			problem = fmt.Sprintf("in the folder %s", h.folders[s.sum])
		case s.reason != "":
			var note struct{ Reason routing.Reason }
			text, err := h.local.Engine.Archive.Get(h.t.Context(), s.place+"/"+s.sum+".json")
			if err != nil || json.Unmarshal(text, &note) != nil || note.Reason != s.reason {
				problem = fmt.Sprintf("for the reason %s, want %s (%v)", note.Reason, s.reason, err)
			}
		case s.held:
			state, err := h.desk.State(h.t.Context(), s.of.reference)
			if err != nil || state.Stage == casefile.Withdrawn || !slices.ContainsFunc(state.Held, func(m casefile.Held) bool { return m.Mail.SHA256 == s.sum }) {
				problem = fmt.Sprintf("not held: %s, %d held (%v)", state.Stage, len(state.Held), err)
			}
		}
		if problem != "" {
			if wrong++; wrong < 20 {
				h.t.Errorf("%s: %s", s.what, problem)
			}
		}
	}
	if len(h.cases) != opened {
		h.t.Errorf("%d cases for %d applications", len(h.cases), opened)
	}
	for _, a := range people[quiet:] {
		if now := h.written(a.reference); !slices.Equal(now, a.out) {
			h.t.Errorf("a machine was answered: %v, before %v", now, a.out)
		}
	}
	places := map[string]int{}
	for _, found := range h.places {
		for _, name := range found {
			place, _, _ := strings.Cut(name, "/")
			places[place]++
		}
	}
	h.t.Logf("%d cases; raw mails kept: %v", len(h.cases), places)
}
