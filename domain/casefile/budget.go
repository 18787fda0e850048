package casefile

import (
	"fmt"
	"time"
)

// Instalment is a payment of a granted aid, from the decision to the public accountant's word that it was made.
type Instalment struct {
	ID      Code      `json:"id"`
	Name    string    `json:"name"`
	Cents   int64     `json:"cents"`
	Claim   string    `json:"claim,omitempty"`   // under which the plan's book holds its money; empty: the case's reference
	Against Code      `json:"against,omitempty"` // the report that has to come first
	Until   time.Time `json:"until,omitzero"`    // legal: until when it may come
	Report  Ref       `json:"report,omitzero"`   // the report that came
	Overdue bool      `json:"overdue,omitempty"` // the report has not come in time, and the applicant was told
	Status  Payment   `json:"status"`
	At      time.Time `json:"at,omitzero"` // of the status

	Milestone string `json:"milestone,omitempty"` // what an officer has to confirm first
	Try       int    `json:"try,omitempty"`       // how often it had to be ordered anew
	Order     string `json:"order,omitempty"`     // the payment order in force (package treasury)
	Run       int    `json:"run,omitempty"`       // the file in which it was sent
	SentBy    string `json:"sent_by,omitempty"`   // the officer who made that file
	Returned  string `json:"returned,omitempty"`  // why the bank gave it back
}

// Payment is where an instalment stands.
type Payment string

// The stations of a payment.
const (
	PaymentDue      Payment = "due"      // nothing stands in its way
	PaymentAwaits   Payment = "awaits"   // its report has not come
	PaymentReported Payment = "reported" // its report has come, and an officer has to look at it
	PaymentOrdered  Payment = "ordered"  // the officer has confirmed it (liquidation)
	PaymentPaid     Payment = "paid"     // the public accountant has paid it
	PaymentGivenUp  Payment = "given_up" // it will not be paid, and its money is released
	PaymentSent     Payment = "sent"     // it is in a file for the bank or the treasury
	PaymentReturned Payment = "returned" // the bank gave the money back: an officer has to confirm it anew
	PaymentStopped  Payment = "stopped"  // the bank details have changed since it was ordered: an officer has to confirm it anew
)

// Open tells whether the case still waits for something before this payment.
func (i Instalment) Open() bool { return i.Status == PaymentAwaits || i.Status == PaymentReported }

// Instalment finds an instalment by its id.
func (s *State) Instalment(id Code) *Instalment {
	for i := range s.Instalments {
		if s.Instalments[i].ID == id {
			return &s.Instalments[i]
		}
	}
	return nil
}

// AwaitsReports tells whether an instalment still depends on a report.
func (s *State) AwaitsReports() bool {
	for _, i := range s.Instalments {
		if i.Open() {
			return true
		}
	}
	return false
}

// ApprovalsNeeded is how many officers have to approve an amount.
func (t Terms) ApprovalsNeeded(cents int64) int {
	needed := max(t.Approvals, 1)
	if t.FourEyesAbove > 0 && cents > t.FourEyesAbove {
		needed = max(needed, 2)
	}
	return needed
}

// NextClaim is the key of the next claim on the plan: the case's reference, and after it the reference with a number. Package activities
// finds the case by what stands before the slash.
func (s *State) NextClaim() string {
	if len(s.Claims) == 0 {
		return s.Reference
	}
	return fmt.Sprintf("%s/%d", s.Reference, len(s.Claims)+1)
}

// Approve notes an officer's agreement, and tells how many more are needed. Officers agree on one amount: another amount
// begins anew.
func (s *State) Approve(by string, cents int64, text string, at time.Time) (more int) {
	var same []Approval
	for _, a := range s.Approvals {
		if a.Amount == cents && a.By != by {
			same = append(same, a)
		}
	}
	s.Approvals = append(same, Approval{By: by, Amount: cents, Text: text, At: at})
	return s.Terms.ApprovalsNeeded(cents) - len(s.Approvals)
}

// Kin is how the other cases of the same firm are found, without saying which firm it is: keys of the archive's index.
type Kin struct {
	SIREN string `json:"siren,omitempty"`
	SIRET string `json:"siret,omitempty"`
	IBAN  string `json:"iban,omitempty"`
	Noted string `json:"noted,omitempty"` // what the index was last told
	Tied  string `json:"tied,omitempty"`  // under which keys it was told so
	Signs string `json:"signs,omitempty"` // the signs that the index was last told
}

// The stations of a case as the index tells other cases.
const (
	KinOpen    = "open"
	KinGranted = "granted"
	KinEnded   = "ended"
)

// KinStatus is how the case stands for others of the same firm.
func (s *State) KinStatus() string {
	switch {
	case s.Decision != nil && s.Decision.Grant && s.Stage != Withdrawn, s.Stage == Waitlisted:
		return KinGranted
	case s.Stage == UnderAppeal:
		return KinOpen
	case s.Stage.Final(), s.Stage.Decided():
		return KinEnded
	}
	return KinOpen
}
