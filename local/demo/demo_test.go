package demo_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"google.golang.org/protobuf/encoding/protojson"

	"relance/domain/casefile"
	"relance/local/demo"
	"relance/local/devstack"
	"relance/local/run"
	"relance/mail/mailbox"
	"relance/mail/message"
	"relance/mail/outbox"
	"relance/office/desk"
	"relance/process/config"
	"relance/process/engine"
	"relance/store/archive"
)

var quiet = slog.New(slog.DiscardHandler)

// inbox reads an applicant's inbox.
func inbox(ctx context.Context, l *run.Local, account string) ([]*message.Message, error) {
	c := config.Defaults()
	c.IMAP.Server = l.Imap(account)
	box, err := engine.Mailbox(c, quiet)
	if err != nil {
		return nil, err
	}
	var mails []mailbox.Mail
	for range 3 { // mox 0.0.15 drops a session in which a mail arrives between SELECT and SEARCH
		if mails, err = box.List(ctx, "INBOX"); err == nil {
			break
		}
	}
	if err != nil {
		return nil, err
	}
	var parsed []*message.Message
	for _, m := range mails {
		p, err := message.Read(m.Reader())
		if err != nil {
			return nil, err
		}
		parsed = append(parsed, p)
	}
	return parsed, nil
}

// name is what the engine calls a mail of its own.
func name(m *message.Message) string {
	return strings.Split(strings.Split(m.MessageID+"@", "@")[0]+"..", ".")[2]
}

// count counts mails by name.
func count(mails []*message.Message) map[string]int {
	n := map[string]int{}
	for _, m := range mails {
		n[name(m)]++
	}
	return n
}

// TestTheDemonstration sends every sample through the three real servers by mail alone, and looks at what the applicants
// find in their mailboxes, what lies in the case folders, and what Temporal knows.
func TestTheDemonstration(t *testing.T) {
	if testing.Short() {
		t.Skip("starts the three real servers")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 6*time.Minute)
	defer cancel()
	var results bytes.Buffer
	var log devstack.Record
	data := t.TempDir()
	err := demo.Run(ctx, demo.Options{Data: data, Day: time.Second, Exit: true, Samples: demo.Samples(), Results: &results, Screen: io.Discard, Log: slog.New(slog.NewTextHandler(&log, nil)),
		Inspect: func(ctx context.Context, l *run.Local) error {
			inspectInboxes(ctx, t, l)
			inspectFolders(ctx, t, l)
			inspectSeals(ctx, t, l)
			inspectTemporal(ctx, t, l)
			inspectSecrets(ctx, t, l, data, &log)
			inspectMetrics(t, l, len(demo.Samples())-1)
			inspectLog(t, &log)
			return nil
		}})
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(results.String()), "\n")
	if len(lines) != len(demo.Samples())-1 { // the third party has no case
		t.Fatalf("%d lines of JSON for %d samples", len(lines), len(demo.Samples()))
	}
	for _, line := range lines {
		var r demo.Result
		if err := json.Unmarshal([]byte(line), &r); err != nil || !casefile.IsReference(r.Reference) || r.MailsIn == 0 || r.MailsOut == 0 || r.Documents == 0 {
			t.Errorf("%s: %v", line, err)
		}
	}
}

