package mailbox_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"relance/local/devstack"
	"relance/mail/mailbox"
)

func TestFoldersAreMadeAsTheServerNamesThem(t *testing.T) {
	everywhere(t, "box6", func(t *testing.T, p place) {
		c := p.client(t)
		put(t, c, "INBOX", raw("one"))
		var got seen
		b := p.box(t)
		if n, err := b.Once(t.Context(), got.taker("Aides/Traités")); n != 1 || err != nil {
			t.Fatalf("%d moved, %v", n, err)
		}
		eventually(t, "moved", 5*time.Second, func() bool { return slices.Equal(folder(t, b, "Aides/Traités"), []string{"one"}) })
		all, err := c.List("", "*", &imap.ListOptions{ReturnSubscribed: true}).Collect()
		must(t, err)
		found := slices.ContainsFunc(all, func(d *imap.ListData) bool {
			return strings.HasSuffix(d.Mailbox, "Aides"+string(d.Delim)+"Traités") && slices.Contains(d.Attrs, imap.MailboxAttrSubscribed)
		})
		if !found {
			t.Errorf("no subscribed folder of two levels: %+v", all)
		}
		if p.dovecot != nil { // and no other was made
			names, err := filepath.Glob(filepath.Join(p.dovecot.Maildir("aides"), ".*"))
			if err != nil || len(names) != 1 || !strings.HasSuffix(names[0], ".Aides.Trait&AOk-s") {
				t.Errorf("%v, %v", names, err)
			}
		}
	})
}

func TestAFolderThatIsReplacedWhileItIsWatched(t *testing.T) {
	everywhere(t, "box7", func(t *testing.T, p place) {
		b := p.box(t, func(c *mailbox.Config) { c.Inbox = "Guichet" })
		c := p.client(t)
		name := "Guichet"
		if p.dovecot != nil && strings.Contains(readFile(t, p.dovecot.Data, "dovecot.conf"), "prefix = INBOX.") {
			name = "INBOX.Guichet"
		}
		must(t, c.Create(name, nil).Wait())
		put(t, c, name, raw("before"))
		var got seen
		watch(t, b, func(_ context.Context, m mailbox.Mail) (mailbox.Destination, error) {
			got.add(fmt.Sprintf("%s %d", subject(m), m.UID))
			return "", errors.New("not now") // its UID is put off
		})
		eventually(t, "the first is seen", 10*time.Second, func() bool { return len(got.all()) > 0 })
		must(t, c.Delete(name).Wait())
		time.Sleep(time.Second) // it is looked for, and is not there
		must(t, c.Create(name, nil).Wait())
		uid := put(t, c, name, raw("after"))
		eventually(t, "the mail in the new folder is seen", 20*time.Second, func() bool { return slices.Contains(got.all(), fmt.Sprintf("after %d", uid)) })
	})
}

func readFile(t *testing.T, path ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(path...))
	must(t, err)
	return string(text)
}

func TestAMessageThatSomebodyElseDeletes(t *testing.T) {
	everywhere(t, "box8", func(t *testing.T, p place) {
		c := p.client(t)
		var uids []imap.UID
		for _, s := range numbered(0, 40) {
			uids = append(uids, put(t, c, "INBOX", raw(s)))
		}
		var got seen
		var log devstack.Record
		b := p.box(t, logTo(&log))
		watch(t, b, func(_ context.Context, m mailbox.Mail) (mailbox.Destination, error) {
			got.add(subject(m))
			if subject(m) == "m0002" { // itself, one of those fetched along, one of a later batch: after SEARCH, before FETCH or MOVE
				remove(t, c, "INBOX", uids[2], uids[5], uids[20])
			}
			return "Done", nil
		})
		want := slices.DeleteFunc(numbered(0, 40), func(s string) bool { return s == "m0002" || s == "m0005" || s == "m0020" })
		eventually(t, "the others are moved", 20*time.Second, func() bool { return slices.Equal(folder(t, b, "Done"), want) })
		if all := got.all(); slices.Contains(all, "m0020") || !slices.Equal(slices.Compact(slices.Clone(all)), all) || len(all) != 39 {
			t.Errorf("handled: %v", all)
		}
		if strings.Contains(log.String(), "mailbox lost") || strings.Contains(log.String(), "cannot leave") {
			t.Error(log.String())
		}
	})
}

