package audit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"golang.org/x/sync/errgroup"

	"relance/contract"
	"relance/domain/casefile"
	"relance/domain/round"
	"relance/proof/verify"
	"relance/store/archive"
	"relance/store/vault"
)

// readCases goes through the case folders as the archive lists them, some cases at once.
func (a *audit) readCases(ctx context.Context) error {
	a.places, a.names, a.references = map[sum]uint32{}, nil, map[string]bool{}
	group, within := errgroup.WithContext(ctx)
	group.SetLimit(a.Parallel)
	var mu sync.Mutex
	var reference string
	var names []string
	next := func() {
		if reference == "" {
			return
		}
		reference, names := reference, names
		a.references[reference] = true
		a.Cases++
		group.Go(func() error {
			found, err := a.judge(within, reference, names)
			mu.Lock()
			defer mu.Unlock()
			a.suspect(found...)
			return err
		})
	}
	var broke error
	for o, err := range a.Archive.Each(ctx, "cases/") {
		if err != nil {
			broke = err
			break
		}
		of, name, ok := strings.Cut(strings.TrimPrefix(o.Key, "cases/"), "/")
		if !ok {
			continue
		}
		if of != reference {
			next()
			reference, names = of, nil
		}
		names = append(names, name)
		a.Objects++
		if path.Dir(name) == "mail/out" && path.Ext(name) == ".eml" {
			delete(a.unknown, textSum(a.messageID(of, name)))
		}
		if digits, is := strings.CutSuffix(name, ".eml"); is && path.Dir(name) == "mail/in" {
			mu.Lock()
			a.place(path.Base(digits), o.Key, casefile.Folder(of)+"mail/in/")
			mu.Unlock()
		}
	}
	next()
	if err := group.Wait(); err != nil {
		return err
	}
	if broke != nil {
		return broke
	}
	for o, err := range a.Archive.Each(ctx, "calls/") { // mails to sessions of calls are in the archive as well
		if err != nil {
			return err
		}
		if digits, is := strings.CutSuffix(path.Base(o.Key), ".eml"); is && strings.HasSuffix(path.Dir(o.Key), "/mail/in") {
			a.place(digits, o.Key, path.Dir(o.Key)+"/")
		}
	}
	return nil
}

// judge gathers what the places know of a case and compares it. What looks wrong and may be in motion is asked of its workflow.
func (a *audit) judge(ctx context.Context, reference string, names []string) ([]Finding, error) {
	c, err := a.gather(ctx, reference, names)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", reference, err)
	}
	found := Examine(c)
	if suspicious(found) && c.Workflow != nil && c.Workflow.Status == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
		c.Known = a.told(ctx, reference)
		found = Examine(c)
	}
	if c.State == nil {
		return found, nil
	}
	if a.Catalogue.Plan != nil {
		found = append(found, a.orderless(c)...)
	}
	if a.Options.Deep {
		deep, err := verify.Case(folder{ctx, a.Archive, casefile.Folder(reference), names}, verify.Options{Reference: reference})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", reference, err)
		}
		for _, f := range deep.Findings {
			if f.What == verify.Disagrees && a.earlier(ctx, reference, f.Object, names) {
				continue
			}
			if f.What != verify.Missing && f.What != verify.Unspoken && f.Object != "journal.jsonl" && f.Object != "case.json" {
				found = append(found, Finding{Code: ObjectAltered, Case: reference, Object: casefile.Folder(reference) + f.Object, Detail: strings.TrimSpace(f.What + " " + f.Detail)})
			}
		}
	}
	return found, nil
}

// suspicious tells whether a workflow may know better.
func suspicious(found []Finding) bool {
	for _, f := range found {
		if f.Code == MailUnknown || f.Code == ObjectUnspoken {
			return true
		}
	}
	return false
}

