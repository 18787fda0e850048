package sirene

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// interval keeps below the API's limit of seven requests a second for one address, with a margin for jitter on the way.
const interval = 150 * time.Millisecond

// pace spaces requests out. The zero value is ready.
type pace struct {
	mu   sync.Mutex
	next time.Time // no request before
	shut time.Time // the server asked to be left alone until then
}

// wait returns when a request may be sent. It refuses at once while the server asks to be left alone, or when the context would
// end before its turn, so that nobody queues for nothing.
func (p *pace) wait(ctx context.Context) error {
	at, err := p.turn(ctx)
	if err != nil {
		return err
	}
	timer := time.NewTimer(time.Until(at))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return fmt.Errorf("wait for a turn to ask the register: %w", ctx.Err())
	case <-timer.C:
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.refusal(time.Now()) // the answer to a request before ours may have shut the door meanwhile
}

// turn reserves the next free moment.
func (p *pace) turn(ctx context.Context) (time.Time, error) {
	if err := ctx.Err(); err != nil {
		return time.Time{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	at := time.Now()
	if err := p.refusal(at); err != nil {
		return time.Time{}, err
	}
	if p.next.After(at) {
		at = p.next
	}
	if end, ok := ctx.Deadline(); ok && end.Before(at) {
		return time.Time{}, fmt.Errorf("wait for a turn to ask the register: %w", context.DeadlineExceeded)
	}
	p.next = at.Add(interval)
	return at, nil
}

// refusal is the server's own 429 for as long as it lasts. The caller holds the lock.
func (p *pace) refusal(now time.Time) error {
	if left := p.shut.Sub(now); left > 0 {
		return &StatusError{Status: http.StatusTooManyRequests, RetryAfter: left}
	}
	return nil
}

// close shuts the door for a while.
func (p *pace) close(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if until := time.Now().Add(d); until.After(p.shut) {
		p.shut = until
	}
}
