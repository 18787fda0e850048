package message_test

import (
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"relance/mail/message"
)

// crlf writes a test message the way it travels.
func crlf(text string) []byte { return []byte(strings.ReplaceAll(text, "\n", "\r\n")) }

func parse(t *testing.T, text string) *message.Message {
	t.Helper()
	m, err := message.Parse(crlf(text))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

const application = `Return-Path: <jeanne@boulangerie.example>
Delivered-To: aides+rebond@metropole.example
From: =?utf-8?Q?Jeanne_Lef=C3=A8vre?= <jeanne@boulangerie.example>
To: "Aides, service" <aides+rebond@metropole.example>, =?iso-8859-1?Q?Mairie_d=27=C9coust?= <mairie@example.org>
Subject: =?utf-8?B?RGVtYW5kZSBk4oCZYWlkZQ==?=
Message-ID: <1@boulangerie.example>
References: <a@x> <b@x>
 <c@x>
In-Reply-To: <c@x>
Date: Mon, 14 Sep 2020 10:12:00 +0200
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=B

--B
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

Loyer mensuel : 480,50 =80
--B
Content-Type: application/octet-stream
Content-Disposition: attachment; filename*=utf-8''relev%C3%A9%20bancaire.pdf
Content-Transfer-Encoding: base64

JVBERi0xLjQKJSVFT0YK
--B
Content-Type: image/jpeg
Content-Disposition: inline; filename="C:\photos\IMG_1.jpg"
Content-ID: <p1>
Content-Transfer-Encoding: base64

/9j/4AAQSkZJRgABAQ==
--B--
`

func TestParse(t *testing.T) {
	m := parse(t, application)
	for what, pair := range map[string][2]string{
		"id": {m.MessageID, "1@boulangerie.example"}, "answers": {m.InReplyTo, "c@x"}, "references": {strings.Join(m.References, " "), "a@x b@x c@x"},
		"from": {m.From.Name + " " + m.From.Address, "Jeanne Lefèvre jeanne@boulangerie.example"}, "second to": {m.To[1].Name, "Mairie d'Écoust"},
		"delivered": {m.DeliveredTo[0], "aides+rebond@metropole.example"}, "subject": {m.Subject, "Demande d’aide"}, "text": {m.Text, "Loyer mensuel : 480,50 €"},
		"date": {m.Date.UTC().Format("2006-01-02T15:04"), "2020-09-14T08:12"}, "kind": {string(m.Kind), "person"},
		"file": {m.Attachments[0].Name, "relevé bancaire.pdf"}, "type by content": {m.Attachments[0].Type, "application/pdf"},
		"declared": {m.Attachments[0].DeclaredType, "application/octet-stream"}, "photo": {m.Attachments[1].Name, "IMG_1.jpg"}, "photo type": {m.Attachments[1].Type, "image/jpeg"},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s: %q, want %q", what, pair[0], pair[1])
		}
	}
	if m.Attachments[1].Inline {
		t.Error("a telephone's photo beside the text was taken for a picture in it")
	}
	if len(m.Warnings) > 0 {
		t.Errorf("a sound message has warnings: %q", m.Warnings)
	}
}

func TestALogoIsInline(t *testing.T) {
	m := parse(t, `From: a@b.example
Content-Type: multipart/related; boundary=R

--R
Content-Type: text/html; charset=utf-8

<p>Bonjour,</p><p>Effectif&nbsp;: 3<br>Propriétaire : non</p><img src="cid:logo">
--R
Content-Type: image/png; name=logo.png
Content-ID: <logo>
Content-Transfer-Encoding: base64

`+base64.StdEncoding.EncodeToString([]byte("\x89PNG\r\n\x1a\nxxxx"))+`
--R--
`)
	if len(m.Attachments) != 1 || !m.Attachments[0].Inline {
		t.Errorf("%+v", m.Attachments)
	}
	if !strings.Contains(m.Text, "Effectif") || !strings.Contains(m.Text, "3\nPropriétaire : non") {
		t.Errorf("an HTML-only mail reads as %q", m.Text)
	}
}

