package demo_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"relance/domain/casefile"
	"relance/domain/sepa"
	"relance/intake/reading"
	"relance/local/bench"
	"relance/local/run"
	"relance/mail/message"
	"relance/mail/outbox"
	"relance/office/desk"
	"relance/store/treasury"
)

// firm is one that applies from a mailbox.
type firm struct {
	endings
	account string
	papers  []outbox.Attachment
}

// applies applies for the fund as the firm of a number, and gives the acknowledgement.
func (f firm) applies(text string) *message.Message {
	f.t.Helper()
	return post(f.t, f.l, f.account, outbox.Mail{To: message.Address{Address: "aides+rebond@localhost"}, Subject: "Demande", Text: text, Attachments: f.papers})
}

// granted applies, signs the charter, and is granted the aid.
func (f firm) granted(text string) (reference string, charter *message.Message) {
	f.t.Helper()
	reference = casefile.FindReference(f.applies(text).Subject)
	charter = mailTo(f.t, f.l, f.account, "charter")
	f.writes(charter, reading.PhraseIn(charter.Text))
	f.worries(reference, casefile.ConcernDecision)
	f.act(reference, casefile.Approve, casefile.Act{}, casefile.Granted)
	return reference, charter
}

// writes answers a mail of the authority's.
func (f firm) writes(m *message.Message, text string) {
	f.t.Helper()
	send(f.t, f.l, f.account, outbox.Mail{To: m.ReplyTo, Subject: "Re: " + m.Subject, Text: text, InReplyTo: m.MessageID})
}

func (f firm) refused(reference string, kind casefile.ActKind, a casefile.Act, why string) {
	f.t.Helper()
	if _, err := f.desk.Act(f.t.Context(), reference, kind, a); err == nil || !strings.Contains(err.Error(), why) {
		f.t.Errorf("%s of %s: %v; want a refusal about %q", kind, reference, err, why)
	}
}

// TestNoMoneyLeavesTwiceOrToAnother plays what would divert money, on the real servers: an aid that is given up after it was paid and applied for
// again, an account that is changed between the grant and its payment, and statements that say more than the order.
func TestNoMoneyLeavesTwiceOrToAnother(t *testing.T) {
	l := started(t, run.Options{Day: 2 * time.Second, Applicants: []string{"boutique", "filiale", "salon", "cousin", "garage"}})
	l.Run(t.Context())
	e := officers(t, l)
	papers, err := bench.Papers()
	if err != nil {
		t.Fatal(err)
	}
	as := func(account string, n int) firm { return firm{e, account, bench.Own(papers, n)} }
	givenUpAndAppliedForAgain(as("boutique", 1), as("filiale", 2))
	changedBeforeItIsPaid(as("salon", 3), as("cousin", 4))
	toldByTheBank(as("garage", 6))
}

// givenUpAndAppliedForAgain: an aid that was paid is no longer given up by a mail, and its firm is granted another only when all of it is back.
func givenUpAndAppliedForAgain(f, branch firm) {
	text := bench.Application(1, "")
	reference, charter := f.granted(text)
	f.act(reference, casefile.RecordPayment, casefile.Act{Payment: "versement", By: "agent-02"}, casefile.Granted)
	f.writes(charter, "Bonjour,\n\nNous renonçons à l'aide.")
	mailTo(f.t, f.l, f.account, casefile.GivingUpMail)
	paid := f.worries(reference, casefile.ConcernGivenUp)

	second := casefile.FindReference(branch.applies(text).Subject)
	s := branch.until(second, "it is judged", func(s casefile.State) bool { return len(s.Verdict.Failed) > 0 })
	if paid.Stage != casefile.Granted || !slices.Contains(s.Verdict.Failed, "unicite") {
		f.t.Errorf("given up after payment: %s; the same firm's next application fails %v", paid.Stage, s.Verdict.Failed)
	}
	f.act(reference, casefile.OpenRecovery, casefile.Act{Proof: "2020-T-7", Amount: paid.Paid(), Date: f.today().AddDate(0, 6, 0)}, casefile.Granted)
	f.refused(reference, casefile.OrderPayment, casefile.Act{By: "agent-02", Payment: "versement"}, "rendre")
	givenBackByTransfer(f, reference, paid.Paid())
	branch.act(second, casefile.Reexamine, casefile.Act{}, s.Stage)
	if s := branch.until(second, "it is judged anew", func(s casefile.State) bool { return s.Verdict.Eligible }); len(s.Verdict.Failed) > 0 {
		f.t.Errorf("all is back: %v", s.Verdict.Failed)
	}
}

