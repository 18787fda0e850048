package french_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"relance/domain/french"
	"relance/domain/money"
	"relance/local/chance"
)

// sums writes what was found: « 48050 month ».
func sums(text string) string {
	var list []string
	for _, s := range french.Sums(text) {
		one := fmt.Sprint(s.Cents)
		for _, is := range []struct {
			so   bool
			word string
		}{{!s.Marked, "bare"}, {s.Per == french.Month, "month"}, {s.Per == french.Year, "year"}, {s.Per == french.Quarter, "quarter"}, {s.Per == french.Other, "other"},
			{s.Tax != "", string(s.Tax)}, {s.Charges != "", string(s.Charges)}, {s.Loss, "loss"}, {s.Approximate, "approx"}, {s.Bound, "bound"},
			{s.Doubt, "doubt"}, {s.Inner, "inner"}, {s.OfCharges, "charges"}} {
			if is.so {
				one += " " + is.word
			}
		}
		list = append(list, one)
	}
	return strings.Join(list, ", ")
}

func TestSums(t *testing.T) {
	for text, want := range map[string]string{
		"480,50 €": "48050", "480.50 euros": "48050", "1 500 €": "150000", "1.500,00 €": "150000", "1.500 €": "150000 doubt", "1,500 €": "150000 doubt",
		"1,500.00": "150000 bare", "€1,500.00": "150000", "EUR 1,500.5": "150050", "1,234,567": "123456700 bare", "1,234,567.89 €": "123456789", "1,50,000.00": "", "1,500,00": "",
		"480 €.": "48000", "480 € HC/mois": "48000 month hc", "480 € CC": "48000 cc", "480€ charges comprises": "48000 cc", "1,5 k€": "150000", "7,2 K€": "720000",
		"198k": "19800000", "2 M€": "200000000", "environ 500 €": "50000 approx", "500 € environ": "50000 approx", "~ 500 €": "50000 approx",
		"5 766 € par an": "576600 year", "15 200 €/mois": "1520000 month", "1 150/mois": "115000 bare month", "moins de 500 €": "50000 bound",
		"mille trois cent quarante euros et 75 centimes": "134075", "dix-huit mille six cents euros": "1860000", "douze mille euros": "1200000",
		"seize mille huit cent cinquante euros": "1685000", "quatre-vingt-dix-sept euros": "9700", "soixante et onze euros": "7100", "un million d'euros": "100000000",
		"- 3 200 €": "320000 loss", "Bénéfice - 7 200 €": "720000", "-3 200 € (déficit)": "320000 loss", "−3 200 €": "320000 loss", "déficit de 3 200 €": "320000 loss", "perte : 3 200": "320000 bare",
		"3 200 € de perte": "320000 loss", "520 € (+ 40 € de charges)": "52000, 4000 inner charges", "480 € dont 40 € de charges": "48000, 4000 inner charges",
		"310 500€ HT": "31050000 ht", "6400 € TTC": "640000 ttc", "5 333 € HT soit 6 400 € TTC": "533300 ht, 640000 ttc", "25 % de 1 000 €": "100000",
		"182 400": "18240000 bare", "2019 : 182 400 €": "201900 bare, 18240000", "€ 480": "48000", "EUR 480": "48000", "1340€75": "134075", "480 euros 50 centimes": "48050",
		"1 200 € par trimestre": "120000 quarter", "120 € la semaine": "12000 other", "18 450,00;7 100,00": "1845000 bare, 710000 bare", "A12 et B3": "", "rien": "",
		"j'ai fait 9 800 € l'année dernière": "980000", "999999999999999999999 €": "", "1 340,75 € HT par mois": "134075 month ht", "720 € par mois, hors charges": "72000 month hc",
		"480 € mensuels (hors charges)": "48000 month hc", "deux cents euros": "20000", "onze cents euros": "110000", "un loyer de 300 €": "30000",
	} {
		if got := sums(text); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func TestCounts(t *testing.T) {
	for text, want := range map[string]string{
		"3": "3", "02": "2", "3 salariés": "3", "deux": "2", "quatre salariés": "4", "une seule salariée": "1 article", "3 enfants et nous deux": "3 2", "2 ETP + 1 apprenti": "2 1",
		"1 (moi)": "1", "3 (dont 1 apprenti)": "3 1 inner", "2,5 ETP": "2 fraction", "vers 1965": "1965 approx", "moins de 10": "10 bound", "1 000": "1000", "50 %": "",
		"vingt et un": "21", "soixante-dix-sept": "77", "quatre-vingts": "80", "deux trois": "2 3", "entre 2 et 3": "2 bound 3",
	} {
		var list []string
		for _, c := range french.Counts(text) {
			one := fmt.Sprint(c.N)
			if c.Article {
				one += " article"
			}
			if c.Fraction {
				one += " fraction"
			}
			if c.Approximate {
				one += " approx"
			}
			if c.Bound {
				one += " bound"
			}
			if c.Inner {
				one += " inner"
			}
			list = append(list, one)
		}
		if got := strings.Join(list, " "); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func TestDays(t *testing.T) {
	for text, want := range map[string]string{
		"15/09/2017": "2017-09-15", "2017-09-15": "2017-09-15", "le 15 septembre 2017": "2017-09-15", "1er mars 2018": "2018-03-01", "depuis le 1er mars 2016": "2016-03-01",
		"4.11.2019": "2019-11-04", "3/11/2008": "2008-11-03", "15/09/17": "2017-09-15 short", "novembre 2008": "2008-11-01 month", "le quinze septembre deux mille douze": "2012-09-15",
		"15 sept. 2012": "2012-09-15", "premier mars 2018": "2018-03-01", "31/02/2019": "", "06 12 34 56 78": "", "06.12.34.56.78": "", "15 09 2017": "2017-09-15",
		"du 1er mars 2019 au 29 février 2020": "2019-03-01 2020-02-29", "FR76 3000 4007 2800": "", "le 10 octobre 2011 j'ai deux": "2011-10-10", "12": "", "en 1978": "",
	} {
		var list []string
		for _, d := range french.Days(text) {
			one := d.Date.Format(time.DateOnly)
			if d.Short {
				one += " short"
			}
			if d.Month {
				one += " month"
			}
			list = append(list, one)
		}
		if got := strings.Join(list, " "); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

// TestWhatIsWrittenIsRead: every sum that we write, in figures and in words, is read back.
func TestWhatIsWrittenIsRead(t *testing.T) {
	chance.Check(t, func(t *rapid.T) {
		c := money.Cents(rapid.Int64Range(0, 99_999_999_99).Draw(t, "cents"))
		for _, text := range []string{c.Format(), c.Words()} {
			if found := french.Sums(text); len(found) != 1 || found[0].Cents != int64(c) {
				t.Fatalf("%q: %+v", text, found)
			}
		}
	})
}

// FuzzPlaces: whatever the text, what is found stands inside it.
func FuzzPlaces(f *testing.F) {
	f.Add("480,50 € HC/mois, le 15 septembre 2017, quatre-vingt-dix ’")
	f.Fuzz(func(t *testing.T, text string) {
		var spans []french.Span
		for _, s := range french.Sums(text) {
			spans = append(spans, s.Span, s.Figure)
		}
		for _, c := range french.Counts(text) {
			spans = append(spans, c.Span)
		}
		for _, d := range french.Days(text) {
			spans = append(spans, d.Span)
		}
		for _, s := range spans {
			if s.Start < 0 || s.End > len(text) || s.Start >= s.End {
				t.Fatalf("%q: %+v", text, s)
			}
		}
	})
}
