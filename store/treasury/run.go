package treasury

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"relance/domain/calendar"
	"relance/domain/sepa"
	"relance/store/archive"
)

// Manifest is what one file of payment orders carries. It is written once.
type Manifest struct {
	Run       int          `json:"run"` // from 1
	ID        string       `json:"id"`  // the bank takes a file of this identifier once
	Created   time.Time    `json:"created"`
	Execution time.Time    `json:"execution"` // the day on which the account is debited
	By        string       `json:"by"`        // the officer's identifier
	From      sepa.Account `json:"from"`
	Orders    []Carried    `json:"orders"`
	Count     int          `json:"count"`
	Total     int64        `json:"total"` // control total, in cents
}

// Carried is an order in a file.
type Carried struct {
	ID     string `json:"id"`
	Cents  int64  `json:"cents"`
	SHA256 string `json:"sha256"` // of the order's object
}

// Refused is an order that was left out of a file, and why.
type Refused struct {
	Order
	Why   string `json:"why"`
	Never bool   `json:"never,omitempty"` // it will never be paid: another has taken its place, or nothing is to be paid any more
}

// Verdict is what a case says of an order that is to be paid now.
type Verdict struct {
	Why   string // it is not paid now; empty: it is
	Never bool   // nor ever
}

// Ask asks the case of an order whether it is to be paid now, in the file of a number; a case that says yes notes it. It may be asked
// again.
type Ask func(ctx context.Context, o Order, run int) (Verdict, error)

// Request is what a file is made with.
type Request struct {
	By        string
	From      sepa.Account
	Created   time.Time
	Execution time.Time
	Most      int // orders in the file at most; 0: all
}

// runKey is where what belongs to a file lies; runs are numbered from 1.
func (b Book) runKey(run int, extension string) string {
	return fmt.Sprintf("%s%06d.%s", b.folder("runs"), run, extension)
}

// Manifest reads the manifest of a file.
func (b Book) Manifest(ctx context.Context, run int) (m Manifest, err error) {
	if err = b.read(ctx, b.runKey(run, "json"), &m); errors.Is(err, archive.ErrNotFound) {
		err = fmt.Errorf("%w : lot %d", ErrNoOrder, run)
	}
	return m, err
}

// Manifests reads all of them.
func (b Book) Manifests(ctx context.Context) (list []Manifest, err error) {
	names, err := b.Archive.Names(ctx, b.folder("runs"))
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if path.Ext(name) != ".json" {
			continue
		}
		var m Manifest
		if err := b.read(ctx, name, &m); err != nil {
			return nil, err
		}
		list = append(list, m)
	}
	slices.SortFunc(list, func(a, b Manifest) int { return a.Run - b.Run })
	return list, nil
}

// claimed tells which order is in which file, and the number of the last.
func (b Book) claimed(ctx context.Context) (map[string]int, int, error) {
	manifests, err := b.Manifests(ctx)
	claimed, last := map[string]int{}, 0
	for _, m := range manifests {
		for _, o := range m.Orders {
			claimed[o.ID] = m.Run
		}
		last = max(last, m.Run)
	}
	return claimed, last, err
}

// Run makes the next file, of every order that no file carries and whose case says that it is to be paid now. It gives no manifest
// (its Run is 0) where there is none. Where it is cut short, the next call goes on: what cases were asked before is asked again
// under the same number, until a manifest of that number is written.
func (b Book) Run(ctx context.Context, r Request, ask Ask) (Manifest, []Refused, error) {
	claimed, last, err := b.claimed(ctx)
	if err != nil {
		return Manifest{}, nil, err
	}
	if last > 0 { // a run that was killed after its manifest has left its files to be made
		if err := b.keepFiles(ctx, last); err != nil {
			return Manifest{}, nil, err
		}
	}
	ids, void, err := b.ids(ctx)
	if err != nil {
		return Manifest{}, nil, err
	}
	m := Manifest{Run: last + 1, ID: fmt.Sprintf("RELANCE-%s-%06d", sepa.Text(b.Plan, 20), last+1), Created: r.Created.UTC().Truncate(time.Second),
		Execution: r.Execution, By: r.By, From: r.From}
	var refused []Refused
	for _, id := range ids {
		if claimed[id] > 0 || void[id] || r.Most > 0 && len(m.Orders) == r.Most {
			continue
		}
		text, err := b.Archive.Get(ctx, b.orderKey(id))
		if err != nil {
			return Manifest{}, nil, err
		}
		var o Order
		if err := json.Unmarshal(text, &o); err != nil {
			return Manifest{}, nil, err
		}
		verdict, err := b.ask(ctx, o, m, ask)
		if err != nil {
			return Manifest{}, nil, err
		}
		if verdict.Why != "" {
			refused = append(refused, Refused{o, verdict.Why, verdict.Never})
			continue
		}
		sum := sha256.Sum256(text)
		m.Orders = append(m.Orders, Carried{o.ID, o.Cents, hex.EncodeToString(sum[:])})
		m.Total += o.Cents
	}
	if m.Count = len(m.Orders); m.Count == 0 {
		return Manifest{}, refused, nil
	}
	m, err = b.write(ctx, m)
	return m, refused, err
}

