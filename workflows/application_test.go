package workflows_test

import (
	"strings"
	"testing"
	"time"

	"relance/domain/casefile"
	"relance/domain/ledger"
	"relance/mail/outbox"
)

func TestGranted(t *testing.T) {
	w := newWorld(t)
	w.on(0, whole())
	w.on(2*day, signature)
	approved := w.act(10*day, casefile.Approve, casefile.Act{ID: "one", Text: "Bonne reprise !"})
	again := w.act(11*day, casefile.Approve, casefile.Act{ID: "one"})
	other := w.act(12*day, casefile.Approve, casefile.Act{ID: "two"})
	s := w.run()
	w.expect("2020-09-15 acknowledgement", "2020-09-15 charter", "2020-09-17 charter-signed", "2020-09-25 grant", "2020-11-27 closing")
	if s.Stage != casefile.Closed || s.Decision.Amount != 144150 || s.Charter.How != casefile.SignedByPhrase || s.MailsIn != 2 || s.MailsOut != 5 || len(s.Documents) != 5 {
		t.Errorf("%+v", s)
	}
	if approved.err != nil || approved.done.Stage != casefile.Granted || approved.done.Amount != 144150 {
		t.Errorf("%+v", approved)
	}
	if again.err != nil || again.done.Amount != 144150 {
		t.Errorf("the same action again: %+v", again)
	}
	if other.err == nil || !strings.Contains(other.err.Error(), "déjà été prise") {
		t.Errorf("a second decision: %+v", other)
	}
	if w.rebond().Committed != 144150 || w.rebond().Reserved != 0 {
		t.Errorf("%+v", w.rebond())
	}
	if n := len(w.sent[1].Attachments); n != 1 || !strings.HasSuffix(w.sent[1].Attachments[0].Name, reference+".pdf") {
		t.Errorf("the charter's mail has %d attachments", n)
	}
	if !strings.Contains(w.sent[3].Text, "Bonne reprise") {
		t.Error("the officer's words are missing")
	}
	if r := w.verify(); r.Reference != reference || r.Anchors != 5 || r.Evidence != 1 || r.Entries != s.Stored.Length || r.Head != s.Stored.Head {
		t.Errorf("the folder: %+v", r)
	}
}

func TestMissingDocumentsInSeveralMails(t *testing.T) {
	w := newWorld(t)
	w.on(0, mail{text: strings.Replace(fields, "00011", "00012", 1), files: []string{"kbis.pdf", "rib.pdf", "comptes.pdf"}})
	w.on(3*day, mail{text: "Voici.", files: []string{"bail.pdf"}})
	w.on(5*day, mail{text: "Voici la suite.\nSIRET : 628 194 821 00011", files: []string{"quittances.pdf"}})
	w.on(6*day, mail{text: "Voici la charte signée.", sign: byHand})
	w.act(7*day, casefile.Approve, casefile.Act{})
	s := w.run()
	w.expect("2020-09-15 acknowledgement", "2020-09-18 still-missing", "2020-09-20 charter", "2020-09-21 charter-signed", "2020-09-22 grant", "2020-11-24 closing")
	if s.Charter.How != casefile.SignedByCopy || len(s.Suspensions) != 2 {
		t.Errorf("%+v", s)
	}
	if first := w.sent[0].Text; !strings.Contains(first, "SIRET : le numéro reçu n'est pas") || !strings.Contains(first, "Bail commercial") || strings.Contains(first, "extrait du Répertoire des métiers") {
		t.Errorf("the acknowledgement asks for the wrong things:\n%s", first)
	}
}

func TestWhatIsMissingNeverComes(t *testing.T) {
	w := newWorld(t)
	w.on(0, mail{text: fields})
	s := w.run()
	// The 30th day is the 15th of October; its end is the deadline. The 10th of October is a Saturday.
	w.expect("2020-09-15 acknowledgement", "2020-09-30 reminder-documents", "2020-10-12 reminder-documents", "2020-10-16 lapse")
	if s.Stage != casefile.Expired || len(s.Deadlines) != 0 {
		t.Errorf("%+v", s)
	}
}

func TestTheCharterIsNeverSigned(t *testing.T) {
	w := newWorld(t)
	w.on(0, whole())
	w.on(day, mail{text: "Je ne signe pas cette charte."})
	s := w.run()
	w.expect("2020-09-15 acknowledgement", "2020-09-15 charter", "2020-09-16 charter-declined", "2020-09-25 reminder-charter", "2020-10-05 reminder-charter", "2020-10-16 lapse")
	if s.Stage != casefile.Expired || len(w.sent[3].Attachments) != 1 {
		t.Errorf("%s, %d attachments with the reminder", s.Stage, len(w.sent[3].Attachments))
	}
}

