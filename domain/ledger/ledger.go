package ledger

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"relance/domain/money"
)

// Op is a move on the book.
type Op string

// The moves. Each is harmless when repeated: the key of the case, or of the top-up, tells.
const (
	Reserve Op = "reserve" // at approval: hold money, or wait for it in the order in which cases became complete
	Commit  Op = "commit"  // engagement: the decision has gone out
	Pay     Op = "pay"     // a payment was made; its own key is Payment
	Return  Op = "return"  // the bank gave a payment back: it is to be made anew
	Release Op = "release" // give back what is not paid: a withdrawal, an instalment given up; or leave the queue
	TopUp   Op = "top-up"  // more, or less, money on a line
	Open    Op = "open"    // the plan as its file has it: new lines are added, no amount is changed
)

// Portion is a sum on one line.
type Portion struct {
	Line  string `json:"line"`
	Cents int64  `json:"cents"`
}

// Move is one operation. It is answered (Answer), never an error of the book.
type Move struct {
	Op       Op        `json:"op"`
	Key      string    `json:"key"`                // the case's reference, or the top-up's identifier
	Portions []Portion `json:"portions,omitempty"` // reserve: what is held; top-up: what is added
	Complete time.Time `json:"complete,omitzero"`  // reserve: when the case became complete
	Payment  string    `json:"payment,omitempty"`  // pay, or release of a part: which one
	Cents    int64     `json:"cents,omitempty"`    // pay: how much; release: how much of it is given back, 0: all that is not paid
	Plan     *Plan     `json:"plan,omitempty"`     // open
	By       string    `json:"by,omitempty"`       // top-up: the officer's identifier
	Reason   string    `json:"reason,omitempty"`   // top-up: why, such as the council's vote
}

// Status is what a case holds.
type Status string

// What a case can hold.
const (
	None      Status = ""
	Waiting   Status = "waiting"
	Held      Status = "held"
	Committed Status = "committed"
	Released  Status = "released" // kept, so that a reservation repeated late takes nothing
)

// Answer is what became of a move.
type Answer struct {
	Status  Status `json:"status,omitempty"`
	Ahead   int    `json:"ahead,omitempty"`   // how many wait before this one
	Refused string `json:"refused,omitempty"` // why it could not be done, for a person
}

// Effect is something that has happened to the book.
type Effect struct {
	What     string    `json:"what"` // queued, held, served, committed, paid, returned, released, topped, opened
	Key      string    `json:"key,omitempty"`
	Portions []Portion `json:"portions,omitempty"`
	Complete time.Time `json:"complete,omitzero"`
	Payment  string    `json:"payment,omitempty"`
	Cents    int64     `json:"cents,omitempty"`
	Plan     *Plan     `json:"plan,omitempty"`
	By       string    `json:"by,omitempty"`     // topped: who
	Reason   string    `json:"reason,omitempty"` // topped: why
}

// Topping is a top-up as it was entered.
type Topping struct {
	By       string    `json:"by"`
	Reason   string    `json:"reason"`
	Portions []Portion `json:"portions"`
}

// Figures is a line's money, in cents. Committed includes Paid.
type Figures struct {
	Total     int64 `json:"total"`
	Reserved  int64 `json:"reserved"`
	Committed int64 `json:"committed"`
	Paid      int64 `json:"paid"`
	Waiting   int   `json:"waiting,omitempty"` // cases that wait for money on this very line
}

// Left is what can still be reserved.
func (f Figures) Left() int64 { return f.Total - f.Reserved - f.Committed }

// Claim is what a case holds of the book.
type Claim struct {
	Status   Status           `json:"status"`
	Portions []Portion        `json:"portions"`
	Complete time.Time        `json:"complete,omitzero"`
	Paid     map[string]int64 `json:"paid,omitempty"`  // by payment
	Spent    map[string]int64 `json:"spent,omitempty"` // what of it each line has paid
	Given    map[string]bool  `json:"given,omitempty"` // payments that were given up
}

