package workflows_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"relance/contract"
	"relance/domain/casefile"
	"relance/domain/ledger"
	"relance/domain/loan"
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
Durée de remboursement : 5 ans
Différé : 0 mois
IBAN : FR76 2004 1518 1909 3786 5797 574
Déclaration sur l'honneur : oui`

func wholeAdvance() mail {
	return mail{text: avance, files: []string{"kbis.pdf", "comptes.pdf", "plan de tresorerie.pdf", "refus bancaire.pdf", "rib.pdf"}}
}

var advance = mail{text: "Je signe le contrat d'avance du dossier " + reference + ", empreinte {empreinte}."}

// life is an advance that lives through as many runs of its workflow as it needs, over the same archive, book and outbox.
type life struct {
	t     *testing.T
	first *world
	last  *world    // of the run that ended
	start time.Time // legal, as this run began
	state casefile.State
	runs  []int // events of each run, at least: what it did, and what came to it
	plans []func(w *world, at func(string) (time.Duration, bool))
}

// script lets something happen on a day, in whichever run is under way then.
func (l *life) script(plan func(w *world, at func(string) (time.Duration, bool))) {
	l.plans = append(l.plans, plan)
}

// on lets an officer act at noon of a day.
func (l *life) on(day string, kind casefile.ActKind, a casefile.Act) *answer {
	got := &answer{}
	l.script(func(w *world, at func(string) (time.Duration, bool)) {
		if after, now := at(day); now && !got.said {
			*got = answer{}
			a.ID = string(kind) + day
			again := w.act(after, kind, a)
			w.env.RegisterDelayedCallback(func() { *got = *again }, after+time.Minute)
		}
	})
	return got
}

func (l *life) mail(day string, m mail) {
	l.script(func(w *world, at func(string) (time.Duration, bool)) {
		if after, now := at(day); now {
			stored := w.put(m, l.start.Add(after))
			w.env.RegisterDelayedCallback(func() { w.env.SignalWorkflow(contract.MailSignal, stored) }, after)
		}
	})
}

// live runs the case to its end.
func (l *life) live() casefile.State {
	l.t.Helper()
	w, opening := l.first, casefile.Opening{Reference: reference, Scheme: l.first.scheme}
	l.start = received
	for run := 0; ; run++ {
		if run > 60 {
			l.t.Fatal("the case goes on for ever")
		}
		until := time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
		at := func(day string) (time.Duration, bool) {
			d, err := time.ParseInLocation(time.DateOnly, day, casefile.Paris)
			if err != nil {
				l.t.Fatal(err)
			}
			d = d.Add(12 * time.Hour)
			return d.Sub(l.start), !d.Before(l.start) && d.Before(until)
		}
		for _, plan := range l.plans {
			plan(w, at)
		}
		events := 0
		w.env.SetOnActivityStartedListener(func(*activity.Info, context.Context, converter.EncodedValues) { events += 6 }) // scheduled, started, completed, and a task
		w.env.SetOnLocalActivityStartedListener(func(*activity.Info, context.Context, []interface{}) { events++ })
		w.env.SetOnTimerScheduledListener(func(string, time.Duration) { events += 5 }) // started, fired or cancelled, and a task
		before := len(l.state.Journal)
		w.env.ExecuteWorkflow(contract.ApplicationWorkflow, opening)
		err := w.env.GetWorkflowError()
		var next *workflow.ContinueAsNewError
		if !errors.As(err, &next) {
			if err != nil {
				l.t.Fatal(err)
			}
			l.state, l.last = w.query(), w
			l.runs = append(l.runs, events+2*(len(l.state.Journal)-before))
			return l.state
		}
		opening = casefile.Opening{}
		if err := converter.GetDefaultDataConverter().FromPayloads(next.Input, &opening); err != nil {
			l.t.Fatal(err)
		}
		l.state = *opening.State
		l.runs = append(l.runs, events+2*(len(l.state.Journal)-before)) // a signal or an update is two events, and leaves an entry at least
		l.start = w.env.Now()
		again := newWorldOf(l.t, w.scheme, w.acts.Catalogue)
		again.objects, again.sent, again.book, again.mails = w.objects, w.sent, w.book, w.mails
		again.env.SetStartTime(l.start)
		w = again
	}
}

