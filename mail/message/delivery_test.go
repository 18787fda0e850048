package message_test

import (
	"strings"
	"testing"

	"relance/mail/message"
)

// our is a mail of ours as programs hand it back.
const our = "From: aides@metropole.example\nTo: jeanne@boulangerie.example\nSubject: Votre dossier\nMessage-ID: <rbd-00000-00000.3.grant@metropole.example>\n"

// TestDeliveriesInWords: programs that tell of a delivery in words, each other than those of the held-out mails.
func TestDeliveriesInWords(t *testing.T) {
	const null, daemon = "Return-Path: <>\n", "From: MAILER-DAEMON@mx.example\n"
	for _, c := range []struct {
		name, header, text string
		kind               message.Kind
		final              bool
		recipient, status  string
	}{
		{"InterScan", null + daemon + "Subject: Mail could not be delivered", "The following message could not be delivered to <jeanne@boulangerie.example>.\n\n" + our, message.KindBounce, true, "jeanne@boulangerie.example", ""},
		{"GroupWise", "From: Postmaster@mairie.example\nSubject: Message status - undeliverable", "The message that you sent was undeliverable to the following:\n\n\tjeanne@boulangerie.example (user not found)\n\n" + our, message.KindBounce, true, "jeanne@boulangerie.example", ""},
		{"Amazon WorkMail", null + "From: MAILER-DAEMON@eu-west-1.amazonses.com\nSubject: Delivery Status Notification (Failure)", "An error occurred while trying to deliver the mail to the following recipients:\njeanne@boulangerie.example", message.KindBounce, true, "jeanne@boulangerie.example", ""},
		{"Sophos", null + "From: postmaster@boulangerie.example\nSubject: Delivery of your message has failed", "<jeanne@boulangerie.example>: 554 5.7.1 content not allowed (engine v5.3.9)", message.KindBounce, true, "jeanne@boulangerie.example", "5.7.1"},
		{"SurgeMail", null + daemon + "Subject: Message has been bounced", "Your message to jeanne@boulangerie.example has bounced.\nReason: 550 no such account [5.4.3.2]", message.KindBounce, true, "jeanne@boulangerie.example", "5.0.0"},
		{"Exchange, Spanish", null + "From: postmaster@panaderia.example\nSubject: No se puede entregar: Votre dossier", "El mensaje no se ha podido entregar a ana@panaderia.example.\nCódigo: 550 5.1.10", message.KindBounce, true, "ana@panaderia.example", "5.1.10"},
		{"Exchange, Italian", null + "From: postmaster@panificio.example\nSubject: Impossibile consegnare: Votre dossier", "Impossibile consegnare il messaggio a ugo@panificio.example (#5.2.2)", message.KindBounce, true, "ugo@panificio.example", "5.2.2"},
		{"a daemon in a language that nobody here reads", null + daemon + "Subject: Levél kézbesítése", "A levelet nem sikerült kézbesíteni: jeanne@boulangerie.example", message.KindBounce, true, "jeanne@boulangerie.example", ""},
		{"no Return-Path, daemon by name alone", "From: MAILER-DAEMON\nSubject: Votre courrier", "Impossible d'acheminer : <jeanne@boulangerie.example>. Utilisateur inconnu.", message.KindBounce, true, "jeanne@boulangerie.example", ""},
		{"French shop's own relay", null + "From: Relais <relais@hebergeur.example>\nSubject: Échec d'acheminement", "Le message pour jeanne@boulangerie.example n'a pas pu être acheminé ; la boîte est pleine.", message.KindBounce, true, "jeanne@boulangerie.example", ""},
		{"auto-replied and returned", "From: robot@boulangerie.example\nAuto-Submitted: auto-replied\nSubject: Votre message", "L'adresse jeanne@boulangerie.example est introuvable.\n\n" + our, message.KindBounce, true, "jeanne@boulangerie.example", ""},
		{"delay, Exim", daemon + "Auto-Submitted: auto-replied\nSubject: Warning: message 1abcde-000001-AB delayed 24 hours", "A message that you sent has not yet been delivered to:\n  jeanne@boulangerie.example\nDelivery attempts will continue. Eventually the server will give up.", message.KindBounce, false, "jeanne@boulangerie.example", ""},
		{"delay, French", null + daemon + "Subject: Retard d'acheminement", "Votre message à jeanne@boulangerie.example n'a pas encore pu être remis. De nouvelles tentatives seront faites pendant 3 jours, après quoi il vous sera retourné.", message.KindBounce, false, "jeanne@boulangerie.example", ""},
		{"delay, German", null + daemon + "Subject: Zustellung verzögert", "Ihre Nachricht an jeanne@boulangerie.example konnte noch nicht zugestellt werden. Weitere Zustellversuche folgen.", message.KindBounce, false, "jeanne@boulangerie.example", ""},
		{"final with 4xx, after days", null + daemon + "Subject: Returned mail", "jeanne@boulangerie.example: 451 4.3.0 try again later\nI have stopped trying after 5 days.", message.KindBounce, true, "jeanne@boulangerie.example", "4.3.0"},
		{"final, not tried again", null + daemon + "Subject: Mail problem", "jeanne@boulangerie.example: 421 too busy. The message will not be retried.", message.KindBounce, true, "jeanne@boulangerie.example", "4.0.0"},
		{"delivered", null + daemon + "Subject: Delivery report", "Your message was successfully delivered to jeanne@boulangerie.example", message.KindSuccess, false, "", ""},
		{"holiday with a null return path", null + "From: jeanne@boulangerie.example\nAuto-Submitted: auto-replied\nSubject: Congés", "Je suis absente jusqu'au 3. Les mails ne sont pas transférés.", message.KindAutoReply, false, "", ""},
		{"a parcel that could not be delivered", "From: no-reply@colis.example\nSubject: Votre colis n'a pas pu être livré", "La livraison a échoué. Utilisateur inconnu à cette adresse.", message.KindPerson, false, "", ""},
		{"a postmaster answers", "From: postmaster@boulangerie.example\nSubject: Re: Undelivered Mail\nIn-Reply-To: <a@x>", "Bonjour, la boîte était pleine (552 5.2.2), c'est réparé.", message.KindPerson, false, "", ""},
		{"a person tells of a bounce", "From: jeanne@boulangerie.example\nSubject: Undelivered Mail Returned to Sender", "Voici ce que j'ai reçu : 550 5.1.1 user unknown.\n\n" + our, message.KindPerson, false, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := parse(t, c.header+"\nTo: aides@metropole.example\nContent-Type: text/plain; charset=utf-8\n\n"+c.text+"\n")
			if m.Kind != c.kind {
				t.Fatalf("%s, want %s", m.Kind, c.kind)
			}
			if m.Bounce == nil {
				return
			}
			b := *m.Bounce
			if b.Final != c.final || b.Recipient != c.recipient || b.Status != c.status || strings.Contains(c.text, our) != (b.OriginalMessageID != "") {
				t.Errorf("%+v", b)
			}
		})
	}
}

