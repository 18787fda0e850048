package workflows

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"relance/contract"
	"relance/domain/casefile"
	"relance/domain/competition"
	"relance/domain/money"
	"relance/domain/round"
	"relance/letters/texts"
)

// session is a session of a call for projects while its workflow runs.
type session struct {
	*Procedure
	queue[callEvent]
	state round.State
	fresh bool // something is not stored yet
	shown shownCall
}

// callEvent is the next thing that happens to a session.
type callEvent struct {
	heard    *round.Heard
	mail     *casefile.Mail
	act      *callAct
	deadline casefile.Deadline
}

// callAct is an officer's action under way.
type callAct struct {
	round.Act
	*request[round.ActKind, round.Done]
}

// shownCall is what the search attributes say.
type shownCall struct {
	stage    round.Stage
	deadline time.Time
	waits    bool
}

// Call carries a session of a call from its first application to the end of its reserve list. Its cases have workflows of their own:
// they tell it how they stand, and it tells them what the committee has decided.
func (p *Procedure) Call(ctx workflow.Context, in round.Opening) error {
	s := &session{Procedure: p}
	if err := s.open(ctx, in); err != nil {
		return err
	}
	for s.state.Stage != round.Closed || len(s.pending) > 0 || !workflow.AllHandlersFinished(ctx) {
		if workflow.GetInfo(ctx).GetContinueAsNewSuggested() && len(s.pending) == 0 && workflow.AllHandlersFinished(ctx) {
			in.State = &s.state
			return workflow.NewContinueAsNewError(ctx, contract.CallWorkflow, in)
		}
		err := s.step(ctx)
		if s.conclude(err); err != nil {
			return err
		}
	}
	if s.fresh {
		return s.send(ctx)
	}
	return nil
}

// step is the procedure: a session waits for the next thing that happens, and acts on it.
func (s *session) step(ctx workflow.Context) error {
	e, err := s.wait(ctx)
	switch {
	case err != nil:
		return err
	case e.heard != nil:
		return s.hear(ctx, *e.heard)
	case e.mail != nil:
		return s.onMail(ctx, *e.mail)
	case e.act != nil:
		return s.onAct(ctx, e.act)
	}
	return s.onDeadline(ctx, e.deadline)
}

func (s *session) open(ctx workflow.Context, in round.Opening) error {
	if err := s.listen(ctx); err != nil {
		return err
	}
	if in.State != nil {
		s.state = *in.State
	} else if err := effect(ctx, "Ouvrir la session", do.OpenCall, in, &s.state); err != nil {
		return err
	}
	if s.state.Stage == round.Collecting && len(s.state.Deadlines) == 0 {
		s.state.Deadlines.Set(casefile.Deadline{Kind: round.CloseDeadline, At: s.state.Terms.Closes})
	}
	s.ready = true
	return nil
}

func (s *session) listen(ctx workflow.Context) error {
	if err := workflow.SetQueryHandlerWithOptions(ctx, contract.CallQuery, func() (round.State, error) { return s.state, nil },
		workflow.QueryHandlerOptions{Description: "L'état complet de la session"}); err != nil {
		return err
	}
	for _, row := range round.ActTable {
		if err := updates(ctx, &s.queue, s.offer(row.Kind, row.Help)); err != nil {
			return err
		}
	}
	signals(ctx, &s.queue, contract.CallHeard, func(h round.Heard) callEvent { return callEvent{heard: &h} })
	signals(ctx, &s.queue, contract.CallMail, func(m casefile.Mail) callEvent { return callEvent{mail: &m} })
	return nil
}

// offer lets officers do an act of the table.
func (s *session) offer(kind round.ActKind, help string) offer[round.ActKind, round.Act, round.Done, callEvent] {
	return offer[round.ActKind, round.Act, round.Done, callEvent]{kind: kind, help: help,
		who: func(ctx workflow.Context, a round.Act) error {
			return s.known(casefile.RoleOfficer, a.By, s.now(ctx))
		},
		judge: func(_ workflow.Context, a round.Act) error { return s.state.May(kind, a) },
		event: func(ctx workflow.Context, a round.Act, r *request[round.ActKind, round.Done]) callEvent {
			if a.ID == "" {
				a.ID = workflow.GetCurrentUpdateInfo(ctx).ID
			}
			sum := a.Sum(kind)
			r.finish = func() { s.finish(a.ID, sum, &r.done) }
			return callEvent{act: &callAct{a, r}}
		}}
}

// finish remembers an act that was done, and completes what is answered.
func (s *session) finish(id, sum string, d *round.Done) {
	if !d.Again && !s.state.Acts.Has(id) {
		s.state.Acts.Add(id, sum)
		s.fresh = true
	}
	d.ID, d.Stage = s.state.ID, s.state.Stage
}

