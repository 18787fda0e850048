package workflows_test

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"relance/domain/casefile"
	"relance/intake/clamd"
	"relance/mail/message"
	"relance/mail/outbox"
)

// TestWhatEachVerdictAllows goes through what a mail may ask for and how far its sender is proven.
func TestWhatEachVerdictAllows(t *testing.T) {
	asks := map[string]mail{
		"signature":   signature,
		"signed copy": {text: "Voici la charte signée.", sign: byHand},
		"withdrawal":  {text: "Je retire ma demande."},
		"bank":        {text: newIBAN},
		"facts":       {text: "Effectif : 4"},
		"document":    {text: "Voici une quittance de plus.", files: []string{"quittance avril.pdf"}},
	}
	for _, c := range []struct {
		who, from, dmarc string
		does             []string // what takes effect by itself
		why              casefile.Code
	}{
		{"the applicant, proven", jeanne, "pass", []string{"signature", "signed copy", "withdrawal", "facts", "document"}, ""},
		{"the applicant, nothing proves it", jeanne, "none", nil, casefile.HeldUnproven},
		{"the applicant, disowned", jeanne, "fail", nil, casefile.HeldForged},
		{"somebody else, proven", "autre@x.example", "pass", nil, casefile.HeldStranger},
		{"somebody else, nothing proves it", "autre@x.example", "none", nil, casefile.HeldStranger},
		{"somebody else, disowned", "autre@x.example", "fail", nil, casefile.HeldStranger},
		{"the same name at a domain that looks alike", "jeanne@boulangerie.exampIe", "pass", nil, casefile.HeldStranger},
	} {
		for what, m := range asks {
			t.Run(c.who+"/"+what, func(t *testing.T) {
				w := newWorld(t)
				w.on(0, whole())
				m.from, m.dmarc = c.from, c.dmarc
				var before, after casefile.State
				w.env.RegisterDelayedCallback(func() { before = w.query() }, day-time.Hour)
				w.on(day, m)
				w.env.RegisterDelayedCallback(func() { after = w.query() }, 2*day)
				w.dismisses(3 * day)                        // until then the case waits
				if ended := w.run(); after.Journal == nil { // a withdrawal
					after = ended
				}
				did := map[string]bool{
					"signature": !after.Charter.Signed.IsZero(), "signed copy": !after.Charter.Signed.IsZero(), "withdrawal": after.Stage == casefile.Withdrawn,
					"bank": after.Kin.IBAN != before.Kin.IBAN, "facts": after.Facts != before.Facts, "document": len(after.Documents) > len(before.Documents),
				}
				if want := slices.Contains(c.does, what); did[what] != want {
					t.Errorf("took effect: %v, want %v", did[what], want)
				}
				held := c.why != "" && !slices.Contains(c.does, what)
				if (len(after.Held) == 1) != held || held && (after.Held[0].Why != c.why || !after.WaitsForOfficer()) {
					t.Errorf("held: %+v, concerns %v", after.Held, after.Concerns)
				}
				if what == "bank" && c.who == "the applicant, proven" && !contains(after.Concerns, casefile.ConcernBank) {
					t.Errorf("no officer is told of other bank details: %v", after.Concerns)
				}
				if what != "withdrawal" && after.Stage == casefile.Withdrawn || what != "bank" && after.Kin.IBAN != before.Kin.IBAN {
					t.Errorf("something else changed: %s", after.Stage)
				}
			})
		}
	}
}

// loops are machines that answer whatever we write and do not say that they are machines.
var loops = map[string]func(letterOut) *mail{
	"the applicant's own responder": func(letterOut) *mail {
		return &mail{text: "Votre message a bien été enregistré sous le numéro 4711. Un technicien vous répondra. Pouvez-vous préciser ?"}
	},
	"a responder at another address": func(letterOut) *mail {
		return &mail{from: "support@x.example", text: "Ticket créé. Que pouvons-nous faire pour vous ?"}
	},
	"one that throws the mail back": func(out letterOut) *mail {
		return &mail{text: "Je ne comprends pas ?\n\n" + strings.ReplaceAll(out.Text, "\n", "\n> ")}
	},
	"one that sends a file each time": func(letterOut) *mail { return &mail{text: "Voici ?", files: []string{"capture.pdf"}} },
}

