package mailbox_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"relance/local/devstack"
	"relance/mail/mailbox"
)

// A copy of what was sent lies in the folder for it once, byte for byte, however often it is filed.
func TestACopyOfWhatWasSent(t *testing.T) {
	check := func(t *testing.T, p place, configured, want string) {
		b := p.box(t)
		through, x := p.proxy(t)
		copies := through.box(t).Sent(configured)
		t.Cleanup(func() { _ = copies.Close() })
		at := time.Now().Add(-time.Hour)
		for i, again := range []bool{false, true, true} { // the second and third are repeated after a crash
			must(t, copies.File(t.Context(), "first@x.example", raw("first"), at, again))
			if i == 0 {
				must(t, copies.File(t.Context(), "second@x.example", raw("second"), at, true)) // one that was not filed before
			}
		}
		list, err := b.List(t.Context(), want)
		must(t, err)
		if len(list) != 2 {
			t.Fatalf("%d copies in %s", len(list), want)
		}
		first, err := list[0].Bytes()
		if err != nil || !bytes.Equal(first, raw("first")) || list[0].Received.Sub(at).Abs() > time.Minute {
			t.Errorf("%v %v: %q", err, list[0].Received, first)
		}
		if x.Opened() != 1 {
			t.Errorf("%d connections for four mails", x.Opened())
		}
	}
	t.Run("mox", func(t *testing.T) { check(t, onMox(t, "box4"), "", "Sent") })
	t.Run("dovecot, none marked", func(t *testing.T) { check(t, onDovecot(t, devstack.DovecotOptions{}), "", "Sent") })
	t.Run("dovecot, one marked", func(t *testing.T) {
		check(t, onDovecot(t, devstack.DovecotOptions{Prefix: "INBOX.", Separator: ".", Sent: "Envoyes"}), "", "INBOX.Envoyes")
	})
	t.Run("dovecot, one configured", func(t *testing.T) {
		check(t, onDovecot(t, devstack.DovecotOptions{Prefix: "INBOX.", Separator: "."}), "Aides/Envoyés", "INBOX.Aides.Envoyés")
	})
}

func TestACopyThatCannotBeKept(t *testing.T) {
	p := onDovecot(t, devstack.DovecotOptions{Quota: "10k"})
	copies := p.box(t).Sent("")
	defer copies.Close()
	err := copies.File(t.Context(), "large@x.example", append(raw("large"), bytes.Repeat([]byte("0123456789abcdef\r\n"), 5000)...), time.Now(), false)
	if err == nil || !strings.Contains(err.Error(), "uota") {
		t.Fatalf("a full mailbox: %v", err)
	}
	began := time.Now()
	if err := copies.File(t.Context(), "next@x.example", raw("next"), time.Now(), false); err == nil || time.Since(began) > 50*time.Millisecond {
		t.Errorf("a server that has just failed was asked again: %v after %v", err, time.Since(began))
	}

	d := onDovecot(t, devstack.DovecotOptions{})
	through, x := d.proxy(t)
	silent := through.box(t, func(c *mailbox.Config) { c.Patience = 500 * time.Millisecond }).Sent("")
	defer silent.Close()
	must(t, silent.File(t.Context(), "before@x.example", raw("before"), time.Now(), false))
	x.hang(t, true)
	defer x.hang(t, false)
	if err := silent.File(t.Context(), "after@x.example", raw("after"), time.Now(), false); err == nil || errors.Is(err, mailbox.ErrLogin) {
		t.Errorf("a server that says nothing: %v", err)
	}
	if there := folder(t, d.box(t), "Sent"); !slices.Equal(there, []string{"before"}) {
		t.Errorf("%v", there)
	}
}
