// Package engine wires the rooms together from a configuration: it opens the connections that a process needs and runs the worker and the
// starter on them. A test, the demonstration and a server all start the same engine.
package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	tlog "go.temporal.io/sdk/log"
	"google.golang.org/grpc"

	"relance/activities"
	"relance/contract"
	"relance/domain/authority"
	"relance/domain/casefile"
	"relance/domain/scheme"
	"relance/intake/clamd"
	"relance/intake/reader"
	"relance/intake/routing"
	"relance/letters/correspondence"
	"relance/letters/texts"
	"relance/mail/address"
	"relance/mail/auth"
	"relance/mail/login"
	"relance/mail/mailbox"
	"relance/mail/outbox"
	"relance/observe/health"
	"relance/observe/telemetry"
	"relance/process/config"
	"relance/starter"
	"relance/store/archive"
	"relance/store/index"
	"relance/store/vault"
	"relance/worker"
	"relance/workflows"
)

// Engine is one authority's engine, connected.
type Engine struct {
	Config    *config.Config
	Authority *authority.Authority
	Texts     *texts.Texts
	Catalogue *scheme.Catalogue
	Archive   *archive.Store
	Temporal  client.Client
	Index     *index.Index
	Keys      *vault.Keys // nil where Temporal stores cases readable
	Log       *slog.Logger
	Metrics   *telemetry.Metrics
	Tracing   *telemetry.Tracing // nil: off
	Health    *health.Recorder
	Now       func() time.Time // the real time, but in tests

	sign func(string) string // reply addresses
	ring *vault.Ring         // nil: what Temporal stores is readable
	role Role
}

// Open reads the authority and its schemes, and connects to Temporal and the archive. Mail servers are connected to
// when they are needed.
func Open(ctx context.Context, c *config.Config, log *slog.Logger) (*Engine, error) {
	e, err := Prepare(c, Both, log)
	if err == nil {
		err = e.Connect(ctx)
	}
	return e, err
}

// Prepare reads what the configuration leads to on this machine. Nothing is connected yet.
func Prepare(c *config.Config, role Role, log *slog.Logger) (*Engine, error) {
	log = telemetry.Logger(health.Quiet(log))
	e := &Engine{Config: c, Log: log, Metrics: telemetry.New(), Now: time.Now, role: role}
	e.Health = health.New(string(role), log, nil, e.needs(role)...)
	e.Metrics.Live(e.dependencies)
	var err error
	if e.Authority, err = c.Authority(); err != nil {
		return nil, fmt.Errorf("authority: %w", err)
	}
	if e.Catalogue, err = c.Catalogue(); err != nil {
		return nil, fmt.Errorf("schemes: %w", err)
	}
	if e.Texts, err = c.Texts(e.Authority); err != nil {
		return nil, err
	}
	if err := e.Writer().CheckTexts(e.Catalogue.All(), time.Now()); err != nil {
		return nil, fmt.Errorf("texts (relance texts check):\n%w", err)
	}
	if e.ring, err = ring(c); err != nil {
		return nil, err
	}
	if err := e.check(role); err != nil {
		return nil, err
	}
	e.Tracing, err = telemetry.OpenTracing(context.Background())
	return e, err
}

// Connect connects to the archive and, where the process needs it, to Temporal. It may be called again after an error.
func (e *Engine) Connect(ctx context.Context) (err error) {
	if e.Archive, err = openArchive(ctx, e.Config, e.Health); err != nil {
		return err
	}
	e.Index = &index.Index{Archive: e.Archive}
	if e.sign, err = e.Index.Signer(ctx); err != nil {
		return err
	}
	if e.ring != nil {
		e.Keys = vault.NewKeys(e.Archive, e.ring)
	}
	if e.role == Codec {
		return nil
	}
	if e.Temporal, err = e.dial(ctx); err != nil {
		e.Health.Failed(err)
	}
	return err
}

// ErrKeys is returned where nobody has said how what Temporal stores is encrypted.
var ErrKeys = errors.New("RELANCE_KEYS is not set: `relance keys new` makes a master key to put there; `off` leaves cases readable in Temporal's database")

