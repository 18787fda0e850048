package message

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"strings"
)

// Identity is the same for every delivery of one message, and differs between two messages even where a broken program
// gives both the same Message-ID: a SHA-256, in hexadecimal, over what the author wrote. Headers that servers add on the
// way (Received, Return-Path, Delivered-To, Authentication-Results and the like) do not count, nor do line endings.
func Identity(raw []byte) string {
	id, _ := IdentityOf(bytes.NewReader(raw)) // memory does not fail
	return id
}

// IdentityOf is Identity of a message that is read from a stream. The error is the stream's.
func IdentityOf(r io.Reader) (string, error) {
	in := bufio.NewReaderSize(r, 64<<10)
	top, err := in.Peek(in.Size())
	if err != nil && err != io.EOF {
		return "", err
	}
	head := top
	for _, blank := range []string{"\r\n\r\n", "\n\n"} {
		if i := bytes.Index(head, []byte(blank)); i >= 0 {
			head = head[:i+len(blank)]
		}
	}
	h, _, _ := splitHeader(head)
	sum := sha256.New()
	for _, name := range []string{"Message-Id", "Date", "From", "To", "Subject"} {
		_, _ = io.WriteString(sum, name+":"+strings.Join(h.all(name), ",")+"\n") // a hash never fails
	}
	if len(h) > 0 {
		if _, err := in.Discard(len(head)); err != nil {
			return "", err
		}
	}
	return hashBody(in, sum)
}

// hashBody adds a body without carriage returns, nor the empty lines at its end.
func hashBody(in io.Reader, sum hash.Hash) (string, error) {
	buffer := make([]byte, 64<<10)
	newlines := 0
	for {
		n, err := in.Read(buffer)
		part := bytes.ReplaceAll(buffer[:n], []byte("\r"), nil)
		if text := bytes.TrimRight(part, "\n"); len(text) > 0 {
			_, _ = sum.Write(bytes.Repeat([]byte("\n"), newlines))
			_, _ = sum.Write(text)
			newlines = len(part) - len(text)
		} else {
			newlines += len(part)
		}
		if err == io.EOF {
			return hex.EncodeToString(sum.Sum(nil)), nil
		}
		if err != nil {
			return "", err
		}
	}
}
