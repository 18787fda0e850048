package casefile

import (
	"errors"
	"fmt"
)

// BudgetOp is what a case does to its envelope.
type BudgetOp string

// The operations on an envelope. Each is harmless when repeated.
const (
	Reserve BudgetOp = "reserve" // at approval
	Commit  BudgetOp = "commit"  // engagement: the decision has gone out
	Release BudgetOp = "release" // the applicant gave it back, or nothing came of it
)

// BudgetMove is one operation of one case. The case reference is its key.
type BudgetMove struct {
	Op        BudgetOp `json:"op"`
	Reference string   `json:"reference"`
	Cents     int64    `json:"cents"`
}

// Claim is what a case holds of an envelope.
type Claim struct {
	Cents     int64 `json:"cents"`
	Committed bool  `json:"committed,omitempty"`
	Released  bool  `json:"released,omitempty"` // given back; kept, so that a reservation that is repeated late takes nothing
}

// Envelope is a budget and what cases hold of it.
type Envelope struct {
	ID     string           `json:"id"`
	Total  int64            `json:"total"` // cents
	Claims map[string]Claim `json:"claims,omitempty"`

	Reserved  int64 `json:"reserved"`  // cents, not yet committed
	Committed int64 `json:"committed"` // cents
}

// ErrEnvelope is returned where an envelope has not enough left.
var ErrEnvelope = errors.New("crédits insuffisants dans l'enveloppe")

// Left is what can still be reserved, in cents.
func (e *Envelope) Left() int64 { return e.Total - e.Reserved - e.Committed }

// Move carries out an operation, once for each case however often it is asked for. It never lets the envelope go below
// zero.
func (e *Envelope) Move(m BudgetMove) error {
	if e.Claims == nil {
		e.Claims = map[string]Claim{}
	}
	claim, held := e.Claims[m.Reference]
	switch m.Op {
	case Reserve:
		if held {
			return nil
		}
		if m.Cents <= 0 {
			return fmt.Errorf("a reservation of %d cents", m.Cents)
		}
		if m.Cents > e.Left() {
			return fmt.Errorf("%w : il reste %d centimes, le dossier en demande %d", ErrEnvelope, e.Left(), m.Cents)
		}
		e.Reserved += m.Cents
		e.Claims[m.Reference] = Claim{Cents: m.Cents}
	case Commit:
		if !held || claim.Released {
			return fmt.Errorf("nothing is reserved for %s", m.Reference)
		}
		if !claim.Committed {
			e.Reserved -= claim.Cents
			e.Committed += claim.Cents
			claim.Committed = true
			e.Claims[m.Reference] = claim
		}
	case Release:
		if !held || claim.Released {
			return nil
		}
		if claim.Committed {
			e.Committed -= claim.Cents
		} else {
			e.Reserved -= claim.Cents
		}
		claim.Released = true
		e.Claims[m.Reference] = claim
	default:
		return fmt.Errorf("unknown operation %q", m.Op)
	}
	return nil
}

// Copy is the envelope with the claim of one case alone, for trying an operation out.
func (e *Envelope) Copy(reference string) Envelope {
	c := *e
	c.Claims = map[string]Claim{}
	if claim, ok := e.Claims[reference]; ok {
		c.Claims[reference] = claim
	}
	return c
}
