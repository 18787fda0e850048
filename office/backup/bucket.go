package backup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"relance/store/archive"
	"relance/store/restored"
)

// ErrNotEmpty is returned where a bucket has objects already, and nobody has said that they come from a restoring that was broken off.
var ErrNotEmpty = errors.New("the bucket is not empty: restore into an empty one, or say that a restoring goes on")

// Bucket puts versions back into a bucket: those of one key in their order, several keys at once.
type Bucket struct {
	store *archive.Store
	there map[string]int  // versions that an earlier attempt has put back, by key
	known map[string]bool // versions that this attempt has met: backups overlap

	group errgroup.Group
	room  *semaphore.Weighted
	key   string // of the versions below
	batch []version

	failed error
	last   map[string]time.Time // when each case was last written to, as the backups have it

	mu     sync.Mutex
	Put    int // versions
	Before int // were there already
}

type version struct {
	archive.Version
	content []byte
}

// OpenBucket prepares a bucket. With goOn it may have what an earlier attempt has put back.
func OpenBucket(ctx context.Context, store *archive.Store, goOn bool) (*Bucket, error) {
	there, err := store.Count(ctx)
	if err != nil {
		return nil, err
	}
	if len(there) > 0 && !goOn {
		return nil, fmt.Errorf("%w (%d keys)", ErrNotEmpty, len(there))
	}
	b := &Bucket{store: store, there: there, known: map[string]bool{}, last: map[string]time.Time{}, room: semaphore.NewWeighted(inMemory)}
	b.group.SetLimit(parallel)
	return b, nil
}

// Version takes the next version of a backup.
func (b *Bucket) Version(ctx context.Context, v archive.Version, content []byte) error {
	name := v.Key + "\x00" + v.ID
	if b.known[name] {
		return nil
	}
	b.known[name] = true
	if below, is := strings.CutPrefix(v.Key, "cases/"); is {
		reference, _, _ := strings.Cut(below, "/")
		if v.Modified.After(b.last[reference]) {
			b.last[reference] = v.Modified
		}
	}
	if b.there[v.Key] > 0 {
		b.there[v.Key]--
		b.Before++
		return nil
	}
	if v.Key != b.key {
		b.start(ctx)
	}
	if weight := min(v.Size, inMemory); !b.room.TryAcquire(weight) {
		if err := b.Flush(ctx); err != nil {
			return err
		}
		if err := b.room.Acquire(ctx, weight); err != nil {
			return err
		}
	}
	b.key, b.batch = v.Key, append(b.batch, version{v, content})
	return nil
}

// start lets the versions of one key be written.
func (b *Bucket) start(ctx context.Context) {
	batch := b.batch
	b.key, b.batch = "", nil
	if len(batch) == 0 {
		return
	}
	b.group.Go(func() error {
		for _, v := range batch {
			err := b.store.PutBack(ctx, v.Version, v.content)
			b.room.Release(min(v.Size, inMemory))
			if err != nil {
				return err
			}
		}
		b.mu.Lock()
		b.Put += len(batch)
		b.mu.Unlock()
		return nil
	})
}

// Flush waits until all that was taken is in the bucket. Only then may a backup be read that follows this one.
func (b *Bucket) Flush(ctx context.Context) error {
	b.start(ctx)
	err := b.group.Wait()
	if b.failed == nil {
		b.failed = err
	}
	return b.failed
}

// Done leaves the note that the bucket was restored. The head is that of the newest backup.
func (b *Bucket) Done(ctx context.Context, newest Head, now time.Time) error {
	n := restored.Note{Dump: newest.Began, Until: newest.Until, Restored: now.UTC()}
	for reference, at := range b.last {
		if !at.Before(newest.Began.Add(-overlap)) {
			n.Touched = append(n.Touched, reference)
		}
	}
	slices.Sort(n.Touched)
	return restored.Write(ctx, b.store, n)
}
