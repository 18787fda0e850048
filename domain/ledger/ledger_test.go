package ledger_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"relance/domain/ledger"
	"relance/local/chance"
)

// plan is a small plan in which lines can be short at every level: the parts of proximite hold more together than it does.
func plan() *ledger.Plan {
	return &ledger.Plan{ID: "plan", Name: "Plan", Amount: 10_000, Lines: []*ledger.Line{
		{ID: "rebond", Name: "Fonds Rebond", Amount: 4_000},
		{ID: "proximite", Name: "Proximité", Amount: 3_000, Lines: []*ledger.Line{
			{ID: "boutiques", Name: "Boutiques", Amount: 2_000}, {ID: "conciergeries", Name: "Conciergeries", Amount: 2_000}}},
		{ID: "region", Name: "Région", Amount: 3_000},
	}}
}

func open(t interface{ Fatal(...any) }) *ledger.Book {
	b := &ledger.Book{}
	if a, effects := b.Do(ledger.Move{Op: ledger.Open, Plan: plan()}); a.Refused != "" || len(effects) != 1 {
		t.Fatal(a, effects)
	}
	return b
}

func reserve(key string, at int, portions ...ledger.Portion) ledger.Move {
	return ledger.Move{Op: ledger.Reserve, Key: key, Portions: portions, Complete: time.Unix(int64(at), 0).UTC()}
}

func p(line string, cents int64) ledger.Portion { return ledger.Portion{Line: line, Cents: cents} }

func status(t *testing.T, b *ledger.Book, m ledger.Move, want ledger.Status, ahead int) {
	t.Helper()
	if a, _ := b.Do(m); a.Status != want || a.Ahead != ahead || a.Refused != "" {
		t.Errorf("%s %s: %+v, want %s with %d ahead", m.Op, m.Key, a, want, ahead)
	}
}

func TestLifeOfAClaim(t *testing.T) {
	b := open(t)
	for range 2 { // each move twice: the second changes nothing
		status(t, b, reserve("A", 1, p("rebond", 1_500), p("region", 500)), ledger.Held, 0)
	}
	if f := b.Lines["rebond"]; f.Reserved != 1_500 || f.Left() != 2_500 || b.Lines[""].Left() != 8_000 {
		t.Errorf("reserved: %+v, plan %+v", f, b.Lines[""])
	}
	for range 2 {
		status(t, b, ledger.Move{Op: ledger.Commit, Key: "A"}, ledger.Committed, 0)
		status(t, b, ledger.Move{Op: ledger.Pay, Key: "A", Payment: "acompte", Cents: 1_001}, ledger.Committed, 0)
	}
	if b.Lines["rebond"].Paid+b.Lines["region"].Paid != 1_001 || b.Lines[""].Paid != 1_001 {
		t.Errorf("paid: %+v %+v", b.Lines["rebond"], b.Lines["region"])
	}
	if a, _ := b.Do(ledger.Move{Op: ledger.Pay, Key: "A", Payment: "solde", Cents: 1_000}); a.Refused == "" {
		t.Error("more was paid than committed")
	}
	for range 2 {
		status(t, b, ledger.Move{Op: ledger.Release, Key: "A", Payment: "solde", Cents: 100}, ledger.Committed, 0)
	}
	for range 2 {
		status(t, b, ledger.Move{Op: ledger.Release, Key: "A"}, ledger.Released, 0)
	}
	if f := b.Lines[""]; f.Committed != 1_001 || f.Paid != 1_001 || f.Reserved != 0 {
		t.Errorf("after the release only what is paid stays: %+v", f)
	}
	status(t, b, reserve("A", 1, p("rebond", 1_500)), ledger.Released, 0) // a reservation repeated late takes nothing
}

