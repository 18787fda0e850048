package archive

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const (
	maxKey     = 1024 // bytes, the limit of S3
	maxSegment = 255  // bytes between two slashes: servers that keep objects as files have this limit
)

// reserved are endings of segments that MinIO gives to files of its own: it lists "a__XLDIR__" as "a/", and refuses
// "xl.meta" below an object.
var reserved = []string{"__XLDIR__", "xl.meta"}

// checkKey refuses with ErrBadKey a key that some server would refuse, change or take for another one. Keys are not
// escaped: a case folder is read without this software, under the names that its journal gives. What passes comes back
// from every server as it was written; one thing alone is left to whoever makes keys: no key may be the folder of another
// one, because MinIO does not list what lies below an object.
func checkKey(key string) error {
	switch {
	case key == "":
		return fmt.Errorf("%w: it is empty", ErrBadKey)
	case len(key) > maxKey:
		return fmt.Errorf("%w: %d bytes, at most %d", ErrBadKey, len(key), maxKey)
	case !utf8.ValidString(key):
		return fmt.Errorf("%w %q: not UTF-8", ErrBadKey, key)
	case !norm.NFC.IsNormalString(key):
		return fmt.Errorf("%w %q: not in the composed form of Unicode (NFC), which some file systems make of it", ErrBadKey, key)
	case strings.Contains(key, ".."):
		return fmt.Errorf("%w %q: it holds \"..\"", ErrBadKey, key)
	case strings.ContainsRune(key, '\\'):
		return fmt.Errorf("%w %q: it holds a backslash", ErrBadKey, key)
	}
	for _, r := range key {
		if !unicode.IsPrint(r) {
			return fmt.Errorf("%w %q: it holds a character that cannot be printed, %U", ErrBadKey, key, r)
		}
	}
	for segment := range strings.SplitSeq(key, "/") {
		if wrong := wrongSegment(segment); wrong != "" {
			return fmt.Errorf("%w %q: %s", ErrBadKey, key, wrong)
		}
	}
	return nil
}

// wrongSegment tells why what lies between two slashes cannot be kept; it is empty where it can.
func wrongSegment(segment string) string {
	switch {
	case segment == "":
		return "a slash at its start or end, or two in a row"
	case strings.Trim(segment, ". ") == "":
		return "a segment of dots and blanks alone"
	case strings.Trim(segment, " ") != segment:
		return "a segment that begins or ends with a blank"
	case len(segment) > maxSegment:
		return fmt.Sprintf("a segment of %d bytes, at most %d", len(segment), maxSegment)
	case slices.ContainsFunc(reserved, func(own string) bool { return strings.HasSuffix(segment, own) }):
		return "a segment that MinIO keeps for itself"
	}
	return ""
}

// checkPrefix is checkKey for the beginning of a key, which may be empty and end anywhere: with a slash, with a blank, or
// before the second half of what would be a bad key.
func checkPrefix(prefix string) error {
	prefix = strings.TrimSuffix(strings.TrimRight(prefix, " "), "/")
	if prefix == "" {
		return nil
	}
	return checkKey(prefix)
}
