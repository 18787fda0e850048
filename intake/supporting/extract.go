package supporting

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"relance/domain/calendar"
	"relance/domain/casefile"
	"relance/domain/french"
	"relance/domain/scheme"
	"relance/domain/sepa"
)

// What is kept of one document at most.
const (
	mostSaid    = 30
	mostNumbers = 500
	mostNames   = 300
	mostWords   = 120 // runes of the line around a value
	mostRead    = 60_000
)

// Read reads from the pages of a part of a file what its kind is checked for. Received is when the file came: no document is of a day after it.
func Read(pages []string, numbers []int, checks scheme.Checks, received time.Time) casefile.Extract {
	var e casefile.Extract
	read := 0
	for _, n := range numbers {
		page := pages[n-1]
		if read += len(page); read > mostRead {
			break
		}
		p := reader{text: page, page: n}
		if checks[scheme.DocumentIBAN] != "" {
			e.IBANs = add(e.IBANs, p.ibans()...)
		}
		if checks[scheme.DocumentSIREN] != "" || checks[scheme.DocumentSIRET] != "" {
			sirets, sirens := p.firms()
			e.SIRETs, e.SIRENs = add(e.SIRETs, sirets...), add(e.SIRENs, sirens...)
		}
		if checks[scheme.DocumentAmount] != "" {
			p.amounts(&e)
		}
		if checks[scheme.DocumentHolder] != "" {
			p.names(&e)
		}
		if checks[scheme.DocumentIssued] != "" {
			p.issued(&e, received)
		}
	}
	return e
}

// add adds values, each once.
func add(list []casefile.Said, more ...casefile.Said) []casefile.Said {
	for _, s := range more {
		if len(list) < mostSaid && !slices.ContainsFunc(list, func(o casefile.Said) bool { return o.Value == s.Value }) {
			list = append(list, s)
		}
	}
	return list
}

// reader reads one page.
type reader struct {
	text string
	page int
}

// said is a value at a place of the page, with the line that it stands in.
func (r reader) said(value string, start, end int) casefile.Said {
	from := strings.LastIndexByte(r.text[:start], '\n') + 1
	to := len(r.text)
	if i := strings.IndexByte(r.text[end:], '\n'); i >= 0 {
		to = end + i
	}
	return casefile.Said{Value: value, Page: r.page, Words: quote(r.text[from:to])}
}

// nir is the shape of a social security number, which no file needs: sex, year, month, place, order (decree 91-1404, article R115-1 of the social code).
var nir = regexp.MustCompile(`\b[1278][\s.]?\d{2}[\s.]?(?:0[1-9]|1[0-2]|[2-9]\d)[\s.]?(?:\d{2}|2[AB])[\s.]?\d{3}[\s.]?\d{3}(?:[\s.]?\d{2})?\b`)

// quote is a line as it is kept: on one line, not too long, without a social security number.
func quote(line string) string {
	line = nir.ReplaceAllStringFunc(strings.Join(strings.Fields(line), " "), func(number string) string {
		return strings.Map(func(c rune) rune {
			if c >= '0' && c <= '9' {
				return '*'
			}
			return c
		}, number)
	})
	if runes := []rune(line); len(runes) > mostWords {
		line = string(runes[:mostWords-1]) + "…"
	}
	return line
}

var ibanLike = regexp.MustCompile(`\b[A-Z]{2}\d{2}(?:[  ]?[A-Z0-9]){11,30}`)

// ibans finds valid IBANs, written together or in groups.
func (r reader) ibans() (list []casefile.Said) {
	for _, at := range ibanLike.FindAllStringIndex(r.text, -1) {
		compact := strings.Map(func(c rune) rune {
			if c == ' ' || c == '\u00a0' {
				return -1
			}
			return c
		}, r.text[at[0]:at[1]])
		for length := min(len(compact), 34); length >= 15; length-- { // words may follow it
			if sepa.ValidIBAN(compact[:length]) {
				list = append(list, r.said(compact[:length], at[0], at[1]))
				break
			}
		}
	}
	return list
}

var digits = regexp.MustCompile(`\d(?:[\s.]?\d){8,13}`)

