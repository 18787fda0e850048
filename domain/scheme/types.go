package scheme

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
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
	ErrSeveral = errors.New("several_values") // where one is asked
	ErrBoth    = errors.New("several_choices")
	ErrType    = errors.New("unknown type of field")

	// ErrDoubt comes with a value: what was written can be read in two ways, and the person who wrote it has to say.
	ErrDoubt = errors.New("to_confirm")
)

// Normalise reads what a person wrote for a field and gives its one normal form: digits, cents, an ISO 8601 date, "true"
// or "false", an IBAN without spaces, the id of an option. The error is one of the above.
func (v *Version) Normalise(f Field, written string) (string, error) {
	written = strings.TrimSpace(written)
	switch f.Type {
	case Text:
		return written, nil
	case Choice:
		return v.option(f, written)
	case INSEE:
		return v.commune(f, written)
	case Money:
		return f.amount(written)
	case Integer:
		return f.integer(written)
	case Day:
		return day(written)
	case YesNo:
		return f.yesNo(written)
	case SIRET:
		return siretIn(written)
	case SIREN:
		return sirenIn(written)
	case IBAN:
		return ibanIn(written)
	case Email:
		return emailIn(written)
	case Phone:
		return phoneIn(written)
	}
	return "", ErrType
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
