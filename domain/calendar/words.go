package calendar

import (
	"strconv"
	"time"
	_ "time/tzdata" // a container may have no time zones of its own
)

var months = [...]string{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre",
	"novembre", "décembre"}

// InWords writes the day that t falls on in Paris: « 15 septembre 2020 », « 1er mars 2021 ».
func InWords(t time.Time) string {
	year, month, day := t.In(Paris).Date()
	number := strconv.Itoa(day)
	if day == 1 {
		number = "1er"
	}
	return number + " " + months[month-1] + " " + strconv.Itoa(year)
}
