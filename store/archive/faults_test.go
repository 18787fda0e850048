package archive

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"

	"relance/local/devstack"
	"relance/observe/health"
)

func TestMissing(t *testing.T) {
	cfg := testConfig(t)
	s := open(t, cfg)
	if _, err := s.Get(t.Context(), "cases/none"); !errors.Is(err, ErrNotFound) || Temporary(err) {
		t.Errorf("get: %v", err)
	}
	if _, err := s.Stat(t.Context(), "cases/none"); !errors.Is(err, ErrNotFound) {
		t.Errorf("stat: %v", err)
	}
	if exists, err := s.Exists(t.Context(), "cases/none"); exists || err != nil {
		t.Errorf("exists: %v, %v", exists, err)
	}
	if _, err := s.PutOnce(t.Context(), "cases/some", []byte("x"), ""); err != nil {
		t.Fatal(err)
	}
	if exists, err := s.Exists(t.Context(), "cases/some"); !exists || err != nil {
		t.Errorf("exists: %v, %v", exists, err)
	}
	// A missing bucket must never look like a missing object.
	gone := *s
	gone.bucket = "no-such-bucket-here"
	if err := gone.Health(t.Context()); err == nil || Temporary(err) {
		t.Errorf("health without a bucket: %v", err)
	}
	_, err := gone.Exists(t.Context(), "cases/none")
	if err == nil || Temporary(err) || errors.Is(err, ErrNotFound) {
		t.Errorf("exists without a bucket: %v", err)
	}
	if _, err := gone.PutOnce(t.Context(), "cases/none", nil, ""); err == nil || Temporary(err) {
		t.Errorf("put without a bucket: %v", err)
	}
	if _, err := gone.List(t.Context(), ""); err == nil || Temporary(err) {
		t.Errorf("list without a bucket: %v", err)
	}
}

func TestGetFindsCorruption(t *testing.T) {
	cfg := testConfig(t)
	s := open(t, cfg)
	raw := rawClient(t, cfg)
	put := func(key string, metadata map[string]string) {
		_, err := raw.PutObject(t.Context(), cfg.Bucket, key, strings.NewReader("altered"), 7, minio.PutObjectOptions{UserMetadata: metadata})
		if err != nil {
			t.Fatal(err)
		}
	}
	put("cases/A/altered", map[string]string{"sha256": strings.Repeat("0", 64)})
	put("cases/A/foreign", nil)
	if got, err := s.Get(t.Context(), "cases/A/altered"); !errors.Is(err, ErrCorrupt) || Temporary(err) || got != nil {
		t.Errorf("altered: %q, %v", got, err)
	}
	if got, err := s.Get(t.Context(), "cases/A/foreign"); err != nil || string(got) != "altered" {
		t.Errorf("without a stored hash: %q, %v", got, err)
	}
}

func TestServerKilledAndRestarted(t *testing.T) {
	if testing.Short() {
		t.Skip("starts servers")
	}
	stack, err := startServer(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer stack.Stop()
	cfg := configOf(stack)
	cfg.Bucket = "killed"
	s := open(t, cfg)
	if _, err := s.PutOnce(t.Context(), "cases/A/1", []byte("before"), "text/plain"); err != nil {
		t.Fatal(err)
	}
	if err := stack.Kill(devstack.MinIO); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	_, err = s.PutOnce(t.Context(), "cases/A/2", []byte("while down"), "text/plain")
	if err == nil || !Temporary(err) {
		t.Errorf("put while down: %v, temporary %v", err, Temporary(err))
	}
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("the error took %v", took)
	}
	if _, err := s.Get(t.Context(), "cases/A/1"); err == nil || !Temporary(err) || errors.Is(err, ErrNotFound) {
		t.Errorf("get while down: %v", err)
	}
	if _, err := s.List(t.Context(), "cases/"); err == nil || !Temporary(err) {
		t.Errorf("list while down: %v", err)
	}
	if err := s.Health(t.Context()); err == nil || !Temporary(err) {
		t.Errorf("health while down: %v", err)
	}
	if _, err := Open(t.Context(), cfg); err == nil || !Temporary(err) {
		t.Errorf("open while down: %v", err)
	}
	if err := stack.Restart(t.Context(), devstack.MinIO); err != nil {
		t.Fatal(err)
	}
	if created, err := s.PutOnce(t.Context(), "cases/A/2", []byte("back"), "text/plain"); err != nil || !created {
		t.Errorf("put after the restart: %v, %v", created, err)
	}
	if created, err := s.PutOnce(t.Context(), "cases/A/1", []byte("again"), "text/plain"); err != nil || created {
		t.Errorf("put of an old key: %v, %v", created, err)
	}
	if got, err := s.Get(t.Context(), "cases/A/1"); err != nil || string(got) != "before" {
		t.Errorf("get after the restart: %q, %v", got, err)
	}
}

