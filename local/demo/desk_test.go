package demo_test

import (
	"context"
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"relance/domain/authority"
	"relance/domain/casefile"
	"relance/domain/loan"
	"relance/domain/scheme"
	"relance/letters/texts"
	"relance/local/bench"
	"relance/local/run"
	"relance/mail/message"
	"relance/mail/outbox"
)

// TestTheDesk carries out the actions that officers seldom need: mails that are held, other bank details, doubtful signatures, a notification to another address and on paper, a new
// schedule and what was overpaid, a mail whose text is broken, a mail to a case that has ended, a signatory who signs in batches, and a candidate who withdraws.
func TestTheDesk(t *testing.T) {
	l := started(t, run.Options{QuickMail: true, Day: time.Second,
		Applicants: []string{"maison", "voisine", "boutique", "menuiserie", "desistement", "parapheur", "tierslieu"}})
	starter, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- l.Engine.Starter(starter) }()
	defer func() { cancel(); <-ended }()
	e := officers(t, l)

	broken, err := texts.Load(fstest.MapFS{"mail/withdrawn.txt": &fstest.MapFile{Data: []byte("{{define \"body\"}}\n{{.Loan.Amount}}{{end}}")}})
	if err != nil {
		t.Fatal(err)
	}
	texts := l.Engine.Texts
	l.Engine.Texts = broken
	stop := e.work()
	e.strangersAndBanks()
	e.doubts()
	e.overpaid(lend(t, l, e.desk))
	withdrawn := applyToRenovate(t, l, "desistement", "FR76 2004 1010 0582 4628 1948 261")
	if done, err := e.desk.Act(t.Context(), withdrawn, casefile.WithdrawAct, casefile.Act{By: "agent-01"}); err != nil || done.Stopped == "" {
		t.Fatalf("%+v, %v", done, err)
	}
	stop()

	l.Engine.Texts, l.Engine.Authority.Signature = texts, authority.InBatches
	defer e.work()()
	e.act(withdrawn, casefile.SendStopped, casefile.Act{}, casefile.Withdrawn)
	if err := l.Engine.Temporal.GetWorkflow(t.Context(), withdrawn, "").Get(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	send(t, l, "desistement", outbox.Mail{To: mailTo(t, l, "desistement", "withdrawn").ReplyTo, Subject: "Dossier " + withdrawn, Text: "Pouvez-vous garder mes pièces ?"})
	e.worries(withdrawn, casefile.ConcernAfterEnd)
	e.compete()
	prepared := applyToRenovate(t, l, "parapheur", "FR76 2004 1010 0586 5797 5432 392")
	e.act(prepared, casefile.Approve, casefile.Act{}, casefile.UnderReview)
	e.act(prepared, casefile.ReturnDecision, casefile.Act{By: "signataire-01"}, casefile.UnderReview)
	e.act(prepared, casefile.Approve, casefile.Act{}, casefile.UnderReview)
	e.act(prepared, casefile.SignDecision, casefile.Act{By: "signataire-01"}, casefile.Granted)
	keepHistories(t, l, "desk")
}

// work lets a worker work until it is stopped.
func (e endings) work() (stop func()) {
	ctx, cancel := context.WithCancel(e.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- e.l.Engine.Worker(ctx) }()
	return func() {
		cancel()
		if err := <-ended; err != nil {
			e.t.Error(err)
		}
	}
}

// until waits until a case is so.
func (e endings) until(reference, what string, is func(casefile.State) bool) casefile.State {
	e.t.Helper()
	const patience = 30 * time.Second
	for end := time.Now().Add(patience); ; time.Sleep(100 * time.Millisecond) {
		s, err := e.desk.State(e.t.Context(), reference)
		if err == nil && is(s) {
			return s
		}
		if time.Now().After(end) {
			e.t.Fatalf("%s: %s: not within %v (%v): %s, %v", reference, what, patience, err, s.Stage, s.Concerns)
		}
	}
}

