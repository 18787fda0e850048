package activities

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"relance/domain/authority"
	"relance/domain/casefile"
	"relance/domain/scheme"
	"relance/letters/correspondence"
	"relance/letters/texts"
	"relance/local/devstack"
	"relance/mail/address"
	"relance/mail/auth"
	"relance/mail/mailbox"
	"relance/mail/message"
	"relance/mail/outbox"
	"relance/schemes"
	"relance/store/archive"
)

// relay is an SMTP server whose answers a test decides on.
type relay struct {
	mu    sync.Mutex
	mails [][]byte
	asked int
	say   error // to each recipient
}

func (r *relay) NewSession(*smtp.Conn) (smtp.Session, error) { return r, nil }
func (r *relay) Mail(string, *smtp.MailOptions) error        { return nil }
func (r *relay) Rcpt(string, *smtp.RcptOptions) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked++
	return r.say
}
func (r *relay) Data(in io.Reader) error {
	raw, err := io.ReadAll(in)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mails = append(r.mails, raw)
	return err
}
func (r *relay) Reset()        {}
func (r *relay) Logout() error { return nil }

// relayOf starts a relay that takes mails of so many bytes; 0: of any size.
func relayOf(t *testing.T, limit int64) (*relay, *outbox.Sender) {
	t.Helper()
	r := &relay{}
	s := smtp.NewServer(r)
	s.Domain, s.MaxMessageBytes = "localhost", limit
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = s.Serve(l) }()
	out, err := outbox.New(outbox.Config{Address: l.Addr().String(), TLS: outbox.Plain})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = out.Close(), s.Close() })
	return r, out
}

// sending is a case of which a charter of 300 kB is sent, with a real object store.
func sending(t *testing.T, public bool) (*Activities, casefile.Correspondence, []byte) {
	t.Helper()
	if testing.Short() {
		t.Skip("needs a real object store")
	}
	minio := objectStore(t)
	c := archive.Config{Endpoint: minio.S3Endpoint, AccessKey: minio.S3AccessKey, SecretKey: minio.S3SecretKey, Bucket: "sending-" + strings.ToLower(regexp.MustCompile(`\W`).ReplaceAllString(t.Name(), "-"))}
	c.Bucket = strings.Trim(c.Bucket[:min(len(c.Bucket), 60)], "-")
	if public {
		c.Public = "http://" + c.Endpoint
	}
	store, err := archive.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	catalogue, err := scheme.Load(schemes.Files)
	if err != nil {
		t.Fatal(err)
	}
	const reference = "RBD-7K3M9-QXD3A"
	facts, err := json.Marshal(casefile.Facts{Reference: reference, Applicant: casefile.Person{Name: "Zoé", Email: "zoe@x.example"}})
	if err != nil {
		t.Fatal(err)
	}
	state := casefile.State{Reference: reference, Scheme: "fonds-rebond", Received: time.Date(2020, 9, 15, 10, 0, 0, 0, time.UTC)}
	state.Facts = casefile.Ref{Key: state.Folder() + "facts/x.json"}
	charter := casefile.Ref{Key: state.Folder() + "letters/002-charter.pdf"}
	pdf := append([]byte("%PDF-1.7\n"), bytes.Repeat([]byte("0123456789"), 30_000)...)
	for key, content := range map[string][]byte{state.Facts.Key: facts, charter.Key: pdf} {
		if _, err := store.PutOnce(t.Context(), key, content, "application/octet-stream"); err != nil {
			t.Fatal(err)
		}
	}
	a := &Activities{Archive: store, Links: store, Catalogue: catalogue, Now: time.Now, AuthServ: auth.Server{Name: "mx.localhost"},
		Writer: &correspondence.Writer{Authority: authority.Example(), Addresses: address.Addresses{Mailbox: "aides@localhost"}, Texts: texts.French()}}
	return a, casefile.Correspondence{State: state, At: state.Received, Pieces: []casefile.Piece{{Seq: 3, Mail: "charter-unsigned", Attach: charter}}}, pdf
}

var stores struct {
	sync.Once
	stack *devstack.Stack
	data  string
	err   error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if stores.stack != nil {
		_ = stores.stack.Stop()
		_ = os.RemoveAll(stores.data)
	}
	os.Exit(code)
}

func objectStore(t *testing.T) *devstack.Stack {
	t.Helper()
	stores.Do(func() {
		if stores.data, stores.err = os.MkdirTemp("", "sending-test-"); stores.err == nil {
			stores.stack, stores.err = devstack.Start(context.Background(), devstack.Options{Servers: devstack.MinIO, Data: stores.data})
		}
	})
	if stores.err != nil {
		t.Fatal(stores.err)
	}
	return stores.stack
}

