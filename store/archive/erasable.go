package archive

import (
	"bytes"
	"context"
	"fmt"

	"github.com/minio/minio-go/v7"
)

// Create writes an object on condition that its key is free, as PutOnce does, but without a lock: for what must be erasable at any
// time, as the key that makes a case readable. When the key is taken it leaves it as it is and answers false.
func (s *Store) Create(ctx context.Context, key string, content []byte, contentType string) (created bool, err error) {
	return s.putIfFree(ctx, key, bytes.NewReader(content), contentType, 0)
}

// Replace writes a new version of a key and removes those before it for good. It may be called again after an error.
func (s *Store) Replace(ctx context.Context, key string, content []byte, contentType string) error {
	if err := s.PutVersion(ctx, key, content, contentType); err != nil {
		return err
	}
	for info := range s.client.ListObjectsIter(ctx, s.bucket, minio.ListObjectsOptions{Prefix: key, WithVersions: true}) {
		if info.Err != nil {
			return s.fail("replace", key, info.Err)
		}
		if info.Key != key || info.IsLatest {
			continue
		}
		if err := s.removeVersion(ctx, info, false); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return s.fail("replace", key, fmt.Errorf("older versions remain: %w", err))
	}
	return nil
}
