package desk

import (
	"context"
	"encoding/json"
	"errors"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"relance/domain/casefile"
	"relance/domain/money"
	"relance/domain/sepa"
	"relance/store/treasury"
)

// What became of a movement on the account.
const (
	Repaid    = "remboursement enregistré"
	Recovered = "somme rendue enregistrée"
	Executed  = "versement exécuté"
	Came      = "versement rendu"
	Known     = "déjà enregistré"
	Unrelated = "sans rapport"
	Unmatched = "à rapprocher par un agent"
	Another   = "à enregistrer par un autre agent" // who took the statement in had made the file: it counts when another officer takes it in
)

// Outcome is what became of one movement of a bank statement, or of one line of a status report.
type Outcome struct {
	Movement sepa.Movement `json:"movement"`
	Case     string        `json:"case,omitempty"`
	What     string        `json:"what"`
	Why      string        `json:"why,omitempty"`
}

// Cashier puts what a bank tells on the cases it is about. Each movement counts once, however often it is told.
type Cashier struct {
	*Desk
	Orders treasury.Book
	By     string // the officer's identifier
	// Account is the authority's own: entries on another are not its payments. Empty: it is not known.
	Account string
}

// Statement takes in the movements of a bank statement: repayments by the case's reference, orders that were executed or given back by
// theirs. What fits no case by itself is kept for an officer.
func (c *Cashier) Statement(ctx context.Context, list []sepa.Movement) ([]Outcome, error) {
	var outcomes []Outcome
	for _, m := range list {
		o, err := c.movement(ctx, m)
		var refusal *Refusal
		if errors.As(err, &refusal) {
			what := Unmatched
			if refusal.Another {
				what = Another
			}
			o, err = Outcome{What: what, Case: o.Case, Why: refusal.Reason}, nil
		}
		if err != nil {
			return outcomes, err
		}
		if o.Movement = m; o.What == Unmatched {
			if err := c.keep(ctx, o); err != nil {
				return outcomes, err
			}
		}
		outcomes = append(outcomes, o)
	}
	return outcomes, nil
}

// movement judges one entry by what it names: an order of ours, a file of orders, a case. What the order says, the entry has to say as well.
func (c *Cashier) movement(ctx context.Context, m sepa.Movement) (Outcome, error) {
	order, ours, err := c.order(ctx, m)
	if err != nil {
		return Outcome{}, err
	}
	if ours {
		o, err := c.ordered(ctx, order, m)
		o.Case = order.Case
		return o, err
	}
	switch {
	case !c.onOurs(m):
		return Outcome{What: Unrelated}, nil
	case m.Whole && m.Batch != "" && (m.Reversal || !m.In):
		return c.batch(ctx, m)
	case m.Reversal:
		return undoes, nil
	case !m.In:
		return Outcome{What: Unrelated}, nil
	case m.Currency != "":
		return Outcome{What: Unmatched, Why: "le montant est en " + m.Currency}, nil
	}
	return c.repayment(ctx, m)
}

// undoes is a movement that the bank undoes, and that is not one of our payments.
var undoes = Outcome{What: Unmatched, Why: "la banque annule un mouvement ; retrouvez-le et enregistrez-le (relance advance repay -reverse)"}

// order finds the order that an entry names: by its end-to-end reference or, where a transfer came back without it, in its words, which banks break
// over lines.
func (c *Cashier) order(ctx context.Context, m sepa.Movement) (treasury.Order, bool, error) {
	names := []string{m.EndToEnd}
	if m.EndToEnd == "" && m.Returned != "" {
		names = orderID.FindAllString(strings.ReplaceAll(m.Text, " ", ""), 2)
	}
	if len(names) != 1 {
		return treasury.Order{}, false, nil
	}
	o, err := c.Orders.Find(ctx, names[0])
	if errors.Is(err, treasury.ErrNoOrder) {
		return o, false, nil
	}
	return o, err == nil, err
}

// orderID is the identifier of an order within a text (casefile.State.OrderID).
var orderID = regexp.MustCompile(`[A-Z]{3}-[0-9A-Z]{5}-[0-9A-Z]{5}\.\d{1,3}\.\d{1,3}`)

// onOurs tells whether an entry is on the authority's account.
func (c *Cashier) onOurs(m sepa.Movement) bool {
	return c.Account == "" || compact(m.Account) == compact(c.Account)
}

func compact(iban string) string { return strings.ToUpper(strings.ReplaceAll(iban, " ", "")) }

// act is an act on the day of a movement.
func (c *Cashier) act(m sepa.Movement, reason string) casefile.Act {
	return casefile.Act{By: c.By, Bank: &casefile.Bank{On: m.On, Reason: reason}}
}

