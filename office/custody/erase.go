package custody

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"

	"relance/domain/calendar"
	"relance/domain/casefile"
	"relance/domain/chain"
	"relance/mail/message"
	"relance/starter"
	"relance/store/archive"
)

// Order is what an officer says when a case is erased or held.
type Order struct {
	Reference string
	Reason    string // without a name: it stays
	By        string // the officer's identifier
	Bypass    bool   // lift a retention of mode GOVERNANCE
}

func (o Order) check() error {
	switch {
	case strings.TrimSpace(o.Reason) == "":
		return fmt.Errorf("%w : indiquez le motif (-reason), sans nom ni donnée personnelle", ErrRefused)
	case strings.TrimSpace(o.By) == "":
		return fmt.Errorf("%w : indiquez l'agent qui agit (-by)", ErrRefused)
	}
	return nil
}

// Tombstone is what stays of an erased case: that it was erased, when, by whom and why, and the hashes of what was erased. It holds no personal data:
// the hashes identify a copy that somebody has, and tell nothing to others.
type Tombstone struct {
	Format    string         `json:"format"`
	Reference string         `json:"reference"`
	Scheme    string         `json:"scheme"`
	Reason    string         `json:"reason"`
	By        string         `json:"by"`
	At        time.Time      `json:"at"` // real
	Stage     casefile.Stage `json:"stage"`
	Journal   chain.Tip      `json:"journal"` // the last head
	Objects   []Erased       `json:"objects"`
	Counts    map[string]int `json:"counts"`             // objects by folder
	Bypassed  bool           `json:"bypassed,omitempty"` // a retention was lifted
}

// Erased is one object that was erased.
type Erased struct {
	Folder string `json:"folder"`
	SHA256 string `json:"sha256"`
	Size   int64  `json:"size"`
}

// TombstoneFormat names the form of the object.
const TombstoneFormat = "relance-erasure-1"

// Result is what was erased, and what was not.
type Result struct {
	Reference  string    `json:"reference"`
	At         time.Time `json:"at"`         // real: when it was done
	Versions   int       `json:"versions"`   // of objects, everywhere in the archive
	Index      int       `json:"index"`      // entries of the index
	Asides     int       `json:"asides"`     // messages that an officer had put on the case
	Executions int       `json:"executions"` // of the workflow
	Mails      int       `json:"mails"`      // in the mailbox's folders
	Messages   []string  `json:"-"`          // Message-IDs of the mails that the mailbox may still have, where it could not be asked

	identities map[string]bool // of these mails
}

// doneKey is where the proof lies that an erasure was carried out.
func doneKey(reference string) string {
	return strings.TrimSuffix(starter.ErasedKey(reference), ".json") + ".done.json"
}

// Erase removes the personal data of a case that has ended, everywhere: every version of every object of its folder, its entries in the index, the
// messages that were set aside and put on it, the key of its workflow's data, and the workflow's executions. What is left is a Tombstone. While one
// version is locked, or the case is held, nothing is removed at all, and the error tells what is locked until when. It may be called again after an error,
// and goes on where it stopped.
func (c *Custody) Erase(ctx context.Context, o Order) (Result, error) {
	return c.Eraser().Erase(ctx, o)
}

// Eraser erases many cases one after another. What of them lies outside their folders is looked for once, by going through the whole index: an entry
// that comes after that, the audit finds (erasure.leftover).
type Eraser struct {
	*Custody
	outside map[string]*outside // by reference; nil: not looked for yet
}

// outside is what lies of a case outside its folder: entries of the index, and the keys of messages that were set aside and put on it.
type outside struct{ index, asides []string }

// Eraser gives one.
func (c *Custody) Eraser() *Eraser { return &Eraser{Custody: c} }

// Erase is Custody.Erase.
func (c *Eraser) Erase(ctx context.Context, o Order) (Result, error) {
	r := Result{Reference: o.Reference}
	if err := o.check(); err != nil {
		return r, err
	}
	begun, err := c.Archive.Exists(ctx, starter.ErasedKey(o.Reference))
	if err != nil {
		return r, err
	}
	if err := c.mayErase(ctx, o.Reference); err != nil {
		return r, err
	}
	what, err := c.everything(ctx, o.Reference, &r)
	if err != nil {
		return r, err
	}
	if !begun {
		if err := c.bury(ctx, o, what); err != nil {
			return r, err
		}
	}
	if err := c.clear(ctx, &r); err != nil { // before the archive: it knows which mails are the case's
		return r, fmt.Errorf("the mailbox: %w", err)
	}
	if r.Versions, err = c.Archive.Remove(ctx, o.Bypass, what...); err != nil {
		return r, locked(err)
	}
	if r.Executions, err = c.forget(ctx, o.Reference); err != nil {
		return r, fmt.Errorf("the folder is erased, the workflow's executions are not: %w", err)
	}
	r.At = c.Now().UTC()
	text, err := json.MarshalIndent(r, "", "  ")
	if err == nil {
		_, err = c.Archive.PutOnce(ctx, doneKey(o.Reference), text, "application/json")
	}
	return r, err
}

