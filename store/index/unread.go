package index

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"relance/store/archive"
)

// File is a file that somebody sent, by its SHA-256.
const File = "file"

// unread is the prefix of the strikes.
const unread = "unread/"

// strikes is after how many strikes a file is not opened any more, and no more are noted.
const strikes = 2

// strike is where a strike lies: its key names no file, and no case.
func (x *Index) strike(ctx context.Context, sha256 string, n int) (string, error) {
	key, err := x.Key(ctx, File, sha256)
	return fmt.Sprintf("%s%s/%d", unread, key, n), err
}

// struck is what this process knows of the files that are not opened any more. Nearly every file that comes is an honest one and each is asked
// about, so the few that are not are listed now and then. Another process may open such a file until then.
type struck struct {
	mu    sync.Mutex
	keys  map[string]bool // of last strikes
	many  bool            // too many to list: each file is asked about
	until time.Time       // they are listed anew
}

const (
	relist     = 10 * time.Second // a list serves so long, and at least fifty times as long as it took
	listable   = 2000             // strikes that a list may have
	unlistable = time.Hour        // until it is tried whether they are fewer
)

// Struck tells how often a file has ended the process that read it: 0 or, where it is not to be opened any more, 2. It asks for the last strike alone.
func (x *Index) Struck(ctx context.Context, sha256 string) (times int, err error) {
	key, err := x.strike(ctx, sha256, strikes)
	if err != nil {
		return 0, err
	}
	x.struck.mu.Lock()
	if time.Now().After(x.struck.until) {
		err = x.listStruck(ctx)
	}
	last, many := x.struck.keys[key], x.struck.many
	x.struck.mu.Unlock()
	if err != nil {
		return 0, err
	}
	if many && !last {
		_, err := x.Archive.Get(ctx, key)
		if errors.Is(err, archive.ErrNotFound) {
			return 0, nil
		}
		return strikes, err
	}
	if last {
		return strikes, nil
	}
	return 0, nil
}

// listStruck lists the last strikes. The caller holds the lock.
func (x *Index) listStruck(ctx context.Context) error {
	began := time.Now()
	names, err := x.Archive.Names(ctx, unread)
	if err != nil {
		return err
	}
	x.struck.keys, x.struck.many = map[string]bool{}, len(names) > listable
	x.struck.until = time.Now().Add(max(relist, 50*time.Since(began)))
	if x.struck.many {
		x.struck.until = time.Now().Add(unlistable)
		return nil
	}
	last := fmt.Sprintf("/%d", strikes)
	for _, name := range names {
		if strings.HasSuffix(name, last) {
			x.struck.keys[name] = true
		}
	}
	return nil
}

// Strike notes that a file has ended the process that read it, whichever process and whichever case it was.
func (x *Index) Strike(ctx context.Context, sha256 string) error {
	for n := 1; n <= strikes; n++ {
		key, err := x.strike(ctx, sha256, n)
		if err != nil {
			return err
		}
		created, err := x.Archive.PutOnce(ctx, key, nil, "text/plain")
		if err != nil {
			return err
		}
		if n == strikes {
			x.struck.mu.Lock()
			defer x.struck.mu.Unlock()
			if x.struck.keys == nil {
				x.struck.keys = map[string]bool{}
			}
			x.struck.keys[key] = true
		}
		if created {
			return nil
		}
	}
	return nil
}
