package scheme

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Says are the words by which the text of a page tells what kind of document it is: one of Any stands in it, all of All, and none of None. A text
// between slashes is a regular expression. Pages and words are compared folded (package french), as whole words.
type Says struct {
	Any  []string `yaml:"any" json:"any,omitempty"`
	All  []string `yaml:"all" json:"all,omitempty"`
	None []string `yaml:"none" json:"none,omitempty"`
}

// Property is something that is read from the text of a document.
type Property string

// The properties.
const (
	DocumentIBAN   Property = "iban"
	DocumentSIREN  Property = "siren"
	DocumentSIRET  Property = "siret"
	DocumentAmount Property = "amount" // an amount in euros
	DocumentHolder Property = "holder" // whom it names
	DocumentIssued Property = "issued" // the day of which it is
)

// Properties are all of them, in the order in which they are compared.
var Properties = []Property{DocumentIBAN, DocumentSIREN, DocumentSIRET, DocumentAmount, DocumentHolder, DocumentIssued}

// Checks are what a document must agree with, by property: the field that has its value (« iban: iban », of a group « amount: periodes.ca »), the fields
// of which one must be named in it (« holder: like entreprise or representant »), how old it may be when it comes (« issued: within 3 months »).
type Checks map[Property]string

// Fields are the fields that a property must agree with; none for the day of issue.
func (c Checks) Fields(p Property) []string {
	text := c[p]
	if p == DocumentHolder {
		text = strings.TrimPrefix(text, "like ")
	}
	if text == "" || p == DocumentIssued {
		return nil
	}
	return strings.Split(text, " or ")
}

var within = regexp.MustCompile(`^within (\d{1,3}) (day|week|month|year)s?$`)

// Oldest is the first day of which a document may be that comes on a day; false where its age is not limited.
func (c Checks) Oldest(received time.Time) (time.Time, bool) {
	m := within.FindStringSubmatch(c[DocumentIssued])
	if m == nil {
		return time.Time{}, false
	}
	n, _ := strconv.Atoi(m[1])
	switch m[2] {
	case "day":
		return received.AddDate(0, 0, -n), true
	case "week":
		return received.AddDate(0, 0, -7*n), true
	case "month":
		return received.AddDate(0, -n, 0), true
	}
	return received.AddDate(-n, 0, 0), true
}

// Tells tells whether the folded text of a page says that it is of the kind. Documents without Says never do.
func (d Document) Tells(page string) bool {
	if d.Says == nil || len(d.Says.Any)+len(d.Says.All) == 0 {
		return false
	}
	stands := func(word string) bool { return stands(page, word) }
	return (len(d.Says.Any) == 0 || slices.ContainsFunc(d.Says.Any, stands)) &&
		!slices.ContainsFunc(d.Says.All, func(word string) bool { return !stands(word) }) && !slices.ContainsFunc(d.Says.None, stands)
}

// Heads tells whether a folded line begins with words by which a document of the kind is known.
func (d Document) Heads(line string) bool {
	return d.Says != nil && slices.ContainsFunc(d.Says.Any, func(word string) bool {
		_, pattern := patternOf(word)
		return !pattern && strings.HasPrefix(line+" ", PageFold(word)+" ")
	})
}

// stands tells whether words or a pattern stand in a folded text.
func stands(page, word string) bool {
	if pattern, is := patternOf(word); is {
		re, err := regexp.Compile(pattern)
		return err == nil && re.MatchString(page)
	}
	word = PageFold(word)
	return word != "" && strings.Contains(" "+page+" ", " "+word+" ")
}

// patternOf is the regular expression of a text between slashes.
func patternOf(word string) (string, bool) {
	if len(word) < 3 || word[0] != '/' || word[len(word)-1] != '/' {
		return "", false
	}
	return word[1 : len(word)-1], true
}

var pageBreaks = regexp.MustCompile(`[^\p{L}\p{N}]+`)

// PageFold brings the text of a page to the form in which words of Says are looked for: folded, words with one space between them.
func PageFold(text string) string {
	return strings.TrimSpace(pageBreaks.ReplaceAllString(Fold(text), " "))
}

// document checks how a kind of document is recognised, and what it has to agree with.
func (c *checker) document(at string, d Document) {
	if d.Says != nil {
		if len(d.Says.Any)+len(d.Says.All) == 0 {
			c.say(at+".says", "any or all is missing: words of which one, or each, stands in such a document")
		}
		for list, words := range map[string][]string{"any": d.Says.Any, "all": d.Says.All, "none": d.Says.None} {
			for i, word := range words {
				place := fmt.Sprintf("%s.says.%s[%d]", at, list, i)
				pattern, is := patternOf(word)
				switch {
				case is:
					if _, err := regexp.Compile(pattern); err != nil {
						c.say(place, "%q is no regular expression: %v", word, err)
					}
				case PageFold(word) == "":
					c.say(place, "%q has no word that could stand in a text", word)
				}
			}
		}
	}
	for _, p := range slices.Sorted(maps.Keys(d.Checks)) {
		c.agreement(fmt.Sprintf("%s.checks.%s", at, p), p, d.Checks)
	}
	if d.Ask && len(d.Checks) == 0 {
		c.say(at+".ask", "there are no checks of which something could be asked")
	}
}

// agreement checks one line of checks.
func (c *checker) agreement(at string, p Property, checks Checks) {
	switch {
	case !slices.Contains(Properties, p):
		c.say(at, "%q cannot be read from a document: iban, siren, siret, amount, holder and issued can", p)
	case p == DocumentIssued:
		if _, ok := checks.Oldest(time.Time{}); !ok {
			c.say(at, "%q is no age: within 3 months, say (days, weeks, months or years)", checks[p])
		}
	case p == DocumentHolder && !strings.HasPrefix(checks[p], "like "):
		c.say(at, "%q: write like FIELD, or like FIELD or FIELD", checks[p])
	default:
		want := map[Property][]Type{DocumentIBAN: {IBAN}, DocumentSIREN: {SIREN, SIRET}, DocumentSIRET: {SIRET}, DocumentAmount: {Money}, DocumentHolder: {Text}}[p]
		for _, id := range checks.Fields(p) {
			f, ok := c.v.named(id)
			switch {
			case !ok:
				c.say(at, "there is no field %q%s", id, nearest(id, c.fieldNames()))
			case !slices.Contains(want, f.Type):
				c.say(at, "the field %q is of type %s; %s goes with %v", id, f.Type, p, want)
			}
		}
	}
}

// fieldNames are the names by which checks call fields.
func (c *checker) fieldNames() (names []string) {
	for _, f := range c.v.Fields {
		for _, below := range f.Fields {
			names = append(names, f.ID+"."+below.ID)
		}
		if f.Type != Group {
			names = append(names, f.ID)
		}
	}
	return names
}

// named finds a field by its id, or that of its group and its own: periodes.ca.
func (v *Version) named(id string) (Field, bool) {
	group, below, inside := strings.Cut(id, ".")
	for _, f := range v.Fields {
		switch {
		case f.ID != group:
		case !inside:
			return f, f.Type != Group
		default:
			i := slices.IndexFunc(f.Fields, func(b Field) bool { return b.ID == below })
			if i < 0 {
				return Field{}, false
			}
			return f.Fields[i], true
		}
	}
	return Field{}, false
}
