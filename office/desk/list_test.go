package desk

import (
	"testing"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/types/known/timestamppb"

	"relance/domain/casefile"
)

// A list shows a deadline as the letter to the applicant does, where a demonstration shortens the day too. Temporal has it to the second.
func TestAListTellsLegalTime(t *testing.T) {
	epoch := time.Date(2026, 11, 30, 18, 6, 5, 301_000_000, time.UTC)
	paris := func(text string) time.Time {
		at, err := time.ParseInLocation("2006-01-02 15:04:05", text, casefile.Paris)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	for _, day := range []time.Duration{0, time.Second, 3 * time.Second, time.Minute} {
		d := Desk{Clock: casefile.Clock{Epoch: epoch, Day: day}}
		for _, deadline := range []time.Time{paris("2027-02-05 00:00:00"), paris("2026-12-31 00:00:00"), paris("2027-03-29 00:00:00")} {
			listed, err := converter.GetDefaultDataConverter().ToPayload(d.Clock.Real(deadline).Truncate(time.Second))
			if err != nil {
				t.Fatal(err)
			}
			info := &workflowpb.WorkflowExecutionInfo{StartTime: timestamppb.New(d.Clock.Real(paris("2026-12-24 12:00:00"))), Execution: &commonpb.WorkflowExecution{WorkflowId: "RBD-7K3M9-QXD3A"},
				SearchAttributes: &commonpb.SearchAttributes{IndexedFields: map[string]*commonpb.Payload{"RelanceDeadline": listed}}}
			got := d.line(info)
			if want := deadline.UTC().Format(time.RFC3339); got.Deadline != want {
				t.Errorf("a day of %v: deadline %s, expected %s", day, got.Deadline, want)
			}
			if started, err := time.Parse(time.RFC3339, got.Started); err != nil || started.Sub(paris("2026-12-24 12:00:00")).Abs() > time.Second {
				t.Errorf("a day of %v: started %s", day, got.Started)
			}
		}
	}
	plain := Desk{}
	if at := paris("2026-12-24 23:59:59"); !plain.legal(at).Equal(at) {
		t.Errorf("the last second of a day is told as %v", plain.legal(at))
	}
	if got := plain.line(&workflowpb.WorkflowExecutionInfo{}); got.Deadline != "" {
		t.Errorf("a case without a deadline has %s", got.Deadline)
	}
}
