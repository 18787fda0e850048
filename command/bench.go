package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/pprof"

	"relance/bench"
)

func runBench(ctx context.Context, c *call) error {
	cases := c.flags.Int("cases", 50, "how many complete grant cases")
	reservations := c.flags.Int("reservations", 0, "instead: so many reservations on one envelope of the plan")
	mox := c.flags.Bool("mox", false, "over mox instead of the quick mail server in memory; mox takes some 300 mails a minute, so at most 40 cases")
	asJSON := c.flags.Bool("json", false, "for programs")
	profile := c.flags.String("profile", "", "where this process spends its time, written to a `file` for go tool pprof")
	if _, err := c.parse(0); err != nil {
		return err
	}
	if *cases <= 0 {
		return errors.New("-cases: at least one")
	}
	if *profile != "" {
		file, err := os.Create(*profile)
		if err != nil {
			return err
		}
		defer file.Close()
		if err := pprof.StartCPUProfile(file); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
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
	if *reservations > 0 {
		r, err := bench.Reservations(ctx, bench.Options{Data: data, Cases: *reservations, Progress: c.stderr, Log: log})
		if err != nil {
			return err
		}
		if *asJSON {
			return c.json(r)
		}
		fmt.Fprintf(c.stdout, "%d reservations: %.0f/s in %d records\nthe plan's workflow: run %d, of %d events and %.1f kB\n", r.Reservations, r.PerSecond, r.Records, r.Runs, r.Events, float64(r.Bytes)/1000)
		return nil
	}
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
