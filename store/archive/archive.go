// Package archive keeps what has weight: raw mails, documents, letters, decisions and the snapshots of a case.
//
// It speaks plain S3 (versioning, object lock, conditional writes), so that any server that has these three can stand
// behind it. Evidence is written once and locked for its legal retention; snapshots are written again and again, and
// every version stays. Nothing here knows what a case is: a key is a path, a content is bytes.
package archive

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"relance/observe/health"
)

const (
	// defaultTimeout bounds one operation on one object, the retries of the client included.
	defaultTimeout = 30 * time.Second
	// clientAttempts is how often one request is sent before its error is handed on. Few: whoever calls retries too, for longer.
	clientAttempts = 3
	// probeKey is the object with which Open tests conditional writes; List does not show it.
	probeKey = "relance-probe"
)

// Config says where the store is and how evidence is locked.
type Config struct {
	Endpoint  string         // host:port, without a scheme
	AccessKey string         // who we are for the store
	SecretKey string         // and the proof
	Region    string         // empty: asked of the server
	TLS       bool           // https; plain http is for a private network only
	RootCAs   *x509.CertPool // who may sign the server's certificate; nil: the system's authorities
	Bucket    string         // 3 to 63 lowercase letters, digits, dots and hyphens

	// Public is the web address under which people outside reach the store, such as https://documents.example.org. Empty: there are no links.
	Public string

	// Retention is how long evidence (PutOnce) can neither be changed nor removed. 0: no lock.
	Retention time.Duration
	// RetentionMode is GOVERNANCE (a right on the server can lift the lock) or COMPLIANCE (nobody can, not even root).
	// Empty means GOVERNANCE.
	RetentionMode string

	// Timeout bounds each operation but listings, which it bounds request by request. 0: 30 seconds.
	Timeout time.Duration

	// Observer is told what comes of each request; nil: nobody.
	Observer Observer
}

// Observer is told how the store does (package health).
type Observer interface {
	Succeeded(of health.Dependency) // something was written
	Answered(of health.Dependency)
	Failed(err error)
}

// Store is one bucket. It is safe for concurrent use.
type Store struct {
	client    *minio.Core
	public    *minio.Client // signs links; nil: there are none
	bucket    string
	host      string
	region    string
	retention time.Duration
	mode      minio.RetentionMode
	timeout   time.Duration
	observer  Observer
}

// Open connects to the store and sees to it that the bucket can hold evidence: it makes the bucket with versioning and
// object lock when there is none, refuses one that lacks either (ErrUnfit), and tests that the server honours conditional
// writes, without which PutOnce would overwrite. Several processes may open the same bucket at the same instant.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	s, err := newStore(cfg)
	if err != nil {
		return nil, fmt.Errorf("archive: %w", err)
	}
	if err := s.ensureBucket(ctx); err != nil {
		return nil, err
	}
	if err := s.probe(ctx); err != nil {
		return nil, err
	}
	if cfg.Public == "" {
		return s, nil
	}
	if s.public, err = s.publicClient(ctx, cfg); err != nil {
		return nil, fmt.Errorf("archive: %w", err)
	}
	return s, nil
}

func newStore(cfg Config) (*Store, error) {
	s := &Store{bucket: cfg.Bucket, host: cfg.Endpoint, region: cfg.Region, retention: cfg.Retention, timeout: cfg.Timeout, observer: cfg.Observer}
	switch cfg.RetentionMode {
	case "", "GOVERNANCE":
		s.mode = minio.Governance
	case "COMPLIANCE":
		s.mode = minio.Compliance
	default:
		return nil, fmt.Errorf("retention mode %q: want GOVERNANCE or COMPLIANCE", cfg.RetentionMode)
	}
	switch {
	case cfg.Retention < 0:
		return nil, fmt.Errorf("retention %v is negative", cfg.Retention)
	case cfg.AccessKey == "" || cfg.SecretKey == "":
		// The library would go on without a signature and be refused later, with a less helpful answer.
		return nil, errors.New("no access key or no secret key for the object store")
	}
	if s.timeout <= 0 {
		s.timeout = defaultTimeout
	}
	transport, err := minio.DefaultTransport(cfg.TLS)
	if err != nil {
		return nil, err
	}
	transport.ResponseHeaderTimeout = s.timeout
	if cfg.TLS && cfg.RootCAs != nil {
		transport.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: cfg.RootCAs}
	}
	s.client, err = minio.NewCore(cfg.Endpoint, &minio.Options{
		Creds:      credentials.NewStaticV4(cfg.AccessKey, cfg.SecretKey, ""),
		Secure:     cfg.TLS,
		Region:     cfg.Region,
		Transport:  dialects{transport},
		MaxRetries: clientAttempts,
	})
	if err != nil {
		return nil, fmt.Errorf("endpoint %q (want host:port): %w", cfg.Endpoint, err)
	}
	if s.observer == nil {
		s.observer = (*health.Recorder)(nil)
	}
	return s, nil
}

