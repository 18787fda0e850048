package supporting

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"relance/domain/calendar"
	"relance/domain/casefile"
	"relance/domain/french"
	"relance/domain/scheme"
)

// Key is where the facts keep what was read from a file as a document of a kind.
func Key(sha256, kind string) string { return sha256 + "/" + kind }

// Contradictions lists where the documents of a case say otherwise than its facts. A value agrees where one document of its kind says it: a second
// account statement may replace the first. Where one of them could not be read nothing is known, and what an officer has filed is not compared.
func Contradictions(v *scheme.Version, documents []casefile.Document, facts casefile.Facts) []casefile.Contradiction {
	var list []casefile.Contradiction
	for _, kind := range v.Documents {
		if len(kind.Checks) == 0 {
			continue
		}
		c := comparison{version: v, kind: kind, facts: facts}
		for _, d := range documents {
			if d.Kind != kind.ID || d.Problem != "" {
				continue
			}
			e, read := facts.Papers[Key(d.SHA256, d.Kind)]
			if !read || d.Judged {
				c.papers = nil
				break
			}
			c.papers = append(c.papers, paper{d, e})
		}
		for _, p := range scheme.Properties {
			if kind.Checks[p] != "" && len(c.papers) > 0 {
				list = append(list, c.compare(p)...)
			}
		}
	}
	return list
}

// paper is a document with what was read from it.
type paper struct {
	casefile.Document
	casefile.Extract
}

// comparison holds the documents of one kind against the facts.
type comparison struct {
	version *scheme.Version
	kind    scheme.Document
	facts   casefile.Facts
	papers  []paper
}

func (c *comparison) compare(p scheme.Property) []casefile.Contradiction {
	switch p {
	case scheme.DocumentIssued:
		return c.issued()
	case scheme.DocumentHolder:
		return c.holder()
	case scheme.DocumentAmount:
		return c.amounts()
	}
	return c.number(p)
}

// against makes a contradiction of a document.
func (c *comparison) against(p scheme.Property, field, declared string, d paper, read casefile.Said) casefile.Contradiction {
	return casefile.Contradiction{Field: field, Property: string(p), Document: d.SHA256, Kind: d.Kind, Declared: declared, Read: read, Ask: c.kind.Ask}
}

// value is a value of the facts that counts.
func (c *comparison) value(key string) string {
	if v := c.facts.Fields[key]; v.Problem == "" {
		return v.Value
	}
	return ""
}

// number compares an account, or the number of a firm.
func (c *comparison) number(p scheme.Property) []casefile.Contradiction {
	for _, field := range c.kind.Checks.Fields(p) {
		declared := c.value(field)
		if declared == "" {
			continue
		}
		var last *paper
		var read casefile.Said
		agrees := false
		for i, d := range c.papers {
			said, wanted := d.IBANs, declared
			switch {
			case p == scheme.DocumentSIRET && len(d.SIRETs) > 0 && len(declared) == 14:
				said = d.SIRETs
			case p != scheme.DocumentIBAN:
				said, wanted = d.SIRENs, declared[:min(len(declared), 9)]
			}
			if len(said) == 0 {
				return nil
			}
			proposed := c.facts.Proposed[field].Value // an officer has yet to accept it
			agrees = agrees || slices.ContainsFunc(said, func(s casefile.Said) bool { return s.Value == wanted || s.Value == proposed })
			last, read = &c.papers[i], said[0]
		}
		if !agrees {
			return []casefile.Contradiction{c.against(p, field, declared, *last, read)}
		}
	}
	return nil
}

// keys are the keys of the facts that a field of the scheme has: of a group one for each entry.
func (c *comparison) keys(field string) []string {
	group, below, inside := strings.Cut(field, ".")
	if !inside {
		return []string{field}
	}
	var keys []string
	for n := 1; ; n++ {
		key := fmt.Sprintf("%s.%d.%s", group, n, below)
		if _, there := c.facts.Fields[key]; !there {
			return keys
		}
		keys = append(keys, key)
	}
}

// amounts looks for each declared sum among the figures of the documents.
func (c *comparison) amounts() (list []casefile.Contradiction) {
	if slices.ContainsFunc(c.papers, func(d paper) bool { return len(d.Amounts) == 0 }) {
		return nil
	}
	for _, field := range c.kind.Checks.Fields(scheme.DocumentAmount) {
		for _, key := range c.keys(field) {
			f, _, _ := c.version.FieldAt(key)
			declared, err := strconv.ParseInt(c.value(key), 10, 64)
			if err != nil || slices.ContainsFunc(c.papers, func(d paper) bool { return d.has(declared, f.Per) }) {
				continue
			}
			d := c.nearest(key)
			list = append(list, c.against(scheme.DocumentAmount, key, c.value(key), d, c.other(d)))
		}
	}
	return list
}

