package activities

import (
	"context"
	"fmt"

	"golang.org/x/sync/semaphore"

	"relance/intake/papers"
	"relance/store/archive"
)

// reader looks into the files of one mail.
func (a *Activities) reader(ctx context.Context) papers.Reader {
	if a.Papers == nil {
		return papers.Here{}
	}
	return a.Papers.For(ctx)
}

// room is how many bytes of mails a worker holds at once: the largest one that a mailbox gives (RELANCE_IMAP_LARGEST) by itself, or many small ones.
const room = 160 << 20

// Room makes room for the mails that a worker holds at once.
func Room() *semaphore.Weighted { return semaphore.NewWeighted(room) }

// hold waits until there is room for a mail and what is made of it. Its size is asked for where nobody knows it.
func (a *Activities) hold(ctx context.Context, key string, size int64) (release func(), err error) {
	nothing := func() {}
	if a.Room == nil || a.recent().mails.Contains(key) {
		return nothing, nil
	}
	store, tells := a.Archive.(interface {
		Stat(ctx context.Context, key string) (archive.Object, error)
	})
	if size == 0 && tells {
		o, err := store.Stat(ctx, key)
		if err != nil {
			return nil, fmt.Errorf("raw mail: %w", err)
		}
		size = o.Size
	}
	weight := min(2*size+1<<20, room) // its bytes, its files one by one, its text
	if err := a.Room.Acquire(ctx, weight); err != nil {
		return nil, err
	}
	return func() { a.Room.Release(weight) }, nil
}