// givenBackByTransfer: money that comes back counts once, on the titre de recettes of the case that its label names, and no more than is due.
func givenBackByTransfer(f firm, reference string, cents int64) {
	cashier := f.cashier()
	part := strings.Replace(credit(cents-50000, "TITRE 2020-T-7 "+reference), "<NtryDtls>", "<AcctSvcrRef>R1</AcctSvcrRef><NtryDtls>", 1)
	rest := strings.Replace(credit(50000, "solde "+reference[:7]+"\n"+reference[7:]), "<NtryDtls>", "<AcctSvcrRef>R2</AcctSvcrRef><NtryDtls>", 1)
	for _, c := range []struct{ what, entry, want, why string }{
		{"more than is due", credit(cents+1, reference), desk.Unmatched, "à rendre sur le titre 2020-T-7"},
		{"of no case", credit(cents, "merci"), desk.Unmatched, "aucun dossier"},
		{"a part", part, desk.Recovered, ""},
		{"the part again", part, desk.Known, ""},
		{"more than what is left", credit(50001, reference), desk.Unmatched, "à rendre"},
		{"the rest, broken over lines", rest, desk.Recovered, ""},
		{"the rest again", rest, desk.Known, ""},
		{"when nothing is due", strings.Replace(rest, ">R2<", ">R3<", 1), desk.Unmatched, "plus rien"},
	} {
		f.tells(cashier, cashier.Account, c.what, c.entry, c.want, c.why)
	}
	f.until(reference, "it is all back", func(s casefile.State) bool { return s.Stage == casefile.Withdrawn })
}

// cashier takes in statements of the authority's account.
func (f firm) cashier() *desk.Cashier {
	return &desk.Cashier{Desk: f.desk, Orders: treasury.Book{Archive: f.l.Engine.Archive, Plan: f.l.Engine.Catalogue.Plan.ID}, By: "agent-02", Account: f.l.Engine.Authority.Account.IBAN}
}

// tells takes in a statement of an account with one entry.
func (f firm) tells(cashier *desk.Cashier, account, what, entry, want, why string) {
	f.t.Helper()
	list, err := sepa.Statement([]byte(strings.Replace(camt(entry), "FR7620041010050000000000141", account, 1)))
	if err != nil {
		f.t.Fatal(err)
	}
	outcomes, err := cashier.Statement(f.t.Context(), list)
	if err != nil || len(outcomes) != 1 || outcomes[0].What != want || !strings.Contains(outcomes[0].Why, why) {
		f.t.Errorf("%s: %v, %v; want %q, %q", what, outcomes, err, want, why)
	}
}

// changedBeforeItIsPaid: other bank details stop the payment, are accepted by the mark of the account that was verified, paid by another officer, and
// known to the firm's index.
func changedBeforeItIsPaid(f, cousin firm) {
	account := func(n int) string {
		_, iban, _ := strings.Cut(bench.Application(n, ""), "IBAN : ")
		iban, _, _ = strings.Cut(iban, "\n")
		return iban
	}
	reference, charter := f.granted(bench.Application(3, ""))
	f.until(reference, "it is ordered", func(s casefile.State) bool { return s.Instalments[0].Order != "" })
	f.writes(charter, "Bonjour,\n\nIBAN : "+account(40))
	first := f.worries(reference, casefile.ConcernBank)
	f.refused(reference, casefile.SendPayment, casefile.Act{By: "agent-02", Payment: "versement", Bank: &casefile.Bank{Run: 1, Order: first.Instalments[0].Order}}, "vérifiez")
	f.writes(charter, "Bonjour,\n\nIBAN : "+account(4))
	second := f.until(reference, "another proposal", func(s casefile.State) bool { return s.NewAccount != first.NewAccount })
	f.refused(reference, casefile.AcceptBank, casefile.Act{By: "agent-01", Account: first.NewAccount}, "")
	f.act(reference, casefile.AcceptBank, casefile.Act{Account: second.NewAccount}, casefile.Granted)
	f.refused(reference, casefile.OrderPayment, casefile.Act{By: "agent-01", Payment: "versement"}, "autre agent")
	f.act(reference, casefile.OrderPayment, casefile.Act{By: "agent-02", Payment: "versement"}, casefile.Granted)
	s := f.until(reference, "it is ordered anew", func(s casefile.State) bool { return s.Instalments[0].Order != first.Instalments[0].Order })
	book := treasury.Book{Archive: f.l.Engine.Archive, Plan: f.l.Engine.Catalogue.Plan.ID}
	if o, err := book.Order(f.t.Context(), s.Instalments[0].Order); err != nil || o.To.IBAN != strings.ReplaceAll(account(4), " ", "") {
		f.t.Errorf("the order goes to %s (%v), not to %s", o.To.IBAN, err, account(4))
	}
	next := casefile.FindReference(cousin.applies(bench.Application(4, "")).Subject) // another firm, with that account
	if s := cousin.until(next, "it is judged", func(s casefile.State) bool { return len(s.Verdict.Failed) > 0 }); !slices.Contains(s.Verdict.Failed, "unicite") {
		f.t.Errorf("another firm with the account that was accepted fails %v", s.Verdict.Failed)
	}
}

