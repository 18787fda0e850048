package workflows

import (
	"slices"

	"go.temporal.io/sdk/workflow"

	"relance/contract"
	"relance/domain/casefile"
	"relance/domain/competition"
	"relance/domain/round"
)

// mailsADay is how many mails of one member are answered in one legal day.
const mailsADay = 20

// beginIfSettled lets the panel read as soon as nothing more is awaited: every candidate is complete or out, and the day has passed in
// which mails that were in time may still be delivered.
func (s *session) beginIfSettled(ctx workflow.Context) error {
	for _, d := range s.state.Deadlines {
		if d.Kind == round.GraceDeadline {
			return nil
		}
	}
	if !s.state.Settled() {
		return nil
	}
	return s.begin(ctx)
}

// begin takes the admissible candidates into the competition, shares them out and sends the dossiers. The others are left out: an officer
// decides on each.
func (s *session) begin(ctx workflow.Context) error {
	at := s.now(ctx)
	leftOut := s.state.Admit()
	s.state.Deadlines.Clear(round.GraceDeadline, round.AdmissionDeadline)
	s.state.Become(round.Scoring, at)
	s.state.ScoringFrom = at
	s.state.Deadlines.Set(casefile.Allotted(round.ScoreDeadline, at, casefile.RuleRequested, s.state.Terms.ScoringDays))
	s.state.Reminded = 0
	s.setReminder()
	if err := s.assign(ctx); err != nil {
		return err
	}
	var verdicts []round.Verdict
	for _, reference := range leftOut {
		verdicts = append(verdicts, round.Verdict{Reference: reference, Outcome: casefile.Outcome{Call: s.state.ID, Kind: casefile.OutcomeLeftOut, At: at}})
	}
	if err := s.tell(ctx, verdicts); err != nil {
		return err
	}
	return s.sessionIfScored(ctx)
}

// assign shares out what has no reader yet, and sends each member what is new.
func (s *session) assign(ctx workflow.Context) error {
	s.state.Assign()
	s.state.Note(s.now(ctx), casefile.Engine, round.EventAssigned, "", "")
	for _, m := range s.state.Terms.Members {
		if list := s.state.Unsent(m); len(list) > 0 {
			if err := s.send(ctx, round.Piece{Mail: round.DossierMail, Member: m, Candidates: list}); err != nil {
				return err
			}
		}
	}
	if s.fresh {
		return s.send(ctx)
	}
	return nil
}

func (s *session) setReminder() {
	days := s.state.Terms.Reminders
	if s.state.Reminded < len(days) {
		s.state.Deadlines.Set(casefile.Reminder(s.state.ScoringFrom, casefile.RuleRequested, days[s.state.Reminded]))
	}
}

// remind chases the scores that are missing, member by member.
func (s *session) remind(ctx workflow.Context) error {
	s.state.Reminded++
	s.setReminder()
	for _, m := range s.state.Terms.Members {
		var list []string
		for _, p := range s.state.Missing(m) {
			list = append(list, p.Candidate)
		}
		if len(list) > 0 {
			if err := s.send(ctx, round.Piece{Mail: round.ReminderMail, Member: m, Candidates: list}); err != nil {
				return err
			}
		}
	}
	return nil
}

// sessionIfScored puts the session before the committee once every score is there.
func (s *session) sessionIfScored(ctx workflow.Context) error {
	if s.state.Stage != round.Scoring || len(s.state.Missing("")) > 0 {
		return nil
	}
	return s.toSession(ctx)
}

func (s *session) toSession(ctx workflow.Context) error {
	s.state.Deadlines.Clear(round.ScoreDeadline, casefile.ReminderDeadline)
	s.state.Become(round.Session, s.now(ctx))
	s.state.Raise(round.ConcernSession)
	return s.send(ctx)
}

