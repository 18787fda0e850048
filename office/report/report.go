// Package report makes the registers and statistics of an authority out of its case folders: the register of decisions, the open data of
// granted aid, the de minimis statement of a firm, the monthly report of a scheme. It needs no workflow: it reads the archive, case by case,
// and holds no more than what it prints.
package report

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync"

	"relance/domain/casefile"
	"relance/domain/chain"
	"relance/domain/scheme"
	"relance/letters/correspondence"
	"relance/store/archive"
)

// Archive is the object store, as far as reports need it (package archive).
type Archive interface {
	Get(ctx context.Context, key string) ([]byte, error)
	Names(ctx context.Context, prefix string) ([]string, error)
	Folders(ctx context.Context, prefix string) iter.Seq2[string, error]
}

// Reader reads the cases of an archive.
type Reader struct {
	Archive   Archive
	Catalogue *scheme.Catalogue
	Workers   int // how many folders are read at once; 0: 16

	versions sync.Map // *kept by digest
}

// kept is a scheme's version as cases were received under it.
type kept struct {
	scheme  *scheme.Scheme
	version *scheme.Version
}

// Case is one case as its folder has it.
type Case struct {
	casefile.State
	Facts   casefile.Facts // where they were asked for
	Scheme  *scheme.Scheme
	Version *scheme.Version // nil where the case has none yet
}

// Applicant is whom the case is about.
func (c *Case) Applicant() correspondence.Applicant {
	if c.Version == nil {
		return correspondence.Applicant{Business: c.Facts.Applicant.Name}
	}
	return correspondence.ApplicantOf(c.Facts, c.Version)
}

// Each walks through all cases in the order of their references. Some folders are read ahead, the others not yet. Facts are read of
// the cases for which facts says so. A folder without a state, of a case that is only just opening, is passed over.
func (r *Reader) Each(ctx context.Context, facts func(*casefile.State) bool) iter.Seq2[*Case, error] {
	return func(yield func(*Case, error) bool) {
		ctx, stop := context.WithCancel(ctx)
		defer stop()
		type result struct {
			c   *Case
			err error
		}
		workers := r.Workers
		if workers == 0 {
			workers = 16
		}
		queue := make(chan chan result, workers)
		go func() {
			defer close(queue)
			for folder, err := range r.Archive.Folders(ctx, "cases/") {
				answer := make(chan result, 1)
				select {
				case queue <- answer:
				case <-ctx.Done():
					return
				}
				if err != nil {
					answer <- result{nil, err}
					return
				}
				go func() {
					c, err := r.read(ctx, strings.TrimSuffix(strings.TrimPrefix(folder, "cases/"), "/"), facts)
					answer <- result{c, err}
				}()
			}
		}()
		for answer := range queue {
			got := <-answer
			if got.c == nil && got.err == nil {
				continue
			}
			if !yield(got.c, got.err) || got.err != nil {
				return
			}
		}
		if err := ctx.Err(); err != nil {
			yield(nil, err)
		}
	}
}

// read reads one case; nil where its folder has no state.
func (r *Reader) read(ctx context.Context, reference string, facts func(*casefile.State) bool) (*Case, error) {
	text, err := r.Archive.Get(ctx, casefile.Folder(reference)+"case.json")
	if errors.Is(err, archive.ErrNotFound) {
		return nil, nil
	}
	c := &Case{}
	if err == nil {
		err = json.Unmarshal(text, &c.State)
	}
	if err == nil && facts != nil && facts(&c.State) && c.State.Facts.Key != "" {
		err = r.basis(ctx, c)
	}
	if err == nil {
		err = r.version(ctx, c)
	}
	if err != nil {
		return nil, fmt.Errorf("case %s: %w", reference, err)
	}
	return c, nil
}

// basis reads the facts that the decision rests on, not those that were written later. Decisions of before this was kept name them in the journal.
func (r *Reader) basis(ctx context.Context, c *Case) error {
	var journal []casefile.Entry
	if d := c.State.Decision; d != nil && d.Facts.Key == "" {
		text, err := r.Archive.Get(ctx, c.State.Folder()+"journal.jsonl")
		if err != nil && !errors.Is(err, archive.ErrNotFound) {
			return err
		}
		for _, line := range chain.Split(text) {
			e, err := chain.Parse(line)
			if err != nil {
				return err
			}
			journal = append(journal, e)
		}
	}
	text, err := r.Archive.Get(ctx, c.State.Basis(journal).Key)
	if err == nil {
		err = json.Unmarshal(text, &c.Facts)
	}
	return err
}

// version finds the scheme's version that the case was received under, as it was then.
func (r *Reader) version(ctx context.Context, c *Case) error {
	sch, err := r.Catalogue.Find(c.State.Scheme)
	if err == nil {
		c.Scheme = sch
		if v, err := sch.Version(c.Terms.SchemeVersion); err == nil && v.Digest() == c.Terms.SchemeDigest {
			c.Version = v
			return nil
		}
	}
	if c.Terms.SchemeDigest == "" {
		return nil
	}
	if known, ok := r.versions.Load(c.Terms.SchemeDigest); ok {
		c.Scheme, c.Version = known.(*kept).scheme, known.(*kept).version
		return nil
	}
	text, err := r.Archive.Get(ctx, scheme.SnapshotKey(c.State.Scheme, c.Terms.SchemeVersion, c.Terms.SchemeDigest))
	if err != nil {
		return err
	}
	k := &kept{}
	if k.scheme, k.version, err = scheme.Restore(text); err != nil {
		return err
	}
	r.versions.Store(c.Terms.SchemeDigest, k)
	c.Scheme, c.Version = k.scheme, k.version
	return nil
}

// safe is a text for a cell of a sheet: on one line, and never a formula, whatever an applicant has written.
func safe(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	return strings.TrimLeft(text, "=+-@\t\r")
}