// toldByTheBank: what a statement says counts for the order that it names, once, and nothing else does.
func toldByTheBank(f firm) {
	reference, _ := f.granted(bench.Application(6, ""))
	s := f.until(reference, "it is ordered", func(s casefile.State) bool { return s.Instalments[0].Order != "" })
	id, cents := s.Instalments[0].Order, s.Instalments[0].Cents
	cashier := f.cashier()
	ours := cashier.Account
	o, err := cashier.Orders.Order(f.t.Context(), id)
	if err != nil {
		f.t.Fatal(err)
	}
	booked := func(side, servicer, more string) string {
		return strings.Replace(entry(cents, side, "<Refs><EndToEndId>"+id+"</EndToEndId></Refs>"+more), "<NtryDtls>", "<AcctSvcrRef>"+servicer+"</AcctSvcrRef><NtryDtls>", 1)
	}
	to := func(iban string) string {
		return "<RltdPties><CdtrAcct><Id><IBAN>" + iban + "</IBAN></Id></CdtrAcct></RltdPties>"
	}
	undone := func(servicer string) string {
		return strings.Replace(booked("CRDT", servicer, ""), "<Sts>", "<RvslInd>true</RvslInd><Sts>", 1)
	}
	for _, c := range []struct {
		what, account, entry, want, why string
		paid                            casefile.Payment
	}{
		{"another account's statement", "FR7630004000031234567890143", booked("DBIT", "B1", to(o.To.IBAN)), desk.Unmatched, "autre compte", casefile.PaymentOrdered},
		{"paid to another", ours, booked("DBIT", "B2", to("FR7630004000031234567890143")), desk.Unmatched, "autre compte", casefile.PaymentOrdered},
		{"a credit that is no return", ours, booked("CRDT", "B3", ""), desk.Unmatched, "sans être un rejet", casefile.PaymentOrdered},
		{"paid", ours, booked("DBIT", "B4", to(o.To.IBAN)), desk.Executed, "", casefile.PaymentPaid},
		{"told again", ours, booked("DBIT", "B4", to(o.To.IBAN)), desk.Known, "", casefile.PaymentPaid},
		{"paid a second time", ours, booked("DBIT", "B5", to(o.To.IBAN)), desk.Unmatched, "deux fois", casefile.PaymentPaid},
		{"the second is undone", ours, undone("B5"), desk.Unmatched, "reste payé", casefile.PaymentPaid},
		{"that is told again", ours, booked("DBIT", "B5", to(o.To.IBAN)), desk.Known, "", casefile.PaymentPaid},
		{"the first is undone", ours, undone("B4"), desk.Unmatched, "avant de l'ordonner", casefile.PaymentPaid},
		{"it comes back", ours, booked("CRDT", "B6", "<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>"), desk.Came, "", casefile.PaymentReturned},
	} {
		f.tells(cashier, c.account, c.what, c.entry, c.want, c.why)
		s, err := f.desk.State(f.t.Context(), reference)
		if paid := s.Instalments[0].Status; err != nil || paid != c.paid && !(paid == casefile.PaymentDue && c.paid == casefile.PaymentOrdered) {
			f.t.Errorf("%s: the instalment is %s (%v), not %s", c.what, paid, err, c.paid)
		}
	}
}
