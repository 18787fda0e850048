package mailbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// maxAhead is how many bytes are fetched with one command: large messages are fetched one by one.
const maxAhead = 32 << 20

// fetch reads messages in the order of their UIDs and hands each to take. Nothing is marked as seen (BODY.PEEK). A
// message that somebody else has moved meanwhile is passed over.
func (s *session) fetch(uids []imap.UID, take func(Mail) error) error {
	sizes, err := within(s, func() ([]*imapclient.FetchMessageBuffer, error) {
		return s.client.Fetch(imap.UIDSetNum(uids...), &imap.FetchOptions{UID: true, RFC822Size: true}).Collect()
	})
	if err != nil {
		return err
	}
	var group []imap.UID
	var ahead int64
	for i, m := range sizes {
		if len(group) > 0 && ahead+m.RFC822Size > maxAhead {
			if err := s.fetchGroup(group, take); err != nil {
				return err
			}
			group, ahead = nil, 0
		}
		group, ahead = append(group, m.UID), ahead+m.RFC822Size
		if i == len(sizes)-1 {
			return s.fetchGroup(group, take)
		}
	}
	return nil
}

// fetchGroup reads a few messages whole, then hands them over: no command is open while a handler works.
func (s *session) fetchGroup(uids []imap.UID, take func(Mail) error) error {
	body := &imap.FetchItemBodySection{Peek: true}
	messages, err := within(s, func() ([]*imapclient.FetchMessageBuffer, error) {
		return s.client.Fetch(imap.UIDSetNum(uids...), &imap.FetchOptions{UID: true, InternalDate: true, BodySection: []*imap.FetchItemBodySection{body}}).Collect()
	})
	if err != nil {
		return fmt.Errorf("fetch: %w", err)
	}
	for _, m := range messages {
		if raw := m.FindBodySection(body); raw != nil {
			if err := take(Mail{UIDValidity: s.validity, UID: uint32(m.UID), Received: m.InternalDate, Size: int64(len(raw)), Content: bytes.NewReader(raw)}); err != nil {
				return err
			}
		}
	}
	return nil
}

// move moves messages, into a folder that is made if need be. What is no longer there is no error.
func (s *session) move(set imap.UIDSet, folder string) error {
	move := func() error { return s.do(func() error { _, err := s.client.Move(set, folder).Wait(); return err }) }
	err := move()
	var answer *imap.Error
	if !errors.As(err, &answer) || answer.Type != imap.StatusResponseTypeNo {
		return err
	}
	if err := s.do(func() error { return s.client.Create(folder, nil).Wait() }); err != nil && !errors.As(err, &answer) {
		return err
	}
	return move()
}

// List reads every message of a folder; one that does not exist is empty.
func (b *Box) List(ctx context.Context, folder string) ([]Mail, error) {
	s, err := b.connect(ctx, folder)
	var answer *imap.Error
	if errors.As(err, &answer) && answer.Type == imap.StatusResponseTypeNo {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer s.close()
	defer context.AfterFunc(ctx, s.kill)()
	found, err := within(s, func() (*imap.SearchData, error) { return s.client.UIDSearch(&imap.SearchCriteria{}, nil).Wait() })
	if err != nil || len(found.AllUIDs()) == 0 {
		return nil, err
	}
	var list []Mail
	err = s.fetch(found.AllUIDs(), func(m Mail) error {
		list = append(list, m)
		return nil
	})
	return list, err
}
