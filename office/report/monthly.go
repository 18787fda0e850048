package report

import (
	"context"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"relance/domain/calendar"
	"relance/domain/casefile"
	"relance/domain/money"
	"relance/letters/pdf"
	"relance/letters/prose"
)

// months is how many months a monthly report covers, the reported one last.
const months = 12

// longest is the longest delay that is told apart, in days; what took longer counts as this.
const longest = 1000

// Month is what happened to a scheme's cases in one calendar month.
type Month struct {
	Begins    time.Time // its first moment, in Paris
	Received  int
	Granted   int
	Rejected  int
	Implicit  int   // by silence
	Withdrawn int   // given up by the applicant, or taken back by the authority
	Lapsed    int   // closed without a decision, because what was asked for did not come
	Cents     int64 // granted
	delays    [longest + 1]int
}

// Decided is how many decisions were taken, silence included.
func (m *Month) Decided() int { return m.Granted + m.Rejected + m.Implicit }

// Median is the median of the days from the receipt of an application to the decision on it; ok is false where there was none.
func (m *Month) Median() (days int, ok bool) { return median(m.delays[:]) }

func median(delays []int) (int, bool) {
	n := 0
	for _, k := range delays {
		n += k
	}
	if n == 0 {
		return 0, false
	}
	seen := 0
	for days, k := range delays {
		if seen += k; seen > (n-1)/2 {
			return days, true
		}
	}
	return longest, true
}

// Monthly is a scheme's report for a month, with the eleven months before.
type Monthly struct {
	Scheme  string
	Title   string
	Months  [months]Month
	Before  Month                  // everything earlier, as one
	Open    map[casefile.Stage]int // cases not decided at the end of the month, by where they stand now
	Pending int                    // how many
	Total   int64                  // cents granted since the beginning
	ends    time.Time
}

// Month reports on a scheme for the calendar month that holds an instant. A case counts by the dates that its folder has now: a grant that
// was withdrawn since is no longer one.
func (r *Reader) Month(ctx context.Context, id string, in time.Time) (*Monthly, error) {
	sch, err := r.Catalogue.Find(id)
	if err != nil {
		return nil, err
	}
	y, m, _ := in.In(casefile.Paris).Date()
	report := &Monthly{Scheme: id, Title: sch.Title, Open: map[casefile.Stage]int{}, ends: time.Date(y, m+1, 1, 0, 0, 0, 0, casefile.Paris)}
	for i := range report.Months {
		report.Months[i].Begins = time.Date(y, m-months+1+time.Month(i), 1, 0, 0, 0, 0, casefile.Paris)
	}
	for c, err := range r.Each(ctx, nil) {
		if err != nil {
			return nil, err
		}
		if c.State.Scheme == id {
			report.add(&c.State)
		}
	}
	return report, nil
}

// at is the month of an instant; nil after the reported one.
func (r *Monthly) at(t time.Time) *Month {
	if !t.Before(r.ends) {
		return nil
	}
	for i := range r.Months {
		if next := i + 1; next == months || t.Before(r.Months[next].Begins) {
			if t.Before(r.Months[i].Begins) {
				return &r.Before
			}
			return &r.Months[i]
		}
	}
	return nil
}

// add counts one case.
func (r *Monthly) add(s *casefile.State) {
	if s.Received.IsZero() {
		return
	}
	received := r.at(s.Received)
	if received == nil {
		return
	}
	received.Received++
	ended, stage := ending(s)
	if m := r.at(ended); !ended.IsZero() && m != nil {
		r.count(m, s, stage, ended)
		return
	}
	r.Pending++
	r.Open[s.Stage]++
}

// ending is when a case was decided or ended without a decision, and how; zero while neither has happened.
func ending(s *casefile.State) (time.Time, casefile.Stage) {
	var at time.Time
	var how casefile.Stage
	for _, e := range s.Journal {
		if e.What != casefile.EventStage {
			continue
		}
		switch stage := casefile.Stage(e.On); stage {
		case casefile.Granted, casefile.Rejected, casefile.ImplicitlyRejected, casefile.Expired, casefile.Withdrawn, casefile.Revoked:
			if stage != how { // what an appeal has confirmed keeps its day; a grant that was withdrawn ends as a withdrawal
				at, how = e.At, stage
			}
		}
	}
	return at, how
}

func (r *Monthly) count(m *Month, s *casefile.State, how casefile.Stage, at time.Time) {
	switch how {
	case casefile.Granted:
		m.Granted++
		if s.Decision != nil {
			m.Cents += s.Decision.Amount
			r.Total += s.Decision.Amount
		}
	case casefile.Rejected:
		m.Rejected++
	case casefile.ImplicitlyRejected:
		m.Implicit++
	case casefile.Withdrawn, casefile.Revoked:
		m.Withdrawn++
		return
	case casefile.Expired:
		m.Lapsed++
		return
	}
	m.delays[min(casefile.DaysBetween(s.Received, at), longest)]++
}