func TestKinds(t *testing.T) {
	for _, c := range []struct {
		header string
		want   message.Kind
	}{
		{"From: a@b.example\nSubject: Question", message.KindPerson},
		{"From: a@b.example\nSubject: Réponse automatique : votre dossier\nIn-Reply-To: <1@x>", message.KindAutoReply},
		{"From: a@b.example\nSubject: Out of Office: dossier\nPrecedence: bulk", message.KindAutoReply},
		{"From: a@b.example\nSubject: Re: Réponse automatique : votre dossier\nIn-Reply-To: <1@x>", message.KindPerson},
		{"From: a@b.example\nAuto-Submitted: no", message.KindPerson},
		{"From: a@b.example\nAuto-Submitted: auto-replied", message.KindAutoReply},
		{"From: a@b.example\nAuto-Submitted: auto-generated; type=x", message.KindAutoReply},
		{"From: a@b.example\nX-Autoreply: yes", message.KindAutoReply},
		{"From: a@b.example\nSubject: Notre absence de trésorerie", message.KindPerson},
		{"From: a@b.example\nPrecedence: bulk", message.KindList},
		{"From: a@b.example\nList-Id: <nouvelles.example>", message.KindList},
		{"From: MAILER-DAEMON@x.example\nSubject: Undelivered Mail Returned to Sender", message.KindBounce},
		{"Return-Path: <>\nFrom: postmaster@x.example\nSubject: Échec de la remise : dossier", message.KindBounce},
		{"From: a@b.example\nContent-Type: multipart/report; report-type=delivery-status; boundary=x", message.KindBounce},
		{"From: a@b.example\nContent-Type: multipart/report; report-type=disposition-notification; boundary=x", message.KindReceipt},
	} {
		m, err := message.ParseHeader(crlf(c.header + "\n\nTexte\n"))
		if err != nil || m.Kind != c.want {
			t.Errorf("%q is %s, want %s (%v)", c.header, m.Kind, c.want, err)
		}
	}
}

func TestADeliveryReportNamesTheMail(t *testing.T) {
	m := parse(t, `From: MAILER-DAEMON@mx.example
Subject: Undelivered
Content-Type: multipart/report; report-type=delivery-status; boundary=B

--B
Content-Type: text/plain

It could not be delivered.
--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; jeanne@boulangerie.example
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 no such user
--B
Content-Type: message/rfc822

Message-ID: <rbd-00000-00000.3.grant@metropole.example>
Subject: Votre demande est acceptée

--B--
`)
	b := m.Bounce
	if b == nil || b.Recipient != "jeanne@boulangerie.example" || b.Status != "5.1.1" || b.OriginalMessageID != "rbd-00000-00000.3.grant@metropole.example" {
		t.Errorf("%+v", b)
	}
}

func TestIdentity(t *testing.T) {
	once := crlf(application)
	again := crlf("Received: from a by b\nAuthentication-Results: x; spf=pass\n" + strings.Replace(application, "jeanne@boulangerie.example>\nDelivered", "bounces@x>\nDelivered", 1))
	if message.Identity(once) != message.Identity(again) {
		t.Error("two deliveries of one message have two identities")
	}
	if message.Identity(once) != message.Identity([]byte(application)) {
		t.Error("line endings change the identity")
	}
	if message.Identity(once) == message.Identity(crlf(strings.Replace(application, "480", "490", 1))) {
		t.Error("two messages with one Message-ID have one identity")
	}
}

func TestNoInputIsAnError(t *testing.T) {
	if _, err := message.Parse(nil); err == nil {
		t.Error("no bytes at all are no message")
	}
	for _, raw := range []string{"\x00\x01\x02", "no header at all", "From: x\n\n", ":\n\n", "Content-Type: multipart/mixed; boundary=\"\"\n\n--\n", "Content-Type: multipart/mixed; boundary=B\n\n--B\n--B\n--B"} {
		if m, err := message.Parse([]byte(raw)); err != nil || m == nil {
			t.Errorf("%q: %v", raw, err)
		}
	}
}

