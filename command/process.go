package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/term"

	"relance/local/demo"
	"relance/local/devstack"
	"relance/local/run"
	"relance/observe/health"
	"relance/process/config"
	"relance/process/engine"
)

func runDemo(ctx context.Context, c *call) error {
	data := c.dataFlag()
	day := c.flags.Duration("day", 2*time.Second, "how long a legal day lasts")
	manual := c.flags.Bool("manual", false, "leave the decisions to you (relance case decide)")
	exit := c.flags.Bool("exit", false, "end when every sample has ended; a line of JSON a case on standard output")
	usual := c.flags.Bool("usual-ports", false, "the ports people know (7233, 8233, 9000, 1080 …) instead of free ones")
	if _, err := c.parse(0); err != nil {
		return err
	}
	if *manual && *exit {
		return errors.New("-exit waits for all samples to end, and -manual leaves that to you: choose one")
	}
	if *day <= 0 || *day > 24*time.Hour {
		return errors.New("-day: a legal day lasts more than nothing and at most 24h")
	}
	fresh, err := freshFolder(*data)
	if err != nil {
		return err
	}
	log, closeLog, err := logFile(fresh)
	if err != nil {
		return err
	}
	defer closeLog()
	return demo.Run(ctx, demo.Options{Data: fresh, UsualPorts: *usual, Day: *day, Manual: *manual, Exit: *exit, Samples: demo.Samples(),
		Results: c.stdout, Screen: c.stderr, Terminal: isTerminal(c.stderr), Log: log})
}

// runTry plays one sample applicant against the installation that the environment leads to.
func runTry(ctx context.Context, c *call) error {
	until := c.flags.String("until", "", "the authority's mail with which it ends: acknowledgement, charter, grant …; the first one where none is named")
	sample := c.flags.String("sample", demo.Samples()[0].Account, "who applies: the account of a sample of the demonstration")
	args, err := c.parse(1)
	if err != nil {
		return err
	}
	cfg, err := config.Load()
	if err != nil {
		return err
	}
	if password := os.Getenv("TRY_MAIL_PASSWORD"); password != "" {
		cfg.IMAP.Password, cfg.SMTP.Password = password, password
	}
	return demo.Try(ctx, demo.TryOptions{Config: cfg, Account: args[0], Sample: *sample, Until: *until, Screen: c.stdout})
}

