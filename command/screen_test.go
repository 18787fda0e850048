package command

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"unicode"

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

// TestEveryCommandWritesToAScreen: what a command prints has passed there, whatever it is.
func TestEveryCommandWritesToAScreen(t *testing.T) {
	random := chance.New(t, 1)
	for range 200 {
		var raw []rune
		for range 20 {
			raw = append(raw, []rune{'a', 'é', '\x1b', '\u202e', '\u0085', '\n', '€', '\u2067', rune(random.IntN(0x3000))}[random.IntN(9)])
		}
		for _, r := range shown(string(raw)) {
			if r != '\n' && r != '\t' && (unicode.IsControl(r) || strings.ContainsRune("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069", r)) {
				t.Fatalf("%q shows %U", string(raw), r)
			}
		}
	}
	var out, errs bytes.Buffer
	if status := Run(context.Background(), []string{"scheme", "try", "\x1b[31mx.yaml", "y.eml"}, &out, &errs); status == 0 || strings.Contains(out.String()+errs.String(), "\x1b") {
		t.Errorf("status %d: %q %q", status, out.String(), errs.String())
	}
}
