package archive

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
)

func TestALockIsNamedWithItsEnd(t *testing.T) {
	cfg := testConfig(t)
	cfg.Retention = time.Hour
	s := open(t, cfg)
	ctx := t.Context()
	put := func(key, content string) {
		t.Helper()
		if _, err := s.PutOnce(ctx, key, []byte(content), "text/plain"); err != nil {
			t.Fatal(err)
		}
	}
	put("cases/A/mail/in/1.eml", "x")
	for _, text := range []string{"one", "two", "three"} {
		if err := s.PutSnapshot(ctx, "cases/A/journal.jsonl", []byte(text), "text/plain"); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.PutVersion(ctx, "cases/A/free", []byte("y"), "text/plain"); err != nil {
		t.Fatal(err)
	}
	put("cases/AB/other", "z")
	put("index/K/A.json", "i")
	n, locks, err := s.Locks(ctx, "cases/A/", "index/K/A.json")
	if err != nil || n != 6 || len(locks) != 5 {
		t.Fatalf("%d versions, locks %+v, %v", n, locks, err)
	}
	for _, l := range locks {
		if l.Mode != "GOVERNANCE" || l.Hold || time.Until(l.Until) < 50*time.Minute || l.VersionID == "" {
			t.Errorf("%+v", l)
		}
	}
	var locked *LockedError
	if removed, err := s.Remove(ctx, false, "cases/A/", "index/K/A.json"); !errors.As(err, &locked) || !errors.Is(err, ErrRetained) || removed != 0 || len(locked.Locks) != 5 {
		t.Fatalf("removed %d: %v", removed, err)
	}
	if got, err := s.Get(ctx, "cases/A/free"); err != nil || string(got) != "y" {
		t.Errorf("what was not locked went before the rest: %q %v", got, err)
	}
	// The right to lift a retention lifts no legal hold.
	if held, err := s.Hold(ctx, "cases/A/", true); err != nil || held != 5 {
		t.Fatalf("held %d: %v", held, err)
	}
	if _, err := s.Remove(ctx, true, "cases/A/"); !errors.As(err, &locked) || len(locked.Locks) != 5 || !locked.Last().Hold {
		t.Fatalf("%v", err)
	}
	if let, err := s.Hold(ctx, "cases/A/", false); err != nil || let != 5 {
		t.Fatalf("let go of %d: %v", let, err)
	}
	if removed, err := s.Remove(ctx, true, "cases/A/", "index/K/A.json"); err != nil || removed != 6 {
		t.Fatalf("removed %d: %v", removed, err)
	}
	if n, _, err := s.Locks(ctx, "cases/A/", "index/K/A.json"); err != nil || n != 0 {
		t.Errorf("%d versions are left: %v", n, err)
	}
	if got, err := s.Get(ctx, "cases/AB/other"); err != nil || string(got) != "z" {
		t.Errorf("another case went with it: %q %v", got, err)
	}
	if removed, err := s.Remove(ctx, true, "cases/A/"); err != nil || removed != 0 {
		t.Errorf("again: %d %v", removed, err)
	}
	for _, all := range []string{"", "/", "c"} {
		if _, err := s.Remove(ctx, true, all); err == nil {
			t.Errorf("%q was removed", all)
		}
	}
}

func TestEarlierVersionsAreRead(t *testing.T) {
	cfg := testConfig(t)
	cfg.Retention = time.Hour
	s := open(t, cfg)
	ctx := t.Context()
	for _, text := range []string{"one", "two", "three"} {
		if err := s.PutSnapshot(ctx, "cases/A/journal.jsonl", []byte(text), "text/plain"); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.PutSnapshot(ctx, "cases/A/journal.jsonl.other", []byte("x"), "text/plain"); err != nil {
		t.Fatal(err)
	}
	if err := rawClient(t, cfg).RemoveObject(ctx, cfg.Bucket, "cases/A/journal.jsonl", minio.RemoveObjectOptions{}); err != nil {
		t.Fatal(err)
	}
	var got []string
	for text, err := range s.Earlier(ctx, "cases/A/journal.jsonl") {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, string(text))
	}
	if !slices.Equal(got, []string{"three", "two", "one"}) {
		t.Errorf("%q", got)
	}
	for text, err := range s.Earlier(ctx, "cases/A/journal.jsonl") {
		if string(text) != "three" || err != nil {
			t.Errorf("%q %v", text, err)
		}
		break
	}
	for _, err := range s.Earlier(ctx, "/") {
		if !errors.Is(err, ErrBadKey) {
			t.Error(err)
		}
	}
}

func TestComplianceIsNotLifted(t *testing.T) {
	cfg := testConfig(t)
	cfg.Retention, cfg.RetentionMode = 4*time.Second, "COMPLIANCE"
	s := open(t, cfg)
	if _, err := s.PutOnce(t.Context(), "cases/A/x", []byte("x"), "text/plain"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Remove(t.Context(), true, "cases/A/"); !errors.Is(err, ErrRetained) {
		t.Fatalf("%v", err)
	}
	time.Sleep(5 * time.Second)
	if n, err := s.Remove(t.Context(), false, "cases/A/"); err != nil || n != 1 {
		t.Errorf("when its time is over: %d %v", n, err)
	}
}
