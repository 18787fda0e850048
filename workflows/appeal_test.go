package workflows_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"relance/contract"
	"relance/domain/casefile"
	"relance/domain/ledger"
)

// TestARejectionReversedOnAppeal: the charter was never sent, since the case was not eligible; the money was never reserved.
func TestARejectionReversedOnAppeal(t *testing.T) {
	w := rejectedWorld(t)
	w.on(20*day, mail{text: appealText, answer: "2.reject"})
	appeal := w.at(21 * day)
	same := w.act(22*day, casefile.GrantAppeal, casefile.Act{By: "agent-01"})
	sameNo := w.act(22*day, casefile.RejectAppeal, casefile.Act{By: "agent-01", Text: "Non."})
	approved := w.act(23*day, casefile.GrantAppeal, casefile.Act{By: "agent-02", Text: "Vos pièces le montrent."})
	w.on(25*day, signature)
	s := w.run()
	w.expect("2020-09-15 acknowledgement", "2020-09-18 reject", "2020-10-05 appeal-received", "2020-10-08 appeal-charter", "2020-10-10 charter-signed",
		"2020-10-10 appeal-granted", "2020-12-12 closing")
	due := appeal.Deadline(casefile.AnswerDeadline)
	if appeal.Stage != casefile.UnderAppeal || casefile.LastDay(due.At).Format(time.DateOnly) != "2020-12-05" || !appeal.Deadline(casefile.AppealDeadline).At.IsZero() || !appeal.Appeals[0].Interrupts {
		t.Errorf("%s, %+v", appeal.Stage, appeal.Deadlines)
	}
	for _, refused := range []*answer{same, sameNo} {
		if refused.err == nil || !strings.Contains(refused.err.Error(), "autre agent") {
			t.Errorf("the officer who rejected decides the appeal: %v", refused.err)
		}
	}
	if approved.err != nil || approved.done.Stage != casefile.AwaitingCharter {
		t.Errorf("%+v", approved)
	}
	if s.Stage != casefile.Closed || !s.Decision.Grant || s.Decision.Amount != 144150 || len(s.Earlier) != 1 || s.Earlier[0].Grant || s.Appeals[0].Outcome != casefile.AppealGranted {
		t.Errorf("%+v, earlier %+v", s.Decision, s.Earlier)
	}
	if w.rebond().Committed != 144150 || w.rebond().Reserved != 0 {
		t.Errorf("%+v", w.rebond())
	}
	receipt := text(w.sent[2])
	for _, want := range []string{"Youssef Benali", "5 décembre 2020", "pas pris part"} {
		if !strings.Contains(receipt, want) {
			t.Errorf("the acknowledgement lacks %q:\n%s", want, receipt)
		}
	}
}

// text is what a mail says, with plain spaces.
func text(m letterOut) string { return strings.ReplaceAll(m.Text, "\u00a0", " ") }

func TestAnAppealIsRejected(t *testing.T) {
	w := rejectedWorld(t)
	w.on(20*day, mail{text: appealText})
	silent := w.act(30*day, casefile.RejectAppeal, casefile.Act{By: "agent-02"})
	done := w.act(31*day, casefile.RejectAppeal, casefile.Act{By: "agent-02", Text: "Les contrats joints montrent quatorze salariés à cette date."})
	again := w.at(41 * day)
	w.on(40*day, mail{text: "Je forme un nouveau recours gracieux contre votre décision."})
	s := w.run()
	// Notified on the 16th of October: the time for going to court ends with the 17th of December.
	w.expect("2020-09-15 acknowledgement", "2020-09-18 reject", "2020-10-05 appeal-received", "2020-10-16 appeal-decided", "2020-10-25 appeal-late", "2020-12-18 closing")
	if letter := text(w.sent[3]); !strings.Contains(letter, "Youssef Benali") || s.Officer != "agent-02" {
		t.Errorf("the answer names another officer than who decided:\n%s", letter)
	}
	if silent.err == nil || !strings.Contains(silent.err.Error(), "motivé") || done.err != nil || done.done.Stage != casefile.Rejected {
		t.Errorf("%+v %+v", silent, done)
	}
	if again.Stage != casefile.Rejected || len(again.Appeals) != 1 || !contains(again.Concerns, casefile.ConcernAppeal) || !strings.Contains(text(w.sent[4]), "second recours") {
		t.Errorf("the second appeal: %s, %v\n%s", again.Stage, again.Concerns, text(w.sent[4]))
	}
	if s.Decision.Kind != casefile.DecisionAppeal || s.Decision.Grant || len(s.Earlier) != 1 || !slices.Equal(s.Decision.Grounds, []string{"effectif"}) {
		t.Errorf("%+v", s.Decision)
	}
}

