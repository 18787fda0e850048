package postoffice

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// look gives the subjects in a folder of an account, each with its UID, and the folder's UIDVALIDITY, as an IMAP client sees them.
func look(t *testing.T, c *imapclient.Client, folder string) (validity uint32, found map[imap.UID]string) {
	t.Helper()
	selected, err := c.Select(folder, nil).Wait()
	if err != nil {
		t.Fatal(err)
	}
	found = map[imap.UID]string{}
	if selected.NumMessages == 0 {
		return selected.UIDValidity, found
	}
	messages, err := c.Fetch(imap.SeqSet{{Start: 1, Stop: 0}}, &imap.FetchOptions{UID: true, Envelope: true}).Collect()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range messages {
		found[m.UID] = m.Envelope.Subject
	}
	return selected.UIDValidity, found
}

func login(t *testing.T, o *Office) *imapclient.Client {
	t.Helper()
	c, err := imapclient.DialInsecure(o.IMAPAddress, nil)
	if err == nil {
		err = c.Login("aides@localhost", Password).Wait()
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestTheJournalBringsEverythingBack copies the journal while the server runs, as a kill leaves it, with half a change behind it, and opens another
// server on it: folders, messages and UIDs are as they were.
func TestTheJournalBringsEverythingBack(t *testing.T) {
	file := filepath.Join(t.TempDir(), "journal")
	o, err := OpenWith(Config{Accounts: []string{"aides"}, Journal: file})
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	for _, subject := range []string{"un", "deux", "trois"} {
		if err := o.deliver("a@localhost", "aides+rebond@localhost", []byte("From: a@localhost\r\nSubject: "+subject+"\r\n\r\nBonjour\r\n")); err != nil {
			t.Fatal(err)
		}
	}
	c := login(t, o)
	defer c.Close()
	if err := c.Create("Traites", nil).Wait(); err != nil {
		t.Fatal(err)
	}
	look(t, c, "INBOX")
	if _, err := c.Move(imap.UIDSetNum(2), "Traites").Wait(); err != nil {
		t.Fatal(err)
	}
	before, inbox := look(t, c, "INBOX")
	elsewhere, moved := look(t, c, "Traites")
	if !slices.Equal(subjects(inbox), []string{"trois", "un"}) || !slices.Equal(subjects(moved), []string{"deux"}) {
		t.Fatalf("%v %v", inbox, moved)
	}

	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	half := filepath.Join(t.TempDir(), "journal")
	if err := os.WriteFile(half, append(text, text[:len(text)/4]...)[:len(text)+20], 0o600); err != nil {
		t.Fatal(err)
	}
	again, err := OpenWith(Config{Accounts: []string{"aides"}, Journal: half})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	c2 := login(t, again)
	defer c2.Close()
	for folder, was := range map[string]struct {
		validity uint32
		found    map[imap.UID]string
	}{"INBOX": {before, inbox}, "Traites": {elsewhere, moved}} {
		validity, found := look(t, c2, folder)
		if validity != was.validity || len(found) != len(was.found) {
			t.Errorf("%s: UIDVALIDITY %d with %v, not %d with %v", folder, validity, found, was.validity, was.found)
		}
		for uid, subject := range was.found {
			if found[uid] != subject {
				t.Errorf("%s: UID %d is %q, not %q", folder, uid, found[uid], subject)
			}
		}
	}
	if size, err := os.Stat(half); err != nil || size.Size() != int64(len(text)) {
		t.Errorf("the half change was not cut off: %v", err)
	}
}

func subjects(found map[imap.UID]string) (list []string) {
	for _, subject := range found {
		list = append(list, subject)
	}
	slices.Sort(list)
	return list
}

// TestNothingIsWrittenBehindAHalfChange: what cannot be written whole, as on a full disk, is refused, and so is everything after it.
func TestNothingIsWrittenBehindAHalfChange(t *testing.T) {
	file := filepath.Join(t.TempDir(), "journal")
	j, err := openJournal(file, func(change) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	if err := j.write(change{Op: opCreate, Account: "aides", Mailbox: "A"}); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	writable := j.file
	if j.file, err = os.Open(file); err != nil { // which cannot be written to
		t.Fatal(err)
	}
	if err := j.write(change{Op: opCreate, Account: "aides", Mailbox: "B"}); err == nil {
		t.Fatal("a change that was not written is said to be")
	}
	j.file = writable
	if err := j.write(change{Op: opCreate, Account: "aides", Mailbox: "C"}); err == nil {
		t.Error("a change is written behind one that was not written whole")
	}
	now, err := os.ReadFile(file)
	if err != nil || string(now) != string(whole) {
		t.Errorf("the journal has changed: %v", err)
	}
	seen := 0
	if _, err := replay(io.Reader(strings.NewReader(string(now))), func(change) error { seen++; return nil }); err != nil || seen != 1 {
		t.Errorf("%d changes, %v", seen, err)
	}
}

// TestWhatComesBeforeIdleIsTold: a mail that arrives between a client's last command and its IDLE wakes it, as does one that comes later.
func TestWhatComesBeforeIdleIsTold(t *testing.T) {
	o, err := Open("aides")
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	news := make(chan uint32, 8)
	c, err := imapclient.DialInsecure(o.IMAPAddress, &imapclient.Options{UnilateralDataHandler: &imapclient.UnilateralDataHandler{
		Mailbox: func(m *imapclient.UnilateralDataMailbox) { news <- *m.NumMessages }}})
	if err == nil {
		err = c.Login("aides@localhost", Password).Wait()
	}
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	look(t, c, "INBOX")
	for n := range uint32(3) {
		deliver := func() {
			if err := o.deliver("a@localhost", "aides@localhost", []byte("From: a@localhost\r\nSubject: un\r\n\r\nBonjour\r\n")); err != nil {
				t.Error(err)
			}
		}
		if n < 2 {
			deliver()
		}
		idle, err := c.Idle()
		if err != nil {
			t.Fatal(err)
		}
		if n == 2 {
			deliver()
		}
		select {
		case found := <-news:
			if found != n+1 {
				t.Errorf("%d messages, not %d", found, n+1)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("message %d was not told", n+1)
		}
		if err := errors.Join(idle.Close(), idle.Wait()); err != nil {
			t.Fatal(err)
		}
	}
}

// TestTwoClientsMoveTheSameMail: the second finds nothing to move, and its connection stays.
func TestTwoClientsMoveTheSameMail(t *testing.T) {
	o, err := OpenWith(Config{Accounts: []string{"aides"}, Journal: filepath.Join(t.TempDir(), "journal")})
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	if err := o.deliver("a@localhost", "aides@localhost", []byte("From: a@localhost\r\nSubject: un\r\n\r\nBonjour\r\n")); err != nil {
		t.Fatal(err)
	}
	first, second := login(t, o), login(t, o)
	defer first.Close()
	defer second.Close()
	if err := first.Create("Traites", nil).Wait(); err != nil {
		t.Fatal(err)
	}
	look(t, first, "INBOX")
	look(t, second, "INBOX")
	for i, c := range []*imapclient.Client{first, second} {
		if _, err := c.Move(imap.UIDSetNum(1), "Traites").Wait(); err != nil {
			t.Errorf("client %d: %v", i+1, err)
		}
	}
	if _, moved := look(t, second, "Traites"); !slices.Equal(subjects(moved), []string{"un"}) {
		t.Errorf("%v", moved)
	}
}
