package workflows_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pdfcpu/pdfcpu/pkg/api"

	"relance/domain/casefile"
	"relance/letters/pdf"
	"relance/letters/prose"
	"relance/proof/imprint"
)

// signs tells whether a mail answers the charter, and so is written once it is there.
func (m mail) signs() bool { return m.sign != nil || strings.Contains(m.text, "{empreinte}") }

// charter is the charter, or the contract of an advance, that was written last.
func (w *world) charter() []byte {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	last := ""
	for key := range w.objects {
		if (strings.HasSuffix(key, "-charter.pdf") || strings.HasSuffix(key, "-advance.pdf")) && key > last {
			last = key
		}
	}
	if last == "" {
		w.t.Error("no charter was written")
	}
	return w.objects[last]
}

// signed fills in what only the charter tells: its fingerprint, and the copy of it that comes back.
func (w *world) signed(m mail) mail {
	w.t.Helper()
	charter := w.charter()
	if marks := imprint.Find(imprint.Text(charter)); len(marks) == 1 {
		m.text = strings.ReplaceAll(m.text, "{empreinte}", marks[0].Fingerprint)
	} else {
		w.t.Errorf("marks on the charter: %v", marks)
	}
	if m.sign != nil {
		m.copies = map[string][]byte{"scan.pdf": m.sign(w.t, charter)}
	}
	return m
}

// byHand types a signature onto a charter, where the paper is free.
func byHand(t *testing.T, charter []byte) []byte {
	t.Helper()
	for height := 60; height < 760; height += 20 { // points from the foot of the page
		signed := writeAt(t, charter, "Lu et approuvé, Jeanne Martin", height)
		if look := imprint.Looks(charter, signed); look.Same() && len(look.Words) > 0 {
			return signed
		}
	}
	t.Fatal("the charter has no room for a signature")
	return nil
}

// writeOn writes onto a PDF, across what is printed there.
func writeOn(t *testing.T, pdf []byte, text string) []byte {
	t.Helper()
	return writeAt(t, pdf, text, 120)
}