// now is the legal time.
func (s *session) now(ctx workflow.Context) time.Time {
	return s.state.Clock.Legal(workflow.Now(ctx)).UTC()
}

// wait gives the oldest thing that has come, else the first deadline that is reached.
func (s *session) wait(ctx workflow.Context) (callEvent, error) {
	s.show(ctx)
	something := func() bool {
		return len(s.pending) > 0 || s.state.Stage == round.Closed && workflow.AllHandlersFinished(ctx)
	}
	if len(s.pending) == 0 {
		var a *alarm
		due, has := s.state.Deadlines.Next()
		if has {
			a = &alarm{s.state.Clock.Real(due.At).Sub(workflow.Now(ctx)), s.Labels.Deadline(due.Kind) + ", " + texts.Moment(due.At)}
		}
		came, err := s.await(ctx, a, something)
		switch {
		case err != nil:
			return callEvent{}, err
		case !came:
			s.state.Deadlines.Clear(due.Kind)
			return callEvent{deadline: due}, nil
		case len(s.pending) == 0: // the session is over
			return callEvent{}, nil
		}
	}
	e := s.take()
	if e.act != nil {
		s.acting = e.act
	}
	return e, nil
}

// hear takes in how a candidate stands.
func (s *session) hear(ctx workflow.Context, h round.Heard) error {
	fresh := s.state.Hear(h.Notice, h.Barred, s.now(ctx))
	s.fresh = true
	switch s.state.Stage {
	case round.Admission:
		return s.beginIfSettled(ctx)
	case round.Scoring, round.Session:
		c := s.state.Candidate(h.Notice.Reference)
		if c.Status == casefile.CandidateAdmissible && !c.Admitted {
			if !fresh || !c.Filed.Before(s.state.Terms.Closes) {
				s.state.Raise(round.ConcernLate)
				return nil
			}
			c.Admitted = true // sent in time and delivered late: the panel reads it like the others
			return s.assign(ctx)
		}
		return s.sessionIfScored(ctx)
	case round.Decided, round.Closed:
		return s.moveUp(ctx, h.Notice)
	}
	return nil
}

// moveUp gives the award of a candidate who no longer wants it to the reserve list.
func (s *session) moveUp(ctx workflow.Context, n casefile.Notice) error {
	if n.Status != casefile.CandidateGone && n.Status != casefile.CandidateRejected && n.Status != casefile.CandidateInadmissible || !s.state.GiveBack(n.Reference) {
		return s.closeIfOver(ctx)
	}
	at := s.now(ctx)
	s.state.Note(at, casefile.Engine, round.EventBack, n.Reference, "")
	if s.state.Stage == round.Closed {
		return nil
	}
	verdicts := s.state.MoveUp(at)
	if err := s.send(ctx); err != nil {
		return err
	}
	if err := s.tell(ctx, verdicts); err != nil {
		return err
	}
	return s.closeIfOver(ctx)
}

// closeIfOver ends a session that has nobody on its reserve list.
func (s *session) closeIfOver(ctx workflow.Context) error {
	if s.state.Stage != round.Decided || len(s.state.Waiting()) > 0 {
		return nil
	}
	s.state.Deadlines.Clear(casefile.ReserveDeadline)
	s.state.Become(round.Closed, s.now(ctx))
	return s.send(ctx)
}

// tell signals the cases what was decided on them, a hundred at a time.
func (s *session) tell(ctx workflow.Context, verdicts []round.Verdict) error {
	for chunk := range slices.Chunk(verdicts, 100) {
		futures := make([]workflow.Future, len(chunk))
		for i, v := range chunk {
			futures[i] = workflow.SignalExternalWorkflow(ctx, v.Reference, "", contract.OutcomeSignal, v.Outcome)
		}
		for i, f := range futures {
			if err := f.Get(ctx, nil); err != nil { // the case has ended meanwhile, and has told or will tell
				s.state.Note(s.now(ctx), casefile.Engine, casefile.EventOutcomeRefused, chunk[i].Reference, "")
			}
		}
	}
	return ctx.Err()
}

