package workflows_test

import (
	"errors"
	"testing"
	"time"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"relance/contract"
	"relance/domain/casefile"
)

// A long case goes on in a new run: the journal goes on with it, without a gap, and the state that is handed over is the same size as ever.
func TestTheJournalGoesOnInTheNextRun(t *testing.T) {
	first := newWorld(t)
	first.on(0, whole())
	for i := range 30 { // a correspondent who writes much
		first.on(day+time.Duration(i)*10*time.Minute, mail{text: "Avez-vous bien reçu mon dossier ?"})
	}
	first.env.RegisterDelayedCallback(func() { first.env.SetContinueAsNewSuggested(true) }, 2*day)
	first.on(2*day+day/2, mail{text: "Bonjour, merci."})
	first.env.ExecuteWorkflow(contract.ApplicationWorkflow, casefile.Opening{Reference: reference, Scheme: first.scheme})
	var again *workflow.ContinueAsNewError
	if err := first.env.GetWorkflowError(); !errors.As(err, &again) {
		t.Fatalf("it did not go on in a new run: %v", err)
	}
	var next casefile.Opening
	if err := converter.GetDefaultDataConverter().FromPayloads(again.Input, &next); err != nil {
		t.Fatal(err)
	}
	if n := next.State.Chain.Length; n < 60 || len(next.State.Journal) > 40 || len(next.State.Unstored()) != 0 {
		t.Errorf("%d entries in all, %d handed over, %d not stored", n, len(next.State.Journal), len(next.State.Unstored()))
	}
	second := newWorld(t)
	second.objects, second.mails, second.sent = first.objects, 50, first.sent
	second.on(day, signature)
	second.act(10*day, casefile.Approve, casefile.Act{})
	s := second.runFrom(next) // and verifies the folder
	if s.Stage != casefile.Closed || s.Chain.Length <= next.State.Chain.Length || s.Stored != s.Chain {
		t.Errorf("%s, chain %+v after %+v", s.Stage, s.Chain, next.State.Chain)
	}
	if entries := second.journal(s); entries[0].Seq != 1 || entries[len(entries)-1].Seq != s.Chain.Length {
		t.Errorf("from %d to %d", entries[0].Seq, entries[len(entries)-1].Seq)
	}
}