func writeAt(t *testing.T, pdf []byte, text string, height int) []byte {
	t.Helper()
	mark, err := api.TextWatermark(text, fmt.Sprintf("font:Helvetica, points:11, pos:bc, off:115 %d, rot:3, scale:1 abs", height), true, false, 0)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := api.AddWatermarks(bytes.NewReader(pdf), &out, nil, mark, nil); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestADoubtfulSignature lets an officer judge what the engine does not judge by itself.
func TestADoubtfulSignature(t *testing.T) {
	reserved := func(t *testing.T, charter []byte) []byte {
		return onePage(t, "Charte. Sauf force majeure, je m'engage à tout ce qui est écrit ci-dessus.")
	}
	t.Run("accepted", func(t *testing.T) {
		w := newWorld(t)
		w.on(0, whole())
		early := w.act(day/2, casefile.AcceptSignature, casefile.Act{})
		w.on(day, mail{text: "Voici la charte signée.", sign: reserved})
		var waiting casefile.State
		w.env.RegisterDelayedCallback(func() { waiting = w.query() }, 2*day)
		done := w.act(3*day, casefile.AcceptSignature, casefile.Act{By: "agent-02"})
		w.act(4*day, casefile.Reject, casefile.Act{Grounds: []string{"locataire"}})
		s := w.run()
		w.expect("2020-09-15 acknowledgement", "2020-09-15 charter", "2020-09-16 charter-doubt", "2020-09-18 charter-signed", "2020-09-19 reject", "2020-11-21 closing")
		if early.err == nil || !strings.Contains(early.err.Error(), "aucune signature") {
			t.Errorf("before anything came: %v", early.err)
		}
		d := waiting.Charter.Doubt
		if d == nil || d.Outcome != casefile.ReturnUnclear || d.Evidence.Key == "" || d.Check.Key == "" || !slices.Contains(waiting.Concerns, casefile.ConcernCharter) || w.objects[d.Check.Key] == nil {
			t.Fatalf("while it waits: %+v %v", d, waiting.Concerns)
		}
		if done.err != nil || s.Charter.Accepted != "agent-02" || s.Charter.How != casefile.SignedByCopy || s.Charter.Evidence != d.Evidence || s.Charter.Check != d.Check || s.Charter.Doubt != nil || slices.Contains(s.Concerns, casefile.ConcernCharter) {
			t.Errorf("accepted: %v %+v", done.err, s.Charter)
		}
	})
	t.Run("refused, and signed again", func(t *testing.T) {
		w := newWorld(t)
		w.on(0, whole())
		w.on(day, mail{text: "Voici la charte signée.", sign: reserved})
		w.act(2*day, casefile.RefuseSignature, casefile.Act{Text: "La réserve que vous avez écrite ne peut pas être acceptée."})
		w.on(3*day, signature)
		w.act(4*day, casefile.Reject, casefile.Act{Grounds: []string{"locataire"}})
		s := w.run()
		w.expect("2020-09-15 acknowledgement", "2020-09-15 charter", "2020-09-16 charter-doubt", "2020-09-17 charter-refused", "2020-09-18 charter-signed", "2020-09-19 reject", "2020-11-21 closing")
		if m := w.sent[3]; len(m.Attachments) != 1 || !strings.Contains(m.Text, "réserve") || s.Charter.Accepted != "" || s.Charter.How != casefile.SignedByPhrase {
			t.Errorf("%d attachments, %+v\n%s", len(m.Attachments), s.Charter, m.Text)
		}
	})
	t.Run("the time for signing passes meanwhile", func(t *testing.T) {
		w := newWorld(t)
		w.on(0, whole())
		w.on(29*day, mail{text: "Voici la charte signée.", sign: reserved})
		w.act(35*day, casefile.RefuseSignature, casefile.Act{})
		w.on(40*day, signature)
		w.act(41*day, casefile.Reject, casefile.Act{Grounds: []string{"locataire"}})
		if s := w.run(); s.Charter.Signed.IsZero() || s.Stage != casefile.Closed {
			t.Errorf("%s, %+v", s.Stage, s.Charter)
		}
	})
	t.Run("somebody else signs", func(t *testing.T) {
		w := newWorld(t)
		w.on(0, whole())
		other := signature
		other.from = "associe@boulangerie.example"
		w.on(day, other)
		var waiting casefile.State
		w.env.RegisterDelayedCallback(func() { waiting = w.query() }, 2*day)
		w.act(3*day, casefile.AcceptSignature, casefile.Act{})
		w.act(4*day, casefile.Reject, casefile.Act{Grounds: []string{"locataire"}})
		s := w.run()
		w.expect("2020-09-15 acknowledgement", "2020-09-15 charter", "2020-09-16 stranger", "2020-09-18 charter-signed", "2020-09-19 reject", "2020-11-21 closing")
		if waiting.Charter.Doubt == nil || waiting.Charter.Doubt.Outcome != casefile.ReturnAddress || len(waiting.Held) != 1 || len(s.Held) != 0 || s.Charter.How != casefile.SignedByPhrase {
			t.Errorf("%+v, held %v, then %v", waiting.Charter.Doubt, waiting.Held, s.Held)
		}
	})
}

// TestWhatIsToldOfACharter goes through what the applicant is told and can put right.
func TestWhatIsToldOfACharter(t *testing.T) {
	phrase := "Je signe la charte d'engagement du dossier "
	for _, c := range []struct {
		name, told string
		back       mail
		says       string
	}{
		{"unsigned", "charter-unsigned", mail{text: "Voici.", sign: func(_ *testing.T, charter []byte) []byte { return charter }}, "pas trouvé de signature"},
		{"no fingerprint", "charter-fingerprint", mail{text: phrase + reference}, "ne porte pas l'empreinte"},
		{"another case", "charter-other-case", mail{text: phrase + "RBD-00000-00000, empreinte {empreinte}"}, "autre dossier"},
		{"another text", "charter-changed", mail{text: "Voici.", sign: altered}, "pas tout à fait le même texte"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			w.on(0, whole())
			w.on(day, c.back)
			w.on(2*day, signature)
			w.act(3*day, casefile.Reject, casefile.Act{Grounds: []string{"locataire"}})
			s := w.run()
			w.expect("2020-09-15 acknowledgement", "2020-09-15 charter", "2020-09-16 "+c.told, "2020-09-17 charter-signed", "2020-09-18 reject", "2020-11-20 closing")
			m := w.sent[2]
			text := strings.ReplaceAll(m.Text, "\n", " ")
			if len(m.Attachments) != 1 || !strings.Contains(text, c.says) || !strings.Contains(text, s.Charter.Fingerprint) {
				t.Errorf("%d attachments:\n%s", len(m.Attachments), m.Text)
			}
		})
	}
}

// altered is the charter that was sent, with another text under its mark and a signature on it.
func altered(t *testing.T, charter []byte) []byte {
	t.Helper()
	mark := imprint.Find(imprint.Text(charter))[0]
	content, err := pdf.Render(pdf.Letter{Letterhead: pdf.Letterhead{Name: "Métropole des Flandres"}, Title: "Charte", Subject: "Charte", Date: received, Reference: mark.Reference,
		Fingerprint: mark.Fingerprint, Body: prose.Parse("Je m'engage à peu de chose.")})
	if err != nil {
		t.Fatal(err)
	}
	return writeOn(t, content, "Jeanne Martin")
}