func (a *audit) gather(ctx context.Context, reference string, names []string) (Case, error) {
	c := Case{Reference: reference, Names: names, Key: a.keys[reference]}
	if a.book.Book != nil {
		c.Claims = a.book.of(reference)
	}
	var err error
	if c.Workflow, err = a.describe(ctx, reference); err != nil {
		return c, err
	}
	if c.Workflow != nil {
		c.Workflow.Encrypted = a.Keys != nil
		c.Ahead = a.restored != nil && c.Workflow.Began.Before(a.restored.Restored) && slices.Contains(a.restored.Touched, reference)
	}
	f := folder{ctx, a.Archive, casefile.Folder(reference), names}
	text, err := f.Read("case.json")
	if errors.Is(err, archive.ErrNotFound) {
		return c, nil
	}
	if err != nil && !errors.Is(err, archive.ErrCorrupt) {
		return c, err
	}
	s := &casefile.State{}
	if err != nil || json.Unmarshal(text, s) != nil || s.Reference != reference {
		return c, nil
	}
	c.State = s
	r, err := verify.Journal(f, verify.Options{Reference: reference})
	if err != nil && !errors.Is(err, verify.ErrNoCase) && !errors.Is(err, archive.ErrNotFound) && !errors.Is(err, archive.ErrCorrupt) {
		return c, err
	}
	if c.Journal = r.Findings; err != nil {
		c.Journal = append(c.Journal, verify.Finding{Object: "journal.jsonl", What: verify.Unreadable, Detail: err.Error()})
	}
	return c, a.copiesOf(ctx, &c)
}

// copiesOf counts the copies of what a case has sent. Whether a mail that lacks one was taken by the server is looked up.
func (a *audit) copiesOf(ctx context.Context, c *Case) error {
	if a.sent == nil {
		return nil
	}
	c.Copies, c.Accepted = map[string]uint8{}, map[string]bool{}
	for _, name := range c.Names {
		if path.Dir(name) != "mail/out" || path.Ext(name) != ".eml" {
			continue
		}
		if c.Copies[name] = a.copies[textSum(a.messageID(c.Reference, name))]; c.Copies[name] > 0 {
			continue
		}
		var acc struct {
			Refused string `json:"refused"`
		}
		err := a.note(ctx, casefile.Folder(c.Reference)+name+".accepted.json", &acc)
		if err != nil && !errors.Is(err, archive.ErrNotFound) {
			return err
		}
		c.Accepted[name] = err == nil && acc.Refused == ""
	}
	return nil
}

// messageID is that of a mail that was sent, without <>.
func (a *audit) messageID(reference, name string) string {
	n, called, _ := number(name)
	return a.Addresses().MessageID(reference, n, called)
}

// folder is a case folder whose names are known.
type folder struct {
	ctx     context.Context
	archive *archive.Store
	prefix  string
	names   []string
}

func (f folder) Names() ([]string, error)         { return f.names, nil }
func (f folder) Read(name string) ([]byte, error) { return f.archive.Get(f.ctx, f.prefix+name) }

// describe asks Temporal how a workflow stands; nil where it knows none.
func (a *audit) describe(ctx context.Context, id string) (*Workflow, error) {
	d, err := a.Temporal.DescribeWorkflowExecution(ctx, id, "")
	var gone *serviceerror.NotFound
	if errors.As(err, &gone) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	info := d.GetWorkflowExecutionInfo()
	w := &Workflow{Status: info.GetStatus(), Began: info.GetStartTime().AsTime()}
	if p := info.GetSearchAttributes().GetIndexedFields()["RelanceStage"]; p != nil {
		_ = converter.GetDefaultDataConverter().FromPayload(p, &w.Stage) // one that is not set stays empty
	}
	if t := d.GetPendingWorkflowTask(); t != nil {
		w.Attempt, w.Waits = t.GetAttempt(), time.Since(t.GetOriginalScheduledTime().AsTime())
	}
	for _, p := range d.GetPendingActivities() {
		r := Retrying{Name: p.GetActivityType().GetName(), Attempt: p.GetAttempt()}
		if p.GetLastFailure() != nil {
			r.Cause = a.cause(p.GetLastFailure())
		}
		w.Retrying = append(w.Retrying, r)
	}
	return w, nil
}

