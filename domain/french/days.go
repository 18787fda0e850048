package french

import (
	"strconv"
	"time"
)

// Day is a day in a text.
type Day struct {
	Span
	Date  time.Time // midnight UTC; of a month alone, its first day
	Short bool      // the year has two digits
	Month bool      // only the month is said
}

var months = map[string]time.Month{
	"janvier": 1, "fevrier": 2, "mars": 3, "avril": 4, "mai": 5, "juin": 6, "juillet": 7, "aout": 8, "septembre": 9,
	"octobre": 10, "novembre": 11, "decembre": 12, "janv": 1, "jan": 1, "fevr": 2, "fev": 2, "avr": 4, "juil": 7, "sept": 9, "oct": 10, "nov": 11, "dec": 12,
}

// MonthOf gives the month that a word names; 0 where it names none.
func MonthOf(word string) time.Month { return months[word] }

// Days finds the days of a text: 15/09/2017, 2017-09-15, « 15 septembre 2017 », « 1er mars 2018 », « septembre 2017 ».
func Days(text string) []Day {
	r := newReader(text)
	var list []Day
	for i := 0; i < len(r.tokens); {
		d, next, is := r.day(i)
		if !is {
			i++
			continue
		}
		d.Span = Span{r.at(i).Start, r.at(next - 1).End}
		list = append(list, d)
		i = next
	}
	return list
}

// day reads a day that begins at a token.
func (r *reader) day(i int) (d Day, next int, is bool) {
	if t := r.at(i); t.Kind == Figure && (i == 0 || t.Spaced || r.at(i-1).Kind == Mark) {
		if d, next, is = r.numeric(i); is {
			return d, next, true
		}
	}
	if m := months[r.at(i).Text]; m > 0 { // septembre 2017
		next = r.dot(i + 1)
		if y, n, is := r.year(next); is && len(r.at(next).Text) != 2 {
			date, valid := dateOf(y, m, 1)
			return Day{Date: date, Month: true}, n, valid
		}
		return d, 0, false
	}
	if r.at(i).Text == "premier" {
		return r.written(1, i+1)
	}
	n, is := r.number(i)
	if !is || n.decimal || n.n < 100 || n.n > 31_00 {
		return d, 0, false
	}
	next = n.next
	if r.at(next).Text == "er" {
		next++
	}
	return r.written(int(n.n/100), next)
}

// written reads month and year behind a day.
func (r *reader) written(day, next int) (d Day, behind int, is bool) {
	if r.at(next).Text == "de" {
		next++
	}
	m := months[r.at(next).Text]
	if m == 0 {
		return d, 0, false
	}
	next = r.dot(next + 1)
	if r.at(next).Text == "de" || r.at(next).Text == "," {
		next++
	}
	y, next, is := r.year(next)
	if !is {
		return d, 0, false
	}
	d.Short = y < 100
	d.Date, is = dateOf(y, m, day)
	return d, next, is
}

func (r *reader) dot(i int) int {
	if r.at(i).Text == "." {
		return i + 1
	}
	return i
}

// year reads a year in figures or letters.
func (r *reader) year(i int) (y, next int, is bool) {
	n, is := r.number(i)
	if !is || n.decimal {
		return 0, 0, false
	}
	y = int(n.n / 100)
	figures := r.at(i).Text
	return y, n.next, y >= 1000 && y < 2200 && (n.words || len(figures) == 4) || len(figures) == 2 && r.at(i).Kind == Figure
}

// numeric reads 15/09/2017, 15.9.17, 15 09 2017 and 2017-09-15.
func (r *reader) numeric(i int) (d Day, next int, is bool) {
	var values, lengths []int
	next = i
	for len(values) < 3 {
		t := r.at(next)
		n, err := strconv.Atoi(t.Text)
		if t.Kind != Figure || len(t.Text) > 4 || err != nil || len(values) > 0 && t.Spaced && isSeparator(r.at(next-1).Text) && !r.at(next-1).Spaced {
			return d, 0, false
		}
		values, lengths, next = append(values, n), append(lengths, len(t.Text)), next+1
		if sep := r.at(next); len(values) < 3 && isSeparator(sep.Text) {
			next++
		} else if len(values) < 3 && !(sep.Kind == Figure && sep.Spaced && lengths[0] <= 2) {
			return d, 0, false
		}
	}
	sep := r.at(next)
	if isSeparator(sep.Text) && !sep.Spaced && r.at(next+1).Kind == Figure && !r.at(next+1).Spaced || sep.Kind == Figure && len(sep.Text) == 2 && lengths[2] == 2 {
		return d, 0, false // 06.12.34.56.78
	}
	day, month, year := values[0], values[1], values[2]
	if lengths[0] == 4 {
		day, year = year, day
		lengths[2] = 4
	}
	if lengths[1] > 2 || lengths[2] == 3 || lengths[2] == 1 {
		return d, 0, false
	}
	d.Short = lengths[2] == 2
	d.Date, is = dateOf(year, time.Month(month), day)
	return d, next, is
}

func isSeparator(sign string) bool { return sign == "/" || sign == "." || sign == "-" }

// dateOf makes a date; a year of two digits is of this century up to the thirties.
func dateOf(y int, m time.Month, d int) (time.Time, bool) {
	if y < 100 {
		if y += 1900; y < 1940 {
			y += 100
		}
	}
	date := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	return date, y >= 1000 && date.Day() == d && date.Month() == m
}
