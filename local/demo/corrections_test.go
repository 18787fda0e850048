package demo_test

import (
	"slices"
	"strings"
	"testing"

	"relance/domain/casefile"
	"relance/local/bench"
	"relance/local/run"
	"relance/mail/outbox"
)

// TestAnOfficerMendsWhatWasMisread enters a value that was missing, files a document under its kind and rejects another, on the real servers: the
// applicant is told of each, and sends a better one.
func TestAnOfficerMendsWhatWasMisread(t *testing.T) {
	l := started(t, run.Options{QuickMail: true, Applicants: []string{"boutique"}})
	l.Run(t.Context())
	e := officers(t, l)
	papers, err := bench.Papers()
	if err != nil {
		t.Fatal(err)
	}
	lease := slices.IndexFunc(papers, func(a outbox.Attachment) bool { return a.Name == "bail.pdf" })
	papers[lease].Name = "scan0001.pdf"
	text := strings.Replace(bench.Application(1, ""), "Loyer mensuel : 480,50 €\n", "", 1)
	reference := casefile.FindReference(post(t, l, "boutique", outbox.Mail{Subject: "Demande", Text: text, Attachments: papers}).Subject)
	s := e.until(reference, "it is read", func(s casefile.State) bool { return len(s.Documents) == len(papers) })
	file := func(kind string) string {
		i := slices.IndexFunc(s.Documents, func(d casefile.Document) bool { return d.Kind == kind })
		if i < 0 {
			t.Fatalf("no document of kind %s", kind)
		}
		return s.Documents[i].SHA256
	}
	if s.Stage != casefile.Incomplete || len(s.Missing) != 2 {
		t.Fatalf("stage %s, missing %v", s.Stage, s.Missing)
	}
	unknown, rib := file("other"), file("rib")
	e.act(reference, casefile.FileDocument, casefile.Act{File: unknown, As: "bail"}, casefile.Incomplete)
	mailTo(t, l, "boutique", casefile.DocumentFiledMail)
	e.act(reference, casefile.RejectDocument, casefile.Act{File: rib, Text: "Le RIB est celui d'un autre établissement."}, casefile.Incomplete)
	mailTo(t, l, "boutique", casefile.DocumentRejectedMail)
	entered, err := e.desk.Enter(t.Context(), l.Engine.Archive, reference, casefile.Correction{Field: "loyer_mensuel", Written: "480,50 €", Source: "bail",
		Reason: "le montant manquait", By: "agent-01", At: e.today()})
	if err != nil {
		t.Fatal(err)
	}
	e.act(reference, casefile.CorrectValue, casefile.Act{Field: "loyer_mensuel", Entered: entered}, casefile.Incomplete)
	told := mailTo(t, l, "boutique", casefile.CorrectedMail)
	if !strings.Contains(told.Text, "480,50") || !strings.Contains(told.Text, "le montant manquait") {
		t.Errorf("the applicant is told:\n%s", told.Text)
	}
	better := bench.Own(papers[len(papers)-1:], 7)
	send(t, l, "boutique", outbox.Mail{To: told.ReplyTo, Subject: "Re: " + told.Subject, Text: "Voici le bon RIB.", InReplyTo: told.MessageID, Attachments: better})
	mailTo(t, l, "boutique", "charter")
	await(t, e.desk, reference, casefile.AwaitingCharter)
	keepHistories(t, l, "corrections")
}
