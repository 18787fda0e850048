// Package treasury keeps the payment orders of a budget plan (ordres de paiement) in the archive, and makes the files in which they go to
// the bank or the public accountant: each order once, whatever is killed when, and each file the same however often it is made.
//
// An order is an object that is written once, orders/ID.json. A file is a manifest that is written once, runs/NUMBER.json, and lists the
// orders it carries; the next one is made of orders that no manifest lists. So an order is in one file at most: of two runs that try
// the same number, one is refused and takes the other's. The files themselves follow from the manifest and its orders.
package treasury

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"relance/domain/casefile"
	"relance/domain/sepa"
	"relance/store/archive"
)

// Archive is the object store, as far as the treasury needs it (package archive).
type Archive interface {
	PutOnce(ctx context.Context, key string, content []byte, contentType string) (created bool, err error)
	Get(ctx context.Context, key string) ([]byte, error)
	Names(ctx context.Context, prefix string) ([]string, error)
}

// Order is one payment to be made.
type Order struct {
	ID      string        `json:"id"` // the end-to-end reference, which comes back with statements: casefile.State.OrderID
	Case    string        `json:"case"`
	Scheme  string        `json:"scheme"`
	Payment casefile.Code `json:"payment"` // the instalment
	Name    string        `json:"name"`    // of the instalment
	Cents   int64         `json:"cents"`
	To      sepa.Account  `json:"to"`
	Text    string        `json:"text"` // told to who is paid
	Decided time.Time     `json:"decided"`
	At      time.Time     `json:"at"` // legal
	Lines   []Portion     `json:"lines,omitempty"`
}

// Portion is what a line of the plan pays of an order (imputation).
type Portion struct {
	Line  string `json:"line"`
	Cents int64  `json:"cents"`
}

// Book is the orders and files of one plan.
type Book struct {
	Archive Archive
	Plan    string // the plan's id
}

func (b Book) folder(kind string) string { return "plan/" + b.Plan + "/" + kind + "/" }

func (b Book) orderKey(id string) string { return b.folder("orders") + id + ".json" }

// Place records an order. Recording it again changes nothing, whatever it says.
func (b Book) Place(ctx context.Context, o Order) error {
	text, err := json.MarshalIndent(o, "", "  ")
	if err != nil {
		return err
	}
	_, err = b.Archive.PutOnce(ctx, b.orderKey(o.ID), text, "application/json")
	return err
}

// Order reads an order.
func (b Book) Order(ctx context.Context, id string) (o Order, err error) {
	return o, b.read(ctx, b.orderKey(id), &o)
}

func (b Book) read(ctx context.Context, key string, into any) error {
	text, err := b.Archive.Get(ctx, key)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}

// dead is an order that will never be paid, and why.
type dead struct {
	Why string    `json:"why"`
	At  time.Time `json:"at"` // real
}

// Listed is an order with what became of it.
type Listed struct {
	Order
	Run int    `json:"run,omitempty"` // the file that carries it; 0: none yet
	Why string `json:"why,omitempty"` // it will never be paid, since …
}

// List lists every order, those in no file first, in the order of their identifiers.
func (b Book) List(ctx context.Context) ([]Listed, error) {
	claimed, _, err := b.claimed(ctx)
	if err != nil {
		return nil, err
	}
	ids, void, err := b.ids(ctx)
	if err != nil {
		return nil, err
	}
	var list []Listed
	for _, id := range ids {
		o, err := b.Order(ctx, id)
		if err != nil {
			return nil, err
		}
		l := Listed{Order: o, Run: claimed[id]}
		if void[id] {
			var d dead
			if err := b.read(ctx, b.folder("orders")+id+".void.json", &d); err != nil {
				return nil, err
			}
			l.Why = d.Why
		}
		list = append(list, l)
	}
	slices.SortStableFunc(list, func(a, b Listed) int { return a.Run - b.Run })
	return list, nil
}

// ids lists the orders there are, and which of them will never be paid.
func (b Book) ids(ctx context.Context) (ids []string, void map[string]bool, err error) {
	names, err := b.Archive.Names(ctx, b.folder("orders"))
	void = map[string]bool{}
	for _, name := range names {
		id := strings.TrimSuffix(path.Base(name), ".json")
		if plain, is := strings.CutSuffix(id, ".void"); is {
			void[plain] = true
			continue
		}
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids, void, err
}

// bury records that an order will never be paid.
func (b Book) bury(ctx context.Context, id, why string, at time.Time) error {
	text, err := json.Marshal(dead{why, at})
	if err != nil {
		return err
	}
	_, err = b.Archive.PutOnce(ctx, b.folder("orders")+id+".void.json", text, "application/json")
	return err
}

// ErrNoOrder is returned for an order or a file that is not there.
var ErrNoOrder = errors.New("aucun ordre de ce nom")

// Find finds the order that a bank's reference means.
func (b Book) Find(ctx context.Context, reference string) (Order, error) {
	o, err := b.Order(ctx, reference)
	if errors.Is(err, archive.ErrNotFound) || errors.Is(err, archive.ErrBadKey) {
		return o, fmt.Errorf("%w : %s", ErrNoOrder, reference)
	}
	return o, err
}
