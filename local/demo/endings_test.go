package demo_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"relance/domain/casefile"
	"relance/local/run"
	"relance/mail/message"
	"relance/mail/outbox"
	"relance/office/desk"
)

// endings is the desk at which one officer takes cases to the ends that the demonstration does not show.
type endings struct {
	t    *testing.T
	l    *run.Local
	desk *desk.Desk
}

// act carries out an action, and wants the case to stand at a stage after it.
func (e endings) act(reference string, kind casefile.ActKind, a casefile.Act, want casefile.Stage) {
	e.t.Helper()
	if a.By == "" {
		a.By = "agent-01"
	}
	act := e.desk.Act
	if kind == casefile.Approve {
		act = e.desk.Decide
	}
	if _, err := act(e.t.Context(), reference, kind, a); err != nil {
		e.t.Fatalf("%s: %v", kind, err)
	}
	within(e.t, e.desk, reference, want, 30*time.Second)
}

// today is the legal time, as officers date what they enter.
func (e endings) today() time.Time { return e.l.Engine.Config.Clock().Legal(time.Now()) }

// TestEndings takes cases by mail and by officers' actions to the ends that are rare: silence, a withdrawn grant, a withdrawal that is dropped, an appeal that is
// rejected, documents that never come, an advance that goes on in a next run and is written off in the end.
func TestEndings(t *testing.T) {
	l := started(t, run.Options{QuickMail: true, Day: time.Second,
		Applicants: []string{"silence", "retrait", "maintien", "refus", "attente", "retour", "menuiserie"}})
	l.Run(t.Context())
	e := officers(t, l)
	silent := applyToRenovate(t, l, "silence", "FR76 2004 1010 0590 8301 6613 163")
	incomplete := applyToRenovate(t, l, "attente", "FR76 2004 1010 0582 4628 1948 261")
	e.act(incomplete, casefile.Assign, casefile.Act{Officer: "agent-02"}, casefile.UnderReview)
	e.act(incomplete, casefile.Reexamine, casefile.Act{}, casefile.UnderReview)
	e.act(incomplete, casefile.RequestAct, casefile.Act{Documents: []string{"devis"}}, casefile.Incomplete)
	e.reject(applyToRenovate(t, l, "refus", "FR76 2004 1010 0586 5797 5432 392"))
	e.withdraw(applyToRenovate(t, l, "retrait", "FR76 1027 8004 7439 5755 1313 796"))
	e.drop(applyToRenovate(t, l, "maintien", "FR76 3000 4163 7265 1676 1222 035"))
	e.giveBack(applyToRenovate(t, l, "retour", "FR76 3000 4008 1000 0012 3456 779"))
	e.writeOff(lend(t, l, e.desk))
	within(t, e.desk, incomplete, casefile.Expired, 90*time.Second)
	within(t, e.desk, silent, casefile.ImplicitlyRejected, 2*time.Minute)
	e.act(silent, casefile.GiveReasons, casefile.Act{Grounds: []string{"pieces-non-probantes"}}, casefile.ImplicitlyRejected)
	e.act(silent, casefile.ReceiveAppealAct, casefile.Act{Way: casefile.WayPaper, Date: e.today()}, casefile.UnderAppeal)
	e.act(silent, casefile.RejectAppeal, casefile.Act{By: "agent-02", Text: "Les pièces ne suffisent pas.", Grounds: []string{"pieces-non-probantes"}}, casefile.Rejected)
	keepHistories(t, l, "endings")
}

// reject rejects an application, and then the appeal that comes on paper.
func (e endings) reject(reference string) {
	e.t.Helper()
	e.act(reference, casefile.Message, casefile.Act{Text: "Nous examinons votre demande."}, casefile.UnderReview)
	e.act(reference, casefile.SettleConcern, casefile.Act{}, casefile.UnderReview)
	e.act(reference, casefile.Reject, casefile.Act{Grounds: []string{"pieces-non-probantes"}}, casefile.Rejected)
	e.act(reference, casefile.ReceiveAppealAct, casefile.Act{Way: casefile.WayRegistered, Date: e.today()}, casefile.UnderAppeal)
	e.act(reference, casefile.RejectAppeal, casefile.Act{By: "agent-02", Text: "Le devis n'est pas d'une entreprise reconnue."}, casefile.Rejected)
}

// withdraw grants, pays, and withdraws the grant after its holder was heard.
func (e endings) withdraw(reference string) {
	e.t.Helper()
	e.act(reference, casefile.Approve, casefile.Act{}, casefile.Granted)
	e.act(reference, casefile.RecordPayment, casefile.Act{Payment: "versement"}, casefile.Granted)
	e.act(reference, casefile.ProposeWithdrawalAct, casefile.Act{Ground: "conditions", Text: "Les travaux n'ont pas été faits."}, casefile.Hearing)
	e.act(reference, casefile.RecordObservations, casefile.Act{Way: casefile.WayOral, Date: e.today()}, casefile.Hearing)
	e.act(reference, casefile.WithdrawGrant, casefile.Act{Text: "Aucune facture n'a été produite."}, casefile.Revoked)
	s, err := e.desk.State(e.t.Context(), reference)
	if err != nil || s.Owed() != 375000 {
		e.t.Errorf("%d cents are to be paid back (%v)", s.Owed(), err)
	}
	e.act(reference, casefile.OpenRecovery, casefile.Act{Proof: "2020-T-1", Amount: 375000, Date: e.today().AddDate(0, 6, 0)}, casefile.Revoked)
	e.act(reference, casefile.RecordRecovered, casefile.Act{Proof: "VIR-1", Amount: 100000, Date: e.today()}, casefile.Revoked)
	e.act(reference, casefile.WriteOffRecovery, casefile.Act{Proof: "délibération 2021-12"}, casefile.Revoked)
}

