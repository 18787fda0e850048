package money_test

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"relance/domain/money"
	"relance/local/chance"
)

func TestFormat(t *testing.T) {
	for cents, want := range map[money.Cents]string{
		0: "0,00 €", 5: "0,05 €", 150000: "1 500,00 €", 2_000_000_000: "20 000 000,00 €", -123456: "−1 234,56 €", -1 << 63: "−92 233 720 368 547 758,08 €",
	} {
		want = strings.NewReplacer(" €", "\u00a0€", " ", "\u202f").Replace(want)
		if got := cents.Format(); got != want {
			t.Errorf("%d = %q, want %q", int64(cents), got, want)
		}
	}
}

func TestParse(t *testing.T) {
	for text, want := range map[string]money.Cents{
		"480,50 €": 48050, "480,5": 48050, "1 500 €": 150000, "1\u202f500,00\u00a0€": 150000, "1.500,00": 150000, "1500.5": 150050,
		"EUR 1500": 150000, "1500 euros": 150000, "1 234 567,89 €": 123456789, "0": 0, "1.500": 150000, "-12,30 €": -1230, "€ 500": 50000, "1'500 euro": 150000,
	} {
		if got, err := money.Parse(text); err != nil || got != want {
			t.Errorf("%q = %d, %v; want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "€", "environ 500", "500 à 600", "1,500", "12 34", "1 500.000,5", "5e3", "99999999999999999999", "500 € par mois", "1..5", "--5"} {
		if got, err := money.Parse(text); !errors.Is(err, money.ErrAmount) {
			t.Errorf("%q was taken for %d (%v)", text, got, err)
		}
	}
}

func TestParseReadsWhatFormatWrites(t *testing.T) {
	chance.Check(t, func(t *rapid.T) {
		c := money.Cents(rapid.Int64().Draw(t, "cents"))
		if got, err := money.Parse(c.Format()); c != -1<<63 && (err != nil || got != c) {
			t.Fatalf("%s: %d, %v", c.Format(), got, err)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"480,50 €", "1.500,00", "EUR", "-", ",5"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, err := money.Parse(s)
		if err == nil {
			if again, err := money.Parse(c.Format()); err != nil || again != c {
				t.Errorf("%q is %d, which is written %q and read as %d (%v)", s, c, c.Format(), again, err)
			}
		}
	})
}

func TestWords(t *testing.T) {
	for cents, want := range map[money.Cents]string{
		150000: "mille cinq cents euros", 48050: "quatre cent quatre-vingts euros et cinquante centimes", 100: "un euro", 1: "un centime", 0: "zéro euro",
		200: "deux euros", 7100: "soixante et onze euros", 8100: "quatre-vingt-un euros", 9900: "quatre-vingt-dix-neuf euros", 2100: "vingt et un euros",
		100_000_000: "un million d'euros", 2_003_000_00: "deux millions trois mille euros", 200_000_000_00: "deux cents millions d'euros",
		80_000_00: "quatre-vingt mille euros", 200_000_00: "deux cent mille euros", 1_000_000_000_00: "un milliard d'euros", 599999: "cinq mille neuf cent quatre-vingt-dix-neuf euros et quatre-vingt-dix-neuf centimes",
		300000: "trois mille euros", 70_00: "soixante-dix euros", 1_80_00: "cent quatre-vingts euros", 2_000_300_00: "deux millions trois cents euros", -500: "moins cinq euros",
	} {
		if got := cents.Words(); got != want {
			t.Errorf("%d = %q, want %q", int64(cents), got, want)
		}
	}
}

func TestSplitAddsUp(t *testing.T) {
	chance.Check(t, func(t *rapid.T) {
		total := money.Cents(rapid.Int64Range(-1e15, 1e15).Draw(t, "total"))
		weights := rapid.SliceOfN(rapid.Int64Range(0, 1e12), 1, 12).Draw(t, "weights")
		parts := money.Split(total, weights)
		var sum money.Cents
		for i, p := range parts {
			sum += p
			if weights[i] == 0 && i > 0 && p < 0 {
				t.Fatalf("a weight of nothing got %d", p)
			}
		}
		if sum != total {
			t.Fatalf("%v add up to %d, not %d", parts, sum, total)
		}
	})
	if got := money.Split(100, []int64{1, 1, 1}); got[0] != 34 || got[1] != 33 || got[2] != 33 {
		t.Errorf("a hundred among three = %v", got)
	}
}

func TestMulDivRoundsHalvesAway(t *testing.T) {
	for _, c := range []struct {
		amount   money.Cents
		num, den int64
		want     money.Cents
	}{{5, 1, 2, 3}, {-5, 1, 2, -3}, {100, 1, 3, 33}, {200, 1, 3, 67}, {1 << 62, 4, 8, 1 << 61}, {5, -1, 2, -3}, {1 << 62, 100, 1, 1<<63 - 1}} {
		if got := money.MulDiv(c.amount, c.num, c.den); got != c.want {
			t.Errorf("%d × %d / %d = %d, want %d", c.amount, c.num, c.den, got, c.want)
		}
	}
}
