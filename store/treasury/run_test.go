package treasury_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"relance/domain/ledger"
	"relance/domain/sepa"
	"relance/local/chance"
	"relance/store/archive"
	"relance/store/treasury"
)

var errKilled = errors.New("the process was killed")

// world is an archive, cases and a plan's book, all of which a killed process leaves as they are: it dies at the step of a number,
// before or after the step is done.
type world struct {
	objects map[string][]byte
	sent    map[string]int    // by order: the file in which its case says it was sent
	stopped map[string]string // why a case does not want its order to be paid now
	plan    ledger.Book

	step, dies int
	after      bool
}

func newWorld() *world {
	w := &world{objects: map[string][]byte{}, sent: map[string]int{}, stopped: map[string]string{}, dies: -1}
	w.plan.Do(ledger.Move{Op: ledger.Open, Plan: &ledger.Plan{ID: "p", Name: "Plan", Amount: 1_000_000_00, Lines: []*ledger.Line{{ID: "a", Amount: 1_000_000_00}}}})
	return w
}

// do does a step, unless the process dies before it; it may die after it.
func (w *world) do(step func()) error {
	now := w.step == w.dies
	w.step++
	if now && !w.after {
		return errKilled
	}
	step()
	if now {
		return errKilled
	}
	return nil
}

func (w *world) PutOnce(_ context.Context, key string, content []byte, _ string) (created bool, err error) {
	err = w.do(func() {
		if _, there := w.objects[key]; !there {
			w.objects[key], created = bytes.Clone(content), true
		}
	})
	return created && err == nil, err
}

func (w *world) Get(_ context.Context, key string) (content []byte, err error) {
	err = w.do(func() { content = w.objects[key] })
	if err == nil && content == nil {
		err = archive.ErrNotFound
	}
	return content, err
}

func (w *world) Names(_ context.Context, prefix string) (names []string, err error) {
	err = w.do(func() {
		for key := range w.objects {
			if strings.HasPrefix(key, prefix) {
				names = append(names, key)
			}
		}
	})
	slices.Sort(names)
	return names, err
}

// ask is what a case does: it notes the file, unless something stands in the way.
func (w *world) ask(_ context.Context, o treasury.Order, run int) (v treasury.Verdict, err error) {
	err = w.do(func() {
		if v.Why = w.stopped[o.ID]; v.Why == "" {
			w.sent[o.ID] = run
		}
		v.Never = v.Why == "never"
	})
	return v, err
}

var from = sepa.Account{Name: "Trésorerie", IBAN: "FR7620041010050000000000141"}

func (w *world) book() treasury.Book { return treasury.Book{Archive: w, Plan: "p"} }

