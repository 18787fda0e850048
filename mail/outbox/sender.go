package outbox

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
	"golang.org/x/net/idna"

	"relance/observe/health"
)

// TLSMode is how a connection is protected.
type TLSMode string

// The ways to protect a connection.
const (
	TLS      TLSMode = "tls"      // from the first byte (RFC 8314); empty is this
	STARTTLS TLSMode = "starttls" // after a command; refused where the server does not offer it
	Plain    TLSMode = "plain"    // not at all: on this machine only
)

// Config is the server mail is handed to.
type Config struct {
	Address            string                                // host:port
	Username, Password string                                // empty: no login
	Token              func(context.Context) (string, error) // an OAuth2 access token: XOAUTH2 instead of the password
	TokenRefused       func(token string)                    // is told of a token the server does not take; may be nil
	TLS                TLSMode
	RootCAs            *x509.CertPool // nil: the system's
	HelloName          string         // what this machine calls itself; empty: localhost
	Timeout            time.Duration  // for one mail, from the connection to the server's word; zero: 2 minutes
	Observer           Observer       // is told how the server does; nil: nobody
}

// Observer is told how the mail server does (package health).
type Observer interface {
	Succeeded(of health.Dependency) // it took a mail, or refused that one for good
	Answered(of health.Dependency)
	Failed(err error)
}

// Sender hands mails over. It keeps connections for reuse and is safe for concurrent use.
type Sender struct {
	Config
	mu      sync.Mutex
	idle    []kept
	maxSize int64 // what the server announced at the last connection
	known   bool  // maxSize is
	rest    rest
}

// Acceptance is the server's word that it takes a mail on.
type Acceptance struct {
	Response string
	At       time.Time
}

