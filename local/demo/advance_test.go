package demo_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"relance/domain/casefile"
	"relance/domain/sepa"
	"relance/intake/reading"
	"relance/local/run"
	"relance/mail/message"
	"relance/mail/outbox"
	"relance/office/desk"
	"relance/store/treasury"
)

const avance = `Entreprise : Menuiserie Martin
SIRET : 628 194 821 00011
Représentant légal : Jeanne Martin
Adresse : 12 rue de la Monnaie, 59000 Lille
Commune : Lille
Effectif : 3
Date de création : 15/09/2012
Financement bancaire refusé : oui
Besoin à financer : trésorerie
Montant demandé : 6 000 €
Durée de remboursement : 3 ans
Différé : 6 mois
IBAN : FR76 2004 1518 1909 3786 5797 574
Déclaration sur l'honneur : oui`

var errKilled = errors.New("the process was killed")

// mortal is an archive whose process dies at a step, before or after the step is done.
type mortal struct {
	treasury.Archive
	step, dies int
	after      bool
}

func (m *mortal) do(step func() error) error {
	now := m.step == m.dies
	m.step++
	if now && !m.after {
		return errKilled
	}
	err := step()
	if now {
		return errKilled
	}
	return err
}

func (m *mortal) PutOnce(ctx context.Context, key string, content []byte, contentType string) (created bool, err error) {
	err = m.do(func() (err error) { created, err = m.Archive.PutOnce(ctx, key, content, contentType); return err })
	return created, err
}

func (m *mortal) Get(ctx context.Context, key string) (content []byte, err error) {
	err = m.do(func() (err error) { content, err = m.Archive.Get(ctx, key); return err })
	return content, err
}

func (m *mortal) Names(ctx context.Context, prefix string) (names []string, err error) {
	err = m.do(func() (err error) { names, err = m.Archive.Names(ctx, prefix); return err })
	return names, err
}

// TestAnAdvanceFromMailToDischarge lends and is repaid on the real servers, by mail and bank statements alone: the contract is signed by its phrase, the
// order goes out in a file whose making is killed ten times, the bank tells what it paid, gave back and received, and the plan's book agrees with the files.
func TestAnAdvanceFromMailToDischarge(t *testing.T) {
	l := started(t, run.Options{Applicants: []string{"menuiserie", "maison"}})
	l.Run(t.Context())
	d := &desk.Desk{Temporal: l.Engine.Temporal, Archive: l.Engine.Archive}
	advance, other := lend(t, l, d), renovate(t, l, d)
	cashier := &desk.Cashier{Desk: d, Orders: treasury.Book{Archive: l.Engine.Archive, Plan: "plan-relance"}, By: "agent-01"}
	m := payTenTimes(t, l, d, cashier)
	if m.Count != 2 || m.Total != 600000+375000 {
		t.Fatalf("%+v", m)
	}
	told := func(text string, want ...string) {
		t.Helper()
		list, err := sepa.Statement([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // the same statement twice counts once
			outcomes, err := cashier.Statement(t.Context(), list)
			var got []string
			for _, o := range outcomes {
				got = append(got, o.What)
			}
			if err != nil || strings.Join(got, ", ") != strings.Join(want, ", ") {
				t.Fatalf("%v, want %v (%v): %+v", got, want, err, outcomes)
			}
			for i := range want {
				if want[i] != desk.Unmatched && want[i] != desk.Unrelated {
					want[i] = desk.Known
				}
			}
		}
	}
	told(camt(debit(600000, advance+".1.0"), debit(375000, other+".1.0"), debit(990, "LOYER")), desk.Executed, desk.Executed, desk.Unrelated)
	head, err := d.Plan(t.Context(), "plan-relance")
	if f := head.Lines[""]; err != nil || f.Paid != m.Total || head.Lines["avances"].Paid != 600000 || head.Lines["avances/region"].Paid != 199980 {
		t.Errorf("the plan has %+v paid, the file carries %d (%v)", f, m.Total, err)
	}
	told(camt(back(375000, other+".1.0", "AC04")), desk.Came)
	if head, err = d.Plan(t.Context(), "plan-relance"); err != nil || head.Lines[""].Paid != 600000 {
		t.Errorf("%+v %v", head.Lines[""], err)
	}
	await(t, d, advance, casefile.InRepayment)
	told(camt(credit(50000, "remboursement "+advance), credit(10000, "merci"), credit(550100, strings.ToLower(advance)+" solde")), desk.Repaid, desk.Unmatched, desk.Repaid)
	s, err := d.State(t.Context(), advance)
	if err != nil || s.Advance.Discharged.IsZero() || s.Advance.Book.Owed() != 0 || s.Advance.Book.Credit() != 100 {
		t.Fatalf("%+v %v", s.Advance, err)
	}
	waiting, err := cashier.Waiting(t.Context())
	if err != nil || len(waiting) != 1 || waiting[0].Movement.Cents != 10000 {
		t.Fatalf("%+v %v", waiting, err)
	}
	if o, err := cashier.Assign(t.Context(), waiting[0].Movement.Key[:10], advance); err != nil || o.What != desk.Repaid {
		t.Errorf("%+v %v", o, err)
	}
	if waiting, err = cashier.Waiting(t.Context()); err != nil || len(waiting) != 0 {
		t.Errorf("%+v %v", waiting, err)
	}
	received := map[string]int{}
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end) && received["discharge"] == 0; time.Sleep(200 * time.Millisecond) {
		mails, err := inbox(t.Context(), l, "menuiserie")
		if err != nil {
			t.Fatal(err)
		}
		received = count(mails)
	}
	for _, name := range []string{"acknowledgement", "charter", "charter-signed", "grant", "schedule", "repayment-received", "discharge"} {
		if received[name] == 0 {
			t.Errorf("no mail %q: %v", name, received)
		}
	}
	again(t, d, cashier, other)
	keepHistories(t, l, "advance")
}

