package workflows_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"relance/domain/authority"
	"relance/domain/casefile"
	"relance/local/expect"
)

// another fails unless an act was refused because another person has to do it.
func another(t *testing.T, what string, got *answer) {
	t.Helper()
	if got.err == nil || !strings.Contains(got.err.Error(), "un autre agent") && !strings.Contains(got.err.Error(), "une autre personne") {
		t.Errorf("%s: %v", what, got.err)
	}
}

// done fails unless an act was carried out.
func done(t *testing.T, what string, got *answer) {
	t.Helper()
	if !got.said || got.err != nil {
		t.Errorf("%s: answered %v, %v", what, got.said, got.err)
	}
}

// TestNobodySendsMoneyAlone: attack 110. One officer grants, accepts the mule's account, orders, makes the file and confirms.
func TestNobodySendsMoneyAlone(t *testing.T) {
	w := grantedWorld(t)
	w.on(4*day, mail{text: newIBAN})
	w.act(5*day, casefile.AcceptBank, casefile.Act{Account: asSeen})
	order := casefile.Act{Payment: "versement"}
	alone := w.act(6*day, casefile.OrderPayment, order)
	order.By = "agent-02"
	ordered := w.act(7*day, casefile.OrderPayment, order)
	file := casefile.Act{Payment: "versement", Bank: &casefile.Bank{Order: reference + ".1.1", Run: 1}}
	sentAlone := w.act(8*day, casefile.SendPayment, file)
	file.By = "agent-02"
	sent := w.act(9*day, casefile.SendPayment, file)
	confirmedAlone := w.act(10*day, casefile.RecordPayment, casefile.Act{By: "agent-02", Payment: "versement"})
	returned := w.act(10*day+time.Hour, casefile.RequestAct, casefile.Act{}) // something else that is refused does not speak of others
	confirmed := w.act(11*day, casefile.RecordPayment, casefile.Act{By: "agent-01", Payment: "versement"})
	s := w.run()
	another(t, "who accepted the account orders", alone)
	another(t, "who accepted the account makes the file", sentAlone)
	another(t, "who made the file confirms", confirmedAlone)
	done(t, "another orders", ordered)
	done(t, "another makes the file", sent)
	done(t, "who did not make the file confirms", confirmed)
	if returned.err == nil || strings.Contains(returned.err.Error(), "autre agent") {
		t.Errorf("a request of nothing: %v", returned.err)
	}
	expect.Equal(t, "paid", s.Paid(), int64(144150))
}

// TestWhoAcceptsAnAccountDoesNotGrantAlone: the grant orders the payment. Before it, and while the case waits for money.
func TestWhoAcceptsAnAccountDoesNotGrantAlone(t *testing.T) {
	t.Run("before the decision", func(t *testing.T) {
		w := newWorld(t)
		w.on(0, whole())
		w.on(day, signature)
		w.on(2*day, mail{text: newIBAN})
		w.act(3*day, casefile.AcceptBank, casefile.Act{Account: asSeen})
		alone := w.act(4*day, casefile.Approve, casefile.Act{})
		granted := w.act(5*day, casefile.Approve, casefile.Act{By: "agent-02"})
		w.run()
		another(t, "who accepted the account grants", alone)
		done(t, "another grants", granted)
	})
	t.Run("with another's approval", func(t *testing.T) {
		w := fourEyes(t)
		w.on(2*day, mail{text: newIBAN})
		w.act(3*day, casefile.AcceptBank, casefile.Act{Account: asSeen})
		first := w.act(4*day, casefile.Approve, casefile.Act{})
		second := w.act(5*day, casefile.Approve, casefile.Act{By: "agent-02"})
		w.run()
		done(t, "the first of two", first)
		done(t, "the second", second)
	})
	t.Run("while it waits for money", func(t *testing.T) {
		w := newWorld(t)
		w.spend(100)
		w.on(0, whole())
		w.on(day, signature)
		w.act(2*day, casefile.Approve, casefile.Act{})
		w.on(3*day, mail{text: newIBAN})
		alone := w.act(4*day, casefile.AcceptBank, casefile.Act{Account: asSeen})
		other := w.act(5*day, casefile.AcceptBank, casefile.Act{By: "agent-02", Account: asSeen})
		w.run()
		another(t, "who granted accepts the account", alone)
		done(t, "another accepts it", other)
	})
	t.Run("by vouching for the mail that brings it", func(t *testing.T) {
		w := newWorld(t)
		m := whole()
		m.dmarc = "none"
		opening := w.put(m, received)
		opening.Vouched = "agent-01"
		w.env.RegisterDelayedCallback(func() { w.env.SignalWorkflow("mail", opening) }, 0)
		w.on(day, signature)
		alone := w.act(4*day, casefile.Approve, casefile.Act{})
		granted := w.act(5*day, casefile.Approve, casefile.Act{By: "agent-02"})
		w.run()
		another(t, "who vouched for the account grants", alone)
		done(t, "another grants", granted)
	})
}