func (c *Cashier) orderly(o treasury.Order, what string) func(bool, error) (Outcome, error) {
	return func(done bool, err error) (Outcome, error) {
		if err == nil && !done {
			what = Known
		}
		return Outcome{Case: o.Case, What: what}, err
	}
}

// batch takes an entry that stands for a whole file of orders: its debit, or by which the bank undoes that.
func (c *Cashier) batch(ctx context.Context, m sepa.Movement) (Outcome, error) {
	manifests, err := c.Orders.Manifests(ctx)
	if err != nil {
		return Outcome{}, err
	}
	for _, file := range manifests {
		if file.ID != m.Batch {
			continue
		}
		if file.Total != m.Cents || m.Currency != "" {
			return Outcome{What: Unmatched, Why: "le total n'est pas celui du lot " + file.ID}, nil
		}
		if m.Reversal {
			return c.undone(ctx, file.ID, m)
		}
		if twice, err := c.twice(ctx, file.ID, m); err != nil || twice.What != "" {
			return twice, err
		}
		fresh, err := c.ConfirmRun(ctx, file, m.On)
		if err == nil && fresh == 0 {
			return Outcome{What: Known}, nil
		}
		return Outcome{What: Executed}, err
	}
	if m.Reversal {
		return undoes, nil
	}
	return Outcome{What: Unrelated}, nil
}

// ConfirmRun records that every order of a file was paid on a day, and tells of how many that was new.
func (c *Cashier) ConfirmRun(ctx context.Context, file treasury.Manifest, on time.Time) (fresh int, err error) {
	for _, carried := range file.Orders {
		o, err := c.Orders.Order(ctx, carried.ID)
		if err != nil {
			return fresh, err
		}
		done, err := c.Confirm(ctx, o, casefile.Act{By: c.By, Bank: &casefile.Bank{On: on}})
		if err != nil {
			return fresh, err
		}
		if done {
			fresh++
		}
	}
	return fresh, nil
}

// repayment puts money that came on the case it names.
func (c *Cashier) repayment(ctx context.Context, m sepa.Movement) (Outcome, error) {
	references := casefile.FindBrokenReferences(m.EndToEnd + " " + m.Text)
	if len(references) != 1 {
		why := "le libellé ne nomme aucun dossier"
		if len(references) > 1 {
			why = "le libellé nomme plusieurs dossiers : " + strings.Join(references, ", ")
		}
		return Outcome{What: Unmatched, Why: why}, nil
	}
	return c.Repay(ctx, references[0], m)
}

// Repay puts a movement on a case: as money that comes back of an aid that is given up or withdrawn, where a titre de recettes is followed there,
// else as a repayment of its advance.
func (c *Cashier) Repay(ctx context.Context, reference string, m sepa.Movement) (Outcome, error) {
	o := Outcome{Movement: m, Case: reference, What: Repaid}
	s, err := c.State(ctx, reference)
	if err == nil && len(s.Recoveries) > 0 {
		return c.recovered(ctx, s, m)
	}
	done, err := c.Act(ctx, reference, casefile.RecordRepayment, casefile.Act{ID: uuid.NewString(), By: c.By, Amount: m.Cents,
		Bank: &casefile.Bank{Key: m.Key, On: m.On}})
	if errors.Is(err, ErrNoCase) {
		return Outcome{What: Unmatched, Case: reference, Why: "dossier inconnu"}, nil
	}
	if err == nil && done.Again {
		o.What = Known
	}
	return o, err
}

// recovered puts a movement on the titre de recettes of a case. What comes on top of what is due is an officer's to give back.
func (c *Cashier) recovered(ctx context.Context, s casefile.State, m sepa.Movement) (Outcome, error) {
	o := Outcome{Movement: m, Case: s.Reference, What: Recovered}
	for _, r := range s.Recoveries {
		if slices.ContainsFunc(r.Received, func(sum casefile.Recovered) bool { return sum.Key == m.Key }) {
			o.What = Known
			return o, nil
		}
	}
	switch r := s.Recovering(); {
	case r == nil:
		o.What, o.Why = Unmatched, "plus rien n'est à rendre sur ce dossier"
		return o, nil
	case m.Cents > r.Left():
		o.What, o.Why = Unmatched, "il reste "+money.Cents(r.Left()).Format()+" à rendre sur le titre "+r.Number
		return o, nil
	}
	done, err := c.Act(ctx, s.Reference, casefile.RecordRecovered, casefile.Act{ID: "statement-" + m.Key, By: c.By, Proof: m.Key, Amount: m.Cents, Date: m.On})
	if err == nil && done.Again {
		o.What = Known
	}
	return o, err
}

