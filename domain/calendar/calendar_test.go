package calendar_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"relance/domain/calendar"
	"relance/local/chance"
)

func day(s string) time.Time {
	t, err := time.ParseInLocation(time.DateOnly, s, calendar.Paris)
	if err != nil {
		panic(err)
	}
	return t
}

func TestAddMonthsKeepsTheDayOrTakesTheLast(t *testing.T) {
	for _, c := range []struct {
		from   string
		months int
		want   string
	}{
		{"2020-09-15", 2, "2020-11-15"},
		{"2020-12-31", 2, "2021-02-28"},
		{"2019-12-31", 2, "2020-02-29"},
		{"2020-08-31", 1, "2020-09-30"},
		{"2020-11-30", 3, "2021-02-28"},
		{"2020-01-31", 12, "2021-01-31"},
	} {
		if got := calendar.AddMonths(day(c.from), c.months).Format(time.DateOnly); got != c.want {
			t.Errorf("%s + %d months = %s, want %s", c.from, c.months, got, c.want)
		}
	}
}

func TestClearMonths(t *testing.T) {
	for _, c := range []struct{ notified, last, why string }{
		{"2020-09-14", "2020-11-16", "neither the 14th nor the 14th counts, the 15th is a Sunday"},
		{"2020-09-15", "2020-11-16", "the 16th is a Monday"},
		{"2021-03-24", "2021-05-25", "an ordinary Tuesday"},
		{"2021-02-28", "2021-04-29", "a Thursday"},
		{"2021-10-31", "2022-01-03", "the 1st of January is a holiday and a Saturday"},
		{"2022-03-16", "2022-05-17", "a Tuesday"},
		{"2022-03-25", "2022-05-27", "the 26th is Ascension Day"},
		{"2022-04-05", "2022-06-07", "the 6th is Whit Monday"},
	} {
		end := calendar.ClearMonths(day(c.notified), 2)
		if got := calendar.LastDay(end).Format(time.DateOnly); got != c.last {
			t.Errorf("notified %s: last day %s, want %s (%s)", c.notified, got, c.last, c.why)
		}
	}
}

func TestADayEndsAtMidnightInParis(t *testing.T) {
	// 23:30 UTC on the 14th is already the 15th in Paris, in summer.
	late := time.Date(2020, 9, 14, 23, 30, 0, 0, time.UTC)
	if got := calendar.EndOfDay(late); !got.Equal(time.Date(2020, 9, 15, 22, 0, 0, 0, time.UTC)) {
		t.Errorf("end of day = %v", got)
	}
	if got := calendar.LastDay(calendar.EndOfDay(late)).Format(time.DateOnly); got != "2020-09-15" {
		t.Errorf("last day = %s", got)
	}
}

func TestDaysBetweenCountsCalendarDays(t *testing.T) {
	chance.Check(t, func(t *rapid.T) {
		from := day("2018-01-01").AddDate(0, 0, rapid.IntRange(0, 5000).Draw(t, "start"))
		days := rapid.IntRange(0, 800).Draw(t, "days")
		hour := time.Duration(rapid.IntRange(0, 22).Draw(t, "hour")) * time.Hour
		if got := calendar.DaysBetween(from.Add(hour), calendar.AddDays(from, days)); got != days {
			t.Fatalf("%v + %d days: counted %d", from, days, got)
		}
	})
}
