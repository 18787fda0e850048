package demo_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"relance/domain/casefile"
	"relance/local/bench"
	"relance/local/expect"
	"relance/local/run"
	"relance/mail/message"
	"relance/mail/outbox"
)

// TestAnotherAccountOnTheStatement: the account statement names another account than the applicant: both are told, the applicant in words of both values, the
// officer with the place; the right statement settles it, under whatever name it comes.
func TestAnotherAccountOnTheStatement(t *testing.T) {
	l := started(t, run.Options{Day: 10 * time.Second, Applicants: []string{"fleuriste"}})
	l.Run(t.Context())
	e := officers(t, l)
	papers, err := bench.Papers()
	if err != nil {
		t.Fatal(err)
	}
	text := bench.Application(1, "")
	_, own, _ := strings.Cut(text, "IBAN : ")
	own, _, _ = strings.Cut(own, "\n")
	const other = "FR76 3000 3011 2000 0099 8877 606"
	statement := func(iban string) []byte {
		return onePage(t, "Relevé d'identité bancaire, IBAN : "+iban+" de Banc d'essai")
	}
	mine := bench.Own(papers, 1)
	for i := range mine {
		if strings.Contains(strings.ToLower(mine[i].Name), "rib") {
			mine[i].Content = statement(other)
		}
	}
	first := post(t, l, "fleuriste", outbox.Mail{To: message.Address{Address: "aides+rebond@localhost"}, Subject: "Demande", Text: text, Attachments: mine})
	reference := casefile.FindReference(first.Subject)
	said := strings.ReplaceAll(first.Text, "\u00a0", " ")
	if !strings.Contains(said, "elle porte le compte FR76 •••• 7606") || strings.Contains(said, "3000 3011") {
		t.Errorf("the applicant is told:\n%s", said)
	}
	s := e.worries(reference, casefile.ConcernContradict)
	expect.Equal(t, "stage", s.Stage, casefile.Incomplete)
	send(t, l, "fleuriste", outbox.Mail{To: first.ReplyTo, Subject: "Re: " + first.Subject, InReplyTo: first.MessageID, Text: "Voici le bon relevé.",
		Attachments: []outbox.Attachment{{Name: "scan0001.pdf", Type: "application/pdf", Content: statement(own)}}})
	mailTo(t, l, "fleuriste", "charter")
	s = e.until(reference, "it is settled", func(s casefile.State) bool { return !slices.Contains(s.Concerns, casefile.ConcernContradict) })
	expect.Equal(t, "documents missing", len(s.Missing), 0)
}