// TestALoopComesToRest: a machine that answers at once and hides what it is gets so many mails a day, and then none.
func TestALoopComesToRest(t *testing.T) {
	const aDay = 14 // twelve by itself, and what the procedure owes
	for name, echo := range loops {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			part := whole()
			part.files = part.files[:3]
			w.echo = echo
			w.on(0, part)
			if strings.Contains(name, "another") {
				w.on(time.Hour, *echo(letterOut{}))
			}
			var s casefile.State
			w.env.RegisterDelayedCallback(func() { s = w.query() }, 10*day)
			for n := range 10 { // each reminder is answered
				w.dismisses(time.Duration(11+5*n) * day)
			}
			w.run()
			days := map[string]int{}
			for _, m := range w.sent {
				days[m.day]++
			}
			for date, n := range days {
				if n > aDay {
					t.Errorf("%d mails went out on %s", n, date)
				}
			}
			if days["2020-09-15"] < 10 {
				t.Errorf("there was no loop: %v", days)
			}
			if len(days) > 6 { // the first day, two reminders, the end: nothing in between
				t.Errorf("it goes on for days: %v", days)
			}
			if !s.WaitsForOfficer() {
				t.Error("no officer is told")
			}
		})
	}
}

// TestALoopWithAnEndedCaseComesToRest wakes a case that has ended with each answer to its answer.
func TestALoopWithAnEndedCaseComesToRest(t *testing.T) {
	w := newWorld(t)
	w.on(0, whole())
	w.on(day, mail{text: "Je retire ma demande."})
	w.run()
	objects := w.objects
	sent := 0
	for i := range 40 {
		again := newWorld(t)
		again.objects, again.mails = objects, 100+i
		again.on(time.Duration(i)*time.Second, mail{text: fmt.Sprintf("Ticket %d créé. Que voulez-vous ?", i)})
		again.runFrom(casefile.Opening{Reference: reference, Resume: true})
		if sent += len(again.sent); len(again.sent) == 0 {
			if i > 13 {
				t.Errorf("it rests after %d mails", i)
			}
			return // nothing is left to answer
		}
	}
	t.Errorf("%d mails went out and no end", sent)
}

// TestTwoEnginesComeToRest: what we write says that it is automatic, and what says so is not answered.
func TestTwoEnginesComeToRest(t *testing.T) {
	w := newWorld(t)
	w.echo = func(out letterOut) *mail {
		header := map[string]string{}
		if out.AutoSubmitted != "" {
			header["Auto-Submitted"] = out.AutoSubmitted
		}
		return &mail{text: "Madame, Monsieur,\n\nNous avons reçu votre demande. Il manque ?", header: header}
	}
	w.on(0, whole())
	w.on(day, mail{text: "Je retire ma demande."})
	w.run()
	w.expect("2020-09-15 acknowledgement", "2020-09-15 charter", "2020-09-16 withdrawn")
}

// report is a delivery report on one of our mails.
func report(name string, seq int) mail {
	return mail{raw: []byte("From: MAILER-DAEMON@mx.example\r\nSubject: Undelivered Mail\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=B\r\n\r\n" +
		"--B\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns;x\r\n\r\nFinal-Recipient: rfc822;" + jeanne + "\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n" +
		"--B\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: <" + fmt.Sprintf("%s.%d.%s", strings.ToLower(reference), seq, name) + "@metropole.example>\r\n\r\n--B--\r\n")}
}

