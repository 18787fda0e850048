package desk

import (
	"testing"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/types/known/timestamppb"

	"relance/casefile"
)

// A list shows a deadline as the letter to the applicant does: where a demonstration shortens the day too.
func TestAListTellsLegalTime(t *testing.T) {
	epoch := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	deadline, err := converter.GetDefaultDataConverter().ToPayload(epoch.Add(30 * time.Second))
	if err != nil {
		t.Fatal(err)
	}
	info := &workflowpb.WorkflowExecutionInfo{StartTime: timestamppb.New(epoch.Add(time.Second)), Execution: &commonpb.WorkflowExecution{WorkflowId: "RBD-7K3M9-QXD3A"},
		SearchAttributes: &commonpb.SearchAttributes{IndexedFields: map[string]*commonpb.Payload{"RelanceDeadline": deadline}}}
	for _, c := range []struct {
		clock             casefile.Clock
		started, deadline string
	}{
		{casefile.Clock{}, "2026-03-02T08:00:01Z", "2026-03-02T08:00:30Z"},
		{casefile.Clock{Epoch: epoch, Day: time.Second}, "2026-03-03T08:00:00Z", "2026-04-01T08:00:00Z"},
	} {
		d := Desk{Clock: c.clock}
		if got := d.line(info); got.Started != c.started || got.Deadline != c.deadline {
			t.Errorf("a day of %v: started %s, deadline %s; expected %s and %s", c.clock.Day, got.Started, got.Deadline, c.started, c.deadline)
		}
	}
	if got := (&Desk{}).line(&workflowpb.WorkflowExecutionInfo{}); got.Deadline != "" {
		t.Errorf("a case without a deadline has %s", got.Deadline)
	}
}
