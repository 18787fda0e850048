package archive

import (
	"context"
	"fmt"
	"iter"
	"strings"

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

// Folders walks through the folders right below a prefix, each with its slash at the end, in the order of their keys, without holding them all.
// What lies inside them is not listed.
func (s *Store) Folders(ctx context.Context, prefix string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		if err := checkPrefix(prefix); err != nil {
			yield("", fmt.Errorf("archive: list: %w", err))
			return
		}
		for info := range s.client.ListObjectsIter(ctx, s.bucket, minio.ListObjectsOptions{Prefix: prefix}) {
			if info.Err != nil {
				yield("", s.fail("list", prefix, info.Err))
				return
			}
			if strings.HasSuffix(info.Key, "/") && !yield(info.Key, nil) {
				return
			}
		}
		if err := ctx.Err(); err != nil {
			yield("", s.fail("list", prefix, err))
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

// Names lists the keys that begin with a prefix, in their order.
func (s *Store) Names(ctx context.Context, prefix string) ([]string, error) {
	objects, err := s.List(ctx, prefix)
	names := make([]string, len(objects))
	for i, o := range objects {
		names[i] = o.Key
	}
	return names, err
}