// Book is the state of a plan. The zero value is an empty book, which has to be opened.
type Book struct {
	Plan   *Plan               `json:"plan"`
	Lines  map[string]*Figures `json:"lines"`  // by path
	Claims map[string]*Claim   `json:"claims"` // by case
	TopUps map[string]bool     `json:"top_ups,omitempty"`
	Topped map[string]Topping  `json:"topped,omitempty"` // by key: those that have an author

	queues map[string]*queue // of cases that wait for the same lines
}

// Do decides a move and applies it: the effects are what is to be recorded. No effect means that nothing has changed.
func (b *Book) Do(m Move) (Answer, []Effect) {
	effects, refused := b.decide(m)
	for _, e := range effects {
		b.Apply(e)
	}
	if len(effects) > 0 { // more money, or a place in the queue: who can be served now?
		effects = append(effects, b.serve(m.Key)...)
	}
	return b.answer(m, refused), effects
}

func (b *Book) answer(m Move, refused string) Answer {
	a := Answer{Refused: refused}
	if c := b.Claims[m.Key]; c != nil && m.Op != TopUp && m.Op != Open {
		a.Status = c.Status
		if c.Status == Waiting {
			a.Ahead = b.queueOf(c).ahead(m.Key, c)
		}
	}
	return a
}

// decide tells what a move changes, or why it is refused.
func (b *Book) decide(m Move) ([]Effect, string) {
	c := b.Claims[m.Key]
	one := func(what string) []Effect { return []Effect{{What: what, Key: m.Key, Portions: m.Portions}} }
	switch m.Op {
	case Open:
		if m.Plan == nil || !b.lacks(m.Plan) {
			return nil, ""
		}
		return []Effect{{What: "opened", Plan: m.Plan}}, ""
	case TopUp:
		return b.decideTopUp(m)
	case Reserve:
		if c != nil {
			return nil, ""
		}
		if why := b.unfit(m.Portions); why != "" {
			return nil, why
		}
		return []Effect{{What: "queued", Key: m.Key, Portions: m.Portions, Complete: m.Complete}}, ""
	case Commit:
		switch {
		case c == nil || c.Status == Released || c.Status == Waiting:
			return nil, "aucun crédit n'est réservé pour " + m.Key
		case c.Status == Committed:
			return nil, ""
		}
		return one("committed"), ""
	case Pay:
		return b.decidePay(m, c)
	case Return:
		return b.decideReturn(m, c)
	case Release:
		return b.decideRelease(m, c)
	}
	return nil, fmt.Sprintf("opération inconnue « %s »", m.Op)
}

func (b *Book) decidePay(m Move, c *Claim) ([]Effect, string) {
	switch {
	case c == nil || c.Status != Committed:
		return nil, "aucun crédit n'est engagé pour " + m.Key
	case m.Payment == "" || m.Cents <= 0:
		return nil, "un paiement a un identifiant et un montant positif"
	case c.Paid[m.Payment] != 0:
		return nil, ""
	case c.paid()+m.Cents > sum(c.Portions):
		return nil, fmt.Sprintf("le paiement dépasse ce qui reste engagé pour %s", m.Key)
	}
	return []Effect{{What: "paid", Key: m.Key, Payment: m.Payment, Cents: m.Cents, Portions: spread(c, m.Cents)}}, ""
}

// decideReturn takes a payment back out of what was paid, from the lines that paid, in the measure in which they did. What each line
// gave for one payment is not kept: over all payments of a claim it is right to the cent.
func (b *Book) decideReturn(m Move, c *Claim) ([]Effect, string) {
	if c == nil || c.Paid[m.Payment] == 0 {
		return nil, ""
	}
	cents := c.Paid[m.Payment]
	list := slices.Clone(c.Portions)
	weights := make([]int64, len(list))
	for i, p := range list {
		weights[i] = c.Spent[p.Line]
	}
	for i, part := range money.Split(money.Cents(cents), weights) {
		list[i].Cents = int64(part)
	}
	return []Effect{{What: "returned", Key: m.Key, Payment: m.Payment, Cents: cents, Portions: list}}, ""
}