// ring are the master keys; nil where what Temporal stores is to be readable.
func ring(c *config.Config) (*vault.Ring, error) {
	switch c.Keys {
	case "":
		return nil, ErrKeys
	case "off":
		return nil, nil
	}
	ring, err := vault.ParseRing(c.Keys)
	if err != nil {
		return nil, fmt.Errorf("RELANCE_KEYS: %w", err)
	}
	return ring, nil
}

// Archive opens the object store alone.
func Archive(ctx context.Context, c *config.Config) (*archive.Store, error) {
	return openArchive(ctx, c, nil)
}

func openArchive(ctx context.Context, c *config.Config, watch *health.Recorder) (*archive.Store, error) {
	roots, err := config.Roots(c.S3.CA)
	if err != nil {
		return nil, err
	}
	return archive.Open(ctx, archive.Config{
		Endpoint: c.S3.Endpoint, AccessKey: c.S3.AccessKey, SecretKey: c.S3.SecretKey, Region: c.S3.Region, TLS: c.S3.TLS,
		RootCAs: roots, Public: c.S3.Public, Bucket: c.S3.Bucket, Retention: time.Duration(c.S3.Retention) * casefile.LegalDay, RetentionMode: c.S3.Lock,
		Observer: watch,
	})
}

// dial connects to Temporal as TEMPORAL_ADDRESS and its kin say.
func (e *Engine) dial(ctx context.Context) (client.Client, error) {
	options, err := envconfig.LoadDefaultClientOptions()
	if err != nil {
		return nil, fmt.Errorf("temporal: %w", err)
	}
	if e.Config.Temporal != "" {
		options.HostPort = e.Config.Temporal
	}
	options.Logger = tlog.NewStructuredLogger(e.Log)
	options.MetricsHandler = e.Metrics.Temporal()
	// gRPC would ask the DNS for a TXT record too, and wait where none answers.
	options.ConnectionOptions.DialOptions = append(options.ConnectionOptions.DialOptions, grpc.WithDisableServiceConfig(), grpc.WithChainUnaryInterceptor(e.watchTemporal))
	if e.Tracing != nil {
		follow, err := e.Tracing.Interceptor()
		if err != nil {
			return nil, fmt.Errorf("traces: %w", err)
		}
		options.Interceptors = append(options.Interceptors, follow)
	}
	if e.Keys != nil {
		data := vault.DataConverter(e.Keys)
		options.DataConverter, options.FailureConverter = worker.Patient(data), vault.FailureConverter(data)
		options.ConnectionOptions.GrpcCompression = &client.GrpcCompressionNone{} // what is encrypted has been compressed before
	}
	c, err := client.DialContext(ctx, options)
	if err != nil {
		return nil, health.Fail(health.Temporal, fmt.Errorf("temporal at %s: %w", options.HostPort, err))
	}
	return c, nil
}

// Namespace is the one of Temporal that the engine works in.
func Namespace() (string, error) {
	options, err := envconfig.LoadDefaultClientOptions()
	return cmp.Or(options.Namespace, client.DefaultNamespace), err
}

