package mailbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"relance/observe/health"
)

const (
	maxAhead = 32 << 20  // bytes fetched with one command: large messages are fetched one by one
	inMemory = 256 << 10 // bytes of the largest message that is held in memory; a larger one lies in a temporary file
)

// fetched is a message with what it takes to let go of it.
type fetched struct {
	Mail
	file *os.File // nil: it is in memory
	lost error    // it came, and there was no place to put it
}

func (f *fetched) close() {
	if f.file != nil {
		_ = f.file.Close()
	}
}

// fetch reads messages in the order of their UIDs and hands each to take. Nothing is marked as seen (BODY.PEEK). A message that
// somebody else has moved meanwhile is passed over; one that the server cannot give is told to lost.
func (s *session) fetch(uids []imap.UID, take func(Mail) error, lost func(imap.UID, error)) error {
	s.asked = uids
	sizes, err := within(s, func() ([]*imapclient.FetchMessageBuffer, error) {
		return s.client.Fetch(imap.UIDSetNum(uids...), &imap.FetchOptions{UID: true, RFC822Size: true}).Collect()
	})
	if err != nil && refusal(err) == nil { // Dovecot says NO where one of them has gone
		return fmt.Errorf("fetch: %w", err)
	}
	var group []imap.UID
	var ahead int64
	for _, m := range sizes {
		if m.UID == 0 { // news of another message
			continue
		}
		if m.RFC822Size > s.Largest {
			if err := s.fetchGroup([]imap.UID{m.UID}, true, take, lost); err != nil {
				return err
			}
			continue
		}
		if len(group) > 0 && ahead+m.RFC822Size > maxAhead {
			if err := s.fetchGroup(group, false, take, lost); err != nil {
				return err
			}
			group, ahead = nil, 0
		}
		group, ahead = append(group, m.UID), ahead+m.RFC822Size
	}
	if len(group) == 0 {
		return nil
	}
	return s.fetchGroup(group, false, take, lost)
}

// fetchGroup reads a few messages whole, or their beginnings, then hands them over: no command is open while a handler works.
func (s *session) fetchGroup(uids []imap.UID, beginning bool, take func(Mail) error, lost func(imap.UID, error)) error {
	list, err := s.receive(uids, beginning)
	defer func() {
		for _, f := range list {
			f.close()
		}
	}()
	got := map[uint32]bool{}
	for _, f := range list {
		got[f.UID] = true
		if errors.Is(f.lost, errNoContent) {
			if err := s.pieces(f); err != nil {
				s.asked = []imap.UID{imap.UID(f.UID)}
				return err
			}
		}
		if f.lost != nil {
			lost(imap.UID(f.UID), f.lost)
			continue
		}
		if err := take(f.Mail); err != nil {
			return err
		}
	}
	s.asked = slices.DeleteFunc(slices.Clone(uids), func(uid imap.UID) bool { return got[uint32(uid)] })
	if refusal(err) == nil {
		return err
	}
	for _, uid := range uids { // the refusal may be about one message alone
		switch {
		case got[uint32(uid)]:
		case len(uids) > 1:
			if err := s.fetchGroup([]imap.UID{uid}, beginning, take, lost); err != nil {
				return err
			}
		default:
			lost(uid, err)
		}
	}
	return nil
}

// receive reads messages from the server. What it gives beside an error came whole.
func (s *session) receive(uids []imap.UID, beginning bool) (list []*fetched, err error) {
	section := &imap.FetchItemBodySection{Peek: true}
	if beginning {
		section.Partial = &imap.SectionPartial{Size: inMemory}
	}
	err = s.do(func() error {
		items := imap.FetchOptions{UID: true, InternalDate: !s.dateless, BodySection: []*imap.FetchItemBodySection{section}}
		command := s.client.Fetch(imap.UIDSetNum(uids...), &items)
		for m := command.Next(); m != nil; m = command.Next() {
			f, err := s.read(m)
			if err != nil {
				return fmt.Errorf("fetch: %w", errors.Join(err, command.Close()))
			}
			if f.Content != nil || f.lost != nil {
				f.TooLarge = f.TooLarge || beginning
				list = append(list, f)
			}
		}
		if err := command.Close(); err != nil {
			return fmt.Errorf("fetch: %w", err)
		}
		return nil
	})
	return list, err
}

