package workflows_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"relance/domain/casefile"
	"relance/local/expect"
	"relance/store/treasury"
)

var renounces = mail{text: "Finalement je renonce à l'aide."}

// sent notes that the order of a grant went to the bank.
func (w *world) sentToBank(after time.Duration) *answer {
	return w.act(after, casefile.SendPayment, casefile.Act{By: "agent-02", ID: "lot", Payment: "versement", Bank: &casefile.Bank{Order: reference + ".1.0", Run: 1}})
}

// TestAnAidThatHasLeftIsNotWithdrawnByMail: the money of a grant is on its way, or paid, and its holder writes that he gives it up. The aid stays
// granted, for registers and for the firm's other cases, until all of it is back.
func TestAnAidThatHasLeftIsNotWithdrawnByMail(t *testing.T) {
	for _, paid := range []bool{false, true} {
		w := grantedWorld(t)
		w.sentToBank(4 * day)
		if paid {
			w.act(5*day, casefile.RecordPayment, casefile.Act{Payment: "versement"})
		}
		w.on(6*day, renounces)
		byOfficer := w.act(7*day, casefile.WithdrawAct, casefile.Act{})
		var then casefile.State
		w.env.RegisterDelayedCallback(func() { then = w.query() }, 8*day)
		recorded := w.act(9*day, casefile.RecordPayment, casefile.Act{Payment: "versement"})
		w.run()
		expect.Equal(t, "stage", then.Stage, casefile.Granted)
		expect.Equal(t, "for other cases of the firm", then.KinStatus(), casefile.KinGranted)
		expect.Equal(t, "an officer is called", slices.Contains(then.Concerns, casefile.ConcernGivenUp), true)
		expect.Equal(t, "money in the plan", w.rebond().Committed, int64(144150))
		if byOfficer.err == nil || !strings.Contains(byOfficer.err.Error(), "case recover") {
			t.Errorf("an officer withdrew it: %v", byOfficer.err)
		}
		if !paid && recorded.err != nil {
			t.Errorf("its payment cannot be recorded any more: %v", recorded.err)
		}
		if told := w.sent[len(w.sent)-2]; told.name != "giving-up" || !strings.Contains(text(told), "jusqu'à ce que") && !strings.Contains(text(told), "jusqu’à ce que") {
			t.Errorf("the holder was told %s:\n%s", told.name, text(told))
		}
	}
}

