package auth

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Again verifies the DKIM signatures of a raw message as they were verified at an earlier time, with the keys that were looked up then: a
// signature that has run out since (RFC 6376 §3.5, x=) was good when the message came. Nobody is asked anything. It does without the library
// that Verify uses, so that two programs have to agree.
func Again(raw []byte, keys []Key, at time.Time) []Signature {
	header, body := cut(crlf(raw))
	var list []Signature
	for i, field := range header {
		if !strings.EqualFold(field.name, "DKIM-Signature") || len(list) == maxSignatures {
			continue
		}
		tags := tagsOf(field.value())
		s := Signature{Domain: tags["d"], Result: Pass}
		if err := again(header, i, body, tags, keys, at); err != nil {
			s.Result, s.Detail = Fail, err.Error()
			if errors.Is(err, errPartial) {
				s.Result = Policy
			}
			if errors.Is(err, errNoKey) {
				s.Result = temporary
			}
		}
		list = append(list, s)
	}
	return list
}

var (
	errPartial = errors.New("it signs a part of the body only")
	errNoKey   = errors.New("its key was not kept")
)

// field is one header field with its line ends, folded as it came.
type field struct{ name, raw string }

func (f field) value() string { return f.raw[strings.IndexByte(f.raw, ':')+1:] }

// crlf gives every line the ending that signatures are reckoned with (RFC 6376 §5.3).
func crlf(raw []byte) []byte {
	return bytes.ReplaceAll(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n"))
}

// cut parts a message into its fields and its body.
func cut(raw []byte) (header []field, body []byte) {
	for len(raw) > 0 {
		if rest, empty := bytes.CutPrefix(raw, []byte("\r\n")); empty {
			return header, rest
		}
		end := 0
		for {
			n := bytes.Index(raw[end:], []byte("\r\n"))
			if n < 0 {
				end = len(raw)
				break
			}
			if end += n + 2; end >= len(raw) || raw[end] != ' ' && raw[end] != '\t' {
				break
			}
		}
		line := string(raw[:end])
		name, _, isField := strings.Cut(line, ":")
		if isField {
			header = append(header, field{strings.TrimRight(name, " \t"), line})
		}
		raw = raw[end:]
	}
	return header, nil
}

// tagsOf reads a tag list (RFC 6376 §3.2), without white space.
func tagsOf(value string) map[string]string {
	tags := map[string]string{}
	for _, part := range strings.Split(value, ";") {
		name, text, found := strings.Cut(part, "=")
		if found {
			tags[strings.TrimSpace(name)] = strings.Join(strings.Fields(text), "")
		}
	}
	return tags
}

// again verifies one signature (RFC 6376 §6.1).
func again(header []field, i int, body []byte, tags map[string]string, keys []Key, at time.Time) error {
	algorithm, hash, _ := strings.Cut(tags["a"], "-")
	headerWay, bodyWay, _ := strings.Cut(tags["c"]+"/", "/")
	bodyWay = strings.TrimSuffix(bodyWay, "/")
	names := strings.Split(strings.ToLower(tags["h"]), ":")
	switch {
	case tags["v"] != "1" || hash != "sha256":
		return fmt.Errorf("version %q, algorithm %q", tags["v"], tags["a"])
	case !contains(names, "from"):
		return errors.New("it does not sign the From field")
	case tags["l"] != "":
		return errPartial
	}
	if x, err := strconv.ParseInt(tags["x"], 10, 64); err == nil && at.After(time.Unix(x, 0)) {
		return errors.New("it had run out")
	}
	sum := sha256.Sum256(canonicalBody(body, bodyWay))
	if base64.StdEncoding.EncodeToString(sum[:]) != tags["bh"] {
		return errors.New("the body is not the one that was signed")
	}
	var signed strings.Builder
	used := map[int]bool{i: true}
	for _, name := range names {
		for n := len(header) - 1; n >= 0; n-- { // from the bottom up (RFC 6376 §5.4.2)
			if !used[n] && strings.EqualFold(header[n].name, name) {
				used[n] = true
				signed.WriteString(canonicalField(header[n].raw, headerWay))
				break
			}
		}
	}
	own := signatureValue.ReplaceAllString(header[i].raw, "$1")
	signed.WriteString(strings.TrimSuffix(canonicalField(own, headerWay), "\r\n"))
	signature, err := base64.StdEncoding.DecodeString(tags["b"])
	if err != nil {
		return fmt.Errorf("its value: %w", err)
	}
	return verifyWith(keys, tags["s"]+"._domainkey."+tags["d"], algorithm, []byte(signed.String()), signature)
}

func contains(list []string, text string) bool {
	for _, s := range list {
		if strings.TrimSpace(s) == text {
			return true
		}
	}
	return false
}

// signatureValue finds the value of the tag b, which is empty while it is reckoned (RFC 6376 §3.7).
var signatureValue = regexp.MustCompile(`(?s)([;:]\s*b\s*=)[^;]*`)

// verifyWith verifies with the first of the kept records of a name.
func verifyWith(keys []Key, name, algorithm string, signed, signature []byte) error {
	for _, k := range keys {
		if !strings.EqualFold(strings.TrimSuffix(k.Name, "."), name) || len(k.TXT) == 0 {
			continue
		}
		tags := tagsOf(k.TXT[0])
		public, err := base64.StdEncoding.DecodeString(tags["p"])
		if err != nil || len(public) == 0 {
			return errors.New("its key was withdrawn, or cannot be read")
		}
		sum := sha256.Sum256(signed)
		if algorithm == "ed25519" {
			if len(public) != ed25519.PublicKeySize || tags["k"] != "ed25519" || !ed25519.Verify(public, sum[:], signature) { // RFC 8463 §3
				return errors.New("the signature does not fit")
			}
			return nil
		}
		key, err := rsaKey(public)
		if err != nil || algorithm != "rsa" || tags["k"] != "" && tags["k"] != "rsa" {
			return fmt.Errorf("no %s key: %w", algorithm, err)
		}
		if err := rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signature); err != nil {
			return errors.New("the signature does not fit")
		}
		return nil
	}
	return fmt.Errorf("%w: %s", errNoKey, name)
}

