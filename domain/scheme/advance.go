package scheme

import (
	"fmt"
	"strconv"

	"relance/domain/casefile"
	"relance/domain/loan"
	"relance/domain/money"
)

// Advance makes the aid a repayable advance (avance remboursable) without interest: what is granted is lent, within bounds, over a
// term that the applicant chooses, and repaid by instalments. The applicant signs its contract, with the schedule, before the
// decision; it takes the place of a charter.
type Advance struct {
	Minimum  Amount `yaml:"minimum" json:"minimum"`                       // least that is lent
	Maximum  Amount `yaml:"maximum" json:"maximum"`                       // most that is lent
	Term     string `yaml:"term" json:"term"`                             // the field in which the applicant chooses the term, in months: an integer, or a choice whose options are numbers
	Shortest int    `yaml:"shortest" json:"shortest"`                     // months, the deferral included
	Longest  int    `yaml:"longest" json:"longest"`                       // months
	Deferral string `yaml:"deferral" json:"deferral,omitempty"`           // the field in which the applicant chooses months without repayment; none: there are none
	Most     int    `yaml:"most_deferral" json:"most_deferral,omitempty"` // months of it at most, 12 or fewer
	Every    Period `yaml:"every" json:"every"`                           // month or quarter
	Basis    string `yaml:"basis" json:"basis"`                           // the legal basis of these bounds

	Notice    int   `yaml:"notice" json:"notice"`                 // days before an instalment on which it is announced
	Reminders []int `yaml:"reminders" json:"reminders,omitempty"` // days after an unpaid instalment on which the debtor is reminded
	Formal    int   `yaml:"formal_notice" json:"formal_notice"`   // days after it on which formal notice is given
	PayWithin int   `yaml:"pay_within" json:"pay_within"`         // days that a formal notice gives
}

// Period is how often something is paid.
type Period string

// The periods.
const (
	Month   Period = "month"
	Quarter Period = "quarter"
)

// months is how many a period has.
func (p Period) months() int { return map[Period]int{Month: 1, Quarter: 3}[p] }

// The rules that every advance has.
const (
	OutOfAmount   = "avance-montant"
	OutOfTerm     = "avance-duree"
	OutOfDeferral = "avance-differe"
)

// bounds gives the rules that the bounds of an advance make.
func (v *Version) bounds() []Rule {
	a := v.Advance
	if a == nil {
		return nil
	}
	rules := []Rule{
		{ID: OutOfAmount, Told: fmt.Sprintf("Une avance va de %s à %s.", money.Cents(a.Minimum), money.Cents(a.Maximum)), Basis: a.Basis},
		{ID: OutOfTerm, Told: fmt.Sprintf("Une avance se rembourse sur %d à %d mois, différé compris.", a.Shortest, a.Longest), Basis: a.Basis},
	}
	if a.Deferral != "" {
		told := fmt.Sprintf("Le différé de remboursement ne peut pas dépasser %d mois", a.Most)
		if a.Every == Quarter {
			told += ", et se compte en trimestres entiers, comme la durée"
		}
		rules = append(rules, Rule{ID: OutOfDeferral, Told: told + ".", Basis: a.Basis})
	}
	return rules
}

// failed lists the bounds that an advance does not keep.
func (a *Advance) failed(t loan.Terms) (ids []string) {
	if t.Cents < int64(a.Minimum) || t.Cents > int64(a.Maximum) {
		ids = append(ids, OutOfAmount)
	}
	if t.Months < a.Shortest || t.Months > a.Longest {
		ids = append(ids, OutOfTerm)
	}
	if t.Deferral < 0 || t.Deferral > a.Most || len(ids) == 0 && (t.Months-t.Deferral)%t.Every != 0 {
		ids = append(ids, OutOfDeferral)
	}
	return ids
}

// terms are what an advance of a sum would be repaid by, as the facts say; without its funders.
func (v *Version) terms(facts Facts, cents money.Cents) loan.Terms {
	number := func(field string) int {
		n, _ := strconv.Atoi(facts[field]) // an option's id, or an integer in its normal form; nothing is zero
		return n
	}
	return loan.Terms{Cents: int64(cents), Months: number(v.Advance.Term), Deferral: number(v.Advance.Deferral), Every: v.Advance.Every.months()}
}