// TestUnsure: where nothing tells whether a server has given up, the report says so.
func TestUnsure(t *testing.T) {
	for text, want := range map[string]bool{
		"Levél: jeanne@boulangerie.example":                               true,
		"jeanne@boulangerie.example 550 5.1.1":                            true,
		"It could not be delivered to jeanne@boulangerie.example":         false,
		"jeanne@boulangerie.example: delayed, it will be retried in 4 h.": false,
	} {
		m := parse(t, "Return-Path: <>\nFrom: MAILER-DAEMON@x.example\nTo: a@b.example\nSubject: x\nContent-Type: text/plain; charset=utf-8\n\n"+text+"\n")
		if m.Bounce == nil || m.Bounce.Unsure != want {
			t.Errorf("%q: %+v", text, m.Bounce)
		}
	}
}

// TestStatusCodes: addresses of the Internet, versions and rules look like status codes.
func TestStatusCodes(t *testing.T) {
	for said, want := range map[string]string{
		"host [4.79.181.168]: 554 disabled": "5.0.0", "host [5.1.4.9] said: 550 5.7.1 no": "5.7.1", "550-5.1.1 The account": "5.1.1", "(#5.4.4)": "5.4.4",
		"postfix version 5.1.6 says 550 no": "5.0.0", "rule 4.3.1, 550 5.7.26 refused": "5.7.26", "status: 5.2.1": "5.2.1", "452 4.2.2 full, filter v5.1.1": "4.2.2",
		"552-5.2.2 full; 552 5.2.2 full": "5.2.2", "the mail 2026.5.1.1-882 failed": "", "smtp;550 5.1.1 unknown": "5.1.1",
	} {
		m := parse(t, "Return-Path: <>\nFrom: MAILER-DAEMON@x.example\nTo: a@b.example\nSubject: Undelivered\n\n"+said+"\n")
		if m.Bounce == nil || m.Bounce.Status != want {
			t.Errorf("%q: %+v, want %s", said, m.Bounce, want)
		}
	}
}

