package demo_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	trace "go.opentelemetry.io/proto/otlp/trace/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"google.golang.org/protobuf/proto"

	"relance/domain/casefile"
	"relance/local/demo"
	"relance/local/run"
	"relance/office/desk"
)

// spans takes in what is exported, as a collector does (OTLP over HTTP).
type spans struct {
	mu   sync.Mutex
	raw  bytes.Buffer
	list []*trace.Span
}

func (s *spans) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body := io.Reader(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		var err error
		if body, err = gzip.NewReader(r.Body); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
	}
	text, err := io.ReadAll(body)
	var request collector.ExportTraceServiceRequest
	if err == nil {
		err = proto.Unmarshal(text, &request)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.raw.Write(text)
	for _, resource := range request.ResourceSpans {
		for _, scope := range resource.ScopeSpans {
			s.list = append(s.list, scope.Spans...)
		}
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
}

func caseOfSpan(s *trace.Span) string {
	for _, a := range s.Attributes {
		if a.Key == "case" {
			return a.Value.GetStringValue()
		}
	}
	return ""
}

// TestTrace follows one application from the inbox to each mail that answers it, through the real servers, and sees that
// the spans are one tree, name the case and name nobody.
func TestTrace(t *testing.T) {
	if testing.Short() {
		t.Skip("starts the three real servers")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	got := &spans{}
	server := httptest.NewServer(got)
	defer server.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", server.URL)
	var private []string
	err := demo.Run(ctx, demo.Options{Data: t.TempDir(), Day: 300 * time.Millisecond, Exit: true, Samples: demo.Samples()[:1], Results: io.Discard, Screen: io.Discard, Log: quiet,
		Inspect: func(ctx context.Context, l *run.Local) error {
			private = applicants(ctx, t, l)
			return nil
		}})
	if err != nil {
		t.Fatal(err)
	}
	got.mu.Lock()
	defer got.mu.Unlock()
	checkTree(t, got.list)
	for _, text := range private {
		if text != "" && strings.Contains(got.raw.String(), text) {
			t.Errorf("%q is in the spans", text)
		}
	}
	for _, s := range got.list {
		for _, a := range s.Attributes {
			if strings.Contains(a.String(), "@") || len(s.Events) > 0 || s.Status.GetMessage() != "" {
				t.Errorf("%s carries an address or words: %v", s.Name, s)
			}
		}
	}
}

// applicants are the names and addresses of the case; on the way the cost of the headers in its history is told.
func applicants(ctx context.Context, t *testing.T, l *run.Local) (private []string) {
	d := desk.Desk{Temporal: l.Engine.Temporal, Archive: l.Engine.Archive}
	cases, err := d.List(ctx, desk.Filter{})
	if err != nil || len(cases) != 1 {
		t.Fatalf("%d cases, %v", len(cases), err)
	}
	s, err := d.State(ctx, cases[0].Reference)
	if err != nil {
		t.Fatal(err)
	}
	f, err := d.Facts(ctx, s)
	if err != nil || f.Applicant.Email == "" {
		t.Fatal(err)
	}
	whole, headers, events := 0, 0, 0
	for history := l.Engine.Temporal.GetWorkflowHistory(ctx, s.Reference, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT); history.HasNext(); events++ {
		e, err := history.Next()
		if err != nil {
			t.Fatal(err)
		}
		whole += proto.Size(e)
		headers += proto.Size(e.GetWorkflowExecutionStartedEventAttributes().GetHeader()) + proto.Size(e.GetWorkflowExecutionSignaledEventAttributes().GetHeader()) +
			proto.Size(e.GetActivityTaskScheduledEventAttributes().GetHeader()) + proto.Size(e.GetWorkflowExecutionUpdateAcceptedEventAttributes().GetAcceptedRequest().GetInput().GetHeader())
	}
	t.Logf("tracing on: %d events of %d bytes, %d of them trace context", events, whole, headers)
	return []string{f.Applicant.Name, f.Applicant.Email, f.Fields["iban"].Value, f.Fields["entreprise"].Value}
}

func checkTree(t *testing.T, list []*trace.Span) {
	byID, sent, names := map[string]*trace.Span{}, 0, map[string]int{}
	for _, s := range list {
		byID[string(s.SpanId)] = s
		names[s.Name]++
	}
	for _, s := range list {
		if s.Name != "SendMail" {
			continue
		}
		sent++
		if !casefile.IsReference(caseOfSpan(s)) {
			t.Errorf("the span of a mail names no case: %v", s)
		}
		top := s
		var path []string
		for len(top.ParentSpanId) > 0 {
			parent := byID[string(top.ParentSpanId)]
			if parent == nil {
				t.Fatalf("%s has a parent that was not exported, %s: %v", top.Name, hex.EncodeToString(top.ParentSpanId), path)
			}
			if !bytes.Equal(parent.TraceId, s.TraceId) {
				t.Fatalf("%s is of another trace", parent.Name)
			}
			top = parent
			path = append(path, parent.Name)
		}
		if top.Name != "TakeMail" {
			t.Errorf("a mail that was sent leads back to %s, not to a mail: %v", top.Name, path)
		}
		if sent == 1 {
			t.Logf("SendMail ← %s", strings.Join(path, " ← "))
		}
	}
	if sent < 4 {
		t.Errorf("%d mails followed: %v", sent, names)
	}
	t.Logf("%d spans: %v", len(list), names)
}
