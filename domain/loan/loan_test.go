package loan_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"relance/domain/calendar"
	"relance/domain/loan"
	"relance/local/chance"
)

func day(s string) time.Time {
	t, err := time.ParseInLocation(time.DateOnly, s, calendar.Paris)
	if err != nil {
		panic(err)
	}
	return t
}

var thirds = []loan.Funder{{ID: "metropole", Part: 3334}, {ID: "region", Part: 3333}, {ID: "banque", Part: 3333}}

func TestASchedule(t *testing.T) {
	list := loan.Schedule(loan.Terms{Cents: 1_000_000, Months: 36, Deferral: 6, Every: 1, Funders: thirds}, day("2020-10-31"))
	if len(list) != 30 {
		t.Fatalf("%d instalments", len(list))
	}
	for k, want := range map[int]string{0: "2021-05-31", 1: "2021-06-30", 9: "2022-02-28", 10: "2022-03-31", 29: "2023-10-31"} {
		if got := list[k].Due.Format(time.DateOnly); got != want {
			t.Errorf("instalment %d is due on %s, want %s", k+1, got, want)
		}
	}
	if list[0].Cents != 33_333 || list[28].Cents != 33_333 || list[29].Cents != 33_343 {
		t.Errorf("%d … %d %d", list[0].Cents, list[28].Cents, list[29].Cents)
	}
	if got := list[1].Payable().Format(time.DateOnly); got != "2021-06-30" {
		t.Errorf("the 30th of June 2021 is a Wednesday: %s", got)
	}
	if got := list[2].Payable().Format(time.DateOnly); list[2].Due.Format(time.DateOnly) != "2021-07-31" || got != "2021-08-02" {
		t.Errorf("the 31st of July 2021 is a Saturday: payable on %s", got)
	}
	quarters := loan.Schedule(loan.Terms{Cents: 3_000_000, Months: 60, Deferral: 12, Every: 3, Funders: thirds[:1]}, day("2021-01-15"))
	if len(quarters) != 16 || quarters[0].Due.Format(time.DateOnly) != "2022-04-15" || quarters[15].Due.Format(time.DateOnly) != "2026-01-15" || quarters[0].Cents != 187_500 {
		t.Errorf("%+v", quarters)
	}
}

func TestTermsThatMakeNoSchedule(t *testing.T) {
	good := loan.Terms{Cents: 500_000, Months: 36, Every: 1, Funders: thirds}
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	for what, change := range map[string]func(*loan.Terms){
		"no money":                func(x *loan.Terms) { x.Cents = 0 },
		"fewer cents than months": func(x *loan.Terms) { x.Cents = 35 },
		"a long deferral":         func(x *loan.Terms) { x.Deferral = 13 },
		"a deferral below zero":   func(x *loan.Terms) { x.Deferral = -1 },
		"nothing but a deferral":  func(x *loan.Terms) { x.Months, x.Deferral = 12, 12 },
		"every second month":      func(x *loan.Terms) { x.Every = 2 },
		"quarters that do not go": func(x *loan.Terms) { x.Every, x.Deferral = 3, 1 },
		"no funder":               func(x *loan.Terms) { x.Funders = nil },
	} {
		bad := good
		change(&bad)
		if bad.Check() == nil {
			t.Errorf("%s: %+v", what, bad)
		}
	}
}

// terms draws any terms of which a schedule can be made.
func terms(t *rapid.T) loan.Terms {
	x := loan.Terms{Every: rapid.SampledFrom([]int{1, 3}).Draw(t, "every"), Deferral: rapid.IntRange(0, 12).Draw(t, "deferral")}
	count := rapid.IntRange(1, 60).Draw(t, "count")
	x.Months = x.Deferral + count*x.Every
	x.Cents = rapid.OneOf(rapid.Int64Range(int64(count), int64(count)+50), rapid.Int64Range(500_000, 3_000_000), rapid.Int64Range(int64(count), 1_000_000_000_00)).Draw(t, "cents")
	for f := range rapid.IntRange(1, 5).Draw(t, "funders") {
		x.Funders = append(x.Funders, loan.Funder{ID: string(rune('a' + f)), Part: rapid.Int64Range(1, 10_000).Draw(t, "part")})
	}
	return x
}

