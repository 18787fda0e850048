package report

import (
	"context"
	"errors"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"relance/store/archive"
	"relance/store/index"
)

// Minimis gives the statement of a firm up to a day. It reads the index of the firm's cases, and no other folder.
func (r *Reader) Minimis(ctx context.Context, x *index.Index, siren string, day time.Time) (Statement, error) {
	s := StatementOf(siren, day)
	key, err := x.Key(ctx, index.SIREN, siren)
	if err != nil {
		return s, err
	}
	names, err := r.Archive.Names(ctx, "index/"+key+"/")
	if err != nil {
		return s, err
	}
	for _, name := range names {
		c, err := r.read(ctx, strings.TrimSuffix(path.Base(name), ".json"), isGranted)
		if err != nil && !errors.Is(err, archive.ErrNotFound) {
			return s, err
		}
		if c != nil && c.Kin.SIREN == key && c.Version != nil { // a SIREN that was corrected leaves an entry that no longer means this case
			s.Add(c)
		}
	}
	slices.SortFunc(s.Aids, func(a, b Minimis) int { return a.At.Compare(b.At) })
	return s, nil
}

// AllMinimis gives the statements of all firms up to a day, in the order of their SIREN.
func (r *Reader) AllMinimis(ctx context.Context, day time.Time) ([]Statement, error) {
	firms := map[string]*Statement{}
	err := r.granted(ctx, func(c *Case) error {
		siren := compact(c.Applicant().SIRET)
		if !c.Terms.DeMinimis || len(siren) < 9 {
			return nil
		}
		if siren = siren[:9]; firms[siren] == nil {
			s := StatementOf(siren, day)
			firms[siren] = &s
		}
		firms[siren].Add(c)
		return nil
	})
	var list []Statement
	for _, s := range firms {
		if len(s.Aids) > 0 {
			list = append(list, *s)
		}
	}
	slices.SortFunc(list, func(a, b Statement) int { return strings.Compare(a.SIREN, b.SIREN) })
	return list, err
}

// WriteMinimis writes statements as CSV, a line an aid, with the total of its firm.
func WriteMinimis(w io.Writer, list []Statement) error {
	out, err := sheet(w)
	if err != nil {
		return err
	}
	rows := [][]string{{"siren", "beneficiaire", "siret", "reference", "dispositif", "date", "montant", "total_sur_trois_ans", "reste_sous_le_plafond"}}
	for _, s := range list {
		for _, a := range s.Aids {
			rows = append(rows, []string{s.SIREN, a.Name, a.SIRET, a.Reference, a.Scheme, date(a.At), euros(a.Cents), euros(int64(s.Total)), euros(int64(s.Left))})
		}
	}
	return out.WriteAll(rows)
}
