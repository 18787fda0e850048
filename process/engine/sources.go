package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"

	"relance/contract"
	"relance/domain/casefile"
	"relance/observe/telemetry"
	"relance/starter"
)

// overdue is how long ago a deadline has to be past before it counts as missed: a worker that is busy is not late.
const overdue = 10 * time.Minute

// sources are where the figures over all cases come from, when somebody looks at them. None walks through the cases: Temporal counts, the
// plan's workflow has its figures in memory, and of the archive one folder is listed.
func (e *Engine) sources() []*telemetry.Source {
	list := []*telemetry.Source{{Name: "temporal", Ask: e.countCases}, {Name: "archive", Ask: e.countUnassigned}}
	if e.Catalogue.Plan != nil {
		list = append(list, &telemetry.Source{Name: "plan", Ask: e.readPlan})
	}
	return list
}

// countCases counts by Temporal's visibility. Server 1.29 groups by the execution's status alone, so each stage is asked for.
func (e *Engine) countCases(ctx context.Context) ([]telemetry.Sample, error) {
	const open = "WorkflowType = '" + contract.ApplicationWorkflow + "' AND ExecutionStatus = 'Running'"
	var samples []telemetry.Sample
	late := time.Now().Add(-overdue).UTC().Format(time.RFC3339)
	for _, of := range []struct{ metric, which string }{
		{telemetry.Cases, ""}, {telemetry.CasesWaiting, " AND RelanceWaitsForOfficer = true"}, {telemetry.CasesOverdue, " AND RelanceDeadline < '" + late + "'"}} {
		all, err := e.countWorkflows(ctx, open+of.which)
		if err != nil {
			return nil, err
		}
		for _, stage := range casefile.Stages {
			if stage.Final() {
				continue
			}
			var n int64
			if all > 0 {
				if n, err = e.countWorkflows(ctx, fmt.Sprintf("%s AND RelanceStage = '%s'%s", open, stage, of.which)); err != nil {
					return nil, err
				}
			}
			samples = append(samples, telemetry.Sample{Metric: of.metric, Labels: []string{string(stage)}, Value: float64(n)})
		}
	}
	return samples, nil
}

func (e *Engine) countWorkflows(ctx context.Context, query string) (int64, error) {
	answer, err := e.Temporal.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Query: query})
	return answer.GetCount(), err
}

// countUnassigned lists what was set aside, and waits for an officer.
func (e *Engine) countUnassigned(ctx context.Context) ([]telemetry.Sample, error) {
	waiting, err := starter.Waiting(starter.Unassigned, e.Archive.Each(ctx, starter.Unassigned))
	if err != nil {
		return nil, err
	}
	var oldest time.Duration
	for _, at := range waiting {
		oldest = max(oldest, time.Since(at))
	}
	return []telemetry.Sample{{Metric: telemetry.Unassigned, Value: float64(len(waiting))}, {Metric: telemetry.UnassignedAge, Value: oldest.Seconds()}}, nil
}

// readPlan asks the plan's workflow; a query leaves no trace in its history. Before the first move there is none.
func (e *Engine) readPlan(ctx context.Context) ([]telemetry.Sample, error) {
	answer, err := e.Temporal.QueryWorkflow(ctx, contract.PlanID(e.Catalogue.Plan.ID), "", contract.PlanQuery)
	var missing *serviceerror.NotFound
	if errors.As(err, &missing) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var head contract.Head
	if err := answer.Get(&head); err != nil {
		return nil, err
	}
	var samples []telemetry.Sample
	for line, f := range head.Lines {
		for figure, cents := range map[string]int64{"total": f.Total, "reserved": f.Reserved, "committed": f.Committed, "paid": f.Paid, "left": f.Left()} {
			samples = append(samples, telemetry.Sample{Metric: telemetry.Envelope, Labels: []string{head.Plan, line, figure}, Value: float64(cents)})
		}
		samples = append(samples, telemetry.Sample{Metric: telemetry.EnvelopeWaiting, Labels: []string{head.Plan, line}, Value: float64(f.Waiting)})
	}
	return samples, nil
}
