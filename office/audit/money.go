package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"relance/contract"
	"relance/domain/ledger"
	"relance/store/treasury"
)

// book is the plan's book as the archive has it.
type book struct {
	*ledger.Book
	last   int // its last record
	broken bool
	claims map[string][]string // keys of claims by the case's reference
}

// of are the claims of a case.
func (b *book) of(reference string) map[string]*ledger.Claim {
	list := map[string]*ledger.Claim{}
	for _, key := range b.claims[reference] {
		list[key] = b.Claims[key]
	}
	return list
}

// readBook reads the book, and compares it with itself and with what its workflow says.
func (a *audit) readBook(ctx context.Context) error {
	a.book = book{}
	plan := a.Catalogue.Plan
	if plan == nil {
		return nil
	}
	next, snapshot := 1, 0
	for o, err := range a.Archive.Each(ctx, "plan/"+plan.ID+"/log/") {
		if err != nil {
			return err
		}
		n, err := strconv.Atoi(strings.TrimSuffix(path.Base(o.Key), ".json"))
		if err != nil {
			a.suspect(Finding{Code: BookUnreadable, Object: o.Key})
			continue
		}
		if n > next {
			a.suspect(Finding{Code: BookGap, Object: "plan/" + plan.ID + "/log/", Detail: fmt.Sprintf("%d à %d", next, n-1)})
		}
		next = n + 1
	}
	if !a.Options.Deep {
		for o, err := range a.Archive.Each(ctx, "plan/"+plan.ID+"/snapshot/") {
			if err != nil {
				return err
			}
			if n, err := strconv.Atoi(strings.TrimSuffix(path.Base(o.Key), ".json.gz")); err == nil {
				snapshot = n
			}
		}
	}
	if a.book.last = next - 1; a.book.last == 0 {
		return nil
	}
	b, err := a.replay(ctx, contract.Head{Plan: plan.ID, Seq: a.book.last, Snapshot: snapshot})
	if err != nil {
		a.book.broken = true
		a.suspect(Finding{Code: BookUnreadable, Object: "plan/" + plan.ID + "/log/", Detail: err.Error()})
		return ctx.Err()
	}
	a.book.Book, a.book.claims, a.Claims = b, map[string][]string{}, len(b.Claims)
	for key := range b.Claims {
		reference, _, _ := strings.Cut(key, "/")
		a.book.claims[reference] = append(a.book.claims[reference], key)
	}
	a.suspect(Sums(b)...)
	return a.compareHead(ctx, plan.ID)
}

// replay reads the book; records that make no sense are an error.
func (a *audit) replay(ctx context.Context, head contract.Head) (b *ledger.Book, err error) {
	defer func() {
		if r := recover(); r != nil { // a record speaks of what no earlier record has
			b, err = nil, fmt.Errorf("%v", r)
		}
	}()
	return a.Activities().Book(ctx, head)
}

// compareHead holds the figures of the plan's workflow against the book.
func (a *audit) compareHead(ctx context.Context, plan string) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	var head contract.Head
	answer, err := a.Temporal.QueryWorkflow(ctx, contract.PlanID(plan), "", contract.PlanQuery)
	if err == nil {
		err = answer.Get(&head)
	}
	if err != nil {
		a.suspect(Finding{Code: BookBehind, Object: contract.PlanID(plan), Detail: "le plan ne répond pas : " + err.Error()})
		return nil
	}
	for path, f := range head.Lines {
		is := a.book.Lines[path]
		if head.Seq == a.book.last && (is == nil || *is != f) {
			a.suspect(Finding{Code: BookBehind, Object: contract.PlanID(plan), Detail: fmt.Sprintf("la ligne « %s » n'a pas les mêmes chiffres", path)})
		}
	}
	if head.Seq != a.book.last {
		a.suspect(Finding{Code: BookBehind, Object: contract.PlanID(plan), Detail: fmt.Sprintf("le plan en est à l'écriture %d, le livre à %d", head.Seq, a.book.last)})
	}
	return nil
}

