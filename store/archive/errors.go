package archive

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/minio/minio-go/v7"

	"relance/observe/health"
)

var (
	// ErrNotFound says that no object has this key.
	ErrNotFound = errors.New("no such object")
	// ErrBadKey says that a key or a prefix is not one that every S3 server keeps as it is.
	ErrBadKey = errors.New("bad object key")
	// ErrCorrupt says that what was read is not what was written: its SHA-256 differs from the one stored with it.
	ErrCorrupt = errors.New("the content read is not the content written")
	// ErrUnfit says that the bucket or the server cannot hold evidence.
	ErrUnfit = errors.New("it cannot hold evidence: the bucket must exist with versioning and object lock, on a server with conditional writes")
	// ErrRetained says that an object is still locked, so that nothing was erased.
	ErrRetained = errors.New("still under retention")

	// errBusy says that another writer holds a key without having finished. Temporary.
	errBusy = errors.New("another process is writing this key")
)

// Temporary tells whether the same call may succeed later with nothing changed in the configuration: the network, an
// overloaded or failing server (5xx, SlowDown), a full disk, a content damaged on its way, a timeout. A refused key, a
// missing bucket, a bad name, an unknown certificate or a missing object are not: a person has to act.
func Temporary(err error) bool {
	var answer minio.ErrorResponse
	switch {
	case err == nil, errors.Is(err, ErrNotFound), errors.Is(err, ErrBadKey), errors.Is(err, ErrCorrupt),
		errors.Is(err, ErrUnfit), errors.Is(err, ErrRetained):
		return false
	case errors.Is(err, errBusy), errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return true
	case errors.As(err, &answer):
		return temporaryAnswer(answer)
	}
	return temporaryNetwork(err)
}

// temporaryCodes are S3 error codes below 500 that heal by themselves or with a second try.
var temporaryCodes = []string{
	"SlowDown", "SlowDownRead", "SlowDownWrite", "Throttling", "ThrottlingException", "RequestThrottled", "RequestLimitExceeded",
	"RequestTimeout", "RequestTimeTooSkewed", "OperationAborted", "ConditionalRequestConflict",
	"BadDigest", "XAmzContentSHA256Mismatch", "XAmzContentChecksumMismatch", "IncompleteBody",
	"QuotaExceeded", "XMinioAdminBucketQuotaExceeded", "XMinioStorageFull",
}

func temporaryAnswer(answer minio.ErrorResponse) bool {
	switch answer.StatusCode {
	case http.StatusRequestTimeout, http.StatusTooManyRequests:
		return true
	case http.StatusNotImplemented:
		return false
	}
	return answer.StatusCode >= 500 || slices.Contains(temporaryCodes, answer.Code)
}

// temporaryNetwork judges an error that is no answer of the server.
func temporaryNetwork(err error) bool {
	var (
		authority x509.UnknownAuthorityError
		hostname  x509.HostnameError
		invalid   x509.CertificateInvalidError
		verify    *tls.CertificateVerificationError
		record    tls.RecordHeaderError
		request   *url.Error
		network   net.Error
	)
	if errors.As(err, &authority) || errors.As(err, &hostname) || errors.As(err, &invalid) || errors.As(err, &verify) ||
		errors.As(err, &record) || strings.Contains(err.Error(), "server gave HTTP response to HTTPS client") {
		return false
	}
	return errors.As(err, &request) || errors.As(err, &network) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF)
}

// fail says what was tried and, in words that help whoever keeps the server, what came of it. Where the store is at fault the error is a
// health.Failure.
func (s *Store) fail(doing, what string, err error) error {
	said := s.say(doing, what, err)
	reason, code := reasonOf(err)
	if reason == "" {
		if errors.As(err, new(minio.ErrorResponse)) {
			s.observer.Answered(health.Archive)
		}
		return said
	}
	failure := &health.Failure{Of: health.Archive, Reason: reason, Code: code, Err: said}
	s.observer.Failed(failure)
	return failure
}

