package fields

import (
	"regexp"
	"slices"
	"strings"

	"relance/domain/french"
	"relance/domain/scheme"
)

var (
	streetWords = `rue|avenue|av\.?|boulevard|bd\.?|bld|place|pl\.?|allées?|chemin|route|impasse|quai|square|cours|résidence|faubourg|grand'? ?place|grand-place|hameau|passage|sentier|ruelle|esplanade|parvis|clos|lotissement|cité|villa|chaussée|rond-point|promenade|venelle|drève`
	address     = regexp.MustCompile(`(?i)\b(\d{1,4}\s?(?:bis|ter|quater|[a-d])?),?\s+((?:` + streetWords + `)(?:[\s'’-]+[\pL0-9'’-]+){0,7}|grand'? ?place)`)
	noNumber    = regexp.MustCompile(`(?i)\b((?:rue|avenue|boulevard|place|allée|chemin|route|impasse|quai)\s+(?:[\pL'’-]+\s?){1,5}?)(?:\s+(?:à|a)\s+|\s*[,.\n(]|$)`)
	atNumber    = regexp.MustCompile(`(?i)\bau (?:n°|numéro|no)\s?(\d{1,4}(?:\s?(?:bis|ter))?)\b`)
	townBehind  = regexp.MustCompile(`(?i)^[\s,;–-]*(?:(\d{5})\s+)?(?:à\s+|a\s+)?`)
	addressStop = strings.Fields("je j' mon ma mes nous notre et est c' pour que qui dont avec depuis il elle on tel l' telephone siret mail a à mais ou")
)

// postal finds the one address in a text, with its commune where that stands behind.
func (w *understander) postal(text string) (written string, town string) {
	var found []string
	for _, at := range address.FindAllStringSubmatchIndex(text, -1) {
		line := text[at[0]:at[1]]
		line = cutAt(line, addressStop)
		if len(strings.Fields(line)) < 2 {
			continue
		}
		rest := text[at[0]+len(line):]
		if name := w.townAt(rest); name != "" {
			if town == "" {
				town = name
			}
			line += ", " + strings.TrimPrefix(strings.TrimSpace(strings.Trim(name, " ,;–-")), "à ")
		}
		if !slices.Contains(found, line) {
			found = append(found, line)
		}
	}
	if len(found) == 1 {
		return found[0], town
	}
	return "", ""
}

// cutAt cuts a text before the first of some words, which stands behind its third.
func cutAt(text string, stop []string) string {
	const least = 2
	for i, t := range french.Tokens(text) {
		if i > least && (slices.Contains(stop, t.Text) && t.Kind == french.Word || strings.Contains(text[:t.Start], "\n")) {
			return strings.TrimSpace(text[:t.Start])
		}
	}
	return strings.TrimSpace(text)
}

// townAt gives what a text begins with, where that is a commune, with its postal code: « à Roubaix », « 59000 Lille ».
func (w *understander) townAt(text string) string {
	start := len(townBehind.FindString(text))
	for _, f := range w.version.Fields {
		if f.Type == scheme.INSEE && f.List != "" {
			if code, length := w.version.TownAt(f, text[start:]); code != "" {
				return strings.TrimSpace(text[:start+length])
			}
		}
	}
	return ""
}

var postalTown = regexp.MustCompile(`\b\d{5}\s+\pL`)

// commune reads the commune from the address: surely where the address was written under its label and has the postal code; otherwise it is proposed.
func (w *understander) commune() {
	towns := w.wants(ofType(scheme.INSEE))
	addressField, has := w.version.ByRole(scheme.Postal)
	known := ""
	for _, f := range w.Known {
		if has && f.Field == addressField.ID && !f.Proposed {
			known = f.Written
		}
	}
	var written, town string
	for _, text := range []string{w.text, strings.Join(w.Signature, "\n")} {
		if written == "" {
			written, town = w.postal(text)
		}
	}
	if written == "" && known == "" {
		written, town = w.streetAlone()
	}
	if has && known == "" && written != "" && w.Wanted(addressField) {
		w.found = append(w.found, Found{Field: addressField.ID, Written: written, Value: written, Problem: scheme.ErrDoubt.Error(), Proposed: true})
	}
	for _, f := range towns {
		if value, err := w.version.Normalise(f, lastPart(known)); known != "" && err == nil && value != "" {
			if postalTown.MatchString(known) {
				w.take(f, known, value)
			} else {
				w.propose(f, lastPart(known))
			}
			continue
		}
		if known != "" || town == "" || !w.propose(f, town) {
			w.mentioned(f)
		}
	}
}

