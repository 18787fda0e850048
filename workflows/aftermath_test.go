package workflows_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"relance/contract"
	"relance/domain/casefile"
	"relance/domain/ledger"
)

// machine is a machine's mail about one of ours: a delivery report or a receipt.
func machine(about, kind string, lines ...string) mail {
	original := "Message-ID: <" + strings.ToLower(reference) + "." + about + "@metropole.example>\r\n"
	from, media, second := "MAILER-DAEMON@mx.example", "delivery-status", "--B\r\nContent-Type: message/rfc822\r\n\r\n"+original+"\r\n"
	if kind == "disposition-notification" {
		from, media, second = jeanne, kind, ""
		lines = append(lines, "Original-"+strings.TrimSuffix(original, "\r\n"))
	}
	return mail{raw: []byte("From: " + from + "\r\nTo: aides@metropole.example\r\nSubject: Report\r\nMessage-ID: <" + about + kind + strings.Join(lines, "")[:7] + "@mx.example>\r\nContent-Type: multipart/report; report-type=" + media + "; boundary=B\r\n\r\n" +
		"--B\r\nContent-Type: message/" + media + "\r\n\r\n" + map[bool]string{true: "Reporting-MTA: dns;x\r\n\r\n"}[media == "delivery-status"] + strings.Join(lines, "\r\n") + "\r\n\r\n" + second + "--B--\r\n")}
}

func bounced(about string) mail {
	return machine(about, "delivery-status", "Status: 5.1.1", "Final-Recipient: rfc822;"+jeanne, "Action: failed")
}

func delayed(about string) mail {
	return machine(about, "delivery-status", "Status: 4.4.1", "Final-Recipient: rfc822;"+jeanne, "Action: delayed")
}

func read(about string) mail {
	return machine(about, "disposition-notification", "Disposition: manual-action/MDN-sent-manually; displayed")
}

// rejected is a case that was rejected on its fourth day: it fails the rule on staff.
func rejectedWorld(t *testing.T) *world {
	w := newWorld(t)
	w.on(0, mail{text: strings.Replace(fields, "Effectif : 3", "Effectif : 14", 1), files: whole().files})
	w.act(3*day, casefile.Reject, casefile.Act{Grounds: []string{"effectif"}})
	return w
}

// grantedWorld is a case that was granted on its third day.
func grantedWorld(t *testing.T) *world {
	w := newWorld(t)
	w.on(0, whole())
	w.on(day, signature)
	w.act(2*day, casefile.Approve, casefile.Act{})
	return w
}

// at looks at the case so long after it began.
func (w *world) at(after time.Duration) *casefile.State {
	s := &casefile.State{}
	w.env.RegisterDelayedCallback(func() { *s = w.query() }, after)
	return s
}

func signs(n casefile.Notification) string {
	var names []string
	for _, s := range n.Signs {
		names = append(names, s.What)
	}
	return strings.Join(names, " ")
}

// on2020 is a day, as an officer writes it.
func on2020(text string) time.Time {
	t, _ := time.ParseInLocation(time.DateOnly, text, casefile.Paris)
	return t
}

const appealText = "Bonjour,\n\nJe forme un recours gracieux contre votre décision.\n\nEffectif : 8 salariés\n\nJeanne Martin"

func TestNotificationIsTracked(t *testing.T) {
	w := grantedWorld(t)
	w.on(2*day+time.Hour, delayed("4.grant"))
	w.on(2*day+2*time.Hour, read("4.grant"))
	w.on(3*day, mail{text: "Merci beaucoup !", answer: "4.grant"})
	s := w.run()
	if got := signs(s.Decision.Notification); got != "accepted delayed read reply" || s.Decision.How != casefile.SignAccepted || s.Stage != casefile.Closed {
		t.Errorf("%s, notified by %q, %s", got, s.Decision.How, s.Stage)
	}
	wants := func(name string) bool {
		return strings.Contains(string(w.objects[casefile.Folder(reference)+"mail/out/"+name+".eml"]), "Disposition-Notification-To")
	}
	if !wants("004-grant") || wants("003-charter-signed") {
		t.Error("a receipt is asked for with the decision alone")
	}
}

