package fields

import (
	"regexp"
	"strings"

	"relance/domain/scheme"
)

// part is a label with what stands behind it.
type part struct {
	label
	written string
}

var (
	bullet    = regexp.MustCompile(`^[\s>*•·●▪◦‣→➢✓–—-]+`)
	counter   = regexp.MustCompile(`^(?:\d{1,2}|[a-hA-H])\s?[.)/–-]\s*`)
	remark    = regexp.MustCompile(`^\((?:[^()]|\([^()]*\))*\)[\s:]*`) // what the blank form says behind a label, left standing
	leaders   = regexp.MustCompile(`\s*(?:\.{3,}|…+|_{3,}|·{3,})\s*:?\s*`)
	dash      = regexp.MustCompile(`\s+[-–—]\s+`)
	arrow     = regexp.MustCompile(`\s*(?:->|=>|→|⇒)\s*`)
	colon     = regexp.MustCompile(`\s*[:=]\s*`)
	mark      = regexp.MustCompile(`\s*\?\s*:?\s*`)
	firstSign = regexp.MustCompile(`\s*(?::|=|\t|\|)\s*`)
	delimit   = ",;|/•·\n"
)

// cleanValue takes from a value what frames it.
func cleanValue(written string) string {
	written = strings.TrimSpace(remark.ReplaceAllString(strings.TrimSpace(written), ""))
	for _, pair := range []string{"**", "__", "«»", "“”", `""`, "[]"} {
		runes := []rune(pair)
		if strings.HasPrefix(written, string(runes[0])) && strings.HasSuffix(written, string(runes[1])) && len(written) > len(pair) {
			written = strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(written, string(runes[0])), string(runes[1])))
		}
	}
	written = strings.Trim(written, " \t\u00a0|*_")
	if strings.Trim(written, ".…_-–—? /:;,") == "" {
		return "" // a line to write on
	}
	return written
}

// strip takes from a line what stands before its words: quotation marks, bullets, a number.
func strip(line string) string {
	line = strings.Trim(bullet.ReplaceAllString(strings.TrimSpace(line), ""), "| \t\u00a0")
	return counter.ReplaceAllString(line, "")
}

// parts cuts a line into labels and what stands behind each. A line without a label that is known has none.
func (r *reader) parts(line string) []part {
	if list := r.cellParts(line); list != nil {
		return list
	}
	signed := strings.TrimSpace(bullet.ReplaceAllString(strings.TrimSpace(line), ""))
	for _, text := range []string{strings.Trim(signed, "| \t\u00a0"), strip(line)} { // « 2019 : 18 000 € » is no second point of a list
		if p, ok := r.split(text); ok {
			return r.several(p)
		}
	}
	return nil
}

// split cuts a line behind its label.
func (r *reader) split(line string) (part, bool) {
	type separator struct {
		sign  *regexp.Regexp
		least grade
	}
	for _, s := range []separator{{colon, weak}, {leaders, near}, {arrow, near}, {dash, near}, {mark, near}} {
		for k, at := range s.sign.FindAllStringIndex(line, 4) {
			const tries = 3
			if at[0] == 0 || k >= tries {
				continue
			}
			l := r.labels.find(line[:at[0]])
			if l.grade < s.least {
				continue
			}
			if s.sign == dash && !r.dashes && l.grade < same {
				continue
			}
			return part{l, strings.TrimSpace(line[at[1]:])}, true
		}
	}
	return part{}, false
}

// Split cuts a line at its first colon, equals sign, tab or bar.
func Split(line string) (label, written string, ok bool) {
	line = strings.Trim(bullet.ReplaceAllString(strings.TrimSpace(line), ""), "| \t")
	cut := firstSign.FindStringIndex(line)
	if cut == nil || cut[0] == 0 {
		return "", "", false
	}
	return line[:cut[0]], strings.Trim(line[cut[1]:], " \t|*"), true
}

// several cuts a value where another label with a colon stands in it: « Entreprise : Durand, SIRET : 628… ».
func (r *reader) several(first part) []part {
	list := []part{first}
	for {
		last := &list[len(list)-1]
		next, before, ok := r.labelInside(last.written)
		if !ok {
			return list
		}
		last.written = strings.TrimRight(before, " \t"+delimit+"-–")
		list = append(list, next)
	}
}

