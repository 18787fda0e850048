package message

import (
	"regexp"
	"strings"
)

// What mail programs of the region write around a quoted mail, in French, English, Dutch and German. Lines are compared with
// plain spaces and without the asterisks of bold type (see plain).
var (
	// « Le lun. 14 sept. 2020 à 10:12, Aides <aides@x> a écrit : »; some programs go on in the same line.
	attribution = regexp.MustCompile(`(?i)^(?:le\s.{4,250}[^'’\s]\s+a [ée]crit\s*:?|on\s.{4,250}\bwrote\s*:|op\s.{4,250}\bschreef\b[^:]{0,120}:|am\s.{4,250}\bschrieb\b[^:]{0,120}:|.{3,120}<\S+@\S+>\s*(?:a [ée]crit|wrote|schrieb|schreef)\s*:)(.*)$`)
	// A date or an address, without which a sentence is a sentence.
	dated = regexp.MustCompile(`\d{1,2}\s?[:hH.]\s?\d{2}|\b\d{4}\b|\d{1,2}/\d{1,2}/\d{2}|<[^<>\s]*@|@\S+\.\w`)
	// The start of an attribution that goes on over the next lines.
	attributionStart = regexp.MustCompile(`(?i)^(?:le|on|op|am)\s+\S`)
	divider          = regexp.MustCompile(`(?i)^[-_‐=*~]{2,}\s*(?:(?:message|mail|e-mail|courriel) (?:d['’]origine|original|initial)|original (?:message|mail|e-mail)|message (?:transf[ée]r[ée]|r[ée]exp[ée]di[ée])|forwarded message|urspr[üu]ngliche (?:nachricht|e-mail)|oorspronkelijk bericht|weitergeleitete nachricht|doorgestuurd bericht|reply message)[^\pL]{0,12}$`)
	forwarded        = regexp.MustCompile(`(?i)^(?:d[ée]but du message (?:transf[ée]r[ée]|r[ée]exp[ée]di[ée])|begin forwarded message|anfang der weitergeleiteten nachricht|begin doorgestuurd bericht|message du\s*:?\s*\d{1,2}/\d{1,2}/\d{2,4}.{0,20})\s*:?$`)
	longRule         = regexp.MustCompile(`^[_=]{10,}$`)
	headerFirst      = regexp.MustCompile(`(?i)^(?:de|from|von|van|exp[ée]diteur|objet|subject)\s*:\s*\S`)
	headerNext       = regexp.MustCompile(`(?i)^(?:envoy[ée](?: le)?|sent|date|gesendet|verzonden|[àa]|to|an|aan|cc|copie(?: [àa])?|de|from|objet|sujet|subject|betreff|onderwerp)\s*:`)
	signature        = regexp.MustCompile(`^--\s?$`)
	advert           = regexp.MustCompile(`(?i)^(?:envoy[ée]e? (?:de|depuis|[àa] partir de|avec|via|par) .{0,70}|sent (?:from|with|via|using) .{0,60}|gesendet (?:von|mit|[üu]ber) .{0,60}|von meinem .{0,40} gesendet|(?:verzonden|verstuurd) (?:vanaf|met|via|vanuit) .{0,60}|obtenez outlook pour .{0,60}|t[ée]l[ée]charge[rz]? outlook pour .{0,60}|get outlook for .{0,60}|outlook (?:f[üu]r|voor|voor) (?:ios|android).{0,40}|provenance\s*: (?:courrier|windows) .{0,40}|garanti sans virus.{0,40}|virus[- ]free.{0,40}|(?:sans virus|virenfrei|virusvrij)\. .{0,40}|l['’]absence de virus dans ce .{0,80}|<?https?://(?:www\.)?avast\.com\S*>?)$`)
	footerStart      = regexp.MustCompile(`(?i)^(?:[*_-]*\s*)?(?:ce (?:message|courriel|courrier|mail|e-mail)|this (?:e-?mail|message|communication)|the (?:information|contents?) (?:contained )?(?:in|of) this|les informations contenues|avertissement|avis de confidentialit|message confidentiel|disclaimer|confidentiality|confidentialit[ée]|diese (?:e-?mail|nachricht)|dit (?:e-?mail)?\s?-?bericht|de informatie in dit|deze e-?mail|pensez [àa] l['’]environnement|merci de penser [àa] l['’]environnement|afin de pr[ée]server l['’]environnement|n['’]imprimez|avant d['’]imprimer|please consider the environment|think before you print|denken sie an die umwelt|bitte (?:denken|pr[üu]fen) sie|denk aan het milieu|p[ée]?ense)`)
	footerWord       = regexp.MustCompile(`(?i)confidentiel|confidential|vertraulich|vertrouwelijk|destinataires?|intended|addressee|geadresseerde|empf[äa]nger|irrt[üu]mlich|ten onrechte|par erreur|in error|imprim|print|ausdrucken|environnement|environment|umwelt|milieu|usurp|virus`)
	blankRuns        = regexp.MustCompile(`\n{3,}`)
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
	for i := 0; i < len(lines); i++ {
		if strings.HasPrefix(plains[i], ">") {
			continue
		}
		if n, more := attributionAt(plains, i); n > 0 {
			i += n - 1
			if more || !quoteFollows(plains[i+1:]) {
				break // the quoted mail is not marked: everything below is old
			}
			continue
		}
		if quotationAt(plains, i) {
			break
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

// plain is a line as it is compared: with plain spaces, without bold type. What mail programs write is short; of a paragraph in one line
// the beginning tells.
func plain(line string) string {
	const enough = 1000
	return strings.TrimSpace(plainer.Replace(line[:min(len(line), enough)]))
}

var plainer = strings.NewReplacer("\u00a0", " ", "\u202f", " ", "*", "", "\u200b", "")

// attributionAt tells how many lines, from line i on, say who wrote what follows; mail programs wrap them. More tells whether the
// quoted mail begins in the last of them.
func attributionAt(lines []string, i int) (n int, more bool) {
	const longest = 300 // characters of an attribution
	if !attributionStart.MatchString(lines[i]) && !strings.Contains(lines[i], "@") {
		return 0, false
	}
	joined := ""
	for n := 1; n <= 4 && i+n <= len(lines); n++ {
		if n > 1 && (lines[i+n-1] == "" || strings.HasPrefix(lines[i+n-1], ">")) {
			break
		}
		joined = strings.TrimSpace(joined + " " + lines[i+n-1])
		if found := attribution.FindStringSubmatch(joined[:min(len(joined), longest)]); found != nil && dated.MatchString(joined) {
			return n, strings.TrimSpace(found[1]) != "" && !strings.HasPrefix(strings.TrimSpace(found[1]), ">")
		}
		if len(joined) > longest {
			break
		}
	}
	return 0, false
}

// quoteFollows tells whether the next line with anything on it is marked as a quotation.
func quoteFollows(lines []string) bool {
	for _, line := range lines {
		if line != "" {
			return strings.HasPrefix(line, ">")
		}
	}
	return true
}

// quotationAt tells whether the quoted mail begins here, unmarked: a divider, or Outlook's header block with or without a rule above.
func quotationAt(lines []string, i int) bool {
	if divider.MatchString(lines[i]) || forwarded.MatchString(lines[i]) || headerBlockAt(lines, i) {
		return true
	}
	if !longRule.MatchString(lines[i]) {
		return false
	}
	for j := i + 1; j < min(i+4, len(lines)); j++ {
		if headerFirst.MatchString(lines[j]) || forwarded.MatchString(lines[j]) {
			return true
		}
	}
	return false
}

// headerBlockAt tells whether Outlook's header block starts here: a From line and at least two of its companions.
func headerBlockAt(lines []string, i int) bool {
	if !headerFirst.MatchString(lines[i]) {
		return false
	}
	found := 0
	for _, line := range lines[i+1 : min(i+7, len(lines))] {
		if headerNext.MatchString(line) {
			found++
		}
	}
	return found >= 2
}

// nextQuote finds the first quoted or attributing line below line i; 0 where there is none.
func nextQuote(lines []string, i int) int {
	const looked = 200
	for j := i + 1; j < min(i+looked, len(lines)); j++ {
		if strings.HasPrefix(lines[j], ">") {
			return j
		}
		if n, _ := attributionAt(lines, j); n > 0 {
			return j
		}
		if quotationAt(lines, j) {
			return 0
		}
	}
	return 0
}

// advertAt tells whether a line is what a telephone or a virus scanner adds: it stands at the end of what was written.
func advertAt(lines []string, i int) bool {
	if !advert.MatchString(lines[i]) {
		return false
	}
	if i+1 == len(lines) || lines[i+1] == "" || strings.HasPrefix(lines[i+1], ">") || advert.MatchString(lines[i+1]) || longRule.MatchString(lines[i+1]) {
		return true
	}
	n, _ := attributionAt(lines, i+1)
	return n > 0 || quotationAt(lines, i+1)
}

// footerAt tells how many lines, from line i on, are a legal footer: a paragraph of its own at the end of what was written, which begins
// and speaks as such footers do.
func footerAt(lines []string, i int, ends func(int) bool) int {
	if i > 0 && lines[i-1] != "" && !longRule.MatchString(lines[i-1]) || !footerStart.MatchString(lines[i]) {
		return 0
	}
	end := i
	for end < len(lines) && lines[end] != "" && !strings.HasPrefix(lines[end], ">") {
		end++
	}
	if !footerWord.MatchString(strings.Join(lines[i:end], " ")) {
		return 0
	}
	if !ends(end) {
		return 0
	}
	return end - i
}

// endings tells, for a line, whether nothing but more footers follows up to a quotation or the end. It looks at each line once.
func endings(lines []string) func(i int) bool {
	var ends []bool
	return func(i int) bool {
		if ends == nil {
			ends = make([]bool, len(lines)+1)
			ends[len(lines)] = true
			for j := len(lines) - 1; j >= 0; j-- {
				switch n, _ := attributionAt(lines, j); {
				case n > 0 || strings.HasPrefix(lines[j], ">") || quotationAt(lines, j):
					ends[j] = true
				case lines[j] == "" || footerWord.MatchString(lines[j]) || advert.MatchString(lines[j]) || longRule.MatchString(lines[j]):
					ends[j] = ends[j+1]
				}
			}
		}
		return ends[i]
	}
}
