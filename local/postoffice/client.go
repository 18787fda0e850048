package postoffice

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
)

// client is an IMAP session. What only reads is the store's own; what changes something goes through the journal.
type client struct {
	*imapmemserver.UserSession // nil before the login
	office                     *Office
	account, selected          string
}

var _ imapserver.SessionIMAP4rev2 = (*client)(nil)

func (c *client) Login(username, password string) error {
	for name, user := range c.office.accounts {
		if username != name+"@localhost" {
			continue
		}
		if c.office.refuses(name) {
			return imapserver.ErrAuthFailed
		}
		if err := user.Login(username, password); err != nil {
			return err
		}
		c.UserSession, c.account = imapmemserver.NewUserSession(user), name
		return nil
	}
	return imapserver.ErrAuthFailed
}

func (c *client) Close() error {
	if c.UserSession == nil {
		return nil
	}
	return c.UserSession.Close()
}

func (c *client) Select(mailbox string, options *imap.SelectOptions) (*imap.SelectData, error) {
	c.selected = mailbox
	return c.UserSession.Select(mailbox, options)
}

// Idle tells what is new (RFC 2177). The library's own waits for what comes after it, and keeps to itself what came between the last command and it.
func (c *client) Idle(w *imapserver.UpdateWriter, stop <-chan struct{}) error {
	for {
		next := c.office.next()
		if err := c.Poll(w, true); err != nil {
			return err
		}
		select {
		case <-next:
		case <-stop:
			return nil
		}
	}
}

// of is a change by this session.
func (c *client) of(o op, mailbox string) change {
	return change{Op: o, Account: c.account, Mailbox: mailbox}
}

// errUIDs refuses what the journal could not do again: sequence numbers are those of one session.
var errUIDs = &imap.Error{Type: imap.StatusResponseTypeNo, Text: "this server changes messages by UID alone"}

// uids are the messages of a change. A server without a journal takes sequence numbers too.
func (c *client) uids(set imap.NumSet) (imap.UIDSet, error) {
	uids, ok := set.(imap.UIDSet)
	if !ok && c.office.journal != nil {
		return nil, errUIDs
	}
	return uids, nil
}

// there tells whether any of some messages has not been moved elsewhere. Sequence numbers are always there.
func (c *client) there(uids imap.UIDSet) (bool, error) {
	if uids == nil {
		return true, nil
	}
	found, err := c.UserSession.Search(imapserver.NumKindUID, &imap.SearchCriteria{UID: []imap.UIDSet{uids}}, &imap.SearchOptions{ReturnAll: true})
	return err == nil && len(found.AllUIDs()) > 0, err
}

func (c *client) Append(mailbox string, r imap.LiteralReader, options *imap.AppendOptions) (data *imap.AppendData, err error) {
	raw, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	how := c.of(opAppend, mailbox)
	how.Raw, how.Flags, how.Time = raw, options.Flags, options.Time
	err = c.office.change(how, func() (err error) {
		data, err = c.UserSession.Append(mailbox, literal{bytes.NewReader(raw)}, options)
		return err
	})
	return data, err
}

func (c *client) Create(mailbox string, options *imap.CreateOptions) error {
	return c.office.change(c.of(opCreate, mailbox), func() error { return c.UserSession.Create(mailbox, options) })
}

func (c *client) Delete(mailbox string) error {
	return c.office.change(c.of(opDelete, mailbox), func() error { return c.UserSession.Delete(mailbox) })
}

func (c *client) Rename(mailbox, to string, options *imap.RenameOptions) error {
	how := c.of(opRename, mailbox)
	how.To = to
	return c.office.change(how, func() error { return c.UserSession.Rename(mailbox, to, options) })
}

func (c *client) Copy(set imap.NumSet, to string) (data *imap.CopyData, err error) {
	how := c.of(opCopy, c.selected)
	how.To = to
	if how.UIDs, err = c.uids(set); err != nil {
		return nil, err
	}
	err = c.office.change(how, func() error {
		there, err := c.there(how.UIDs)
		if err == nil && there {
			data, err = c.UserSession.Copy(set, to)
		}
		return err
	})
	return data, err
}

