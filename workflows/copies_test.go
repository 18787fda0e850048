package workflows_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"relance/domain/casefile"
)

// sentFolder is where copies are kept, and is away until a day (legal).
type sentFolder struct {
	*world
	back  time.Time
	tries int
	ids   []string
}

func (f *sentFolder) File(_ context.Context, messageID string, _ []byte, _ time.Time, again bool) error {
	f.tries++
	if f.env.Now().Before(f.back) {
		return errors.New("the mailbox is away")
	}
	if !again || !slices.Contains(f.ids, messageID) {
		f.ids = append(f.ids, messageID)
	}
	return nil
}

// A mailbox that is away holds up nothing: mails go, and their copies are kept when it is back, each once, even where the case has ended meanwhile.
func TestCopiesAreKeptWhenTheMailboxIsBack(t *testing.T) {
	for name, away := range map[string]time.Duration{"never": 0, "an hour": time.Hour, "five days": 5 * day, "beyond the end": 90 * day} {
		w := newWorld(t)
		f := &sentFolder{world: w, back: received.Add(away)}
		w.acts.Copies = f
		w.on(0, whole())
		w.on(2*day, signature)
		w.act(10*day, casefile.Approve, casefile.Act{ID: "one"})
		s := w.run()
		w.expect("2020-09-15 acknowledgement", "2020-09-15 charter", "2020-09-17 charter-signed", "2020-09-25 grant", "2020-11-27 closing")
		var sent []string
		for _, m := range w.sent {
			sent = append(sent, m.MessageID)
		}
		slices.Sort(sent)
		slices.Sort(f.ids)
		if !slices.Equal(sent, f.ids) || len(s.Unfiled) > 0 {
			t.Errorf("away %s: copies of %v, want %v; still to be kept: %v", name, f.ids, sent, s.Unfiled)
		}
		if perDay := float64(f.tries) / (1 + away.Hours()/24); perDay > 1500 { // one a minute
			t.Errorf("away %s: tried %d times", name, f.tries)
		}
	}
}
