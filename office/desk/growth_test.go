package desk

import (
	"flag"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"relance/contract"
	"relance/local/devstack"
)

var listed = flag.Int("listed", 2_000, "how many cases Temporal lists (docs/growth.md)")

// TestListingManyCases writes as many rows into the list of a Temporal with SQLite as so many cases have, nineteen in twenty of them ended, and lists
// and counts them: carrying out as many cases would take hours.
func TestListingManyCases(t *testing.T) {
	if testing.Short() {
		t.Skip("starts Temporal")
	}
	sqlite, err := exec.LookPath("sqlite3")
	if err != nil {
		t.Skip("needs sqlite3 (Debian: apt-get install sqlite3), to write rows into Temporal's list")
	}
	ctx, data := t.Context(), t.TempDir()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	stack, err := devstack.Start(ctx, devstack.Options{Servers: devstack.Temporal, Data: data, SearchAttributes: contract.SearchAttributes})
	must(err)
	defer func() { must(stack.Stop()) }()
	connect := func() client.Client {
		c, err := client.Dial(client.Options{HostPort: stack.TemporalAddress})
		must(err)
		return c
	}
	c := connect()
	for _, id := range []string{"RBD-OPEN", "RBD-ENDED"} {
		_, err = c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: id, TaskQueue: "nobody", TypedSearchAttributes: temporal.NewSearchAttributes(
			contract.StageAttribute.ValueSet(map[bool]string{true: "granted", false: "closed"}[id == "RBD-OPEN"]), contract.SchemeAttribute.ValueSet("fonds-rebond"))}, contract.ApplicationWorkflow)
		must(err)
	}
	must(c.TerminateWorkflow(ctx, "RBD-ENDED", "", "ended"))
	d := &Desk{Temporal: c}
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		if lines, err := d.List(ctx, Filter{Stage: "closed"}); err == nil && len(lines) == 1 {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the two cases are not listed")
		}
	}
	c.Close()
	must(stack.Kill(devstack.Temporal))
	open := *listed / 20
	file := filepath.Join(data, "temporal.db")
	columns, err := exec.Command(sqlite, file, "SELECT group_concat(name) FROM pragma_table_info('executions_visibility')").Output() // those that are not reckoned from others
	must(err)
	names := strings.TrimSpace(string(columns))
	for id, n := range map[string]int{"RBD-OPEN": open - 1, "RBD-ENDED": *listed - open - 1} {
		values := "," + names + ","
		values = strings.Replace(values, ",run_id,", ",printf('%08d-"+strings.ToLower(id)+"',i),", 1)
		values = strings.Replace(values, ",workflow_id,", ",printf('"+id+"-%08d',i),", 1)
		sql := fmt.Sprintf("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<%d) INSERT INTO executions_visibility(%s) SELECT %s FROM executions_visibility, n WHERE workflow_id='%s'",
			n, names, strings.Trim(values, ","), id)
		if out, err := exec.Command(sqlite, file, sql).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	must(stack.Restart(ctx, devstack.Temporal))
	c = connect()
	defer c.Close()
	d = &Desk{Temporal: c}
	timed := func(what string, want int, f func() (int, error)) {
		t.Helper()
		began := time.Now()
		got, err := f()
		took := time.Since(began)
		if err != nil || got != want {
			t.Errorf("%s: %d, %v, not %d", what, got, err, want)
		}
		t.Logf("%s: %v", what, took)
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	timed("relance case list, of all", *listed, func() (int, error) {
		lines, err := d.List(ctx, Filter{})
		runtime.GC()
		runtime.ReadMemStats(&after)
		runtime.KeepAlive(lines)
		return len(lines), err
	})
	t.Logf("%d lines take %.1f MB", *listed, float64(after.HeapAlloc-before.HeapAlloc)/1e6)
	timed("relance case list, the first twenty", min(20, *listed), func() (int, error) {
		lines, err := d.List(ctx, Filter{Limit: 20})
		return len(lines), err
	})
	timed("relance case list -stage granted", open, func() (int, error) {
		lines, err := d.List(ctx, Filter{Stage: "granted"})
		return len(lines), err
	})
	for what, query := range map[string]string{"of all": "WorkflowType = '" + contract.ApplicationWorkflow + "'",
		"of those at a stage, as the metrics ask": "WorkflowType = '" + contract.ApplicationWorkflow + "' AND ExecutionStatus = 'Running' AND RelanceStage = 'granted'"} {
		timed("a count "+what, map[bool]int{true: *listed, false: open}[what == "of all"], func() (int, error) {
			answer, err := c.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Query: query})
			return int(answer.GetCount()), err
		})
	}
}
