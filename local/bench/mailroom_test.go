package bench

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/mail"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"relance/domain/casefile"
	"relance/intake/routing"
	"relance/local/run"
	"relance/mail/mailbox"
	"relance/mail/outbox"
	"relance/office/desk"
	"relance/process/config"
	"relance/process/engine"
)

// TestAThousandMails sends a thousand mixed mails through the real servers (mox, Temporal, MinIO) with a worker and a starter, and looks where
// each one is then: in one case, in the officers' queue or ignored with a reason, as whoever made it knows. An application in eight goes over
// SMTP; the other mails are put into the inbox by IMAP APPEND with the Authentication-Results that a server on the internet would have
// written: mox on this machine has no DNS to find anything out by, and takes 300 mails a minute over SMTP.
func TestAThousandMails(t *testing.T) {
	if testing.Short() {
		t.Skip("starts the three real servers")
	}
	const account = "foule"
	log := slog.New(slog.DiscardHandler)
	l, err := run.Start(t.Context(), run.Options{Data: t.TempDir(), Applicants: []string{account}, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}()
	p := &post{t: t, rng: rand.New(rand.NewPCG(5, 2020))}
	if p.docs, err = Papers(); err != nil {
		t.Fatal(err)
	}
	var people []*applicant
	for n := range applicants {
		people = append(people, &applicant{n: n, address: fmt.Sprintf("%s+%d.a@localhost", account, n)})
	}
	h := &house{t: t, local: l, desk: &desk.Desk{Temporal: l.Engine.Temporal, Archive: l.Engine.Archive}}
	h.open(account)
	began := time.Now()
	l.Run(t.Context())
	one := p.first(people)
	h.deliver(one)
	h.settle()
	t.Logf("%d mails in %.0f s", len(one), time.Since(began).Seconds())
	h.meet(people)
	two := p.second(people)
	h.deliver(two)
	h.settle()
	if len(h.sent) != thousand {
		t.Errorf("%d mails", len(h.sent))
	}
	h.check(people)
	t.Logf("%d mails in %.0f s", len(h.sent), time.Since(began).Seconds())
}

// house is the running engine as the test sees it: its mailbox, its archive, its cases.
type house struct {
	t      *testing.T
	local  *run.Local
	desk   *desk.Desk
	imap   *imapclient.Client
	box    *mailbox.Box
	sender *outbox.Sender

	sent    []*sent             // all that was delivered
	folders map[string]string   // by SHA-256: the folder a mail lies in
	places  map[string][]string // by SHA-256: the keys it has in the archive
	cases   map[string][]string // by reference: the names in its folder
}

func (h *house) open(account string) {
	h.t.Helper()
	server := h.local.Imap(run.Account)
	text, err := os.ReadFile(server.CA)
	if err != nil {
		h.t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	if h.imap, err = imapclient.DialTLS(server.Address, &imapclient.Options{TLSConfig: &tls.Config{RootCAs: roots, ServerName: "localhost"}}); err != nil {
		h.t.Fatal(err)
	}
	if err = h.imap.Login(server.Username, server.Password).Wait(); err != nil {
		h.t.Fatal(err)
	}
	c := config.Defaults()
	c.IMAP.Server = server
	if h.box, err = engine.Mailbox(c, slog.New(slog.DiscardHandler)); err != nil {
		h.t.Fatal(err)
	}
	if h.sender, err = engine.Outbox(h.local.Smtp(account), account+"@localhost"); err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { h.sender.Close() })
}

// deliver puts mails into the inbox.
func (h *house) deliver(mails []*sent) {
	h.t.Helper()
	for _, s := range mails {
		h.sent = append(h.sent, s)
		if s.smtp {
			if _, err := h.sender.Send(h.t.Context(), s.of.address, []string{"aides+rebond@localhost"}, s.raw); err != nil {
				h.t.Fatal(err)
			}
			continue
		}
		s.sum = fmt.Sprintf("%x", sha256.Sum256(s.raw))
		c := h.imap.Append("INBOX", int64(len(s.raw)), nil)
		_, err := c.Write(s.raw)
		if err == nil {
			err = c.Close()
		}
		if err == nil {
			_, err = c.Wait()
		}
		if err != nil {
			h.t.Fatalf("%s: %v", s.what, err)
		}
	}
}

// wait waits until something is so.
func (h *house) wait(what string, done func() bool) {
	h.t.Helper()
	for end := time.Now().Add(5 * time.Minute); !done(); time.Sleep(time.Second) {
		if time.Now().After(end) {
			h.t.Fatal("still waiting: " + what)
		}
		select {
		case err := <-h.local.Failed():
			h.t.Fatal(err)
		default:
		}
	}
}

// count tells how many mails lie in folders; one that is not there yet holds none.
func (h *house) count(folders ...string) int {
	n := 0
	for _, folder := range folders {
		if status, err := h.imap.Status(folder, &imap.StatusOptions{NumMessages: true}).Wait(); err == nil && status.NumMessages != nil {
			n += int(*status.NumMessages)
		}
	}
	return n
}

// settle waits until every mail is in a folder and each case has read what was sent to it, and looks where all are.
func (h *house) settle() {
	h.t.Helper()
	f := h.local.Engine.Config.IMAP
	h.wait("the inbox", func() bool {
		return h.count("INBOX") == 0 && h.count(f.Processed, f.Unassigned, f.Ignored) == len(h.sent)
	})
	h.folders = map[string]string{}
	marked := map[string]string{}
	for _, folder := range []string{f.Processed, f.Unassigned, f.Ignored} {
		for _, m := range h.folder(folder) {
			raw, err := m.Bytes()
			if err != nil {
				h.t.Fatal(err)
			}
			sum := fmt.Sprintf("%x", sha256.Sum256(raw))
			h.folders[sum] = folder
			if parsed, err := mail.ReadMessage(bytes.NewReader(raw)); err == nil {
				marked[parsed.Header.Get("X-Essai")] = sum
			}
		}
	}
	for _, s := range h.sent {
		if s.smtp {
			s.sum = marked[s.mark]
		}
	}
	h.look()
	expected := map[string]int{}
	for _, s := range h.sent {
		if found := h.places[s.sum]; s.opens && len(found) == 1 && strings.HasPrefix(found[0], "cases/") {
			s.of.reference = strings.Split(found[0], "/")[1]
		}
	}
	for _, s := range h.sent {
		if s.of != nil && s.what != "the same again" {
			expected[s.of.reference]++
		}
	}
	for reference, n := range expected {
		h.wait(reference, func() bool {
			state, err := h.desk.State(h.t.Context(), reference)
			return err == nil && state.MailsIn >= n && state.MailsOut > 0
		})
	}
	for before := 0; ; { // what is being written is written
		h.look()
		n := 0
		for _, names := range h.cases {
			n += len(names)
		}
		if n == before {
			return
		}
		before = n
		time.Sleep(4 * time.Second)
	}
}

// look lists the archive.
func (h *house) look() {
	h.t.Helper()
	h.places, h.cases = map[string][]string{}, map[string][]string{}
	for _, prefix := range []string{"cases/", "unassigned/", "ignored/"} {
		names, err := h.local.Engine.Archive.Names(h.t.Context(), prefix)
		if err != nil {
			h.t.Fatal(err)
		}
		for _, name := range names {
			if prefix == "cases/" {
				reference := strings.Split(name, "/")[1]
				h.cases[reference] = append(h.cases[reference], name)
			}
			if sum, ok := strings.CutSuffix(name, ".eml"); ok && (prefix != "cases/" || strings.Contains(name, "/mail/in/")) {
				sum = sum[strings.LastIndexByte(sum, '/')+1:]
				h.places[sum] = append(h.places[sum], name)
			}
		}
	}
}

// folder lists a folder.
func (h *house) folder(name string) []mailbox.Mail {
	h.t.Helper()
	var list []mailbox.Mail
	var err error
	for range 3 { // mox 0.0.15 drops a session in which a mail arrives between SELECT and SEARCH
		if list, err = h.box.List(h.t.Context(), name); err == nil {
			return list
		}
	}
	h.t.Fatal(err)
	return nil
}

// written are the mails that a case has sent.
func (h *house) written(reference string) []string {
	return slices.DeleteFunc(slices.Clone(h.cases[reference]), func(name string) bool { return !strings.Contains(name, "/mail/out/") })
}

// meet reads the acknowledgement of each applicant, as he would.
func (h *house) meet(people []*applicant) {
	h.t.Helper()
	for _, a := range people {
		if a.reference == "" {
			h.t.Fatalf("applicant %d has no case", a.n)
		}
		raw, err := h.local.Engine.Archive.Get(h.t.Context(), casefile.Folder(a.reference)+"mail/out/001-acknowledgement.eml")
		if err != nil {
			h.t.Fatal(err)
		}
		m, err := mail.ReadMessage(bytes.NewReader(raw))
		if err != nil {
			h.t.Fatal(err)
		}
		reply, err := mail.ParseAddress(m.Header.Get("Reply-To"))
		if err != nil {
			h.t.Fatal(err)
		}
		a.ack, a.reply, a.out = strings.Trim(m.Header.Get("Message-Id"), "<>"), reply.Address, h.written(a.reference)
	}
}

// check compares where each mail is with where it has to be.
func (h *house) check(people []*applicant) {
	f := h.local.Engine.Config.IMAP
	folders := map[string]string{"cases": f.Processed, "unassigned": f.Unassigned, "ignored": f.Ignored}
	opened, wrong := 0, 0
	for _, s := range h.sent {
		if s.opens {
			opened++
		}
		want := s.place + "/" + s.sum + ".eml"
		if s.place == "cases" {
			want = casefile.Folder(s.of.reference) + "mail/in/" + s.sum + ".eml"
		}
		problem := ""
		switch found := h.places[s.sum]; {
		case len(found) != 1 || found[0] != want:
			problem = fmt.Sprintf("in %v, want %s", found, want)
		case h.folders[s.sum] != folders[s.place]:
			problem = fmt.Sprintf("in the folder %s", h.folders[s.sum])
		case s.reason != "":
			var note struct{ Reason routing.Reason }
			text, err := h.local.Engine.Archive.Get(h.t.Context(), s.place+"/"+s.sum+".json")
			if err != nil || json.Unmarshal(text, &note) != nil || note.Reason != s.reason {
				problem = fmt.Sprintf("for the reason %s, want %s (%v)", note.Reason, s.reason, err)
			}
		case s.held:
			state, err := h.desk.State(h.t.Context(), s.of.reference)
			if err != nil || state.Stage == casefile.Withdrawn || !slices.ContainsFunc(state.Held, func(m casefile.Held) bool { return m.Mail.SHA256 == s.sum }) {
				problem = fmt.Sprintf("not held: %s, %d held (%v)", state.Stage, len(state.Held), err)
			}
		}
		if problem != "" {
			if wrong++; wrong < 20 {
				h.t.Errorf("%s: %s", s.what, problem)
			}
		}
	}
	if len(h.cases) != opened {
		h.t.Errorf("%d cases for %d applications", len(h.cases), opened)
	}
	for _, a := range people[quiet:] {
		if now := h.written(a.reference); !slices.Equal(now, a.out) {
			h.t.Errorf("a machine was answered: %v, before %v", now, a.out)
		}
	}
	places := map[string]int{}
	for _, found := range h.places {
		for _, name := range found {
			place, _, _ := strings.Cut(name, "/")
			places[place]++
		}
	}
	h.t.Logf("%d cases; raw mails kept: %v", len(h.cases), places)
}
