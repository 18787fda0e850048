package reading_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"image"
	"image/draw"
	"image/jpeg"
	"strings"
	"testing"
	"time"

	"github.com/pdfcpu/pdfcpu/pkg/api"

	"relance/domain/casefile"
	"relance/intake/papers"
	"relance/intake/reading"
	"relance/letters/pdf"
	"relance/letters/prose"
	"relance/mail/auth"
	"relance/mail/message"
	"relance/proof/imprint"
	"relance/proof/seal"
)

const (
	caseReference = "RBD-7K3M9-QXD3A"
	commitments   = "Je m'engage à réduire ma consommation d'énergie de 10 %.\n\nJe remets un bilan avant le 31 décembre 2021."
)

var signingDay = time.Date(2020, 10, 2, 9, 0, 0, 0, time.UTC)

// sealer is somebody with a self-signed certificate.
func sealer(t *testing.T, name string) *seal.Sealer {
	t.Helper()
	file, err := seal.SelfSigned(name, "Boulangerie Martin", "x", signingDay)
	if err != nil {
		t.Fatal(err)
	}
	s, err := seal.Open(seal.Config{PKCS12: file, Password: "x", Now: func() time.Time { return signingDay }})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func signed(t *testing.T, by *seal.Sealer, pdf []byte, what seal.Seal) []byte {
	t.Helper()
	out, err := by.Seal(context.Background(), pdf, what)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// charterOf writes a charter.
func charterOf(t *testing.T, reference, fingerprint, body string) []byte {
	t.Helper()
	pdf, err := pdf.Render(pdf.Letter{Letterhead: pdf.Letterhead{Name: "Métropole des Flandres"}, Title: "Charte", Kind: "Charte d'engagement", Date: signingDay, Reference: reference,
		Fingerprint: fingerprint, Subject: "Charte", Body: prose.Parse(body), Acceptance: &pdf.Acceptance{Phrase: reading.Phrase(reference, fingerprint)}})
	if err != nil {
		t.Fatal(err)
	}
	return pdf
}

// quittance is a document that is no charter.
func quittance(t *testing.T) []byte {
	t.Helper()
	pdf, err := pdf.Render(pdf.Letter{Letterhead: pdf.Letterhead{Name: "Agence du Vieux-Lille"}, Title: "Quittance", Date: signingDay.AddDate(0, -2, 0), Reference: "2020-07",
		Subject: "Quittance de loyer", Body: prose.Parse("Reçu la somme de 480,50 € pour le loyer de juillet.")})
	if err != nil {
		t.Fatal(err)
	}
	return pdf
}

func writeOn(t *testing.T, pdf []byte, text string) []byte {
	t.Helper()
	mark, err := api.TextWatermark(text, "font:Helvetica, points:14, pos:bc, off:0 120, rot:8, scale:1 abs", true, false, 0)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := api.AddWatermarks(bytes.NewReader(pdf), &out, nil, mark, nil); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// savedAgain is what a program that opens and saves a file makes of it.
func savedAgain(t *testing.T, pdf []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := api.Optimize(bytes.NewReader(pdf), &out, nil); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// photographed is a picture of a page that carries the code of a charter, and no other: without a mark it is a page of lines.
func photographed(t *testing.T, m imprint.Mark) []byte {
	t.Helper()
	page := image.NewGray(image.Rect(0, 0, 1240, 1754))
	draw.Draw(page, page.Rect, image.White, image.Point{}, draw.Src)
	for y := 200; y < 1200; y += 40 {
		draw.Draw(page, image.Rect(100, y, 1100, y+8), image.Black, image.Point{}, draw.Src)
	}
	if m.Reference != "" {
		rows, err := m.Code()
		if err != nil {
			t.Fatal(err)
		}
		const module = 6 // pixels
		for y, row := range rows {
			for x, dark := range row {
				if dark {
					draw.Draw(page, image.Rect(1000+x*module, 1500+y*module, 1000+(x+1)*module, 1500+(y+1)*module), image.Black, image.Point{}, draw.Src)
				}
			}
		}
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, page, nil); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestWhatComesBackForACharter goes through what people send back, and what is made of it.
func TestWhatComesBackForACharter(t *testing.T) {
	const fingerprint, older = "7K3M-9QX2", "0000-0001"
	authority, jeanne, paul := sealer(t, "Cachet de la Métropole"), sealer(t, "MARTIN Jeanne"), sealer(t, "Paul Durand")
	nobody := sealer(t, "Jeanne Martin")
	plain := charterOf(t, caseReference, fingerprint, commitments)
	sent := signed(t, authority, plain, seal.Seal{Reason: "Charte"})
	digital := signed(t, jeanne, sent, seal.Seal{})
	changed := charterOf(t, caseReference, fingerprint, strings.Replace(commitments, "10 %", "1 %", 1))
	flipped := bytes.Clone(digital)
	flipped[len(sent)+700] ^= 1
	roots := []*x509.Certificate{jeanne.Certificate(), paul.Certificate()}
	for _, c := range []struct {
		name, fileName, mediaType string
		file                      []byte
		way, want                 casefile.Code
	}{
		{"as it was sent", "charte.pdf", "application/pdf", sent, "copy", casefile.ReturnUnsigned},
		{"saved again, unsigned", "charte.pdf", "application/pdf", savedAgain(t, plain), "copy", casefile.ReturnUnsigned},
		{"with something behind it, unsigned", "charte.pdf", "application/pdf", append(bytes.Clone(sent), "\n"...), "copy", casefile.ReturnUnsigned},
		{"a name written on it", "charte.pdf", "application/pdf", writeOn(t, sent, "Lu et approuvé, Jeanne Martin"), "copy", casefile.ReturnSigned},
		{"a photo", "IMG_0001.jpg", "image/jpeg", photographed(t, imprint.Mark{Reference: caseReference, Fingerprint: fingerprint}), "copy", casefile.ReturnPicture},
		{"a photo of something else", "IMG_0002.jpg", "image/jpeg", photographed(t, imprint.Mark{}), "copy", casefile.ReturnUnclear},
		{"HEIC", "IMG_0003.heic", "image/heic", []byte("\x00\x00\x00\x18ftypheic"), "copy", casefile.ReturnUnclear},
		{"a photo of another case", "IMG.jpg", "image/jpeg", photographed(t, imprint.Mark{Reference: "RBD-00000-00000", Fingerprint: fingerprint}), "copy", casefile.ReturnOtherCase},
		{"of another case", "charte.pdf", "application/pdf", charterOf(t, "RBD-00000-00000", fingerprint, commitments), "copy", casefile.ReturnOtherCase},
		{"an older one", "charte.pdf", "application/pdf", charterOf(t, caseReference, older, commitments), "copy", casefile.ReturnOlder},
		{"another text under the same mark", "charte.pdf", "application/pdf", changed, "copy", casefile.ReturnChanged},
		{"another text, signed digitally", "charte.pdf", "application/pdf", signed(t, jeanne, changed, seal.Seal{}), "digital", casefile.ReturnChanged},
		{"a reservation typed under it", "charte.pdf", "application/pdf", charterOf(t, caseReference, fingerprint, commitments+"\n\nSauf force majeure."), "copy", casefile.ReturnAdded},
		{"another document", "scan.pdf", "application/pdf", quittance(t), "copy", casefile.ReturnUnclear},
		{"signed digitally", "charte.pdf", "application/pdf", digital, "digital", casefile.ReturnSigned},
		{"signed digitally on a copy that was saved again", "charte.pdf", "application/pdf", signed(t, jeanne, savedAgain(t, plain), seal.Seal{}), "digital", casefile.ReturnSigned},
		{"signed by somebody else", "charte.pdf", "application/pdf", signed(t, paul, sent, seal.Seal{}), "digital", casefile.ReturnName},
		{"signed by two, one of whom may", "charte.pdf", "application/pdf", signed(t, paul, digital, seal.Seal{}), "digital", casefile.ReturnSigned},
		{"signed under a certificate nobody knows", "charte.pdf", "application/pdf", signed(t, nobody, sent, seal.Seal{}), "digital", casefile.ReturnUntrusted},
		{"a signature that was tampered with", "charte.pdf", "application/pdf", flipped, "digital", casefile.ReturnBroken},
		{"something added behind the signature", "charte.pdf", "application/pdf", append(bytes.Clone(digital), "\n1 0 obj<<>>endobj"...), "digital", casefile.ReturnAdded},
	} {
		t.Run(c.name, func(t *testing.T) {
			if testing.Short() && c.want == casefile.ReturnUnclear && c.mediaType == "image/jpeg" {
				t.Skip("looking for a code where there is none takes seconds")
			}
			a := message.NewFile(c.fileName, c.mediaType, c.file)
			a.Type = c.mediaType
			r := readCharter(t, sent, fingerprint, roots, message.Message{Reply: "Voici.", Attachments: []message.Attachment{a}}, nil)
			back := r.Reading.Return
			if back == nil || back.Outcome != c.want || back.Way != c.way {
				t.Fatalf("%+v, want %s by %s\n%s", back, c.want, c.way, r.Check)
			}
			if c.want == casefile.ReturnUnsigned && r.Check == nil {
				return // byte for byte ours
			}
			var check reading.Check
			if err := json.Unmarshal(r.Check, &check); err != nil || check.Outcome != c.want || check.Sent.SHA256 == "" || check.Copy != back.Evidence || !strings.HasPrefix(back.Check.Key, "cases/"+caseReference+"/charter/") {
				t.Errorf("what was found: %v\n%s", err, r.Check)
			}
			if c.want == casefile.ReturnOtherCase && back.Other != "RBD-00000-00000" {
				t.Errorf("the other case: %q", back.Other)
			}
		})
	}
	t.Run("a way that is not allowed", func(t *testing.T) {
		a := message.NewFile("charte.pdf", "application/pdf", digital)
		a.Type = "application/pdf"
		r := readCharter(t, sent, fingerprint, roots, message.Message{Reply: "Voici.", Attachments: []message.Attachment{a}}, []string{"phrase"})
		if r.Reading.Return == nil || r.Reading.Return.Outcome != casefile.ReturnWay {
			t.Errorf("%+v", r.Reading.Return)
		}
	})
}

// readCharter reads a mail of Jeanne's to a case that waits for its charter.
func readCharter(t *testing.T, sent []byte, fingerprint string, roots []*x509.Certificate, m message.Message, ways []string) reading.Result {
	t.Helper()
	in := charterInput(t, sent, fingerprint, &m)
	in.Sent.Roots, in.State.Terms.CharterWays = roots, ways
	r, err := reading.Read(in)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// readCharterOf reads it with other facts.
func readCharterOf(t *testing.T, sent []byte, facts map[string]casefile.Value, m message.Message) *casefile.Return {
	t.Helper()
	in := charterInput(t, sent, "7K3M-9QX2", &m)
	in.Facts.Fields = facts
	in.Facts.Applicant.Name = facts["representant"].Written
	r, err := reading.Read(in)
	if err != nil {
		t.Fatal(err)
	}
	return r.Reading.Return
}

func charterInput(t *testing.T, sent []byte, fingerprint string, m *message.Message) reading.Input {
	t.Helper()
	sch, v := rebond(t)
	charter := message.NewFile("charte.pdf", "application/pdf", sent)
	s := casefile.State{Reference: caseReference, Stage: casefile.AwaitingCharter,
		Charter: casefile.Charter{Ref: casefile.Ref{Key: "charter", SHA256: charter.SHA256}, Fingerprint: fingerprint, Earlier: []string{"0000-0001"}}}
	facts := casefile.Facts{Applicant: casefile.Person{Name: "Jeanne M.", Email: "jeanne@x.example"}, Fields: map[string]casefile.Value{"representant": {Written: "Jeanne Martin", Value: "Jeanne Martin"}}}
	if m.From.Address == "" {
		m.From.Address = "jeanne@x.example"
	}
	m.Kind, m.MessageID = message.KindPerson, "1"
	return reading.Input{Papers: papers.Here{}, Message: m, Mail: casefile.Mail{Identity: "1", Ref: casefile.Ref{Key: "mail", SHA256: "m"}}, State: s, Facts: facts, Scheme: sch, Version: v, At: signingDay,
		Reach: auth.Act, Sent: reading.Sent{PDF: sent}}
}

// TestThePhraseAsPeopleWriteIt reads the phrase in natural replies, and tells apart which charter it signs.
func TestThePhraseAsPeopleWriteIt(t *testing.T) {
	const fingerprint = "7K3M-9QX2"
	sent := charterOf(t, caseReference, fingerprint, commitments)
	for text, want := range map[string]casefile.Code{
		reading.Phrase(caseReference, fingerprint): casefile.ReturnSigned,
		"Bonjour,\n\n« Je signe la charte d’engagement du dossier RBD-7K3M9-QXD3A,\nempreinte 7K3M-9QX2 ».\n\nJeanne Martin": casefile.ReturnSigned,
		"JE SIGNE LA CHARTE D'ENGAGEMENT DU DOSSIER RBD-7K3M9-QXD3A EMPREINTE 7K3M 9QX2":                                     casefile.ReturnSigned,
		"bonjour, je signe la charte d engagement du dossier rbd 7k3m9 qxd3a empreinte : 7k3m9qx2 merci":                     casefile.ReturnSigned,
		"Je signe la charte d'engagement du dossier RBD-7K3M9-QXD3A (empreinte 7K3M–9QX2)":                                   casefile.ReturnSigned,
		"Nous signons la charte d'engagement du dossier RBD-7K3M9-QXD3A, empreinte 7K3M-9QX2.":                               casefile.ReturnSigned,
		"Je signe la charte d'engagement du dossier RBD-7K3M9-QXD3A, 7K3M-9QX2":                                              casefile.ReturnSigned,
		"Je signe la charte d'engagement du dossier RBD-7K3M9-QXD3A":                                                         casefile.ReturnFingerprint,
		"Je signe la charte d'engagement du dossier RBD-7K3M9-QXD3A avec tout mon enthousiasme":                              casefile.ReturnFingerprint,
		"Je signe la charte d'engagement du dossier RBD-7K3M9-QXD3A, empreinte 7K3M-9QX3":                                    casefile.ReturnFingerprint,
		"Je signe la charte d'engagement du dossier RBD-7K3M9-QXD3A, empreinte 0000-0001":                                    casefile.ReturnOlder,
		"Je signe la charte d'engagement du dossier RBD-00000-00000, empreinte 7K3M-9QX2":                                    casefile.ReturnOtherCase,
		"Faut-il écrire « Je signe la charte d'engagement du dossier RBD-7K3M9-QXD3A, empreinte 7K3M-9QX2 » ?":               "",
		"Je ne dis pas que je signe la charte d'engagement du dossier RBD-7K3M9-QXD3A, empreinte 7K3M-9QX2":                  "",
		"Je refuse de signer. Je signe la charte d'engagement du dossier RBD-7K3M9-QXD3A, empreinte 7K3M-9QX2":               "",
		"Bien reçu, merci.": "",
	} {
		got := casefile.Code("")
		if back := readCharter(t, sent, fingerprint, nil, message.Message{Reply: text}, nil).Reading.Return; back != nil {
			if got = back.Outcome; back.Way != casefile.SignedByPhrase || back.Evidence.Key != "mail" {
				t.Errorf("%q: %+v", text, back)
			}
		}
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// TestSomebodyElseSigns: a signature from another address is for an officer.
func TestSomebodyElseSigns(t *testing.T) {
	const fingerprint = "7K3M-9QX2"
	sent := charterOf(t, caseReference, fingerprint, commitments)
	other := message.Address{Address: "associe@x.example"}
	a := message.NewFile("scan.pdf", "application/pdf", writeOn(t, sent, "Lu et approuvé"))
	a.Type = "application/pdf"
	for name, c := range map[string]struct {
		m    message.Message
		want casefile.Code
	}{
		"a phrase":     {message.Message{From: other, Reply: reading.Phrase(caseReference, fingerprint)}, casefile.SignedByPhrase},
		"a copy":       {message.Message{From: other, Attachments: []message.Attachment{a}}, casefile.SignedByCopy},
		"a question":   {message.Message{From: other, Reply: "Où en est la demande ?"}, ""},
		"another case": {message.Message{From: other, Reply: reading.Phrase("RBD-00000-00000", fingerprint)}, ""},
	} {
		back := readCharter(t, sent, fingerprint, nil, c.m, nil).Reading.Return
		if c.want == "" && back != nil || c.want != "" && (back == nil || back.Way != c.want || back.Outcome != casefile.ReturnAddress || !back.Doubtful()) {
			t.Errorf("%s: %+v", name, back)
		}
	}
}

// TestThePhraseInOurMail: what applicants copy from the charter's mail is the phrase.
func TestThePhraseInOurMail(t *testing.T) {
	if got := reading.PhraseIn("- répondez en écrivant la phrase : «\u00a0" + reading.Phrase(caseReference, "7K3M-9QX2") + "\u00a0» ;"); got != reading.Phrase(caseReference, "7K3M-9QX2") {
		t.Errorf("%q", got)
	}
}
