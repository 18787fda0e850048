package message

import (
	"regexp"
	"strings"
)

// What mail programs write around a quoted mail. Lines are compared with plain spaces and without the asterisks of bold type (see plain).
var (
	// The verb of an attribution: « Le lun. 14 sept. 2020 à 10:12, Aides <aides@x> a écrit : ».
	wroteVerb = `(?:(?:a|avez) [ée]crit|wrote|schrieb|schreef|geschreven|geschrieben|escribi[óo]|ha scritto|escreveu|pisze|napisał\S*|skrev|kirjoitti|написал\S*)`
	// An attribution that begins with its date; some programs go on in the same line. A French one may lack its colon at the end.
	dateFirst = regexp.MustCompile(`(?i)^(?:(?:op|am)\s.{4,250}\b(?:schreef|schrieb|geschreven|geschrieben)\b[^:]{0,120}:|(?:on|el|il|em|den|w dniu)\s.{4,250}\b` + wroteVerb + `\s*:|le\s.{4,250}[^'’\s]\s+a [ée]crit\s*(?::|$))(.*)$`)
	// What people say of their own letters.
	myself = regexp.MustCompile(`(?i)\b(?:i|we) wrote\b|\bschrieb (?:ich|wir)\b|\bschreef (?:ik|wij|we)\b|\b(?:habe|haben|heb|hebben) .*(?:geschrieben|geschreven)\b`)
	// One that begins with the name, with the address in brackets.
	nameFirst = regexp.MustCompile(`(?i)^[^:]{0,120}<\S+@\S+>\)?\s*(?:\S+\s+){0,3}?` + wroteVerb + `\b?[^:]{0,20}(?:,?\s[^:]{0,40}\d{1,2}:\d{2}(?::\d{2})?\)?)?\s*:(.*)$`)
	// One of a date, a name and an address alone.
	dateOnly = regexp.MustCompile(`^(?:\d{4}-\d\d-\d\d|\d{1,2}[./]\d{1,2}[./]\d{2,4}),?\s.{0,160}<?\S+@\S+\.[^\s:>]+>?\)?\s*:()$`)
	// One right above a quotation that is marked: an address or the verb, and a colon at its end.
	aboveQuote = regexp.MustCompile(`(?i)(?:<\S+@\S+>|\S+@\S+\.\w+|\b` + wroteVerb + `\b?)[^:]{0,60}(?::\d{2}[^:]{0,40}){0,4}\s?:$`)
	// A date or an address, without which a sentence is a sentence.
	dated = regexp.MustCompile(`\d{1,2}\s?[:hH.]\s?\d{2}|\b\d{4}\b|\d{1,2}/\d{1,2}/\d{2}|<[^<>\s]*@|@\S+\.\w`)
	// A day of a year, and a time: right above a quotation that is marked they make an attribution in any language.
	moment = regexp.MustCompile(`(?:\b(?:19|20)\d\d\b|\d{1,2}[./]\d{1,2}[./]\d{2}).*\d{1,2}[:hH.]\d{2}\b`)
	// The start of an attribution that goes on over the next lines.
	attributionStart = regexp.MustCompile(`(?i)^(?:le|on|op|am|el|il|em|den|w dniu)\s+\S`)
	// The start of one behind what a person wrote in the same line.
	inlineStart = regexp.MustCompile(`\s((?:Le|On|Op|Am|El)\s+(?:\pL{2,9}\.?,?\s+(?:de\s)?)?(?:\pL{3,9}\.?\s+)?\d{1,2}\.?,?\s.{0,40}\d{1,2}[:hH.]\d{2})`)
	// One that Gmail has cut inside the brackets of the address.
	cutBracket = regexp.MustCompile(`(?i)^>\s?(?:\S+\s+){0,3}?` + wroteVerb + `\b?.{0,40}:\s*$`)

	dividerWords = `(?:(?:message|mail|e-mail|courriel) (?:d['’]origine|original|initial)|original (?:message|mail|e-mail)|message (?:transf[ée]r[ée]|r[ée]exp[ée]di[ée])|forwarded message|urspr[üu]ngliche (?:nachricht|e-mail|mail)|originalnachricht|ori?gine+l bericht|oorspronkelijk bericht|weitergeleitete nachricht|doorgestuurd bericht|mensaje original|messaggio originale|reply message)`
	divider      = regexp.MustCompile(`(?i)^[-_‐=*~]{2,}\s*` + dividerWords + `[^\pL]{0,12}$`)
	bareDivider  = regexp.MustCompile(`(?i)^` + dividerWords + `\s*:?$`)
	zohoDivider  = regexp.MustCompile(`(?i)^-{2,}\s.{4,250}\b` + wroteVerb + `\s*-{2,}$`)
	groupWise    = regexp.MustCompile(`^>>>\s.*\d{1,2}[:h.]\d{2}.*$`)
	forwarded    = regexp.MustCompile(`(?i)^(?:d[ée]but du message (?:transf[ée]r[ée]|r[ée]exp[ée]di[ée])|begin forwarded message|anfang der weitergeleiteten nachricht|begin doorgestuurd bericht|message du\s*:?\s*\d{1,2}/\d{1,2}/\d{2,4}.{0,20})\s*:?$`)
	longRule     = regexp.MustCompile(`^[_=]{5,}$`)
)

