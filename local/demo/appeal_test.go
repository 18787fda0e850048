package demo_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"

	"relance/domain/casefile"
	"relance/letters/texts"
	"relance/local/demo"
	"relance/local/run"
	"relance/office/desk"
)

// TestARejectionIsReversedOnAppeal on the real servers, by mail alone: a rejection, an appeal in the applicant's own words, the charter that had never
// been sent, and a grant by another officer, each notified.
func TestARejectionIsReversedOnAppeal(t *testing.T) {
	if testing.Short() {
		t.Skip("starts the three real servers")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 6*time.Minute)
	defer cancel()
	var sample []demo.Sample
	for _, s := range demo.Samples() {
		if s.Account == "cordonnerie" {
			sample = append(sample, s)
		}
	}
	var results bytes.Buffer
	err := demo.Run(ctx, demo.Options{Data: t.TempDir(), Day: time.Second, Exit: true, Samples: sample, Results: &results, Screen: io.Discard, Log: quiet,
		Inspect: func(ctx context.Context, l *run.Local) error {
			d := desk.Desk{Temporal: l.Engine.Temporal, Archive: l.Engine.Archive}
			cases, err := d.List(ctx, desk.Filter{})
			if err != nil || len(cases) != 1 {
				t.Fatal(cases, err)
			}
			s, err := d.State(ctx, cases[0].Reference)
			if err != nil {
				return err
			}
			for _, h := range texts.French().Labels.Aftermath(s) {
				t.Log(h.Label, h.When, h.Text)
			}
			first := s.Earlier[0]
			if first.Grant || first.By != "agent-01" || len(first.Signs) != 2 || first.Signs[1].What != casefile.SignReply {
				t.Errorf("the rejection: %+v", first)
			}
			if a := s.Appeals[0]; a.By != "" || !a.Interrupts || a.Outcome != casefile.AppealGranted || !a.Receipt.Reached() {
				t.Errorf("the appeal: %+v", a)
			}
			if n := s.Decision; !n.Grant || n.By != "agent-02" || !n.Reached() || n.Amount != 123000 || s.Charter.Signed.IsZero() {
				t.Errorf("the grant: %+v", n)
			}
			mails, err := inbox(ctx, l, "cordonnerie")
			if err != nil {
				return err
			}
			var names []string
			for _, m := range mails {
				names = append(names, name(m))
			}
			if got := strings.Join(names, " "); got != "acknowledgement reject appeal-received appeal-charter charter-signed appeal-granted closing" {
				t.Errorf("the applicant received %s", got)
			}
			head, err := d.Plan(ctx, "plan-relance")
			if f := head.Lines["fonds-rebond"]; err != nil || f.Committed != 123000 || f.Reserved != 0 {
				t.Errorf("%+v, %v", f, err)
			}
			keepHistories(t, l, "appeal")
			return nil
		}})
	if err != nil {
		t.Fatal(err)
	}
	var r demo.Result
	if err := json.Unmarshal(bytes.TrimSpace(results.Bytes()), &r); err != nil || r.Stage != casefile.Closed || r.Amount != 123000 {
		t.Errorf("%s: %v", results.String(), err)
	}
}
