// Package devstack starts the three real servers that Relance works with, on this machine and without a container: Temporal with its
// web interface, MinIO, and mox for mail. It finds each on the PATH or builds the pinned version once, waits until each is ready, and
// leaves no process behind.
package devstack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Server names servers; several are or-ed together.
type Server int

// The servers.
const (
	Temporal Server = 1 << iota
	MinIO
	Mox
	Versity // an object store of another make, for tests alone
	All     = Temporal | MinIO | Mox
)

// String names one server.
func (s Server) String() string {
	return map[Server]string{Temporal: "temporal", MinIO: "minio", Mox: "mox", Versity: "versitygw"}[s]
}

// Options are what is started, and where.
type Options struct {
	Servers          Server            // zero means All
	Data             string            // folder for all data and logs; a second Start finds what the first left
	UsualPorts       bool              // the ports people know, instead of free ones
	Accounts         []string          // mail accounts: NAME is NAME@localhost, and NAME+anything@localhost
	SearchAttributes map[string]string // of Temporal: name to type
	CodecEndpoint    string            // web address that decrypts for Temporal's pages; empty: none
	Progress         io.Writer         // lines for a person; nil says nothing
}

// Stack is the running servers and how to reach them. All listen on the loopback interface alone.
type Stack struct {
	TemporalAddress string // host:port
	TemporalUI      string // web address

	S3Endpoint, S3AccessKey, S3SecretKey string // endpoint is host:port, without TLS
	S3Console                            string // web address

	IMAPAddress, SubmissionAddress string            // localhost:port, TLS from the first byte
	SMTPAddress                    string            // host:port, without login: mail from outside
	TemporalHTTPAddress            string            // of its HTTP API, which answers nobody
	WebmailURL                     string            //
	Passwords                      map[string]string // by account; the user name is NAME@localhost
	CAFile                         string            // PEM file that verifies the mail server's certificate
	DNSAddress                     string            // host:port of a resolver that knows the keys mox signs mails with (DKIM), and nothing else of the world

	options    Options
	lock       *os.File
	secrets    secrets
	ports      ports
	zone       zone
	dns        net.PacketConn // answers who asks for the zone's names
	resolver   net.PacketConn // answers mox; nil where the system's does
	resolvConf string
	mu         sync.Mutex
	running    map[Server]*process
	stopped    bool
}

// ErrInUse is returned where another stack runs on the same folder.
var ErrInUse = errors.New("the data folder is in use by another running stack")

const startTimeout = 90 * time.Second

