package outage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"relance/contract"
	"relance/domain/casefile"
	"relance/local/bench"
	"relance/local/devstack"
	"relance/local/postoffice"
	"relance/mail/message"
	"relance/mail/outbox"
	"relance/observe/health"
	"relance/process/config"
	"relance/process/engine"
	"relance/store/vault"
)

const (
	authority = "aides"
	applicant = "banc"
	watched   = 3 * time.Second  // how long it is counted how often something is tried
	patience  = 90 * time.Second // for an outage to be told, and for work to resume
	megabyte  = 1 << 20
)

var quiet = slog.New(slog.DiscardHandler)

// world is the engine, and the lines to what it stands on.
type world struct {
	stack                       *devstack.Stack
	office                      *postoffice.Office
	imap, smtp, store, temporal *devstack.Line
	config                      *config.Config
	worker, starter             *engine.Engine
	off                         atomic.Int64 // nanoseconds by which the worker's clock is wrong
	fetched                     atomic.Int64 // bytes from the mailbox
	asked                       atomic.Int64 // requests of the object store
	log                         devstack.Record
	papers                      []outbox.Attachment
	written                     int // applications

	temporalDisk, storeDisk, spoolDisk string // small disks; empty: there are none
	noDisk                             error  // why
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// build starts the servers. Nobody works yet.
func build(t *testing.T) *world {
	w := &world{}
	data := t.TempDir()
	if w.noDisk = errors.Join(disk(data, 64*megabyte), disk(filepath.Join(data, "minio"), 96*megabyte), disk(filepath.Join(data, "spool"), 8*megabyte)); w.noDisk == nil {
		w.temporalDisk, w.storeDisk, w.spoolDisk = data, filepath.Join(data, "minio"), filepath.Join(data, "spool")
	}
	for _, folder := range []string{"", "minio", "spool"} { // the last first
		t.Cleanup(func() { noDisk(filepath.Join(data, folder)) })
	}
	var err error
	w.stack, err = devstack.Start(t.Context(), devstack.Options{Servers: devstack.Temporal | devstack.MinIO, Data: data, SearchAttributes: contract.SearchAttributes})
	must(t, err)
	t.Cleanup(func() { _ = w.stack.Stop() })
	w.office, err = postoffice.Open(authority, applicant)
	must(t, err)
	t.Cleanup(func() { _ = w.office.Close() })
	for _, name := range []string{"kbis", "bail", "quittances", "comptes", "rib"} {
		w.papers = append(w.papers, outbox.Attachment{Name: name + ".pdf", Type: "application/pdf", Content: paper(name)})
	}
	for line, target := range map[**devstack.Line]string{&w.imap: w.office.IMAPAddress, &w.smtp: w.office.SMTPAddress, &w.store: w.stack.S3Endpoint, &w.temporal: w.stack.TemporalAddress} {
		*line, err = devstack.NewLine(target)
		must(t, err)
		t.Cleanup(func() { _ = (*line).Close() })
	}
	w.imap.FromServer = func(_ *devstack.Passage, b []byte) ([]byte, bool) {
		w.fetched.Add(int64(len(b)))
		return b, true
	}
	w.store.ToServer = func(_ *devstack.Passage, b []byte) ([]byte, bool) {
		w.asked.Add(int64(bytes.Count(b, []byte(" HTTP/1.1\r\n"))))
		return b, true
	}
	c := config.Defaults()
	c.Temporal, c.Keys = w.temporal.Address, vault.NewMaster()
	c.S3.Endpoint, c.S3.AccessKey, c.S3.SecretKey, c.S3.TLS, c.S3.Retention = w.store.Address, w.stack.S3AccessKey, w.stack.S3SecretKey, false, 1
	c.Mail.Address, c.Mail.AuthServ, c.Mail.DKIM, c.Mail.InAll = authority+"@localhost", "localhost", "off", 0
	c.IMAP.Server, c.IMAP.Tick = account(authority, w.imap.Address), time.Second
	c.SMTP = account(authority, w.smtp.Address)
	w.config = c
	return w
}

func account(name, address string) config.Server {
	return config.Server{Address: address, Username: name + "@localhost", Password: postoffice.Password, TLS: "plain"}
}

// run lets a process work until the test's end.
func (w *world) run(t *testing.T, role engine.Role, work func(*engine.Engine, context.Context) error) *engine.Engine {
	e, err := engine.Prepare(w.config, role, slog.New(slog.NewTextHandler(&w.log, nil)))
	must(t, err)
	e.Now = func() time.Time { return time.Now().Add(time.Duration(w.off.Load())) }
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		err := e.Await(ctx)
		if err == nil {
			err = work(e, ctx)
		}
		ended <- err
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("%s ended: %v", role, err)
		}
		e.Close()
		if t.Failed() {
			t.Log(w.log.String())
		}
	})
	return e
}