// New checks the configuration. Nothing is connected yet.
func New(c Config) (*Sender, error) {
	host, _, err := net.SplitHostPort(c.Address)
	if err != nil {
		return nil, fmt.Errorf("smtp: %q is not host:port", c.Address)
	}
	switch c.TLS {
	case "":
		c.TLS = TLS
	case TLS, STARTTLS:
	case Plain:
		if !loopback(host) {
			return nil, fmt.Errorf("smtp: %s without TLS: passwords and mails would be readable on the way", c.Address)
		}
	default:
		return nil, fmt.Errorf("smtp: %q is not tls, starttls or plain", c.TLS)
	}
	if !ascii(c.HelloName) { // EHLO takes ASCII alone (RFC 5321 §4.1.1.1)
		if c.HelloName, err = idna.Lookup.ToASCII(c.HelloName); err != nil {
			return nil, fmt.Errorf("smtp: this machine's name: %w", err)
		}
	}
	if c.Timeout <= 0 {
		c.Timeout = 2 * time.Minute
	}
	if c.Observer == nil {
		c.Observer = (*health.Recorder)(nil)
	}
	return &Sender{Config: c}, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Send hands a mail over to all of its recipients or none. Temporary tells of an error whether to send again later.
//
// Where the connection breaks or ctx ends after the mail's last byte, nobody knows whether the server took it on (RFC 5321 §4.1.1.4). Such an
// error is temporary: the same bytes with the same Message-ID are sent again, and the recipient may get them twice rather than never.
//
// A server that fails is left alone for a while, up to a quarter of a minute: mails that come meanwhile are told why at once. What is temporary is
// a health.Failure.
func (s *Sender) Send(ctx context.Context, from string, to []string, raw []byte) (Acceptance, error) {
	e, err := newEnvelope(from, to, raw)
	if err != nil {
		return Acceptance{}, err
	}
	var acceptance Acceptance
	err = s.try(ctx, func(ctx context.Context) (err error) { acceptance, err = s.send(ctx, e, raw); return err })
	switch _, outage := health.Outage(err); {
	case err == nil, !outage && !errors.Is(err, context.Canceled) && !errors.Is(err, ErrNeedsUTF8) && !errors.Is(err, ErrTooLarge):
		s.Observer.Succeeded(health.SMTP)
	}
	return acceptance, err
}

// Check tells whether the server takes a connection and the login.
func (s *Sender) Check(ctx context.Context) error {
	return s.try(ctx, func(ctx context.Context) error {
		client, err := s.take(ctx)
		if err == nil {
			s.giveBack(client, true)
			s.Observer.Answered(health.SMTP)
		}
		return err
	})
}

// try does something with the server, unless it rests.
func (s *Sender) try(ctx context.Context, do func(context.Context) error) error {
	if err := s.rest.enter(time.Now()); err != nil {
		return err
	}
	within, cancel := context.WithTimeout(ctx, s.Timeout)
	defer cancel()
	err := do(within)
	if err != nil && within.Err() != nil { // the connection was ended for it
		err = errors.Join(within.Err(), err)
	}
	err = failure(err) // where whoever asked has gone, it says nothing of the server
	s.rest.leave(time.Now(), err)
	s.Observer.Failed(err)
	return err
}

func (s *Sender) send(ctx context.Context, e envelope, raw []byte) (Acceptance, error) {
	client, err := s.take(ctx)
	if err != nil {
		return Acceptance{}, err
	}
	stop := context.AfterFunc(ctx, func() { _ = client.Close() })
	response, err := e.transact(client, raw)
	if !stop() && ctx.Err() != nil {
		return Acceptance{}, errors.Join(ctx.Err(), err)
	}
	if err != nil {
		s.giveBack(client, sound(err))
		return Acceptance{}, err
	}
	s.giveBack(client, true)
	return Acceptance{Response: response, At: time.Now()}, nil
}

// sound tells whether a connection can be used again after an error: the server answered, and did not say that it ends (RFC 5321 §3.8).
func sound(err error) bool {
	var refusal *SMTPError
	return errors.As(err, &refusal) && refusal.Code != 421
}

// MaxSize is how many bytes a mail may have at most, as the server said at the last connection (RFC 1870); 0 where it set no limit. A
// connection is opened where there was none yet.
func (s *Sender) MaxSize(ctx context.Context) (int64, error) {
	s.mu.Lock()
	size, known := s.maxSize, s.known
	s.mu.Unlock()
	if known {
		return size, nil
	}
	if err := s.Check(ctx); err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.maxSize, nil
}

// envelope is who a mail is from and goes to.
type envelope struct {
	from string
	to   []string
	utf8 bool // it can only be handed over with SMTPUTF8
}

// newEnvelope checks the addresses. from may be empty (RFC 5321 §4.5.5).
func newEnvelope(from string, to []string, raw []byte) (envelope, error) {
	head, _, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	e := envelope{utf8: !ascii(string(head))}
	write := func(text string) (string, error) {
		a, err := parseAddress(text)
		if err != nil {
			return "", unsent(ErrAddress, 553, "5.1.3", fmt.Sprintf("%.100q", text))
		}
		e.utf8 = e.utf8 || a.utf8()
		return a.String(), nil
	}
	var err error
	if from != "" {
		if e.from, err = write(from); err != nil {
			return e, err
		}
	}
	for _, recipient := range to {
		written, err := write(recipient)
		if err != nil {
			return e, err
		}
		e.to = append(e.to, written)
	}
	if len(e.to) == 0 {
		return e, unsent(ErrAddress, 553, "5.1.3", "no recipient")
	}
	return e, nil
}

// transact is one mail transaction (RFC 5321 §3.3).
func (e envelope) transact(c *smtp.Client, raw []byte) (string, error) {
	if limit, _ := c.MaxMessageSize(); limit > 0 && len(raw) > limit {
		return "", unsent(ErrTooLarge, 552, "5.3.4", fmt.Sprintf("%d bytes, and the server takes %d", len(raw), limit))
	}
	if offered, _ := c.Extension("SMTPUTF8"); e.utf8 && !offered {
		return "", unsent(ErrNeedsUTF8, 553, "5.6.7", "the server does not offer SMTPUTF8")
	}
	if err := c.Mail(e.from, &smtp.MailOptions{Size: int64(len(raw)), UTF8: e.utf8}); err != nil {
		return "", refusal(err)
	}
	for _, recipient := range e.to {
		if err := c.Rcpt(recipient, nil); err != nil {
			return "", refusal(err)
		}
	}
	data, err := c.Data()
	if err != nil {
		return "", refusal(err)
	}
	if _, err := data.Write(raw); err != nil {
		return "", fmt.Errorf("data: %w", err)
	}
	answer, err := data.CloseWithResponse()
	if err != nil {
		return "", refusal(err)
	}
	return answer.StatusText, nil
}