func TestRejected(t *testing.T) {
	w := newWorld(t)
	w.on(0, mail{text: strings.Replace(fields, "Effectif : 3", "Effectif : 14", 1), files: whole().files})
	approve := w.act(day, casefile.Approve, casefile.Act{})
	without := w.act(2*day, casefile.Reject, casefile.Act{})
	reject := w.act(3*day, casefile.Reject, casefile.Act{Grounds: []string{"effectif"}})
	s := w.run()
	w.expect("2020-09-15 acknowledgement", "2020-09-18 reject", "2020-11-20 closing")
	if approve.err == nil || !strings.Contains(approve.err.Error(), "effectif") {
		t.Errorf("an ineligible case was approved: %+v", approve)
	}
	if without.err == nil || !strings.Contains(without.err.Error(), "motivée") {
		t.Errorf("rejected without a reason: %+v", without)
	}
	if reject.err != nil || s.Stage != casefile.Closed || s.Decision.Grant || w.rebond().Committed != 0 {
		t.Errorf("%+v %+v", reject, s)
	}
}

func TestSilenceIsARejection(t *testing.T) {
	w := newWorld(t)
	w.on(0, whole())
	w.on(6*day, signature) // six days of suspension
	s := w.run()
	w.expect("2020-09-15 acknowledgement", "2020-09-15 charter", "2020-09-21 charter-signed", "2020-11-22 implicit", "2021-01-23 closing")
	if s.Stage != casefile.Closed || s.Decision != nil {
		t.Errorf("%+v", s)
	}
	if text := strings.ReplaceAll(w.sent[3].Text, "\u00a0", " "); !strings.Contains(text, "depuis le 21 novembre 2020") || !strings.Contains(text, "s'achève le 22 janvier 2021") {
		t.Errorf("the dates of the implicit rejection:\n%s", w.sent[3].Text)
	}
}

func TestAnOfficerAsksForADocumentAgain(t *testing.T) {
	w := newWorld(t)
	w.on(0, whole())
	w.on(day, signature)
	asked := w.act(3*day, casefile.RequestAct, casefile.Act{Documents: []string{"bail"}, Text: "Le bail est illisible."})
	early := w.act(4*day, casefile.Approve, casefile.Act{})
	w.on(5*day, mail{text: "Le voici.", files: []string{"bail.pdf"}})
	w.act(6*day, casefile.Approve, casefile.Act{})
	s := w.run()
	w.expect("2020-09-15 acknowledgement", "2020-09-15 charter", "2020-09-16 charter-signed", "2020-09-18 request", "2020-09-20 complete", "2020-09-21 grant", "2020-11-24 closing")
	if asked.err != nil || early.err == nil || s.Decision == nil {
		t.Errorf("%+v %+v", asked, early)
	}
	if !strings.Contains(w.sent[3].Text, "illisible") || !strings.Contains(w.sent[3].Text, "Bail commercial") {
		t.Errorf("the request:\n%s", w.sent[3].Text)
	}
}

func TestWithdrawalAtEveryStage(t *testing.T) {
	withdrawal := mail{text: "Bonjour,\n\nJe retire ma demande."}
	for name, prepare := range map[string]func(*world){
		"with the first mail": func(w *world) { w.on(0, withdrawal) },
		"incomplete":          func(w *world) { w.on(0, mail{text: fields}); w.on(day, withdrawal) },
		"awaiting charter":    func(w *world) { w.on(0, whole()); w.on(day, withdrawal) },
		"under review":        func(w *world) { w.on(0, whole()); w.on(day, signature); w.on(2*day, withdrawal) },
		"granted": func(w *world) {
			w.on(0, whole())
			w.on(day, signature)
			w.act(2*day, casefile.Approve, casefile.Act{})
			w.on(3*day, withdrawal)
		},
		"by an officer": func(w *world) { w.on(0, whole()); w.act(day, casefile.WithdrawAct, casefile.Act{}) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			prepare(w)
			s := w.run()
			if s.Stage != casefile.Withdrawn || w.sent[len(w.sent)-1].name != "withdrawn" || w.rebond().Committed != 0 || w.rebond().Reserved != 0 || len(s.Deadlines) != 0 {
				t.Errorf("%+v %+v", s, w.rebond())
			}
		})
	}
}

