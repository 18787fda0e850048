package starter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"

	"relance/domain/calendar"
	"relance/domain/casefile"
	"relance/domain/round"
	"relance/intake/routing"
	"relance/store/archive"
	"relance/store/index"
)

// book is what the archive and Temporal know of cases, while one message is routed.
type book struct {
	*Starter
	ctx context.Context

	erased bool // a case that was asked for has been erased
	sender string
	cases  []string // of the sender
}

// casesOf lists the cases a sender has opened; it asks once.
func (b *book) casesOf(sender string) ([]string, error) {
	if b.sender == sender {
		return b.cases, nil
	}
	cases, err := b.Index.CasesOf(b.ctx, sender)
	if err == nil {
		b.sender, b.cases = sender, cases
	}
	return cases, err
}

// Exists tells whether a case runs, or lies in the archive.
func (b *book) Exists(reference string) (bool, error) {
	erased, err := b.Erased(b.ctx, reference)
	if err != nil || erased {
		b.erased = b.erased || erased
		return false, err
	}
	running, err := b.runs(reference)
	if err != nil || running {
		return running, err
	}
	return b.Archive.Exists(b.ctx, casefile.Folder(reference)+"case.json")
}

// ErasedKey is where the archive keeps what stays of a case that was erased.
func ErasedKey(reference string) string { return "erased/" + reference + ".json" }

// Erased tells whether a case was erased.
func (s *Starter) Erased(ctx context.Context, reference string) (bool, error) {
	return s.Archive.Exists(ctx, ErasedKey(reference))
}

// runs tells whether the workflow of a case has not ended.
func (b *book) runs(reference string) (bool, error) {
	d, err := b.Temporal.DescribeWorkflow(b.ctx, reference, "")
	var missing *serviceerror.NotFound
	if errors.As(err, &missing) {
		return false, nil
	}
	return err == nil && d.Status == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, err
}

// Sent looks for the mail of a Message-ID in the case's folder.
func (b *book) Sent(reference, messageID string) (bool, error) {
	local, _, _ := strings.Cut(strings.Trim(messageID, "<> "), "@")
	parts := strings.Split(local, ".")
	var number int
	if len(parts) != 3 {
		return false, nil
	}
	if _, err := fmt.Sscanf(parts[1], "%d", &number); err != nil || strings.ContainsAny(parts[2], "/\\ ") || parts[2] == "" {
		return false, nil
	}
	folder := casefile.Folder(reference)
	if !casefile.IsReference(reference) {
		folder = round.Folder(reference)
	}
	known, err := b.Archive.Exists(b.ctx, fmt.Sprintf("%smail/out/%03d-%s.eml", folder, number, parts[2]))
	if errors.Is(err, archive.ErrBadKey) {
		return false, nil
	}
	return known, err
}

// Open lists the sender's cases that run.
func (b *book) Open(sender string) (cases []routing.Candidate, today int, err error) {
	references, err := b.casesOf(sender)
	if err != nil {
		return nil, 0, err
	}
	for _, reference := range references {
		o, err := b.Index.Opened(b.ctx, sender, reference)
		if err != nil {
			return nil, 0, err
		}
		if time.Since(o.At) < 24*time.Hour {
			today++
		}
		runs, err := b.runs(o.Reference)
		if err != nil {
			return nil, 0, err
		}
		if runs {
			cases = append(cases, routing.Candidate{Reference: o.Reference, Scheme: o.Scheme})
		}
	}
	return cases, today, nil
}

// Opened counts the cases of today, in Paris.
func (b *book) Opened() (int, error) { return b.Index.Tallied(b.ctx, today()) }

// today is the day in Paris, whatever a legal day of this engine lasts: what a flood costs is real.
func today() string { return time.Now().In(calendar.Paris).Format(time.DateOnly) }

// IsFirm compares a SIRET with the one the case knows.
func (b *book) IsFirm(reference, siret string) (same, known bool, err error) {
	key, err := b.Index.Key(b.ctx, index.SIRET, siret)
	if err != nil {
		return false, false, err
	}
	text, err := b.Archive.Get(b.ctx, casefile.Folder(reference)+"case.json")
	if errors.Is(err, archive.ErrNotFound) {
		return false, false, nil
	}
	var s casefile.State
	if err == nil {
		err = json.Unmarshal(text, &s)
	}
	return s.Kin.SIRET == key, s.Kin.SIRET != "", err
}
