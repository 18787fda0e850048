package scheme

import (
	"cmp"
	"errors"
	"fmt"
	"net/mail"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"relance/domain/money"
	"relance/domain/sepa"
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
	SIREN   Type = "siren"   // string, 9 digits
	IBAN    Type = "iban"    // string, no spaces
	Email   Type = "email"   // string
	Phone   Type = "phone"   // string, E.164: +33320000000
	INSEE   Type = "commune" // string, the five characters of the commune's code; a list with names lets people write the name
	Choice  Type = "choice"  // string, the id of the option
	Group   Type = "group"   // array of maps of its own fields
)

// Types lists them.
var Types = []Type{Text, Integer, Money, Day, YesNo, SIRET, SIREN, IBAN, Email, Phone, INSEE, Choice, Group}

// The ways in which a value can be wrong. Their text is a code that a template turns into a sentence.
var (
	ErrInteger = errors.New("not_integer")
	ErrAmount  = errors.New("not_amount")
	ErrDate    = errors.New("not_date")
	ErrYesNo   = errors.New("not_yesno")
	ErrSIRET   = errors.New("siret_invalid")
	ErrSIREN   = errors.New("siren_invalid")
	ErrIBAN    = errors.New("iban_invalid")
	ErrEmail   = errors.New("email_invalid")
	ErrPhone   = errors.New("phone_invalid")
	ErrCommune = errors.New("commune_unknown")
	ErrChoice  = errors.New("choice_unknown")
	ErrType    = errors.New("unknown type of field")

	// ErrDoubt comes with a value: what was written can be read in two ways, and the person who wrote it has to say.
	ErrDoubt = errors.New("to_confirm")
)

// Normalise reads what a person wrote for a field and gives its one normal form: digits, cents, an ISO 8601 date, "true"
// or "false", an IBAN without spaces, the id of an option. The error is one of the above.
func (v *Version) Normalise(f Field, written string) (string, error) {
	written = strings.TrimSpace(written)
	switch f.Type {
	case Choice:
		return v.option(f, written)
	case INSEE:
		return v.commune(f, written)
	case Money:
		return amount(written)
	}
	if read, ok := readers[f.Type]; ok {
		return read(written)
	}
	return "", ErrType
}

// readers read what a person wrote, by the type of the field.
var readers = map[Type]func(string) (string, error){
	Text: func(written string) (string, error) { return written, nil }, Integer: integer, Day: day, YesNo: yesNo,
	SIRET: digitsThat(ValidSIRET, ErrSIRET), SIREN: digitsThat(ValidSIREN, ErrSIREN), Email: email, Phone: phone,
	IBAN: func(written string) (string, error) {
		return digitsThat(sepa.ValidIBAN, ErrIBAN)(strings.ToUpper(written))
	},
}

// digitsThat reads a number that is checked by its digits.
func digitsThat(valid func(string) bool, wrong error) func(string) (string, error) {
	return func(written string) (string, error) {
		if digits := compact(written); valid(digits) {
			return digits, nil
		}
		return "", wrong
	}
}

// value turns a normal form into what an expression sees. An empty one gives the zero value.
func (t Type) value(normal string) (any, error) {
	switch t {
	case Integer, Money:
		if normal == "" {
			return 0, nil
		}
		return strconv.Atoi(normal)
	case Day:
		if normal == "" {
			return time.Time{}, nil
		}
		return time.Parse(time.DateOnly, normal)
	case YesNo:
		return normal == "true", nil
	case Text, SIRET, SIREN, IBAN, Email, Phone, INSEE, Choice:
		return normal, nil
	}
	return nil, fmt.Errorf("%w: %q", ErrType, t)
}

// option finds which answer to a choice is meant: by its id, its label or another way to write it, else the only one that
// what was written begins or is the beginning of.
func (v *Version) option(f Field, written string) (string, error) {
	text := strings.Trim(Fold(written), " .;«»\"")
	var near []string
	for _, o := range v.OptionsOf(f) {
		for _, name := range append([]string{o.ID, o.Label}, o.Aliases...) {
			name = Fold(name)
			if name == text {
				return o.ID, nil
			}
			if len(text) >= 3 && (strings.HasPrefix(name, text) || strings.HasPrefix(text, name+" ")) && !slices.Contains(near, o.ID) {
				near = append(near, o.ID)
			}
		}
	}
	if len(near) == 1 {
		return near[0], nil
	}
	return "", ErrChoice
}