func TestMachinesStrangersAndRepeatsChangeNothing(t *testing.T) {
	w := newWorld(t)
	w.on(0, whole())
	first := w.put(whole(), received)
	w.env.RegisterDelayedCallback(func() { w.env.SignalWorkflow("mail", first) }, time.Hour)
	w.env.RegisterDelayedCallback(func() { w.env.SignalWorkflow("mail", first) }, 2*time.Hour)
	w.on(3*time.Hour, mail{text: "Je suis absente.", header: map[string]string{"Auto-Submitted": "auto-replied"}})
	w.on(4*time.Hour, mail{from: "autre@x.example", text: signature.text + "\nEffectif : 0"})
	w.on(5*time.Hour, mail{text: "Quand aurai-je une réponse ?"})
	message := w.act(6*time.Hour, casefile.Message, casefile.Act{Text: "Bientôt."})
	w.act(7*time.Hour, casefile.Assign, casefile.Act{Officer: "agent-02"})
	w.on(2*day, signature)
	w.act(3*day, casefile.Reject, casefile.Act{Grounds: []string{"territoire"}})
	w.dismisses(4 * day)
	s := w.run()
	w.expect("2020-09-15 acknowledgement", "2020-09-15 charter", "2020-09-15 noted", "2020-09-15 stranger", "2020-09-15 state", "2020-09-15 message",
		"2020-09-17 charter-signed", "2020-09-18 reject", "2020-11-20 closing")
	if w.sent[3].to != "autre@x.example" || strings.Contains(w.sent[3].Text, "Martin") {
		t.Errorf("to a stranger, %s: %s", w.sent[3].to, w.sent[3].Text)
	}
	if message.err != nil || s.Officer != "agent-02" || !strings.Contains(w.sent[7].Text, "Youssef Benali") {
		t.Errorf("%+v, officer %q", message, s.Officer)
	}
	if s.MailsIn != 6 {
		t.Errorf("%d mails came in, want 6: the repeated one is one", s.MailsIn)
	}
}

func TestADecisionThatBouncedIsNotNotified(t *testing.T) {
	w := newWorld(t)
	w.on(0, whole())
	w.on(day, signature)
	w.act(2*day, casefile.Approve, casefile.Act{})
	w.on(3*day, mail{raw: []byte("From: MAILER-DAEMON@mx.example\r\nSubject: Undelivered Mail\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=B\r\n\r\n" +
		"--B\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: <" + strings.ToLower(reference) + ".4.grant@metropole.example>\r\n\r\n--B--\r\n")})
	w.act(100*day, casefile.WithdrawAct, casefile.Act{}) // else the case waits for ever, as it should
	s := w.run()
	w.expect("2020-09-15 acknowledgement", "2020-09-15 charter", "2020-09-16 charter-signed", "2020-09-17 grant", "2020-12-24 withdrawn")
	if !s.Decision.Notified.IsZero() || !contains(s.Concerns, casefile.ConcernUndelivered) {
		t.Errorf("notified %v, concerns %v", s.Decision.Notified, s.Concerns)
	}
}

func TestARecipientThatIsRefusedForGood(t *testing.T) {
	w := newWorld(t)
	w.refuse["grant"] = &outbox.SMTPError{Code: 550, Message: "no such user"}
	w.on(0, whole())
	w.on(day, signature)
	w.act(2*day, casefile.Approve, casefile.Act{})
	w.act(100*day, casefile.WithdrawAct, casefile.Act{})
	s := w.run()
	if !s.Decision.Notified.IsZero() || !contains(s.Concerns, casefile.ConcernUndelivered) {
		t.Errorf("%+v", s)
	}
}

func contains(list []casefile.Concern, c casefile.Concern) bool {
	for _, have := range list {
		if have == c {
			return true
		}
	}
	return false
}

// spend takes all of the envelope but so many cents.
func (w *world) spend(but int64) {
	w.book.Do(ledger.Move{Op: ledger.Reserve, Key: "OTHER", Portions: []ledger.Portion{{Line: "fonds-rebond", Cents: w.rebond().Left() - but}}})
}

func more(key string, cents int64) ledger.Move {
	return ledger.Move{Op: ledger.TopUp, Key: key, By: "agent-01", Reason: "délibération", Portions: []ledger.Portion{{Line: "fonds-rebond", Cents: cents}}}
}

func TestAnEnvelopeThatIsSpent(t *testing.T) {
	w := newWorld(t)
	w.spend(144149)
	w.on(0, whole())
	w.on(day, signature)
	approved := w.act(2*day, casefile.Approve, casefile.Act{Text: "Patience."})
	again := w.act(3*day, casefile.Approve, casefile.Act{By: "agent-02"})
	w.on(4*day, mail{text: "Quand serai-je servie ?"})
	w.move(5*day, more("dm-1", 1))
	w.move(6*day, more("dm-2", 100))
	s := w.run()
	w.expect("2020-09-15 acknowledgement", "2020-09-15 charter", "2020-09-16 charter-signed", "2020-09-17 waitlisted", "2020-09-19 noted", "2020-09-20 grant", "2020-11-24 closing")
	if approved.err != nil || approved.done.Stage != casefile.Waitlisted || again.err == nil || s.Stage != casefile.Closed || w.rebond().Left() != 100 {
		t.Errorf("%+v %+v %+v", approved, again, w.rebond())
	}
	if !strings.Contains(w.sent[3].Text, "premier de la liste") || !strings.Contains(w.sent[5].Text, "Patience") {
		t.Errorf("what the applicant is told:\n%s\n%s", w.sent[3].Text, w.sent[5].Text)
	}
}

