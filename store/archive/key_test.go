package archive

import (
	"errors"
	"path"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"relance/local/chance"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

func TestCheckKey(t *testing.T) {
	for _, key := range []string{
		"a", "cases/AIDE-2026-7K3F/case.json", "cases/A/documents/9f86d081.pdf", "cases/A/pièce n° 1.pdf", "a/.hidden", "a.b.c",
		"a/b./c", "a/b  c", "a/. b", "a/b .c", "a/%2F+?&#", "a/xl.meta.json", "a/__XLDIR__s",
		strings.Repeat("x", 255) + "/" + strings.Repeat("y", 255),
	} {
		if err := checkKey(key); err != nil {
			t.Errorf("%q: %v", key, err)
		}
	}
	for _, key := range badKeys() {
		if err := checkKey(key); !errors.Is(err, ErrBadKey) {
			t.Errorf("%q: %v", key, err)
		}
	}
	for prefix, want := range map[string]bool{
		"": true, "cases/": true, "cases/A": true, "cases/A ": true, "cases/ ": true, " ": true,
		"cases//": false, "../": false, "\n": false, "cases/. /": false, "cases/.": false,
	} {
		if err := checkPrefix(prefix); (err == nil) != want {
			t.Errorf("prefix %q: %v", prefix, err)
		}
	}
}

// badKeys are what no server may be asked to keep: each bad segment at the beginning, in the middle and at the end.
func badKeys() []string {
	keys := []string{"", "\xff", strings.Repeat("x/", 512) + "x"}
	for _, segment := range []string{
		"", ".", "..", "a..b", "...", " ", "  ", " .", ". ", " . ", ". .", " ..", "a ", " a", " a ", "\u00a0", "\u00a0.", "a\u00a0", "\u3000a",
		"a\\b", "\\", "a\nb", "a\tb", "a\x00b", "a\x7fb", "a\u0085b", "a\u202eb", "a\u200bb", "\ufeffa", "a\xffb",
		"e\u0301t\u00e9", "\u212b", "\u1100\u1161", "a\u0323\u0307\u0301", // not NFC
		strings.Repeat("x", 256), strings.Repeat("é", 128), "__XLDIR__", "a__XLDIR__", "xl.meta",
	} {
		keys = append(keys, segment, segment+"/a", "a/"+segment+"/b", "a/"+segment)
	}
	return keys
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

// Every key that passes is kept by a real server exactly as it is: any text, and above all what looks like what servers
// trim, fold, escape or keep for themselves.
func TestKeysComeBackUnchanged(t *testing.T) {
	s := open(t, testConfig(t))
	special := rapid.SampledFrom([]string{
		" ", ".", "..", "a", "é", "e\u0301", "\u212b", "%", "%2F", "%2e", "+", "?", "#", "&", "=", ";", ":", "@", "$", ",", "'", "\"", "<", ">", "|", "*",
		"~", "^", "`", "{", "}", "[", "]", "\\", "\u00a0", "\u3000", "\u200b", "\t", "\x7f", "🙂", "xl.meta", "__XLDIR__", ".minio.sys", "null",
	})
	segment := rapid.OneOf(
		rapid.StringMatching(`[\PC]{1,20}`),
		rapid.Map(rapid.SliceOfN(special, 1, 6), func(parts []string) string { return strings.Join(parts, "") }),
	)
	chance.Check(t, func(r *rapid.T) {
		key := "k/" + strings.Join(rapid.SliceOfN(segment, 1, 4).Draw(r, "segments"), "/")
		if checkKey(key) != nil {
			r.Skip("refused")
		}
		comesBack(t, r, s, key)
	})
	for _, key := range []string{ // what was found by chance, or looks as if it could be
		"k/. b", "k/b.", "k/b./c", "k/é/ñ", "k/%2e%2e/x", "k/%20", "k/+ +", "k/a?versions", "k/" + strings.Repeat("é", 127), "k/-", "k/~/.", "k/.minio.sys/x",
	} {
		if checkKey(key) == nil {
			comesBack(t, t, s, key)
		}
	}
}

// comesBack writes, reads, lists and erases one key.
func comesBack(t *testing.T, r interface{ Fatalf(string, ...any) }, s *Store, key string) {
	if err := s.PutVersion(t.Context(), key, []byte(key), "text/plain"); err != nil {
		r.Fatalf("%q: %v", key, err)
	}
	if got, err := s.Get(t.Context(), key); err != nil || string(got) != key {
		r.Fatalf("%q: read %q, %v", key, got, err)
	}
	for _, prefix := range []string{key, "k/"} {
		if objects, err := s.List(t.Context(), prefix); err != nil || len(objects) != 1 || objects[0].Key != key {
			r.Fatalf("%q: listed under %q %v, %v", key, prefix, objects, err)
		}
	}
	if n, err := s.Erase(t.Context(), "k/"); err != nil || n == 0 {
		r.Fatalf("%q: %d versions erased, %v", key, n, err)
	}
}

func FuzzCheckKey(f *testing.F) {
	for _, seed := range []string{"cases/A/case.json", "a/../b", "/a", "a\x00", "é/\u202e", "a/ ./b", "a /b", "e\u0301"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, key string) {
		if checkKey(key) != nil {
			return
		}
		trimmed := strings.Split(key, "/")
		for i := range trimmed {
			trimmed[i] = strings.TrimSpace(trimmed[i])
		}
		if len(key) > 1024 || !utf8.ValidString(key) || path.Clean("/"+strings.Join(trimmed, "/")) != "/"+key ||
			norm.NFC.String(key) != key || strings.ContainsFunc(key, unicode.IsControl) {
			t.Errorf("accepted %q", key)
		}
		if checkPrefix(key) != nil || checkPrefix(key+"/") != nil && len(key) < 1024 {
			t.Errorf("%q is a key but not a prefix", key)
		}
	})
}
