package message_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"relance/mail/message"
)

// TestFaults: mails that were once misread, each with what is right beside it.
func TestFaults(t *testing.T) {
	files, err := filepath.Glob("testdata/faults/*.eml")
	if err != nil || len(files) < 10 {
		t.Fatal(len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".eml"), func(t *testing.T) {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			m, err := message.Parse(raw)
			if err != nil {
				t.Fatal(err)
			}
			text, err := os.ReadFile(strings.TrimSuffix(file, ".eml") + ".json")
			if err != nil {
				t.Fatal(err)
			}
			var want struct {
				fate
				From  *message.Address
				Reply *string
				Text  *string
			}
			if err := json.Unmarshal(text, &want); err != nil {
				t.Fatal(err)
			}
			got := fateOf(raw)
			if !sameFate(got, want.fate) || got.Recipient != want.Recipient || got.Status != want.Status || got.MessageID != want.MessageID {
				t.Errorf("%s %s %s final %s, of %s; want %s %s %s final %s, of %s", got.Kind, got.Recipient, got.Status, yes(got.Final), got.MessageID,
					want.Kind, want.Recipient, want.Status, yes(want.Final), want.MessageID)
			}
			if want.From != nil && m.From != *want.From {
				t.Errorf("from %q, want %q", m.From, *want.From)
			}
			if want.Reply != nil && m.Reply != *want.Reply {
				t.Errorf("reply %q, want %q", m.Reply, *want.Reply)
			}
			if want.Text != nil && m.Text != *want.Text {
				t.Errorf("text %q, want %q", m.Text, *want.Text)
			}
		})
	}
}
