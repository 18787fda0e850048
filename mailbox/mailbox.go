// Package mailbox watches one IMAP mailbox (RFC 9051, RFC 3501): it hands each message over once, moves it where the
// handler says, and loses none. New mail is noticed at once (IDLE, RFC 2177), and by a tick where a connection has died
// without a word.
package mailbox

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync/atomic"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"
)

// TLSMode is how a connection is protected.
type TLSMode string

// The ways to protect a connection.
const (
	TLS      TLSMode = "tls"      // from the first byte (RFC 8314)
	STARTTLS TLSMode = "starttls" // after a command; refused where the server does not offer it
	Plain    TLSMode = "plain"    // not at all: on this machine only
)

// Config is one mailbox.
type Config struct {
	Address            string // host:port
	Username, Password string
	Token              func(context.Context) (string, error) // an OAuth2 access token: XOAUTH2 instead of the password
	TLS                TLSMode
	RootCAs            *x509.CertPool // nil: the system's
	Inbox              string         // empty: INBOX
	Tick               time.Duration  // how often the connection is tried and the inbox read whatever IDLE says; zero: a minute
	Logger             *slog.Logger   // nil: the default one
}

// Box is a mailbox.
type Box struct{ Config }

// Mail is one message as it lies in the mailbox.
type Mail struct {
	UIDValidity, UID uint32
	Received         time.Time   // INTERNALDATE: when the server received it
	Size             int64       // in bytes
	Content          io.ReaderAt // the raw message; it can be read until the handler returns
	TooLarge         bool        // Content holds the beginning only
}

// Reader reads the raw message from its first byte, as often as it is called.
func (m Mail) Reader() *io.SectionReader { return io.NewSectionReader(m.Content, 0, m.Size) }

// Bytes is the raw message as one piece in memory.
func (m Mail) Bytes() ([]byte, error) { return io.ReadAll(m.Reader()) }

// Destination is the folder a message is moved to. Empty leaves it in the inbox, where it is handed over again later.
type Destination string

// Handler takes a message. On an error the message stays where it is, is handed over again later, and holds up no other.
type Handler func(context.Context, Mail) (Destination, error)

// ErrLogin is returned where the server refuses the login.
var ErrLogin = errors.New("the mail server refused the login")

// New checks the configuration. Nothing is connected yet.
func New(c Config) (*Box, error) {
	host, _, err := net.SplitHostPort(c.Address)
	if err != nil {
		return nil, fmt.Errorf("imap: %q is not host:port", c.Address)
	}
	if ip := net.ParseIP(host); c.TLS == Plain && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("imap: %s without TLS: passwords and mails would be readable on the way", c.Address)
	}
	if c.Inbox == "" {
		c.Inbox = "INBOX"
	}
	if c.Tick <= 0 {
		c.Tick = time.Minute
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return &Box{c}, nil
}

// commandTimeout is how long a server may take to answer a command before its connection counts as dead.
const commandTimeout = time.Minute

// session is one connection with the inbox selected.
type session struct {
	*Box
	client   *imapclient.Client
	conn     net.Conn
	validity uint32
	arrived  chan struct{} // something has come since the inbox was last read
	dying    atomic.Bool
}

// connect opens a session; folder is selected.
func (b *Box) connect(ctx context.Context, folder string) (*session, error) {
	s := &session{Box: b, arrived: make(chan struct{}, 1)}
	options := &imapclient.Options{UnilateralDataHandler: &imapclient.UnilateralDataHandler{
		Mailbox: func(data *imapclient.UnilateralDataMailbox) {
			if data.NumMessages != nil {
				s.notify()
			}
		},
	}}
	if err := s.dial(ctx, options); err != nil {
		return nil, fmt.Errorf("imap server %s: %w", b.Address, err)
	}
	if err := s.login(ctx); err != nil {
		s.close()
		return nil, fmt.Errorf("login at %s: %w", b.Address, err)
	}
	selected, err := within(s, func() (*imap.SelectData, error) { return s.client.Select(folder, nil).Wait() })
	if err != nil {
		s.close()
		return nil, fmt.Errorf("folder %s: %w", folder, err)
	}
	s.validity = selected.UIDValidity
	return s, nil
}

func (s *session) dial(ctx context.Context, options *imapclient.Options) error {
	host, _, _ := net.SplitHostPort(s.Address) // checked by New
	options.TLSConfig = &tls.Config{ServerName: host, RootCAs: s.RootCAs, MinVersion: tls.VersionTLS12}
	dialer := &net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}
	var err error
	if s.TLS == TLS || s.TLS == "" {
		s.conn, err = (&tls.Dialer{NetDialer: dialer, Config: options.TLSConfig}).DialContext(ctx, "tcp", s.Address)
	} else {
		s.conn, err = dialer.DialContext(ctx, "tcp", s.Address)
	}
	if err != nil {
		return err
	}
	if s.TLS == STARTTLS {
		s.client, err = imapclient.NewStartTLS(s.conn, options)
	} else {
		s.client = imapclient.New(s.conn, options)
		err = s.do(s.client.WaitGreeting)
	}
	if err != nil {
		_ = s.conn.Close()
	}
	return err
}

func (s *session) login(ctx context.Context) error {
	var err error
	if s.Token != nil {
		token, tokenErr := s.Token(ctx)
		if tokenErr != nil {
			return fmt.Errorf("access token: %w", tokenErr)
		}
		err = s.do(func() error { return s.client.Authenticate(&xoauth2{s.Username, token}) })
	} else {
		err = s.do(func() error { return s.client.Login(s.Username, s.Password).Wait() })
	}
	var answer *imap.Error
	if errors.As(err, &answer) && answer.Type == imap.StatusResponseTypeNo {
		return fmt.Errorf("%w: %s at %s: %s", ErrLogin, s.Username, s.Address, answer.Text)
	}
	return err
}

// do runs one command; a server that does not answer in time loses its connection, which ends the command.
func (s *session) do(command func() error) error {
	timer := time.AfterFunc(commandTimeout, s.kill)
	defer timer.Stop()
	err := command()
	if err != nil && s.dying.Load() {
		return fmt.Errorf("no answer within %v: %w", commandTimeout, err)
	}
	return err
}

// within is do for a command that gives something back.
func within[T any](s *session, command func() (T, error)) (T, error) {
	var result T
	err := s.do(func() (err error) {
		result, err = command()
		return err
	})
	return result, err
}

func (s *session) kill() {
	s.dying.Store(true)
	_ = s.conn.Close()
}

func (s *session) close() { _ = s.client.Close() }

// notify says that something has come.
func (s *session) notify() {
	select {
	case s.arrived <- struct{}{}:
	default:
	}
}

// xoauth2 is the mechanism Microsoft 365 and Gmail take instead of a password.
type xoauth2 struct{ username, token string }

var _ sasl.Client = (*xoauth2)(nil)

func (x *xoauth2) Start() (mechanism string, initial []byte, err error) {
	return "XOAUTH2", []byte("user=" + x.username + "\x01auth=Bearer " + x.token + "\x01\x01"), nil
}

// Next answers the server's error report with nothing, as the protocol asks; the refusal itself follows.
func (x *xoauth2) Next([]byte) ([]byte, error) { return []byte{}, nil }
