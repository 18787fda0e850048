// Package workflows is the procedure: what happens to an application from the first mail to the closed file, and to a budget
// envelope. It decides and does nothing itself: every side effect is an activity. It is deterministic.
//
// application.go reads from top to bottom like the procedure; each step has a file of its own.
package workflows

import (
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"relance/contract"
	"relance/domain/casefile"
	"relance/letters/texts"
	"relance/observe/telemetry"
)

// Procedure is what the workflows of one authority have in common.
type Procedure struct {
	Labels  *texts.Labels
	Console string // web address under which the archive's objects can be looked at; empty means no links
	People  People // who may act; nil: nobody, as where histories are replayed
}

// application is one case while its workflow runs.
type application struct {
	*Procedure
	queue[event]
	state  casefile.State
	woken  bool  // the case had ended before this run
	filing bool  // copies of mails are being kept
	shown  shown // what the administrator's screen says
	turns  int   // what has happened in this run of an advance's life

	arrived   time.Time // legal: when the mail that is dealt with came, where it took somebody to make sure who wrote it; zero: it counts from now
	idle      bool      // the mail that is dealt with changes nothing
	reading   time.Time // legal: when the mail that is dealt with was read; zero: none is, or it is of an older history
	readIn    int       // how long the history was when that workflow task began
	unsettled int       // how long the history was when this workflow task began, where something has happened in it that stands nowhere yet; see settled

	cause time.Time // legal: when the mail or the deadline that is dealt with came; zero: it is something else
	dated time.Time // the day of a committee's decision, while it is carried out; zero: today
}

// Application carries one application from its first mail to its end. It never fails on what people send or do.
func (p *Procedure) Application(ctx workflow.Context, in casefile.Opening) error {
	c := &application{Procedure: p, unsettled: -1}
	if err := c.open(ctx, in); err != nil {
		return err
	}
	for {
		for !c.state.Stage.Final() {
			if full, err := c.shouldStartNewRun(ctx); err != nil {
				return err
			} else if full {
				return workflow.NewContinueAsNewError(ctx, contract.ApplicationWorkflow, casefile.Opening{
					Reference: in.Reference, Scheme: in.Scheme, Clock: in.Clock, State: &c.state})
			}
			err := c.step(ctx)
			if c.conclude(err); err != nil {
				return err
			}
			if err := c.tellCall(ctx); err != nil {
				return err
			}
		}
		if err := c.end(ctx); err != nil || c.state.Stage.Final() {
			return err
		}
	}
}

// step is the procedure: what a case does at each stage is wait for the next thing that happens, and act on it.
func (c *application) step(ctx workflow.Context) error {
	switch c.state.Stage {
	case casefile.Received:
		return c.register(ctx)
	case casefile.Incomplete:
		return c.awaitMissing(ctx)
	case casefile.Complete:
		return c.goOn(ctx)
	case casefile.AwaitingCharter:
		return c.awaitCharter(ctx)
	case casefile.UnderReview:
		return c.awaitDecision(ctx)
	case casefile.Waitlisted:
		return c.awaitFunds(ctx)
	case casefile.OnReserve:
		return c.awaitReserve(ctx)
	case casefile.Granted, casefile.Rejected, casefile.ImplicitlyRejected, casefile.Revoked:
		return c.awaitEndOfAppeal(ctx)
	case casefile.InRepayment:
		return c.awaitRepayment(ctx)
	case casefile.UnderAppeal:
		return c.awaitAppealDecision(ctx)
	case casefile.Hearing:
		return c.awaitHearing(ctx)
	}
	return fmt.Errorf("no step for a case that is %s", c.state.Stage)
}

// open sets the case up: as a new one, as the next run of a long one, or as one that had ended and is written to again.
func (c *application) open(ctx workflow.Context, in casefile.Opening) error {
	if err := c.listen(ctx); err != nil { // first of all: what comes while the archive is read is not turned away
		return err
	}
	switch {
	case in.State != nil:
		c.state = *in.State
	case in.Resume:
		state, err := c.load(ctx, in.Reference)
		if err != nil {
			return err
		}
		if state == nil {
			return fmt.Errorf("case %s is not in the archive", in.Reference)
		}
		c.state, c.woken = *state, true
	default:
		c.state = casefile.State{Reference: in.Reference, Scheme: in.Scheme, Clock: in.Clock, Stage: casefile.Received}
		c.shown.stage = casefile.Received // as the starter has set it
	}
	c.ready = true
	c.fileCopies(ctx)
	return nil
}

