// Package calendar is the legal calendar: days and months in Europe/Paris, working days, and periods counted as French law counts
// them. It is pure.
package calendar

import (
	"time"
	_ "time/tzdata" // a bare container has no time zones, and the law's days are those of Paris

	"github.com/rickar/cal/v2/fr"
)

// Paris is the time zone in which legal days begin and end.
var Paris = mustLocation("Europe/Paris")

func mustLocation(name string) *time.Location {
	loc, err := time.LoadLocation(name)
	if err != nil {
		panic(err) // the zone is compiled in above
	}
	return loc
}

// Date is the calendar day of an instant in Paris, at its first moment.
func Date(t time.Time) time.Time {
	y, m, d := t.In(Paris).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, Paris)
}

// Day writes the calendar day of an instant in Paris for files: 2020-09-15.
func Day(t time.Time) string { return t.In(Paris).Format(time.DateOnly) }

// French writes the calendar day of an instant in Paris for people: 15/09/2020.
func French(t time.Time) string { return t.In(Paris).Format("02/01/2006") }

// EndOfDay is the first instant after the calendar day of t in Paris: a period that ends on a day includes all of it.
func EndOfDay(t time.Time) time.Time { return AddDays(Date(t), 1) }

// LastDay is the last calendar day of a period whose end is the instant t, for telling a person: a period that ends at
// midnight was last open on the day before.
func LastDay(end time.Time) time.Time { return Date(end.Add(-time.Nanosecond)) }

// AddDays moves by calendar days, whatever the clocks do in between.
func AddDays(t time.Time, days int) time.Time { return t.In(Paris).AddDate(0, 0, days) }

// AddMonths moves by calendar months, from the day to the day of the same number; where that month is too short it is
// the month's last day (Code de procédure civile art. 641, followed by the administrative courts).
func AddMonths(t time.Time, months int) time.Time {
	y, m, d := t.In(Paris).Date()
	first := time.Date(y, m+time.Month(months), 1, 0, 0, 0, 0, Paris)
	if last := first.AddDate(0, 1, -1).Day(); d > last {
		d = last
	}
	return time.Date(first.Year(), first.Month(), d, 0, 0, 0, 0, Paris)
}

// DaysBetween counts the calendar days from one instant's day to another's, never less than zero.
func DaysBetween(from, to time.Time) int {
	a, b := Date(from), Date(to)
	if b.Before(a) {
		return 0
	}
	return int(b.Sub(a)/time.Hour+12) / 24 // a day of 23 or 25 hours counts as one
}

// IsWorkday tells whether services are open: neither Saturday, Sunday nor a public holiday (Code du travail L3133-1).
func IsWorkday(t time.Time) bool {
	day := Date(t)
	if day.Weekday() == time.Saturday || day.Weekday() == time.Sunday {
		return false
	}
	// The library's own calendar keeps a cache that it empties in random order; workflows reckon here, so it is not used.
	for _, holiday := range fr.Holidays {
		actual, _ := holiday.Calc(day.Year())
		if y, m, d := actual.Date(); y == day.Year() && m == day.Month() && d == day.Day() {
			return false
		}
	}
	return true
}

// NextWorkday is the day itself where it is a working day, else the next one.
func NextWorkday(t time.Time) time.Time {
	day := Date(t)
	for !IsWorkday(day) {
		day = AddDays(day, 1)
	}
	return day
}

// ClearMonths is the end of a "délai franc" counted in months: neither the day it starts from nor the day it ends on
// counts, and an end on a day without work is carried to the next working day (CJA R421-1 and R421-5; Code de procédure
// civile art. 642). The result is the first instant at which it is too late.
func ClearMonths(from time.Time, months int) time.Time {
	return EndOfDay(NextWorkday(AddDays(AddMonths(from, months), 1)))
}
