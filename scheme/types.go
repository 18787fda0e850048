package scheme

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"relance/money"
)

// Type is what kind of value a field takes.
type Type string

// The types of field, and the Go value an expression sees.
const (
	Text    Type = "text"    // string
	Integer Type = "integer" // int
	Money   Type = "amount"  // int, cents
	Day     Type = "date"    // time.Time, midnight UTC
	YesNo   Type = "yesno"   // bool
	SIRET   Type = "siret"   // string, 14 digits
	IBAN    Type = "iban"    // string, no spaces
)

// The ways in which a value can be wrong. Their text is a code that a template turns into a sentence.
var (
	ErrInteger = errors.New("not_integer")
	ErrAmount  = errors.New("not_amount")
	ErrDate    = errors.New("not_date")
	ErrYesNo   = errors.New("not_yesno")
	ErrSIRET   = errors.New("siret_invalid")
	ErrIBAN    = errors.New("iban_invalid")
	ErrType    = errors.New("unknown type of field")
)

// Normalise reads what a person wrote for a field and gives its one normal form: digits, cents, an ISO 8601 date, "true"
// or "false", an IBAN without spaces. The error is one of the above.
func (t Type) Normalise(written string) (string, error) {
	written = strings.TrimSpace(written)
	switch t {
	case Text:
		return written, nil
	case Integer:
		return integer(written)
	case Money:
		cents, err := money.Parse(strings.TrimSpace(trailingNote.ReplaceAllString(written, "")))
		if err != nil || cents < 0 {
			return "", ErrAmount
		}
		return strconv.FormatInt(int64(cents), 10), nil
	case Day:
		return day(written)
	case YesNo:
		return yesNo(written)
	case SIRET:
		if digits := compact(written); ValidSIRET(digits) {
			return digits, nil
		}
		return "", ErrSIRET
	case IBAN:
		if iban := strings.ToUpper(compact(written)); ValidIBAN(iban) {
			return iban, nil
		}
		return "", ErrIBAN
	}
	return "", ErrType
}

// value turns a normal form into what an expression sees.
func (t Type) value(normal string) (any, error) {
	switch t {
	case Integer, Money:
		return strconv.Atoi(normal)
	case Day:
		return time.Parse(time.DateOnly, normal)
	case YesNo:
		return normal == "true", nil
	case Text, SIRET, IBAN:
		return normal, nil
	}
	return nil, fmt.Errorf("%w: %q", ErrType, t)
}

// trailingNote is what people add behind an amount: « 480 € par mois », « 480 € HC », « 480 € (hors charges) ».
var trailingNote = regexp.MustCompile(`(?i)\s*(\(.*\)|par mois|/ ?mois|mensuels?|par an|/ ?an|annuels?|hors charges|charges comprises|h\.?c\.?|h\.?t\.?|t\.?t\.?c\.?)[\s.;]*$`)

var leadingInteger = regexp.MustCompile(`^(\d{1,3}(?:[\p{Zs}.]\d{3})+|\d+)(?:\p{Zs}*\p{L}[\p{L}\p{Zs}()'’.-]*)?[.;]?$`)

func integer(written string) (string, error) {
	m := leadingInteger.FindStringSubmatch(written)
	if m == nil {
		switch strings.ToLower(strings.Trim(written, " .;")) {
		case "aucun", "aucune", "néant", "zéro", "zero", "pas de salarié":
			return "0", nil
		}
		return "", ErrInteger
	}
	n, err := strconv.Atoi(compact(strings.ReplaceAll(m[1], ".", "")))
	if err != nil {
		return "", ErrInteger
	}
	return strconv.Itoa(n), nil
}

var months = map[string]time.Month{
	"janvier": 1, "fevrier": 2, "mars": 3, "avril": 4, "mai": 5, "juin": 6, "juillet": 7, "aout": 8, "septembre": 9,
	"octobre": 10, "novembre": 11, "decembre": 12, "janv": 1, "fevr": 2, "avr": 4, "juil": 7, "sept": 9, "oct": 10, "nov": 11, "dec": 12,
}

var (
	numericDate = regexp.MustCompile(`^(\d{1,2})[/. -](\d{1,2})[/. -](\d{4})$`)
	isoDate     = regexp.MustCompile(`^(\d{4})-(\d{1,2})-(\d{1,2})$`)
	writtenDate = regexp.MustCompile(`^(\d{1,2})(?:er)? ([a-z]+)\.? (\d{4})$`)
)

// day reads 15/09/2017, 2017-09-15, « 15 septembre 2017 » and « le 1er mars 2018 ».
func day(written string) (string, error) {
	text := strings.Trim(strings.TrimPrefix(Fold(written), "le "), " .;")
	var y, m, d int
	switch {
	case numericDate.MatchString(text):
		parts := numericDate.FindStringSubmatch(text)
		d, m, y = atoi(parts[1]), atoi(parts[2]), atoi(parts[3])
	case isoDate.MatchString(text):
		parts := isoDate.FindStringSubmatch(text)
		y, m, d = atoi(parts[1]), atoi(parts[2]), atoi(parts[3])
	case writtenDate.MatchString(text):
		parts := writtenDate.FindStringSubmatch(text)
		d, m, y = atoi(parts[1]), int(months[parts[2]]), atoi(parts[3])
	}
	date := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
	if y < 1000 || date.Day() != d || int(date.Month()) != m {
		return "", ErrDate
	}
	return date.Format(time.DateOnly), nil
}

func atoi(digits string) int { n, _ := strconv.Atoi(digits); return n } // the caller's pattern let only digits in

func yesNo(written string) (string, error) {
	word, _, _ := strings.Cut(strings.Trim(Fold(written), " .;!"), " ")
	switch strings.Trim(word, ",.;") {
	case "oui", "o", "vrai", "yes", "x", "certifie", "atteste", "j'atteste", "j'accepte":
		return "true", nil
	case "non", "n", "faux", "no":
		return "false", nil
	}
	return "", ErrYesNo
}

// compact removes spaces of every kind, dots and hyphens that people put into numbers.
func compact(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '.' || r == '-' {
			return -1
		}
		return r
	}, text)
}

// ValidSIRET checks the fourteen digits of an establishment: a Luhn sum, or a digit sum divisible by five for those of La
// Poste (SIREN 356000000), whose numbers ran out.
func ValidSIRET(siret string) bool {
	if len(siret) != 14 {
		return false
	}
	luhn, plain := 0, 0
	for i, r := range siret {
		if r < '0' || r > '9' {
			return false
		}
		d := int(r - '0')
		plain += d
		if i%2 == 0 { // from the left, for an even number of digits, the first is doubled
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		luhn += d
	}
	return plain > 0 && (luhn%10 == 0 || strings.HasPrefix(siret, "356000000") && plain%5 == 0)
}

var ibanShape = regexp.MustCompile(`^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$`)

// ValidIBAN checks an account number by ISO 13616: the remainder by 97 is one. A French one has 27 characters.
func ValidIBAN(iban string) bool {
	if !ibanShape.MatchString(iban) || strings.HasPrefix(iban, "FR") && len(iban) != 27 {
		return false
	}
	remainder := 0
	for _, r := range iban[4:] + iban[:4] {
		if r >= 'A' {
			remainder = (remainder*100 + int(r-'A') + 10) % 97
		} else {
			remainder = (remainder*10 + int(r-'0')) % 97
		}
	}
	return remainder == 1
}
