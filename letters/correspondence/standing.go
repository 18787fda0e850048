package correspondence

import (
	"slices"
	"time"

	"relance/domain/casefile"
	"relance/domain/scheme"
)

// Standing is where a case stands, as its applicant may know it: nothing of what officers look into, and of nobody else.
type Standing struct {
	Has    []string  // the documents that came and do, as people call them
	Open   bool      // it is not decided, and no wish ended it
	Next   Next      // what it waits for
	Cents  int64     // of the payment that is next, or what has to come back
	Paid   int64     // cents that the public accountant has paid
	Report string    // the report that comes before that payment
	Until  time.Time // the last day for what it waits for; zero where none is set
}

// Next is what a case waits for.
type Next string

// What it waits for, and of whom: of the applicant documents, the charter, a report, observations, repayments, or an aid back; of the authority a decision, on an appeal as
// well, and the confirmation of a payment; of others the committee, money, the public accountant.
const (
	NextDocuments  Next = "documents"
	NextCharter    Next = "charter"
	NextDecision   Next = "decision"
	NextCommittee  Next = "committee"
	NextFunds      Next = "funds"
	NextReserve    Next = "reserve"
	NextReport     Next = "report"
	NextConfirm    Next = "confirm"
	NextAccountant Next = "accountant"
	NextPaid       Next = "paid"
	NextRepay      Next = "repay"
	NextRecovery   Next = "recovery"
	NextAppeal     Next = "appeal"
	NextHearing    Next = "hearing"
	NextContest    Next = "contest"
	NextNothing    Next = ""
)

// nexts is what follows from a stage alone.
var nexts = map[casefile.Stage]Next{
	casefile.Received: NextDecision, casefile.Incomplete: NextDocuments, casefile.Complete: NextDecision, casefile.AwaitingCharter: NextCharter,
	casefile.UnderReview: NextDecision, casefile.Waitlisted: NextFunds, casefile.OnReserve: NextReserve, casefile.Rejected: NextContest,
	casefile.ImplicitlyRejected: NextContest, casefile.InRepayment: NextRepay, casefile.UnderAppeal: NextAppeal, casefile.Hearing: NextHearing, casefile.Revoked: NextContest,
}

// standing tells where a case stands.
func standing(s casefile.State, v *scheme.Version) Standing {
	st := Standing{Open: !s.Stage.Decided() && !s.Stage.Final() && s.Stage != casefile.Waitlisted, Next: nexts[s.Stage]}
	for _, d := range s.Documents {
		if kind, known := v.Document(d.Kind); known && d.Problem == "" && !slices.Contains(st.Has, kind.Short) {
			st.Has = append(st.Has, kind.Short)
		}
	}
	for _, i := range s.Instalments {
		if i.Status == casefile.PaymentPaid {
			st.Paid += i.Cents
		}
	}
	last := func(kind casefile.DeadlineKind) {
		if d := s.Deadline(kind); !d.At.IsZero() {
			st.Until = casefile.LastDay(d.At)
		}
	}
	switch {
	case st.Next == NextDecision && s.Competes():
		st.Next = NextCommittee
	case st.Next == NextAppeal:
		last(casefile.AnswerDeadline)
	case st.Next == NextHearing:
		last(casefile.HearingDeadline)
	case s.Recovering() != nil:
		st.Next, st.Cents, st.Until = NextRecovery, s.Recovering().Left(), s.Recovering().Due
	case s.Stage == casefile.Granted:
		st.pays(s, v)
	}
	return st
}

// pays tells which payment of a grant is next.
func (st *Standing) pays(s casefile.State, v *scheme.Version) {
	for _, i := range s.Instalments {
		switch st.Cents = i.Cents; i.Status {
		case casefile.PaymentPaid, casefile.PaymentGivenUp:
			continue
		case casefile.PaymentAwaits:
			st.Next = NextReport
			if d, known := v.Document(i.Against); known {
				st.Report = d.Label
			}
			if !i.Until.IsZero() {
				st.Until = casefile.LastDay(i.Until)
			}
		case casefile.PaymentOrdered, casefile.PaymentSent:
			st.Next = NextAccountant
		default:
			st.Next = NextConfirm
		}
		return
	}
	if st.Paid > 0 {
		st.Next = NextPaid
	}
}