func (e endings) worries(reference string, about casefile.Concern) casefile.State {
	e.t.Helper()
	return e.until(reference, string(about), func(s casefile.State) bool { return slices.Contains(s.Concerns, about) })
}

// strangersAndBanks admits one mail of a neighbour and dismisses another, keeps the bank details and then takes others, and rejects on paper.
func (e endings) strangersAndBanks() {
	e.t.Helper()
	reference := applyToRenovate(e.t, e.l, "maison", "FR76 2004 1010 0590 8301 6613 163")
	to := mailTo(e.t, e.l, "maison", "acknowledgement").ReplyTo
	for _, text := range []string{"Voici une précision de la part de ma voisine.", "Je retire cette demande."} {
		post(e.t, e.l, "voisine", outbox.Mail{To: to, Subject: "Dossier " + reference, Text: text})
	}
	s := e.until(reference, "two mails are held", func(s casefile.State) bool { return len(s.Held) == 2 })
	e.act(reference, casefile.AdmitMail, casefile.Act{Mail: s.Held[0].Mail.SHA256}, casefile.UnderReview)
	e.act(reference, casefile.DismissMail, casefile.Act{Mail: s.Held[1].Mail.SHA256}, casefile.UnderReview)
	for _, change := range []struct {
		iban string
		kind casefile.ActKind
	}{{"FR76 1027 8004 7439 5755 1313 796", casefile.RefuseBank}, {"FR76 3000 4163 7265 1676 1222 035", casefile.AcceptBank}} {
		send(e.t, e.l, "maison", outbox.Mail{To: to, Subject: "Autre compte", Text: "IBAN : " + change.iban})
		s := e.worries(reference, casefile.ConcernBank)
		e.act(reference, change.kind, casefile.Act{Account: s.NewAccount}, casefile.UnderReview)
	}
	e.act(reference, casefile.Reject, casefile.Act{Grounds: []string{"pieces-non-probantes"}}, casefile.Rejected)
	post(e.t, e.l, "voisine", outbox.Mail{To: to, Subject: "Dossier " + reference, Text: "Mon ancienne adresse ne marche plus."})
	s = e.until(reference, "a mail is held", func(s casefile.State) bool { return len(s.Held) == 1 })
	e.act(reference, casefile.NotifyAct, casefile.Act{Way: casefile.WayAddress, Mail: s.Held[0].Mail.SHA256}, casefile.Rejected)
	mailTo(e.t, e.l, "voisine", casefile.AgainMail)
	e.act(reference, casefile.DismissMail, casefile.Act{Mail: s.Held[0].Mail.SHA256}, casefile.Rejected)
	e.act(reference, casefile.NotifyAct, casefile.Act{Way: casefile.WayRegistered, Date: e.today(), Proof: "1A 123 456 7890 1"}, casefile.Rejected)
	if s := e.until(reference, "it is notified", func(s casefile.State) bool { return !s.Decision.Notified.IsZero() }); len(s.Held) != 0 {
		e.t.Errorf("held: %+v", s.Held)
	}
}

// doubts refuses a charter that came back with a reserve, and takes the next.
func (e endings) doubts() {
	e.t.Helper()
	papers, err := bench.Papers()
	if err != nil {
		e.t.Fatal(err)
	}
	reference := casefile.FindReference(post(e.t, e.l, "boutique", outbox.Mail{Subject: "Demande", Text: bench.Application(1, ""), Attachments: papers}).Subject)
	charter := mailTo(e.t, e.l, "boutique", "charter")
	for _, next := range []struct {
		says  string // the copy that comes back
		kind  casefile.ActKind
		text  string
		stage casefile.Stage
	}{{"Sauf force majeure, je m'engage à tout ce qui est écrit ci-dessus.", casefile.RefuseSignature, "La réserve ne peut pas être acceptée.", casefile.AwaitingCharter},
		{"Je m'engage à tout ce qui est écrit ci-dessus.", casefile.AcceptSignature, "", casefile.UnderReview}} {
		send(e.t, e.l, "boutique", outbox.Mail{To: charter.ReplyTo, Subject: "Re: " + charter.Subject, Text: "Voici la charte signée.", InReplyTo: charter.MessageID,
			Attachments: []outbox.Attachment{{Name: "charte.pdf", Type: "application/pdf", Content: onePage(e.t, "Charte. "+next.says)}}})
		e.worries(reference, casefile.ConcernCharter)
		e.act(reference, next.kind, casefile.Act{Text: next.text}, next.stage)
	}
}

