package scheme

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"relance/domain/french"
)

// period is the time that an amount of the field is for: as the scheme says, else as the label does; Once where neither does.
func (f Field) period() french.Per {
	switch f.Per {
	case "month":
		return french.Month
	case "year":
		return french.Year
	}
	for _, word := range strings.Fields(Fold(f.Label)) {
		switch strings.TrimRight(word, "s") {
		case "mensuel", "mensuelle", "moi": // mois without its s
			return french.Month
		case "annuel", "annuelle", "an":
			return french.Year
		}
	}
	return french.Once
}

// labelSays tells whether the label has one of some words.
func (f Field) labelSays(phrases ...string) bool {
	label := " " + Fold(f.Label) + " "
	return slices.ContainsFunc(phrases, func(p string) bool { return strings.Contains(label, " "+p+" ") })
}

// nothing are the ways to say that there is none of something.
var nothing = []string{"neant", "aucun", "aucune", "zero", "nul", "nulle", "rien", "pas", "sans", "personne"}

// saysNothing tells whether a text says that there is none, and nothing else.
func (f Field) saysNothing(written string) bool {
	tokens := french.Tokens(written)
	if len(tokens) == 0 || !slices.Contains(nothing, tokens[0].Text) {
		return false
	}
	_, other := f.beside(written, french.Span{Start: tokens[0].Start, End: tokens[0].End})
	return !other
}

// amount reads the one sum that a text gives for the field, in the field's own period and sign.
func (f Field) amount(written string) (string, error) {
	if f.saysNothing(written) && len(french.Sums(written)) == 0 {
		return "0", nil
	}
	s, err := f.sum(written)
	if err != nil {
		return "", err
	}
	doubt := s.Doubt
	if s.Bound || s.Per == french.Other {
		return "", ErrAmount
	}
	if is := f.period(); s.Per != french.Once && s.Per != is {
		if doubt = true; is != french.Once {
			s.Cents = (s.Cents*int64(is)*2 + int64(s.Per)) / (2 * int64(s.Per))
		}
	}
	doubt = doubt || s.Charges == french.WithCharges && f.labelSays("hors charges", "hc") || s.Charges == french.WithoutCharges && f.labelSays("charges comprises", "cc") ||
		s.Tax == french.WithTax && f.labelSays("ht", "hors taxes") || s.Tax == french.WithoutTax && f.labelSays("ttc") || changesItsMind(written)
	if s.Loss && !f.labelSays("perte", "pertes", "deficit") {
		if !f.Losses {
			return "", ErrAmount
		}
		s.Cents = -s.Cents
	}
	if doubt {
		return strconv.FormatInt(s.Cents, 10), ErrDoubt
	}
	return strconv.FormatInt(s.Cents, 10), nil
}

// sum chooses the sum that is meant among those of a text: charges, what stands in brackets and numbers beside a marked sum are not.
func (f Field) sum(written string) (french.Sum, error) {
	days := french.Days(written)
	sums := slices.DeleteFunc(french.Sums(written), func(s french.Sum) bool {
		return slices.ContainsFunc(days, func(d french.Day) bool { return d.Overlaps(s.Figure) })
	})
	keep := func(is func(french.Sum) bool) {
		if some := slices.DeleteFunc(slices.Clone(sums), func(s french.Sum) bool { return !is(s) }); len(some) > 0 && len(sums) > 1 {
			sums = some
		}
	}
	if !f.labelSays("charges") {
		keep(func(s french.Sum) bool { return !s.OfCharges })
	}
	keep(func(s french.Sum) bool { return s.Marked })
	if exact, is := exactly(sums); is {
		return exact, nil
	}
	keep(func(s french.Sum) bool { return !s.Inner })
	keep(func(s french.Sum) bool { return s.Per == f.period() && s.Per != french.Once })
	switch {
	case len(sums) == 0:
		return french.Sum{}, ErrAmount
	case slices.ContainsFunc(sums, func(s french.Sum) bool { return s.Cents != sums[0].Cents || s.Per != sums[0].Per }):
		return french.Sum{}, ErrSeveral
	}
	return sums[0], nil
}

