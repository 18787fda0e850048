package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime/pprof"

	"relance/local/bench"
	"relance/local/run"
	"relance/office/audit"
)

func runBench(ctx context.Context, c *call) error {
	cases := c.flags.Int("cases", 50, "how many complete grant cases")
	reservations := c.flags.Int("reservations", 0, "instead: so many reservations on one envelope of the plan")
	fund := c.flags.Int("fund", 0, "instead: the whole Fonds Rebond, 13,333 full grants or as many as -cases says, and so many applications beyond; then an audit")
	pace := c.flags.Float64("pace", 0, "how many applications are sent in a second; 0: as fast as the mail server takes them")
	window := c.flags.Int("window", 0, "how many applications are under way at once; 0: all, and 60 with -fund")
	mox := c.flags.Bool("mox", false, "over mox instead of the quick mail server in memory; mox takes some 300 mails a minute, so at most 40 cases")
	asJSON := c.flags.Bool("json", false, "for programs")
	disk := c.flags.String("disk", "", "`folder` on the disk that the servers work on, such as /dev/shm for the machine's memory (default: that for temporary files)")
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
	data, err := os.MkdirTemp(*disk, "relance-bench-")
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
		fmt.Fprintf(c.stdout, "the book: told in %.0f ms; read by a worker that has just started in %.0f ms, %.0f MB of its memory; %d kB as a snapshot, all snapshots %d kB\n",
			r.AskMS, r.ColdMS, r.ColdMB, r.SnapshotBytes/1000, r.SnapshotsBytes/1000)
		return nil
	}
	o := bench.Options{Data: data, Cases: *cases, Pace: *pace, Window: *window, Mox: *mox, Progress: c.stderr, Log: log, Twins: *fund == 0 && *pace == 0}
	if *fund > 0 {
		return c.benchFund(ctx, o, *fund, *asJSON)
	}
	r, err := bench.Run(ctx, o)
	if err != nil {
		return err
	}
	if *asJSON {
		return c.json(r)
	}
	fmt.Fprintf(c.stdout, "%d cases in %.1f s: %.2f cases/s\nhistory of a case up to its grant: %.0f events, %.1f kB\nfrom delivery to acknowledgement: p50 %.0f ms, p95 %.0f ms\nprocessor of a case: Relance %.0f ms, MinIO %.0f ms, Temporal %.0f ms\n",
		r.Cases, r.Seconds, r.CasesPerSecond, r.EventsPerCase, r.BytesPerCase/1000, r.AckP50, r.AckP95, r.Processor.Relance, r.Processor.MinIO, r.Processor.Temporal)
	if o.Twins {
		fmt.Fprintf(c.stdout, "twins that do nothing: %.2f/s; ratio %.2f\nprocessor of a twin: Relance %.0f ms, Temporal %.0f ms\n", r.TwinPerSecond, r.Ratio,
			r.TwinProcessor.Relance, r.TwinProcessor.Temporal)
	}
	return nil
}

// benchFund lets a whole fund be asked for, and audits what became of it.
func (c *call) benchFund(ctx context.Context, o bench.Options, beyond int, asJSON bool) error {
	if !c.given("cases") {
		o.Cases = 1 << 30 // as many as the fund pays
	}
	var found audit.Report
	o.Inspect = func(ctx context.Context, l *run.Local) (err error) {
		found, err = audit.Run(ctx, l.Engine, audit.Options{Progress: c.stderr}) // which place takes how long
		return err
	}
	f, err := bench.Fund(ctx, o, beyond)
	if err != nil {
		return err
	}
	if asJSON {
		err = c.json(struct {
			bench.FundResult
			Audit audit.Report `json:"audit"`
		}{f, found})
	} else {
		fmt.Fprint(c.stdout, f)
		c.audit(found)
	}
	if err == nil && len(found.Findings) > 0 {
		return errSilent
	}
	return err
}

// given tells whether a flag was given.
func (c *call) given(name string) (is bool) {
	c.flags.Visit(func(f *flag.Flag) { is = is || f.Name == name })
	return is
}
