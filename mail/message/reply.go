package message

import (
	"regexp"
	"strings"
)

var (
	signature = regexp.MustCompile(`^--\s?$`)
	blankRuns = regexp.MustCompile(`\n{3,}`)
)

// NewText is what a person newly wrote in a mail: without the mail that is quoted, the signature, the legal footer, and what the telephone
// adds. Text written below or between quoted lines is kept; what follows an unmarked quotation (Outlook's header block)
// is not new.
func NewText(text string) string {
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	plains := make([]string, len(lines))
	for i, line := range lines {
		plains[i] = plain(line)
	}
	var kept []string
	ends := endings(plains)
	bars := false // the quotation is marked by bars
	for i := 0; i < len(lines); i++ {
		if quotationAt(plains, i) {
			break
		}
		if strings.HasPrefix(plains[i], ">") || bars && strings.HasPrefix(plains[i], "|") {
			continue
		}
		if n, before, more := attributionAt(plains, i); n > 0 {
			if before != "" {
				kept = append(kept, before)
			}
			i += n - 1
			if more || !quoteFollows(plains[i+1:]) {
				break // the quoted mail is not marked: everything below is old
			}
			bars = true
			continue
		}
		if longRule.MatchString(plains[i]) && quotedNext(plains[i+1:]) {
			continue
		}
		if signature.MatchString(plains[i]) {
			if next := nextQuote(plains, i); next > 0 { // a signature above a quotation that may be answered below
				i = next - 1
				continue
			}
			break
		}
		if n := footerAt(plains, i, ends); n > 0 {
			i += n - 1
			continue
		}
		if advertAt(plains, i) {
			continue
		}
		kept = append(kept, strings.TrimRight(lines[i], " \t\u00a0"))
	}
	return strings.Trim(blankRuns.ReplaceAllString(strings.Join(kept, "\n"), "\n\n"), "\n \t")
}

// Beneath is what stands under the mark of a signature (« -- »), down to a quotation: NewText leaves it out.
func Beneath(text string) string {
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	plains := make([]string, len(lines))
	for i, line := range lines {
		plains[i] = plain(line)
	}
	for i := range plains {
		if quotationAt(plains, i) {
			return ""
		}
		if signature.MatchString(plains[i]) {
			end := nextQuote(plains, i)
			for j := i + 1; end == 0 && j < len(plains); j++ {
				if quotationAt(plains, j) {
					end = j
				}
			}
			if end == 0 {
				end = len(lines)
			}
			return strings.Join(lines[i+1:end], "\n")
		}
	}
	return ""
}

// plain is a line as it is compared: with plain spaces, without bold type. What mail programs write is short; of a paragraph in one line
// the beginning tells.
func plain(line string) string {
	const enough = 1000
	line = line[:min(len(line), enough)]
	if strings.ContainsAny(line, "*\u00a0\u202f\u200b") { // else it would be copied
		line = plainer.Replace(line)
	}
	return strings.TrimSpace(line)
}

var plainer = strings.NewReplacer("\u00a0", " ", "\u202f", " ", "*", "", "\u200b", "")

// nextQuote finds the first quoted or attributing line below line i; 0 where there is none.
func nextQuote(lines []string, i int) int {
	const looked = 200
	for j := i + 1; j < min(i+looked, len(lines)); j++ {
		if strings.HasPrefix(lines[j], ">") {
			return j
		}
		if n, _, _ := attributionAt(lines, j); n > 0 {
			return j
		}
		if quotationAt(lines, j) {
			return 0
		}
	}
	return 0
}