// TestAnAidThatComesBack follows a titre de recettes: in two sums, the same sum entered twice, one too many, late, and written off.
func TestAnAidThatComesBack(t *testing.T) {
	due := on2020("2020-11-30")
	begin := func(t *testing.T) *world {
		w := grantedWorld(t)
		w.sentToBank(4 * day)
		w.act(5*day, casefile.RecordPayment, casefile.Act{Payment: "versement"})
		w.on(6*day, renounces)
		w.act(7*day, casefile.OpenRecovery, casefile.Act{Proof: "2020-T-118", Amount: 144150, Date: due})
		return w
	}
	t.Run("in two sums", func(t *testing.T) {
		w := begin(t)
		w.act(8*day, casefile.RecordRecovered, casefile.Act{Proof: "VIR-1", Amount: 100000, Date: on2020("2020-09-22")})
		again := w.act(8*day+time.Hour, casefile.RecordRecovered, casefile.Act{Proof: "VIR-1", Amount: 100, Date: on2020("2020-09-22")})
		tooMuch := w.act(9*day, casefile.RecordRecovered, casefile.Act{Proof: "VIR-2", Amount: 44151, Date: on2020("2020-09-22")})
		var then casefile.State
		w.env.RegisterDelayedCallback(func() { then = w.query() }, 10*day)
		w.act(11*day, casefile.RecordRecovered, casefile.Act{Proof: "VIR-3", Amount: 44150, Date: on2020("2020-09-25")})
		s := w.run()
		if again.err == nil || tooMuch.err == nil {
			t.Errorf("entered twice: %v; too much: %v", again.err, tooMuch.err)
		}
		expect.Equal(t, "while a part is out, for other cases", then.KinStatus(), casefile.KinGranted)
		expect.Equal(t, "left", then.Recovering().Left(), int64(44150))
		expect.Equal(t, "stage when all is back", s.Stage, casefile.Withdrawn)
		expect.Equal(t, "for other cases when all is back", s.KinStatus(), casefile.KinEnded)
		expect.Equal(t, "kept", s.Kept(), int64(0))
	})
	t.Run("late, and written off", func(t *testing.T) {
		w := begin(t)
		nothing := w.act(100*day, casefile.WriteOffRecovery, casefile.Act{})
		w.act(101*day, casefile.WriteOffRecovery, casefile.Act{Proof: "délibération 2021-12"})
		s := w.run()
		if nothing.err == nil {
			t.Error("written off without a decision")
		}
		if !slices.ContainsFunc(w.sent, func(m letterOut) bool { return m.day+" "+m.name == "2020-12-01 recovery-reminder" }) {
			t.Error("nobody was reminded on the day after the last one")
		}
		expect.Equal(t, "stage", s.Stage, casefile.Closed)
		expect.Equal(t, "for other cases", s.KinStatus(), casefile.KinGranted)
		expect.Equal(t, "decision", s.Recoveries[0].WrittenOff, "délibération 2021-12")
	})
	t.Run("more than was paid, twice, without a number, before anything was paid", func(t *testing.T) {
		w := grantedWorld(t)
		before := w.act(3*day, casefile.OpenRecovery, casefile.Act{Proof: "T-1", Amount: 1, Date: due})
		w.sentToBank(4 * day)
		onItsWay := w.act(4*day+time.Hour, casefile.OpenRecovery, casefile.Act{Proof: "T-1", Amount: 1, Date: due})
		w.act(5*day, casefile.RecordPayment, casefile.Act{Payment: "versement"})
		more := w.act(6*day, casefile.OpenRecovery, casefile.Act{Proof: "T-1", Amount: 144151, Date: due})
		nameless := w.act(6*day, casefile.OpenRecovery, casefile.Act{Amount: 1, Date: due})
		w.act(7*day, casefile.OpenRecovery, casefile.Act{Proof: "T-1", Amount: 100, Date: due})
		second := w.act(8*day, casefile.OpenRecovery, casefile.Act{Proof: "T-2", Amount: 100, Date: due})
		w.act(9*day, casefile.RecordRecovered, casefile.Act{Proof: "VIR", Amount: 100, Date: on2020("2020-09-22")})
		s := w.run()
		for what, a := range map[string]*answer{"nothing paid": before, "on its way": onItsWay, "too much": more, "no number": nameless, "a second one": second} {
			if a.err == nil {
				t.Errorf("%s: it was opened", what)
			}
		}
		expect.Equal(t, "a part that came back withdraws nothing", s.Stage, casefile.Closed)
	})
}

// TestAClosedCaseIsWokenForARecovery: a titre de recettes is issued two years later, for a grant that stands and for one that was withdrawn. The
// case follows it from the stage that its decision gives it, and closes again when all of it is back.
func TestAClosedCaseIsWokenForARecovery(t *testing.T) {
	for stage, revoked := range map[casefile.Stage]bool{casefile.Granted: false, casefile.Revoked: true} {
		before := grantedWorld(t)
		before.sentToBank(4 * day)
		before.act(5*day, casefile.RecordPayment, casefile.Act{Payment: "versement"})
		if revoked {
			before.act(21*day, casefile.ProposeWithdrawalAct, casefile.Act{Ground: "conditions", Text: "Le local est fermé."})
			before.act(50*day, casefile.WithdrawGrant, casefile.Act{Text: "Rien n'a été répondu."})
		}
		before.run()
		w := before.woken(730 * day)
		w.act(0, casefile.OpenRecovery, casefile.Act{Proof: "2022-T-7", Amount: 100000, Date: received.Add(760 * day)})
		open := w.at(day)
		w.act(2*day, casefile.RecordRecovered, casefile.Act{Proof: "VIR", Amount: 100000, Date: received.Add(731 * day)})
		s := w.runFrom(casefile.Opening{Reference: reference, Resume: true})
		expect.Equal(t, "stage while it is due", open.Stage, stage)
		expect.Equal(t, "stage when it is back", s.Stage, casefile.Closed)
		expect.Equal(t, "kept", s.Kept(), int64(44150))
	}
}

