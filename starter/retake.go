package starter

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"relance/domain/casefile"
	"relance/intake/routing"
	"relance/store/archive"
)

// Retake hands a message that lies in a case's folder to the case once more: one that its workflow was never told of, whatever was lost. It is
// named by its SHA-256. A case that has not begun is begun. Handing over what the case knows changes nothing.
func (s *Starter) Retake(ctx context.Context, reference, sum string) error {
	raw, err := s.Archive.Get(ctx, casefile.Folder(reference)+"mail/in/"+sum+".eml")
	if err != nil {
		return err
	}
	l, err := s.newLetter(ctx, func() io.ReadSeeker { return bytes.NewReader(raw) }, s.receivedAt(ctx, reference, sum), int64(len(raw)))
	if err != nil {
		return err
	}
	by := ""
	for _, where := range []string{Unassigned, Ignored} {
		var a Assignment
		err := s.read(ctx, where+sum+assignedEnding, &a)
		if err != nil && !errors.Is(err, archive.ErrNotFound) {
			return err
		}
		if a.Case == reference {
			by = a.By
		}
	}
	known, err := (&book{Starter: s, ctx: ctx}).Exists(reference)
	if err != nil {
		return err
	}
	if known {
		return s.signal(ctx, reference, l, because{officer: by})
	}
	if l.Message == nil {
		return fmt.Errorf("%s: no sender to open a case for", reference)
	}
	o, err := s.Index.Opened(ctx, l.From.Address, reference)
	if errors.Is(err, archive.ErrNotFound) {
		return fmt.Errorf("%s: nothing tells which scheme it applied to", reference)
	}
	if err != nil {
		return err
	}
	sch, err := s.Router.Catalogue.Find(o.Scheme)
	if err != nil {
		return err
	}
	_, err = s.open(ctx, routing.Place{Scheme: sch}, l, because{officer: by})
	return err
}

// dated is an archive that tells when an object was written (package archive).
type dated interface {
	Stat(ctx context.Context, key string) (archive.Object, error)
}

// receivedAt is when a message reached the archive: what is known best of when it was received, besides what its header says.
func (s *Starter) receivedAt(ctx context.Context, reference, sum string) time.Time {
	if store, ok := s.Archive.(dated); ok {
		if o, err := store.Stat(ctx, casefile.Folder(reference)+"mail/in/"+sum+".eml"); err == nil {
			return o.Modified
		}
	}
	return time.Now()
}
