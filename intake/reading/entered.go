package reading

import (
	"strings"

	"relance/domain/casefile"
	"relance/domain/scheme"
	"relance/intake/fields"
)

// Entered reads a value that an officer enters, as it would be read where it stands under its label. What cannot be read
// in one way only is refused: there is nobody else to ask. A refusal is in words for an officer.
func Entered(c casefile.Correction, v *scheme.Version) (casefile.Value, error) {
	if strings.TrimSpace(c.Source) == "" || strings.TrimSpace(c.Reason) == "" {
		return casefile.Value{}, casefile.Refuse("indiquez d'où vient la valeur (-source) et pourquoi elle est corrigée (-reason)")
	}
	field, _, ok := v.FieldAt(c.Field)
	if !ok || field.Type == scheme.Group {
		return casefile.Value{}, casefile.Refuse("information inconnue « %s »", c.Field)
	}
	for _, f := range fields.Pairs([]map[string]string{{c.Field: c.Written}}, v) {
		if f.Field == c.Field && f.Value != "" && f.Problem == "" {
			return casefile.Value{Written: f.Written, Value: f.Value, From: casefile.ByOfficer, By: c.By,
				Source: strings.TrimSpace(c.Source), Reason: strings.TrimSpace(c.Reason)}, nil
		}
	}
	return casefile.Value{}, casefile.Refuse("la valeur « %s » ne se lit pas, ou se lit de deux façons : « %s »", c.Written, v.Label(c.Field))
}