func TestWaiting(t *testing.T) {
	b := open(t)
	status(t, b, reserve("A", 1, p("proximite/boutiques", 1_800)), ledger.Held, 0)
	status(t, b, reserve("C", 3, p("proximite/boutiques", 300)), ledger.Waiting, 0)
	status(t, b, reserve("B", 2, p("proximite/boutiques", 500)), ledger.Waiting, 0)       // complete before C
	status(t, b, reserve("D", 4, p("proximite/boutiques", 100)), ledger.Waiting, 2)       // would fit, but nobody overtakes
	status(t, b, reserve("E", 5, p("proximite/conciergeries", 1_000)), ledger.Held, 0)    // waits for nothing of theirs
	status(t, b, reserve("F", 6, p("proximite/conciergeries", 1_000)), ledger.Waiting, 0) // its parent is short
	if got := b.Waiting(); !slices.Equal(got, []string{"B", "C", "D", "F"}) {
		t.Errorf("waiting %v", got)
	}
	a, effects := b.Do(topUp("dm1", p("proximite/boutiques", 600), p("proximite", 600)))
	if a.Refused != "" || served(effects) != "B C" {
		t.Errorf("top-up: %+v %q", a, served(effects))
	}
	if a, effects := b.Do(topUp("dm1", p("proximite/boutiques", 600), p("proximite", 600))); a.Refused != "" || len(effects) > 0 {
		t.Errorf("the same top-up again: %+v %v", a, effects)
	}
	if _, effects := b.Do(ledger.Move{Op: ledger.Release, Key: "A"}); served(effects) != "D F" {
		t.Errorf("a release: %q", served(effects))
	}
	if a, _ := b.Do(topUp("dm2", p("rebond", -4_001))); a.Refused == "" {
		t.Error("a line went below zero")
	}
	for _, m := range []ledger.Move{reserve("X", 1, p("nowhere", 1)), reserve("X", 1), reserve("X", 1, p("rebond", 0)), reserve("X", 1, p("rebond", 1), p("rebond", 1)),
		{Op: ledger.Commit, Key: "X"}, {Op: ledger.Pay, Key: "X", Payment: "p", Cents: 1}, {Op: "burn", Key: "X"}} {
		if a, effects := b.Do(m); a.Refused == "" || len(effects) > 0 {
			t.Errorf("%+v was not refused", m)
		}
	}
}

func served(effects []ledger.Effect) string {
	s := ""
	for _, e := range effects {
		if e.What == "served" {
			s += " " + e.Key
		}
	}
	return s[min(1, len(s)):]
}

// TestNoOrderOverspends is the promise: for any interleaving of moves and retries no level goes below zero, nothing counts
// twice, nobody overtakes, and the recorded effects give the same book again.
func TestNoOrderOverspends(t *testing.T) {
	lines := []string{"", "rebond", "proximite", "proximite/boutiques", "proximite/conciergeries", "region"}
	chance.Check(t, func(t *rapid.T) {
		b, again := open(t), open(t)
		toppedUp := map[string]bool{}
		total := int64(10_000)
		var done []ledger.Move
		for range rapid.IntRange(1, 60).Draw(t, "moves") {
			m := anyMove(t, lines)
			if len(done) > 0 && rapid.IntRange(0, 3).Draw(t, "retry") == 0 {
				m = rapid.SampledFrom(done).Draw(t, "again")
			}
			done = append(done, m)
			a, effects := b.Do(m)
			if m.Op == ledger.TopUp && a.Refused == "" && !toppedUp[m.Key] {
				toppedUp[m.Key] = true
				for _, portion := range m.Portions {
					if portion.Line == "" {
						total += portion.Cents
					}
				}
			}
			for _, e := range roundTrip(t, effects) {
				again.Apply(e)
			}
			check(t, b)
			if b.Lines[""].Total != total {
				t.Fatalf("the plan holds %d, not %d", b.Lines[""].Total, total)
			}
			if _, more := b.Do(m); len(more) > 0 && a.Refused == "" {
				t.Fatalf("%+v done twice: %+v", m, more)
			}
		}
		if !reflect.DeepEqual(figures(b), figures(again)) || !slices.Equal(b.Waiting(), again.Waiting()) {
			t.Fatalf("the effects give %v %v, not %v %v", figures(again), again.Waiting(), figures(b), b.Waiting())
		}
		text, _ := json.Marshal(b)
		restored := &ledger.Book{}
		if err := json.Unmarshal(text, restored); err != nil {
			t.Fatal(err)
		}
		restored.Restore()
		if !reflect.DeepEqual(figures(b), figures(restored)) || !slices.Equal(b.Waiting(), restored.Waiting()) {
			t.Fatal("a stored book differs")
		}
	})
}