// spread shares a sum among the lines of a claim by what each has still to pay. Where the sum is at most what is unpaid, as
// every caller has seen to, a share is at most what its line has still to pay.
func spread(c *Claim, cents int64) []Portion {
	list := c.unpaid()
	weights := make([]int64, len(list))
	for i, p := range list {
		weights[i] = p.Cents
	}
	for i, part := range money.Split(money.Cents(cents), weights) {
		list[i].Cents = int64(part)
	}
	return list
}

func (b *Book) decideRelease(m Move, c *Claim) ([]Effect, string) {
	if c == nil || c.Status == Released || c.Given[m.Payment] {
		return nil, ""
	}
	if m.Cents <= 0 {
		return []Effect{{What: "released", Key: m.Key}}, ""
	}
	if c.Status == Waiting || m.Payment == "" || m.Cents > sum(c.unpaid()) {
		return nil, "on ne libère que ce qui est réservé et n'est pas payé"
	}
	return []Effect{{What: "reduced", Key: m.Key, Portions: spread(c, m.Cents), Payment: m.Payment}}, ""
}

// decideTopUp adds money to lines, or takes some away. It has an author and a reason, and its key is bound to what it adds: who uses one again
// for something else would be told that it is done. A top-up of nothing adds nothing, and needs neither.
func (b *Book) decideTopUp(m Move) ([]Effect, string) {
	was, authored := b.Topped[m.Key]
	moves := slices.ContainsFunc(m.Portions, func(p Portion) bool { return p.Cents != 0 })
	switch {
	case authored && (was.By != m.By || was.Reason != m.Reason || !slices.Equal(was.Portions, m.Portions)):
		return nil, fmt.Sprintf("la clé « %s » a déjà servi à une autre dotation ; prenez-en une autre (-id)", m.Key)
	case m.Key == "" || b.TopUps[m.Key]:
		return nil, ""
	case moves && strings.TrimSpace(m.By) == "":
		return nil, "indiquez l'agent qui modifie la dotation (-by)"
	case moves && strings.TrimSpace(m.Reason) == "":
		return nil, "indiquez pourquoi la dotation change (-reason), par exemple la délibération"
	}
	after := map[string]int64{}
	for _, p := range m.Portions {
		f := b.Lines[p.Line]
		if f == nil {
			return nil, fmt.Sprintf("le plan n'a pas de ligne « %s »", p.Line)
		}
		after[p.Line] += p.Cents
		if f.Left()+after[p.Line] < 0 {
			return nil, fmt.Sprintf("la ligne « %s » n'a plus que %d centimes à retirer", p.Line, f.Left())
		}
	}
	return []Effect{{What: "topped", Key: m.Key, Portions: m.Portions, By: m.By, Reason: m.Reason}}, ""
}

// unfit tells why portions cannot be reserved at all.
func (b *Book) unfit(portions []Portion) string {
	if len(portions) == 0 {
		return "une réservation porte sur au moins une ligne"
	}
	for i, p := range portions {
		switch {
		case b.Lines[p.Line] == nil:
			return fmt.Sprintf("le plan n'a pas de ligne « %s »", p.Line)
		case p.Cents <= 0:
			return "une réservation porte sur un montant positif"
		case slices.ContainsFunc(portions[:i], func(o Portion) bool { return o.Line == p.Line }):
			return fmt.Sprintf("la ligne « %s » est donnée deux fois", p.Line)
		}
	}
	return ""
}

// lacks tells whether a plan has lines that the book does not have yet.
func (b *Book) lacks(plan *Plan) bool {
	lacks := b.Plan == nil
	plan.Walk(func(path string, _ *Line) { lacks = lacks || b.Lines[path] == nil })
	return lacks
}

