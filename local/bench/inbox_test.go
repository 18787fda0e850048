package bench

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"relance/domain/casefile"
	"relance/intake/routing"
	"relance/mail/message"
	"relance/mail/outbox"
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
	return "Delivered-To: aides@localhost\r\nAuthentication-Results: localhost; spf=" + dmarc + " smtp.mailfrom=" + from + "; dkim=" + dmarc + " header.d=" + from + "; dmarc=" + dmarc + " header.from=" + from +
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
	text := "Bonjour,\n\nVoici ma demande.\n\n" + Application(a.n, "") + "\n\nCordialement"
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
		p.add(s, "pass", a.address, to, subject+"Content-Type: multipart/mixed; boundary=B\n", "--B\nContent-Type: text/plain; charset=utf-8\n\n"+text+"\n--B\nContent-Type: application/pdf; name=kbis.pdf\nContent-Transfer-Encoding: base64\n\n"+
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
			relay := []byte("Received: from boulangerie.example by relais.example; Tue, 15 Sep 2020 09:55:00 +0200\r\nX-Essai:")
			s.raw = bytes.Replace(s.raw, []byte("X-Essai:"), relay, 1) // below what our server has found out
		}
		p.mails = append(p.mails, &s)
	})
	ignored := func(what string, why routing.Reason) sent { return sent{what: what, place: "ignored", reason: why} }
	aside := func(what string, why routing.Reason) sent { return sent{what: what, place: "unassigned", reason: why} }
	to := "aides+rebond@localhost"
	who := func(kind string, i int) string { return fmt.Sprintf("%s%d@ailleurs.example", kind, i) }
	p.times(30, func(i int) {
		p.add(aside("newsletter", routing.MaybeList), "pass", who("lettre", i), "aides@localhost", "Subject: Nos offres\nList-Id: <offres.ailleurs.example>\nList-Unsubscribe: <https://ailleurs.example>\n"+plainText, "Profitez-en !")
	})
	p.times(25, func(i int) {
		p.add(aside("spam", routing.Spam), "pass", who("pub", i), to, "Subject: Gagnez\nX-Spam-Flag: YES\n"+plainText, "Cliquez.")
	})
	p.times(20, func(i int) {
		p.add(aside("forgery", routing.Forged), "fail", who("victime", i), to, "Subject: Demande\n"+plainText, Application(9000+i, ""))
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
			p.add(sent{what: what, place: "cases", of: a, held: i%2 == 1}, []string{"pass", "none"}[i%2], a.address, to(a), header(a)+plainText, fmt.Sprintf("Effectif : %d\n", 1+i%9))
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
		p.add(sent{what: "second shop", place: "cases", of: &applicant{n: 5000 + i, address: a.address}, opens: true}, "pass", a.address, "aides+rebond@localhost", "Subject: Demande pour mon autre commerce\n"+plainText, Application(5000+i, ""))
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
		p.add(sent{what: "newsletter", place: "unassigned", reason: routing.MaybeList}, "pass", fmt.Sprintf("liste%d@ailleurs.example", i), "aides+rebond@localhost", "Subject: [liste] Bonjour\nPrecedence: bulk\n"+plainText, "À tous.")
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