// reasonOf tells why the store is at fault, and its own code; the reason is empty where it is not.
func reasonOf(err error) (reason health.Reason, code string) {
	var answer minio.ErrorResponse
	switch {
	case errors.Is(err, errBusy):
		return "", ""
	case !errors.As(err, &answer):
		return withoutAnswer(err), ""
	}
	for reason, codes := range reasons {
		if slices.Contains(codes, answer.Code) {
			return reason, answer.Code
		}
	}
	switch {
	case answer.StatusCode == http.StatusTooManyRequests, answer.StatusCode == http.StatusServiceUnavailable:
		return health.Busy, answer.Code
	case answer.StatusCode == http.StatusInsufficientStorage:
		return health.Full, answer.Code
	case answer.StatusCode >= 500 && answer.StatusCode != http.StatusNotImplemented:
		return health.Failing, answer.Code
	}
	return "", answer.Code
}

// withoutAnswer tells why no answer came. The library puts words in the place of the end of a connection.
func withoutAnswer(err error) health.Reason {
	reason := health.ReasonOf(err)
	switch {
	case reason != health.Other:
	case strings.Contains(err.Error(), "Connection closed by foreign host"):
		return health.Cut
	case temporaryNetwork(err):
		return health.Unreachable
	}
	return reason
}

// loginCodes refuse the access key or its secret, the last one at versitygw.
var loginCodes = []string{"InvalidAccessKeyId", "SignatureDoesNotMatch", "XAdminUserNotFound"}

// reasons are those that the store's own codes give.
var reasons = map[health.Reason][]string{
	health.Full:    {"XMinioStorageFull", "QuotaExceeded", "XMinioAdminBucketQuotaExceeded"},
	health.Login:   loginCodes,
	health.Denied:  {minio.AccessDenied},
	health.Missing: {minio.NoSuchBucket},
	health.Skewed:  {"RequestTimeTooSkewed"},
	health.Busy:    {"SlowDown", "SlowDownRead", "SlowDownWrite", "Throttling", "ThrottlingException", "RequestThrottled", "RequestLimitExceeded", "XMinioServerNotInitialized"},
	health.Timeout: {"RequestTimeout"},
}

func (s *Store) say(doing, what string, err error) error {
	var answer minio.ErrorResponse
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("archive: %s %q: no answer from %s in time: %w", doing, what, s.host, err)
	case !errors.As(err, &answer):
		return fmt.Errorf("archive: %s %q: %w", doing, what, err)
	}
	if slices.Contains(loginCodes, answer.Code) {
		return fmt.Errorf("archive: %s %q: the store at %s does not accept the access key or its secret (%s): %w",
			doing, what, s.host, answer.Code, err)
	}
	switch answer.Code {
	case minio.NoSuchKey, "NoSuchVersion":
		return fmt.Errorf("archive: %s %q: %w", doing, what, ErrNotFound)
	case minio.AccessDenied:
		return fmt.Errorf("archive: %s %q: the access key has no right to do this in bucket %q of %s: %w",
			doing, what, s.bucket, s.host, err)
	case minio.NoSuchBucket:
		return fmt.Errorf("archive: %s %q: there is no bucket %q at %s: %w", doing, what, s.bucket, s.host, err)
	}
	return fmt.Errorf("archive: %s %q: %w (%s, status %d)", doing, what, err, answer.Code, answer.StatusCode)
}

// hasCode tells whether the server answered with one of these S3 error codes.
func hasCode(err error, codes ...string) bool {
	var answer minio.ErrorResponse
	return errors.As(err, &answer) && slices.Contains(codes, answer.Code)
}

// isTaken tells whether a conditional write was refused because the key is there (412) or is being written (409). S3 names both.
func isTaken(err error) bool {
	return hasCode(err, minio.PreconditionFailed, "ConditionalRequestConflict", "OperationAborted")
}
