package vault

import (
	"context"
	"crypto/cipher"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/golang-lru/v2/expirable"

	"relance/store/archive"
)

// Archive is the object store, as far as keys need it (package archive).
type Archive interface {
	Create(ctx context.Context, key string, content []byte, contentType string) (created bool, err error)
	Replace(ctx context.Context, key string, content []byte, contentType string) error
	Get(ctx context.Context, key string) ([]byte, error)
	Names(ctx context.Context, prefix string) ([]string, error)
	Erase(ctx context.Context, folder string) (versions int, err error)
}

const (
	// folder holds the data keys, a folder each, so that one is erased as a folder is.
	folder = "keys/"
	// remembered is how many data keys a process keeps in memory, and forgotten after how long: so long may a process go on
	// reading a case whose key was erased.
	remembered = 20_000
	forgotten  = 10 * time.Minute
)

// Keys are the data keys of cases and of the other workflows. It is safe for concurrent use.
type Keys struct {
	archive Archive
	ring    *Ring
	known   *expirable.LRU[string, cipher.AEAD]
}

// NewKeys keeps data keys in an archive, wrapped with a ring's master key.
func NewKeys(a Archive, r *Ring) *Keys {
	return &Keys{archive: a, ring: r, known: expirable.NewLRU[string, cipher.AEAD](remembered, nil, forgotten)}
}

// Active is the identifier of the master key in use.
func (k *Keys) Active() string { return k.ring.active }

// ErrNoKey is returned where a data key does not exist: it was erased, and what it encrypted with it.
var ErrNoKey = errors.New("the data key does not exist, or was erased")

// ErrUnreachable is returned where a data key cannot be had now: the archive does not answer, or the master key is not on the ring. Another
// time it may.
var ErrUnreachable = errors.New("the data key cannot be had")

// path is where the data key of a name lies. Names are workflow ids, which carry no personal data.
func path(name string) string { return folder + name + "/key.json" }

// find gives the data key of a name.
func (k *Keys) find(ctx context.Context, name string) (cipher.AEAD, error) {
	if a, known := k.known.Get(name); known {
		return a, nil
	}
	key, _, err := k.read(ctx, name)
	if err != nil {
		return nil, err
	}
	return k.remember(name, key)
}

func (k *Keys) remember(name string, key []byte) (cipher.AEAD, error) {
	a, err := newAEAD(key)
	if err == nil {
		k.known.Add(name, a)
	}
	return a, err
}

// read reads a data key, and tells which master key it is wrapped with.
func (k *Keys) read(ctx context.Context, name string) (key []byte, master string, err error) {
	text, err := k.archive.Get(ctx, path(name))
	if errors.Is(err, archive.ErrNotFound) {
		return nil, "", fmt.Errorf("%s: %w", name, ErrNoKey)
	}
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w: %w", name, ErrUnreachable, err)
	}
	var w wrapped
	if err := json.Unmarshal(text, &w); err != nil {
		return nil, "", fmt.Errorf("data key of %s: %w", name, err)
	}
	if key, err = k.ring.unwrap(name, w); errors.Is(err, ErrMaster) {
		err = fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	return key, w.Master, err
}

// make gives the data key of a name, a new one where there is none. Of several processes that make one at once, all use the
// first.
func (k *Keys) make(ctx context.Context, name string) (cipher.AEAD, error) {
	a, err := k.find(ctx, name)
	if !errors.Is(err, ErrNoKey) {
		return a, err
	}
	key := random(keySize)
	text, err := json.Marshal(k.ring.wrap(name, key))
	if err != nil {
		return nil, err
	}
	created, err := k.archive.Create(ctx, path(name), text, "application/json")
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %w", name, ErrUnreachable, err)
	}
	if !created {
		return k.find(ctx, name)
	}
	return k.remember(name, key)
}

// Erase erases the data key of a workflow: what Temporal has of it can be read no more, neither there nor in any backup of it.
// Processes that have the key in memory forget it within ten minutes.
func (k *Keys) Erase(ctx context.Context, name string) error {
	k.known.Remove(name)
	_, err := k.archive.Erase(ctx, folder+name+"/")
	return err
}

// Rotate wraps every data key with the master key in use. After it, older master keys can be taken off the ring. It may be
// stopped and started again, and tells how many keys it wrapped.
func (k *Keys) Rotate(ctx context.Context) (wrapped int, err error) {
	names, err := k.archive.Names(ctx, folder)
	if err != nil {
		return 0, err
	}
	for _, name := range names {
		name, isKey := strings.CutSuffix(strings.TrimPrefix(name, folder), "/key.json")
		if !isKey {
			continue
		}
		key, master, err := k.read(ctx, name)
		if errors.Is(err, ErrNoKey) || err == nil && master == k.ring.active {
			continue
		}
		if err != nil {
			return wrapped, err
		}
		text, err := json.Marshal(k.ring.wrap(name, key))
		if err == nil {
			err = k.archive.Replace(ctx, path(name), text, "application/json")
		}
		if err != nil {
			return wrapped, err
		}
		wrapped++
	}
	return wrapped, nil
}

// Masters counts the data keys by the identifier of the master key that wraps them.
func (k *Keys) Masters(ctx context.Context) (map[string]int, error) {
	names, err := k.archive.Names(ctx, folder)
	if err != nil {
		return nil, err
	}
	count := map[string]int{}
	for _, name := range names {
		var w wrapped
		text, err := k.archive.Get(ctx, name)
		if errors.Is(err, archive.ErrNotFound) {
			continue // erased meanwhile
		}
		if err == nil {
			err = json.Unmarshal(text, &w)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		count[w.Master]++
	}
	return count, nil
}