func TestDamageOnTheWayIsFound(t *testing.T) {
	cfg := testConfig(t)
	s := open(t, cfg)
	line := newLine(t, cfg.Endpoint)
	behindLine := cfg
	behindLine.Endpoint = line.address()
	damaged := open(t, behindLine)
	line.garble([]byte("MONTANT 1000"), []byte("MONTANT 9000"))
	created, err := damaged.PutOnce(t.Context(), "cases/A/letter", []byte("... MONTANT 1000 EUR ..."), "text/plain")
	if err == nil || created || !Temporary(err) {
		t.Fatalf("a content altered on the way: %v, %v, temporary %v", created, err, Temporary(err))
	}
	if exists, err := s.Exists(t.Context(), "cases/A/letter"); err != nil || exists {
		t.Errorf("it was stored: %v, %v", exists, err)
	}
	line.garble(nil, nil)
	if created, err := damaged.PutOnce(t.Context(), "cases/A/letter", []byte("... MONTANT 1000 EUR ..."), "text/plain"); err != nil || !created {
		t.Fatalf("a second try: %v, %v", created, err)
	}
	line.garble([]byte("MONTANT 1000"), []byte("MONTANT 9000"))
	if got, err := damaged.Get(t.Context(), "cases/A/letter"); !errors.Is(err, ErrCorrupt) {
		t.Errorf("altered on the way back: %q, %v", got, err)
	}
}

func TestSilentServer(t *testing.T) {
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer server.Close()
	defer close(release)
	cfg := configFor(strings.TrimPrefix(server.URL, "http://"))
	cfg.Timeout = 300 * time.Millisecond
	s, err := newStore(cfg)
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	_, err = s.PutOnce(t.Context(), "key", []byte("x"), "")
	if err == nil || !Temporary(err) || !strings.Contains(err.Error(), "no answer from") {
		t.Errorf("got %v, temporary %v", err, Temporary(err))
	}
	if took := time.Since(start); took > 3*time.Second {
		t.Errorf("it took %v", took)
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	if _, err := s.Get(ctx, "key"); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestTemporary(t *testing.T) {
	for _, test := range []struct {
		status int
		code   string
		want   bool
	}{
		{503, "SlowDown", true}, {500, "InternalError", true}, {503, "XMinioServerNotInitialized", true},
		{507, "XMinioStorageFull", true}, {502, "502 Bad Gateway", true}, {429, "TooManyRequests", true}, {408, "RequestTimeout", true},
		{400, "BadDigest", true}, {400, "XAmzContentSHA256Mismatch", true}, {400, "IncompleteBody", true}, {409, "OperationAborted", true},
		{403, "RequestTimeTooSkewed", true}, {403, "QuotaExceeded", true},
		{403, "AccessDenied", false}, {403, "InvalidAccessKeyId", false}, {403, "SignatureDoesNotMatch", false},
		{404, "NoSuchBucket", false}, {404, "NoSuchKey", false}, {400, "InvalidArgument", false}, {400, "XMinioInvalidObjectName", false},
		{501, "NotImplemented", false}, {400, "InvalidRequest", false}, {405, "MethodNotAllowed", false},
	} {
		err := (&Store{observer: (*health.Recorder)(nil)}).fail("store", "key", minio.ErrorResponse{StatusCode: test.status, Code: test.code})
		if got := Temporary(err); got != test.want {
			t.Errorf("%d %s: temporary %v, want %v", test.status, test.code, got, test.want)
		}
	}
	if Temporary(nil) || Temporary(errors.New("something else")) {
		t.Error("nil or an unknown error is temporary")
	}
	if !Temporary(fmt.Errorf("later: %w", errBusy)) || !Temporary(context.DeadlineExceeded) {
		t.Error("a busy key or a timeout is not temporary")
	}
}
