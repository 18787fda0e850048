package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	"google.golang.org/grpc"
	"google.golang.org/grpc/status"

	"relance/activities"
	"relance/intake/clamd"
	"relance/observe/health"
	"relance/observe/telemetry"
	"relance/process/config"
	"relance/process/rollout"
	"relance/proof/seal"
)

// Role is what a process does, and so what it needs.
type Role string

// The roles.
const (
	Worker  Role = "worker"
	Starter Role = "starter"
	Codec   Role = "codec"
	Both    Role = "relance" // worker and starter in one process
)

// needs are what a process of this role needs; what is vital to it comes first.
func (e *Engine) needs(role Role) []health.Need {
	c := e.Config
	list := []health.Need{{Of: health.Archive, Address: c.S3.Endpoint, Vital: true}}
	if role == Codec {
		return list
	}
	list = append(list, health.Need{Of: health.Temporal, Address: temporalAddress(c), Vital: true})
	works, starts := role == Worker || role == Both, role == Starter || role == Both
	if starts || works && c.IMAP.Address != "" && c.IMAP.Sent != "-" { // a worker keeps copies there, which can wait
		list = append(list, health.Need{Of: health.IMAP, Address: c.IMAP.Address, Vital: role == Starter})
	}
	if works {
		list = append(list, health.Need{Of: health.SMTP, Address: c.SMTP.Address})
		if c.Build != "" {
			list = append(list, health.Need{Of: health.Versions, Vital: true})
		}
		if c.Clamd != "" {
			list = append(list, health.Need{Of: health.Scanner})
		}
		if len(c.TSA.URL) > 0 {
			list = append(list, health.Need{Of: health.Timestamp})
		}
	}
	if starts {
		list = append(list, health.Need{Of: health.Disk})
	}
	return append(list, health.Need{Of: health.Clock})
}

// temporalAddress is where Temporal is asked, without the word for gRPC that may stand before it; empty where its variables cannot be read,
// which dial tells.
func temporalAddress(c *config.Config) string {
	options, err := envconfig.LoadDefaultClientOptions()
	if err != nil {
		return ""
	}
	return strings.TrimPrefix(cmp.Or(c.Temporal, options.HostPort, client.DefaultHostPort), "passthrough:///")
}

// check finds what is wrong in the configuration of a process that is to last, before anything is waited for.
func (e *Engine) check(role Role) error {
	var failed error
	also := func(err error) { failed = errors.Join(failed, err) }
	switch role {
	case Worker:
		_, err := Outbox(e.Config.SMTP, e.Config.Mail.Address)
		also(err)
		if file := e.Config.Firms; file != "" && file != "api" { // it takes long to read
			_, err = os.Stat(file)
			also(err)
		}
		_, err = Scanner(e.Config)
		also(err)
		also(e.proofs(&activities.Activities{}))
	case Starter:
		_, err := Mailbox(e.Config, e.Log)
		also(err)
	}
	return failed
}

// dependencies are how everything does, as figures.
func (e *Engine) dependencies() []telemetry.Sample {
	var list []telemetry.Sample
	for _, d := range e.Health.Report().Dependencies {
		up, reason, away := 1.0, "", 0.0
		switch d.Standing {
		case health.Unknown:
			continue
		case health.Away:
			up, reason, away = 0, string(d.Reason), time.Since(d.Since).Seconds()
		}
		list = append(list, telemetry.Sample{Metric: telemetry.DependencyUp, Labels: []string{string(d.Name), reason}, Value: up},
			telemetry.Sample{Metric: telemetry.DependencyAway, Labels: []string{string(d.Name)}, Value: away})
	}
	return list
}

const (
	firstWait = time.Second
	lastWait  = 15 * time.Second

	probeIdle = 30 * time.Second // a server that nobody has worked with for so long is asked how it does
	probeAway = 5 * time.Second
	mailIdle  = 5 * time.Minute // mail servers shut out who logs in too often
	mailAway  = time.Minute
)

// Await connects to the archive and to Temporal, and waits for them as long as it takes. What waiting cannot mend, such as a key that is refused, is an
// error at once.
func (e *Engine) Await(ctx context.Context) error {
	for wait := firstWait; ; wait = min(2*wait, lastWait) {
		err := e.Connect(ctx)
		if err == nil || !Passing(err) {
			return err
		}
		e.Log.Debug("not connected yet", "again", wait, "error", err)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
	}
}

// Passing tells whether a failure to connect may be over later, with nothing changed in the configuration.
func Passing(err error) bool {
	f, outage := health.Outage(err)
	return outage && f.Reason.Passing()
}

