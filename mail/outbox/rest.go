package outbox

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"relance/observe/health"
)

const (
	firstRest = time.Second
	lastRest  = 15 * time.Second // short beside the minute between two tries of one mail: nobody waits for it long after an outage
	loginRest = time.Minute      // servers shut out who is refused too often
)

// rest keeps the mails of many cases from all trying at a server that is away: while it rests nobody tries, and after that one does, for all. The first
// failure is followed by no rest: a new token, or a server that had just restarted, is tried at once.
type rest struct {
	mu     sync.Mutex
	until  time.Time
	wait   time.Duration // of the last rest
	last   error
	trying bool // somebody tries for all
}

// errRests is the error of who may not try now; it wraps why.
func (r *rest) errRests() error {
	return fmt.Errorf("the mail server is left alone until %s: %w", r.until.Format(time.TimeOnly), r.last)
}

// enter asks whether a connection may be tried now. Whoever may has to call leave.
func (r *rest) enter(now time.Time) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.last == nil || r.wait == 0 {
		return nil
	}
	if now.Before(r.until) || r.trying {
		return r.errRests()
	}
	r.trying = true
	return nil
}

// leave says what came of it. An error that is about one mail alone shows that the server is there.
func (r *rest) leave(now time.Time, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.trying = false
	f, outage := health.Outage(err)
	switch {
	case errors.Is(err, context.Canceled): // nobody knows
		return
	case !outage:
		r.last, r.wait, r.until = nil, 0, time.Time{}
		return
	case now.Before(r.until): // those that were under way when the rest began do not lengthen it
		return
	}
	longest := lastRest
	if f.Reason == health.Login {
		longest = loginRest
	}
	if r.last != nil {
		r.wait = min(max(2*r.wait, firstRest), longest)
	}
	r.last, r.until = err, now.Add(r.wait)
}

// failure makes an error of the connection or of the whole server one of the dependency, and leaves one that is about a mail as it is but for its
// reason.
func failure(err error) error {
	var answer *SMTPError
	switch {
	case err == nil, errors.As(err, new(*health.Failure)):
		return err
	case errors.Is(err, ErrLogin):
		return &health.Failure{Of: health.SMTP, Reason: health.Login, Err: err}
	case !errors.As(err, &answer):
		return health.Fail(health.SMTP, err)
	case !Temporary(err):
		return err
	}
	reason := health.PutOff
	if answer.whole() {
		reason = health.Refusing
	}
	return &health.Failure{Of: health.SMTP, Reason: reason, Code: answer.status(), Err: err}
}

// whole tells whether a refusal is about the server rather than one mail: it closes (421), wants another login, or its status says so (RFC 3463 §3.4,
// §3.5: system and network). Without a status 451 and 452 are the server's own troubles (RFC 5321 §4.2.3), and 450 is the recipient's mailbox.
func (e *SMTPError) whole() bool {
	switch {
	case e.Code == 421 || e.Code == 530 || e.Code == 534 || e.Code == 535 || e.Code == 538:
		return true
	case len(e.Enhanced) > 2:
		return e.Enhanced[2] == '3' || e.Enhanced[2] == '4'
	}
	return e.Code == 451 || e.Code == 452
}

// status is the refusal without its words.
func (e *SMTPError) status() string {
	if e.Enhanced == "" {
		return fmt.Sprint(e.Code)
	}
	return fmt.Sprint(e.Code, " ", e.Enhanced)
}
