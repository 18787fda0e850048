// Package clamd asks the virus scanner ClamAV whether a content is infected: the command INSTREAM of its daemon clamd
// (docs.clamav.net, clamd(8)). The content is streamed and never held. What clamd does not look into counts as clean unless its own
// configuration says otherwise: with "AlertExceedsMax yes" and "AlertEncrypted yes" it reports what is too large or encrypted.
package clamd

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"relance/observe/health"
)

// ErrTooLarge is returned for a content that is larger than clamd's StreamMaxLength. It was not scanned.
var ErrTooLarge = errors.New("the content is larger than the virus scanner takes")

// errAnswer is an answer that is no verdict. It never counts as clean.
var errAnswer = errors.New("the virus scanner gave no verdict")

// errEarly is an answer to a content that was not there yet.
var errEarly = errors.New("an answer before the end of the content")

// Temporary tells whether scanning the same content again later may succeed: anything but ErrTooLarge. Whoever mends clamd's configuration
// or databases ends the rest.
func Temporary(err error) bool { return err != nil && !errors.Is(err, ErrTooLarge) }

// Verdict is what clamd found.
type Verdict struct {
	Infected  bool
	Signature string // the name of what was found, such as Win.Test.EICAR_HDB-1; empty where nothing was
}

// Client asks one clamd. It keeps no connection and is safe for concurrent use.
type Client struct {
	Timeout          time.Duration // for one scan or ping, as a whole
	network, address string
}

const (
	defaultTimeout = 3 * time.Minute // clamd itself gives up on a file after two (MaxScanTime)
	dialTimeout    = 10 * time.Second
	lateAnswer     = 5 * time.Second // for an answer after clamd stopped reading
	chunkSize      = 64 << 10
	maxAnswer      = 4 << 10
)

// clean is clamd's answer to a content in which it found nothing.
const clean = "stream: OK"

// New reads an address: "tcp host:port" or "unix path". Nothing is connected yet.
func New(address string) (*Client, error) {
	network, rest, _ := strings.Cut(strings.TrimSpace(address), " ")
	rest = strings.TrimSpace(rest)
	switch network {
	case "tcp":
		if _, port, err := net.SplitHostPort(rest); err != nil || port == "" {
			return nil, fmt.Errorf("clamd: %q is not host:port", rest)
		}
	case "unix":
		if rest == "" {
			return nil, errors.New("clamd: no path of a socket")
		}
	default:
		return nil, fmt.Errorf("clamd: %q is neither \"tcp host:port\" nor \"unix path\"", address)
	}
	return &Client{Timeout: defaultTimeout, network: network, address: rest}, nil
}

// Ping tells whether clamd answers.
func (c *Client) Ping(ctx context.Context) error {
	answer, err := c.ask(ctx, "PING", nil)
	if err == nil && answer != "PONG" {
		err = noVerdict(answer)
	}
	return err
}

func noVerdict(answer string) error {
	return &health.Failure{Of: health.Scanner, Reason: health.Failing, Err: fmt.Errorf("clamd: %w: %q", errAnswer, answer)}
}

// Scan streams a content to clamd and gives its verdict. An error is never a verdict: ErrTooLarge, what reading r gave, or something that
// may be over later (Temporary).
func (c *Client) Scan(ctx context.Context, r io.Reader) (Verdict, error) {
	answer, err := c.ask(ctx, "INSTREAM", r)
	if err != nil {
		return Verdict{}, err
	}
	result, ours := strings.CutPrefix(answer, "stream: ")
	if signature, found := strings.CutSuffix(result, " FOUND"); ours && found && signature != "" {
		return Verdict{Infected: true, Signature: signature}, nil
	}
	switch {
	case answer == clean:
		return Verdict{}, nil
	case strings.HasPrefix(answer, "INSTREAM size limit exceeded"):
		return Verdict{}, ErrTooLarge
	}
	return Verdict{}, noVerdict(answer)
}

// ask sends a command and, where there is one, a content, and reads the one answer. An error that is the scanner's is a health.Failure.
func (c *Client) ask(ctx context.Context, command string, content io.Reader) (string, error) {
	answer, err := c.exchange(ctx, command, content)
	switch {
	case err == nil, errors.As(err, new(*readError)):
		return answer, err
	case errors.Is(err, errAnswer):
		return "", &health.Failure{Of: health.Scanner, Reason: health.Failing, Err: err}
	}
	return "", health.Fail(health.Scanner, err)
}

func (c *Client) exchange(ctx context.Context, command string, content io.Reader) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	conn, err := (&net.Dialer{Timeout: dialTimeout}).DialContext(ctx, c.network, c.address)
	if err != nil {
		return "", fmt.Errorf("clamd: %w", err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	answered := make(chan reply, 1)
	go func() { answered <- read(conn) }()
	sent := send(conn, command, content, answered)
	var broken *readError
	if errors.As(sent, &broken) {
		return "", sent
	}
	if sent != nil {
		_ = conn.SetReadDeadline(time.Now().Add(lateAnswer))
	}
	answer := <-answered
	switch {
	case answer.err == nil && sent != nil && answer.text == clean:
		return "", fmt.Errorf("clamd: %w: %w", errAnswer, sent) // it has not seen all of the content
	case answer.err == nil:
		return answer.text, nil
	case ctx.Err() != nil:
		return "", fmt.Errorf("clamd: %w", ctx.Err())
	}
	return "", fmt.Errorf("clamd: %w", errors.Join(sent, answer.err))
}

// readError is an error of the content's own reader.
type readError struct{ error }

func (e *readError) Unwrap() error { return e.error }

// send writes a command and a content in chunks, each after its length, and an empty one at the end. It stops when clamd answers before
// the end, as it does at its limit.
func send(w io.Writer, command string, content io.Reader, answered chan reply) error {
	if _, err := io.WriteString(w, "z"+command+"\x00"); err != nil || content == nil {
		return err
	}
	chunk := make([]byte, 4+chunkSize)
	for {
		n, err := io.ReadFull(content, chunk[4:])
		last := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !last {
			return &readError{fmt.Errorf("read what is to be scanned: %w", err)}
		}
		if n > 0 {
			binary.BigEndian.PutUint32(chunk, uint32(n))
			if _, err := w.Write(chunk[:4+n]); err != nil {
				return err
			}
		}
		if last {
			_, err := w.Write([]byte{0, 0, 0, 0})
			return err
		}
		select {
		case early := <-answered:
			answered <- early
			return errEarly
		default:
		}
	}
}

// reply is clamd's answer without the byte that ends it.
type reply struct {
	text string
	err  error
}

// read reads one answer. Without its end it is none: half an answer could be taken for another.
func read(r io.Reader) reply {
	text, err := bufio.NewReader(io.LimitReader(r, maxAnswer)).ReadString(0)
	if errors.Is(err, io.EOF) {
		err = fmt.Errorf("%w: the connection ended after %.100q", errAnswer, text)
	}
	return reply{strings.TrimRight(text, "\x00\n"), err}
}
