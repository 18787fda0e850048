package form

import "testing"

// TestNumbersAreWrittenInFrench: number formats of Excel, LibreOffice, Numbers and Google Sheets.
func TestNumbersAreWrittenInFrench(t *testing.T) {
	for _, c := range []struct{ raw, shown, format, want string }{
		{"42798", "04/03/17", "DD/MM/YY", "04/03/2017"}, {"42798", "4 mars 2017", "D MMMM YYYY", "04/03/2017"},
		{"42798", "03-04-17", "[$-40C]dddd d mmmm yyyy", "04/03/2017"}, {"42798.5", "x", "dd/mm/yyyy hh:mm", "04/03/2017"},
		{"43891", "mars-20", "mmm\\-yy", "mars 2020"}, {"43891", "2020", "yyyy", "2020"}, {"0.5", "12:00", "hh:mm", "12:00"},
		{"12000.5", "12 001 €", "#,##0\\ \"€\"", "12000,50 €"}, {"12000.5", "x", "#,##0.00\\ [$€-40C];[RED]\\-#,##0.00\\ [$€-40C]", "12000,50 €"},
		{"12000.5", "x", "[$£-809]#,##0.00", "12000,50 £"}, {"-3200", "(3 200 €)", "#,##0 €;(#,##0 €)", "-3200 €"},
		{"0.30000000000000004", "0,3", "General", "0,3"}, {"1200.3333333333333", "1200,33", "#,##0.00", "1200,33"},
		{"6.2819482100011E13", "6,28E+13", "", "62819482100011"}, {"1000", "01000", "00000", "01000"},
		{"628194821", "628 194 821", "000\\ 000\\ 000", "628194821"}, {"0.5", "50 %", "0%", "50 %"}, {"0.125", "13 %", "0%", "12,5 %"},
		{"texte", "texte", "@", "texte"}, {"", "", "", ""},
	} {
		if got := written(c.raw, c.shown, c.format, false); got != c.want {
			t.Errorf("%q as %q: %q, want %q", c.raw, c.format, got, c.want)
		}
	}
	if got := written("41336", "x", "dd/mm/yyyy", true); got != "04/03/2017" {
		t.Errorf("a workbook of 1904: %q", got)
	}
}
