package form

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
)

var (
	quoted    = regexp.MustCompile(`"[^"]*"|\\.|_.|\*.`)
	bracketed = regexp.MustCompile(`\[[^\]]*\]`)
	currency  = regexp.MustCompile(`\[\$([^\-\]]+)`)
	zeros     = regexp.MustCompile(`^0{2,}$`)
	frenchFor = [...]string{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
		"décembre"}
)

// builtIn are the number formats that a workbook need not write down, as far as their kind matters (ECMA-376 Part 1,
// §18.8.30).
var builtIn = map[int]string{1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 5: "#,##0 €", 6: "#,##0 €", 7: "#,##0.00 €", 8: "#,##0.00 €",
	9: "0%", 10: "0.00%", 14: "dd/mm/yyyy", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 22: "dd/mm/yyyy hh:mm", 37: "#,##0", 38: "#,##0",
	39: "#,##0.00", 40: "#,##0.00", 42: "#,##0 €", 44: "#,##0.00 €"}

// written is what a number in a cell says, in French: a date by day, month and year, an amount with its currency and all its
// decimals, whatever the program shows of them. Shown is what the program shows: it stands for what is no number, or a time.
func written(raw, shown, format string, days1904 bool) string {
	number, err := strconv.ParseFloat(raw, 64)
	if err != nil {
		return shown
	}
	format, _, _ = strings.Cut(format, ";")
	plain := strings.ToLower(bracketed.ReplaceAllString(quoted.ReplaceAllString(format, ""), ""))
	switch {
	case strings.ContainsAny(plain, "dy") && !strings.ContainsAny(plain, "#0"):
		return day(number, shown, plain, days1904)
	case strings.ContainsAny(plain, "hs") || strings.Contains(plain, "general") && strings.ContainsAny(shown, ":/"):
		return shown
	case zeros.MatchString(strings.ReplaceAll(plain, " ", "")) && number >= 0:
		return fmt.Sprintf("%0*.0f", strings.Count(plain, "0"), number)
	case strings.Contains(plain, "%"):
		return decimal(number*100, -1) + " %"
	}
	sign := currencyOf(format)
	places := -1
	if sign != "" || strings.HasSuffix(strings.TrimSpace(plain), "0.00") {
		places = 2
	}
	return strings.TrimSpace(decimal(number, places) + " " + sign)
}

// day writes a date; a format without a day means a month.
func day(number float64, shown, format string, days1904 bool) string {
	at, err := excelize.ExcelDateToTime(number, days1904)
	switch {
	case err != nil || number < 1:
		return shown
	case strings.Contains(format, "d"):
		return at.Format("02/01/2006")
	case strings.Contains(format, "m"):
		return fmt.Sprintf("%s %d", frenchFor[at.Month()-1], at.Year())
	}
	return at.Format("2006")
}

// currencyOf is the sign of the currency in a number format.
func currencyOf(format string) string {
	if found := currency.FindStringSubmatch(format); found != nil {
		return strings.TrimSpace(found[1])
	}
	for _, sign := range []string{"€", "$", "£", "CHF"} {
		if strings.Contains(bracketed.ReplaceAllString(format, ""), sign) {
			return sign
		}
	}
	return ""
}

// decimal writes a number with a comma. A workbook keeps fifteen digits; what lies beyond is noise of the arithmetic. Places
// is how many decimals are kept at most; -1: all.
func decimal(number float64, places int) string {
	number, _ = strconv.ParseFloat(strconv.FormatFloat(number, 'g', 15, 64), 64)
	text := strconv.FormatFloat(number, 'f', -1, 64)
	if _, decimals, _ := strings.Cut(text, "."); places >= 0 && len(decimals) > 0 {
		text = strconv.FormatFloat(number, 'f', places, 64)
	}
	return strings.Replace(text, ".", ",", 1)
}

// sheet reads the cells of one sheet.
type sheet struct {
	*excelize.File
	name     string
	days1904 bool
}

// french writes the cells of a row as French people do; shown is how the program shows them. Texts stay.
func (s sheet) french(row int, shown, raw []string) {
	for i := range min(len(shown), len(raw), maxColumns) {
		if raw[i] == "" {
			continue
		}
		cell, err := excelize.CoordinatesToCellName(i+1, row)
		if err != nil {
			continue
		}
		kind, err := s.GetCellType(s.name, cell)
		switch {
		case err != nil:
		case kind == excelize.CellTypeBool:
			shown[i] = map[string]string{"1": "oui", "0": "non", "TRUE": "oui", "FALSE": "non"}[raw[i]]
		case kind == excelize.CellTypeUnset || kind == excelize.CellTypeNumber || kind == excelize.CellTypeFormula:
			shown[i] = written(raw[i], shown[i], s.format(cell), s.days1904)
		}
	}
}

// format is the number format of a cell.
func (s sheet) format(cell string) string {
	index, err := s.GetCellStyle(s.name, cell)
	if err != nil {
		return ""
	}
	style, err := s.GetStyle(index)
	switch {
	case err != nil:
		return ""
	case style.CustomNumFmt != nil:
		return *style.CustomNumFmt
	}
	return builtIn[style.NumFmt]
}