func TestADecisionThatBouncedGoesAnotherWay(t *testing.T) {
	w := grantedWorld(t)
	w.on(3*day, bounced("4.grant"))
	before := w.at(4 * day)
	for name, a := range map[string]casefile.Act{"no way": {}, "no proof": {Way: "registered", Date: on2020("2020-10-01")}, "no date": {Way: "hand", Proof: "x"},
		"before the decision": {Way: "hand", Proof: "x", Date: on2020("2020-09-01")}, "not yet": {Way: "hand", Proof: "x", Date: on2020("2021-09-01")}} {
		if got := w.act(29*day, casefile.NotifyAct, a); true {
			defer func() {
				if got.err == nil {
					t.Errorf("%s: accepted", name)
				}
			}()
		}
	}
	settled := w.act(4*day+time.Hour, casefile.SettleConcern, casefile.Act{})
	still := w.at(5 * day)
	done := w.act(30*day, casefile.NotifyAct, casefile.Act{Way: "registered", Date: on2020("2020-10-01"), Proof: "1A 123 456 7890 1"})
	after := w.at(31 * day)
	s := w.run()
	// Notified on the 1st of October: two clear months end with the 2nd of December.
	w.expect("2020-09-15 acknowledgement", "2020-09-15 charter", "2020-09-16 charter-signed", "2020-09-17 grant", "2020-12-03 closing")
	if before.Decision.Reached() || !before.Deadline(casefile.AppealDeadline).At.IsZero() || !contains(before.Concerns, casefile.ConcernUndelivered) {
		t.Errorf("bounced: %+v %v", before.Decision, before.Deadlines)
	}
	if settled.err != nil || !contains(still.Concerns, casefile.ConcernUndelivered) {
		t.Error("a decision that nobody has been told of was settled by a word")
	}
	if done.err != nil || contains(after.Concerns, casefile.ConcernUndelivered) || after.Deadline(casefile.AppealDeadline).Why[0].Rule != casefile.RuleRegistered || signs(s.Decision.Notification) != "accepted bounced registered" {
		t.Errorf("%v %+v", done.err, after.Deadlines)
	}
}

func TestADecisionThatBouncedIsSentToAnotherAddress(t *testing.T) {
	w := grantedWorld(t)
	w.on(3*day, bounced("4.grant"))
	w.on(10*day, mail{from: "jeanne@nouvelle.example", text: "Mon adresse a changé."})
	nowhere := w.act(11*day, casefile.NotifyAct, casefile.Act{Way: "address"})
	w.env.RegisterDelayedCallback(func() {
		w.env.UpdateWorkflowNoRejection(string(casefile.NotifyAct), "n", t, casefile.Act{By: "agent-01", Way: "address", Mail: w.query().Held[0].Mail.SHA256[:10]})
	}, 12*day)
	w.on(20*day, mail{from: "jeanne@nouvelle.example", text: "Bien reçu, merci.", answer: "6.again"})
	w.dismisses(21 * day)
	s := w.run()
	again := w.sent[5]
	if again.name != "again" || again.to != "jeanne@nouvelle.example" || len(again.Attachments) != 1 || again.Attachments[0].SHA256 != s.Decision.Letter.SHA256 {
		t.Fatalf("%s to %s", again.name, again.to)
	}
	if nowhere.err == nil || s.Stage != casefile.Closed || s.Decision.Seq != 6 || casefile.Date(s.Decision.Notified).Format(time.DateOnly) != "2020-09-27" || signs(s.Decision.Notification) != "accepted bounced accepted reply" {
		t.Errorf("%s, %s", s.Stage, signs(s.Decision.Notification))
	}
	if last := w.sent[len(w.sent)-1]; last.name != "closing" || last.to != "jeanne@nouvelle.example" {
		t.Errorf("%s to %s", last.name, last.to)
	}
}

