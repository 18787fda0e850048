package workflows_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"go.temporal.io/sdk/temporal"

	"relance/contract"
	"relance/domain/casefile"
	"relance/domain/round"
)

// sabotage lets every letter fail for good from a moment on: what is stored cannot be understood.
func (w *world) sabotage(after time.Duration) {
	broken := false
	w.env.RegisterDelayedCallback(func() { broken = true }, after)
	w.env.OnActivity(w.acts.Correspond, mock.Anything, mock.Anything).Return(func(ctx context.Context, in casefile.Correspondence) (casefile.Sent, error) {
		if broken {
			return casefile.Sent{}, temporal.NewNonRetryableApplicationError("the case cannot be read", contract.FailBroken, nil)
		}
		return w.acts.Correspond(ctx, in)
	}).Maybe()
}

// TestWhoeverActsIsToldDoneOnlyWhereTheWorkIsDone: the work of each act fails; nobody is told that it is done.
func TestWhoeverActsIsToldDoneOnlyWhereTheWorkIsDone(t *testing.T) {
	const at = 40 * day
	heard := func(t *testing.T) *world {
		w := grantedWorld(t)
		w.act(30*day, casefile.ProposeWithdrawalAct, casefile.Act{Ground: "conditions", Text: "Fermé."})
		return w
	}
	appealed := func(t *testing.T) *world {
		w := rejectedWorld(t)
		w.on(20*day, mail{text: appealText})
		return w
	}
	reviewed := func(t *testing.T) *world {
		w := newWorld(t)
		w.on(0, whole())
		w.on(day, signature)
		return w
	}
	with := func(make func(t *testing.T) *world, more func(w *world)) func(t *testing.T) *world {
		return func(t *testing.T) *world {
			w := make(t)
			more(w)
			return w
		}
	}
	doubted := with(newWorld, func(w *world) {
		w.on(0, whole())
		w.on(day, mail{from: "associe@ailleurs.example", text: signature.text})
	})
	late := func(t *testing.T) *world {
		w, _ := competitor(t, received)
		return w
	}
	for name, c := range map[string]struct {
		world func(t *testing.T) *world
		at    time.Duration
		kind  casefile.ActKind
		act   casefile.Act
	}{
		"message":            {reviewed, at, casefile.Message, casefile.Act{Text: "Bonjour."}},
		"withdraw":           {reviewed, at, casefile.WithdrawAct, casefile.Act{}},
		"reexamine":          {reviewed, at, casefile.Reexamine, casefile.Act{}},
		"request":            {reviewed, at, casefile.RequestAct, casefile.Act{Documents: []string{"bail"}}},
		"approve":            {reviewed, at, casefile.Approve, casefile.Act{}},
		"reject":             {reviewed, at, casefile.Reject, casefile.Act{Grounds: []string{"effectif"}}},
		"bank":               {with(reviewed, func(w *world) { w.on(2*day, mail{text: newIBAN}) }), at, casefile.AcceptBank, casefile.Act{Account: asSeen}},
		"signature":          {doubted, 3 * day, casefile.RefuseSignature, casefile.Act{Text: "Non."}},
		"signature accepted": {doubted, 3 * day, casefile.AcceptSignature, casefile.Act{}},
		"notify":             {with(grantedWorld, func(w *world) { w.on(3*day, bounced("4.grant")) }), at, casefile.NotifyAct, casefile.Act{Way: "registered", Date: on2020("2020-10-01"), Proof: "1A"}},
		"appeal received":    {rejectedWorld, at, casefile.ReceiveAppealAct, casefile.Act{Way: "paper", Date: on2020("2020-10-10")}},
		"appeal rejected":    {appealed, at, casefile.RejectAppeal, casefile.Act{By: "agent-02", Text: "Non."}},
		"appeal granted":     {appealed, at, casefile.GrantAppeal, casefile.Act{By: "agent-02"}},
		"withdrawal":         {grantedWorld, at, casefile.ProposeWithdrawalAct, casefile.Act{Ground: "conditions", Text: "Fermé."}},
		"observations":       {heard, at, casefile.RecordObservations, casefile.Act{Way: "oral", Date: on2020("2020-10-20")}},
		"dropped":            {heard, at, casefile.DropWithdrawal, casefile.Act{}},
		"sent back":          {with(inBatches, func(w *world) { w.act(2*day, casefile.Approve, casefile.Act{}) }), at, casefile.ReturnDecision, casefile.Act{By: "signataire-01"}},
		"signed":             {with(inBatches, func(w *world) { w.act(2*day, casefile.Approve, casefile.Act{}) }), at, casefile.SignDecision, casefile.Act{By: "signataire-01"}},
		"late":               {late, 3 * day, casefile.AdmitLate, casefile.Act{Text: "panne de notre serveur"}},
		"reasons":            {reviewed, 75 * day, casefile.GiveReasons, casefile.Act{Grounds: []string{"effectif"}}},
		"dismiss":            {with(reviewed, func(w *world) { w.on(2*day, mail{from: "pirate@x.example", text: "Je retire ma demande."}) }), at, casefile.DismissMail, casefile.Act{Mail: "?"}},
		"admit":              {with(reviewed, func(w *world) { w.on(2*day, mail{from: "pirate@x.example", text: "Bonjour ?"}) }), at, casefile.AdmitMail, casefile.Act{Mail: "?"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := c.world(t)
			w.sabotage(c.at - time.Minute)
			got := &answer{}
			w.env.RegisterDelayedCallback(func() {
				if c.act.Mail == "?" {
					c.act.Mail = w.query().Held[0].Mail.SHA256
				}
				if c.act.By == "" {
					c.act.By = "agent-01"
				}
				w.ask(c.kind, c.act, got)
			}, c.at)
			w.env.ExecuteWorkflow(contract.ApplicationWorkflow, casefile.Opening{Reference: reference, Scheme: w.scheme})
			if w.env.GetWorkflowError() == nil {
				t.Fatal("the work did not fail: the act was not carried out")
			}
			if !got.said || got.err == nil || !strings.Contains(got.err.Error(), "menée à terme") {
				t.Errorf("told %v, answered with stage %q and %v; it was not done", got.said, got.done.Stage, got.err)
			}
		})
	}
}

