package message

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"strings"
)

// Identity is the same for every delivery of one message, and differs between two messages even where a broken program
// gives both the same Message-ID: a SHA-256, in hexadecimal, over what the author wrote. Headers that servers add on the
// way (Received, Return-Path, Delivered-To, Authentication-Results and the like) do not count, nor do line endings.
func Identity(raw []byte) string {
	h, _ := header(raw)
	sum := sha256.New()
	for _, name := range []string{"Message-Id", "Date", "From", "To", "Subject"} {
		_, _ = io.WriteString(sum, name+":"+strings.Join(h[name], ",")+"\n") // a hash never fails
	}
	_, _ = sum.Write(bytes.TrimRight(bytes.ReplaceAll(body(raw), []byte("\r\n"), []byte("\n")), "\n"))
	return hex.EncodeToString(sum.Sum(nil))
}

// body is what stands below the header.
func body(raw []byte) []byte {
	start := len(raw)
	for _, blank := range []string{"\r\n\r\n", "\n\n"} {
		if i := bytes.Index(raw, []byte(blank)); i >= 0 && i+len(blank) < start {
			start = i + len(blank)
		}
	}
	return raw[min(start, len(raw)):]
}
