package scheme

import (
	"slices"
	"strconv"
)

// samples are made-up values in their normal form, by type.
var samples = map[Type]string{Text: "Exemple", Integer: "3", Money: "48050", Day: "2018-05-14", YesNo: "true", SIRET: "62819482100011", SIREN: "628194821",
	IBAN: "FR7620041518190937865797574", Email: "contact@exemple.fr", Phone: "+33320000000", INSEE: "59350"}

// roleSamples are made-up values for what letters use.
var roleSamples = map[Role]string{Business: "Boulangerie Durand", Representative: "Camille Durand", Postal: "12 rue de la Monnaie, 59000 Lille"}

// Sample is made-up facts with every field, for looking at forms and letters.
func (v *Version) Sample() Facts {
	facts := Facts{}
	for _, f := range v.Fields {
		if f.Type != Group {
			facts[f.ID] = v.sample(f)
			continue
		}
		for n := 1; n <= max(f.Min, 2); n++ {
			for _, below := range f.Fields {
				facts[EntryKey(f.ID, n, below.ID)] = v.sample(below)
			}
		}
	}
	return facts
}

func (v *Version) sample(f Field) string {
	if v.Applicant == Person && f.Role == Business {
		return roleSamples[Representative]
	}
	if value, ok := roleSamples[f.Role]; ok {
		return value
	}
	if f.Type == Choice || f.Type == INSEE && f.List != "" {
		options := v.OptionsOf(f)
		if slices.ContainsFunc(options, func(o Option) bool { return o.ID == samples[f.Type] }) {
			return samples[f.Type]
		}
		if len(options) > 0 {
			return options[0].ID
		}
	}
	if f.Type == Text {
		return "Exemple de " + strconv.Quote(f.Label)
	}
	return samples[f.Type]
}
