package correspondence

import (
	"slices"

	"relance/domain/authority"
	"relance/domain/casefile"
	"relance/letters/texts"
)

// aftermath gathers what texts may say of an appeal, a withdrawal or a letter that is sent again.
func (w *Writer) aftermath(view *View, r Request) {
	if view.Contest == nil && (r.State.Stage.Decided() || len(r.State.Appeals) > 0) {
		view.Contest = view.contest(r)
	}
	if view.Breach == nil && r.State.Withdrawal != nil {
		view.Breach = breach(r)
	}
	if view.Debt == nil && r.State.Gone() > 0 {
		view.Debt = debt(r.State)
	}
	view.Appealing = r.State.Appealing() != nil
	view.Written = w.Texts.Labels.Letters[letterOf(r.State, r.Piece.Again)]
}

// debt is what has left for the bank, and the last titre de recettes by which it is asked back.
func debt(s casefile.State) *Debt {
	d := &Debt{Received: s.Gone()}
	if n := len(s.Recoveries); n > 0 {
		r := s.Recoveries[n-1]
		d.Number, d.Cents, d.Left, d.Due, d.WrittenOff = r.Number, r.Cents, r.Left(), r.Due, r.WrittenOff != ""
	}
	return d
}

// before is the decision that an appeal or a withdrawal is about: the one in force, or the one that it has replaced; nil where that is an
// implicit one.
func before(s casefile.State, kind casefile.Code) *casefile.Decision {
	if s.Decision == nil || s.Decision.Kind != kind {
		return s.Decision
	}
	if n := len(s.Earlier); n > 0 {
		return &s.Earlier[n-1]
	}
	return nil
}

// contest is the last appeal; where there was none, what could be contested.
func (view *View) contest(r Request) *Contest {
	s := r.State
	var a casefile.AdministrativeAppeal
	if n := len(s.Appeals); n > 0 {
		a = s.Appeals[n-1]
	}
	c := &Contest{Received: a.Received, Idle: !a.Interrupts, Over: s.Over, Silence: casefile.LastDay(casefile.Answer(a.Received).At), Reasons: slices.Clone(view.Grounds)}
	for i := range c.Reasons {
		c.Reasons[i].Declared = "" // the appeal may have corrected it: the decision was taken on what was declared before
	}
	kind := casefile.DecisionAppeal
	if a.Outcome == "" && s.Stage == casefile.UnderAppeal { // it is the one under way: the decision in force is contested
		kind = "none"
	}
	if old := before(s, kind); old != nil {
		c.Against, c.Favourable = old.At, old.Grant
	} else {
		c.Implicit, c.Against = true, casefile.LastDay(casefile.Silence(s.Received, s.Terms.SilenceMonths, s.Suspensions).At)
	}
	if d := s.Decision; d != nil && d.Grant {
		c.Amount = d.Amount
	}
	return c
}

// breach is the withdrawal of a grant, proposed or decided.
func breach(r Request) *Breach {
	s, p := r.State, r.State.Withdrawal
	b := &Breach{Fraud: p.Ground == casefile.GroundFraud, Unlawful: p.Ground == casefile.GroundIllegal, Asked: p.At, Days: s.Terms.Hearing(),
		AnswerBy: casefile.LastDay(p.Until), Keep: p.Keep, Reasons: []Reason{{Told: texts.OneLine(p.Reason)}}}
	for _, o := range p.Observations {
		b.Heard = o.At
	}
	old := before(s, casefile.DecisionWithdrawal)
	if old == nil {
		return b
	}
	b.Of, b.Granted = old.At, old.Amount
	if b.Claim = max(s.Paid()-p.Keep, 0); s.Terms.Funded {
		b.Unpaid = max(old.Amount-p.Keep-b.Claim, 0)
	}
	return b
}

// letterOf is the name of the letter that a mail of ours carried.
func letterOf(s casefile.State, seq int) string {
	switch {
	case s.Withdrawal != nil && s.Withdrawal.Letter.Seq == seq:
		return casefile.HearingLetter
	case s.Reasons.Letter.Seq == seq && seq != 0:
		return casefile.ReasonsLetter
	case s.Decision == nil || s.Decision.Seq != seq:
		return casefile.AppealReceivedLetter
	case s.Decision.Kind == casefile.DecisionWithdrawal:
		return casefile.WithdrawalLetter
	case s.Decision.Grant:
		return casefile.GrantLetter
	case s.Decision.Kind == casefile.DecisionAppeal:
		return casefile.AppealDecidedLetter
	}
	return casefile.RejectLetter
}

// inCharge is the officer whom mails and letters name (CRPA L111-2): the one the case is given to; of an appeal, one who took no part
// in the decision.
func (w *Writer) inCharge(s casefile.State) authority.Officer {
	officer := w.Authority.Officer(s.Officer)
	if s.Stage != casefile.UnderAppeal || !s.TookPart(officer.ID) {
		return officer
	}
	if i := slices.IndexFunc(w.Authority.Officers, func(o authority.Officer) bool { return !s.TookPart(o.ID) }); i >= 0 {
		return w.Authority.Officers[i]
	}
	return officer
}
