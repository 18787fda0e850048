package reading_test

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"relance/domain/casefile"
	"relance/intake/reading"
	"relance/mail/message"
)

// parsed is a mail of the applicant of a case, as it came.
func parsed(t *testing.T, raw []byte) (message.Message, casefile.Facts) {
	t.Helper()
	m, err := message.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return *m, casefile.Facts{Applicant: casefile.Person{Email: m.From.Address}, Fields: map[string]casefile.Value{}}
}

var leaseMissing = []casefile.Want{{What: casefile.WantDocument, ID: "bail"}}

// TestWhatMailProgramsAdd: signatures of a mail, visiting cards and logos are no documents, and never the one that is missing.
func TestWhatMailProgramsAdd(t *testing.T) {
	for file, stage := range map[string]casefile.Stage{"08-smime-phrase": casefile.AwaitingCharter, "10-phrase-logo-vcard": casefile.AwaitingCharter, "11-only-vcard-logo": casefile.Incomplete} {
		raw, err := os.ReadFile("testdata/everyday/" + file + ".eml")
		if err != nil {
			t.Fatal(err)
		}
		m, facts := parsed(t, raw)
		s := casefile.State{Reference: "RBD-YZJQ8-NRNQP", Stage: stage, Missing: leaseMissing}
		r := read(t, s, facts, m)
		if len(r.Reading.Documents) > 0 {
			t.Errorf("%s: %d documents, the first a %s (%s)", file, len(r.Reading.Documents), r.Reading.Documents[0].Kind, r.Reading.Documents[0].Problem)
		}
		if signs := stage == casefile.AwaitingCharter; signs != (r.Reading.Intent == string(reading.Sign)) {
			t.Errorf("%s: intent %q", file, r.Reading.Intent)
		}
	}
	picture := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x01\x00\x00\x00\x01\x00\x08\x06\x00\x00\x00"), bytes.Repeat([]byte{7}, 9<<10)...)
	photo := append([]byte("\xff\xd8\xff\xe0\x00\x10JFIF\x00"), bytes.Repeat([]byte{7}, 90<<10)...)
	pgp := []byte("-----BEGIN PGP SIGNATURE-----\n\niQEzBAEBCAAdFiEE\n-----END PGP SIGNATURE-----\n")
	for _, c := range []struct {
		name, declared string
		content        []byte
		kind           string // empty: no document
	}{
		{"signature.asc", "application/pgp-signature", pgp, ""}, {"OpenPGP_signature.asc", "application/octet-stream", pgp, ""},
		{"OpenPGP_0x1234.asc", "application/pgp-keys", []byte("-----BEGIN PGP PUBLIC KEY BLOCK-----\n"), ""},
		{"smime.p7s", "application/octet-stream", []byte("0\x80\x06\x09*\x86H"), ""}, {"invite.ics", "text/calendar", []byte("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"), ""},
		{"Jeanne.vcf", "text/vcard", []byte("BEGIN:VCARD\r\nVERSION:4.0\r\nEND:VCARD\r\n"), ""}, {"image003.png", "image/png", picture, ""},
		{"Outlook-abc1x.png", "image/png", picture, ""}, {"logo-boulangerie.png", "image/png", picture, ""}, {"LinkedIn.png", "image/png", picture, ""},
		{"bail.png", "image/png", picture, "bail"}, {"scan.png", "image/png", picture, "bail"}, {"image001.jpg", "image/jpeg", photo, "bail"},
		{"smime.p7s", "application/pkcs7-signature", tinyPDF(), "bail"}, {"bail.vcf", "text/vcard", tinyPDF(), "bail"},
	} {
		m := message.Message{MessageID: "m", From: message.Address{Address: "a@b.fr"}, Reply: "Bonjour", Attachments: []message.Attachment{message.NewFile(c.name, c.declared, c.content)}}
		r := read(t, casefile.State{Stage: casefile.Incomplete, Missing: leaseMissing}, casefile.Facts{Applicant: casefile.Person{Email: "a@b.fr"}}, m)
		kind := ""
		if len(r.Reading.Documents) > 0 {
			kind = r.Reading.Documents[0].Kind
		}
		if kind != c.kind {
			t.Errorf("%s, declared %s: %q, want %q", c.name, c.declared, kind, c.kind)
		}
	}
}

