package mailbox_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"relance/local/devstack"
	"relance/mail/mailbox"
)

// peak runs something and tells how much more heap it held at any time than before, in bytes.
func peak(t testing.TB, run func()) int64 {
	t.Helper()
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	read := func() int64 {
		metrics.Read(sample)
		return int64(sample[0].Value.Uint64())
	}
	runtime.GC()
	before := read()
	var most atomic.Int64
	done, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-done:
				return
			case <-time.After(time.Millisecond):
				most.Store(max(most.Load(), read()))
			}
		}
	}()
	run()
	close(done)
	<-stopped
	return most.Load() - before
}

// writeLarge puts a message of some bytes into a Maildir's inbox, as a delivery does.
func writeLarge(t testing.TB, maildir string, size int) (sum [32]byte) {
	t.Helper()
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	name := filepath.Join(maildir, "tmp", "1.large")
	f, err := os.Create(name)
	must(err)
	hash := sha256.New()
	w := io.MultiWriter(f, hash)
	head := "From: zoe@x.example\r\nSubject: large\r\n\r\n"
	_, err = io.WriteString(w, head)
	must(err)
	line := append(bytes.Repeat([]byte("x"), 76), '\r', '\n')
	for n := len(head); n < size; n += len(line) {
		_, err := w.Write(line)
		must(err)
	}
	must(f.Chmod(0o666))
	must(f.Close())
	must(os.Rename(name, filepath.Join(maildir, "new", "1.large")))
	return [32]byte(hash.Sum(nil))
}

func TestALargeMailIsStreamed(t *testing.T) {
	p := onDovecot(t, devstack.DovecotOptions{})
	b := p.box(t)
	folder(t, b, "INBOX") // the Maildir is made
	for _, size := range []int{10 << 20, 50 << 20} {
		want := writeLarge(t, p.dovecot.Maildir("aides"), size)
		var got [32]byte
		var took int64
		held := peak(t, func() {
			n, err := b.Once(t.Context(), func(_ context.Context, m mailbox.Mail) (mailbox.Destination, error) {
				hash := sha256.New()
				_, err := io.Copy(hash, m.Reader())
				got, took = [32]byte(hash.Sum(nil)), m.Size
				return "Done", err
			})
			if n != 1 || err != nil {
				t.Errorf("%d, %v", n, err)
			}
		})
		t.Logf("a message of %d MB: %.1f MB of heap at most", took>>20, float64(held)/(1<<20))
		if got != want {
			t.Errorf("%d bytes came as others", size)
		}
		if held > 8<<20 {
			t.Errorf("a message of %d MB was held in memory: %d MB", size>>20, held>>20)
		}
	}
}

func TestAMessageLargerThanIsTakenIsToldByItsBeginning(t *testing.T) {
	everywhere(t, "box11", func(t *testing.T, p place) {
		c := p.client(t)
		put(t, c, "INBOX", append(raw("larger"), bytes.Repeat([]byte("0123456789abcdef0123456789abcd\r\n"), 60_000)...)) // 1.9 MB
		put(t, c, "INBOX", raw("small"))
		b := p.box(t, func(c *mailbox.Config) { c.Largest = 1 << 20 })
		var got seen
		n, err := b.Once(t.Context(), func(_ context.Context, m mailbox.Mail) (mailbox.Destination, error) {
			got.add(fmt.Sprintf("%s %v %v", subject(m), m.TooLarge, m.Size < 1<<20))
			return "Done", nil
		})
		if n != 2 || err != nil || !slices.Equal(got.all(), []string{"larger true true", "small false true"}) {
			t.Errorf("%d, %v, %v", n, err, got.all())
		}
	})
}

var (
	messages = flag.Int("messages", 100_000, "how many messages lie in the processed folder (docs/growth.md)")
	backlog  = flag.Int("backlog", 2_000, "how many messages wait in the inbox")
)

// fill puts messages into a Maildir behind the server's back, and lets the server make its own list of them.
func fill(t *testing.T, p place, folder string, n int) {
	t.Helper()
	cur, long := filepath.Join(p.dovecot.Maildir("aides"), folder, "cur"), time.Unix(1_600_000_000, 0)
	for i := range n {
		name := filepath.Join(cur, fmt.Sprintf("1600000000.M%07dP1.x:2,S", i))
		must(t, os.WriteFile(name, raw(fmt.Sprintf("old%07d", i)), 0o666))
		must(t, os.Chtimes(name, long, long)) // it was received then
	}
	began := time.Now()
	c := p.client(t)
	name := strings.TrimPrefix(folder, ".")
	if name == "" {
		name = "INBOX"
	}
	selected, err := c.Select(name, nil).Wait()
	must(t, err)
	if int(selected.NumMessages) < n {
		t.Fatalf("%d messages in %s", selected.NumMessages, name)
	}
	must(t, c.Unselect().Wait())
	t.Logf("the server has listed %d messages of %s after %v", selected.NumMessages, name, time.Since(began))
}

