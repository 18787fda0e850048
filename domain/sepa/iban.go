// Package sepa reads and writes the files that pass between an authority and its bank or treasury: credit transfers
// (pain.001.001.09), what became of them (pain.002), and bank statements (camt.053), all of ISO 20022 as the European Payments Council
// uses it. It is pure, and knows nothing of cases.
package sepa

import (
	"regexp"
	"strings"
)

var ibanShape = regexp.MustCompile(`^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$`)

// ibanLength is how many characters an account number has, by country of the single euro payments area (the register of ISO
// 13616). Other countries are checked by their digits alone.
var ibanLength = map[string]int{
	"AD": 24, "AL": 28, "AT": 20, "BE": 16, "BG": 22, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "EE": 20, "ES": 24, "FI": 18, "FR": 27,
	"GB": 22, "GI": 23, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IS": 26, "IT": 27, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "MC": 27, "MD": 24,
	"ME": 22, "MK": 19, "MT": 31, "NL": 18, "NO": 15, "PL": 28, "PT": 25, "RO": 24, "RS": 22, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "VA": 22,
}

// ValidIBAN checks an account number without spaces by ISO 13616: its length where the country's is known, and that the remainder by 97
// is one. A French or Monegasque one holds a RIB with a key of its own.
func ValidIBAN(iban string) bool {
	if !ibanShape.MatchString(iban) {
		return false
	}
	country := iban[:2]
	if length, known := ibanLength[country]; known && len(iban) != length {
		return false
	}
	if mod97(iban[4:]+iban[:4]) != 1 {
		return false
	}
	return country != "FR" && country != "MC" || validRIB(iban[4:])
}

// mod97 is the remainder by 97 of a number in which a letter stands for two digits, A for 10.
func mod97(text string) int {
	remainder := 0
	for _, r := range text {
		if r >= 'A' {
			remainder = (remainder*100 + int(r-'A') + 10) % 97
		} else {
			remainder = (remainder*10 + int(r-'0')) % 97
		}
	}
	return remainder
}

var ribShape = regexp.MustCompile(`^\d{10}[A-Z0-9]{11}\d{2}$`)

// validRIB checks the key of a French account: bank, branch, account and key, in which a letter stands for one digit, are
// divisible by 97.
func validRIB(rib string) bool {
	if !ribShape.MatchString(rib) {
		return false
	}
	digits := strings.Map(func(r rune) rune {
		switch { // A and J are 1, B, K and S are 2 …
		case r >= 'A' && r <= 'I':
			return r - 'A' + '1'
		case r >= 'J' && r <= 'R':
			return r - 'J' + '1'
		case r >= 'S' && r <= 'Z':
			return r - 'S' + '2'
		}
		return r
	}, rib)
	return mod97(digits) == 0
}
