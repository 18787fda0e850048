package fields

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"relance/domain/french"
	"relance/domain/scheme"
)

// pair is a value of the text that may be a field's, and how far its words are away.
type pair struct {
	field   scheme.Field
	at      french.Span
	written string
	far     int
}

// reach is how many words a value may stand from the words that tell its field.
const reach = 9

// nearest pairs values with fields, the closest first, each once.
func (w *understander) nearest(pairs []pair) {
	slices.SortStableFunc(pairs, func(a, b pair) int { return a.far - b.far })
	used := map[string]bool{}
	for _, p := range pairs {
		if !used[p.field.ID] && w.free(p.at) && w.propose(p.field, p.written, p.at) {
			used[p.field.ID] = true
		}
	}
}

// keywords are the names of a field as significant words.
func (w *understander) keywords(f scheme.Field) [][]string {
	var list [][]string
	for _, n := range w.labels.names {
		if n.field.ID == f.ID && n.group == "" {
			list = append(list, n.words)
		}
	}
	return list
}

// distance is how many words lie between a place and the nearest mention of a field; known is false where none is near. « 480 € de loyer » is nearer
// than « le loyer et 480 € ».
func (w *understander) distance(f scheme.Field, at french.Span) (far int, known bool) {
	first := slices.IndexFunc(w.tokens, func(t french.Token) bool { return t.Start >= at.Start })
	last := slices.IndexFunc(w.tokens, func(t french.Token) bool { return t.Start >= at.End })
	if last < 0 {
		last = len(w.tokens)
	}
	best := 4 * reach
	for _, words := range w.keywords(f) {
		for i := max(0, first-reach-len(words)); i < min(len(w.tokens), last+reach); i++ {
			n, is := w.mention(i, words)
			if !is || i < last && n > first {
				continue
			}
			d := 2 * (first - n)
			if i >= last {
				d = 2*(i-last) + 1
				if before := w.tokens[last].Text; before == "de" || before == "d'" {
					d = 2*(i-last) - 2
				}
				if w.divided(last, i) {
					d += reach
				}
			} else if w.divided(n, first) {
				d += reach
			}
			best = min(best, d)
		}
	}
	return best, best < 2*reach
}

// divided tells whether something ends between two tokens: a sentence, or another number.
func (w *understander) divided(from, to int) bool {
	for _, t := range w.tokens[from:to] {
		if t.Text == "." || t.Text == ";" || t.Kind == french.Figure || t.Text == "euros" || t.Text == "€" {
			return true
		}
	}
	return false
}

// mention tells whether words stand at a token, silent words between them apart, and where they end.
func (w *understander) mention(i int, words []string) (end int, is bool) {
	for _, word := range words {
		for i < len(w.tokens) && (w.tokens[i].Kind == french.Mark && w.tokens[i].Text != "." || slices.Contains(silent, w.tokens[i].Text)) && word != w.tokens[i].Text {
			i++
		}
		if i >= len(w.tokens) || !resemblesInProse(w.tokens[i].Text, word) {
			return 0, false
		}
		i++
	}
	return i, true
}

// resemblesInProse tells whether a word of a sentence is a word of a name, in another form: construite, construction.
func resemblesInProse(written, wanted string) bool {
	if plainWord(written) == wanted {
		return true
	}
	const stem = 6
	if len(written) >= stem && len(wanted) >= stem && written[:stem] == wanted[:stem] {
		return true
	}
	return len(wanted) >= 5 && len(written) >= 4 && (written == wanted+"s" || wanted == written+"s" || len(wanted) >= 7 && french.Distance(written, wanted) <= 1)
}

// amounts proposes sums for the fields whose words stand near them; the only sum that is left is for the only field that is.
func (w *understander) amounts() {
	list := w.wants(ofType(scheme.Money))
	if len(list) == 0 {
		return
	}
	days := french.Days(w.text)
	var pairs []pair
	var sums []french.Sum
	for _, s := range french.Sums(w.text) {
		if s.OfCharges || !s.Marked && s.Cents < 100_00 || !w.free(s.Span) || slices.ContainsFunc(days, func(d french.Day) bool { return d.Overlaps(s.Figure) }) || !s.Marked && isYear(w.text[s.Figure.Start:s.Figure.End]) {
			continue
		}
		sums = append(sums, s)
		for _, f := range list {
			if far, near := w.distance(f, s.Span); near {
				pairs = append(pairs, pair{f, s.Span, w.text[s.Start:s.End] + w.period(s.End), far})
			}
		}
	}
	w.nearest(pairs)
	left := w.wants(ofType(scheme.Money))
	sums = slices.DeleteFunc(sums, func(s french.Sum) bool { return !w.free(s.Span) || !s.Marked })
	if len(left) == 1 && len(sums) == 1 {
		w.propose(left[0], w.text[sums[0].Start:sums[0].End]+w.period(sums[0].End), sums[0].Span)
	}
}

var afterwards = regexp.MustCompile(`(?i)^(?:\s+(?:de|d'|pour|du|la|le|ma|mon)?\s*\pL+){0,3}?\s+(par mois|par an|par trimestre|mensuels?|annuels?|chaque mois|l'année|/ ?mois|/ ?an)\b`)