// Messages that were processed long ago cost nothing when a watcher starts, nor do they when another joins them.
func TestAHundredThousandProcessedMessages(t *testing.T) {
	p := onDovecot(t, devstack.DovecotOptions{Memory: "2G"}) // 256 MB do not do for a Maildir of a million
	start := func(box, subject string) (said string, bytes int64) {
		through, x := p.proxy(t)
		b := through.box(t, func(c *mailbox.Config) { c.Inbox = box })
		put(t, p.client(t), box, raw(subject))
		var got seen
		began := time.Now()
		held := peak(t, func() {
			if n, err := b.Once(t.Context(), got.taker("Done")); n != 1 || err != nil {
				t.Fatalf("%d, %v", n, err)
			}
		})
		t.Logf("%s: %v, %d bytes from the server, %.1f MB of heap at most", subject, time.Since(began), x.received.Load(), float64(held)/1e6)
		return x.commands(), x.received.Load()
	}
	start("INBOX", "first") // Done is there
	empty, few := start("INBOX", "empty")
	fill(t, p, ".Done", *messages)
	full, many := start("INBOX", "full")
	if names := func(said string) int { return strings.Count(said, "Done") }; names(empty) != 1 || names(full) != 1 || strings.Count(empty, "\r\n") != strings.Count(full, "\r\n") {
		t.Errorf("with an empty processed folder:\n%s\nwith a full one:\n%s", empty, full)
	}
	if many > few+200 { // a few digits more
		t.Errorf("%d bytes from the server, and %d when the processed folder was empty", many, few)
	}
	walked, began := 0, time.Now()
	held := peak(t, func() {
		must(t, p.box(t).Walk(t.Context(), "Done", func(m mailbox.Mail) error {
			walked++
			_, err := io.Copy(io.Discard, m.Reader())
			return err
		}))
	})
	t.Logf("the audit's walk over %d messages: %v, %.1f MB of heap at most", walked, time.Since(began), float64(held)/1e6)
	if walked < *messages {
		t.Errorf("the walk passed %d messages of %d", walked, *messages)
	}
	if most := int64(32<<20 + 64**messages); held > most { // their UIDs, and one step of them whole
		t.Errorf("the walk held %d MB", held>>20)
	}
	sent := p.box(t).Sent("Done")
	defer sent.Close()
	for _, when := range []string{"first", "second"} {
		began = time.Now()
		there, err := sent.Holds(t.Context(), "of-nobody@x.example", time.Now())
		if there || err != nil {
			t.Errorf("%v, %v", there, err)
		}
		t.Logf("whether a mail of today has its copy among so many, asked for the %s time: %v", when, time.Since(began))
	}
}

// A backlog is read oldest first, in one pass whose cost is that of its mails: neither asked for again after each batch nor held in memory.
func TestABacklogIsReadInOnePass(t *testing.T) {
	p := onDovecot(t, devstack.DovecotOptions{})
	put(t, p.client(t), "INBOX", raw("first"))
	var got seen
	if n, err := p.box(t).Once(t.Context(), got.taker("Done")); n != 1 || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	fill(t, p, "", *backlog)
	through, x := p.proxy(t)
	var taken int
	var first time.Duration
	began := time.Now()
	held := peak(t, func() {
		n, err := through.box(t).Once(t.Context(), func(context.Context, mailbox.Mail) (mailbox.Destination, error) {
			if taken++; taken == 1 {
				first = time.Since(began)
			}
			return "Done", nil
		})
		if n != *backlog || err != nil {
			t.Errorf("%d of %d, %v", n, *backlog, err)
		}
	})
	took := time.Since(began)
	t.Logf("%d messages in %v (%.0f/s), the first after %v, %.1f MB of heap at most", *backlog, took, float64(*backlog)/took.Seconds(), first, float64(held)/1e6)
	if searches := strings.Count(x.commands(), "UID SEARCH"); searches != 1 {
		t.Errorf("the inbox was asked for %d times", searches)
	}
	if most := int64(8<<20 + 300**backlog); held > most {
		t.Errorf("%d MB were held", held>>20)
	}
}