// TestLinksAreNoFiles: a link to a file is told to the applicant, once for each service; other links are nothing.
func TestLinksAreNoFiles(t *testing.T) {
	for body, want := range map[string]string{
		"Voici le bail : https://drive.google.com/file/d/1aB2c/view?usp=sharing":                         "drive.google.com",
		"Cliquez pour télécharger\nhttps://www.icloud.com/attachment/?u=https%3A%2F%2Fcvws.icloud":       "www.icloud.com",
		"Les pièces : https://we.tl/t-AbCdEf123, merci":                                                  "we.tl",
		"Pièces sur we.tl/t-AbCdEf123.":                                                                  "we.tl",
		"https://www.dropbox.com/scl/fi/abc/bail.pdf?dl=0 et https://www.dropbox.com/scl/fi/def/rib.pdf": "www.dropbox.com",
		"https://1drv.ms/b/s!Abc":                          "1drv.ms",
		"https://firme-my.sharepoint.com/:b:/g/personal/x": "firme-my.sharepoint.com",
		"https://fromsmash.com/abc-def":                    "fromsmash.com",
		"https://www.grosfichiers.com/AbcDe":               "www.grosfichiers.com",
		"https://www.swisstransfer.com/d/0f1e":             "www.swisstransfer.com",
		"https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fwe.tl%2Ft-Abc&data=05":         "we.tl",
		"<a href=\"https://drive.google.com/file/d/1aB2c/view\">bail.pdf</a>":                             "drive.google.com",
		"<p>Voici</p><a class=x href='https://onedrive.live.com/?id=1&amp;x=2'>Ouvrir</a>":                "onedrive.live.com",
		"Notre site : https://www.boulangerie-martin.fr, et https://www.facebook.com/boulangerie.martin.": "",
		"Envoyé depuis https://www.icloud.com et https://www.dropbox.com/help":                            "",
	} {
		kind := "plain"
		if strings.HasPrefix(body, "<") {
			kind = "html"
		}
		m, facts := parsed(t, []byte("From: Jeanne <jeanne@b.example>\r\nTo: aides@localhost\r\nSubject: bail\r\nMessage-ID: <1@b.example>\r\n"+
			"MIME-Version: 1.0\r\nContent-Type: text/"+kind+"; charset=utf-8\r\n\r\n"+body+"\r\n"))
		r := read(t, casefile.State{Stage: casefile.Incomplete, Missing: leaseMissing}, facts, m)
		got := ""
		for _, d := range r.Reading.Documents {
			if d.Problem != reading.ProblemLink || d.Kind != reading.Other || d.Key != "" {
				t.Errorf("%s: a %s with problem %q", body, d.Kind, d.Problem)
			}
			got += strings.TrimPrefix(r.Facts.Names[d.SHA256], "Lien vers ")
		}
		if got != want {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
	}
}

// TestEverydayApplications: whole applications as they came, with what was once misread in them.
func TestEverydayApplications(t *testing.T) {
	for file, want := range map[string]map[string]string{
		"04-loss":      {"benefice": "-320000", "loyer_mensuel": "48050"},
		"05-oui-non":   {"proprietaire": "", "declaration": ""},
		"03-form-qpdf": {"entreprise": "Librairie du Canal", "proprietaire": "false", "loyer_mensuel": "48050", "date_creation": "2017-09-15", "activite": "commerce"},
	} {
		raw, err := os.ReadFile("testdata/everyday/" + file + ".eml")
		if err != nil {
			t.Fatal(err)
		}
		m, _ := parsed(t, raw)
		r := read(t, casefile.State{}, casefile.Facts{}, m)
		for field, value := range want {
			if got := r.Facts.Fields[field]; got.Value != value || value != "" && got.Problem != "" {
				t.Errorf("%s: %s is %q (%s), want %q", file, field, got.Value, got.Problem, value)
			}
		}
		if n := len(r.Facts.Fields); n < 14 {
			t.Errorf("%s: %d values", file, n)
		}
	}
}

// TestAFormThatSaysNothing: a form whose answers cannot be read is told to the applicant, and a document of another name is one.
func TestAFormThatSaysNothing(t *testing.T) {
	for name, problem := range map[string]string{"fonds-rebond-formulaire.pdf": reading.ProblemForm, "Formulaire rempli (1).pdf": reading.ProblemForm, "scan.pdf": "", "bail.pdf": ""} {
		m := message.Message{MessageID: "m", From: message.Address{Address: "a@b.fr"}, Reply: "Bonjour", Attachments: []message.Attachment{message.NewFile(name, "application/pdf", tinyPDF())}}
		r := read(t, casefile.State{Stage: casefile.Incomplete}, casefile.Facts{Applicant: casefile.Person{Email: "a@b.fr"}}, m)
		if len(r.Reading.Documents) != 1 || r.Reading.Documents[0].Problem != problem {
			t.Errorf("%s: %d documents, want one with problem %q", name, len(r.Reading.Documents), problem)
		}
	}
}
