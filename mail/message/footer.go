package message

import (
	"regexp"
	"strings"
)

// What mail programs, telephones and virus scanners add below what a person wrote, and how legal footers speak.
var (
	advert = regexp.MustCompile(`(?i)^(?:(?:envoy[ée]e?s? (?:de|d['’]|depuis|[àa] partir d[eu']|avec|via)|sent (?:from|with|via|using)|gesendet (?:von|mit|[üu]ber)|(?:verzonden|verstuurd) (?:vanaf|met|via|vanuit)|enviado (?:desde|do)|inviato da)\s?(.{1,90})|von meinem (.{1,40}) gesendet\.?|(?:obten(?:ez|ir)|t[ée]l[ée]charge[rz]?|get|holen sie sich|download) (?:outlook|blue ?mail|aqua ?mail|spark|proton ?mail|canary|edison mail|mailbird|yahoo mail|gmail) (?:pour|for|f[üu]r|voor) .{0,80}|outlook (?:f[üu]r|voor) (?:ios|android).{0,40}|provenance\s*: (?:courrier|windows) .{0,40}|garanti sans virus.{0,40}|virus[- ]free.{0,40}|(?:sans virus|virenfrei|virusvrij)\. .{0,40}|l['’]absence de virus dans ce .{0,80}|<?https?://(?:www\.)?avast\.com\S*>?)$`)
	// Programs and devices, without which « envoyé de » is a sentence of a person.
	device = regexp.MustCompile(`(?i)\b(?:iphone|ipad|ipod|android|samsung|galaxy|huawei|xiaomi|redmi|oppo|nokia|smartphone|t[ée]l[ée]phone|portable|mobiles?|tablette|blackberry|windows|outlook|hotmail|yahoo|gmail|proton\s?mail|mailspring|em client|spark|thunderbird|bluemail|blue mail|nine|zimbra|icloud|gmx|web\.de|aol|t-online|free mobile|orange mail|application|app|handy|tablet|telefoon|toestel|phone|laposte\.net|la poste mail|messagerie|webmail|k-9)\b`)
	// What a program does not say of itself.
	personal    = regexp.MustCompile(`(?i)\b(?:je|j['’]|nous|vous|hier|demain|i|we|you|yesterday|ich|wir|sie|gestern|ik|wij|u|gisteren|janvier|f[ée]vrier|mars|avril|mai|juin|juillet|ao[ûu]t|septembre|octobre|novembre|d[ée]cembre|march|may|april|june|july)\b|\d{1,2}/\d{1,2}`)
	link        = regexp.MustCompile(`[(<]?https?://[^\s)>]+[)>]?`)
	footerStart = regexp.MustCompile(`(?i)^(?:[*_-]*\s*)?(?:ce (?:message|courriel|courrier|mail|e-mail)|this (?:e-?mail|message|communication)|the (?:information|contents?) (?:contained )?(?:in|of) this|les informations contenues|avertissement|avis de confidentialit|message confidentiel|disclaimer|confidentiality|confidentialit[ée]|diese (?:e-?mail|nachricht)|dit (?:e-?mail)?\s?-?bericht|de informatie in dit|deze e-?mail|pensez [àa] l['’]environnement|merci de penser [àa] l['’]environnement|afin de pr[ée]server l['’]environnement|n['’]imprimez|avant d['’]imprimer|please consider the environment|think before you print|denken sie an die umwelt|bitte (?:denken|pr[üu]fen) sie|denk aan het milieu|p[ée]?ense)`)
	footerWord  = regexp.MustCompile(`(?i)confidentiel|confidential|vertraulich|vertrouwelijk|destinataires?|intended|addressee|geadresseerde|empf[äa]nger|irrt[üu]mlich|ten onrechte|par erreur|in error|imprim|print|ausdrucken|environnement|environment|umwelt|milieu|usurp|virus`)
)

// advertAt tells whether a line is what a telephone or a virus scanner adds: it stands at the end of what was written.
func advertAt(lines []string, i int) bool {
	if !isAdvert(lines[i]) {
		return false
	}
	if i+1 == len(lines) || lines[i+1] == "" || strings.HasPrefix(lines[i+1], ">") || isAdvert(lines[i+1]) || longRule.MatchString(lines[i+1]) {
		return true
	}
	n, _, _ := attributionAt(lines, i+1)
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
				switch n, _, _ := attributionAt(lines, j); {
				case n > 0 || strings.HasPrefix(lines[j], ">") || quotationAt(lines, j):
					ends[j] = true
				case lines[j] == "" || footerWord.MatchString(lines[j]) || isAdvert(lines[j]) || longRule.MatchString(lines[j]):
					ends[j] = ends[j+1]
				}
			}
		}
		return ends[i]
	}
}

// isAdvert tells whether a line is such an addition: it names a program or a device, and says nothing that a person would say there.
func isAdvert(line string) bool {
	found := advert.FindStringSubmatch(line)
	if found == nil {
		return false
	}
	of := link.ReplaceAllString(found[1]+found[2], "")
	const most = 12 // words: what is longer is a sentence
	return of == "" || device.MatchString(of) && !personal.MatchString(of) && len(strings.Fields(of)) <= most
}
