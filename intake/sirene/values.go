package sirene

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// StaffRange is a bracket of employees, both ends included, as the Insee publishes them (tranche d'effectif salarié).
type StaffRange struct {
	Min, Max int  // persons; Max is NoMax for 10 000 and more
	Known    bool // false when the register gives no bracket
}

// NoMax is the upper end of the highest bracket.
const NoMax = math.MaxInt32

// brackets are the codes of https://www.sirene.fr/sirene/public/variable/tefet. NN is a unit that employs nobody, or is
// presumed so because it declared nobody; 00 one that employed during the year but no longer on 31 December.
var brackets = map[string]StaffRange{
	"NN": {0, 0, true}, "00": {0, 0, true}, "01": {1, 2, true}, "02": {3, 5, true}, "03": {6, 9, true},
	"11": {10, 19, true}, "12": {20, 49, true}, "21": {50, 99, true}, "22": {100, 199, true},
	"31": {200, 249, true}, "32": {250, 499, true}, "41": {500, 999, true}, "42": {1000, 1999, true},
	"51": {2000, 4999, true}, "52": {5000, 9999, true}, "53": {10000, NoMax, true},
}

// staff reads a bracket code; none given is a bracket that is not Known.
func staff(code string) (StaffRange, error) {
	if code == "" || masked(code) {
		return StaffRange{}, nil
	}
	r, ok := brackets[code]
	if !ok {
		return StaffRange{}, fmt.Errorf("staff bracket %q: no such code", code)
	}
	return r, nil
}

// masked says whether the register withholds a value: the Insee's files write [ND], the API [NON-DIFFUSIBLE]. One masked part
// masks the whole, for the rest of an address without its street misleads.
func masked(value string) bool {
	return strings.Contains(value, "[ND]") || strings.Contains(value, "[NON-DIFFUSIBLE]")
}

// shown returns a value without its margins, and nothing when it is withheld.
func shown(value string) string {
	if masked(value) {
		return ""
	}
	return strings.TrimSpace(value)
}

// published says whether no statut de diffusion given forbids it. "O" is public, "P" partly so, "N" was its older name.
func published(statuses ...string) bool {
	for _, s := range statuses {
		if s != "" && s != "O" {
			return false
		}
	}
	return true
}

// day reads a date AAAA-MM-JJ; none given is the zero time.
func day(value string) (time.Time, error) {
	if value = shown(value); value == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.DateOnly, value)
	if err != nil {
		return time.Time{}, fmt.Errorf("date %q: not of the form AAAA-MM-JJ", value)
	}
	return t, nil
}

// state reads an état administratif: "A" is open; an establishment closes as "F", a unit ceases as "C". Anything else is an
// error, for a state that is not understood must not pass as closed.
func state(value string) (open bool, err error) {
	switch value {
	case "A":
		return true, nil
	case "F", "C":
		return false, nil
	}
	return false, fmt.Errorf("état administratif %q: none of A, F and C", value)
}
