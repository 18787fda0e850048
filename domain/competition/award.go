package competition

// Envelope is what a call can award.
type Envelope struct {
	Left  int64 `json:"left"`  // cents
	Part  bool  `json:"part"`  // the last award may be a part of what is asked
	Least int64 `json:"least"` // hundredths of a percent: the least part
}

// Award is what a candidate gets.
type Award struct {
	Reference string `json:"reference"`
	Cents     int64  `json:"cents"`
	Part      bool   `json:"part,omitempty"` // less than was asked
}

// Award gives awards down the ranking: to each candidate what it asks for, as long as it fits. The first that does not fit gets what
// is left, where the call allows a part and that is not less than its least; with it, or without, the awards end: nobody is
// overtaken by a smaller request. Who comes after is on the reserve list (liste complémentaire), in the order of the ranking. When
// money comes back, Award is asked again, with the reserve list.
func (e *Envelope) Award(ranked []Candidate) (awards []Award, reserve []Candidate) {
	for i, c := range ranked {
		if c.Asked <= e.Left {
			e.Left -= c.Asked
			awards = append(awards, Award{Reference: c.Reference, Cents: c.Asked})
			continue
		}
		if e.Part && e.Left > 0 && e.enough(c.Asked) {
			awards = append(awards, Award{Reference: c.Reference, Cents: e.Left, Part: true})
			e.Left = 0
			i++
		}
		return awards, ranked[i:]
	}
	return awards, nil
}

// enough tells whether what is left is at least the least part of what is asked.
func (e *Envelope) enough(asked int64) bool {
	const whole = 10000
	return Fraction{e.Left, 1}.Compare(Fraction{asked * e.Least / whole, 1}) >= 0 && Fraction{e.Left, asked}.Compare(Fraction{e.Least, whole}) >= 0
}