func TestTheEndsOfWaitingForMoney(t *testing.T) {
	for name, c := range map[string]struct {
		prepare func(*world)
		stage   casefile.Stage
		last    string
	}{
		"withdrawn": {func(w *world) { w.on(3*day, mail{text: "Je retire ma demande."}) }, casefile.Withdrawn, "withdrawn"},
		"rejected": {func(w *world) {
			w.act(3*day, casefile.Reject, casefile.Act{Grounds: []string{"pieces-non-probantes"}})
		}, casefile.Closed, "closing"},
		"silence": {func(*world) {}, casefile.Closed, "closing"},
	} {
		w := newWorld(t)
		w.spend(0)
		w.on(0, whole())
		w.on(day, signature)
		w.act(2*day, casefile.Approve, casefile.Act{})
		c.prepare(w)
		w.move(200*day, more("late", 10_000_00)) // too late: nobody waits any more
		s := w.run()
		if s.Stage != c.stage || w.sent[len(w.sent)-1].name != c.last || w.rebond().Waiting != 0 || w.book.Claims[reference].Status != ledger.Released {
			t.Errorf("%s: %s, %v, %+v", name, s.Stage, w.sent[len(w.sent)-1].name, w.rebond())
		}
	}
}

func TestAMailInTimeCountsHoweverLateItIsRead(t *testing.T) {
	w := newWorld(t)
	w.on(0, mail{text: fields, files: []string{"kbis.pdf", "rib.pdf", "comptes.pdf", "bail.pdf"}})
	late := w.put(mail{text: "Voici.", files: []string{"quittances.pdf"}}, received.Add(29*day))
	// Both reach the workflow in one task, after the deadline: what matters is when the authority received the mail.
	w.env.RegisterDelayedCallback(func() { w.env.SignalWorkflow("mail", late) }, received.Add(31*day).Truncate(day).Sub(received)-10*time.Hour)
	w.act(40*day, casefile.WithdrawAct, casefile.Act{})
	s := w.run()
	if s.Stage != casefile.Withdrawn {
		t.Errorf("%s", s.Stage)
	}
}

func TestMailAfterTheEnd(t *testing.T) {
	before := newWorld(t)
	before.on(0, whole())
	before.on(day, mail{text: "Je retire ma demande."})
	before.run()

	w := newWorld(t)
	w.objects, w.mails = before.objects, 50
	w.on(0, mail{text: "Je voudrais reprendre ma demande."})
	s := w.runFrom(casefile.Opening{Reference: reference, Resume: true})
	w.expect("2020-09-15 late")
	if s.Stage != casefile.Withdrawn || !contains(s.Concerns, casefile.ConcernAfterEnd) || s.MailsIn != 3 || s.MailsOut != 4 {
		t.Errorf("%+v", s)
	}
	if again := newWorld(t); true {
		again.objects = w.objects
		done := again.act(0, casefile.Message, casefile.Act{Text: "Il faut une nouvelle demande."})
		s := again.runFrom(casefile.Opening{Reference: reference, Resume: true})
		again.expect("2020-09-15 message")
		if done.err != nil || s.WaitsForOfficer() {
			t.Errorf("%+v %v, concerns %v", done, done.err, s.Concerns)
		}
	}
}

// A decision too large for a mail has not reached the applicant: no time of appeal runs, and an officer is told.
func TestADocumentTooLargeForItsMail(t *testing.T) {
	w := newWorld(t)
	w.on(0, whole())
	w.on(day, signature)
	w.env.RegisterDelayedCallback(func() { w.maxSize = 20_000 }, day+day/2)
	w.act(2*day, casefile.Approve, casefile.Act{})
	w.act(100*day, casefile.WithdrawAct, casefile.Act{})
	s := w.run()
	if !contains(s.Concerns, casefile.ConcernOversized) || !s.Decision.Notified.IsZero() || s.Decision.Letter.Key == "" {
		t.Errorf("concerns %v, notified %v", s.Concerns, s.Decision.Notified)
	}
	for _, m := range w.sent {
		if m.name == "grant" {
			t.Log(m.Text)
			if len(m.Attachments) != 0 || !strings.Contains(m.Text, "est trop volumineux") || !strings.Contains(m.Text, "qu'à compter du jour où il vous est remis") {
				t.Errorf("%d attachments:\n%s", len(m.Attachments), m.Text)
			}
			return
		}
	}
	t.Errorf("no decision was sent: %v", w.sent)
}