// giveBack grants and pays an aid that its holder then gives up by mail: it stays granted until all of it is back.
func (e endings) giveBack(reference string) {
	e.t.Helper()
	e.act(reference, casefile.Approve, casefile.Act{}, casefile.Granted)
	e.act(reference, casefile.RecordPayment, casefile.Act{Payment: "versement"}, casefile.Granted)
	send(e.t, e.l, "retour", outbox.Mail{To: message.Address{Address: "aides@localhost"}, Subject: "Dossier " + reference, Text: "Je renonce à l'aide."})
	mailTo(e.t, e.l, "retour", "giving-up")
	s, err := e.desk.State(e.t.Context(), reference)
	if err != nil || s.Stage != casefile.Granted || s.KinStatus() != casefile.KinGranted {
		e.t.Fatalf("an aid that was paid was given up by mail: %s (%v)", s.Stage, err)
	}
	e.act(reference, casefile.OpenRecovery, casefile.Act{Proof: "2020-T-2", Amount: s.Paid(), Date: e.today().AddDate(0, 6, 0)}, casefile.Granted)
	e.act(reference, casefile.RecordRecovered, casefile.Act{Proof: "VIR-2", Amount: s.Paid(), Date: e.today()}, casefile.Withdrawn)
}

// drop lets a grant stand after a hearing; it is not paid, and its holder gives it up.
func (e endings) drop(reference string) {
	e.t.Helper()
	e.act(reference, casefile.Approve, casefile.Act{}, casefile.Granted)
	e.act(reference, casefile.ProposeWithdrawalAct, casefile.Act{Ground: "conditions", Text: "Le logement serait loué."}, casefile.Hearing)
	e.act(reference, casefile.DropWithdrawal, casefile.Act{Text: "Le logement est bien habité."}, casefile.Granted)
	e.act(reference, casefile.GiveUpPayment, casefile.Act{Payment: "versement", Text: "Les travaux sont abandonnés."}, casefile.Granted)
	e.act(reference, casefile.WithdrawAct, casefile.Act{}, casefile.Withdrawn)
}

// writeOff lets an advance be repaid in many small parts, so that it goes on in a next run, and then its debtor fail.
func (e endings) writeOff(reference string) {
	e.t.Helper()
	e.act(reference, casefile.RecordPayment, casefile.Act{Payment: "versement"}, casefile.InRepayment)
	bank := func(i int) *casefile.Bank { return &casefile.Bank{Key: fmt.Sprintf("VIR-%d", i), On: e.today()} }
	const parts = 32
	for i := range parts {
		e.act(reference, casefile.RecordRepayment, casefile.Act{Amount: 1000, Bank: bank(i)}, casefile.InRepayment)
	}
	e.act(reference, casefile.ReverseRepayment, casefile.Act{Bank: bank(parts - 1)}, casefile.InRepayment)
	e.act(reference, casefile.DeclareInsolvency, casefile.Act{Bank: bank(0)}, casefile.InRepayment)
	e.act(reference, casefile.DeclareClaim, casefile.Act{Bank: bank(0)}, casefile.InRepayment)
	e.act(reference, casefile.EndInsolvency, casefile.Act{Bank: bank(0)}, casefile.InRepayment)
	if _, err := e.desk.Act(e.t.Context(), reference, casefile.WriteOff, casefile.Act{By: "agent-01", Text: "Clôture pour insuffisance d'actif.", Bank: bank(0)}); err != nil {
		e.t.Fatal(err)
	}
	s, err := e.desk.State(e.t.Context(), reference)
	if err != nil || s.Advance.Book.Owed() != 0 {
		e.t.Errorf("%d cents are owed (%v)", s.Advance.Book.Owed(), err)
	}
	first, err := recorder(e.l).Fetch(e.t.Context(), reference, "")
	if err != nil || first.Events[0].GetWorkflowExecutionStartedEventAttributes().GetContinuedExecutionRunId() == "" {
		e.t.Errorf("it did not go on in a next run (%v)", err)
	}
}

// within waits for a stage.
func within(t *testing.T, d *desk.Desk, reference string, want casefile.Stage, most time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), most)
	defer cancel()
	for {
		s, err := d.State(ctx, reference)
		if err == nil && s.Stage == want {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%s is %s, not %s (%v)", reference, s.Stage, want, err)
		case <-time.After(100 * time.Millisecond):
		}
	}
}
