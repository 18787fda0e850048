// Package activities holds the side effects of the procedure. Each is done once: it has a key, and doing it again is harmless. They are
// thin: the work is that of the rooms below.
package activities

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"relance/archive"
	"relance/casefile"
	"relance/correspondence"
	"relance/outbox"
	"relance/scheme"
)

// Archive is the object store, as far as activities need it (package archive).
type Archive interface {
	PutOnce(ctx context.Context, key string, content []byte, contentType string) (created bool, err error)
	PutVersion(ctx context.Context, key string, content []byte, contentType string) error
	Get(ctx context.Context, key string) ([]byte, error)
}

// Outbox sends mail (package outbox).
type Outbox interface {
	Send(ctx context.Context, from string, to []string, raw []byte) (outbox.Acceptance, error)
}

// Activities are the side effects, with what they work on.
type Activities struct {
	Archive   Archive
	Outbox    Outbox
	Writer    *correspondence.Writer
	Catalogue *scheme.Catalogue
	Temporal  client.Client // for budget envelopes
	Now       func() time.Time
}

// The types of failure that a retry cannot mend.
const (
	FailBroken  = "broken"   // what is stored cannot be understood
	FailUnknown = "unknown"  // a scheme or object that does not exist
	FailRefused = "refused"  // the store refuses us: access, configuration
	FailBudget  = "envelope" // the envelope has not enough left
)

// classify tells Temporal which failures to retry: everything but those that no waiting can mend.
func classify(err error) error {
	var broken *json.SyntaxError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, archive.ErrNotFound), errors.Is(err, scheme.ErrUnknown):
		// A scheme file that is missing on this worker, or an object a replica has not got yet, may come.
		return temporal.NewApplicationErrorWithOptions(err.Error(), FailUnknown, temporal.ApplicationErrorOptions{Cause: err, NextRetryDelay: time.Minute})
	case errors.As(err, &broken):
		return temporal.NewNonRetryableApplicationError(err.Error(), FailBroken, err)
	}
	return err
}

// version finds the scheme of a case and the version it was received under.
func (a *Activities) version(s casefile.State) (*scheme.Scheme, *scheme.Version, error) {
	sch, err := a.Catalogue.Find(s.Scheme)
	if err != nil {
		return nil, nil, err
	}
	if s.Terms.SchemeVersion == "" {
		return sch, sch.At(s.Received), nil
	}
	v, err := sch.Version(s.Terms.SchemeVersion)
	return sch, v, err
}

// facts loads the facts a case points to.
func (a *Activities) facts(ctx context.Context, ref casefile.Ref) (casefile.Facts, error) {
	var f casefile.Facts
	if ref.Key == "" {
		return f, nil
	}
	text, err := a.Archive.Get(ctx, ref.Key)
	if err != nil {
		return f, fmt.Errorf("facts: %w", err)
	}
	return f, json.Unmarshal(text, &f)
}