func newLife(t *testing.T) *life {
	t.Helper()
	return &life{t: t, first: newWorldOf(t, "avances", nil)}
}

// granted lets the advance be granted on the 20th of September 2020 and paid out on the 30th.
func (l *life) granted() {
	l.first.on(0, wholeAdvance())
	l.first.on(2*day, advance)
	l.first.act(5*day, casefile.Approve, casefile.Act{})
	paid := casefile.Act{Payment: "versement", Bank: &casefile.Bank{On: time.Date(2020, 9, 30, 0, 0, 0, 0, casefile.Paris)}}
	l.on("2020-09-30", casefile.RecordPayment, paid)
}

func repayment(key string, cents int64) casefile.Act {
	return casefile.Act{Amount: cents, Bank: &casefile.Bank{Key: key}}
}

// TestAnAdvanceOfFiveYears is repaid through a missed, a partial and an early instalment to its discharge, in a workflow whose every run
// stays short.
func TestAnAdvanceOfFiveYears(t *testing.T) {
	l := newLife(t)
	l.granted()
	due := time.Date(2020, 9, 30, 0, 0, 0, 0, casefile.Paris)
	for n := 1; n <= 60; n++ { // 100 euros a month
		day := casefile.NextWorkday(casefile.AddMonths(due, n)).Format(time.DateOnly)
		switch n {
		case 5: // missed: reminded twice, then paid with the next
		case 6:
			l.on(day, casefile.RecordRepayment, repayment(fmt.Sprint("r", n), 20000))
		case 12: // in part; the rest ten days later, after a reminder
			l.on(day, casefile.RecordRepayment, repayment("r12a", 4000))
			l.on(casefile.AddDays(casefile.AddMonths(due, n), 10).Format(time.DateOnly), casefile.RecordRepayment, repayment("r12b", 6000))
		case 20: // early: three at once
			l.on(day, casefile.RecordRepayment, repayment("r20", 30000))
		case 21, 22:
		default:
			l.on(day, casefile.RecordRepayment, repayment(fmt.Sprint("r", n), 10000))
		}
	}
	s := l.live()
	if s.Stage != casefile.Closed || s.Advance.Discharged.IsZero() || s.Advance.Book.Owed() != 0 || s.Advance.Book.Repaid() != 600000 || s.Advance.Book.Credit() != 0 || len(s.Deadlines) != 0 {
		t.Fatalf("%s, %+v, deadlines %v", s.Stage, s.Advance, s.Deadlines)
	}
	for run := range l.runs {
		if l.runs[run] > 700 {
			t.Errorf("run %d has some %d events", run, l.runs[run])
		}
	}
	if len(l.runs) < 3 {
		t.Errorf("%d runs", len(l.runs))
	}
	t.Logf("%d runs of at most %d events", len(l.runs), maxOf(l.runs))
	repaid, owed := s.Advance.Book.Shares()
	if fmt.Sprint(repaid, owed) != "[200040 199980 199980] [0 0 0]" {
		t.Errorf("funders are repaid %v and owed %v", repaid, owed)
	}
	sent := l.sent()
	for name, want := range map[string]int{"charter": 1, "grant": 1, "schedule": 1, "instalment": 58, "arrears": 3, "repayment-received": 57, "formal-notice": 0, "discharge": 1, "closing": 0} {
		if sent[name] != want {
			t.Errorf("%d mails %q, want %d", sent[name], name, want)
		}
	}
}

func maxOf(list []int) (most int) {
	for _, n := range list {
		most = max(most, n)
	}
	return most
}

// sent counts the mails that were sent, by name.
func (l *life) sent() map[string]int {
	count := map[string]int{}
	for _, m := range l.last.sent {
		count[m.name]++
	}
	return count
}

func (l *life) expectSent(want map[string]int) {
	l.t.Helper()
	sent := l.sent()
	for name := range maps.Keys(want) {
		if sent[name] != want[name] {
			l.t.Errorf("%d mails %q, want %d", sent[name], name, want[name])
		}
	}
}

