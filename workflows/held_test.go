package workflows_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"relance/domain/casefile"
)

// newIBAN is another valid account than the one of whole().
const newIBAN = "IBAN : FR14 2004 1010 0505 0001 3M02 606"

func TestNothingProvenSignsNothing(t *testing.T) {
	for _, c := range []struct{ name, dmarc string }{{"nothing proves it", "none"}, {"disowned", "fail"}} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			w.on(0, whole())
			forged := signature
			forged.dmarc = c.dmarc
			w.on(day, forged)
			wrong := w.act(day+time.Hour, casefile.AdmitMail, casefile.Act{Mail: "ffff"})
			var held casefile.State
			w.env.RegisterDelayedCallback(func() {
				held = w.query()
				w.env.UpdateWorkflowNoRejection(string(casefile.AdmitMail), "admit", t, casefile.Act{By: "agent-01", Mail: held.Held[0].Mail.SHA256[:12]})
			}, 2*day)
			w.act(3*day, casefile.Reject, casefile.Act{Grounds: []string{"territoire"}})
			s := w.run()
			if held.Charter.Signed.IsZero() == false || len(held.Held) != 1 || !slices.Contains(held.Concerns, casefile.ConcernHeld) {
				t.Errorf("before an officer looked: signed %v, held %+v, %v", held.Charter.Signed, held.Held, held.Concerns)
			}
			if wrong.err == nil || !strings.Contains(wrong.err.Error(), held.Held[0].Mail.SHA256[:12]) {
				t.Errorf("a mail that is not there was admitted: %v", wrong.err)
			}
			if s.Charter.Signed.IsZero() || len(s.Held) != 0 || slices.Contains(s.Concerns, casefile.ConcernHeld) {
				t.Errorf("after: signed %v, held %+v, %v", s.Charter.Signed, s.Held, s.Concerns)
			}
			w.expect("2020-09-15 acknowledgement", "2020-09-15 charter", "2020-09-17 charter-signed", "2020-09-18 reject", "2020-11-20 closing")
		})
	}
}

func TestAStrangerAddsNothingUntilAnOfficerAdmitsIt(t *testing.T) {
	w := newWorld(t)
	part := whole()
	part.files = slices.DeleteFunc(slices.Clone(part.files), func(name string) bool { return strings.HasPrefix(name, "bail") })
	w.on(0, part)
	w.on(day, mail{from: "comptable@cabinet.example", text: "Voici le bail de mon client.", files: []string{"bail.pdf"}})
	w.on(2*day, mail{from: "pirate@x.example", text: "Je retire ma demande."})
	var held casefile.State
	w.env.RegisterDelayedCallback(func() {
		held = w.query()
		w.env.UpdateWorkflowNoRejection(string(casefile.AdmitMail), "a", t, casefile.Act{By: "agent-01", Mail: held.Held[0].Mail.SHA256})
		w.env.UpdateWorkflowNoRejection(string(casefile.DismissMail), "b", t, casefile.Act{By: "agent-01", Mail: held.Held[1].Mail.SHA256})
	}, 3*day)
	s := w.run()
	if len(held.Held) != 2 || held.Stage != casefile.Incomplete || len(held.Missing) != 1 {
		t.Fatalf("%s, held %+v", held.Stage, held.Held)
	}
	if len(s.Held) != 0 || len(s.Missing) != 0 || s.Stage == casefile.Withdrawn {
		t.Errorf("%s, missing %v, held %v", s.Stage, s.Missing, s.Held)
	}
	w.expect("2020-09-15 acknowledgement", "2020-09-16 stranger", "2020-09-17 stranger", "2020-09-18 charter", "2020-09-28 reminder-charter",
		"2020-10-08 reminder-charter", "2020-10-19 lapse")
	if last := w.sent[3]; last.to != jeanne {
		t.Errorf("the charter went to %s", last.to)
	}
}

func TestOtherBankDetailsWaitForAnOfficer(t *testing.T) {
	for _, accept := range []bool{true, false} {
		w := newWorld(t)
		w.on(0, whole())
		w.on(day, signature)
		w.on(2*day, mail{text: newIBAN})
		tooEarly := w.act(2*day+time.Hour, casefile.Approve, casefile.Act{})
		kind, told := casefile.RefuseBank, "bank-kept"
		if accept {
			kind, told = casefile.AcceptBank, "bank-changed"
		}
		var before casefile.State
		w.env.RegisterDelayedCallback(func() { before = w.query() }, 2*day+2*time.Hour)
		w.act(3*day, casefile.SettleConcern, casefile.Act{}) // does not make it go away
		settled := &answer{}
		w.env.RegisterDelayedCallback(func() { w.ask(kind, casefile.Act{By: "agent-01", Account: w.query().NewAccount}, settled) }, 4*day)
		again := w.act(4*day+time.Hour, kind, casefile.Act{})
		w.act(5*day, casefile.Approve, casefile.Act{By: "agent-02"})
		s := w.run()
		if tooEarly.err == nil || settled.err != nil || again.err == nil {
			t.Errorf("approved meanwhile: %v; settled: %v; settled twice: %v", tooEarly.err, settled.err, again.err)
		}
		if changed := s.Kin.IBAN != before.Kin.IBAN; changed != accept {
			t.Errorf("accepted %v, changed %v", accept, changed)
		}
		if w.sent[3].name != "bank-pending" || w.sent[len(w.sent)-3].name != told || s.Decision == nil {
			for _, m := range w.sent {
				t.Log(m.day, m.name)
			}
			t.Errorf("the applicant was not told, or nothing was decided: %s", s.Stage)
		}
	}
	w := newWorld(t)
	w.on(0, whole())
	w.on(day, mail{text: newIBAN, dmarc: "none"})
	var held casefile.State
	w.env.RegisterDelayedCallback(func() { held = w.query() }, 2*day)
	w.dismisses(3 * day)
	w.run()
	if len(held.Held) != 1 || slices.Contains(held.Concerns, casefile.ConcernBank) {
		t.Errorf("unproven bank details: held %v, %v", held.Held, held.Concerns)
	}
}

func TestADelayIsNoFailure(t *testing.T) {
	w := newWorld(t)
	w.on(0, whole())
	w.on(day, signature)
	w.act(2*day, casefile.Approve, casefile.Act{})
	w.on(3*day, mail{raw: []byte("From: MAILER-DAEMON@mx.example\r\nSubject: Warning: delayed\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=B\r\n\r\n" +
		"--B\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns;x\r\n\r\nFinal-Recipient: rfc822;" + jeanne + "\r\nAction: delayed\r\nStatus: 4.4.1\r\n\r\n" +
		"--B\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: <" + strings.ToLower(reference) + ".4.grant@metropole.example>\r\n\r\n--B--\r\n")})
	if s := w.run(); s.Stage != casefile.Closed || s.Decision.Notified.IsZero() || slices.Contains(s.Concerns, casefile.ConcernUndelivered) {
		t.Errorf("%s, notified %v, %v", s.Stage, s.Decision.Notified, s.Concerns)
	}
}

func TestAProgramIsRefusedAndSaidSo(t *testing.T) {
	w := newWorld(t)
	part := whole()
	part.files = append(part.files[1:], "facture.pdf.exe")
	w.on(0, part)
	s := w.run()
	answer := w.sent[0].Text
	if !strings.Contains(answer, "facture.pdf.exe") || !strings.Contains(answer, "programme") {
		t.Errorf("the applicant is told:\n%s", answer)
	}
	for _, d := range s.Documents {
		if d.Problem == "document_program" && d.Key != "" {
			t.Errorf("a program was stored as %s", d.Key)
		}
	}
}