func TestAConnectionThatBreaksInTheMiddleOfAFetch(t *testing.T) {
	everywhere(t, "box9", func(t *testing.T, p place) {
		c := p.client(t)
		big := append(raw("big"), []byte(strings.Repeat("0123456789abcdef0123456789abcdef\r\n", 60_000))...) // 2 MB
		put(t, c, "INBOX", raw("small"))
		put(t, c, "INBOX", big)
		through, x := p.proxy(t)
		x.cutAfter.Store(1 << 20)
		b := through.box(t)
		var got seen
		var bad []int64
		watch(t, b, func(_ context.Context, m mailbox.Mail) (mailbox.Destination, error) {
			got.add(subject(m))
			whole, err := m.Bytes()
			if subject(m) == "big" && (err != nil || !slices.Equal(whole, big)) {
				bad = append(bad, m.Size)
			}
			return "Done", nil
		})
		eventually(t, "both are moved", 20*time.Second, func() bool { return slices.Equal(folder(t, p.box(t), "Done"), []string{"big", "small"}) })
		if len(bad) > 0 || x.cutAfter.Load() != 0 || !slices.Equal(got.all(), []string{"big", "small"}) {
			t.Errorf("handled %v; of another content: %v; the cut is still to come: %d", got.all(), bad, x.cutAfter.Load())
		}
	})
}

func TestAServerThatHangsInIDLE(t *testing.T) {
	everywhere(t, "box10", func(t *testing.T, p place) {
		c := p.client(t)
		through, x := p.proxy(t)
		var log devstack.Record
		b := through.box(t, logTo(&log), func(c *mailbox.Config) { c.Patience = time.Second })
		var got seen
		put(t, c, "INBOX", raw("before"))
		watch(t, b, got.taker("Done"))
		eventually(t, "before", 10*time.Second, func() bool { return slices.Contains(got.all(), "before") })
		time.Sleep(200 * time.Millisecond) // idle by now
		x.hang(t, true)
		began := time.Now()
		put(t, c, "INBOX", raw("after"))
		eventually(t, "the dead connection is noticed", 5*time.Second, func() bool { return strings.Contains(log.String(), "no answer within 1s") })
		t.Logf("noticed after %v with a tick of 500 ms and a patience of 1 s", time.Since(began))
		x.hang(t, false)
		eventually(t, "after", 10*time.Second, func() bool { return slices.Contains(got.all(), "after") })
	})
}

func TestALoginThatIsRefusedAndThenTaken(t *testing.T) {
	p := onDovecot(t, devstack.DovecotOptions{})
	put(t, p.client(t), "INBOX", raw("waiting"))
	must(t, p.dovecot.SetPasswords(map[string]string{"aides": "another"}))
	time.Sleep(1100 * time.Millisecond) // Dovecot looks at its file once a second
	var log devstack.Record
	var got seen
	watch(t, p.box(t, logTo(&log)), got.taker("Done"))
	eventually(t, "the refusal is told", 10*time.Second, func() bool { return strings.Contains(log.String(), mailbox.ErrLogin.Error()) })
	if strings.Contains(log.String(), "secret") || len(got.all()) > 0 {
		t.Error(log.String())
	}
	must(t, p.dovecot.SetPasswords(map[string]string{"aides": "secret"}))
	eventually(t, "the mail is handled", 20*time.Second, func() bool { return slices.Contains(got.all(), "waiting") })
}

