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

	"relance/domain/casefile"
)

// Kinds of decision in the register.
const (
	KindGrant    = "attribution"
	KindReject   = "rejet"
	KindImplicit = "rejet implicite" // silence (CRPA L231-4)
	KindAppeal   = "décision sur recours"
	KindRevoked  = "retrait"
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
		return (of == "" || s.Scheme == of) && slices.ContainsFunc(decisions(s), func(d Decision) bool { return p.Holds(d.At) })
	}
	for c, err := range r.Each(ctx, wanted) {
		if err != nil {
			return nil, err
		}
		for _, d := range decisions(&c.State) {
			if wanted(&c.State) {
				a := c.Applicant()
				d.Beneficiary, d.SIRET = safe(a.Business), compact(a.SIRET)
			}
			list = append(list, d)
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
		if d.Number = n; p.Holds(d.At) && (of == "" || d.Scheme == of) {
			kept = append(kept, d)
		}
	}
	return kept, nil
}

// decisions lists what was decided on a case, by an officer, a committee or by silence, the oldest first: a later decision takes the place of an
// earlier one, and both stay in the register.
func decisions(s *casefile.State) (list []Decision) {
	for _, e := range s.Journal {
		if e.What == casefile.EventStage && e.On == string(casefile.ImplicitlyRejected) {
			list = append(list, Decision{At: e.At, Kind: KindImplicit, Reference: s.Reference, Scheme: s.Scheme, Stage: s.Stage})
			break
		}
	}
	all := slices.Clone(s.Earlier)
	if s.Decision != nil {
		all = append(all, *s.Decision)
	}
	for _, d := range all {
		kind := KindReject
		switch {
		case d.Kind == casefile.DecisionAppeal:
			kind = KindAppeal
		case d.Kind == casefile.DecisionWithdrawal:
			kind = KindRevoked
		case d.Grant:
			kind = KindGrant
		}
		list = append(list, Decision{At: d.At, Kind: kind, Reference: s.Reference, Scheme: s.Scheme, Stage: s.Stage, Cents: d.Amount, By: d.By, Notified: d.Notified,
			Letter: d.Letter.SHA256, Grounds: strings.Join(d.Grounds, " ")})
	}
	return list
}

// grantedAt is when the aid was granted that the case has now: a later decision may have changed its sum.
func grantedAt(s *casefile.State) time.Time {
	at := s.Decision.At
	for _, d := range slices.Backward(s.Earlier) {
		if !d.Grant {
			break
		}
		at = d.At
	}
	return at
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
		if d.Cents > 0 {
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