// rsaKey reads a key in either of the forms that records have (RFC 6376 erratum 3017).
func rsaKey(der []byte) (*rsa.PublicKey, error) {
	if key, err := x509.ParsePKCS1PublicKey(der); err == nil {
		return key, nil
	}
	any, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return nil, err
	}
	key, ok := any.(*rsa.PublicKey)
	if !ok {
		return nil, errors.New("of another kind")
	}
	return key, nil
}

var blanks = regexp.MustCompile(`[ \t]+`)

// canonicalField brings a field into the form it is signed in (RFC 6376 §3.4.1, §3.4.2).
func canonicalField(raw, way string) string {
	if way != "relaxed" {
		return raw
	}
	name, value, _ := strings.Cut(raw, ":")
	value = blanks.ReplaceAllString(strings.ReplaceAll(value, "\r\n", ""), " ")
	return strings.ToLower(strings.TrimRight(name, " \t")) + ":" + strings.Trim(value, " ") + "\r\n"
}

// canonicalBody brings a body into the form it is signed in (RFC 6376 §3.4.3, §3.4.4).
func canonicalBody(body []byte, way string) []byte {
	if way == "relaxed" {
		lines := strings.Split(string(body), "\r\n")
		for i, line := range lines {
			lines[i] = strings.TrimRight(blanks.ReplaceAllString(line, " "), " ")
		}
		body = []byte(strings.Join(lines, "\r\n"))
	}
	end := len(body)
	for end >= 2 && body[end-2] == '\r' && body[end-1] == '\n' {
		end -= 2
	}
	if body = body[:end:end]; len(body) == 0 && way == "relaxed" {
		return nil
	}
	return append(body, '\r', '\n')
}
