package mailbox

import (
	"fmt"
	"slices"

	"github.com/emersion/go-imap/v2"
)

// move moves messages to a folder that is made if need be, and tells which stayed, and why. What is no longer there is no failure; an
// error is that of the connection.
func (s *session) move(uids []imap.UID, folder string) (stayed map[imap.UID]error, err error) {
	name := s.names.of(folder)
	err = s.transfer(uids, name)
	if refusal(err) == nil {
		return nil, err
	}
	if made := s.create(name); made == nil {
		err = s.transfer(uids, name)
	} else if refusal(made) == nil {
		return nil, made
	}
	answer := refusal(err)
	if answer == nil {
		return nil, err
	}
	stayed = map[imap.UID]error{}
	if len(uids) == 1 || answer.Code == imap.ResponseCodeOverQuota {
		for _, uid := range uids {
			stayed[uid] = err
		}
		return stayed, s.dropVanished(stayed)
	}
	for _, uid := range uids { // the refusal may be about one message alone
		if err := s.transfer([]imap.UID{uid}, name); refusal(err) != nil {
			stayed[uid] = err
		} else if err != nil {
			return stayed, err
		}
	}
	return stayed, s.dropVanished(stayed)
}

// dropVanished leaves out what somebody else has moved or deleted: Dovecot refuses to move it, where others say that all is done.
func (s *session) dropVanished(stayed map[imap.UID]error) error {
	if len(stayed) == 0 {
		return nil
	}
	set := imap.UIDSet{}
	for uid := range stayed {
		set.AddNum(uid)
	}
	there, err := s.search(&imap.SearchCriteria{UID: []imap.UIDSet{set}})
	if err != nil {
		return err
	}
	for uid := range stayed {
		if !slices.Contains(there, uid) {
			delete(stayed, uid)
		}
	}
	return nil
}

// transfer is MOVE (RFC 6851), or what there was before it: nothing is removed here before its copy is there. The library's own fallback
// does not wait for the copy.
func (s *session) transfer(uids []imap.UID, name string) error {
	set := imap.UIDSetNum(uids...)
	if s.caps.Has(imap.CapMove) {
		return s.do(func() error { _, err := s.client.Move(set, name).Wait(); return err })
	}
	if err := s.do(func() error { _, err := s.client.Copy(set, name).Wait(); return err }); err != nil {
		return err
	}
	if err := s.flag(set, imap.StoreFlagsAdd); err != nil {
		return err
	}
	if s.caps.Has(imap.CapUIDPlus) {
		return s.do(func() error { return s.client.UIDExpunge(set).Close() })
	}
	return s.expunge(set)
}

// expunge removes the messages of a set that are marked as deleted from a server without UIDPLUS, whose EXPUNGE takes all that are so marked:
// those that other people marked are unmarked meanwhile.
func (s *session) expunge(set imap.UIDSet) error {
	marked, err := s.search(&imap.SearchCriteria{Flag: []imap.Flag{imap.FlagDeleted}})
	if err != nil {
		return err
	}
	others := slices.DeleteFunc(marked, set.Contains)
	if len(others) > 0 {
		if err := s.flag(imap.UIDSetNum(others...), imap.StoreFlagsDel); err != nil {
			return err
		}
	}
	err = s.do(func() error { return s.client.Expunge().Close() })
	if len(others) > 0 && (err == nil || refusal(err) != nil) {
		if again := s.flag(imap.UIDSetNum(others...), imap.StoreFlagsAdd); err == nil {
			err = again
		}
	}
	return err
}

// flag marks messages as deleted, or takes the mark away.
func (s *session) flag(set imap.UIDSet, op imap.StoreFlagsOp) error {
	mark := &imap.StoreFlags{Op: op, Silent: true, Flags: []imap.Flag{imap.FlagDeleted}}
	if err := s.do(func() error { return s.client.Store(set, mark, nil).Close() }); err != nil {
		return fmt.Errorf("mark as deleted: %w", err)
	}
	return nil
}