// Last is the reported month.
func (r *Monthly) Last() *Month { return &r.Months[months-1] }

// WriteMonthly writes the report as CSV, a line a month.
func WriteMonthly(w io.Writer, r *Monthly) error {
	out, err := sheet(w)
	if err != nil {
		return err
	}
	rows := [][]string{{"mois", "demandes_recues", "attributions", "rejets", "rejets_implicites", "desistements_et_retraits", "classements_sans_suite", "montant_attribue", "delai_median_jours"}}
	for i := range r.Months {
		m := &r.Months[i]
		delay := ""
		if days, ok := m.Median(); ok {
			delay = strconv.Itoa(days)
		}
		rows = append(rows, []string{m.Begins.Format("2006-01"), strconv.Itoa(m.Received), strconv.Itoa(m.Granted), strconv.Itoa(m.Rejected), strconv.Itoa(m.Implicit),
			strconv.Itoa(m.Withdrawn), strconv.Itoa(m.Lapsed), euros(m.Cents), delay})
	}
	return out.WriteAll(rows)
}

// delayClasses are the classes of delays that the chart shows, in days up to and including.
var delayClasses = []struct {
	most  int
	label string
}{{15, "15 jours ou moins"}, {30, "16 à 30 jours"}, {45, "31 à 45 jours"}, {61, "46 à 61 jours"}, {longest, "plus de 61 jours"}}

// Pages is what the report looks like on paper. Envelope is the scheme's money in cents, 0 where it has none of its own.
func (r *Monthly) Pages(head pdf.Letterhead, envelope int64, made time.Time, stage func(casefile.Stage) string) pdf.Report {
	last := r.Last()
	month := MonthName(last.Begins)
	delay, ok := last.Median()
	shown := "–"
	if ok {
		shown = strconv.Itoa(delay) + " j"
	}
	page := pdf.Report{Letterhead: head, Title: r.Title, Subtitle: "Rapport mensuel – " + month + ", établi le " + calendar.InWords(made), Reference: r.Scheme + " " + last.Begins.Format("2006-01"), Date: made,
		Figures: []pdf.Figure{
			{Value: strconv.Itoa(last.Received), Label: "demandes reçues", Note: "mois précédent : " + strconv.Itoa(r.Months[months-2].Received)},
			{Value: strconv.Itoa(last.Decided()), Label: "décisions", Note: "dont " + count(last.Granted, "attribution")},
			{Value: wholeEuros(last.Cents), Label: "attribués ce mois", Note: wholeEuros(r.Total) + " en tout"},
			{Value: shown, Label: "délai médian", Note: count(r.Pending, "demande") + " en cours"},
		}}
	page.Charts = []pdf.Chart{r.flow(), r.outcomes(), r.delays(), r.money(envelope)}
	page.Body = prose.Parse(r.table(stage))
	return page
}

func count(n int, word string) string {
	if n > 1 {
		word += "s"
	}
	return strconv.Itoa(n) + " " + word
}

// flow is what came in and what was decided, month by month.
func (r *Monthly) flow() pdf.Chart {
	received, decided := pdf.Series{Name: "Reçues"}, pdf.Series{Name: "Décisions"}
	c := pdf.Chart{Title: "Demandes reçues et décisions, par mois", Kind: pdf.Columns, Empty: "Aucune demande sur douze mois."}
	for i := range r.Months {
		m := &r.Months[i]
		c.Labels = append(c.Labels, shortMonth(m.Begins))
		received.Values, received.Shown = append(received.Values, float64(m.Received)), append(received.Shown, strconv.Itoa(m.Received))
		decided.Values, decided.Shown = append(decided.Values, float64(m.Decided())), append(decided.Shown, strconv.Itoa(m.Decided()))
	}
	c.Series = []pdf.Series{received, decided}
	return c
}

// outcomes is what became of the cases that ended within the twelve months.
func (r *Monthly) outcomes() pdf.Chart {
	var all Month
	for i := range r.Months {
		m := &r.Months[i]
		all.Granted, all.Rejected, all.Implicit, all.Withdrawn, all.Lapsed = all.Granted+m.Granted, all.Rejected+m.Rejected, all.Implicit+m.Implicit, all.Withdrawn+m.Withdrawn, all.Lapsed+m.Lapsed
	}
	return bars("Suites données, sur douze mois", []string{"Attribuées", "Rejetées", "Rejet implicite", "Désist., retraits", "Sans suite"},
		[]int{all.Granted, all.Rejected, all.Implicit, all.Withdrawn, all.Lapsed})
}

