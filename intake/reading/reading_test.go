package reading_test

import (
	"bytes"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"relance/domain/casefile"
	"relance/domain/scheme"
	"relance/intake/papers"
	"relance/intake/reading"
	"relance/mail/auth"
	"relance/mail/message"
	"relance/schemes"
)

func rebond(t testing.TB) (*scheme.Scheme, *scheme.Version) {
	t.Helper()
	c, err := shipped()
	if err != nil {
		t.Fatal(err)
	}
	s, _ := c.ByTag("rebond")
	return s, s.At(time.Now())
}

// shipped are the schemes that are shipped, read once.
var shipped = sync.OnceValues(func() (*scheme.Catalogue, error) { return scheme.Load(schemes.Files) })

func TestIntent(t *testing.T) {
	for text, want := range map[string]reading.Intent{
		"Je signe la charte d'engagement du dossier RBD-7K3M9-QXD3A":                          reading.Sign,
		"Bonjour,\n\n« je signe la charte d’engagement\ndu dossier rbd-7k3m9-qxd3a. »\nMerci": reading.Sign,
		"Je signe la charte d'engagement du dossier RBD-00000-00000, empreinte 7K3M-9QX2":     reading.Sign, // of another case: that is told
		"Dois-je écrire « Je signe la charte d'engagement du dossier RBD-7K3M9-QXD3A » ?":     reading.NoIntent,
		"Je signe la charte":           reading.NoIntent,
		"Je ne signe pas cette charte": reading.Decline,
		"Je refuse de signer. Je signe la charte d'engagement du dossier RBD-7K3M9-QXD3A": reading.Decline,
		"Je retire ma demande.": reading.Withdraw,
		"Bonjour,\nFinalement, nous retirons notre demande : nous fermons.": reading.Withdraw,
		"Je me désiste":                               reading.Withdraw,
		"Je souhaite annuler ma demande d'aide.":      reading.Withdraw,
		"Je renonce à l'aide.":                        reading.Withdraw,
		"Je ne retire pas ma demande.":                reading.NoIntent,
		"Je n'ai jamais dit que je retire ma demande": reading.NoIntent,
		"Que se passe-t-il si je retire ma demande ?": reading.NoIntent,
		"Voici le bail.":                              reading.NoIntent,
		"":                                            reading.NoIntent,
	} {
		if got := reading.IntentOf(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestRecognise(t *testing.T) {
	_, v := rebond(t)
	for name, want := range map[string]string{
		"KBIS_Dupont.pdf": "kbis", "extrait k-bis 2020.PDF": "kbis", "Relevé d'identité bancaire.pdf": "rib", "MonRIB2020.pdf": "rib", "rib.jpg": "rib",
		"Bail commercial.pdf": "bail", "quittances bail rue Faidherbe.pdf": "quittances", "loyer avril.pdf": "quittances", "Bilan 2019.pdf": "comptes",
		"charte signée.pdf": reading.CharterCopy, "scan001.pdf": reading.Other, "distribution.pdf": reading.Other, "": reading.Other,
	} {
		if got := reading.Recognise(name, v); got != want {
			t.Errorf("%q is %q, want %q", name, got, want)
		}
	}
}

// tinyPDF is the smallest document a reader opens.
func tinyPDF() []byte {
	var b bytes.Buffer
	var at []int
	b.WriteString("%PDF-1.4\n")
	for i, object := range []string{"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>", "<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 100]>>"} {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, object)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 4\n0000000000 65535 f \n")
	for _, offset := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(&b, "trailer\n<</Size 4/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", start)
	return b.Bytes()
}

func TestCheckDocument(t *testing.T) {
	for _, c := range []struct {
		name, mediaType string
		content         []byte
		want            string
	}{
		{"sound", "application/pdf", tinyPDF(), ""},
		{"cut off", "application/pdf", tinyPDF()[:60], reading.ProblemPDF},
		{"noise", "application/pdf", []byte("%PDF-1.4\nrubbish"), reading.ProblemPDF},
		{"photo", "image/jpeg", []byte{0xff, 0xd8}, ""},
		{"empty", "application/pdf", nil, reading.ProblemEmpty},
		{"of another type", "application/x-tar", []byte("x"), reading.ProblemType},
		{"large", "application/pdf", make([]byte, reading.MaxDocument+1), reading.ProblemTooLarge},
	} {
		if got := problemOf(t, message.NewFile(c.name, c.mediaType, c.content), c.mediaType); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func FuzzCheckDocument(f *testing.F) {
	f.Add(tinyPDF())
	f.Fuzz(func(t *testing.T, content []byte) {
		problemOf(t, message.NewFile("x.pdf", "application/pdf", content), "application/pdf")
	})
}

// problemOf is what is wrong with a document that a mail brings.
func problemOf(t *testing.T, a message.Attachment, mediaType string) string {
	t.Helper()
	a.Type = mediaType
	r := read(t, casefile.State{Reference: caseReference}, casefile.Facts{}, message.Message{MessageID: "1", From: message.Address{Address: "jeanne@x.example"},
		Attachments: []message.Attachment{a}})
	if len(r.Reading.Documents) != 1 {
		t.Fatalf("%d documents", len(r.Reading.Documents))
	}
	return r.Reading.Documents[0].Problem
}

// read gives one mail to a case.
func read(t *testing.T, s casefile.State, f casefile.Facts, m message.Message) reading.Result {
	t.Helper()
	sch, v := rebond(t)
	if m.Kind == "" {
		m.Kind = message.KindPerson
	}
	r, err := reading.Read(reading.Input{Papers: papers.Here{}, Message: &m, Mail: casefile.Mail{Identity: m.MessageID}, State: s, Facts: f, Scheme: sch, Version: v, Reach: auth.Act})
	if err != nil {
		t.Fatal(err)
	}
	s.Documents = append(slices.Clone(s.Documents), r.Reading.Documents...)
	if r.Reading.From == casefile.FromApplicant {
		r.Reading.Missing, r.Reading.Verdict = reading.Examine(reading.Examination{State: s, Facts: r.Facts, Scheme: sch, Version: v, HasLine: func(string) bool { return true }})
	}
	return r
}

func TestAFileGrowsOverSeveralMails(t *testing.T) {
	s := casefile.State{Reference: "RBD-7K3M9-QXD3A", Stage: casefile.Received}
	jeanne := message.Address{Name: "Jeanne", Address: "jeanne@x.example"}
	one := read(t, s, casefile.Facts{}, message.Message{MessageID: "1", From: jeanne, Reply: "SIRET : 732 829 320 00075\nEffectif : 3",
		Attachments: []message.Attachment{file("kbis.pdf", "application/pdf", tinyPDF(), "k"), file("bail.pdf", "application/pdf", []byte("x"), "b")}})
	missing := func(r reading.Result, id string) (casefile.Want, bool) {
		i := slices.IndexFunc(r.Reading.Missing, func(w casefile.Want) bool { return w.ID == id })
		if i < 0 {
			return casefile.Want{}, false
		}
		return r.Reading.Missing[i], true
	}
	if w, ok := missing(one, "siret"); !ok || w.Problem != "siret_invalid" {
		t.Errorf("a wrong SIRET: %+v", w)
	}
	if w, ok := missing(one, "bail"); !ok || w.Problem != reading.ProblemPDF {
		t.Errorf("an unreadable lease: %+v", w)
	}
	if _, ok := missing(one, "kbis"); ok || len(one.Contents) != 2 || one.Reading.Terms == nil {
		t.Errorf("%+v", one.Reading)
	}
	s.TakeIn(casefile.Mail{Identity: "1"}, one.Reading, time.Now())
	two := read(t, s, one.Facts, message.Message{MessageID: "2", From: jeanne, Reply: "SIRET : 732 829 320 00074",
		Attachments: []message.Attachment{file("kbis.pdf", "application/pdf", tinyPDF(), "k")}})
	if _, ok := missing(two, "siret"); ok || two.Facts.Fields["effectif"].Value != "3" || len(two.Reading.Documents) != 0 {
		t.Errorf("%+v", two.Reading)
	}
	stranger := read(t, s, one.Facts, message.Message{MessageID: "3", From: message.Address{Address: "autre@x.example"}, Reply: "Effectif : 0\nJe retire ma demande."})
	if stranger.Reading.From != casefile.FromStranger || stranger.Reading.Intent != "" || stranger.Facts.Fields["effectif"].Value != "3" {
		t.Errorf("a stranger changed the case: %+v", stranger.Reading)
	}
}

func TestWhatTheCaseWaitsForNamesAFile(t *testing.T) {
	scan := file("scan0001.pdf", "application/pdf", tinyPDF(), "s")
	jeanne := message.Address{Address: "j@x.example"}
	facts := casefile.Facts{Applicant: casefile.Person{Email: "J@X.example"}}
	waiting := casefile.State{Stage: casefile.Incomplete, Missing: []casefile.Want{{What: casefile.WantDocument, ID: "bail"}}}
	if r := read(t, waiting, facts, message.Message{MessageID: "1", From: jeanne, Attachments: []message.Attachment{scan}}); r.Reading.Documents[0].Kind != "bail" {
		t.Errorf("the only thing missing: %+v", r.Reading.Documents)
	}
	charter := casefile.State{Stage: casefile.AwaitingCharter, Charter: casefile.Charter{Ref: casefile.Ref{SHA256: "sent"}}}
	if r := read(t, charter, facts, message.Message{MessageID: "2", From: jeanne, Attachments: []message.Attachment{scan}}); r.Reading.Return == nil || r.Reading.Return.Evidence.SHA256 != "s" || r.Reading.Return.Way != casefile.SignedByCopy {
		t.Errorf("the signed charter: %+v", r.Reading)
	}
	unsigned := scan
	unsigned.SHA256 = "sent"
	if r := read(t, charter, facts, message.Message{MessageID: "3", From: jeanne, Attachments: []message.Attachment{unsigned}}); r.Reading.Return == nil || r.Reading.Return.Outcome != casefile.ReturnUnsigned {
		t.Errorf("the charter as it was sent: %+v", r.Reading)
	}
}

// file is an attachment whose type and hash are what a test wants.
func file(name, mediaType string, content []byte, sum string) message.Attachment {
	f := message.NewFile(name, mediaType, content)
	f.Type, f.SHA256 = mediaType, sum
	return f
}
