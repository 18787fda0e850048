package message

import (
	"regexp"
	"strings"
)

var (
	// « Le lun. 14 sept. 2020 à 10:12, Aides <aides@x> a écrit : », in the languages of the region's mail programs.
	attribution = regexp.MustCompile(`(?i)^\s*(?:le\s.{4,200}\ba [ée]crit\s*:?|on\s.{4,200}\bwrote\s*:?|op\s.{4,200}\bschreef\b.{0,100}:?|am\s.{4,200}\bschrieb\b.{0,100}:?|.{3,120}<\S+@\S+>\s+(?:a [ée]crit|wrote|schrieb|schreef)\s*:)\s*$`)
	// The start of an attribution that goes on over the next lines.
	attributionStart = regexp.MustCompile(`(?i)^\s*(?:le|on|op|am)\s+\S+.{0,120}\d{4}`)
	divider          = regexp.MustCompile(`(?i)^\s*(?:-{2,}\s*(?:message d['’]origine|original message|message transf[ée]r[ée]|forwarded message|urspr[üu]ngliche nachricht|oorspronkelijk bericht)\s*-{2,}|_{10,})\s*$`)
	headerFirst      = regexp.MustCompile(`(?i)^\s*\*?(?:de|from|von|van)\s*:\*?\s*\S`)
	headerNext       = regexp.MustCompile(`(?i)^\s*\*?(?:envoy[ée]|sent|date|gesendet|verzonden|[àa]|to|an|aan|cc|objet|subject|betreff|onderwerp)\s*:\*?`)
	signature        = regexp.MustCompile(`^--\s?$`)
	phone            = regexp.MustCompile(`(?i)^\s*(?:envoy[ée] (?:de|depuis) (?:mon|ma|un|yahoo|outlook|l['’]).{0,60}|sent from (?:my|outlook|yahoo|mail).{0,60}|gesendet von .{0,60}|verzonden (?:vanaf|met) .{0,60}|obtenez outlook pour .{0,40}|get outlook for .{0,40}|t[ée]l[ée]charg\S+ outlook pour .{0,40})\s*$`)
)

// NewText is what a person newly wrote in a mail: without the mail that is quoted, the signature, and what the telephone adds. Text
// written below or between quoted lines is kept; what follows an unmarked quotation (Outlook's header block) is not new.
func NewText(text string) string {
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	var kept []string
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		if strings.HasPrefix(strings.TrimLeft(line, " \t"), ">") {
			continue
		}
		if n := attributionAt(lines, i); n > 0 {
			i += n - 1
			if !quoteFollows(lines[i+1:]) {
				break // the quoted mail is not marked: everything below is old
			}
			continue
		}
		if divider.MatchString(line) || headerBlockAt(lines, i) {
			break
		}
		if signature.MatchString(line) {
			if next := nextQuote(lines, i); next > 0 { // a signature above a quotation that may be answered below
				i = next - 1
				continue
			}
			break
		}
		if phone.MatchString(line) {
			continue
		}
		kept = append(kept, strings.TrimRight(line, " \t"))
	}
	return strings.TrimSpace(blankRuns.ReplaceAllString(strings.Join(kept, "\n"), "\n\n"))
}

var blankRuns = regexp.MustCompile(`\n{3,}`)

// attributionAt tells how many lines, from line i on, say who wrote what follows; mail programs wrap them.
func attributionAt(lines []string, i int) int {
	if attribution.MatchString(lines[i]) {
		return 1
	}
	if !attributionStart.MatchString(lines[i]) {
		return 0
	}
	joined := strings.TrimSpace(lines[i])
	for n := 2; n <= 4 && i+n <= len(lines); n++ {
		joined += " " + strings.TrimSpace(lines[i+n-1])
		if attribution.MatchString(joined) {
			return n
		}
	}
	return 0
}

// quoteFollows tells whether the next line with anything on it is marked as a quotation.
func quoteFollows(lines []string) bool {
	for _, line := range lines {
		if line = strings.TrimSpace(line); line != "" {
			return strings.HasPrefix(line, ">")
		}
	}
	return true
}

// headerBlockAt tells whether Outlook's header block starts here: a From line and at least two of its companions.
func headerBlockAt(lines []string, i int) bool {
	if !headerFirst.MatchString(lines[i]) {
		return false
	}
	found := 0
	for _, line := range lines[i+1 : min(i+6, len(lines))] {
		if headerNext.MatchString(line) {
			found++
		}
	}
	return found >= 2
}

// nextQuote finds the first quoted or attributing line below line i; 0 where there is none.
func nextQuote(lines []string, i int) int {
	for j := i + 1; j < len(lines); j++ {
		if strings.HasPrefix(strings.TrimSpace(lines[j]), ">") || attributionAt(lines, j) > 0 {
			return j
		}
	}
	return 0
}
