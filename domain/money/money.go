// Package money is sums of money as the law and people write them: integer cents, one rounding rule, French figures and words, and
// splitting that always adds up to the whole.
package money

import (
	"errors"
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Cents is a sum of euros in cents.
type Cents int64

// Format writes a sum as French typography has it: a narrow no-break space (U+202F) between thousands, a comma, a no-break
// space (U+00A0) before the sign, a true minus (U+2212): 1 500,00 €.
func (c Cents) Format() string {
	sign, abs := "", new(big.Int).Abs(big.NewInt(int64(c)))
	if c < 0 {
		sign = "\u2212"
	}
	euros, cents := new(big.Int).DivMod(abs, big.NewInt(100), new(big.Int))
	digits := euros.String()
	var groups []string
	for len(digits) > 3 {
		groups = append(groups, digits[len(digits)-3:])
		digits = digits[:len(digits)-3]
	}
	groups = append(groups, digits)
	slices.Reverse(groups)
	return fmt.Sprintf("%s%s,%02d\u00a0€", sign, strings.Join(groups, "\u202f"), cents.Int64())
}

// String is Format.
func (c Cents) String() string { return c.Format() }

// ErrAmount is returned for a text that is not one sum of money.
var ErrAmount = errors.New("not an amount in euros")

var (
	currency = regexp.MustCompile(`(?i)^(?:eur(?:os?)?|€)|(?:€|eur(?:os?)?)$`)
	plain    = regexp.MustCompile(`^\d+$`)
	decimals = regexp.MustCompile(`^(.*\d)[.,](\d{1,2})$`)
	grouped  = regexp.MustCompile(`^\d{1,3}(?:([ .'])\d{3})(?:[ .']\d{3})*$`)
)

// Parse reads a sum as people write it: « 480,50 € », « 1 500 € », « 1.500,00 », « 1500.5 », « EUR 1500 ». Spaces of any kind
// group thousands. What could be two different sums, such as « 1,500 », is an error, as is anything else that is not
// one sum; the error wraps ErrAmount and says what is wrong.
func Parse(text string) (Cents, error) {
	wrong := func(why string) (Cents, error) { return 0, fmt.Errorf("%w: %q: %s", ErrAmount, text, why) }
	s := strings.Join(strings.FieldsFunc(text, unicode.IsSpace), " ")
	sign := int64(1)
	if rest, minus := strings.CutPrefix(strings.ReplaceAll(s, "\u2212", "-"), "-"); minus {
		s, sign = strings.TrimSpace(rest), -1
	}
	s = strings.TrimSpace(currency.ReplaceAllString(s, ""))
	cents := "00"
	if m := decimals.FindStringSubmatch(s); m != nil {
		s, cents = m[1], (m[2] + "0")[:2]
	}
	if g := grouped.FindStringSubmatch(s); g != nil {
		s = strings.ReplaceAll(s, g[1], "")
	}
	switch {
	case s == "":
		return wrong("no figure")
	case strings.Contains(s, ","):
		return wrong("a comma is followed by one or two decimals")
	case !plain.MatchString(s):
		return wrong("digits only, with spaces between thousands")
	}
	n, err := strconv.ParseInt(s+cents, 10, 64)
	if err != nil {
		return wrong("too large")
	}
	return Cents(sign * n), nil
}

// MulDiv is amount × num / den, rounded to the nearest cent, halves away from zero: the one rounding rule there is.
// It panics where den is zero, and saturates where the result does not fit.
func MulDiv(amount Cents, num, den int64) Cents {
	product := new(big.Int).Mul(big.NewInt(int64(amount)), big.NewInt(num))
	divisor := big.NewInt(den)
	if divisor.Sign() < 0 {
		product.Neg(product)
		divisor.Neg(divisor)
	}
	negative := product.Sign() < 0
	product.Abs(product).Mul(product, big.NewInt(2)).Add(product, divisor)
	product.Quo(product, new(big.Int).Mul(divisor, big.NewInt(2)))
	if negative {
		product.Neg(product)
	}
	if !product.IsInt64() {
		if negative {
			return -1 << 63
		}
		return 1<<63 - 1
	}
	return Cents(product.Int64())
}

// Split shares a sum by weights. The parts always add up to the whole: each gets its share rounded down, and the cents that
// are left go to the largest remainders, the first of equals first. Weights are not negative and not all zero; otherwise the
// whole goes to the first part.
func Split(total Cents, weights []int64) []Cents {
	parts := make([]Cents, len(weights))
	sum := new(big.Int)
	for _, w := range weights {
		sum.Add(sum, big.NewInt(max(w, 0)))
	}
	if len(weights) == 0 {
		return parts
	}
	if sum.Sign() == 0 {
		parts[0] = total
		return parts
	}
	type rest struct {
		index int
		left  *big.Int
	}
	rests := make([]rest, len(weights))
	left := total
	for i, w := range weights {
		share, remainder := new(big.Int).DivMod(new(big.Int).Mul(big.NewInt(int64(total)), big.NewInt(max(w, 0))), sum, new(big.Int))
		parts[i] = Cents(share.Int64())
		left -= parts[i]
		rests[i] = rest{i, remainder}
	}
	slices.SortStableFunc(rests, func(a, b rest) int { return b.left.Cmp(a.left) })
	for i := range int(left) {
		parts[rests[i].index]++
	}
	return parts
}
