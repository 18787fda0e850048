package bodacc_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"relance/intake/bodacc"
)

const siren = "552100554"

// bulletin answers with announcements as the open data has them.
func bulletin(t *testing.T, status int, body string) *bodacc.API {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		where := r.URL.Query().Get("where")
		if !strings.HasSuffix(r.URL.Path, "/annonces-commerciales/records") || !strings.Contains(where, siren) || !strings.Contains(where, "552 100 554") || !strings.Contains(where, "collective") ||
			r.URL.Query().Get("order_by") != "dateparution desc" {
			t.Errorf("asked %s", r.URL)
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(s.Close)
	return &bodacc.API{BaseURL: s.URL}
}

func records(list ...string) string {
	return `{"total_count": 1, "results": [` + strings.Join(list, ",") + `]}`
}

func record(firm, family, judgement string) string {
	return `{"id": "A2020", "familleavis": "` + family + `", "dateparution": "2020-09-15", "registre": ["` + firm + `"], "jugement": ` + judgement + `}`
}

const (
	opened = `"{\"type\": \"initial\", \"famille\": \"Jugement d'ouverture\", \"nature\": \"Jugement d'ouverture de liquidation judiciaire\", \"date\": \"2020-09-01\"}"`
	closed = `"{\"famille\": \"Jugement de clôture\", \"nature\": \"Jugement de clôture pour insuffisance d'actif\"}"`
)

func TestAFirmInAProceeding(t *testing.T) {
	for name, c := range map[string]struct{ body, want string }{
		"none":                     {records(), ""},
		"winding up":               {records(record(siren, "collective", opened)), "Jugement d'ouverture de liquidation judiciaire"},
		"with spaces":              {records(record("552 100 554", "collective", opened)), "Jugement d'ouverture de liquidation judiciaire"},
		"an object, not a text":    {records(record(siren, "collective", `{"famille": "Jugement d'ouverture", "nature": "Sauvegarde"}`)), "Sauvegarde"},
		"closed since":             {records(record(siren, "collective", closed), record(siren, "collective", opened)), ""},
		"opened again":             {records(record(siren, "collective", opened), record(siren, "collective", closed)), "Jugement d'ouverture de liquidation judiciaire"},
		"another firm":             {records(record("732829320", "collective", opened)), ""},
		"claims after a closing":   {records(record(siren, "collective", `null`), record(siren, "collective", closed)), ""},
		"claims in a proceeding":   {records(record(siren, "collective", `null`), record(siren, "collective", opened)), "Jugement d'ouverture de liquidation judiciaire"},
		"a sale":                   {records(record(siren, "vente", `null`)), ""},
		"a list of claims":         {records(record(siren, "collective", `null`)), "procédure collective"},
		"nothing but the family":   {records(record(siren, "collective", `"{\"famille\": \"Extrait de jugement\"}"`)), "Extrait de jugement"},
		"an announcement annulled": {records(record(siren, "collective", `"{\"nature\": \"Arrêt de la cour d'appel infirmation\"}"`), record(siren, "collective", opened)), ""},
	} {
		p, err := bulletin(t, http.StatusOK, c.body).Proceeding(t.Context(), siren)
		got := ""
		if p != nil {
			got = p.Judgement
		}
		if err != nil || got != c.want || p != nil && (p.On != "2020-09-15" || p.ID != "A2020") {
			t.Errorf("%s: %+v, %v; want %q", name, p, err, c.want)
		}
	}
}

func TestWhatTheBulletinDoesNotAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		status   int
		body     string
		answered bool
	}{
		"out of order": {http.StatusServiceUnavailable, "", false}, "no results": {http.StatusOK, `{"error": "x"}`, true}, "no JSON": {http.StatusOK, "<html>", true},
		"a judgement that is none": {http.StatusOK, records(record(siren, "collective", `"x"`)), true}, "endless": {http.StatusOK, strings.Repeat(" ", 2<<20), true},
	} {
		p, err := bulletin(t, c.status, c.body).Proceeding(t.Context(), siren)
		if err == nil || p != nil || errors.Is(err, bodacc.ErrAnswer) != c.answered {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
	}
	for _, wrong := range []string{"", "55210055", `1" or "1`} {
		if _, err := (&bodacc.API{BaseURL: "http://192.0.2.1"}).Proceeding(t.Context(), wrong); err == nil {
			t.Errorf("%q is asked for", wrong)
		}
	}
}