// Watch says that the process has started, and asks what nobody works with how it does, until the function it gives is called.
func (e *Engine) Watch(ctx context.Context, more ...health.Probe) (end func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	probes := append(more, health.Probe{Of: health.Archive, Ask: e.Archive.Health, Idle: probeIdle, Away: probeAway})
	if e.role != Codec {
		probes = append(probes, health.Probe{Of: health.Temporal, Ask: e.askTemporal, Idle: probeIdle, Away: probeAway})
	}
	go func() {
		defer close(done)
		e.Health.Watch(ctx, probes...)
	}()
	e.Health.Ready()
	return func() { cancel(); <-done }
}

func mailProbe(of health.Dependency, ask func(context.Context) error) health.Probe {
	return health.Probe{Of: of, Ask: ask, Idle: mailIdle, Away: mailAway}
}

func (e *Engine) askTemporal(ctx context.Context) error {
	_, err := e.Temporal.CheckHealth(ctx, &client.CheckHealthRequest{})
	return err
}

// standing asks whether cases wait for a version of which no worker runs.
func standing(versions *rollout.Rollout) func(context.Context) error {
	return func(ctx context.Context) error {
		err := versions.Standing(ctx)
		if errors.Is(err, rollout.ErrStandstill) {
			err = &health.Failure{Of: health.Versions, Reason: health.Standstill, Err: err}
		}
		return err
	}
}

// diskProbe sees whether there is room again.
func diskProbe() health.Probe {
	return health.Probe{Of: health.Disk, Ask: tryDisk, Away: mailAway}
}

// tryDisk puts as much as a large mail into a temporary file.
func tryDisk(context.Context) error {
	file, err := os.CreateTemp("", "relance-try-")
	if err != nil {
		return err
	}
	_, err = file.Write(make([]byte, 4<<20))
	return errors.Join(err, file.Close(), os.Remove(file.Name()))
}

// watchTemporal tells how each call of Temporal went. A deadline that passed may have been too short: it says nothing.
func (e *Engine) watchTemporal(ctx context.Context, method string, request, reply any, c *grpc.ClientConn, invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
	err := invoke(ctx, method, request, reply, c, options...)
	if err == nil {
		e.Health.Succeeded(health.Temporal)
		return nil
	}
	if ctx.Err() != nil {
		return err
	}
	what := serviceerror.FromStatus(status.Convert(err))
	if _, outage := health.Outage(what); outage {
		e.Health.Failed(what)
	} else {
		e.Health.Answered(health.Temporal)
	}
	return err
}

// mailboxObserver hands on how the mailbox does.
type mailboxObserver struct {
	metrics *telemetry.Metrics
	health  *health.Recorder
}

func (o *mailboxObserver) Contact(mails int) {
	o.metrics.Contact(mails)
	o.health.Succeeded(health.IMAP)
}

func (o *mailboxObserver) Lost(err error) {
	o.metrics.Lost("imap")
	o.health.Failed(err)
}

func (o *mailboxObserver) Stuck(uids []uint32, err error) {
	if len(uids) == 0 {
		o.health.Succeeded(health.Inbox)
		return
	}
	const named = 10
	code := "UID " + strings.Trim(fmt.Sprint(uids[:min(len(uids), named)]), "[]")
	o.health.Failed(&health.Failure{Of: health.Inbox, Reason: health.Stuck, Code: code, Err: err})
}

func (o *mailboxObserver) Kept(err error) { o.health.Told(health.Disk, err) }

type watchedScanner struct {
	*clamd.Client
	health *health.Recorder
}

// Scan tells how the scanner does.
func (s *watchedScanner) Scan(ctx context.Context, content io.Reader) (clamd.Verdict, error) {
	v, err := s.Client.Scan(ctx, content)
	if errors.Is(err, clamd.ErrTooLarge) {
		s.health.Succeeded(health.Scanner)
	} else {
		s.health.Told(health.Scanner, err)
	}
	return v, err
}

type watchedSealer struct {
	*seal.Sealer
	health *health.Recorder
}

// Seal tells how the timestamp authorities do.
func (s *watchedSealer) Seal(ctx context.Context, pdf []byte, what seal.Seal) ([]byte, error) {
	out, err := s.Sealer.Seal(ctx, pdf, what)
	if err == nil || errors.Is(err, seal.ErrTimestamp) {
		s.health.Told(health.Timestamp, err)
	}
	return out, err
}