// TestArrears: nothing is paid; two reminders, then formal notice, and an officer is called. A new schedule is agreed by mail, and paid
// off at once with too much.
func TestArrearsAndANewSchedule(t *testing.T) {
	l := newLife(t)
	l.granted()
	early := l.on("2020-12-20", casefile.ProposeSchedule, casefile.Act{Bank: &casefile.Bank{Plan: &loan.Plan{Count: 0}}})
	l.on("2021-01-10", casefile.ProposeSchedule, casefile.Act{Text: "Comme convenu au téléphone.", Bank: &casefile.Bank{Plan: &loan.Plan{Count: 12, Every: 3, First: time.Date(2021, 4, 15, 0, 0, 0, 0, casefile.Paris)}}})
	l.mail("2021-01-11", mail{text: "Pouvez-vous m'expliquer ?"})
	l.mail("2021-01-12", mail{text: "Je suis d'accord.", dmarc: "none"})
	l.mail("2021-01-13", mail{text: "Bonjour,\n\nJ'accepte le nouvel échéancier du dossier " + reference + ".\n\nJeanne Martin"})
	l.on("2021-05-03", casefile.RecordRepayment, repayment("all", 600100))
	s := l.live()
	if s.Stage != casefile.Closed || early.err == nil || len(s.Advance.Agreed) != 1 || s.Advance.Agreed[0].Evidence.Key == "" || s.Advance.Book.Credit() != 100 || !contains(s.Concerns, casefile.ConcernRefund) {
		t.Fatalf("%s %+v %+v %v", s.Stage, early, s.Advance, s.Concerns)
	}
	l.expectSent(map[string]int{"arrears": 3, "formal-notice": 1, "reschedule": 1, "unproven": 0, "noted": 1, "rescheduled": 1, "discharge": 1})
	first := s.Advance.Book.Instalments[0]
	if first.N != 61 || first.Cents != 50000 || first.Due.In(casefile.Paris).Format(time.DateOnly) != "2021-04-15" {
		t.Errorf("%+v", first)
	}
}

// TestInsolvency: reminders stop, the claim is declared in time, a dividend comes, and the rest is given up.
func TestInsolvency(t *testing.T) {
	l := newLife(t)
	l.granted()
	published := time.Date(2020, 11, 10, 0, 0, 0, 0, casefile.Paris)
	l.on("2020-11-15", casefile.DeclareInsolvency, casefile.Act{Bank: &casefile.Bank{On: published}})
	again := l.on("2020-11-16", casefile.DeclareInsolvency, casefile.Act{})
	refused := l.on("2020-11-17", casefile.ProposeSchedule, casefile.Act{Bank: &casefile.Bank{Plan: &loan.Plan{Count: 12, Every: 1, First: published}}})
	l.on("2020-12-01", casefile.DeclareClaim, casefile.Act{})
	l.on("2022-03-01", casefile.RecordRepayment, repayment("dividende", 50000))
	without := l.on("2022-04-01", casefile.WriteOff, casefile.Act{})
	l.on("2022-05-01", casefile.WriteOff, casefile.Act{Text: "Clôture pour insuffisance d'actif."})
	s := l.live()
	if again.err == nil || refused.err == nil || without.err == nil || s.Stage != casefile.Closed || s.Advance.Book.Lost != 550000 || s.Advance.Insolvency.Claimed.IsZero() || s.Advance.Insolvency.Late {
		t.Fatalf("%v %v %v %s %+v", again.err, refused.err, without.err, s.Stage, s.Advance)
	}
	l.expectSent(map[string]int{"insolvency": 1, "instalment": 1, "arrears": 1, "written-off": 1, "discharge": 0, "formal-notice": 0})
}

// TestAClaimDeclaredTooLate: two months after the publication an officer is told that the claim is barred.
func TestAClaimDeclaredTooLate(t *testing.T) {
	l := newLife(t)
	l.granted()
	l.on("2020-10-05", casefile.DeclareInsolvency, casefile.Act{Bank: &casefile.Bank{On: time.Date(2020, 10, 3, 0, 0, 0, 0, casefile.Paris)}})
	l.on("2021-02-01", casefile.EndInsolvency, casefile.Act{})
	l.on("2021-02-02", casefile.RecordRepayment, repayment("all", 600000))
	s := l.live()
	late := ""
	for _, e := range s.Journal {
		if e.What == "claim.late" {
			late = casefile.LastDay(e.At).Format(time.DateOnly)
		}
	}
	// two months after the 3rd of October is the 3rd of December 2020, a Thursday: from its end on it is too late
	if late != "2020-12-03" || !s.Advance.Insolvency.Late || s.Stage != casefile.Closed || s.Advance.Discharged.IsZero() {
		t.Errorf("late on %s, %s, %+v", late, s.Stage, s.Advance)
	}
}

