package workflows_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"relance/domain/casefile"
	"relance/intake/sirene"
)

// amend gives the rent aid a second version with a higher cap, in force from October 2020.
func amend(running string) func(string) string {
	return func(text string) string {
		start := strings.Index(text, "  - version:")
		second := strings.NewReplacer(`"2020-06-18"`, `"2020-10-01"`+"\n    running: "+running, "3 * min(loyer_mensuel, euros(500))\n      told", "3 * loyer_mensuel + euros(300)\n      told").Replace(text[start:])
		return text + "\n" + second
	}
}

// TestARunningCaseOnEachSideOfAnAmendment: a case received before keeps its version or takes the newer one, as the newer one
// says; a case received after is under it.
func TestARunningCaseOnEachSideOfAnAmendment(t *testing.T) {
	for running, want := range map[string]int64{"keep": 144150, "favourable": 174150, "replace": 174150} {
		w := newWorldOf(t, "fonds-rebond", load(t, "fonds-rebond.yaml", amend(running)))
		w.on(0, whole())
		w.on(2*day, signature)
		before := w.act(5*day, casefile.Reexamine, casefile.Act{})
		after := w.act(17*day, casefile.Reexamine, casefile.Act{})
		w.act(20*day, casefile.Approve, casefile.Act{})
		s := w.run()
		if s.Decision == nil || s.Decision.Amount != want || before.done.Amount != 144150 || before.done.Version != "2020-06-18" || after.done.Amount != want {
			t.Errorf("%s: granted %+v, before %+v, after %+v", running, s.Decision, before, after)
		}
	}
	w := newWorldOf(t, "fonds-rebond", load(t, "fonds-rebond.yaml", func(text string) string {
		return strings.ReplaceAll(amend("keep")(text), "2020-10-01", "2020-09-01")
	}))
	w.on(0, whole())
	w.on(2*day, signature)
	w.act(20*day, casefile.Approve, casefile.Act{})
	if s := w.run(); s.Decision == nil || s.Decision.Amount != 174150 {
		t.Errorf("received after the amendment: %+v", s.Decision)
	}
}

// TestAnEditedFileChangesNoRunningCase: the very version a case was received under is edited in its file; the case goes on as
// before, and its decision says what was then.
func TestAnEditedFileChangesNoRunningCase(t *testing.T) {
	w := newWorld(t)
	w.on(0, whole())
	w.on(2*day, signature)
	w.env.RegisterDelayedCallback(func() {
		w.acts.Catalogue = load(t, "fonds-rebond.yaml", func(text string) string {
			return strings.NewReplacer("euros(500))\n      told", "euros(100))\n      told", "effectif < 10", "effectif < 2", "appeal_months: 2", "appeal_months: 1").Replace(text)
		})
	}, 3*day)
	examined := w.act(4*day, casefile.Reexamine, casefile.Act{})
	w.act(5*day, casefile.Approve, casefile.Act{})
	s := w.run()
	if examined.err != nil || !examined.done.Eligible || s.Decision == nil || s.Decision.Amount != 144150 || s.Terms.AppealMonths != 2 {
		t.Errorf("%+v, %+v", examined, s.Decision)
	}
}

const conciergerie = `Association : Les Voisins
SIRET : 628 194 821 00011
Président : Jeanne Martin
Adresse du siège : 9 rue de Wazemmes, 59000 Lille
Quartier prioritaire : Moulins
Habitants desservis : 2 400
Budget de la première année : 38 000 €
Autres aides publiques : 0
IBAN : FR76 2004 1518 1909 3786 5797 574
Déclaration sur l'honneur : oui`

func TestTwoOfficersApprove(t *testing.T) {
	w := newWorldOf(t, "conciergeries", nil)
	w.on(0, mail{text: conciergerie, files: []string{"statuts.pdf", "budget.pdf", "engagement republicain.pdf", "rib.pdf"}})
	first := w.act(day, casefile.Approve, casefile.Act{})
	same := w.act(2*day, casefile.Approve, casefile.Act{})
	less := w.act(3*day, casefile.Approve, casefile.Act{By: "agent-02", Amount: 1000000})
	agreed := w.act(4*day, casefile.Approve, casefile.Act{Amount: 1000000})
	s := w.run()
	w.expect("2020-09-15 acknowledgement", "2020-09-19 grant", "2020-11-21 closing")
	if first.err != nil || first.done.More != 1 || same.err == nil || less.done.More != 1 || agreed.err != nil || s.Decision.Amount != 1000000 || s.Decision.By != "agent-01" {
		t.Errorf("%+v %+v %+v %+v %+v", first, same, less, agreed, s.Decision)
	}
	if got := w.book.Lines["proximite/conciergeries"].Committed; got != 1000000 || w.book.Lines["proximite"].Committed != got {
		t.Errorf("%d cents are committed", got)
	}
}

