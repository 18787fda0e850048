package message_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"runtime"
	"testing"

	"relance/mail/message"
)

// large is a message with one attachment of about so many bytes, as a telephone sends it.
func large(size int) []byte {
	var out bytes.Buffer
	out.WriteString("From: Jeanne <jeanne@boulangerie.example>\r\nTo: aides@metropole.example\r\nSubject: Photo\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n" +
		"--B\r\nContent-Type: text/plain\r\n\r\nVoici.\r\n--B\r\nContent-Type: image/jpeg; name=photo.jpg\r\nContent-Transfer-Encoding: base64\r\n\r\n")
	row := make([]byte, 57)
	copy(row, "\xff\xd8\xff\xe0\x00\x10JFIF")
	line := base64.StdEncoding.EncodeToString(row)
	for out.Len() < size {
		out.WriteString(line + "\r\n")
	}
	out.WriteString("--B--\r\n")
	return out.Bytes()
}

// held is how many bytes of memory stay in use for a parsed message beside its raw bytes, and how many were asked for on the way.
func held(t testing.TB, raw []byte) (stays, asked uint64) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	m, err := message.Parse(raw)
	if err != nil || len(m.Attachments) != 1 || m.Attachments[0].Type != "image/jpeg" {
		t.Fatalf("%+v, %v", m, err)
	}
	runtime.ReadMemStats(&after)
	asked = after.TotalAlloc - before.TotalAlloc
	runtime.GC()
	runtime.ReadMemStats(&after)
	runtime.KeepAlive(m)
	runtime.KeepAlive(raw)
	if after.HeapAlloc < before.HeapAlloc {
		return 0, asked
	}
	return after.HeapAlloc - before.HeapAlloc, asked
}

// TestALargeMessageIsHeldOnce: of 50 MB the raw bytes alone are held; the attachment is decoded when it is asked for.
func TestALargeMessageIsHeldOnce(t *testing.T) {
	raw := large(50 << 20)
	stays, asked := held(t, raw)
	if stays > 1<<20 {
		t.Errorf("%d bytes stay in memory beside the message", stays)
	}
	if asked > uint64(len(raw))*3/2 {
		t.Errorf("%d bytes were asked for on the way, for a message of %d", asked, len(raw))
	}
}

// BenchmarkHeld tells what stays in memory for a message beside its raw bytes.
func BenchmarkHeld(b *testing.B) {
	for _, megabytes := range []int{1, 10, 50} {
		raw := large(megabytes << 20)
		b.Run(fmt.Sprintf("%dMB", megabytes), func(b *testing.B) {
			var stays, asked uint64
			for b.Loop() {
				stays, asked = held(b, raw)
			}
			b.ReportMetric(float64(stays)/(1<<20), "MB-held")
			b.ReportMetric(float64(asked)/(1<<20), "MB-asked")
			b.SetBytes(int64(len(raw)))
		})
	}
}
