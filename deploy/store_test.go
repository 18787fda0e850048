package deploy

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/minio/minio-go/v7/pkg/lifecycle"

	"relance/local/demo"
	"relance/local/devstack"
	"relance/local/run"
	"relance/store/archive"
)

const bucket, user, secret = "relance", "relance-engine", "a-secret-of-its-own"

// client gives MinIO's own client, of the version that deploy/minio/Dockerfile pins.
func client(t *testing.T) (folder string) {
	t.Helper()
	if testing.Short() {
		t.Skip("starts a server")
	}
	tool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("MinIO's client is built from source, and there is no go command here")
	}
	module := regexp.MustCompile(`github.com/minio/mc@\S+`).FindString(read(t, "minio/Dockerfile"))
	folder = t.TempDir()
	install := exec.CommandContext(t.Context(), tool, "install", "-trimpath", "-ldflags=-s -w", module)
	install.Dir, install.Env = folder, append(os.Environ(), "GOBIN="+folder, "GOFLAGS=", "GOWORK=off", "CGO_ENABLED=0")
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", module, err, out)
	}
	return folder
}

// setUp runs the job minio-setup against a store.
func setUp(ctx context.Context, t *testing.T, folder string, stack *devstack.Stack, changed ...string) (string, error) {
	t.Helper()
	job := exec.CommandContext(ctx, "/bin/sh", abs(t, "minio/setup.sh"))
	job.Env = append([]string{"PATH=" + folder + ":" + os.Getenv("PATH"), "RELANCE_POLICY=" + abs(t, "minio/policy.json"), "RELANCE_LIFECYCLE=" + abs(t, "minio/lifecycle.json"),
		"MINIO_ADDRESS=" + stack.S3Endpoint, "MINIO_ROOT_USER=" + stack.S3AccessKey, "MINIO_ROOT_PASSWORD=" + stack.S3SecretKey, "RELANCE_S3_ENDPOINT=" + stack.S3Endpoint,
		"RELANCE_S3_BUCKET=" + bucket, "RELANCE_S3_ACCESS_KEY=" + user, "RELANCE_S3_SECRET_KEY=" + secret}, changed...)
	out, err := job.CombinedOutput()
	if strings.Contains(string(out), secret) || strings.Contains(string(out), stack.S3SecretKey) {
		t.Errorf("the job tells a secret:\n%s", out)
	}
	return string(out), err
}

