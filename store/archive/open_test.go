package archive

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
)

func TestOpenMakesTheBucket(t *testing.T) {
	cfg := testConfig(t)
	const openers = 20
	errs := make(chan error, openers)
	for range openers {
		go func() {
			_, err := Open(t.Context(), cfg)
			errs <- err
		}()
	}
	for range openers {
		if err := <-errs; err != nil {
			t.Fatalf("one of %d openers: %v", openers, err)
		}
	}
	raw := rawClient(t, cfg)
	versioning, err := raw.GetBucketVersioning(t.Context(), cfg.Bucket)
	if err != nil || !versioning.Enabled() {
		t.Errorf("versioning %+v, %v", versioning, err)
	}
	lock, _, _, _, err := raw.GetObjectLockConfig(t.Context(), cfg.Bucket)
	if err != nil || lock != "Enabled" {
		t.Errorf("object lock %q, %v", lock, err)
	}
	if rules, err := raw.GetBucketLifecycle(t.Context(), cfg.Bucket); *maker == "minio" && (err != nil || len(rules.Rules) != 2 || rules.Rules[0].RuleFilter.Prefix != Passing || rules.Rules[0].Expiration.Days != 2) {
		t.Errorf("what serves for a day does not expire: %+v, %v", rules, err)
	}
	if n := len(versions(t, cfg, probeKey)); n != 1 {
		t.Errorf("%d versions of the probe, want 1", n)
	}
	s := open(t, cfg)
	if objects, err := s.List(t.Context(), ""); err != nil || len(objects) != 0 {
		t.Errorf("a new bucket lists %v, %v", objects, err)
	}
	if err := s.Health(t.Context()); err != nil {
		t.Errorf("health: %v", err)
	}
}

func TestOpenRefusesAnUnfitBucket(t *testing.T) {
	for _, test := range []struct {
		name, says string
		versioning bool
	}{
		{"no versions", "keeps no versions", false},
		{"versions without lock", "has no object lock", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			cfg := testConfig(t)
			raw := rawClient(t, cfg)
			if err := raw.MakeBucket(t.Context(), cfg.Bucket, minio.MakeBucketOptions{}); err != nil {
				t.Fatal(err)
			}
			if test.versioning {
				if err := raw.EnableVersioning(t.Context(), cfg.Bucket); err != nil {
					t.Fatal(err)
				}
			}
			_, err := Open(t.Context(), cfg)
			if !errors.Is(err, ErrUnfit) || !strings.Contains(err.Error(), test.says) || Temporary(err) {
				t.Errorf("got %v (temporary %v), want ErrUnfit that says %q", err, Temporary(err), test.says)
			}
		})
	}
}

func TestOpenRefusesBadSettings(t *testing.T) {
	good := Config{Endpoint: "127.0.0.1:1", AccessKey: "a", SecretKey: "b", Bucket: "bucket"}
	for name, change := range map[string]func(*Config){
		"mode":      func(c *Config) { c.RetentionMode = "governance" },
		"retention": func(c *Config) { c.Retention = -time.Hour },
		"key":       func(c *Config) { c.AccessKey = "" },
		"secret":    func(c *Config) { c.SecretKey = "" },
		"endpoint":  func(c *Config) { c.Endpoint = "http://store/path" },
		"bucket":    func(c *Config) { c.Bucket = "Not A Bucket" },
	} {
		cfg := good
		change(&cfg)
		if _, err := Open(t.Context(), cfg); err == nil || Temporary(err) || !strings.HasPrefix(err.Error(), "archive: ") {
			t.Errorf("%s: got %v, temporary %v", name, err, Temporary(err))
		}
	}
}

func TestOpenRefusesAWrongKey(t *testing.T) {
	cfg := testConfig(t)
	open(t, cfg)
	for name, change := range map[string]func(*Config){
		"access key": func(c *Config) { c.AccessKey = "nobody" },
		"secret":     func(c *Config) { c.SecretKey = "wrong-secret" },
	} {
		cfg := cfg
		change(&cfg)
		_, err := Open(t.Context(), cfg)
		if err == nil || Temporary(err) || !strings.Contains(err.Error(), "does not accept the access key") {
			t.Errorf("wrong %s: got %v, temporary %v", name, err, Temporary(err))
		}
		if err != nil && strings.Contains(err.Error(), "wrong-secret") {
			t.Errorf("the secret is in the error: %v", err)
		}
	}
}

// TestOpenRefusesAServerWithoutConditions needs a server that MinIO is not: one that takes every write.
func TestOpenRefusesAServerWithoutConditions(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Query().Has("versioning"):
			fmt.Fprint(w, `<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>`)
		case r.URL.Query().Has("object-lock"):
			fmt.Fprint(w, `<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>`)
		}
	}))
	defer server.Close()
	cfg := configFor(strings.TrimPrefix(server.URL, "http://"))
	_, err := Open(t.Context(), cfg)
	if !errors.Is(err, ErrUnfit) || !strings.Contains(err.Error(), "If-None-Match") {
		t.Errorf("got %v", err)
	}
}

// TestOpenRefusesAServerWhoseConditionsRace: it refuses a key that is there, and lets some writers win that come at once.
func TestOpenRefusesAServerWhoseConditionsRace(t *testing.T) {
	var puts atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Query().Has("versioning"):
			fmt.Fprint(w, `<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>`)
		case r.URL.Query().Has("object-lock"):
			fmt.Fprint(w, `<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>`)
		case r.Method == http.MethodHead && strings.HasSuffix(r.URL.Path, probeKey):
			w.WriteHeader(http.StatusNotFound)
		case r.Method == http.MethodPut && puts.Add(1) > 2:
			w.WriteHeader(http.StatusPreconditionFailed)
			fmt.Fprint(w, `<Error><Code>PreconditionFailed</Code></Error>`)
		}
	}))
	defer server.Close()
	_, err := Open(t.Context(), configFor(strings.TrimPrefix(server.URL, "http://")))
	if !errors.Is(err, ErrUnfit) || !strings.Contains(err.Error(), "lets 2 of 32 conditional writes of one key win") {
		t.Errorf("got %v", err)
	}
}

func TestCertificates(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	cfg := configFor(strings.TrimPrefix(server.URL, "https://"))
	cfg.TLS = true
	if _, err := Open(t.Context(), cfg); err == nil || Temporary(err) || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("an unknown authority: %v, temporary %v", err, Temporary(err))
	}
	cfg.RootCAs = x509.NewCertPool()
	cfg.RootCAs.AppendCertsFromPEM(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	s, err := newStore(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(t.Context(), "key"); !errors.Is(err, ErrNotFound) {
		t.Errorf("a known authority: %v", err)
	}
	cfg.TLS, cfg.RootCAs = false, nil
	if _, err := Open(t.Context(), cfg); err == nil || Temporary(err) {
		t.Errorf("http to an https server: %v, temporary %v", err, Temporary(err))
	}
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	cfg.Endpoint, cfg.TLS = strings.TrimPrefix(plain.URL, "http://"), true
	if _, err := Open(t.Context(), cfg); err == nil || Temporary(err) {
		t.Errorf("https to an http server: %v, temporary %v", err, Temporary(err))
	}
}
