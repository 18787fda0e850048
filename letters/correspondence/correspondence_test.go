package correspondence_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"relance/domain/authority"
	"relance/domain/casefile"
	"relance/domain/scheme"
	"relance/letters/correspondence"
	"relance/letters/texts"
	"relance/mail/address"
	"relance/mail/message"
	"relance/schemes"
)

var writer = &correspondence.Writer{Authority: authority.Example(), Addresses: address.Addresses{Mailbox: "aides@metropole.example"}, Texts: texts.French()}

// sample is a case that every text can speak of.
func sample(t testing.TB) correspondence.Request {
	t.Helper()
	catalogue, err := scheme.Load(schemes.Files)
	if err != nil {
		t.Fatal(err)
	}
	sch, _ := catalogue.ByTag("rebond")
	received := time.Date(2020, 9, 15, 10, 0, 0, 0, casefile.Paris)
	v := sch.At(received)
	v.Review.Opinions = []scheme.Opinion{{ID: "mairie", Of: "La mairie", Email: "jeanne@boulangerie.example", Question: "Le local est-il ouvert ?", Days: 15}}
	s := casefile.State{Reference: "RBD-7K3M9-QXD3A", Scheme: sch.ID, Stage: casefile.UnderReview, Received: received, Terms: sch.Terms(v),
		Verdict: casefile.Verdict{Eligible: true, Amount: 144150}, Charter: casefile.Charter{Version: "2020-06", Sent: received.AddDate(0, 0, 3), Signed: received.AddDate(0, 0, 7)},
		Missing:  []casefile.Want{{What: "document", ID: "bail", Problem: "pdf_unreadable"}, {What: "field", ID: "siret", Problem: "siret_invalid"}, {What: "field", ID: "declaration"}},
		Decision: &casefile.Decision{Grant: true, Amount: 144150, At: received.AddDate(0, 0, 20), Grounds: []string{"effectif", "hors-territoire"}}}
	s.Reasons.Asked = received
	s.ReckonSilence()
	s.Set(casefile.Allotted(casefile.DocumentDeadline, received, casefile.RuleRequested, 30))
	s.Set(casefile.Appeal(received.AddDate(0, 0, 21), casefile.RuleNotified, 2))
	s.Set(casefile.ReasonsDue(received.AddDate(0, 0, 21)))
	field := func(value string) casefile.Value { return casefile.Value{Value: value, Written: value} }
	f := casefile.Facts{Applicant: casefile.Person{Name: "Jeanne Martin", Email: "jeanne@boulangerie.example"},
		Thread: casefile.Thread{MessageID: "2@boulangerie.example", References: []string{"1@boulangerie.example"}},
		Fields: map[string]casefile.Value{"entreprise": field("Boulangerie Martin ❤️ | <b>&fils</b>"), "representant": field("Jeanne Martin"), "siret": field("62819482100011"),
			"adresse": field("12 rue de la Monnaie, 59000 Lille"), "effectif": field("14"), "loyer_mensuel": field("48050"), "iban": field("FR7620041518190937865797574"),
			"proprietaire": field("false"), "date_creation": field("2012-09-15")}}
	return correspondence.Request{State: s, Facts: f, Scheme: sch, Version: v, At: received.AddDate(0, 0, 21), Sent: time.Now(),
		Piece: casefile.Piece{Seq: 3, Opinion: "mairie", Message: "Nous avons bien lu votre message.\n\nL'agent vous appellera."}}
}