// The header that programs put above a quoted mail which they do not mark.
var (
	headerLine = regexp.MustCompile(`(?i)^(?:(de(?: la part de)?|from|von|van|da|exp[ée]diteur)|(envoy[ée]e?(?: le)?|sent|gesendet|verzonden|inviato|enviado(?: el| em)?|enviada(?: em)?)|(date|datum|data|fecha)|([àa]|to|an|aan|para|pour|destinataires?|empf[äa]nger)|(objet|sujet|subject|betreff|onderwerp|oggetto|asunto|assunto)|(cc|copie(?: [àa])?|cci|priorit[ée]|importance|r[ée]pondre [àa]|reply-to|pi[èe]ces? jointes?|attachments?|anlagen?|bijlagen?))\s?:\s*(.*)$`)
	timeOfDay  = regexp.MustCompile(`\d{1,2}\s?[:hH.]\s?\d{2}\b`)
)

// The places of the labels in headerLine.
const (
	labelFrom = 1 + iota
	labelSent
	labelDate
	labelTo
	labelSubject
	labelOther
	labelValue
)

// attributionAt tells how many lines, from line i on, say who wrote what follows; mail programs wrap them. Before is what a person wrote
// in the first of them, ahead of it. More tells whether the quoted mail begins in the last of them.
func attributionAt(lines []string, i int) (n int, before string, more bool) {
	const longest = 300 // characters of an attribution
	inline := len(lines[i]) > 30 && strings.Contains(lines[i], ":") && inlineStart.MatchString(lines[i])
	if lines[i] == "" || !inline && !attributionStart.MatchString(lines[i]) && !strings.Contains(lines[i], "@") && !strings.HasSuffix(lines[i], ":") {
		return 0, "", false
	}
	joined := ""
	for n := 1; n <= 4 && i+n <= len(lines); n++ {
		next := lines[i+n-1]
		if n > 1 && (next == "" || strings.HasPrefix(next, ">")) {
			if strings.Count(joined, "<") <= strings.Count(joined, ">") || !cutBracket.MatchString(next) {
				break
			}
			joined += next
		} else {
			joined = strings.TrimSpace(joined + " " + next)
		}
		if !strings.HasSuffix(joined, ":") && !strings.HasSuffix(joined, "crit") && !hasVerb(joined) {
			if len(joined) > longest {
				break
			}
			continue
		}
		if inline {
			if at := inlineAt(joined); at > 0 {
				return n, strings.Trim(joined[:at], " -"), false
			}
		}
		if rest, is := attributes(joined[:min(len(joined), longest)]); is {
			more = rest != "" && !strings.HasPrefix(rest, ">")
			if !more && quoteFollows(lines[i+n:]) || strings.Contains(joined, "@") || !more && timeOfDay.MatchString(joined) {
				return n, "", more
			}
		}
		if n <= 2 && len(joined) <= longest && moment.MatchString(joined) && strings.HasSuffix(joined, ":") &&
			!myself.MatchString(joined) && quotedNext(lines[i+n:]) {
			return n, "", false
		}
		if n <= 3 && len(joined) <= longest && aboveQuote.MatchString(joined) && quotedNext(lines[i+n:]) && (dated.MatchString(joined) || len(joined) <= 80) {
			return n, "", false
		}
		if len(joined) > longest {
			break
		}
	}
	return 0, "", false
}

// hasVerb tells, cheaply, whether a text may hold the verb of an attribution and its colon.
func hasVerb(text string) bool {
	if !strings.Contains(text, ":") {
		return false
	}
	return hasAny(text, "crit", "wrote", "schr", "eschre", "escri", "pisze", "napisa", "skrev", "kirjoit", "аписал")
}

