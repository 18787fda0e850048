package archive

import (
	"bytes"
	"context"
	"crypto/md5" // S3 asks for Content-MD5 on locked objects; it protects nothing here but the transfer
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"iter"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
)

// writtenField is the user metadata of an object that was put back: when it was first written.
const writtenField = "Written"

// written is when an object was first written, by the server's clock of then.
func written(info minio.ObjectInfo) time.Time {
	if at, err := time.Parse(time.RFC3339Nano, info.UserMetadata[writtenField]); err == nil {
		return at
	}
	return info.LastModified
}

// Version is one version of an object, with everything that another bucket needs to have the same: the copy that a backup keeps.
type Version struct {
	Key         string            `json:"key"`
	ID          string            `json:"id"` // in the bucket that it was read from
	Size        int64             `json:"size"`
	Modified    time.Time         `json:"modified"`
	Type        string            `json:"type,omitempty"`     // of the content
	Metadata    map[string]string `json:"metadata,omitempty"` // of the user
	Mode        string            `json:"mode,omitempty"`     // of its lock
	Until       time.Time         `json:"until,omitzero"`     // the end of its lock
	Hold        bool              `json:"hold,omitempty"`     // kept for a court
	Removed     bool              `json:"removed,omitempty"`  // a marker: from here on nothing has the key
	ContentHash string            `json:"sha256,omitempty"`
}

// Versions walks through all versions of all objects, key by key, those of one key from the oldest to the newest. What serves for a day
// (Passing) is left out, and so is what is older than since. It tells names and sizes alone; Fetch reads the rest.
func (s *Store) Versions(ctx context.Context, since time.Time) iter.Seq2[Version, error] {
	return func(yield func(Version, error) bool) {
		var same []Version // the versions of one key, the newest first, as the server lists them
		flush := func() bool {
			for _, v := range slices.Backward(same) {
				if !v.Modified.Before(since) && !yield(v, nil) {
					return false
				}
			}
			same = same[:0]
			return true
		}
		for info := range s.client.ListObjectsIter(ctx, s.bucket, minio.ListObjectsOptions{Recursive: true, WithVersions: true}) {
			if info.Err != nil {
				yield(Version{}, s.fail("list the versions of", "the bucket", info.Err))
				return
			}
			if len(same) > 0 && same[0].Key != info.Key && !flush() {
				return
			}
			if info.Key != probeKey && !strings.HasPrefix(info.Key, Passing) {
				same = append(same, Version{Key: info.Key, ID: info.VersionID, Size: info.Size, Modified: info.LastModified, Removed: info.IsDeleteMarker})
			}
		}
		if err := ctx.Err(); err != nil { // a list that was given up is no whole list
			yield(Version{}, s.fail("list the versions of", "the bucket", err))
			return
		}
		flush()
	}
}

// Fetch reads a version whole, with its lock and what else stands beside it, and holds it against the hash it was stored with.
func (s *Store) Fetch(ctx context.Context, v Version) (Version, []byte, error) {
	if v.Removed {
		return v, nil, nil
	}
	ctx, cancel := s.within(ctx, v.Size)
	defer cancel()
	body, info, header, err := s.client.GetObject(ctx, s.bucket, v.Key, minio.GetObjectOptions{VersionID: v.ID})
	if err != nil {
		return v, nil, s.fail("read", v.Key, err)
	}
	defer body.Close()
	content, err := io.ReadAll(body)
	if err != nil {
		return v, nil, s.fail("read", v.Key, err)
	}
	v.ContentHash, v.Type, v.Metadata = hashOf(content), info.ContentType, maps.Clone(info.UserMetadata)
	if want := info.UserMetadata[sumField]; want != "" && want != v.ContentHash {
		return v, nil, fmt.Errorf("archive: read %q: %w: SHA-256 %s instead of %s", v.Key, ErrCorrupt, v.ContentHash, want)
	}
	return v, content, v.readLock(header)
}

// readLock takes the lock from the answer's header, as S3 gives it to whoever may read it.
func (v *Version) readLock(header http.Header) (err error) {
	v.Mode = header.Get("X-Amz-Object-Lock-Mode")
	v.Hold = header.Get("X-Amz-Object-Lock-Legal-Hold") == string(minio.LegalHoldEnabled)
	if until := header.Get("X-Amz-Object-Lock-Retain-Until-Date"); until != "" {
		if v.Until, err = time.Parse(time.RFC3339, until); err != nil {
			return fmt.Errorf("archive: the lock of %q: %w", v.Key, err)
		}
	}
	return nil
}

// PutBack writes a version as it was: the same content, type and metadata, and the same end of its lock, where that has not come yet. It gets
// an identifier of its own.
func (s *Store) PutBack(ctx context.Context, v Version, content []byte) error {
	ctx, cancel := s.within(ctx, v.Size)
	defer cancel()
	if v.Removed {
		if err := s.client.RemoveObject(ctx, s.bucket, v.Key, minio.RemoveObjectOptions{}); err != nil {
			return s.fail("remove", v.Key, err)
		}
		return nil
	}
	if sum := hashOf(content); sum != v.ContentHash {
		return fmt.Errorf("archive: put back %q: %w: SHA-256 %s instead of %s", v.Key, ErrCorrupt, sum, v.ContentHash)
	}
	metadata := maps.Clone(v.Metadata)
	if metadata == nil {
		metadata = map[string]string{}
	}
	if metadata[writtenField] == "" {
		metadata[writtenField] = v.Modified.UTC().Format(time.RFC3339Nano)
	}
	opts := minio.PutObjectOptions{ContentType: v.Type, UserMetadata: metadata, DisableContentSha256: true}
	if v.Mode != "" && v.Until.After(time.Now()) {
		opts.Mode, opts.RetainUntilDate = minio.RetentionMode(v.Mode), v.Until
	}
	if v.Hold {
		opts.LegalHold = minio.LegalHoldEnabled
	}
	transfer := md5.Sum(content)
	_, err := s.client.PutObject(ctx, s.bucket, v.Key, bytes.NewReader(content), int64(len(content)), base64.StdEncoding.EncodeToString(transfer[:]), v.ContentHash, opts)
	if err != nil {
		return s.fail("put back", v.Key, err)
	}
	return nil
}

// Count counts the versions of each key there is: what a restoring that was broken off has put back already.
func (s *Store) Count(ctx context.Context) (map[string]int, error) {
	there := map[string]int{}
	for v, err := range s.Versions(ctx, time.Time{}) {
		if err != nil {
			return nil, err
		}
		there[v.Key]++
	}
	return there, nil
}

// within bounds one operation by what it carries.
func (s *Store) within(ctx context.Context, size int64) (context.Context, context.CancelFunc) {
	const slowest = 1 << 20 // bytes a second
	return context.WithTimeout(ctx, s.timeout+time.Duration(size/slowest)*time.Second)
}

func hashOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}
