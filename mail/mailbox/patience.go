package mailbox

import (
	"errors"
	"io"
	"maps"
	"net"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"

	"relance/observe/health"
)

const (
	firstTry = time.Second
	lastTry  = time.Minute
	longTry  = time.Hour // between two tries of a message over which connections end
)

// patience remembers what is tried again later, and when: messages that a handler could not take, and messages that it has
// taken and that cannot leave the inbox.
type patience map[imap.UID]waiting

type waiting struct {
	again time.Time
	wait  time.Duration
	to    Destination // where it belongs, where the handler has taken it; empty: it is handed over again

	trouble int   // how surely it is this message over which connections end
	unread  error // why the server cannot give it
	since   time.Time
}

// How surely a message ends connections, and what follows. An answer of the server that cannot be read counts three times
// as much as a connection that breaks.
const (
	alone     = 3 // it is asked for by itself
	withoutIt = 6 // and without its date, over which some servers stumble
	setAside  = 9 // and it is put off, so that the others are read
)

// blame takes in that a connection ended while the server was asked for a message. A connection may break by itself: that
// counts in full only where it was for this message alone.
func (p patience) blame(uid imap.UID, err error) (aside bool) {
	w := p[uid]
	worth := 3
	broke := []health.Reason{health.Cut, health.Timeout, health.Unreachable}
	if slices.Contains(broke, health.ReasonOf(err)) || errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) {
		if w.trouble < alone {
			worth = 1
		}
	}
	w.trouble = min(w.trouble+worth, setAside)
	if aside = w.trouble >= setAside; aside {
		w.wait = min(max(2*w.wait, lastTry), longTry)
		w.again, w.unread = time.Now().Add(w.wait), err
	}
	p[uid] = w
	return aside
}

// unread puts off a message that the server cannot give.
func (p patience) unread(uid imap.UID, err error) {
	p.put(uid, "")
	w := p[uid]
	if w.unread = err; w.since.IsZero() {
		w.since = time.Now()
	}
	p[uid] = w
}

// unreadFor is how long the server has not given a message.
func (p patience) unreadFor(uid imap.UID) time.Duration {
	if w := p[uid]; !w.since.IsZero() {
		return time.Since(w.since)
	}
	return 0
}

// stuck lists the messages that the server cannot give, the oldest first.
func (p patience) stuck() (uids []uint32, err error) {
	for uid, w := range p {
		if w.unread != nil {
			uids = append(uids, uint32(uid))
			err = w.unread
		}
	}
	slices.Sort(uids)
	return uids, err
}

// put puts a message off, twice as long each time.
func (p patience) put(uid imap.UID, to Destination) {
	w := p[uid]
	w.wait = min(max(2*w.wait, firstTry), lastTry)
	w.again = time.Now().Add(w.wait)
	w.to = to
	p[uid] = w
}

// due sorts what lies in the inbox: messages to be handed over now, the oldest first and those that were put off before
// last, and messages that are only to be moved. A message that is put off is left out, and soonest is how long until the
// first of them is due. A message that has left the inbox is forgotten.
func (p patience) due(uids []imap.UID) (now []imap.UID, moves map[Destination][]imap.UID, soonest time.Duration) {
	soonest, moves = lastTry, map[Destination][]imap.UID{}
	there := make(map[imap.UID]bool, len(uids))
	var again []imap.UID
	for _, uid := range uids {
		there[uid] = true
		w, waits := p[uid]
		switch {
		case waits && time.Until(w.again) > 0:
			soonest = min(soonest, time.Until(w.again))
		case w.to != "":
			moves[w.to] = append(moves[w.to], uid)
		case waits:
			again = append(again, uid)
		default:
			now = append(now, uid)
		}
	}
	maps.DeleteFunc(p, func(uid imap.UID, _ waiting) bool { return !there[uid] })
	return append(now, again...), moves, soonest
}