// streetAlone finds a street whose number stands elsewhere: « rue de la Monnaie à Lille … au n° 12 ».
func (w *understander) streetAlone() (written, town string) {
	m, n := noNumber.FindStringSubmatch(w.text), atNumber.FindStringSubmatch(w.text)
	if m == nil || n == nil {
		return "", ""
	}
	street := strings.TrimSpace(m[1])
	if i := strings.Index(w.text, street); i >= 0 {
		town = w.townAt(w.text[i+len(street):])
	}
	written = n[1] + " " + street
	if town != "" {
		written += ", " + strings.TrimSpace(strings.TrimPrefix(town, "à "))
	}
	return written, town
}

// lastPart is what stands behind the street in an address: behind the postal code, the last comma, or « à ».
func lastPart(written string) string {
	if at := postalTown.FindStringIndex(written); at != nil {
		return written[at[0]:]
	}
	for _, sign := range []string{",", "\n", " à ", " – ", " - "} {
		if i := strings.LastIndex(written, sign); i >= 0 {
			return written[i+len(sign):]
		}
	}
	return ""
}

var placeBefore = regexp.MustCompile(`(?i)(?:\bà|\ba|\bde|\bd'|\d{5}|\bcommune de|\bville de)\s*$`)

// mentioned proposes the only commune that a sentence names: « mon salon à Roubaix ».
func (w *understander) mentioned(f scheme.Field) {
	if f.List == "" {
		return
	}
	codes := map[string]string{}
	for i, t := range w.tokens {
		if t.Kind != french.Word || !placeBefore.MatchString(w.text[:t.Start]) {
			continue
		}
		street := false
		for j := max(0, i-4); j < i; j++ {
			street = street || regexp.MustCompile(`^(?:rue|avenue|boulevard|place|route|chaussee|faubourg|porte|gare)$`).MatchString(w.tokens[j].Text)
		}
		if name := w.townAt(w.text[t.Start:]); name != "" && !street {
			codes[w.reads(f, name)] = name
		}
	}
	if len(codes) == 1 {
		for _, name := range codes {
			w.propose(f, name)
		}
	}
}

// choices proposes the only answer of a choice that sentences mention.
func (w *understander) choices() {
	for _, f := range w.wants(ofType(scheme.Choice)) {
		whole := w.text + "\n" + strings.Join(w.Signature, "\n")
		if value, err := w.version.Normalise(f, whole); err == nil && value != "" && len(strings.Fields(whole)) > 2 {
			w.found = append(w.found, Found{Field: f.ID, Written: w.around(f, value), Value: value, Problem: scheme.ErrDoubt.Error(), Proposed: true})
		}
	}
}

// around is the sentence that mentions an answer.
func (w *understander) around(f scheme.Field, value string) string {
	const window = 7 // words
	for i := range w.tokens {
		last := min(len(w.tokens)-1, i+window)
		if part := w.text[w.tokens[i].Start:w.tokens[last].End]; w.reads(f, part) == value {
			return clip(part, 120)
		}
	}
	return clip(w.text, 120)
}

// questions proposes yes or no where a sentence speaks of what the field is about.
func (w *understander) questions() {
	for _, f := range w.wants(ofType(scheme.YesNo)) {
		for i, t := range w.tokens {
			if t.Kind != french.Word || len(t.Text) < 5 {
				continue
			}
			const before, behind = 4, 3
			part := w.text[w.tokens[max(0, i-before)].Start:w.tokens[min(len(w.tokens)-1, i+behind)].End]
			if value, known := f.Says(t.Text, part); known {
				w.found = append(w.found, Found{Field: f.ID, Written: clip(part, 120), Value: value, Problem: scheme.ErrDoubt.Error(), Proposed: true})
				break
			}
		}
	}
}
