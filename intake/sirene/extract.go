package sirene

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// Columns of the Sirene stock, https://www.data.gouv.fr/datasets/base-sirene-des-entreprises-et-de-leurs-etablissements-siren-siret/.
// Those of the unit come from StockUniteLegale and must be joined to those of the establishment.
const (
	colSIRET      = "siret"
	colStatus     = "statutDiffusionEtablissement"
	colCreated    = "dateCreationEtablissement"
	colStaff      = "trancheEffectifsEtablissement"
	colState      = "etatAdministratifEtablissement"
	colPostalCode = "codePostalEtablissement"
	colCommune    = "codeCommuneEtablissement"
	colActivity   = "activitePrincipaleEtablissement"

	colSIREN     = "siren"
	colNIC       = "nic"
	colSince     = "dateDebut" // of the present state: for a closed establishment, the day it closed
	colUsualName = "denominationUsuelleEtablissement"
	colSign      = "enseigne1Etablissement"
	colTown      = "libelleCommuneEtablissement"

	colUnitName  = "denominationUniteLegale"
	colUnitState = "etatAdministratifUniteLegale"
	colUnitForm  = "categorieJuridiqueUniteLegale"
	colLastName  = "nomUniteLegale" // a person has no dénomination
	colFirstName = "prenomUsuelUniteLegale"
)

var (
	required = []string{colSIRET, colStatus, colCreated, colStaff, colState, colPostalCode, colCommune, colActivity}
	street   = []string{"complementAdresseEtablissement", "numeroVoieEtablissement", "indiceRepetitionEtablissement",
		"typeVoieEtablissement", "libelleVoieEtablissement"} // in the order of an address
)

// Extract is a local copy of part of the register, kept in memory. It never changes and may be used by several goroutines.
type Extract struct {
	rows map[string]Establishment // by SIRET
	now  func() time.Time
}

// OpenExtract reads a CSV file with the column names of StockEtablissement_utf8 in its first line, in any order; the separator
// is the comma or the semicolon, whichever the first line has more of. The text is UTF-8, with or without a mark; a field
// that is not is taken for Windows-1252, as spreadsheets write it. Other columns are ignored.
//
// There must be siret, statutDiffusionEtablissement, dateCreationEtablissement, trancheEffectifsEtablissement,
// etatAdministratifEtablissement, codePostalEtablissement, codeCommuneEtablissement and activitePrincipaleEtablissement. There
// may be siren, nic, dateDebut, the parts of the address, denominationUsuelleEtablissement and enseigne1Etablissement, and of the
// unit denominationUniteLegale, nomUniteLegale, prenomUsuelUniteLegale, etatAdministratifUniteLegale and
// categorieJuridiqueUniteLegale. Without the unit's state, Open is that of the establishment alone; without its name, Name is
// the usual name or sign of the establishment.
//
// The first bad row fails the whole, with its line: a spreadsheet that ate the leading zeros of one column did so everywhere.
// A nil now is time.Now.
func OpenExtract(r io.Reader, now func() time.Time) (*Extract, error) {
	if now == nil {
		now = time.Now
	}
	reader, header, err := openCSV(r)
	if err != nil {
		return nil, fmt.Errorf("read the header of the extract: %w", err)
	}
	x := &Extract{rows: map[string]Establishment{}, now: now}
	for {
		fields, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return x, nil
		}
		if err != nil { // a csv.ParseError names the line
			return nil, fmt.Errorf("read the extract: %w", err)
		}
		line, _ := reader.FieldPos(0)
		e, err := row{header, fields}.establishment()
		if err != nil {
			return nil, fmt.Errorf("read the extract: line %d: %w", line, err)
		}
		if _, twice := x.rows[e.SIRET]; twice {
			return nil, fmt.Errorf("read the extract: line %d: %s appears twice", line, e.SIRET)
		}
		x.rows[e.SIRET] = e
	}
}

// Find looks the SIRET up. Errors: ErrSIRET, and ErrUnknown when the extract has no such row.
func (x *Extract) Find(_ context.Context, siret string) (Establishment, error) {
	if err := check(siret); err != nil {
		return Establishment{}, err
	}
	e, ok := x.rows[siret]
	if !ok {
		return Establishment{}, fmt.Errorf("%w: %s", ErrUnknown, siret)
	}
	e.Asked = x.now()
	return e, nil
}

