package mailbox

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

const (
	batch  = 16                     // messages fetched with one command
	rivals = 200 * time.Millisecond // until the inbox is read again where another process was taking a message
)

// Watch hands over every message of the inbox, oldest first, then each new one as it comes, until ctx ends. It lives
// through lost connections and servers that are down, and says in the log what it waits for.
func (b *Box) Watch(ctx context.Context, handle Handler) error {
	put := patience{}
	var validity uint32
	var wait time.Duration
	for ctx.Err() == nil {
		var lasted time.Duration
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
			lasted = time.Since(began)
		}
		if ctx.Err() != nil {
			break
		}
		err = b.lost(err)
		wait = pause(wait, lasted)
		b.Logger.Warn("mailbox lost, trying again", "server", b.Address, "in", wait, "error", err)
		sleep(ctx, wait)
	}
	return ctx.Err()
}

// pause is how long to wait before the next try at a connection: twice as long as before the last one, and short again where that one lasted
// longer than was waited for it.
func pause(before, lasted time.Duration) time.Duration {
	if lasted > before {
		return firstTry
	}
	return min(max(2*before, firstTry), lastTry)
}

// watch reads the inbox whenever something has come, and at every tick, until the connection ends.
func (s *session) watch(ctx context.Context, handle Handler, put patience) error {
	for {
		_, soonest, err := s.pass(ctx, handle, put)
		if errors.Is(err, ErrHold) && ctx.Err() == nil {
			s.held = min(max(2*s.held, firstTry), lastTry)
			s.Logger.Warn("inbox left alone", "for", s.held, "error", err)
			if err := s.wait(ctx, s.held); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		if err := s.idle(ctx, min(s.Tick, soonest)); err != nil {
			return err
		}
		if err := s.refresh(); err != nil {
			return err
		}
	}
}

// wait keeps the connection for so long, whatever arrives.
func (s *session) wait(ctx context.Context, long time.Duration) error {
	for end := time.Now().Add(long); time.Now().Before(end); {
		if err := s.idle(ctx, min(s.Tick, time.Until(end))); err != nil {
			return err
		}
		if err := s.refresh(); err != nil {
			return err
		}
	}
	return nil
}

// refresh asks for news. A folder other than INBOX may have been deleted and made again, which not every server tells those who have it open.
func (s *session) refresh() error {
	if s.names.of(s.Inbox) == "INBOX" {
		return s.do(func() error { return s.client.Noop().Wait() })
	}
	before := s.validity
	if err := s.open(s.Inbox); err != nil {
		return err
	}
	if s.validity != before {
		return fmt.Errorf("folder %s was replaced by another of this name", s.Inbox)
	}
	return nil
}

// idle waits until something comes or the time is up. A server without IDLE is read at every tick.
func (s *session) idle(ctx context.Context, limit time.Duration) error {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	var command *imapclient.IdleCommand
	if s.caps.Has(imap.CapIdle) {
		err := s.do(func() (err error) { command, err = s.client.Idle(); return err })
		if err != nil && !errors.As(err, new(*imap.Error)) { // else it is refused, and waiting does it
			return fmt.Errorf("idle: %w", err)
		}
	}
	var arrived <-chan struct{} // without IDLE, news comes with the next command
	if command != nil {
		arrived = s.arrived
	}
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-arrived:
	case <-s.client.Closed():
	}
	if command != nil {
		if err := s.do(func() error { return errors.Join(command.Close(), command.Wait()) }); err != nil {
			return fmt.Errorf("idle: %w", err)
		}
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

// pass hands over what lies in the inbox. It tells how many messages left it, and how soon one that stayed is due again.
func (s *session) pass(ctx context.Context, handle Handler, put patience) (moved int, soonest time.Duration, err error) {
	found, err := s.search(&imap.SearchCriteria{})
	if err != nil {
		return 0, 0, err
	}
	if s.Observer != nil {
		s.Observer.Contact(len(found))
	}
	uids, moves, soonest := put.due(found)
	if moved, err = s.settle(moves, put); err != nil {
		return moved, soonest, err
	}
	for group := range groups(uids, s.held > 0, put) {
		gone, taken, err := s.batch(ctx, group, handle, put)
		if moved += gone; err != nil {
			return moved, soonest, err
		}
		if taken {
			return moved, rivals, nil
		}
		s.held = 0
		if s.Observer != nil {
			s.Observer.Contact(len(found) - moved)
		}
	}
	if s.Observer != nil {
		s.Observer.Stuck(put.stuck())
	}
	for _, w := range put {
		soonest = min(soonest, max(time.Until(w.again), 0))
	}
	return moved, soonest, nil
}

// groups are the messages that are handed over together; the first alone, where it is to show whether any can be taken.
// Those over which connections may have ended come last, each alone.
func groups(uids []imap.UID, see bool, put patience) iter.Seq[[]imap.UID] {
	return func(yield func([]imap.UID) bool) {
		if see && len(uids) > 1 {
			if !yield(uids[:1]) {
				return
			}
			uids = uids[1:]
		}
		troubled := func(uid imap.UID) bool { return put[uid].trouble >= alone }
		calm := slices.DeleteFunc(slices.Clone(uids), troubled)
		for group := range slices.Chunk(calm, batch) {
			if !yield(group) {
				return
			}
		}
		rest := slices.DeleteFunc(slices.Clone(uids), func(uid imap.UID) bool { return !troubled(uid) })
		slices.SortStableFunc(rest, func(a, b imap.UID) int { return put[a].trouble - put[b].trouble })
		for _, uid := range rest {
			if !yield([]imap.UID{uid}) {
				return
			}
		}
	}
}

// batch hands over some messages and moves them, those of one destination together. Taken says that it ended at one that another process is taking.
func (s *session) batch(ctx context.Context, uids []imap.UID, handle Handler, put patience) (moved int, taken bool, err error) {
	going := map[Destination][]imap.UID{}
	leave := func(uid imap.UID, err error) {
		s.Logger.Warn("message left in the inbox", "uid", uint32(uid), "error", err)
		put.put(uid, "")
	}
	s.dateless = len(uids) == 1 && put[uids[0]].trouble >= withoutIt
	take := func(m Mail) error {
		to, handleErr := handle(ctx, m)
		uid := imap.UID(m.UID)
		if w, waits := put[uid]; waits { // the server has given it
			w.trouble, w.unread, w.since = 0, nil, time.Time{}
			put[uid] = w
		}
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(handleErr, ErrTaken):
			taken = true
			return handleErr
		case handleErr != nil:
			leave(uid, handleErr)
			if errors.Is(handleErr, ErrHold) {
				return handleErr
			}
		case to == "":
			put.put(uid, "")
		default:
			going[to] = append(going[to], uid)
		}
		return nil
	}
	err = s.fetch(uids, take, func(uid imap.UID, err error) {
		if errors.Is(err, errNoContent) && put.unreadFor(uid) >= s.Without {
			s.Logger.Warn("message handed over without its content", "uid", uint32(uid), "error", err)
			_ = take(s.without(uid)) // what it means for the others is told by the next of them
			return
		}
		leave(uid, err)
		put.unread(uid, err)
	})
	switch {
	case taken:
		err = nil
	case err != nil && ctx.Err() == nil && !errors.Is(err, ErrHold):
		for _, uid := range s.asked {
			if put.blame(uid, err) {
				s.Logger.Warn("message left in the inbox, over which the connection ends again and again",
					"uid", uint32(uid), "error", err)
			}
		}
	}
	// What was handled is moved even where the batch broke off: it would only be handed over once more.
	moved, moveErr := s.settle(going, put)
	return moved, taken, errors.Join(err, moveErr)
}

// settle moves messages that were handled and tells how many are gone. One that cannot leave is not handed over again: moving it is tried again.
func (s *session) settle(going map[Destination][]imap.UID, put patience) (moved int, err error) {
	for to, uids := range going {
		stayed, moveErr := s.move(uids, string(to))
		if moveErr != nil {
			for _, uid := range uids { // the next connection tries again at once
				put[uid] = waiting{to: to}
			}
			err = errors.Join(err, fmt.Errorf("move to %s: %w", to, moveErr))
			continue
		}
		for _, uid := range uids {
			if stayed[uid] != nil {
				put.put(uid, to)
			} else {
				delete(put, uid)
				moved++
			}
		}
		if len(stayed) > 0 {
			s.Logger.Warn("messages that were handled cannot leave the inbox", "folder", string(to), "messages", len(stayed), "error", oneOf(stayed))
		}
	}
	return moved, err
}

// oneOf is one of several failures, that of the oldest message.
func oneOf(failures map[imap.UID]error) error {
	return failures[slices.Min(slices.Collect(maps.Keys(failures)))]
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