// inspectInboxes looks at what each applicant received.
func inspectInboxes(ctx context.Context, t *testing.T, l *run.Local) {
	for account, want := range map[string]map[string]int{
		"boulangerie":  {"acknowledgement": 1, "charter": 1, "charter-signed": 1, "grant": 1, "closing": 1},
		"librairie":    {"acknowledgement": 1, "still-missing": 1, "charter": 1, "charter-signed": 1, "grant": 1, "closing": 1},
		"garage":       {"acknowledgement": 1, "reject": 1, "closing": 1},
		"fleuriste":    {"acknowledgement": 1, "charter": 1, "reminder-charter": 2, "lapse": 1},
		"salon":        {"acknowledgement": 1, "charter": 1, "withdrawn": 1},
		"bijouterie":   {"acknowledgement": 1, "charter": 1, "reminder-charter": 1, "charter-signed": 1, "grant": 1, "closing": 1},
		"epicerie":     {"acknowledgement": 1, "charter": 1, "charter-signed": 1, "grant": 1, "closing": 1},
		"cordonnerie":  {"acknowledgement": 1, "reject": 1, "appeal-received": 1, "appeal-charter": 1, "charter-signed": 1, "appeal-granted": 1, "closing": 1},
		"hotel":        {"acknowledgement": 1, "grant": 1, "closing": 1},
		"boutique":     {"acknowledgement": 1, "grant": 1, "report-received": 1, "payment-ordered": 2, "closing": 1},
		"conciergerie": {"acknowledgement": 1, "grant": 1, "closing": 1},
		"fabrique":     {"acknowledgement": 1, "grant": 1, "report-received": 1, "payment-ordered": 2, "closing": 1},
		"menuiserie":   {"acknowledgement": 1, "charter": 1, "charter-signed": 1, "grant": 1, "closing": 1},
		"maison":       {"acknowledgement": 1, "complete": 1, "grant": 1, "closing": 1},
		"mairie":       {"opinion": 1},
	} {
		mails, err := inbox(ctx, l, account)
		if err != nil {
			t.Errorf("%s: %v", account, err)
			continue
		}
		got := count(mails)
		for reminder := range maps.Keys(got) { // how many come before the answer depends on how fast the machine is
			if strings.HasPrefix(reminder, "reminder-") && want[reminder] != 2 {
				delete(got, reminder)
			}
		}
		if want["reminder-charter"] == 1 {
			delete(want, "reminder-charter")
		}
		if !maps.Equal(got, want) {
			t.Errorf("%s received %v, want %v", account, got, want)
		}
		for _, m := range mails {
			if n := name(m); n == "grant" || n == "reject" || n == "closing" || n == "lapse" || n == "charter" {
				if len(m.Attachments) != 1 || api.Validate(bytes.NewReader(m.Attachments[0].Content()), nil) != nil {
					t.Errorf("%s: %s carries no letter that opens", account, n)
				}
			}
			if (m.InReplyTo == "") != (name(m) == "opinion") || !casefile.IsReference(strings.Trim(strings.Fields(m.Subject)[0], "[]")) || m.AutoSubmitted == "" {
				t.Errorf("%s: %s stands outside the thread: %q %q", account, name(m), m.InReplyTo, m.Subject)
			}
		}
	}
}

// inspectFolders looks at the archive: everything is there, and no name of a person or firm is in a key.
func inspectFolders(ctx context.Context, t *testing.T, l *run.Local) {
	d := desk.Desk{Temporal: l.Engine.Temporal, Archive: l.Engine.Archive}
	cases, err := d.List(ctx, desk.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		objects, err := l.Engine.Archive.List(ctx, casefile.Folder(c.Reference))
		if err != nil {
			t.Fatal(err)
		}
		kinds := map[string]int{}
		for _, o := range objects {
			rest := strings.TrimPrefix(o.Key, casefile.Folder(c.Reference))
			if i := strings.LastIndexByte(rest, '/'); i >= 0 {
				kinds[rest[:i]]++
			} else {
				kinds[rest]++
			}
			for _, private := range []string{"boulangerie", "martin", "librairie", "dubois", "garage", "localhost"} {
				if strings.Contains(strings.ToLower(o.Key), private) {
					t.Errorf("the key %s says who applied", o.Key)
				}
			}
		}
		s, err := d.State(ctx, c.Reference)
		if err != nil {
			t.Fatal(err)
		}
		stored, err := l.Engine.Archive.Get(ctx, casefile.Folder(c.Reference)+"case.json")
		var kept casefile.State
		if err != nil || json.Unmarshal(stored, &kept) != nil || kept.Stage != s.Stage || kept.Chain.Length != s.Stored.Length-1 {
			t.Errorf("%s: the folder's case is not the workflow's: %s with %d entries, %s with %d (%v)", c.Reference, kept.Stage, kept.Chain.Length, s.Stage, s.Stored.Length, err)
		}
		if kinds["mail/in"] < s.MailsIn || kinds["mail/out"] != 2*s.MailsOut || kinds["documents"] != len(s.Documents) || kinds["facts"] == 0 || kinds["journal.jsonl"] != 1 {
			t.Errorf("%s: %v for %d mails in, %d out, %d documents", c.Reference, kinds, s.MailsIn, s.MailsOut, len(s.Documents))
		}
	}
}