// seeds are the messages of the corpus.
func seeds(f *testing.F, add func(raw []byte)) {
	f.Helper()
	files, err := filepath.Glob("../../intake/inspect/testdata/corpus/*.eml")
	if err != nil || len(files) == 0 {
		f.Fatal("no corpus: ", err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		const large = 20 << 10 // a fuzzer does little with those
		if len(raw) < large {
			add(raw)
		}
	}
}

// FuzzParse: whatever comes, there is a message, in valid UTF-8, whose new text is part of the whole, within the limits.
func FuzzParse(f *testing.F) {
	f.Add(crlf(application))
	seeds(f, func(raw []byte) { f.Add(raw) })
	f.Fuzz(func(t *testing.T, raw []byte) {
		message.Identity(raw)
		m, err := message.Parse(raw)
		if err != nil {
			if !errors.Is(err, message.ErrEmpty) {
				t.Fatal(err)
			}
			return
		}
		for what, text := range map[string]string{"subject": m.Subject, "text": m.Text, "reply": m.Reply, "from": m.From.Name, "id": m.MessageID} {
			if !utf8.ValidString(text) {
				t.Errorf("%s is no UTF-8: %q", what, text)
			}
		}
		if strings.ContainsAny(m.Subject+m.From.Name+m.From.Address, "\r\n") {
			t.Errorf("a header of two lines: %q %q", m.Subject, m.From)
		}
		if len(m.Reply) > len(m.Text) {
			t.Errorf("what is new is more than the whole: %q, %q", m.Reply, m.Text)
		}
		count := 0
		for _, a := range m.Files() {
			count++
			if strings.ContainsAny(a.Name, "/\\\r\n\x00") || int64(len(a.Content())) != a.Size {
				t.Errorf("attachment %q, %d bytes of %d", a.Name, len(a.Content()), a.Size)
			}
		}
		if count > message.DefaultLimits.Parts+1 || len(m.Warnings) > 20 {
			t.Errorf("%d files, %d warnings", count, len(m.Warnings))
		}
	})
}

func BenchmarkParse(b *testing.B) {
	for name, size := range map[string]int{"10kB": 10 << 10, "1MB": 1 << 20, "20MB": 20 << 20} {
		body := strings.Repeat(base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", 57)))+"\n", size/78)
		raw := crlf(strings.Replace(application, "/9j/4AAQSkZJRgABAQ==\n", body, 1))
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(raw)))
			for b.Loop() {
				if _, err := message.Parse(raw); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func TestReceipts(t *testing.T) {
	for name, want := range map[string]message.Receipt{
		"From: a@x.example\nSubject: Lu : Votre demande\nIn-Reply-To: <rbd.4.grant@x>\nContent-Type: multipart/report; report-type=disposition-notification; boundary=B\n\n--B\n\nLu.\n--B\nContent-Type: message/disposition-notification\n\nOriginal-Message-ID: <rbd.5.grant@x>\nDisposition: manual-action/MDN-sent-manually; displayed\n\n--B--\n": {"rbd.5.grant@x", true},
		"From: a@x.example\nSubject: Non lu : Votre demande\nContent-Type: multipart/report; report-type=disposition-notification; boundary=B\n\n--B\nContent-Type: message/disposition-notification\n\nOriginal-Message-ID: <rbd.5.grant@x>\nDisposition: automatic-action/MDN-sent-automatically; deleted/error\n\n--B--\n":                           {"rbd.5.grant@x", false},
		"From: a@x.example\nSubject: Gelesen\nContent-Type: multipart/report; report-type=disposition-notification; boundary=B\n\n--B\nContent-Type: message/disposition-notification\n\nOriginal-Message-ID: <rbd.5.grant@x>\nDisposition: automatic-action/MDN-sent-automatically; processed\n\n--B--\n":                                              {"rbd.5.grant@x", false},
		"From: a@x.example\nSubject: Lu : Votre demande\nIn-Reply-To: <rbd.4.grant@x>\nX-MS-Exchange-Message-Class: REPORT.IPM.Note.IPNRN\n\nLu.":                                                                                                                                                                                                       {"rbd.4.grant@x", true},
		"From: a@x.example\nSubject: Non lu : Votre demande\nIn-Reply-To: <rbd.4.grant@x>\nX-MS-Exchange-Message-Class: REPORT.IPM.Note.IPNRN\n\nNon.":                                                                                                                                                                                                  {"rbd.4.grant@x", false},
	} {
		m, err := message.Parse([]byte(name))
		if err != nil || m.Kind != message.KindReceipt || m.Receipt == nil || *m.Receipt != want {
			t.Errorf("%s\n%v %+v, want %+v", name, err, m.Receipt, want)
		}
	}
}