func TestATemporaryRefusalIsTriedAgainAndAFinalOneIsNot(t *testing.T) {
	a, c, _ := sending(t, false)
	r, out := relayOf(t, 0)
	a.Outbox = out
	r.say = &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "greylisted"}
	for range 2 {
		if _, err := a.Correspond(t.Context(), c); err == nil || !strings.Contains(err.Error(), "greylisted") {
			t.Fatalf("a temporary refusal: %v", err)
		}
	}
	key := c.State.Folder() + "mail/out/003-charter-unsigned.eml"
	before, err := a.Archive.Get(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	r.say = nil
	for range 2 { // and once more, as after a crash
		sent, err := a.Correspond(t.Context(), c)
		if err != nil || sent.Pieces[0].Refused != "" || sent.Pieces[0].Accepted.IsZero() {
			t.Fatalf("%+v, %v", sent, err)
		}
	}
	if len(r.mails) != 1 || !bytes.Equal(r.mails[0], before) {
		t.Errorf("%d mails were handed over, and the one before the refusals is the one after: %v", len(r.mails), len(r.mails) == 1 && bytes.Equal(r.mails[0], before))
	}
	for i, code := range []int{550, 552, 501, 504} { // Postfix answers an address it cannot read with 501 or 504
		r.asked, r.say = 0, &smtp.SMTPError{Code: code, Message: "never"}
		c.Pieces[0].Seq = 4 + i
		for range 2 {
			sent, err := a.Correspond(t.Context(), c)
			if err != nil || sent.Pieces[0].Refused == "" || !sent.Pieces[0].Accepted.IsZero() {
				t.Errorf("%d: %+v, %v", code, sent, err)
			}
		}
		if r.asked != 1 {
			t.Errorf("%d: the server was asked %d times", code, r.asked)
		}
	}
}

func TestADocumentLargerThanTheServerTakesGoesByLink(t *testing.T) {
	a, c, pdf := sending(t, true)
	r, out := relayOf(t, 100_000)
	a.Outbox = out
	for range 2 {
		sent, err := a.Correspond(t.Context(), c)
		if err != nil || sent.Pieces[0].Apart != casefile.ByLink || sent.Pieces[0].Accepted.IsZero() {
			t.Fatalf("%+v, %v", sent, err)
		}
	}
	if len(r.mails) != 1 {
		t.Fatalf("%d mails", len(r.mails))
	}
	m, err := message.Parse(r.mails[0])
	if err != nil || len(m.Attachments) != 0 || !strings.Contains(m.Text, "(301 ko) est trop volumineux") || !strings.Contains(m.Text, "jusqu'au ") {
		t.Fatalf("%v: %+v", err, m)
	}
	t.Log(m.Text)
	link := regexp.MustCompile(`http://\S+`).FindString(m.Text)
	answer, err := http.Get(link)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if got, err := io.ReadAll(answer.Body); err != nil || answer.StatusCode != 200 || !bytes.Equal(got, pdf) {
		t.Errorf("%s gives %d, %d bytes, %v", link, answer.StatusCode, len(got), err)
	}
}

func TestADocumentLargerThanTheServerTakesGoesByAPerson(t *testing.T) {
	a, c, _ := sending(t, false)
	r, out := relayOf(t, 100_000)
	a.Outbox = out
	sent, err := a.Correspond(t.Context(), c)
	if err != nil || sent.Pieces[0].Apart != casefile.ByPerson || !sent.Pieces[0].Accepted.IsZero() || len(r.mails) != 1 {
		t.Fatalf("%+v, %v, %d mails", sent, err, len(r.mails))
	}
	c.State.Account(sent, c.At)
	if c.State.Concerns[0] != casefile.ConcernOversized {
		t.Errorf("concerns %v", c.State.Concerns)
	}
}

// The folder of sent mails has the exact bytes once, however often the activity runs; a mailbox that is down holds up nothing.
func TestACopyOfWhatIsSentIsKeptOnce(t *testing.T) {
	a, c, _ := sending(t, false)
	d, err := devstack.StartDovecot(t.Context(), devstack.DovecotOptions{Data: t.TempDir(), Sent: "Sent"})
	if errors.Is(err, devstack.ErrNoDovecot) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	stopped := false
	defer func() {
		if !stopped {
			d.Stop()
		}
	}()
	if err := d.SetPasswords(map[string]string{"aides": "secret"}); err != nil {
		t.Fatal(err)
	}
	box, err := mailbox.New(mailbox.Config{Address: d.Address, Username: "aides", Password: "secret", TLS: mailbox.Plain})
	if err != nil {
		t.Fatal(err)
	}
	copies := box.Sent("")
	defer copies.Close()
	r, out := relayOf(t, 0)
	a.Outbox, a.Copies = out, copies
	for range 3 {
		if _, err := a.Correspond(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	list, err := box.List(t.Context(), "Sent")
	if err != nil || len(list) != 1 || len(r.mails) != 1 {
		t.Fatalf("%d copies of %d mails, %v", len(list), len(r.mails), err)
	}
	if raw, err := list[0].Bytes(); err != nil || !bytes.Equal(raw, r.mails[0]) {
		t.Errorf("the copy has other bytes than the mail, %v", err)
	}
	d.Stop()
	stopped = true
	c.Pieces[0].Seq = 4
	if sent, err := a.Correspond(t.Context(), c); err != nil || sent.Pieces[0].Accepted.IsZero() || len(r.mails) != 2 {
		t.Errorf("with a mailbox that is down: %+v, %v", sent, err)
	}
}
