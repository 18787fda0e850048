package audit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"relance/domain/calendar"
	"relance/domain/casefile"
	"relance/domain/inquiry"
	"relance/mail/mailbox"
	"relance/office/custody"
	"relance/starter"
	"relance/store/archive"
)

// sum is the beginning of a SHA-256: enough to tell millions of messages apart.
type sum [16]byte

// seen is a message of the mailbox.
type seen struct {
	folder   string
	uid      uint32
	received time.Time
	archived bool
}

// sumOf reads the sum in an archive's name: 64 hexadecimal digits.
func sumOf(digits string) (s sum, ok bool) {
	raw, err := hex.DecodeString(digits)
	copy(s[:], raw)
	return s, err == nil && len(raw) == sha256.Size
}

// textSum is the sum of a Message-ID.
func textSum(text string) (s sum) {
	whole := sha256.Sum256([]byte(strings.ToLower(strings.Trim(text, "<>"))))
	copy(s[:], whole[:])
	return s
}

// readMailbox reads every message of the mailbox's folders, and the Message-IDs of the copies of what was sent.
func (a *audit) readMailbox(ctx context.Context) error {
	a.seen, a.copies, a.unknown = map[sum]*seen{}, map[sum]uint8{}, map[sum]bool{}
	if a.box == nil {
		return nil
	}
	c := a.Config.IMAP
	for _, folder := range slices.Concat(c.Earlier, []string{c.Processed, c.Unassigned, c.Ignored, c.Inbox}) {
		err := a.box.Walk(ctx, folder, func(m mailbox.Mail) error {
			whole := sha256.New()
			if _, err := io.Copy(whole, m.Reader()); err != nil {
				return err
			}
			var s sum
			copy(s[:], whole.Sum(nil))
			a.Mails++
			other := a.seen[s]
			if other != nil && other.folder != folder && folder != c.Inbox {
				a.suspect(Finding{Code: MailTwoFolders, Object: fmt.Sprintf("%s/%d", folder, m.UID), Detail: fmt.Sprintf("aussi %s/%d", other.folder, other.uid), uid: m.UID})
			}
			if other == nil || folder == c.Inbox {
				a.seen[s] = &seen{folder: folder, uid: m.UID, received: m.Received}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	if a.sent == nil {
		return nil
	}
	for _, folder := range append(slices.Clone(c.SentEarlier), c.Sent) {
		err := a.box.SentIDs(ctx, folder, func(id string) {
			a.Sent++
			s := textSum(id)
			if a.copies[s] < 255 {
				a.copies[s]++
			}
			if a.Addresses().CaseOf(id) != "" {
				a.unknown[s] = true // until its case is read
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// place notes where a message lies in the archive.
func (a *audit) place(digits, key, place string) {
	s, ok := sumOf(digits)
	if !ok {
		return
	}
	if m := a.seen[s]; m != nil {
		m.archived = true
	}
	other, twice := a.places[s]
	if !twice {
		if len(a.names) == 0 || a.names[len(a.names)-1] != place {
			a.names = append(a.names, place)
		}
		a.places[s] = uint32(len(a.names) - 1)
		return
	}
	a.suspect(Finding{Code: MailTwoPlaces, Object: key, Detail: a.names[other] + digits + ".eml"})
}

// readAsides reads the messages that were set aside, and where officers put them, and those that answer questions to mailboxes.
func (a *audit) readAsides(ctx context.Context) error {
	for o, err := range a.Archive.Each(ctx, inquiry.Folders) {
		if err != nil {
			return err
		}
		if s, ok := sumOf(strings.TrimSuffix(path.Base(o.Key), ".eml")); ok && a.seen[s] != nil {
			a.seen[s].archived = true
		}
	}
	assigned := map[sum]bool{}
	for _, where := range []string{starter.Unassigned, starter.Ignored} {
		for o, err := range a.Archive.Each(ctx, where) {
			if err != nil {
				return err
			}
			if s, ok := sumOf(strings.TrimSuffix(strings.TrimPrefix(o.Key, where), ".copied")); ok { // it lies elsewhere as well
				assigned[s] = true
			}
			if digits, is := strings.CutSuffix(strings.TrimPrefix(o.Key, where), ".assigned.json"); is {
				if s, ok := sumOf(digits); ok {
					assigned[s] = true
				}
				if err := a.assignment(ctx, o.Key, digits); err != nil {
					return err
				}
			}
		}
		for o, err := range a.Archive.Each(ctx, where) {
			if err != nil {
				return err
			}
			digits, is := strings.CutSuffix(strings.TrimPrefix(o.Key, where), ".eml")
			if !is {
				continue
			}
			if s, _ := sumOf(digits); !assigned[s] {
				a.place(digits, o.Key, where)
			} else if m := a.seen[s]; m != nil {
				m.archived = true
			}
		}
	}
	return nil
}

// assignment looks whether a message that an officer put on a case has reached it.
func (a *audit) assignment(ctx context.Context, key, digits string) error {
	var to starter.Assignment
	if err := a.note(ctx, key, &to); err != nil {
		return err
	}
	if a.erased[to.Case] {
		a.suspect(Finding{Code: ErasureLeftover, Case: to.Case, Object: key})
		return nil
	}
	there, err := a.Archive.Exists(ctx, casefile.Folder(to.Case)+"mail/in/"+digits+".eml")
	if err == nil && !there {
		a.suspect(Finding{Code: MailAside, Case: to.Case, Object: key})
	}
	return err
}

// compareMails tells of messages of the mailbox that the archive does not have, and of those that have not left the inbox.
func (a *audit) compareMails(ctx context.Context) error {
	inbox := a.Config.IMAP.Inbox
	var lost []sum
	for s, m := range a.seen {
		object := fmt.Sprintf("%s/%d", m.folder, m.uid)
		switch {
		case m.folder == inbox && m.archived:
			a.suspect(Finding{Code: MailInboxTaken, Object: object, uid: m.uid})
		case m.folder == inbox && time.Since(m.received) > stale:
			a.suspect(Finding{Code: MailWaiting, Object: object, Detail: "depuis " + m.received.In(calendar.Paris).Format(time.RFC3339), uid: m.uid})
		case m.folder != inbox && !m.archived:
			lost = append(lost, s)
		}
	}
	if len(lost) == 0 {
		return nil
	}
	gone, err := a.buried(ctx)
	if err != nil {
		return err
	}
	for _, s := range lost {
		m := a.seen[s]
		f := Finding{Code: MailUnarchived, Object: fmt.Sprintf("%s/%d", m.folder, m.uid), uid: m.uid, received: m.received}
		if reference := gone[s]; reference != "" {
			f.Code, f.Case = ErasureLeftover, reference
		}
		a.suspect(f)
	}
	return nil
}

// buried are the mails of erased cases, as their tombstones have them.
func (a *audit) buried(ctx context.Context) (map[sum]string, error) {
	gone := map[sum]string{}
	for reference := range a.erased {
		var t custody.Tombstone
		if err := a.note(ctx, starter.ErasedKey(reference), &t); err != nil && !errors.Is(err, archive.ErrNotFound) {
			return nil, err
		}
		for _, o := range t.Objects {
			if s, ok := sumOf(o.SHA256); ok && o.Folder == "mail/in" {
				gone[s] = reference
			}
		}
	}
	return gone, nil
}

// present leaves out findings about messages that have left their folder meanwhile.
func (a *audit) present(ctx context.Context, found []Finding) ([]Finding, error) {
	uids := map[string][]uint32{}
	for _, f := range found {
		if f.uid > 0 {
			folder := f.Object[:strings.LastIndexByte(f.Object, '/')]
			uids[folder] = append(uids[folder], f.uid)
		}
	}
	there := map[string]map[uint32]bool{}
	for folder, list := range uids {
		var err error
		if there[folder], err = a.box.Present(ctx, folder, list); err != nil {
			return nil, err
		}
	}
	return slices.DeleteFunc(found, func(f Finding) bool {
		return f.uid > 0 && !there[f.Object[:strings.LastIndexByte(f.Object, '/')]][f.uid]
	}), nil
}