// onMail takes the scores and conflicts of a member's mail, and tells the member what was read and what was not.
func (s *session) onMail(ctx workflow.Context, m casefile.Mail) error {
	if slices.Contains(s.state.Seen, m.Identity) {
		return nil
	}
	if s.state.Seen = append(s.state.Seen, m.Identity); len(s.state.Seen) > 2000 {
		s.state.Seen = s.state.Seen[len(s.state.Seen)-2000:]
	}
	s.state.MailsIn++
	receipt := contract.PanelReceipt{Call: s.state.ID, Mail: m, Reads: map[string][]string{}}
	for _, member := range s.state.Terms.Members {
		receipt.Reads[member] = s.state.Of(member)
	}
	var r round.Reading
	if err := effect(ctx, "Lire un message du jury", do.ReadPanelMail, receipt, &r); err != nil {
		workflow.GetLogger(ctx).Error("a mail could not be read", "call", s.state.ID, "mail", m.Key, "error", err)
		r.From = round.Unreadable
	}
	at := s.now(ctx)
	s.fresh = true
	switch r.From {
	case round.FromMember:
		s.state.Note(at, "member:"+r.Member, round.EventMailMember, r.Member, m.Key)
		return s.takeScores(ctx, m, r)
	case round.FromUnproven:
		s.state.Raise(round.ConcernStranger)
		s.state.Note(at, casefile.Outside, round.EventMailUnproven, r.Member, m.Key)
		return s.answer(ctx, round.Piece{Mail: round.UnprovenMail, Member: r.Member, About: m.Ref})
	case round.FromMachine:
		s.state.Note(at, casefile.Outside, casefile.EventMailAuto, m.Key, "")
		return nil // nothing automatic is ever answered
	case round.FromBounce:
		s.state.Raise(round.ConcernUndelivered)
		s.state.Note(at, casefile.Outside, casefile.EventMailBounce, m.Key, "")
		return nil
	}
	s.state.Raise(round.ConcernStranger)
	s.state.Note(at, casefile.Outside, casefile.EventMailStranger, m.Key, "")
	return nil
}

func (s *session) takeScores(ctx workflow.Context, m casefile.Mail, r round.Reading) error {
	at := s.now(ctx)
	open := s.state.Stage == round.Scoring || s.state.Stage == round.Session
	var about []string
	for _, g := range r.Scores {
		p := competition.Pair{Candidate: g.Candidate, Member: r.Member}
		_, given := s.state.Scores(p)[g.Criterion]
		if !open || !slices.Contains(s.state.Pairs, p) || g.Old && given {
			continue
		}
		s.state.Score(p, g.Criterion, g.Score, round.Sheet{At: at, Mail: m.Ref})
		if !slices.Contains(about, g.Candidate) {
			about = append(about, g.Candidate)
		}
	}
	barred := false
	for _, reference := range r.Conflicts {
		if open && s.state.Bar(competition.Pair{Candidate: reference, Member: r.Member}, "member:"+r.Member, at) {
			barred = true
			about = slices.DeleteFunc(about, func(c string) bool { return c == reference })
		}
	}
	if barred {
		if err := s.assign(ctx); err != nil {
			return err
		}
	}
	if err := s.answer(ctx, round.Piece{Mail: round.ReceivedMail, Member: r.Member, Candidates: about, About: m.Ref}); err != nil {
		return err
	}
	return s.sessionIfScored(ctx)
}

// answer answers a member, unless so many mails were answered today that two machines may be talking.
func (s *session) answer(ctx workflow.Context, piece round.Piece) error {
	n, today := 0, casefile.Date(s.now(ctx))
	for _, e := range s.state.Journal {
		if (e.What == round.EventMailMember || e.What == round.EventMailUnproven) && e.On == piece.Member && casefile.Date(e.At).Equal(today) {
			n++
		}
	}
	if n > mailsADay {
		return s.send(ctx)
	}
	return s.send(ctx, piece)
}

