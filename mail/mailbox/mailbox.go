// Package mailbox watches one IMAP mailbox (RFC 9051, RFC 3501): it hands each message over once, moves it where the
// handler says, and loses none. New mail is noticed at once (IDLE, RFC 2177), and by a tick where a connection has died
// without a word. It asks no more of a server than IMAP4rev1, and holds no large message in memory.
package mailbox

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"time"
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
	TokenRefused       func(token string)                    // is told of a token the server does not take; may be nil
	TLS                TLSMode
	RootCAs            *x509.CertPool // nil: the system's
	Inbox              string         // empty: INBOX
	Tick               time.Duration  // how often the connection is tried and the inbox read whatever IDLE says; zero: a minute
	Patience           time.Duration  // how long a server may leave a command without a byte before its connection counts as dead; zero: a minute
	Largest            int64          // bytes of the largest message that is handed over whole; zero: 150 MiB
	Without            time.Duration  // how long a message that the server gives without content is put off, before it is handed over so; zero: ten minutes
	Logger             *slog.Logger   // nil: the default one
	Observer           Observer       // nil: nobody
}

// Observer is told how the mailbox does.
type Observer interface {
	Contact(mails int) // the inbox was read, and so many mails lie there
	Lost(err error)    // the connection to the server broke, or did not come about; the error is a health.Failure
	// Stuck is told after each pass which messages the server cannot give, and why; none: all were given.
	Stuck(uids []uint32, err error)
	Kept(err error) // a large message was put on the disk, or, with an error, could not be
}

// Box is a mailbox.
type Box struct{ Config }

// Mail is one message as it lies in the mailbox.
type Mail struct {
	UIDValidity, UID uint32
	Received         time.Time   // INTERNALDATE: when the server received it
	Size             int64       // of Content, in bytes
	Content          io.ReaderAt // the raw message; it can be read until the handler returns
	TooLarge         bool        // larger than Config.Largest: Content holds the beginning only
}

// Reader reads the raw message from its first byte, as often as it is called.
func (m Mail) Reader() *io.SectionReader { return io.NewSectionReader(m.Content, 0, m.Size) }

// Bytes is the raw message as one piece in memory.
func (m Mail) Bytes() ([]byte, error) { return io.ReadAll(m.Reader()) }

// Destination is the folder a message is moved to. Empty leaves it in the inbox, where it is handed over again later.
type Destination string

// Handler takes a message. On an error the message stays where it is, is handed over again later, and holds up no other, unless the error is ErrHold or ErrTaken.
type Handler func(context.Context, Mail) (Destination, error)

var (
	// ErrTaken is what a handler's error wraps for a message that another process is taking at this moment. The pass ends there, so that no later
	// message overtakes it, and the inbox is read again soon.
	ErrTaken = errors.New("another process is taking the message")
	// ErrLogin is returned where the server refuses the login.
	ErrLogin = errors.New("the mail server refused the login")
	// ErrHold is what a handler's error wraps where no other message could be taken either: none is fetched for a while, a second at first and a minute
	// at most, and then one is, to see.
	ErrHold = errors.New("no message can be taken now")
)

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
	if c.Patience <= 0 {
		c.Patience = time.Minute
	}
	if c.Largest <= 0 {
		c.Largest = 150 << 20 // the most that Exchange Online lets an administrator allow
	}
	if c.Without <= 0 {
		c.Without = 10 * time.Minute
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return &Box{c}, nil
}