// ensureBucket makes the bucket when it is missing, then checks it, whoever made it.
func (s *Store) ensureBucket(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	exists, err := s.client.BucketExists(ctx, s.bucket)
	if err != nil {
		return s.fail("open bucket", s.bucket, err)
	}
	if !exists {
		err := s.client.MakeBucket(ctx, s.bucket, minio.MakeBucketOptions{Region: s.region, ObjectLocking: true})
		// Another process may have been faster: what counts is what the bucket is like now.
		if err != nil && !hasCode(err, "BucketAlreadyOwnedByYou", "BucketAlreadyExists") {
			return s.fail("make bucket", s.bucket, err)
		}
		_ = s.client.SetBucketLifecycle(ctx, s.bucket, passes()) // a store without such rules keeps what has passed
	}
	versioning, err := s.client.GetBucketVersioning(ctx, s.bucket)
	if err != nil {
		return s.fail("read the versioning of bucket", s.bucket, err)
	}
	if !versioning.Enabled() {
		return fmt.Errorf("archive: bucket %q keeps no versions: %w", s.bucket, ErrUnfit)
	}
	lock, _, _, _, err := s.client.GetObjectLockConfig(ctx, s.bucket)
	if err != nil && !hasCode(err, "ObjectLockConfigurationNotFoundError") {
		return s.fail("read the object lock of bucket", s.bucket, err)
	}
	if lock != "Enabled" {
		return fmt.Errorf("archive: bucket %q has no object lock: %w", s.bucket, ErrUnfit)
	}
	return nil
}

// rivals is how many conditional writes of one key race in a new bucket.
const rivals = 32

// probe writes the same small object twice on condition that it is not there. The second must be refused. In a bucket that nobody has probed, many write
// at once, and one alone may win: the book of the plan depends on it.
func (s *Store) probe(ctx context.Context) error {
	attempt := func() error {
		return s.put(ctx, probeKey, strings.NewReader("written once, to test conditional writes\n"), "text/plain", true, 0)
	}
	unfit := func(does string) error {
		return fmt.Errorf("archive: the server at %s %s and would overwrite evidence: %w", s.host, does, ErrUnfit)
	}
	if _, err := s.Stat(ctx, probeKey); errors.Is(err, ErrNotFound) {
		answers := make(chan error, rivals)
		for range rivals {
			go func() { answers <- attempt() }()
		}
		won := 0
		for range rivals {
			switch err := <-answers; {
			case err == nil:
				won++
			case !isTaken(err) && !Temporary(err):
				return s.fail("test conditional writes in bucket", s.bucket, err)
			}
		}
		if won > 1 {
			return unfit(fmt.Sprintf("lets %d of %d conditional writes of one key win", won, rivals))
		}
	}
	for range 2 {
		err := attempt()
		if isTaken(err) {
			return nil
		}
		if err != nil {
			return s.fail("test conditional writes in bucket", s.bucket, err)
		}
	}
	return unfit("ignores If-None-Match")
}

// Health asks whether the store answers and the bucket is there.
func (s *Store) Health(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, min(s.timeout, 5*time.Second))
	defer cancel()
	exists, err := s.client.BucketExists(ctx, s.bucket)
	if err != nil {
		return s.fail("reach bucket", s.bucket, err)
	}
	if !exists {
		return fmt.Errorf("archive: bucket %q is gone: %w", s.bucket, &health.Failure{Of: health.Archive, Reason: health.Missing, Err: ErrUnfit})
	}
	return nil
}