// Loan is what an advance of a sum would be repaid by; nil where the version lends nothing, or no schedule can be made.
func (v *Version) Loan(facts Facts, cents money.Cents, lines []Portion) *loan.Terms {
	if v.Advance == nil {
		return nil
	}
	t := v.terms(facts, cents)
	for _, l := range lines {
		t.Funders = append(t.Funders, loan.Funder{ID: l.Line, Part: int64(l.Share)})
	}
	if t.Check() != nil {
		return nil
	}
	return &t
}

// repayment are the terms of an advance that a case keeps.
func (v *Version) repayment() *casefile.Repayment {
	if v.Advance == nil {
		return nil
	}
	a := v.Advance
	return &casefile.Repayment{Notice: a.Notice, Reminders: a.Reminders, Formal: a.Formal, PayWithin: a.PayWithin}
}

// advance checks the section.
func (c *checker) advance() {
	a := c.v.Advance
	if a == nil {
		return
	}
	oneOf(c, "advance.every", a.Every, Month, Quarter)
	if a.Minimum <= 0 || a.Maximum < a.Minimum {
		c.say("advance.maximum", "an advance goes from minimum to maximum, both above zero")
	}
	if a.Shortest <= 0 || a.Longest < a.Shortest {
		c.say("advance.longest", "the term goes from shortest to longest, in months")
	}
	if a.Every == Quarter && (a.Shortest%3 != 0 || a.Longest%3 != 0) {
		c.say("advance.shortest", "with an instalment every quarter the term is counted in whole quarters: multiples of 3 months")
	}
	if a.Most < 0 || a.Most > loan.MostDeferral || a.Most >= a.Shortest && a.Shortest > 0 {
		c.say("advance.most_deferral", "the deferral goes from 0 to %d months, and ends before the shortest term does", loan.MostDeferral)
	}
	if (a.Deferral == "") != (a.Most == 0) {
		c.say("advance.deferral", "deferral names a field, and most_deferral says how many months it may be: both or neither")
	}
	c.numberField("advance.term", a.Term, false)
	c.numberField("advance.deferral", a.Deferral, true)
	if a.Basis == "" {
		c.say("advance.basis", "a refusal gives its reason and its legal basis (CRPA L211-5)")
	}
	if c.v.Charter != nil {
		c.say("charter", "the contract of the advance is what the applicant signs: it takes the place of a charter")
	}
	if len(c.v.Payments) > 0 {
		c.say("payments", "an advance is paid out at once: its schedule begins on that day")
	}
	if c.v.Periods.Charter <= 0 {
		c.say("periods.charter", "days in which the contract of the advance is to be signed")
	}
	if a.Notice <= 0 || a.Notice > 28 {
		c.say("advance.notice", "days before an instalment on which it is announced: 1 to 28")
	}
	steps := append(append([]int{}, a.Reminders...), a.Formal)
	for i, day := range steps {
		if day <= 0 || i > 0 && day <= steps[i-1] {
			c.say("advance.formal_notice", "reminders rise, and formal notice comes after them: %v", steps)
			break
		}
	}
	if a.PayWithin <= 0 {
		c.say("advance.pay_within", "a formal notice gives some days to pay")
	}
}

// numberField checks that a field holds a number of months.
func (c *checker) numberField(at, id string, optional bool) {
	if id == "" && optional {
		return
	}
	f, ok := c.v.Field(id)
	numbers := f.Type == Integer
	if f.Type == Choice {
		numbers = true
		for _, o := range c.v.OptionsOf(f) {
			if _, err := strconv.Atoi(o.ID); err != nil {
				numbers = false
			}
		}
	}
	if !ok || !numbers {
		var names []string
		for _, f := range c.v.Fields {
			if f.Type == Integer || f.Type == Choice {
				names = append(names, f.ID)
			}
		}
		c.say(at, "%q is not a field of type integer, nor a choice whose options are numbers of months%s", id, nearest(id, names))
	}
}
