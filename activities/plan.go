package activities

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"

	"go.temporal.io/api/serviceerror"

	"relance/contract"
	"relance/domain/ledger"
	"relance/store/archive"
)

const (
	snapshotEach = 256 // records between two snapshots of a small book
	snapshotPart = 64  // of a large one, a record for so many of its claims: else all snapshots together would grow with the square of the cases
)

// record is one entry of the book.
type record struct {
	Seq     int             `json:"seq"`
	Effects []ledger.Effect `json:"effects"`
}

// books are the plans' books as this worker last saw them.
type books struct {
	mu sync.Mutex
	of map[string]*openBook
}

type openBook struct {
	mu     sync.Mutex
	seq    int
	served int // the last record that gave money to a case that waited
	ledger.Book
}

// saw notes a record whose effects are in the book.
func (b *openBook) saw(r record) {
	b.seq = r.Seq
	if slices.ContainsFunc(r.Effects, func(e ledger.Effect) bool { return e.What == "served" }) {
		b.served = r.Seq
	}
}

func (b *books) get(plan string) *openBook {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.of == nil {
		b.of = map[string]*openBook{}
	}
	if b.of[plan] == nil {
		b.of[plan] = &openBook{}
	}
	return b.of[plan]
}

// Post enters moves in a plan's book and gives an answer to each. Posting again changes nothing.
func (a *Activities) Post(ctx context.Context, p contract.Posting) (contract.Posted, error) {
	posted, err := a.post(ctx, p)
	return posted, classify(err)
}

func (a *Activities) post(ctx context.Context, p contract.Posting) (contract.Posted, error) {
	b := a.books.get(p.Head.Plan)
	b.mu.Lock()
	defer b.mu.Unlock()
	moves := append([]ledger.Move{{Op: ledger.Open, Plan: a.Plan}}, p.Moves...)
	beyond := false // records that this plan's workflow does not know of yet, of a posting that was cut short
	for {
		if err := a.catchUp(ctx, b, p.Head, beyond); err != nil {
			return contract.Posted{}, err
		}
		r := record{Seq: b.seq + 1}
		answers := make([]ledger.Answer, len(moves))
		for i, m := range moves {
			var effects []ledger.Effect
			answers[i], effects = b.Do(m)
			r.Effects = append(r.Effects, effects...)
		}
		posted := contract.Posted{Head: p.Head, Answers: answers[1:]}
		if len(r.Effects) > 0 {
			written, err := a.write(ctx, p.Head.Plan, r)
			if err != nil || !written { // what was tried is not in the book: read it anew
				b.Book, b.seq, b.served, beyond = ledger.Book{}, 0, 0, true
				if err == nil && p.Head.Seq == 0 {
					p.Head.Snapshot, err = a.newestSnapshot(ctx, p.Head.Plan)
					p.Head.Notified = p.Head.Snapshot
				}
				if err != nil {
					return contract.Posted{}, err
				}
				continue
			}
			b.saw(r)
		}
		return a.finish(ctx, b, posted)
	}
}

// finish gives the head after a posting, and takes a snapshot when it is time.
func (a *Activities) finish(ctx context.Context, b *openBook, p contract.Posted) (contract.Posted, error) {
	p.Head.Seq, p.Head.Lines = b.seq, map[string]ledger.Figures{}
	for path, f := range b.Lines {
		p.Head.Lines[path] = *f
	}
	if b.seq-p.Head.Snapshot >= max(snapshotEach, len(b.Claims)/snapshotPart) {
		if err := a.snapshot(ctx, p.Head.Plan, b); err != nil {
			return p, err
		}
		p.Head.Snapshot = b.seq
	}
	if p.Served = p.Head.Notified < b.served; !p.Served {
		p.Head.Notified = b.seq // nobody to be told
	}
	return p, nil
}

func recordKey(plan string, seq int) string { return fmt.Sprintf("plan/%s/log/%08d.json", plan, seq) }

func snapshotKey(plan string, seq int) string {
	return fmt.Sprintf("plan/%s/snapshot/%08d.json.gz", plan, seq)
}

