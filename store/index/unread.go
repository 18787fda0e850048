package index

import (
	"context"
	"errors"
	"fmt"

	"relance/store/archive"
)

// File is a file that somebody sent, by its SHA-256.
const File = "file"

// strikes is after how many strikes a file is not opened any more, and no more are noted.
const strikes = 2

// strike is where a strike lies: its key names no file, and no case.
func (x *Index) strike(ctx context.Context, sha256 string, n int) (string, error) {
	key, err := x.Key(ctx, File, sha256)
	return fmt.Sprintf("unread/%s/%d", key, n), err
}

// Struck tells how often a file has ended the process that read it: 0 or, where it is not to be opened any more, 2. It asks for the last strike alone.
func (x *Index) Struck(ctx context.Context, sha256 string) (times int, err error) {
	key, err := x.strike(ctx, sha256, strikes)
	if err != nil {
		return 0, err
	}
	_, err = x.Archive.Get(ctx, key)
	if errors.Is(err, archive.ErrNotFound) {
		return 0, nil
	}
	return strikes, err
}

// Strike notes that a file has ended the process that read it, whichever process and whichever case it was.
func (x *Index) Strike(ctx context.Context, sha256 string) error {
	for n := 1; n <= strikes; n++ {
		key, err := x.strike(ctx, sha256, n)
		if err != nil {
			return err
		}
		if created, err := x.Archive.PutOnce(ctx, key, nil, "text/plain"); err != nil || created {
			return err
		}
	}
	return nil
}
