package correspondence

import (
	"strconv"
	"strings"
	"time"

	"relance/domain/calendar"
	"relance/domain/casefile"
	"relance/domain/money"
	"relance/domain/scheme"
)

// show writes a field's value as a person reads it. Bank details are masked: mail is not sealed.
func show(v *scheme.Version, field scheme.Field, value casefile.Value) string {
	normal := value.Value
	switch field.Type {
	case scheme.Money:
		if cents, err := strconv.ParseInt(normal, 10, 64); err == nil {
			return money.Cents(cents).Format()
		}
	case scheme.Integer:
		return strings.TrimSpace(normal + " " + field.Unit)
	case scheme.Day:
		if day, err := time.ParseInLocation(time.DateOnly, normal, casefile.Paris); err == nil {
			return calendar.InWords(day)
		}
	case scheme.YesNo:
		return map[string]string{"true": "oui", "false": "non"}[normal]
	case scheme.Choice, scheme.INSEE:
		for _, o := range v.OptionsOf(field) {
			if o.ID == normal {
				return cell(o.Label)
			}
		}
	case scheme.SIREN:
		if len(normal) == 9 {
			return normal[:3] + "\u00a0" + normal[3:6] + "\u00a0" + normal[6:]
		}
	case scheme.SIRET:
		return groupSIRET(normal)
	case scheme.IBAN:
		if len(normal) > 8 {
			return normal[:4] + " •••• " + normal[len(normal)-4:]
		}
	}
	return cell(normal)
}