// read reads the parts of one message's answer. News of a message that was not asked for has no Content.
func (s *session) read(m *imapclient.FetchMessageData) (*fetched, error) {
	f := &fetched{Mail: Mail{UIDValidity: s.validity}}
	for item := m.Next(); item != nil; item = m.Next() {
		switch item := item.(type) {
		case imapclient.FetchItemDataUID:
			f.UID = uint32(item.UID)
		case imapclient.FetchItemDataInternalDate:
			if f.Received = item.Time; f.Received.Unix() <= 0 {
				f.Received = time.Time{}
			}
		case imapclient.FetchItemDataBodySection:
			if item.Literal == nil {
				f.lost = errNoContent
				continue
			}
			if err := s.keep(f, item.Literal); err != nil {
				f.close()
				return nil, err
			}
		}
	}
	if f.Received.IsZero() { // the server does not know, or was not asked
		f.Received = time.Now()
	}
	return f, nil
}

// errNoContent is the error of a message whose content the server gives as NIL.
var errNoContent = errors.New("the server gives no content for it (BODY[] NIL)")

// without stands for a message whose content the server does not give, in whatever way it is asked: a header that names it by its UID.
func (s *session) without(uid imap.UID) Mail {
	text := fmt.Sprintf("X-Relance-No-Content: UIDVALIDITY=%d; UID=%d\r\n\r\n", s.validity, uid)
	return Mail{UIDValidity: s.validity, UID: uint32(uid), Received: time.Now(), Size: int64(len(text)), Content: strings.NewReader(text)}
}

// pieces asks for a message in two pieces, header and text, where the server does not give it whole. A message that the
// server does not give in pieces either stays lost.
func (s *session) pieces(f *fetched) error {
	var whole []byte
	for _, piece := range []imap.PartSpecifier{imap.PartSpecifierHeader, imap.PartSpecifierText} {
		section := &imap.FetchItemBodySection{Specifier: piece, Peek: true}
		list, err := within(s, func() ([]*imapclient.FetchMessageBuffer, error) {
			items := imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{section}}
			return s.client.Fetch(imap.UIDSetNum(imap.UID(f.UID)), &items).Collect()
		})
		if err != nil && refusal(err) == nil {
			return fmt.Errorf("fetch: %w", err)
		}
		if err != nil || len(list) != 1 {
			return nil
		}
		part := list[0].FindBodySection(section)
		if len(part) == 0 && piece == imap.PartSpecifierHeader {
			return nil
		}
		whole = append(whole, part...)
	}
	f.Content, f.Size, f.lost = bytes.NewReader(whole), int64(len(whole)), nil
	return nil
}

// keep takes a message off the connection: into memory, or into a file that has no name and goes with the process. What is shorter
// than announced broke off.
func (s *session) keep(f *fetched, l imap.LiteralReader) error {
	size := l.Size()
	if size > s.Largest { // the server told a smaller size before
		size, f.TooLarge = inMemory, true
	}
	f.Size = size
	if size <= inMemory {
		content := make([]byte, size)
		f.Content = bytes.NewReader(content)
		_, err := io.ReadFull(l, content)
		return err
	}
	file, err := spool(l, size)
	if file != nil {
		f.file, f.Content = file, file
	}
	var disk *fs.PathError
	if errors.As(err, &disk) { // and not the connection: the message waits, and holds up no other
		f.lost = health.Fail(health.Disk, fmt.Errorf("no place for a large message: %w", err))
		_, err = io.Copy(io.Discard, l)
	}
	if s.Observer != nil && (err == nil || f.lost != nil) {
		s.Observer.Kept(f.lost)
	}
	return err
}

// spool puts so many bytes into a temporary file without a name. An error of the disk is a fs.PathError.
func spool(from io.Reader, size int64) (*os.File, error) {
	file, err := os.CreateTemp("", "relance-mail-")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(file.Name()); err != nil {
		return file, err
	}
	_, err = io.CopyN(file, from, size)
	return file, err
}

// List reads every message of a folder; one that does not exist is empty.
func (b *Box) List(ctx context.Context, folder string) ([]Mail, error) {
	s, err := b.connect(ctx, folder)
	if answer := refusal(err); answer != nil && !errors.Is(err, ErrLogin) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer s.close()
	defer context.AfterFunc(ctx, s.kill)()
	found, err := s.search(&imap.SearchCriteria{})
	if err != nil || len(found) == 0 {
		return nil, err
	}
	var list []Mail
	var missing error
	err = s.fetch(found, func(m Mail) error {
		raw, err := m.Bytes() // a file ends with the fetch
		m.Content = bytes.NewReader(raw)
		list = append(list, m)
		return err
	}, func(uid imap.UID, err error) { missing = fmt.Errorf("message %d: %w", uid, err) })
	return list, errors.Join(err, missing)
}

// search gives the UIDs of the messages of the selected folder that meet what is asked.
func (s *session) search(what *imap.SearchCriteria) ([]imap.UID, error) {
	found, err := within(s, func() (*imap.SearchData, error) { return s.client.UIDSearch(what, nil).Wait() })
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	return found.AllUIDs(), nil
}
