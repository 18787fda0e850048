package scheme

import "relance/domain/casefile"

// Terms are the periods and lists of a version that a case keeps for its whole life.
func (s *Scheme) Terms(v *Version) casefile.Terms {
	t := casefile.Terms{
		SchemeVersion: v.Version, SchemeDigest: v.digest, Charter: v.Charter != nil || v.Advance != nil, Repayment: v.repayment(),
		Funded: len(v.Funding) > 0, DeMinimis: v.Grant.DeMinimis != "", Approvals: max(v.Review.Approvals, 1),
		DocumentDays: v.Periods.Documents, DocumentReminders: v.Periods.DocumentReminders,
		CharterDays: v.Periods.Charter, CharterReminders: v.Periods.CharterReminders,
		SilenceMonths: v.Periods.SilenceMonths, AppealMonths: v.Periods.AppealMonths,
		Proof: v.Periods.Proof > 0, ProofDays: v.Periods.Proof, HearingDays: v.Periods.Hearing,
	}
	if v.Charter != nil {
		t.CharterWays = v.Charter.Ways
	}
	if v.Review.FourEyesAbove != nil {
		t.FourEyesAbove = int64(*v.Review.FourEyesAbove)
	}
	for _, p := range v.Payments {
		t.Instalments = append(t.Instalments, casefile.Due{ID: p.ID, Name: p.Label, Part: int(p.Share), Against: p.Against, Months: p.Months, Milestone: p.Milestone})
	}
	for _, r := range s.allRules(v) {
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