// answeredFirst is a change: before it, a run that an officer's action had filled went on, since the officer was still being answered; a
// hundred repayments one after the other were all in one run.
const answeredFirst = "answer-before-next-run"

// shouldStartNewRun tells whether the history has grown enough to go on in a new run, and nothing is in the air.
func (c *application) shouldStartNewRun(ctx workflow.Context) (bool, error) {
	full := workflow.GetInfo(ctx).GetContinueAsNewSuggested() || c.turns >= turnsARun
	if !full || len(c.pending) > 0 {
		return false, nil
	}
	if workflow.GetVersion(ctx, answeredFirst, workflow.DefaultVersion, 1) == workflow.DefaultVersion {
		return workflow.AllHandlersFinished(ctx), nil
	}
	err := workflow.Await(ctx, func() bool { return len(c.pending) > 0 || workflow.AllHandlersFinished(ctx) })
	return len(c.pending) == 0, err
}

// now is the legal time: while a mail is dealt with in one workflow task, when it was read, so that what is done again after the loss of a worker is dated
// the same.
func (c *application) now(ctx workflow.Context) time.Time {
	if !c.reading.IsZero() && c.readIn == workflow.GetInfo(ctx).GetCurrentHistoryLength() {
		return c.reading
	}
	return c.state.Clock.Legal(workflow.Now(ctx)).UTC()
}

// become moves the case to another stage.
func (c *application) become(ctx workflow.Context, stage casefile.Stage) error {
	at, was, since := c.now(ctx), c.state.Stage, c.since()
	if err := c.state.Become(stage, at); err != nil {
		return err
	}
	// Not in the history, and silent while it is replayed.
	metrics := workflow.GetMetricsHandler(ctx)
	metrics.WithTags(map[string]string{"stage": string(stage)}).Counter(telemetry.StageEntries).Inc(1)
	if !since.IsZero() {
		metrics.WithTags(map[string]string{"stage": string(was)}).Timer(telemetry.StageTime).Record(at.Sub(since))
	}
	return nil
}

// since is when the case came into its stage (legal time); zero where the newest entries of its journal no longer tell.
func (c *application) since() time.Time {
	for _, e := range slices.Backward(c.state.Journal) {
		if e.What == casefile.EventStage {
			return e.At
		}
	}
	if c.state.Stage == casefile.Received {
		return c.state.Received
	}
	return time.Time{}
}

// end waits until everybody who spoke to the case has been heard, answers what comes after the end, and lets the
// workflow complete. A mail that comes later starts it again from the archive. An officer may open the case again.
func (c *application) end(ctx workflow.Context) error {
	c.state.Deadlines, c.busy = nil, false
	if c.woken { // for something that is on its way
		if _, err := workflow.AwaitWithTimeout(ctx, time.Minute, func() bool { return len(c.pending) > 0 }); err != nil {
			return err
		}
	}
	for {
		c.show(ctx)
		if len(c.pending) == 0 {
			if _, err := c.await(ctx, nil, func() bool { return len(c.pending) > 0 || workflow.AllHandlersFinished(ctx) && !c.filing }); err != nil {
				return err
			}
			if len(c.pending) == 0 {
				if len(c.state.Unstored()) > 0 {
					return c.send(ctx)
				}
				return nil
			}
		}
		e, err := c.next(ctx)
		if err != nil {
			return err
		}
		err = c.afterEnd(ctx, e)
		if c.conclude(err); err != nil || !c.state.Stage.Final() {
			return err
		}
	}
}

// afterEnd answers what comes when the case is over: it changes nothing, and an officer looks at it.
func (c *application) afterEnd(ctx workflow.Context, e event) error {
	if e.mail == nil {
		return nil
	}
	c.state.Raise(casefile.ConcernAfterEnd)
	if c.state.Stage == casefile.Closed && e.reading.Contests == casefile.ContestsClearly {
		c.note(ctx, casefile.Engine, casefile.EventAppealLate, e.mail.Key)
		c.state.Raise(casefile.ConcernAppeal)
		return c.answer(ctx, casefile.Piece{Mail: casefile.AppealLateMail})
	}
	return c.answer(ctx, casefile.Piece{Mail: casefile.LateMail})
}
