package sirene

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

var asked = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func date(year int, month time.Month, d int) time.Time {
	return time.Date(year, month, d, 0, 0, 0, 0, time.UTC)
}

// serve answers every question with a file of testdata, and asks that the question be right.
func serve(t *testing.T, status int, file string) *API {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	return handle(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/search" || len(r.URL.Query().Get("q")) != 14 || r.Method != http.MethodGet || r.UserAgent() != "test (x@example.fr)" {
			t.Errorf("%s %s by %s", r.Method, r.URL, r.UserAgent())
		}
		w.WriteHeader(status)
		_, _ = w.Write(body)
	})
}

func handle(t *testing.T, h http.HandlerFunc) *API {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return &API{BaseURL: server.URL + "/", HTTP: server.Client(), Now: func() time.Time { return asked }, UserAgent: "test (x@example.fr)"}
}

func TestAPIFinds(t *testing.T) {
	shop := Establishment{SIRET: "90000001900019", SIREN: "900000019", Name: "EPICERIE IMAGINAIRE", Published: true, Open: true,
		Created: date(2019, 3, 4), Activity: "47.11B", Commune: "21231", PostalCode: "21000", Address: "12 RUE DES INVENTIONS 21000 DIJON",
		Staff: StaffRange{6, 9, true}, LegalForm: "5710", Source: SourceAPI, Asked: asked}
	change := func(siret string, f func(*Establishment)) Establishment {
		e := shop
		e.SIRET, e.SIREN = siret, siret[:9]
		f(&e)
		return e
	}
	for file, want := range map[string]Establishment{
		"seat.json": shop,
		"matching.json": change("90000001900027", func(e *Establishment) {
			e.Address, e.PostalCode, e.Commune = "3 QUAI DU RÊVE 2A004 AJACCIO", "20000", "2A004"
			e.Created, e.Staff = date(2022, 9, 1), StaffRange{0, 0, true}
		}),
		"closed.json": change("90000002700012", func(e *Establishment) {
			e.Open, e.Closed, e.Staff = false, date(2025, 6, 30), StaffRange{}
		}),
		"ceased.json": change("90000003500015", func(e *Establishment) { e.Open = false }),
		"unpublished.json": change("90000004300019", func(e *Establishment) {
			e.Published, e.Name, e.Address, e.PostalCode, e.LegalForm = false, "", "", "", "1000"
		}),
		"unpublished_firm.json": change("90000005000014", func(e *Establishment) { // the name of a legal person stays public
			e.Published, e.Address, e.PostalCode = false, "", ""
		}),
	} {
		got, err := serve(t, http.StatusOK, file).Find(t.Context(), want.SIRET)
		if err != nil || got != want {
			t.Errorf("%s:\ngot  %+v\nwant %+v\n%v", file, got, want, err)
		}
	}
}

func TestAPIErrors(t *testing.T) {
	for _, c := range []struct {
		file      string
		status    int
		want      error
		temporary bool
	}{
		{"unknown.json", 200, ErrUnknown, false},
		{"closed.json", 200, ErrUnknown, false}, // another establishment than the one asked for
		{"malformed.json", 200, ErrAnswer, false},
		{"maintenance.html", 200, ErrAnswer, false},
		{"error.json", 200, ErrAnswer, false},
		{"stateless.json", 200, ErrAnswer, false},
		{"error.json", 400, nil, false},
		{"maintenance.html", 500, nil, true},
		{"maintenance.html", 503, nil, true},
	} {
		_, err := serve(t, c.status, c.file).Find(t.Context(), "90000001900019")
		var status *StatusError
		right := c.want != nil && errors.Is(err, c.want) || c.want == nil && errors.As(err, &status) && status.Status == c.status
		if !right || Temporary(err) != c.temporary {
			t.Errorf("%s with %d: %v, temporary %t", c.file, c.status, err, Temporary(err))
		}
	}
}

func TestAPIDoesNotAskAboutABadSIRET(t *testing.T) {
	a := handle(t, func(http.ResponseWriter, *http.Request) { t.Error("asked") })
	if _, err := a.Find(t.Context(), "90000001900018"); !errors.Is(err, ErrSIRET) || Temporary(err) {
		t.Error(err)
	}
}

func TestAPILeavesTheServerAloneAfter429(t *testing.T) {
	var requests atomic.Int32
	a := handle(t, func(w http.ResponseWriter, _ *http.Request) {
		requests.Add(1)
		w.Header().Set("Retry-After", "30")
		w.WriteHeader(http.StatusTooManyRequests)
	})
	for range 2 {
		_, err := a.Find(t.Context(), "90000001900019")
		var status *StatusError
		if !errors.As(err, &status) || status.Status != 429 || status.RetryAfter <= 25*time.Second || status.RetryAfter > 30*time.Second || !Temporary(err) {
			t.Error(err)
		}
	}
	if n := requests.Load(); n != 1 {
		t.Errorf("%d requests", n)
	}
}

func TestAPISlowAnswer(t *testing.T) {
	a := handle(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := a.Find(ctx, "90000001900019"); !errors.Is(err, context.DeadlineExceeded) || !Temporary(err) {
		t.Error(err)
	}
}

func TestAPIGiantAndTruncatedAnswers(t *testing.T) {
	giant := handle(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"results": [` + strings.Repeat(" ", maxBody) + `]}`))
	})
	if _, err := giant.Find(t.Context(), "90000001900019"); !errors.Is(err, ErrAnswer) {
		t.Error(err)
	}
	short := handle(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		_, _ = w.Write([]byte(`{"results": [`))
	})
	if _, err := short.Find(t.Context(), "90000001900019"); err == nil || !Temporary(err) {
		t.Error(err)
	}
}

func TestAPIStaysWithItsHost(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("followed elsewhere") }))
	defer other.Close()
	a := handle(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL+"/search", http.StatusFound)
	})
	if _, err := a.Find(t.Context(), "90000001900019"); !errors.Is(err, errElsewhere) || Temporary(err) {
		t.Error(err)
	}
	body, err := os.ReadFile("testdata/seat.json")
	if err != nil {
		t.Fatal(err)
	}
	a = handle(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/search" {
			http.Redirect(w, r, "/v2/search", http.StatusMovedPermanently)
			return
		}
		_, _ = w.Write(body)
	})
	if _, err := a.Find(t.Context(), "90000001900019"); err != nil {
		t.Error(err)
	}
}

func TestAPIUnreachable(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	if _, err := (&API{BaseURL: server.URL}).Find(t.Context(), "90000001900019"); err == nil || !Temporary(err) {
		t.Error(err)
	}
	for _, base := range []string{"register", "ftp://example.fr", "http://", "http://%zz"} {
		if _, err := (&API{BaseURL: base}).Find(t.Context(), "90000001900019"); err == nil || Temporary(err) {
			t.Errorf("%s: %v", base, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) == 0 {
		f.Fatal("no seeds", err)
	}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	const siret = "90000001900019"
	f.Fuzz(func(t *testing.T, body []byte) {
		e, err := decode(body, siret)
		switch {
		case err == nil && (e.SIRET != siret || e.SIREN != siret[:9] || masked(e.Name+e.Address)):
			t.Errorf("%+v", e)
		case err != nil && (e != Establishment{} || errors.Is(err, ErrUnknown) == errors.Is(err, ErrAnswer)):
			t.Errorf("%+v, %v", e, err)
		}
	})
}
