package starter

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"relance/domain/scheme"
	"relance/intake/fields"
	"relance/intake/papers"
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
func (s *Starter) letter(ctx context.Context, m mailbox.Mail) (*letter, error) {
	return s.newLetter(ctx, func() io.ReadSeeker { return m.Reader() }, s.arrived(m), m.Size)
}

// arrived is when a message came, by the mail server's clock, and now at the latest: where that clock runs ahead, no period may begin in the future.
func (s *Starter) arrived(m mailbox.Mail) time.Time {
	now := s.now()
	err := health.Differ("the mail server", max(m.Received.Sub(now), 0)) // most mails lie there for a while
	if s.Health.Told(health.Clock, err); err != nil {
		return now
	}
	return m.Received
}

// now is the real time.
func (s *Starter) now() time.Time {
	if s.Now != nil {
		return s.Now()
	}
	return time.Now()
}

func (s *Starter) newLetter(ctx context.Context, content func() io.ReadSeeker, received time.Time, size int64) (*letter, error) {
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
		l.received = auth.Received(l.Trace, s.Server.Name, received)
		l.Verdict = auth.Judge(auth.Evidence{Message: l.Message, Server: auth.Read(l.Trace, s.Server)}).Verdict
		if l.Through(s.Lists) && l.Verdict != auth.Forged {
			l.Verdict = auth.Unproven // what was looked at is the list
		}
	}
	l.SIRETs = func() ([]string, error) { return s.sirets(ctx, content(), size, l.Verdict == auth.Proven) }
	l.Gives = func(sch *scheme.Scheme) (int, error) { return gives(content(), size, sch.At(l.received)) }
	return l, nil
}

// gives counts the fields of a version that the text of a message gives under their labels.
func gives(content io.Reader, size int64, v *scheme.Version) (n int, err error) {
	raw := bytes.NewBuffer(make([]byte, 0, size+bytes.MinRead))
	if _, err := raw.ReadFrom(content); err != nil {
		return 0, err
	}
	m, err := message.ParseWith(raw.Bytes(), message.Shut)
	if errors.Is(err, message.ErrEmpty) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	for _, f := range fields.Read(fields.Lines(m.Reply), v, nil).Found {
		if !f.Proposed && f.Value != "" {
			n++
		}
	}
	return n, nil
}

// head reads a message's header; of a small one, and of one whose header does not settle its kind, as much of the whole as a machine's mail is
// long.
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
		if err == nil && (whole || m.WantsBody() && size >= longestReport) {
			return message.ParseWith(raw, message.Shut)
		}
		if err != nil || !m.WantsBody() {
			return m, err
		}
	}
}

var fourteen = regexp.MustCompile(`\d(?:[  .]?\d){13}`)

// sirets finds the establishments that a message names, in its text and, where it is proven who wrote it, in the forms attached to it.
func (s *Starter) sirets(ctx context.Context, content io.Reader, size int64, proven bool) ([]string, error) {
	var files papers.Reader = papers.Here{}
	if s.Papers != nil {
		files = s.Papers.For(ctx)
	}
	raw := bytes.NewBuffer(make([]byte, 0, size+bytes.MinRead))
	if _, err := raw.ReadFrom(content); err != nil {
		return nil, err
	}
	open := message.Shut
	if proven {
		open = files.Open
	}
	m, err := message.ParseWith(raw.Bytes(), open)
	if errors.Is(err, message.ErrEmpty) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	found := siretsIn(m.Reply)
	const largestForm = 5 << 20
	for _, a := range m.Files() {
		if a.Type != "application/pdf" || a.Size > largestForm || !proven {
			continue
		}
		form, err := files.Look(papers.Request{Type: a.Type, Table: papers.Form}, a.Content(), nil)
		if err != nil {
			return nil, err
		}
		for _, row := range form.Rows {
			for _, value := range row {
				found = append(found, siretsIn(value)...)
			}
		}
	}
	slices.Sort(found)
	return slices.Compact(found), nil
}

// siretsIn finds the establishments that a text names.
func siretsIn(text string) (found []string) {
	for _, written := range fourteen.FindAllString(text, 50) {
		digits := strings.Map(func(r rune) rune {
			if r < '0' || r > '9' {
				return -1
			}
			return r
		}, written)
		if scheme.ValidSIRET(digits) {
			found = append(found, digits)
		}
	}
	return found
}
