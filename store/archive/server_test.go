package archive

import (
	"context"
	"flag"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"relance/local/devstack"
)

// The tests share one real server, started by the first that needs it, and take a bucket each. It is MinIO, or one of another make:
//
//	go test ./store/archive -args -maker versitygw
var (
	maker = flag.String("maker", "minio", "what object store the tests run on: minio or versitygw")

	sharedOnce sync.Once
	shared     Config
	sharedErr  error
	sharedData string
	stopShared = func() error { return nil }
	buckets    atomic.Int64
)

func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	if err := stopShared(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	if sharedData != "" {
		os.RemoveAll(sharedData)
	}
	os.Exit(code)
}

func startServer(data string) (*devstack.Stack, error) {
	return devstack.Start(context.Background(), devstack.Options{Servers: devstack.MinIO, Data: data})
}

func startShared() error {
	if *maker == "versitygw" {
		g, err := devstack.StartVersity(context.Background(), sharedData, os.Stderr)
		if err == nil {
			shared = Config{Endpoint: g.Endpoint, AccessKey: g.AccessKey, SecretKey: g.SecretKey}
			stopShared = func() error { g.Stop(); return nil }
		}
		return err
	}
	stack, err := startServer(sharedData)
	if err == nil {
		shared, stopShared = configOf(stack), stack.Stop
	}
	return err
}

// testConfig names a new bucket on the shared server.
func testConfig(t testing.TB) Config {
	t.Helper()
	if testing.Short() {
		t.Skip("starts a server")
	}
	sharedOnce.Do(func() {
		if sharedData, sharedErr = os.MkdirTemp("", "archive-test-"); sharedErr == nil {
			sharedErr = startShared()
		}
	})
	if sharedErr != nil {
		t.Fatal(sharedErr)
	}
	cfg := shared
	cfg.Bucket = fmt.Sprintf("test-%d-%d", time.Now().Unix(), buckets.Add(1))
	return cfg
}

func configOf(stack *devstack.Stack) Config {
	return Config{Endpoint: stack.S3Endpoint, AccessKey: stack.S3AccessKey, SecretKey: stack.S3SecretKey}
}

// configFor is for servers that are none: they do not look at keys.
func configFor(endpoint string) Config {
	return Config{Endpoint: endpoint, AccessKey: "key", SecretKey: "secret", Bucket: "bucket", Region: "eu"}
}

func open(t testing.TB, cfg Config) *Store {
	t.Helper()
	s, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// rawClient is the view of someone who does not go through this package.
func rawClient(t testing.TB, cfg Config) *minio.Client {
	t.Helper()
	client, err := minio.New(cfg.Endpoint, &minio.Options{Creds: credentials.NewStaticV4(cfg.AccessKey, cfg.SecretKey, ""), MaxRetries: 1})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// versions are all versions under a prefix, the newest of each key first.
func versions(t testing.TB, cfg Config, prefix string) []minio.ObjectInfo {
	t.Helper()
	var all []minio.ObjectInfo
	options := minio.ListObjectsOptions{Prefix: prefix, Recursive: true, WithVersions: true}
	for info := range rawClient(t, cfg).ListObjectsIter(t.Context(), cfg.Bucket, options) {
		if info.Err != nil {
			t.Fatal(info.Err)
		}
		all = append(all, info)
	}
	return all
}
