package mailbox

import (
	"context"
	"errors"

	"github.com/emersion/go-imap/v2"

	"relance/observe/health"
)

// lost makes the end of a connection one of the dependency, and tells the observer.
func (b *Box) lost(err error) error {
	err = failure(err)
	if b.Observer != nil {
		b.Observer.Lost(err)
	}
	return err
}

// failure makes an error one of the mail server, with the reason it gives.
func failure(err error) error {
	var answer *imap.Error
	switch {
	case err == nil, errors.Is(err, context.Canceled), errors.As(err, new(*health.Failure)):
		return err
	case errors.Is(err, ErrLogin):
		return &health.Failure{Of: health.IMAP, Reason: health.Login, Err: err}
	case !errors.As(err, &answer):
		return health.Fail(health.IMAP, err)
	}
	reason := health.Other
	switch { // RFC 5530 §3
	case answer.Code == imap.ResponseCodeOverQuota:
		reason = health.Full
	case answer.Type == imap.StatusResponseTypeBye, answer.Code == imap.ResponseCodeUnavailable, answer.Code == imap.ResponseCodeLimit, answer.Code == imap.ResponseCodeInUse:
		reason = health.Busy
	case answer.Code == imap.ResponseCodeServerBug, answer.Code == imap.ResponseCodeCorruption:
		reason = health.Failing
	}
	return &health.Failure{Of: health.IMAP, Reason: reason, Code: string(answer.Code), Err: err}
}

// Check tells whether the server takes a connection and the login.
func (b *Box) Check(ctx context.Context) error {
	s, err := b.connect(ctx, "")
	if err != nil {
		return failure(err)
	}
	s.close()
	return nil
}