// exactly finds the sum that another one rounds: « 52,3 k€ (52 310 € exactement) ». The one with more figures is meant, and asked back.
func exactly(sums []french.Sum) (french.Sum, bool) {
	if len(sums) != 2 || sums[0].Cents == sums[1].Cents || sums[0].Per != sums[1].Per {
		return french.Sum{}, false
	}
	rough, exact := sums[0], sums[1]
	if zeros(exact.Cents) > zeros(rough.Cents) {
		rough, exact = exact, rough
	}
	const near = 50 // a fiftieth
	if apart := max(rough.Cents-exact.Cents, exact.Cents-rough.Cents); rough.Inner == exact.Inner || apart > exact.Cents/near {
		return french.Sum{}, false
	}
	exact.Doubt = true
	return exact, true
}

// zeros counts the zeros at the end of a number.
func zeros(n int64) (count int) {
	for ; n != 0 && n%10 == 0; n /= 10 {
		count++
	}
	return count
}

// changesItsMind tells whether words beside a value take it back in part.
func changesItsMind(written string) bool {
	for _, t := range french.Tokens(written) {
		switch t.Text {
		case "mais", "sauf", "pas", "jamais", "ancien", "ancienne", "avant", "auparavant", "plutot", "jusqu'", "ou":
			return true
		}
	}
	return false
}

// besides are words that may stand beside a number of people or things without changing it.
var besides = []string{"salarie", "employe", "personne", "etp", "cdi", "cdd", "temps", "plein", "partiel", "a", "au", "en", "de", "d'", "seul", "seule", "total", "tout", "nous", "sommes", "y",
	"j'", "ai", "le", "la", "les", "l'", "foyer", "environ", "ans", "annee", "vers", "construit", "construite", "batie", "bati", "depuis", "equivalent", "soit", "on", "est", "avons", "emploie", "avec"}

// integer reads the one whole number that a text gives for the field.
func (f Field) integer(written string) (string, error) {
	days := french.Days(written)
	counts := slices.DeleteFunc(french.Counts(written), func(c french.Count) bool {
		return slices.ContainsFunc(days, func(d french.Day) bool { return d.Overlaps(c.Span) })
	})
	if outside := slices.DeleteFunc(slices.Clone(counts), func(c french.Count) bool { return c.Inner }); len(outside) > 0 {
		counts = outside
	}
	switch {
	case len(counts) == 0 && f.saysNothing(written):
		return "0", nil
	case len(counts) == 0 && len(days) == 1 && f.labelSays("annee"):
		return strconv.Itoa(days[0].Date.Year()), nil
	case len(counts) == 0:
		return "", ErrInteger
	case len(counts) > 1:
		return "", ErrSeveral
	}
	c := counts[0]
	if c.Fraction || c.Bound || strings.HasPrefix(strings.TrimSpace(written[:c.Start]), "-") {
		return "", ErrInteger
	}
	value := strconv.Itoa(c.N)
	switch adds, other := f.beside(written, c.Span); {
	case adds:
		return "", ErrSeveral // « moi et mes 3 enfants »
	case other || c.Doubt:
		return value, ErrDoubt
	}
	return value, nil
}

// beside looks at the words beside a number, outside brackets: whether they add to it, and whether some are neither the field's own nor such as mean
// nothing here.
func (f Field) beside(written string, number french.Span) (adds, other bool) {
	own := append(strings.Fields(Fold(f.Unit+" "+f.Label+" "+strings.Join(f.Aliases, " "))), besides...)
	depth := 0
	for _, t := range french.Tokens(written) {
		switch {
		case t.Text == "(":
			depth++
		case t.Text == ")":
			depth--
		case depth > 0 || number.Overlaps(french.Span{Start: t.Start, End: t.End}):
		case t.Text == "et" || t.Text == "+" || t.Text == "plus" || t.Text == "conjoint" || t.Text == "conjointe":
			adds = true
		case t.Kind == french.Word && !slices.ContainsFunc(own, func(w string) bool { return sameWord(t.Text, strings.Trim(w, "',.")) || t.Text == w }):
			other = true
		}
	}
	return adds, other
}

// day reads the one day that a text gives.
func day(written string) (string, error) {
	days := french.Days(written)
	switch {
	case len(days) == 0 || days[0].Month:
		return "", ErrDate
	case slices.ContainsFunc(days, func(d french.Day) bool { return !d.Date.Equal(days[0].Date) }):
		return "", ErrSeveral
	}
	value := days[0].Date.Format(time.DateOnly)
	if days[0].Short || changesItsMind(written) { // « 15/09/17 »: the person is asked
		return value, ErrDoubt
	}
	return value, nil
}