// freshFolder gives the demonstration a folder without the cases of an earlier one. The default folder is emptied, unless
// a demonstration is running in it; one that a person names is left as it is.
func freshFolder(data string) (string, error) {
	if data != "" {
		return data, nil
	}
	folder := filepath.Join("data", "demo")
	if run.Running(folder) {
		return "", fmt.Errorf("a demonstration is running in %s: stop it first, or name another folder with -data", folder)
	}
	if err := os.RemoveAll(folder); err != nil {
		return "", err
	}
	return folder, os.MkdirAll(folder, 0o700)
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// logFile keeps the engine's own log out of a person's sight, beside those of the servers.
func logFile(data string) (*slog.Logger, func(), error) {
	folder := filepath.Join(data, "logs")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, nil, err
	}
	f, err := os.OpenFile(filepath.Join(folder, "relance.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, nil, err
	}
	return slog.New(slog.NewTextHandler(f, nil)), func() { _ = f.Close() }, nil
}

func runUp(ctx context.Context, c *call) error {
	data := c.flags.String("data", "data/up", "folder for everything that lasts")
	own := c.flags.Bool("own-mail", false, "use the mailbox that RELANCE_IMAP_* and RELANCE_SMTP_* name, and start no mail server")
	if _, err := c.parse(0); err != nil {
		return err
	}
	cfg, err := config.Load()
	if err != nil {
		return err
	}
	l, err := run.Start(ctx, run.Options{Data: *data, UsualPorts: true, OwnMail: *own, Retention: cfg.S3.Retention, Progress: c.stderr, Log: cfg.Logger()})
	if err != nil {
		return err
	}
	l.Run(ctx)
	if cfg.Health != "" {
		go func() {
			if err := serveHealth(ctx, cfg.Health, l.Engine); err != nil {
				cfg.Logger().Error("health page", "error", err)
			}
		}()
	}
	fmt.Fprintf(c.stderr, "Temporal %s, MinIO %s, webmail %s\n", l.Stack.TemporalUI, l.Stack.S3Console, l.Stack.WebmailURL)
	select {
	case <-ctx.Done():
	case err = <-l.Failed():
	}
	return errors.Join(err, l.Close())
}

func runWorker(ctx context.Context, c *call) error {
	return c.process(ctx, engine.Worker, (*engine.Engine).Worker)
}

func runStarter(ctx context.Context, c *call) error {
	return c.process(ctx, engine.Starter, (*engine.Engine).Starter)
}

// process runs the worker or the starter.
func (c *call) process(ctx context.Context, role engine.Role, work func(*engine.Engine, context.Context) error) error {
	if _, err := c.parse(0); err != nil {
		return err
	}
	cfg, err := config.Load()
	if err != nil {
		return err
	}
	return runEngine(ctx, cfg, role, work)
}

// runEngine lets an engine work as soon as its servers are there. Its health page answers from the first moment.
func runEngine(ctx context.Context, cfg *config.Config, role engine.Role, work func(*engine.Engine, context.Context) error) error {
	e, err := engine.Prepare(cfg, role, cfg.Logger())
	if err != nil {
		return err
	}
	defer e.Close()
	g, within := errgroup.WithContext(ctx)
	if cfg.Health != "" {
		g.Go(func() error { return serveHealth(within, cfg.Health, e) })
	}
	g.Go(func() error {
		err := e.Await(within)
		if err == nil {
			err = work(e, within)
		}
		return err
	})
	if err := g.Wait(); !errors.Is(err, context.Canceled) || ctx.Err() == nil {
		return err
	}
	return nil // it was asked to end
}

// serveHealth answers how a process does, and its figures.
func serveHealth(ctx context.Context, address string, e *engine.Engine) error {
	mux := http.NewServeMux()
	e.Health.Pages(mux)
	mux.Handle("GET /metrics", e.Metrics.Handler())
	return serve(ctx, address, mux)
}

func runHealth(ctx context.Context, c *call) error {
	where, err := c.parse(1)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, where[0], nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	const longest = 64 << 10
	text, err := io.ReadAll(io.LimitReader(answer.Body, longest))
	if err != nil {
		return err
	}
	var report health.Report
	if err := json.Unmarshal(text, &report); err != nil || report.Status == "" {
		return fmt.Errorf("%s is no health page: it answers %s", where[0], answer.Status)
	}
	fmt.Fprint(c.stdout, report)
	if answer.StatusCode != http.StatusOK {
		return errSilent
	}
	return nil
}

func runServers(ctx context.Context, c *call) error {
	if _, err := c.parse(0); err != nil {
		return err
	}
	return devstack.Build(ctx, devstack.All, c.stderr)
}

// dataFlag is the folder of a local engine.
func (c *call) dataFlag() *string {
	return c.flags.String("data", "", "folder of a local engine (default: data/demo)")
}

// configuration leads this process to an engine, and gives its configuration.
func configuration(data string) (*config.Config, error) {
	if err := adopt(data); err != nil {
		return nil, err
	}
	return config.Load()
}

// adopt leads this process to a local engine, unless the environment leads it somewhere already.
func adopt(data string) error {
	if os.Getenv("RELANCE_S3_ENDPOINT") != "" {
		return nil
	}
	if data != "" {
		return run.Adopt(data)
	}
	for _, folder := range []string{"data/demo", "data/up"} {
		if run.Running(folder) {
			return run.Adopt(folder)
		}
	}
	return errors.New("no running engine: start `relance demo` or `relance up` here, name its folder with -data, or set RELANCE_S3_ENDPOINT and the other variables")
}
