// Package activities holds the side effects of the procedure. Each is done once: it has a key, and doing it again is harmless. They are
// thin: the work is that of the rooms below.
package activities

import (
	"cmp"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"golang.org/x/sync/semaphore"

	"relance/contract"
	"relance/domain/casefile"
	"relance/domain/ledger"
	"relance/domain/scheme"
	"relance/intake/bodacc"
	"relance/intake/clamd"
	"relance/intake/papers"
	"relance/intake/sirene"
	"relance/letters/correspondence"
	"relance/mail/auth"
	"relance/mail/outbox"
	"relance/observe/telemetry"
	"relance/store/archive"
	"relance/store/index"
)

// Archive is the object store, as far as activities need it (package archive).
type Archive interface {
	PutOnce(ctx context.Context, key string, content []byte, contentType string) (created bool, err error)
	PutVersion(ctx context.Context, key string, content []byte, contentType string) error
	PutSnapshot(ctx context.Context, key string, content []byte, contentType string) error
	Get(ctx context.Context, key string) ([]byte, error)
	Names(ctx context.Context, prefix string) ([]string, error) // keys that begin so
}

// Outbox sends mail (package outbox).
type Outbox interface {
	Send(ctx context.Context, from string, to []string, raw []byte) (outbox.Acceptance, error)
	MaxSize(ctx context.Context) (int64, error) // bytes of the largest mail the server takes; 0: it sets no limit
}

// Copies keeps copies of what was sent where people see them (package mailbox).
type Copies interface {
	File(ctx context.Context, messageID string, raw []byte, at time.Time, again bool) error
}

// Links makes what lies in the archive readable from outside for a while (package archive).
type Links interface {
	Link(ctx context.Context, key, fileName string, serves time.Duration) (string, error)
}

// Papers look into files of strangers, away from this process (package reader).
type Papers interface {
	For(ctx context.Context) papers.Reader // those of one mail
}

// Scanner looks for viruses (package clamd).
type Scanner interface {
	Scan(ctx context.Context, content io.Reader) (clamd.Verdict, error)
}

// Activities are the side effects, with what they work on.
type Activities struct {
	Archive   Archive
	Outbox    Outbox
	Copies    Copies // of what was sent; nil: none are kept
	Links     Links  // to documents too large for a mail; nil: there are none
	Writer    *correspondence.Writer
	Catalogue *scheme.Catalogue
	Plan      *ledger.Plan    // the budget plan; nil where no scheme spends money
	Register  sirene.Register // of firms; nil: not asked
	Bulletin  bodacc.Bulletin // of collective proceedings; nil: not asked
	Temporal  client.Client   // for the plan's workflow, and cases that have waited for money
	Mailroom  Mailroom        // takes mails where they belong once their mailbox has answered
	Questions int             // that may be asked of mailboxes in a day; 0: any number
	Now       func() time.Time
	AuthServ  auth.Server         // the mail server that is trusted to say who wrote a mail
	Lists     []string            // addresses of the lists that feed the mailbox
	DKIM      auth.Lookup         // of the keys of signatures; nil: they are not verified again
	Resolver  string              // who answers DKIM, for the record; empty: the system's
	Scanner   Scanner             // of viruses; nil: nothing is scanned
	Log       *slog.Logger        // nil: the default one
	Metrics   *telemetry.Metrics  // nil: nothing is counted
	Sealer    Sealer              // of letters; nil: they go out without a seal
	Signers   []*x509.Certificate // that are believed when a charter is signed digitally
	Stampers  []*x509.Certificate // of timestamps that are believed; none: the same
	Papers    Papers              // look into strangers' files; nil: that is done in place, as in tests
	Room      *semaphore.Weighted // for the mails that are read at once, in bytes; nil: there is no end to it

	books        books
	keptVersions sync.Map // digests of scheme versions that are in the archive
	indexOnce    sync.Once
	indexed      *index.Index
	recentOnce   sync.Once
	remembered   *recent
	parsingOnce  sync.Once
	parsing      *semaphore.Weighted
}

// index is the index of the archive's cases.
func (a *Activities) index() *index.Index {
	a.indexOnce.Do(func() { a.indexed = &index.Index{Archive: a.Archive} })
	return a.indexed
}

func (a *Activities) logger() *slog.Logger { return cmp.Or(a.Log, slog.Default()) }

// classify tells Temporal which failures to retry: everything but those that no waiting can mend.
func classify(err error) error {
	var broken *json.SyntaxError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, archive.ErrNotFound), errors.Is(err, scheme.ErrUnknown):
		// A scheme file that is missing on this worker, or an object a replica has not got yet, may come.
		return temporal.NewApplicationErrorWithOptions(err.Error(), contract.FailUnknown, temporal.ApplicationErrorOptions{Cause: err, NextRetryDelay: time.Minute})
	case errors.As(err, &broken):
		return temporal.NewNonRetryableApplicationError(err.Error(), contract.FailBroken, err)
	}
	return err
}

// missing tells whether an object is not there.
func missing(err error) bool { return errors.Is(err, archive.ErrNotFound) }

// facts loads the facts a case points to.
func (a *Activities) facts(ctx context.Context, ref casefile.Ref) (casefile.Facts, error) {
	var f casefile.Facts
	if ref.Key == "" {
		return f, nil
	}
	text, known := a.recent().facts.Get(ref)
	if !known {
		var err error
		if text, err = a.Archive.Get(ctx, ref.Key); err != nil {
			return f, fmt.Errorf("facts: %w", err)
		}
		a.recent().facts.Add(ref, text)
	}
	return f, json.Unmarshal(text, &f)
}