// A server of 2003: no MOVE, no UIDPLUS, no IDLE. What another mail program has marked as deleted stays.
func TestAServerOfIMAP4rev1Alone(t *testing.T) {
	p := onDovecot(t, devstack.DovecotOptions{Capabilities: "IMAP4rev1"})
	c := p.client(t)
	var uids []imap.UID
	for _, s := range numbered(0, 4) {
		uids = append(uids, put(t, c, "INBOX", raw(s)))
	}
	_, err := c.Select("INBOX", nil).Wait()
	must(t, err)
	must(t, c.Store(imap.UIDSetNum(uids[3]), &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{imap.FlagDeleted}}, nil).Close())
	through, x := p.proxy(t)
	b := through.box(t)
	var got seen
	watch(t, b, func(_ context.Context, m mailbox.Mail) (mailbox.Destination, error) {
		got.add(subject(m))
		if subject(m) == "m0003" {
			return "", nil // it stays
		}
		return "Done", nil
	})
	eventually(t, "three are moved", 10*time.Second, func() bool { return slices.Equal(folder(t, b, "Done"), numbered(0, 3)) })
	put(t, c, "INBOX", raw("m0004"))
	eventually(t, "a new one is noticed by the tick", 10*time.Second, func() bool { return slices.Contains(got.all(), "m0004") })
	eventually(t, "the other stays", 5*time.Second, func() bool { return slices.Equal(folder(t, b, "INBOX"), []string{"m0003"}) })
	marked, err := c.UIDSearch(&imap.SearchCriteria{Flag: []imap.Flag{imap.FlagDeleted}}, nil).Wait()
	must(t, err)
	if !slices.Equal(marked.AllUIDs(), []imap.UID{uids[3]}) {
		t.Errorf("marked as deleted: %v, want %v", marked.AllUIDs(), uids[3])
	}
	for _, command := range []string{"MOVE", "UID EXPUNGE", "IDLE", "NAMESPACE"} {
		if strings.Contains(x.commands(), " "+command) {
			t.Errorf("%s was sent to a server that does not know it", command)
		}
	}
}

func TestAFullMailbox(t *testing.T) {
	for name, capabilities := range map[string]string{"with MOVE": "", "without": "IMAP4rev1 UIDPLUS IDLE"} {
		t.Run(name, func(t *testing.T) {
			p := onDovecot(t, devstack.DovecotOptions{Quota: "1M", Capabilities: capabilities})
			c := p.client(t)
			line := "0123456789abcdef0123456789abcd\r\n"
			other := put(t, c, "INBOX", append(raw("other"), []byte(strings.Repeat(line, 8_000))...)) // 256 kB, nothing of ours
			put(t, c, "INBOX", append(raw("big"), []byte(strings.Repeat(line, 15_000))...))           // 480 kB: not twice
			put(t, c, "INBOX", raw("small"))
			var log devstack.Record
			var got seen
			b := p.box(t, logTo(&log))
			watch(t, b, func(_ context.Context, m mailbox.Mail) (mailbox.Destination, error) {
				got.add(subject(m))
				if subject(m) == "other" {
					return "", nil
				}
				return mailbox.Destination("Done-" + subject(m)), nil
			})
			if capabilities != "" { // a copy beside the original is too much; what was said of it is remembered
				eventually(t, "the reason is told", 10*time.Second, func() bool {
					return strings.Contains(log.String(), "OVERQUOTA") && strings.Contains(log.String(), "Done-big")
				})
				if there := folder(t, b, "INBOX"); !slices.Equal(there, []string{"big", "other"}) {
					t.Errorf("in the inbox: %v", there)
				}
				eventually(t, "it is tried again", 10*time.Second, func() bool { return strings.Count(log.String(), "OVERQUOTA") >= 3 })
				remove(t, c, "INBOX", other) // room is made
			}
			eventually(t, "both are moved", 20*time.Second, func() bool {
				return slices.Equal(folder(t, b, "Done-big"), []string{"big"}) && slices.Equal(folder(t, b, "Done-small"), []string{"small"})
			})
			if handled := slices.DeleteFunc(got.all(), func(s string) bool { return s == "other" }); !slices.Equal(handled, []string{"big", "small"}) {
				t.Errorf("handed over: %v, want each once", handled)
			}
			if strings.Contains(log.String(), "mailbox lost") {
				t.Error(log.String())
			}
		})
	}
}
