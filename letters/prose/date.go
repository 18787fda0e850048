package prose

import (
	"strconv"
	"time"
	_ "time/tzdata" // a container may have no time zones of its own
)

// paris is the legal time of metropolitan France (décret n° 2017-292).
var paris = func() *time.Location {
	zone, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		panic(err) // compiled in
	}
	return zone
}()

var months = [...]string{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre",
	"novembre", "décembre"}

// Date writes the day that t falls on in Paris: « 15 septembre 2020 », « 1er mars 2021 ».
func Date(t time.Time) string {
	year, month, day := t.In(paris).Date()
	number := strconv.Itoa(day)
	if day == 1 {
		number = "1er"
	}
	return number + " " + months[month-1] + " " + strconv.Itoa(year)
}
