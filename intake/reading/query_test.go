package reading_test

import (
	"bufio"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"relance/intake/reading"
	"relance/mail/message"
)

// TestHeldOutQuestions: questions of the held-out set, written by somebody who had not seen this code. None that is not about the state may be
// answered, and four in five of the others are.
func TestHeldOutQuestions(t *testing.T) {
	file, err := os.Open("testdata/heldout/questions.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	answered, all, wrong := 0, 0, 0
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var q struct {
			ID, Subject, Text string
			AboutState        bool `json:"about_state"`
		}
		if err := json.Unmarshal(lines.Bytes(), &q); err != nil {
			t.Fatal(err)
		}
		asks := reading.AsksState(q.Subject, message.NewText(q.Text), "RBD-7K3M9-QXD3A")
		switch {
		case q.AboutState && asks:
			answered++
		case q.AboutState:
			t.Logf("%s goes to an officer: %q %q", q.ID, q.Subject, q.Text)
		case asks:
			wrong++
			t.Errorf("%s is answered as a question about the state: %q %q", q.ID, q.Subject, q.Text)
		}
		if q.AboutState {
			all++
		}
	}
	t.Logf("%d of %d answered, %d wrongly", answered, all, wrong)
	if answered*5 < all*4 {
		t.Errorf("%d of %d questions about the state are answered: fewer than four in five", answered, all)
	}
}

// TestQuestionsAboutTheState: wordings with which the reader was made, and what only looks like them.
func TestQuestionsAboutTheState(t *testing.T) {
	table, err := os.ReadFile("testdata/questions.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(table)) {
		sign, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		subject, text, found := strings.Cut(rest, " | ")
		if sign == "#" || !found {
			continue
		}
		if got := reading.AsksState(subject, strings.ReplaceAll(text, "/", "\n"), "RBD-7K3M9-QXD3A"); got != (sign == "+") {
			t.Errorf("asks for the state: %v, of %s", got, line)
		}
	}
}
