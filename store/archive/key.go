package archive

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxKey     = 1024 // bytes, the limit of S3
	maxSegment = 255  // bytes between two slashes: servers that keep objects as files have this limit
)

// checkKey refuses with ErrBadKey a key that some server would refuse, change or take for another one.
func checkKey(key string) error {
	switch {
	case key == "":
		return fmt.Errorf("%w: it is empty", ErrBadKey)
	case len(key) > maxKey:
		return fmt.Errorf("%w: %d bytes, at most %d", ErrBadKey, len(key), maxKey)
	case !utf8.ValidString(key):
		return fmt.Errorf("%w %q: not UTF-8", ErrBadKey, key)
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
		switch {
		case segment == "":
			return fmt.Errorf("%w %q: a slash at its start or end, or two in a row", ErrBadKey, key)
		case segment == ".":
			return fmt.Errorf("%w %q: a segment is \".\"", ErrBadKey, key)
		case len(segment) > maxSegment:
			return fmt.Errorf("%w %q: a segment of %d bytes, at most %d", ErrBadKey, key, len(segment), maxSegment)
		}
	}
	return nil
}

// checkPrefix is checkKey for the beginning of a key, which may be empty or end with a slash.
func checkPrefix(prefix string) error {
	prefix = strings.TrimSuffix(prefix, "/")
	if prefix == "" {
		return nil
	}
	return checkKey(prefix)
}
