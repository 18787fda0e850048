package report_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"relance/domain/authority"
	"relance/domain/casefile"
	"relance/domain/scheme"
	"relance/letters/correspondence"
	"relance/letters/pdf"
	"relance/letters/texts"
	"relance/local/chance"
	"relance/office/report"
	"relance/schemes"
	"relance/store/archive"
	"relance/store/index"
)

// store is an archive in memory.
type store map[string][]byte

func (s store) Get(_ context.Context, key string) ([]byte, error) {
	if text, ok := s[key]; ok {
		return text, nil
	}
	return nil, archive.ErrNotFound
}

func (s store) PutVersion(_ context.Context, key string, content []byte, _ string) error {
	s[key] = content
	return nil
}

func (s store) PutOnce(_ context.Context, key string, content []byte, _ string) (bool, error) {
	s[key] = content
	return true, nil
}

func (s store) Names(_ context.Context, prefix string) (names []string, _ error) {
	for key := range s {
		if strings.HasPrefix(key, prefix) {
			names = append(names, key)
		}
	}
	slices.Sort(names)
	return names, nil
}

func (s store) Folders(_ context.Context, prefix string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		last := ""
		names, _ := s.Names(context.Background(), prefix)
		for _, name := range names {
			folder := prefix + strings.SplitAfter(strings.TrimPrefix(name, prefix), "/")[0]
			if folder != last && !yield(folder, nil) {
				return
			}
			last = folder
		}
	}
}

// world is an archive with cases and the schemes they are under.
type world struct {
	store
	t         testing.TB
	catalogue *scheme.Catalogue
	index     *index.Index
	n         int
}

func newWorld(t testing.TB) *world {
	t.Helper()
	c, err := scheme.Load(schemes.Files)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{store: store{}, t: t, catalogue: c}
	w.index = &index.Index{Archive: w.store}
	return w
}

func (w *world) reader() *report.Reader {
	return &report.Reader{Archive: w.store, Catalogue: w.catalogue}
}

// firm is who a case is about.
type firm struct{ name, siret, form string }

var (
	martin = firm{"Boulangerie Martin", "62819482100011", "5710"}
	leroy  = firm{"Garage Leroy", "63712926300017", "1000"} // a sole trader
)

// add stores a case; change makes of it what it is.
func (w *world) add(id string, f firm, change func(*casefile.State)) casefile.State {
	w.t.Helper()
	sch, err := w.catalogue.Find(id)
	if err != nil {
		w.t.Fatal(err)
	}
	v := sch.Versions[0]
	w.n++
	s := casefile.State{Reference: fmt.Sprintf("RBD-%05d-00000", w.n), Scheme: id, Stage: casefile.UnderReview, Received: day("2020-09-01"), Terms: sch.Terms(v)}
	facts := casefile.Facts{Fields: map[string]casefile.Value{}}
	for role, value := range map[scheme.Role]string{scheme.Business: f.name} {
		field, _ := v.ByRole(role)
		facts.Fields[field.ID] = casefile.Value{Value: value}
	}
	if field, ok := v.ByType(scheme.SIRET); ok {
		facts.Fields[field.ID] = casefile.Value{Value: f.siret}
		facts.Register = &casefile.Register{SIRET: f.siret, LegalForm: f.form}
		if s.Kin.SIREN, err = w.index.Key(context.Background(), index.SIREN, f.siret[:9]); err != nil {
			w.t.Fatal(err)
		}
		w.store[index.Path(s.Kin.SIREN, s.Reference)] = []byte("{}")
	}
	s.Facts = casefile.Ref{Key: s.Folder() + "facts/f.json"}
	change(&s)
	for key, value := range map[string]any{s.Facts.Key: facts, s.Folder() + "case.json": s} {
		text, err := json.Marshal(value)
		if err != nil {
			w.t.Fatal(err)
		}
		w.store[key] = text
	}
	return s
}

