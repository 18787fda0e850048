package outbox

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// TLSMode is how a connection is protected.
type TLSMode string

// The ways to protect a connection.
const (
	TLS      TLSMode = "tls"      // from the first byte (RFC 8314)
	STARTTLS TLSMode = "starttls" // after a command; refused where the server does not offer it
	Plain    TLSMode = "plain"    // not at all: on this machine only
)

// Config is the server mail is handed to.
type Config struct {
	Address            string // host:port
	Username, Password string // empty: no login
	Token              func(context.Context) (string, error)
	TLS                TLSMode
	RootCAs            *x509.CertPool // nil: the system's
	HelloName          string
}

// Sender hands mails over. It keeps connections for reuse and is safe for concurrent use.
type Sender struct {
	Config
	mu   sync.Mutex
	idle []kept
}

type kept struct {
	client *smtp.Client
	since  time.Time
}

const (
	maxIdle     = 4
	idleFor     = 30 * time.Second
	sendTimeout = 2 * time.Minute
)

// Acceptance is the server's word that it takes a mail on.
type Acceptance struct {
	Response string
	At       time.Time
}

// SMTPError is a server's refusal (RFC 5321 §4.2, RFC 3463).
type SMTPError struct {
	Code     int
	Enhanced string // such as 5.1.1; empty where the server gives none
	Message  string
}

func (e *SMTPError) Error() string {
	return strings.Join(strings.Fields(fmt.Sprintf("smtp %d %s %s", e.Code, e.Enhanced, e.Message)), " ")
}

// Temporary tells whether sending again later may succeed: anything but a final refusal (RFC 5321 §4.2.1).
func Temporary(err error) bool {
	var refusal *SMTPError
	return err != nil && (!errors.As(err, &refusal) || refusal.Code/100 != 5)
}

// New checks the configuration. Nothing is connected yet.
func New(c Config) (*Sender, error) {
	host, _, err := net.SplitHostPort(c.Address)
	if err != nil {
		return nil, fmt.Errorf("smtp: %q is not host:port", c.Address)
	}
	if c.TLS == Plain && !loopback(host) {
		return nil, fmt.Errorf("smtp: %s without TLS: passwords and mails would be readable on the way", c.Address)
	}
	return &Sender{Config: c}, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Send hands a mail over to all of its recipients or none.
func (s *Sender) Send(ctx context.Context, from string, to []string, raw []byte) (Acceptance, error) {
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	client, err := s.take(ctx)
	if err != nil {
		return Acceptance{}, err
	}
	stop := context.AfterFunc(ctx, func() { _ = client.Close() })
	response, err := transact(client, from, to, raw)
	if !stop() && err == nil && ctx.Err() != nil {
		return Acceptance{}, ctx.Err() // cut off at the last moment: the caller sends the same Message-ID again
	}
	if err != nil {
		s.giveBack(client, errors.As(err, new(*SMTPError)))
		return Acceptance{}, err
	}
	s.giveBack(client, true)
	return Acceptance{Response: response, At: time.Now()}, nil
}

// transact is one mail transaction (RFC 5321 §3.3).
func transact(c *smtp.Client, from string, to []string, raw []byte) (string, error) {
	if err := c.Mail(from, &smtp.MailOptions{Size: int64(len(raw))}); err != nil {
		return "", refusal(err)
	}
	for _, recipient := range to {
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

// refusal turns the library's error into ours.
func refusal(err error) error {
	var answer *smtp.SMTPError
	if !errors.As(err, &answer) {
		return err
	}
	e := &SMTPError{Code: answer.Code, Message: answer.Message}
	if code := answer.EnhancedCode; code != smtp.EnhancedCodeNotSet && code != smtp.NoEnhancedCode {
		e.Enhanced = fmt.Sprintf("%d.%d.%d", code[0], code[1], code[2])
	}
	return e
}

// take gives a connection that answers: one that was kept, else a new one.
func (s *Sender) take(ctx context.Context) (*smtp.Client, error) {
	for {
		s.mu.Lock()
		if len(s.idle) == 0 {
			s.mu.Unlock()
			return s.connect(ctx)
		}
		last := s.idle[len(s.idle)-1]
		s.idle = s.idle[:len(s.idle)-1]
		s.mu.Unlock()
		if time.Since(last.since) < idleFor && last.client.Reset() == nil {
			return last.client, nil
		}
		_ = last.client.Close()
	}
}

// giveBack keeps a connection that is still in order.
func (s *Sender) giveBack(c *smtp.Client, sound bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if sound && len(s.idle) < maxIdle {
		s.idle = append(s.idle, kept{c, time.Now()})
		return
	}
	_ = c.Close()
}

// connect opens a connection and logs in.
func (s *Sender) connect(ctx context.Context) (*smtp.Client, error) {
	host, _, _ := net.SplitHostPort(s.Address) // checked by New
	secure := &tls.Config{ServerName: host, RootCAs: s.RootCAs, MinVersion: tls.VersionTLS12}
	dialer := &net.Dialer{Timeout: 30 * time.Second}
	var conn net.Conn
	var err error
	if s.TLS == TLS || s.TLS == "" {
		conn, err = (&tls.Dialer{NetDialer: dialer, Config: secure}).DialContext(ctx, "tcp", s.Address)
	} else {
		conn, err = dialer.DialContext(ctx, "tcp", s.Address)
	}
	if err != nil {
		return nil, fmt.Errorf("smtp server %s: %w", s.Address, err)
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	client, err := s.greet(ctx, conn, secure)
	if err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("smtp server %s: %w", s.Address, err)
	}
	return client, nil
}

func (s *Sender) greet(ctx context.Context, conn net.Conn, secure *tls.Config) (*smtp.Client, error) {
	var client *smtp.Client
	var err error
	if s.TLS == STARTTLS {
		client, err = smtp.NewClientStartTLS(conn, secure)
	} else {
		client = smtp.NewClient(conn)
	}
	if err == nil && s.HelloName != "" && s.TLS != STARTTLS {
		err = client.Hello(s.HelloName)
	}
	if err != nil {
		return nil, refusal(err)
	}
	client.CommandTimeout, client.SubmissionTimeout = time.Minute, sendTimeout
	if s.Username == "" {
		return client, nil
	}
	mechanism := sasl.NewPlainClient("", s.Username, s.Password)
	if s.Token != nil {
		token, err := s.Token(ctx)
		if err != nil {
			return nil, err
		}
		mechanism = XOAUTH2(s.Username, token)
	}
	return client, refusal(client.Auth(mechanism))
}

// Close ends the kept connections.
func (s *Sender) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range s.idle {
		_ = k.client.Quit()
	}
	s.idle = nil
	return nil
}

// xoauth2 is the mechanism Microsoft 365 and Gmail take instead of a password.
type xoauth2 struct{ username, token string }

// XOAUTH2 logs in with an OAuth2 access token.
func XOAUTH2(username, token string) sasl.Client { return &xoauth2{username, token} }

func (x *xoauth2) Start() (mechanism string, initial []byte, err error) {
	return "XOAUTH2", []byte("user=" + x.username + "\x01auth=Bearer " + x.token + "\x01\x01"), nil
}

// Next answers the server's error report with nothing, as the protocol asks; the refusal itself follows.
func (x *xoauth2) Next([]byte) ([]byte, error) { return []byte{}, nil }