// TestEveryScheduleIsExact: for any amount, term, deferral and shares the instalments add up to the loan and the shares of each
// to the instalment; each funder's column is its share of the loan to the cent; and of a loan of 5,000 euros or more no share of an
// instalment is two cents off its exact part.
func TestEveryScheduleIsExact(t *testing.T) {
	chance.Check(t, func(t *rapid.T) {
		x := terms(t)
		paid := day("2018-01-01").AddDate(0, 0, rapid.IntRange(0, 4000).Draw(t, "paid"))
		list := loan.Schedule(x, paid)
		if len(list) != x.Count() {
			t.Fatalf("%d instalments, want %d", len(list), x.Count())
		}
		var parts int64
		for _, f := range x.Funders {
			parts += f.Part
		}
		var total int64
		columns := make([]int64, len(x.Funders))
		for k, i := range list {
			total += i.Cents
			var row int64
			for f, share := range i.Shares {
				row += share
				columns[f] += share
				exact := float64(i.Cents) * float64(x.Funders[f].Part) / float64(parts)
				if off := float64(share) - exact; share < 0 || x.Cents >= 500_000 && (off > 2 || off < -2) {
					t.Fatalf("instalment %d: funder %d gets %d of %d, exactly %f", k+1, f, share, i.Cents, exact)
				}
			}
			if row != i.Cents {
				t.Fatalf("instalment %d: the shares of %d add up to %d", k+1, i.Cents, row)
			}
			if last := k == len(list)-1; !last && i.Cents != list[0].Cents || last && (i.Cents < list[0].Cents || i.Cents >= list[0].Cents+int64(len(list))) {
				t.Fatalf("instalment %d is %d, the first %d", k+1, i.Cents, list[0].Cents)
			}
			checkDay(t, paid, x.Deferral+(k+1)*x.Every, i.Due)
		}
		if total != x.Cents {
			t.Fatalf("the instalments of %d add up to %d", x.Cents, total)
		}
		for f, column := range columns {
			exact := float64(x.Cents) * float64(x.Funders[f].Part) / float64(parts)
			if off := float64(column) - exact; off >= 1.5 || off <= -1.5 {
				t.Fatalf("funder %d gets %d of %f", f, column, exact)
			}
		}
	})
}

// checkDay: so many months later, the same day of the month, or the last of a shorter one.
func checkDay(t *rapid.T, paid time.Time, months int, due time.Time) {
	first := time.Date(paid.Year(), paid.Month()+time.Month(months), 1, 12, 0, 0, 0, time.UTC)
	last := time.Date(first.Year(), first.Month()+1, 0, 12, 0, 0, 0, time.UTC).Day()
	if due.Month() != first.Month() || due.Year() != first.Year() || due.Day() != min(paid.Day(), last) {
		t.Fatalf("%d months after %s: %s", months, paid.Format(time.DateOnly), due.Format(time.DateOnly))
	}
}

