package backup_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"relance/local/devstack"
	"relance/office/backup"
	"relance/store/archive"
)

// stores gives two buckets of one server.
func stores(t *testing.T) (from, to *archive.Store, admin *minio.Client) {
	t.Helper()
	if testing.Short() {
		t.Skip("starts a server")
	}
	stack, err := devstack.Start(t.Context(), devstack.Options{Servers: devstack.MinIO, Data: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := stack.Stop(); err != nil {
			t.Error(err)
		}
	})
	open := func(bucket string) *archive.Store {
		s, err := archive.Open(t.Context(), archive.Config{Endpoint: stack.S3Endpoint, AccessKey: stack.S3AccessKey, SecretKey: stack.S3SecretKey,
			Bucket: bucket, Retention: 24 * time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	admin, err = minio.New(stack.S3Endpoint, &minio.Options{Creds: credentials.NewStaticV4(stack.S3AccessKey, stack.S3SecretKey, "")})
	if err != nil {
		t.Fatal(err)
	}
	return open("before"), open("after"), admin
}

// fill writes what an engine does: evidence once, snapshots again and again, what passes, and a case that a court keeps.
func fill(t *testing.T, s *archive.Store, random *rand.Rand, folders ...string) {
	t.Helper()
	content := func() []byte {
		text := make([]byte, random.IntN(40000))
		for i := range text {
			text[i] = byte(random.IntN(256))
		}
		return text
	}
	var failed error
	for _, folder := range folders {
		for _, name := range []string{"mail/in/1.eml", "documents/pièce n° 1.pdf", "letters/001-charter.pdf"} {
			_, err := s.PutOnce(t.Context(), folder+name, content(), "application/pdf")
			failed = errors.Join(failed, err)
		}
		for range 3 + random.IntN(20) {
			failed = errors.Join(failed, s.PutSnapshot(t.Context(), folder+"case.json", content(), "application/json"))
		}
		failed = errors.Join(failed, s.PutVersion(t.Context(), "index/"+folder+"x", nil, "text/plain"))
	}
	_, err := s.Create(t.Context(), archive.Passing+"2026-11-25/x", nil, "text/plain")
	if failed = errors.Join(failed, err); failed != nil {
		t.Fatal(failed)
	}
}

// described tells everything of a bucket that has to be the same in another.
func described(t *testing.T, s *archive.Store) (list []string) {
	t.Helper()
	for v, err := range s.Versions(t.Context(), time.Time{}) {
		if err != nil {
			t.Fatal(err)
		}
		v, _, err := s.Fetch(t.Context(), v)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, strings.Join([]string{v.Key, v.ContentHash, v.Type, v.Metadata["Sha256"], v.Mode, v.Until.UTC().Format(time.RFC3339)}, " "))
		if v.Hold {
			list[len(list)-1] += " held"
		}
		if v.Removed {
			list[len(list)-1] += " removed"
		}
	}
	return list
}

func same(t *testing.T, from, to *archive.Store) {
	t.Helper()
	a, b := described(t, from), described(t, to)
	if len(a) < 20 {
		t.Fatalf("only %d versions", len(a))
	}
	if !slices.Equal(a, b) {
		for i := range max(len(a), len(b)) {
			if i >= len(a) || i >= len(b) || a[i] != b[i] {
				t.Fatalf("%d and %d versions; the first that differs is number %d:\n%v\n%v", len(a), len(b), i, a[min(i, len(a)-1)], b[min(i, max(len(b)-1, 0)):])
			}
		}
	}
}

// key makes a pair of keys.
func key(t *testing.T) (string, backup.Keys) {
	t.Helper()
	public, secret, err := backup.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	keys, err := backup.ReadKeys(strings.NewReader("# of a test\n" + secret + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	return public, keys
}

const dump = "--\n-- PostgreSQL database cluster dump\n--\nSELECT 1;\n--\n-- PostgreSQL database cluster dump complete\n--\n\n"

func write(t *testing.T, s *archive.Store, o backup.Options) (backup.Head, backup.Summary, []byte) {
	t.Helper()
	var file bytes.Buffer
	o.Now, o.Bucket = time.Now, "before"
	head, made, err := backup.Write(t.Context(), s, &file, o)
	if err != nil {
		t.Fatal(err)
	}
	return head, made, file.Bytes()
}

// TestABucketComesBackAsItWas backs a bucket up while it is written to, once whole and twice what came since, and puts all three into another.
func TestABucketComesBackAsItWas(t *testing.T) {
	from, to, admin := stores(t)
	random := rand.New(rand.NewPCG(1, 2))
	public, keys := key(t)
	fill(t, from, random, "cases/A/", "cases/B/")
	if _, err := from.Hold(t.Context(), "cases/B/", true); err != nil {
		t.Fatal(err)
	}
	options := backup.Options{For: []string{public}, Database: strings.NewReader(dump)}
	t.Chdir(t.TempDir())
	if err := errors.Join(os.Mkdir("relance.d", 0o755), os.WriteFile("relance.d/authority.yaml", []byte("name: X"), 0o644), os.WriteFile(".env", []byte("A=1"), 0o600)); err != nil {
		t.Fatal(err)
	}
	options.Settings = []string{".env", "relance.d"}
	head, made, base := write(t, from, options)
	if made.Settings != 2 || made.Database == 0 || made.Versions < 20 {
		t.Errorf("%+v", made)
	}
	files := [][]byte{base}
	for _, folder := range []string{"cases/C/", "cases/D/"} {
		fill(t, from, random, folder, "cases/A/")
		if err := admin.RemoveObject(t.Context(), "before", "index/"+folder+"x", minio.RemoveObjectOptions{}); err != nil {
			t.Fatal(err)
		}
		var next []byte
		head, _, next = write(t, from, backup.Options{For: options.For, Since: head.Until})
		files = append(files, next)
	}
	for attempt := range 2 { // the first is broken off in the middle
		target, err := backup.OpenBucket(t.Context(), to, attempt > 0)
		if err != nil {
			t.Fatal(err)
		}
		left := 15 + 10000*attempt
		for _, file := range files {
			_, _, err = backup.Read(t.Context(), bytes.NewReader(file), keys, backup.Sink{Version: func(ctx context.Context, v archive.Version, content []byte) error {
				if left--; left < 0 {
					return errors.New("broken off")
				}
				return target.Version(ctx, v, content)
			}})
			if flushed := target.Flush(t.Context()); err != nil || flushed != nil {
				err = errors.Join(err, flushed)
				break
			}
		}
		if (err == nil) != (attempt > 0) {
			t.Fatalf("attempt %d: %v", attempt, err)
		}
	}
	same(t, from, to)
	if _, err := backup.OpenBucket(t.Context(), to, false); !errors.Is(err, backup.ErrNotEmpty) {
		t.Errorf("a bucket with objects was taken for an empty one: %v", err)
	}
}

// TestABackupThatIsNotWholeIsRefused cuts, alters and mixes backups up.
func TestABackupThatIsNotWholeIsRefused(t *testing.T) {
	from, _, _ := stores(t)
	fill(t, from, rand.New(rand.NewPCG(3, 4)), "cases/A/")
	public, mine := key(t)
	_, other := key(t)
	_, made, whole := write(t, from, backup.Options{For: []string{public}, Database: strings.NewReader(dump)})
	read := func(file []byte, who backup.Keys) error {
		_, seen, err := backup.Read(t.Context(), bytes.NewReader(file), who, backup.Sink{})
		if err == nil && seen != made {
			t.Errorf("read %+v of %+v", seen, made)
		}
		return err
	}
	if err := read(whole, mine); err != nil {
		t.Fatal(err)
	}
	if err := read(whole, other); err == nil {
		t.Error("another key opens it")
	}
	random := rand.New(rand.NewPCG(5, 6))
	for range 30 {
		if err := read(whole[:random.IntN(len(whole))], mine); err == nil {
			t.Error("a backup that was cut off passes for whole")
		}
		altered := slices.Clone(whole)
		altered[random.IntN(len(altered))] ^= 1 << random.IntN(8)
		if err := read(altered, mine); err == nil {
			t.Error("an altered backup passes")
		}
	}
	if _, _, err := backup.Write(t.Context(), from, io.Discard, backup.Options{For: []string{public}, Now: time.Now,
		Database: strings.NewReader(dump[:40])}); !errors.Is(err, backup.ErrHalf) {
		t.Errorf("half a dump: %v", err)
	}
	if _, _, err := backup.Write(t.Context(), from, io.Discard, backup.Options{Now: time.Now}); !errors.Is(err, backup.ErrNobody) {
		t.Errorf("for nobody: %v", err)
	}
}

// TestSettingsComeBack puts settings into a folder, and leaves what is there.
func TestSettingsComeBack(t *testing.T) {
	folder := t.TempDir()
	put := backup.Into(folder)
	for range 2 {
		if err := put("relance.d/schemes/a.yaml", 0o640, []byte("a")); err != nil {
			t.Fatal(err)
		}
	}
	info, err := os.Stat(filepath.Join(folder, "relance.d/schemes/a.yaml"))
	if err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("%v %v", info, err)
	}
	if err := put("relance.d/schemes/a.yaml", 0o640, []byte("b")); err == nil {
		t.Error("a setting that is there was overwritten")
	}
	for _, name := range []string{"../x", "/etc/x", "a/../../x"} {
		if err := put(name, 0o600, nil); !errors.Is(err, backup.ErrAltered) {
			t.Errorf("%s: %v", name, err)
		}
	}
	name := filepath.Join(folder, "b")
	if err := backup.File(name, func(io.Writer) error { return io.ErrClosedPipe }); err == nil {
		t.Error("no error")
	}
	if left, _ := filepath.Glob(folder + "/b*"); left != nil {
		t.Errorf("left behind: %v", left)
	}
}
