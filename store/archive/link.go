package archive

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// LongestLink is how long a link can serve at most: S3 signs none for longer.
const LongestLink = 7 * 24 * time.Hour

// ErrNoLinks is returned where the store has no public address.
var ErrNoLinks = errors.New("the object store has no public address")

// publicClient signs links; it never connects to where people reach the store, which may not be reached from here.
func (s *Store) publicClient(ctx context.Context, cfg Config) (*minio.Client, error) {
	base := cfg.Public
	at, err := url.Parse(base)
	if err != nil || at.Host == "" || at.User != nil || strings.Trim(at.Path, "/") != "" || at.RawQuery != "" {
		return nil, fmt.Errorf("public address %q: want https://host", base) // the host and the path are signed
	}
	if ip := net.ParseIP(at.Hostname()); at.Scheme != "https" && (at.Scheme != "http" || at.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback())) {
		return nil, fmt.Errorf("public address %q: want https, as letters would be readable on the way", base)
	}
	if cfg.Region == "" { // it is signed too
		if cfg.Region, err = s.client.GetBucketLocation(ctx, s.bucket); err != nil {
			return nil, s.fail("read the region of bucket", s.bucket, err)
		}
		cfg.Region = cmp.Or(cfg.Region, "us-east-1")
	}
	return minio.New(at.Host, &minio.Options{Creds: credentials.NewStaticV4(cfg.AccessKey, cfg.SecretKey, ""), Secure: at.Scheme == "https", Region: cfg.Region})
}

// Link is a web address under which anybody who knows it can read the latest version of one object, for a while: fileName is what the browser
// calls it. Without a public address the error is ErrNoLinks.
func (s *Store) Link(ctx context.Context, key, fileName string, serves time.Duration) (string, error) {
	if s.public == nil {
		return "", ErrNoLinks
	}
	if err := checkKey(key); err != nil {
		return "", fmt.Errorf("archive: link: %w", err)
	}
	object, err := s.Stat(ctx, key)
	if err != nil {
		return "", err
	}
	query := url.Values{"response-content-disposition": {fmt.Sprintf("attachment; filename=%q", fileName)}}
	if object.VersionID != "" {
		query.Set("versionId", object.VersionID)
	}
	link, err := s.public.PresignHeader(ctx, http.MethodGet, s.bucket, key, min(serves, LongestLink), query, nil)
	if err != nil {
		return "", s.fail("link to", key, err)
	}
	return link.String(), nil
}
