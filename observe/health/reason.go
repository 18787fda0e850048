package health

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"syscall"

	"go.temporal.io/api/serviceerror"
)

// Dependency is something outside of a process that it needs.
type Dependency string

// What processes need.
const (
	Temporal  Dependency = "temporal"
	Archive   Dependency = "archive" // the object store
	IMAP      Dependency = "imap"
	Inbox     Dependency = "inbox" // the single messages in the mailbox
	SMTP      Dependency = "smtp"
	Scanner   Dependency = "scanner"   // of viruses
	Timestamp Dependency = "timestamp" // an authority of RFC 3161
	Disk      Dependency = "disk"      // where temporary files lie
	Clock     Dependency = "clock"     // of this machine
	Versions  Dependency = "versions"  // of the workers: that cases go to one which runs
)

// Reason is why a dependency cannot be worked with.
type Reason string

// The reasons.
const (
	Refused     Reason = "refused"     // nothing listens at the address
	Unresolved  Reason = "unresolved"  // the server's name is not known
	Unreachable Reason = "unreachable" // no way leads there, or nobody says why
	Timeout     Reason = "timeout"     // no answer in time
	Cut         Reason = "cut"         // the connection broke
	Busy        Reason = "busy"        // it turns away who comes, for now
	Failing     Reason = "failing"     // it answers that it has failed
	Full        Reason = "full"        // there is no room left
	Refusing    Reason = "refusing"    // it takes the connection, and puts mails off
	Login       Reason = "login"       // it does not accept who we are
	Denied      Reason = "denied"      // we may not do what we have to
	Missing     Reason = "missing"     // the bucket or namespace is not there
	Certificate Reason = "certificate" // its certificate cannot be believed
	Skewed      Reason = "skewed"      // two clocks differ
	Standstill  Reason = "standstill"  // cases go to a version of which no worker runs
	Stuck       Reason = "stuck"       // it cannot give some messages
	Other       Reason = "other"

	// PutOff is the answer of a server in order: this one mail is to be sent again later.
	PutOff Reason = "put_off"
)

// Passing tells whether waiting may end it, with nothing changed in the configuration.
func (r Reason) Passing() bool {
	switch r {
	case Refused, Unresolved, Unreachable, Timeout, Cut, Busy, Failing, Full, Refusing, Skewed, Standstill, PutOff:
		return true
	}
	return false
}

// reach tells whether a server that answers has come over it. Of the other reasons it takes work that succeeds.
func (r Reason) reach() bool {
	switch r {
	case Full, Refusing, Failing, Denied:
		return false
	}
	return true
}

// Failure is an error of a dependency, with what whoever keeps it has to know.
type Failure struct {
	Of     Dependency
	Reason Reason
	Code   string // the server's own, such as 451 4.3.0 or XMinioStorageFull: no words, which may repeat an applicant's address
	Err    error
}

// Error says what went wrong, in the words of the error itself.
func (f *Failure) Error() string { return f.Err.Error() }

// Unwrap is of package errors.
func (f *Failure) Unwrap() error { return f.Err }

// Fail makes an error one of a dependency, with the reason that the network gives. What is one already, or says that somebody stopped, stays as
// it is.
func Fail(of Dependency, err error) error {
	reason := ReasonOf(err)
	if reason == "" || errors.As(err, new(*Failure)) {
		return err
	}
	return &Failure{Of: of, Reason: reason, Err: err}
}

// Outage gives the failure of a dependency behind an error, where there is one and it is about more than a single mail.
func Outage(err error) (*Failure, bool) {
	var f *Failure
	if errors.Is(err, context.Canceled) {
		return nil, false
	}
	if errors.As(err, &f) {
		return f, f.Reason != PutOff
	}
	var service serviceerror.ServiceError
	if errors.As(err, &service) {
		if reason := temporal(service); reason != "" {
			return &Failure{Of: Temporal, Reason: reason, Err: err}, true
		}
	}
	return nil, false
}

// ReasonOf tells why the network, the disk or Temporal fails; empty where nothing does, or whoever asked has stopped asking.
func ReasonOf(err error) Reason {
	var (
		name         *net.DNSError
		authority    x509.UnknownAuthorityError
		host         x509.HostnameError
		invalid      x509.CertificateInvalidError
		verification *tls.CertificateVerificationError
		service      serviceerror.ServiceError
		timeout      net.Error
		dial         *net.OpError
	)
	switch {
	case err == nil, errors.Is(err, context.Canceled):
		return ""
	case errors.As(err, &service):
		return temporal(service)
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return Full
	case errors.As(err, &name) && !name.IsTimeout:
		return Unresolved
	case errors.As(err, &authority), errors.As(err, &host), errors.As(err, &invalid), errors.As(err, &verification):
		return Certificate
	case errors.Is(err, syscall.ECONNREFUSED), errors.As(err, &dial) && errors.Is(err, syscall.ENOENT): // of a Unix socket
		return Refused
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EADDRNOTAVAIL):
		return Unreachable
	case errors.As(err, &timeout) && timeout.Timeout(), errors.Is(err, context.DeadlineExceeded):
		return Timeout
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE),
		errors.Is(err, net.ErrClosed):
		return Cut
	}
	return Other
}

// temporal tells of Temporal's own errors; empty where it answers about one workflow, as it should.
func temporal(err serviceerror.ServiceError) Reason {
	switch err.(type) {
	case *serviceerror.Unavailable:
		return Unreachable
	case *serviceerror.DeadlineExceeded:
		return Timeout
	case *serviceerror.ResourceExhausted:
		return Busy
	case *serviceerror.Internal, *serviceerror.DataLoss:
		return Failing
	case *serviceerror.PermissionDenied:
		return Denied
	case *serviceerror.NamespaceNotFound, *serviceerror.NamespaceInvalidState:
		return Missing
	}
	return ""
}
