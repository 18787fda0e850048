// Package address is the one reader of mail addresses (RFC 5322 §3.4). It reads leniently, as people need it, and says where another reader may
// understand a value differently: such a value can be shown and answered, and proves nobody.
package address

import (
	"slices"
	"strings"
)

// Mailbox is an address with the name people see.
type Mailbox struct {
	Name    string `json:"name"`
	Address string `json:"address"`
}

// Entry is a mailbox as it was read from a field.
type Entry struct {
	Mailbox
	Doubt Doubt // why another reader may understand it differently; empty where all agree
}

// Parser reads address fields.
type Parser struct {
	Decode func(text string) string // reads encoded words (RFC 2047); nil leaves them as they are
}

func (p Parser) decode(text string) string {
	if p.Decode == nil {
		return text
	}
	return p.Decode(text)
}

// enough is how many mailboxes of one field are read.
const enough = 2000

// Read reads a list of addresses as it comes: with commas or semicolons between, names that ought to be quoted, comments, groups, and brackets
// that are never closed. A part without an @ is no address.
func (p Parser) Read(value string) []Entry {
	entries, _ := p.read(value)
	return slices.DeleteFunc(entries, func(e Entry) bool { return !e.complete() })
}

// Mailboxes are those of a list of addresses, for whom it does not matter whether another reader may understand it differently: see Read.
func (p Parser) Mailboxes(value string) (found []Mailbox) {
	all, _ := tokens(value)
	l := list{value, all}
	parts, _ := l.parts()
	for _, part := range parts {
		for _, one := range l.bare(part) {
			if m := p.mailbox(l, one); m.complete() && len(found) < enough {
				found = append(found, m)
			}
		}
	}
	return found
}

// Author reads the values of all From fields of a message: each address once, in the order in which they come. Where there is no address it
// gives the name that stands instead. Doubt is why another reader may see another author (RFC 5322 §3.6.2: one field, which names one author).
func (p Parser) Author(values []string) (authors []Mailbox, doubt Doubt) {
	var others []Mailbox // names without an address
	for _, value := range values {
		entries, whole := p.read(value)
		doubt = first(doubt, whole)
		for _, e := range entries {
			doubt = first(doubt, e.Doubt)
			switch {
			case !e.complete():
				others = append(others, e.Mailbox)
			case !slices.ContainsFunc(authors, func(a Mailbox) bool { return strings.EqualFold(a.Address, e.Address) }):
				authors = append(authors, e.Mailbox)
			}
		}
		if len(entries) != 1 {
			doubt = first(doubt, Several)
		}
	}
	if len(authors) == 0 && len(others) > 0 {
		authors = others[:1]
	}
	if len(authors) != 1 {
		doubt = first(doubt, Several)
	}
	return authors, doubt
}

// complete tells whether a mailbox has an address.
func (m Mailbox) complete() bool { return strings.Contains(m.Address, "@") && len(m.Address) > 2 }

// read reads all parts of a list, those without an address too. Doubt is about the list as a whole, and about each of its entries.
func (p Parser) read(value string) (entries []Entry, doubt Doubt) {
	all, whole := tokens(value)
	l := list{value, all}
	parts, doubt := l.parts()
	if !whole {
		doubt = Unclosed
	}
	for _, part := range parts {
		for _, one := range l.bare(part) {
			e := Entry{p.mailbox(l, one), p.doubt(l, one)}
			if e.Mailbox == (Mailbox{}) || len(entries) == enough {
				doubt = first(doubt, Syntax)
				continue
			}
			entries = append(entries, e)
		}
	}
	for i := range entries {
		entries[i].Doubt = first(doubt, entries[i].Doubt)
	}
	return entries, doubt
}

// longestRoute is how many bytes of a source route are looked at.
const longestRoute = 1000

// parts cuts a list at the commas and semicolons that stand outside brackets. The name of a group (RFC 5322 §3.4: « amis: a@x, b@y; ») is
// left out.
func (l list) parts() (parts [][]token, doubt Doubt) {
	begun, closed := 0, 0
	bracket, at, complete := false, false, false // an @ stands in this part; it stands before its last closing bracket
	cut := func(end, next int) {
		if begun < end {
			parts = append(parts, l.tokens[begun:end])
		} else {
			doubt = first(doubt, Syntax)
		}
		begun, bracket, at, complete = next, false, false, false
	}
	last := l.lastSemicolon()
	for i := 0; i < len(l.tokens); i++ {
		t := l.tokens[i]
		at = at || t.kind != space && t.kind != comment && strings.Contains(l.raw(t), "@")
		switch {
		case l.is(t, '<'):
			if complete { // a comma was forgotten
				doubt = first(doubt, Syntax)
				cut(closed, closed)
			}
			bracket = true
			if end := l.route(i); end > 0 { // it has commas
				i, at = end-1, true
			}
		case l.is(t, '>'):
			bracket, closed, complete = false, i+1, at
		case l.is(t, ':') && !bracket && !at && i < last:
			doubt = first(doubt, Group)
			begun = i + 1
		case l.is(t, ';'), l.is(t, ',') && (!bracket || at):
			if l.is(t, ';') {
				doubt = first(doubt, Group)
			}
			cut(i, i+1)
		}
	}
	cut(len(l.tokens), 0)
	return parts, doubt
}

