package outbox

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/emersion/go-smtp"

	"relance/observe/health"
)

// What can keep a mail from being handed over, beside the server's refusal of that mail (SMTPError).
var (
	// ErrAddress is returned for what is no mail address. It is final.
	ErrAddress = errors.New("not a mail address")
	// ErrNeedsUTF8 is returned where an address needs SMTPUTF8 (RFC 6531) and the server does not offer it. It is final.
	ErrNeedsUTF8 = errors.New("the mail server takes no addresses outside ASCII")
	// ErrTooLarge is returned for a mail that is larger than the server says it takes (RFC 1870). It is final.
	ErrTooLarge = errors.New("the mail is larger than the mail server takes")
	// ErrLogin is returned where the server refuses the login. It is temporary: no mail is at fault, and an administrator mends it.
	ErrLogin = errors.New("the mail server refused the login")
)

// SMTPError is a server's refusal of a mail (RFC 5321 §4.2, RFC 3463). ErrAddress, ErrNeedsUTF8 and ErrTooLarge come from Send with one too: the
// server was not asked, and the code is the one it would have given.
type SMTPError struct {
	Code     int
	Enhanced string // such as 5.1.1; empty where the server gives none
	Message  string
}

// Error leaves out the addresses that servers repeat: it goes to logs.
func (e *SMTPError) Error() string {
	return strings.Join(strings.Fields(fmt.Sprintf("smtp %d %s %s", e.Code, e.Enhanced, anAddress.ReplaceAllString(e.Message, "…"))), " ")
}

var anAddress = regexp.MustCompile(`[^\s<>:;,()"]+@[^\s<>:;,()"]+`)

// Temporary tells whether sending the same mail again later may succeed: anything but a final refusal of it (RFC 5321 §4.2.1: 5yz). That the
// server wants a login, or another one (RFC 4954 §6), says nothing about the mail.
func Temporary(err error) bool {
	switch {
	case err == nil:
		return false
	case errors.Is(err, ErrLogin):
		return true
	case errors.Is(err, ErrAddress), errors.Is(err, ErrNeedsUTF8), errors.Is(err, ErrTooLarge):
		return false
	}
	var refusal *SMTPError
	if !errors.As(err, &refusal) {
		return true
	}
	switch refusal.Code {
	case 530, 534, 535, 538:
		return true
	}
	return refusal.Code/100 != 5
}

// unsent is the error for a mail that the server was not asked to take.
func unsent(reason error, code int, enhanced, message string) error {
	return fmt.Errorf("%w: %w", reason, &SMTPError{Code: code, Enhanced: enhanced, Message: "not sent: " + message})
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

// atConnection is the error of a connection that did not come about. A refusal there is none of a mail, so it is no SMTPError any more.
func atConnection(err error) error {
	var answer *SMTPError
	if errors.As(refusal(err), &answer) {
		return &health.Failure{Of: health.SMTP, Reason: health.Busy, Code: answer.status(), Err: errors.New(answer.Error())}
	}
	return err
}
