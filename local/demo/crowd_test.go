package demo_test

import (
	"testing"
	"time"

	"relance/domain/calendar"
	"relance/domain/casefile"
	"relance/intake/routing"
	"relance/local/run"
	"relance/mail/outbox"
	"relance/starter"
)

// TestACrowdWaitsForAnOfficer lets three senders apply where all together may open one case in a day: the others lie in the officers' queue with
// the reason, and an officer opens their cases in spite of the limit.
func TestACrowdWaitsForAnOfficer(t *testing.T) {
	l := started(t, run.Options{Applicants: []string{"premier", "deuxieme", "troisieme"}})
	l.Engine.Config.Mail.InAll = 1
	l.Run(t.Context())
	post(t, l, "premier", outbox.Mail{Subject: "Demande", Text: "SIRET : 628 194 821 00011"})
	mails := map[string]bool{}
	for _, account := range []string{"deuxieme", "troisieme"} {
		send(t, l, account, outbox.Mail{Subject: "Demande " + account, Text: "Voici ma demande."})
		mails[account+"@localhost"] = true
	}
	room := l.Engine.Mailroom()
	var asides []starter.Aside
	for end := time.Now().Add(time.Minute); len(asides) < 2 && time.Now().Before(end); time.Sleep(300 * time.Millisecond) {
		var err error
		if asides, err = room.Asides(t.Context(), starter.Unassigned, false); err != nil {
			t.Fatal(err)
		}
	}
	if len(asides) != 2 {
		t.Fatalf("%d mails wait", len(asides))
	}
	for _, a := range asides {
		if a.Reason != routing.Crowd || !mails[a.From] {
			t.Errorf("%+v", a)
		}
		reference, err := room.Assign(t.Context(), a.SHA256, "fonds-rebond", "agent-01")
		if err != nil || !casefile.IsReference(reference) {
			t.Fatalf("an officer may not open the case: %q %v", reference, err)
		}
	}
	for account := range mails {
		answered := false
		for end := time.Now().Add(time.Minute); !answered && time.Now().Before(end); time.Sleep(300 * time.Millisecond) {
			got, err := inbox(t.Context(), l, account[:len(account)-len("@localhost")])
			if err != nil {
				t.Fatal(err)
			}
			answered = len(got) > 0 && casefile.FindReference(got[0].Subject) != ""
		}
		if !answered {
			t.Errorf("%s was never answered", account)
		}
	}
	if n, err := l.Engine.Index.Tallied(t.Context(), time.Now().In(calendar.Paris).Format(time.DateOnly)); err != nil || n != 3 {
		t.Errorf("%d cases were opened today: %v", n, err)
	}
}