// TestASchemeThatWantsProof: the server's acceptance is not enough; a receipt that the applicant's domain vouches for is, and where none
// comes an officer is told.
func TestASchemeThatWantsProof(t *testing.T) {
	for name, c := range map[string]struct {
		mail    *mail
		how     casefile.Code
		concern bool
	}{
		"a receipt":          {ptr(read("4.grant")), casefile.SignRead, false},
		"a reply":            {&mail{text: "Merci !", answer: "4.grant"}, casefile.SignReply, false},
		"an unproven reply":  {&mail{text: "Merci !", answer: "4.grant", dmarc: "none"}, "", true},
		"a reply to another": {&mail{text: "Merci !", answer: "2.charter"}, "", true},
		"nothing":            {nil, "", true},
	} {
		w := newWorldOf(t, "fonds-rebond", load(t, "fonds-rebond.yaml", func(text string) string {
			return strings.Replace(text, "      appeal_months: 2", "      appeal_months: 2\n      proof: 8", 1)
		}))
		w.on(0, whole())
		w.on(day, signature)
		w.act(2*day, casefile.Approve, casefile.Act{})
		if c.mail != nil {
			w.on(5*day, *c.mail)
		}
		before, after := w.at(4*day), w.at(20*day)
		w.act(21*day, casefile.WithdrawAct, casefile.Act{})
		w.run()
		if before.Decision.Reached() || before.Deadline(casefile.ProofDeadline).At.IsZero() {
			t.Errorf("%s: notified before there was proof", name)
		}
		if after.Decision.How != c.how || after.Decision.Reached() == c.concern || contains(after.Concerns, casefile.ConcernUndelivered) != c.concern || after.Deadline(casefile.AppealDeadline).At.IsZero() != c.concern {
			t.Errorf("%s: notified by %q, concerns %v, deadlines %v", name, after.Decision.How, after.Concerns, after.Deadlines)
		}
	}
}

func ptr[T any](v T) *T { return &v }

// TestAGrantIsWithdrawn: the conditions were not kept, half of the aid is paid; its holder answers.
func TestAGrantIsWithdrawn(t *testing.T) {
	w := grantedWorld(t)
	w.act(3*day, casefile.RecordPayment, casefile.Act{Payment: "versement"})
	mute := w.act(20*day, casefile.ProposeWithdrawalAct, casefile.Act{Ground: "conditions"})
	odd := w.act(20*day, casefile.ProposeWithdrawalAct, casefile.Act{Ground: "humeur", Text: "x"})
	w.act(21*day, casefile.ProposeWithdrawalAct, casefile.Act{Ground: "conditions", Text: "Le local est fermé depuis le 1er octobre."})
	early := w.act(22*day, casefile.WithdrawGrant, casefile.Act{})
	w.on(25*day, mail{text: "Le local est fermé pour travaux."})
	heard := w.at(26 * day)
	w.act(27*day, casefile.WithdrawGrant, casefile.Act{Text: "Aucun permis de travaux n'a été déposé."})
	after := w.at(28 * day)
	s := w.run()
	w.expect("2020-09-15 acknowledgement", "2020-09-15 charter", "2020-09-16 charter-signed", "2020-09-17 grant", "2020-10-06 hearing", "2020-10-10 observations", "2020-10-12 withdrawal", "2020-12-15 closing")
	if mute.err == nil || odd.err == nil || early.err == nil || !strings.Contains(early.err.Error(), "21/10/2020") {
		t.Errorf("%v %v %v", mute.err, odd.err, early.err)
	}
	if heard.Stage != casefile.Hearing || len(heard.Withdrawal.Observations) != 1 || !contains(heard.Concerns, casefile.ConcernHearing) {
		t.Errorf("%s %+v", heard.Stage, heard.Withdrawal)
	}
	if after.Stage != casefile.Revoked || after.Owed() != 144150 || after.Amount() != 0 || len(after.Earlier) != 1 || after.KinStatus() != casefile.KinEnded {
		t.Errorf("%s owes %d, %+v", after.Stage, after.Owed(), after.Decision)
	}
	if f := w.rebond(); f.Paid != 144150 || s.Stage != casefile.Closed {
		t.Errorf("%+v %s", f, s.Stage)
	}
}