// TestWhatIsDecidedStaysDecided: after the grant the applicant, or somebody else, writes other facts of every weight.
func TestWhatIsDecidedStaysDecided(t *testing.T) {
	for _, dmarc := range []string{"pass", "none"} {
		w := grantedWorld(t)
		var before, after casefile.State
		w.env.RegisterDelayedCallback(func() { before = w.query() }, 3*day)
		w.on(4*day, mail{dmarc: dmarc, text: "SIRET : 552 100 554 00005\nEntreprise : Boulangerie Dupont\nReprésentant légal : Jean Dupont\nLoyer mensuel : 900 €\nEffectif : 14"})
		w.env.RegisterDelayedCallback(func() { after = w.query() }, 5*day)
		w.sentToBank(6 * day)
		w.run()
		expect.Equal(t, "keys of the firm", [2]string{after.Kin.SIREN, after.Kin.IBAN}, [2]string{before.Kin.SIREN, before.Kin.IBAN})
		expect.Equal(t, "what the decision rests on", after.Basis(nil), before.Facts)
		expect.Equal(t, "amount", after.Decision.Amount, before.Decision.Amount)
		is, was := w.factsOf(after), w.factsOf(before)
		for key, v := range was.Fields {
			expect.Equal(t, key, is.Fields[key].Value, v.Value)
		}
		proven := dmarc == "pass"
		expect.Equal(t, "an officer sees what came", slices.Contains(after.Concerns, casefile.ConcernFacts), proven)
		expect.Equal(t, "SIRET that came", is.Offered["siret"].Value != "", proven)
		expect.Equal(t, "held", len(after.Held) == 1, !proven)
	}
}

// TestTheAccountThatWasVerifiedIsTheOneAccepted: an officer has verified one account, and another is proposed before he accepts.
func TestTheAccountThatWasVerifiedIsTheOneAccepted(t *testing.T) {
	w := grantedWorld(t)
	w.on(4*day, mail{text: newIBAN})
	var verified, first, last casefile.State
	w.env.RegisterDelayedCallback(func() { verified = w.query() }, 4*day+time.Hour)
	w.on(5*day, mail{text: "IBAN : FR76 1027 8004 7439 5755 1313 796"})
	refused, accepted := &answer{}, &answer{}
	w.env.RegisterDelayedCallback(func() {
		first = w.query()
		w.ask(casefile.AcceptBank, casefile.Act{ID: "1", By: "agent-01", Account: verified.NewAccount}, refused)
	}, 6*day)
	w.env.RegisterDelayedCallback(func() {
		w.ask(casefile.AcceptBank, casefile.Act{ID: "2", By: "agent-01", Account: w.query().NewAccount}, accepted)
	}, 7*day)
	w.env.RegisterDelayedCallback(func() { last = w.query() }, 8*day)
	w.act(9*day, casefile.OrderPayment, casefile.Act{By: "agent-02", Payment: "versement"})
	w.run()
	if refused.err == nil || !strings.Contains(refused.err.Error(), "un autre compte") || accepted.err != nil {
		t.Errorf("the first: %v; the second: %v", refused.err, accepted.err)
	}
	if last.Kin.IBAN == first.Kin.IBAN {
		t.Error("the index of firms was not told of the account")
	}
	orders := slices.Sorted(maps.Keys(w.objects))
	orders = slices.DeleteFunc(orders, func(key string) bool { return !strings.HasPrefix(key, "plan/plan-relance/orders/") })
	var o treasury.Order
	if err := json.Unmarshal(w.objects[orders[len(orders)-1]], &o); err != nil {
		t.Fatal(err)
	}
	expect.Equal(t, "payee of the last order", o.To.IBAN, "FR7610278004743957551313796")
}

// factsOf reads the facts in force.
func (w *world) factsOf(s casefile.State) casefile.Facts {
	w.t.Helper()
	var f casefile.Facts
	if err := json.Unmarshal(w.objects[s.Facts.Key], &f); err != nil {
		w.t.Fatal(err)
	}
	return f
}