// attributes tells whether a text has the form of an attribution, and what follows in it. One that neither names an address nor a time may
// be a sentence: it counts above a quotation that is marked.
func attributes(text string) (rest string, is bool) {
	if text = strings.TrimPrefix(text, "- "); myself.MatchString(text) { // Zimbra writes a dash
		return "", false
	}
	if !dated.MatchString(text) {
		return "", false
	}
	forms := []*regexp.Regexp{dateFirst}
	if strings.Contains(text, "@") {
		forms = []*regexp.Regexp{dateFirst, nameFirst, dateOnly}
	}
	for _, form := range forms {
		if found := form.FindStringSubmatch(text); found != nil {
			return strings.TrimSpace(found[1]), true
		}
	}
	return "", false
}

// inlineAt finds the attribution behind what a person wrote in the same line.
func inlineAt(text string) int {
	for _, at := range inlineStart.FindAllStringSubmatchIndex(text, 5) {
		if rest, is := attributes(text[at[2]:]); is && rest == "" {
			return at[2]
		}
	}
	return 0
}

// quotedNext tells whether the next line with anything on it is marked as a quotation.
func quotedNext(lines []string) bool {
	for _, line := range lines[:min(len(lines), 3)] {
		if line != "" {
			return strings.HasPrefix(line, ">") || strings.HasPrefix(line, "|")
		}
	}
	return false
}

// quoteFollows tells whether the next line with anything on it is marked as a quotation, or there is none.
func quoteFollows(lines []string) bool {
	for _, line := range lines {
		if line != "" {
			return strings.HasPrefix(line, ">") || strings.HasPrefix(line, "|")
		}
	}
	return true
}

// quotationAt tells whether the quoted mail begins here, unmarked: a divider, or a header with or without a rule above.
func quotationAt(lines []string, i int) bool {
	const longest = 300 // characters of what announces a quotation
	line := lines[i]
	switch {
	case line == "" || len(line) > longest:
		return false
	case strings.IndexByte("-_=*~", line[0]) >= 0 || strings.HasPrefix(line, "‐"):
		return divider.MatchString(line) || zohoDivider.MatchString(line) || longRule.MatchString(line) && headerBelow(lines, i)
	case line[0] == '>':
		return groupWise.MatchString(line)
	case labelled(line):
		return headerBlockAt(lines, i) || forwarded.MatchString(line) || bareDivider.MatchString(line) && headerBelow(lines, i)
	}
	const short = 60
	return len(line) <= short && (forwarded.MatchString(line) || bareDivider.MatchString(line) && headerBelow(lines, i))
}

// labelled tells whether a line may begin with a label.
func labelled(line string) bool {
	const longest = 24
	return strings.IndexByte(line[:min(len(line), longest)], ':') > 0
}

// headerBelow tells whether a quoted mail's header, its first line at least, or a divider stands right below line i.
func headerBelow(lines []string, i int) bool {
	for j := i + 1; j < min(i+4, len(lines)); j++ {
		if lines[j] == "" || longRule.MatchString(lines[j]) {
			continue
		}
		found := headerLine.FindStringSubmatch(lines[j])
		return found != nil && found[labelOther] == "" && found[labelValue] != "" || forwarded.MatchString(lines[j]) || divider.MatchString(lines[j])
	}
	return false
}

// headerBlockAt tells whether the header of a quoted mail starts here, in whatever order its lines are: three of sender, date, addressee and
// subject, one of which says when it was sent, with the time of day. A letter that a person writes has such lines as well, without a time.
func headerBlockAt(lines []string, i int) bool {
	var labels [labelValue]bool
	sent, strangers := false, 0
block:
	for _, line := range lines[i:min(i+10, len(lines))] {
		var found []string
		if labelled(line) {
			found = headerLine.FindStringSubmatch(line)
		}
		if found == nil && labels == [labelValue]bool{} {
			return false
		}
		if found == nil {
			if strangers++; strangers > 2 || line == "" { // else it is the rest of a long one
				break block
			}
			continue
		}
		for label := labelFrom; label < labelValue; label++ {
			if labels[label] && found[label] != "" {
				break block // each stands once: another block begins
			}
			labels[label] = labels[label] || found[label] != ""
		}
		sent = sent || found[labelSent] != "" && dated.MatchString(found[labelValue]) || found[labelDate] != "" && timeOfDay.MatchString(found[labelValue])
	}
	known := 0
	for _, has := range []bool{labels[labelFrom], labels[labelSent] || labels[labelDate], labels[labelTo], labels[labelSubject]} {
		if has {
			known++
		}
	}
	return sent && known >= 3
}
