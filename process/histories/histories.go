// Package histories keeps the histories of workflows as files and tells what each of them covers. Changed code is replayed on them before it
// meets the cases that are under way (docs/versioning.md).
package histories

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/proxy"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/encoding/protojson"

	"relance/contract"
)

// Shape is what a history covers. Lists are in the order of the history; a stage stands again where the workflow came back to it,
// updates and signals stand once.
type Shape struct {
	Workflow string   // type
	Scheme   string   // of a case or a session
	Effects  []string // activities that were begun, local ones as well
	Stages   []string
	Updates  []string // that were accepted
	Signals  []string
	Changes  []string // of the code, that the run knew (workflow.GetVersion)
	Goes     bool     // on in a next run
	Came     bool     // from an earlier run
}

// Of reads the shape of a history that is not encrypted.
func Of(h *historypb.History) (Shape, error) {
	var s Shape
	once := func(list []string, name string) []string {
		if slices.Contains(list, name) {
			return list
		}
		return append(list, name)
	}
	for _, e := range h.GetEvents() {
		switch {
		case e.GetWorkflowExecutionStartedEventAttributes() != nil:
			a := e.GetWorkflowExecutionStartedEventAttributes()
			s.Workflow, s.Came = a.GetWorkflowType().GetName(), a.GetContinuedExecutionRunId() != ""
		case e.GetWorkflowExecutionContinuedAsNewEventAttributes() != nil:
			s.Goes = true
		case e.GetWorkflowExecutionUpdateAcceptedEventAttributes() != nil:
			s.Updates = once(s.Updates, e.GetWorkflowExecutionUpdateAcceptedEventAttributes().GetAcceptedRequest().GetInput().GetName())
		case e.GetActivityTaskScheduledEventAttributes() != nil:
			s.Effects = once(s.Effects, e.GetActivityTaskScheduledEventAttributes().GetActivityType().GetName())
		case e.GetMarkerRecordedEventAttributes().GetMarkerName() == "LocalActivity":
			for _, p := range e.GetMarkerRecordedEventAttributes().GetDetails()["data"].GetPayloads() {
				var about struct{ ActivityType string }
				if err := converter.GetDefaultDataConverter().FromPayload(p, &about); err != nil {
					return s, err
				}
				s.Effects = once(s.Effects, about.ActivityType)
			}
		case e.GetMarkerRecordedEventAttributes().GetMarkerName() == "Version":
			for _, p := range e.GetMarkerRecordedEventAttributes().GetDetails()["change-id"].GetPayloads() {
				var change string
				if err := converter.GetDefaultDataConverter().FromPayload(p, &change); err != nil {
					return s, err
				}
				s.Changes = once(s.Changes, change)
			}
		case e.GetWorkflowExecutionSignaledEventAttributes() != nil:
			s.Signals = once(s.Signals, e.GetWorkflowExecutionSignaledEventAttributes().GetSignalName())
		case e.GetUpsertWorkflowSearchAttributesEventAttributes() != nil:
			fields := e.GetUpsertWorkflowSearchAttributesEventAttributes().GetSearchAttributes().GetIndexedFields()
			var stage string
			for attribute, into := range map[string]*string{contract.StageAttribute.GetName(): &stage, contract.SchemeAttribute.GetName(): &s.Scheme} {
				if p := fields[attribute]; p != nil {
					if err := converter.GetDefaultDataConverter().FromPayload(p, into); err != nil {
						return s, err
					}
				}
			}
			if n := len(s.Stages); stage != "" && (n == 0 || s.Stages[n-1] != stage) {
				s.Stages = append(s.Stages, stage)
			}
		}
	}
	if s.Workflow == "" {
		return s, errors.New("the history does not begin with the start of a workflow")
	}
	return s, nil
}

// Read reads the shape of a history that was kept as a file.
func Read(file string) (Shape, error) {
	f, err := os.Open(file)
	if err != nil {
		return Shape{}, err
	}
	defer f.Close()
	h, err := client.HistoryFromJSON(f, client.HistoryJSONOptions{})
	if err != nil {
		return Shape{}, err
	}
	return Of(h)
}

// name says what a history covers: the workflow's type, unless it is a case, whether it came from an earlier run, its stages, and whether
// it goes on.
func (s Shape) name() string {
	var parts []string
	if s.Workflow != contract.ApplicationWorkflow {
		parts = append(parts, strings.ToLower(s.Workflow))
	}
	if s.Came {
		parts = append(parts, "next")
	}
	parts = append(parts, s.Stages...)
	if s.Goes {
		parts = append(parts, "continued")
	}
	return strings.Join(parts, "-")
}