// period is what a sentence says behind a sum of the time that it is for.
func (w *understander) period(from int) string {
	if m := afterwards.FindStringSubmatch(w.text[from:]); m != nil {
		return " " + m[1]
	}
	return ""
}

// counts proposes whole numbers for the fields whose words stand near, the people of a household and the year of a building.
func (w *understander) counts() {
	var pairs []pair
	for _, f := range w.wants(ofType(scheme.Integer)) {
		if strings.Contains(scheme.Fold(f.Label), "annee") {
			w.year(f)
			continue
		}
		if n := w.household(f); n > 0 {
			w.propose(f, strconv.Itoa(n))
			continue
		}
		for _, c := range french.Counts(w.text) {
			if c.Fraction || !w.free(c.Span) || c.N > 500 {
				continue
			}
			if far, near := w.distance(f, c.Span); near && far <= 4 && (!c.Article || far <= 1) {
				pairs = append(pairs, pair{f, c.Span, w.text[c.Start:c.End], far})
			}
		}
		if m := regexp.MustCompile(`\b(?:aucune?|pas de|pas d'|sans)\s+(\pL+)`).FindStringSubmatch(scheme.Fold(w.text)); m != nil && len(pairs) == 0 {
			if l := w.labels.plain(m[1]); l.known() && l.field.ID == f.ID {
				w.propose(f, "0")
			}
		}
	}
	w.nearest(pairs)
}

var built = regexp.MustCompile(`\b(?:constru\w+|bati\w*|edifi\w+|date\w* de|annee|maison de|immeuble de|appartement de)\b[^.\d]{0,40}\b(1[5-9]\d\d|20\d\d)\b`)

// year proposes the year of a building.
func (w *understander) year(f scheme.Field) {
	if found := built.FindAllStringSubmatch(scheme.Fold(w.text), -1); len(found) == 1 {
		w.propose(f, found[0][1])
	}
}

var (
	alone    = regexp.MustCompile(`\b(?:je (?:vis|suis|habite) seule?|(?:vis|suis|habite) seule?|personne seule|celibataire(?: sans enfants?)?|veuve|veuf)\b`)
	together = regexp.MustCompile(`\b(?:couple|mon mari|mon epoux|ma femme|mon epouse|mon conjoint|ma conjointe|mon compagnon|ma compagne|nous deux|maries)\b`)
	children = regexp.MustCompile(`\b(\w+)\s+enfants?\b`)
	weAre    = regexp.MustCompile(`\b(?:nous sommes|on est|on vit a|nous vivons a|foyer de|famille de)\s+(?:a\s+)?(\w+)\b`)
)

// household reckons the people of a household from a sentence; 0 where it cannot.
func (w *understander) household(f scheme.Field) int {
	if !strings.Contains(scheme.Fold(f.Label+" "+strings.Join(f.Aliases, " ")), "foyer") {
		return 0
	}
	folded := scheme.Fold(w.text)
	count := func(word string) int {
		if c := french.Counts(word); len(c) == 1 {
			return c[0].N
		}
		return 0
	}
	n := 0
	if m := children.FindStringSubmatch(folded); m != nil {
		n = count(m[1])
	}
	switch {
	case together.MatchString(folded) && !strings.Contains(folded, "deces"):
		return n + 2
	case alone.MatchString(folded):
		return n + 1
	}
	if m := weAre.FindStringSubmatch(folded); m != nil {
		return count(m[1])
	}
	return 0
}

var (
	begins  = regexp.MustCompile(`\b(?:cree\w*|creation|ouvert\w*|ouverture|immatricul\w+|debut\w*|lance\w*|installe\w*|demarr\w+|reprise|repris|depuis)\b`)
	partDay = regexp.MustCompile(`\ble (\d{1,2}(?:er)? (?:janvier|fevrier|mars|avril|mai|juin|juillet|aout|septembre|octobre|novembre|decembre))\b`)
	since   = regexp.MustCompile(`\b(?:depuis|en) (?:l'an )?((?:19|20)\d\d)\b`)
)

// days proposes a day for a field that is about a beginning.
func (w *understander) days() {
	list := w.wants(ofType(scheme.Day))
	if len(list) != 1 || !begins.MatchString(scheme.Fold(list[0].Label+" "+strings.Join(list[0].Aliases, " "))) {
		return
	}
	for _, s := range sentences(w.text) {
		folded := scheme.Fold(s)
		if !begins.MatchString(folded) {
			continue
		}
		if days := french.Days(s); len(days) == 1 && w.propose(list[0], s[days[0].Start:days[0].End]) {
			return
		}
		day, year := partDay.FindAllStringSubmatch(folded, -1), since.FindAllStringSubmatch(folded, -1)
		if len(day) == 1 && len(year) == 1 && w.propose(list[0], day[0][1]+" "+year[0][1]) { // « depuis 2012 (j'ai ouvert le 15 septembre) »
			return
		}
	}
	if days := french.Days(w.text); len(days) == 1 && begins.MatchString(scheme.Fold(w.text[max(0, days[0].Start-80):days[0].Start])) {
		w.propose(list[0], w.text[days[0].Start:days[0].End])
	}
}
