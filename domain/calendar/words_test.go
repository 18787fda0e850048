package calendar

import (
	"testing"
	"time"
)

func TestInWords(t *testing.T) {
	for _, c := range []struct{ at, want string }{
		{"2020-09-15T10:00:00Z", "15 septembre 2020"},
		{"2021-03-01T00:00:00+01:00", "1er mars 2021"},
		{"2021-02-28T23:30:00Z", "1er mars 2021"},      // past midnight in Paris, winter time
		{"2021-07-31T22:30:00Z", "1er août 2021"},      // summer time
		{"2020-12-31T22:59:59Z", "31 décembre 2020"},   // one second before the new year in Paris
		{"2024-02-29T12:00:00-11:00", "1er mars 2024"}, // an offset that is not ours
	} {
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := InWords(at); got != c.want {
			t.Errorf("InWords(%s) = %q, want %q", c.at, got, c.want)
		}
	}
}
