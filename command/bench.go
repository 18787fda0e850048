package command

import (
	"context"
	"errors"
	"fmt"
	"os"

	"relance/bench"
)

func runBench(ctx context.Context, c *call) error {
	cases := c.flags.Int("cases", 50, "how many complete grant cases")
	mox := c.flags.Bool("mox", false, "over mox instead of the quick mail server in memory; mox takes some 300 mails a minute, so at most 40 cases")
	asJSON := c.flags.Bool("json", false, "for programs")
	if _, err := c.parse(0); err != nil {
		return err
	}
	if *cases <= 0 {
		return errors.New("-cases: at least one")
	}
	data, err := os.MkdirTemp("", "relance-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(data)
	log, closeLog, err := logFile(data)
	if err != nil {
		return err
	}
	defer closeLog()
	r, err := bench.Run(ctx, bench.Options{Data: data, Cases: *cases, Mox: *mox, Progress: c.stderr, Log: log})
	if err != nil {
		return err
	}
	if *asJSON {
		return c.json(r)
	}
	fmt.Fprintf(c.stdout, "%d cases in %.1f s: %.2f cases/s\nhistory of a case up to its grant: %.0f events, %.1f kB\nfrom delivery to acknowledgement: p50 %.0f ms, p95 %.0f ms\n",
		r.Cases, r.Seconds, r.CasesPerSecond, r.EventsPerCase, r.BytesPerCase/1000, r.AckP50, r.AckP95)
	return nil
}
