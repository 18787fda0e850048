package mailbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/emersion/go-imap/v2"
)

const (
	batch    = 16 // messages fetched with one command
	firstTry = time.Second
	lastTry  = time.Minute
)

// patience remembers which messages a handler could not take, and when each is tried again.
type patience map[uint32]struct {
	again time.Time
	wait  time.Duration
}

// failed puts a message off, twice as long each time.
func (p patience) failed(uid uint32) {
	entry := p[uid]
	entry.wait = min(max(2*entry.wait, firstTry), lastTry)
	entry.again = time.Now().Add(entry.wait)
	p[uid] = entry
}

// due leaves out what is put off, and tells how long until the first of that is due.
func (p patience) due(uids []imap.UID) (now []imap.UID, soonest time.Duration) {
	soonest = lastTry
	for _, uid := range uids {
		if entry, waits := p[uint32(uid)]; waits && time.Until(entry.again) > 0 {
			soonest = min(soonest, time.Until(entry.again))
			continue
		}
		now = append(now, uid)
	}
	return now, soonest
}

// Watch hands over every message of the inbox, oldest first, then each new one as it comes, until ctx ends. It lives
// through lost connections and servers that are down, and says in the log what it waits for.
func (b *Box) Watch(ctx context.Context, handle Handler) error {
	wait, put := firstTry, patience{}
	var validity uint32
	for ctx.Err() == nil {
		s, err := b.connect(ctx, b.Inbox)
		if err == nil {
			if s.validity != validity { // UIDs mean other messages now (RFC 9051 §2.3.1.1)
				validity, put = s.validity, patience{}
			}
			stop := context.AfterFunc(ctx, s.kill)
			began := time.Now()
			err = s.watch(ctx, handle, put)
			stop()
			s.close()
			if time.Since(began) > lastTry {
				wait = firstTry
			}
		}
		if ctx.Err() != nil {
			break
		}
		b.Logger.Warn("mailbox lost, trying again", "server", b.Address, "in", wait, "error", err)
		sleep(ctx, wait)
		wait = min(2*wait, lastTry)
	}
	return ctx.Err()
}

// watch reads the inbox whenever something has come, and at every tick, until the connection ends.
func (s *session) watch(ctx context.Context, handle Handler, put patience) error {
	for {
		_, soonest, err := s.pass(ctx, handle, put)
		if err != nil {
			return err
		}
		if err := s.idle(ctx, min(s.Tick, soonest)); err != nil {
			return err
		}
		if err := s.do(func() error { return s.client.Noop().Wait() }); err != nil {
			return err
		}
	}
}

// idle waits until something comes or the time is up.
func (s *session) idle(ctx context.Context, limit time.Duration) error {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	command, err := s.client.Idle()
	if err != nil { // a server without IDLE is read at every tick
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		return ctx.Err()
	}
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-s.arrived:
	}
	if err := s.do(func() error { return errors.Join(command.Close(), command.Wait()) }); err != nil {
		return err
	}
	return ctx.Err()
}

// Once goes through the inbox one time and tells how many messages left it.
func (b *Box) Once(ctx context.Context, handle Handler) (int, error) {
	s, err := b.connect(ctx, b.Inbox)
	if err != nil {
		return 0, err
	}
	defer s.close()
	defer context.AfterFunc(ctx, s.kill)()
	moved, _, err := s.pass(ctx, handle, patience{})
	return moved, err
}

// pass hands over what lies in the inbox. It tells how many messages left it, and how soon one that could not be taken
// is due again.
func (s *session) pass(ctx context.Context, handle Handler, put patience) (moved int, soonest time.Duration, err error) {
	found, err := within(s, func() (*imap.SearchData, error) { return s.client.UIDSearch(&imap.SearchCriteria{}, nil).Wait() })
	if err != nil {
		return 0, 0, fmt.Errorf("search: %w", err)
	}
	uids, soonest := put.due(found.AllUIDs())
	for len(uids) > 0 {
		n := min(batch, len(uids))
		gone, failed, err := s.batch(ctx, uids[:n], handle, put)
		if moved += gone; err != nil {
			return moved, soonest, err
		}
		if failed {
			soonest = min(soonest, firstTry)
		}
		uids = uids[n:]
	}
	return moved, soonest, nil
}

// batch hands over some messages and moves them, those of one destination together.
func (s *session) batch(ctx context.Context, uids []imap.UID, handle Handler, put patience) (moved int, failed bool, err error) {
	going := map[Destination]*imap.UIDSet{}
	err = s.fetch(uids, func(m Mail) error {
		to, handleErr := handle(ctx, m)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case handleErr != nil:
			s.Logger.Warn("message left in the inbox", "uid", m.UID, "error", handleErr)
			failed = true
			put.failed(m.UID)
		case to == "":
			put.failed(m.UID)
		default:
			delete(put, m.UID)
			if going[to] == nil {
				going[to] = &imap.UIDSet{}
			}
			going[to].AddNum(imap.UID(m.UID))
			moved++
		}
		return nil
	})
	// What was handled is moved even where the batch broke off: it would only be handed over once more.
	for to, set := range going {
		if moveErr := s.move(*set, string(to)); moveErr != nil {
			err = errors.Join(err, fmt.Errorf("move to %s: %w", to, moveErr))
		}
	}
	return moved, failed, err
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
