package demo_test

import (
	"bytes"
	"context"
	"encoding/pem"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pdfcpu/pdfcpu/pkg/api"

	"relance/domain/casefile"
	"relance/intake/reader/hostile"
	"relance/intake/reading"
	"relance/local/bench"
	"relance/local/run"
	"relance/mail/message"
	"relance/mail/outbox"
	"relance/proof/imprint"
	"relance/proof/seal"
)

// TestTheCharterAlteredAndReturnedInFiveWays on the real servers: a charter comes back with a reservation in the
// mail, rewritten below a believed digital signature, with a white rectangle over its articles, with words on it that
// a field of the application had said before, and as a picture that carries the code alone. Each waits for an
// officer, who refuses it. Then it is signed, and the case goes on.
func TestTheCharterAlteredAndReturnedInFiveWays(t *testing.T) {
	jeanne, believed := certificate(t, "Jeanne Martin")
	l := started(t, run.Options{QuickMail: true, Day: time.Minute, Applicants: []string{"atelier"}, Signers: believed})
	starter, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- l.Engine.Starter(starter) }()
	defer func() { cancel(); <-ended }()
	e := officers(t, l)
	defer e.work()()

	papers, err := bench.Papers()
	if err != nil {
		t.Fatal(err)
	}
	const stuffed = "sauf article 3"
	application := strings.Replace(bench.Application(1, ""), "Adresse du local : ", "Adresse du local : "+stuffed+", ", 1)
	if !strings.Contains(application, stuffed) {
		t.Fatal("nothing is stuffed into the address")
	}
	reference := casefile.FindReference(post(t, l, "atelier", outbox.Mail{Subject: "Demande", Text: application, Attachments: papers}).Subject)
	charter := mailTo(t, l, "atelier", "charter")
	files := charter.Files()
	sent := files[slices.IndexFunc(files, func(a message.Attachment) bool { return a.Type == "application/pdf" })].Content()
	altered := map[string][]byte{}
	for _, a := range hostile.Alter(sent) {
		altered[a.Name] = a.File
	}
	below, err := jeanne.Seal(t.Context(), altered["a line taken out"], seal.Seal{})
	if err != nil {
		t.Fatal(err)
	}
	phrase := reading.PhraseIn(charter.Text)
	mark := imprint.Find(imprint.Text(sent))[0]
	answer := func(text, name, kind string, file []byte) {
		m := outbox.Mail{To: charter.ReplyTo, Subject: "Re: " + charter.Subject, Text: text, InReplyTo: charter.MessageID}
		if file != nil {
			m.Attachments = []outbox.Attachment{{Name: name, Type: kind, Content: file}}
		}
		send(t, l, "atelier", m)
	}
	for _, way := range []struct {
		what, text, name, kind string
		file                   []byte
		want                   casefile.Code
	}{
		{"a reservation behind the phrase", phrase + ", mais sous réserve que l'article 3 soit retiré.", "", "", nil, casefile.ReturnReserved},
		{"rewritten below a believed signature", "Voici la charte signée.", "charte.pdf", "application/pdf", below, casefile.ReturnChanged},
		{"a white rectangle over the articles", "Voici la charte signée.", "charte.pdf", "application/pdf", altered["a white rectangle"], casefile.ReturnAdded},
		{"words that a field said before", "Voici la charte signée.", "charte.pdf", "application/pdf", written(t, sent, "Lu et approuvé, Jeanne Martin, "+stuffed), casefile.ReturnAdded},
		{"a picture that carries the code", "Voici la charte signée.", "charte.png", "image/png", coded(t, mark), casefile.ReturnPicture},
	} {
		answer(way.text, way.name, way.kind, way.file)
		s := e.until(reference, way.what, func(s casefile.State) bool {
			return !s.Charter.Signed.IsZero() || s.Charter.Doubt != nil && s.Charter.Doubt.Outcome == way.want
		})
		if !s.Charter.Signed.IsZero() {
			t.Fatalf("%s: the charter counts as signed", way.what)
		}
		e.act(reference, casefile.RefuseSignature, casefile.Act{Text: "La charte doit être signée telle quelle."}, casefile.AwaitingCharter)
	}
	answer(phrase+"\n\nCordialement,\nJeanne Martin", "", "", nil)
	if s := e.until(reference, "it is signed", func(s casefile.State) bool { return !s.Charter.Signed.IsZero() }); s.Charter.How != casefile.SignedByPhrase {
		t.Errorf("it was signed by %s", s.Charter.How)
	}
}

// certificate is that of a person, and the file of certificates that are believed, which holds it.
func certificate(t *testing.T, name string) (*seal.Sealer, string) {
	t.Helper()
	made, err := seal.SelfSigned(name, "Banc d'essai", "x", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	s, err := seal.Open(seal.Config{PKCS12: made, Password: "x"})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "signers.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	return s, file
}

// written is a PDF with words on it.
func written(t *testing.T, file []byte, words string) []byte {
	t.Helper()
	mark, err := api.TextWatermark(words, "font:Helvetica, points:12, pos:bc, off:0 120, rot:0, scale:1 abs", true, false, 0)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := api.AddWatermarks(bytes.NewReader(file), &out, nil, mark, nil); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// coded is a picture of a charter's code alone.
func coded(t *testing.T, m imprint.Mark) []byte {
	t.Helper()
	rows, err := m.Code()
	if err != nil {
		t.Fatal(err)
	}
	const module, quiet = 10, 60 // pixels
	page := image.NewGray(image.Rect(0, 0, len(rows)*module+2*quiet, len(rows)*module+2*quiet))
	for i := range page.Pix {
		x, y := i%page.Stride-quiet, i/page.Stride-quiet
		if x < 0 || y < 0 || y/module >= len(rows) || x/module >= len(rows) || !rows[y/module][x/module] {
			page.Pix[i] = 255
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, page); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