// covers lists what a replay of the history exercises: the way from each stage to the next, what officers did, what came, and the changes of the code.
func (s Shape) covers() []string {
	list := []string{s.Workflow, s.Workflow + " of " + s.Scheme, fmt.Sprintf("%s goes %v", s.Workflow, s.Goes), fmt.Sprintf("%s came %v", s.Workflow, s.Came)}
	before := ""
	for _, stage := range s.Stages {
		list = append(list, s.Workflow+" "+before+" → "+stage)
		before = stage
	}
	for kind, words := range map[string][]string{"effect": s.Effects, "update": s.Updates, "signal": s.Signals, "change": s.Changes} {
		for _, word := range words {
			list = append(list, s.Workflow+" "+kind+" "+word)
		}
	}
	return list
}

func (s Shape) mark(known map[string]bool) {
	for _, what := range s.covers() {
		known[what] = true
	}
}

// news counts what no other history covers. A shape of nothing has none.
func (s Shape) news(known map[string]bool) (n int) {
	if s.Workflow == "" {
		return 0
	}
	for _, what := range s.covers() {
		if !known[what] {
			n++
		}
	}
	return n
}

// Recorder keeps histories of a running Temporal.
type Recorder struct {
	Temporal client.Client
	Codec    converter.PayloadCodec // what the engine encrypts with, nil: with nothing; a file is kept in the clear, and histories hold references alone
	Folder   string                 // that files are kept in
}

// Fetch reads the history of a run, in the clear; an empty run is the newest.
func (r Recorder) Fetch(ctx context.Context, workflow, run string) (*historypb.History, error) {
	h := &historypb.History{}
	for events := r.Temporal.GetWorkflowHistory(ctx, workflow, run, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT); events.HasNext(); {
		e, err := events.Next()
		if err != nil {
			return nil, err
		}
		h.Events = append(h.Events, e)
	}
	return h, proxy.VisitPayloads(ctx, h, proxy.VisitPayloadsOptions{SkipSearchAttributes: true,
		Visitor: func(_ *proxy.VisitPayloadsContext, p []*commonpb.Payload) ([]*commonpb.Payload, error) {
			if r.Codec == nil {
				return p, nil
			}
			return r.Codec.Decode(p)
		}})
}

// Keep writes a history to a file of this name, and tells whether it did: a file that is there stays as it is.
func (r Recorder) Keep(name string, h *historypb.History) (kept bool, err error) {
	text, err := protojson.Marshal(h)
	if err != nil {
		return false, err
	}
	f, err := os.OpenFile(filepath.Join(r.Folder, name+".json"), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	_, err = f.Write(text)
	return err == nil, errors.Join(err, f.Close())
}

// KeepAll keeps those histories that cover something which none in the folder does yet, in files that begin with the prefix, and gives their names.
func (r Recorder) KeepAll(ctx context.Context, prefix string) (names []string, err error) {
	known := map[string]bool{}
	files, err := filepath.Glob(filepath.Join(r.Folder, "*.json"))
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		s, err := Read(file)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		s.mark(known)
	}
	runs, err := r.runs(ctx)
	if err != nil {
		return nil, err
	}
	for {
		best := slices.MaxFunc(append(runs, run{}), func(a, b run) int { // the one that covers most, and of these the shortest
			return cmp.Or(a.shape.news(known)-b.shape.news(known), len(b.history.GetEvents())-len(a.history.GetEvents()))
		})
		if best.shape.news(known) == 0 {
			return names, nil
		}
		best.shape.mark(known)
		name := prefix + "-" + best.shape.name()
		kept, err := r.Keep(name, best.history)
		for n := 2; err == nil && !kept; n++ { // another way through the same stages
			name = fmt.Sprintf("%s-%s-%d", prefix, best.shape.name(), n)
			kept, err = r.Keep(name, best.history)
		}
		if err != nil {
			return names, err
		}
		names = append(names, name)
	}
}

// run is one of a running Temporal.
type run struct {
	history *historypb.History
	shape   Shape
}

func (r Recorder) runs(ctx context.Context) (runs []run, err error) {
	for page := []byte(nil); ; {
		list, err := r.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{NextPageToken: page})
		if err != nil {
			return nil, err
		}
		for _, e := range list.GetExecutions() {
			h, err := r.Fetch(ctx, e.GetExecution().GetWorkflowId(), e.GetExecution().GetRunId())
			if err != nil {
				return nil, err
			}
			s, err := Of(h)
			if err != nil {
				return nil, err
			}
			runs = append(runs, run{h, s})
		}
		if page = list.GetNextPageToken(); len(page) == 0 {
			return runs, nil
		}
	}
}
