package demo_test

import (
	"net/http/httptest"
	"os"

	"strconv"
	"strings"
	"testing"

	"relance/domain/casefile"
	"relance/local/devstack"
	"relance/local/run"
)

// figures are the metrics of a running engine, each series with its value.
func figures(t *testing.T, l *run.Local) map[string]float64 {
	t.Helper()
	page := httptest.NewRecorder()
	l.Engine.Metrics.Handler().ServeHTTP(page, httptest.NewRequest("GET", "/metrics", nil))
	if page.Code != 200 {
		t.Fatal(page.Code, page.Body.String())
	}
	if file := os.Getenv("RELANCE_METRICS_PAGE"); file != "" { // to look at it
		if err := os.WriteFile(file, page.Body.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	all := map[string]float64{}
	for _, line := range strings.Split(page.Body.String(), "\n") {
		if series, value, ok := cutLast(line, " "); ok && !strings.HasPrefix(line, "#") {
			all[series], _ = strconv.ParseFloat(value, 64)
		}
	}
	return all
}

func cutLast(text, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(text, sep); i >= 0 {
		return text[:i], text[i+len(sep):], true
	}
	return text, "", false
}

// inspectMetrics compares what the engine says of itself with what the samples did.
func inspectMetrics(t *testing.T, l *run.Local, cases int) {
	got := figures(t, l)
	if n := got[`relance_mails_received_total{destination="new_case",kind="person"}`]; n < float64(cases) { // one may be delivered twice
		t.Errorf("%v applications counted, and there are %d cases", n, cases)
	}
	sent := got[`relance_mails_sent_total{mail="acknowledgement",outcome="accepted"}`]
	if n := got["relance_acknowledgement_seconds_count"]; n != sent || n == 0 || n > float64(cases) {
		t.Errorf("%v times to acknowledgement for %v acknowledgements", n, sent)
	}
	if took := got["relance_acknowledgement_seconds_sum"] / got["relance_acknowledgement_seconds_count"]; took <= 0 || took > 60 {
		t.Errorf("%v s from a mail to its acknowledgement", took)
	}
	if n := got[`relance_stage_seconds_count{stage="granted"}`]; n == 0 || got[`relance_stage_entries_total{stage="granted"}`] < n {
		t.Errorf("%v times in the stage granted, %v entries", n, got[`relance_stage_entries_total{stage="granted"}`])
	}
	if got[`relance_envelope_cents{figure="left",line="fonds-rebond",plan="plan-relance"}`] == 0 || got[`relance_envelope_cents{figure="paid",line="proximite/boutiques/59512",plan="plan-relance"}`] != 500000 {
		t.Error("the envelope's figures are not the plan's")
	}
	if got["relance_imap_last_contact_timestamp_seconds"] == 0 {
		t.Error("the mailbox was never read")
	}
	for _, source := range []string{"temporal", "plan", "archive"} {
		if got[`relance_collect_up{source="`+source+`"}`] != 1 {
			t.Errorf("%s gives no figures", source)
		}
	}
	if len(got) > 5000 {
		t.Errorf("%d series", len(got))
	}
	t.Logf("%d series; %v acknowledgements in %.2f s on average", len(got), sent, got["relance_acknowledgement_seconds_sum"]/sent)
}

// inspectLog looks for lines about a case that do not say so under the key "case".
func inspectLog(t *testing.T, log *devstack.Record) {
	about := 0
	for _, line := range strings.Split(log.String(), "\n") {
		if reference := casefile.FindReference(line); reference != "" {
			if about++; strings.Count(line, " case="+reference) != 1 {
				t.Errorf("a line about a case without its reference under the key case, or with two: %s", line)
			}
		}
	}
	if about == 0 {
		t.Error("no line of the log is about a case")
	}
	t.Logf("%d lines of the log are about a case", about)
}