func TestSilenceRejectsAnAppeal(t *testing.T) {
	w := rejectedWorld(t)
	w.on(20*day, mail{text: appealText})
	after := w.at(85 * day)
	s := w.run()
	w.expect("2020-09-15 acknowledgement", "2020-09-18 reject", "2020-10-05 appeal-received", "2020-12-06 appeal-implicit", "2021-02-09 closing")
	due := after.Deadline(casefile.AppealDeadline)
	if after.Stage != casefile.Rejected || due.Why[0].Rule != casefile.RuleUnanswered || casefile.LastDay(due.At).Format(time.DateOnly) != "2021-02-08" { // the 6th is a Saturday
		t.Errorf("%s %+v", after.Stage, due)
	}
	if s.Decision.Kind != "" || len(s.Earlier) != 0 || s.Appeals[0].Outcome != casefile.AppealImplicit || !strings.Contains(text(w.sent[3]), "8 février 2021") {
		t.Errorf("%+v\n%s", s.Appeals, text(w.sent[3]))
	}
}

// TestWhatMayBeAnAppealWaitsForAnOfficer: one whose words are unclear.
func TestWhatMayBeAnAppealWaitsForAnOfficer(t *testing.T) {
	for name, m := range map[string]mail{
		"unclear": {text: "Bonjour,\n\nJe trouve cela injuste, nous sommes huit.\n\nEffectif : 8"},
		"polite":  {text: "Bonjour,\n\nPourriez-vous revoir cette décision ? Nous sommes huit."},
	} {
		w := rejectedWorld(t)
		w.on(20*day, m)
		before := w.at(21 * day)
		wrong := w.act(22*day, casefile.ReceiveAppealAct, casefile.Act{Mail: "ffff"})
		received := w.act(23*day, casefile.ReceiveAppealAct, casefile.Act{})
		after := w.at(24 * day)
		twice := w.act(25*day, casefile.ReceiveAppealAct, casefile.Act{})
		w.act(26*day, casefile.RejectAppeal, casefile.Act{By: "agent-02", Text: "Non."})
		w.run()
		if before.Stage != casefile.Rejected || !contains(before.Concerns, casefile.ConcernAppeal) || wrong.err == nil || received.err != nil || twice.err == nil {
			t.Errorf("%s: %s, %v %v %v", name, before.Stage, wrong.err, received.err, twice.err)
		}
		if a := after.Appeals; len(a) != 1 || a[0].By != "agent-01" || !a[0].Interrupts || casefile.Date(a[0].Received).Format(time.DateOnly) != "2020-10-05" {
			t.Errorf("%s: received %+v", name, a)
		}
	}
}

