package backup

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"relance/store/archive"
)

// settings writes files, and folders with all that is in them, under the names by which they were given.
func (w *writer) settings(names []string) error {
	for _, name := range names {
		if name = filepath.Clean(name); !filepath.IsLocal(name) {
			return fmt.Errorf("%s: name it from the folder in which the installation is", name)
		}
		err := filepath.WalkDir(name, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			info, err := os.Stat(path) // a link is followed: what it leads to is the setting
			if err != nil || !info.Mode().IsRegular() {
				return err
			}
			content, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			w.Settings++
			return w.entry(&tar.Header{Name: "settings/" + filepath.ToSlash(path), Mode: int64(info.Mode().Perm()), ModTime: info.ModTime()}, content)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// piece is how much of a dump one entry has: an entry says its length before its content.
const piece = 8 << 20

// dump is a dump that has been read to its end, before anything of the bucket is.
type dump struct{ file *os.File }

func (d dump) close() {
	if d.file != nil {
		d.file.Close()
	}
}

// ErrHalf is returned for a dump without the line with which PostgreSQL ends one.
var ErrHalf = errors.New("the dump of the database is not whole: it does not end as pg_dump and pg_dumpall end theirs")

// spool reads a dump into a file that has no name, and looks whether it is whole.
func (w *writer) spool(from io.Reader) (d dump, err error) {
	if from == nil {
		return d, nil
	}
	if d.file, err = os.CreateTemp("", "relance-dump-"); err != nil {
		return d, err
	}
	if err := os.Remove(d.file.Name()); err != nil {
		return d, err
	}
	if w.Database, err = io.Copy(d.file, from); err != nil {
		return d, err
	}
	const last = 512
	end := make([]byte, min(last, w.Database))
	if _, err := d.file.ReadAt(end, w.Database-int64(len(end))); err != nil {
		return d, err
	}
	if !bytes.Contains(end, []byte("dump complete")) {
		return d, ErrHalf
	}
	_, err = d.file.Seek(0, io.SeekStart)
	return d, err
}

// database writes the dump in pieces.
func (w *writer) database(d dump) error {
	if d.file == nil {
		return nil
	}
	buffer := make([]byte, piece)
	for number := 0; ; number++ {
		n, err := io.ReadFull(d.file, buffer)
		if err == io.EOF {
			return nil
		}
		if err != nil && err != io.ErrUnexpectedEOF {
			return err
		}
		h := &tar.Header{Name: fmt.Sprintf("database/%06d.sql", number), Mode: 0o600, ModTime: w.now()}
		if err := w.entry(h, buffer[:n]); err != nil {
			return err
		}
	}
}

// versionRecord is what a tar entry says of the version that it holds.
const versionRecord = "RELANCE.version"

const (
	parallel = 16        // versions that are read at once
	inMemory = 256 << 20 // bytes of them
)

// fetched is a version that is being read.
type fetched struct {
	done    chan struct{}
	version archive.Version
	content []byte
	weight  int64
}

// objects writes every version that was there at one instant, in the order of the bucket. Several are read at once.
func (w *writer) objects(ctx context.Context, store *archive.Store) error {
	group, ctx := errgroup.WithContext(ctx)
	room, order := semaphore.NewWeighted(inMemory), make(chan *fetched, parallel)
	group.Go(func() error {
		defer close(order)
		for v, err := range store.Versions(ctx, w.Since) {
			if err != nil {
				return err
			}
			if v.Modified.After(w.Until) {
				continue
			}
			f := &fetched{done: make(chan struct{}), version: v, weight: min(v.Size, inMemory)}
			if err := room.Acquire(ctx, f.weight); err != nil {
				return err
			}
			select {
			case order <- f:
			case <-ctx.Done():
				return ctx.Err()
			}
			group.Go(func() (err error) {
				defer close(f.done)
				f.version, f.content, err = store.Fetch(ctx, f.version)
				return err
			})
		}
		return nil
	})
	group.Go(func() error {
		for f := range order {
			select {
			case <-f.done:
			case <-ctx.Done():
				return ctx.Err()
			}
			if ctx.Err() != nil { // the reading failed
				return ctx.Err()
			}
			if err := w.object(f.version, f.content); err != nil {
				return err
			}
			room.Release(f.weight)
		}
		return nil
	})
	return group.Wait()
}

func (w *writer) object(v archive.Version, content []byte) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.Versions++
	w.Bytes += v.Size
	h := &tar.Header{Name: "objects/" + strings.TrimPrefix(v.Key, "/"), Mode: 0o600, ModTime: v.Modified, PAXRecords: map[string]string{versionRecord: string(text)}}
	return w.entry(h, content)
}
