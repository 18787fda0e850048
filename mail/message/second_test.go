package message_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"relance/mail/message"
)

// TestSecondSet: reports, automatic replies and people's mails that were written after the parser learned from the held-out
// set, by somebody who had not seen its words; docs/mail.md has the figures of the first run.
func TestSecondSet(t *testing.T) {
	files, err := filepath.Glob("testdata/second/*.eml")
	if err != nil || len(files) < 30 {
		t.Fatal(len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".eml")
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		want, got := answers(t, strings.TrimSuffix(file, ".eml")+".json"), fateOf(raw)
		if !slices.ContainsFunc(want, func(w fate) bool { return sameFate(got, w) }) {
			t.Errorf("%s: %s final %s, want %s final %s", name, got.Kind, yes(got.Final), want[0].Kind, yes(want[0].Final))
		}
		if w := want[0]; w.Kind == string(message.KindBounce) && (got.Recipient != w.Recipient || w.MessageID != "" && got.MessageID != w.MessageID || w.Status != "" && got.Status != w.Status) {
			t.Errorf("%s: %q %s %q, want %q %s %q", name, got.Recipient, got.Status, got.MessageID, w.Recipient, w.Status, w.MessageID)
		}
	}
}