// labelInside finds a label with a colon inside a text, and what stands before it.
func (r *reader) labelInside(text string) (next part, before string, ok bool) {
	for _, at := range colon.FindAllStringIndex(text, 6) {
		head := text[:at[0]]
		words := strings.Fields(head)
		for n := min(len(words), 5); n > 0; n-- {
			start := wordStart(head, n)
			l := r.labels.plain(head[start:])
			framed := start == 0 || strings.ContainsAny(strings.TrimRight(head[:start], " \t\u00a0")[max(len(strings.TrimRight(head[:start], " \t\u00a0"))-1, 0):], delimit+"-–")
			if start == 0 || l.grade < same || !framed && l.grade < exact {
				continue
			}
			return part{l, strings.TrimSpace(text[at[1]:])}, head[:start], true
		}
	}
	return part{}, "", false
}

// wordStart is where the last n words of a text begin.
func wordStart(text string, n int) int {
	i := len(text)
	for ; n > 0; n-- {
		i = len(strings.TrimRight(text[:i], " \t\u00a0"+delimit))
		i = strings.LastIndexAny(text[:i], " \t"+delimit) + 1
	}
	return i
}

// goesOn gives the whole value of a label at the end of a line, and how many lines below it takes: a value may stand below its label, and a text,
// an address or an account number goes on.
func (r *reader) goesOn(p part, rest []Line) (written string, n int) {
	written = cleanValue(p.written)
	if written == "" {
		for n < len(rest) && (strings.TrimSpace(rest[n].Text) == "" || rest[n].Ours && n == 0 && r.onlyRemark(rest[n].Text)) {
			n++
		}
		const far = 3 // empty lines below a label
		if n > far || n == len(rest) || rest[n].Ours || r.isLabelled(rest[n].Text) && !r.answers(p.field, rest[n].Text) {
			return "", 0
		}
		written = cleanValue(strings.TrimSpace(bullet.ReplaceAllString(rest[n].Text, "")))
		if p.field.Type == scheme.Money {
			written = cleanValue(strings.TrimSpace(rest[n].Text)) // a minus is no bullet
		}
		n++
	}
	for n < len(rest) && r.continues(p.field, written, rest, n) {
		written += "\n" + strings.TrimSpace(rest[n].Text)
		n++
	}
	return written, n
}

// answers tells whether a line that has the look of a label is an answer to a choice: « Commerce ».
func (r *reader) answers(f scheme.Field, line string) bool {
	_, err := r.version.Normalise(f, line)
	return err == nil && f.Type == scheme.Choice && !colon.MatchString(line)
}

// onlyRemark tells whether a line is nothing but a remark of the blank form.
func (r *reader) onlyRemark(line string) bool {
	line = strings.TrimSpace(bullet.ReplaceAllString(line, ""))
	return line != "" && cleanValue(line) == ""
}

var (
	postcode   = regexp.MustCompile(`^(?:F-)?\d{5}\s+\pL`)
	accountRun = regexp.MustCompile(`^[A-Z0-9]{1,4}(?:[ \x{a0}][A-Z0-9]{1,4})*$`)
	courteous  = regexp.MustCompile(`^(?:(?:bien )?cordialement|merci|salutations|sinceres|bonne|dans l'attente|je vous|veuillez|en vous|respectueusement|envoye|--|documents? joint|pieces? jointe|ci joint|voici)`)
)

// continues tells whether the value of a field goes on in a line.
func (r *reader) continues(f scheme.Field, written string, rest []Line, n int) bool {
	line := strings.TrimSpace(rest[n].Text)
	if rest[n].Ours || line == "" {
		return false
	}
	switch {
	case f.Type == scheme.IBAN || f.Type == scheme.SIRET || f.Type == scheme.SIREN:
		_, err := r.version.Normalise(f, written)
		return err != nil && accountRun.MatchString(line)
	case f.Role == scheme.Postal:
		return postcode.MatchString(line) && !postcode.MatchString(written) || strings.HasSuffix(written, ",") && !r.isLabelled(line)
	case f.Type == scheme.Text && f.Role == "":
		const long = 20_000
		return len(written) < long && !r.isOther(f, line) && !courteous.MatchString(scheme.Fold(line))
	}
	return false
}