// TestAPaymentThatComesBack is paid anew, once.
func TestAPaymentThatComesBack(t *testing.T) {
	b := &ledger.Book{}
	b.Do(ledger.Move{Op: ledger.Open, Plan: &ledger.Plan{ID: "plan", Amount: 10_000, Lines: []*ledger.Line{{ID: "a", Amount: 5_000}, {ID: "b", Amount: 5_000}}}})
	b.Do(ledger.Move{Op: ledger.Reserve, Key: "A", Portions: []ledger.Portion{p("a", 1_001), p("b", 2_002)}})
	b.Do(ledger.Move{Op: ledger.Commit, Key: "A"})
	for _, step := range []struct {
		op      ledger.Op
		payment string
		paid    int64
	}{{ledger.Pay, "1", 1_501}, {ledger.Pay, "2", 3_002}, {ledger.Return, "1", 1_501}, {ledger.Return, "1", 1_501}, {ledger.Pay, "1", 3_002}, {ledger.Return, "3", 3_002}} {
		if a, _ := b.Do(ledger.Move{Op: step.op, Key: "A", Payment: step.payment, Cents: 1_501}); a.Refused != "" || b.Lines[""].Paid != step.paid || b.Lines["a"].Paid+b.Lines["b"].Paid != step.paid {
			t.Fatalf("%+v: %+v, %d paid", step, a, b.Lines[""].Paid)
		}
	}
	if b.Lines["a"].Paid > 1_001 || b.Lines["b"].Paid > 2_002 {
		t.Errorf("%+v %+v", b.Lines["a"], b.Lines["b"])
	}
}

func anyMove(t *rapid.T, lines []string) ledger.Move {
	m := ledger.Move{Op: rapid.SampledFrom([]ledger.Op{ledger.Reserve, ledger.Reserve, ledger.Reserve, ledger.Commit, ledger.Pay, ledger.Return, ledger.Release, ledger.TopUp}).Draw(t, "op"),
		Key: fmt.Sprint("C", rapid.IntRange(0, 12).Draw(t, "case"))}
	portion := func(most int64) ledger.Portion {
		return p(rapid.SampledFrom(lines).Draw(t, "line"), rapid.Int64Range(1, most).Draw(t, "cents"))
	}
	switch m.Op {
	case ledger.Reserve:
		m.Complete = time.Unix(rapid.Int64Range(0, 9).Draw(t, "complete"), 0).UTC()
		for range rapid.IntRange(1, 3).Draw(t, "portions") {
			m.Portions = append(m.Portions, portion(2_500))
		}
	case ledger.Pay:
		m.Payment, m.Cents = rapid.SampledFrom([]string{"1", "2"}).Draw(t, "payment"), rapid.Int64Range(1, 2_000).Draw(t, "cents")
	case ledger.Return:
		m.Payment = rapid.SampledFrom([]string{"1", "2"}).Draw(t, "payment")
	case ledger.Release:
		if rapid.Bool().Draw(t, "part") {
			m.Payment, m.Cents = rapid.SampledFrom([]string{"1", "2"}).Draw(t, "payment"), rapid.Int64Range(1, 500).Draw(t, "cents")
		}
	case ledger.TopUp:
		m.Key = "T" + m.Key
		m = topUp(m.Key, p(rapid.SampledFrom(lines).Draw(t, "line"), rapid.Int64Range(-1_500, 1_500).Draw(t, "cents")))
	}
	return m
}

func roundTrip(t *rapid.T, effects []ledger.Effect) []ledger.Effect {
	text, err := json.Marshal(effects)
	var read []ledger.Effect
	if err == nil {
		err = json.Unmarshal(text, &read)
	}
	if err != nil {
		t.Fatal(err)
	}
	return read
}

func figures(b *ledger.Book) map[string]ledger.Figures {
	m := map[string]ledger.Figures{}
	for path, f := range b.Lines {
		m[path] = *f
	}
	return m
}

// check reckons the book anew from its claims.
func check(t *rapid.T, b *ledger.Book) {
	reserved, committed := map[string]int64{}, map[string]int64{}
	for _, key := range slices.Sorted(maps.Keys(b.Claims)) {
		c := b.Claims[key]
		for _, portion := range c.Portions {
			if portion.Cents < 0 || c.Spent[portion.Line] > portion.Cents {
				t.Fatalf("%s: %+v", key, c)
			}
			for path := range b.Lines {
				if path != "" && path != portion.Line && !(len(portion.Line) > len(path) && portion.Line[:len(path)+1] == path+"/") {
					continue
				}
				switch {
				case c.Status == ledger.Held:
					reserved[path] += portion.Cents
				case c.Status == ledger.Committed, c.Status == ledger.Released && len(c.Paid) > 0:
					committed[path] += portion.Cents
				}
			}
		}
	}
	for path, f := range b.Lines {
		if f.Left() < 0 || f.Reserved < 0 || f.Paid < 0 || f.Paid > f.Committed {
			t.Fatalf("line %q: %+v", path, f)
		}
		if f.Reserved != reserved[path] || f.Committed != committed[path] {
			t.Fatalf("line %q: %+v, its claims say %d and %d", path, f, reserved[path], committed[path])
		}
	}
}