// lend lets an advance be asked for, signed and granted by mail.
func lend(t *testing.T, l *run.Local, d *desk.Desk) string {
	t.Helper()
	m := outbox.Mail{To: message.Address{Address: "aides+avances@localhost"}, Subject: "Demande", Text: avance}
	for _, name := range []string{"kbis", "comptes", "plan de tresorerie", "refus bancaire", "rib"} {
		m.Attachments = append(m.Attachments, outbox.Attachment{Name: name + ".pdf", Type: "application/pdf", Content: onePage(t, name)})
	}
	reference := casefile.FindReference(post(t, l, "menuiserie", m).Subject)
	contract := mailTo(t, l, "menuiserie", "charter")
	if len(contract.Attachments) != 1 {
		t.Fatalf("no contract came: %+v", contract)
	}
	phrase := reading.PhraseIn(contract.Text)
	if !strings.Contains(phrase, "contrat d'avance") {
		t.Fatalf("the phrase is %q", phrase)
	}
	post(t, l, "menuiserie", outbox.Mail{To: contract.ReplyTo, Subject: "Re: " + contract.Subject, Text: phrase + ".", InReplyTo: contract.MessageID})
	if done, err := d.Decide(t.Context(), reference, casefile.Approve, casefile.Act{By: "agent-01"}); err != nil || done.Stage != casefile.Granted {
		t.Fatalf("%+v %v", done, err)
	}
	return reference
}

func renovate(t *testing.T, l *run.Local, d *desk.Desk) string {
	t.Helper()
	reference := applyToRenovate(t, l, "maison", "FR76 2004 1010 0590 8301 6613 163")
	if done, err := d.Decide(t.Context(), reference, casefile.Approve, casefile.Act{By: "agent-01"}); err != nil || done.Stage != casefile.Granted {
		t.Fatalf("%+v %v", done, err)
	}
	return reference
}

