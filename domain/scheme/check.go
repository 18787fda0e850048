package scheme

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"relance/domain/casefile"
	"relance/domain/ledger"
	"relance/domain/money"
)

var (
	prefixShape = regexp.MustCompile(`^[A-Z]{2,8}$`)
	idShape     = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*$`)
	nameShape   = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
)

func moneyOf(a Amount) string { return money.Cents(a).Format() }

// check tells what is wrong with one scheme taken by itself, and with the lines of the plan it spends from.
func (s *Scheme) check(src *source, plan *ledger.Plan, schemes []string) {
	if !idShape.MatchString(s.ID) {
		src.say("id", "%q: small letters, digits and hyphens", s.ID)
	}
	if s.Name == "" || s.Title == "" {
		src.say("name", "a scheme has a name, as people call it, and a title, as a letter calls it")
	}
	if !prefixShape.MatchString(s.Prefix) {
		src.say("prefix", "%q: two to eight capital letters", s.Prefix)
	}
	if !idShape.MatchString(s.Tag) {
		src.say("tag", "%q: small letters, digits and hyphens", s.Tag)
	}
	if s.Tag == "verifier" {
		src.say("tag", "letters are verified at the address with this tag; choose another")
	}
	if len(s.LegalBasis) == 0 {
		src.say("legal_basis", "a decision cites at least one text that allows it")
	}
	if !s.Opens.IsZero() && !s.Closes.IsZero() && s.Closes.Before(s.Opens.Time) {
		src.say("closes", "the scheme closes on %s, before it opens on %s", s.Closes.Format("2006-01-02"), s.Opens.Format("2006-01-02"))
	}
	if len(s.Versions) == 0 {
		src.say("versions", "a scheme has at least one version")
	}
	days := map[string]bool{}
	for i, v := range s.Versions {
		at := fmt.Sprintf("versions[%d]", i)
		if err := v.day(); err != nil {
			src.say(at+".version", "write the day it comes into force as 2020-06-18, not %q", v.Version)
		}
		if days[v.Version] {
			src.say(at+".version", "another version comes into force on %s", v.Version)
		}
		days[v.Version] = true
		if !s.Closes.IsZero() && v.from.After(s.Closes.Time) && v.Running != Favourable && v.Running != Replace {
			src.say(at+".version", "it comes into force on %s, after the scheme closes on %s, and running cases do not take it (running: favourable or replace)", v.Version, s.Closes.Format("2006-01-02"))
		}
		c := &checker{src: src, at: at, v: v, plan: plan, schemes: schemes}
		c.version()
	}
}

// checker checks one version.
type checker struct {
	src  *source
	at   string
	v    *Version
	plan *ledger.Plan

	schemes []string // ids of all schemes of the folder
}

func (c *checker) say(at, format string, args ...any) { c.src.say(c.at+"."+at, format, args...) }

func (c *checker) version() {
	v := c.v
	oneOf(c, "running", v.Running, "", Keep, Favourable, Replace)
	oneOf(c, "applicant", v.Applicant, Firm, Association, Commune, Person)
	c.fields()
	c.documents()
	c.rules()
	c.money()
	c.advance()
	c.review()
	c.periods()
	c.consistent()
	if v.Grant.Subject == "" {
		c.say("grant.subject", "a decision has a subject")
	}
	if v.RetentionYears <= 0 {
		c.say("retention_years", "say for how many years the case folder is kept")
	}
	v.prepare(c.at, c.schemes, c.src.say, c.src.sayInside)
	c.texts()
	c.walk()
}

func oneOf[T ~string](c *checker, at string, value T, allowed ...T) {
	if slices.Contains(allowed, value) {
		return
	}
	var names []string
	for _, a := range allowed {
		if a != "" {
			names = append(names, string(a))
		}
	}
	c.say(at, "%q: it is %s%s", value, strings.Join(names, ", "), nearest(string(value), names))
}

// ids tells of identifiers that are malformed or used twice.
func (c *checker) ids(what string, n int, id func(i int) string, shape *regexp.Regexp) {
	seen := map[string]bool{}
	for i := range n {
		at := fmt.Sprintf("%s[%d].id", what, i)
		if !shape.MatchString(id(i)) {
			c.say(at, "%q: small letters and digits, beginning with a letter, with underscores", id(i))
		}
		if seen[id(i)] {
			c.say(at, "%q is the id of another one above", id(i))
		}
		seen[id(i)] = true
	}
}

func (c *checker) documents() {
	v := c.v
	c.ids("documents", len(v.Documents), func(i int) string { return v.Documents[i].ID }, idShape)
	for i, d := range v.Documents {
		if d.Label == "" || d.Short == "" {
			c.say(fmt.Sprintf("documents[%d].label", i), "%s has a label, as a request names it, and a short name for tables", d.ID)
		}
		c.document(fmt.Sprintf("documents[%d]", i), d)
	}
}

func (c *checker) rules() {
	v := c.v
	c.ids("rules", len(v.Rules), func(i int) string { return v.Rules[i].ID }, idShape)
	for i, r := range v.Rules {
		at := fmt.Sprintf("rules[%d]", i)
		if strings.TrimSpace(r.When) == "" {
			c.say(at+".when", "a rule has an expression that is true where the condition is met")
		}
		if r.Told == "" || r.Basis == "" {
			c.say(at+map[bool]string{true: ".told", false: ".basis"}[r.Told == ""], "%s needs told and basis: a refusal gives its reason and its legal basis (CRPA L211-5)", r.ID)
		}
	}
	c.ids("grounds", len(v.Grounds), func(i int) string { return v.Grounds[i].ID }, idShape)
	for i, g := range v.Grounds {
		if g.Told == "" || g.Basis == "" || g.Label == "" {
			c.say(fmt.Sprintf("grounds[%d]", i), "%s needs label, told and basis: a refusal gives its reason and its legal basis (CRPA L211-5)", g.ID)
		}
		if slices.ContainsFunc(v.Rules, func(r Rule) bool { return r.ID == g.ID }) {
			c.say(fmt.Sprintf("grounds[%d].id", i), "%q is the id of a rule; a rule is a ground by itself", g.ID)
		}
	}
}

// money checks the formula, who pays and how it is paid.
func (c *checker) money() {
	v := c.v
	if (v.Amount.Formula == "") != (len(v.Funding) == 0) {
		c.say("funding", "a scheme that grants money has an amount and funding; one that grants none has neither")
	}
	if v.Amount.Formula != "" && v.Amount.Told == "" {
		c.say("amount.told", "the decision says how the amount is reckoned")
	}
	var shares, payments Share
	for i, f := range v.Funding {
		shares += f.Share
		at := fmt.Sprintf("funding[%d]", i)
		if _, found := c.plan.Find(f.Line); c.plan == nil {
			c.say(at+".line", "there is no %s beside the scheme: it names the lines that pay", PlanFile)
		} else if !found {
			c.say(at+".line", "the plan (%s) has no line %q%s", PlanFile, f.Line, nearest(f.Line, c.lines()))
		}
		if by, ok := v.Field(f.By); f.By != "" && (!ok || by.Type != INSEE && by.Type != Choice) {
			c.say(at+".by", "%q is not a field of type commune or choice%s", f.By, nearest(f.By, c.choiceIDs()))
		}
	}
	if len(v.Funding) > 0 && shares != Whole {
		c.say("funding", "the shares add up to %s, not 100 %%", percent(shares))
	}
	for i, p := range v.Payments {
		payments += p.Share
		at := fmt.Sprintf("payments[%d]", i)
		if d, ok := v.Document(p.Against); p.Against != "" && (!ok || !d.Later) {
			c.say(at+".against", "%q is not a document marked later: true%s", p.Against, nearest(p.Against, c.reports()))
		}
		if (p.Against != "" || p.Milestone != "") != (p.Months > 0) {
			c.say(at+".months", "a payment against a report or a milestone says until how many months after the decision it may come; another has no months")
		}
		if p.Against != "" && p.Milestone != "" {
			c.say(at+".milestone", "a payment is made against a report, or for a milestone that an officer confirms, not both")
		}
	}
	c.ids("payments", len(v.Payments), func(i int) string { return v.Payments[i].ID }, idShape)
	if len(v.Payments) > 0 && payments != Whole {
		c.say("payments", "the shares add up to %s, not 100 %%", percent(payments))
	}
}

func percent(s Share) string { return strings.TrimSuffix(money.Cents(s).Format(), "€") + "%" }

func (c *checker) lines() (paths []string) {
	if c.plan != nil {
		c.plan.Walk(func(path string, _ *ledger.Line) { paths = append(paths, path) })
	}
	return paths
}

func (c *checker) choiceIDs() (ids []string) {
	for _, f := range c.v.Fields {
		if f.Type == INSEE || f.Type == Choice {
			ids = append(ids, f.ID)
		}
	}
	return ids
}

func (c *checker) reports() (ids []string) {
	for _, d := range c.v.Documents {
		if d.Later {
			ids = append(ids, d.ID)
		}
	}
	return ids
}

func (c *checker) review() {
	r := c.v.Review
	if r.Approvals < 0 || r.Approvals > 5 {
		c.say("review.approvals", "one to five officers approve")
	}
	c.ids("review.opinions", len(r.Opinions), func(i int) string { return r.Opinions[i].ID }, idShape)
	for i, o := range r.Opinions {
		at := fmt.Sprintf("review.opinions[%d]", i)
		if _, err := email(o.Email); err != nil {
			c.say(at+".email", "%q is not an email address", o.Email)
		}
		if o.Of == "" || o.Question == "" || o.Days <= 0 {
			c.say(at, "an opinion says whom it is asked of, the question, and for how many days it is waited for")
		}
	}
}

func (c *checker) periods() {
	p := c.v.Periods
	for at, n := range map[string]int{"documents": p.Documents, "silence_months": p.SilenceMonths, "appeal_months": p.AppealMonths} {
		if n <= 0 {
			c.say("periods."+at, "it is above zero")
		}
	}
	if p.Proof < 0 {
		c.say("periods.proof", "days after which an officer is told that a decision has not been proven to be received")
	}
	if p.Hearing < 0 || p.Hearing > 0 && p.Hearing < 8 {
		c.say("periods.hearing", "the holder of an aid has sufficient time to answer before it is withdrawn (CRPA L122-1): at least 8 days")
	}
	if c.v.Charter != nil {
		if p.Charter <= 0 {
			c.say("periods.charter", "days in which the charter is to be signed")
		}
		if c.v.Charter.Title == "" || c.v.Charter.Version == "" {
			c.say("charter", "a charter has a title and a version: the decision cites both")
		}
		for i, way := range c.v.Charter.Ways {
			if !slices.Contains(casefile.Ways, way) || slices.Contains(c.v.Charter.Ways[:i], way) {
				c.say(fmt.Sprintf("charter.ways[%d]", i), "%q is not a way to sign, or is there twice: %s", way, strings.Join(casefile.Ways, ", "))
			}
		}
	}
	c.reminders("document_reminders", p.Documents, p.DocumentReminders)
	c.reminders("charter_reminders", p.Charter, p.CharterReminders)
}

func (c *checker) reminders(at string, end int, days []int) {
	for i, day := range days {
		if day >= end || day <= 0 || i > 0 && day <= days[i-1] {
			c.say(fmt.Sprintf("periods.%s[%d]", at, i), "reminders rise and come before the end of their period, not on day %d of %d", day, end)
		}
	}
}

// check tells what is wrong between schemes.
func (c *Catalogue) check() Problems {
	var problems Problems
	seen := map[string]string{}
	for _, s := range c.schemes {
		for _, key := range []string{"id " + s.ID, "prefix " + s.Prefix, "tag " + s.Tag} {
			if other, taken := seen[key]; taken {
				what, id, _ := strings.Cut(key, " ")
				problems = append(problems, Problem{File: s.ID, Field: what, Says: fmt.Sprintf("%q belongs to %s as well", id, other)})
			}
			seen[key] = s.ID
		}
	}
	return problems
}

// nearest suggests the name that was perhaps meant, in a form to be put behind a sentence.
func nearest(name string, names []string) string {
	best, distance := "", max(2, len(name)/3)+1
	for _, n := range names {
		if d := editDistance(Fold(name), Fold(n)); n != "" && d < distance {
			best, distance = n, d
		}
	}
	if best != "" {
		return fmt.Sprintf("; did you mean %q?", best)
	}
	return ""
}

// editDistance is Levenshtein's: how many letters have to change.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}

func keys(m map[string]string) (list []string) {
	for k := range m {
		list = append(list, k)
	}
	return list
}
