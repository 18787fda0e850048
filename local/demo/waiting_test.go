package demo_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"relance/contract"
	"relance/domain/casefile"
	"relance/domain/ledger"
	"relance/letters/pdf"
	"relance/letters/prose"
	"relance/local/run"
	"relance/mail/message"
	"relance/mail/outbox"
	"relance/office/desk"
)

const renovation = `Nom et prénom : Jeanne Martin
Adresse du logement : %d rue des Lilas, 59000 Lille
Commune : Lille
Occupation : propriétaire occupant
Année de construction : 1958
Personnes au foyer : 3
Revenu fiscal de référence : 31 400 €
Montant des travaux : 12 500 €
IBAN : %s
Déclaration sur l'honneur : oui`

// TestMoneyThatRunsOut lets three applicants ask for more than a line holds, on the real servers: who is complete first is
// served first, whoever is approved first; a top-up and a withdrawal let the others be granted, each told by mail.
func TestMoneyThatRunsOut(t *testing.T) {
	accounts := []string{"premiere", "deuxieme", "troisieme"}
	l := started(t, run.Options{Applicants: accounts})
	line, _ := l.Engine.Catalogue.Plan.Find("habitat")
	line.Amount = 4_000_00 // one aid of 3,750 euros
	l.Run(t.Context())
	d := &desk.Desk{Temporal: l.Engine.Temporal, Archive: l.Engine.Archive}
	var cases []string
	for i, iban := range []string{"FR76 2004 1010 0590 8301 6613 163", "FR76 2004 1010 0582 4628 1948 261", "FR76 2004 1010 0586 5797 5432 392"} {
		cases = append(cases, applyToRenovate(t, l, accounts[i], iban))
	}
	approve := func(i int, want casefile.Stage, ahead int) {
		t.Helper()
		done, err := d.Decide(t.Context(), cases[i], casefile.Approve, casefile.Act{By: "agent-01"})
		if err != nil || done.Stage != want || done.Ahead != ahead {
			t.Fatalf("%s: %+v, %v", accounts[i], done, err)
		}
	}
	approve(0, casefile.Granted, 0)
	approve(2, casefile.Waitlisted, 0)
	approve(1, casefile.Waitlisted, 0) // complete before the third
	answer, err := l.Engine.Activities().MoveBudget(t.Context(), contract.Budget{TaskQueue: contract.TaskQueue,
		Move: ledger.Move{Op: ledger.TopUp, Key: "dm-1", By: "agent-01", Reason: "décision modificative", Portions: []ledger.Portion{{Line: "habitat", Cents: 3_500_00}, {Cents: 3_500_00}}}})
	if err != nil || answer.Refused != "" {
		t.Fatal(answer, err)
	}
	await(t, d, cases[1], casefile.Granted)
	if s, err := d.State(t.Context(), cases[2]); err != nil || s.Stage != casefile.Waitlisted {
		t.Errorf("the third was served before its turn: %s, %v", s.Stage, err)
	}
	if _, err := d.Act(t.Context(), cases[0], casefile.WithdrawAct, casefile.Act{By: "agent-01"}); err != nil {
		t.Fatal(err)
	}
	await(t, d, cases[2], casefile.Granted)
	head, err := d.Plan(t.Context(), "plan-relance")
	if f := head.Lines["habitat"]; err != nil || f.Total != 7_500_00 || f.Left() != 0 || f.Waiting != 0 {
		t.Errorf("%+v, %v", f, err)
	}
	for i, want := range []string{"acknowledgement grant withdrawn", "acknowledgement waitlisted grant", "acknowledgement waitlisted grant"} {
		var names []string
		for end := time.Now().Add(30 * time.Second); time.Now().Before(end) && strings.Join(names, " ") != want; time.Sleep(200 * time.Millisecond) {
			mails, err := inbox(t.Context(), l, accounts[i])
			if err != nil {
				t.Fatal(err)
			}
			names = nil
			for _, m := range mails {
				names = append(names, name(m))
			}
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%s received %s, want %s", accounts[i], got, want)
		}
	}
	keepHistories(t, l, "waiting")
}

// applyToRenovate lets an applicant send a complete application for a renovation, and gives the reference of its case.
// dwellings counts them: no two applicants live in one.
var dwellings atomic.Int64

func applyToRenovate(t *testing.T, l *run.Local, account, iban string) string {
	t.Helper()
	m := outbox.Mail{To: message.Address{Address: "aides+renovation@localhost"}, Subject: "Demande", Text: fmt.Sprintf(renovation, dwellings.Add(1), iban)}
	for _, name := range []string{"avis d'impot", "taxe fonciere", "devis", "rib"} {
		m.Attachments = append(m.Attachments, outbox.Attachment{Name: name + ".pdf", Type: "application/pdf", Content: onePage(t, fmt.Sprint(name, " de ", account))})
	}
	return casefile.FindReference(post(t, l, account, m).Subject)
}

func await(t *testing.T, d *desk.Desk, reference string, want casefile.Stage) {
	t.Helper()
	within(t, d, reference, want, 30*time.Second)
}

// onePage is a document that opens.
func onePage(t *testing.T, title string) []byte {
	t.Helper()
	pdf, err := pdf.Render(pdf.Letter{Letterhead: pdf.Letterhead{Name: "Exemple"}, Title: title, Subject: title, Date: time.Now(), Reference: "X", Body: prose.Parse(title)})
	if err != nil {
		t.Fatal(err)
	}
	return pdf
}