// Start starts servers and returns when all are ready. On an error everything is stopped again.
func Start(ctx context.Context, o Options) (*Stack, error) {
	if o.Servers == 0 {
		o.Servers = All
	}
	if o.Progress == nil {
		o.Progress = io.Discard
	}
	if err := Build(ctx, o.Servers, o.Progress); err != nil {
		return nil, err
	}
	data, err := filepath.Abs(o.Data)
	if err != nil {
		return nil, err
	}
	o.Data = data
	if err := os.MkdirAll(filepath.Join(o.Data, "logs"), 0o700); err != nil {
		return nil, err
	}
	s := &Stack{options: o, running: map[Server]*process{}}
	if s.lock, err = lockFile(filepath.Join(o.Data, "lock"), false); err != nil {
		return nil, fmt.Errorf("%s: %w", o.Data, ErrInUse)
	}
	if err := s.prepare(); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	if err := s.startAll(ctx); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

// prepare chooses ports and secrets.
func (s *Stack) prepare() error {
	var err error
	if s.secrets, err = loadSecrets(filepath.Join(s.options.Data, "secrets.json"), s.options.Accounts); err != nil {
		return err
	}
	if s.options.Servers&Mox != 0 {
		if s.resolver, s.resolvConf, err = startResolver(s.options.Data, &s.zone); err != nil {
			return err
		}
		if s.dns, err = startDNS(&s.zone); err != nil {
			return err
		}
		s.DNSAddress = s.dns.LocalAddr().String()
	}
	if s.ports, err = choosePorts(s.options.UsualPorts, s.options.Servers); err != nil {
		return err
	}
	p := s.ports
	s.TemporalAddress, s.TemporalUI = address("127.0.0.1", p.temporal), "http://"+address("127.0.0.1", p.temporalUI)
	s.S3Endpoint, s.S3Console = address("127.0.0.1", p.minio), "http://"+address("127.0.0.1", p.minioConsole)
	s.S3AccessKey, s.S3SecretKey = s.secrets.AccessKey, s.secrets.SecretKey
	s.IMAPAddress, s.SubmissionAddress = address("localhost", p.imaps), address("localhost", p.submissions)
	s.TemporalHTTPAddress = address("127.0.0.1", p.temporalHTTP)
	s.SMTPAddress, s.WebmailURL = address("127.0.0.1", p.smtp), "http://"+address("localhost", p.http)+"/webmail/"
	s.Passwords, s.CAFile = s.secrets.Accounts, filepath.Join(s.options.Data, "mox", "localhost.crt")
	return nil
}

// startAll starts the servers side by side.
func (s *Stack) startAll(ctx context.Context) error {
	began := time.Now()
	errs := make(chan error, 3)
	n := 0
	for _, server := range []Server{Temporal, MinIO, Mox} {
		if s.options.Servers&server != 0 {
			n++
			go func() { errs <- s.start(ctx, server) }()
		}
	}
	var failed error
	for range n {
		failed = errors.Join(failed, <-errs)
	}
	if failed == nil {
		fmt.Fprintf(s.options.Progress, "servers ready after %.1f s\n", time.Since(began).Seconds())
	}
	return failed
}

// start starts one server and waits until it is ready.
func (s *Stack) start(ctx context.Context, server Server) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	var err error
	switch server {
	case Temporal:
		err = s.startTemporal(ctx)
	case MinIO:
		err = s.startMinIO(ctx)
	case Mox:
		err = s.startMox(ctx)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", server, err)
	}
	return nil
}

// launch runs a server's program; its output goes to logs/NAME.log.
func (s *Stack) launch(server Server, env []string, args ...string) (*process, error) {
	binary, err := find(server)
	if err != nil {
		return nil, err
	}
	resolvConf := ""
	if server == Mox {
		resolvConf = s.resolvConf
	}
	p, err := startProcess(binary, args, env, s.options.Data, filepath.Join(s.options.Data, "logs", server.String()+".log"), resolvConf)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.running[server] = p
	s.mu.Unlock()
	return p, nil
}

// ready asks until the answer is yes. A server that ends meanwhile is an error at once, with the end of its log.
func (p *process) ready(ctx context.Context, ask func(context.Context) error) error {
	for {
		try, cancel := context.WithTimeout(ctx, 2*time.Second)
		err := ask(try)
		cancel()
		if err == nil {
			return nil
		}
		select {
		case <-p.ended:
			return fmt.Errorf("it ended while starting: %v\n%s", p.err, p.tail())
		case <-ctx.Done():
			return fmt.Errorf("not ready: %w\n%s", err, p.tail())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// Kill ends a server at once, as a power cut does.
func (s *Stack) Kill(server Server) error {
	s.mu.Lock()
	p := s.running[server]
	s.mu.Unlock()
	if p == nil {
		return fmt.Errorf("%s is not running", server)
	}
	p.kill()
	return nil
}

// Restart starts a server that has ended again, on the same ports and data.
func (s *Stack) Restart(ctx context.Context, server Server) error { return s.start(ctx, server) }

// Stop ends all servers, orderly where they let it. Calling it again does nothing.
func (s *Stack) Stop() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return nil
	}
	s.stopped = true
	var wait sync.WaitGroup
	for _, p := range s.running {
		wait.Go(p.stop)
	}
	wait.Wait()
	for _, conn := range []net.PacketConn{s.resolver, s.dns} {
		if conn != nil {
			_ = conn.Close()
		}
	}
	return s.lock.Close() // and with it, the lock
}
