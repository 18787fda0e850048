package sepa

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// allowed are the characters beside letters and digits that every bank takes (EPC217-08 §1.4: the basic Latin set).
const allowed = "/-?:().,'+ "

// inPlace are characters that stand for others where the basic Latin set lacks them (EPC217-08, conversion table).
var inPlace = strings.NewReplacer("œ", "oe", "Œ", "OE", "æ", "ae", "Æ", "AE", "ß", "ss", "ø", "o", "Ø", "O", "ł", "l", "Ł", "L", "đ", "d", "Đ", "D",
	"&", "+", "’", "'", "‘", "'", "`", "'", "–", "-", "—", "-", "_", "-", "«", "'", "»", "'", "“", "'", "”", "'", `"`, "'", "€", "E", "@", "(at)",
	"n°", "no", "N°", "No", "[", "(", "]", ")", "{", "(", "}", ")", ";", ",", "!", ".", "\t", " ", "\n", " ", "\r", " ", "\u00a0", " ", "\u202f", " ")

// Text brings a text into the basic Latin set, on one line, of at most so many characters: accents fall, what has no place is a
// full stop. It neither begins nor ends with a slash and has no two in a row, which EPC217-08 forbids in references.
func Text(text string, most int) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(inPlace.Replace(text)) {
		switch {
		case unicode.Is(unicode.Mn, r):
		case r < 128 && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune(allowed, r)):
			b.WriteRune(r)
		default:
			b.WriteByte('.')
		}
	}
	plain := strings.Join(strings.Fields(b.String()), " ")
	for strings.Contains(plain, "//") {
		plain = strings.ReplaceAll(plain, "//", "/")
	}
	if len(plain) > most {
		plain = plain[:most]
	}
	return strings.Trim(plain, "/ ")
}

// decimal writes a sum as XML has it: 1500.00.
func decimal(cents int64) string { return fmt.Sprintf("%d.%02d", cents/100, cents%100) }

// errAmount is returned for a text that is not a sum in whole cents.
var errAmount = errors.New("not a sum of whole cents")

// cents reads a decimal: 1500, 1500.5, 1500.00, 1500.00000.
func cents(text string) (int64, error) {
	whole, fraction, _ := strings.Cut(strings.TrimSpace(text), ".")
	fraction = strings.TrimRight(fraction, "0")
	if len(fraction) > 2 || whole == "" || strings.ContainsAny(whole, "+-") {
		return 0, fmt.Errorf("%w: %q", errAmount, text)
	}
	n, err := strconv.ParseUint(whole+(fraction + "00")[:2], 10, 62)
	if err != nil {
		return 0, fmt.Errorf("%w: %q", errAmount, text)
	}
	return int64(n), nil
}
