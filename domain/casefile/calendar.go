package casefile

import (
	"time"

	"relance/domain/calendar"
)

// The legal calendar (package calendar), by the names under which the procedure and its texts call it.

// Paris is the time zone in which legal days begin and end.
var Paris = calendar.Paris

// Date is the calendar day of an instant in Paris, at its first moment.
func Date(t time.Time) time.Time { return calendar.Date(t) }

// EndOfDay is the first instant after the calendar day of t in Paris.
func EndOfDay(t time.Time) time.Time { return calendar.EndOfDay(t) }

// LastDay is the last calendar day of a period whose end is the instant t, for telling a person.
func LastDay(end time.Time) time.Time { return calendar.LastDay(end) }

// AddDays moves by calendar days.
func AddDays(t time.Time, days int) time.Time { return calendar.AddDays(t, days) }

// AddMonths moves by calendar months, from the day to the day of the same number.
func AddMonths(t time.Time, months int) time.Time { return calendar.AddMonths(t, months) }

// DaysBetween counts the calendar days from one instant's day to another's, never less than zero.
func DaysBetween(from, to time.Time) int { return calendar.DaysBetween(from, to) }

// IsWorkday tells whether services are open.
func IsWorkday(t time.Time) bool { return calendar.IsWorkday(t) }

// NextWorkday is the day itself where it is a working day, else the next one.
func NextWorkday(t time.Time) time.Time { return calendar.NextWorkday(t) }

// ClearMonths is the end of a period in clear months (délai franc).
func ClearMonths(from time.Time, months int) time.Time { return calendar.ClearMonths(from, months) }
