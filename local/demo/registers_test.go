package demo_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"relance/domain/casefile"
	"relance/intake/reading"
	"relance/local/bench"
	"relance/local/run"
	"relance/mail/outbox"
)

// registers answers as the register of firms and the bulletin of announcements do: every firm is open, and in a proceeding.
func registers(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if siret := r.URL.Query().Get("q"); siret != "" {
			fmt.Fprintf(w, `{"results": [{"siren": %q, "nom_complet": "BANC D'ESSAI", "etat_administratif": "A", "statut_diffusion": "O",
				"matching_etablissements": [{"siret": %q, "etat_administratif": "A", "statut_diffusion_etablissement": "O"}]}]}`, siret[:9], siret)
			return
		}
		_, siren, _ := strings.Cut(r.URL.Query().Get("where"), `"`)
		fmt.Fprintf(w, `{"results": [{"id": "A2020", "familleavis": "collective", "dateparution": "2020-09-15", "registre": [%q],
			"jugement": "{\"nature\": \"Jugement d'ouverture de redressement judiciaire\"}"}]}`, siren[:9])
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// TestWhatRegistersAndTheLotAskFor carries an application past both, on the real servers: a firm in a proceeding is granted nothing before an officer
// lifts the bar, and a grant that was drawn is paid after a second officer's look.
func TestWhatRegistersAndTheLotAskFor(t *testing.T) {
	l := started(t, run.Options{QuickMail: true, Applicants: []string{"boutique"}})
	all := 100
	l.Engine.Authority.SecondLook = &all
	l.Engine.Config.Firms, l.Engine.Config.FirmsURL, l.Engine.Config.Bulletin = "api", registers(t), registers(t)
	l.Run(t.Context())
	e := officers(t, l)
	papers, err := bench.Papers()
	if err != nil {
		t.Fatal(err)
	}
	reference := casefile.FindReference(post(t, l, "boutique", outbox.Mail{Subject: "Demande", Text: bench.Application(1, ""), Attachments: papers}).Subject)
	charter := mailTo(t, l, "boutique", "charter")
	send(t, l, "boutique", outbox.Mail{To: charter.ReplyTo, Subject: "Re: " + charter.Subject, Text: reading.PhraseIn(charter.Text), InReplyTo: charter.MessageID})
	s := e.worries(reference, casefile.ConcernDecision)
	if len(s.Bars) != 1 || s.Bars[0].Kind != casefile.BarProceeding {
		t.Fatalf("the bars are %v, the concerns %v", s.Bars, s.Concerns)
	}
	if _, err := e.desk.Decide(t.Context(), reference, casefile.Approve, casefile.Act{By: "agent-01"}); err == nil || !strings.Contains(err.Error(), "obstacle") {
		t.Errorf("a firm in a proceeding: %v", err)
	}
	e.act(reference, casefile.LiftBar, casefile.Act{Text: "Plan de continuation arrêté, jugement au dossier."}, casefile.UnderReview)
	e.act(reference, casefile.Approve, casefile.Act{}, casefile.Granted)
	if s := e.worries(reference, casefile.ConcernLook); s.Instalments[0].Order != "" {
		t.Errorf("an order was placed before the second look: %s", s.Instalments[0].Order)
	}
	e.act(reference, casefile.LookAct, casefile.Act{By: "agent-02", Text: "Jugement et RIB vérifiés."}, casefile.Granted)
	e.until(reference, "the order is placed", func(s casefile.State) bool { return s.Instalments[0].Order != "" })
	keepHistories(t, l, "registers")
}