// maxEvents is how long the history of a granted case may be.
const maxEvents = 60

// inspectTemporal looks at the histories and, with RELANCE_RECORD, keeps them for the replay tests.
func inspectTemporal(ctx context.Context, t *testing.T, l *run.Local) {
	d := desk.Desk{Temporal: l.Engine.Temporal, Archive: l.Engine.Archive}
	head, err := d.Plan(ctx, "plan-relance")
	balance := head.Lines["fonds-rebond"]
	if err != nil || balance.Committed != 144150+150000+150000+99999+600000+123000 || balance.Reserved != 0 || balance.Left() != 20_000_000_00-balance.Committed {
		t.Errorf("the envelope: %+v, %v", balance, err)
	}
	for line, cents := range map[string]int64{"proximite/boutiques/59512": 500000, "proximite/boutiques": 500000, "proximite/fabrique-emploi": 2000000, "proximite": 500000 + 2000000} {
		if f := head.Lines[line]; f.Paid != cents {
			t.Errorf("%s: %d cents are paid, want %d", line, f.Paid, cents)
		}
	}
	cases, err := d.List(ctx, desk.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		history, err := recorder(l).Fetch(ctx, c.Reference, "")
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(history.String(), "_tracer-data") {
			t.Error("a trace context in a history, and tracing is off")
		}
		s, err := d.State(ctx, c.Reference)
		if err != nil {
			t.Fatal(err)
		}
		f, err := d.Facts(ctx, s)
		if err != nil {
			t.Fatal(err)
		}
		account, _, _ := strings.Cut(f.Applicant.Email, "@")
		if n := len(history.Events); account == "boulangerie" {
			t.Logf("a granted case that was complete at once: %d events", n)
			if n > maxEvents+8*s.Reminded {
				t.Errorf("%d events, want at most %d", n, maxEvents)
			}
		}
		text, err := protojson.Marshal(history)
		if err != nil {
			t.Fatal(err)
		}
		for _, private := range []string{f.Applicant.Email, f.Applicant.Name} {
			if bytes.Contains(text, []byte(private)) {
				t.Errorf("%s: the history knows %q", c.Reference, private)
			}
		}
		if r := recorder(l); r.Folder != "" {
			if _, err := r.Keep(account, history); err != nil {
				t.Fatal(err)
			}
		}
	}
	keepHistories(t, l, "demonstration")
}

// post lets an applicant send one application to a running engine, and waits for what comes back.
func post(t *testing.T, l *run.Local, account string, m outbox.Mail) *message.Message {
	t.Helper()
	id := send(t, l, account, m)
	for end := time.Now().Add(90 * time.Second); time.Now().Before(end); time.Sleep(300 * time.Millisecond) {
		mails, err := inbox(t.Context(), l, account)
		if err != nil {
			t.Fatal(err)
		}
		for _, answer := range mails {
			if answer.InReplyTo == id {
				return answer
			}
		}
	}
	t.Fatal("no answer came")
	return nil
}

