package command

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"relance/local/chance"
)

func TestWhatStrangersWriteDoesNotMoveTheScreen(t *testing.T) {
	for text, want := range map[string]string{
		"Boulangerie \x1b[2J\x1b[31mMartin":     "Boulangerie \ufffd[2J\ufffd[31mMartin",
		"facture\u202efdp.exe":                  "facture\ufffdfdp.exe",
		"a\rb\bc\ad\x7fe\u009bf":                "a\ufffdb\ufffdc\ufffdd\ufffde\ufffdf",
		"\u2066x\u2069\u200b\u200e\u061c\ufeff": "\ufffdx\ufffd\ufffd\ufffd\ufffd\ufffd",
		"ligne 1\nligne 2\tfin · 1 200,50 €":    "ligne 1\nligne 2\tfin · 1 200,50 €",
		"a\u2028b":                              "a b",
	} {
		var out bytes.Buffer
		s := &screen{Writer: &out}
		for _, b := range []byte(text) { // byte by byte, as pieces of characters
			if n, err := s.Write([]byte{b}); n != 1 || err != nil {
				t.Fatal(n, err)
			}
		}
		if out.String() != want {
			t.Errorf("%q is shown as %q, not %q", text, out.String(), want)
		}
	}
}

// TestJSONSaysTheSameAndMovesNoTerminal: what is escaped is read as what was written.
func TestJSONSaysTheSameAndMovesNoTerminal(t *testing.T) {
	const said = "a\u009b31m\u202eb\U000e0041\ufeff é €\n"
	var out bytes.Buffer
	c := &call{raw: &out}
	if err := c.json(map[string]string{"a": said}); err != nil {
		t.Fatal(err)
	}
	var read map[string]string
	if err := json.Unmarshal(out.Bytes(), &read); err != nil || read["a"] != said {
		t.Errorf("%q is read as %q (%v)", said, read["a"], err)
	}
	if strings.ContainsFunc(out.String(), moves) {
		t.Errorf("%q moves a terminal", out.String())
	}
}

// TestEveryCommandWritesToAScreen: each is given a flag that a terminal would obey, and says so without obeying.
func TestEveryCommandWritesToAScreen(t *testing.T) {
	for _, e := range entries() {
		if slices.Contains(processes, e.name) {
			continue
		}
		var out, errs bytes.Buffer
		args := append(strings.Fields(e.name), "-\x1b[31m\u202e\u009b")
		if status := Run(context.Background(), args, &out, &errs); status != 2 || !strings.Contains(errs.String(), "\ufffd[31m") {
			t.Errorf("%s: status %d, %q", e.name, status, errs.String())
		}
		if text := out.String() + errs.String(); strings.ContainsFunc(text, moves) {
			t.Errorf("%s shows %q", e.name, text)
		}
	}
	random := chance.New(t, 1)
	for range 200 {
		var raw []rune
		for range 20 {
			raw = append(raw, []rune{'a', 'é', '\x1b', '\u202e', '\u0085', '\n', '€', '\u2067', rune(random.IntN(0x3000))}[random.IntN(9)])
		}
		if shown := (&screen{}).shown(string(raw)); strings.ContainsFunc(shown, moves) {
			t.Fatalf("%q is shown as %q", string(raw), shown)
		}
	}
}
