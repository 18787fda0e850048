package deploy

import (
	"encoding/json"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"relance/observe/telemetry"
)

// exported are the names of what the program exports, and of what Prometheus itself adds.
func exported() []string {
	names := []string{"up"}
	for _, c := range telemetry.Catalogue {
		names = append(names, c.Name)
		if c.Type == "histogram" {
			names = append(names, c.Name+"_bucket", c.Name+"_sum", c.Name+"_count")
		}
	}
	m := telemetry.New()
	m.Temporal().Counter("temporal_workflow_task_execution_failed").Inc(1)
	m.Temporal().Timer("temporal_workflow_task_execution_latency").Record(time.Second)
	page := httptest.NewRecorder()
	m.Handler().ServeHTTP(page, httptest.NewRequest("GET", "/metrics", nil))
	for _, line := range strings.Split(page.Body.String(), "\n") {
		name, _, _ := strings.Cut(line, " ")
		name, _, _ = strings.Cut(name, "{")
		names = append(names, name)
	}
	return names
}

var (
	promText    = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)
	promList    = regexp.MustCompile(`\b(?:by|on|without|ignoring)\s*\([^)]*\)|\{[^}]*\}|\[[^\]]*\]`)
	promWord    = regexp.MustCompile(`[A-Za-z_:][A-Za-z0-9_:]*`)
	promNumber  = regexp.MustCompile(`\b\d+(?:\.\d+)?(?:e\d+)?\b`)
	promNoNames = []string{"sum", "max", "min", "rate", "increase", "histogram_quantile", "absent", "time", "and", "or", "unless", "on", "by"}
)

// checkQuery finds the metrics of a query and sees to it that each is exported and that the query's brackets close.
func checkQuery(t *testing.T, where, query string, known []string) {
	t.Helper()
	bare := promText.ReplaceAllString(query, "")
	for _, pair := range []string{"()", "{}", "[]"} {
		if strings.Count(bare, pair[:1]) != strings.Count(bare, pair[1:]) {
			t.Errorf("%s: %s do not close in %s", where, pair, query)
		}
	}
	found := 0
	for _, name := range promWord.FindAllString(promNumber.ReplaceAllString(promList.ReplaceAllString(bare, " "), " "), -1) {
		if slices.Contains(promNoNames, name) {
			continue
		}
		if found++; !slices.Contains(known, name) {
			t.Errorf("%s: %s is not exported: %s", where, name, query)
		}
	}
	if found == 0 {
		t.Errorf("%s names no metric: %s", where, query)
	}
}

func TestAlerts(t *testing.T) {
	var file struct {
		Groups []struct {
			Name  string
			Rules []struct {
				Alert, Expr, For    string
				Labels, Annotations map[string]string
			}
		}
	}
	if err := yaml.Unmarshal([]byte(read(t, "prometheus/alerts.yml")), &file); err != nil {
		t.Fatal(err)
	}
	known, seen, doc := exported(), map[string]bool{}, read(t, "../docs/observability.md")
	for _, group := range file.Groups {
		for _, r := range group.Rules {
			checkQuery(t, r.Alert, r.Expr, known)
			if r.For != "" {
				if _, err := time.ParseDuration(r.For); err != nil {
					t.Errorf("%s: for %q", r.Alert, r.For)
				}
			}
			if seen[r.Alert] || !slices.Contains([]string{"critical", "warning"}, r.Labels["severity"]) || r.Annotations["summary"] == "" || r.Annotations["description"] == "" {
				t.Errorf("%s: twice, or without severity, summary or description", r.Alert)
			}
			if seen[r.Alert] = true; !strings.Contains(doc, "`"+r.Alert+"`") {
				t.Errorf("docs/observability.md does not say what to do about %s", r.Alert)
			}
		}
	}
	if len(seen) < 12 {
		t.Errorf("only %d alerts", len(seen))
	}
}

func TestDashboard(t *testing.T) {
	var board struct {
		UID    string
		Panels []struct {
			ID      int
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal([]byte(read(t, "grafana/relance.json")), &board); err != nil {
		t.Fatal(err)
	}
	known, text := exported(), read(t, "grafana/relance.json")+read(t, "prometheus/alerts.yml")
	for _, p := range board.Panels {
		if len(p.Targets) == 0 {
			t.Errorf("%s shows nothing", p.Title)
		}
		for _, target := range p.Targets {
			checkQuery(t, p.Title, target.Expr, known)
		}
	}
	for _, c := range telemetry.Catalogue { // what nobody looks at need not be measured
		if !strings.Contains(text, c.Name) {
			t.Errorf("%s is in no panel and no alert", c.Name)
		}
	}
}

// The check itself must find what is wrong.
func TestCheckQueryFindsMistakes(t *testing.T) {
	for query, good := range map[string]bool{
		`sum by (le) (rate(relance_intake_seconds_bucket[5m])) > 2 * 86400`: true, `up{job="a(b"} == 0`: true,
		`rate(relance_mails_total[5m])`: false, `sum(relance_cases`: false, `1 > 0`: false,
	} {
		probe := &testing.T{}
		if checkQuery(probe, "probe", query, exported()); probe.Failed() == good {
			t.Errorf("%s: good %v", query, good)
		}
	}
}
