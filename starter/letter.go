package starter

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"relance/domain/scheme"
	"relance/intake/form"
	"relance/intake/routing"
	"relance/mail/auth"
	"relance/mail/mailbox"
	"relance/mail/message"
	"relance/observe/health"
)

// letter is a message as it is routed: its header and hashes, and its content as something to read from.
type letter struct {
	routing.Letter
	identity, sum string
	received      time.Time
	size          int64
	inbox         bool // it lies in the inbox, where other starters see it too
	content       func() io.ReadSeeker
}

// headSize is how much of a message is looked at for its header, in bytes.
const headSize = 64 << 10

// letter reads what routing needs. A message that cannot be understood has no Message.
func (s *Starter) letter(m mailbox.Mail) (*letter, error) {
	return newLetter(func() io.ReadSeeker { return m.Reader() }, s.arrived(m), m.Size, s.Server)
}

// arrived is when a message came, by the mail server's clock, and now at the latest: where that clock runs ahead, no period may begin in the future.
func (s *Starter) arrived(m mailbox.Mail) time.Time {
	now := time.Now()
	if s.Now != nil {
		now = s.Now()
	}
	err := health.Differ("the mail server", max(m.Received.Sub(now), 0)) // most mails lie there for a while
	if s.Health.Told(health.Clock, err); err != nil {
		return now
	}
	return m.Received
}

func newLetter(content func() io.ReadSeeker, received time.Time, size int64, server string) (*letter, error) {
	l := &letter{received: received, size: size, content: content}
	sum := sha256.New()
	if _, err := io.Copy(sum, content()); err != nil {
		return nil, err
	}
	l.sum = hex.EncodeToString(sum.Sum(nil))
	var err error
	if l.identity, err = message.IdentityOf(content()); err != nil {
		return nil, err
	}
	if l.Message, err = head(content); err != nil {
		return nil, err
	}
	if l.Message != nil {
		l.received = auth.Received(l.Trace, server, received)
		l.Verdict = auth.Judge(auth.Evidence{Message: l.Message, Server: auth.Read(l.Trace, server)}).Verdict
	}
	l.SIRETs = func() ([]string, error) {
		m, err := message.Read(content())
		if errors.Is(err, message.ErrEmpty) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		return sirets(m), nil
	}
	return l, nil
}

// head reads a message's header; of what may be a delivery report, as much of the whole as one is long.
func head(content func() io.ReadSeeker) (*message.Message, error) {
	const longestReport = 4 << 20
	for size := int64(headSize); ; size *= 8 {
		raw, err := io.ReadAll(io.LimitReader(content(), size))
		if err != nil {
			return nil, err
		}
		whole := int64(len(raw)) < size
		if !whole && size < longestReport && !bytes.Contains(raw, []byte("\n\r\n")) && !bytes.Contains(raw, []byte("\n\n")) {
			continue
		}
		m, err := message.ParseHeader(raw)
		if errors.Is(err, message.ErrEmpty) {
			return nil, nil
		}
		if err != nil || !report(m) {
			return m, err
		}
		if whole || size >= longestReport {
			return message.Parse(raw)
		}
	}
}

// report tells whether a message may be a delivery report, so that its body counts for its place.
func report(m *message.Message) bool {
	local, _, _ := strings.Cut(strings.ToLower(m.From.Address), "@")
	return m.Kind == message.KindBounce || local == "mailer-daemon" || local == "postmaster" || m.From.Address == ""
}

var fourteen = regexp.MustCompile(`\d(?:[  .]?\d){13}`)

// sirets finds the establishments that a message names, in its text and in the forms attached to it.
func sirets(m *message.Message) []string {
	var found []string
	add := func(text string) {
		for _, written := range fourteen.FindAllString(text, 50) {
			digits := strings.Map(func(r rune) rune {
				if r < '0' || r > '9' {
					return -1
				}
				return r
			}, written)
			if scheme.ValidSIRET(digits) && !slices.Contains(found, digits) {
				found = append(found, digits)
			}
		}
	}
	add(m.Reply)
	const largestForm = 5 << 20
	for _, a := range m.Files() {
		if a.Type != "application/pdf" || a.Size > largestForm {
			continue
		}
		if values, err := form.ReadPDF(a.Content()); err == nil {
			for _, value := range values {
				add(value)
			}
		}
	}
	return found
}