// TestALateAppeal: the case is closed; it is answered as late, and an officer may still grant (CRPA L243-1).
func TestALateAppeal(t *testing.T) {
	before := rejectedWorld(t)
	closed := before.run()
	for _, grant := range []bool{true, false} {
		w := before.woken(100 * day)
		m := w.put(mail{text: appealText, answer: "2.reject"}, received.Add(100*day))
		w.env.RegisterDelayedCallback(func() { w.env.SignalWorkflow(contract.MailSignal, m) }, 0)
		w.runFrom(casefile.Opening{Reference: reference, Resume: true})
		w.expect("2020-12-24 appeal-late")
		if s := w.query(); s.Stage != casefile.Closed || !contains(s.Concerns, casefile.ConcernAppeal) || !strings.Contains(text(w.sent[0]), "19 novembre 2020") {
			t.Fatalf("%s %v\n%s", s.Stage, s.Concerns, text(w.sent[0]))
		}
		later := w.woken(101 * day)
		taken := later.act(0, casefile.ReceiveAppealAct, casefile.Act{By: "agent-02"})
		if grant {
			later.act(day, casefile.GrantAppeal, casefile.Act{By: "agent-02"})
			later.on(2*day, signature)
		} else {
			later.act(day, casefile.RejectAppeal, casefile.Act{By: "agent-02", Text: "Trop tard, et sans effet sur l'effectif."})
		}
		s := later.runFrom(casefile.Opening{Reference: reference, Resume: true})
		if taken.err != nil || s.Appeals[0].Interrupts || s.Stage != casefile.Closed {
			t.Fatalf("%v %+v %s", taken.err, s.Appeals, s.Stage)
		}
		if grant {
			later.expect("2020-12-25 appeal-received", "2020-12-26 appeal-charter", "2020-12-27 charter-signed", "2020-12-27 appeal-granted", "2021-03-02 closing")
			continue
		}
		later.expect("2020-12-25 appeal-received", "2020-12-26 appeal-decided") // it confirms, and opens no new time
		if !s.Decision.Confirms || !s.Over.Equal(closed.Over) {
			t.Errorf("%+v", s.Decision)
		}
	}
}

// woken is the case long after it had ended.
func (w *world) woken(after time.Duration) *world {
	later := newWorld(w.t)
	later.began = received.Add(after)
	later.env.SetStartTime(later.began)
	later.objects, later.mails, later.book = maps.Clone(w.objects), w.mails+50, w.book
	return later
}

func TestAnAppealByPaperThatWasOverlooked(t *testing.T) {
	before := rejectedWorld(t)
	before.run()
	w := before.woken(100 * day)
	early := w.act(0, casefile.ReceiveAppealAct, casefile.Act{Way: "paper", Date: on2020("2020-09-01")})
	w.runFrom(casefile.Opening{Reference: reference, Resume: true})
	w = before.woken(100 * day)
	w.act(0, casefile.ReceiveAppealAct, casefile.Act{Way: "registered", Date: on2020("2020-11-02")})
	s := w.runFrom(casefile.Opening{Reference: reference, Resume: true})
	// It came in time: two months of silence had passed when it was found on the 24th of December, on the 2nd of January they have.
	w.expect("2020-12-24 appeal-received", "2021-01-03 appeal-implicit", "2021-03-04 closing")
	if early.err == nil || !s.Appeals[0].Interrupts || s.Appeals[0].Way != "registered" {
		t.Errorf("%v %+v", early.err, s.Appeals)
	}
}

// TestAGrantRaisedOnAppeal: the rent was higher than first declared.
func TestAGrantRaisedOnAppeal(t *testing.T) {
	w := grantedWorld(t)
	w.on(10*day, mail{text: "Je conteste le montant.\n\nLoyer mensuel : 495 €"})
	w.act(11*day, casefile.RecordPayment, casefile.Act{Payment: "versement"}) // the aid goes on being paid
	less := w.act(12*day, casefile.GrantAppeal, casefile.Act{By: "agent-02", Amount: 100000})
	more := w.act(12*day, casefile.GrantAppeal, casefile.Act{By: "agent-02", Amount: 150001})
	w.act(13*day, casefile.GrantAppeal, casefile.Act{By: "agent-02"})
	s := w.run()
	w.expect("2020-09-15 acknowledgement", "2020-09-15 charter", "2020-09-16 charter-signed", "2020-09-17 grant", "2020-09-25 appeal-received", "2020-09-28 appeal-granted", "2020-12-01 closing")
	if less.err == nil || !strings.Contains(less.err.Error(), "retrait partiel") || more.err == nil {
		t.Errorf("%v %v", less.err, more.err)
	}
	if s.Decision.Amount != 148500 || len(s.Instalments) != 2 || s.Instalments[0].Cents != 144150 || s.Instalments[1].Cents != 4350 {
		t.Errorf("%+v %+v", s.Decision, s.Instalments)
	}
	if f := w.rebond(); f.Committed != 148500 || f.Paid != 144150 || f.Reserved != 0 {
		t.Errorf("%+v", f)
	}
}