// Report takes in what a bank says of a file of orders: those it rejected come back.
func (c *Cashier) Report(ctx context.Context, r sepa.Report) ([]Outcome, error) {
	rejected := map[string]string{}
	if sepa.Rejected(r.Status) && len(r.Transfers) == 0 {
		manifests, err := c.Orders.Manifests(ctx)
		if err != nil {
			return nil, err
		}
		for _, file := range manifests {
			for _, o := range file.Orders {
				if file.ID == r.File {
					rejected[o.ID] = r.Reason
				}
			}
		}
	}
	for _, t := range r.Transfers {
		if sepa.Rejected(t.Status) {
			rejected[t.ID] = t.Reason
		}
	}
	var outcomes []Outcome
	for id, reason := range rejected {
		o, err := c.Orders.Find(ctx, id)
		outcome := Outcome{What: Unmatched, Why: "ordre inconnu"}
		if err == nil {
			outcome, err = c.orderly(o, Came)(c.Return(ctx, o, casefile.Act{By: c.By, Bank: &casefile.Bank{Reason: reason}}))
		} else if errors.Is(err, treasury.ErrNoOrder) {
			err = nil
		}
		if err != nil {
			return outcomes, err
		}
		outcome.Movement.EndToEnd, outcome.Movement.Returned, outcome.Movement.Cents = id, reason, o.Cents
		outcomes = append(outcomes, outcome)
	}
	return outcomes, nil
}

func (c *Cashier) folder() string { return "plan/" + c.Orders.Plan + "/unmatched/" }

func (c *Cashier) keep(ctx context.Context, o Outcome) error {
	text, err := json.MarshalIndent(o, "", "  ")
	if err == nil {
		_, err = c.Orders.Archive.PutOnce(ctx, c.folder()+o.Movement.Key+".json", text, "application/json")
	}
	return err
}

// Settled is what an officer did with a movement that fitted no case by itself.
type Settled struct {
	By   string    `json:"by"`
	At   time.Time `json:"at"`             // real
	Case string    `json:"case,omitempty"` // where it was put; empty: it is none of the authority's advances
}

// Waiting lists the movements that wait for an officer, in the order of their keys.
func (c *Cashier) Waiting(ctx context.Context) ([]Outcome, error) {
	names, err := c.Orders.Archive.Names(ctx, c.folder())
	if err != nil {
		return nil, err
	}
	settled := map[string]bool{}
	for _, name := range names {
		if key, is := strings.CutSuffix(path.Base(name), ".settled.json"); is {
			settled[key] = true
		}
	}
	var list []Outcome
	for _, name := range names {
		key := strings.TrimSuffix(path.Base(name), ".json")
		if settled[key] || strings.HasSuffix(key, ".settled") {
			continue
		}
		o, err := c.waiting(ctx, key)
		if err != nil {
			return nil, err
		}
		list = append(list, o)
	}
	return list, nil
}

func (c *Cashier) waiting(ctx context.Context, key string) (o Outcome, err error) {
	text, err := c.Orders.Archive.Get(ctx, c.folder()+key+".json")
	if err == nil {
		err = json.Unmarshal(text, &o)
	}
	return o, err
}

// Assign puts a movement that waits on a case or, without one, sets it aside for good. The movement is named by the beginning of its
// key.
func (c *Cashier) Assign(ctx context.Context, key, reference string) (Outcome, error) {
	list, err := c.Waiting(ctx)
	if err != nil {
		return Outcome{}, err
	}
	var found []Outcome
	for _, o := range list {
		if strings.HasPrefix(o.Movement.Key, strings.ToLower(key)) {
			found = append(found, o)
		}
	}
	if len(found) != 1 || key == "" {
		return Outcome{}, &Refusal{Reason: "indiquez un mouvement en attente par le début de sa clé (relance advance unmatched)"}
	}
	o := Outcome{Movement: found[0].Movement, What: Unrelated}
	if reference != "" {
		if !o.Movement.In || o.Movement.Reversal {
			return o, &Refusal{Reason: "ce mouvement n'est pas une somme reçue"}
		}
		if o, err = c.Repay(ctx, reference, o.Movement); err != nil || o.What == Unmatched {
			return o, errors.Join(err, refusedFor(o.Why))
		}
	}
	text, err := json.Marshal(Settled{By: c.By, At: time.Now(), Case: reference})
	if err == nil {
		_, err = c.Orders.Archive.PutOnce(ctx, c.folder()+o.Movement.Key+".settled.json", text, "application/json")
	}
	return o, err
}

func refusedFor(why string) error {
	if why == "" {
		return nil
	}
	return &Refusal{Reason: why}
}
