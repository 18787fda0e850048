package scheme

import (
	"slices"
	"strings"

)

// Weighs tells whether a decision rests on a key of the facts: it says who the applicant is (SIREN, SIRET, name, representative), where the
// money goes, or a rule, the amount, the plan's line or the terms of an advance read it. Such a value stays as it was when the
// decision was taken, whatever the applicant writes later.
func (v *Version) Weighs(key string) bool {
	id, _, _ := strings.Cut(key, ".")
	field, known := v.Field(id)
	if !known {
		return false
	}
	return field.identifies() || slices.ContainsFunc(field.Fields, Field.identifies) || slices.Contains(v.read(), id)
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
