package archive

import (
	"bytes"
	"context"
	"crypto/md5" // S3 asks for Content-MD5 on locked objects; it protects nothing here but the transfer
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/minio/minio-go/v7"

	"relance/observe/health"
)

const (
	// sumField is the user metadata that carries the content's SHA-256 in hexadecimal (x-amz-meta-sha256).
	sumField = "Sha256"
	// putAttempts is how often PutOnce tries again when a rival's write is announced but not there.
	putAttempts = 4
	putPause    = 100 * time.Millisecond
)

// Object is what the store knows of one object in its latest version.
type Object struct {
	Key       string
	SHA256    string    // of the content, in lowercase hexadecimal; empty in listings and for objects that this package did not write
	Size      int64     // bytes
	VersionID string    // empty in listings
	Modified  time.Time // when this version was written, by the server's clock; in listings, when it was put back
}

// PutOnce stores evidence: the key is written if nothing has it, and the object is locked for the configured retention. When
// the key is there already, PutOnce leaves it as it is, whatever its content, and answers false; it answers only once the
// object can be read. created may be false for the very caller that wrote the object, when the answer to its write was lost.
func (s *Store) PutOnce(ctx context.Context, key string, content []byte, contentType string) (created bool, err error) {
	return s.PutStream(ctx, key, bytes.NewReader(content), contentType)
}

// PutStream is PutOnce for a content that need not lie in memory: it is read twice from its start, once to know its hashes.
func (s *Store) PutStream(ctx context.Context, key string, content io.ReadSeeker, contentType string) (created bool, err error) {
	return s.putIfFree(ctx, key, content, contentType, s.retention)
}

// putIfFree writes an object if nothing has its key, locked for so long.
func (s *Store) putIfFree(ctx context.Context, key string, content io.ReadSeeker, contentType string, lock time.Duration) (created bool, err error) {
	if err := checkKey(key); err != nil {
		return false, fmt.Errorf("archive: store: %w", err)
	}
	for range putAttempts {
		err := s.put(ctx, key, content, contentType, true, lock)
		if err == nil {
			return true, nil
		}
		if !isTaken(err) {
			return false, s.fail("store", key, err)
		}
		_, err = s.Stat(ctx, key)
		if err == nil {
			return false, nil
		}
		if !errors.Is(err, ErrNotFound) {
			return false, err
		}
		// Announced but not there: the rival is still writing, or failed. Its turn ends soon.
		select {
		case <-ctx.Done():
			return false, s.fail("store", key, ctx.Err())
		case <-time.After(putPause):
		}
	}
	return false, s.fail("store", key, errBusy)
}

// PutVersion stores a snapshot: a new version of the key, on top of those before it, without a lock.
func (s *Store) PutVersion(ctx context.Context, key string, content []byte, contentType string) error {
	if err := checkKey(key); err != nil {
		return fmt.Errorf("archive: store: %w", err)
	}
	if err := s.put(ctx, key, bytes.NewReader(content), contentType, false, 0); err != nil {
		return s.fail("store", key, err)
	}
	return nil
}

// PutSnapshot is PutVersion with a lock: what a case was at that moment stays readable for the configured retention, however often the key is
// written again.
func (s *Store) PutSnapshot(ctx context.Context, key string, content []byte, contentType string) error {
	if err := checkKey(key); err != nil {
		return fmt.Errorf("archive: store: %w", err)
	}
	if err := s.put(ctx, key, bytes.NewReader(content), contentType, false, s.retention); err != nil {
		return s.fail("store", key, err)
	}
	return nil
}

// put sends one content in one request. The signature covers its SHA-256 and the header carries its MD5, so that the
// server refuses what was damaged on the way. The error is the library's.
func (s *Store) put(ctx context.Context, key string, content io.ReadSeeker, contentType string, once bool, lock time.Duration) error {
	sum, transfer := sha256.New(), md5.New()
	size, err := rewindAfter(content, func() (int64, error) { return io.Copy(io.MultiWriter(sum, transfer), content) })
	if err != nil {
		return err
	}
	const slowest = 1 << 20 // bytes a second
	ctx, cancel := context.WithTimeout(ctx, s.timeout+time.Duration(size/slowest)*time.Second)
	defer cancel()
	digest := hex.EncodeToString(sum.Sum(nil))
	opts := minio.PutObjectOptions{
		ContentType:  contentType,
		UserMetadata: map[string]string{sumField: digest},
		// The hash is known before the first byte leaves: no need to sign chunk by chunk.
		DisableContentSha256: true,
	}
	if once {
		opts.SetMatchETagExcept("*")
	}
	if lock > 0 {
		opts.Mode = s.mode
		opts.RetainUntilDate = time.Now().Add(lock)
	}
	if _, err = s.client.PutObject(ctx, s.bucket, key, content, size, base64.StdEncoding.EncodeToString(transfer.Sum(nil)), digest, opts); err == nil {
		s.observer.Succeeded(health.Archive)
	}
	return err
}

// rewindAfter reads a content from its start, and goes back to it.
func rewindAfter(content io.Seeker, read func() (int64, error)) (int64, error) {
	if _, err := content.Seek(0, io.SeekStart); err != nil {
		return 0, err
	}
	size, err := read()
	if err != nil {
		return 0, err
	}
	_, err = content.Seek(0, io.SeekStart)
	return size, err
}

// Get reads the latest version and checks it against the SHA-256 stored with it (ErrCorrupt). A missing object is ErrNotFound.
func (s *Store) Get(ctx context.Context, key string) ([]byte, error) {
	if err := checkKey(key); err != nil {
		return nil, fmt.Errorf("archive: read: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	body, info, _, err := s.client.GetObject(ctx, s.bucket, key, minio.GetObjectOptions{})
	if err != nil {
		return nil, s.fail("read", key, err)
	}
	defer body.Close()
	content := bytes.NewBuffer(make([]byte, 0, max(info.Size, 0)+bytes.MinRead))
	if _, err := io.Copy(content, body); err != nil {
		return nil, s.fail("read", key, err)
	}
	sum := sha256.Sum256(content.Bytes())
	if want := info.UserMetadata[sumField]; want != "" && want != hex.EncodeToString(sum[:]) {
		return nil, fmt.Errorf("archive: read %q: %w: SHA-256 %x instead of %s", key, ErrCorrupt, sum, want)
	}
	s.observer.Answered(health.Archive)
	return content.Bytes(), nil
}

// Stat describes the latest version of an object without reading it. A missing object is ErrNotFound.
func (s *Store) Stat(ctx context.Context, key string) (Object, error) {
	if err := checkKey(key); err != nil {
		return Object{}, fmt.Errorf("archive: look at: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	info, err := s.client.StatObject(ctx, s.bucket, key, minio.StatObjectOptions{})
	if err != nil {
		return Object{}, s.fail("look at", key, err)
	}
	s.observer.Answered(health.Archive)
	return Object{Key: info.Key, SHA256: info.UserMetadata[sumField], Size: info.Size, VersionID: info.VersionID, Modified: written(info)}, nil
}

// Exists tells whether an object has this key.
func (s *Store) Exists(ctx context.Context, key string) (bool, error) {
	_, err := s.Stat(ctx, key)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}
