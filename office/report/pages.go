package report

import (
	"strings"
	"time"

	"relance/domain/calendar"
	"relance/domain/casefile"
	"relance/domain/money"
	"relance/letters/pdf"
	"relance/letters/prose"
)

// DecisionPages is the register of decisions on paper.
func DecisionPages(list []Decision, p Period, head pdf.Letterhead, made time.Time) pdf.Report {
	var granted, rejected, implicit int
	var sum int64
	rows := [][]string{{"N°", "Date", "Nature", "Dossier", "Bénéficiaire", "Montant"}}
	for _, d := range list {
		cents := ""
		switch d.Kind {
		case KindGrant:
			granted++
			sum += d.Cents
			cents = money.Cents(d.Cents).Format()
		case KindReject:
			rejected++
		case KindImplicit:
			implicit++
		default:
			if d.Cents > 0 {
				cents = money.Cents(d.Cents).Format()
			}
		}
		rows = append(rows, []string{d.No(), d.At.In(casefile.Paris).Format("02/01/2006"), d.Kind, d.Reference, d.Beneficiary, cents})
	}
	title := "Depuis l'origine"
	if !p.From.IsZero() {
		title = "Du " + calendar.InWords(p.From)
	}
	if p.To.IsZero() {
		title += " à ce jour"
	} else {
		title += " au " + calendar.InWords(casefile.LastDay(p.To))
	}
	page := pdf.Report{Letterhead: head, Title: "Registre des décisions", Subtitle: title + ", établi le " + calendar.InWords(made), Reference: "Registre des décisions", Date: made,
		Figures: []pdf.Figure{{Value: count(len(list), "décision"), Label: "dans la période"}, {Value: count(granted, "attribution"), Label: wholeEuros(sum)},
			{Value: count(rejected, "rejet"), Label: "motivés"}, {Value: count(implicit, "rejet implicite"), Label: "nés du silence"}}}
	if len(list) > 0 {
		page.Body = []prose.Block{{Kind: prose.Table, Rows: rows}}
	} else {
		page.Body = prose.Parse("Aucune décision dans la période.")
	}
	for i := range page.Figures {
		page.Figures[i].Value = strings.Replace(page.Figures[i].Value, "rejet implicites", "rejets implicites", 1)
	}
	return page
}
