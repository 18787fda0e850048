package workflows_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"go.temporal.io/sdk/testsuite"

	"relance/contract"
	"relance/domain/authority"
	"relance/domain/casefile"
	"relance/domain/ledger"
)

// These tests come by Temporal's door: what an update says there has passed through no command of ours.

// raw sends an update with the JSON as somebody writes it on Temporal's page.
func (w *world) raw(after time.Duration, kind, id, body string) *answer {
	got := &answer{}
	w.env.RegisterDelayedCallback(func() {
		w.env.UpdateWorkflow(kind, id, &testsuite.TestUpdateCallback{OnAccept: func() {}, OnReject: func(err error) { got.err, got.said = err, true },
			OnComplete: func(result any, err error) {
				got.err, got.said = err, true
				got.done, _ = result.(casefile.Done)
			}}, json.RawMessage(body))
	}, after)
	return got
}

// fourEyes is a complete case of a fund that takes two officers.
func fourEyes(t *testing.T) *world {
	t.Helper()
	w := newWorldOf(t, "fonds-rebond", load(t, "fonds-rebond.yaml", func(text string) string {
		return strings.Replace(text, "    periods:\n", "    review: {approvals: 2}\n    periods:\n", 1)
	}))
	w.on(0, whole())
	w.on(day, signature)
	return w
}

// impostors are one officer, written in other ways, and people who are none.
var impostors = []string{"agent-01 ", " agent-01", "Agent-01", "agent-01\u200b", "agent-01\u00a0", "\u0430gent-01", "agent-01\u202e", "agent-99", "signataire-01", "moi"}

// TestOneOfficerDoesNotPassForTwo: attacks 103, 104 and 105.
func TestOneOfficerDoesNotPassForTwo(t *testing.T) {
	w := fourEyes(t)
	first := w.act(2*day, casefile.Approve, casefile.Act{})
	var refused []*answer
	for i, by := range impostors {
		refused = append(refused, w.act(3*day+time.Duration(i)*time.Minute, casefile.Approve, casefile.Act{By: by}))
	}
	after := w.at(4 * day)
	w.act(5*day, casefile.Reject, casefile.Act{Grounds: []string{"territoire"}})
	w.on(20*day, mail{text: appealText, answer: "4.reject"})
	for i, by := range impostors {
		refused = append(refused, w.act(22*day+time.Duration(i)*time.Minute, casefile.RejectAppeal, casefile.Act{By: by, Text: "Non."}))
	}
	under := w.at(23 * day)
	w.run()
	if first.err != nil || first.done.More != 1 {
		t.Errorf("the first of two: %v, %d more", first.err, first.done.More)
	}
	for i, got := range refused {
		if by := impostors[i%len(impostors)]; got.err == nil || !strings.Contains(got.err.Error(), "agent inconnu") {
			t.Errorf("%q acts: stage %q, %v", by, got.done.Stage, got.err)
		}
	}
	if after.Stage != casefile.UnderReview || len(after.Approvals) != 1 || under.Stage != casefile.UnderAppeal {
		t.Errorf("after the impostors %s with %d approvals; under appeal %s", after.Stage, len(after.Approvals), under.Stage)
	}
}

// TestAStrangerIsTurnedAwayWhileTheCaseIsBusy: what an act may do is judged when its turn comes; who asks, at the door.
func TestAStrangerIsTurnedAwayWhileTheCaseIsBusy(t *testing.T) {
	w := newWorld(t)
	w.on(0, whole())
	w.on(day, signature)
	got := &answer{}
	asked := false
	w.echo = func(m letterOut) *mail {
		if m.name == casefile.CharterSignedMail && !asked { // the case is in the middle of a step
			asked = true
			w.env.RegisterDelayedCallback(func() { w.ask(casefile.Message, casefile.Act{By: "agent-99", Text: "Bonjour."}, got) }, 0)
		}
		return nil
	}
	w.act(3*day, casefile.Reject, casefile.Act{Grounds: []string{"territoire"}})
	w.run()
	if !asked || got.err == nil || !strings.Contains(got.err.Error(), "agent inconnu") {
		t.Errorf("asked %v, answered %v", asked, got.err)
	}
}

