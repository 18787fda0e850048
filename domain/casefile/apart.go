package casefile

import (
	"errors"
	"fmt"
	"slices"
)

// ErrAnother is wrapped by refusals of what another person may do: whoever asks has done the other half of it
// (docs/payments.md).
var ErrAnother = errors.New("un autre agent")

// another makes a refusal of what only another person may do.
type another struct{ why string }

// Error is the refusal in words for an officer.
func (a another) Error() string { return fmt.Sprintf("%v : %s", ErrRefused, a.why) }

// Is lets errors.Is find both what every refusal is, and what this one is.
func (a another) Is(target error) bool { return target == ErrRefused || target == ErrAnother }

func refuseAnother(why string) error { return another{why} }

// Apart tells whether an act keeps apart what two people do: who vouches for an account and who orders its payment,
// who prepares a decision and who signs it, who makes a file of payments and who confirms that it was paid (décret
// 2012-1246, article 9). Where the authority has one officer the act says so.
func (s *State) Apart(kind ActKind, a Act) error {
	if a.Alone {
		return nil
	}
	switch kind {
	case OrderPayment, SendPayment:
		if s.AccountBy == a.By && a.By != "" {
			return refuseAnother("vous avez accepté ou modifié le compte du bénéficiaire ; " +
				"un autre agent ordonne et transmet le versement")
		}
	case Approve, GrantAppeal:
		if s.AccountBy == a.By && a.By != "" && s.paysAtOnce() && s.Terms.ApprovalsNeeded(s.sum(a)) < 2 {
			return refuseAnother("vous avez accepté ou modifié le compte du bénéficiaire, " +
				"et l'attribution ordonne le versement ; un autre agent l'accorde")
		}
	case AcceptBank:
		if s.aboutToPay() && s.agreed(a.By) && !s.agreedBeside(a.By) {
			return refuseAnother("vous avez accepté le dossier, et le versement suit ; un autre agent vérifie le compte")
		}
	case RecordPayment:
		if p := s.Instalment(a.Payment); p != nil && p.Status == PaymentSent && p.SentBy == a.By && a.By != "" {
			return refuseAnother(fmt.Sprintf("vous avez fait le lot %d ; un autre agent enregistre qu'il est payé", p.Run))
		}
	case LookAct:
		if d := s.Decision; d != nil && slices.Contains(d.Officers, a.By) {
			return refuseAnother("vous avez pris part à la décision ; un autre agent porte le second regard")
		}
	case SignDecision:
		if u := s.Unsigned; u != nil && (u.Act.By == a.By || s.agreed(a.By)) {
			return refuseAnother("vous avez préparé cette décision ; une autre personne la signe")
		}
	}
	return nil
}

// paysAtOnce tells whether a grant orders a payment by itself (docs/payments.md).
func (s *State) paysAtOnce() bool {
	dues := s.Terms.Instalments
	unconditional := func(d Due) bool { return d.Against == "" && d.Milestone == "" }
	return s.Terms.Funded && (len(dues) == 0 || slices.ContainsFunc(dues, unconditional))
}

// aboutToPay tells whether officers have granted the aid, and its payment follows without another act of theirs.
func (s *State) aboutToPay() bool {
	return (s.Stage == Waitlisted || s.Unsigned != nil && s.Unsigned.Grant) && s.paysAtOnce()
}

// agreed tells whether somebody is among those who approved.
func (s *State) agreed(id string) bool {
	return slices.ContainsFunc(s.Approvals, func(p Approval) bool { return p.By == id })
}

// agreedBeside tells whether somebody else approved.
func (s *State) agreedBeside(id string) bool {
	return slices.ContainsFunc(s.Approvals, func(p Approval) bool { return p.By != id })
}