// TestABounceOfAnyMailTellsTheOfficer: whatever mail was not delivered, the case says that the applicant was not reached, and nobody is answered.
func TestABounceOfAnyMailTellsTheOfficer(t *testing.T) {
	for seq, name := range map[int]string{1: "acknowledgement", 2: "charter"} {
		w := newWorld(t)
		w.on(0, whole())
		w.on(time.Hour, report(name, seq))
		var s casefile.State
		w.env.RegisterDelayedCallback(func() { s = w.query() }, 2*time.Hour)
		w.env.RegisterDelayedCallback(func() {
			if folder := string(w.objects[casefile.Folder(reference)+"case.json"]); !strings.Contains(folder, `"undelivered"`) {
				t.Errorf("%s: the case folder does not say that it came back", name)
			}
		}, 2*time.Hour)
		w.run()
		if !contains(s.Concerns, casefile.ConcernUndelivered) || !s.WaitsForOfficer() || s.Stage != casefile.AwaitingCharter {
			t.Errorf("%s: %s, %v", name, s.Stage, s.Concerns)
		}
		if got := len(w.sent); w.sent[2].day == w.sent[0].day {
			t.Errorf("%s: %d mails, the bounce was answered: %s", name, got, w.sent[2].name)
		}
	}
}

// scanner stands in for clamd, which has tests with a real one of its own (package clamd): it finds what begins like this.
type scanner string

func (s scanner) Scan(_ context.Context, r io.Reader) (clamd.Verdict, error) {
	content, err := io.ReadAll(r)
	return clamd.Verdict{Infected: strings.Contains(string(content), string(s)), Signature: "Test"}, err
}