// payTenTimes makes a file with processes that are killed, ten times, before and after each step to the one that counts, and then with one that lives.
func payTenTimes(t *testing.T, l *run.Local, d *desk.Desk, cashier *desk.Cashier) treasury.Manifest {
	t.Helper()
	account := l.Engine.Authority.Account
	request := treasury.Request{By: "agent-02", From: sepa.Account{Name: account.Name, IBAN: account.IBAN}, Created: time.Now(), Execution: time.Now()}
	killed := 0
	for dies := range 10 {
		orders := treasury.Book{Archive: &mortal{Archive: l.Engine.Archive, dies: dies / 2, after: dies%2 == 1}, Plan: "plan-relance"}
		if _, _, err := orders.Run(t.Context(), request, d.Ask("agent-02")); errors.Is(err, errKilled) {
			killed++
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if killed != 10 {
		t.Errorf("killed %d times", killed)
	}
	if _, _, err := cashier.Orders.Run(t.Context(), request, d.Ask("agent-02")); err != nil {
		t.Fatal(err)
	}
	m, err := cashier.Orders.Manifest(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if manifests, err := cashier.Orders.Manifests(t.Context()); err != nil || len(manifests) != 1 {
		t.Errorf("%d files (%v)", len(manifests), err)
	}
	transfers, _, err := cashier.Orders.Files(t.Context(), 1)
	if kept, got := l.Engine.Archive.Get(t.Context(), "plan/plan-relance/runs/000001.xml"); err != nil || got != nil || !bytes.Equal(transfers, kept) || len(sepa.Check(transfers)) > 0 {
		t.Errorf("the file: %v %v %v", err, got, sepa.Check(transfers))
	}
	return m
}

// again confirms a payment that came back, with an order of its own, which goes into the next file.
func again(t *testing.T, d *desk.Desk, cashier *desk.Cashier, reference string) {
	t.Helper()
	if _, err := d.Act(t.Context(), reference, casefile.OrderPayment, casefile.Act{By: "agent-01", Payment: "versement"}); err != nil {
		t.Fatal(err)
	}
	m, refused, err := cashier.Orders.Run(t.Context(), treasury.Request{By: "agent-02", From: sepa.Account{Name: "Trésorerie", IBAN: "FR7620041010050000000000141"}, Created: time.Now(), Execution: time.Now()}, d.Ask("agent-02"))
	if err != nil || m.Run != 2 || m.Count != 1 || m.Orders[0].ID != reference+".1.1" || len(refused) != 0 {
		t.Errorf("%+v %+v %v", m, refused, err)
	}
	outcomes, err := cashier.Report(t.Context(), sepa.Report{File: m.ID, Status: "RJCT", Reason: "AM04"})
	if err != nil || len(outcomes) != 1 || outcomes[0].What != desk.Came {
		t.Errorf("%+v %v", outcomes, err)
	}
}

func camt(entries ...string) string {
	return `<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt><Id>1</Id><Acct><Id><IBAN>FR7620041010050000000000141</IBAN></Id></Acct>` +
		strings.Join(entries, "") + `</Stmt></BkToCstmrStmt></Document>`
}

func entry(cents int64, side, details string) string {
	return fmt.Sprintf(`<Ntry><Amt Ccy="EUR">%d.%02d</Amt><CdtDbtInd>%s</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>%s</Dt></BookgDt><NtryDtls><TxDtls>%s</TxDtls></NtryDtls></Ntry>`,
		cents/100, cents%100, side, time.Now().Format(time.DateOnly), details)
}

func debit(cents int64, id string) string {
	return entry(cents, "DBIT", "<Refs><EndToEndId>"+id+"</EndToEndId></Refs>")
}

func back(cents int64, id, reason string) string {
	return entry(cents, "CRDT", "<Refs><EndToEndId>"+id+"</EndToEndId></Refs><RtrInf><Rsn><Cd>"+reason+"</Cd></Rsn></RtrInf>")
}

func credit(cents int64, text string) string {
	return entry(cents, "CRDT", "<RmtInf><Ustrd>"+text+"</Ustrd></RmtInf>")
}