// BenchmarkReserve fills one envelope with 200,000 applications, of which a fifteenth fits: the others wait.
func BenchmarkReserve(b *testing.B) {
	for b.Loop() {
		book := &ledger.Book{}
		book.Do(ledger.Move{Op: ledger.Open, Plan: &ledger.Plan{ID: "plan", Amount: 2_000_000_000, Lines: []*ledger.Line{{ID: "rebond", Amount: 2_000_000_000}}}})
		for i := range 200_000 {
			book.Do(ledger.Move{Op: ledger.Reserve, Key: fmt.Sprintf("RBD-%010d", i), Portions: []ledger.Portion{{Line: "rebond", Cents: 150_000}}, Complete: time.Unix(int64(i*7919%200_000), 0)})
		}
		if f := book.Lines["rebond"]; f.Reserved/150_000 != 13_333 || f.Waiting != 186_667 || f.Left() != 50_000 {
			b.Fatalf("%+v", f)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/200_000, "ns/application")
}

// topUp adds money in somebody's name.
func topUp(key string, portions ...ledger.Portion) ledger.Move {
	return ledger.Move{Op: ledger.TopUp, Key: key, Portions: portions, By: "agent-01", Reason: "délibération n° 12"}
}

// TestATopUpHasAnAuthorAndAReason: nobody adds money without a name and a reason, and the book keeps both. Its key means one top-up.
func TestATopUpHasAnAuthorAndAReason(t *testing.T) {
	b := open(t)
	whole := topUp("dm1", p("rebond", 600))
	for name, change := range map[string]func(m *ledger.Move){
		"no author": func(m *ledger.Move) { m.By = " " }, "no reason": func(m *ledger.Move) { m.Reason = "\t" },
	} {
		m := whole
		change(&m)
		if a, effects := b.Do(m); a.Refused == "" || len(effects) > 0 {
			t.Errorf("%s: entered", name)
		}
	}
	a, effects := b.Do(whole)
	if a.Refused != "" || len(effects) != 1 || effects[0].By != "agent-01" || effects[0].Reason != "délibération n° 12" {
		t.Fatalf("entered as %v, refused %q", effects, a.Refused)
	}
	total := b.Lines["rebond"].Total
	if a, effects := b.Do(whole); a.Refused != "" || len(effects) > 0 {
		t.Errorf("the same once more: %q, %d effects", a.Refused, len(effects))
	}
	for name, change := range map[string]func(m *ledger.Move){
		"another amount": func(m *ledger.Move) { m.Portions = []ledger.Portion{p("rebond", 700)} },
		"another line":   func(m *ledger.Move) { m.Portions = []ledger.Portion{p("", 600)} },
		"another author": func(m *ledger.Move) { m.By = "agent-02" },
		"another reason": func(m *ledger.Move) { m.Reason = "erreur" },
	} {
		m := whole
		change(&m)
		if a, effects := b.Do(m); !strings.Contains(a.Refused, "a déjà servi") || len(effects) > 0 {
			t.Errorf("%s under the same key: refused %q, %d effects", name, a.Refused, len(effects))
		}
	}
	if b.Lines["rebond"].Total != total {
		t.Errorf("the line holds %d, then %d", total, b.Lines["rebond"].Total)
	}
	if a, effects := b.Do(ledger.Move{Op: ledger.TopUp, Key: "audit/1"}); a.Refused != "" || len(effects) != 1 {
		t.Errorf("a top-up of nothing, by which the plan reads its book: %q, %d effects", a.Refused, len(effects))
	}
	old := open(t) // a book whose top-ups had no author
	old.Apply(ledger.Effect{What: "topped", Key: "dm0", Portions: []ledger.Portion{p("rebond", 5)}})
	if a, effects := old.Do(topUp("dm0", p("rebond", 5))); a.Refused != "" || len(effects) > 0 {
		t.Errorf("a top-up of before, again: %q, %d effects", a.Refused, len(effects))
	}
}