func (c *client) Move(w *imapserver.MoveWriter, set imap.NumSet, to string) (err error) {
	how := c.of(opMove, c.selected)
	how.To = to
	if how.UIDs, err = c.uids(set); err != nil {
		return err
	}
	return c.office.change(how, func() error {
		if there, err := c.there(how.UIDs); err != nil || !there {
			return err // the library would answer with an empty set, which no client can read
		}
		return c.UserSession.Move(w, set, to)
	})
}

func (c *client) Store(w *imapserver.FetchWriter, set imap.NumSet, flags *imap.StoreFlags, options *imap.StoreOptions) (err error) {
	how := c.of(opStore, c.selected)
	how.Store = *flags
	if how.UIDs, err = c.uids(set); err != nil {
		return err
	}
	return c.office.change(how, func() error { return c.UserSession.Store(w, set, flags, options) })
}

func (c *client) Expunge(w *imapserver.ExpungeWriter, uids *imap.UIDSet) error {
	how := c.of(opExpunge, c.selected)
	if how.All = uids == nil; !how.All {
		how.UIDs = *uids
	}
	return c.office.change(how, func() error { return c.UserSession.Expunge(w, uids) })
}

// change writes a change down and makes it. A change without a way of its own is made as the journal would make it again.
func (o *Office) change(c change, make func() error) error {
	o.turn.Lock()
	defer o.turn.Unlock()
	if o.journal != nil {
		if err := o.journal.write(c); err != nil {
			return err
		}
	}
	defer o.tell()
	if make == nil {
		return o.do(c)
	}
	return make()
}

// tell wakes whoever idles.
func (o *Office) tell() {
	o.watching.Lock()
	defer o.watching.Unlock()
	close(o.news)
	o.news = make(chan struct{})
}

// next is closed by the next change.
func (o *Office) next() <-chan struct{} {
	o.watching.Lock()
	defer o.watching.Unlock()
	return o.news
}

// again makes a change that the journal holds. One that was refused is refused again, and changes nothing.
func (o *Office) again(c change) error {
	err := o.do(c)
	if refused := new(imap.Error); errors.As(err, &refused) {
		return nil
	}
	return err
}

// do makes a change for nobody who listens.
func (o *Office) do(c change) error {
	user, ok := o.accounts[c.Account]
	if !ok {
		return fmt.Errorf("no account %q", c.Account)
	}
	s := imapmemserver.NewUserSession(user)
	defer s.Close()
	switch c.Op {
	case opAppend:
		_, err := s.Append(c.Mailbox, literal{bytes.NewReader(c.Raw)}, &imap.AppendOptions{Flags: c.Flags, Time: c.Time})
		return err
	case opCreate:
		return s.Create(c.Mailbox, nil)
	case opDelete:
		return s.Delete(c.Mailbox)
	case opRename:
		return s.Rename(c.Mailbox, c.To, nil)
	}
	if _, err := s.Select(c.Mailbox, nil); err != nil {
		return err
	}
	deleted := &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{imap.FlagDeleted}}
	switch c.Op {
	case opMove: // copies get the same UIDs as those of a MOVE
		if _, err := s.Copy(c.UIDs, c.To); err != nil {
			return err
		}
		if err := s.Store(nil, c.UIDs, deleted, nil); err != nil {
			return err
		}
		return s.Expunge(nil, &c.UIDs)
	case opCopy:
		_, err := s.Copy(c.UIDs, c.To)
		return err
	case opStore:
		c.Store.Silent = true
		return s.Store(nil, c.UIDs, &c.Store, nil)
	case opExpunge:
		if c.All {
			return s.Expunge(nil, nil)
		}
		return s.Expunge(nil, &c.UIDs)
	}
	return fmt.Errorf("unknown change %q", c.Op)
}
