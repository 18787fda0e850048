package french

import (
	"strconv"
	"strings"
)

// number is a number at a place of a text.
type number struct {
	next    int   // the token behind it
	n       int64 // hundredths
	decimal bool  // it has a fraction
	doubt   bool  // « 1,500 »: one thousand five hundred, or one and a half
	article bool  // « un », « une »: perhaps no number at all
	words   bool  // in letters
}

// most is the largest number that is read, in hundredths. What is beyond is no sum of money that anybody is paid.
const most = 1_000_000_000_000_00

// number reads a number that begins at a token.
func (r *reader) number(i int) (number, bool) {
	t := r.at(i)
	switch {
	case t.Kind == Figure && !r.glued(i):
		return r.figures(i)
	case t.Kind == Word:
		return r.words(i)
	}
	return number{}, false
}

// glued tells whether a figure is the rest of something longer: A12, 3.4.5, 12/5.
func (r *reader) glued(i int) bool {
	if r.at(i).Spaced || i == 0 {
		return false
	}
	before := r.at(i - 1)
	return before.Kind == Word && before.Text != "eur" && !strings.HasSuffix(before.Text, "'") ||
		r.at(i-2).Kind == Figure && !before.Spaced && (before.Text == "." || before.Text == "," || before.Text == "/")
}

// figures reads « 1 500 », « 1.500,50 », « 1500.5 », « 1,500.50 ».
func (r *reader) figures(i int) (number, bool) {
	if out, is := r.english(i); is {
		return out, true
	}
	digits, next, groups := r.at(i).Text, i+1, 0
	for grouped := digits; len(grouped) <= 3; groups++ {
		more, n := r.group(next)
		if n == 0 {
			break
		}
		digits, next = digits+more, next+n
	}
	out := number{next: next}
	cents := "00"
	if sep := r.at(next); (sep.Text == "," || sep.Text == ".") && !sep.Spaced && r.at(next+1).Kind == Figure && !r.at(next+1).Spaced {
		switch fraction := r.at(next + 1).Text; {
		case len(fraction) <= 2 && !r.continues(next+2):
			cents, out.decimal, out.next = (fraction + "0")[:2], true, next+2
		case len(fraction) == 3 && groups == 0 && len(digits) <= 3 && !r.continues(next+2):
			digits, out.doubt, out.next = digits+fraction, true, next+2
		default:
			return number{}, false
		}
	}
	if groups == 1 && r.at(i+1).Text == "." && out.next == next {
		out.doubt = true // 1.500, and not 1.500,00
	}
	n, err := strconv.ParseInt(digits+cents, 10, 64)
	if err != nil || n > most {
		return number{}, false
	}
	out.n, out.decimal = n, out.decimal && cents != "00"
	return out, true
}

// english reads what English programs write, where it can be nothing else: commas before each three digits, and then a point or a second comma.
func (r *reader) english(i int) (number, bool) {
	digits, next, groups := r.at(i).Text, i+1, 0
	if len(digits) > 3 {
		return number{}, false
	}
	for ; r.at(next).Text == "," && !r.at(next).Spaced && r.at(next+1).Kind == Figure && !r.at(next+1).Spaced && len(r.at(next+1).Text) == 3; groups++ {
		digits, next = digits+r.at(next+1).Text, next+2
	}
	cents := ""
	if sep, fraction := r.at(next), r.at(next+1); groups > 0 && sep.Text == "." && !sep.Spaced && fraction.Kind == Figure && !fraction.Spaced && len(fraction.Text) <= 2 {
		cents, next = (fraction.Text + "0")[:2], next+2
	}
	if cents == "" && groups < 2 || r.continues(next) {
		return number{}, false
	}
	n, err := strconv.ParseInt(digits+(cents + "00")[:2], 10, 64)
	return number{next: next, n: n, decimal: strings.Trim(cents, "0") != ""}, err == nil && n <= most
}

// group reads three digits behind a sign that groups thousands, and gives how many tokens that takes.
func (r *reader) group(i int) (digits string, n int) {
	t := r.at(i)
	if t.Kind == Figure && t.Spaced && len(t.Text) == 3 {
		return t.Text, 1
	}
	if (t.Text == "." || t.Text == "'") && !t.Spaced {
		if next := r.at(i + 1); next.Kind == Figure && !next.Spaced && len(next.Text) == 3 {
			return next.Text, 2
		}
	}
	return "", 0
}