func (s *session) onDeadline(ctx workflow.Context, d casefile.Deadline) error {
	at := s.now(ctx)
	switch d.Kind {
	case round.CloseDeadline:
		s.state.Become(round.Admission, at)
		s.state.Deadlines.Set(casefile.Deadline{Kind: round.GraceDeadline, At: d.At.Add(casefile.LegalDay)})
		s.state.Deadlines.Set(casefile.Allotted(round.AdmissionDeadline, d.At, casefile.RuleCallClosed, s.state.Terms.AdmissionDays))
		return s.send(ctx)
	case round.GraceDeadline:
		return s.beginIfSettled(ctx)
	case round.AdmissionDeadline:
		return s.begin(ctx)
	case casefile.ReminderDeadline:
		return s.remind(ctx)
	case round.ScoreDeadline:
		if len(s.state.Missing("")) > 0 {
			s.state.Raise(round.ConcernMissing)
		}
		return s.toSession(ctx)
	case casefile.ReserveDeadline:
		s.state.Note(at, casefile.Engine, round.EventReserveEnd, "", "")
		verdicts := s.state.EndReserve(at)
		s.state.Become(round.Closed, at)
		if err := s.send(ctx); err != nil {
			return err
		}
		return s.tell(ctx, verdicts)
	}
	return nil
}

// send writes mails to the panel, and stores the session.
func (s *session) send(ctx workflow.Context, pieces ...round.Piece) error {
	return s.sendWith(ctx, nil, pieces...)
}

func (s *session) sendWith(ctx workflow.Context, minutes *round.Minutes, pieces ...round.Piece) error {
	at, summary := s.now(ctx), "Enregistrer la session"
	if minutes != nil {
		at = s.state.DecidedAt
	}
	for i := range pieces {
		pieces[i].Seq = s.state.MailsOut + i + 1
		summary = s.Labels.Call(s.Labels.Panel, pieces[i].Mail) + " : " + pieces[i].Member
	}
	var sent round.Sent
	if err := workflow.ExecuteActivity(patiently(ctx, summary), do.CorrespondCall, round.Correspondence{State: s.state, At: at, Pieces: pieces, Minutes: minutes}).Get(ctx, &sent); err != nil {
		return err
	}
	s.state.Account(sent, at)
	s.fresh = false
	return nil
}

// show brings the administrator's screen up to date.
func (s *session) show(ctx workflow.Context) {
	workflow.SetCurrentDetails(ctx, s.details())
	is := shownCall{stage: s.state.Stage, waits: len(s.state.Concerns) > 0}
	due, has := s.state.Deadlines.Next()
	if has {
		is.deadline = s.state.Clock.Real(due.At).UTC().Truncate(time.Second)
	}
	if is == s.shown {
		return
	}
	changes := []temporal.SearchAttributeUpdate{contract.StageAttribute.ValueSet(string(is.stage)), contract.SchemeAttribute.ValueSet(s.state.Scheme), contract.WaitsAttribute.ValueSet(is.waits), contract.DeadlineAttribute.ValueUnset()}
	if has {
		changes[len(changes)-1] = contract.DeadlineAttribute.ValueSet(is.deadline)
	}
	if err := workflow.UpsertTypedSearchAttributes(ctx, changes...); err != nil {
		workflow.GetLogger(ctx).Error("the search attributes could not be set", "call", s.state.ID, "error", err)
		return
	}
	s.shown = is
}

// details is the session as an administrator reads it in the Temporal UI.
func (s *session) details() string {
	var b strings.Builder
	say := func(label, text string) {
		if text != "" {
			b.WriteString(fmt.Sprintf("**%s** : %s\n\n", s.Labels.Details[label], text))
		}
	}
	l := s.Labels
	say("stage", l.Call(l.Calls, string(s.state.Stage)))
	awaited := l.Call(l.CallAwaited, string(s.state.Stage))
	if due, has := s.state.Deadlines.Next(); has {
		awaited += fmt.Sprintf(", %s %s (%s)", l.Details["until"], texts.Moment(due.At), l.Deadline(due.Kind))
	}
	say("awaited", awaited)
	var concerns []string
	for _, c := range s.state.Concerns {
		concerns = append(concerns, l.Call(l.CallConcerns, string(c)))
	}
	say("attention", strings.Join(concerns, ", "))
	if s.state.Ranking != nil {
		say("left", money.Cents(s.state.Left).Format())
	}
	b.WriteString("| | | | |\n|---|---|---|---|\n")
	for _, c := range s.state.Candidates {
		read := 0
		for _, p := range s.state.Pairs {
			if p.Candidate == c.Reference && s.state.Terms.Rules.Complete(sheetOf(&s.state, p)) {
				read++
			}
		}
		b.WriteString(fmt.Sprintf("| %s | %s | %s | %d/%d |\n", c.Reference, l.Call(l.Candidates, string(c.Status)), money.Cents(c.Cents).Format(), read, s.state.Terms.Readers))
	}
	return b.String()
}

func sheetOf(s *round.State, p competition.Pair) competition.Sheet {
	return competition.Sheet{Pair: p, Scores: s.Scores(p)}
}