// firms finds valid SIRETs and SIRENs. A longer row of figures is neither.
func (r reader) firms() (sirets, sirens []casefile.Said) {
	for _, at := range digits.FindAllStringIndex(r.text, -1) {
		if at[0] > 0 && isDigit(r.text[at[0]-1]) || at[1] < len(r.text) && isDigit(r.text[at[1]]) {
			continue
		}
		row := strings.Map(func(c rune) rune {
			if c < '0' || c > '9' {
				return -1
			}
			return c
		}, r.text[at[0]:at[1]])
		switch {
		case len(row) == 14 && scheme.ValidSIRET(row):
			sirets = append(sirets, r.said(row, at[0], at[1]))
			sirens = append(sirens, r.said(row[:9], at[0], at[1]))
		case len(row) >= 9 && scheme.ValidSIREN(row[:9]) && (len(row) == 9 || !isDigit(r.text[at[0]+9])):
			sirens = append(sirens, r.said(row[:9], at[0], at[1])) // « 628 194 821 59000 Lille »
		case len(row) == 11 && scheme.ValidSIREN(row[2:]):
			sirens = append(sirens, r.said(row[2:], at[0], at[1])) // behind the key of a VAT number: FR 12 628 194 821
		}
	}
	return sirets, sirens
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }

var (
	figure  = regexp.MustCompile(`\d{1,3}(?:[\s  .']\d{3})+(?:,\d{1,2})?|\d+(?:[.,]\d{1,2})?`)
	pieces  = regexp.MustCompile(`\d+(?:[.,]\d{1,2})?`)
	notPart = regexp.MustCompile(`[^\d,]`)
)

// amounts notes the sums that are called euros, and every figure: columns of a table may have been joined, so their pieces count too.
func (r reader) amounts(e *casefile.Extract) {
	for _, s := range french.Sums(r.text) {
		if s.Marked {
			e.Amounts = add(e.Amounts, r.said(strconv.FormatInt(s.Cents, 10), s.Start, s.End))
		}
	}
	note := func(cents int64, ok bool) {
		if at, known := slices.BinarySearch(e.Numbers, cents); ok && !known && len(e.Numbers) < mostNumbers {
			e.Numbers = slices.Insert(e.Numbers, at, cents)
		}
	}
	for _, f := range figure.FindAllString(r.text, -1) {
		note(cents(notPart.ReplaceAllString(f, "")))
		for _, piece := range pieces.FindAllString(f, -1) {
			note(cents(strings.ReplaceAll(piece, ".", ",")))
		}
	}
}

// cents reads a figure with a comma before its decimals.
func cents(figure string) (int64, bool) {
	whole, part, _ := strings.Cut(figure, ",")
	n, err := strconv.ParseInt(whole+(part + "00")[:2], 10, 64)
	return n, err == nil
}

var titular = regexp.MustCompile(`(?i)\b(?:titulaire|intitul[ée] du compte|nom du client|account holder)[^\n]{0,40}`)

// names notes the words of a page, and what stands where it names a holder: behind the word, or on the next line.
func (r reader) names(e *casefile.Extract) {
	for _, t := range french.Tokens(r.text) {
		if t.Kind != french.Word || len(e.Names) >= mostNames {
			continue
		}
		if at, known := slices.BinarySearch(e.Names, t.Text); !known {
			e.Names = slices.Insert(e.Names, at, t.Text)
		}
	}
	at := titular.FindStringIndex(r.text)
	if e.Holder.Value != "" || at == nil {
		return
	}
	_, behind, _ := strings.Cut(r.text[at[0]:at[1]], ":")
	start := at[1]
	if strings.TrimSpace(behind) == "" {
		for _, line := range strings.SplitN(r.text[start:], "\n", 4) {
			if behind = line; strings.TrimSpace(line) != "" {
				break
			}
		}
	}
	if behind = quote(behind); behind != "" {
		e.Holder = casefile.Said{Value: behind, Page: r.page, Words: behind}
	}
}

var ofTheDay = regexp.MustCompile(`(?i)(?:à jour au|a jour au|mise? à jour (?:le|au)|délivré[e]?s? le|edité[e]? le|édité[e]? le|établie? le|à la date du|a la date du|fait (?:à|a) [\p{L} '-]{2,40},? ?le|fait le|en date du|daté du|le)[\s:]*$`)

// issued finds the day of which a document is: one behind words that say so, else the last day named that is not to come.
func (r reader) issued(e *casefile.Extract, received time.Time) {
	said := false
	for _, d := range french.Days(r.text) {
		if d.Month || d.Short || d.Date.After(received.AddDate(0, 0, 1)) || d.Date.Year() < 1990 {
			continue
		}
		before := ofTheDay.MatchString(strings.TrimRight(r.text[max(0, d.Start-60):d.Start], " "))
		switch {
		case said && !before, said == before && !d.Date.After(e.Issued):
			continue
		}
		said = said || before
		e.Issued, e.Dated = d.Date, r.said(calendar.Day(d.Date), d.Start, d.End)
	}
}
