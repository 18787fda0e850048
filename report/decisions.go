package report

import (
	"cmp"
	"context"
	"encoding/csv"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"relance/casefile"
)

// Kinds of decision in the register.
const (
	KindGrant    = "attribution"
	KindReject   = "rejet"
	KindImplicit = "rejet implicite" // silence (CRPA L231-4)
)

// Decision is one line of the register of decisions.
type Decision struct {
	Number      int // within its year, from 1
	At          time.Time
	Kind        string
	Reference   string
	Scheme      string
	Beneficiary string
	SIRET       string
	Cents       int64
	Grounds     string
	By          string // the officer's identifier
	Notified    time.Time
	Letter      string // SHA-256 of the decision
	Stage       casefile.Stage
}

// Period is a stretch of time: From included, To excluded. A zero end is open.
type Period struct{ From, To time.Time }

// Holds tells whether an instant is in the period.
func (p Period) Holds(at time.Time) bool {
	return (p.From.IsZero() || !at.Before(p.From)) && (p.To.IsZero() || at.Before(p.To))
}

// Decisions gives the register of decisions of a period, in order of time, numbered within each year. Numbers count all decisions of the year,
// so that they stay the same whatever period is asked for, as long as no older decision comes to light.
func (r *Reader) Decisions(ctx context.Context, p Period, of string) ([]Decision, error) {
	var list []Decision
	wanted := func(s *casefile.State) bool {
		at := decidedAt(s)
		return !at.IsZero() && p.Holds(at) && (of == "" || s.Scheme == of)
	}
	for c, err := range r.Each(ctx, wanted) {
		if err != nil {
			return nil, err
		}
		if at := decidedAt(&c.State); !at.IsZero() {
			list = append(list, decision(c, at, wanted(&c.State)))
		}
	}
	slices.SortFunc(list, func(a, b Decision) int { return cmp.Or(a.At.Compare(b.At), strings.Compare(a.Reference, b.Reference)) })
	year, n := 0, 0
	kept := list[:0]
	for _, d := range list {
		if y := d.At.In(casefile.Paris).Year(); y != year {
			year, n = y, 0
		}
		n++
		if d.Number = n; d.Kind != "" && p.Holds(d.At) && (of == "" || d.Scheme == of) {
			kept = append(kept, d)
		}
	}
	return kept, nil
}

// decidedAt is when a decision on the case was taken, by an officer, a committee or by silence; zero where there is none.
func decidedAt(s *casefile.State) time.Time {
	if s.Decision != nil {
		return s.Decision.At
	}
	for _, e := range s.Journal {
		if e.What == "stage" && e.On == string(casefile.ImplicitlyRejected) {
			return e.At
		}
	}
	return time.Time{}
}

func decision(c *Case, at time.Time, whole bool) Decision {
	d := Decision{At: at, Reference: c.Reference, Scheme: c.State.Scheme, Kind: KindImplicit, Stage: c.Stage}
	if !whole {
		return d
	}
	a := c.Applicant()
	d.Beneficiary, d.SIRET = safe(a.Business), compact(a.SIRET)
	if c.State.Decision == nil {
		return d
	}
	d.Kind, d.Cents, d.By, d.Notified, d.Letter = KindReject, c.State.Decision.Amount, c.State.Decision.By, c.State.Decision.Notified, c.State.Decision.Letter.SHA256
	if c.State.Decision.Grant {
		d.Kind = KindGrant
	}
	d.Grounds = strings.Join(c.State.Decision.Grounds, " ")
	return d
}

// compact is an identifier without its spaces.
func compact(id string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, id)
}

// sheet writes CSV as French spreadsheets open it: semicolons, and a mark of UTF-8 first.
func sheet(w io.Writer) (*csv.Writer, error) {
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return nil, err
	}
	out := csv.NewWriter(w)
	out.Comma, out.UseCRLF = ';', true
	return out, nil
}

// euros is a sum for a French spreadsheet: 1500,00.
func euros(cents int64) string { return strings.Replace(decimal(cents), ".", ",", 1) }

// decimal is a sum with a decimal point: 1500.00.
func decimal(cents int64) string {
	sign := ""
	if cents < 0 {
		sign, cents = "-", -cents
	}
	return sign + strconv.FormatInt(cents/100, 10) + "." + strconv.FormatInt(100+cents%100, 10)[1:]
}

func date(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.In(casefile.Paris).Format(time.DateOnly)
}

// WriteDecisions writes the register as CSV.
func WriteDecisions(w io.Writer, list []Decision, stage func(casefile.Stage) string) error {
	out, err := sheet(w)
	if err != nil {
		return err
	}
	rows := [][]string{{"numero", "date", "nature", "reference", "dispositif", "beneficiaire", "siret", "montant", "motifs", "agent", "notifiee_le", "etat_du_dossier", "empreinte_de_la_decision"}}
	for _, d := range list {
		sum := ""
		if d.Kind == KindGrant {
			sum = euros(d.Cents)
		}
		rows = append(rows, []string{d.No(), date(d.At), d.Kind, d.Reference, d.Scheme, d.Beneficiary, d.SIRET, sum, d.Grounds, d.By, date(d.Notified), stage(d.Stage), d.Letter})
	}
	return out.WriteAll(rows)
}

// No is the decision's number: 2020-0042.
func (d Decision) No() string {
	n := strconv.Itoa(d.Number)
	return strconv.Itoa(d.At.In(casefile.Paris).Year()) + "-" + strings.Repeat("0", max(4-len(n), 0)) + n
}
