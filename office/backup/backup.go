// Package backup copies an installation into one encrypted file and back: its settings, a dump of Temporal's database, and the bucket with
// every version and lock.
//
// The order is the dump, then the bucket: the bucket has the weight, and whatever happened after the dump is found again from it. Of the bucket
// a backup has what was written before one instant, and so the state of one instant, as after a loss of power. The file is a tar archive,
// compressed by zstd and encrypted by age for the holders of some keys; those three programs open it too:
//
//	backup.json      when and of what it was made
//	settings/…       files
//	database/…       the dump, in pieces of 8 MiB
//	objects/…        every version under its key, the oldest first, so that unpacking leaves the latest
//	summary.json     how much there is, and a hash over all of it: a file without it is not whole
package backup

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"time"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"

	"relance/store/archive"
)

// format is that of the files this package writes and reads.
const format = 1

// Head is the beginning of a backup.
type Head struct {
	Format int       `json:"format"`
	Began  time.Time `json:"began"`          // before the dump was read
	Until  time.Time `json:"until"`          // the instant whose bucket it has
	Since  time.Time `json:"since,omitzero"` // of an increment: what earlier backups have is left out
	Bucket string    `json:"bucket"`
}

// Summary is its end.
type Summary struct {
	Settings int    `json:"settings"` // files
	Database int64  `json:"database"` // bytes of the dump
	Versions int    `json:"versions"`
	Bytes    int64  `json:"bytes"` // of all versions
	SHA256   string `json:"sha256"`
}

// Options say what goes into a backup, and who can open it.
type Options struct {
	For      []string  // public age keys
	Settings []string  // files and folders
	Database io.Reader // a dump; nil: none, and cases are woken from their folders
	Bucket   string    // its name, for whoever reads the backup
	Since    time.Time // of an increment: the Until of the backup before it
	Now      func() time.Time
}

// overlap is by how much an increment reaches back before the backup that it follows: the store's clock and ours may differ.
const overlap = 2 * time.Minute

// Write makes a backup.
func Write(ctx context.Context, store *archive.Store, to io.Writer, o Options) (Head, Summary, error) {
	who, err := recipients(o.For)
	if err != nil {
		return Head{}, Summary{}, err
	}
	encrypted, err := age.Encrypt(to, who...)
	if err != nil {
		return Head{}, Summary{}, fmt.Errorf("encrypt: %w", err)
	}
	packed, err := zstd.NewWriter(encrypted)
	if err != nil {
		return Head{}, Summary{}, err
	}
	w := &writer{tar: tar.NewWriter(packed), sum: sha256.New(), now: o.Now}
	if err = w.all(ctx, store, o); err == nil {
		err = w.tar.Close()
	}
	err = errors.Join(err, packed.Close())
	if err == nil {
		err = encrypted.Close()
	}
	return w.Head, w.Summary, err
}

// File writes a backup into a file that only its owner may read, and that has its name once it is whole.
func File(name string, write func(io.Writer) error) error {
	if _, err := os.Lstat(name); err == nil {
		return fmt.Errorf("%s is there already", name)
	}
	partial := name + ".partial"
	f, err := os.OpenFile(partial, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	if err = write(f); err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(partial))
	}
	return os.Rename(partial, name)
}

// writer writes one backup.
type writer struct {
	Head
	Summary
	tar *tar.Writer
	sum hash.Hash // over every entry's name and content
	now func() time.Time
}

// all writes the parts in their order.
func (w *writer) all(ctx context.Context, store *archive.Store, o Options) error {
	w.Head = Head{Format: format, Began: w.now().UTC(), Bucket: o.Bucket}
	dump, err := w.spool(o.Database)
	if err != nil {
		return fmt.Errorf("dump: %w", err)
	}
	defer dump.close()
	w.Until = w.now().UTC()
	if !o.Since.IsZero() {
		w.Since = o.Since.Add(-overlap)
	}
	if err := w.json("backup.json", w.Head); err != nil {
		return err
	}
	if err := w.settings(o.Settings); err != nil {
		return fmt.Errorf("settings: %w", err)
	}
	if err := w.database(dump); err != nil {
		return fmt.Errorf("dump: %w", err)
	}
	if err := w.objects(ctx, store); err != nil {
		return err
	}
	w.SHA256 = hex.EncodeToString(w.sum.Sum(nil))
	return w.json("summary.json", w.Summary)
}

// json writes a note of the backup's own.
func (w *writer) json(name string, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	return w.entry(&tar.Header{Name: name, Mode: 0o600, ModTime: w.now()}, append(text, '\n'))
}

// entry writes one file of the archive.
func (w *writer) entry(h *tar.Header, content []byte) error {
	h.Size, h.Format = int64(len(content)), tar.FormatPAX
	if err := w.tar.WriteHeader(h); err != nil {
		return err
	}
	digest(w.sum, h, content)
	_, err := w.tar.Write(content)
	return err
}

// digest enters an entry into the hash over all of them.
func digest(sum hash.Hash, h *tar.Header, content []byte) {
	if h.Name == "summary.json" {
		return
	}
	own := sha256.Sum256(content)
	fmt.Fprintf(sum, "%q %q %x\n", h.Name, h.PAXRecords[versionRecord], own)
}