// Apply records an effect. It never decides.
func (b *Book) Apply(e Effect) {
	if b.Lines == nil {
		b.Lines, b.Claims, b.TopUps = map[string]*Figures{}, map[string]*Claim{}, map[string]bool{}
	}
	c := b.Claims[e.Key]
	switch e.What {
	case "opened":
		b.Plan = e.Plan
		e.Plan.Walk(func(path string, l *Line) {
			if b.Lines[path] == nil {
				b.Lines[path] = &Figures{Total: l.Amount}
			}
		})
	case "topped":
		b.TopUps[e.Key] = true
		if e.By != "" {
			if b.Topped == nil {
				b.Topped = map[string]Topping{}
			}
			b.Topped[e.Key] = Topping{e.By, e.Reason, e.Portions}
		}
		for _, p := range e.Portions {
			b.Lines[p.Line].Total += p.Cents
		}
	case "queued":
		b.Claims[e.Key] = &Claim{Status: Waiting, Portions: e.Portions, Complete: e.Complete}
		b.enqueue(e.Key, b.Claims[e.Key])
	case "held", "served":
		b.dequeue(e.Key, c)
		c.Status = Held
		b.add(c.Portions, func(f *Figures, cents int64) { f.Reserved += cents })
	case "committed":
		c.Status = Committed
		b.add(c.Portions, func(f *Figures, cents int64) { f.Reserved -= cents; f.Committed += cents })
	case "paid":
		if c.Paid == nil {
			c.Paid, c.Spent = map[string]int64{}, map[string]int64{}
		}
		c.Paid[e.Payment] = e.Cents
		for _, p := range e.Portions {
			c.Spent[p.Line] += p.Cents
		}
		b.add(e.Portions, func(f *Figures, cents int64) { f.Paid += cents })
	case "returned":
		delete(c.Paid, e.Payment)
		for _, p := range e.Portions {
			c.Spent[p.Line] -= p.Cents
		}
		b.add(e.Portions, func(f *Figures, cents int64) { f.Paid -= cents })
		if c.Status == Released { // it will not be paid anew
			c.Portions = slices.Clone(c.Portions)
			for i := range c.Portions {
				c.Portions[i].Cents -= e.Portions[i].Cents
			}
			b.add(e.Portions, func(f *Figures, cents int64) { f.Committed -= cents })
		}
	case "reduced":
		if c.Given == nil {
			c.Given = map[string]bool{}
		}
		c.Given[e.Payment] = true
		b.giveBack(c, e.Portions)
	case "released":
		b.release(e.Key, c)
	}
}

// release gives back what is not paid.
func (b *Book) release(key string, c *Claim) {
	if c.Status == Waiting {
		b.dequeue(key, c)
	} else {
		b.giveBack(c, c.unpaid())
	}
	c.Status = Released
}

func (b *Book) giveBack(c *Claim, portions []Portion) {
	c.Portions = slices.Clone(c.Portions)
	for _, p := range portions {
		i := slices.IndexFunc(c.Portions, func(o Portion) bool { return o.Line == p.Line })
		c.Portions[i].Cents -= p.Cents
	}
	committed := c.Status == Committed
	b.add(portions, func(f *Figures, cents int64) {
		if committed {
			f.Committed -= cents
		} else {
			f.Reserved -= cents
		}
	})
}

// Room is the largest sum that lines can still hold together, each its share, in hundredths of a percent, of it.
func (b *Book) Room(lines []Share) int64 {
	room := int64(-1)
	for _, l := range lines {
		for _, path := range chain(l.Line) {
			if f := b.Lines[path]; f == nil {
				return 0
			} else if most := f.Left() * whole / int64(l.Part); room < 0 || most < room {
				room = most
			}
		}
	}
	return max(room, 0)
}

// Share is a line with its share of a sum, in hundredths of a percent, above zero.
type Share struct {
	Line string
	Part int
}

const whole = 10000

// add changes the figures of each portion's line and of all lines above it.
func (b *Book) add(portions []Portion, change func(f *Figures, cents int64)) {
	for _, p := range portions {
		for _, path := range chain(p.Line) {
			change(b.Lines[path], p.Cents)
		}
	}
}

func (c *Claim) paid() int64 {
	var paid int64
	for _, cents := range c.Paid {
		paid += cents
	}
	return paid
}

// unpaid is what each line has still to pay.
func (c *Claim) unpaid() []Portion {
	list := slices.Clone(c.Portions)
	for i := range list {
		list[i].Cents -= c.Spent[list[i].Line]
	}
	return list
}

func sum(portions []Portion) int64 {
	var total int64
	for _, p := range portions {
		total += p.Cents
	}
	return total
}