const boutique = `Entreprise : Les Fils
SIRET : 628 194 821 00011
Représentant légal : Jeanne Martin
Adresse du local : 60 rue de l'Alma, 59100 Roubaix
Commune : Roubaix
Quartier prioritaire : Alma
Projet : couture
Coût de l'aménagement : 10 000 €
Durée du bail : 6 mois
IBAN : FR76 2004 1518 1909 3786 5797 574
Déclaration sur l'honneur : oui`

func TestOpinionsAndInstalments(t *testing.T) {
	w := newWorldOf(t, "boutiques-essai", nil)
	w.on(0, mail{text: boutique, files: []string{"kbis.pdf", "bail.pdf", "devis.pdf", "rib.pdf"}})
	early := w.act(day, casefile.Approve, casefile.Act{})
	w.on(2*day, mail{from: "commerce@mairie.example", text: "Avis favorable."})
	w.act(3*day, casefile.Approve, casefile.Act{})
	unreported := w.act(4*day, casefile.OrderPayment, casefile.Act{Payment: "ouverture"})
	paid := w.act(4*day, casefile.RecordPayment, casefile.Act{Payment: "acompte"})
	w.on(100*day, mail{text: "Voici.", files: []string{"factures ouverture.pdf"}})
	w.act(101*day, casefile.OrderPayment, casefile.Act{Payment: "ouverture"})
	w.act(102*day, casefile.RecordPayment, casefile.Act{Payment: "ouverture"})
	gone := w.act(400*day, casefile.GiveUpPayment, casefile.Act{Payment: "solde", Text: "Le bilan n'est pas venu."})
	s := w.run()
	w.expect("2020-09-15 acknowledgement", "2020-09-15 opinion", "2020-09-18 grant", "2020-12-24 report-received", "2020-12-25 payment-ordered", "2021-09-19 report-overdue",
		"2021-10-20 payment-given-up", "2021-10-20 closing")
	if early.err == nil || !strings.Contains(early.err.Error(), "avis") || unreported.err == nil || paid.err != nil || gone.err != nil || s.Stage != casefile.Closed {
		t.Errorf("%+v %+v %+v %+v", early, unreported, paid, gone)
	}
	if w.sent[1].to != "commerce@mairie.example" || !strings.Contains(w.sent[1].Text, "couture") || strings.Contains(w.sent[1].Text, "FR76") {
		t.Errorf("the opinion is asked of %s:\n%s", w.sent[1].to, w.sent[1].Text)
	}
	if f := w.book.Lines["proximite/boutiques/59512"]; f.Committed != 400000 || f.Paid != 400000 || w.book.Lines[""].Paid != 400000 {
		t.Errorf("%+v", f)
	}
}

func TestAnOpinionThatDoesNotCome(t *testing.T) {
	w := newWorldOf(t, "boutiques-essai", nil)
	w.on(0, mail{text: boutique, files: []string{"kbis.pdf", "bail.pdf", "devis.pdf", "rib.pdf"}})
	early := w.act(15*day, casefile.Approve, casefile.Act{})
	granted := w.act(16*day, casefile.Approve, casefile.Act{})
	w.on(17*day, mail{text: "Je retire ma demande."})
	s := w.run()
	if early.err == nil || granted.err != nil || !s.Opinions[0].Lapsed || s.Stage != casefile.Withdrawn || w.book.Lines[""].Left() != w.book.Lines[""].Total {
		t.Errorf("%+v %+v %+v", early, granted, s.Opinions)
	}
}

// firms is a register of one firm, or one that is out of order.
type firms struct {
	sirene.Establishment
	err   error
	asked int
}

func (f *firms) Find(context.Context, string) (sirene.Establishment, error) {
	f.asked++
	return f.Establishment, f.err
}

func TestTheRegisterOfFirms(t *testing.T) {
	for name, c := range map[string]struct {
		says    firms
		concern casefile.Concern
		known   bool
		granted bool
	}{
		"open":         {firms{Establishment: sirene.Establishment{Open: true, Published: true}}, "", true, true},
		"closed":       {firms{Establishment: sirene.Establishment{Published: true}}, casefile.ConcernBar, true, false},
		"unknown":      {firms{err: sirene.ErrUnknown}, casefile.ConcernRegister, true, true},
		"out of order": {firms{err: context.DeadlineExceeded}, casefile.ConcernSilent, false, true},
	} {
		w := newWorld(t)
		w.acts.Register = &c.says
		w.on(0, whole())
		w.on(day, signature)
		w.act(2*day, casefile.Approve, casefile.Act{})
		s := w.run()
		var f casefile.Facts
		if err := json.Unmarshal(w.objects[s.Facts.Key], &f); err != nil {
			t.Fatal(err)
		}
		if c.concern != "" && !contains(s.Concerns, c.concern) || (f.Register != nil && !f.Register.Silent) != c.known || (s.Decision != nil) != c.granted || c.says.asked < 1 {
			t.Errorf("%s: concerns %v, register %+v, asked %d times", name, s.Concerns, f.Register, c.says.asked)
		}
	}
}

