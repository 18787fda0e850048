// Package run runs the whole engine on one machine: the three real servers (package devstack), a worker and a starter. The demonstration,
// a small authority's installation, the benchmark and the end-to-end tests are all this.
package run

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"relance/contract"
	"relance/domain/casefile"
	"relance/local/devstack"
	"relance/local/postoffice"
	"relance/process/config"
	"relance/process/engine"
	"relance/store/vault"
)

// Account is the authority's mailbox on the local mail server.
const Account = "aides"

// Options are how the local engine runs.
type Options struct {
	Data       string        // folder for everything that lasts
	UsualPorts bool          // the ports people know, instead of free ones
	Day        time.Duration // how long a legal day lasts; zero: 24 h
	Applicants []string      // accounts of applicants on the local mail server
	OwnMail    bool          // the mailbox is the authority's own, as the environment says; no mail server is started
	QuickMail  bool          // a mail server in memory instead of mox: for measurements
	Retention  int           // days for which evidence is locked
	Signers    string        // a PEM file of certificates that are believed when a charter is signed digitally
	Progress   io.Writer     // what is being started, for a person
	Log        *slog.Logger

	// StoreUser makes a user of the object store for the engine, and gives its keys; nil: the engine has the administrator's.
	StoreUser func(context.Context, *devstack.Stack) (accessKey, secretKey string, err error)
}

// Local is a running engine with its servers.
type Local struct {
	Stack  *devstack.Stack
	Engine *engine.Engine

	office *postoffice.Office // instead of mox
	codec  *codec
	data   string
	cancel context.CancelFunc
	done   sync.WaitGroup
	errs   chan error
}

// Start starts the servers and connects to them. Run then lets the engine work.
func Start(ctx context.Context, o Options) (*Local, error) {
	servers := devstack.All
	if o.OwnMail || o.QuickMail {
		servers = devstack.Temporal | devstack.MinIO
	}
	if err := os.MkdirAll(o.Data, 0o700); err != nil {
		return nil, err
	}
	page, err := listenCodec(o.Data, o.UsualPorts)
	if err != nil {
		return nil, fmt.Errorf("page that decrypts for Temporal's: %w", err)
	}
	stack, err := devstack.Start(ctx, devstack.Options{Servers: servers, Data: o.Data, UsualPorts: o.UsualPorts, CodecEndpoint: page.endpoint(),
		Accounts: append([]string{Account}, o.Applicants...), SearchAttributes: contract.SearchAttributes, Progress: o.Progress})
	if err != nil {
		return nil, errors.Join(err, page.close())
	}
	l := &Local{Stack: stack, data: o.Data, errs: make(chan error, 2), codec: page}
	if o.QuickMail {
		if l.office, err = postoffice.Open(append([]string{Account}, o.Applicants...)...); err != nil {
			return nil, errors.Join(err, l.Close())
		}
	}
	c, err := l.configure(o)
	if err == nil && o.StoreUser != nil {
		c.S3.AccessKey, c.S3.SecretKey, err = o.StoreUser(ctx, stack)
	}
	if err == nil {
		l.Engine, err = engine.Open(ctx, c, o.Log)
	}
	if err == nil && l.Engine.Keys != nil {
		err = page.serve(&vault.Server{Codec: vault.NewCodec(l.Engine.Keys), Log: o.Log}, stack.TemporalUI)
	}
	if err == nil {
		err = l.publish(c)
	}
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// configure makes the configuration that leads to the local servers.
func (l *Local) configure(o Options) (*config.Config, error) {
	c := config.Defaults()
	if o.OwnMail {
		own, err := config.Load()
		if err != nil {
			return nil, err
		}
		c = own
	}
	s := l.Stack
	c.Temporal = s.TemporalAddress
	c.S3.Endpoint, c.S3.AccessKey, c.S3.SecretKey, c.S3.TLS = s.S3Endpoint, s.S3AccessKey, s.S3SecretKey, false
	c.S3.Console = s.S3Console + "/browser/" + c.S3.Bucket + "/"
	c.S3.Retention = o.Retention
	if !o.OwnMail {
		c.Mail.Address = Account + "@localhost"
		c.Mail.InAll, c.Mail.Questions = 0, 0 // nobody from outside writes here, and a measurement opens a whole fund
		c.IMAP.Server, c.SMTP = l.Imap(Account), l.Smtp(Account)
		c.IMAP.Tick = 5 * time.Second
		c.Mail.AuthServ, c.Mail.DKIM = "localhost", "off" // the local mail server's name
		if s.DNSAddress != "" {
			c.Mail.DKIM = s.DNSAddress // which has the keys that it signs with
		}
	}
	if err := keepSeal(o.Data, c); err != nil {
		return nil, err
	}
	if o.Signers != "" {
		c.Signers = o.Signers
	}
	if c.Keys == "" {
		var err error
		if c.Keys, err = keep(filepath.Join(o.Data, "master-key"), vault.NewMaster); err != nil {
			return nil, err
		}
	}
	clock, err := keepClock(o.Data, o.Day)
	c.Day, c.Epoch = clock.Day, clock.Epoch
	return c, err
}

// Imap is how an account of the local mail server reads its mail.
func (l *Local) Imap(account string) config.Server {
	if l.office != nil {
		return config.Server{Address: l.office.IMAPAddress, Username: account + "@localhost", Password: postoffice.Password, TLS: "plain"}
	}
	return config.Server{Address: l.Stack.IMAPAddress, Username: account + "@localhost", Password: l.Stack.Passwords[account], TLS: "tls", CA: l.Stack.CAFile}
}

// Smtp is how an account of the local mail server sends.
func (l *Local) Smtp(account string) config.Server {
	if l.office != nil {
		return config.Server{Address: l.office.SMTPAddress, Username: account + "@localhost", Password: postoffice.Password, TLS: "plain"}
	}
	return config.Server{Address: l.Stack.SubmissionAddress, Username: account + "@localhost", Password: l.Stack.Passwords[account], TLS: "tls", CA: l.Stack.CAFile}
}

// keepClock remembers since when days are shortened, so that dates go on where they were after a restart.
func keepClock(data string, day time.Duration) (casefile.Clock, error) {
	file := filepath.Join(data, "clock.json")
	var kept casefile.Clock
	text, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(text, &kept)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return kept, fmt.Errorf("%s: %w", file, err)
	case kept.Day == day:
		return kept, nil
	default:
		return kept, fmt.Errorf("the cases in %s were opened with a legal day of %v, not %v: use that, or another folder", data, shown(kept.Day), shown(day))
	}
	clock := casefile.Clock{Day: day}
	if day > 0 {
		clock.Epoch = time.Now().UTC().Truncate(time.Millisecond)
	}
	if text, err = json.Marshal(clock); err != nil {
		return clock, err
	}
	return clock, os.WriteFile(file, text, 0o600)
}

