package reading_test

import (
	"crypto/x509"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"relance/domain/casefile"
	"relance/intake/reader/hostile"
	"relance/intake/reading"
	"relance/mail/message"
	"relance/proof/imprint"
	"relance/proof/seal"
)

const fingerprint = "7K3M-9QX2"

// returned reads a mail that brings a copy.
func returned(t *testing.T, sent, copied []byte, roots ...*x509.Certificate) *casefile.Return {
	t.Helper()
	a := message.NewFile("charte.pdf", "application/pdf", copied)
	a.Type = "application/pdf"
	return readCharter(t, sent, fingerprint, roots, message.Message{Reply: "Voici la charte signée.", Attachments: []message.Attachment{a}}, nil).Reading.Return
}

// TestNoAlteredCharterIsSigned alters a sealed charter in every way there is and lets it come back as it is, signed
// by words, and signed below by the representative, whose certificate is believed. All of it is for an officer.
func TestNoAlteredCharterIsSigned(t *testing.T) {
	jeanne := sealer(t, "MARTIN Jeanne")
	sent := signed(t, sealer(t, "Cachet de la Métropole"), charterOf(t, caseReference, fingerprint, commitments), seal.Seal{Reason: "Charte"})
	for _, a := range hostile.Alter(sent) {
		t.Run(a.Name, func(t *testing.T) {
			ways := map[string][]byte{"as it is": a.File, "signed digitally": signed(t, jeanne, a.File, seal.Seal{})}
			for way, copied := range ways {
				if back := returned(t, sent, copied, jeanne.Certificate()); back != nil && !back.Doubtful() { // nil: nobody can open it, and another copy is asked for
					t.Errorf("%s: %+v", way, back)
				}
			}
		})
	}
}

// TestWordsStuffedIntoFields: what was declared beforehand does not make its words harmless on the charter.
func TestWordsStuffedIntoFields(t *testing.T) {
	sent := charterOf(t, caseReference, fingerprint, commitments)
	for _, words := range []string{"je refuse sauf article 3", "Jeanne Martin refuse", "lu et approuve sous reserve", "rue du Refus", "Lu et approuvé, Jeanne Martin sauf"} {
		a := message.NewFile("charte.pdf", "application/pdf", writeOn(t, sent, words))
		a.Type = "application/pdf"
		for _, field := range []string{"adresse", "representant", "entreprise"} {
			facts := map[string]casefile.Value{"representant": {Written: "Jeanne Martin", Value: "Jeanne Martin"}}
			facts[field] = casefile.Value{Written: words, Value: words}
			if back := readCharterOf(t, sent, facts, message.Message{Reply: "Voici.", Attachments: []message.Attachment{a}}); back == nil || !back.Doubtful() {
				t.Errorf("%q in %s: %+v", words, field, back)
			}
		}
	}
}

// TestAMailThatSaysBoth: what contradicts a signature outweighs it, in whatever order they come.
func TestAMailThatSaysBoth(t *testing.T) {
	sent := charterOf(t, caseReference, fingerprint, commitments)
	good := message.NewFile("charte.pdf", "application/pdf", writeOn(t, sent, "Lu et approuvé, Jeanne Martin"))
	bad := message.NewFile("charte 2.pdf", "application/pdf", hostile.Alter(sent)[0].File)
	photo := message.NewFile("IMG.jpg", "image/jpeg", photographed(t, imprint.Mark{Reference: caseReference, Fingerprint: fingerprint}))
	good.Type, bad.Type, photo.Type = "application/pdf", "application/pdf", "image/jpeg"
	phrase := reading.Phrase(caseReference, fingerprint)
	for name, c := range map[string]struct {
		m    message.Message
		want casefile.Code
	}{
		"a phrase and an altered copy":    {message.Message{Reply: phrase, Attachments: []message.Attachment{bad}}, casefile.ReturnAdded},
		"a good and an altered copy":      {message.Message{Reply: "Voici.", Attachments: []message.Attachment{good, bad}}, casefile.ReturnAdded},
		"a good copy with a reservation":  {message.Message{Reply: "Voici la charte, sous réserve du bail.", Attachments: []message.Attachment{good}}, casefile.ReturnReserved},
		"a reservation in the subject":    {message.Message{Subject: "Charte signée sauf l'article 3", Reply: phrase}, casefile.ReturnReserved},
		"a reservation under the mark":    {message.Message{Text: phrase + "\n\n-- \nJeanne Martin\nL'article 3 ne m'engage pas.", Reply: phrase}, casefile.ReturnReserved},
		"a phrase and a photo":            {message.Message{Reply: phrase, Attachments: []message.Attachment{photo}}, casefile.ReturnSigned},
		"a subject of ours":               {message.Message{Subject: "Re: La charte renvoyée n'a pas le même texte – Prêt Rebond", Reply: phrase}, casefile.ReturnSigned},
		"a mail too long to be read":      {message.Message{Cut: true, Reply: phrase}, casefile.ReturnReserved},
		"a photo, whose code signs never": {message.Message{Reply: "Voici.", Attachments: []message.Attachment{photo}}, casefile.ReturnPicture},
	} {
		if back := readCharter(t, sent, fingerprint, nil, c.m, nil).Reading.Return; back == nil || back.Outcome != c.want {
			t.Errorf("%s: %+v, want %s", name, back, c.want)
		}
	}
}

// TestNoSubjectOfOursReserves answers each mail of ours on the charter, under its subject.
func TestNoSubjectOfOursReserves(t *testing.T) {
	sent := charterOf(t, caseReference, fingerprint, commitments)
	texts, err := filepath.Glob("../../letters/texts/fr/mail/*charter*.txt")
	if err != nil || len(texts) < 10 {
		t.Fatalf("%d texts: %v", len(texts), err)
	}
	choice := regexp.MustCompile(`{{if .Lends}}.*?{{else}}(.*?){{end}}`)
	define, agreement := regexp.MustCompile(`define "subject"}}(.*){{end}}`), strings.NewReplacer(`{{template "agreement" .}}`, "la charte d'engagement")
	for _, name := range texts {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		subject := "Re: " + choice.ReplaceAllString(agreement.Replace(string(define.FindSubmatch(text)[1])), "$1")
		if back := readCharter(t, sent, fingerprint, nil, message.Message{Subject: subject, Reply: reading.Phrase(caseReference, fingerprint)}, nil).Reading.Return; back == nil || back.Outcome != casefile.ReturnSigned {
			t.Errorf("%s: %+v", subject, back)
		}
	}
}