// onAct carries out an officer's action.
func (s *session) onAct(ctx workflow.Context, a *callAct) error {
	if err := s.state.May(a.kind, a.Act); err != nil {
		a.refuse(err)
		return nil
	}
	if s.state.Acts.Has(a.ID) {
		a.done.Again = true
		return nil
	}
	at, who := s.now(ctx), casefile.OfficerName(a.By)
	p := competition.Pair{Candidate: a.Candidate, Member: a.Member}
	var err error
	switch a.kind {
	case round.ScoreAct:
		for _, k := range s.state.Terms.Rules.Criteria {
			if score, given := a.Scores[k.ID]; given {
				s.state.Score(p, k.ID, score, round.Sheet{At: at, By: a.By})
			}
		}
		s.state.Note(at, who, round.EventScore, a.Candidate, a.Member)
		if err = s.send(ctx); err == nil {
			err = s.sessionIfScored(ctx)
		}
	case round.ConflictAct:
		s.state.Bar(p, who, at)
		if s.fresh = true; s.state.Stage == round.Scoring || s.state.Stage == round.Session {
			err = s.assign(ctx)
		}
	case round.TakeAct:
		c := s.state.Candidate(a.Candidate)
		c.Admitted, c.Taken = true, a.By
		s.state.Note(at, who, round.EventTaken, a.Candidate, "")
		s.state.Settle(round.ConcernLate)
		err = s.assign(ctx)
	case round.BeginAct:
		s.state.Note(at, who, round.EventBegun, "", "")
		err = s.begin(ctx)
	case round.CloseAct:
		return s.decide(ctx, a)
	}
	a.done.Missing = len(s.state.Missing(""))
	return err
}

// decide closes the session in the committee's name: the ranking is frozen, the awards go down it within the envelope and within what the
// plan still holds, the minutes are written, and every candidate is told on the same day.
func (s *session) decide(ctx workflow.Context, a *callAct) error {
	at := s.now(ctx)
	s.state.Approvals = append(s.state.Approvals, casefile.Approval{By: a.By, Text: a.Text, At: at})
	if more := s.state.Terms.Approvals - len(s.state.Approvals); more > 0 {
		s.state.Note(at, casefile.OfficerName(a.By), round.EventClosedFirst, "", "")
		s.state.Acts.Add(a.ID, a.Sum(a.kind))
		a.done.More = more
		s.concludeEarly(ctx)
		return s.send(ctx)
	}
	var funds int64
	if err := effect(ctx, "Lire les crédits du plan", do.CallFunds, s.state.Terms.Lines, &funds); err != nil {
		return err
	}
	missing := len(s.state.Missing(""))
	s.state.Deadlines.Clear(round.ScoreDeadline, casefile.ReminderDeadline)
	verdicts := s.state.Decide(a.By, funds, at)
	s.state.Note(at, casefile.OfficerName(a.By), round.EventClosed, "", "")
	s.state.Become(round.Decided, at)
	s.state.Settle(round.ConcernSession, round.ConcernMissing, round.ConcernShortage, round.ConcernLate)
	s.state.Acts.Add(a.ID, a.Sum(a.kind))
	if err := s.sendWith(ctx, &round.Minutes{Present: a.Present, Text: a.Text}); err != nil {
		return err
	}
	if err := s.tell(ctx, verdicts); err != nil {
		return err
	}
	awarded := 0
	for _, v := range verdicts {
		if v.Outcome.Kind == casefile.OutcomeAward {
			awarded++
		}
	}
	a.done.Awarded, a.done.Cents, a.done.Reserve, a.done.Missing = awarded, s.state.Awarded(), len(s.state.Waiting()), missing
	s.concludeEarly(ctx)
	for _, m := range s.state.Terms.Members {
		if err := s.send(ctx, round.Piece{Mail: round.MinutesMail, Member: m}); err != nil {
			return err
		}
	}
	return s.closeIfOver(ctx)
}