// TestWhoHasLeftActsNoMore: the officer's last day has passed; who takes a case over has to be there as well.
func TestWhoHasLeftActsNoMore(t *testing.T) {
	w := newWorld(t)
	a := authority.Example()
	a.Officers = append(a.Officers, authority.Officer{ID: "agent-03", Name: "Léa Roux", Capacity: "Gestionnaire", Email: "l@x.example", Until: "2020-09-18"})
	if err := a.Check(); err != nil {
		t.Fatal(err)
	}
	*w.acts.Writer.Authority = *a
	w.on(0, whole())
	w.on(day, signature)
	there := w.act(3*day, casefile.Message, casefile.Act{By: "agent-03", Text: "Bonjour."}) // the last day
	gone := w.act(4*day, casefile.Message, casefile.Act{By: "agent-03", Text: "Bonjour."})
	to := w.act(5*day, casefile.Assign, casefile.Act{Officer: "agent-03"})
	nobody := w.act(5*day, casefile.Assign, casefile.Act{Officer: "agent-02 "})
	w.act(6*day, casefile.Reject, casefile.Act{Grounds: []string{"territoire"}})
	w.run()
	if there.err != nil {
		t.Errorf("on the last day: %v", there.err)
	}
	for name, got := range map[string]*answer{"the day after": gone, "given a case": to, "written differently": nobody} {
		if got.err == nil || !strings.Contains(got.err.Error(), "agent") {
			t.Errorf("%s: %v", name, got.err)
		}
	}
}

// TestAnAmountIsOneOfMoney: attack 106, and an amount of nothing (100).
func TestAnAmountIsOneOfMoney(t *testing.T) {
	w := newWorld(t)
	w.on(0, whole())
	w.on(day, signature)
	refused := map[string]*answer{}
	for i, amount := range []string{"0", "-5", "1000000000000000000", "1.5", `"NaN"`, "-0", "0.0", "1e2", `"0"`, "99999999999999999999"} {
		refused[amount] = w.raw(2*day+time.Duration(i)*time.Minute, string(casefile.Approve), fmt.Sprint("n", i), `{"by":"agent-01","amount":`+amount+`}`)
	}
	blind := w.raw(3*day, string(casefile.Approve), "blind", `{"by":"agent-01"}`)
	all := w.raw(3*day+time.Hour, string(casefile.Approve), "all", `{"by":"agent-01","amount":144150}`)
	s := w.run()
	for amount, got := range refused {
		if got.err == nil {
			t.Errorf("%s cents are granted: %q", amount, got.done.Stage)
		}
	}
	if blind.err == nil || !strings.Contains(blind.err.Error(), "ce que vous avez lu") {
		t.Errorf("neither an amount nor what was seen: %v", blind.err)
	}
	if all.err != nil || s.Decision.Amount != 144150 {
		t.Errorf("the whole amount: %v, %d", all.err, s.Decision.Amount)
	}
}

// TestAKeyIsBoundToItsAct: attack 107. The same act under its key is done once; another under that key is refused.
func TestAKeyIsBoundToItsAct(t *testing.T) {
	w := newWorld(t)
	w.on(0, whole())
	w.on(day, signature)
	send := func(after time.Duration, kind casefile.ActKind, update, body string) *answer {
		return w.raw(after, string(kind), update, body)
	}
	first := send(2*day, casefile.Message, "u1", `{"id":"k","by":"agent-01","text":"Bonjour."}`)
	again := send(3*day, casefile.Message, "u2", `{"id":"k","by":"agent-01","text":"Bonjour."}`)
	other := send(4*day, casefile.Message, "u3", `{"id":"k","by":"agent-01","text":"Au revoir."}`)
	whom := send(4*day+time.Hour, casefile.Message, "u4", `{"id":"k","by":"agent-02","text":"Bonjour."}`)
	kind := send(5*day, casefile.Approve, "u5", `{"id":"k","by":"agent-01","amount":144150}`)
	w.act(6*day, casefile.Reject, casefile.Act{Grounds: []string{"territoire"}})
	s := w.run()
	messages := 0
	for _, m := range w.sent {
		if m.name == casefile.MessageMail {
			messages++
		}
	}
	if first.err != nil || first.done.Again || again.err != nil || !again.done.Again || messages != 1 {
		t.Errorf("first %v, again %v (%v), %d messages", first.err, again.err, again.done.Again, messages)
	}
	for name, got := range map[string]*answer{"another text": other, "another officer": whom, "another act": kind} {
		if got.err == nil || !strings.Contains(got.err.Error(), "a déjà servi") {
			t.Errorf("%s under the same key: stage %q, again %v, %v", name, got.done.Stage, got.done.Again, got.err)
		}
	}
	if s.Decision.Grant {
		t.Error("the key of a message has granted an aid")
	}
}