func TestAnAppealAgainstAGrantIsRejected(t *testing.T) {
	w := grantedWorld(t)
	w.on(10*day, mail{text: "Je conteste le montant."})
	none := w.act(11*day, casefile.GrantAppeal, casefile.Act{By: "agent-02"})
	w.act(12*day, casefile.RejectAppeal, casefile.Act{By: "agent-02", Text: "Le barème ne permet pas davantage."})
	s := w.run()
	if none.err == nil || s.Stage != casefile.Closed || !s.Decision.Grant || s.Decision.Amount != 144150 || w.rebond().Committed != 144150 {
		t.Errorf("%v %+v", none.err, s.Decision)
	}
}

func implicitWorld(t *testing.T) *world {
	w := newWorld(t)
	w.on(0, whole())
	w.on(6*day, signature)
	return w // rejected by silence on the 22nd of November, the 68th day
}

func TestTheReasonsOfAnImplicitRejection(t *testing.T) {
	w := implicitWorld(t)
	w.on(80*day, mail{text: "Je souhaite connaître les motifs de ce rejet."})
	asked := w.at(81 * day)
	overdue := w.at(115 * day)
	none := w.act(116*day, casefile.GiveReasons, casefile.Act{})
	given := w.act(117*day, casefile.GiveReasons, casefile.Act{Grounds: []string{"pieces-non-probantes"}})
	s := w.run()
	w.expect("2020-09-15 acknowledgement", "2020-09-15 charter", "2020-09-21 charter-signed", "2020-11-22 implicit", "2020-12-04 reasons-asked", "2021-01-10 reasons", "2021-03-12 closing")
	if due := asked.Deadline(casefile.ReasonsDeadline); casefile.LastDay(due.At).Format(time.DateOnly) != "2021-01-04" || casefile.LastDay(asked.Deadline(casefile.AppealDeadline).At).Format(time.DateOnly) != "2021-12-04" {
		t.Errorf("%+v", asked.Deadlines)
	}
	if !strings.Contains(text(w.sent[4]), "4 janvier 2021") || !contains(overdue.Concerns, casefile.ConcernReasons) || none.err == nil || given.err != nil || contains(s.Concerns, casefile.ConcernReasons) {
		t.Errorf("%v %v %v\n%s", overdue.Concerns, none.err, given.err, text(w.sent[4]))
	}
}

func TestAnAppealAgainstAnImplicitRejection(t *testing.T) {
	for name, c := range map[string]struct {
		act   func(*world) *answer
		stage casefile.Stage
		last  string
	}{
		"granted": {func(w *world) *answer { return w.act(90*day, casefile.GrantAppeal, casefile.Act{}) }, casefile.Granted, "appeal-granted"},
		"rejected": {func(w *world) *answer {
			return w.act(90*day, casefile.RejectAppeal, casefile.Act{Text: "Non.", Grounds: []string{"pieces-non-probantes"}})
		}, casefile.Rejected, "appeal-decided"},
		"no grounds": {func(w *world) *answer { return w.act(90*day, casefile.RejectAppeal, casefile.Act{Text: "Non."}) }, casefile.UnderAppeal, "appeal-received"},
		"silence":    {func(*world) *answer { return &answer{} }, casefile.ImplicitlyRejected, "appeal-implicit"},
	} {
		w := implicitWorld(t)
		w.on(80*day, mail{text: appealText})
		c.act(w)
		look := 91 * day
		if name == "silence" {
			look = 150 * day
		}
		after := w.at(look)
		sent := 0
		w.env.RegisterDelayedCallback(func() { sent = len(w.sent) }, look)
		s := w.run()
		if after.Stage != c.stage || w.sent[sent-1].name != c.last || s.Stage != casefile.Closed {
			t.Errorf("%s: %s, %s, then %s", name, after.Stage, w.sent[sent-1].name, s.Stage)
		}
		if name == "granted" && (s.Decision == nil || w.rebond().Committed != 144150) {
			t.Errorf("%+v %+v", s.Decision, w.rebond())
		}
	}
}

