package scheme

import (
	"slices"
	"strings"
)

// Identifies tells whether a key of the facts says who the applicant is (SIREN, SIRET, name, representative), or where the money goes.
func (v *Version) Identifies(key string) bool {
	id, _, _ := strings.Cut(key, ".")
	field, known := v.Field(id)
	return known && (field.identifies() || slices.ContainsFunc(field.Fields, Field.identifies))
}

// Weighs tells whether a rule, the amount, the line of the plan or the terms of an advance read a key of the facts.
func (v *Version) Weighs(key string) bool {
	id, _, _ := strings.Cut(key, ".")
	return slices.Contains(v.read(), id)
}

// identifies tells whether a field says who the applicant is, or which account is theirs.
func (f Field) identifies() bool {
	switch f.Type {
	case SIREN, SIRET, IBAN:
		return true
	}
	return f.Role == Business || f.Role == Representative
}

// read lists the fields that rules, amount, lines of the plan and an advance read.
func (v *Version) read() []string {
	list := identifiers(v.compiled.amount)
	for _, p := range slices.Concat(v.compiled.rules, v.compiled.opinions) {
		list = append(list, identifiers(p)...)
	}
	for _, f := range v.Funding {
		list = append(list, f.By)
	}
	if a := v.Advance; a != nil {
		list = append(list, a.Term, a.Deferral)
	}
	return list
}