// TestASignalVouchesForNobody: a signal is judged by nobody, so that it cannot admit a mail in an officer's name.
func TestASignalVouchesForNobody(t *testing.T) {
	w := newWorld(t)
	w.on(0, whole())
	w.on(day, signature)
	pirate := w.put(mail{from: "pirate@x.example", text: "Je retire ma demande."}, received.Add(2*day))
	pirate.Vouched = "agent-01"
	w.env.RegisterDelayedCallback(func() { w.env.SignalWorkflow(contract.MailSignal, pirate) }, 2*day)
	after := w.at(3 * day)
	w.act(4*day, casefile.Reject, casefile.Act{Grounds: []string{"territoire"}})
	w.run()
	if after.Stage != casefile.UnderReview || len(after.Held) != 1 {
		t.Errorf("a stranger's mail by a signal: %s, %d held", after.Stage, len(after.Held))
	}
}

// TestWhoSignsHasTheDelegation: a prepared decision is signed by the signatory whose delegation covers it, by whatever door.
func TestWhoSignsHasTheDelegation(t *testing.T) {
	w := inBatches(t)
	w.act(2*day, casefile.Approve, casefile.Act{})
	refused := map[string]*answer{}
	for i, by := range []string{"signataire-02", "signataire-01 ", "Signataire-01", "agent-01", "agent-02", "moi"} {
		refused[by] = w.act(3*day+time.Duration(i)*time.Minute, casefile.SignDecision, casefile.Act{By: by})
	}
	signed := w.act(4*day, casefile.SignDecision, casefile.Act{By: "signataire-01"})
	w.run()
	for by, got := range refused {
		if got.err == nil {
			t.Errorf("%q signs", by)
		}
	}
	if signed.err != nil {
		t.Errorf("the signatory: %v", signed.err)
	}
}

// TestATopUpIsAnOfficers: the plan's door takes money for a line from an officer of the list alone (F22).
func TestATopUpIsAnOfficers(t *testing.T) {
	w := newWorld(t)
	var entered []ledger.Move
	w.env.OnActivity(w.acts.Post, mock.Anything, mock.Anything).Return(func(_ context.Context, p contract.Posting) (contract.Posted, error) {
		entered = append(entered, p.Moves...)
		return contract.Posted{Head: p.Head, Answers: make([]ledger.Answer, len(p.Moves))}, nil
	})
	refused := map[string]error{}
	send := func(id string, m ledger.Move) {
		w.env.UpdateWorkflow(contract.PlanMove, id, &testsuite.TestUpdateCallback{OnAccept: func() {}, OnReject: func(err error) { refused[id] = err },
			OnComplete: func(any, error) {}}, m)
	}
	w.env.RegisterDelayedCallback(func() {
		for _, by := range append([]string{""}, impostors...) {
			m := more("k", 100)
			m.By = by
			send("by "+by, m)
		}
		send("officer", more("k", 100))
		send("case", ledger.Move{Op: ledger.Commit, Key: reference})
		send("audit", ledger.Move{Op: ledger.TopUp, Key: "audit/1"}) // of nothing
	}, time.Minute)
	w.env.RegisterDelayedCallback(func() { w.env.SetContinueAsNewSuggested(true); w.env.SignalWorkflow("wake", nil) }, time.Hour)
	w.env.ExecuteWorkflow(contract.PlanWorkflow, contract.Head{Plan: "p"})
	if len(refused) != len(impostors)+1 || len(entered) != 3 {
		t.Errorf("%d of %d are refused, %d moves are entered", len(refused), len(impostors)+1, len(entered))
	}
	for id, err := range refused {
		if !strings.Contains(err.Error(), "agent") {
			t.Errorf("%s: %v", id, err)
		}
	}
}
