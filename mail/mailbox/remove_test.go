package mailbox_test

import (
	"strings"
	"testing"
	"time"

	"relance/mail/mailbox"
)

// TestRemove removes what is meant from every folder there is, and nothing else: not another message of the same Message-ID, and not one that
// somebody else has marked as deleted.
func TestRemove(t *testing.T) {
	everywhere(t, "box12", func(t *testing.T, p place) {
		c, b := p.client(t), p.box(t)
		text := func(id, body string) []byte {
			return []byte("From: a@localhost\r\nSubject: " + body + "\r\nMessage-ID: <" + id + "@x>\r\n\r\n" + body + "\r\n")
		}
		for _, m := range [][]byte{text("one", "de ce dossier"), text("one", "d'un autre dossier"), text("two", "de ce dossier"), text("three", "d'un autre dossier")} {
			put(t, c, "INBOX", m)
		}
		sent := b.Sent("")
		if err := sent.File(t.Context(), "four@x", text("four", "de ce dossier"), time.Now(), false); err != nil {
			t.Fatal(err)
		}
		if err := sent.Close(); err != nil {
			t.Fatal(err)
		}
		for _, want := range []int{3, 0} {
			n, err := b.Remove(t.Context(), []string{"INBOX", "Absent"}, "", []string{"one@x", "two@x", "four@x", "five@x"}, func(m mailbox.Mail) (bool, error) {
				raw, err := m.Bytes()
				return strings.Contains(string(raw), "de ce dossier"), err
			})
			if err != nil || n != want {
				t.Errorf("removed %d, want %d: %v", n, want, err)
			}
		}
		left, err := b.List(t.Context(), "INBOX")
		if err != nil || len(left) != 2 {
			t.Fatalf("%d are left: %v", len(left), err)
		}
		for _, m := range left {
			if raw, _ := m.Bytes(); !strings.Contains(string(raw), "d'un autre dossier") {
				t.Errorf("left: %s", raw)
			}
		}
	})
}
