package mailbox

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
)

// Sent is the folder of a mailbox where copies of what was sent lie, so that whoever opens the mailbox sees both sides of a correspondence.
// It keeps one connection and is safe for concurrent use.
type Sent struct {
	box     *Box
	folder  string        // as configured; empty: the one the server names
	turn    chan struct{} // holds one element while somebody uses what follows
	session *session
	name    string // as the server writes it
	used    time.Time
	quiet   time.Time // until when nothing is tried, after a failure
	last    error
}

const (
	sentIdle  = 20 * time.Second // how long a connection is kept without asking whether it lives
	sentPause = 10 * time.Second // how long a server that failed is left alone: those who send do not wait for it
	sentLogin = time.Minute      // and one that refused the login: it shuts out who tries too often
)

// Sent gives the folder for copies; an empty name is the folder the server gives this use (RFC 6154), else Sent.
func (b *Box) Sent(folder string) *Sent {
	return &Sent{box: b, folder: folder, turn: make(chan struct{}, 1)}
}

// File puts the exact bytes of a mail into the folder, marked as read. again says that an earlier attempt may have succeeded: then a mail
// of this Message-ID (without <>) is looked for first.
func (f *Sent) File(ctx context.Context, messageID string, raw []byte, at time.Time, again bool) error {
	select {
	case f.turn <- struct{}{}:
		defer func() { <-f.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if time.Now().Before(f.quiet) {
		return failure(fmt.Errorf("not tried again before %s: %w", f.quiet.Format(time.TimeOnly), f.last))
	}
	err := f.file(ctx, messageID, raw, at, again)
	if err != nil {
		f.drop()
		if ctx.Err() == nil {
			pause := sentPause
			if errors.Is(err, ErrLogin) {
				pause = sentLogin
			}
			f.quiet, f.last = time.Now().Add(pause), err
		}
	}
	return failure(err)
}

// Holds tells whether the folder has a mail of a Message-ID (without <>) that was sent at that time or later.
func (f *Sent) Holds(ctx context.Context, messageID string, at time.Time) (bool, error) {
	select {
	case f.turn <- struct{}{}:
		defer func() { <-f.turn }()
	case <-ctx.Done():
		return false, ctx.Err()
	}
	if err := f.connect(ctx); err != nil {
		f.drop()
		return false, err
	}
	defer context.AfterFunc(ctx, f.session.kill)()
	f.used = time.Now()
	there, err := f.holds(messageID, at)
	if err != nil {
		f.drop()
	}
	return there, err
}

// Close ends the connection.
func (f *Sent) Close() error {
	f.turn <- struct{}{}
	f.drop()
	<-f.turn
	return nil
}

func (f *Sent) drop() {
	if f.session != nil {
		f.session.close()
		f.session = nil
	}
}

func (f *Sent) file(ctx context.Context, messageID string, raw []byte, at time.Time, again bool) error {
	if err := f.connect(ctx); err != nil {
		return err
	}
	s := f.session
	stop := context.AfterFunc(ctx, s.kill)
	defer stop()
	f.used = time.Now()
	if again {
		there, err := f.holds(messageID, at)
		if err != nil || there {
			return err
		}
	}
	return f.append(raw, at)
}

// connect sees to it that there is a session that answers.
func (f *Sent) connect(ctx context.Context) error {
	if f.session != nil {
		s := f.session
		if time.Since(f.used) < sentIdle || s.do(func() error { return s.client.Noop().Wait() }) == nil {
			select {
			case <-s.client.Closed():
			default:
				return nil
			}
		}
		f.drop()
	}
	s, err := f.box.connect(ctx, "")
	if err != nil {
		return err
	}
	f.session = s
	f.name, err = s.sentFolder(f.folder)
	return err
}

// sentFolder is the server's name of the folder for what is sent; it is made if need be. APPEND would say that it is missing, but a server that
// says so before it has taken the mail loses its connection: the library cannot take a command back.
func (s *session) sentFolder(configured string) (string, error) {
	var options *imap.ListOptions
	if s.caps.Has(imap.CapSpecialUse) && s.caps.Has(imap.CapListExtended) {
		options = &imap.ListOptions{ReturnSpecialUse: true}
	}
	folders, err := within(s, func() ([]*imap.ListData, error) { return s.client.List("", "*", options).Collect() })
	if err != nil && refusal(err) == nil {
		return "", err
	}
	name := s.names.of(cmp.Or(configured, "Sent"))
	there := false
	for _, folder := range folders {
		if configured == "" && slices.Contains(folder.Attrs, imap.MailboxAttrSent) {
			return folder.Mailbox, nil
		}
		there = there || folder.Mailbox == name
	}
	if !there {
		err = s.create(name)
	}
	return name, err
}

// holds tells whether the folder has a mail of a Message-ID. It looks only among those that came since the mail was sent, however large
// the folder is.
func (f *Sent) holds(messageID string, at time.Time) (bool, error) {
	s := f.session
	_, err := within(s, func() (*imap.SelectData, error) {
		return s.client.Select(f.name, &imap.SelectOptions{ReadOnly: true}).Wait()
	})
	if err != nil {
		return false, err
	}
	const clocks = 48 * time.Hour // SINCE knows days of the server's time zone
	found, err := s.search(&imap.SearchCriteria{Since: at.Add(-clocks),
		Header: []imap.SearchCriteriaHeaderField{{Key: "Message-ID", Value: "<" + strings.Trim(messageID, "<>") + ">"}}})
	return len(found) > 0, err
}

func (f *Sent) append(raw []byte, at time.Time) error {
	s := f.session
	return s.do(func() error {
		command := s.client.Append(f.name, int64(len(raw)), &imap.AppendOptions{Flags: []imap.Flag{imap.FlagSeen}, Time: at})
		_, err := io.Copy(command, bytes.NewReader(raw))
		if err = errors.Join(err, command.Close()); err != nil {
			if _, refused := command.Wait(); refused != nil { // it says why
				return refused
			}
			return err
		}
		_, err = command.Wait()
		return err
	})
}
