package telemetry

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
)

func page(t *testing.T, m *Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if w.Code != 200 {
		t.Fatal(w.Code, w.Body.String())
	}
	return w.Body.String()
}

const reference = "RBD-7K3M9-QXD3A"

// No label may name a case, an address or a person, whatever it is given.
func TestLabelsNameNobody(t *testing.T) {
	m := New()
	for _, bad := range []string{reference, "jeanne@boulangerie.example", "Jeanne Martin", "FR7630006000011234567890189", "80295478500028", strings.Repeat("a", 100)} {
		m.Received(bad, bad, bad, time.Now())
		m.Sent(bad, false)
		m.Lost(bad)
		m.Attempted(bad, reference, 2, time.Now(), bad)
		h := m.Temporal().WithTags(map[string]string{"workflow_id": bad, "run_id": bad, "workflow_type": bad, "stage": bad})
		h.Counter("temporal_request").Inc(1)
		h.Timer(StageTime).Record(time.Hour)
		m.Add(&Source{Name: bad, Ask: func(context.Context) ([]Sample, error) {
			return []Sample{{Metric: Cases, Labels: []string{bad}, Value: 1}}, nil
		}})
		if text := page(t, m); strings.Contains(text, bad) {
			t.Errorf("%q is in the metrics", bad)
		}
	}
	if n := strings.Count(page(t, m), "\nrelance_mails_sent_total{"); n != 1 {
		t.Errorf("%d series for six values that are no identifiers", n)
	}
}

// What the code names is kept as it is.
func TestLabelsKeepNames(t *testing.T) {
	for _, good := range []string{"", "awaiting_charter", "reminder-charter", "SignalWithStartWorkflowExecution", "proximite/boutiques/59512", "smtp_4xx", "none"} {
		if got := clean([]string{good})[0]; got != good {
			t.Errorf("%q became %q", good, got)
		}
	}
}

func TestSDK(t *testing.T) {
	m := New()
	h := m.Temporal().WithTags(map[string]string{"namespace": "relance", "workflow_type": "Application", "activity_type": "none"})
	h.Counter("temporal_workflow_task_execution_failed").Inc(2)
	m.Temporal().WithTags(map[string]string{"namespace": "relance", "workflow_type": "Application"}).Counter("temporal_workflow_task_execution_failed").Inc(1)
	h.Gauge("temporal_worker_task_slots_available").Update(7)
	h.Timer("temporal_request_latency").Record(20 * time.Millisecond)
	h.WithTags(map[string]string{"stage": "under_review"}).Timer(StageTime).Record(36 * time.Hour)
	text := page(t, m)
	for _, want := range []string{
		`temporal_workflow_task_execution_failed_total{activity_type="",failure_reason="",namespace="relance",operation="",poller_type="",status_code="",task_queue="",worker_type="",workflow_type="Application"} 3`,
		`relance_stage_seconds_bucket{stage="under_review",le="86400"} 0`, `relance_stage_seconds_bucket{stage="under_review",le="172800"} 1`,
		`le="0.025"} 1`} {
		if !strings.Contains(text, want) {
			t.Errorf("missing %s", want)
		}
	}
}

func TestAttempts(t *testing.T) {
	m := New()
	began := time.Now().Add(-2 * time.Hour)
	m.Attempted("Correspond", "one", 1, began, "smtp_4xx")
	m.Attempted("Correspond", "one", 2, began, "smtp_4xx")
	m.Attempted("Correspond", "two", 1, time.Now(), "s3")
	text := page(t, m)
	if !strings.Contains(text, `relance_activities_retrying{activity="Correspond"} 2`) || !strings.Contains(text, `relance_activity_retrying_seconds{activity="Correspond"} 720`) ||
		!strings.Contains(text, `relance_activity_failures_total{activity="Correspond",cause="smtp_4xx"} 2`) || !strings.Contains(text, `relance_activity_retries_total{activity="Correspond"} 1`) {
		t.Error(text)
	}
	m.Attempted("Correspond", "one", 3, began, "")
	m.Attempted("Correspond", "two", 2, began, "")
	if strings.Contains(page(t, m), "relance_activities_retrying{") {
		t.Error("what succeeded is still counted as retrying")
	}
}