// TestAGrantIsReduced in an aid paid by instalments: what stays is paid, the rest goes back to the plan. Two officers agree.
func TestAGrantIsReduced(t *testing.T) {
	w := newWorldOf(t, "conciergeries", nil)
	w.on(0, mail{text: conciergerie, files: []string{"statuts.pdf", "budget.pdf", "engagement republicain.pdf", "rib.pdf"}})
	w.act(day, casefile.Approve, casefile.Act{})
	w.act(2*day, casefile.Approve, casefile.Act{By: "agent-02"})
	granted := w.at(3 * day)
	tooMuch := w.act(4*day, casefile.ProposeWithdrawalAct, casefile.Act{Ground: "conditions", Text: "Moins d'heures d'ouverture.", Amount: 999999999})
	w.act(5*day, casefile.ProposeWithdrawalAct, casefile.Act{Ground: "conditions", Text: "Moins d'heures d'ouverture.", Amount: 500000})
	w.act(20*day, casefile.WithdrawGrant, casefile.Act{})
	over := w.at(22 * day)
	first := w.act(23*day, casefile.WithdrawGrant, casefile.Act{})
	same := w.act(24*day, casefile.WithdrawGrant, casefile.Act{})
	last := w.act(25*day, casefile.WithdrawGrant, casefile.Act{By: "agent-02"})
	s := w.run()
	if tooMuch.err == nil || !contains(over.Concerns, casefile.ConcernHearing) || first.done.More != 1 || same.err == nil || last.err != nil || last.done.Stage != casefile.Granted {
		t.Errorf("%v %v %+v %v %+v", tooMuch.err, over.Concerns, first, same.err, last)
	}
	if granted.Decision.Amount <= 500000 || s.Stage != casefile.Closed || s.Decision.Amount != 500000 || s.Owed() != 0 || s.Promised() != 500000 || w.book.Lines["proximite/conciergeries"].Committed != 500000 {
		t.Errorf("%+v, %+v, %+v", s.Decision, s.Instalments, w.book.Lines["proximite/conciergeries"])
	}
}

func TestAnIllegalGrantIsWithdrawnWithinFourMonthsOnly(t *testing.T) {
	w := grantedWorld(t)
	proposal := casefile.Act{Ground: "illegal", Text: "La commune n'est pas membre de la métropole."}
	w.act(40*day, casefile.ProposeWithdrawalAct, proposal)
	w.act(41*day, casefile.DropWithdrawal, casefile.Act{Text: "Vérification faite, elle l'est."})
	w.act(60*day, casefile.ProposeWithdrawalAct, proposal)
	limit := w.at(61 * day)
	late := w.act(140*day, casefile.WithdrawGrant, casefile.Act{})
	w.act(141*day, casefile.DropWithdrawal, casefile.Act{})
	s := w.run()
	// Granted on the 17th of September: until the end of the 17th of January.
	if got := casefile.LastDay(limit.Deadline(casefile.LimitDeadline).At).Format(time.DateOnly); got != "2021-01-17" {
		t.Errorf("until %s", got)
	}
	if late.err == nil || !strings.Contains(late.err.Error(), "17/01/2021") || !strings.Contains(late.err.Error(), "17/09/2020") || s.Stage != casefile.Closed || !s.Decision.Grant || w.rebond().Committed != 144150 {
		t.Errorf("%v, %s", late.err, s.Stage)
	}
}

