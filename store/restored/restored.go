// Package restored keeps the note that a bucket was put back from a backup: what the engine then finds in its mailbox and in Temporal is held
// against it (office/audit).
package restored

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"relance/store/archive"
)

// key is where the note lies. Each restoring puts a version on top.
const key = "restored.json"

// Note is what a restoring leaves behind.
type Note struct {
	Dump     time.Time `json:"dump"`              // from then on the database may know less than the bucket
	Until    time.Time `json:"until"`             // the instant whose bucket was put back: what happened later is in the mailbox alone
	Restored time.Time `json:"restored"`          // when
	Touched  []string  `json:"touched,omitempty"` // cases that the bucket has in a state younger than the dump
}

// Write leaves the note.
func Write(ctx context.Context, store *archive.Store, n Note) error {
	text, err := json.MarshalIndent(n, "", "  ")
	if err != nil {
		return err
	}
	return store.PutVersion(ctx, key, append(text, '\n'), "application/json")
}

// Read gives the note of the last restoring; nil where the bucket never was restored.
func Read(ctx context.Context, store *archive.Store) (*Note, error) {
	text, err := store.Get(ctx, key)
	if errors.Is(err, archive.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var n Note
	if err := json.Unmarshal(text, &n); err != nil {
		return nil, fmt.Errorf("%s: %w", key, err)
	}
	return &n, nil
}