// TestRulesThatAskForMore: a newer version, which running cases take, wants another document; the applicant is asked.
func TestRulesThatAskForMore(t *testing.T) {
	w := newWorldOf(t, "fonds-rebond", load(t, "fonds-rebond.yaml", func(text string) string {
		text = amend("replace")(text)
		last := strings.LastIndex(text, "    documents:\n")
		return text[:last] + strings.Replace(text[last:], "    documents:\n", "    documents:\n      - {id: assurance, label: Attestation d'assurance, short: Assurance, recognise: [assurance]}\n", 1)
	}))
	w.on(0, whole())
	w.on(2*day, signature)
	w.act(17*day, casefile.Reexamine, casefile.Act{})
	early := w.act(18*day, casefile.Approve, casefile.Act{})
	w.on(19*day, mail{text: "La voici.", files: []string{"assurance.pdf"}})
	w.act(20*day, casefile.Approve, casefile.Act{})
	s := w.run()
	w.expect("2020-09-15 acknowledgement", "2020-09-15 charter", "2020-09-17 charter-signed", "2020-10-02 request", "2020-10-04 complete", "2020-10-05 grant", "2020-12-08 closing")
	if early.err == nil || s.Decision == nil || s.Decision.Amount != 174150 {
		t.Errorf("%+v %+v", early, s.Decision)
	}
}

// TestOneFirmIsGrantedOneOfTwo: the other strand was granted to the same SIREN while this case was under review.
func TestOneFirmIsGrantedOneOfTwo(t *testing.T) {
	other := newWorldOf(t, "rebond-tourisme", nil)
	text := strings.NewReplacer("Activité : commerce\nLocal : vitrine", "Activité : café", "Déclaration", "| Mois | CA 2019 | CA 2020 |\n| mars | 100 € | 0 € |\n| avril | 100 € | 0 € |\n| mai | 100 € | 0 € |\nDéclaration").Replace(fields)
	other.on(0, mail{text: text, files: []string{"kbis.pdf", "attestation 1.pdf", "attestation 2.pdf", "attestation 3.pdf", "rib.pdf"}})
	other.act(day, casefile.Approve, casefile.Act{})
	if s := other.run(); s.Decision == nil || s.Decision.Amount != 450000 {
		t.Fatalf("%+v", s)
	}
	w := newWorld(t)
	w.on(0, whole())
	w.on(2*day, mail{text: strings.ReplaceAll(signature.text, "{empreinte}", "0000-0000")}) // no charter was sent
	w.env.RegisterDelayedCallback(func() {
		for key, content := range other.objects { // the index is all that the two cases share
			if strings.HasPrefix(key, "index/") {
				if strings.HasSuffix(key, ".json") {
					content = []byte(strings.ReplaceAll(string(content), reference, "RBT-00000-00000"))
					key = strings.ReplaceAll(key, reference, "RBT-00000-00000")
				}
				w.objects[key] = content
			}
		}
	}, 0)
	refused := w.act(5*day, casefile.Approve, casefile.Act{})
	w.act(6*day, casefile.Reject, casefile.Act{Grounds: []string{"volets"}})
	s := w.run()
	if refused.err == nil || !strings.Contains(refused.err.Error(), "volets") || s.Decision.Grant || w.book.Claims[reference] != nil {
		t.Errorf("%+v %+v", refused, s.Decision)
	}
	if mail := w.sent[len(w.sent)-2]; s.Stage != casefile.Closed || mail.name != "reject" || len(mail.Attachments) != 1 {
		t.Errorf("%s, %s", s.Stage, mail.name)
	}
}

func TestADoubtfulValueIsConfirmed(t *testing.T) {
	w := newWorld(t)
	w.on(0, mail{text: strings.Replace(fields, "480,50 €", "1.480 €", 1), files: whole().files})
	w.on(day, mail{text: "Bonjour,\n\nJe confirme.\n\nJeanne Martin"})
	w.on(2*day, signature)
	w.act(3*day, casefile.Approve, casefile.Act{})
	s := w.run()
	if s.Decision == nil || s.Decision.Amount != 150000 || !strings.Contains(strings.ReplaceAll(w.sent[0].Text, "\u202f", " "), "répondez OUI") {
		t.Errorf("%+v\n%s", s.Decision, w.sent[0].Text)
	}
}