func shown(day time.Duration) time.Duration {
	if day == 0 {
		return casefile.LegalDay
	}
	return day
}

// EnvFile is where the variables that lead to a running local engine stand, inside its data folder.
const EnvFile = "local.json"

// publish writes down how to reach this engine, so that `relance case` finds it from another terminal.
func (l *Local) publish(c *config.Config) error {
	vars := c.Environ()
	vars["TEMPORAL_ADDRESS"] = l.Stack.TemporalAddress
	text, err := json.MarshalIndent(vars, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(l.data, EnvFile), text, 0o600)
}

// Adopt sets the variables of a local engine for this process, those that are not set yet. A folder without one changes
// nothing.
func Adopt(data string) error {
	vars, err := variables(data)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for name, value := range vars {
		if _, set := os.LookupEnv(name); !set {
			if err := os.Setenv(name, value); err != nil {
				return err
			}
		}
	}
	return nil
}

// Environ is this process's environment with the variables of a local engine, for a process that is to work for that one.
func Environ(data string) ([]string, error) {
	vars, err := variables(data)
	if err != nil {
		return nil, err
	}
	list := os.Environ()
	for name, value := range vars {
		list = append(list, name+"="+value)
	}
	return list, nil
}

func variables(data string) (vars map[string]string, err error) {
	text, err := os.ReadFile(filepath.Join(data, EnvFile))
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, &vars); err != nil {
		return nil, fmt.Errorf("%s: %w", EnvFile, err)
	}
	return vars, nil
}

// Running tells whether an engine runs in a data folder.
func Running(data string) bool {
	vars, err := variables(data)
	if err != nil {
		return false
	}
	c, err := net.DialTimeout("tcp", vars["TEMPORAL_ADDRESS"], time.Second)
	if err != nil {
		return false
	}
	return c.Close() == nil
}

// Run lets a worker and a starter work until Close.
func (l *Local) Run(ctx context.Context) {
	ctx, l.cancel = context.WithCancel(ctx)
	for _, process := range []func(context.Context) error{l.Engine.Worker, l.Engine.Starter} {
		l.done.Go(func() {
			if err := process(ctx); err != nil {
				l.errs <- err
			}
		})
	}
}

// Failed tells when the worker or the starter had to give up.
func (l *Local) Failed() <-chan error { return l.errs }

// Close stops the engine, then the servers.
func (l *Local) Close() error {
	if l.cancel != nil {
		l.cancel()
	}
	l.done.Wait()
	if l.Engine != nil {
		l.Engine.Close()
	}
	err := os.Remove(filepath.Join(l.data, EnvFile))
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	if l.office != nil {
		err = errors.Join(err, l.office.Close())
	}
	err = errors.Join(err, l.codec.close())
	return errors.Join(err, l.Stack.Stop())
}

// Accounts lists the local mail accounts, the authority's first.
func (l *Local) Accounts() []string {
	var names []string
	for name := range l.Stack.Passwords {
		if name != Account {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return append([]string{Account}, names...)
}
