package archive

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"
)

// What is created is there once, unlocked: it can be replaced without a trace, and erased although evidence is locked.
func TestErasable(t *testing.T) {
	cfg := testConfig(t)
	cfg.Retention = time.Hour
	s := open(t, cfg)
	ctx := context.Background()
	const key = "keys/case/key"
	for i, content := range []string{"first", "second"} {
		created, err := s.Create(ctx, key, []byte(content), "text/plain")
		if err != nil || created != (i == 0) {
			t.Fatalf("create %q: %v %v", content, created, err)
		}
	}
	for _, content := range []string{"third", "fourth"} {
		if err := s.Replace(ctx, key, []byte(content), "text/plain"); err != nil {
			t.Fatal(err)
		}
	}
	if found := versions(t, cfg, key); len(found) != 1 {
		t.Errorf("%d versions are left, want the last alone", len(found))
	}
	if got, err := s.Get(ctx, key); err != nil || !bytes.Equal(got, []byte("fourth")) {
		t.Errorf("%q %v", got, err)
	}
	if _, err := s.Erase(ctx, "keys/case/"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(ctx, key); !errors.Is(err, ErrNotFound) {
		t.Errorf("after the erasure: %v", err)
	}
	if created, err := s.Create(ctx, key, []byte("new"), "text/plain"); err != nil || !created {
		t.Errorf("create after the erasure: %v %v", created, err)
	}
}