// ask asks the case of an order, once it is sure that a bank would take it.
func (b Book) ask(ctx context.Context, o Order, m Manifest, ask Ask) (Verdict, error) {
	alone := sepa.Order{ID: m.ID, Created: m.Created, Execution: m.Execution, From: m.From, Transfers: []sepa.Transfer{transfer(o)}}
	if _, err := sepa.Write(alone); err != nil {
		return Verdict{Why: err.Error()}, nil
	}
	verdict, err := ask(ctx, o, m.Run)
	if err == nil && verdict.Never {
		err = b.bury(ctx, o.ID, verdict.Why, m.Created)
	}
	return verdict, err
}

// write records a manifest, or takes the one that another run of the same number has recorded, and then the files.
func (b Book) write(ctx context.Context, m Manifest) (Manifest, error) {
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return Manifest{}, err
	}
	created, err := b.Archive.PutOnce(ctx, b.runKey(m.Run, "json"), text, "application/json")
	if err != nil {
		return Manifest{}, err
	}
	if !created {
		if m, err = b.Manifest(ctx, m.Run); err != nil {
			return Manifest{}, err
		}
	}
	return m, b.keepFiles(ctx, m.Run)
}

// keepFiles stores the files of a run beside its manifest, unless they are there.
func (b Book) keepFiles(ctx context.Context, run int) error {
	transfers, table, err := b.Files(ctx, run)
	if err != nil {
		return err
	}
	if _, err = b.Archive.PutOnce(ctx, b.runKey(run, "xml"), transfers, "application/xml"); err == nil {
		_, err = b.Archive.PutOnce(ctx, b.runKey(run, "csv"), table, "text/csv")
	}
	return err
}

// ErrAltered is returned where an order is not what its manifest says.
var ErrAltered = errors.New("an order has been altered since its file was made")

// Files makes the files of a run from its manifest and its orders, the same each time: credit transfers (pain.001.001.09) for the bank,
// and a table for the treasury (CSV, UTF-8, semicolons, one line an order, a line with the totals at the end).
func (b Book) Files(ctx context.Context, run int) (transfers, table []byte, err error) {
	m, err := b.Manifest(ctx, run)
	if err != nil {
		return nil, nil, err
	}
	file := sepa.Order{ID: m.ID, Created: m.Created, Execution: m.Execution, From: m.From}
	var rows bytes.Buffer
	rows.WriteString("\ufeff") // for spreadsheets
	w := csv.NewWriter(&rows)
	w.Comma, w.UseCRLF = ';', true
	line := func(cells ...string) {
		if err == nil {
			err = w.Write(cells)
		}
	}
	line("lot", "ordre", "dossier", "dispositif", "versement", "beneficiaire", "iban", "montant", "imputation", "decision", "ordre_du", "execution")
	for _, carried := range m.Orders {
		text, err := b.Archive.Get(ctx, b.orderKey(carried.ID))
		if err != nil {
			return nil, nil, err
		}
		if sum := sha256.Sum256(text); hex.EncodeToString(sum[:]) != carried.SHA256 {
			return nil, nil, fmt.Errorf("%w: %s", ErrAltered, carried.ID)
		}
		var o Order
		if err := json.Unmarshal(text, &o); err != nil {
			return nil, nil, err
		}
		file.Transfers = append(file.Transfers, transfer(o))
		line(strconv.Itoa(m.Run), o.ID, o.Case, o.Scheme, plain(o.Name), plain(o.To.Name), o.To.IBAN, euros(o.Cents), imputation(o.Lines),
			calendar.Day(o.Decided), calendar.Day(o.At), calendar.Day(m.Execution))
	}
	line(strconv.Itoa(m.Run), "TOTAL", strconv.Itoa(m.Count), "", "", "", m.From.IBAN, euros(m.Total), "", "", "", calendar.Day(m.Execution))
	w.Flush()
	if err != nil {
		return nil, nil, err
	}
	transfers, err = sepa.Write(file)
	return transfers, rows.Bytes(), err
}

func transfer(o Order) sepa.Transfer {
	return sepa.Transfer{ID: o.ID, Cents: o.Cents, To: o.To, Text: o.Text}
}

// euros writes a sum for a spreadsheet in French: 1500,00.
func euros(cents int64) string { return fmt.Sprintf("%d,%02d", cents/100, cents%100) }

// imputation writes what each line of the plan pays: proximite/boutiques=1500,00.
func imputation(lines []Portion) string {
	var parts []string
	for _, l := range lines {
		parts = append(parts, l.Line+"="+euros(l.Cents))
	}
	return strings.Join(parts, " ")
}

// plain keeps a spreadsheet from taking what somebody wrote for a formula.
func plain(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}