// TestTwoActsAtOnceAreKeptApart: acts that wait behind one another are judged when their turn comes.
func TestTwoActsAtOnceAreKeptApart(t *testing.T) {
	w := grantedWorld(t)
	w.on(4*day, mail{text: newIBAN})
	accepted, ordered := &answer{}, &answer{}
	w.env.RegisterDelayedCallback(func() {
		w.ask(casefile.AcceptBank, casefile.Act{ID: "1", By: "agent-01", Account: asSeen}, accepted)
		w.ask(casefile.OrderPayment, casefile.Act{ID: "2", By: "agent-01", Payment: "versement"}, ordered)
	}, 5*day)
	w.run()
	done(t, "the account", accepted)
	another(t, "the order behind it", ordered)
}

// TestWhoPreparesDoesNotSign: an officer who is a signatory too does not sign what he has prepared.
func TestWhoPreparesDoesNotSign(t *testing.T) {
	w := inBatches(t)
	a := authority.Example()
	a.Signature = authority.InBatches
	a.Officers = append(a.Officers, authority.Officer{ID: "signataire-01", Name: a.Signatories[0].Name, Capacity: "Directrice", Email: "h@x.example"})
	*w.acts.Writer.Authority = *a
	w.act(2*day, casefile.Approve, casefile.Act{By: "signataire-01"})
	alone := w.act(3*day, casefile.SignDecision, casefile.Act{By: "signataire-01"})
	w.act(4*day, casefile.ReturnDecision, casefile.Act{By: "signataire-01"})
	w.act(5*day, casefile.Approve, casefile.Act{By: "agent-02"})
	signed := w.act(6*day, casefile.SignDecision, casefile.Act{By: "signataire-01"})
	w.run()
	another(t, "who prepared it signs", alone)
	done(t, "what another prepared", signed)
}

// TestAnOfficerWhoIsAlone: separation off lets the one officer act, and the journal says so; with a second officer nobody is alone.
func TestAnOfficerWhoIsAlone(t *testing.T) {
	for _, officers := range []int{1, 2} {
		w := grantedWorld(t)
		a := authority.Example()
		a.Separation, a.Officers = authority.Off, a.Officers[:officers]
		*w.acts.Writer.Authority = *a
		w.on(4*day, mail{text: newIBAN})
		w.act(5*day, casefile.AcceptBank, casefile.Act{Account: asSeen, Alone: officers == 1})
		paired := w.act(6*day, casefile.OrderPayment, casefile.Act{Payment: "versement"})
		alone := w.act(7*day, casefile.OrderPayment, casefile.Act{Payment: "versement", Alone: true})
		s := w.run()
		another(t, "without saying so", paired)
		said := slices.ContainsFunc(w.journal(s), func(e casefile.Entry) bool { return e.What == casefile.EventAlone })
		if officers == 1 {
			done(t, "alone", alone)
		} else if alone.err == nil || !strings.Contains(alone.err.Error(), "plusieurs agents") {
			t.Errorf("of two officers one is alone: %v", alone.err)
		}
		expect.Equal(t, "the journal says so", said, officers == 1)
	}
}
