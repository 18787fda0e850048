package archive

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
)

func TestPutOnceKeepsTheFirst(t *testing.T) {
	cfg := testConfig(t)
	s := open(t, cfg)
	const key = "cases/AIDE-2026-7K3F/mail/in/0001.eml"
	first, second := []byte("Bonjour, voici ma demande."), []byte("autre chose")
	if created, err := s.PutOnce(t.Context(), key, first, "message/rfc822"); err != nil || !created {
		t.Fatalf("first: %v, %v", created, err)
	}
	for range 2 {
		if created, err := s.PutOnce(t.Context(), key, second, "message/rfc822"); err != nil || created {
			t.Fatalf("again: %v, %v", created, err)
		}
	}
	got, err := s.Get(t.Context(), key)
	if err != nil || !bytes.Equal(got, first) {
		t.Errorf("got %q, %v", got, err)
	}
	object, err := s.Stat(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(first)
	if object.Key != key || object.SHA256 != hex.EncodeToString(sum[:]) || object.Size != int64(len(first)) || object.VersionID == "" ||
		time.Since(object.Modified).Abs() > time.Minute {
		t.Errorf("object %+v", object)
	}
	info, err := rawClient(t, cfg).StatObject(t.Context(), cfg.Bucket, key, minio.StatObjectOptions{})
	if err != nil || info.ContentType != "message/rfc822" {
		t.Errorf("content type %q, %v", info.ContentType, err)
	}
	if n := len(versions(t, cfg, key)); n != 1 {
		t.Errorf("%d versions, want 1", n)
	}
}

func TestPutOnceEmptyContent(t *testing.T) {
	s := open(t, testConfig(t))
	if created, err := s.PutOnce(t.Context(), "empty", nil, "text/plain"); err != nil || !created {
		t.Fatal(created, err)
	}
	if got, err := s.Get(t.Context(), "empty"); err != nil || len(got) != 0 {
		t.Errorf("got %q, %v", got, err)
	}
	if created, err := s.PutOnce(t.Context(), "empty", []byte("x"), "text/plain"); err != nil || created {
		t.Errorf("again: %v, %v", created, err)
	}
}

func TestPutOnceConcurrent(t *testing.T) {
	cfg := testConfig(t)
	s := open(t, cfg)
	const writers = 50
	for round := range 3 {
		key := fmt.Sprintf("cases/A/race-%d", round)
		var created atomic.Int32
		var winner atomic.Value
		var group sync.WaitGroup
		start := make(chan struct{})
		for i := range writers {
			group.Go(func() {
				<-start
				content := fmt.Sprintf("writer %d", i)
				ok, err := s.PutOnce(t.Context(), key, []byte(content), "text/plain")
				if err != nil {
					t.Errorf("writer %d: %v", i, err)
				}
				if ok {
					created.Add(1)
					winner.Store(content)
				}
				// Whoever lost must be able to read at once what the winner wrote.
				if _, err := s.Get(t.Context(), key); err != nil {
					t.Errorf("writer %d reads: %v", i, err)
				}
			})
		}
		close(start)
		group.Wait()
		if n := created.Load(); n != 1 {
			t.Fatalf("round %d: %d writers created the object, want 1", round, n)
		}
		if got, err := s.Get(t.Context(), key); err != nil || string(got) != winner.Load() {
			t.Errorf("got %q, %v, want %q", got, err, winner.Load())
		}
		if n := len(versions(t, cfg, key)); n != 1 {
			t.Errorf("%d versions, want 1", n)
		}
	}
}

func TestEvidenceIsLocked(t *testing.T) {
	for _, mode := range []string{"", "GOVERNANCE", "COMPLIANCE"} {
		t.Run(mode, func(t *testing.T) {
			cfg := testConfig(t)
			cfg.Retention, cfg.RetentionMode = 48*time.Hour, mode
			s := open(t, cfg)
			if _, err := s.PutOnce(t.Context(), "cases/A/decision.pdf", []byte("accordée"), "application/pdf"); err != nil {
				t.Fatal(err)
			}
			raw := rawClient(t, cfg)
			version := versions(t, cfg, "cases/A/decision.pdf")[0]
			err := raw.RemoveObject(t.Context(), cfg.Bucket, version.Key, minio.RemoveObjectOptions{VersionID: version.VersionID})
			if err == nil {
				t.Error("the locked version was removed")
			}
			object, err := raw.StatObject(t.Context(), cfg.Bucket, version.Key, minio.StatObjectOptions{VersionID: version.VersionID})
			if err != nil {
				t.Fatal(err)
			}
			gotMode := object.Metadata.Get("X-Amz-Object-Lock-Mode")
			until, err := time.Parse(time.RFC3339, object.Metadata.Get("X-Amz-Object-Lock-Retain-Until-Date"))
			if err != nil {
				t.Fatal(err)
			}
			want := mode
			if want == "" {
				want = "GOVERNANCE"
			}
			if gotMode != want || time.Until(until) < 47*time.Hour || time.Until(until) > 49*time.Hour {
				t.Errorf("locked in mode %v until %v", gotMode, until)
			}
			if got, err := s.Get(t.Context(), version.Key); err != nil || string(got) != "accordée" {
				t.Errorf("afterwards: %q, %v", got, err)
			}
		})
	}
}

func TestPutVersionKeepsVersions(t *testing.T) {
	cfg := testConfig(t)
	cfg.Retention = time.Hour // for evidence; snapshots stay free
	s := open(t, cfg)
	for i := range 4 {
		if err := s.PutVersion(t.Context(), "cases/A/case.json", fmt.Appendf(nil, `{"revision":%d}`, i), "application/json"); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := s.Get(t.Context(), "cases/A/case.json"); err != nil || string(got) != `{"revision":3}` {
		t.Errorf("latest: %q, %v", got, err)
	}
	all := versions(t, cfg, "cases/A/case.json")
	if len(all) != 4 {
		t.Fatalf("%d versions, want 4", len(all))
	}
	raw := rawClient(t, cfg)
	oldest := all[len(all)-1]
	object, err := raw.GetObject(t.Context(), cfg.Bucket, oldest.Key, minio.GetObjectOptions{VersionID: oldest.VersionID})
	if err != nil {
		t.Fatal(err)
	}
	var content bytes.Buffer
	if _, err := content.ReadFrom(object); err != nil || content.String() != `{"revision":0}` {
		t.Errorf("oldest: %q, %v", content.String(), err)
	}
	if err := raw.RemoveObject(t.Context(), cfg.Bucket, oldest.Key, minio.RemoveObjectOptions{VersionID: oldest.VersionID}); err != nil {
		t.Errorf("a snapshot is locked: %v", err)
	}
}

func TestErase(t *testing.T) {
	cfg := testConfig(t)
	s := open(t, cfg)
	locking := *s
	locking.retention = time.Hour
	fill := func(s *Store, folder string) {
		if _, err := s.PutOnce(t.Context(), folder+"mail/1.eml", []byte("mail"), "message/rfc822"); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := s.PutVersion(t.Context(), folder+"case.json", []byte("{}"), "application/json"); err != nil {
				t.Fatal(err)
			}
		}
	}
	fill(s, "cases/A/")
	fill(s, "cases/AB/")
	fill(&locking, "cases/C/")
	if err := rawClient(t, cfg).RemoveObject(t.Context(), cfg.Bucket, "cases/A/case.json", minio.RemoveObjectOptions{}); err != nil {
		t.Fatal(err) // a delete marker on top must go as well
	}
	if n, err := s.Erase(t.Context(), "cases/A/"); err != nil || n != 4 {
		t.Errorf("erased %d, %v, want 4", n, err)
	}
	if left := versions(t, cfg, "cases/A/"); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
	if n, err := s.Erase(t.Context(), "cases/C/"); !errors.Is(err, ErrRetained) || n != 0 || Temporary(err) {
		t.Errorf("locked: erased %d, %v", n, err)
	}
	for folder, want := range map[string]int{"cases/AB/": 3, "cases/C/": 3} {
		if left := versions(t, cfg, folder); len(left) != want {
			t.Errorf("%s: %d versions left, want %d", folder, len(left), want)
		}
	}
	for _, folder := range []string{"", "/", "cases", "cases/A", "../"} {
		if n, err := s.Erase(t.Context(), folder); !errors.Is(err, ErrBadKey) || n != 0 {
			t.Errorf("folder %q: erased %d, %v", folder, n, err)
		}
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	if n, err := s.Erase(canceled, "cases/AB/"); err == nil || n != 0 {
		t.Errorf("cancelled: erased %d, %v", n, err)
	}
}

func TestList(t *testing.T) {
	cfg := testConfig(t)
	s := open(t, cfg)
	const count = 1100 // more than one page of 1,000
	var group sync.WaitGroup
	for worker := range 8 {
		group.Go(func() {
			for i := worker; i < count; i += 8 {
				if err := s.PutVersion(t.Context(), fmt.Sprintf("cases/L/%04d é+&.txt", i), []byte("12345"), "text/plain"); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if err := s.PutVersion(t.Context(), "cases/M/other", nil, ""); err != nil {
		t.Fatal(err)
	}
	objects, err := s.List(t.Context(), "cases/L/")
	if err != nil || len(objects) != count {
		t.Fatalf("%d objects, %v, want %d", len(objects), err, count)
	}
	for i, object := range objects {
		if want := fmt.Sprintf("cases/L/%04d é+&.txt", i); object.Key != want || object.Size != 5 || object.Modified.IsZero() {
			t.Fatalf("object %d: %+v, want key %q", i, object, want)
		}
	}
	seen := 0
	for _, err := range s.Each(t.Context(), "cases/L/") {
		if err != nil {
			t.Fatal(err)
		}
		if seen++; seen == 3 {
			break
		}
	}
	if seen != 3 {
		t.Errorf("saw %d before the break", seen)
	}
	if objects, err := s.List(t.Context(), "cases/none/"); err != nil || len(objects) != 0 {
		t.Errorf("nothing there: %v, %v", objects, err)
	}
	if _, err := s.List(t.Context(), "../cases"); !errors.Is(err, ErrBadKey) {
		t.Errorf("bad prefix: %v", err)
	}
	// A walk that is given up in the middle must not pass for a complete one.
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var last error
	for _, err := range s.Each(ctx, "cases/L/") {
		cancel()
		last = err
	}
	if !errors.Is(last, context.Canceled) {
		t.Errorf("a cancelled walk ends with %v", last)
	}
}

func BenchmarkPutOnce100kB(b *testing.B) {
	cfg := testConfig(b)
	cfg.Retention = time.Hour
	s := open(b, cfg)
	content := bytes.Repeat([]byte("0123456789"), 10_000)
	b.SetBytes(int64(len(content)))
	for i := 0; b.Loop(); i++ {
		if created, err := s.PutOnce(b.Context(), fmt.Sprintf("bench/%d", i), content, "application/pdf"); err != nil || !created {
			b.Fatal(created, err)
		}
	}
}