// clear removes the mails of a case from the mailbox, those received and the copies of those sent.
func (c *Custody) clear(ctx context.Context, r *Result) error {
	if c.Mailbox == nil || len(r.Messages) == 0 {
		return nil
	}
	n, err := c.Mailbox.Remove(ctx, r.Messages, func(raw io.ReadSeeker) (bool, error) {
		identity, err := message.IdentityOf(raw)
		return r.identities[identity], err
	})
	if r.Mails = n; err == nil {
		r.Messages = nil
	}
	return err
}

// mayErase refuses a case that runs, or is held.
func (c *Custody) mayErase(ctx context.Context, reference string) error {
	held, err := c.Held(ctx, reference)
	if err != nil {
		return err
	}
	if held != nil {
		return fmt.Errorf("%w : le dossier est conservé à titre de preuve depuis le %s, par %s : %s", ErrRefused, calendar.Day(held.At), held.By, held.Reason)
	}
	d, err := c.Temporal.DescribeWorkflow(ctx, reference, "")
	var gone *serviceerror.NotFound
	switch {
	case errors.As(err, &gone):
		return nil
	case err != nil:
		return err
	case d.Status == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING:
		return fmt.Errorf("%w : le dossier est en cours ; il s'efface une fois terminé (désistement : relance case withdraw)", ErrRefused)
	}
	return nil
}

// everything lists what the archive has of a case: folders, which end with a slash, and single objects.
func (c *Eraser) everything(ctx context.Context, reference string, r *Result) ([]string, error) {
	if err := c.lookOutside(ctx); err != nil {
		return nil, err
	}
	what := []string{casefile.Folder(reference), "keys/" + reference + "/"}
	if of := c.outside[reference]; of != nil {
		what = append(what, of.index...)
		for _, key := range of.asides {
			what = append(what, key+".eml", key+".json", key+".assigned.json", key+".asked", key+".left.json", key+".copied")
		}
		r.Index, r.Asides = len(of.index), len(of.asides)
	}
	return what, c.mails(ctx, reference, r)
}

// lookOutside looks for what lies of cases outside their folders.
func (c *Eraser) lookOutside(ctx context.Context) error {
	if c.outside != nil {
		return nil
	}
	found := map[string]*outside{}
	of := func(reference string) *outside {
		if found[reference] == nil {
			found[reference] = &outside{}
		}
		return found[reference]
	}
	entries, err := c.Archive.Names(ctx, "index/")
	if err != nil {
		return err
	}
	for _, name := range entries {
		if reference, is := strings.CutSuffix(path.Base(name), ".json"); is {
			of(reference).index = append(of(reference).index, name)
		}
	}
	for _, where := range []string{starter.Unassigned, starter.Ignored} {
		names, err := c.Archive.Names(ctx, where)
		if err != nil {
			return err
		}
		for _, name := range names {
			key, assigned := strings.CutSuffix(name, ".assigned.json")
			if !assigned {
				continue
			}
			text, err := c.Archive.Get(ctx, name)
			if err != nil {
				return err
			}
			var a starter.Assignment
			if json.Unmarshal(text, &a) == nil && a.Case != "" {
				of(a.Case).asides = append(of(a.Case).asides, key)
			}
		}
	}
	c.outside = found
	return nil
}

// mails notes which messages are the case's.
func (c *Custody) mails(ctx context.Context, reference string, r *Result) error {
	names, err := c.Archive.Names(ctx, casefile.Folder(reference)+"mail/")
	if err != nil {
		return err
	}
	r.identities = map[string]bool{}
	for _, name := range names {
		if path.Ext(name) != ".eml" {
			continue
		}
		raw, err := c.Archive.Get(ctx, name)
		if err != nil {
			return err
		}
		identity, err := message.IdentityOf(bytes.NewReader(raw))
		if err != nil {
			return err
		}
		if m, err := message.Read(bytes.NewReader(raw)); err == nil && m.MessageID != "" {
			r.Messages, r.identities[identity] = append(r.Messages, m.MessageID), true
		}
	}
	slices.Sort(r.Messages)
	return nil
}