// continues tells whether digits go on behind a sign: 15.09.2012.
func (r *reader) continues(i int) bool {
	t, next := r.at(i), r.at(i+1)
	return (t.Text == "." || t.Text == "," || t.Text == "/") && !t.Spaced && next.Kind == Figure && !next.Spaced
}

// units are the numbers in letters that stand for themselves.
var units = map[string]int64{"zero": 0, "un": 1, "une": 1, "deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "six": 6, "sept": 7, "huit": 8, "neuf": 9, "dix": 10,
	"onze": 11, "douze": 12, "treize": 13, "quatorze": 14, "quinze": 15, "seize": 16, "vingt": 20, "vingts": 20, "trente": 30, "quarante": 40,
	"cinquante": 50, "soixante": 60, "septante": 70, "huitante": 80, "octante": 80, "nonante": 90}

// powers multiply what stands before them.
var powers = map[string]int64{"cent": 100, "cents": 100, "mille": 1000, "milles": 1000, "million": 1_000_000, "millions": 1_000_000}

// words reads « mille trois cent quarante », « quatre-vingt-dix-sept ».
func (r *reader) words(i int) (number, bool) {
	var total, part int64
	first, next, count := r.at(i).Text, i, 0
	for {
		j := next
		if count > 0 && (r.at(j).Text == "-" || r.at(j).Text == "et") { // quatre-vingt, vingt et un
			j++
		}
		word := r.at(j).Text
		if value, is := units[word]; is && r.follows(part, value, r.at(next).Text == "et") {
			if value == 20 && part%100 == 4 {
				part += 76
			} else {
				part += value
			}
		} else if power, is := powers[word]; is && (word != "cent" || r.at(j-1).Text != "pour") {
			if power == 100 {
				if part%100 > 19 { // douze cents
					break
				}
				part += max(part%100, 1)*power - part%100
			} else {
				total, part = total+max(part, 1)*power, 0
			}
		} else {
			break
		}
		count, next = count+1, j+1
	}
	if total+part > most/100 {
		return number{}, false
	}
	return number{next: next, n: (total + part) * 100, words: true, article: count == 1 && (first == "un" || first == "une")}, count > 0
}

// follows tells whether a unit goes on with a number in letters, as cinq does with vingt and not with six.
func (r *reader) follows(part, value int64, and bool) bool {
	last := part % 100
	switch {
	case part == 0:
		return true
	case last == 0:
		return part > 0
	case value == 20:
		return last == 4
	case last == 60 || last == 80:
		return value < 20 && value > 0
	case last == 10:
		return value >= 7 && value <= 9
	case last >= 20 && last%10 == 0:
		return value < 10 && value > 0 && (!and || value == 1)
	}
	return false
}

// Count is a whole number of a text.
type Count struct {
	Span
	N           int
	Fraction    bool // it was no whole number
	Doubt       bool // « 1.500 »
	Article     bool // « un », « une »
	Approximate bool // « environ »
	Bound       bool // « moins de »: only one end of it is known
	Inner       bool // it stands in brackets, or is a part of another: « dont 2 »
}

var (
	approximate = phrases("environ", "env .", "env", "a peu pres", "autour de", "aux alentours de", "~", "≈", "approximativement", "vers", "pres de", "quelque", "presque")
	bounds      = phrases("moins de", "plus de", "jusqu' a", "au maximum", "maximum", "au moins", "minimum", "inferieur a", "superieur a", "entre", "<", ">", "max", "au plus")
	parts       = phrases("dont", "y compris", "incluant")
	behind      = phrases("environ", "a peu pres", "approximativement", "env")
)

// phrases cuts lists of words as Tokens does.
func phrases(list ...string) [][]string {
	var out [][]string
	for _, p := range list {
		var words []string
		for _, t := range Tokens(p) {
			words = append(words, t.Text)
		}
		out = append(out, words)
	}
	return out
}

// Counts finds the numbers of a text. A percentage is none.
func Counts(text string) []Count {
	r := newReader(text)
	var list []Count
	for i := 0; i < len(r.tokens); {
		n, is := r.number(i)
		if !is {
			i++
			continue
		}
		if r.at(n.next).Text != "%" && !r.are(n.next, "pour", "cent") {
			list = append(list, Count{Span: Span{r.at(i).Start, r.at(n.next - 1).End}, N: int(n.n / 100), Fraction: n.n%100 != 0, Doubt: n.doubt,
				Article: n.article, Approximate: r.before(i, approximate) > 0 || r.oneOf(n.next, behind) > 0, Bound: r.before(i, bounds) > 0,
				Inner: r.inner(i) || r.before(i, parts) > 0})
		}
		i = n.next
	}
	return list
}
