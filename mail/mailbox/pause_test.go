package mailbox

import (
	"testing"
	"time"
)

// TestPause: while a server is away the tries become rare; a connection that lasted longer than was waited for it is taken for its return.
func TestPause(t *testing.T) {
	var wait time.Duration
	for i, want := range []time.Duration{1, 2, 4, 8, 16, 32, 60, 60} {
		if wait = pause(wait, 0); wait != want*time.Second {
			t.Errorf("try %d after %v, not %v", i+2, wait, want*time.Second)
		}
	}
	for _, c := range []struct{ before, lasted, want time.Duration }{
		{0, time.Hour, firstTry},                         // a connection that had always held
		{8 * time.Second, 9 * time.Second, firstTry},     // it was back for a while: lost again, it is tried soon
		{8 * time.Second, time.Second, 16 * time.Second}, // it takes connections and drops them
	} {
		if got := pause(c.before, c.lasted); got != c.want {
			t.Errorf("after %v, and %v of connection: %v, not %v", c.before, c.lasted, got, c.want)
		}
	}
}
