package activities

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"relance/archive"
	"relance/casefile"
	"relance/message"
	"relance/reading"
	"relance/scheme"
)

// Receipt asks for a mail to be read into a case.
type Receipt struct {
	State casefile.State `json:"state"`
	Mail  casefile.Mail  `json:"mail"`
	At    time.Time      `json:"at"` // legal: now
}

// ReceiveMail reads a mail into its case: it stores the documents the mail brings and a new version of the facts, and
// says what the case then lacks and what the rules say. Reading the same mail twice stores the same objects.
func (a *Activities) ReceiveMail(ctx context.Context, r Receipt) (casefile.Reading, error) {
	reading, err := a.receive(ctx, r)
	return reading, classify(err)
}

func (a *Activities) receive(ctx context.Context, r Receipt) (casefile.Reading, error) {
	raw, err := a.Archive.Get(ctx, r.Mail.Key)
	if err != nil {
		return casefile.Reading{}, fmt.Errorf("raw mail: %w", err)
	}
	m, err := message.Parse(raw)
	if err != nil { // it is in the archive; an officer looks at it
		return casefile.Reading{Identity: r.Mail.Identity, From: casefile.Unreadable, Missing: r.State.Missing, Verdict: r.State.Verdict}, nil
	}
	sch, v, err := a.version(ctx, r.State)
	if err != nil {
		return casefile.Reading{}, err
	}
	facts, err := a.facts(ctx, r.State.Facts)
	if err != nil {
		return casefile.Reading{}, err
	}
	result := reading.Read(reading.Input{Message: m, Mail: r.Mail, State: r.State, Facts: facts, Scheme: sch, Version: v, At: r.At})
	if result.Reading.From != casefile.FromApplicant {
		return result.Reading, nil
	}
	for _, d := range result.Reading.Documents {
		if _, err := a.Archive.PutOnce(ctx, d.Key, result.Contents[d.Key], d.Type); err != nil {
			return casefile.Reading{}, fmt.Errorf("document %s: %w", d.Kind, err)
		}
	}
	state := r.State
	state.Documents = append(slices.Clone(state.Documents), result.Reading.Documents...)
	if bankChanged(v, facts, result.Facts) {
		result.Reading.Concerns = append(result.Reading.Concerns, casefile.ConcernBank)
	}
	if err := a.judge(ctx, Examination{State: state, At: r.At}, &result.Facts, &result.Reading); err != nil {
		return casefile.Reading{}, err
	}
	result.Reading.Facts, err = a.storeFacts(ctx, r.State, result.Facts)
	return result.Reading, err
}

// bankChanged tells whether a mail changes bank details that were known: a person looks at that.
func bankChanged(v *scheme.Version, before, after casefile.Facts) bool {
	_, old := identifiers(before, v)
	_, now := identifiers(after, v)
	return old != "" && now != old
}

// storeFacts writes a version of the facts under the hash of its content, unless it is the one in force.
func (a *Activities) storeFacts(ctx context.Context, s casefile.State, f casefile.Facts) (casefile.Ref, error) {
	text, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return casefile.Ref{}, err
	}
	sum := sha256.Sum256(text)
	ref := casefile.Ref{SHA256: hex.EncodeToString(sum[:])}
	ref.Key = s.Folder() + "facts/" + ref.SHA256 + ".json"
	if ref == s.Facts {
		return ref, nil
	}
	_, err = a.Archive.PutOnce(ctx, ref.Key, text, "application/json")
	return ref, err
}

// LoadCase gives the state of a case that had ended, from its folder; nil where there is none.
func (a *Activities) LoadCase(ctx context.Context, reference string) (*casefile.State, error) {
	text, err := a.Archive.Get(ctx, casefile.Folder(reference)+"case.json")
	if errors.Is(err, archive.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, classify(err)
	}
	s := &casefile.State{}
	return s, classify(json.Unmarshal(text, s))
}
