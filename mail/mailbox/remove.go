package mailbox

import (
	"context"
	"fmt"
	"strings"

	"github.com/emersion/go-imap/v2"
)

// Remove removes messages for good, from folders and from the one for copies of what was sent (as Sent takes it; "-" for none). Messages are looked
// for by their Message-IDs (without <>), and meant says whether one is: programs that reuse Message-IDs are about. A folder that does not exist is
// passed over. It tells how many it removed, and may be called again after an error.
func (b *Box) Remove(ctx context.Context, folders []string, sent string, ids []string, meant func(Mail) (bool, error)) (removed int, err error) {
	s, err := b.connect(ctx, "")
	if err != nil {
		return 0, err
	}
	defer s.close()
	defer context.AfterFunc(ctx, s.kill)()
	names := make([]string, 0, len(folders)+1)
	for _, folder := range folders {
		names = append(names, s.names.of(folder))
	}
	if sent != "-" {
		name, err := s.sentFolder(sent)
		if err != nil {
			return 0, err
		}
		names = append(names, name)
	}
	for _, name := range names {
		n, err := s.removeFrom(name, ids, meant)
		if removed += n; err != nil {
			return removed, fmt.Errorf("folder %s: %w", name, err)
		}
	}
	return removed, nil
}

func (s *session) removeFrom(name string, ids []string, meant func(Mail) (bool, error)) (int, error) {
	_, err := within(s, func() (*imap.SelectData, error) { return s.client.Select(name, nil).Wait() })
	if refusal(err) != nil {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	var found imap.UIDSet
	for _, id := range ids {
		uids, err := s.search(&imap.SearchCriteria{Header: []imap.SearchCriteriaHeaderField{{Key: "Message-ID", Value: "<" + strings.Trim(id, "<>") + ">"}}})
		if err != nil {
			return 0, err
		}
		if len(uids) > 0 {
			found.AddNum(uids...)
		}
	}
	uids, _ := found.Nums()
	if len(uids) == 0 {
		return 0, nil
	}
	var doomed imap.UIDSet
	var lost error
	err = s.fetch(uids, func(m Mail) error {
		is, err := meant(m)
		if is {
			doomed.AddNum(imap.UID(m.UID))
		}
		return err
	}, func(uid imap.UID, err error) { lost = fmt.Errorf("message %d: %w", uid, err) })
	if err == nil {
		err = lost
	}
	uids, _ = doomed.Nums()
	if err != nil || len(uids) == 0 {
		return 0, err
	}
	if err := s.flag(doomed, imap.StoreFlagsAdd); err != nil {
		return 0, err
	}
	if s.caps.Has(imap.CapUIDPlus) {
		return len(uids), s.do(func() error { return s.client.UIDExpunge(doomed).Close() })
	}
	return len(uids), s.expunge(doomed)
}
