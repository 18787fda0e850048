package worker

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/testsuite"
)

// TestBeat: a side effect that takes long says again and again that it is at work, and no more once it has ended.
func TestBeat(t *testing.T) {
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	var beats atomic.Int32
	env.SetOnActivityHeartbeatListener(func(*activity.Info, converter.EncodedValues) { beats.Add(1) })
	const every = 10 * time.Millisecond
	long := func(ctx context.Context) error {
		defer beat(ctx, every)()
		time.Sleep(20 * every)
		return nil
	}
	env.RegisterActivity(long)
	if _, err := env.ExecuteActivity(long); err != nil {
		t.Fatal(err)
	}
	during := beats.Load()
	if during == 0 {
		t.Error("nothing was said while the side effect was at work")
	}
	time.Sleep(10 * every)
	if after := beats.Load(); after > during+1 { // one may have been on its way
		t.Errorf("%d beats after the end", after-during)
	}
}