// delays is how long decisions took.
func (r *Monthly) delays() pdf.Chart {
	labels, values := make([]string, len(delayClasses)), make([]int, len(delayClasses))
	for k, class := range delayClasses {
		labels[k] = class.label
	}
	for i := range r.Months {
		for days, n := range r.Months[i].delays {
			if n > 0 {
				k := slices.IndexFunc(delayClasses, func(c struct {
					most  int
					label string
				}) bool {
					return days <= c.most
				})
				values[k] += n
			}
		}
	}
	return bars("Délai de décision, sur douze mois", labels, values)
}

func bars(title string, labels []string, values []int) pdf.Chart {
	s := pdf.Series{}
	total := 0
	for _, v := range values {
		total += v
	}
	for _, v := range values {
		s.Values = append(s.Values, float64(v))
		text := strconv.Itoa(v)
		if total > 0 && v > 0 {
			text += " (" + strconv.Itoa((v*200+total)/(2*total)) + " %)"
		}
		s.Shown = append(s.Shown, text)
	}
	return pdf.Chart{Title: title, Kind: pdf.Bars, Half: true, Labels: labels, Series: []pdf.Series{s}, Empty: "Aucune suite sur douze mois."}
}

// money is what was granted, added up, beside the envelope.
func (r *Monthly) money(envelope int64) pdf.Chart {
	c := pdf.Chart{Title: "Montants attribués, cumulés depuis l'ouverture", Kind: pdf.Lines, Empty: "Aucune aide attribuée."}
	s := pdf.Series{Name: "Attribué"}
	sum := r.Before.Cents
	for i := range r.Months {
		sum += r.Months[i].Cents
		c.Labels = append(c.Labels, shortMonth(r.Months[i].Begins))
		s.Values = append(s.Values, float64(sum)/100)
		s.Shown = append(s.Shown, wholeEuros(sum))
	}
	c.Series = []pdf.Series{s}
	if envelope > 0 && sum*20 >= envelope { // an envelope far above would press the line flat
		c.Limit = &pdf.Limit{Name: "Enveloppe " + wholeEuros(envelope), Value: float64(envelope) / 100}
	} else if envelope > 0 && sum > 0 {
		c.Title += " (" + strconv.FormatInt((sum*2000+envelope)/(2*envelope)/10, 10) + " % de l'enveloppe)"
	}
	return c
}

// table is the figures of the charts, for reading off and for screen readers.
func (r *Monthly) table(stage func(casefile.Stage) string) string {
	var b strings.Builder
	b.WriteString("# Chiffres\n\n| Mois | Reçues | Attribuées | Rejetées | Implicites | Désistées | Sans suite | Montant | Délai médian |\n")
	for i := range r.Months {
		m := &r.Months[i]
		delay := "–"
		if days, ok := m.Median(); ok {
			delay = strconv.Itoa(days) + " j"
		}
		b.WriteString("| " + strings.Join([]string{m.Begins.Format("01/2006"), strconv.Itoa(m.Received), strconv.Itoa(m.Granted), strconv.Itoa(m.Rejected), strconv.Itoa(m.Implicit),
			strconv.Itoa(m.Withdrawn), strconv.Itoa(m.Lapsed), money.Cents(m.Cents).Format(), delay}, " | ") + " |\n")
	}
	var open []string
	for _, s := range casefile.Stages {
		if n := r.Open[s]; n > 0 {
			open = append(open, stage(s)+" : "+strconv.Itoa(n))
		}
	}
	if len(open) > 0 {
		b.WriteString("\nDemandes en cours à la fin du mois, à leur étape actuelle : " + strings.Join(open, ", ") + ".\n")
	}
	b.WriteString("\nLe délai va de la réception de la demande à la décision, en jours calendaires. Une aide à laquelle le bénéficiaire a renoncé, ou qui lui a été retirée, n'est plus comptée comme attribuée.\n")
	return b.String()
}

// wholeEuros is a sum without its cents, for a chart.
func wholeEuros(cents int64) string {
	return strings.Replace(money.Cents((cents+50)/100*100).Format(), ",00", "", 1)
}

var monthNames = []string{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"}

// MonthName is a month as people write it: septembre 2020.
func MonthName(t time.Time) string {
	t = t.In(casefile.Paris)
	return monthNames[t.Month()-1] + " " + strconv.Itoa(t.Year())
}

var shortNames = []string{"janv.", "févr.", "mars", "avril", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."}

func shortMonth(t time.Time) string { return shortNames[t.In(casefile.Paris).Month()-1] }
