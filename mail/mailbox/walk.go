package mailbox

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

const (
	walkStep  = 500 // messages asked for at once
	walkTries = 3   // how often a connection is made anew without a message having come
)

// Walk reads every message of a folder, in the order of their UIDs, however many there are: it holds a few of them at a time. Nothing is marked
// or moved. A folder that does not exist is empty. A connection that is lost is made anew, and the walk goes on where it was.
func (b *Box) Walk(ctx context.Context, folder string, take func(Mail) error) error {
	var mine error // what take said ends the walk
	err := b.walk(ctx, folder, func(s *session, uids []imap.UID, done func(imap.UID)) error {
		var missing error
		err := s.fetch(uids, func(m Mail) error {
			if mine = take(m); mine == nil {
				done(imap.UID(m.UID))
			}
			return mine
		}, func(uid imap.UID, err error) { missing = fmt.Errorf("message %d: %w", uid, err) })
		return errors.Join(err, missing)
	}, func() bool { return mine != nil })
	return err
}

// SentIDs gives the Message-ID (without <>) of every mail in the folder for copies of what was sent (as Sent takes it).
func (b *Box) SentIDs(ctx context.Context, sent string, take func(id string)) error {
	s, err := b.connect(ctx, "")
	if err != nil {
		return err
	}
	name, err := s.sentFolder(sent)
	s.close()
	if err != nil {
		return err
	}
	return b.walk(ctx, name, func(s *session, uids []imap.UID, done func(imap.UID)) error {
		list, err := within(s, func() ([]*imapclient.FetchMessageBuffer, error) {
			return s.client.Fetch(imap.UIDSetNum(uids...), &imap.FetchOptions{UID: true, Envelope: true}).Collect()
		})
		if err != nil {
			return fmt.Errorf("fetch: %w", err)
		}
		for _, m := range list {
			if m.Envelope != nil {
				take(m.Envelope.MessageID)
				done(m.UID)
			}
		}
		return nil
	}, func() bool { return false })
}

// Present tells which messages of a folder are still there.
func (b *Box) Present(ctx context.Context, folder string, uids []uint32) (map[uint32]bool, error) {
	there := map[uint32]bool{}
	s, err := b.connect(ctx, folder)
	if answer := refusal(err); answer != nil && !errors.Is(err, ErrLogin) {
		return there, nil
	}
	if err != nil {
		return nil, err
	}
	defer s.close()
	defer context.AfterFunc(ctx, s.kill)()
	for some := range slices.Chunk(uids, walkStep) {
		set := imap.UIDSet{}
		for _, uid := range some {
			set.AddNum(imap.UID(uid))
		}
		found, err := s.search(&imap.SearchCriteria{UID: []imap.UIDSet{set}})
		if err != nil {
			return nil, err
		}
		for _, uid := range found {
			there[uint32(uid)] = true
		}
	}
	return there, nil
}

// walk goes through the UIDs of a folder, some at a time. The step says which are done; enough ends the walk with the step's error.
func (b *Box) walk(ctx context.Context, folder string, step func(*session, []imap.UID, func(imap.UID)) error, enough func() bool) error {
	last, tries := imap.UID(0), 0
	done := func(uid imap.UID) { last, tries = max(last, uid), 0 }
	for {
		err := b.walkFrom(ctx, folder, &last, step, done)
		if err == nil || enough() || ctx.Err() != nil || errors.Is(err, ErrLogin) {
			return err
		}
		if tries++; tries >= walkTries {
			return err
		}
	}
}

func (b *Box) walkFrom(ctx context.Context, folder string, last *imap.UID, step func(*session, []imap.UID, func(imap.UID)) error, done func(imap.UID)) error {
	s, err := b.connect(ctx, "")
	if err != nil {
		return err
	}
	defer s.close()
	defer context.AfterFunc(ctx, s.kill)()
	_, err = within(s, func() (*imap.SelectData, error) {
		return s.client.Select(s.names.of(folder), &imap.SelectOptions{ReadOnly: true}).Wait()
	})
	if refusal(err) != nil {
		return nil
	}
	if err != nil {
		return fmt.Errorf("folder %s: %w", folder, err)
	}
	found, err := s.search(&imap.SearchCriteria{})
	if err != nil {
		return err
	}
	slices.Sort(found)
	i, _ := slices.BinarySearch(found, *last+1)
	for uids := range slices.Chunk(found[i:], walkStep) {
		if err := step(s, uids, done); err != nil {
			return err
		}
	}
	return nil
}