// has tells whether a sum stands in a document: to the euro, since sums are rounded, and for another period where the sum is for a month or a year.
func (d paper) has(sum int64, per string) bool {
	near := func(wanted, within int64) bool {
		at, _ := slices.BinarySearch(d.Numbers, wanted-within)
		return at < len(d.Numbers) && d.Numbers[at] <= wanted+within
	}
	const euro = 99
	switch {
	case near(sum, euro):
		return true
	case per == "month":
		return near(12*sum, 12*euro)
	case per == "year":
		return sum >= 12 && near(sum/12, euro)
	}
	return false
}

// nearest is the document that a sum of a group's entry should stand in: the one that has most of the entry's other sums. Else the last.
func (c *comparison) nearest(key string) paper {
	best, most := c.papers[len(c.papers)-1], 0
	entry := key[:strings.LastIndexByte(key, '.')+1]
	if entry == "" {
		return best
	}
	for _, d := range c.papers {
		n := 0
		for other := range c.facts.Fields {
			if sum, err := strconv.ParseInt(c.value(other), 10, 64); err == nil && other != key && strings.HasPrefix(other, entry) && d.has(sum, "") {
				n++
			}
		}
		if n > most {
			best, most = d, n
		}
	}
	return best
}

// other is the first sum of a document that nothing was declared as.
func (c *comparison) other(d paper) casefile.Said {
	for _, s := range d.Amounts {
		declared := false
		for key := range c.facts.Fields {
			declared = declared || c.value(key) == s.Value
		}
		if !declared {
			return s
		}
	}
	return d.Amounts[0]
}

// fewNames is how many words a document has at least that could name somebody.
const fewNames = 5

// holder looks for one of the declared names in the documents.
func (c *comparison) holder() []casefile.Contradiction {
	var field, declared string
	for _, f := range c.kind.Checks.Fields(scheme.DocumentHolder) {
		name := c.value(f)
		if name == "" {
			return nil // it may be the one that is named
		}
		if declared == "" {
			field, declared = f, name
		}
		for _, d := range c.papers {
			if len(d.Names) < fewNames || named(name, d.Names) {
				return nil
			}
		}
	}
	last := c.papers[len(c.papers)-1]
	return []casefile.Contradiction{c.against(scheme.DocumentHolder, field, declared, last, last.Holder)}
}

// forms are words of a name that tell nobody from another: legal forms, titles, articles.
var forms = strings.Fields(`sarl sas sasu eurl sa sci snc ei eirl scop scic selarl gie association asso ets etablissement etablissements societe entreprise micro
	auto m mr mme mlle monsieur madame mademoiselle le la les l de du des d et au aux a chez`)

// named tells whether half of the words of a name that say something are among others. Banks cut long names, so the beginning of a word is the word;
// and they write first names as initials, which count beside a surname in full: « M OU MME BOULANGER S ET K ».
func named(name string, words []string) bool {
	said, found, initials, full := 0, 0, 0, false
	for _, t := range french.Tokens(name) {
		if t.Kind != french.Word || len(t.Text) < 2 || slices.Contains(forms, t.Text) {
			continue
		}
		said++
		switch {
		case slices.ContainsFunc(words, func(w string) bool { return w == t.Text || begins(w, t.Text) }):
			found++
			full = full || len(t.Text) >= short
		case slices.Contains(words, t.Text[:1]):
			initials++
		}
	}
	if full {
		found += initials
	}
	return 2*found >= said
}

// short is how many letters a word has at least that tells one name from another.
const short = 4

// begins tells whether a word is the beginning of another, and long enough to be it.
func begins(word, of string) bool {
	return len(word) >= short && strings.HasPrefix(of, word)
}

// issued finds documents that were too old when they came; one that is not is enough.
func (c *comparison) issued() []casefile.Contradiction {
	var last *paper
	var oldest time.Time
	for i, d := range c.papers {
		y, m, day := d.Received.In(calendar.Paris).Date()
		first, limited := c.kind.Checks.Oldest(time.Date(y, m, day, 0, 0, 0, 0, time.UTC))
		if !limited || d.Issued.IsZero() || !d.Issued.Before(first) {
			return nil
		}
		last, oldest = &c.papers[i], first
	}
	return []casefile.Contradiction{c.against(scheme.DocumentIssued, "", calendar.Day(oldest), *last, last.Dated)}
}
