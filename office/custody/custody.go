// Package custody is what an authority does with a case folder as a whole: it copies it, hands a copy to the person it is about, holds it for a
// court, and erases it when its time is over.
package custody

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"go.temporal.io/sdk/client"

	"relance/domain/authority"
	"relance/domain/casefile"
	"relance/domain/chain"
	"relance/domain/scheme"
	"relance/letters/texts"
	"relance/proof/verify"
	"relance/store/archive"
)

// Archive is the object store, as far as custody needs it (package archive).
type Archive interface {
	PutOnce(ctx context.Context, key string, content []byte, contentType string) (created bool, err error)
	PutSnapshot(ctx context.Context, key string, content []byte, contentType string) error
	Get(ctx context.Context, key string) ([]byte, error)
	Names(ctx context.Context, prefix string) ([]string, error)
	Exists(ctx context.Context, key string) (bool, error)
	Stat(ctx context.Context, key string) (archive.Object, error)
	Locks(ctx context.Context, prefixes ...string) (versions int, locks []archive.Lock, err error)
	Hold(ctx context.Context, folder string, on bool) (versions int, err error)
	Remove(ctx context.Context, bypass bool, prefixes ...string) (versions int, err error)
}

// Mailbox is the authority's mailbox, as far as an erasure needs it. It removes the messages of the given Message-IDs that are meant.
type Mailbox interface {
	Remove(ctx context.Context, ids []string, meant func(raw io.ReadSeeker) (bool, error)) (removed int, err error)
}

// Custody works on the folders of one archive.
type Custody struct {
	Archive   Archive
	Temporal  client.Client // of the closed workflows; nil where only folders are looked at
	Namespace string        // of Temporal
	Authority *authority.Authority
	Catalogue *scheme.Catalogue
	Texts     *texts.Texts
	Now       func() time.Time
	Mailbox   Mailbox // nil: messages stay there when a case is erased, and who erases is told which
}

// ErrNoCase is returned for a reference that no folder has.
var ErrNoCase = errors.New("dossier inconnu dans l'archive")

// ErrRefused wraps why something is not done, in words for an officer.
var ErrRefused = errors.New("action refusée")

// Folder is a case folder in the archive, to be examined.
func (c *Custody) Folder(ctx context.Context, reference string) verify.Folder {
	return folder{ctx, c.Archive, casefile.Folder(reference)}
}

type folder struct {
	ctx     context.Context
	archive Archive
	prefix  string
}

func (f folder) Names() ([]string, error) {
	names, err := f.archive.Names(f.ctx, f.prefix)
	for i := range names {
		names[i] = strings.TrimPrefix(names[i], f.prefix)
	}
	return names, err
}

func (f folder) Read(name string) ([]byte, error) { return f.archive.Get(f.ctx, f.prefix+name) }

// fetchTries is how often a folder is copied that is written to meanwhile.
const fetchTries = 5

// Fetch copies a case folder, as it stands, into a folder on this machine, and counts the objects. A case that is at work writes its journal, and then
// case.json: a copy that has one of before and the other of after is taken again.
func (c *Custody) Fetch(ctx context.Context, reference, into string) (objects int, err error) {
	for try := range fetchTries {
		if try > 0 {
			select {
			case <-ctx.Done():
				return objects, ctx.Err()
			case <-time.After(200 * time.Millisecond):
			}
		}
		if objects, err = c.copy(ctx, reference, into); err != nil || !torn(into) {
			break
		}
	}
	return objects, err
}

// torn tells whether case.json is not the one that the journal's last entry is of.
func torn(copied string) bool {
	journal, err := os.ReadFile(filepath.Join(copied, "journal.jsonl"))
	lines := chain.Split(journal)
	if err != nil || len(lines) == 0 {
		return false
	}
	last, err := chain.Parse(lines[len(lines)-1])
	if err != nil || last.What != chain.Stored || len(last.Objects) != 1 {
		return false
	}
	state, err := os.ReadFile(filepath.Join(copied, "case.json"))
	return err != nil || chain.Hash(state) != last.Objects[0].SHA256
}

func (c *Custody) copy(ctx context.Context, reference, into string) (objects int, err error) {
	f := c.Folder(ctx, reference)
	names, err := f.Names()
	if err != nil {
		return 0, err
	}
	if len(names) == 0 {
		return 0, fmt.Errorf("%w : %s", ErrNoCase, reference)
	}
	for _, name := range names {
		if !filepath.IsLocal(filepath.FromSlash(name)) {
			return objects, fmt.Errorf("object %q is no file name", name)
		}
		content, err := f.Read(name)
		if err != nil {
			return objects, err
		}
		file := filepath.Join(into, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			return objects, err
		}
		if err := os.WriteFile(file, content, 0o600); err != nil {
			return objects, err
		}
		objects++
	}
	return objects, nil
}

// state is a case as its folder has it.
func (c *Custody) state(ctx context.Context, reference string) (casefile.State, error) {
	var s casefile.State
	text, err := c.Archive.Get(ctx, casefile.Folder(reference)+"case.json")
	if errors.Is(err, archive.ErrNotFound) {
		return s, fmt.Errorf("%w : %s", ErrNoCase, reference)
	}
	if err != nil {
		return s, err
	}
	return s, json.Unmarshal(text, &s)
}
