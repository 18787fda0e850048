package correspondence

import (
	"slices"

	"relance/authority"
	"relance/casefile"
)

// Aftermath is what a text may say of what comes after the decision.
type Aftermath struct {
	Appeal     casefile.AdministrativeAppeal // under way, else the last one
	Answer     casefile.Deadline             // when silence on it is its rejection
	Contested  *casefile.Decision            // the decision that an appeal or a withdrawal is about; nil: an implicit one
	Withdrawal casefile.Withdrawal
	Days       int    // to answer before a withdrawal
	AtStake    int64  // cents that would be withdrawn
	Paid       int64  // cents paid so far
	Unpaid     int64  // cents at stake that were not paid
	Ground     Reason // of a withdrawal, with its article
	Written    string // the letter of which a mail carries a copy, as people call it
	By         string // who decided the appeal, as the letter names him
}

// aftermath gathers it.
func (w *Writer) aftermath(view *View, r Request) {
	s := r.State
	a := &view.After
	if n := len(s.Appeals); n > 0 {
		a.Appeal = s.Appeals[n-1]
	}
	if a.Answer = s.Deadline(casefile.AnswerDeadline); r.About.Kind == casefile.AnswerDeadline {
		a.Answer = r.About
	}
	a.Contested = s.Decision
	if s.Decision != nil && s.Decision.Kind != casefile.DecisionFirst && r.Piece.Letter != "" && r.Piece.Letter != casefile.AppealReceivedLetter && r.Piece.Letter != casefile.HearingLetter {
		a.Contested = nil // the one in force is the answer: what it answers stands before it
		if n := len(s.Earlier); n > 0 {
			a.Contested = &s.Earlier[n-1]
		}
	}
	if a.Paid = s.Paid(); s.Withdrawal != nil && a.Contested != nil {
		a.Withdrawal, a.Days = *s.Withdrawal, s.Terms.Hearing()
		a.AtStake = a.Contested.Amount - s.Withdrawal.Keep
		a.Unpaid = a.AtStake - max(a.Paid-s.Withdrawal.Keep, 0)
		a.Ground = Reason{Told: w.Texts.Labels.Grounds[s.Withdrawal.Ground], Basis: w.Texts.Labels.Bases[s.Withdrawal.Ground]}
	}
	if s.Decision != nil {
		a.By = w.Authority.Officer(s.Decision.By).Name
	}
	a.Written = w.Texts.Labels.Letters[letterOf(s, r.Piece.Again)]
}

// letterOf is the name of the letter that a mail of ours carried.
func letterOf(s casefile.State, seq int) string {
	switch {
	case s.Withdrawal != nil && s.Withdrawal.Letter.Seq == seq:
		return casefile.HearingLetter
	case s.Reasons.Letter.Seq == seq:
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