// isLabelled tells whether a line begins with a label that is known.
func (r *reader) isLabelled(line string) bool {
	if list := r.parts(line); len(list) > 0 && list[0].grade > weak {
		return true
	}
	return r.labels.find(strip(line)).grade >= same
}

// isOther tells whether a line belongs to another field than the text that is being read: under a label of that, or under the own label of this one.
func (r *reader) isOther(f scheme.Field, line string) bool {
	for _, p := range r.parts(line) {
		if p.grade > weak && (p.field.ID != f.ID || p.main) {
			return true
		}
	}
	if _, ok := r.bareLine(line); ok && r.lists {
		return true
	}
	l := r.labels.find(strip(line))
	return l.grade >= same && l.field.ID != f.ID
}

// style looks at how the text is laid out before it is read.
func (r *reader) style(lines []Line) {
	bare, dashed := 0, 0
	const enough = 3
	for _, l := range lines {
		if l.Ours || len(l.Text) > 200 {
			continue
		}
		text := strip(l.Text)
		if at := dash.FindStringIndex(text); at != nil && r.labels.find(text[:at[0]]).grade >= near {
			dashed++
		}
		if colon.MatchString(text) {
			continue
		}
		if _, ok := r.bareLine(l.Text); ok {
			bare++
		}
	}
	r.lists, r.dashes = bare >= enough, dashed >= enough
}

// answered reads what stands below a line of ours: an answer where the line asks for a field.
func (r *reader) answered(lines []Line, i int) int {
	n := i + 1
	for n < len(lines) && !lines[n].Ours && strings.TrimSpace(lines[n].Text) == "" {
		n++
	}
	if n == len(lines) || lines[n].Ours {
		return 1
	}
	l := r.ourLabel(lines, i)
	if !l.known() {
		return 1
	}
	written, more := r.goesOn(part{label: l}, lines[i+1:])
	if written == "" {
		return 1
	}
	r.add(l, written)
	return 1 + more
}

// ourLabel is the field that a line of ours asks for: by its label, or by that of the item it belongs to, which mail programs wrap.
func (r *reader) ourLabel(lines []Line, i int) label {
	const wrapped = 4
	for j := i; j >= max(0, i-wrapped) && lines[j].Ours && strings.TrimSpace(bullet.ReplaceAllString(lines[j].Text, "")) != ""; j-- {
		text := strings.TrimSpace(strings.TrimLeft(lines[j].Text, "> "))
		item := strings.HasPrefix(text, "- ")
		text = strip(lines[j].Text)
		if p, ok := r.split(text); ok && p.grade > weak {
			return p.label
		}
		if before, _, is := strings.Cut(text, " ("); is {
			text = before
		}
		if l := r.labels.find(text); l.grade >= near {
			return l
		}
		if item {
			break
		}
	}
	return label{}
}

var countedAnswer = regexp.MustCompile(`^\s*(\d{1,2})\s?[.)/:–-]+\s*(\S.*)$`)

// numberedAnswers takes bare answers with numbers for those to the items of the request, in their order: « 1. 480 € ». All of them have to fit.
func (r *reader) numberedAnswers(lines []Line, used []bool) {
	if len(r.asked) == 0 {
		return
	}
	type answer struct {
		line int
		part
	}
	var answers []answer
	for i, l := range lines {
		m := countedAnswer.FindStringSubmatch(l.Text)
		if m == nil || used[i] || l.Ours {
			continue
		}
		n := len(answers)
		f, _, ok := scheme.Field{}, 0, false
		if n < len(r.asked) {
			f, _, ok = r.version.FieldAt(r.asked[n])
		}
		if value, _ := r.version.Normalise(f, m[2]); !ok || value == "" || m[1] != numeral(n+1) {
			return
		}
		answers = append(answers, answer{i, part{label{field: f, grade: same}, m[2]}})
	}
	const enough = 2
	if len(answers) < min(enough, len(r.asked)) {
		return
	}
	for k, a := range answers {
		if parts := strings.Split(r.asked[k], "."); len(parts) == 3 {
			a.group, a.number = parts[0], int(parts[1][0]-'0')
		}
		r.add(a.label, a.written)
		used[a.line] = true
	}
}

func numeral(n int) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return numeral(n/10) + string(rune('0'+n%10))
}
