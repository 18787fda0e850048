package archive

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
)

// Each walks through the objects whose key starts with prefix, in the order of their keys, without holding them all. It
// ends at the first error, which comes with an empty Object.
func (s *Store) Each(ctx context.Context, prefix string) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		if err := checkPrefix(prefix); err != nil {
			yield(Object{}, fmt.Errorf("archive: list: %w", err))
			return
		}
		for info := range s.client.ListObjectsIter(ctx, s.bucket, minio.ListObjectsOptions{Prefix: prefix, Recursive: true}) {
			if info.Err != nil {
				yield(Object{}, s.fail("list", prefix, info.Err))
				return
			}
			if info.Key == probeKey {
				continue
			}
			if !yield(Object{Key: info.Key, Size: info.Size, Modified: info.LastModified}, nil) {
				return
			}
		}
		// The library ends a walk that was given up as if it were complete.
		if err := ctx.Err(); err != nil {
			yield(Object{}, s.fail("list", prefix, err))
		}
	}
}

// List returns the objects whose key starts with prefix, in the order of their keys. With an error it returns none: a part
// of a list must not pass for the whole.
func (s *Store) List(ctx context.Context, prefix string) ([]Object, error) {
	var objects []Object
	for object, err := range s.Each(ctx, prefix) {
		if err != nil {
			return nil, err
		}
		objects = append(objects, object)
	}
	return objects, nil
}

// Erase removes for good, with every version, the objects of a folder (a prefix that ends with a slash). While one version is
// locked it removes none and answers ErrRetained with the first such key and its date: a case goes as a whole.
// It counts the versions that it removed and may be called again after an error.
func (s *Store) Erase(ctx context.Context, folder string) (versions int, err error) {
	if err := checkPrefix(folder); err != nil {
		return 0, fmt.Errorf("archive: erase: %w", err)
	}
	if len(folder) < 2 || !strings.HasSuffix(folder, "/") {
		return 0, fmt.Errorf("archive: erase: %w %q: a folder ends with a slash", ErrBadKey, folder)
	}
	var all []minio.ObjectInfo
	for info := range s.client.ListObjectsIter(ctx, s.bucket, minio.ListObjectsOptions{Prefix: folder, Recursive: true, WithVersions: true}) {
		if info.Err != nil {
			return 0, s.fail("erase", folder, info.Err)
		}
		if err := s.checkUnlocked(ctx, info); err != nil {
			return 0, err
		}
		all = append(all, info)
	}
	if err := ctx.Err(); err != nil { // a list that was given up is no reason to remove anything
		return 0, s.fail("erase", folder, err)
	}
	for _, info := range all {
		if err := s.removeVersion(ctx, info); err != nil {
			return versions, err
		}
		versions++
	}
	return versions, nil
}

// checkUnlocked answers ErrRetained for a version whose retention is not over.
func (s *Store) checkUnlocked(ctx context.Context, info minio.ObjectInfo) error {
	if info.IsDeleteMarker {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	_, until, err := s.client.GetObjectRetention(ctx, s.bucket, info.Key, info.VersionID)
	switch {
	case hasCode(err, "NoSuchObjectLockConfiguration"):
		return nil
	case err != nil:
		return s.fail("read the retention of", info.Key, err)
	case until != nil && time.Now().Before(*until):
		return fmt.Errorf("archive: erase %q: %w until %s", info.Key, ErrRetained, until.UTC().Format(time.DateTime))
	}
	return nil
}

func (s *Store) removeVersion(ctx context.Context, info minio.ObjectInfo) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	if err := s.client.RemoveObject(ctx, s.bucket, info.Key, minio.RemoveObjectOptions{VersionID: info.VersionID}); err != nil {
		return s.fail("erase", info.Key, err)
	}
	return nil
}

// Names lists the keys that begin with a prefix, in their order.
func (s *Store) Names(ctx context.Context, prefix string) ([]string, error) {
	objects, err := s.List(ctx, prefix)
	names := make([]string, len(objects))
	for i, o := range objects {
		names[i] = o.Key
	}
	return names, err
}