// OptionsOf lists the answers to a choice: its own, or the entries of its list.
func (v *Version) OptionsOf(f Field) []Option {
	options := f.Options
	for _, e := range v.Entries[f.List] {
		options = append(options, Option{ID: e.Code, Label: cmp.Or(e.Name, e.Code)})
	}
	return options
}

var (
	inseeShape = regexp.MustCompile(`\b(\d{5}|2[AB]\d{3})\b`)
	notLetters = regexp.MustCompile(`[^\p{L}]+`)
)

// commune finds a commune by its name in the field's list, or by its INSEE code. A postal code is not one, so that with a list
// a code that is not in it has to be confirmed.
func (v *Version) commune(f Field, written string) (string, error) {
	code := inseeShape.FindString(strings.ToUpper(written))
	name := plainName(strings.Replace(written, code, "", 1))
	for _, e := range v.Entries[f.List] {
		if e.Code == code && (name == "" || plainName(e.Name) == name) || code == "" && plainName(e.Name) == name {
			return e.Code, nil
		}
	}
	for _, e := range v.Entries[f.List] { // « 59000 Lille » is a postal code and a name
		if plainName(e.Name) == name {
			return e.Code, nil
		}
	}
	if code == "" {
		return "", ErrCommune
	}
	if len(v.Entries[f.List]) > 0 {
		return code, ErrDoubt
	}
	return code, nil
}

// plainName is a commune's name as it is compared: small letters, words apart.
func plainName(name string) string {
	return strings.TrimSpace(notLetters.ReplaceAllString(Fold(name), " "))
}

var emailShape = regexp.MustCompile(`^[^\s@<>]+@[^\s@<>]+\.[^\s@<>.]+$`)

func email(written string) (string, error) {
	if a, err := mail.ParseAddress(written); err == nil && emailShape.MatchString(a.Address) {
		return strings.ToLower(a.Address), nil
	}
	return "", ErrEmail
}

var phoneShape = regexp.MustCompile(`^\+[1-9]\d{7,14}$`)

// phone reads a French number of ten digits or an international one.
func phone(written string) (string, error) {
	number := strings.NewReplacer("(0)", "", "(", "", ")", "", "/", "").Replace(compact(written))
	switch {
	case strings.HasPrefix(number, "00"):
		number = "+" + number[2:]
	case len(number) == 10 && number[0] == '0':
		number = "+33" + number[1:]
	}
	if !phoneShape.MatchString(number) {
		return "", ErrPhone
	}
	return number, nil
}

// doubtful is an amount such as « 1,500 »: one thousand five hundred, or one and a half.
var doubtful = regexp.MustCompile(`^\D*\d{1,3}[.,]\d{3}\D*$`)

func amount(written string) (string, error) {
	text := strings.TrimSpace(trailingNote.ReplaceAllString(written, ""))
	cents, err := money.Parse(text)
	if doubtful.MatchString(text) {
		if cents, err = money.Parse(strings.NewReplacer(".", "", ",", "").Replace(text)); err == nil {
			return strconv.FormatInt(int64(cents), 10), ErrDoubt
		}
	}
	if err != nil || cents < 0 {
		return "", ErrAmount
	}
	return strconv.FormatInt(int64(cents), 10), nil
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
	numericDate = regexp.MustCompile(`^(\d{1,2})[/. -](\d{1,2})[/. -](\d{4}|\d{2})$`)
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
	short := y > 0 && y < 100
	if short { // « 15/09/17 »: this century up to the thirties, and the person is asked
		y += 1900
		if y < 1940 {
			y += 100
		}
	}
	date := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
	if y < 1000 || date.Day() != d || int(date.Month()) != m {
		return "", ErrDate
	}
	if short {
		return date.Format(time.DateOnly), ErrDoubt
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
	luhn, plain, ok := digitSums(siret)
	return ok && len(siret) == 14 && plain > 0 && (luhn%10 == 0 || strings.HasPrefix(siret, "356000000") && plain%5 == 0)
}

// ValidSIREN checks the nine digits of a legal unit: a Luhn sum.
func ValidSIREN(siren string) bool {
	luhn, plain, ok := digitSums(siren)
	return ok && len(siren) == 9 && plain > 0 && luhn%10 == 0
}

// digitSums gives the Luhn sum and the plain sum of digits.
func digitSums(digits string) (luhn, plain int, ok bool) {
	for i, r := range digits {
		if r < '0' || r > '9' {
			return 0, 0, false
		}
		d := int(r - '0')
		plain += d
		if (len(digits)-i)%2 == 0 { // every second one from the right
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		luhn += d
	}
	return luhn, plain, true
}
