package archive

import (
	"errors"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestCheckKey(t *testing.T) {
	for _, key := range []string{
		"a", "cases/AIDE-2026-7K3F/case.json", "cases/A/documents/9f86d081.pdf", "cases/A/pièce n° 1.pdf", "a/.hidden", "a.b.c",
		strings.Repeat("x", 255) + "/" + strings.Repeat("y", 255),
	} {
		if err := checkKey(key); err != nil {
			t.Errorf("%q: %v", key, err)
		}
	}
	for _, key := range []string{
		"", "/", "/a", "a/", "a//b", "..", "a/../b", "../a", "a..b", ".", "a/./b", "a\\b", "a\nb", "a\x00b", "a\x7fb", "a\u0085b", "a\u202eb",
		"a\u200bb", "\xff", strings.Repeat("x", 256), strings.Repeat("x/", 512) + "x",
	} {
		if err := checkKey(key); !errors.Is(err, ErrBadKey) {
			t.Errorf("%q: %v", key, err)
		}
	}
	for prefix, want := range map[string]bool{"": true, "cases/": true, "cases/A": true, "cases//": false, "../": false, "\n": false} {
		if err := checkPrefix(prefix); (err == nil) != want {
			t.Errorf("prefix %q: %v", prefix, err)
		}
	}
}

func TestStoreRefusesBadKeys(t *testing.T) {
	s, err := newStore(Config{Endpoint: "127.0.0.1:1", AccessKey: "a", SecretKey: "b", Bucket: "bucket"})
	if err != nil {
		t.Fatal(err)
	}
	const bad = "a/../b"
	_, once := s.PutOnce(t.Context(), bad, nil, "")
	_, get := s.Get(t.Context(), bad)
	_, stat := s.Stat(t.Context(), bad)
	_, exists := s.Exists(t.Context(), bad)
	for name, err := range map[string]error{"once": once, "version": s.PutVersion(t.Context(), bad, nil, ""), "get": get, "stat": stat, "exists": exists} {
		if !errors.Is(err, ErrBadKey) || Temporary(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Every key that passes is kept by a real server exactly as it is.
func TestKeysComeBackUnchanged(t *testing.T) {
	s := open(t, testConfig(t))
	segment := rapid.StringMatching(`[\PC]{1,20}`)
	rapid.Check(t, func(r *rapid.T) {
		key := "k/" + strings.Join(rapid.SliceOfN(segment, 1, 4).Draw(r, "segments"), "/")
		if checkKey(key) != nil {
			r.Skip("refused")
		}
		if err := s.PutVersion(t.Context(), key, []byte(key), "text/plain"); err != nil {
			r.Fatalf("%q: %v", key, err)
		}
		if got, err := s.Get(t.Context(), key); err != nil || string(got) != key {
			r.Fatalf("%q: read %q, %v", key, got, err)
		}
		objects, err := s.List(t.Context(), key)
		if err != nil || len(objects) == 0 || objects[0].Key != key {
			r.Fatalf("%q: listed %v, %v", key, objects, err)
		}
		if _, err := s.Erase(t.Context(), "k/"); err != nil {
			r.Fatalf("%q: %v", key, err)
		}
	})
}

func FuzzCheckKey(f *testing.F) {
	for _, seed := range []string{"cases/A/case.json", "a/../b", "/a", "a\x00", "é/\u202e"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, key string) {
		if checkKey(key) != nil {
			return
		}
		if key == "" || len(key) > 1024 || !utf8.ValidString(key) || strings.Contains(key, "..") || strings.HasPrefix(key, "/") ||
			strings.ContainsFunc(key, unicode.IsControl) {
			t.Errorf("accepted %q", key)
		}
		if checkPrefix(key) != nil || checkPrefix(key+"/") != nil && len(key) < 1024 {
			t.Errorf("%q is a key but not a prefix", key)
		}
	})
}
