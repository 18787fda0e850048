package reading

import (
	"regexp"
	"strings"

	"relance/domain/scheme"
	"relance/intake/fields"
)

// written is what a mail says, line by line: what its author wrote, and the lines of others between which they wrote.
type written struct {
	lines     []fields.Line
	signature []string // what stands below the mark of a signature
}

// kinds of line, by who wrote it.
type lineKind int

const (
	isNew    lineKind = iota
	isQuoted          // marked as a quotation
	isOld             // a quotation without marks, a signature, a footer
)

type mailLine struct {
	text string // without the marks of a quotation
	kind lineKind
}

var (
	quoteMarks    = regexp.MustCompile(`^\s*(?:>\s?)+`)
	signatureMark = regexp.MustCompile(`^--\s?$`)
	headerLine    = regexp.MustCompile(`(?i)^(?:de|from|von|envoy[ée](?: le)?|sent|date|[àa]|to|cc|objet|subject|sujet|répondre à|reply-to)\s*:\s*\S`)
	attributing   = regexp.MustCompile(`(?i)(?:a [ée]crit|wrote|schreef|schrieb)\s*:?\s*$`)
	ruleLine      = regexp.MustCompile(`^[-_=*~\s]{5,}.*$`)
)

// sorted tells of each line of a text who wrote it; reply is what is new in it (message.NewText), whose lines are among those of the text.
func sorted(text, reply string) []mailLine {
	next := strings.Split(reply, "\n")
	var list []mailLine
	for _, line := range strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		trimmed := strings.TrimRight(line, " \t\u00a0")
		for len(next) > 0 && next[0] == "" && trimmed != "" {
			next = next[1:]
		}
		switch {
		case len(next) > 0 && (trimmed == next[0] || strings.TrimSpace(trimmed) == strings.TrimSpace(next[0])):
			list = append(list, mailLine{trimmed, isNew})
			next = next[1:]
		case quoteMarks.MatchString(trimmed):
			list = append(list, mailLine{quoteMarks.ReplaceAllString(trimmed, ""), isQuoted})
		case trimmed == "" && len(list) > 0:
			list = append(list, mailLine{"", list[len(list)-1].kind})
		default:
			list = append(list, mailLine{trimmed, isOld})
		}
	}
	return list
}

// weave gives the lines of a mail as they are read. First is the first mail of its case: what it quotes was forwarded, unless the applicant wrote
// between the lines of it. Ours is the text of the mail that is answered, empty where it is not known: with it, an answer is told apart that
// was typed into a line of the quotation, or below one that has no mark.
func weave(text, reply, ours string, first bool) written {
	list := sorted(text, reply)
	w := written{signature: signatureOf(list)}
	if strings.TrimSpace(reply) == "" && first {
		for _, l := range list {
			w.lines = append(w.lines, fields.Line{Text: l.text})
		}
		return w
	}
	sent := newSentText(ours)
	within := !first
	depth := 0
	for i, l := range list {
		switch {
		case l.kind == isNew:
			w.lines = append(w.lines, fields.Line{Text: l.text})
		case sent != nil && within:
			if begins(list, i) {
				depth++
			}
			if depth <= 1 && !frames(l.text) {
				w.lines = append(w.lines, sent.part(l)...)
			}
		case l.kind == isQuoted:
			w.lines = append(w.lines, fields.Line{Text: l.text, Ours: true})
		}
	}
	return w
}

// forwarded gives the lines of what a mail forwards, or quotes, as lines of its author.
func forwarded(text string) []fields.Line {
	var lines []fields.Line
	for _, l := range sorted(text, "") {
		if !frames(l.text) {
			lines = append(lines, fields.Line{Text: l.text})
		}
	}
	return lines
}

// begins tells whether a quoted mail begins at a line.
func begins(list []mailLine, i int) bool {
	return attributing.MatchString(list[i].text) || headerLine.MatchString(list[i].text) && (i == 0 || !headerLine.MatchString(list[i-1].text))
}

// frames tells whether a line is what a mail program writes around a quotation.
func frames(line string) bool {
	return attributing.MatchString(line) || headerLine.MatchString(line) || ruleLine.MatchString(line) && strings.Trim(line, "-_=*~ ") == ""
}

// signatureOf gives what stands below the mark of a signature, up to a quotation.
func signatureOf(list []mailLine) []string {
	var found []string
	inside := false
	for _, l := range list {
		switch {
		case l.kind != isQuoted && signatureMark.MatchString(l.text):
			inside = true
		case inside && (l.kind == isQuoted || frames(l.text)):
			return found
		case inside:
			found = append(found, l.text)
		}
	}
	return found
}

// sentText is a mail of ours, to know its lines in an answer.
type sentText struct {
	lines  map[string]bool
	labels []string // its lines that ask for something, folded, as they are written
	joined string   // its words
}

func newSentText(text string) *sentText {
	if text == "" {
		return nil
	}
	s := &sentText{lines: map[string]bool{}}
	var all []string
	for _, line := range strings.Split(text, "\n") {
		folded := scheme.Fold(line)
		s.lines[folded] = true
		if strings.HasPrefix(folded, "- ") {
			s.labels = append(s.labels, folded)
		}
		all = append(all, plain(folded))
	}
	s.joined = " " + strings.Join(all, " ") + " "
	return s
}

// part tells of a quoted line what of it is ours: all, nothing, or its beginning, behind which the applicant wrote.
func (s *sentText) part(l mailLine) []fields.Line {
	folded := scheme.Fold(l.text)
	const fragment = 12 // characters of a line that a mail program may have wrapped
	if folded == "" || s.lines[folded] || len(folded) >= fragment && strings.Contains(s.joined, " "+plain(folded)+" ") {
		return []fields.Line{{Text: l.text, Ours: true}}
	}
	for _, label := range s.labels {
		if rest, is := strings.CutPrefix(folded, label); is && strings.TrimSpace(rest) != "" {
			said := tail(l.text, len(strings.Fields(label)))
			return []fields.Line{{Text: label, Ours: true}, {Text: strings.TrimLeft(said, " :=-–>")}}
		}
	}
	return []fields.Line{{Text: l.text}}
}

// tail is what stands behind the first words of a text.
func tail(text string, words int) string {
	for ; words > 0; words-- {
		text = strings.TrimLeft(text, " \t\u00a0")
		i := strings.IndexAny(text, " \t\u00a0")
		if i < 0 {
			return ""
		}
		text = text[i:]
	}
	return text
}

// between tells whether the author of a mail wrote between the lines that it quotes.
func between(lines []fields.Line) bool {
	answers := 0
	for i := 1; i < len(lines); i++ {
		if !lines[i].Ours && strings.TrimSpace(lines[i].Text) != "" && lines[i-1].Ours && strings.TrimSpace(lines[i-1].Text) != "" {
			answers++
		}
	}
	const enough = 2
	return answers >= enough
}
