package mailbox

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"
)

// session is one connection that is logged in.
type session struct {
	*Box
	client   *imapclient.Client
	conn     *watched
	caps     imap.CapSet
	names    names
	validity uint32        // of the selected folder
	arrived  chan struct{} // something has come since the inbox was last read
	held     time.Duration // how long messages were left alone last, because none could be taken; zero: they can be
	asked    []imap.UID    // messages that the server was asked for, and has not given
	dateless bool          // they are asked for without their date
	dying    atomic.Bool
}

// connect opens a session; folder is selected, where one is named.
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
	defer context.AfterFunc(ctx, s.kill)()
	err := s.login(ctx)
	if err != nil {
		err = fmt.Errorf("login at %s: %w", b.Address, err)
	} else if err = s.learn(); err == nil && folder != "" {
		err = s.open(folder)
	}
	if err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *session) dial(ctx context.Context, options *imapclient.Options) error {
	host, _, _ := net.SplitHostPort(s.Address) // checked by New
	options.TLSConfig = &tls.Config{ServerName: host, RootCAs: s.RootCAs, MinVersion: tls.VersionTLS12}
	dialer := &net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}
	var conn net.Conn
	var err error
	if s.TLS == TLS || s.TLS == "" {
		conn, err = (&tls.Dialer{NetDialer: dialer, Config: options.TLSConfig}).DialContext(ctx, "tcp", s.Address)
	} else {
		conn, err = dialer.DialContext(ctx, "tcp", s.Address)
	}
	if err != nil {
		return err
	}
	s.conn = &watched{Conn: conn}
	if s.TLS == STARTTLS {
		var secure *tls.Conn
		if err = s.do(func() (err error) { secure, err = startTLS(ctx, s.conn, options.TLSConfig); return err }); err == nil {
			// The greeting came before, and what it told is forgotten (RFC 9051 §11.1).
			s.client = imapclient.New(&mended{Conn: secure, ready: []byte("* OK\r\n")}, options)
		}
	} else {
		s.client = imapclient.New(&mended{Conn: s.conn}, options)
	}
	if err == nil {
		err = s.do(s.client.WaitGreeting)
	}
	if err != nil {
		_ = s.conn.Close()
	}
	return err
}

func (s *session) login(ctx context.Context) error {
	var err error
	var token string
	if s.Token != nil {
		if token, err = s.Token(ctx); err != nil {
			return fmt.Errorf("access token: %w", err)
		}
		err = s.do(func() error { return s.client.Authenticate(&xoauth2{s.Username, token}) })
	} else {
		err = s.do(func() error { return s.client.Login(s.Username, s.Password).Wait() })
	}
	reason := ""
	if report := new(refusedToken); errors.As(err, report) {
		reason = report.Error()
	} else if answer := refusal(err); answer != nil && answer.Code != imap.ResponseCodeUnavailable { // the passwords are away, not wrong (RFC 5530 §3)
		reason = answer.Text
	} else {
		return err
	}
	if s.Token != nil && s.TokenRefused != nil {
		s.TokenRefused(token)
	}
	return fmt.Errorf("%w: %s at %s: %s", ErrLogin, s.Username, s.Address, reason)
}

// open selects a folder.
func (s *session) open(folder string) error {
	selected, err := within(s, func() (*imap.SelectData, error) { return s.client.Select(s.names.of(folder), nil).Wait() })
	if err != nil {
		return fmt.Errorf("folder %s: %w", folder, err)
	}
	s.validity = selected.UIDValidity
	return nil
}

// refusal is a server's NO: what was asked cannot be done, and the connection is in order (RFC 9051 §7.1.2).
func refusal(err error) *imap.Error {
	var answer *imap.Error
	if errors.As(err, &answer) && answer.Type == imap.StatusResponseTypeNo {
		return answer
	}
	return nil
}

// do runs one command. A server that does not send or take a byte for too long loses its connection, which ends the command; how long
// the whole takes does not matter, as a large message may come over a thin line.
func (s *session) do(command func() error) error {
	done := make(chan struct{})
	defer close(done)
	s.conn.touch()
	go func() {
		for left := s.Patience; left > 0; left = s.Patience - s.conn.quiet() {
			select {
			case <-done:
				return
			case <-time.After(left):
			}
		}
		s.kill()
	}()
	err := command()
	if err != nil && s.dying.Load() {
		return fmt.Errorf("no answer within %v: %w", s.Patience, err)
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

// watched is a connection that remembers when it last moved a byte.
type watched struct {
	net.Conn
	moved atomic.Int64 // Unix nanoseconds
}

func (w *watched) touch() { w.moved.Store(time.Now().UnixNano()) }

func (w *watched) quiet() time.Duration { return time.Since(time.Unix(0, w.moved.Load())) }

func (w *watched) Read(b []byte) (int, error) {
	n, err := w.Conn.Read(b)
	w.touch()
	return n, err
}

func (w *watched) Write(b []byte) (int, error) {
	n, err := w.Conn.Write(b)
	w.touch()
	return n, err
}

// SetReadDeadline does nothing: the library gives a response 30 seconds and a literal five minutes however large it is. do is what watches.
func (w *watched) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline does nothing, for the same reason.
func (w *watched) SetWriteDeadline(time.Time) error { return nil }

// xoauth2 is the mechanism Microsoft 365 and Gmail take instead of a password.
type xoauth2 struct{ username, token string }

var _ sasl.Client = (*xoauth2)(nil)

func (x *xoauth2) Start() (mechanism string, initial []byte, err error) {
	return "XOAUTH2", []byte("user=" + x.username + "\x01auth=Bearer " + x.token + "\x01\x01"), nil
}

// Next is given the server's error report. The answer would be an empty line, which the library cannot write (Dovecot ends the connection over
// the "=" that it writes); all that would follow is the refusal itself.
func (x *xoauth2) Next(report []byte) ([]byte, error) {
	var said struct{ Status string }
	if json.Unmarshal(report, &said) != nil || said.Status == "" {
		said.Status = "unknown"
	}
	return nil, refusedToken(said.Status[:min(len(said.Status), 20)])
}

// refusedToken is the status in a server's report that it does not take a token.
type refusedToken string

func (r refusedToken) Error() string {
	return fmt.Sprintf("the access token is refused: status %q", string(r))
}