// TestAClosedCaseIsWokenToWithdrawItsGrant two years later, for conditions that were not kept; for illegality it is too late.
func TestAClosedCaseIsWokenToWithdrawItsGrant(t *testing.T) {
	before := grantedWorld(t)
	before.run()
	w := before.woken(730 * day)
	late := w.act(0, casefile.ProposeWithdrawalAct, casefile.Act{Ground: "illegal", Text: "x"})
	w.runFrom(casefile.Opening{Reference: reference, Resume: true})
	w = before.woken(730 * day)
	w.act(0, casefile.ProposeWithdrawalAct, casefile.Act{Ground: "fraud", Text: "Les quittances sont fausses."})
	w.on(day, bounced("6.hearing"))
	unheard := w.act(30*day, casefile.WithdrawGrant, casefile.Act{})
	w.act(31*day, casefile.NotifyAct, casefile.Act{Way: "registered", Proof: "1A", Date: received.Add(760 * day)})
	w.act(50*day, casefile.DropWithdrawal, casefile.Act{})
	s := w.runFrom(casefile.Opening{Reference: reference, Resume: true})
	w.expect("2022-09-15 hearing", "2022-11-04 withdrawal-dropped")
	if late.err == nil || !strings.Contains(late.err.Error(), "quatre mois") || unheard.err == nil || !strings.Contains(unheard.err.Error(), "atteint") || s.Stage != casefile.Closed || s.Withdrawal.Outcome != casefile.WithdrawalDropped {
		t.Errorf("%v %v %s", late.err, unheard.err, s.Stage)
	}
	w = before.woken(730 * day)
	w.act(0, casefile.ProposeWithdrawalAct, casefile.Act{Ground: "conditions", Text: "Local cédé."})
	w.act(5*day, casefile.RecordObservations, casefile.Act{Way: "oral", Date: received.Add(734 * day)})
	w.act(6*day, casefile.WithdrawGrant, casefile.Act{})
	w.on(20*day, mail{text: "Je conteste cette décision."})
	w.act(21*day, casefile.RejectAppeal, casefile.Act{By: "agent-02", Text: "Les conditions n'étaient plus remplies."})
	s = w.runFrom(casefile.Opening{Reference: reference, Resume: true})
	if s.Stage != casefile.Closed || !s.Decision.Revokes || len(s.Earlier) != 2 || w.rebond().Committed != 0 {
		t.Errorf("%s %+v %+v", s.Stage, s.Decision, w.rebond())
	}
	if names := fmt.Sprint(w.stages(s)); !strings.HasSuffix(names, "closed hearing revoked under_appeal revoked closed]") {
		t.Errorf("%s", names)
	}
}

func (w *world) stages(s casefile.State) []string {
	var list []string
	for _, e := range w.journal(s) {
		if e.What == "stage" {
			list = append(list, e.On)
		}
	}
	return list
}

// TestANewRunInTheMiddle: Temporal asks for a new run while an appeal is looked at, and while the holder of an aid is heard.
func TestANewRunInTheMiddle(t *testing.T) {
	for name, c := range map[string]struct {
		begin func() *world
		then  func(*world)
		end   func(casefile.State) bool
	}{
		"appeal": {func() *world {
			w := rejectedWorld(t)
			w.on(20*day, mail{text: appealText})
			return w
		}, func(w *world) {
			w.act(5*day, casefile.RejectAppeal, casefile.Act{By: "agent-01", Text: "Non."}) // refused: took part
			w.act(6*day, casefile.GrantAppeal, casefile.Act{By: "agent-02"})
			w.on(7*day, signature)
		}, func(s casefile.State) bool { return s.Decision.Grant && len(s.Earlier) == 1 && len(s.Appeals) == 1 }},
		"hearing": {func() *world {
			w := grantedWorld(t)
			w.act(20*day, casefile.ProposeWithdrawalAct, casefile.Act{Ground: "conditions", Text: "Local fermé."})
			return w
		}, func(w *world) {
			w.act(day, casefile.WithdrawGrant, casefile.Act{}) // refused: too early
			w.act(20*day, casefile.WithdrawGrant, casefile.Act{})
		}, func(s casefile.State) bool { return s.Decision.Revokes && len(s.Earlier) == 1 }},
	} {
		w := c.begin()
		w.env.RegisterDelayedCallback(func() { w.env.SetContinueAsNewSuggested(true); w.env.SignalWorkflow("funds", ledger.Held) }, 21*day)
		w.env.ExecuteWorkflow(contract.ApplicationWorkflow, casefile.Opening{Reference: reference, Scheme: w.scheme})
		var next *workflow.ContinueAsNewError
		if err := w.env.GetWorkflowError(); !errors.As(err, &next) {
			t.Fatalf("%s: no new run: %v", name, err)
		}
		var in casefile.Opening
		if err := converter.GetDefaultDataConverter().FromPayloads(next.Input, &in); err != nil {
			t.Fatal(err)
		}
		second := w.woken(21 * day)
		c.then(second)
		if s := second.runFrom(in); s.Stage != casefile.Closed || !c.end(s) {
			t.Errorf("%s: %s, %+v", name, s.Stage, s.Decision)
		}
	}
}
