package archive

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
)

// Lock is what keeps one version of an object from being removed.
type Lock struct {
	Key       string    `json:"key"`
	VersionID string    `json:"version"`
	Until     time.Time `json:"until,omitzero"` // end of its retention, where that is still to come
	Mode      string    `json:"mode,omitempty"` // GOVERNANCE or COMPLIANCE
	Hold      bool      `json:"hold,omitempty"` // under legal hold, which has no end
}

// LockedError tells which versions are locked. It is an ErrRetained.
type LockedError struct{ Locks []Lock }

func (e *LockedError) Error() string {
	last := e.Last()
	if last.Hold {
		return fmt.Sprintf("archive: %d versions are locked, %q by a legal hold: %v", len(e.Locks), last.Key, ErrRetained)
	}
	return fmt.Sprintf("archive: %d versions are locked, the last until %s: %v", len(e.Locks), last.Until.UTC().Format(time.DateTime), ErrRetained)
}

func (e *LockedError) Unwrap() error { return ErrRetained }

// Last is the lock that holds longest.
func (e *LockedError) Last() Lock {
	var last Lock
	for _, l := range e.Locks {
		if !last.Hold && (l.Hold || l.Until.After(last.Until)) {
			last = l
		}
	}
	return last
}

// versions walks through all versions under prefixes: a folder ends with a slash, anything else is one object.
func (s *Store) versions(ctx context.Context, prefixes []string, do func(minio.ObjectInfo) error) error {
	for _, prefix := range prefixes {
		if err := checkPrefix(prefix); err != nil {
			return fmt.Errorf("archive: versions: %w", err)
		}
		folder := strings.HasSuffix(prefix, "/")
		if len(prefix) < 2 {
			return fmt.Errorf("archive: versions: %w %q: not the whole bucket", ErrBadKey, prefix)
		}
		for info := range s.client.ListObjectsIter(ctx, s.bucket, minio.ListObjectsOptions{Prefix: prefix, Recursive: true, WithVersions: true}) {
			if info.Err != nil {
				return s.fail("list the versions of", prefix, info.Err)
			}
			if !folder && info.Key != prefix {
				continue
			}
			if err := do(info); err != nil {
				return err
			}
		}
	}
	if err := ctx.Err(); err != nil { // a list that was given up is no whole list
		return s.fail("list the versions of", strings.Join(prefixes, ", "), err)
	}
	return nil
}

// lockOf is what locks a version; nil where nothing does.
func (s *Store) lockOf(ctx context.Context, info minio.ObjectInfo) (*Lock, error) {
	if info.IsDeleteMarker {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	lock := &Lock{Key: info.Key, VersionID: info.VersionID}
	mode, until, err := s.client.GetObjectRetention(ctx, s.bucket, info.Key, info.VersionID)
	if err != nil && !hasCode(err, "NoSuchObjectLockConfiguration") {
		return nil, s.fail("read the retention of", info.Key, err)
	}
	if err == nil && until != nil && time.Now().Before(*until) {
		lock.Until, lock.Mode = *until, string(*mode)
	}
	hold, err := s.client.GetObjectLegalHold(ctx, s.bucket, info.Key, minio.GetObjectLegalHoldOptions{VersionID: info.VersionID})
	if err != nil && !hasCode(err, "NoSuchObjectLockConfiguration") {
		return nil, s.fail("read the legal hold of", info.Key, err)
	}
	if lock.Hold = err == nil && hold != nil && *hold == minio.LegalHoldEnabled; !lock.Hold && lock.Until.IsZero() {
		return nil, nil
	}
	return lock, nil
}

// Locks lists what is locked under prefixes, a folder ending with a slash, and counts the versions there are.
func (s *Store) Locks(ctx context.Context, prefixes ...string) (versions int, locks []Lock, err error) {
	err = s.versions(ctx, prefixes, func(info minio.ObjectInfo) error {
		versions++
		lock, err := s.lockOf(ctx, info)
		if lock != nil {
			locks = append(locks, *lock)
		}
		return err
	})
	return versions, locks, err
}

// Hold puts all versions of a folder under legal hold, or takes it off: while it is on, nobody can remove them, whatever their retention. It counts
// the versions. What is written later is not under it.
func (s *Store) Hold(ctx context.Context, folder string, on bool) (versions int, err error) {
	status := minio.LegalHoldDisabled
	if on {
		status = minio.LegalHoldEnabled
	}
	err = s.versions(ctx, []string{folder}, func(info minio.ObjectInfo) error {
		if info.IsDeleteMarker {
			return nil
		}
		ctx, cancel := context.WithTimeout(ctx, s.timeout)
		defer cancel()
		if err := s.client.PutObjectLegalHold(ctx, s.bucket, info.Key, minio.PutObjectLegalHoldOptions{VersionID: info.VersionID, Status: &status}); err != nil {
			return s.fail("set the legal hold of", info.Key, err)
		}
		versions++
		return nil
	})
	return versions, err
}

// Remove removes for good every version under prefixes, a folder ending with a slash. While one is locked it removes none, and answers a LockedError
// that names them all. Bypass lifts a retention of mode GOVERNANCE, where the access key has the right to; neither COMPLIANCE nor a legal hold can be
// lifted so. It counts what it has removed, and may be called again after an error.
func (s *Store) Remove(ctx context.Context, bypass bool, prefixes ...string) (versions int, err error) {
	var all []minio.ObjectInfo
	var locks []Lock
	err = s.versions(ctx, prefixes, func(info minio.ObjectInfo) error {
		all = append(all, info)
		lock, err := s.lockOf(ctx, info)
		if lock != nil && (lock.Hold || !bypass || lock.Mode != string(minio.Governance)) {
			locks = append(locks, *lock)
		}
		return err
	})
	if err == nil && locks != nil {
		err = &LockedError{locks}
	}
	if err != nil {
		return 0, err
	}
	for _, info := range all {
		if err := s.removeVersion(ctx, info, bypass); err != nil {
			return versions, err
		}
		versions++
	}
	return versions, nil
}

func (s *Store) removeVersion(ctx context.Context, info minio.ObjectInfo, bypass bool) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	err := s.client.RemoveObject(ctx, s.bucket, info.Key, minio.RemoveObjectOptions{VersionID: info.VersionID, GovernanceBypass: bypass})
	if err != nil && !hasCode(err, minio.NoSuchKey, "NoSuchVersion") {
		return s.fail("erase", info.Key, err)
	}
	return nil
}

// Erase removes for good, with every version, the objects of a folder (a prefix that ends with a slash). While one version is
// locked it removes none: a case goes as a whole.
func (s *Store) Erase(ctx context.Context, folder string) (versions int, err error) {
	if !strings.HasSuffix(folder, "/") {
		return 0, fmt.Errorf("archive: erase: %w %q: a folder ends with a slash", ErrBadKey, folder)
	}
	return s.Remove(ctx, false, folder)
}