func (l list) lastSemicolon() int {
	for i, t := range slices.Backward(l.tokens) {
		if l.is(t, ';') {
			return i
		}
	}
	return -1
}

// route is the place of the bracket that closes a source route (RFC 5322 §4.4), which begins with an @ behind the bracket at open; 0 where there
// is none.
func (l list) route(open int) int {
	from := l.tokens[open].end
	if !strings.HasPrefix(l.value[from:], "@") {
		return 0
	}
	for i := open + 1; i < len(l.tokens) && l.tokens[i].start < from+longestRoute; i++ {
		if l.is(l.tokens[i], '>') {
			return i
		}
	}
	return 0
}

// bare cuts a part that holds several addresses with nothing but spaces between.
func (l list) bare(part []token) [][]token {
	var words [][]token
	for i, t := range part {
		switch {
		case t.kind == space:
		case t.kind == word && whole(l.raw(t)):
			words = append(words, part[i:i+1])
		default:
			return [][]token{part}
		}
	}
	if len(words) < 2 {
		return [][]token{part}
	}
	return words
}

// whole tells whether a word has something on either side of its first @.
func whole(word string) bool {
	at := strings.IndexByte(word, '@')
	return at > 0 && at < len(word)-1
}

// mailbox reads one part.
func (p Parser) mailbox(l list, part []token) Mailbox {
	open := slices.IndexFunc(part, func(t token) bool { return l.is(t, '<') })
	for i := open + 1; open >= 0 && i < len(part); i++ { // the last one opens the address
		if l.is(part[i], '<') {
			open = i
		}
	}
	name, spec := part[:max(open, 0)], part[open+1:]
	if end := slices.IndexFunc(spec, func(t token) bool { return l.is(t, '>') }); open >= 0 && end >= 0 {
		spec = spec[:end]
	} else if open < 0 {
		name, spec = l.unbracketed(part)
	}
	m := Mailbox{Name: p.decode(strings.TrimSpace(l.join(name, false, l.text))), Address: l.spec(spec)}
	if m.Name == "" {
		m.Name = p.decode(strings.TrimSpace(l.join(part, true, l.text)))
	}
	m.Name = strings.Trim(m.Name, "'<> ")
	if strings.Contains(m.Address, "=?") {
		m.Address = p.decode(m.Address)
		if strings.Contains(m.Address, "<") { // the name was encoded with the address
			return Parser{}.first(m.Address)
		}
	}
	if open < 0 && !m.complete() { // a name alone
		return Mailbox{Name: p.decode(strings.TrimSpace(l.join(part, false, l.text) + l.join(part, true, l.raw)))}
	}
	return m
}

// first is the first mailbox of a value that is decoded already.
func (p Parser) first(value string) Mailbox {
	if found := p.Read(value); len(found) > 0 {
		return found[0].Mailbox
	}
	return Mailbox{Name: value}
}

// unbracketed parts a name from the address that stands behind it without brackets: the one word that is an address.
func (l list) unbracketed(part []token) (name, spec []token) {
	found := -1
	for i, t := range part {
		if t.kind != word || !strings.Contains(l.raw(t), "@") {
			continue
		}
		if found >= 0 || !whole(l.raw(t)) || i > 0 && part[i-1].kind == special { // spaces stand around an @, or it begins with « mailto: »
			return nil, part
		}
		found = i
	}
	if found < 0 {
		return nil, part
	}
	return append(slices.Clone(part[:found]), part[found+1:]...), part[found : found+1]
}

// join puts comments together, or all the rest.
func (l list) join(part []token, comments bool, as func(token) string) string {
	var out strings.Builder
	for _, t := range part {
		if (t.kind == comment) == comments {
			out.WriteString(as(t))
		}
		if comments && t.kind == comment {
			out.WriteByte(' ')
		}
	}
	return out.String()
}

// spec puts an address together (RFC 5322 §3.4.1), without a source route (§4.4), spaces, quotation marks around it and « mailto: ».
func (l list) spec(part []token) string {
	spec := strings.Join(strings.Fields(l.join(part, false, l.raw)), "")
	if i := strings.LastIndexByte(spec, ':'); i >= 0 && strings.HasPrefix(spec, "@") {
		spec = spec[i+1:]
	}
	if spec = strings.Trim(spec, "'\""); len(spec) > 7 && strings.EqualFold(spec[:7], "mailto:") {
		spec = spec[7:]
	}
	return spec
}
