package scheme

import "relance/casefile"

// Terms are the periods and lists of a version that a case keeps for its whole life.
func (s *Scheme) Terms(v *Version) casefile.Terms {
	t := casefile.Terms{
		SchemeVersion: v.Version, Charter: v.Charter != nil,
		DocumentDays: v.Periods.Documents, DocumentReminders: v.Periods.DocumentReminders,
		CharterDays: v.Periods.Charter, CharterReminders: v.Periods.CharterReminders,
		SilenceMonths: v.Periods.SilenceMonths, AppealMonths: v.Periods.AppealMonths,
	}
	if s.Envelope != nil {
		t.Envelope, t.EnvelopeCents = s.Envelope.ID, int64(s.Envelope.Amount)
	}
	for _, r := range v.Rules {
		t.Grounds = append(t.Grounds, casefile.Named{ID: r.ID, Name: r.Told})
	}
	for _, g := range v.Grounds {
		t.Grounds = append(t.Grounds, casefile.Named{ID: g.ID, Name: g.Label})
	}
	for _, d := range v.Documents {
		t.Documents = append(t.Documents, casefile.Named{ID: d.ID, Name: d.Short})
	}
	return t
}
