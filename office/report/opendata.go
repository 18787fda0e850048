package report

import (
	"context"
	"encoding/csv"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"

	"relance/domain/authority"
	"relance/domain/casefile"
	"relance/domain/money"
	"relance/domain/scheme"
)

// Threshold is the yearly sum, in cents, above which a grant to a private body takes an agreement, and its essential data have to be
// published (loi 2000-321 art. 10, décret 2001-495 art. 1, décret 2017-779).
const Threshold = 23_000_00

// columns are those of the referential annexed to the arrêté of 17 November 2017, and the optional one of the common schema for
// the scheme an aid belongs to.
var columns = []string{"nomAttribuant", "idAttribuant", "dateConvention", "referenceDecision", "nomBeneficiaire", "idBeneficiaire", "objet", "montant", "nature",
	"conditionsVersement", "datesPeriodeVersement", "idRAE", "notificationUE", "pourcentageSubvention", "dispositifAide"}

// ErrNoSIRET is returned where the authority's file does not say its SIRET.
var ErrNoSIRET = errors.New("le fichier de la collectivité ne dit pas son numéro SIRET (siret), que le fichier des données ouvertes exige")

// OpenData asks for the open data of granted aid.
type OpenData struct {
	Authority *authority.Authority
	Period    Period // of the decisions
	All       bool   // also below the threshold: firms and associations by name, natural persons who trade without theirs
}

// grant is a beneficiary in a year.
type grant struct {
	siren string
	year  int
}

// OpenData writes the file of the essential data of granted aid: UTF-8, commas, a decimal point. Natural persons who are no firm are never in it.
// A sole trader (entrepreneur individuel) is a person as well: below the threshold, where no law has it published, name and number
// are left out (CRPA L312-1-2). It gives how many grants it wrote, and how many it left out.
func (r *Reader) OpenData(ctx context.Context, w io.Writer, o OpenData) (written, left int, err error) {
	if len(o.Authority.SIRET) != 14 {
		return 0, 0, ErrNoSIRET
	}
	sums := map[grant]int64{}
	if err := r.granted(ctx, func(c *Case) error {
		sums[key(c)] += c.State.Decision.Amount
		return nil
	}); err != nil {
		return 0, 0, err
	}
	out := csv.NewWriter(w)
	if err := out.Write(columns); err != nil {
		return 0, 0, err
	}
	err = r.granted(ctx, func(c *Case) error {
		if !o.Period.Holds(grantedAt(&c.State)) {
			return nil
		}
		above := sums[key(c)] > Threshold
		if c.Version.Applicant == scheme.Person || !above && !o.All {
			left++
			return nil
		}
		written++
		return out.Write(o.row(c, !above && soleTrader(c)))
	})
	out.Flush()
	return written, left, errors.Join(err, out.Error())
}

// granted walks through the cases whose aid was granted and not given up.
func (r *Reader) granted(ctx context.Context, do func(*Case) error) error {
	for c, err := range r.Each(ctx, isGranted) {
		if err != nil {
			return err
		}
		if isGranted(&c.State) && c.Version != nil {
			if err := do(c); err != nil {
				return err
			}
		}
	}
	return nil
}

// isGranted tells whether money was granted and not given up.
func isGranted(s *casefile.State) bool {
	return s.Decision != nil && s.Decision.Grant && s.Stage != casefile.Withdrawn && s.Decision.Amount > 0
}

// key is a beneficiary and the year of the decision: the threshold is one a year. Who has no SIREN is alone.
func key(c *Case) grant {
	siren := compact(c.Applicant().SIRET)
	if len(siren) < 9 {
		return grant{c.Reference, 0}
	}
	return grant{siren[:9], grantedAt(&c.State).In(casefile.Paris).Year()}
}

// soleTrader tells whether the register of firms has the beneficiary as a natural person (legal category 1000).
func soleTrader(c *Case) bool {
	return c.Facts.Register != nil && strings.HasPrefix(c.Facts.Register.LegalForm, "1")
}

func (o OpenData) row(c *Case, anonymous bool) []string {
	a := c.Applicant()
	name, siret := safe(a.Business), compact(a.SIRET)
	if anonymous {
		name, siret = "personne physique", ""
	}
	conditions, dates := payments(c)
	return []string{o.Authority.Name, o.Authority.SIRET, date(grantedAt(&c.State)), c.Reference, name, siret, safe(c.Scheme.Title), decimal(c.State.Decision.Amount),
		"aide en numéraire", conditions, dates, "", "non", share(c.Version), c.Scheme.Name}
}

// payments tells how the aid is paid, and when: a day, or the first and the last (ISO 8601).
func payments(c *Case) (conditions, dates string) {
	first := grantedAt(&c.State)
	last := first
	for _, i := range c.Instalments {
		at := i.At
		if i.Status != casefile.PaymentPaid && !i.Until.IsZero() {
			at = casefile.LastDay(i.Until)
		}
		if at.After(last) {
			last = at
		}
	}
	if len(c.Instalments) < 2 {
		return "unique", date(last)
	}
	return "échelonné", date(first) + "/" + date(last)
}

// share is the authority's part of the aid, from 0 to 1: the lines whose funder is called as the first one's, or is not named.
func share(v *scheme.Version) string {
	own := scheme.Share(0)
	for _, f := range v.Funding {
		if f.Name == "" || f.Name == v.Funding[0].Name {
			own += f.Share
		}
	}
	if own == 0 {
		own = scheme.Whole
	}
	text := strconv.FormatFloat(float64(own)/float64(scheme.Whole), 'f', 4, 64)
	return strings.TrimRight(strings.TrimRight(text, "0"), ".")
}

// Ceiling is what one undertaking may receive in de minimis aid over any three years, in cents (regulation (EU) 2023/2831 art. 3(2)).
const Ceiling = 300_000_00

// Minimis is one de minimis aid.
type Minimis struct {
	Reference string    `json:"reference"`
	Scheme    string    `json:"scheme"`
	Name      string    `json:"name"`
	SIRET     string    `json:"siret"`
	At        time.Time `json:"at"`
	Cents     int64     `json:"cents"`
}

// Statement is what a firm was granted in de minimis aid over the three years up to a day.
type Statement struct {
	SIREN string      `json:"siren"`
	From  time.Time   `json:"from"` // the first day that counts
	To    time.Time   `json:"to"`   // the last
	Aids  []Minimis   `json:"aids"`
	Total money.Cents `json:"total"`
	Left  money.Cents `json:"left"` // up to the ceiling; below zero where it is exceeded
}

// StatementOf begins the statement of a firm: the three years are rolling, and end on the day.
func StatementOf(siren string, day time.Time) Statement {
	to := casefile.Date(day)
	return Statement{SIREN: siren, From: casefile.AddDays(to.AddDate(-3, 0, 0), 1), To: to, Aids: []Minimis{}, Left: Ceiling}
}

// Add adds a case's aid, where it is de minimis, was granted and not given up, in the three years.
func (s *Statement) Add(c *Case) {
	if !isGranted(&c.State) || !c.Terms.DeMinimis {
		return
	}
	at := grantedAt(&c.State)
	if at.Before(s.From) || !at.Before(casefile.EndOfDay(s.To)) {
		return
	}
	a := c.Applicant()
	s.Aids = append(s.Aids, Minimis{Reference: c.Reference, Scheme: c.Scheme.Name, Name: safe(a.Business), SIRET: compact(a.SIRET), At: at, Cents: c.State.Decision.Amount})
	s.Total += money.Cents(c.State.Decision.Amount)
	s.Left = Ceiling - s.Total
}
