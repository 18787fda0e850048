package devstack

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/sdk/client"
	tlog "go.temporal.io/sdk/log"
	"google.golang.org/protobuf/types/known/durationpb"

	namespacepb "go.temporal.io/api/namespace/v1"
	"go.temporal.io/api/workflowservice/v1"

	"log/slog"
)

// retention is how long Temporal keeps a workflow that has ended; the case folder keeps everything.
const retention = 90 * 24 * time.Hour

// startTemporal runs Temporal's development server with a file of its own. WAL with synchronous=1 loses nothing when a process is
// killed and is six times as fast as a full sync for every transition; one partition a task queue cuts the tail of
// waiting times on a small machine.
func (s *Stack) startTemporal(ctx context.Context) error {
	p := s.ports
	args := []string{"server", "start-dev", "--ip", "127.0.0.1", "--port", strconv.Itoa(p.temporal), "--ui-port", strconv.Itoa(p.temporalUI),
		"--http-port", strconv.Itoa(p.temporalHTTP), "--metrics-port", strconv.Itoa(p.temporalMetrics),
		"--db-filename", filepath.Join(s.options.Data, "temporal.db"), "--sqlite-pragma", "journal_mode=wal", "--sqlite-pragma", "synchronous=1",
		"--log-level", "error",
		"--dynamic-config-value", "matching.numTaskqueueReadPartitions=1", "--dynamic-config-value", "matching.numTaskqueueWritePartitions=1",
		"--dynamic-config-value", "history.maxTotalUpdates=100000", "--dynamic-config-value", "history.maxInFlightUpdates=1000",
		"--dynamic-config-value", "system.forceSearchAttributesCacheRefreshOnRead=true",
		// The HTTP API takes a form that any web page can have a browser send: it answers under no name that a browser uses.
		"--dynamic-config-value", `frontend.httpAllowedHosts=["closed.invalid"]`}
	for _, name := range slices.Sorted(maps.Keys(s.options.SearchAttributes)) {
		args = append(args, "--search-attribute", name+"="+s.options.SearchAttributes[name])
	}
	if s.options.CodecEndpoint != "" {
		// It may hold a token, and everybody on the machine can read a process's arguments: a file gives it.
		file := filepath.Join(s.options.Data, "temporal-env.yaml")
		if err := os.WriteFile(file, fmt.Appendf(nil, "env:\n  relance:\n    ui-codec-endpoint: %q\n", s.options.CodecEndpoint), 0o600); err != nil {
			return err
		}
		args = append(args, "--env-file", file, "--env", "relance")
	}
	process, err := s.launch(Temporal, nil, args...)
	if err != nil {
		return err
	}
	return process.ready(ctx, s.temporalReady)
}

func (s *Stack) temporalReady(ctx context.Context) error {
	c, err := client.DialContext(ctx, client.Options{HostPort: s.TemporalAddress, Logger: tlog.NewStructuredLogger(slog.New(slog.DiscardHandler))})
	if err != nil {
		return err
	}
	defer c.Close()
	known, err := c.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: "default"})
	if err != nil {
		return err
	}
	for name := range s.options.SearchAttributes {
		if _, ok := known.GetCustomAttributes()[name]; !ok {
			return errors.New("search attribute " + name + " is not registered yet")
		}
	}
	_, err = c.WorkflowService().UpdateNamespace(ctx, &workflowservice.UpdateNamespaceRequest{Namespace: "default",
		Config: &namespacepb.NamespaceConfig{WorkflowExecutionRetentionTtl: durationpb.New(retention)}})
	return err
}
