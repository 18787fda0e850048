package bench

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"relance/contract"
	"relance/domain/ledger"
	"relance/local/run"
)

// PlanResult is what reservations on one envelope cost.
type PlanResult struct {
	Reservations int     `json:"reservations"`
	PerSecond    float64 `json:"per_second"`
	Runs         int     `json:"runs"`           // of the plan's workflow: it begins a new one when its history has grown
	Events       int64   `json:"history_events"` // of its current run
	Bytes        int64   `json:"history_bytes"`
	Records      int     `json:"records"` // of the book: each holds the moves of many cases

	SnapshotBytes  int64   `json:"snapshot_bytes"`  // the newest one: the whole book, packed
	SnapshotsBytes int64   `json:"snapshots_bytes"` // all of them
	AskMS          float64 `json:"ask_ms"`          // what the plan's workflow answers whoever looks (relance plan)
	ColdMS         float64 `json:"cold_ms"`         // until a worker that has just started has read the book
	ColdMB         float64 `json:"cold_mb"`         // the heap that the book takes in its memory
}

// atOnce is how many cases ask at the same time.
const atOnce = 200

// Reservations asks for so many reservations on one line of the plan, from many cases at once, through the plan's workflow.
func Reservations(ctx context.Context, o Options) (result PlanResult, err error) {
	l, err := run.Start(ctx, run.Options{Data: o.Data, Applicants: []string{account}, QuickMail: true, Progress: o.Progress, Log: o.Log})
	if err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	l.Run(ctx)
	acts := l.Engine.Activities()
	move := func(n int) error {
		_, err := acts.MoveBudget(ctx, contract.Budget{TaskQueue: contract.TaskQueue, Move: ledger.Move{Op: ledger.Reserve, Key: fmt.Sprintf("BANC-%07d", n),
			Portions: []ledger.Portion{{Line: "fonds-rebond", Cents: 150_000}}, Complete: time.Unix(int64(n), 0).UTC()}})
		return err
	}
	if err := move(0); err != nil { // the first starts the workflow
		return result, err
	}
	began := time.Now()
	var next atomic.Int64
	var failed atomic.Pointer[error]
	var running sync.WaitGroup
	for range atOnce {
		running.Go(func() {
			for n := int(next.Add(1)); n < o.Cases && failed.Load() == nil; n = int(next.Add(1)) {
				if err := move(n); err != nil {
					failed.Store(&err)
				}
			}
		})
	}
	running.Wait()
	if err := failed.Load(); err != nil {
		return result, *err
	}
	result = PlanResult{Reservations: o.Cases, PerSecond: float64(o.Cases) / time.Since(began).Seconds()}
	return result, measurePlan(ctx, l, &result)
}

func measurePlan(ctx context.Context, l *run.Local, result *PlanResult) error {
	id := contract.PlanID(l.Engine.Catalogue.Plan.ID)
	described, err := l.Engine.Temporal.DescribeWorkflowExecution(ctx, id, "")
	if err != nil {
		return err
	}
	info := described.GetWorkflowExecutionInfo()
	result.Events, result.Bytes = info.GetHistoryLength(), info.GetHistorySizeBytes()
	var head contract.Head
	began := time.Now()
	answer, err := l.Engine.Temporal.QueryWorkflow(ctx, id, "", contract.PlanQuery)
	result.AskMS = milliseconds(time.Since(began))
	if err == nil {
		err = answer.Get(&head)
	}
	if err != nil {
		return err
	}
	result.Records, result.Runs = head.Seq, head.Runs+1
	if f := head.Lines["fonds-rebond"]; f.Reserved != min(int64(result.Reservations), 13_333)*150_000 {
		return fmt.Errorf("%d reservations hold %d cents", result.Reservations, f.Reserved)
	}
	return measureBook(ctx, l, head, result)
}

// measureBook reads the book as a worker does that has just started.
func measureBook(ctx context.Context, l *run.Local, head contract.Head, result *PlanResult) error {
	for o, err := range l.Engine.Archive.Each(ctx, "plan/"+head.Plan+"/snapshot/") {
		if err != nil {
			return err
		}
		result.SnapshotBytes = o.Size
		result.SnapshotsBytes += o.Size
	}
	fresh := l.Engine.Activities()
	began := time.Now()
	if _, err := fresh.Post(ctx, contract.Posting{Head: head}); err != nil { // no move: it is only read
		return err
	}
	result.ColdMS = milliseconds(time.Since(began))
	with := heap()
	runtime.KeepAlive(fresh)
	result.ColdMB = float64(with-heap()) / 1e6
	return nil
}

// heap is what this process has in use, in bytes.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
