package backup

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"

	"relance/store/archive"
)

// Sink takes the parts of a backup; what is nil is not wanted. Every part is read and held against its hash in any case.
type Sink struct {
	Settings func(name string, mode os.FileMode, content []byte) error
	Database io.Writer
	Version  func(ctx context.Context, v archive.Version, content []byte) error
}

// Errors of a backup that is not what it should be.
var (
	ErrNotWhole = errors.New("the backup is not whole: it ends before its summary")
	ErrAltered  = errors.New("the backup is not what was written")
)

// Read reads a backup to its end and hands its parts on. What was handed on counts only where Read returns no error: a backup shows at its end
// alone that it is whole.
func Read(ctx context.Context, from io.Reader, keys Keys, to Sink) (Head, Summary, error) {
	var head Head
	opened, err := age.Decrypt(from, keys.list...)
	if err != nil {
		return head, Summary{}, fmt.Errorf("open: %w", err)
	}
	unpacked, err := zstd.NewReader(opened)
	if err != nil {
		return head, Summary{}, err
	}
	defer unpacked.Close()
	seen, sum := Summary{}, sha256.New()
	for entries := tar.NewReader(unpacked); ; {
		if ctx.Err() != nil {
			return head, seen, ctx.Err()
		}
		h, err := entries.Next()
		if errors.Is(err, io.EOF) {
			return head, seen, ErrNotWhole
		}
		if err != nil {
			return head, seen, fmt.Errorf("read: %w", err)
		}
		content, err := io.ReadAll(entries)
		if err != nil {
			return head, seen, fmt.Errorf("read %s: %w", h.Name, err)
		}
		if h.Name == "summary.json" {
			seen.SHA256 = hex.EncodeToString(sum.Sum(nil))
			return head, seen, compare(seen, content)
		}
		digest(sum, h, content)
		if err := hand(ctx, h, content, &head, &seen, to); err != nil {
			return head, seen, err
		}
	}
}

// compare holds what was read against the summary.
func compare(seen Summary, text []byte) error {
	var told Summary
	if err := json.Unmarshal(text, &told); err != nil {
		return fmt.Errorf("summary: %w", err)
	}
	if seen != told {
		return fmt.Errorf("%w: it has %+v, and its summary says %+v", ErrAltered, seen, told)
	}
	return nil
}

// hand gives one entry to whom it is for.
func hand(ctx context.Context, h *tar.Header, content []byte, head *Head, seen *Summary, to Sink) error {
	folder, name, _ := strings.Cut(h.Name, "/")
	switch {
	case h.Name == "backup.json":
		if err := json.Unmarshal(content, head); err != nil {
			return fmt.Errorf("backup.json: %w", err)
		}
		if head.Format != format {
			return fmt.Errorf("the backup has format %d, and this program reads %d", head.Format, format)
		}
	case folder == "settings":
		seen.Settings++
		if to.Settings != nil {
			return to.Settings(name, h.FileInfo().Mode().Perm(), content)
		}
	case folder == "database":
		seen.Database += int64(len(content))
		if to.Database != nil {
			_, err := to.Database.Write(content)
			return err
		}
	case folder == "objects":
		var v archive.Version
		if err := json.Unmarshal([]byte(h.PAXRecords[versionRecord]), &v); err != nil {
			return fmt.Errorf("%s: %w", h.Name, err)
		}
		seen.Versions++
		seen.Bytes += v.Size
		if to.Version != nil {
			return to.Version(ctx, v, content)
		}
	}
	return nil
}

// Into writes settings below a folder. A file that is there is not touched.
func Into(folder string) func(name string, mode os.FileMode, content []byte) error {
	return func(name string, mode os.FileMode, content []byte) error {
		if !filepath.IsLocal(filepath.FromSlash(name)) {
			return fmt.Errorf("%w: a setting named %q", ErrAltered, name)
		}
		file := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
		if errors.Is(err, os.ErrExist) {
			if there, err := os.ReadFile(file); err != nil || string(there) == string(content) {
				return err
			}
			return fmt.Errorf("%s is there already, and is another: move it away first", file)
		}
		if err != nil {
			return err
		}
		_, err = f.Write(content)
		return errors.Join(err, f.Close())
	}
}
