package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/minio/minio-go/v7"
)

// Earlier walks through the versions of an object, the newest first, also of one that was removed since: what a key held before it was written again. It
// ends at the first error, which comes with no content.
func (s *Store) Earlier(ctx context.Context, key string) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		if err := checkKey(key); err != nil {
			yield(nil, fmt.Errorf("archive: read: %w", err))
			return
		}
		err := s.versions(ctx, []string{key}, func(info minio.ObjectInfo) error {
			if info.IsDeleteMarker {
				return nil
			}
			content, err := s.version(ctx, info)
			if err == nil && !yield(content, nil) {
				err = errEnough
			}
			return err
		})
		if err != nil && !errors.Is(err, errEnough) {
			yield(nil, err)
		}
	}
}

// errEnough ends a walk that was given up.
var errEnough = errors.New("enough")

// version reads one version.
func (s *Store) version(ctx context.Context, info minio.ObjectInfo) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	body, _, _, err := s.client.GetObject(ctx, s.bucket, info.Key, minio.GetObjectOptions{VersionID: info.VersionID})
	if err != nil {
		return nil, s.fail("read", info.Key, err)
	}
	defer body.Close()
	content, err := io.ReadAll(body)
	if err != nil {
		return nil, s.fail("read", info.Key, err)
	}
	return content, nil
}