// A source that is slow or fails is not asked at every look, and its old figures are not shown as if they were new.
func TestSources(t *testing.T) {
	m, asked := New(), 0
	failing := &Source{Name: "temporal", Ask: func(context.Context) ([]Sample, error) { asked++; return nil, errors.New("away") }}
	m.Add(failing)
	m.Add(failing) // a process that begins anew
	text := page(t, m) + page(t, m)
	if asked != 1 || strings.Count(text, `relance_collect_up{source="temporal"} 0`) != 2 || strings.Contains(text, "\nrelance_cases{") {
		t.Errorf("asked %d times: %s", asked, text)
	}
	failing.until, failing.Ask = time.Time{}, func(context.Context) ([]Sample, error) {
		return []Sample{{Metric: Cases, Labels: []string{"granted"}, Value: 3}, {Metric: Cases, Labels: []string{"Jean A"}}, {Metric: Cases, Labels: []string{"Jean B"}}}, nil
	}
	if text := page(t, m); !strings.Contains(text, `relance_cases{stage="granted"} 3`) || !strings.Contains(text, `relance_collect_up{source="temporal"} 1`) {
		t.Error(text)
	}
}

// A source that takes long keeps nobody waiting: its last figures are shown meanwhile, and none before it has ever answered.
func TestASlowSource(t *testing.T) {
	defer func(usual time.Duration) { patience = usual }(patience)
	patience = 50 * time.Millisecond
	answers := make(chan float64)
	m, slow := New(), &Source{Name: "archive", Ask: func(ctx context.Context) ([]Sample, error) {
		select {
		case n := <-answers:
			return []Sample{{Metric: Unassigned, Value: n}}, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}}
	m.Add(slow)
	shows := func(what string) {
		t.Helper()
		if text := page(t, m); !strings.Contains(text, what) {
			t.Errorf("not %q in %s", what, text)
		}
	}
	shows(`relance_collect_up{source="archive"} 0`)
	answers <- 7
	for slow.ask() != nil { // until it is taken in
		time.Sleep(time.Millisecond)
	}
	shows("\n" + Unassigned + " 7\n")
	slow.mu.Lock()
	slow.until = slow.until.Add(-time.Hour)
	slow.mu.Unlock()
	shows("\n" + Unassigned + " 7\n")
	shows(`relance_collect_up{source="archive"} 1`)
	answers <- 8
	for slow.ask() != nil {
		time.Sleep(time.Millisecond)
	}
	shows("\n" + Unassigned + " 8\n")
}

// Every line of the log that is about a case says so under one key, once.
func TestLog(t *testing.T) {
	var out bytes.Buffer
	log := Logger(Logger(slog.New(slog.NewJSONHandler(&out, nil))))
	about := WithCase(t.Context(), reference)
	log.InfoContext(about, "by context")
	log.Warn("by error", "error", fmt.Errorf("while: %w", &About{reference, errors.New("away")}))
	log.With("WorkflowID", reference, "RunID", "r").Info("by Temporal's logger")
	log.With("WorkflowID", reference).InfoContext(about, "twice known")
	log.InfoContext(about, "named", "case", reference)
	log.With("case", reference).InfoContext(about, "named before")
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	for _, line := range lines {
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil || fields["case"] != reference || strings.Count(line, `"case":`) != 1 {
			t.Errorf("%v: %s", err, line)
		}
	}
	out.Reset()
	log.InfoContext(WithCase(t.Context(), "jeanne@boulangerie.example"), "nothing")
	log.With("WorkflowID", "plan-2026").Info("of a plan")
	if len(lines) != 6 || strings.Contains(out.String(), `"case"`) {
		t.Error(len(lines), out.String())
	}
}

// docs/observability.md lists each metric with its type, its unit, its labels and what it means.
func TestDocumentation(t *testing.T) {
	text, err := os.ReadFile("../../docs/observability.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range Catalogue {
		var names []string
		for _, label := range c.Labels {
			names = append(names, "`"+label+"`")
		}
		row := fmt.Sprintf("| `%s` | %s | %s | %s | %s |", c.Name, c.Type, c.Unit, strings.Join(names, " "), c.Help)
		if !strings.Contains(string(text), row) {
			t.Errorf("not in docs/observability.md:\n%s", row)
		}
	}
	known := map[string]bool{}
	for _, c := range Catalogue {
		known[c.Name] = true
	}
	for _, name := range regexp.MustCompile("(?m)^\\| `(relance_[a-z_]+)`").FindAllStringSubmatch(string(text), -1) {
		if !known[name[1]] {
			t.Errorf("docs/observability.md explains %s, which there is not", name[1])
		}
	}
}

func TestNil(t *testing.T) {
	var m *Metrics
	m.Received("person", "case", "", time.Now())
	m.Attempted("a", "k", 2, time.Now(), "s3")
	m.Contact(1)
	m.Add(&Source{})
	m.Temporal().Counter("x").Inc(1)
}

func BenchmarkSDK(b *testing.B) {
	h := New().Temporal().WithTags(map[string]string{"namespace": "relance", "task_queue": "relance"})
	b.ReportAllocs()
	for b.Loop() {
		h.WithTags(map[string]string{"workflow_type": "Application", "activity_type": "Correspond"}).Counter("temporal_activity_task_error").Inc(1)
	}
}