// TestTheBankGivesTheAdvanceBack: the transfer comes back, other bank details are sent and accepted, and it is paid anew.
func TestTheBankGivesTheAdvanceBack(t *testing.T) {
	l := newLife(t)
	l.granted()
	l.on("2020-10-03", casefile.ReturnPayment, casefile.Act{Payment: "versement", Bank: &casefile.Bank{Reason: "AC04"}})
	unconfirmed := l.on("2020-10-04", casefile.RecordPayment, casefile.Act{Payment: "versement"})
	l.mail("2020-10-05", mail{text: "IBAN : FR76 1027 8004 7439 5755 1313 796"})
	pending := l.on("2020-10-06", casefile.OrderPayment, casefile.Act{Payment: "versement"})
	l.on("2020-10-07", casefile.AcceptBank, casefile.Act{By: "agent-02", Account: asSeen})
	l.on("2020-10-08", casefile.OrderPayment, casefile.Act{Payment: "versement"})
	l.on("2020-10-10", casefile.RecordPayment, casefile.Act{Payment: "versement"})
	l.on("2021-03-01", casefile.RecordRepayment, repayment("all", 600000))
	s := l.live()
	if unconfirmed.err == nil || pending.err == nil || s.Stage != casefile.Closed || s.Advance.Book.Paid.In(casefile.Paris).Format(time.DateOnly) != "2020-10-10" {
		t.Fatalf("%v %v %s %+v", unconfirmed.err, pending.err, s.Stage, s.Advance)
	}
	if f := l.first.book.Lines["avances"]; f.Paid != 600000 || f.Committed != 600000 {
		t.Errorf("%+v", f)
	}
	l.expectSent(map[string]int{"payment-returned": 1, "schedule": 2, "payment-ordered": 1})
	for order, iban := range map[string]string{reference + ".1.0": "FR7620041518190937865797574", reference + ".1.1": "FR7610278004743957551313796"} {
		var o treasury.Order
		if err := json.Unmarshal(l.first.objects["plan/plan-relance/orders/"+order+".json"], &o); err != nil || o.To.IBAN != iban || o.Cents != 600000 || len(o.Lines) != 3 {
			t.Errorf("%s: %+v %v", order, o, err)
		}
	}
}

// TestAnotherAmountIsSignedAnew: whoever asks for less signs another contract, before as after the signature.
func TestAnotherAmountIsSignedAnew(t *testing.T) {
	w := newWorldOf(t, "avances", nil)
	w.on(0, wholeAdvance())
	w.on(day, mail{text: "Montant demandé : 5 500 €"})
	w.on(2*day, advance)
	less := w.act(3*day, casefile.Approve, casefile.Act{Amount: 500000})
	w.on(4*day, mail{text: "Durée de remboursement : 4 ans"})
	unsigned := w.act(5*day, casefile.Approve, casefile.Act{})
	w.on(6*day, advance)
	approved := w.act(7*day, casefile.Approve, casefile.Act{})
	w.on(8*day, mail{text: "Je retire ma demande."})
	s := w.run()
	w.expect("2020-09-15 acknowledgement", "2020-09-15 charter", "2020-09-16 charter", "2020-09-17 charter-signed", "2020-09-19 charter", "2020-09-21 charter-signed", "2020-09-22 grant", "2020-09-23 withdrawn")
	if less.err == nil || unsigned.err == nil || approved.err != nil || s.Decision.Amount != 550000 || s.Charter.Loan.Months != 48 {
		t.Errorf("%v %v %v %+v", less.err, unsigned.err, approved.err, s.Charter)
	}
	if text := w.sent[4].Text; !strings.Contains(text, "contrat d'avance") || len(w.sent[4].Attachments) != 1 || !strings.Contains(text, "quarante-huit") {
		t.Errorf("%s", text)
	}
	if f := w.book.Lines["avances"]; f.Committed != 0 {
		t.Errorf("%+v", f)
	}
}

