// Package dkimtest signs mails with DKIM (RFC 6376) as tests need it: at any time, and over any fields. Both canonicalizations are simple, so that what
// is signed is what is there.
package dkimtest

import (
	"bytes"
	"cmp"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"time"
)

// Signer is a domain that signs.
type Signer struct {
	Domain   string
	Selector string    // empty: s
	Fields   string    // the names of the fields, in the order of the tag h; empty: From:To:Cc:Subject:Date:Message-ID
	Agent    string    // i=; empty: none
	At       time.Time // t=; zero: none
	Expires  time.Time // x=; zero: none
	Part     bool      // it signs no byte of the body (l=0)
}

// key is the one key pair of all domains.
func key() ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))
}

// Record is what each of the domains publishes in the DNS (RFC 8463 §4).
func Record() string {
	return "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(key().Public().(ed25519.PublicKey))
}

// Lookup answers for the DNS.
func Lookup(string) ([]string, error) { return []string{Record()}, nil }

// Sign puts a signature above a message, whose lines end in CRLF.
func (s Signer) Sign(raw []byte) []byte {
	header, body, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	fields := strings.Split(strings.ReplaceAll(strings.ReplaceAll(string(header), "\r\n ", "\x00 "), "\r\n\t", "\x00\t"), "\r\n")
	names := cmp.Or(s.Fields, "From:To:Cc:Subject:Date:Message-ID")
	signed, used := "", map[int]bool{}
	for _, name := range strings.Split(names, ":") {
		for i := len(fields) - 1; i >= 0; i-- { // from the bottom up (RFC 6376 §5.4.2)
			if field, _, _ := strings.Cut(fields[i], ":"); !used[i] && strings.EqualFold(strings.TrimSpace(field), name) {
				used[i] = true
				signed += strings.ReplaceAll(fields[i], "\x00", "\r\n") + "\r\n"
				break
			}
		}
	}
	body = append(bytes.TrimRight(body, "\r\n"), "\r\n"...)
	tags := fmt.Sprintf("v=1; a=ed25519-sha256; c=simple/simple; d=%s; s=%s; h=%s", s.Domain, cmp.Or(s.Selector, "s"), names)
	if s.Part {
		tags, body = tags+"; l=0", nil
	}
	for name, at := range map[string]time.Time{"t": s.At, "x": s.Expires} {
		if !at.IsZero() {
			tags += fmt.Sprintf("; %s=%d", name, at.Unix())
		}
	}
	if s.Agent != "" {
		tags += "; i=" + s.Agent
	}
	hash := sha256.Sum256(body)
	field := "DKIM-Signature: " + tags + "; bh=" + base64.StdEncoding.EncodeToString(hash[:]) + "; b="
	sum := sha256.Sum256([]byte(signed + field))
	return append([]byte(field+base64.StdEncoding.EncodeToString(ed25519.Sign(key(), sum[:]))+"\r\n"), raw...)
}
