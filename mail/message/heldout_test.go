package message_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"relance/mail/message"
)

// fate is what a report of the held-out set says; the README beside the mails explains the fields.
type fate struct {
	Kind      string `json:"kind"`
	Recipient string `json:"recipient"`
	Final     *bool  `json:"final"`
	Status    string `json:"status"`
	MessageID string `json:"message_id"`
}

// answers gives the expected fate and the others that are as right.
func answers(t *testing.T, file string) []fate {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var accepted struct {
		Accept []json.RawMessage `json:"accept"`
	}
	var right fate
	if err := json.Unmarshal(text, &accepted); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &right); err != nil {
		t.Fatal(err)
	}
	all := []fate{right}
	for _, other := range accepted.Accept {
		also := right
		if err := json.Unmarshal(other, &also); err != nil {
			t.Fatal(err)
		}
		all = append(all, also)
	}
	return all
}

// fateOf is how the parser understands a mail.
func fateOf(raw []byte) fate {
	m, err := message.Parse(raw)
	if err != nil {
		return fate{Kind: string(message.KindUnreadable)}
	}
	f := fate{Kind: string(m.Kind)}
	if b := m.Bounce; b != nil {
		final := !b.Temporary()
		f.Recipient, f.Status, f.MessageID, f.Final = b.Recipient, b.Status, b.OriginalMessageID, &final
	}
	return f
}

// sameFate compares kind and finality, which decide what a case does.
func sameFate(got, want fate) bool {
	if got.Kind != want.Kind || want.Kind != string(message.KindBounce) {
		return got.Kind == want.Kind
	}
	return want.Final == nil || got.Final != nil && *got.Final == *want.Final
}

// TestHeldOutBounces scores the reports that somebody wrote who had not seen this code. Nothing here is tuned to a single mail; docs/mail.md has
// the figures of the first run.
func TestHeldOutBounces(t *testing.T) {
	files, err := filepath.Glob("testdata/heldout/bounces/*.eml")
	if err != nil || len(files) < 280 {
		t.Fatal(len(files), err)
	}
	var right, bounces, recipient, status, id, lost, machine int
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".eml")
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		want, got := answers(t, strings.TrimSuffix(file, ".eml")+".json"), fateOf(raw)
		if slices.ContainsFunc(want, func(w fate) bool { return sameFate(got, w) }) {
			right++
		} else {
			t.Logf("%s: %s final %s, want %s final %s", name, got.Kind, yes(got.Final), want[0].Kind, yes(want[0].Final))
		}
		if got.Kind != string(message.KindPerson) && want[0].Kind == "person" {
			machine++
		}
		if want[0].Kind != string(message.KindBounce) {
			continue
		}
		bounces++
		if *want[0].Final && (got.Final == nil || !*got.Final) {
			lost++
		}
		count := func(n *int, what, got string, of func(fate) string) {
			if slices.ContainsFunc(want, func(w fate) bool { return strings.EqualFold(of(w), got) }) {
				*n++
			} else {
				t.Logf("%s: %s %q, want %q", name, what, got, of(want[0]))
			}
		}
		count(&recipient, "recipient", got.Recipient, func(f fate) string { return f.Recipient })
		count(&status, "status", said(got.Status), func(f fate) string { return said(f.Status) })
		count(&id, "message id", got.MessageID, func(f fate) string { return f.MessageID })
	}
	if right*100 < 97*len(files) || lost > 0 || machine > 0 {
		t.Errorf("kind and finality right: %d of %d; failures missed: %d; people taken for machines: %d", right, len(files), lost, machine)
	}
	t.Logf("kind and finality right: %d of %d; of %d bounces the recipient %d, the status %d, the message id %d; failures missed: %d; people taken for machines: %d",
		right, len(files), bounces, recipient, status, id, lost, machine)
}

// said is a status that says something: of a server that says no more than 550 the parser makes 5.0.0.
func said(status string) string {
	if strings.HasSuffix(status, ".0.0") {
		return ""
	}
	return status
}

func yes(b *bool) string {
	if b == nil {
		return "-"
	}
	return map[bool]string{true: "yes", false: "no"}[*b]
}

// TestHeldOutReplies scores what is new in a reply: no word of it may be lost; a word of the quoted mail is noise.
func TestHeldOutReplies(t *testing.T) {
	files, err := filepath.Glob("testdata/heldout/replies/*.eml")
	if err != nil || len(files) < 300 {
		t.Fatal(len(files), err)
	}
	var whole, losing, noisy int
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".eml")
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		m, err := message.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		lost, noise := compareReply(t, strings.TrimSuffix(file, ".eml")+".json", m.Reply)
		switch {
		case len(lost) > 0:
			losing++
			t.Logf("%s lost: %q\n got %q", name, strings.Join(lost, " "), m.Reply)
		case len(noise) > 0:
			noisy++
			t.Logf("%s noise: %q\n got %q", name, strings.Join(noise, " "), m.Reply)
		default:
			whole++
		}
	}
	if losing > 0 || noisy*100 > 3*len(files) {
		t.Errorf("new text lost in %d replies, old text kept in %d", losing, noisy)
	}
	t.Logf("exactly what is new: %d of %d; new text lost in %d; noise in %d", whole, len(files), losing, noisy)
}

// compareReply gives the words that are lost and those that are not new, by the answer that fits best.
func compareReply(t *testing.T, file, got string) (lost, noise []string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var want struct {
		New       string   `json:"new"`
		Signature string   `json:"signature"`
		Accept    []string `json:"accept"`
	}
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	for i, right := range append([]string{want.New}, want.Accept...) {
		l, n := missing(right, got), missing(got, right+"\n"+want.Signature) // a reader may keep a signature
		if i == 0 || len(l) < len(lost) || len(l) == len(lost) && len(n) < len(noise) {
			lost, noise = l, n
		}
	}
	return lost, noise
}

// missing gives the words of one text that another lacks, as often as it lacks them.
func missing(of, in string) (words []string) {
	left := map[string]int{}
	for _, word := range strings.Fields(in) {
		left[word]++
	}
	for _, word := range strings.Fields(of) {
		if left[word]--; left[word] < 0 {
			words = append(words, word)
		}
	}
	return words
}