// bury writes the tombstone, before anything is removed: from then on no mail opens or wakes the case.
func (c *Custody) bury(ctx context.Context, o Order, what []string) error {
	s, err := c.state(ctx, o.Reference)
	if err != nil {
		return err
	}
	_, locks, err := c.Archive.Locks(ctx, what...)
	if err != nil {
		return err
	}
	if locks = slices.DeleteFunc(locks, func(l archive.Lock) bool { return o.Bypass && !l.Hold && l.Mode == "GOVERNANCE" }); len(locks) > 0 {
		return locked(&archive.LockedError{Locks: locks})
	}
	t := Tombstone{Format: TombstoneFormat, Reference: o.Reference, Scheme: s.Scheme, Reason: o.Reason, By: o.By, At: c.Now().UTC(), Stage: s.Stage,
		Counts: map[string]int{}, Bypassed: o.Bypass}
	names, err := c.Archive.Names(ctx, casefile.Folder(o.Reference))
	if err != nil {
		return err
	}
	for _, name := range names {
		object, err := c.Archive.Stat(ctx, name)
		if err != nil {
			return err
		}
		place := path.Dir(strings.TrimPrefix(name, casefile.Folder(o.Reference)))
		t.Objects = append(t.Objects, Erased{place, object.SHA256, object.Size})
		t.Counts[place]++
		if path.Base(name) == "journal.jsonl" {
			text, err := c.Archive.Get(ctx, name)
			if err != nil {
				return err
			}
			t.Journal = chain.TipOf(chain.Split(text))
		}
	}
	text, err := json.MarshalIndent(t, "", "  ")
	if err != nil {
		return err
	}
	_, err = c.Archive.PutOnce(ctx, starter.ErasedKey(o.Reference), text, "application/json")
	return err
}

// locked tells an officer what is locked, and until when.
func locked(err error) error {
	var l *archive.LockedError
	if !errors.As(err, &l) {
		return err
	}
	last := l.Last()
	if last.Hold {
		return fmt.Errorf("%w : %d versions d'objets sont verrouillées, %s par une conservation judiciaire ; rien n'a été effacé", ErrRefused, len(l.Locks), last.Key)
	}
	return fmt.Errorf("%w : %d versions d'objets sont verrouillées, la dernière (%s, mode %s) jusqu'au %s ; rien n'a été effacé",
		ErrRefused, len(l.Locks), last.Key, last.Mode, last.Until.UTC().Format("02/01/2006 15:04 UTC"))
}

// forget deletes the executions of a case's workflow from Temporal, its history and what the list of workflows says of it, and waits until they are gone.
func (c *Custody) forget(ctx context.Context, reference string) (int, error) {
	deleted := map[string]bool{}
	const patience = time.Minute
	for began := c.Now(); ; {
		runs, err := c.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Namespace: c.Namespace, Query: "WorkflowId = '" + reference + "'"})
		if err != nil {
			return len(deleted), err
		}
		if len(runs.GetExecutions()) == 0 {
			return len(deleted), nil
		}
		for _, info := range runs.GetExecutions() {
			run := info.GetExecution().GetRunId()
			if deleted[run] {
				continue
			}
			_, err := c.Temporal.WorkflowService().DeleteWorkflowExecution(ctx, &workflowservice.DeleteWorkflowExecutionRequest{Namespace: c.Namespace,
				WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: reference, RunId: run}})
			var gone *serviceerror.NotFound
			if err != nil && !errors.As(err, &gone) {
				return len(deleted), err
			}
			deleted[run] = true
		}
		if c.Now().Sub(began) > patience {
			return len(deleted), errors.New("temporal still lists them; run the command again")
		}
		select {
		case <-ctx.Done():
			return len(deleted), ctx.Err()
		case <-time.After(500 * time.Millisecond):
		}
	}
}

// Hold is that a case is held for a court: nothing of it is erased while it is on.
type Hold struct {
	On     bool      `json:"on"`
	Reason string    `json:"reason"`
	By     string    `json:"by"`
	At     time.Time `json:"at"` // real
}

func holdKey(reference string) string { return "holds/" + reference + ".json" }

// Held tells who holds a case and why; nil where nobody does.
func (c *Custody) Held(ctx context.Context, reference string) (*Hold, error) {
	text, err := c.Archive.Get(ctx, holdKey(reference))
	if errors.Is(err, archive.ErrNotFound) {
		return nil, nil
	}
	var h Hold
	if err == nil {
		err = json.Unmarshal(text, &h)
	}
	if err != nil || !h.On {
		return nil, err
	}
	return &h, nil
}

// SetHold holds a case, or lets go of it. Every version that its folder has is put under the store's legal hold; what comes later is kept by the note that
// Erase looks at. It counts the versions.
func (c *Custody) SetHold(ctx context.Context, o Order, on bool) (versions int, err error) {
	if err := o.check(); err != nil {
		return 0, err
	}
	if _, err := c.state(ctx, o.Reference); err != nil {
		return 0, err
	}
	text, err := json.Marshal(Hold{on, o.Reason, o.By, c.Now().UTC()})
	if err != nil {
		return 0, err
	}
	note := func() error { return c.Archive.PutSnapshot(ctx, holdKey(o.Reference), text, "application/json") }
	if on { // first the note, then the objects; and the other way round
		if err := note(); err != nil {
			return 0, err
		}
	}
	if versions, err = c.Archive.Hold(ctx, casefile.Folder(o.Reference), on); err != nil {
		return versions, err
	}
	if !on {
		err = note()
	}
	return versions, err
}