func day(text string) time.Time {
	t, err := time.ParseInLocation(time.DateOnly, text, casefile.Paris)
	if err != nil {
		panic(err)
	}
	return t.Add(10 * time.Hour)
}

// granted makes a case one that was granted.
func granted(on string, cents int64) func(*casefile.State) {
	return func(s *casefile.State) {
		s.Stage, s.Decision = casefile.Granted, &casefile.Decision{Grant: true, Amount: cents, By: "agent-01", At: day(on), Notification: casefile.Notification{Letter: casefile.Ref{SHA256: "abc"}}}
		s.Note(casefile.Entry{At: day(on), What: "stage", On: string(casefile.Granted)})
	}
}

func rejected(on string, stage casefile.Stage) func(*casefile.State) {
	return func(s *casefile.State) {
		s.Stage = stage
		if stage == casefile.Rejected {
			s.Decision = &casefile.Decision{By: "agent-01", At: day(on), Grounds: []string{"effectif"}}
		}
		s.Note(casefile.Entry{At: day(on), What: "stage", On: string(stage)})
	}
}

func records(t *testing.T, text string, comma rune) [][]string {
	t.Helper()
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff")))
	r.Comma = comma
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func body() *authority.Authority { return authority.Example() }

func (w *world) openData(t *testing.T, o report.OpenData) [][]string {
	t.Helper()
	o.Authority = body()
	var out bytes.Buffer
	if _, _, err := w.reader().OpenData(t.Context(), &out, o); err != nil {
		t.Fatal(err)
	}
	return records(t, out.String(), ',')
}

func TestTheOpenDataFileIsThatOfTheLaw(t *testing.T) {
	w := newWorld(t)
	w.add("fonds-rebond", martin, granted("2020-10-02", 12_000_50))
	w.add("rebond-tourisme", martin, granted("2020-11-03", 11_000_00)) // together above the threshold of the year
	w.add("fonds-rebond", martin, granted("2021-01-04", 23_000_00))    // not above it
	w.add("fonds-rebond", leroy, granted("2020-10-05", 1_500_00))
	w.add("renovation", firm{name: "Lucie Hennebel"}, granted("2020-10-06", 30_000_00)) // a natural person
	w.add("fonds-rebond", firm{"=HYPERLINK(\"x\")", "12417141400012", "5710"}, granted("2020-10-07", 99_000_00))
	w.add("fonds-rebond", martin, func(s *casefile.State) {
		granted("2020-10-08", 90_000_00)(s)
		s.Stage = casefile.Withdrawn
	})
	w.add("fonds-rebond", martin, rejected("2020-10-09", casefile.Rejected))
	a := body()
	rows := w.openData(t, report.OpenData{})
	want := [][]string{
		{"nomAttribuant", "idAttribuant", "dateConvention", "referenceDecision", "nomBeneficiaire", "idBeneficiaire", "objet", "montant", "nature", "conditionsVersement", "datesPeriodeVersement", "idRAE", "notificationUE", "pourcentageSubvention", "dispositifAide"},
		{a.Name, a.SIRET, "2020-10-02", "RBD-00001-00000", "Boulangerie Martin", martin.siret, "Fonds Rebond", "12000.50", "aide en numéraire", "unique", "2020-10-02", "", "non", "1", "Fonds Rebond"},
	}
	if !slices.Equal(rows[0], want[0]) {
		t.Errorf("columns %v", rows[0])
	}
	got := rows[1]
	got[6], want[1][6] = "", "" // the title of the scheme, as its file has it
	if !slices.Equal(got, want[1]) {
		t.Errorf("%q\nwant %q", got, want[1])
	}
	var references []string
	for _, row := range rows[1:] {
		references = append(references, row[3])
		if strings.HasPrefix(row[4], "=") {
			t.Errorf("a formula in a cell: %q", row[4])
		}
	}
	if !slices.Equal(references, []string{"RBD-00001-00000", "RBD-00002-00000", "RBD-00006-00000"}) {
		t.Errorf("published %v", references)
	}
	all := w.openData(t, report.OpenData{All: true})
	if len(all) != 6 || all[4][4] != "personne physique" || all[4][5] != "" || all[3][4] != "Boulangerie Martin" {
		t.Errorf("with what is below the threshold: %q", all)
	}
	if october := w.openData(t, report.OpenData{Period: report.Period{From: day("2020-11-01"), To: day("2020-12-01")}}); len(october) != 2 {
		t.Errorf("of one month: %v", october)
	}
	nobody := *a
	nobody.SIRET = ""
	if _, _, err := w.reader().OpenData(t.Context(), &bytes.Buffer{}, report.OpenData{Authority: &nobody}); err != report.ErrNoSIRET {
		t.Errorf("without the authority's SIRET: %v", err)
	}
}

func TestTheRegisterCountsEachYearFromOne(t *testing.T) {
	w := newWorld(t)
	w.add("fonds-rebond", martin, granted("2021-01-04", 1_500_00))
	w.add("fonds-rebond", leroy, rejected("2020-12-30", casefile.Rejected))
	w.add("renovation", firm{name: "Lucie Hennebel"}, rejected("2020-12-31", casefile.ImplicitlyRejected))
	w.add("fonds-rebond", martin, func(*casefile.State) {}) // not decided
	w.add("fonds-rebond", leroy, func(s *casefile.State) {  // rejected, and granted on appeal
		granted("2021-03-01", 700_00)(s)
		s.Earlier = []casefile.Decision{{At: day("2021-02-01"), By: "agent-01", Grounds: []string{"effectif"}}}
		s.Decision.Kind = casefile.DecisionAppeal
	})
	list, err := w.reader().Decisions(t.Context(), report.Period{}, "")
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := report.WriteDecisions(&out, list, texts.French().Labels.Stage); err != nil {
		t.Fatal(err)
	}
	rows := records(t, out.String(), ';')
	want := []string{"2020-0001 rejet RBD-00002-00000 Garage Leroy ", "2020-0002 rejet implicite RBD-00003-00000 Lucie Hennebel ", "2021-0001 attribution RBD-00001-00000 Boulangerie Martin 1500,00",
		"2021-0002 rejet RBD-00005-00000 Garage Leroy ", "2021-0003 décision sur recours RBD-00005-00000 Garage Leroy 700,00"}
	if len(rows) != 1+len(want) {
		t.Fatalf("%d lines", len(rows))
	}
	for i, row := range rows[1:] {
		if got := strings.Join([]string{row[0], row[2], row[3], row[5], row[7]}, " "); got != want[i] {
			t.Errorf("%q, want %q", got, want[i])
		}
	}
	part, err := w.reader().Decisions(t.Context(), report.Period{From: day("2020-12-31").Add(-time.Hour)}, "renovation")
	if err != nil || len(part) != 1 || part[0].No() != "2020-0002" {
		t.Errorf("a part of the register keeps its numbers: %+v, %v", part, err)
	}
}

func TestDeMinimisCountsThreeRollingYears(t *testing.T) {
	w := newWorld(t)
	w.add("fonds-rebond", martin, granted("2020-09-15", 100_00)) // three years before: out
	w.add("fonds-rebond", martin, granted("2020-09-16", 200_00)) // the first day that counts
	w.add("fonds-rebond", martin, granted("2023-09-15", 400_00)) // the last
	w.add("fonds-rebond", martin, granted("2023-09-16", 800_00)) // after it
	w.add("renovation", firm{name: "Lucie"}, granted("2023-01-01", 1600_00))
	w.add("conciergeries", martin, granted("2023-01-01", 3200_00)) // not de minimis
	w.add("fonds-rebond", leroy, granted("2023-01-01", 6400_00))
	w.add("fonds-rebond", martin, func(s *casefile.State) { granted("2023-01-01", 12800_00)(s); s.Stage = casefile.Withdrawn })
	s, err := w.reader().Minimis(t.Context(), w.index, martin.siret[:9], day("2023-09-15"))
	if err != nil || int64(s.Total) != 600_00 || len(s.Aids) != 2 || int64(s.Left) != report.Ceiling-600_00 {
		t.Errorf("%+v, %v", s, err)
	}
	all, err := w.reader().AllMinimis(t.Context(), day("2023-09-15"))
	if err != nil || len(all) != 2 || all[0].SIREN != martin.siret[:9] || all[0].Total != s.Total || int64(all[1].Total) != 6400_00 {
		t.Errorf("%+v, %v", all, err)
	}
	var out bytes.Buffer
	if err := report.WriteMinimis(&out, all); err != nil || len(records(t, out.String(), ';')) != 4 {
		t.Errorf("%v\n%s", err, out.String())
	}
}

// TestTheMonthlyReportAddsUp draws cases and counts them by hand.
func TestTheMonthlyReportAddsUp(t *testing.T) {
	chance.Check(t, func(rt *rapid.T) {
		w := newWorld(t)
		received, decided, open, cents := 0, 0, 0, int64(0)
		for range rapid.IntRange(0, 12).Draw(rt, "cases") {
			came := day("2020-01-01").AddDate(0, 0, rapid.IntRange(0, 300).Draw(rt, "came"))
			took := rapid.IntRange(0, 120).Draw(rt, "took")
			at := came.AddDate(0, 0, took)
			kind := rapid.SampledFrom([]casefile.Stage{casefile.Granted, casefile.Rejected, casefile.ImplicitlyRejected, casefile.Withdrawn, casefile.Expired, casefile.UnderReview}).Draw(rt, "kind")
			w.add("fonds-rebond", martin, func(s *casefile.State) {
				s.Received = came
				if kind == casefile.Granted {
					granted(at.Format(time.DateOnly), 1_500_00)(s)
				} else if kind != casefile.UnderReview {
					rejected(at.Format(time.DateOnly), kind)(s)
				}
			})
			ends := day("2020-09-01").Add(-10 * time.Hour)
			if !came.Before(ends) {
				continue
			}
			if came.Month() == time.August {
				received++
			}
			over := kind != casefile.UnderReview && at.Before(ends)
			if !over {
				open++
			}
			if over && at.Month() == time.August && (kind == casefile.Granted || kind == casefile.Rejected || kind == casefile.ImplicitlyRejected) {
				decided++
			}
			if over && kind == casefile.Granted {
				cents += 1_500_00
			}
		}
		m, err := w.reader().Month(t.Context(), "fonds-rebond", day("2020-08-15"))
		if err != nil {
			rt.Fatal(err)
		}
		if m.Last().Received != received || m.Last().Decided() != decided || m.Pending != open || m.Total != cents {
			rt.Fatalf("received %d, decided %d, pending %d, %d cents; want %d, %d, %d, %d", m.Last().Received, m.Last().Decided(), m.Pending, m.Total, received, decided, open, cents)
		}
	})
}

// year is a year of a fund, for looking at its report.
func year(t testing.TB) *world {
	w := newWorld(t)
	for i := range 900 {
		came := day("2019-11-01").AddDate(0, 0, (i*i)%330)
		took := 8 + (i*37)%60
		at := came.AddDate(0, 0, took)
		w.add("fonds-rebond", martin, func(s *casefile.State) {
			s.Received = came
			switch i % 11 {
			case 0, 1:
				rejected(at.Format(time.DateOnly), casefile.Rejected)(s)
			case 2:
				rejected(at.Format(time.DateOnly), casefile.Withdrawn)(s)
			case 3:
				if i%2 == 0 {
					rejected(at.Format(time.DateOnly), casefile.ImplicitlyRejected)(s)
				}
			default:
				granted(at.Format(time.DateOnly), 600_00+int64(i%10)*100_00)(s)
			}
		})
	}
	return w
}

func TestTheReportOnPaper(t *testing.T) {
	w := year(t)
	m, err := w.reader().Month(t.Context(), "fonds-rebond", day("2020-09-15"))
	if err != nil {
		t.Fatal(err)
	}
	list, err := w.reader().Decisions(t.Context(), report.Period{From: day("2020-09-01"), To: day("2020-09-20")}, "")
	if err != nil {
		t.Fatal(err)
	}
	head := correspondence.Letterhead(body())
	stage := texts.French().Labels.Stage
	empty, err := newWorld(t).reader().Month(t.Context(), "fonds-rebond", day("2020-09-15"))
	if err != nil {
		t.Fatal(err)
	}
	for name, page := range map[string]pdf.Report{"month": m.Pages(head, 500_000_00, day("2020-10-01"), stage), "far": m.Pages(head, 20_000_000_00, day("2020-10-01"), stage),
		"empty": empty.Pages(head, 0, day("2020-10-01"), stage), "decisions": report.DecisionPages(list, report.Period{From: day("2020-09-01")}, head, day("2020-10-01"))} {
		written, err := pdf.RenderReport(page)
		if err != nil || !bytes.HasPrefix(written, []byte("%PDF")) {
			t.Fatalf("%s: %v", name, err)
		}
		again, err := pdf.RenderReport(page)
		if err != nil || !bytes.Equal(written, again) {
			t.Errorf("%s: written twice, two files (%v)", name, err)
		}
		if folder := os.Getenv("RELANCE_TEST_OUT"); folder != "" {
			if err := os.WriteFile(filepath.Join(folder, "report-"+name+".pdf"), written, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	var out bytes.Buffer
	if err := report.WriteMonthly(&out, m); err != nil || len(records(t, out.String(), ';')) != 13 {
		t.Errorf("%v\n%s", err, out.String())
	}
}

// endless is an archive of many cases that exist only while they are read.
type endless struct {
	*world
	cases int
	text  []byte
	read  atomic.Int64
}

func (e *endless) Folders(context.Context, string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for i := range e.cases {
			if !yield(fmt.Sprintf("cases/RBD-%05d-%05d/", i/100000, i%100000), nil) {
				return
			}
		}
	}
}

func (e *endless) Get(_ context.Context, key string) ([]byte, error) {
	e.read.Add(1)
	if strings.HasSuffix(key, "case.json") {
		return e.text, nil
	}
	return e.store.Get(context.Background(), key)
}

// TestTwoHundredThousandCasesFitInLittleMemory reads as many cases as the largest authority may have.
func TestTwoHundredThousandCasesFitInLittleMemory(t *testing.T) {
	cases := 200_000
	if testing.Short() {
		cases = 2_000
	}
	w := newWorld(t)
	s := w.add("fonds-rebond", martin, granted("2020-09-10", 1_500_00))
	e := &endless{world: w, cases: cases, text: w.store[s.Folder()+"case.json"]}
	r := &report.Reader{Archive: e, Catalogue: w.catalogue}
	begin := time.Now()
	m, err := r.Month(t.Context(), "fonds-rebond", day("2020-09-15"))
	took := time.Since(begin)
	runtime.GC()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	if err != nil || m.Last().Granted != cases {
		t.Fatalf("%d granted, %v", m.Last().Granted, err)
	}
	var out bytes.Buffer
	begin = time.Now()
	written, _, err := r.OpenData(t.Context(), &out, report.OpenData{Authority: body(), All: true})
	if err != nil || written != cases {
		t.Fatalf("%d published, %v", written, err)
	}
	t.Logf("%d cases: monthly report %v, open data %v, heap afterwards %d MB", cases, took.Round(time.Millisecond), time.Since(begin).Round(time.Millisecond), memory.HeapAlloc>>20)
	if memory.HeapAlloc > 200<<20 {
		t.Errorf("%d MB on the heap", memory.HeapAlloc>>20)
	}
}