// send lets an applicant send one application, and gives its Message-ID.
func send(t *testing.T, l *run.Local, account string, m outbox.Mail) string {
	t.Helper()
	sender, err := engine.Outbox(l.Smtp(account), account+"@localhost")
	if err != nil {
		t.Fatal(err)
	}
	defer sender.Close()
	m.From = message.Address{Name: "Jeanne", Address: account + "@localhost"}
	if m.To.Address == "" {
		m.To.Address = "aides+rebond@localhost"
	}
	m.MessageID, m.Date = fmt.Sprintf("%d@%s.localhost", time.Now().UnixNano(), account), time.Now()
	raw, err := outbox.Compose(m)
	if err == nil {
		_, err = sender.Send(t.Context(), account+"@localhost", []string{m.To.Address}, raw)
	}
	if err != nil {
		t.Fatal(err)
	}
	return m.MessageID
}

// TestBadInputIsAnsweredClearlyAndLosesNothing sends what applicants should not, and reads what they are told.
func TestBadInputIsAnsweredClearlyAndLosesNothing(t *testing.T) {
	accounts := []string{"vide", "illisible", "enorme", "siret", "iban"}
	l := started(t, run.Options{Applicants: accounts})
	l.Run(t.Context())
	file := func(name string, content []byte) []outbox.Attachment {
		return []outbox.Attachment{{Name: name, Type: "application/pdf", Content: content}}
	}
	for _, c := range []struct {
		account string
		mail    outbox.Mail
		told    []string
	}{
		{"vide", outbox.Mail{Subject: "Demande"}, []string{"SIRET", "Extrait Kbis", "Loyer mensuel"}},
		{"illisible", outbox.Mail{Subject: "Demande", Text: "Voici.", Attachments: file("kbis.pdf", []byte("%PDF-1.4\nrien"))}, []string{"le fichier PDF reçu ne peut pas être ouvert"}},
		{"enorme", outbox.Mail{Subject: "Demande", Text: "Voici.", Attachments: file("bail.pdf", append([]byte("%PDF-1.4\n"), make([]byte, 30<<20)...))}, []string{"dépasse 20 Mo"}},
		{"siret", outbox.Mail{Subject: "Demande", Text: "SIRET : 123 456 789 00012"}, []string{"SIRET : le numéro reçu n'est pas un SIRET valable"}},
		{"iban", outbox.Mail{Subject: "Demande", Text: "IBAN : FR76 3000 6000 0112 3456 7890 188"}, []string{"l'IBAN reçu comporte une erreur"}},
	} {
		answer := post(t, l, c.account, c.mail)
		text := strings.ReplaceAll(answer.Text, "\u00a0", " ")
		for _, want := range c.told {
			if !strings.Contains(text, want) {
				t.Errorf("%s: the answer does not say %q:\n%s", c.account, want, text)
			}
		}
		reference := casefile.FindReference(answer.Subject)
		objects, err := l.Engine.Archive.List(t.Context(), casefile.Folder(reference)+"mail/in/")
		objects = slices.DeleteFunc(objects, func(o archive.Object) bool { return !strings.HasSuffix(o.Key, ".eml") })
		if err != nil || len(objects) != 1 {
			t.Errorf("%s: %d raw mails in the folder (%v)", c.account, len(objects), err)
		}
		if len(c.mail.Attachments) > 0 {
			kept, err := l.Engine.Archive.List(t.Context(), casefile.Folder(reference)+"documents/")
			if err != nil || len(kept) != 1 || kept[0].Size != int64(len(c.mail.Attachments[0].Content)) {
				t.Errorf("%s: what was sent is not kept: %+v %v", c.account, kept, err)
			}
		}
	}
	box, err := engine.Mailbox(l.Engine.Config, quiet)
	if err != nil {
		t.Fatal(err)
	}
	left, err := box.List(t.Context(), "INBOX")
	processed, err2 := box.List(t.Context(), l.Engine.Config.IMAP.Processed)
	if err != nil || err2 != nil || len(left) != 0 || len(processed) != len(accounts) {
		t.Errorf("%d left in the inbox, %d processed (%v, %v)", len(left), len(processed), err, err2)
	}
}
