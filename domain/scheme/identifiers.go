package scheme

import (
	"net/mail"
	"regexp"
	"strings"
	"unicode"

	"relance/domain/sepa"
)

// siretIn finds the one SIRET in a text, whatever stands beside it: « 504 112 236 00014 / 5610A ».
func siretIn(written string) (string, error) {
	return only(numbersIn(written, 14, ValidSIRET), ErrSIRET)
}

func sirenIn(written string) (string, error) {
	return only(numbersIn(written, 9, ValidSIREN), ErrSIREN)
}

// only gives the one value that was found.
func only(found []string, none error) (string, error) {
	switch len(found) {
	case 0:
		return "", none
	case 1:
		return found[0], nil
	}
	return "", ErrSeveral
}

var digitRun = regexp.MustCompile(`\d+(?:[\p{Zs}\t\n.\-–/]{0,3}\d+)*`)

// numbersIn finds the numbers of so many digits that pass a check, each once. Signs and spaces between digits do not count; a number begins and
// ends where a group of digits does.
func numbersIn(text string, length int, valid func(string) bool) []string {
	var found []string
	for _, run := range digitRun.FindAllString(text, -1) {
		groups := strings.FieldsFunc(run, func(r rune) bool { return r < '0' || r > '9' })
		for i := 0; i < len(groups); i++ {
			number, j, pairs := "", i, true
			for ; j < len(groups) && len(number) < length; j++ {
				number += groups[j]
				pairs = pairs && len(groups[j]) == 2 // as telephone numbers are written
			}
			if len(number) == length && !pairs && valid(number) {
				found = add(found, number)
				i = j - 1
			}
		}
	}
	return found
}

// add adds a text to a list, once.
func add(list []string, text string) []string {
	for _, known := range list {
		if known == text {
			return list
		}
	}
	return append(list, text)
}

var ibanRun = regexp.MustCompile(`\b[A-Z]{2}[\p{Zs}\t]?\d[\p{Zs}\t]?\d(?:[\p{Zs}\t\r\n.\-]{0,3}[A-Z0-9]){11,60}`)

// ibanIn finds the one IBAN in a text, whatever stands beside it: a BIC, the name of the bank.
func ibanIn(written string) (string, error) { return only(ibansIn(written), ErrIBAN) }

func ibansIn(text string) []string {
	var found []string
	text = strings.ToUpper(text)
	for {
		at := ibanRun.FindStringIndex(text)
		if at == nil {
			return found
		}
		run := compact(text[at[0]:at[1]])
		const shortest, longest = 15, 34 // ISO 13616
		next := at[0] + 2
		for n := min(len(run), longest); n >= shortest; n-- {
			if sepa.ValidIBAN(run[:n]) {
				found, next = add(found, run[:n]), at[0]+n
				break
			}
		}
		text = text[next:]
	}
}

var (
	emailShape = regexp.MustCompile(`^[^\s@<>]+@[^\s@<>]+\.[^\s@<>.]+$`)
	emailRun   = regexp.MustCompile(`[\pL\pN._%+'-]+@[\pL\pN.-]+\.\pL{2,}`)
)

// email reads an address and nothing else, with or without a name.
func email(written string) (string, error) {
	if a, err := mail.ParseAddress(written); err == nil && emailShape.MatchString(a.Address) {
		return strings.ToLower(a.Address), nil
	}
	return "", ErrEmail
}

// emailIn finds the one address in a text.
func emailIn(written string) (string, error) {
	if address, err := email(written); err == nil {
		return address, nil
	}
	var found []string
	for _, address := range emailRun.FindAllString(written, -1) {
		found = add(found, strings.ToLower(address))
	}
	return only(found, ErrEmail)
}

var (
	phoneShape = regexp.MustCompile(`^\+[1-9]\d{7,14}$`)
	phoneRun   = regexp.MustCompile(`(?:\+|\b00)[1-9]\d{0,2}(?:[\p{Zs}.\-/]?\(0\))?(?:[\p{Zs}.\-/]{0,2}\d){6,13}|\b0[1-9](?:[\p{Zs}.\-/]{0,2}\d){8}\b`)
)

// phoneIn reads a French number of ten digits or an international one. Where a text has several, none is
// chosen.
func phoneIn(written string) (string, error) {
	if number, ok := phone(written); ok {
		return number, nil
	}
	var found []string
	for _, run := range phoneRun.FindAllString(written, -1) {
		if number, ok := phone(run); ok {
			found = add(found, number)
		}
	}
	return only(found, ErrPhone)
}

func phone(written string) (string, bool) {
	number := strings.NewReplacer("(0)", "", "(", "", ")", "", "/", "").Replace(compact(written))
	switch {
	case strings.HasPrefix(number, "00"):
		number = "+" + number[2:]
	case len(number) == 10 && number[0] == '0':
		number = "+33" + number[1:]
	}
	return number, phoneShape.MatchString(number)
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