// write enters a record; written is false where another writer was first.
func (a *Activities) write(ctx context.Context, plan string, r record) (written bool, err error) {
	text, err := json.Marshal(r)
	if err != nil {
		return false, err
	}
	return a.Archive.PutOnce(ctx, recordKey(plan, r.Seq), text, "application/json")
}

// catchUp reads what has been entered since this worker last looked: up to the head, or beyond it to the end.
func (a *Activities) catchUp(ctx context.Context, b *openBook, head contract.Head, beyond bool) error {
	if b.seq < head.Snapshot {
		if err := a.loadSnapshot(ctx, b, head); err != nil {
			return err
		}
	}
	for beyond || b.seq < head.Seq {
		r, err := a.record(ctx, head.Plan, b.seq+1)
		if errors.Is(err, archive.ErrNotFound) && b.seq >= head.Seq {
			return nil
		}
		if err != nil {
			return err
		}
		for _, e := range r.Effects {
			b.Apply(e)
		}
		b.saw(r)
	}
	return nil
}

func (a *Activities) record(ctx context.Context, plan string, seq int) (r record, err error) {
	text, err := a.Archive.Get(ctx, recordKey(plan, seq))
	if err != nil {
		return r, err
	}
	return r, json.Unmarshal(text, &r)
}

func (a *Activities) snapshot(ctx context.Context, plan string, b *openBook) error {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if err := json.NewEncoder(w).Encode(&b.Book); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return a.Archive.PutVersion(ctx, snapshotKey(plan, b.seq), packed.Bytes(), "application/gzip")
}

// newestSnapshot is what a workflow begins with that knows nothing of a book that there is: the one before it lies in another Temporal (docs/growth.md),
// and has told those who were served by then. There may be hundreds of thousands of records. 0: there is none.
func (a *Activities) newestSnapshot(ctx context.Context, plan string) (int, error) {
	names, err := a.Archive.Names(ctx, path.Dir(snapshotKey(plan, 0))+"/")
	if err != nil || len(names) == 0 {
		return 0, err
	}
	newest := path.Base(slices.Max(names))
	seq, err := strconv.Atoi(strings.TrimSuffix(newest, ".json.gz"))
	if err != nil {
		return 0, fmt.Errorf("snapshot %s: %w", newest, err)
	}
	return seq, nil
}

func (a *Activities) loadSnapshot(ctx context.Context, b *openBook, head contract.Head) error {
	packed, err := a.Archive.Get(ctx, snapshotKey(head.Plan, head.Snapshot))
	if err != nil {
		return err
	}
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return err
	}
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	b.Book, b.seq, b.served = ledger.Book{}, head.Snapshot, head.Snapshot // who was served before it is looked up again
	if err := json.Unmarshal(text, &b.Book); err != nil {
		return err
	}
	b.Restore()
	return nil
}

// Tell tells the cases that were given money they had waited for, and gives the record up to which all have been told.
// A case that is told twice does nothing the second time.
func (a *Activities) Tell(ctx context.Context, head contract.Head) (int, error) {
	for seq := head.Notified + 1; ; seq++ {
		r, err := a.record(ctx, head.Plan, seq)
		if errors.Is(err, archive.ErrNotFound) {
			return seq - 1, nil
		}
		if err != nil {
			return seq - 1, classify(err)
		}
		for _, e := range r.Effects {
			if e.What != "served" {
				continue
			}
			reference, _, _ := strings.Cut(e.Key, "/") // a case may have several claims
			err := a.Temporal.SignalWorkflow(ctx, reference, "", contract.FundsSignal, ledger.Held)
			var gone *serviceerror.NotFound
			if err != nil && !errors.As(err, &gone) { // a case that has ended gives its money back by itself
				return seq - 1, err
			}
		}
	}
}

// Book gives a plan's book as it stands, for people who look.
func (a *Activities) Book(ctx context.Context, head contract.Head) (*ledger.Book, error) {
	b := a.books.get(head.Plan)
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := a.catchUp(ctx, b, head, true); err != nil {
		return nil, err
	}
	text, err := json.Marshal(&b.Book) // a copy: the worker goes on
	if err != nil {
		return nil, err
	}
	whole := &ledger.Book{}
	if err := json.Unmarshal(text, whole); err != nil {
		return nil, err
	}
	whole.Restore()
	return whole, nil
}
