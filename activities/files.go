package activities

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/semaphore"

	"relance/intake/papers"
	"relance/mail/message"
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

// parsing is how many mails a worker takes apart at once: it is work of the processor, and takes twenty times the memory of a mail's text.
const parsing = 2

// parse takes a mail apart. While a file that holds others is opened elsewhere, another mail has its turn.
func (a *Activities) parse(ctx context.Context, raw []byte, open message.Opener) (*message.Message, error) {
	a.parsingOnce.Do(func() { a.parsing = semaphore.NewWeighted(parsing) })
	if err := a.parsing.Acquire(ctx, 1); err != nil {
		return nil, err
	}
	turn := true
	defer func() {
		if turn {
			a.parsing.Release(1)
		}
	}()
	return message.ParseWith(raw, func(file message.Packed, left message.Limits) (message.Opened, error) {
		a.parsing.Release(1)
		o, err := open(file, left)
		turn = a.parsing.Acquire(ctx, 1) == nil
		return o, errors.Join(err, ctx.Err())
	})
}

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