func open(t testing.TB, x loan.Terms, paid string) *loan.Book {
	t.Helper()
	b, err := loan.Open(x, day(paid))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func receive(t testing.TB, b *loan.Book, key string, cents int64, on string) {
	t.Helper()
	if fresh, err := b.Receive(key, cents, day(on)); err != nil || !fresh {
		t.Fatalf("%s: %v, %v", key, fresh, err)
	}
}

func TestALife(t *testing.T) {
	b := open(t, loan.Terms{Cents: 360_000, Months: 36, Every: 1, Funders: thirds}, "2021-01-31")
	if late, _ := b.Late(day("2021-02-28")); late != 0 || b.Next(day("2021-02-28")).N != 1 {
		t.Errorf("the 28th of February is a Sunday: the first instalment can be paid on the 1st of March; %d late", late)
	}
	if late, oldest := b.Late(day("2021-03-02")); late != 10_000 || oldest.N != 1 {
		t.Errorf("%d late, %+v", late, oldest)
	}
	receive(t, b, "a", 4_000, "2021-03-05")  // partial
	receive(t, b, "b", 20_000, "2021-03-10") // the rest, the second, and part of the third
	if i := b.Instalments; i[0].Left() != 0 || !i[0].On.Equal(day("2021-03-10")) || i[1].Left() != 0 || i[2].Left() != 6_000 || b.Owed() != 336_000 {
		t.Errorf("%+v", i[:3])
	}
	if fresh, err := b.Receive("b", 20_000, day("2021-03-10")); fresh || err != nil || b.Owed() != 336_000 {
		t.Errorf("told twice: %v %v", fresh, err)
	}
	if err := b.Reverse("a"); err != nil || b.Owed() != 340_000 || b.Instalments[0].Left() != 4_000 || !b.Instalments[0].On.IsZero() {
		t.Errorf("%v, %+v", err, b.Instalments[0])
	}
	if err := b.Reverse("a"); err != nil || b.Owed() != 340_000 {
		t.Errorf("reversed twice: %v", err)
	}
	if err := b.Reverse("x"); err == nil {
		t.Error("a receipt that never was is reversed")
	}
	if err := b.Reschedule(loan.Plan{Count: 7, Every: 3, First: day("2021-07-31")}); err != nil {
		t.Fatal(err)
	}
	last := b.Instalments[len(b.Instalments)-1]
	if b.Owed() != 340_000 || len(b.Instalments) != 10 || last.N != 43 || last.Cents != 48_574 || last.Due.Format(time.DateOnly) != "2023-01-31" {
		t.Errorf("%d instalments, the last %+v", len(b.Instalments), last)
	}
	if late, _ := b.Late(day("2021-07-01")); late != 0 {
		t.Errorf("%d are late although a new schedule was agreed", late)
	}
	receive(t, b, "c", 340_100, "2021-08-01")
	if b.Owed() != 0 || b.Credit() != 100 || b.Repaid() != 360_000 {
		t.Errorf("%d owed, %d in credit, %d repaid", b.Owed(), b.Credit(), b.Repaid())
	}
	if b.Refund(101) == nil || b.Refund(0) == nil || b.Refund(100) != nil || b.Credit() != 0 || b.Reverse("c") == nil {
		t.Errorf("refund: %+v", b.Receipts)
	}
	if b.Reschedule(loan.Plan{Count: 1, Every: 1, First: day("2022-01-01")}) == nil {
		t.Error("nothing is laid out anew")
	}
}

func TestWriteOff(t *testing.T) {
	b := open(t, loan.Terms{Cents: 360_000, Months: 36, Every: 1, Funders: thirds}, "2021-01-31")
	receive(t, b, "a", 25_000, "2021-03-05")
	if lost := b.WriteOff(); lost != 335_000 || b.Owed() != 0 || b.Lost != lost || b.Repaid() != 25_000 {
		t.Errorf("%d lost, %+v", lost, b)
	}
	receive(t, b, "b", 100, "2024-01-01") // a dividend after all
	if b.Credit() != 100 {
		t.Errorf("%d in credit", b.Credit())
	}
}

// TestARandomLife: whatever is paid, taken back, paid back, laid out anew and given up, in whichever order, no cent is lost and
// none is made up, neither of the loan nor of any funder's share.
func TestARandomLife(t *testing.T) {
	chance.Check(t, func(t *rapid.T) {
		x := terms(t)
		b, err := loan.Open(x, day("2021-01-31"))
		if err != nil {
			t.Fatal(err)
		}
		came := map[string]int64{} // what the bank has, by payment
		var refunded int64
		now := day("2021-02-01")
		for step := range rapid.IntRange(1, 60).Draw(t, "steps") {
			now = now.AddDate(0, 0, rapid.IntRange(0, 40).Draw(t, "days"))
			switch rapid.SampledFrom([]string{"pay", "pay", "pay", "instalment", "again", "reverse", "refund", "reschedule", "write off"}).Draw(t, "what") {
			case "pay":
				key, sum := string(rune('A'+step)), rapid.Int64Range(1, max(x.Cents/3, 2)).Draw(t, "sum")
				if _, err := b.Receive(key, sum, now); err != nil {
					t.Fatal(err)
				}
				came[key] = sum
			case "instalment":
				if i := b.Next(now); i != nil {
					key := string(rune('A' + step))
					came[key] = i.Left()
					if _, err := b.Receive(key, i.Left(), now); err != nil {
						t.Fatal(err)
					}
				}
			case "again":
				if len(b.Receipts) > 0 {
					r := b.Receipts[len(b.Receipts)/2]
					if fresh, err := b.Receive(r.Key, r.Cents, now); fresh || err != nil {
						t.Fatalf("a payment counts twice: %v", err)
					}
				}
			case "reverse":
				if len(b.Receipts) > 0 {
					r := b.Receipts[rapid.IntRange(0, len(b.Receipts)-1).Draw(t, "which")]
					if b.Reverse(r.Key) == nil {
						delete(came, r.Key)
					}
				}
			case "refund":
				sum := rapid.Int64Range(1, 10_000).Draw(t, "sum")
				if b.Refund(sum) == nil {
					refunded += sum
				}
			case "reschedule":
				_ = b.Reschedule(loan.Plan{Count: rapid.IntRange(1, 40).Draw(t, "count"), Every: 1, First: now.AddDate(0, 1, 0)}) // refused where nothing is owed
			case "write off":
				if rapid.IntRange(0, 9).Draw(t, "seldom") == 0 {
					b.WriteOff()
				}
			}
			balance(t, b, came, refunded)
		}
	})
}

// balance reckons the book anew from its parts.
func balance(t *rapid.T, b *loan.Book, came map[string]int64, refunded int64) {
	var received, parts, credit, paidBack int64
	for _, sum := range came {
		received += sum
	}
	paid := map[int]int64{}
	byFunder := make([]int64, len(b.Terms.Funders))
	for _, r := range b.Receipts {
		credit += r.Credit
		paidBack += r.Refunded
		for _, p := range r.Parts {
			parts += p.Cents
			paid[p.N] += p.Cents
			var row int64
			for f, share := range p.Shares {
				if share < 0 {
					t.Fatalf("a share below zero: %+v", p)
				}
				row += share
				byFunder[f] += share
			}
			if row != p.Cents {
				t.Fatalf("the shares of a part do not add up: %+v", p)
			}
		}
	}
	if received != parts+credit+paidBack || paidBack != refunded || credit != b.Credit() {
		t.Fatalf("%d came: %d for instalments, %d in credit, %d paid back (%d)", received, parts, credit, paidBack, refunded)
	}
	if b.Repaid() != parts || b.Repaid()+b.Owed()+b.Lost < b.Terms.Cents || b.Owed() > 0 && credit > 0 {
		t.Fatalf("of %d: %d repaid, %d owed, %d lost, %d in credit", b.Terms.Cents, b.Repaid(), b.Owed(), b.Lost, credit)
	}
	if b.Repaid()+b.Owed()+b.Lost != b.Terms.Cents {
		t.Fatalf("of %d: %d repaid, %d owed, %d lost", b.Terms.Cents, b.Repaid(), b.Owed(), b.Lost)
	}
	repaid, owed := b.Shares()
	if !slices.Equal(repaid, byFunder) {
		t.Fatalf("funders are repaid %v, the receipts say %v", repaid, byFunder)
	}
	var all int64
	for f := range owed {
		if owed[f] < 0 {
			t.Fatalf("funder %d is owed %d", f, owed[f])
		}
		all += owed[f]
	}
	if all != b.Owed() {
		t.Fatalf("funders are owed %d of %d", all, b.Owed())
	}
	for _, i := range b.Instalments {
		if i.Paid != paid[i.N] || i.Left() < 0 {
			t.Fatalf("instalment %+v, receipts say %d", i, paid[i.N])
		}
	}
}