// openCSV reads the header and returns where each column is.
func openCSV(r io.Reader) (*csv.Reader, map[string]int, error) {
	buffer := bufio.NewReader(r)
	first, err := buffer.ReadBytes('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, nil, err
	}
	first = bytes.TrimPrefix(first, []byte("\ufeff"))
	reader := csv.NewReader(io.MultiReader(bytes.NewReader(first), buffer))
	reader.ReuseRecord = true
	if bytes.Count(first, []byte(";")) > bytes.Count(first, []byte(",")) {
		reader.Comma = ';'
	}
	names, err := reader.Read()
	if errors.Is(err, io.EOF) {
		return nil, nil, errors.New("the file is empty")
	}
	if err != nil {
		return nil, nil, err
	}
	header, err := columns(names)
	return reader, header, err
}

// columns tells where each column is, and which are missing.
func columns(names []string) (map[string]int, error) {
	header := map[string]int{}
	for i, name := range names {
		name = strings.TrimSpace(name)
		if _, twice := header[name]; twice && name != "" {
			return nil, fmt.Errorf("column %s appears twice", name)
		}
		header[name] = i
	}
	missing := slices.DeleteFunc(slices.Clone(required), func(name string) bool {
		_, ok := header[name]
		return ok
	})
	if len(missing) > 0 {
		return nil, fmt.Errorf("no column %s", strings.Join(missing, ", "))
	}
	return header, nil
}

// row is one line of the extract.
type row struct {
	header map[string]int
	fields []string
}

// raw returns a field as it is written, without its margins; nothing when the extract has no such column.
func (r row) raw(column string) string {
	i, ok := r.header[column]
	if !ok {
		return ""
	}
	field := strings.TrimSpace(r.fields[i])
	if utf8.ValidString(field) {
		return field
	}
	decoded, err := charmap.Windows1252.NewDecoder().String(field)
	if err != nil {
		return strings.ToValidUTF8(field, "\ufffd")
	}
	return decoded
}

// establishment reads the row.
func (r row) establishment() (Establishment, error) {
	e := Establishment{SIRET: r.raw(colSIRET), Activity: shown(r.raw(colActivity)), LegalForm: shown(r.raw(colUnitForm)),
		Source: SourceExtract}
	if err := check(e.SIRET); err != nil {
		return e, err
	}
	e.SIREN = e.SIRET[:9]
	if siren := r.raw(colSIREN); siren != "" && siren != e.SIREN {
		return e, fmt.Errorf("siren %q has the establishment %s", siren, e.SIRET)
	}
	if nic := r.raw(colNIC); nic != "" && nic != e.SIRET[9:] {
		return e, fmt.Errorf("nic %q is not that of %s", nic, e.SIRET)
	}
	name := r.name()
	e.Name, e.Published = shown(name), published(r.raw(colStatus)) && !masked(name)
	var err error
	if e.Commune, err = r.code(colCommune); err != nil {
		return e, err
	}
	if e.PostalCode, err = r.code(colPostalCode); err != nil {
		return e, err
	}
	e.Address = r.address()
	if e.Staff, err = staff(r.raw(colStaff)); err != nil {
		return e, fmt.Errorf("%s: %w", colStaff, err)
	}
	return e, r.life(&e)
}

// life reads the states and dates.
func (r row) life(e *Establishment) (err error) {
	if e.Open, err = state(r.raw(colState)); err != nil {
		return fmt.Errorf("%s: %w", colState, err)
	}
	if e.Created, err = day(r.raw(colCreated)); err != nil {
		return fmt.Errorf("%s: %w", colCreated, err)
	}
	if !e.Open {
		if e.Closed, err = day(r.raw(colSince)); err != nil {
			return fmt.Errorf("%s: %w", colSince, err)
		}
	}
	if written := r.raw(colUnitState); written != "" {
		whole, err := state(written)
		if err != nil {
			return fmt.Errorf("%s: %w", colUnitState, err)
		}
		e.Open = e.Open && whole
	}
	return nil
}

// code reads a code of five characters; a shorter one has lost its leading zero on the way.
func (r row) code(column string) (string, error) {
	code := shown(r.raw(column))
	if code != "" && len(code) != 5 {
		return "", fmt.Errorf("%s: %q does not have five characters", column, code)
	}
	return code, nil
}

// name returns the best name there is, which may be masked.
func (r row) name() string {
	for _, name := range []string{r.raw(colUnitName), strings.TrimSpace(r.raw(colFirstName) + " " + r.raw(colLastName)),
		r.raw(colUsualName), r.raw(colSign)} {
		if name != "" {
			return name
		}
	}
	return ""
}

// address puts the parts of the address on one line, as the API does.
func (r row) address() string {
	var parts []string
	for _, column := range append(slices.Clone(street), colPostalCode, colTown) {
		if part := r.raw(column); part != "" {
			parts = append(parts, part)
		}
	}
	return shown(strings.Join(parts, " "))
}