func TestAnAppealThatWaitsForMoney(t *testing.T) {
	for name, served := range map[string]bool{"served": true, "silence": false} {
		w := newWorld(t)
		w.spend(0)
		w.on(0, whole())
		w.on(day, signature)
		w.act(2*day, casefile.Reject, casefile.Act{Grounds: []string{"pieces-non-probantes"}})
		w.on(10*day, mail{text: appealText})
		granted := w.act(11*day, casefile.GrantAppeal, casefile.Act{By: "agent-02"})
		waiting := w.at(12 * day)
		if served {
			w.move(13*day, more("dm", 150000))
		}
		s := w.run()
		if granted.err != nil || granted.done.Stage != casefile.Waitlisted || waiting.Stage != casefile.Waitlisted {
			t.Errorf("%s: %+v", name, granted)
		}
		if s.Stage != casefile.Closed || s.Decision.Grant != served || served != (w.book.Claims[reference].Status == ledger.Committed) || w.rebond().Waiting != 0 {
			t.Errorf("%s: %+v, %+v", name, s.Decision, w.book.Claims[reference])
		}
	}
}

func TestTheCharterOfAnAppealIsNotSigned(t *testing.T) {
	w := rejectedWorld(t)
	w.on(20*day, mail{text: appealText})
	w.act(21*day, casefile.GrantAppeal, casefile.Act{By: "agent-02"})
	back := w.at(54 * day)
	w.act(55*day, casefile.RejectAppeal, casefile.Act{By: "agent-02", Text: "La charte n'a pas été signée."})
	s := w.run()
	if back.Stage != casefile.UnderAppeal || !contains(back.Concerns, casefile.ConcernAppeal) || s.Stage != casefile.Closed || s.Decision.Grant || w.book.Claims[reference] != nil {
		t.Errorf("%s %v, then %+v", back.Stage, back.Concerns, s.Decision)
	}
}

func TestTheApplicationIsWithdrawnUnderAppeal(t *testing.T) {
	w := rejectedWorld(t)
	w.on(20*day, mail{text: appealText})
	w.on(21*day, mail{text: "Je retire ma demande."})
	if s := w.run(); s.Stage != casefile.Withdrawn || s.Appeals[0].Outcome != casefile.AppealDropped || len(s.Deadlines) != 0 {
		t.Errorf("%s %+v", s.Stage, s.Appeals)
	}
}

func TestAWithdrawalReversedOnAppeal(t *testing.T) {
	w := grantedWorld(t)
	w.act(3*day, casefile.RecordPayment, casefile.Act{Payment: "versement"})
	w.act(4*day, casefile.ProposeWithdrawalAct, casefile.Act{Ground: "conditions", Text: "Local fermé."})
	w.act(22*day, casefile.WithdrawGrant, casefile.Act{})
	w.on(30*day, mail{text: "Je conteste cette décision."})
	w.act(31*day, casefile.GrantAppeal, casefile.Act{By: "agent-02", Text: "Le local avait rouvert."})
	s := w.run()
	if s.Stage != casefile.Closed || !s.Decision.Grant || s.Decision.Amount != 144150 || s.Owed() != 0 || s.Promised() != 144150 || w.rebond().Committed != 144150 {
		t.Errorf("%s %+v, owes %d, %+v", s.Stage, s.Decision, s.Owed(), w.rebond())
	}
}
