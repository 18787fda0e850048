package mailbox_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"relance/local/devstack"
	"relance/mail/mailbox"
)

// While no message can be taken, one is fetched now and then, to see; when that goes, all go, each once.
func TestWhereNoMessageCanBeTaken(t *testing.T) {
	p := onDovecot(t, devstack.DovecotOptions{})
	c := p.client(t)
	for _, s := range numbered(0, 30) {
		put(t, c, "INBOX", raw(s))
	}
	through, x := p.proxy(t)
	var away atomic.Bool
	away.Store(true)
	var tries atomic.Int32
	var got seen
	watch(t, through.box(t), func(_ context.Context, m mailbox.Mail) (mailbox.Destination, error) {
		if away.Load() {
			tries.Add(1)
			return "", fmt.Errorf("%w: the store is away", mailbox.ErrHold)
		}
		got.add(subject(m))
		return "Done", nil
	})
	eventually(t, "a first try", 10*time.Second, func() bool { return tries.Load() > 0 })
	put(t, c, "INBOX", raw("m0030")) // what comes changes nothing
	time.Sleep(3500 * time.Millisecond)
	if n := tries.Load(); n < 2 || n > 3 { // after 1 s and 2 s
		t.Errorf("%d messages were handed over", n)
	}
	held := x.received.Load()
	away.Store(false)
	eventually(t, "all are moved", 15*time.Second, func() bool { return slices.Equal(folder(t, p.box(t), "Done"), numbered(0, 31)) })
	if all := got.all(); len(all) != 31 {
		t.Errorf("handed over: %v", all)
	}
	t.Logf("%d tries, %d bytes while held, %d after it", tries.Load(), held, x.received.Load()-held)
}

// One message that is always refused as if nothing could be taken does not keep the others for good.
func TestAMessageThatSaysThatNoneCanBeTaken(t *testing.T) {
	p := onDovecot(t, devstack.DovecotOptions{})
	c := p.client(t)
	for _, s := range numbered(0, 20) {
		put(t, c, "INBOX", raw(s))
	}
	b := p.box(t)
	var got seen
	watch(t, b, func(_ context.Context, m mailbox.Mail) (mailbox.Destination, error) {
		if subject(m) == "m0000" {
			return "", errors.Join(mailbox.ErrHold, errors.New("this one"))
		}
		got.add(subject(m))
		return "Done", nil
	})
	eventually(t, "the others are moved", 15*time.Second, func() bool { return slices.Equal(folder(t, b, "Done"), numbered(1, 20)) })
	if all := got.all(); len(all) != 19 {
		t.Errorf("handed over: %v", all)
	}
}