// TestTheKeyOfRelanceMayDoItsWorkAndNoMore makes the bucket and its user as the compose file does, works with the user's key as the engine
// does, and then tries with it what a thief would.
func TestTheKeyOfRelanceMayDoItsWorkAndNoMore(t *testing.T) {
	folder := client(t)
	stack, err := devstack.Start(t.Context(), devstack.Options{Servers: devstack.MinIO, Data: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := stack.Stop(); err != nil {
			t.Error(err)
		}
	}()
	for range 2 { // at every start of the compose file
		if out, err := setUp(t.Context(), t, folder, stack); err != nil || !strings.Contains(out, "is ready") {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	if out, err := setUp(t.Context(), t, folder, stack, "RELANCE_S3_ACCESS_KEY="+stack.S3AccessKey); err == nil || !strings.Contains(out, "a user of its own") {
		t.Errorf("the administrator's key was taken for Relance's: %v\n%s", err, out)
	}
	if out, err := setUp(t.Context(), t, folder, stack, "RELANCE_S3_ENDPOINT=s3.example.org", "RELANCE_S3_BUCKET=elsewhere"); err != nil || !strings.Contains(out, "nothing to make here") {
		t.Errorf("an authority with a store of its own: %v\n%s", err, out)
	}
	cfg := archive.Config{Endpoint: stack.S3Endpoint, AccessKey: user, SecretKey: secret, Bucket: bucket, Retention: time.Hour, Public: "http://localhost:1"}
	store, err := archive.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	work(t, store)
	root := minioAs(t, stack.S3Endpoint, stack.S3AccessKey, stack.S3SecretKey)
	var want lifecycle.Configuration
	if err := json.Unmarshal([]byte(read(t, "minio/lifecycle.json")), &want); err != nil {
		t.Fatal(err)
	}
	if rules, err := root.GetBucketLifecycle(t.Context(), bucket); err != nil || len(rules.Rules) != 2 || !expires(rules) || !expires(&want) {
		t.Errorf("what serves for a day does not expire: %+v, %v", rules, err)
	}
	if err := root.MakeBucket(t.Context(), "other", minio.MakeBucketOptions{ObjectLocking: true}); err != nil {
		t.Fatal(err)
	}
	steal(t, store, stack.S3Endpoint, root)
	unlock(t, cfg)

	// With the administrator's key the same store erases: nothing but the right was missing.
	cfg.AccessKey, cfg.SecretKey = stack.S3AccessKey, stack.S3SecretKey
	if store, err = archive.Open(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	if n, err := store.Remove(t.Context(), true, "cases/A/"); err != nil || n != 6 {
		t.Errorf("%d versions erased: %v", n, err)
	}
}

// expires tells whether rules let what passes expire, its earlier versions and the markers above them too, and nothing else.
func expires(c *lifecycle.Configuration) bool {
	objects, earlier, markers := false, false, false
	for _, r := range c.Rules {
		if r.Status != "Enabled" || r.RuleFilter.Prefix != archive.Passing {
			return false
		}
		objects = objects || r.Expiration.Days == 2
		earlier = earlier || r.NoncurrentVersionExpiration.NoncurrentDays == 1
		markers = markers || r.Expiration.DeleteMarker.IsEnabled()
	}
	return objects && earlier && markers
}

func minioAs(t *testing.T, endpoint, key, secret string) *minio.Client {
	t.Helper()
	c, err := minio.New(endpoint, &minio.Options{Creds: credentials.NewStaticV4(key, secret, ""), MaxRetries: 1})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// work does everything that the worker and the starter do with the archive.
func work(t *testing.T, store *archive.Store) {
	t.Helper()
	ctx := t.Context()
	must := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	must("health", store.Health(ctx))
	for _, created := range []bool{true, false} {
		got, err := store.PutOnce(ctx, "cases/A/mail/in/1.eml", []byte("mail"), "message/rfc822")
		if err != nil || got != created {
			t.Errorf("put once: %v %v", got, err)
		}
	}
	_, err := store.PutStream(ctx, "cases/A/mail/in/2.eml", strings.NewReader("mail"), "message/rfc822")
	must("put a stream", err)
	_, err = store.Create(ctx, "keys/A/1.json", []byte("key"), "application/json")
	must("create", err)
	for _, text := range []string{"one", "two"} {
		must("put a snapshot", store.PutSnapshot(ctx, "cases/A/case.json", []byte(text), "application/json"))
		must("put a version", store.PutVersion(ctx, "cases/A/free.json", []byte(text), "application/json"))
	}
	if got, err := store.Get(ctx, "cases/A/case.json"); err != nil || string(got) != "two" {
		t.Errorf("get: %q %v", got, err)
	}
	_, err = store.Get(ctx, "cases/B/case.json")
	if !errors.Is(err, archive.ErrNotFound) {
		t.Errorf("what is not there: %v", err)
	}
	for text, err := range store.Earlier(ctx, "cases/A/case.json") {
		must("earlier "+string(text), err)
	}
	if names, err := store.Names(ctx, "cases/A/mail/in/"); err != nil || len(names) != 2 {
		t.Errorf("names: %v %v", names, err)
	}
	if list, err := store.List(ctx, "cases/A/"); err != nil || len(list) != 4 {
		t.Errorf("list: %v %v", list, err)
	}
	if n, locks, err := store.Locks(ctx, "cases/A/"); err != nil || n != 6 || len(locks) != 4 {
		t.Errorf("locks: %d %v %v", n, locks, err)
	}
	_, err = store.Link(ctx, "cases/A/mail/in/1.eml", "mail.eml", time.Minute)
	must("link", err)
}

// steal tries what whoever has stolen the key would, and must be refused each time.
func steal(t *testing.T, store *archive.Store, endpoint string, root *minio.Client) {
	t.Helper()
	ctx, thief := t.Context(), minioAs(t, endpoint, user, secret)
	const key = "cases/A/mail/in/1.eml"
	evidence, err := thief.StatObject(ctx, bucket, key, minio.StatObjectOptions{})
	if err != nil || evidence.VersionID == "" {
		t.Fatalf("%+v %v", evidence, err)
	}
	governance, off := minio.Governance, minio.LegalHoldDisabled
	days, unit := uint(1), minio.Days
	put := func(bucket string) error {
		_, err := thief.PutObject(ctx, bucket, "x", strings.NewReader("x"), 1, minio.PutObjectOptions{})
		return err
	}
	for what, err := range map[string]error{
		"remove a locked version":           thief.RemoveObject(ctx, bucket, key, minio.RemoveObjectOptions{VersionID: evidence.VersionID}),
		"remove it by bypass":               thief.RemoveObject(ctx, bucket, key, minio.RemoveObjectOptions{VersionID: evidence.VersionID, GovernanceBypass: true}),
		"hide it by a delete marker":        thief.RemoveObject(ctx, bucket, key, minio.RemoveObjectOptions{}),
		"remove what is not locked":         thief.RemoveObject(ctx, bucket, "cases/A/free.json", minio.RemoveObjectOptions{}),
		"take off a legal hold":             thief.PutObjectLegalHold(ctx, bucket, key, minio.PutObjectLegalHoldOptions{VersionID: evidence.VersionID, Status: &off}),
		"change the lock of the bucket":     thief.SetBucketObjectLockConfig(ctx, bucket, &governance, &days, &unit),
		"suspend versions":                  thief.SuspendVersioning(ctx, bucket),
		"open the bucket to all":            thief.SetBucketPolicy(ctx, bucket, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":["*"]},"Action":["s3:GetObject"],"Resource":["arn:aws:s3:::`+bucket+`/*"]}]}`),
		"remove the bucket":                 thief.RemoveBucketWithOptions(ctx, bucket, minio.RemoveBucketOptions{ForceDelete: true}),
		"make a bucket":                     thief.MakeBucket(ctx, "third", minio.MakeBucketOptions{}),
		"write to another bucket":           put("other"),
		"read the versioning of another":    second(thief.GetBucketVersioning(ctx, "other")),
		"read the policy of its own bucket": second(thief.GetBucketPolicy(ctx, bucket)),
	} {
		if code := minio.ToErrorResponse(err).Code; code != minio.AccessDenied {
			t.Errorf("%s: %v (%s)", what, err, code)
		}
	}
	if buckets, err := thief.ListBuckets(ctx); err == nil && slices.ContainsFunc(buckets, func(b minio.BucketInfo) bool { return b.Name != bucket }) {
		t.Errorf("it sees other buckets: %v", buckets)
	}
	var removed int
	if removed, err = store.Remove(ctx, true, "cases/A/"); removed != 0 || err == nil {
		t.Errorf("it erased %d versions of a case: %v", removed, err)
	}
	mode, until, err := root.GetObjectRetention(ctx, bucket, key, evidence.VersionID)
	if err != nil || *mode != minio.Governance || time.Until(*until) < 50*time.Minute {
		t.Errorf("after all that it is locked until %v: %v", until, err)
	}
	answer, err := http.Get("http://" + endpoint + "/" + bucket + "/" + key)
	if err != nil {
		t.Fatal(err)
	}
	if answer.Body.Close(); answer.StatusCode != http.StatusForbidden {
		t.Errorf("a stranger reads evidence: %s", answer.Status)
	}
}

// unlock tries to end the lock of a version. MinIO takes s3:PutObjectRetention for enough to lift the mode GOVERNANCE, where Amazon asks for
// s3:BypassGovernanceRetention as well, and the engine needs the former to lock anything. So the lock alone does not stop a thief there: that the
// key may remove nothing does, and the mode COMPLIANCE.
func unlock(t *testing.T, cfg archive.Config) {
	t.Helper()
	ctx, thief := t.Context(), minioAs(t, cfg.Endpoint, user, secret)
	for mode, key := range map[minio.RetentionMode]string{minio.Governance: "cases/C/governance", minio.Compliance: "cases/C/compliance"} {
		cfg.RetentionMode = string(mode)
		store, err := archive.Open(ctx, cfg)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := store.PutOnce(ctx, key, []byte("evidence"), "text/plain"); err != nil {
			t.Fatal(err)
		}
		object, err := store.Stat(ctx, key)
		if err != nil {
			t.Fatal(err)
		}
		soon := time.Now().Add(time.Second)
		change := minio.PutObjectRetentionOptions{VersionID: object.VersionID, Mode: &mode, RetainUntilDate: &soon}
		if err := thief.PutObjectRetention(ctx, bucket, key, change); err == nil {
			t.Errorf("%s: the lock was shortened", mode)
		}
		change.GovernanceBypass = true
		if err := thief.PutObjectRetention(ctx, bucket, key, change); err == nil && mode == minio.Compliance {
			t.Errorf("%s: the lock was lifted", mode)
		}
		if err := thief.PutObjectRetention(ctx, bucket, key, minio.PutObjectRetentionOptions{VersionID: object.VersionID, GovernanceBypass: true}); err == nil && mode == minio.Compliance {
			t.Errorf("%s: the lock was removed", mode)
		}
		for _, bypass := range []bool{false, true} {
			err := thief.RemoveObject(ctx, bucket, key, minio.RemoveObjectOptions{VersionID: object.VersionID, GovernanceBypass: bypass})
			if minio.ToErrorResponse(err).Code != minio.AccessDenied {
				t.Errorf("%s: removed, bypass %v: %v", mode, bypass, err)
			}
		}
		if _, err := thief.PutObject(ctx, bucket, key, strings.NewReader("forged"), 6, minio.PutObjectOptions{}); err != nil {
			t.Error(err) // a version on top of it, as any writer may
		}
		kept := false
		for text, err := range store.Earlier(ctx, key) {
			if err != nil {
				t.Fatal(err)
			}
			kept = kept || string(text) == "evidence"
		}
		if !kept {
			t.Errorf("%s: the evidence is gone", mode)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// TestThePolicyIsShort: what the key may do is written down once more here, so that a right is not added without being seen.
func TestThePolicyIsShort(t *testing.T) {
	var policy struct {
		Statement []struct {
			Effect           string
			Action, Resource []string
		}
	}
	if err := json.Unmarshal([]byte(read(t, "minio/policy.json")), &policy); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"arn:aws:s3:::relance":   "s3:GetBucketLocation s3:GetBucketObjectLockConfiguration s3:GetBucketVersioning s3:ListBucket s3:ListBucketVersions",
		"arn:aws:s3:::relance/*": "s3:GetObject s3:GetObjectLegalHold s3:GetObjectRetention s3:GetObjectVersion s3:PutObject s3:PutObjectRetention",
	}
	if len(policy.Statement) != len(want) {
		t.Errorf("%d statements", len(policy.Statement))
	}
	for _, s := range policy.Statement {
		if len(s.Resource) != 1 || s.Effect != "Allow" || strings.Join(s.Action, " ") != want[s.Resource[0]] {
			t.Errorf("%+v", s)
		}
	}
}

// TestWholeCasesWithTheKeyOfRelance sends applications through the real servers to their end, while the engine has no more than the key of
// the policy.
func TestWholeCasesWithTheKeyOfRelance(t *testing.T) {
	folder := client(t)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	var results strings.Builder
	looked := false
	samples := demo.Samples()[:2]
	err := demo.Run(ctx, demo.Options{Data: filepath.Join(t.TempDir(), "data"), Day: time.Second, Exit: true, Samples: samples, Results: &results, Screen: io.Discard,
		Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
		StoreUser: func(ctx context.Context, stack *devstack.Stack) (string, string, error) {
			out, err := setUp(ctx, t, folder, stack)
			if err != nil {
				t.Log(out)
			}
			return user, secret, err
		},
		Inspect: func(_ context.Context, l *run.Local) error {
			looked = l.Engine.Config.S3.AccessKey == user && l.Engine.Config.S3.AccessKey != l.Stack.S3AccessKey
			return nil
		}})
	if err != nil {
		t.Fatal(err)
	}
	if lines := strings.Count(results.String(), "\n"); !looked || lines != len(samples) {
		t.Errorf("%d of %d cases, by the key of Relance: %v\n%s", lines, len(samples), looked, results.String())
	}
}