// overpaid proposes a new schedule for an advance, which is then repaid with a euro too many, and gives that back.
func (e endings) overpaid(reference string) {
	e.t.Helper()
	e.act(reference, casefile.RecordPayment, casefile.Act{Payment: "versement"}, casefile.InRepayment)
	const count = 12
	e.act(reference, casefile.ProposeSchedule, casefile.Act{Bank: &casefile.Bank{Plan: &loan.Plan{Count: count, Every: 1, First: e.today().AddDate(1, 0, 0)}}}, casefile.InRepayment)
	s := e.until(reference, "it is owed", func(s casefile.State) bool { return s.Advance.Book.Owed() > 0 })
	const more = 1_00
	if _, err := e.desk.Act(e.t.Context(), reference, casefile.RecordRepayment, casefile.Act{By: "agent-01", Amount: s.Advance.Book.Owed() + more, Bank: &casefile.Bank{Key: "VIR-1", On: e.today()}}); err != nil {
		e.t.Fatal(err)
	}
	if _, err := e.desk.Act(e.t.Context(), reference, casefile.RecordRefund, casefile.Act{By: "agent-01", Amount: more, Bank: &casefile.Bank{Key: "VIR-2", On: e.today()}}); err != nil {
		e.t.Fatal(err)
	}
	e.until(reference, "nothing is owed either way", func(s casefile.State) bool { return s.Advance.Book.Owed() == 0 && s.Advance.Book.Credit() == 0 })
}

const thirdPlace = `Structure : La Grange
SIRET : 628 194 821 00011
Représentant légal : Jeanne Martin
Adresse du siège : 9 rue du Moulin, 59175 Templemars
Commune du tiers-lieu : Templemars
Nom du tiers-lieu : La Grange
Surface ouverte au public : 140
Heures d'ouverture par semaine : 30
Coût du projet : 40 000 €
IBAN : FR76 2004 1518 1909 3786 5797 574
Déclaration sur l'honneur : oui`

// compete lets a candidate apply for a call that waits for the end of its session, and withdraw.
func (e endings) compete() {
	e.t.Helper()
	tiers, err := e.l.Engine.Catalogue.Find("tiers-lieux")
	if err != nil {
		e.t.Fatal(err)
	}
	now := scheme.Minute{Time: e.today()}
	tiers.Call.Sessions = []scheme.Session{{ID: "1", Opens: scheme.Minute{Time: now.AddDate(0, -1, 0)}, Closes: scheme.Minute{Time: now.AddDate(1, 0, 0)}, Envelope: 250_000_00}}
	m := outbox.Mail{To: message.Address{Address: "aides+tiers-lieux@localhost"}, Subject: "Candidature", Text: thirdPlace}
	for _, name := range []string{"presentation", "budget", "rib"} {
		m.Attachments = append(m.Attachments, outbox.Attachment{Name: name + ".pdf", Type: "application/pdf", Content: onePage(e.t, name)})
	}
	reference := casefile.FindReference(post(e.t, e.l, "tierslieu", m).Subject)
	e.until(reference, "it competes", func(s casefile.State) bool { return s.Candidacy != nil && s.IsComplete() })
	e.act(reference, casefile.WithdrawAct, casefile.Act{}, casefile.Withdrawn)
}

// mailTo waits for a mail to an applicant, by the name of its text.
func mailTo(t *testing.T, l *run.Local, account, text string) *message.Message {
	t.Helper()
	const patience = 60 * time.Second
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		mails, err := inbox(t.Context(), l, account)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range mails {
			if name(m) == text {
				return m
			}
		}
	}
	t.Fatalf("%s has not got %s within %v", account, text, patience)
	return nil
}