// TestWeakSigns: a subject, a list's header or a mark of mass mailing alone makes no machine of a person; it is a doubt. Two of a kind that
// people do not bring together are none.
func TestWeakSigns(t *testing.T) {
	const ours = "In-Reply-To: <rbd-00000-00000.3.charter@metropole.example>\n"
	for _, c := range []struct {
		name, header, text string
		kind               message.Kind
		doubt              message.Maybe
	}{
		{"no answer to my request", "Subject: Absence de réponse à ma demande d'aide", "SIRET : 28864585600015", message.KindPerson, message.NotMaybe},
		{"absent from the register", "Subject: Absent du registre du commerce ?", "Notre association n'y est pas.", message.KindPerson, message.NotMaybe},
		{"out of office space", "Subject: Out of office space: our request", "We rent elsewhere.", message.KindPerson, message.MaybeAway},
		{"absence, and she means it", "Subject: Absence du 3 au 7 mars", "Pouvez-vous décaler la visite ?", message.KindPerson, message.MaybeAway},
		{"absence in an answer", "Subject: Re: Absence du bureau\n" + ours, "Je vous réponds.", message.KindPerson, message.NotMaybe},
		{"formula and words", "Subject: Automatic response: your letter", "I am currently away and back on Monday.", message.KindAutoReply, message.NotMaybe},
		{"formula on an answer", "Subject: Automatische reactie: Votre dossier\n" + ours, "Tot volgende week.", message.KindAutoReply, message.NotMaybe},
		{"OOO", "Subject: OOO: Votre dossier\n" + ours, "Back on the 23rd.", message.KindAutoReply, message.NotMaybe},
		{"vacation(1)", "Subject: away from my mail\nPrecedence: bulk\n" + ours, "I am away.", message.KindAutoReply, message.NotMaybe},
		{"acknowledgement in words", "Subject: Accusé de réception de votre courriel\n" + ours, "Ce message est envoyé automatiquement, merci de ne pas y répondre.", message.KindAutoReply, message.NotMaybe},
		{"X-Autoresponse", "Subject: dossier\nX-Autoresponse: auto", "x", message.KindAutoReply, message.NotMaybe},
		{"mailbox rule", "Subject: dossier\nX-MS-Exchange-Generated-Message-Source: Mailbox Rules Agent", "x", message.KindAutoReply, message.NotMaybe},
		{"an Exchange user", "Subject: dossier\nX-Auto-Response-Suppress: DR, OOF, AutoReply", "x", message.KindPerson, message.NotMaybe},
		{"CRM, in answer", "Subject: Re: charte\nList-Unsubscribe: <https://crm.example/u/1>\nX-Mailer: CRM\n" + ours, "Je signe la charte.", message.KindPerson, message.MaybeList},
		{"Brevo, in answer", "Subject: Re: charte\nList-Unsubscribe: <mailto:x@y.example>\nPrecedence: bulk\nFeedback-ID: 1\n" + ours, "Je signe.", message.KindPerson, message.MaybeList},
		{"Google group", "Subject: Demande\nList-ID: <aides.metropole.example>\nPrecedence: list\nMailing-list: list aides@metropole.example", "SIRET : 1", message.KindList, message.MaybeList},
		{"Sympa", "Subject: Demande\nList-Id: <aides.listes.metropole.example>\nX-Loop: aides@listes.metropole.example\nPrecedence: list", "Bonjour", message.KindList, message.MaybeList},
		{"bulk alone", "Subject: Demande\nPrecedence: bulk", "Bonjour", message.KindList, message.MaybeList},
		{"newsletter", "Subject: Les aides\nList-Unsubscribe: <https://x.example>\nFeedback-ID: 3", "Bonjour.\n\nSe désabonner : https://x.example", message.KindList, message.NotMaybe},
		{"Mailchimp", "Subject: Sale\nList-Unsubscribe: <https://x.example>\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\nX-Report-Abuse: x", "Hi", message.KindList, message.NotMaybe},
	} {
		m := parse(t, "From: Jeanne <jeanne@boulangerie.example>\nTo: aides@metropole.example\nContent-Type: text/plain; charset=utf-8\n"+c.header+"\n\n"+c.text+"\n")
		if m.Kind != c.kind || m.Maybe != c.doubt {
			t.Errorf("%s: %s %q, want %s %q", c.name, m.Kind, m.Maybe, c.kind, c.doubt)
		}
	}
}

