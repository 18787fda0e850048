package mailbox

import (
	"context"
	"errors"
	"fmt"

	"github.com/emersion/go-imap/v2"
)

// Pick reads one message of a folder. One that is no longer there is ErrGone. Nothing is marked or moved.
func (b *Box) Pick(ctx context.Context, folder string, uid uint32, take func(Mail) error) error {
	s, err := b.connect(ctx, "")
	if err != nil {
		return err
	}
	defer s.close()
	defer context.AfterFunc(ctx, s.kill)()
	return s.pick(s.names.of(folder), imap.UID(uid), take)
}

// ErrGone is returned for a message that is not where it was looked for.
var ErrGone = errors.New("the message is not there")

// pick reads one message of a folder, by the server's name of it.
func (s *session) pick(folder string, uid imap.UID, take func(Mail) error) error {
	_, err := within(s, func() (*imap.SelectData, error) {
		return s.client.Select(folder, &imap.SelectOptions{ReadOnly: true}).Wait()
	})
	if err != nil {
		return fmt.Errorf("folder %s: %w", folder, err)
	}
	there := false
	var missing error
	err = s.fetch([]imap.UID{uid}, func(m Mail) error {
		there = true
		return take(m)
	}, func(uid imap.UID, err error) { missing = fmt.Errorf("message %d: %w", uid, err) })
	if err = errors.Join(err, missing); err == nil && !there {
		return ErrGone
	}
	return err
}

// Copy reads the copy of a mail that was sent, by its Message-ID (without <>): its exact bytes, and when it was filed.
func (f *Sent) Copy(ctx context.Context, messageID string, take func(Mail) error) error {
	s, err := f.box.connect(ctx, "")
	if err != nil {
		return err
	}
	defer s.close()
	defer context.AfterFunc(ctx, s.kill)()
	name, err := s.sentFolder(f.folder)
	if err != nil {
		return err
	}
	if _, err = within(s, func() (*imap.SelectData, error) {
		return s.client.Select(name, &imap.SelectOptions{ReadOnly: true}).Wait()
	}); err != nil {
		return fmt.Errorf("folder %s: %w", name, err)
	}
	found, err := s.search(&imap.SearchCriteria{Header: []imap.SearchCriteriaHeaderField{{Key: "Message-ID", Value: "<" + messageID + ">"}}})
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return ErrGone
	}
	return s.pick(name, found[0], take)
}