// Close ends the connections.
func (e *Engine) Close() {
	if e.Temporal != nil {
		e.Temporal.Close()
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := e.Tracing.Close(ctx); err != nil {
		e.Log.Warn("the last traces could not be sent", "error", err)
	}
}

// Addresses are the mailbox's addresses.
func (e *Engine) Addresses() address.Addresses {
	return address.Addresses{Mailbox: e.Config.Mail.Address, Sign: e.sign}
}

// Writer writes mails and letters.
func (e *Engine) Writer() *correspondence.Writer {
	return &correspondence.Writer{Authority: e.Authority, Addresses: e.Addresses(), Texts: e.Texts}
}

func (e *Engine) procedure() *workflows.Procedure {
	return &workflows.Procedure{Labels: &e.Texts.Labels, Console: e.Config.S3.Console, People: e.Authority}
}

// Worker runs the workflows and activities until ctx ends.
func (e *Engine) Worker(ctx context.Context) error {
	sender, err := Outbox(e.Config.SMTP, e.Config.Mail.Address)
	if err != nil {
		return err
	}
	sender.Observer = e.Health
	defer sender.Close()
	probes := []health.Probe{mailProbe(health.SMTP, sender.Check)}
	p := e.procedure()
	firms, err := e.Config.Register(time.Now)
	if err != nil {
		return err
	}
	a := e.Activities()
	limitMemory()
	readers := e.Readers()
	defer readers.Close()
	a.Papers, a.Room = readers, activities.Room()
	a.Outbox, a.Links, a.Register, a.Bulletin, a.Log, a.Metrics = sender, e.Archive, firms, e.Config.Proceedings(), e.Log, e.Metrics
	a.Lists = e.Config.Mail.Lists
	a.AuthServ, a.DKIM, a.Resolver = e.mailServer(), e.Config.DKIM(), e.Config.Mail.DKIM
	if e.Config.IMAP.Address != "" && e.Config.IMAP.Sent != "-" {
		box, err := Mailbox(e.Config, e.Log)
		if err != nil {
			return err
		}
		box.Observer = &mailboxObserver{e.Metrics, e.Health}
		probes = append(probes, mailProbe(health.IMAP, box.Check))
		copies := box.Sent(e.Config.IMAP.Sent)
		defer copies.Close()
		a.Copies = copies
	}
	scanner, err := Scanner(e.Config)
	if err != nil {
		return err
	}
	if scanner != nil {
		a.Scanner = &watchedScanner{scanner, e.Health}
		probes = append(probes, health.Probe{Of: health.Scanner, Ask: scanner.Ping, Idle: probeIdle, Away: probeAway})
	}
	if err := e.proofs(a); err != nil {
		return err
	}
	if a.Sealer == nil {
		e.Log.Warn("RELANCE_SEAL_P12 is not set: letters are not sealed")
	}
	if a.AuthServ.Name == "" {
		e.Log.Warn("RELANCE_MAIL_AUTHSERV is not set: no mail server is trusted to say who wrote a mail, and only signatures that verify here prove it")
	}
	if e.Config.Build != "" {
		versions, err := e.Rollout()
		if err != nil {
			return err
		}
		probes = append(probes, health.Probe{Of: health.Versions, Ask: standing(versions), Idle: probeIdle, Away: probeAway})
		go versions.Adopt(ctx, e.Log)
	}
	defer e.Watch(ctx, probes...)()
	return worker.Run(ctx, worker.Options{Client: e.Temporal, Build: e.Config.Build, Procedure: p, Activities: a, Metrics: e.Metrics, Health: e.Health, Now: e.Now, Log: e.Log})
}

// mailServer is the one that is trusted to say who wrote a mail.
func (e *Engine) mailServer() auth.Server {
	return auth.Server{Name: e.Config.Mail.AuthServ, Below: e.Config.Mail.Below}
}

// Activities are the side effects that need no mail server.
func (e *Engine) Activities() *activities.Activities {
	return &activities.Activities{Archive: e.Archive, Writer: e.Writer(), Catalogue: e.Catalogue, Plan: e.Catalogue.Plan, Temporal: e.Temporal, Now: e.Now,
		Mailroom: e.Mailroom(), Questions: e.Config.Mail.Questions}
}

// Starter watches the mailbox until ctx ends.
func (e *Engine) Starter(ctx context.Context) error {
	box, err := Mailbox(e.Config, e.Log)
	if err != nil {
		return err
	}
	limitMemory()
	s := e.Mailroom()
	box.Observer = &mailboxObserver{e.Metrics, e.Health}
	s.Box, s.Metrics, s.Tracing, s.Health, s.Now = box, e.Metrics, e.Tracing, e.Health, e.Now
	e.Metrics.Add(e.sources()...)
	defer e.Watch(ctx, mailProbe(health.IMAP, box.Check), diskProbe())()
	err = s.Run(ctx)
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// limitMemory has Go free memory in time, so that a process stays under 512 MB with what does not lie in its heap; GOMEMLIMIT says otherwise.
func limitMemory() {
	const heap = 448 << 20
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(heap)
	}
}

// Readers look into strangers' files, in processes of their own.
func (e *Engine) Readers() *reader.Pool {
	return reader.New(reader.Options{Strikes: e.Index, Log: e.Log, Ended: e.Metrics.ReaderEnded})
}

// Mailroom takes messages to their cases; it has no mailbox of its own.
func (e *Engine) Mailroom() *starter.Starter {
	folders := e.Config.IMAP
	return &starter.Starter{Papers: e.Readers(), Archive: e.Archive, Temporal: e.Temporal, Index: e.Index, Server: e.mailServer(), Lists: e.Config.Mail.Lists,
		Router: &routing.Router{Addresses: e.Addresses(), Catalogue: e.Catalogue, ADay: e.Config.Mail.CasesADay, InAll: e.Config.Mail.InAll}, Clock: e.Config.Clock(), TaskQueue: contract.TaskQueue,
		Folders: starter.Folders{Processed: mailbox.Destination(folders.Processed), Unassigned: mailbox.Destination(folders.Unassigned),
			Ignored: mailbox.Destination(folders.Ignored)}, Log: e.Log}
}

// Mailbox is the authority's inbox.
func Mailbox(c *config.Config, log *slog.Logger) (*mailbox.Box, error) {
	roots, err := config.Roots(c.IMAP.CA)
	if err != nil {
		return nil, err
	}
	token, refused, err := accessToken(c.IMAP.Server)
	if err != nil {
		return nil, fmt.Errorf("imap: %w", err)
	}
	return mailbox.New(mailbox.Config{Address: c.IMAP.Address, Username: c.IMAP.Username, Password: c.IMAP.Password,
		Token: token, TokenRefused: refused, TLS: mailbox.TLSMode(c.IMAP.TLS), RootCAs: roots, Inbox: c.IMAP.Inbox, Tick: c.IMAP.Tick,
		Largest: c.IMAP.Largest << 20, Logger: log})
}

// Outbox is the server mail is handed to.
func Outbox(s config.Server, address string) (*outbox.Sender, error) {
	roots, err := config.Roots(s.CA)
	if err != nil {
		return nil, err
	}
	token, refused, err := accessToken(s)
	if err != nil {
		return nil, fmt.Errorf("smtp: %w", err)
	}
	_, domain, _ := strings.Cut(address, "@")
	return outbox.New(outbox.Config{Address: s.Address, Username: s.Username, Password: s.Password,
		Token: token, TokenRefused: refused, TLS: outbox.TLSMode(s.TLS), RootCAs: roots, HelloName: domain})
}

// Scanner is the virus scanner; nil where none is configured.
func Scanner(c *config.Config) (*clamd.Client, error) {
	if c.Clamd == "" {
		return nil, nil
	}
	scanner, err := clamd.New(c.Clamd)
	if err != nil {
		return nil, fmt.Errorf("RELANCE_CLAMD: %w", err)
	}
	return scanner, nil
}

// accessToken gives what logs in to a mail server instead of the password: a token that is fetched and kept fresh here, or one that something
// else keeps fresh in a file; nil where the password does. refused wants to know of a token that the server does not take.
func accessToken(s config.Server) (token func(context.Context) (string, error), refused func(string), err error) {
	if o := s.OAuth; o.TokenURL != "" {
		source, err := login.New(login.Config{TokenURL: o.TokenURL, ClientID: o.ClientID, ClientSecret: o.ClientSecret,
			RefreshToken: o.RefreshToken, RefreshTokenFile: o.Store, Scopes: o.Scopes})
		if err != nil {
			return nil, nil, err
		}
		return source.Token, source.Refused, nil
	}
	if s.TokenFile == "" {
		return nil, nil, nil
	}
	return func(context.Context) (string, error) {
		text, err := os.ReadFile(s.TokenFile)
		return strings.TrimSpace(string(text)), err
	}, nil, nil
}
