package archive

import (
	"bytes"
	"sync"
	"testing"

	"relance/local/devstack"
)

// line is a TCP line to a real server that a test can make noisy.
type line struct {
	*devstack.Line
	mu       sync.Mutex
	old, new []byte
}

func newLine(t testing.TB, target string) *line {
	t.Helper()
	whole, err := devstack.NewLine(target)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = whole.Close() })
	l := &line{Line: whole}
	whole.ToServer, whole.FromServer = l.pass, l.pass
	return l
}

func (l *line) address() string { return l.Address }

// garble replaces bytes, in both directions, wherever they come in one piece.
func (l *line) garble(old, new []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.old, l.new = old, new
}

func (l *line) pass(_ *devstack.Passage, b []byte) ([]byte, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.old) > 0 {
		b = bytes.ReplaceAll(b, l.old, l.new)
	}
	return b, true
}