// archive makes a zip file; locked sets the mark of encryption.
func archiveOf(t *testing.T, locked bool, files map[string][]byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for name, content := range files {
		h := &zip.FileHeader{Name: name, Method: zip.Deflate}
		f, err := z.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	raw := out.Bytes()
	if locked {
		for _, mark := range []string{"PK\x03\x04", "PK\x01\x02"} {
			at := bytes.Index(raw, []byte(mark))
			raw[at+map[string]int{"PK\x03\x04": 6, "PK\x01\x02": 8}[mark]] |= 1
		}
	}
	return raw
}

// TestWhatIsRefusedIsSaidByNameWithReasonAndRemedy sends files that are not taken.
func TestWhatIsRefusedIsSaidByNameWithReasonAndRemedy(t *testing.T) {
	many := map[string][]byte{}
	for i := range 130 {
		many[fmt.Sprintf("page %03d.jpg", i)] = append([]byte("\xff\xd8\xff\xe0\x00\x10JFIF\x00"), byte(i), byte(i>>8))
	}
	for _, c := range []struct {
		file    string
		content []byte
		told    []string
		stored  bool // beside the raw mail
	}{
		{"facture.pdf.exe", []byte("MZ\x90\x00\x03\x00\x00\x00 This program cannot be run in DOS mode"), []string{"facture.pdf.exe", "programme", "PDF ou en photo"}, false},
		{"devis.docm", archiveOf(t, false, map[string][]byte{"[Content_Types].xml": []byte("<Types/>"), "word/document.xml": []byte("<w/>"), "word/vbaProject.bin": []byte("x")}), []string{"devis.docm", "macros", "PDF ou en photo"}, false},
		{"scan.pdf", append(onePage(t, "scan"), "VIRUS"...), []string{"scan.pdf", "virus", "PDF ou en photo"}, false},
		{"dossier.zip", archiveOf(t, true, map[string][]byte{"bail.pdf": onePage(t, "bail")}), []string{"dossier.zip", "mot de passe", "sans mot de passe"}, true},
		{"dossier.zip", []byte("PK\x03\x04 et puis rien"), []string{"dossier.zip", "ne peut pas être ouvert", "directement"}, true},
		{"bombe.zip", archiveOf(t, false, map[string][]byte{"zero.bin": make([]byte, 64<<20)}), []string{"bombe.zip", "trop gros", "directement"}, true},
		{"photos.zip", archiveOf(t, false, many), []string{"trop de fichiers", "plusieurs messages"}, true},
		{"notes.pages", []byte("\x00\x01\x02 une application que personne n'a"), []string{"notes.pages", "format", "PDF ou une photo"}, true},
	} {
		w := newWorld(t)
		w.acts.Scanner = scanner("VIRUS")
		raw, err := outbox.Compose(outbox.Mail{From: message.Address{Name: "Jeanne Martin", Address: jeanne}, To: message.Address{Address: "aides+rebond@metropole.example"},
			Subject: "Demande", Text: fields, Date: received, MessageID: "1@test.example",
			Attachments: []outbox.Attachment{{Name: c.file, Type: "application/octet-stream", Content: c.content}}})
		if err != nil {
			t.Fatal(err)
		}
		w.on(0, mail{raw: raw})
		s := w.run()
		text := strings.NewReplacer("\u00a0", " ", "\n", " ", "  ", " ").Replace(w.sent[0].Text)
		for _, want := range c.told {
			if !strings.Contains(text, want) {
				t.Errorf("%s: the applicant is not told %q:\n%s", c.file, want, w.sent[0].Text)
			}
		}
		stored := 0
		for key := range w.objects {
			if strings.Contains(key, "/documents/") {
				stored++
			}
		}
		if (stored > 0) != c.stored || len(s.Documents) > 101 {
			t.Errorf("%s: %d files stored, %d in the case", c.file, stored, len(s.Documents))
		}
	}
}

// TestPhotosAreKeptAsTheyAre: what a telephone takes is stored byte for byte, with all it says of itself.
func TestPhotosAreKeptAsTheyAre(t *testing.T) {
	exif := "\x00\x00MM\x00*\x00\x00\x00\x08"
	photos := map[string][]byte{
		"IMG_0001.JPG":  []byte("\xff\xd8\xff\xe1\x00\x10Exif" + exif + "\xff\xdb\x00\x43" + strings.Repeat("\x00\r\n.\r\n", 40) + "\xff\xd9"),
		"IMG_0002.HEIC": []byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + strings.Repeat("\xff\x00\n", 100)),
	}
	out := outbox.Mail{From: message.Address{Name: "Jeanne Martin", Address: jeanne}, To: message.Address{Address: "aides+rebond@metropole.example"}, Subject: "Demande", Text: fields, Date: received, MessageID: "1@test.example"}
	for name, content := range photos {
		out.Attachments = append(out.Attachments, outbox.Attachment{Name: name, Type: "image/" + strings.ToLower(name[9:]), Content: content})
	}
	raw, err := outbox.Compose(out)
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	w.on(0, mail{raw: raw})
	s := w.run()
	if len(s.Documents) != len(photos) {
		t.Fatalf("%+v", s.Documents)
	}
	for _, d := range s.Documents {
		same := false
		for _, content := range photos {
			same = same || bytes.Equal(content, w.objects[d.Key])
		}
		if !same || d.Problem != "" || !strings.HasPrefix(d.Type, "image/") {
			t.Errorf("%s: %+v", d.Key, d)
		}
	}
}

// TestAPDFThatActsIsKeptAndFlagged: the officer is warned, the applicant is not bothered.
func TestAPDFThatActsIsKeptAndFlagged(t *testing.T) {
	active := []byte("%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n")
	raw, err := outbox.Compose(outbox.Mail{From: message.Address{Name: "Jeanne Martin", Address: jeanne}, To: message.Address{Address: "aides+rebond@metropole.example"}, Subject: "Demande", Text: fields, Date: received,
		MessageID: "1@test.example", Attachments: []outbox.Attachment{{Name: "kbis.pdf", Type: "application/pdf", Content: active}}})
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	w.on(0, mail{raw: raw})
	s := w.run()
	if len(s.Documents) != 1 || s.Documents[0].Flag != "pdf_active" || s.Documents[0].Problem != "" || w.objects[s.Documents[0].Key] == nil {
		t.Errorf("%+v", s.Documents)
	}
}
