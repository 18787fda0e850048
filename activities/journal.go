package activities

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"

	"relance/domain/casefile"
	"relance/domain/chain"
	"relance/store/archive"
)

// ErrJournal is returned where the journal in the archive is not the one the case has written.
var ErrJournal = errors.New("no version of the journal in the archive is the one that the case has written")

// Reader reads objects.
type Reader interface {
	Get(ctx context.Context, key string) ([]byte, error)
}

// Journal gives the lines of a case's journal as they lie in the archive; none where there is no journal yet.
func Journal(ctx context.Context, from Reader, reference string) ([][]byte, error) {
	text, err := from.Get(ctx, casefile.Folder(reference)+"journal.jsonl")
	if errors.Is(err, archive.ErrNotFound) {
		return nil, nil
	}
	return chain.Split(text), err
}

// earlier is an archive that gives the versions of an object, the newest first (package archive).
type earlier interface {
	Earlier(ctx context.Context, key string) iter.Seq2[[]byte, error]
}

// upTo gives the lines of a case's journal, which have to go through a tip. Where the newest version does not, whatever has overwritten or removed it, an
// earlier version that does is taken: it lies there, locked.
func upTo(ctx context.Context, from Reader, reference string, tip chain.Tip) ([][]byte, error) {
	through := func(lines [][]byte) bool { return len(lines) >= tip.Length && chain.TipOf(lines[:tip.Length]) == tip }
	lines, err := Journal(ctx, from, reference)
	if err != nil || through(lines) {
		return lines, err
	}
	if kept, ok := from.(earlier); ok {
		for text, err := range kept.Earlier(ctx, casefile.Folder(reference)+"journal.jsonl") {
			if err != nil {
				return nil, err
			}
			if lines := chain.Split(text); through(lines) {
				return lines, nil
			}
		}
	}
	return nil, fmt.Errorf("%s: %w", reference, ErrJournal)
}

// Load gives a case as its folder has it, with the newest entries of its journal. A case that is not there is archive.ErrNotFound.
func Load(ctx context.Context, from Reader, reference string) (*casefile.State, error) {
	text, err := from.Get(ctx, casefile.Folder(reference)+"case.json")
	if err != nil {
		return nil, err
	}
	s := &casefile.State{}
	if err := json.Unmarshal(text, s); err != nil {
		return nil, err
	}
	lines, err := upTo(ctx, from, reference, s.Chain)
	if err != nil {
		return nil, err
	}
	for _, line := range lines[:s.Chain.Length] {
		e, err := chain.Parse(line)
		if err != nil {
			return nil, fmt.Errorf("%s: journal: %w", reference, err)
		}
		s.Journal = append(s.Journal, e)
	}
	s.Keep(casefile.Ref{Key: s.Folder() + "case.json", SHA256: hash(text)})
	return s, nil
}

// store writes the case and what is new of its journal into the case folder, each a new version. It gives case.json, whose hash is the
// last entry of the journal. The workflow takes the same entries into its chain, so that the next ones continue it.
func (a *Activities) store(ctx context.Context, s *casefile.State) (casefile.Ref, error) {
	text, err := json.MarshalIndent(s.Brief(), "", "  ")
	if err != nil {
		return casefile.Ref{}, err
	}
	snapshot := casefile.Ref{Key: s.Folder() + "case.json", SHA256: hash(text)}
	from, entries := s.Stored, slices.Clone(s.Unstored())
	s.Keep(snapshot)
	entries = append(entries, s.Journal[len(s.Journal)-1])
	if err := a.append(ctx, s.Reference, from, entries); err != nil {
		return snapshot, err
	}
	return snapshot, a.Archive.PutSnapshot(ctx, snapshot.Key, text, "application/json")
}

// append writes a case's new entries behind those that the archive has. What stands there beyond is of an attempt whose end the workflow has
// not seen: it is written anew, and stays as an earlier version.
func (a *Activities) append(ctx context.Context, reference string, from chain.Tip, entries []casefile.Entry) error {
	var lines [][]byte
	known := false
	if from.Length > 0 {
		if lines, known = a.recent().journals.Get(reference); !known || tried(ctx) || len(lines) < from.Length || chain.TipOf(lines[:from.Length]) != from {
			known = false
			var err error
			if lines, err = upTo(ctx, a.Archive, reference, from); err != nil {
				return err
			}
		}
	}
	before := chain.Join(lines)
	lines = lines[:from.Length:from.Length]
	for _, e := range entries {
		lines = append(lines, e.Line())
	}
	if now := chain.Join(lines); known || !bytes.Equal(now, before) { // what is known from memory may lie there otherwise by now
		a.recent().journals.Remove(reference)
		if err := a.Archive.PutSnapshot(ctx, casefile.Folder(reference)+"journal.jsonl", now, "application/jsonl"); err != nil {
			return err
		}
	}
	a.recent().journals.Add(reference, lines)
	return nil
}
