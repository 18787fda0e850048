package message

import (
	"slices"
	"strings"
)

// addresses reads a list of addresses (RFC 5322 §3.4) as it comes: with commas or semicolons between, names that ought to be
// quoted, comments, groups, and brackets that are never closed. A part without an @ is no address.
func addresses(list string) []Address {
	const enough = 2000
	var found []Address
	for _, part := range splitList(list) {
		for _, one := range bare(part) {
			if a, ok := address(one); ok && len(found) < enough {
				found = append(found, a)
			}
		}
	}
	return found
}

// bare cuts a part that holds several addresses with nothing but spaces between.
func bare(part string) []string {
	if strings.Count(part, "@") < 2 || strings.ContainsAny(part, `<"(`) {
		return []string{part}
	}
	for _, word := range strings.Fields(part) {
		if at := strings.IndexByte(word, '@'); at <= 0 || at == len(word)-1 {
			return []string{part} // spaces stand around an @ too
		}
	}
	return strings.Fields(part)
}

// mailboxes are the addresses of a list; where it has none, the name that stands there instead of one.
func mailboxes(list string) []Address {
	if found := addresses(list); len(found) > 0 {
		return found
	}
	for _, part := range splitList(list) {
		a, _ := address(part)
		if !strings.Contains(part, "<") {
			a = Address{Name: decode(unquote(part))}
		}
		if a != (Address{}) {
			return []Address{a}
		}
	}
	return nil
}

// unique leaves out addresses that stand in a list again: some servers write a field twice.
func unique(list []Address) []Address {
	var once []Address
	for _, a := range list {
		if !slices.ContainsFunc(once, func(o Address) bool { return strings.EqualFold(o.Address, a.Address) }) {
			once = append(once, a)
		}
	}
	return once
}

// longestRoute is how many bytes of a source route are looked at.
const longestRoute = 1000

// splitList cuts a list at the commas and semicolons that stand outside quotes, comments and brackets. The name of a group
// (RFC 5322 §3.4: « amis: a@x, b@y; ») is left out.
func splitList(list string) []string {
	var parts []string
	start, comment, closed := 0, 0, 0
	quoted, bracket := false, false
	at, whole := false, false // an @ stands in this part; one stood before its last bracket was closed
	begin := func(i int) { start, bracket, at, whole = i, false, false, false }
	groups := strings.LastIndexByte(list, ';')
	for i := 0; i < len(list); i++ {
		at = at || list[i] == '@'
		switch c := list[i]; {
		case c == '\\' && (quoted || comment > 0):
			i++
		case c == '"' && comment == 0:
			quoted = !quoted && strings.IndexByte(list[i+1:], '"') >= 0
		case quoted:
		case c == '(':
			comment++
		case c == ')' && comment > 0:
			comment--
		case comment > 0:
		case c == '<':
			if whole { // a comma was forgotten
				parts = append(parts, list[start:closed])
				begin(closed)
			}
			bracket = true
			if rest := list[i+1:]; strings.HasPrefix(rest, "@") { // a source route has commas (RFC 5322 §4.4)
				if end := strings.IndexByte(rest[:min(len(rest), longestRoute)], '>'); end > 0 {
					i, at = i+end, true
				}
			}
		case c == '>':
			bracket, closed, whole = false, i+1, at
		case c == ':' && !bracket && !at && i < groups:
			begin(i + 1)
		case c == ';' || c == ',' && (!bracket || at):
			parts = append(parts, list[start:i])
			begin(i + 1)
		}
	}
	return append(parts, list[start:])
}

// address reads one mailbox.
func address(text string) (Address, bool) {
	name, spec := text, ""
	if open := openBracket(text); open >= 0 {
		name, spec = text[:open], text[open+1:]
		if end := strings.IndexByte(spec, '>'); end >= 0 {
			spec = spec[:end]
		}
		if i := strings.LastIndexByte(spec, ':'); i >= 0 && strings.HasPrefix(spec, "@") { // a source route (RFC 5322 §4.4)
			spec = spec[i+1:]
		}
	} else {
		name, spec = "", text
	}
	spec, comment := uncomment(spec)
	name, nameComment := uncomment(name)
	spec = strings.Join(strings.Fields(spec), "")
	if name = decode(unquote(name)); name == "" {
		name = decode(unquote(strings.TrimSpace(nameComment + " " + comment)))
	}
	if spec = strings.Trim(spec, "'\""); len(spec) > 7 && strings.EqualFold(spec[:7], "mailto:") {
		spec = spec[7:]
	}
	if strings.Contains(spec, "=?") {
		spec = decode(spec)
	}
	return Address{Name: strings.Trim(name, "'< "), Address: spec}, strings.Count(spec, "@") >= 1 && len(spec) > 2
}

// openBracket finds the < outside quotes that opens the address: the last one.
func openBracket(text string) int {
	quoted, at := false, -1
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\\' && quoted:
			i++
		case text[i] == '"':
			quoted = !quoted && strings.IndexByte(text[i+1:], '"') >= 0
		case text[i] == '<' && !quoted:
			at = i
		}
	}
	return at
}

// uncomment takes out comments (RFC 5322 §3.2.2), and gives them too.
func uncomment(text string) (without, comments string) {
	if !strings.ContainsRune(text, '(') {
		return text, ""
	}
	var out, in strings.Builder
	depth, quoted := 0, false
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '\\' && i+1 < len(text):
			i++
			c = text[i]
		case c == '"' && depth == 0:
			quoted = !quoted
		case c == '(' && !quoted:
			if depth++; depth == 1 {
				continue
			}
		case c == ')' && depth > 0:
			if depth--; depth == 0 {
				in.WriteByte(' ')
				continue
			}
		}
		if depth > 0 {
			in.WriteByte(c)
		} else {
			out.WriteByte(c)
		}
	}
	return out.String(), strings.TrimSpace(in.String())
}

// unquote takes off quotation marks and the backslashes inside them.
func unquote(text string) string {
	text = strings.TrimSpace(text)
	if !strings.ContainsRune(text, '"') {
		return text
	}
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\\' && i+1 < len(text):
			i++
			out.WriteByte(text[i])
		case text[i] != '"':
			out.WriteByte(text[i])
		}
	}
	return strings.TrimSpace(out.String())
}