// TestKindsWithoutEffect: reactions, recalls, answers to invitations and complaints are no letters, and what a person adds to one is.
func TestKindsWithoutEffect(t *testing.T) {
	part := func(kind, content string) string { return "--B\nContent-Type: " + kind + "\n\n" + content + "\n" }
	for _, c := range []struct {
		name, header, body string
		want               message.Kind
	}{
		{"Gmail reaction", "Subject: Re: x\nContent-Type: multipart/alternative; boundary=B", part("text/plain; charset=utf-8", "❤️ via Gmail") + part("text/vnd.google.email-reaction+json", `{"emoji":"❤️","version":1}`) + "--B--", message.KindReaction},
		{"Outlook reaction", "Subject: x\nX-MS-Reactions: like", "👍", message.KindReaction},
		{"recall, Spanish", "Subject: Recuperar: Documentos", "Ana Ruiz desea recuperar el mensaje \"Documentos\".", message.KindRecall},
		{"a reminder is no recall", "Subject: Rappel : mon dossier", "Je souhaite rappeler le message de lundi et demander où il en est. Merci d'avance, Jeanne. Voici aussi le bail que vous avez demandé.", message.KindPerson},
		{"invitation taken", "Subject: Accepted: Visit\nContent-Type: multipart/alternative; boundary=B", part("text/plain", "") + part("text/calendar; method=REPLY", "BEGIN:VCALENDAR") + "--B--", message.KindCalendar},
		{"invitation refused with words", "Subject: Refusé : Visite\nContent-Type: multipart/mixed; boundary=B", part("text/plain; charset=utf-8", "Je ne pourrai pas, le bail sera chez mon notaire ce jour-là ; plutôt jeudi 12.") + part("text/calendar; method=REPLY", "BEGIN:VCALENDAR") + "--B--", message.KindPerson},
		{"an invitation by a person", "Subject: Visite\nContent-Type: multipart/alternative; boundary=B", part("text/plain", "Venez mardi.") + part("text/calendar; method=REQUEST", "BEGIN:VCALENDAR") + "--B--", message.KindPerson},
		{"ARF", "Subject: x\nContent-Type: multipart/report; report-type=feedback-report; boundary=B", part("message/feedback-report", "Feedback-Type: abuse") + "--B--", message.KindComplaint},
		{"ARF without its type", "Subject: x\nContent-Type: multipart/mixed; boundary=B", part("message/feedback-report", "Feedback-Type: abuse") + "--B--", message.KindComplaint},
		{"Hotmail", "From: staff@hotmail.com\nSubject: complaint about message from 192.0.2.9\nContent-Type: multipart/mixed; boundary=B", part("message/rfc822", "X-HmXmrOriginalRecipient: <a@hotmail.example>\n"+our) + "--B--", message.KindComplaint},
		{"a person forwards a complaint", "Subject: Fwd: abuse report", "Je vous transfère ceci.", message.KindPerson},
	} {
		from := "From: Jeanne <jeanne@boulangerie.example>\n"
		if strings.HasPrefix(c.header, "From:") {
			from = ""
		}
		if m := parse(t, from+"To: aides@metropole.example\n"+c.header+"\n\n"+c.body+"\n"); m.Kind != c.want {
			t.Errorf("%s: %s, want %s", c.name, m.Kind, c.want)
		}
	}
}

// TestAStatusIsACodeOrNothing: it is shown to officers, and a stranger may have written the report.
func TestAStatusIsACodeOrNothing(t *testing.T) {
	for said, want := range map[string]string{
		"5.1.1": "5.1.1", "4.4.7 (delayed)": "4.4.7", "[cliquez](javascript:alert(1))": "", "5.1.1[x](y)": "5.1.1", "\x1b[31m5.1.1": "",
		"<b>5.0.0</b>": "", "9.1.1": "", "5.1": "", "": "",
	} {
		raw := "From: MAILER-DAEMON@mx.example\nTo: aides@localhost\nSubject: Undelivered Mail\nMIME-Version: 1.0\n" +
			"Content-Type: multipart/report; report-type=delivery-status; boundary=B\n\n--B\nContent-Type: text/plain\n\nFailed.\n--B\n" +
			"Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; a@b.example\nAction: failed\nStatus: " + said + "\n\n--B--\n"
		m, err := message.Parse([]byte(raw))
		if err != nil || m.Bounce == nil || m.Bounce.Status != want || !m.Bounce.Final {
			t.Errorf("%q: %+v, %v; want %q", said, m.Bounce, err, want)
		}
	}
}