// TestOrdersAreSentAndStopped: an order goes into a file, another is stopped by other bank details.
func TestOrdersOfAGrant(t *testing.T) {
	w := newWorld(t)
	w.on(0, whole())
	w.on(2*day, signature)
	w.act(5*day, casefile.Approve, casefile.Act{})
	id := reference + ".1.0"
	send := func(after time.Duration, order string, run int) *answer {
		return w.act(after, casefile.SendPayment, casefile.Act{By: "agent-02", ID: fmt.Sprint(after), Payment: "versement", Bank: &casefile.Bank{Order: order, Run: run}})
	}
	w.on(6*day, mail{text: "IBAN : FR76 1027 8004 7439 5755 1313 796"})
	pending := send(7*day, id, 1)
	w.act(8*day, casefile.AcceptBank, casefile.Act{By: "agent-01", Account: asSeen})
	stopped := send(9*day, id, 1)
	w.act(10*day, casefile.OrderPayment, casefile.Act{By: "agent-02", Payment: "versement"})
	old := send(11*day, id, 1)
	sent := send(12*day, reference+".1.1", 1)
	again := send(13*day, reference+".1.1", 1)
	later := send(14*day, reference+".1.1", 2)
	giveUp := w.act(15*day, casefile.GiveUpPayment, casefile.Act{Payment: "versement"})
	wrong := w.act(16*day, casefile.ReturnPayment, casefile.Act{Payment: "versement", Bank: &casefile.Bank{Order: id}})
	w.act(17*day, casefile.RecordPayment, casefile.Act{Payment: "versement"})
	s := w.run()
	for name, got := range map[string]*answer{"pending": pending, "stopped": stopped, "old": old, "give up": giveUp, "wrong order": wrong} {
		if got.err == nil {
			t.Errorf("%s: allowed", name)
		}
	}
	for name, got := range map[string]*answer{"sent": sent, "again": again, "later": later} {
		if got.err != nil || got.done.Amount != 144150 {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if p := s.Instalments[0]; p.Status != casefile.PaymentPaid || p.Run != 2 || p.Try != 1 || p.Order != reference+".1.1" || w.rebond().Paid != 144150 {
		t.Errorf("%+v %+v", p, w.rebond())
	}
	if w.book.Claims[reference].Status != ledger.Committed {
		t.Error("no claim")
	}
}

// TestAMilestone: an instalment waits until an officer confirms what it is paid for; nobody is chased for it, and an officer is told when it is late.
func TestAMilestone(t *testing.T) {
	w := newWorldOf(t, "boutiques-essai", load(t, "boutiques-essai.yaml", func(text string) string {
		changed := strings.Replace(text, "against: ouverture, months:", "milestone: l'ouverture de la boutique, months:", 1)
		if changed == text {
			t.Fatal("the scheme has another instalment")
		}
		return changed
	}))
	w.on(0, mail{text: boutique, files: []string{"kbis.pdf", "bail.pdf", "devis.pdf", "rib.pdf"}})
	w.on(day, mail{from: "commerce@mairie.example", text: "Avis favorable."})
	w.act(2*day, casefile.Approve, casefile.Act{})
	unconfirmed := w.act(3*day, casefile.RecordPayment, casefile.Act{Payment: "ouverture"})
	w.act(300*day, casefile.OrderPayment, casefile.Act{Payment: "ouverture"})
	w.act(301*day, casefile.RecordPayment, casefile.Act{Payment: "ouverture"})
	w.act(500*day, casefile.GiveUpPayment, casefile.Act{Payment: "solde", Text: "Le bilan n'est pas venu."})
	s := w.run()
	overdue := 0
	for _, m := range w.sent {
		if m.name == "report-overdue" {
			overdue++
		}
	}
	if p := s.Instalment("ouverture"); unconfirmed.err == nil || p.Status != casefile.PaymentPaid || p.Milestone == "" || !p.Overdue || overdue != 1 {
		t.Errorf("%v %+v, %d reports chased", unconfirmed.err, p, overdue)
	}
	for _, order := range []string{".1.0", ".2.0"} {
		if _, placed := w.objects["plan/plan-relance/orders/"+reference+order+".json"]; !placed {
			t.Errorf("no order %s", order)
		}
	}
}