// told are the objects that a running workflow knows and has not stored yet: those of its newest entries, and of the mails it was signalled.
func (a *audit) told(ctx context.Context, reference string) map[string]bool {
	const patience = 5 * time.Second
	known := map[string]bool{}
	asking, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var s casefile.State
	if answer, err := a.Temporal.QueryWorkflow(asking, reference, "", contract.StateQuery); err == nil && answer.Get(&s) == nil {
		for _, e := range s.Unstored() {
			for _, o := range e.Objects {
				known[o.Key] = true
			}
		}
	}
	data := a.data()
	history := a.Temporal.GetWorkflowHistory(ctx, reference, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for history.HasNext() {
		e, err := history.Next()
		if err != nil {
			break
		}
		signal := e.GetWorkflowExecutionSignaledEventAttributes()
		var m casefile.Mail
		if signal.GetSignalName() == contract.MailSignal && data.FromPayloads(signal.GetInput(), &m) == nil {
			known[m.Key] = true
		}
	}
	return known
}

// data reads what Temporal stores.
func (a *audit) data() converter.DataConverter {
	if a.Keys == nil {
		return converter.GetDefaultDataConverter()
	}
	return vault.DataConverter(a.Keys)
}

// readWorkflows looks for workflows that run and have no folder, and at the sessions of calls.
func (a *audit) readWorkflows(ctx context.Context) error {
	list := func(query string, each func(id string) error) error {
		var page []byte
		for {
			answer, err := a.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Query: query, NextPageToken: page, PageSize: 500})
			if err != nil {
				return err
			}
			for _, info := range answer.GetExecutions() {
				if err := each(info.GetExecution().GetWorkflowId()); err != nil {
					return err
				}
			}
			if page = answer.GetNextPageToken(); len(page) == 0 {
				return nil
			}
		}
	}
	err := list("WorkflowType = '"+contract.ApplicationWorkflow+"' AND ExecutionStatus = 'Running'", func(id string) error {
		if !a.references[id] {
			a.suspect(Finding{Code: WorkflowNoFolder, Case: id, Object: id})
		}
		return nil
	})
	if err != nil {
		return err
	}
	for of, err := range a.Archive.Folders(ctx, "calls/") {
		if err != nil {
			return err
		}
		found, err := a.judgeCall(ctx, strings.TrimSuffix(strings.TrimPrefix(of, "calls/"), "/"))
		if err != nil {
			return err
		}
		a.suspect(found...)
	}
	return nil
}

// judgeCall looks how Temporal carries a session of a call.
func (a *audit) judgeCall(ctx context.Context, id string) ([]Finding, error) {
	w, err := a.describe(ctx, id)
	if err != nil {
		return nil, err
	}
	var s round.State
	if err := a.note(ctx, round.Folder(id)+"call.json", &s); errors.Is(err, archive.ErrNotFound) {
		return nil, nil // it is about to begin
	} else if err != nil {
		return []Finding{{Code: CaseUnreadable, Case: id, Object: round.Folder(id) + "call.json", Detail: err.Error()}}, nil
	}
	if s.Stage == round.Closed && w == nil {
		return nil, nil
	}
	x := &examination{Case: Case{Reference: id, Workflow: w}}
	if w == nil {
		x.find(CaseNoWorkflow, id, "étape %s", s.Stage)
	} else {
		w.Stage = ""
		x.workflow()
	}
	return x.found, nil
}

// cause is why an activity failed, in one line.
func (a *audit) cause(f *failurepb.Failure) string {
	failures := temporal.GetDefaultFailureConverter()
	if a.Keys != nil {
		failures = vault.FailureConverter(a.data())
	}
	const longest = 300
	text := []rune(strings.Join(strings.Fields(failures.FailureToError(f).Error()), " "))
	return string(text[:min(len(text), longest)])
}