// Sums compares the figures of each line of a book with what its claims add up to. It is pure.
func Sums(b *ledger.Book) []Finding {
	want := map[string]*ledger.Figures{}
	for line := range b.Lines {
		want[line] = &ledger.Figures{}
	}
	var found []Finding
	add := func(line string, change func(*ledger.Figures)) {
		for {
			if f := want[line]; f != nil {
				change(f)
			} else {
				found = append(found, Finding{Code: BookSums, Object: line, Detail: "le livre n'a pas cette ligne"})
			}
			if line == "" {
				return
			}
			line = line[:max(strings.LastIndexByte(line, '/'), 0)]
		}
	}
	for _, c := range b.Claims {
		for _, p := range c.Portions {
			add(p.Line, func(f *ledger.Figures) {
				switch c.Status {
				case ledger.Held:
					f.Reserved += p.Cents
				case ledger.Committed:
					f.Committed += p.Cents
				case ledger.Released:
					f.Committed += c.Spent[p.Line] // what was paid stays committed
				}
				f.Paid += c.Spent[p.Line]
			})
		}
	}
	for _, line := range slices.Sorted(maps.Keys(b.Lines)) {
		is, sum := b.Lines[line], want[line]
		if is.Reserved != sum.Reserved || is.Committed != sum.Committed || is.Paid != sum.Paid {
			found = append(found, Finding{Code: BookSums, Object: line, Detail: fmt.Sprintf("réservé %d, engagé %d, payé %d ; les dossiers donnent %d, %d, %d",
				is.Reserved, is.Committed, is.Paid, sum.Reserved, sum.Committed, sum.Paid)})
		}
		if is.Left() < 0 {
			found = append(found, Finding{Code: BookSums, Object: line, Detail: fmt.Sprintf("il reste %d centimes", is.Left())})
		}
	}
	return found
}

// orders are the payment orders of the plan.
type orders struct {
	placed map[string]int // by identifier: the file that carries it, 0: none
}

// readOrders reads which payment orders there are, and which file carries each.
func (a *audit) readOrders(ctx context.Context) error {
	a.orders = orders{map[string]int{}}
	plan := a.Catalogue.Plan
	if plan == nil {
		return nil
	}
	folder := "plan/" + plan.ID + "/orders/"
	manifests, err := treasury.Book{Archive: a.Archive, Plan: plan.ID}.Manifests(ctx)
	if err != nil {
		return err
	}
	carried := map[string]int{}
	for _, m := range manifests {
		for _, o := range m.Orders {
			if carried[o.ID] > 0 {
				a.suspect(Finding{Code: OrderTwice, Object: folder + o.ID + ".json", Detail: fmt.Sprintf("lots %d et %d", carried[o.ID], m.Run)})
			}
			carried[o.ID] = m.Run
		}
	}
	for o, err := range a.Archive.Each(ctx, folder) {
		if err != nil {
			return err
		}
		if id, is := strings.CutSuffix(path.Base(o.Key), ".json"); is && !strings.HasSuffix(id, ".void") {
			a.orders.placed[id] = carried[id]
		}
	}
	for id, run := range carried {
		if _, is := a.orders.placed[id]; !is {
			a.suspect(Finding{Code: OrderMissing, Object: folder + id + ".json", Detail: fmt.Sprintf("lot %d", run)})
		}
	}
	return nil
}

// orderless are the instalments of a case whose order is not there.
func (a *audit) orderless(c Case) []Finding {
	var found []Finding
	for _, i := range c.State.Instalments {
		if _, is := a.orders.placed[i.Order]; i.Order != "" && !is {
			found = append(found, Finding{Code: OrderMissing, Case: c.Reference, Object: "plan/" + a.Catalogue.Plan.ID + "/orders/" + i.Order + ".json"})
		}
	}
	return found
}

// note reads a small JSON object.
func (a *audit) note(ctx context.Context, key string, into any) error {
	text, err := a.Archive.Get(ctx, key)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}