func eventually(t *testing.T, what string, there func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !there(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// state is what a process says of a dependency, and of itself.
func state(e *engine.Engine, of health.Dependency) (health.State, health.Status) {
	r := e.Health.Report()
	i := slices.IndexFunc(r.Dependencies, func(d health.State) bool { return d.Name == of })
	if i < 0 {
		return health.State{}, r.Status
	}
	return r.Dependencies[i], r.Status
}

// told waits until a process says that a dependency is away, why, and what that means for it.
func told(t *testing.T, e *engine.Engine, status health.Status, of health.Dependency, reasons ...health.Reason) health.State {
	t.Helper()
	var d health.State
	eventually(t, fmt.Sprintf("%s to be away: %v", of, reasons), func() bool {
		var now health.Status
		d, now = state(e, of)
		return d.Standing == health.Away && slices.Contains(reasons, d.Reason) && now == status
	})
	if d.Says == "" || d.Since.IsZero() || d.Failures < 2 {
		t.Errorf("%+v", d)
	}
	return d
}

func well(t *testing.T, e *engine.Engine) {
	t.Helper()
	eventually(t, "all to be well", func() bool { return e.Health.Report().Status == health.Well })
}

// few counts how often something is tried while an outage lasts.
func few(t *testing.T, what string, most int, count func() int) {
	t.Helper()
	before := count()
	time.Sleep(watched)
	n := count() - before
	t.Logf("%d %s in %v", n, what, watched)
	if n > most {
		t.Errorf("%d %s in %v, more than %d: it spins", n, what, watched, most)
	}
}

// lines counts the lines of the log that tell of an outage.
func (w *world) lines(what string, of health.Dependency) int {
	return strings.Count(w.log.String(), fmt.Sprintf("msg=%s dependency=%s ", what, of))
}

// apply lets so many applications come in, each with its papers and more bytes.
func (w *world) apply(t *testing.T, n, more int) {
	t.Helper()
	sender, err := engine.Outbox(account(applicant, w.office.SMTPAddress), applicant+"@localhost")
	must(t, err)
	defer sender.Close()
	for range n {
		to, raw := w.application(t, more)
		_, err = sender.Send(t.Context(), applicant+"@localhost", []string{to}, raw)
		must(t, err)
		w.written++
	}
}

// paper is a PDF of one page with a text and padding: a few of them make a mail that is held in memory.
func paper(text string) []byte {
	const padding = 20_000
	content := "BT /F1 12 Tf 50 700 Td (" + text + ") Tj ET % " + strings.Repeat("x", padding)
	var b bytes.Buffer
	b.WriteString("%PDF-1.4\n")
	var at []int
	for i, object := range []string{"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
		fmt.Sprintf("<</Length %d>>stream\n%s\nendstream", len(content), content), "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"} {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, object)
	}
	xref := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, offset := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(&b, "trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, xref)
	return b.Bytes()
}

// application is the next one.
func (w *world) application(t *testing.T, more int) (to string, raw []byte) {
	t.Helper()
	m := outbox.Mail{From: message.Address{Name: "Banc", Address: fmt.Sprintf("%s+%d@localhost", applicant, w.written)}, Subject: "Demande", Date: time.Now(),
		To: message.Address{Address: authority + "+rebond@localhost"}, Text: bench.Application(w.written, ""), MessageID: fmt.Sprintf("%d@banc.localhost", w.written),
		Attachments: bench.Own(w.papers, w.written)}
	if more > 0 {
		m.Attachments = append(m.Attachments, outbox.Attachment{Name: "photo.jpg", Type: "image/jpeg", Content: make([]byte, more)})
	}
	raw, err := outbox.Compose(m)
	must(t, err)
	return m.To.Address, raw
}

// answer is a mail that an applicant got.
type answer struct {
	name, reference string
	date            time.Time
}

// answers are the mails that each application was answered with, by its number.
func (w *world) answers(t *testing.T) map[int][]answer {
	t.Helper()
	got, seen := map[int][]answer{}, map[string]bool{}
	for _, m := range w.mails(t, applicant) {
		var i int
		if _, err := fmt.Sscanf(m.To[0].Address, applicant+"+%d@", &i); err != nil || seen[m.MessageID] { // the same Message-ID counts once
			continue
		}
		seen[m.MessageID] = true
		local, _, _ := strings.Cut(m.MessageID, "@")
		got[i] = append(got[i], answer{local[strings.LastIndexByte(local, '.')+1:], casefile.FindReference(m.Subject), m.Date})
	}
	return got
}

// mails are those that lie in an account's inbox.
func (w *world) mails(t *testing.T, of string) []*message.Message {
	t.Helper()
	c := config.Defaults()
	c.IMAP.Server = account(of, w.office.IMAPAddress)
	box, err := engine.Mailbox(c, quiet)
	must(t, err)
	raws, err := box.List(t.Context(), "INBOX")
	must(t, err)
	var list []*message.Message
	for _, raw := range raws {
		m, err := message.Read(raw.Reader())
		must(t, err)
		list = append(list, m)
	}
	return list
}

// kept are the mails, by Message-ID, whose copies lie in the authority's folder of sent mails.
func (w *world) kept(t *testing.T) map[string]bool {
	t.Helper()
	c := config.Defaults()
	c.IMAP.Server = account(authority, w.office.IMAPAddress)
	box, err := engine.Mailbox(c, slog.New(slog.DiscardHandler))
	must(t, err)
	ids := map[string]bool{}
	must(t, box.SentIDs(t.Context(), c.IMAP.Sent, func(id string) { ids[id] = true }))
	return ids
}

// kinds are the mails with which each application is answered.
var kinds = []string{"acknowledgement", "charter"}

// answered waits until every application has its answers, but those that are named.
func (w *world) answered(t *testing.T, but ...int) {
	t.Helper()
	began := time.Now()
	eventually(t, "answers to every application", func() bool {
		got := w.answers(t)
		for i := range w.written {
			if len(got[i]) < len(kinds) && !slices.Contains(but, i) {
				return false
			}
		}
		return true
	})
	t.Logf("answered after %.1f s", time.Since(began).Seconds())
}

// fill takes all room of a disk, until it is given back.
func fill(t *testing.T, folder string) (free func()) {
	t.Helper()
	file, err := os.Create(filepath.Join(folder, "filler"))
	must(t, err)
	for size := megabyte; size > 0; size /= 2 { // to the last byte
		for err = nil; err == nil; {
			_, err = file.Write(make([]byte, size))
		}
	}
	must(t, file.Close())
	return func() { must(t, os.Remove(file.Name())) }
}
