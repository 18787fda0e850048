package outbox

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"relance/observe/health"
)

// kept is a connection that waits for its next mail.
type kept struct {
	client *smtp.Client
	since  time.Time
}

const (
	maxIdle      = 4
	idleFor      = 30 * time.Second
	dialTimeout  = 30 * time.Second
	checkTimeout = 5 * time.Second // for a kept connection to show that it is still one
)

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
		if time.Since(last.since) < idleFor && s.answers(ctx, last.client) {
			return last.client, nil
		}
		_ = last.client.Close()
	}
}

func (s *Sender) answers(ctx context.Context, client *smtp.Client) bool {
	stop := context.AfterFunc(ctx, func() { _ = client.Close() })
	client.CommandTimeout = checkTimeout
	err := client.Reset()
	client.CommandTimeout = s.Timeout
	return stop() && err == nil
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

// Close ends the kept connections.
func (s *Sender) Close() error {
	s.mu.Lock()
	idle := s.idle
	s.idle = nil
	s.mu.Unlock()
	for _, k := range idle {
		k.client.CommandTimeout = checkTimeout
		if k.client.Quit() != nil {
			_ = k.client.Close()
		}
	}
	return nil
}

// connect opens a connection and logs in.
func (s *Sender) connect(ctx context.Context) (*smtp.Client, error) {
	host, _, _ := net.SplitHostPort(s.Address) // checked by New
	secure := &tls.Config{ServerName: host, RootCAs: s.RootCAs, MinVersion: tls.VersionTLS12}
	dialer := &net.Dialer{Timeout: dialTimeout}
	var conn net.Conn
	var err error
	if s.TLS == TLS {
		conn, err = (&tls.Dialer{NetDialer: dialer, Config: secure}).DialContext(ctx, "tcp", s.Address)
	} else {
		conn, err = dialer.DialContext(ctx, "tcp", s.Address)
	}
	if err != nil {
		return nil, fmt.Errorf("smtp server %s: %w", s.Address, err)
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	client, err := s.greet(ctx, conn, secure)
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("smtp server %s: %w", s.Address, err)
	}
	size, _ := client.MaxMessageSize()
	s.mu.Lock()
	s.maxSize, s.known = int64(size), true
	s.mu.Unlock()
	return client, nil
}

// greet introduces this machine, protects the connection where the server was asked to do so, and logs in.
func (s *Sender) greet(ctx context.Context, conn net.Conn, secure *tls.Config) (*smtp.Client, error) {
	var client *smtp.Client
	var err error
	if s.TLS == STARTTLS {
		client, err = smtp.NewClientStartTLS(conn, secure)
	} else {
		client = smtp.NewClient(conn)
	}
	if err != nil {
		return nil, atConnection(err)
	}
	client.CommandTimeout, client.SubmissionTimeout = s.Timeout, s.Timeout
	name := s.HelloName
	if name == "" {
		name = "localhost"
	}
	if err := client.Hello(name); err != nil { // again after STARTTLS: what was said before counts no more (RFC 3207 §4.2)
		return nil, atConnection(err)
	}
	return client, s.login(ctx, client)
}

// login authenticates (RFC 4954).
func (s *Sender) login(ctx context.Context, client *smtp.Client) error {
	if s.Username == "" {
		return nil
	}
	if s.Token != nil {
		return s.loginWithToken(ctx, client)
	}
	mechanism := sasl.NewPlainClient("", s.Username, s.Password)
	if !client.SupportsAuth(sasl.Plain) && client.SupportsAuth(sasl.Login) {
		mechanism = sasl.NewLoginClient(s.Username, s.Password) // Exchange knows no other for passwords
	}
	return s.refused(client.Auth(mechanism), "")
}

func (s *Sender) loginWithToken(ctx context.Context, client *smtp.Client) error {
	token, err := s.Token(ctx)
	if err != nil {
		return fmt.Errorf("access token for %s: %w", s.Username, err)
	}
	mechanism := &xoauth2{username: s.Username, token: token}
	err = client.Auth(mechanism)
	if s.TokenRefused != nil && errors.As(err, new(*smtp.SMTPError)) {
		s.TokenRefused(token)
	}
	return s.refused(err, fmt.Sprintf(" by access token (status %q)", mechanism.status))
}

// refused tells a refusal of the login from a connection that broke.
func (s *Sender) refused(err error, how string) error {
	if errors.As(err, new(*smtp.SMTPError)) {
		refusal := atConnection(err)
		failed := &health.Failure{Of: health.SMTP, Reason: health.Login, Err: fmt.Errorf("%w of %s%s: %w", ErrLogin, s.Username, how, refusal)}
		if said := new(health.Failure); errors.As(refusal, &said) {
			failed.Code = said.Code
		}
		return failed
	}
	return err
}

// xoauth2 is the mechanism Microsoft 365 and Gmail take instead of a password.
type xoauth2 struct{ username, token, status string }

func (x *xoauth2) Start() (mechanism string, initial []byte, err error) {
	return "XOAUTH2", []byte("user=" + x.username + "\x01auth=Bearer " + x.token + "\x01\x01"), nil
}

// Next answers the server's error report with nothing, as the protocol asks; the refusal itself follows.
func (x *xoauth2) Next(report []byte) ([]byte, error) {
	var said struct{ Status string }
	if json.Unmarshal(report, &said) == nil {
		x.status = oneLine(said.Status[:min(len(said.Status), 20)])
	}
	return []byte{}, nil
}
