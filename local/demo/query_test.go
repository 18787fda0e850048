package demo_test

import (
	"slices"
	"strings"
	"testing"

	"relance/domain/casefile"
	"relance/local/bench"
	"relance/local/run"
	"relance/mail/message"
	"relance/mail/outbox"
)

// TestAnApplicantAsksWhereTheCaseStands, on the real servers: the answer comes from the case, at once and without an officer; the document that was
// missing takes the case on, and a question that is no such one goes to an officer.
func TestAnApplicantAsksWhereTheCaseStands(t *testing.T) {
	l := started(t, run.Options{QuickMail: true, Applicants: []string{"boutique"}})
	l.Run(t.Context())
	e := officers(t, l)
	papers, err := bench.Papers()
	if err != nil {
		t.Fatal(err)
	}
	lease := slices.IndexFunc(papers, func(a outbox.Attachment) bool { return a.Name == "bail.pdf" })
	without := slices.Delete(slices.Clone(papers), lease, lease+1)
	acknowledged := post(t, l, "boutique", outbox.Mail{Subject: "Demande", Text: bench.Application(1, ""), Attachments: without})
	reference := casefile.FindReference(acknowledged.Subject)
	reply := func(to *message.Message, text string, files ...outbox.Attachment) *message.Message {
		return post(t, l, "boutique", outbox.Mail{To: to.ReplyTo, Subject: "Re: " + to.Subject, InReplyTo: to.MessageID, Text: text, Attachments: files})
	}
	told := reply(acknowledged, "Bonjour,\n\nOù en est mon dossier ? Que manque-t-il encore ?\n\nMerci d'avance\nJeanne")
	for _, want := range []string{"« incomplète »", "Il manque encore « Bail", "Nous attendons ces éléments de vous jusqu'au", "extrait Kbis"} {
		if name(told) != casefile.StateMail || !strings.Contains(strings.ToLower(told.Text), strings.ToLower(want)) {
			t.Errorf("%q is not in what is answered, %s:\n%s", want, name(told), told.Text)
		}
	}
	if s := e.until(reference, "the question is in the case", func(s casefile.State) bool {
		return slices.ContainsFunc(s.Journal, func(entry casefile.Entry) bool { return entry.What == casefile.EventMailQuery })
	}); len(s.Concerns) > 0 || s.Stage != casefile.Incomplete {
		t.Errorf("stage %s, and an officer is called: %v", s.Stage, s.Concerns)
	}
	next := reply(told, "Voici le bail. Mon dossier est-il complet ?", papers[lease])
	if name(next) != casefile.CharterMail {
		t.Errorf("the missing document is answered with %s", name(next))
	}
	noted := reply(next, "Bonjour,\n\nOù en est mon dossier ? Je veux aussi que votre responsable m'appelle.")
	if name(noted) != casefile.NotedMail {
		t.Errorf("a complaint is answered with %s", name(noted))
	}
	e.until(reference, "an officer is called", func(s casefile.State) bool { return slices.Contains(s.Concerns, casefile.ConcernQuestion) })
	keepHistories(t, l, "query")
}