// TestTheSessionTellsDoneOnlyWhereTheWorkIsDone: the minutes cannot be written.
func TestTheSessionTellsDoneOnlyWhereTheWorkIsDone(t *testing.T) {
	c := newContest(t, nil)
	for i := range 4 {
		c.candidate(0, i+1, casefile.CandidateAdmissible, 5_000_00)
	}
	c.scoresAll(13*day, "")
	broken := false
	c.env.RegisterDelayedCallback(func() { broken = true }, 14*day-time.Minute)
	c.env.OnActivity(c.acts.CorrespondCall, mock.Anything, mock.Anything).Return(func(ctx context.Context, in round.Correspondence) (round.Sent, error) {
		if broken && len(in.Pieces) > 0 {
			return round.Sent{}, temporal.NewNonRetryableApplicationError("the session cannot be read", contract.FailBroken, nil)
		}
		return c.acts.CorrespondCall(ctx, in)
	}).Maybe()
	closing := c.officer(14*day, round.CloseAct, round.Act{})
	c.env.ExecuteWorkflow(contract.CallWorkflow, round.Opening{ID: sessionID, Scheme: c.scheme.ID, Session: "1"})
	if c.env.GetWorkflowError() == nil {
		t.Fatal("the minutes were sent all the same")
	}
	if closing.err == nil || closing.done.ID != "" {
		t.Errorf("answered with %q, %v; the minutes did not go", closing.done.Stage, closing.err)
	}
}

// TestAnActOnASessionIsJudgedWhenItsTurnComes: a candidate is completed while the panel is sent its dossiers; an officer who takes it in the
// same moment is not told that it is incomplete, which it no longer is.
func TestAnActOnASessionIsJudgedWhenItsTurnComes(t *testing.T) {
	c := newContest(t, nil)
	for i := range 3 {
		c.candidate(0, i+1, casefile.CandidateAdmissible, 5_000_00)
	}
	c.candidate(0, 4, casefile.CandidateOpen, 5_000_00)
	var take *struct {
		done round.Done
		err  error
	}
	c.env.OnActivity(c.acts.CorrespondCall, mock.Anything, mock.Anything).Return(func(ctx context.Context, in round.Correspondence) (round.Sent, error) {
		if take == nil && len(in.Pieces) > 0 && in.Pieces[0].Mail == round.DossierMail { // the session is in the middle of sending
			c.candidate(0, 4, casefile.CandidateAdmissible, 5_000_00)
			take = c.officer(0, round.TakeAct, round.Act{Candidate: candidate(4), Text: "pièce égarée par le service"})
		}
		return c.acts.CorrespondCall(ctx, in)
	}).Maybe()
	c.scoresAll(25*day, "")
	c.officer(28*day, round.CloseAct, round.Act{})
	s := c.runCall()
	if take == nil {
		t.Fatal("the panel was sent nothing")
	}
	if take.err != nil {
		t.Errorf("refused, though the candidate was complete by then: %v", take.err)
	}
	if s.Awarded() != 20_000_00 {
		t.Errorf("awarded %d; the fourth competes", s.Awarded())
	}
}