// keep writes a text or a letter where a person wants to look at it (RELANCE_TEST_OUT).
func keep(t *testing.T, name string, content []byte) {
	if folder := os.Getenv("RELANCE_TEST_OUT"); folder != "" {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestEveryMailIsWhole(t *testing.T) {
	for _, name := range writer.Texts.Mails() {
		r := sample(t)
		r.Piece.Mail = name
		r.Matters = correspondence.SampleMatters("", r.At, 144150)
		raw, to, err := writer.Mail(r, nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		keep(t, name+".eml", raw)
		m, err := message.Parse(raw)
		if err != nil || len(m.Warnings) > 0 {
			t.Fatalf("%s: %v %v", name, err, m.Warnings)
		}
		if writer.Texts.Labels.Mails[name] == "" {
			t.Errorf("%s has no label", name)
		}
		for what, ok := range map[string]bool{
			"recipient":   to == "jeanne@boulangerie.example" && m.To[0].Address == to,
			"reply to":    m.ReplyTo.Address == "aides+rbd-7k3m9-qxd3a@metropole.example",
			"subject":     strings.HasPrefix(m.Subject, "[RBD-7K3M9-QXD3A] ") && len(m.Subject) > 25,
			"message id":  m.MessageID == "rbd-7k3m9-qxd3a.3."+name+"@metropole.example" && writer.Addresses.CaseOf(m.MessageID) == "RBD-7K3M9-QXD3A",
			"thread":      m.InReplyTo == "2@boulangerie.example" && strings.Join(m.References, " ") == "1@boulangerie.example 2@boulangerie.example",
			"automatic":   (m.Kind == message.KindPerson) == (name == "message" || name == "request" || name == "opinion") && m.AutoSubmitted != "",
			"salutation":  strings.HasPrefix(m.Text, "Madame, Monsieur,"),
			"no value":    !strings.Contains(m.Text, "<no value>") && !strings.Contains(m.Text, "janvier\u00a01"),
			"no blank":    !strings.Contains(m.Text, "\n\n\n"),
			"who answers": strings.Contains(m.Text, "Claire Delattre") || name == "stranger",
		} {
			if !ok {
				t.Errorf("%s: %s is wrong:\n%s\n%s\n%s", name, what, m.Subject, m.AutoSubmitted, m.Text)
			}
		}
	}
}

func TestTheAcknowledgementSaysWhatTheLawAsks(t *testing.T) {
	r := sample(t)
	r.Piece.Mail = "acknowledgement"
	raw, _, err := writer.Mail(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	m, err := message.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer("\u00a0", " ", "\u202f", " ").Replace(m.Text)
	for _, want := range []string{
		"15 septembre 2020", "15 novembre 2020", "vaut décision de rejet", // R112-5, 1° and 2°
		"Claire Delattre", "2 boulevard des Cités-Unies", "03 53 01 00 11", "claire.delattre@", // R112-5, 3°
		"15 octobre 2020", "Bail commercial", "SIRET : le numéro reçu n'est pas", // L114-5
		"tribunal administratif de Lille", "recours gracieux", // silence is a rejection
		"dpd@metropole-des-flandres.example", "CNIL", // RGPD art. 13
		"FR76 •••• 7574",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the acknowledgement lacks %q:\n%s", want, text)
		}
	}
}

// TestEveryLetterIsWhole writes every letter twice, once as usual and once with all that makes a letter hard to set, lacks nothing, and
// reads it back as other programs do. RELANCE_TEST_OUT keeps them, with a picture of each page.
func TestEveryLetterIsWhole(t *testing.T) {
	text, _ := exec.LookPath("pdftotext")
	for _, name := range writer.Texts.Letters() {
		for kind, business := range map[string]string{"": "Boulangerie Martin", "-hard": "Société coopérative d'intérêt collectif 🥖 « Œuvres & Pâtisseries » 寿司 | pour le développement de l'économie sociale"} {
			r := sample(t)
			if strings.HasPrefix(name, "call-") || name == casefile.ReserveLetter {
				r.State.Candidacy = &casefile.Candidacy{Outcome: &casefile.Outcome{Rank: 4, Of: 12, Place: 1, Score: "14,25", Marks: []casefile.Mark{{Label: "Utilité sociale", Mean: "15,00"}}, Until: r.At.AddDate(0, 6, 0)}}
			}
			r.Piece.Letter, r.Piece.Message = strings.TrimPrefix(name, "call-"), ""
			r.Matters = correspondence.SampleMatters(name, r.At, 144150)
			if kind != "" {
				r.Facts.Fields["adresse"] = casefile.Value{Value: "Résidence des Bois, bâtiment C, 1275 bis avenue du Président-John-Fitzgerald-Kennedy, 59650 Villeneuve-d'Ascq"}
				r.Facts.Fields["representant"] = casefile.Value{Value: "Marie-Charlotte de la Rochefoucauld-Montmorency-Laval"}
			}
			r.Facts.Fields["entreprise"] = casefile.Value{Value: business}
			draft := writer.Draft(r)
			goes := draft.Said.Address != "" // else it is a record, for the folder
			if len(draft.Lacks) > 0 || goes && string(draft.Replaced) != map[string]string{"-hard": "🥖寿司"}[kind] {
				t.Errorf("%s%s: lacks %q, replaced %q", name, kind, draft.Lacks, string(draft.Replaced))
			}
			keep(t, name+kind+".pdf", draft.PDF)
			pictures(t, name+kind)
			r.At = r.At.Add(time.Hour) // the same day
			if again, err := writer.Letter(r); err != nil || string(again) != string(draft.PDF) {
				t.Errorf("%s: the same letter has other bytes (%v)", name, err)
			}
			if text != "" && goes {
				readBack(t, text, name+kind, draft.PDF, business)
			}
		}
		if writer.Texts.Labels.Letters[name] == "" {
			t.Errorf("%s has no label", name)
		}
	}
}

// readBack extracts the text of a letter: whom it is for, who is in charge and the amounts come out as they are read, in their order.
func readBack(t *testing.T, tool, name string, pdf []byte, business string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "letter.pdf")
	if err := os.WriteFile(file, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(tool, "-enc", "UTF-8", file, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	told := strings.Join(strings.Fields(string(out)), "") // versions of the tool differ in spaces
	wanted := []string{strings.NewReplacer(" ", "", "🥖", "□", "寿司", "□□", "|", "/").Replace(business), "Objet:"}
	switch strings.TrimSuffix(name, "-hard") {
	case "grant":
		wanted = append(wanted, "DÉCIDE", "1441,50€(millequatrecentquaranteetuneurosetcinquantecentimes)", "Conditions", "HélèneVandamme", "tribunaladministratifdeLille")
	case "advance":
		wanted = append(wanted, "30000,00€(trentemilleeuros)", "Échéancier", "6novembre2021", "29500,00€", "6octobre2026", "Total30000,00€", "HélèneVandamme")
	}
	at := 0
	for _, want := range wanted {
		i := strings.Index(told[at:], want)
		if i < 0 {
			t.Errorf("%s: %q is not there, or not in its place, in\n%s", name, want, out)
			return
		}
		at += i + len(want)
	}
}

// pictures makes a picture of each page of a letter that was kept.
func pictures(t *testing.T, name string) {
	folder := os.Getenv("RELANCE_TEST_OUT")
	tool, err := exec.LookPath("pdftoppm")
	if folder == "" || err != nil {
		return
	}
	if out, err := exec.Command(tool, "-png", "-r", "75", filepath.Join(folder, name+".pdf"), filepath.Join(folder, name)).CombinedOutput(); err != nil {
		t.Errorf("%s: %v %s", name, err, out)
	}
}

// FuzzNames: whatever an applicant calls themselves and wherever they live, the letter comes out, and never empty.
func FuzzNames(f *testing.F) {
	f.Add("Boulangerie 🥖 Chez Zoé", "12 rue de la Monnaie, 59000 Lille")
	f.Add("# Titre\n- a\n| b |\n---", "{{.Reference}}")
	f.Add("\u202egnp.exe\x00", "مقهى\u0301\u0301\u0301")
	f.Add(strings.Repeat("寿司", 200), strings.Repeat("a", 2000))
	f.Fuzz(func(t *testing.T, name, address string) {
		r := sample(t)
		r.Piece.Letter = casefile.GrantLetter
		r.Facts.Fields["entreprise"] = casefile.Value{Value: name}
		r.Facts.Fields["adresse"] = casefile.Value{Value: address}
		d := writer.Draft(r)
		if d.PDF == nil || !strings.Contains(d.Said.Body, "DÉCIDE") || !strings.Contains(d.Said.Signature, "Hélène Vandamme") {
			t.Fatalf("%q %+v", d.Lacks, d.Said)
		}
		for _, lack := range d.Lacks {
			if !strings.Contains(lack, "destinataire") { // an address that no window can show
				t.Fatalf("%q", lack)
			}
		}
	})
}

func BenchmarkDraft(b *testing.B) {
	r := sample(b)
	r.Piece.Letter = casefile.GrantLetter
	for b.Loop() {
		writer.Draft(r)
	}
}