func (w *world) place(t testing.TB, n int, cents int64) treasury.Order {
	t.Helper()
	key := fmt.Sprintf("RBD-%05d-AAAAA", n)
	o := treasury.Order{ID: key + ".1.0", Case: key, Scheme: "s", Payment: "versement", Name: "Versement", Cents: cents, At: time.Date(2020, 10, 1, 0, 0, 0, 0, time.UTC),
		To: sepa.Account{Name: "=Boulangerie n° " + fmt.Sprint(n), IBAN: "FR7620041518190937865797574"}, Text: "Aide", Lines: []treasury.Portion{{Line: "a", Cents: cents}}}
	if err := w.book().Place(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	w.plan.Do(ledger.Move{Op: ledger.Reserve, Key: key, Portions: []ledger.Portion{{Line: "a", Cents: cents}}, Complete: time.Unix(int64(n), 0)})
	w.plan.Do(ledger.Move{Op: ledger.Commit, Key: key})
	return o
}

func request() treasury.Request {
	return treasury.Request{By: "agent-01", From: from, Created: time.Now(), Execution: time.Date(2020, 10, 5, 0, 0, 0, 0, time.UTC)}
}

// run makes a file with a process that dies at a step, unless it ends before.
func (w *world) run(ctx context.Context, dies int, after bool) (treasury.Manifest, []treasury.Refused, error) {
	w.step, w.dies, w.after = 0, dies, after
	defer func() { w.dies = -1 }()
	return w.book().Run(ctx, request(), w.ask)
}

// check looks at every file there is: each order that is to be paid is in exactly one, and what they carry is what the plan has
// committed.
func (w *world) check(t testing.TB, want []treasury.Order) {
	t.Helper()
	manifests, err := w.book().Manifests(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	carried := map[string]int{}
	var total int64
	for _, m := range manifests {
		transfers, table, err := w.book().Files(t.Context(), m.Run)
		if err != nil {
			t.Fatal(err)
		}
		key := fmt.Sprintf("plan/p/runs/%06d", m.Run)
		if !bytes.Equal(w.objects[key+".xml"], transfers) || !bytes.Equal(w.objects[key+".csv"], table) {
			t.Errorf("run %d: the files in the archive are not those of its manifest", m.Run)
		}
		if problems := sepa.Check(transfers); len(problems) > 0 {
			t.Error(problems)
		}
		if n := strings.Count(string(transfers), "<CdtTrfTxInf>"); n != m.Count || n != len(m.Orders) {
			t.Errorf("run %d: %d transfers, %d orders, count %d", m.Run, n, len(m.Orders), m.Count)
		}
		if !strings.Contains(string(transfers), fmt.Sprintf("<CtrlSum>%d.%02d</CtrlSum>", m.Total/100, m.Total%100)) {
			t.Errorf("run %d: the control total is not %d", m.Run, m.Total)
		}
		total += m.Total
		for _, o := range m.Orders {
			carried[o.ID]++
			if strings.Count(string(transfers), "<EndToEndId>"+o.ID+"</EndToEndId>") != 1 || w.sent[o.ID] != m.Run {
				t.Errorf("%s is not in the file of run %d once, its case says %d", o.ID, m.Run, w.sent[o.ID])
			}
			key, _, _ := strings.Cut(o.ID, ".")
			w.plan.Do(ledger.Move{Op: ledger.Pay, Key: key, Payment: "versement", Cents: o.Cents})
		}
	}
	var sum int64
	for _, o := range want {
		sum += o.Cents
		if carried[o.ID] != 1 {
			t.Errorf("%s is in %d files", o.ID, carried[o.ID])
		}
	}
	if len(carried) != len(want) || total != sum || w.plan.Lines["a"].Paid != sum {
		t.Errorf("%d orders of %d cents are carried, %d of %d were to be; the plan has %d paid", len(carried), total, len(want), sum, w.plan.Lines["a"].Paid)
	}
}

// TestAProcessKilledBetweenAnyTwoSteps kills a run before and after each of its steps, ten times in a row at the same one, and then
// lets it end: each order is in one file, once.
func TestAProcessKilledBetweenAnyTwoSteps(t *testing.T) {
	steps := 0
	for dies := 0; ; dies++ {
		ended := false
		for _, after := range []bool{false, true} {
			w := newWorld()
			var orders []treasury.Order
			for n := range 5 {
				orders = append(orders, w.place(t, n, int64(100_00+n)))
			}
			for range 10 {
				_, _, err := w.run(t.Context(), dies, after)
				ended = err == nil
				if err != nil && !errors.Is(err, errKilled) {
					t.Fatal(err)
				}
			}
			orders = append(orders, w.place(t, 9, 7_77)) // comes while a file is being made
			for range 2 {
				if _, _, err := w.run(t.Context(), -1, false); err != nil {
					t.Fatal(err)
				}
			}
			w.check(t, orders)
		}
		if steps++; ended {
			break
		}
	}
	if steps < 12 {
		t.Errorf("a run has only %d steps", steps)
	}
}

// TestAnyNumberOfRunsAndCrashes: orders come, cases change their minds, processes are killed at random.
func TestAnyNumberOfRunsAndCrashes(t *testing.T) {
	chance.Check(t, func(rt *rapid.T) {
		w := newWorld()
		var orders []treasury.Order
		for n := range rapid.IntRange(1, 25).Draw(rt, "rounds") {
			switch rapid.SampledFrom([]string{"order", "order", "run", "killed", "killed", "stop", "free"}).Draw(rt, "what") {
			case "order":
				orders = append(orders, w.place(t, n, rapid.Int64Range(1, 10_000_00).Draw(rt, "cents")))
			case "run":
				if _, _, err := w.run(t.Context(), -1, false); err != nil {
					rt.Fatal(err)
				}
			case "killed":
				_, _, _ = w.run(t.Context(), rapid.IntRange(0, 40).Draw(rt, "step"), rapid.Bool().Draw(rt, "after"))
			case "stop":
				if len(orders) > 0 {
					w.stopped[rapid.SampledFrom(orders).Draw(rt, "which").ID] = "coordonnées bancaires changées"
				}
			case "free":
				clear(w.stopped)
			}
		}
		clear(w.stopped)
		for range 2 {
			if _, _, err := w.run(t.Context(), -1, false); err != nil {
				rt.Fatal(err)
			}
		}
		w.check(t, orders)
	})
}

func TestWhatIsLeftOut(t *testing.T) {
	w := newWorld()
	one, two, three := w.place(t, 1, 100), w.place(t, 2, 200), w.place(t, 3, 300)
	w.stopped[two.ID], w.stopped[three.ID] = "coordonnées bancaires à vérifier", "never"
	bad := w.place(t, 4, 400)
	bad.ID, bad.To.IBAN = "RBD-00005-AAAAA.1.0", "FR00"
	if err := w.book().Place(t.Context(), bad); err != nil {
		t.Fatal(err)
	}
	m, refused, err := w.run(t.Context(), -1, false)
	if err != nil || m.Run != 1 || m.Count != 2 || m.Total != 500 || m.ID != "RELANCE-p-000001" || len(refused) != 3 {
		t.Fatalf("%+v %+v %v", m, refused, err)
	}
	if refused[0].ID != two.ID || refused[0].Never || !refused[1].Never || !strings.Contains(refused[2].Why, "IBAN") {
		t.Errorf("%+v", refused)
	}
	delete(w.stopped, two.ID)
	again, refused, err := w.run(t.Context(), -1, false)
	if err != nil || again.Run != 2 || again.Count != 1 || len(refused) != 1 {
		t.Errorf("%+v %+v %v", again, refused, err)
	}
	if none, _, err := w.run(t.Context(), -1, false); err != nil || none.Run != 0 {
		t.Errorf("a file of nothing: %+v %v", none, err)
	}
	list, err := w.book().List(t.Context())
	if err != nil || len(list) != 5 || list[0].Why != "never" || list[4].Run != 2 {
		t.Errorf("%+v %v", list, err)
	}
	if o, err := w.book().Find(t.Context(), one.ID); err != nil || !reflect.DeepEqual(o, one) {
		t.Errorf("%+v %v", o, err)
	}
	for _, id := range []string{"RBD-00009-AAAAA.1.0", "../x", ""} {
		if _, err := w.book().Find(t.Context(), id); !errors.Is(err, treasury.ErrNoOrder) {
			t.Errorf("%q: %v", id, err)
		}
	}
	if _, err := w.book().Manifest(t.Context(), 9); !errors.Is(err, treasury.ErrNoOrder) {
		t.Error(err)
	}
}

func TestTheTable(t *testing.T) {
	w := newWorld()
	w.place(t, 1, 150_050)
	w.place(t, 2, 200)
	if _, _, err := w.run(t.Context(), -1, false); err != nil {
		t.Fatal(err)
	}
	_, table, err := w.book().Files(t.Context(), 1)
	if err != nil || !bytes.HasPrefix(table, []byte("\ufefflot;")) {
		t.Fatalf("%s %v", table, err)
	}
	r := csv.NewReader(bytes.NewReader(table))
	r.Comma = ';'
	rows, err := r.ReadAll()
	if err != nil || len(rows) != 4 || rows[1][7] != "1500,50" || rows[1][8] != "a=1500,50" || rows[1][5] != "'=Boulangerie n° 1" || rows[3][1] != "TOTAL" || rows[3][2] != "2" || rows[3][7] != "1502,50" {
		t.Errorf("%q %v", rows, err)
	}
	w.objects["plan/p/orders/RBD-00001-AAAAA.1.0.json"] = []byte(`{"cents": 1}`)
	if _, _, err := w.book().Files(t.Context(), 1); !errors.Is(err, treasury.ErrAltered) {
		t.Errorf("an altered order: %v", err)
	}
}
